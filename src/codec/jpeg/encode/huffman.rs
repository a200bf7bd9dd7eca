//! Huffman codes for what was counted (T.81 K.2): the shortest of at most 16 bits, none of which is all ones.

/// The longest code.
const MOST_BITS: usize = 16;

/// A symbol that stands for the code that must not be used.
const RESERVED: usize = 256;

/// How often each symbol occurs.
pub(super) type Counts = [u32; 256];

/// A code for each symbol that occurs.
#[derive(Clone)]
pub(super) struct Codes {
    /// How many codes there are of each length, 1 to 16.
    pub(super) lengths: [u8; MOST_BITS],
    /// The symbols in the order of their codes.
    pub(super) symbols: Vec<u8>,
    /// By symbol: its code and how many bits that has.
    codes: [(u16, u8); 256],
}

impl Codes {
    pub(super) fn new(counts: &Counts) -> Self {
        let mut lengths = limited(depths(counts));
        // The reserved symbol, which is the rarest, has the last of the longest codes.
        if let Some(longest) = lengths.iter_mut().rfind(|count| **count > 0) {
            *longest -= 1;
        }
        let mut symbols: Vec<u8> = (0..=255).filter(|symbol| counts[usize::from(*symbol)] > 0).collect();
        symbols.sort_by_key(|symbol| u32::MAX - counts[usize::from(*symbol)]);
        let mut codes = [(0, 0); 256];
        let (mut code, mut rest) = (0_u32, symbols.as_slice());
        for (bits, count) in (1..).zip(lengths) {
            let (of_length, longer) = rest.split_at(usize::from(count).min(rest.len()));
            for symbol in of_length {
                codes[usize::from(*symbol)] = (code as u16, bits);
                code += 1;
            }
            (code, rest) = (code << 1, longer);
        }
        Self { lengths, symbols, codes }
    }

    /// A symbol's code, and how many bits it has.
    #[inline(always)]
    pub(super) const fn of(&self, symbol: u8) -> (u32, u32) {
        let (code, bits) = self.codes[symbol as usize];
        (code as u32, bits as u32)
    }
}

/// How many leaves of a Huffman tree lie how deep, that of the reserved symbol among them.
fn depths(counts: &Counts) -> [u32; RESERVED + 2] {
    let mut trees: Vec<(u64, Vec<u16>)> =
        counts.iter().filter(|count| **count > 0).map(|count| (u64::from(*count), vec![0])).collect();
    trees.push((1, vec![0]));
    // The rarest last; of equals the shallower ones are joined first.
    while trees.len() > 1 {
        trees.sort_by_key(|(count, leaves)| (u64::MAX - count, usize::MAX - leaves.len()));
        let (Some(one), Some(other)) = (trees.pop(), trees.pop()) else { break };
        let leaves = one.1.into_iter().chain(other.1).map(|depth| depth + 1).collect();
        trees.push((one.0 + other.0, leaves));
    }
    let mut depths = [0; RESERVED + 2];
    trees.into_iter().flat_map(|(_, leaves)| leaves).for_each(|depth| depths[usize::from(depth)] += 1);
    depths
}

/// How many codes there are of each length if none is longer than it may be (T.81 figure K.3).
fn limited(mut depths: [u32; RESERVED + 2]) -> [u8; MOST_BITS] {
    // A lone symbol still has a code of a bit.
    depths[1] += std::mem::take(&mut depths[0]);
    for depth in (MOST_BITS + 1..depths.len()).rev() {
        while depths[depth] > 0 {
            let Some(shorter) = (1..depth - 1).rev().find(|shorter| depths[*shorter] > 0) else { break };
            depths[depth] -= 2;
            depths[depth - 1] += 1;
            depths[shorter + 1] += 2;
            depths[shorter] -= 1;
        }
    }
    std::array::from_fn(|at| depths[at + 1] as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(counts: &Counts) -> Codes {
        let codes = Codes::new(counts);
        let used = counts.iter().filter(|count| **count > 0).count();
        assert_eq!(codes.symbols.len(), used);
        assert_eq!(codes.lengths.iter().map(|count| usize::from(*count)).sum::<usize>(), used);
        // No code begins another, and none is all ones.
        let all: Vec<(u32, u32)> = codes.symbols.iter().map(|symbol| codes.of(*symbol)).collect();
        for (at, (code, bits)) in all.iter().enumerate() {
            assert!(*bits > 0 && *code != (1 << bits) - 1, "{code} of {bits} bits");
            assert!(
                all[at + 1..]
                    .iter()
                    .all(|(other, longer)| longer >= bits && other >> (longer - bits) != *code)
            );
        }
        codes
    }

    #[test]
    fn codes_are_short_where_symbols_are_frequent_and_never_too_long() {
        let mut counts = [0; 256];
        assert!(check(&counts).symbols.is_empty());
        counts[7] = 90;
        assert_eq!(check(&counts).of(7), (0, 1));
        // As Fibonacci's numbers they would be as long as can be.
        let (mut last, mut next) = (1, 1);
        for count in counts.iter_mut().take(40) {
            (*count, last, next) = (last, next, last + next);
        }
        let codes = check(&counts);
        assert!(codes.of(39).1 <= 2);
        assert_eq!(codes.of(0).1, 16);
        check(&[1; 256]);
        check(&std::array::from_fn(|at| (at * at * at) as u32));
    }

    /// The entropy is not passed by more than a bit for each symbol, and a flat code never.
    #[test]
    fn codes_are_as_short_as_can_be() {
        let counts: Counts = std::array::from_fn(|at| 3000 / (at as u32 + 1));
        let codes = check(&counts);
        let sum: f64 = counts.iter().map(|count| f64::from(*count)).sum();
        let entropy: f64 =
            counts.iter().map(|count| f64::from(*count) * (sum / f64::from(*count)).log2()).sum();
        let bits: f64 =
            (0..=255_u8).map(|at| f64::from(counts[usize::from(at)]) * f64::from(codes.of(at).1)).sum();
        assert!(bits < entropy * 1.02 && bits < 8.0 * sum, "{bits} for {entropy}");
    }
}
