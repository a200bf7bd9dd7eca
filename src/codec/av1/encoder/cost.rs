//! What symbols cost: logarithms of probabilities, in 1/512 bits.

/// 1/512 bits in a bit.
pub(super) const BIT: u32 = 512;

/// The cost of each probability, as `probability / 128`ths of 32768 with a bit of interpolation between: entries at
/// 0, 128, ..., 32768.
static COSTS: [u16; 257] = table();

const fn table() -> [u16; 257] {
    let mut costs = [0u16; 257];
    let mut i = 0;
    while i <= 256 {
        // The first entry stands for the least probability, 1/32768 at 15 bits.
        costs[i] = if i == 0 { 15 * 512 } else { 512 * 8 - log2_q9(i as u64) as u16 };
        i += 1;
    }
    costs
}

/// `512 * log2(value)`, rounded down, by squaring.
pub(super) const fn log2_q9(value: u64) -> u32 {
    let whole = 63 - value.leading_zeros();
    // 1.0 is 1 << 31.
    let mut mantissa = (value << 31) >> whole;
    let mut log = whole;
    let mut bit = 0;
    while bit < 9 {
        mantissa = (mantissa * mantissa) >> 31;
        log <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            log |= 1;
        }
        bit += 1;
    }
    log
}

/// The cost of something of `probability` / 32768.
pub(super) fn cost(probability: u16) -> u16 {
    let probability = u32::from(probability.max(1));
    // Small ones are scaled up, so that the table is fine enough for them.
    let shift = probability.leading_zeros().saturating_sub(17).min(7);
    let scaled = probability << shift;
    let (index, rest) = ((scaled >> 7) as usize, scaled & 127);
    let (low, high) = (u32::from(COSTS[index]), u32::from(COSTS[(index + 1).min(256)]));
    let between = if index == 0 { low } else { low - (((low - high) * rest) >> 7) };
    (between + shift * BIT) as u16
}

/// The cost of each symbol of an inverted distribution.
#[inline]
pub(super) fn costs<const L: usize>(cdf: &[u16; L], out: &mut [u16]) {
    let mut before = 32768u16;
    // The last threshold is 0; behind it stands how often the distribution was adapted.
    for (&after, out) in cdf[..L - 1].iter().zip(out) {
        *out = cost(before - after);
        before = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_logarithms() {
        for probability in [1u16, 2, 3, 100, 127, 128, 129, 1000, 16384, 20000, 32767] {
            let expected = (15.0 - f64::from(probability).log2()) * 512.0;
            let error = f64::from(cost(probability)) - expected;
            assert!(error.abs() <= 8.0, "{probability}: {} for {expected}", cost(probability));
        }
    }
}
