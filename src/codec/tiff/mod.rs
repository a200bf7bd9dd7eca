//! TIFF 6.0 and BigTIFF, the first picture of the file. Strips and tiles are unpacked row by row. Rows of strips are
//! given as they come, and those of tiles that lie beside each other together; beside them no more is held than the
//! window of a compression.
//!
//! From the directory ([`directory`], [`tags`], [`header`]) to the strips and tiles ([`segments`]), their bytes
//! ([`packed`]), unpacked ([`unpack`], [`window`], [`zstd`], [`fax`]), freed of prediction ([`predictor`]), as
//! samples of one kind ([`rows`], [`samples`]) and as colours ([`colors`], [`light`], [`lab`], [`ycbcr`]). JPEG
//! and WebP inside TIFF ([`embedded`]) are decoded by the decoders that `codec` hands in.

mod colors;
mod compression;
mod decode;
mod directory;
mod embedded;
mod fax;
mod header;
mod lab;
mod light;
mod memory;
mod packed;
mod predictor;
mod probe;
mod rows;
mod samples;
mod segments;
mod tags;
mod unpack;
mod window;
mod ycbcr;
mod zstd;

pub(super) use self::{
    decode::{decode, decode_rows},
    embedded::Decoders,
    memory::decoding,
    probe::probe,
};

use super::FormatInfo;

/// What is fixed about TIFF.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "tiff",
    media_type: "image/tiff",
    subtypes: &["tiff"],
    extensions: &["tiff", "tif"],
    max_side: u32::MAX,
    has_gray: true,
    is_web_safe: false,
    decodes: true,
    is_vector: false,
    moves: false,
    encodes: None,
};
