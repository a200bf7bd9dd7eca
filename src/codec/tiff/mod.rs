//! TIFF 6.0 and BigTIFF, the first picture of the file, read with the `tiff` crate. JPEG inside TIFF is put
//! together here and decoded by the decoder that `codec` hands in: the crate would link a second JPEG decoder.

mod decode;
mod directory;
mod embedded;
mod group3;
mod samples;

pub(super) use self::decode::{decode, probe};
