//! AVIF in a build without AV1: what the boxes say is known, and nothing is read or made.

use crate::{
    codec::{
        Coding, Decoded, Format, Probe,
        cost::{Buffering, Decoding, Encoding, Input},
        heif,
        rows::Sink,
        view::View,
    },
    error::{Error, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Size, Subsampling},
};

/// Reads what the boxes say.
pub fn probe(view: View<'_>) -> Result<Probe> {
    heif::probe::probe(view, Format::Avif)
}

/// Refuses.
///
/// # Errors
/// [`Unsupported`](crate::error::Kind::Unsupported), always.
pub fn decode(_bytes: &[u8], _limits: &Limits) -> Result<Decoded> {
    Err(Error::unsupported("this build reads no AVIF"))
}

/// Has no rows.
///
/// # Errors
/// None.
pub fn decode_rows(_bytes: &[u8], _limits: &Limits, _sink: &mut dyn Sink) -> Result<bool> {
    Ok(false)
}

/// A writer that there is none of.
pub enum RowWriter {}

impl RowWriter {
    pub fn new(_size: Size, _coding: &Coding) -> Result<Self> {
        Err(Error::unsupported("this build makes no AVIF"))
    }

    pub fn push_planes(&mut self, _subsampling: Subsampling, _planes: [&[u8]; 3]) -> Result<()> {
        match *self {}
    }

    pub fn push_rows(&mut self, _layout: Layout, _rows: &[u8]) -> Result<()> {
        match *self {}
    }

    pub fn finish(self, _metadata: &Metadata) -> Result<Vec<u8>> {
        match self {}
    }
}

/// Nothing is decoded.
pub fn decoding(_probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    Decoding::default()
}

/// Nothing is coded.
pub const fn encoding(_input: &Input, _coding: &Coding) -> Encoding {
    Encoding { rows_bytes: None, peak_bytes: 0, file_bytes: 0, likely_file_bytes: None }
}
