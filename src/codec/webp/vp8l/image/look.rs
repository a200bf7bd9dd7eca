//! A look at a picture's rows, which tells the transforms.

use super::{analysis::TransformStatistics, effort::Effort, front::Front, palette::Colors, pixels::Pixels};
use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Size},
};

/// A picture whose pixels are busier than this, of 16, is a photo, of which one of so many rows says enough.
const BUSY_PHOTO: u64 = 12;
const PHOTO_ROWS: usize = 8;

/// Looks at rows to tell the transforms.
pub struct Look {
    layout: Layout,
    has_color: bool,
    has_alpha: bool,
    colors: Colors,
    statistics: TransformStatistics,
    width: usize,
    height: usize,
    y: usize,
    /// The last two rows, as far as they are looked at.
    rows: Vec<u8>,
}

impl Look {
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub fn new(size: Size, layout: Layout, reduces: bool) -> Result<Self> {
        let (width, height) = (size.width as usize, size.height as usize);
        let has_color = layout.channels() >= 3;
        let mut rows = Vec::new();
        rows.try_reserve_exact(2 * layout.row_bytes(size)?)?;
        Ok(Self {
            layout,
            has_color: has_color && !reduces,
            has_alpha: layout.has_alpha() && !reduces,
            colors: Colors::new(),
            statistics: TransformStatistics::new(width * height, has_color)?,
            width,
            height,
            y: 0,
            rows,
        })
    }

    /// Looks at the next row.
    pub fn push(&mut self, row: &[u8]) {
        match self.layout {
            Layout::Gray => self.look::<1>(row),
            Layout::GrayAlpha => self.look::<2>(row),
            Layout::Rgb => self.look::<3>(row),
            Layout::Rgba => self.look::<4>(row),
        }
        self.y += 1;
    }

    fn look<const C: usize>(&mut self, row: &[u8]) {
        self.colors.add::<C>(row);
        let pixels = row.as_chunks::<C>().0;
        if C >= 3 && !self.has_color {
            self.has_color = pixels.iter().any(|pixel| pixel[0] != pixel[1] || pixel[0] != pixel[2]);
        }
        if C.is_multiple_of(2) && !self.has_alpha {
            self.has_alpha = pixels.iter().any(|pixel| pixel[C - 1] < 255);
        }
        let is_looked_at = self.y > 0 && self.statistics.wants(self.y);
        if is_looked_at || self.statistics.wants(self.y + 1) {
            if self.rows.len() > row.len() {
                self.rows.drain(..row.len());
            }
            self.rows.extend_from_slice(row);
        }
        if is_looked_at {
            let rows = Pixels::<C>::new(&self.rows, self.width, 0);
            self.statistics.add_row(rows);
        }
    }

    /// True of what is surely a photo, in which no samples say nothing, and of which enough has been seen.
    pub fn is_settled(&self) -> bool {
        let is_known = self.colors.is_full()
            && !self.layout.has_alpha()
            && (self.has_color || self.layout.channels() < 3);
        is_known && self.y * PHOTO_ROWS >= self.height && self.statistics.busy() > BUSY_PHOTO
    }

    /// The layout that is coded, its transforms, and the tools for it.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`]; [`Kind::Internal`] when rows are missing.
    pub fn end(self, size: Size, effort: Effort) -> Result<(Layout, Front, Effort)> {
        if self.y < self.height && !self.is_settled() {
            return Err(Error::new(Kind::Internal, "lossless WebP: rows are missing"));
        }
        let layout = Layout::of(self.has_color, self.has_alpha);
        let palette = self.colors.into_palette();
        let transforms = self.statistics.choose(self.has_color, palette.as_ref());
        let effort = effort.for_busy(self.statistics.busy());
        Ok((layout, Front::new(size, layout, transforms, palette, effort)?, effort))
    }
}
