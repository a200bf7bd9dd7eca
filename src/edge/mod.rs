//! The Cloudflare Worker.
//!
//! `shim.mjs` is the module that the runtime loads: it owns the life of the wasm instance, traps included. [`entry`]
//! has the events, `drive`, `fetching` and `sharing` perform the service's steps, and `source` (by `origin`, `bucket` and
//! `piece`), `store`, `flight`, `fetch_flight`, `once` (by `once.mjs`), `later` (by `queue`), `fonts` and `mark` are what it
//! performs them on; `finish` keeps and stores what came of it. `purging` is an operator's call, `purges` what all isolates know of
//! such calls, and `basis` what that means for a request under way. What is no picture goes on to the origin in `shim.mjs`, or comes
//! out of the bucket as `object` has it. `build.mjs` makes all of it into one module, `pack.mjs` a package of that for people without
//! Rust, and `dev.mjs` runs it before a folder.

mod app;
mod basis;
mod bucket;
mod drive;
pub mod entry;
mod fetch_flight;
mod fetching;
mod finish;
mod flight;
mod fonts;
mod later;
mod mark;
mod memory;
mod object;
mod once;
mod origin;
mod piece;
mod purges;
mod purging;
mod queue;
mod respond;
mod settings;
mod sharing;
mod source;
mod store;
