//! A picture as VP8L whose rows come several times, so that it is never held.
//!
//! At first they are looked at, which tells the transforms. Then these are chosen tile by tile, and what is left is cut into
//! tokens with little work, to see what these cost. At the third time tokens are counted as they will be. Where they are
//! few they are kept, else rows come once more to be written. The same is done of a picture that is held
//! ([`super::encode`]); there the first costs are of all of it.

use super::{
    effort::Effort,
    front::{self, Front},
    look::Look,
    work::{self, Coder, CoderEnded, coder},
};
use crate::{
    codec::{Coding, webp::vp8l::bits::HeaderBits},
    error::Result,
    pixel::{Layout, Size},
};

/// The most bytes that are held, the file of at most `most` bytes included.
pub fn heap_bytes(size: Size, channels: u64, effort: u8, most: u64) -> u64 {
    let rows = front::heap_bytes(size, channels) + 3 * channels * u64::from(size.width);
    rows + work::heap_bytes(size, channels, Effort::new(effort), most)
}

/// What comes after rows have come.
pub enum Ended {
    /// They must come once more.
    Again(Box<RowCoder>),
    /// The coded picture, and whether pixels can be transparent.
    Done(Vec<u8>, bool),
}

/// Takes a picture's rows, time after time.
pub struct RowCoder {
    size: Size,
    coding: Coding,
    from: Layout,
    /// The layout that is coded.
    to: Layout,
    row: Vec<u8>,
    pass: Pass,
}

enum Pass {
    Look(Box<Look>),
    Code(Front, Box<dyn Coder>),
}

impl RowCoder {
    /// For rows of a layout, of which samples that say nothing may be left out.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub fn new(size: Size, coding: &Coding, layout: Layout, reduces: bool) -> Result<Self> {
        let look = Box::new(Look::new(size, layout, reduces)?);
        let row = Vec::new();
        Ok(Self { size, coding: *coding, from: layout, to: layout, row, pass: Pass::Look(look) })
    }

    /// True if no more rows are needed.
    pub fn is_settled(&self) -> bool {
        matches!(&self.pass, Pass::Look(look) if look.is_settled())
    }

    /// Takes whole rows. What can't be seen of them is black.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub fn push_rows(&mut self, rows: &[u8]) -> Result<()> {
        let stride = self.size.width as usize * self.from.channels() as usize;
        for samples in rows.chunks_exact(stride) {
            let samples = if self.from == self.to && !self.from.has_alpha() {
                samples
            } else {
                self.row.clear();
                self.row.try_reserve_exact(stride)?;
                put_row(self.from, samples, self.to, &mut self.row);
                &self.row
            };
            match &mut self.pass {
                Pass::Look(look) => look.push(samples),
                Pass::Code(front, coder) => front.push(samples, &mut |row| coder.push(row))?,
            }
        }
        Ok(())
    }

    /// Ends the rows, all of which have come, or as many as are needed.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`], [`Kind::OutOfMemory`]; [`Kind::Internal`] when rows are missing.
    pub fn end(mut self) -> Result<Ended> {
        let effort = Effort::new(self.coding.effort);
        match self.pass {
            Pass::Look(look) => {
                let (to, front, effort) = look.end(self.size, effort)?;
                let coder = coder(self.size, &front, effort, &self.coding)?;
                (self.to, self.pass) = (to, Pass::Code(front, coder));
            }
            Pass::Code(mut front, coder) => {
                let header = if coder.is_first() {
                    let mut header = super::header(self.size, self.to);
                    front.settle(&mut header)?;
                    header
                } else {
                    HeaderBits::default()
                };
                match coder.end(header)? {
                    CoderEnded::Done(file) => return Ok(Ended::Done(file, self.to.has_alpha())),
                    CoderEnded::Again(coder) => self.pass = Pass::Code(front, coder),
                }
            }
        }
        Ok(Ended::Again(Box::new(self)))
    }
}

/// A row of one layout in another; what can't be seen is black.
fn put_row(from: Layout, row: &[u8], to: Layout, out: &mut Vec<u8>) {
    for pixel in row.chunks_exact(from.channels() as usize) {
        let [r, g, b, a] = from.rgba(pixel);
        let [r, g, b, a] = if a == 0 { [0; 4] } else { [r, g, b, a] };
        match to {
            Layout::Gray => out.push(r),
            Layout::GrayAlpha => out.extend([r, a]),
            Layout::Rgb => out.extend([r, g, b]),
            Layout::Rgba => out.extend([r, g, b, a]),
        }
    }
}
