//! Prefix codes of JPEG XL (ISO 18181-1, C.2.4): those of Brotli (RFC 7932 section 3), in alphabets of any size.

use super::bits::{Bits, length_of};

/// The longest prefix code.
pub(super) const LONGEST: usize = 15;

/// A canonical prefix code, as Brotli has it (RFC 7932 section 3).
pub(super) struct PrefixCode {
    /// How many codes there are of each length; all zero where the only symbol takes no bits.
    counts: [u16; LONGEST + 1],
    /// Sorted by their codes.
    symbols: Vec<u16>,
}

impl PrefixCode {
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; LONGEST + 1];
        let mut symbols = Vec::new();
        for (length, count) in counts.iter_mut().enumerate().skip(1) {
            let start = symbols.len();
            let own = (0..).zip(lengths).filter(|(_, own)| usize::from(**own) == length);
            symbols.extend(own.map(|(at, _)| at));
            *count = u16::try_from(symbols.len() - start).ok()?;
        }
        if symbols.len() == 1 {
            counts = [0; LONGEST + 1];
        }
        (!symbols.is_empty()).then_some(Self { counts, symbols })
    }

    /// `None` if it makes no sense or isn't all there.
    pub(super) fn read(bits: &mut Bits<'_>, size: usize) -> Option<Self> {
        if size == 1 {
            return Self::new(&[1]);
        }
        if size >= 1 << LONGEST {
            return None;
        }
        match bits.take(2)? {
            1 => Self::read_simple(bits, size),
            skipped => Self::read_complex(bits, size, skipped as usize),
        }
    }

    /// One to four symbols (RFC 7932 section 3.4).
    fn read_simple(bits: &mut Bits<'_>, size: usize) -> Option<Self> {
        let count = bits.take(2)? as usize + 1;
        let length = length_of(size as u32);
        let symbols = (0..count).map(|_| bits.take(length)).collect::<Option<Vec<_>>>()?;
        let lengths: &[u8] = match count {
            1 => &[1],
            2 => &[1, 1],
            3 => &[1, 2, 2],
            _ if bits.flag()? => &[1, 2, 3, 3],
            _ => &[2, 2, 2, 2],
        };
        let mut all = vec![0; size];
        for (symbol, length) in symbols.into_iter().zip(lengths) {
            let place = all.get_mut(symbol as usize)?;
            if *place > 0 {
                return None;
            }
            *place = *length;
        }
        Self::new(&all)
    }

    /// Lengths that are coded themselves (RFC 7932 section 3.5).
    fn read_complex(bits: &mut Bits<'_>, size: usize, skipped: usize) -> Option<Self> {
        const ORDER: [usize; 18] = [1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let (mut lengths, mut space) = ([0; 18], 32);
        for at in ORDER.into_iter().skip(skipped) {
            if space <= 0 {
                break;
            }
            let length = match bits.take(2)? {
                0 => 0,
                1 => 4,
                2 => 3,
                _ if !bits.flag()? => 2,
                _ if !bits.flag()? => 1,
                _ => 5,
            };
            lengths[at] = length;
            space -= if length > 0 { 32 >> length } else { 0 };
        }
        let of_lengths = Self::new(&lengths)?;
        let mut all: Vec<u8> = Vec::new();
        all.try_reserve_exact(size).ok()?;
        let (mut space, mut last, mut repeated, mut repeats) = (1_i64 << LONGEST, 8, None, 0_usize);
        while all.len() < size && space > 0 {
            let length = of_lengths.symbol(bits)? as u8;
            if length < 16 {
                repeated = None;
                all.push(length);
                if length > 0 {
                    last = length;
                    space -= (1 << LONGEST) >> length;
                }
                continue;
            }
            let (value, more) = if length == 16 { (last, 2) } else { (0, 3) };
            // One after another they count on.
            let before = if repeated == Some(value) { repeats } else { 0 };
            let base = if before > 0 { (before - 2) << more } else { 0 };
            (repeated, repeats) = (Some(value), base + bits.take(more)? as usize + 3);
            let added = repeats - before;
            if all.len() + added > size {
                return None;
            }
            all.resize(all.len() + added, value);
            if value > 0 {
                space -= (added as i64) << (LONGEST - usize::from(value));
            }
        }
        (space == 0).then(|| Self::new(&all)).flatten()
    }

    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u32> {
        if let [only] = self.symbols[..] {
            return Some(only.into());
        }
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in &self.counts[1..] {
            let count = u32::from(count);
            code |= bits.take(1)?;
            if code < first + count {
                return self.symbols.get((index + code - first) as usize).map(|symbol| u32::from(*symbol));
            }
            index += count;
            (first, code) = ((first + count) << 1, code << 1);
        }
        None
    }
}

/// One of at most 16 (C.2.1).
pub(super) fn read_16(bits: &mut Bits<'_>) -> Option<u32> {
    if !bits.flag()? {
        return Some(0);
    }
    let count = bits.take(4)?;
    Some((1 << count) + bits.take(count)?)
}
