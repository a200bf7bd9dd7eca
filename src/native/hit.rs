//! The fast path: looks up, decides and opens on the reactor's own thread what was asked for lately and is known to
//! be whole, for a few calls of the kernel. It hands the rest to a [`Drive`], from the first step on that may have to
//! wait.
//!
//! A file that was asked for lately is found without asking the disk. A network may have to be asked all the same,
//! so nothing of this is done where a folder lies on one.
//!
//! The checks are those of every answer: the original's state, the record's file, the variant's length,
//! and that its checksum was right when this process first opened it.

use crate::{
    native::{app::App, body::Body, drive::Drive, lookup::Query, opening},
    service::{Response as Answer, Step},
};

/// How far it went.
pub(super) enum Advanced {
    /// To the end.
    Answered(Box<Answer>, Body),
    /// To a step that may have to wait.
    Waits(Step),
}

/// Goes on as long as nothing has to be waited for.
pub(super) fn advance(app: &App, drive: &mut Drive, mut step: Step) -> Advanced {
    if !app.is_near {
        return Advanced::Waits(step);
    }
    loop {
        step = match step {
            Step::Lookup(lookup) => match Query::of(&lookup).at_hand(&app.store, &app.sources) {
                Some(found) => {
                    drive.looks_at(&lookup);
                    lookup.found(found)
                }
                None => return Advanced::Waits(Step::Lookup(lookup)),
            },
            Step::Respond(answer) => {
                return match opening::at_hand(app, &answer.body) {
                    Some(body) => Advanced::Answered(answer, body),
                    None => Advanced::Waits(Step::Respond(answer)),
                };
            }
            step => return Advanced::Waits(step),
        };
    }
}
