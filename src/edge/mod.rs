//! The Cloudflare Worker.
//!
//! `shim.mjs` is the module that the runtime loads: it owns the life of the wasm instance, traps included. [`entry`]
//! has the events, `drive` and `fetching` perform the service's steps, and `source`, `store`, `flight` and `asking` are what it
//! performs them on. `build.mjs` makes all of it into one module.

mod asking;
mod drive;
pub mod entry;
mod fetching;
mod flight;
mod piece;
mod settings;
mod source;
mod store;
