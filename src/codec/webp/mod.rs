//! WebP (RFC 9649).

mod decode;
mod encode;
mod header;
mod lossless;
mod lossy;

pub use self::encode::encode;
pub(super) use self::{decode::decode, header::probe};
