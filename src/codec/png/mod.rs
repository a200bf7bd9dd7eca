//! PNG (W3C, third edition).

mod encode;

pub use self::encode::encode;
