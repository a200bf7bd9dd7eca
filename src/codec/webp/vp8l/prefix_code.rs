//! Prefix codes (RFC 9649 section 3.7.2): the shortest code lengths within a limit, their canonical codes, and how
//! these are written (section 3.7.2.1).

use super::bits::HeaderBits;

/// The longest code of a symbol, and that of a code length.
const MAX_LENGTH: usize = 15;
const MAX_LENGTH_OF_LENGTHS: usize = 7;

/// The order in which the code lengths of code lengths are written: the RFC's `kCodeLengthCodeOrder`.
pub const CODE_LENGTH_ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// A canonical prefix code.
pub struct PrefixCode {
    /// Code lengths in bits, zero for symbols that don't occur, and where there is but one.
    lengths: Vec<u8>,
    /// The codes with their first bit lowest.
    codes: Vec<u16>,
}

impl PrefixCode {
    /// The best code for symbols by their counts.
    pub fn new(counts: &[u32]) -> Self {
        Self::within(counts, MAX_LENGTH)
    }

    fn within(counts: &[u32], limit: usize) -> Self {
        let lengths = lengths(counts, limit);
        let (mut codes, mut next) = (vec![0; counts.len()], 0_u32);
        for length in 1..=limit as u8 {
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, own)| **own == length) {
                codes[symbol] = ((next << (32 - u32::from(length))).reverse_bits()) as u16;
                next += 1;
            }
            next <<= 1;
        }
        Self { lengths, codes }
    }

    /// A symbol's code and its length in bits.
    #[inline(always)]
    pub fn code(&self, symbol: usize) -> (u32, u32) {
        (u32::from(self.codes[symbol]), u32::from(self.lengths[symbol]))
    }

    /// The bits of symbols with such counts.
    pub fn bits(&self, counts: &[u32]) -> u64 {
        counts.iter().zip(&self.lengths).map(|(&count, &length)| u64::from(count) * u64::from(length)).sum()
    }

    /// Writes the code. One without any symbol is written as one that has the first symbol alone.
    pub fn write(&self, counts: &[u32], header: &mut HeaderBits) {
        let mut used = (0..counts.len()).filter(|&symbol| counts[symbol] > 0);
        let (first, second, third) = (used.next().unwrap_or(0), used.next(), used.next());
        // One or two symbols of eight bits make a simple code.
        if third.is_some() || first.max(second.unwrap_or(0)) > 255 {
            return match second {
                Some(_) => write_lengths(&self.lengths, header),
                // A lone symbol takes no bits, but is written as if it took one.
                None => {
                    let mut lengths = self.lengths.clone();
                    lengths[first] = 1;
                    write_lengths(&lengths, header);
                }
            };
        }
        header.put(1 | u32::from(second.is_some()) << 1, 2);
        let is_long = first > 1;
        header.put(is_long.into(), 1);
        header.put(first as u32, if is_long { 8 } else { 1 });
        if let Some(second) = second {
            header.put(second as u32, 8);
        }
    }
}

/// Writes code lengths as a normal code.
fn write_lengths(lengths: &[u8], header: &mut HeaderBits) {
    let runs = length_tokens(lengths);
    let mut counts = [0_u32; 19];
    runs.iter().for_each(|run| counts[run.symbol] += 1);
    let code = PrefixCode::within(&counts, MAX_LENGTH_OF_LENGTHS);
    let is_single = counts.iter().filter(|count| **count > 0).count() == 1;
    let count =
        CODE_LENGTH_ORDER.iter().rposition(|&symbol| counts[symbol] > 0).map_or(4, |last| (last + 1).max(4));
    header.put(0, 1);
    header.put(count as u32 - 4, 4);
    for &symbol in &CODE_LENGTH_ORDER[..count] {
        let length = if is_single { u32::from(counts[symbol] > 0) } else { code.code(symbol).1 };
        header.put(length, 3);
    }
    // The lengths of all symbols follow.
    header.put(0, 1);
    for LengthToken { symbol, extra_bits, extra_bit_count } in runs {
        let (value, length) = code.code(symbol);
        header.put(value, length);
        header.put(extra_bits, extra_bit_count);
    }
}

/// A symbol of the code of code lengths, and its extra bits.
struct LengthToken {
    symbol: usize,
    extra_bits: u32,
    extra_bit_count: u32,
}

/// Code lengths one by one, or as runs: of the last one that was not zero (16: 3 to 6 times), of zeros (17: 3 to 10;
/// 18: 11 to 138).
fn length_tokens(lengths: &[u8]) -> Vec<LengthToken> {
    let mut runs = Vec::new();
    let mut last = 8;
    for equal in lengths.chunk_by(|a, b| a == b) {
        let (length, mut left) = (equal[0], equal.len());
        if length != 0 && length != last {
            runs.push(LengthToken { symbol: length.into(), extra_bits: 0, extra_bit_count: 0 });
            (last, left) = (length, left - 1);
        }
        while left > 0 {
            let (symbol, most, least, extra_bit_count) = match (length, left) {
                (_, ..3) => (length.into(), 1, 1, 0),
                (0, ..11) => (17, 10, 3, 3),
                (0, _) => (18, 138, 11, 7),
                _ => (16, 6, 3, 2),
            };
            let run = left.min(most);
            runs.push(LengthToken { symbol, extra_bits: (run - least) as u32, extra_bit_count });
            left -= run;
        }
    }
    runs
}

/// Code lengths by package-merge (Larmore and Hirschberg, 1990), which finds the shortest code within the limit. All
/// are zero where fewer than two symbols occur.
fn lengths(counts: &[u32], limit: usize) -> Vec<u8> {
    let mut lengths = vec![0; counts.len()];
    let mut leaves: Vec<(u64, usize)> = counts.iter().map(|&count| count.into()).zip(0..).collect();
    leaves.retain(|(count, _)| *count > 0);
    leaves.sort_unstable();
    if leaves.len() < 2 {
        return lengths;
    }
    // Each level has the leaves, and pairs of the level below, by weight. Since they are taken in order it is enough to
    // know of each whether it is a leaf.
    let mut weights: Vec<u64> = leaves.iter().map(|(count, _)| *count).collect();
    let mut levels = vec![vec![true; leaves.len()]];
    for _ in 1..limit {
        let mut pairs = weights.chunks_exact(2).map(|pair| pair[0] + pair[1]).peekable();
        let (mut merged, mut is_leaf) = (Vec::new(), Vec::new());
        for &(count, _) in &leaves {
            while let Some(pair) = pairs.next_if(|pair| *pair < count) {
                merged.push(pair);
                is_leaf.push(false);
            }
            merged.push(count);
            is_leaf.push(true);
        }
        is_leaf.extend(pairs.clone().map(|_| false));
        merged.extend(pairs);
        weights = merged;
        levels.push(is_leaf);
    }
    let mut taken = 2 * leaves.len() - 2;
    for is_leaf in levels.iter().rev() {
        let own = is_leaf[..taken].iter().filter(|is_leaf| **is_leaf).count();
        leaves[..own].iter().for_each(|(_, symbol)| lengths[*symbol] += 1);
        taken = 2 * (taken - own);
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> impl FnMut() -> u32 {
        let mut state = 1_u32;
        move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        }
    }

    /// The length of the whole by Huffman's own method, which knows no limit.
    fn unlimited(counts: &[u32]) -> u64 {
        let mut heap: std::collections::BinaryHeap<_> =
            counts.iter().filter(|c| **c > 0).map(|&c| std::cmp::Reverse(u64::from(c))).collect();
        let mut bits = 0;
        while let (Some(a), Some(b)) = (heap.pop(), heap.pop()) {
            bits += a.0 + b.0;
            heap.push(std::cmp::Reverse(a.0 + b.0));
        }
        bits
    }

    #[test]
    fn codes_are_as_short_as_can_be() {
        let mut random = state();
        for used in (2..=280).step_by(3) {
            let mut counts = [0; 280];
            for _ in 0..used {
                counts[random() as usize % 280] = 1 + (random() & 0xFFF);
            }
            let code = PrefixCode::new(&counts);
            // So even that the limit is never reached.
            assert_eq!(code.bits(&counts), unlimited(&counts));
        }
    }

    #[test]
    fn codes_are_complete_and_within_the_limit() {
        // Fibonacci's numbers make the longest codes.
        let mut counts = [0; 40];
        let (mut a, mut b) = (1_u32, 1_u32);
        for count in &mut counts {
            *count = a;
            (a, b) = (b, a + b);
        }
        for limit in [6, 7, 15] {
            let code = PrefixCode::within(&counts, limit);
            let space: u64 = code.lengths.iter().map(|&length| 1 << (limit - usize::from(length))).sum();
            assert_eq!(space, 1 << limit);
            assert!(code.lengths.iter().all(|&length| (1..=limit).contains(&length.into())));
            assert!(code.lengths.is_sorted_by(|a, b| a >= b));
        }
        // Of four symbols within two bits each has two; three would do without a limit.
        assert_eq!(lengths(&[1, 1, 2, 4], 2), [2, 2, 2, 2]);
        assert_eq!(lengths(&[1, 1, 2, 4], 3), [3, 3, 2, 1]);
    }

    #[test]
    fn no_code_begins_another() {
        let mut random = state();
        let counts: [u32; 40] = std::array::from_fn(|_| random() >> (random() & 31));
        let code = PrefixCode::new(&counts);
        let codes: Vec<_> = (0..40).filter(|&at| counts[at] > 0).map(|at| code.code(at)).collect();
        for (at, &(value, length)) in codes.iter().enumerate() {
            assert_eq!(value >> length, 0);
            for &(other, longer) in codes.iter().skip(at + 1) {
                let shared = length.min(longer);
                assert_ne!(value & ((1 << shared) - 1), other & ((1 << shared) - 1));
            }
        }
    }

    #[test]
    fn runs_of_lengths_say_what_the_lengths_are() {
        let mut random = state();
        for _ in 0..100 {
            let mut lengths = Vec::new();
            while lengths.len() < 280 {
                let (length, run) = ((random() % 16) as u8, 1 + random() as usize % 40);
                let length = if random().is_multiple_of(2) { 0 } else { length };
                lengths.extend(vec![length; run]);
            }
            let (mut told, mut last) = (Vec::new(), 8);
            for LengthToken { symbol, extra_bits, extra_bit_count } in length_tokens(&lengths) {
                assert_eq!(extra_bits >> extra_bit_count, 0);
                let (length, run) = match symbol {
                    16 => (last, 3 + extra_bits),
                    17 => (0, 3 + extra_bits),
                    18 => (0, 11 + extra_bits),
                    _ => (symbol as u8, 1),
                };
                last = if length == 0 { last } else { length };
                told.extend(vec![length; run as usize]);
            }
            assert_eq!(told, lengths);
        }
    }
}
