//! A decoder of VP8 key frames (RFC 6386) to RGB, by rows.
//!
//! [`header`] reads the frame's header, [`modes`] and [`residual`] read a macroblock, all through [`booldec`];
//! [`reconstruct`] makes its pixels in the [`strip`]. A row of macroblocks that is done is filtered ([`loop_filter`]),
//! and all lines that the filter of the next row doesn't reach become RGB ([`rgb`]): they lag half a macroblock behind.
//! What was tried is in `NOTES.md`.

mod booldec;
mod header;
mod loop_filter;
mod modes;
mod reconstruct;
mod residual;
mod rgb;
mod strip;
#[cfg(test)]
mod tests;

use self::{
    booldec::BoolReader,
    header::{Header, Parts},
    loop_filter::{Edges, Strength},
    modes::MacroblockModes,
    residual::{Residual, TokenCoding},
    rgb::Converter,
    strip::{ABOVE, Strip},
};
use super::macroblock::{BlockMode, Luma, NonzeroFlags, Position, skip_blocks};
use crate::{
    codec::rows::Take,
    error::{Error, Result},
    limits::{try_filled, try_zeroed},
    pixel::Size,
    simd::{Level, Simd, dispatch},
};

/// Bytes that are held for each column of pixels: planes, a row of RGB, and contexts of macroblocks.
const COLUMN_BYTES: u64 = 49;

/// Bytes that are held whatever the width.
const BYTES: u64 = 16 << 10;

/// The most bytes that decoding holds beside the file.
pub fn heap_bytes(width: u32) -> u64 {
    u64::from(width).next_multiple_of(16) * COLUMN_BYTES + BYTES
}

/// A frame that is being decoded.
pub struct Decoder<'a> {
    header: Header,
    modes: BoolReader<'a>,
    tokens: Vec<BoolReader<'a>>,
    columns: Vec<Column>,
    /// Rows of macroblocks.
    rows: usize,
    residual: Box<Residual>,
    strip: Strip,
    converter: Converter,
    line: Vec<u8>,
    level: Level,
}

/// What a column's last macroblock hands on, and how it is filtered.
#[derive(Clone)]
struct Column {
    modes: [BlockMode; 4],
    nonzero: NonzeroFlags,
    strength: Strength,
    inner_edges: bool,
}

impl<'a> Decoder<'a> {
    /// Begins to decode the payload of a `VP8 ` chunk.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for a frame that is no key frame;
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when it is damaged or cut short;
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(frame: &'a [u8]) -> Result<Self> {
        Self::with_level(frame, Level::new())
    }

    fn with_level(frame: &'a [u8], level: Level) -> Result<Self> {
        let Parts { header, modes, tokens } = header::read(frame)?;
        let Size { width, height } = header.size;
        if width == 0 || height == 0 {
            return Err(Error::malformed("a side of the WebP's frame is zero"));
        }
        let columns = width.div_ceil(16) as usize;
        let column = Column {
            modes: [0; 4],
            nonzero: NonzeroFlags::default(),
            strength: Strength::new(0, 0),
            inner_edges: false,
        };
        Ok(Self {
            header,
            modes,
            tokens,
            columns: try_filled(columns, column)?,
            rows: height.div_ceil(16) as usize,
            residual: Box::new(Residual::new()),
            strip: Strip::new(columns)?,
            converter: Converter::new(width as usize)?,
            line: try_zeroed(3 * width as usize)?,
            level,
        })
    }

    /// Gives all rows of RGB to `take`, one by one.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the frame is damaged or cut short, and those of `take`.
    pub fn decode(mut self, take: Take<'_>) -> Result<()> {
        for row in 0..self.rows {
            dispatch!(self.level, simd => simd.vectorize(
                #[inline(always)]
                || self.decode_row(simd, row)
            ))?;
            self.give_rows(row, take)?;
            self.strip.advance();
        }
        Ok(())
    }

    /// Decodes a row of macroblocks.
    #[inline(always)]
    fn decode_row<S: Simd>(&mut self, simd: S, row: usize) -> Result<()> {
        let Self { header, modes: bits, residual, strip, .. } = self;
        let place = row % self.tokens.len();
        let tokens = &mut self.tokens[place];
        let (mut left_modes, mut left) = ([0; 4], NonzeroFlags::default());
        for (number, column) in self.columns.iter_mut().enumerate() {
            let modes = MacroblockModes::read(bits, header, &mut column.modes, &mut left_modes);
            let has_y2 = matches!(modes.luma, Luma::I16x16(_));
            residual.clear();
            if modes.is_skipped {
                skip_blocks(has_y2, &mut column.nonzero, &mut left);
            } else {
                let coding =
                    TokenCoding { probs: &header.probs, steps: &header.steps[modes.segment], has_y2 };
                residual.read(tokens, &coding, &mut column.nonzero, &mut left);
                residual.transform(simd);
            }
            column.strength = header.filter.strengths[modes.segment][usize::from(!has_y2)];
            column.inner_edges = !has_y2 || residual.is_nonzero();
            reconstruct::macroblock(simd, strip, Position { column: number, row }, &modes, residual);
        }
        if bits.is_past_end() || tokens.is_past_end() {
            return Err(Error::malformed("the WebP's frame is cut short"));
        }
        strip.keep_edge();
        for (number, column) in self.columns.iter().enumerate() {
            let edges = Edges { left: number > 0, top: row > 0, inner: column.inner_edges };
            loop_filter::macroblock(simd, strip, number, edges, column.strength, header.filter.is_simple);
        }
        Ok(())
    }

    /// Gives the lines that are done with a row of macroblocks: up to its middle, or to the end of the last one.
    fn give_rows(&mut self, row: usize, take: Take<'_>) -> Result<()> {
        let height = self.header.size.height as usize;
        let end = if row + 1 == self.rows { height } else { 16 * row + 8 };
        for y in (16 * row).saturating_sub(8)..end {
            // Chroma stands between rows: the nearer one, and the one at the other side if there is one.
            let near = y / 2;
            let far = if y % 2 == 1 { near + 1 } else { near.saturating_sub(1) };
            let far = far.min((height - 1) / 2);
            let Self { strip, converter, line, level, .. } = self;
            let luma = strip.y.row(y + ABOVE - 16 * row);
            let chroma = |y: usize| [0, 1].map(|plane| strip.uv[plane].row(y + ABOVE - 8 * row));
            let (near, far) = (chroma(near), chroma(far));
            dispatch!(*level, simd => simd.vectorize(
                #[inline(always)]
                || converter.convert(simd, luma, near, far, line)
            ));
            take(line)?;
        }
        Ok(())
    }
}
