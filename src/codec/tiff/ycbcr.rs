//! YCbCr that is not JPEG's (TIFF 6.0, sections 20 and 21): with coefficients, and levels of black and white, of its
//! own.

use super::{directory::Directory, tags};

/// The shares of red, green and blue in luma by CCIR 601.
const USUAL_COEFFICIENTS: [f64; 3] = [0.299, 0.587, 0.114];
/// The default ReferenceBlackWhite: black and white of luma, then of Cb and Cr.
const USUAL_REFERENCE: [f64; 6] = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];

/// Converts pixels of 8 bits.
pub(super) struct YCbCr {
    /// The offset of each sample, and its factor.
    levels: [(f64, f64); 3],
    red: f64,
    blue: f64,
    /// The shares of Cb and Cr that green loses.
    green: [f64; 2],
}

impl YCbCr {
    /// Reads the directory. Values that make no sense count as missing.
    pub(super) fn of(directory: &Directory<'_>) -> Self {
        let shares = reals(directory, tags::YCBCR_COEFFICIENTS).filter(|shares: &[f64; 3]| {
            (shares.iter().sum::<f64>() - 1.0).abs() < 0.01 && shares.iter().all(|&share| share > 0.0)
        });
        let levels = reals(directory, tags::REFERENCE_BLACK_WHITE)
            .filter(|levels: &[f64; 6]| levels.chunks(2).all(|pair| pair[1] - pair[0] >= 1.0));
        Self::new(shares.unwrap_or(USUAL_COEFFICIENTS), levels.unwrap_or(USUAL_REFERENCE))
    }

    fn new([red, green, blue]: [f64; 3], reference: [f64; 6]) -> Self {
        let level = |pair: usize, most: f64| {
            let [black, white] = [reference[2 * pair], reference[2 * pair + 1]];
            (black, most / (white - black))
        };
        let [of_red, of_blue] = [red, blue].map(|share| 2.0 - 2.0 * share);
        Self {
            levels: [level(0, 255.0), level(1, 127.0), level(2, 127.0)],
            red: of_red,
            blue: of_blue,
            green: [blue * of_blue / green, red * of_red / green],
        }
    }

    pub(super) fn rgb(&self, samples: [u8; 3]) -> [u8; 3] {
        let [y, cb, cr] = [0, 1, 2].map(|at| {
            let (black, factor) = self.levels[at];
            (f64::from(samples[at]) - black) * factor
        });
        [y + self.red * cr, y - self.green[0] * cb - self.green[1] * cr, y + self.blue * cb]
            .map(|value| (value + 0.5).clamp(0.0, 255.0) as u8)
    }
}

/// The numbers of a tag that has exactly `N`.
fn reals<const N: usize>(directory: &Directory<'_>, tag: u16) -> Option<[f64; N]> {
    let values = directory.values(tag)?;
    let mut reals = [0.0; N];
    for (index, real) in reals.iter_mut().enumerate() {
        *real = values.real(index)?;
    }
    Some(reals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_coefficients_count() {
        let usual = YCbCr::new(USUAL_COEFFICIENTS, USUAL_REFERENCE);
        assert_eq!(usual.rgb([96, 96, 121]), [86, 112, 39]);
        assert_eq!((usual.rgb([255, 128, 128]), usual.rgb([0, 128, 128])), ([255; 3], [0; 3]));
        // The levels of video.
        let video = YCbCr::new(USUAL_COEFFICIENTS, [16.0, 235.0, 128.0, 240.0, 128.0, 240.0]);
        assert_eq!((video.rgb([235, 128, 128]), video.rgb([16, 128, 128])), ([255; 3], [0; 3]));
        assert_eq!(video.rgb([81, 90, 240]), [254, 0, 0]);
        let even = YCbCr::new([0.25, 0.5, 0.25], USUAL_REFERENCE);
        assert_eq!(even.rgb([100, 128, 138]), [115, 93, 100]);
    }
}
