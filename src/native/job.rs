//! A conversion's work, on its own thread and under its ticket: from an original's bytes to what comes of them.

use bytes::Bytes;

use crate::{
    convert::{self, Description, Kept, Outcome},
    error::Result,
    limits::Limits,
    native::{files::Content, idle::with_idle_threads, pool::Ticket},
    service::{Job, MadeInfo, Task, hash_hex},
};

/// What came of a job.
pub(super) enum JobOutcome {
    Made(MadeInfo, Bytes),
    Kept(Kept),
    Described(Description),
}

/// The job itself; also gives the original's length. From here on the original is in memory, until it is converted;
/// the result stays on the ticket until it is stored or sent.
pub(super) fn run(
    mut ticket: Ticket,
    content: Content,
    job: &Job,
    limits: &Limits,
    is_local: bool,
) -> Result<(u64, JobOutcome)> {
    let bytes = content.read(limits.max_input_bytes)?;
    drop(content);
    let in_bytes = bytes.len() as u64;
    let limits = &with_idle_threads(&mut ticket, &bytes, &job.params, limits);
    let outcome = match job.task {
        Task::Describe => JobOutcome::Described(convert::describe(&bytes, limits)?),
        Task::Picture(_) => match convert::convert(&bytes, &job.params, limits)? {
            Outcome::Kept(kept) => JobOutcome::Kept(kept),
            Outcome::Made(made) => {
                let info = MadeInfo {
                    len: made.bytes.len() as u64,
                    hash: hash_hex(&made.bytes),
                    size: made.size,
                    source_checksum: is_local.then(|| hash_hex(&bytes)),
                };
                drop(bytes);
                JobOutcome::Made(info, ticket.keep(made.bytes))
            }
        },
    };
    Ok((in_bytes, outcome))
}
