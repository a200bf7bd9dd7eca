//! LZ77 backward references (RFC 9649 section 3.6.2.2): the prefix coding of lengths and distances, the distance map,
//! and the length of matches.

/// The longest match.
pub const MAX_LENGTH: usize = 4096;

/// The distance map: columns to the left and rows up, in the order of their distance codes.
#[rustfmt::skip]
const NEARBY: [(i8, u8); 120] = [
    (0, 1), (1, 0), (1, 1), (-1, 1), (0, 2), (2, 0), (1, 2), (-1, 2), (2, 1), (-2, 1), (2, 2), (-2, 2),
    (0, 3), (3, 0), (1, 3), (-1, 3), (3, 1), (-3, 1), (2, 3), (-2, 3), (3, 2), (-3, 2), (0, 4), (4, 0),
    (1, 4), (-1, 4), (4, 1), (-4, 1), (3, 3), (-3, 3), (2, 4), (-2, 4), (4, 2), (-4, 2), (0, 5), (3, 4),
    (-3, 4), (4, 3), (-4, 3), (5, 0), (1, 5), (-1, 5), (5, 1), (-5, 1), (2, 5), (-2, 5), (5, 2), (-5, 2),
    (4, 4), (-4, 4), (3, 5), (-3, 5), (5, 3), (-5, 3), (0, 6), (6, 0), (1, 6), (-1, 6), (6, 1), (-6, 1),
    (2, 6), (-2, 6), (6, 2), (-6, 2), (4, 5), (-4, 5), (5, 4), (-5, 4), (3, 6), (-3, 6), (6, 3), (-6, 3),
    (0, 7), (7, 0), (1, 7), (-1, 7), (5, 5), (-5, 5), (7, 1), (-7, 1), (4, 6), (-4, 6), (6, 4), (-6, 4),
    (2, 7), (-2, 7), (7, 2), (-7, 2), (3, 7), (-3, 7), (7, 3), (-7, 3), (5, 6), (-5, 6), (6, 5), (-6, 5),
    (8, 0), (4, 7), (-4, 7), (7, 4), (-7, 4), (8, 1), (8, 2), (6, 6), (-6, 6), (8, 3), (5, 7), (-5, 7),
    (7, 5), (-7, 5), (8, 4), (6, 7), (-6, 7), (7, 6), (-7, 6), (8, 5), (7, 7), (-7, 7), (8, 6), (8, 7),
];

/// The distance map inverted: the distance code at `16 * row + 8 - column`.
const NEARBY_CODES: [u8; 128] = {
    let mut codes = [0; 128];
    let mut at = 0;
    while at < NEARBY.len() {
        let (column, row) = NEARBY[at];
        codes[(16 * row as i16 + 8 - column as i16) as usize] = at as u8 + 1;
        at += 1;
    }
    codes
};

/// The code of a distance, from 1: samples nearby by the distance map, others by what is added to their distance.
pub fn distance_code(distance: usize, width: usize) -> usize {
    let (row, column) = (distance / width, distance % width);
    if row < 8 && column <= 8 {
        NEARBY_CODES[16 * row + 8 - column].into()
    } else if row < 7 && column + 8 > width {
        NEARBY_CODES[16 * (row + 1) + 8 + width - column].into()
    } else {
        distance + NEARBY.len()
    }
}

/// The distance of a code, from 1.
pub fn distance(code: usize, width: usize) -> usize {
    match NEARBY.get(code - 1) {
        Some(&(column, row)) => (usize::from(row) * width).saturating_add_signed(column.into()).max(1),
        None => code - NEARBY.len(),
    }
}

/// A length or a distance code in LZ77 prefix coding: a prefix symbol, and extra bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lz77Prefix {
    pub symbol: usize,
    pub extra_bits: u32,
    pub extra_bit_count: u32,
}

impl Lz77Prefix {
    /// Codes a value from 1.
    #[inline(always)]
    pub const fn new(value: usize) -> Self {
        let before = value - 1;
        if before < 4 {
            return Self { symbol: before, extra_bits: 0, extra_bit_count: 0 };
        }
        let extra_bit_count = before.ilog2() - 1;
        let symbol = 2 * (extra_bit_count as usize + 1) + (before >> extra_bit_count & 1);
        Self { symbol, extra_bits: (before & ((1 << extra_bit_count) - 1)) as u32, extra_bit_count }
    }

    /// The first value of a prefix symbol, and how many extra bits follow it.
    pub const fn first(symbol: usize) -> (usize, u32) {
        if symbol < 4 {
            return (symbol + 1, 0);
        }
        let extra_bit_count = (symbol as u32 - 2) / 2;
        (((2 + symbol % 2) << extra_bit_count) + 1, extra_bit_count)
    }
}

/// How many samples are the same, up to [`MAX_LENGTH`].
pub fn match_length(here: &[u8], there: &[u8]) -> usize {
    match_length_within(here, there, MAX_LENGTH)
}

/// How many samples are the same, up to `most`.
#[inline(always)]
pub fn match_length_within(here: &[u8], there: &[u8], most: usize) -> usize {
    let most = here.len().min(there.len()).min(most);
    let (here, there) = (&here[..most], &there[..most]);
    let (eights, _) = here.as_chunks::<8>();
    let (others, _) = there.as_chunks::<8>();
    let mut same = 0;
    for (a, b) in eights.iter().zip(others) {
        let differs = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differs != 0 {
            return same + differs.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + here[same..].iter().zip(&there[same..]).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_distances_are_read_as_they_are_coded() {
        for value in 1..=1 << 20 {
            let Lz77Prefix { symbol, extra_bits, extra_bit_count } = Lz77Prefix::new(value);
            let (first, count) = Lz77Prefix::first(symbol);
            assert_eq!((first + extra_bits as usize, count), (value, extra_bit_count));
        }
        for width in [1, 2, 7, 8, 9, 20, 1000] {
            for told in 1..9 * width {
                assert_eq!(distance(distance_code(told, width), width), told, "{width}");
            }
        }
    }
}
