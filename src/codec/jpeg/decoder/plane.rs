//! The samples of a component in an MCU row, oriented.

use super::{
    idct::Samples,
    layout::{Component, Geometry, LANES, Orient},
};
use crate::{error::Result, limits::try_zeroed};

/// Some rows of a plane, without padding.
#[derive(Debug)]
pub(super) struct Plane {
    width: usize,
    orient: Orient,
    /// Rows that are ready, of which those of the MCU row in work are the last.
    ready: usize,
    /// Rows of the MCU row in work, without those past the picture's edge.
    rows: usize,
    /// Rows that were given away.
    given: usize,
    samples: Vec<u8>,
}

/// A plane of each component.
///
/// # Errors
/// `OutOfMemory` when there is none.
pub(super) fn planes(geometry: &Geometry, scale_num: usize, orient: Orient) -> Result<Vec<Plane>> {
    geometry.components.iter().map(|component| Plane::new(component, scale_num, orient)).collect()
}

/// The bytes that these take.
pub(super) fn heap_bytes(geometry: &Geometry, scale_num: usize, orient: Orient) -> usize {
    geometry.components.iter().map(|component| Plane::heap_bytes(component, scale_num, orient)).sum()
}

/// Begins with an MCU row in each plane.
pub(super) fn begin_mcu_row(planes: &mut [Plane], geometry: &Geometry, scale_num: usize, mcu_row: usize) {
    for (plane, component) in planes.iter_mut().zip(&geometry.components) {
        let all = component.down * scale_num;
        plane.begin(all.min((component.size.height as usize).saturating_sub(mcu_row * all)));
    }
}

impl Plane {
    /// Room for the rows that an MCU row has, and for those that wait.
    ///
    /// # Errors
    /// `OutOfMemory` when there is none.
    pub(super) fn new(component: &Component, scale_num: usize, orient: Orient) -> Result<Self> {
        let samples = try_zeroed(Self::heap_bytes(component, scale_num, orient))?;
        Ok(Self { width: component.size.width as usize, orient, ready: 0, rows: 0, given: 0, samples })
    }

    /// The bytes that it takes.
    pub(super) const fn heap_bytes(component: &Component, scale_num: usize, orient: Orient) -> usize {
        let waiting = if orient.flips_y { component.down } else { 0 };
        component.size.width as usize * (component.down * scale_num + waiting)
    }

    /// True if a column lies outside the picture.
    #[inline(always)]
    pub(super) const fn is_past(&self, column: usize) -> bool {
        column >= self.width
    }

    /// Begins with an MCU row that has so many rows. Those that were not given away stay.
    pub(super) fn begin(&mut self, rows: usize) {
        let waiting = self.given * self.width..self.ready * self.width;
        self.ready = rows + self.ready - self.given;
        (self.rows, self.given) = (rows, 0);
        if !waiting.is_empty() {
            self.samples.copy_within(waiting, 0);
        }
    }

    /// Takes over a group's samples, as far as they lie inside: row and column as they are coded, of the MCU row.
    #[inline(always)]
    pub(super) fn put(&mut self, samples: &Samples, column: usize, row: usize, scale_num: usize) {
        if self.orient.transposes {
            self.put_rows(&transposed(samples, scale_num), column, row, scale_num);
        } else {
            self.put_rows(samples, column, row, scale_num);
        }
    }

    #[inline(always)]
    fn put_rows(&mut self, samples: &Samples, column: usize, row: usize, scale_num: usize) {
        let length = self.width.saturating_sub(column).min(scale_num * LANES);
        let column = if self.orient.flips_x { self.width.saturating_sub(column + length) } else { column };
        let first = self.ready - self.rows;
        for (row, source) in (row..self.rows).zip(samples).take(scale_num) {
            let row = if self.orient.flips_y { self.rows - 1 - row } else { row };
            let start = (first + row) * self.width + column;
            if let (Some(target), Some(source)) =
                (self.samples.get_mut(start..start + length), source.get(..length))
            {
                if self.orient.flips_x {
                    target.iter_mut().zip(source.iter().rev()).for_each(|(target, source)| *target = *source);
                } else {
                    target.copy_from_slice(source);
                }
            }
        }
    }

    /// Rows that are ready.
    pub(super) const fn ready(&self) -> usize {
        self.ready
    }

    /// Gives away the first `rows` rows.
    pub(super) fn give(&mut self, rows: usize) -> &[u8] {
        self.given = rows.min(self.ready);
        &self.samples[..self.given * self.width]
    }
}

/// The samples of a group with each block transposed.
#[inline(always)]
fn transposed(samples: &Samples, scale_num: usize) -> Samples {
    let mut oriented: Samples = [[0; 8 * LANES]; 8];
    if scale_num == 8 {
        transpose_8x8(samples, &mut oriented);
        return oriented;
    }
    for (y, row) in samples.iter().enumerate().take(scale_num) {
        for (lane, block) in row.chunks_exact(scale_num).enumerate().take(LANES) {
            for (x, &sample) in block.iter().enumerate() {
                oriented[x][lane * scale_num + y] = sample;
            }
        }
    }
    oriented
}

/// The same at full size: squares of four, two and one sample change places inside numbers of eight bytes.
#[inline(always)]
fn transpose_8x8(samples: &Samples, oriented: &mut Samples) {
    let mut rows = [[0_u64; LANES]; 8];
    for (row, samples) in rows.iter_mut().zip(samples) {
        for (block, samples) in row.iter_mut().zip(samples.as_chunks::<8>().0) {
            *block = u64::from_le_bytes(*samples);
        }
    }
    for (distance, mask) in
        [(4, 0x0000_0000_ffff_ffff), (2, 0x0000_ffff_0000_ffff), (1, 0x00ff_00ff_00ff_00ff)]
    {
        for first in (0..8).filter(|row| row & distance == 0) {
            let (upper, lower) = rows.split_at_mut(first + distance);
            for (upper, lower) in upper[first].iter_mut().zip(&mut lower[0]) {
                let change = ((*upper >> (8 * distance)) ^ *lower) & mask;
                *lower ^= change;
                *upper ^= change << (8 * distance);
            }
        }
    }
    for (row, oriented) in rows.iter().zip(oriented) {
        for (block, oriented) in row.iter().zip(oriented.as_chunks_mut::<8>().0) {
            *oriented = block.to_le_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_transposed_at_every_size() {
        let samples: Samples =
            std::array::from_fn(|y| std::array::from_fn(|x| (y * 31 + x * 7 + x * x / 5) as u8));
        for scale_num in 1..=8 {
            let oriented = transposed(&samples, scale_num);
            for (y, x) in (0..scale_num).flat_map(|y| (0..scale_num).map(move |x| (y, x))) {
                for lane in 0..LANES {
                    assert_eq!(
                        oriented[x][lane * scale_num + y],
                        samples[y][lane * scale_num + x],
                        "{scale_num} {lane} {y} {x}"
                    );
                }
            }
        }
    }
}
