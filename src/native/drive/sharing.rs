//! What instances share (`RESULTS`): a flight's leader looks for what another instance has made or makes just now, and
//! gives the others what it makes itself.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use tokio::sync::OnceCell;

use super::Drive;
use crate::{
    error::{Error, Kind, Result},
    native::{
        app::App,
        blocking::blocking,
        files::{self, Content},
        log,
        shared::{Entry, Judge, Settled, Sharing},
    },
    service::{Join, Record, Source, Step, Store as StoreStep},
};

impl Drive {
    /// Goes on from the lead of a flight: with what is shared, or with what is to be made.
    pub(super) async fn settle(&mut self, step: Join, current: Option<Record>) -> Step {
        let (Some(shared), Some(source)) = (self.app.shared.clone(), self.source.clone()) else {
            return step.lead(current);
        };
        let format = step.format();
        let Some(keys) = shared.keys(source.name(), step.id(), format) else { return step.lead(current) };
        // Who waits for others holds nothing.
        self.let_go_of_what_comes();
        let judge = OfThisState { app: &self.app, step: &step, source: &source, checksum: OnceCell::new() };
        let settled = {
            let _part = self.trace.as_ref().map(|trace| trace.part("bucket"));
            shared.settle(&keys, format, step.patience, &judge).await
        };
        let checksum = judge.checksum.into_inner().flatten();
        let (is_there, lease, next) = match settled {
            Settled::Found(entry) => {
                tracing::debug!(source = source.name(), key = ?keys, "another instance has made it");
                let Entry { record, bytes } = *entry;
                if let (Some(format), Some(bytes)) = (format, bytes) {
                    self.made.insert(format, bytes);
                }
                (true, None, step.shared(record, checksum.as_deref()))
            }
            Settled::Make(lease) => (false, lease, step.lead(current)),
            Settled::Late => {
                tracing::warn!(source = source.name(), "another instance takes too long to make it");
                self.set_outcome(Err(Kind::Overload));
                (true, None, step.impatient())
            }
        };
        if let Some(leading) = &mut self.leading {
            leading.sharing = Some(Sharing { keys, format, is_there, _lease: lease });
        }
        next
    }

    /// Gives other instances what was made, or takes it from them.
    pub(super) async fn share(&self, step: &StoreStep, record: &Record, made: Option<&Bytes>) {
        let App { shared, purge_news, .. } = &self.app;
        let (Some(shared), Some(news), Some(source)) = (shared, purge_news, &self.source) else { return };
        if step.write.forgets {
            shared.forget(source.name()).await;
            return;
        }
        let Some(leading) = self.leading.as_ref().filter(|leading| step.flight() == Some(&*leading.key))
        else {
            return;
        };
        let Some(sharing) = leading.sharing.as_ref().filter(|sharing| !sharing.is_there) else { return };
        let purges = self.app.store.purges();
        let is_purged = || purges.writing().is_purged(&record.path, self.purges);
        if is_purged() || !shared.keep(&sharing.keys, record, sharing.format, made).await {
            return;
        }
        // A purge may have come meanwhile, at another instance, too: that tells all of it before it deletes what is
        // there. So what was written before is deleted there, and whoever looks after it has written finds out here.
        if !news.hear(Instant::now()).await || is_purged() {
            shared.drop_one(&sharing.keys).await;
        }
    }
}

/// Knows the present state of the source that a flight is about.
struct OfThisState<'a> {
    app: &'a App,
    step: &'a Join,
    source: &'a Source,
    /// Of a local original. The original is read for it only where something is there to be compared.
    checksum: OnceCell<Option<String>>,
}

impl Judge for OfThisState<'_> {
    async fn is_right(&self, entry: &Entry) -> bool {
        let checksum = self.checksum.get_or_init(|| self.checksum()).await;
        self.step.is_settled_by(&entry.record, checksum.as_deref())
    }
}

impl OfThisState<'_> {
    /// The checksum of a local original, by which other instances' files are known to be the same.
    async fn checksum(&self) -> Option<String> {
        let Source::Local { .. } = self.source else { return None };
        if let Some(checksum) = self.step.known_checksum() {
            return Some(checksum.to_owned());
        }
        let (sources, local) = (Arc::clone(&self.app.sources), self.source.clone());
        let reading = blocking(move || -> Result<Option<String>> {
            let (content, _) = sources.open_local(&local)?;
            let unreadable = |source| Error::with_source(Kind::Io, "can't be read", source);
            match content {
                Content::File(file) => files::checksum(&file).map(Some).map_err(unreadable),
                _ => Ok(None),
            }
        });
        log::or_warn(self.source.name(), "an original can't be read", reading.await.flatten()).flatten()
    }
}
