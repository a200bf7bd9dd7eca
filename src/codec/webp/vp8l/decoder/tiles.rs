//! Values by tiles: of a predictor or a colour transform, and which prefix codes count.

use super::tables::Tables;
use crate::error::Result;

/// How many tiles whose side is two to the power of so many bits make a side.
pub const fn tiles(side: usize, bits: u32) -> usize {
    side.div_ceil(1 << bits)
}

/// A value for each tile.
pub struct Tiled<T> {
    pub bits: u32,
    pub across: usize,
    pub values: Vec<T>,
}

impl<T> Tiled<T> {
    /// For a picture of a size, without values, if there is room for them.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when there is no room,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(width: usize, height: usize, bits: u32, room: &mut Tables) -> Result<Self> {
        let (across, down) = (tiles(width, bits), tiles(height, bits));
        room.hold_all::<T>(across * down)?;
        let mut values = Vec::new();
        values.try_reserve_exact(across * down)?;
        Ok(Self { bits, across, values })
    }

    /// Those of a row's tiles.
    #[inline(always)]
    pub fn row(&self, y: usize) -> &[T] {
        &self.values[(y >> self.bits) * self.across..][..self.across]
    }
}
