//! Reads `ALPH` (RFC 9649 section 2.7.1.2) by rows, and undoes its filter.

use super::{super::vp8l::decoder, filter::Filter};
use crate::{
    error::{Error, Result},
    limits::try_zeroed,
    pixel::Size,
};

/// Alpha that is being decoded.
pub(in crate::codec::webp) struct AlphaRows<'a> {
    samples: Samples<'a>,
    filter: Filter,
    /// The last row and the next one; only the next where nothing is filtered.
    above: Vec<u8>,
    row: Vec<u8>,
    /// False until a row is above.
    is_begun: bool,
}

/// How samples are stored.
enum Samples<'a> {
    Plain(&'a [u8]),
    Coded(Box<decoder::Decoder<'a>>),
}

impl<'a> AlphaRows<'a> {
    /// The most bytes that they hold beside the file.
    pub fn heap_bytes(size: Size) -> u64 {
        decoder::heap_bytes(size) + 2 * u64::from(size.width)
    }

    /// Begins to decode the payload of an `ALPH` chunk.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for one that can't be decoded, and those of
    /// [`Decoder::new`](decoder::Decoder::new).
    pub fn new(payload: &'a [u8], size: Size) -> Result<Self> {
        let (&info, stream) =
            payload.split_first().ok_or_else(|| Error::malformed("the WebP's alpha is empty"))?;
        let samples = match info & 3 {
            0 => Samples::Plain(stream),
            1 => Samples::Coded(Box::new(decoder::Decoder::new(stream, decoder::Framing::Bare, size)?)),
            _ => return Err(Error::malformed("the WebP's alpha is compressed in an unknown way")),
        };
        let width = size.width as usize;
        Ok(Self {
            samples,
            filter: Filter::of(info >> 2),
            above: try_zeroed(width)?,
            row: try_zeroed(width)?,
            is_begun: false,
        })
    }

    /// The next row; `None` behind the last.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the chunk is damaged or cut short.
    pub fn next_row(&mut self) -> Result<Option<&[u8]>> {
        std::mem::swap(&mut self.above, &mut self.row);
        match &mut self.samples {
            Samples::Plain(samples) => {
                let (row, rest) = samples
                    .split_at_checked(self.row.len())
                    .ok_or_else(|| Error::malformed("the WebP's alpha is cut short"))?;
                self.row.copy_from_slice(row);
                *samples = rest;
            }
            Samples::Coded(decoder) => {
                let Some(row) = decoder.next_row()? else { return Ok(None) };
                self.row.iter_mut().zip(row).for_each(|(sample, argb)| *sample = (*argb >> 8) as u8);
            }
        }
        self.filter.undo(self.is_begun.then_some(self.above.as_slice()), &mut self.row);
        self.is_begun = true;
        Ok(Some(&self.row))
    }
}
