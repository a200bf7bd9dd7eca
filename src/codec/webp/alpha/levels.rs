//! Fewer levels of alpha, by the method of libwebp's `QuantizeLevels`.

/// How many levels of alpha a quality below 100 keeps, as libwebp's `alpha_q` does: 2 to 16 up to 70, then 8 more for
/// each step.
pub fn levels(quality: u8) -> usize {
    let quality = usize::from(quality);
    if quality <= 70 { 2 + quality / 5 } else { 16 + (quality - 70) * 8 }
}

/// Maps samples to a number of levels, chosen by Lloyd's method; the least and the greatest sample stay. `None` when
/// there are no more levels already.
pub fn reduction(plane: &[u8], levels: usize) -> Option<[u8; 256]> {
    let mut counts = [0_u64; 256];
    plane.iter().for_each(|&sample| counts[usize::from(sample)] += 1);
    if counts.iter().filter(|&&count| count > 0).count() <= levels {
        return None;
    }
    let least = counts.iter().position(|&count| count > 0)?;
    let greatest = counts.iter().rposition(|&count| count > 0)?;
    // Levels have 8 fractional bits.
    let last = levels - 1;
    let mut centres: Vec<u64> =
        (0..levels).map(|level| ((least * (last - level) + greatest * level) * 256 / last) as u64).collect();
    let mut nearest = [0_usize; 256];
    for _ in 0..8 {
        let mut sums = vec![(0_u64, 0_u64); levels];
        let mut level = 0;
        for value in least..=greatest {
            let distance = |level: usize| centres[level].abs_diff(value as u64 * 256);
            while level < last && distance(level + 1) <= distance(level) {
                level += 1;
            }
            nearest[value] = level;
            sums[level].0 += counts[value] * value as u64 * 256;
            sums[level].1 += counts[value];
        }
        for (centre, (sum, count)) in centres[1..last].iter_mut().zip(&sums[1..last]) {
            if let Some(mean) = sum.checked_div(*count) {
                *centre = mean;
            }
        }
    }
    Some(nearest.map(|level| ((centres[level] + 128) >> 8) as u8))
}
