//! WebP (RFC 9649).

mod encode;
mod lossless;
mod lossy;

pub use self::encode::encode;
