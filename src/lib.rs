//! slimpix converts pictures to the smallest form that a browser can show: one pure-Rust engine behind a server,
//! a command line, a Cloudflare Worker and a page, with the same bytes from all of them.
//!
//! # The rings
//!
//! ```text
//! pixel → codec → convert → service → { native | edge | browser }
//! ```
//!
//! An arrow means "may be imported by everything to its right". Hosts never import each other, formats inside
//! [`codec`] never import each other, and a test holds both.
//!
//! | ring | owns |
//! |---|---|
//! | [`pixel`] | sizes, rasters, planar YCbCr, orientation, metadata: plain data |
//! | [`codec`] | bytes ↔ pictures, one folder a format; what a file is; what a conversion costs |
//! | [`convert`] | one conversion as a visible list of steps, pure: bytes + parameters + limits → bytes |
//! | [`service`] | every HTTP decision, without IO, clock or codec: a request's head → steps for a host to perform |
//! | `native` | tokio and hyper, the disk cache, the settings, the command line |
//! | `edge` | the Worker: Cache API, R2, an isolate's budget |
//! | `browser` | `probe()` and `convert()` for JavaScript |
//!
//! # The flow of a request
//!
//! ```text
//! request ─ route ─ negotiate ─ Lookup ── known ───────────────────────────────► Respond
//!                                  │
//!                                Fetch ─ sniff ─ choose ── the original is best ► Respond (original)
//!                                  │
//!                                Join ── a follower waits for the leader
//!                                  │ leader
//!                                Admit ── no room in time ──────────────────────► Respond (original, short lifetime)
//!                                  │ ticket
//!                                Convert ─ smaller than the source? ─ Store ────► Respond
//! ```
//!
//! # Invariants
//!
//! 1. A conversion states its memory from the source's header, before it starts; what does not fit is not tried.
//! 2. One conversion for a variant key, however many ask at the same time.
//! 3. An answer is never larger than the source, never of a format that was not accepted, and never an error where
//!    the original can be sent. An answer that needs no conversion waits for none.
//! 4. The same bytes on every host: golden hashes hold natively, in Node, in Chromium and in the Worker.
//! 5. No C or assembly in the conversion path. No unsafe code; the program makes two calls that set its allocator.
//! 6. Parameters can't flood the cache: unknown and disabled ones never reach the variant key.
//!
//! # Where to start reading
//!
//! [`convert::convert`] is the engine's pipeline, [`service::begin`] the first step of a request.
//!
//! ```
//! use slimpix::{convert::{Outcome, Params, convert}, limits::Limits};
//!
//! # fn main() -> slimpix::error::Result<()> {
//! // An icon-sized bitmap, 1×1 pixel.
//! let bmp = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x04\0\0\0\
//!             \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\x40\x80\0";
//! let Outcome::Made(made) = convert(bmp, &Params::default(), &Limits::default())? else { unreachable!("it does not move") };
//! assert!(made.bytes.starts_with(b"RIFF"));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod codec;
pub mod convert;
pub mod error;
pub mod limits;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod native;
pub mod pixel;
pub mod service;
mod simd;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub mod browser;
#[cfg(all(target_arch = "wasm32", feature = "edge"))]
mod edge;
