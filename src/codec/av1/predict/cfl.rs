//! Chroma from luma (section 7.11.5 of the AV1 specification).

/// Luma below a block of chroma, less its mean: `L[ i ][ j ] - lumaAvg`, at chroma's resolution, with three bits of
/// fraction. It serves both planes of chroma.
#[derive(Clone)]
pub struct LumaAc {
    /// Rows of 32, whatever the width.
    values: [i16; 32 * 32],
    width: usize,
    height: usize,
}

impl LumaAc {
    /// - `luma`: reconstructed samples from (startX << subX, startY << subY) on, rows `stride` apart.
    /// - `(width, height)`: of the block of chroma, 4 to 32 each.
    /// - `(columns, rows)`: how many samples of luma there are from there on: `MaxLumaW - (startX << subX)`, and down.
    #[must_use]
    pub fn new(
        luma: &[u16],
        stride: usize,
        (width, height): (usize, usize),
        (columns, rows): (usize, usize),
        (subsampling_x, subsampling_y): (bool, bool),
    ) -> Self {
        let (sub_x, sub_y) = (usize::from(subsampling_x), usize::from(subsampling_y));
        // Chroma columns and rows with luma of their own; the last ones stand for those beyond.
        let (inside_x, inside_y) = ((columns >> sub_x).clamp(1, width), (rows >> sub_y).clamp(1, height));
        let shift = 3 - sub_x - sub_y;
        let mut values = [0i16; 32 * 32];
        let mut sum = 0;
        for y in 0..height {
            let from = y.min(inside_y - 1) << sub_y;
            let (above, below) = (&luma[from * stride..], &luma[(from + sub_y) * stride..]);
            let row = &mut values[y * 32..][..width];
            for (x, value) in row.iter_mut().enumerate() {
                let from = x.min(inside_x - 1) << sub_x;
                let mut total = above[from];
                if subsampling_x {
                    total += above[from + 1];
                }
                if subsampling_y {
                    total += below[from];
                    if subsampling_x {
                        total += below[from + 1];
                    }
                }
                *value = (total << shift) as i16;
                sum += i32::from(*value);
            }
        }
        let count = (width * height) as i32;
        let average = ((sum + count / 2) / count) as i16;
        for row in values.chunks_exact_mut(32).take(height) {
            for value in &mut row[..width] {
                *value -= average;
            }
        }
        Self { values, width, height }
    }

    /// The values of a row, as many as the block is wide.
    #[must_use]
    pub fn row(&self, y: usize) -> &[i16] {
        &self.values[y * 32..][..self.width]
    }
}

/// Adds luma's structure, weighed by `alpha` in eighths (`CflAlphaU` or `CflAlphaV`, -16 to 16), to a block that is
/// predicted by DC.
pub fn cfl(out: &mut [u16], stride: usize, luma: &LumaAc, alpha: i32, bit_depth: u8) {
    let highest = (1 << bit_depth) - 1;
    for (y, row) in out.chunks_mut(stride).take(luma.height).enumerate() {
        for (sample, &ac) in row.iter_mut().zip(luma.row(y)) {
            let scaled = alpha * i32::from(ac);
            // Round2Signed, to 6 bits: halves go away from 0.
            let rounded = (scaled + 32 + (scaled >> 31)) >> 6;
            *sample = (i32::from(*sample) + rounded).clamp(0, highest) as u16;
        }
    }
}
