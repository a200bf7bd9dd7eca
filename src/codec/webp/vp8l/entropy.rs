//! Logarithms that are the same on every machine, and what symbols cost by them.
//!
//! There are two, and they must stay two, or files would change. Pictures need very many logarithms and take them from
//! a table in fixed point ([`log2`]). The coder of one channel needs few and takes exact ones in floating point
//! ([`exact_log2`]); it also gives symbols that did not occur another cost.

/// Fractional bits.
const FRACTION: u32 = 16;

/// How many numbers have their logarithm in the table.
const TABLE_SIZE: usize = 1 << 11;

/// Logarithms to base 2 of the numbers below [`TABLE_SIZE`], digit by digit: squaring doubles a logarithm.
static LOGS: [u32; TABLE_SIZE] = {
    let mut logs = [0; TABLE_SIZE];
    let mut number = 1;
    while number < TABLE_SIZE {
        let whole = (number as u64).ilog2();
        let mut rest = (number as u64) << (31 - whole);
        let (mut log, mut digit) = (whole, 0);
        while digit < FRACTION {
            rest = (rest * rest) >> 31;
            log <<= 1;
            if rest >= 1 << 32 {
                rest >>= 1;
                log |= 1;
            }
            digit += 1;
        }
        logs[number] = log;
        number += 1;
    }
    logs
};

/// The logarithm to base 2 in 1/65536, or zero for zero. Large numbers are cut to eleven bits.
#[inline]
pub fn log2(number: u64) -> u32 {
    let shift = (64 - number.leading_zeros()).saturating_sub(TABLE_SIZE.ilog2());
    LOGS[(number >> shift) as usize] + (shift << FRACTION)
}

/// The entropy of symbols with such counts in all, in 1/65536 bits.
fn entropy_fixed(counts: &[u32]) -> u64 {
    let (mut sum, mut own) = (0, 0);
    for &count in counts.iter().filter(|count| **count > 0) {
        sum += u64::from(count);
        own += u64::from(count) * u64::from(log2(count.into()));
    }
    (sum * u64::from(log2(sum))).saturating_sub(own)
}

/// The entropy of symbols with such counts in all, in bits.
pub fn entropy(counts: &[u32]) -> u64 {
    entropy_fixed(counts) >> FRACTION
}

/// The cost of each symbol in 1/16 bits, by its frequency. One that did not occur costs a bit more than one that did
/// once; none costs more than `most` bits.
pub fn symbol_costs(counts: &[u32], most: u32) -> impl Iterator<Item = u16> {
    let all = log2(counts.iter().map(|&count| u64::from(count)).sum());
    counts.iter().map(move |&count| {
        let bits = if count == 0 { all + (1 << FRACTION) } else { all - log2(count.into()).min(all) };
        (bits.min(most << FRACTION) >> (FRACTION - 4)) as u16
    })
}

/// The cost of a symbol in 1/16 bits, by its frequency and exact logarithms. One that did not occur costs `most` bits,
/// and none costs more.
pub fn exact_symbol_cost(count: u32, all: u32, most: f64) -> u16 {
    let bits = if count == 0 { most } else { exact_log2(all) - exact_log2(count) };
    (16.0 * bits.min(most)) as u16
}

/// The logarithm to base 2 in floating point: `libm`'s, which is the same on every machine.
pub fn exact_log2(count: u32) -> f64 {
    libm::log2(f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_libm() {
        for number in (1..5000).chain([1 << 20, 12_345_678, 1 << 40]) {
            let known = libm::log2(number as f64) * 65536.0;
            let most = if number < TABLE_SIZE as u64 { 2.0 } else { 100.0 };
            assert!((f64::from(log2(number)) - known).abs() <= most, "{number}");
        }
    }

    #[test]
    fn even_counts_take_the_bits_of_their_number() {
        assert_eq!(entropy(&[5; 16]), 5 * 16 * 4);
        assert_eq!(entropy(&[7, 0, 0]), 0);
        assert_eq!(symbol_costs(&[1, 0, 3], 9).collect::<Vec<_>>(), [32, 48, 6]);
    }
}
