//! AVIF (AV1 Image File Format 1.1).

mod av1;
mod container;
mod encode;

pub use self::encode::encode;
