//! The samples of a component in a row of units.

use super::{
    idct::Samples,
    layout::{Component, LANES},
};
use crate::{error::Result, limits::try_zeroed};

/// Some rows of a plane, without padding.
#[derive(Debug)]
pub(super) struct Plane {
    width: usize,
    samples: Vec<u8>,
}

impl Plane {
    /// Room for the rows that a row of units has.
    ///
    /// # Errors
    /// `Memory` when there is none.
    pub(super) fn new(component: &Component, side: usize) -> Result<Self> {
        let width = component.size.width as usize;
        Ok(Self { width, samples: try_zeroed(width * component.down * side)? })
    }

    /// True if a column lies outside the picture.
    #[inline(always)]
    pub(super) const fn is_past(&self, column: usize) -> bool {
        column >= self.width
    }

    /// Takes over a group's samples, as far as they lie inside.
    #[inline(always)]
    pub(super) fn put(&mut self, samples: &Samples, column: usize, row: usize, side: usize) {
        let length = self.width.saturating_sub(column).min(side * LANES);
        for (y, source) in samples.iter().enumerate().take(side) {
            let start = (row + y) * self.width + column;
            if let (Some(target), Some(source)) =
                (self.samples.get_mut(start..start + length), source.get(..length))
            {
                target.copy_from_slice(source);
            }
        }
    }

    /// The first `rows` rows.
    pub(super) fn rows(&self, rows: usize) -> &[u8] {
        let length = (rows * self.width).min(self.samples.len());
        &self.samples[..length]
    }
}
