//! slimpix converts pictures to the smallest form that a browser can show: one pure-Rust engine behind a server,
//! a command line, a Cloudflare Worker and a page.
#![forbid(unsafe_code)]

pub mod codec;
pub mod convert;
pub mod error;
pub mod limits;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod native;
pub mod pixel;
pub mod service;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub mod browser;
