//! The squares that a picture is cut into by its transforms and its entropy image.

/// Square tiles of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    /// The side of a tile, as a power of two.
    pub bits: u32,
    pub across: usize,
    pub down: usize,
}

impl Tiles {
    /// The smallest tiles, of at least `least` bits, of which there are no more than `most`.
    pub fn new(width: usize, height: usize, least: u32, most: usize) -> Self {
        let mut bits = least;
        while width.div_ceil(1 << bits) * height.div_ceil(1 << bits) > most && bits < 9 {
            bits += 1;
        }
        Self { bits, across: width.div_ceil(1 << bits), down: height.div_ceil(1 << bits) }
    }

    pub const fn count(self) -> usize {
        self.across * self.down
    }
}
