//! A conversion's work, on its own thread and under its ticket: from an original's bytes to what comes of them.

use bytes::Bytes;

use crate::{
    codec::{self, Format},
    convert::{self, Description, Kept, Outcome},
    error::Result,
    limits::Limits,
    native::{drawing, files::Content, idle::with_idle_threads, pool::Ticket},
    service::{Job, MadeInfo, Task, hash_hex},
};

/// What came of a job.
pub(super) enum JobOutcome {
    Made { format: Format, info: MadeInfo, bytes: Bytes },
    Kept(Kept),
    Described(Description),
}

/// An original that is to be read.
pub(super) struct Original {
    pub(super) content: Content,
    pub(super) provenance: Provenance,
}

/// Where an original came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provenance {
    /// One of the folders: its checksum is wanted.
    Folder,
    /// The file in which it is kept. It was looked at as a whole when it came.
    Cache,
    /// The network, just now, into memory: nobody has looked for its end.
    Network,
}

/// A job that is done.
pub(super) struct FinishedJob {
    /// What came of it, or why nothing did.
    pub(super) outcome: Result<JobOutcome>,
    /// Bytes of the original.
    pub(super) in_bytes: u64,
    /// The checksum of these bytes, where they come from a folder.
    pub(super) checksum: Option<String>,
    /// The original ends before its picture does.
    pub(super) is_cut: bool,
}

/// Does a job. From here on the original is in memory, until it is converted; the result stays on the ticket until it
/// is stored or sent.
pub(super) fn run(ticket: Ticket, original: Original, job: &Job, limits: &Limits) -> Result<FinishedJob> {
    let Original { content, provenance } = original;
    let is_cut = matches!(&content, Content::Memory(bytes) if provenance == Provenance::Network && codec::is_cut(bytes));
    let bytes = content.read(limits.max_input_bytes)?;
    drop(content);
    let in_bytes = bytes.len() as u64;
    let checksum = (provenance == Provenance::Folder).then(|| hash_hex(&bytes));
    Ok(FinishedJob { outcome: work(ticket, bytes, job, limits), in_bytes, checksum, is_cut })
}

fn work(mut ticket: Ticket, bytes: Bytes, job: &Job, limits: &Limits) -> Result<JobOutcome> {
    let limits = with_idle_threads(&mut ticket, &bytes, &job.task.planned_params(), limits);
    let limits = &limits.with_pause(ticket.pause());
    let params = match &job.task {
        Task::Describe => return convert::describe(&bytes, limits).map(JobOutcome::Described),
        Task::Picture(params) => params,
    };
    Ok(match drawing::convert(&bytes, params, limits)? {
        Outcome::Kept(kept) => JobOutcome::Kept(kept),
        Outcome::Made(made) => {
            let (len, hash) = (made.bytes.len() as u64, hash_hex(&made.bytes));
            let info = MadeInfo { len, hash, size: made.size };
            drop(bytes);
            JobOutcome::Made { format: params.format, info, bytes: ticket.keep(made.bytes) }
        }
    })
}
