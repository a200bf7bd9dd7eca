//! slimpix converts pictures to the smallest form that a browser can show: one pure-Rust engine behind a server,
//! a command line, a Cloudflare Worker and a page, with the same bytes from all of them.
//!
//! # For a program of your own
//!
//! ```toml
//! slimpix = { version = "0.1", default-features = false, features = ["avif"] }
//! ```
//!
//! A picture file becomes a smaller one. Nothing happens but that: no IO, no clock, no globals, no threads unless
//! asked for.
//!
//! ```
//! use slimpix::{Limits, Outcome, Params, Resize, convert};
//!
//! # fn main() -> slimpix::Result<()> {
//! # let photo = &slimpix::webp::Encoder::lossless().encode(&[[30, 60, 90]; 96 * 64].concat(), 96, 64)?;
//! let params = Params::default().with_quality(75).with_resize(Resize::to_width(48));
//! // What a stranger's picture may take is known from its header, and refused before any work.
//! let limits = Limits::default().with_max_memory(64 << 20);
//! match convert(photo, &params, &limits)? {
//!     Outcome::Made(made) => assert!(made.bytes.starts_with(b"RIFF") && made.size.width == 48),
//!     Outcome::Kept(reason) => println!("the picture stays as it is: {reason:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Pixels become a file, and a file becomes pixels; rows go in and come out, so that a photo of 12 megapixels takes
//! some 8 MB and not 36:
//!
//! ```
//! use slimpix::{Decoder, Limits, webp::Encoder};
//!
//! # fn main() -> slimpix::Result<()> {
//! let pixels = vec![128; 320 * 200 * 3];
//! let file = Encoder::new(80).encode(&pixels, 320, 200)?;
//!
//! let decoder = Decoder::new(&file, &Limits::default())?;
//! let mut brightest = 0;
//! decoder.rows(|row| {
//!     brightest = row.iter().copied().fold(brightest, u8::max);
//!     Ok(())
//! })?;
//! assert!((120..136).contains(&brightest));
//! # Ok(())
//! # }
//! ```
//!
//! | to | see |
//! |---|---|
//! | convert a file, within limits of memory, size and time | [`convert()`], [`Params`], [`Limits`] |
//! | know beforehand what that will make and take | [`plan()`], [`Plan`] |
//! | know what a file is, wherever its bytes are | [`probe()`], [`codec::Prober`] |
//! | encode own pixels | [`webp::Encoder`], `avif::Encoder`; other formats and settings: [`codec::encode`] |
//! | decode to pixels as browsers show them | [`Decoder`]; as they are stored: [`codec::decode`] |
//! | a placeholder and what else a page wants to know | [`describe()`] |
//! | tell whose fault it was | [`ErrorKind`] |
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `avif` (default) | AVIF as a source and a target |
//! | `rav1e` | `rav1e::encode`, for who prefers that encoder |
//! | `heic` (default) | HEIC as a source, by heic-decoder |
//! | `jxl` (default) | JPEG XL as a source, by jxl |
//! | `svg` (default) | SVG as a source, drawn by resvg |
//! | `svg-text` (default) | text in it, with the fonts of `Limits::font_files` and `font_data` |
//! | `native` (default) | the server and the command line; a library has no use for it |
//! | `object-store` | `native` with originals and shared results in buckets |
//! | `otel` | `native` with traces for OpenTelemetry |
//! | `service` | what a server decides about HTTP, without IO, for a host of your own |
//! | `edge`, `browser` | the hosts on wasm |
//!
//! None of them changes what the others do. Without any it is the engine alone: some thirty crates of Rust, without
//! an executor, HTTP, C or assembly among them (`tests/engine-crates` lists them, and a test holds the list).
//!
//! # What may change
//!
//! One rule decides what is `#[non_exhaustive]`. Settings, results, the words of a request, formats and kinds of
//! errors are: more of their like may come in any version, and settings are made by `default()` or `new()` and
//! `with_*`. What a caller has to act on in every case is not: [`Outcome`], [`codec::Probing`] and the forms of
//! pixels in [`pixel`], so that code for each of them stays complete. What `service` and `native` have is for
//! hosts, and changes with them.
//!
//! The bytes of results may change with any version: `tests/data/golden.tsv` shows when they do.
//!
//! # The rings
//!
//! ```text
//! pixel → codec → convert → settings → service → { native | edge | browser }
//! ```
//!
//! An arrow means "may be imported by everything to its right". Hosts never import each other, formats inside
//! [`codec`] never import each other, and a test holds both.
//!
//! | ring | owns |
//! |---|---|
//! | [`pixel`] | sizes, rasters, planar YCbCr, orientation, metadata: plain data |
//! | [`codec`] | bytes ↔ pictures, one folder a format; what a file is; what a conversion costs |
//! | [`mod@convert`] | one conversion as a visible list of steps, pure: bytes + parameters + limits → bytes |
//! | [`webp`], `avif` | what a caller says who encodes own pixels, at once or by rows |
//! | `settings` | each setting of the hosts once: its name, values, default and help |
//! | `service` | every HTTP decision, without IO, clock or codec: a request's head → steps for a host to perform |
//! | `native` | tokio and hyper, the disk cache, the layers of settings, the command line |
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
//! 3. An answer is never larger than the source (but a drawing at a size that was asked for), never of a format that
//!    was not accepted, and never an error where the original can be sent. An answer that needs no conversion waits
//!    for none.
//! 4. The same bytes on every host: golden hashes hold natively, in Node, in Chromium and in the Worker.
//! 5. No C or assembly in the conversion path. No unsafe code; the program makes two calls that set its allocator.
//! 6. Parameters can't flood the cache: unknown and disabled ones never reach the variant key.
//!
//! # Where to start reading
//!
//! [`convert()`] is the engine's pipeline, `service::begin` the first step of a request.
#![forbid(unsafe_code)]

#[cfg(feature = "avif")]
pub mod avif;
pub mod codec;
pub mod convert;
pub mod error;
pub mod limits;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod native;
pub mod pixel;
#[cfg(feature = "rav1e")]
pub mod rav1e;
mod row_encoder;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod settings;
mod simd;
pub mod webp;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub mod browser;
#[cfg(all(target_arch = "wasm32", feature = "edge"))]
mod edge;

#[doc(inline)]
pub use self::{
    codec::{Format, Probe, probe},
    convert::{
        Animation, Decoder, Description, Filter, Fit, Focus, Interest, Kept, Made, Mark, Mode, Outcome,
        Params, Placement, Plan, Resize, Trim, Watermark, convert, convert_each, describe, plan, read_mark,
        together_bytes,
    },
    error::{Error, ErrorKind, Result},
    limits::{FontData, Limits, Pause},
    pixel::{Layout, Metadata, Size},
};

/// What README.md shows of the library compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
