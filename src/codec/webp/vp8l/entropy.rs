//! Logarithms that are the same on every machine, and what symbols take by them.
//!
//! Pictures are weighed by a table of logarithms in whole numbers, of which they need very many. The coder of one channel
//! asks for few and has exact ones, in floating point: the table's would differ in the last place, and with them its bytes.

/// Bits behind the point.
const FRACTION: u32 = 16;

/// Numbers whose logarithm is listed.
const LISTED: usize = 1 << 11;

/// Logarithms to base 2 of the numbers below [`LISTED`], digit by digit: squaring doubles a logarithm.
static LOGS: [u32; LISTED] = {
    let mut logs = [0; LISTED];
    let mut number = 1;
    while number < LISTED {
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

/// The logarithm to base 2 in 1/65536; zero of zero. Large numbers are rounded to eleven bits.
#[inline]
pub fn log2(number: u64) -> u32 {
    let shift = (64 - number.leading_zeros()).saturating_sub(LISTED.ilog2());
    LOGS[(number >> shift) as usize] + (shift << FRACTION)
}

/// The bits of symbols of such counts as an ideal code has them, in 1/65536.
fn exact(counts: &[u32]) -> u64 {
    let (mut sum, mut own) = (0, 0);
    for &count in counts.iter().filter(|count| **count > 0) {
        sum += u64::from(count);
        own += u64::from(count) * u64::from(log2(count.into()));
    }
    (sum * u64::from(log2(sum))).saturating_sub(own)
}

/// The same in whole bits.
pub fn entropy(counts: &[u32]) -> u64 {
    exact(counts) >> FRACTION
}

/// What each symbol takes in 1/16 bits if it is as frequent as it was. What did not occur takes a little more than
/// what did once, but no more than `most` bits.
pub fn sixteenths(counts: &[u32], most: u32) -> impl Iterator<Item = u16> {
    let all = log2(counts.iter().map(|&count| u64::from(count)).sum());
    counts.iter().map(move |&count| {
        let bits = if count == 0 { all + (1 << FRACTION) } else { all - log2(count.into()).min(all) };
        (bits.min(most << FRACTION) >> (FRACTION - 4)) as u16
    })
}

/// A symbol's 1/16 bits by exact logarithms, at the most those of `most` bits.
pub fn exact_sixteenths(count: u32, all: u32, most: f64) -> u16 {
    let bits = if count == 0 { most } else { exact_log2(all) - exact_log2(count) };
    (16.0 * bits.min(most)) as u16
}

/// `libm`'s logarithm to base 2, the same on every machine.
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
            let most = if number < LISTED as u64 { 2.0 } else { 100.0 };
            assert!((f64::from(log2(number)) - known).abs() <= most, "{number}");
        }
    }

    #[test]
    fn even_counts_take_the_bits_of_their_number() {
        assert_eq!(entropy(&[5; 16]), 5 * 16 * 4);
        assert_eq!(entropy(&[7, 0, 0]), 0);
        assert_eq!(sixteenths(&[1, 0, 3], 9).collect::<Vec<_>>(), [32, 48, 6]);
    }
}
