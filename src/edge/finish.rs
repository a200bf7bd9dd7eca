//! After the answer: keeps it in the cache of answers, and stores what was found out and made, but for what was purged
//! since it was so.

use http::HeaderMap;
use worker::{Bucket, ResponseBody, console_error, console_log};

use super::{
    drive::{Drive, PendingWrite, slice},
    once::held_during,
    store::{self, File},
};
use crate::service::{Body, Decision, Response, Write};

impl Drive {
    /// Keeps the answer and what was made.
    pub(super) async fn finish(mut self, sent: &Response) {
        let is_passing = self.wants_better && sent.log.decision == Decision::ForNow;
        if let (Some(key), Some(whole)) = (self.answer_key.take(), sent.whole().filter(|_| !is_passing))
            && let Some(body) = self.to_keep(&whole.body).await
        {
            self.keep(&key, &whole.headers, body, &sent.log.source).await;
        }
        if let Some(bucket) = self.settings.store.clone() {
            let is_written = self.write(&bucket).await;
            for held in &self.held {
                held.end(held.is_made && is_written).await;
            }
        }
    }

    async fn keep(&mut self, key: &str, headers: &HeaderMap, body: ResponseBody, source: &str) {
        // What is purged from now on is seen by when the answer was begun.
        self.basis.look_once_more(&self.settings).await;
        if !self.basis.is_purged(source) {
            self.answers.keep(key, headers, body, source, self.basis.answer_stamp()).await;
        }
    }

    /// Stores what there is to be stored. False if something of it isn't there.
    async fn write(&mut self, bucket: &Bucket) -> bool {
        let writes = std::mem::take(&mut self.writes);
        if writes.is_empty() {
            return true;
        }
        let mut is_written = true;
        if held_during(&self.held, self.basis.look_again(&self.settings)).await.is_err() {
            console_error!("purge: nothing is stored without knowing what was purged");
            return false;
        }
        let mut written = Vec::new();
        for PendingWrite { write, bytes } in writes {
            if self.is_late(&write) {
                is_written = false;
                continue;
            }
            let writing = store::write(bucket, &write, bytes, &self.basis);
            is_written &= held_during(&self.held, writing).await.is_some();
            written.push(write);
        }
        // Who purges looks into the bucket after saying so: this is seen there, or that is seen here.
        if held_during(&self.held, self.basis.look_again(&self.settings)).await.is_err() {
            return is_written;
        }
        for write in written.iter().filter(|write| self.is_late(write)) {
            is_written = false;
            store::delete(bucket, &write.folder, &write.record.id).await;
        }
        is_written
    }

    /// True for what was purged meanwhile.
    fn is_late(&self, write: &Write) -> bool {
        let path = &write.record.path;
        let is_late = !write.forgets && self.basis.is_purged(path);
        if is_late {
            console_log!("purge: {path} was purged meanwhile, and isn't stored");
        }
        is_late
    }

    /// The whole body for the cache of answers, where it is at hand.
    async fn to_keep(&self, body: &Body) -> Option<ResponseBody> {
        match body {
            Body::Variant { folder, id, format, len, hash, range } => {
                let file = File { folder, id, format: *format, len: *len, hash: hash.as_deref() };
                self.variant_body(&file, range).await
            }
            Body::Source { range, .. } => {
                slice(self.opened.as_ref()?.bytes()?, range).map(ResponseBody::Body)
            }
            _ => None,
        }
    }
}
