//! Every HTTP decision, without IO: a request's head, a policy and the time go in, [`Step`]s come out.
//!
//! A host performs each step and hands the result back, which gives the next one, until [`Step::Respond`]. The
//! steps' types are states: finishing one consumes it. This ring sees formats, probes, costs and parameters of
//! the rings below, never a codec and never a conversion.
//!
//! ```text
//! begin ─► Lookup ─► Fetch ─► Join ─► Admit ─► Convert ─► Store ─► … ─► Respond
//!             └────────┴────────┴───────┴─────────┴─ any of them may lead to Respond
//! ```
//! A request that accepts two formats goes round from `Join` to `Store` once for each that is missing. Never rely
//! on an order beyond that: a driver is a loop over a `match` of the step.
//!
//! # What a driver does
//! | step | the host | then |
//! |---|---|---|
//! | [`Lookup`] | reads the record(s) of the id(s), and the length and time of a local file | `found`, `no_source` |
//! | [`Fetch`] | opens the source, conditionally if it says so; keeps a remote one | `found`, `unchanged`, `missing`, `failed` |
//! | [`Join`] | takes the lead of the key's flight, or waits for who has it | `lead`, `followed`, `impatient` |
//! | [`Admit`] | takes bytes out of the budget, or waits for some to come back | `granted`, `refused` |
//! | [`Convert`] | runs `convert` or `describe`, and gives the bytes back | `made`, `kept`, `described`, `failed` |
//! | [`Store`] | writes the file and the record; may do so after answering | `done` |
//! | [`Respond`](Response) | sends it; a body that can't be opened: [`Response::lost`] | |
//!
//! A lead lasts as long as the steps name its key, see [`Step::flight`].

mod admin_token;
mod backoff;
mod cache_control;
mod conditional;
pub(crate) mod content_coding;
mod cross_origin;
mod demand;
mod effects;
mod encode_settings;
mod exchange;
mod explain;
mod forms;
mod freshness;
mod hints;
mod job;
mod key;
mod log_line;
mod negotiation;
mod params;
mod policy;
mod purge;
mod purge_log;
mod record;
mod representation;
mod respond;
mod restriction;
mod route;
mod seen;
mod selection;
mod signing;
mod sizes;
mod steps;
mod time;
mod trace;
mod watermarking;
mod write;

pub use self::{
    admin_token::{AdminToken, TOKEN_IS_WANTED},
    backoff::Failures,
    cross_origin::cross_origin,
    demand::Demand,
    encode_settings::EncodeSettings,
    exchange::begin,
    freshness::{Freshness, OriginCaching},
    hints::accept_hints,
    job::{Job, Task},
    key::{Id, hash_hex},
    log_line::{Decision, LogLine},
    negotiation::Accepted,
    params::PARAMETERS,
    policy::{Allowed, Key, Mount, MountPoint, Policy, Signed, Target},
    purge::{Purge, Purged},
    purge_log::PurgeLog,
    record::{Entry, FileState, FoundFile, Record, SlimpixPart, SourceState, Validators, Variant},
    respond::{Body, Response, Whole, held},
    restriction::Restriction,
    route::{RequestHead, Source, question},
    seen::{Seen, SourceInfo},
    signing::{signed, signed_path},
    sizes::Sizes,
    steps::{Admit, Convert, ExpectedSource, Fetch, FlightError, Found, Join, Lookup, MadeInfo, Step, Store},
    time::http_date,
    watermarking::{Watermarking, always as watermark_always},
    write::Write,
};
