//! The colours of a picture, as long as they are few, and pictures of few colours as indices into a palette, packed as
//! tightly as their number allows.

/// The most colours of a palette.
const MOST: usize = 256;

/// Places for colours, of which at most a quarter is taken.
const PLACES: usize = 1024;

/// Different colours, up to one more than a palette may have.
#[derive(Clone)]
pub(super) struct ColorSet {
    /// By place: a colour, and its index and 1; 0 where there is none.
    places: Box<[(u32, u16); PLACES]>,
    count: usize,
}

impl ColorSet {
    pub(super) fn new() -> Self {
        Self { places: Box::new([(0, 0); PLACES]), count: 0 }
    }

    /// How many there are; of more than 256 only that there are more.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// True if there are more than a palette may have.
    pub(super) const fn is_full(&self) -> bool {
        self.count > MOST
    }

    /// Adds a colour, unless there are too many already.
    pub(super) fn add(&mut self, color: [u8; 4]) {
        if self.is_full() {
            return;
        }
        let color = u32::from_be_bytes(color);
        let place = self.place(color);
        if self.places[place].1 == 0 {
            self.places[place] = (color, 1);
            self.count += 1;
        }
    }

    /// Where a colour is, or would be.
    fn place(&self, color: u32) -> usize {
        let mut place = (color.wrapping_mul(0x9e37_79b1) >> 22) as usize;
        while self.places[place].1 != 0 && self.places[place].0 != color {
            place = (place + 1) % PLACES;
        }
        place
    }

    /// The palette of all of them.
    pub(super) fn into_palette(mut self) -> Palette {
        let used = self.places.iter().filter(|place| place.1 > 0);
        let mut colors: Vec<[u8; 4]> = used.map(|(color, _)| color.to_be_bytes()).collect();
        colors.sort_by_key(|color| (color[3] == 255, *color));
        for (number, color) in (1..).zip(&colors) {
            let place = self.place(u32::from_be_bytes(*color));
            self.places[place].1 = number;
        }
        let bits = match colors.len() {
            ..=2 => 1,
            3..=4 => 2,
            5..=16 => 4,
            _ => 8,
        };
        Palette {
            alphas: colors.iter().map(|color| color[3]).filter(|&alpha| alpha < 255).collect(),
            colors: colors.iter().flat_map(|color| [color[0], color[1], color[2]]).collect(),
            bits,
            set: self,
        }
    }
}

/// The colours of a picture that has at most 256.
#[derive(Clone)]
pub(super) struct Palette {
    /// Red, green and blue of each colour. Those that are not opaque stand first.
    pub(super) colors: Vec<u8>,
    /// The alpha of the colours that are not opaque.
    pub(super) alphas: Vec<u8>,
    /// Bits of an index: 1, 2, 4 or 8.
    pub(super) bits: u8,
    set: ColorSet,
}

impl Palette {
    /// Pixels of a row as indices, the first in the highest bits of a byte; those of other colours as the first.
    pub(super) fn pack(&self, row: impl Iterator<Item = [u8; 4]>, packed: &mut Vec<u8>) {
        packed.clear();
        let (mut last, mut index) = (None, 0);
        let (mut byte, mut used) = (0, 0);
        for color in row {
            if last != Some(color) {
                let number = self.set.places[self.set.place(u32::from_be_bytes(color))].1;
                (last, index) = (Some(color), number.saturating_sub(1) as u8);
            }
            used += self.bits;
            byte |= index << (8 - used);
            if used == 8 {
                packed.push(byte);
                (byte, used) = (0, 0);
            }
        }
        if used > 0 {
            packed.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_found_again() {
        let mut set = ColorSet::new();
        let color = |at: u32| (at.wrapping_mul(2_654_435_761) | 1).to_be_bytes();
        (0..200).chain(0..200).for_each(|at| set.add(color(at)));
        assert_eq!(set.count(), 200);
        let mut full = set.clone();
        (0..1000).for_each(|at| full.add(color(at)));
        assert!(full.is_full());
        let palette = set.into_palette();
        let mut packed = Vec::new();
        palette.pack((0..200).map(color), &mut packed);
        for (at, index) in packed.into_iter().enumerate() {
            let index = usize::from(index);
            assert_eq!(palette.colors[3 * index..3 * index + 3], color(at as u32)[..3]);
            assert_eq!(palette.alphas.get(index).copied().unwrap_or(255), color(at as u32)[3]);
        }
    }

    #[test]
    fn indices_are_packed() {
        let mut set = ColorSet::new();
        [[9, 9, 9, 255], [0, 0, 0, 0], [1, 2, 3, 255]].into_iter().for_each(|color| set.add(color));
        let palette = set.into_palette();
        assert_eq!((palette.bits, palette.alphas.as_slice()), (2, &[0][..]));
        let mut packed = Vec::new();
        let row = [[1, 2, 3, 255], [9, 9, 9, 255], [0, 0, 0, 0], [9, 9, 9, 255], [1, 2, 3, 255]];
        palette.pack(row.into_iter(), &mut packed);
        assert_eq!(packed, [0b01_10_00_10, 0b01_00_00_00]);
    }
}
