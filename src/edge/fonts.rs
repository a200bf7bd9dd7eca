//! The fonts with which text in SVG is drawn: those below a prefix in a bucket.
//!
//! They are read when the first drawing comes that may have text, and held as long as the instance lives, in room that the
//! budget of conversions leaves for them. What is put into the bucket later is seen by the next instance.

use std::{cell::RefCell, sync::Arc, time::Duration};

use worker::{Bucket, console_error, console_log};

use super::flight::{now, poll};
use crate::limits::FontData;

/// Files that are read at the most.
const MOST_FILES: usize = 32;

/// Bytes of all of them together at the most.
const MOST_BYTES: u64 = 8 << 20;

/// For how long a request waits for another one that reads them, in milliseconds; what took longer was cancelled.
const PATIENCE: u64 = 20_000;

/// After how long a bucket that failed is asked again, in milliseconds.
const AGAIN: u64 = 60_000;

const EXTENSIONS: [&str; 4] = [".ttf", ".otf", ".ttc", ".otc"];

/// Where they are, and how much they may take.
pub(super) struct Place {
    bucket: Bucket,
    prefix: String,
    room: u64,
}

/// What an isolate knows of them.
#[derive(Clone)]
enum State {
    Unread,
    /// By a request that began then.
    Reading(u64),
    Read(Arc<[FontData]>),
    /// The bucket failed then.
    Failed(u64),
}

thread_local! {
    static STATE: RefCell<State> = const { RefCell::new(State::Unread) };
}

impl Place {
    /// Below that prefix in the bucket, beside conversions that take so many bytes of memory in all.
    pub(super) fn new(bucket: Bucket, prefix: String, memory: u64) -> Self {
        Self { bucket, prefix, room: MOST_BYTES.min(memory / 4) }
    }

    /// Bytes that they may take, of those for conversions.
    pub(super) fn room(&self) -> u64 {
        self.room
    }

    /// All of them. None if the bucket fails, which the log tells of.
    pub(super) async fn fonts(&self) -> Arc<[FontData]> {
        let known = || match STATE.with_borrow(State::clone) {
            State::Read(fonts) => Some(Some(fonts)),
            State::Failed(at) if now().saturating_sub(at) < AGAIN => Some(Some(Arc::default())),
            State::Reading(since) if now().saturating_sub(since) < PATIENCE => None,
            _ => Some(None),
        };
        if let (Some(Some(fonts)), _) = poll(Duration::from_millis(PATIENCE), known).await {
            return fonts;
        }
        STATE.set(State::Reading(now()));
        match self.read().await {
            Ok(fonts) => {
                STATE.set(State::Read(Arc::clone(&fonts)));
                fonts
            }
            Err(error) => {
                console_error!("fonts: those below {} can't be read: {error}", self.prefix);
                STATE.set(State::Failed(now()));
                Arc::default()
            }
        }
    }

    async fn read(&self) -> worker::Result<Arc<[FontData]>> {
        let listed = self.bucket.list().prefix(self.prefix.as_str()).execute().await?;
        let (mut fonts, mut bytes) = (Vec::new(), 0);
        for object in listed.objects().into_iter().filter(|object| is_font(&object.key())) {
            let size = object.size();
            if fonts.len() == MOST_FILES || bytes + size > self.room {
                let most = self.room;
                console_log!(
                    "fonts: {} is left out: it is past {MOST_FILES} files or {most} bytes",
                    object.key()
                );
                continue;
            }
            let Some(object) = self.bucket.get(object.key()).execute().await? else { continue };
            // It may be another one by now.
            let Some(body) = object.body().filter(|_| object.size() == size) else { continue };
            fonts.push(FontData::new(body.bytes().await?));
            bytes += size;
        }
        console_log!("fonts: {} files of {bytes} bytes below {}", fonts.len(), self.prefix);
        Ok(fonts.into())
    }
}

fn is_font(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}
