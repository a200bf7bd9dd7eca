//! The filters of `ALPH` (RFC 9649 section 2.7.1.2): each predicts a sample by those before it.

use super::super::vp8l::alpha::RunHistogram;
use crate::{error::Result, limits::try_zeroed};

/// The least number of rows that are sampled to choose a filter; of a smaller picture all are.
const SAMPLED_ROWS: usize = 256;

/// How a sample is predicted by those before it. The numbers are those of `ALPH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Filter {
    None,
    /// By the sample at left.
    Horizontal,
    /// By the sample above.
    Vertical,
    /// By left plus above less the one above left.
    Gradient,
}

impl Filter {
    const ALL: [Self; 4] = [Self::None, Self::Horizontal, Self::Vertical, Self::Gradient];

    /// The one whose residues take the fewest bits in a part of the rows, and how many. Samples count as the values
    /// that they will have.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn choose(plane: &[u8], width: usize, values: &[u8; 256]) -> Result<(Self, u64)> {
        let rows = plane.len() / width;
        let mut counts = [const { RunHistogram::new() }; 4];
        let mut lines = try_zeroed(3 * width)?;
        let (above, rest) = lines.split_at_mut(width);
        let (line, residuals) = rest.split_at_mut(width);
        let as_coded = |row: usize, line: &mut [u8]| {
            let samples = &plane[row * width..(row + 1) * width];
            line.iter_mut().zip(samples).for_each(|(coded, &sample)| *coded = values[usize::from(sample)]);
        };
        for row in (0..rows).step_by((rows / SAMPLED_ROWS).max(1)) {
            as_coded(row, line);
            if row > 0 {
                as_coded(row - 1, above);
            }
            for (filter, counts) in Self::ALL.iter().zip(&mut counts) {
                filter.residuals((row > 0).then_some(&*above), line, residuals);
                counts.add(residuals);
            }
        }
        let bits = counts.map(|counts| counts.bits());
        let best = Self::ALL.into_iter().zip(bits).min_by_key(|(_, bits)| *bits);
        Ok(best.unwrap_or((Self::None, 0)))
    }

    /// Replaces each sample by its residual.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn apply(self, plane: &mut [u8], width: usize) -> Result<()> {
        if self == Self::None {
            return Ok(());
        }
        let mut line = try_zeroed(width)?;
        // From the last row: what predicts a sample comes before it.
        for row in (0..plane.len() / width).rev() {
            let (above, below) = plane.split_at_mut(row * width);
            let above = (row > 0).then(|| &above[(row - 1) * width..]);
            line.copy_from_slice(&below[..width]);
            self.residuals(above, &line, &mut below[..width]);
        }
        Ok(())
    }

    /// The one of a number, of which two bits count.
    pub const fn of(number: u8) -> Self {
        Self::ALL[number as usize & 3]
    }

    /// Makes samples of a row's residuals, in place.
    pub fn undo(self, above: Option<&[u8]>, row: &mut [u8]) {
        let Some((first, rest)) = row.split_first_mut() else { return };
        if self != Self::None {
            *first = first.wrapping_add(above.map_or(0, |above| above[0]));
        }
        let mut left = *first;
        match (self, above) {
            (Self::None, _) => {}
            (Self::Horizontal, _) | (_, None) => rest.iter_mut().for_each(|sample| {
                left = left.wrapping_add(*sample);
                *sample = left;
            }),
            (Self::Vertical, Some(above)) => {
                rest.iter_mut()
                    .zip(&above[1..])
                    .for_each(|(sample, above)| *sample = sample.wrapping_add(*above));
            }
            (Self::Gradient, Some(above)) => {
                for (sample, (corner, above)) in rest.iter_mut().zip(above.iter().zip(&above[1..])) {
                    let sum = i16::from(left) + i16::from(*above) - i16::from(*corner);
                    left = sample.wrapping_add(sum.clamp(0, 255) as u8);
                    *sample = left;
                }
            }
        }
    }

    /// The residuals of a row that is not empty. At the left edge the sample above predicts, in the first row the one
    /// at left.
    fn residuals(self, above: Option<&[u8]>, row: &[u8], residuals: &mut [u8]) {
        let (left, first) = (row.iter(), above.map_or(0, |above| above[0]));
        let rest = residuals[1..].iter_mut().zip(&row[1..]);
        match (self, above) {
            (Self::None, _) => return residuals.copy_from_slice(row),
            (Self::Horizontal, _) | (_, None) => {
                rest.zip(left).for_each(|((residual, sample), left)| *residual = sample.wrapping_sub(*left));
            }
            (Self::Vertical, Some(above)) => rest
                .zip(&above[1..])
                .for_each(|((residual, sample), above)| *residual = sample.wrapping_sub(*above)),
            (Self::Gradient, Some(above)) => {
                let around = left.zip(above.iter().zip(&above[1..]));
                for ((residual, sample), (left, (corner, above))) in rest.zip(around) {
                    let sum = i16::from(*left) + i16::from(*above) - i16::from(*corner);
                    *residual = sample.wrapping_sub(sum.clamp(0, 255) as u8);
                }
            }
        }
        residuals[0] = row[0].wrapping_sub(first);
    }
}
