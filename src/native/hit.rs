//! Answers that wait for nothing: what was asked for lately and is known to be whole is looked up, decided and opened
//! on the reactor's own thread, for a few calls of the kernel. All else goes to a [`Drive`], from the step on at
//! which something had to be waited for.
//!
//! A file that was asked for lately is found without asking the disk. A network may have to be asked all the same,
//! so nothing of this is done where a folder lies on one.
//!
//! The checks are those of every answer: the original's state, the record's file, the variant's length,
//! and that its checksum was right when this process first opened it.

use crate::{
    native::{
        body::{self, Body},
        drive::Drive,
        files::Content,
        site::Site,
    },
    service::{Body as What, Found, Lookup, Response as Answer, Source, Step},
};

/// How far it went.
pub(super) enum Advanced {
    /// To the end.
    Answered(Box<Answer>, Body),
    /// To a step that may have to wait.
    Waits(Step),
}

/// Goes on as long as nothing has to be waited for.
pub(super) fn advance(site: &Site, drive: &mut Drive, mut step: Step) -> Advanced {
    if !site.is_near {
        return Advanced::Waits(step);
    }
    loop {
        step = match step {
            Step::Lookup(lookup) => match find(site, &lookup) {
                Some(found) => {
                    drive.looks_at(&lookup);
                    lookup.found(found)
                }
                None => return Advanced::Waits(Step::Lookup(lookup)),
            },
            Step::Respond(answer) => {
                return match open(site, &answer.body) {
                    Some(body) => Advanced::Answered(answer, body),
                    None => Advanced::Waits(Step::Respond(answer)),
                };
            }
            step => return Advanced::Waits(step),
        };
    }
}

/// What there is, if all of it is at hand.
fn find(site: &Site, lookup: &Lookup) -> Option<Found> {
    let folder = lookup.source.folder();
    let record = site.store.recent_record_of(folder, &lookup.id)?;
    let source_record = match &lookup.source_id {
        Some(id) => Some(site.store.recent_record_of(folder, id)?),
        None => None,
    };
    let stamp = match &lookup.source {
        Source::Local { .. } => Some(site.sources.stamp(&lookup.source).ok()??),
        Source::Remote { .. } => None,
    };
    Some(Found { record: Some(record), source_record, stamp, files: Vec::new() })
}

/// The bytes to send, if they are at hand and as many as they must be.
fn open(site: &Site, body: &What) -> Option<Body> {
    match body {
        What::Empty => Some(body::empty()),
        What::Bytes(bytes) => Some(body::full(bytes.clone().into())),
        What::Source { source: source @ Source::Local { .. }, stamp, range, .. } => {
            let (content, now) = site.sources.open_local(source).ok()?;
            (now == *stamp).then(|| body::part(content, range.clone()))
        }
        What::Variant { folder, id, format, len, range, .. } => {
            let file = site.store.open_checked(folder, id, *format, *len)?;
            Some(body::part(Content::File(file), range.clone()))
        }
        _ => None,
    }
}
