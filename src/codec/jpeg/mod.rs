//! JPEG (ITU-T T.81).

mod encode;

pub use self::encode::encode;
