//! Opens the bytes that an answer sends: at once where they are at hand, or on a thread that may wait.
//!
//! Either way a file is sent only if it is as long as was promised, and is the very file that was looked at.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;

use crate::{
    codec::Format,
    native::{
        app::App,
        blocking::blocking,
        body::{self, Body},
        files::Content,
        log,
        passed_on::PassedOn,
        source::validators_of,
    },
    service::{Body as What, Source, Validators},
};

/// What a request holds from the steps before its answer.
pub(super) struct Held<'a> {
    /// The original, while it is open; taken if it is what is sent.
    pub(super) content: &'a mut Option<Content>,
    /// What its conversions made.
    pub(super) made: &'a BTreeMap<Format, Bytes>,
    /// What the log calls it.
    pub(super) name: &'a str,
    /// What an origin is told, should it be asked once more.
    pub(super) passed_on: &'a PassedOn,
}

/// The bytes to send, if they are at hand and as many as they must be.
pub(super) fn at_hand(app: &App, body: &What) -> Option<Body> {
    match body {
        What::Empty => Some(body::empty()),
        What::Bytes(bytes) => Some(body::full(bytes.clone().into())),
        What::Source { source: source @ Source::Local { .. }, validators, range, .. } => {
            let (content, now) = app.sources.open_local(source).ok()?;
            is_promised(&now, validators).then(|| body::part(content, range.clone()))
        }
        What::Variant { folder, id, format, len, range, .. } => {
            let file = app.store.open_checked(folder, id, *format, *len)?;
            Some(body::part(Content::File(file), range.clone()))
        }
        _ => None,
    }
}

/// The bytes to send; `None` when they aren't there, or aren't as many as they must be: then the log has the reason.
pub(super) async fn open(app: &App, body: &What, held: Held<'_>) -> Option<Body> {
    let Held { content: open, made, name, passed_on } = held;
    let (content, validators, range) = match body {
        What::Empty | What::Bytes(_) => return at_hand(app, body),
        What::Source { source, validators, hash, range } => {
            let content = match open.take() {
                Some(content) => content,
                None => {
                    let opened = app.sources.content(source, validators, hash.as_deref(), passed_on).await;
                    log::or_warn(source.name(), "an original can't be opened", opened)?
                }
            };
            (content, validators.clone(), range.clone())
        }
        What::Variant { folder, id, format, len, hash, range } => {
            let (store, folder, id) = (Arc::clone(&app.store), folder.clone(), id.clone());
            let (variant, said_len, hash) = (*format, *len, hash.clone());
            let opening = move || store.open(&folder, &id, variant, said_len, hash.as_deref());
            let stored = log::or_warn(name, "a variant can't be opened", blocking(opening).await).flatten();
            let content = stored.or_else(|| made.get(format).cloned().map(Content::Memory))?;
            (content, Validators { len: *len, ..Validators::default() }, range.clone())
        }
        // There is no cache of answers here, nor what is not known yet.
        _ => return None,
    };
    let opened =
        blocking(move || is_in_state(&content, &validators).then(|| body::part(content, range))).await;
    log::or_warn(name, "a body can't be opened", opened)?
}

/// True for what is as long as it must be, and is the very file, where a file is named.
fn is_in_state(content: &Content, promised: &Validators) -> bool {
    match content {
        Content::File(file) => {
            file.metadata().is_ok_and(|metadata| is_promised(&validators_of(&metadata), promised))
        }
        Content::Memory(bytes) => bytes.len() as u64 == promised.len,
        Content::Arriving(arriving) => arriving.len() == promised.len,
    }
}

fn is_promised(now: &Validators, promised: &Validators) -> bool {
    now.len == promised.len && (promised.file.is_none() || now == promised)
}
