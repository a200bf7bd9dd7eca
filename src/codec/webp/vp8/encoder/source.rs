//! The rows that wait to be coded: as they came, cut into strips of a macroblock's height.

use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Size, Subsampling},
};

/// Rows of a macroblock.
pub const ROWS: usize = 16;

/// Gathers rows into strips of a macroblock's height.
pub struct Source {
    size: Size,
    /// Luma rows that have come.
    taken: usize,
    /// The strips that wait; those behind [`Self::ready`] are empty, but for the one that is being filled.
    strips: Vec<Strip>,
    ready: usize,
    /// How many strips wait after the first time.
    usual: usize,
}

/// At most sixteen rows of input.
pub struct Strip {
    /// How many luma rows there are.
    pub rows: usize,
    /// The rows.
    pub input: Input,
}

/// Samples as they came in.
pub enum Input {
    /// None yet.
    None,
    /// Pixel by pixel.
    Interleaved(Layout, Vec<u8>),
    /// Full-range Y, Cb and Cr.
    Planar(Subsampling, [Vec<u8>; 3]),
}

impl Source {
    /// No rows yet; at most `first` strips will wait at first, and then `usual`.
    pub fn new(size: Size, first: usize, usual: usize) -> Self {
        let strips = (0..first.max(usual)).map(|_| Strip { rows: 0, input: Input::None }).collect();
        Self { size, taken: 0, strips, ready: 0, usual }
    }

    /// Takes rows until a strip is whole; gives back the rest.
    ///
    /// # Errors
    /// [`Kind::Internal`] for broken rows, or too many; [`Kind::OutOfMemory`].
    pub fn take_rows<'a>(&mut self, layout: Layout, samples: &'a [u8]) -> Result<&'a [u8]> {
        let stride = self.size.width as usize * layout.channels() as usize;
        let rows = self.rows_that_fit(samples.len(), stride)?;
        let (now, later) = samples.split_at(rows * stride);
        let strip = &mut self.strips[self.ready];
        match &mut strip.input {
            Input::Interleaved(own, kept) if *own == layout => append(kept, now, ROWS * stride)?,
            input if strip.rows == 0 => {
                let mut kept = Vec::new();
                append(&mut kept, now, ROWS * stride)?;
                *input = Input::Interleaved(layout, kept);
            }
            _ => return Err(Error::new(Kind::Internal, "a strip of two kinds of rows")),
        }
        self.advance(rows);
        Ok(later)
    }

    /// Takes rows of planes until a strip is whole; gives back the rest.
    ///
    /// # Errors
    /// [`Kind::Internal`] for broken rows, or too many; [`Kind::OutOfMemory`].
    pub fn take_planes<'a>(
        &mut self,
        subsampling: Subsampling,
        planes: [&'a [u8]; 3],
    ) -> Result<[&'a [u8]; 3]> {
        let width = self.size.width as usize;
        let rows = self.rows_that_fit(planes[0].len(), width)?;
        let (across, down) = subsampling.factors();
        let chroma_stride = self.size.width.div_ceil(across) as usize;
        let down = down as usize;
        let at_end = self.taken + rows == self.size.height as usize;
        let chroma = rows.div_ceil(down) * chroma_stride;
        if planes[1].len() < chroma || planes[2].len() < chroma || (rows % down != 0 && !at_end) {
            return Err(Error::new(Kind::Internal, "planes of different heights"));
        }
        let split =
            [0, 1, 2].map(|plane| planes[plane].split_at(if plane == 0 { rows * width } else { chroma }));
        let strip = &mut self.strips[self.ready];
        if strip.rows == 0 && !matches!(&strip.input, Input::Planar(own, _) if *own == subsampling) {
            strip.input = Input::Planar(subsampling, [const { Vec::new() }; 3]);
        }
        match &mut strip.input {
            Input::Planar(own, kept) if *own == subsampling => {
                for (plane, (kept, (now, _))) in kept.iter_mut().zip(split).enumerate() {
                    let whole = if plane == 0 { ROWS * width } else { ROWS / down * chroma_stride };
                    append(kept, now, whole)?;
                }
            }
            _ => return Err(Error::new(Kind::Internal, "a strip of two kinds of rows")),
        }
        self.advance(rows);
        Ok(split.map(|(_, later)| later))
    }

    /// How many of the rows in `length` samples fit in the strip that is being filled.
    fn rows_that_fit(&self, length: usize, stride: usize) -> Result<usize> {
        let (rows, left) = (length / stride, self.size.height as usize - self.taken);
        if rows * stride != length || rows > left {
            return Err(Error::new(
                Kind::Internal,
                format!("{length} samples aren't rows of the {left} left"),
            ));
        }
        Ok(rows.min(ROWS - self.strips[self.ready].rows))
    }

    fn advance(&mut self, rows: usize) {
        let strip = &mut self.strips[self.ready];
        strip.rows += rows;
        self.taken += rows;
        if strip.rows == ROWS || self.taken == self.size.height as usize {
            self.ready += 1;
        }
    }

    /// True if no more strips fit, or there will be none.
    pub fn is_full(&self) -> bool {
        self.ready == self.strips.len() || (self.ready > 0 && self.taken == self.size.height as usize)
    }

    /// The strips that are whole.
    pub fn strips(&self) -> &[Strip] {
        &self.strips[..self.ready]
    }

    /// Removes all strips, and keeps memory for as many as usual.
    pub fn clear(&mut self) {
        self.strips.truncate(self.usual);
        self.strips.iter_mut().for_each(Strip::clear);
        self.ready = 0;
    }
}

fn append(kept: &mut Vec<u8>, samples: &[u8], whole: usize) -> Result<()> {
    if kept.capacity() < whole {
        kept.try_reserve_exact(whole - kept.len())?;
    }
    kept.extend_from_slice(samples);
    Ok(())
}

impl Strip {
    /// True for pixels of three or four samples.
    pub fn is_rgb(&self) -> bool {
        matches!(&self.input, Input::Interleaved(layout, _) if layout.channels() >= 3)
    }

    /// Removes the rows, and keeps their memory.
    fn clear(&mut self) {
        self.rows = 0;
        match &mut self.input {
            Input::None => (),
            Input::Interleaved(_, samples) => samples.clear(),
            Input::Planar(_, planes) => planes.iter_mut().for_each(Vec::clear),
        }
    }
}
