//! What a macroblock looks like before it is coded: how busy it is, hence its segment.

use super::modes::Pixels;

/// Mean absolute deviation of luma from the mean of its 4x4 block, times 256 pixels, of the quieter blocks too.
#[inline(always)]
pub fn activity(pixels: &Pixels) -> u32 {
    let mut total = 0;
    for rows in pixels.y.chunks_exact(4) {
        let mut sums = [0_u16; 4];
        for row in rows {
            for (block, sum) in sums.iter_mut().enumerate() {
                for &pixel in &row[4 * block..4 * block + 4] {
                    *sum += u16::from(pixel);
                }
            }
        }
        for row in rows {
            for (block, sum) in sums.iter().enumerate() {
                let mean = (sum + 8) >> 4;
                for &pixel in &row[4 * block..4 * block + 4] {
                    total += u32::from(u16::from(pixel).abs_diff(mean));
                }
            }
        }
    }
    total
}
