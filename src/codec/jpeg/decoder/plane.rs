//! The planes that samples are put into: of each component the rows of an MCU row, oriented.

use super::{
    geometry::{Component, Geometry, Orient},
    idct::Samples,
    layout::LANES,
};
use crate::{error::Result, limits::try_zeroed};

/// Some rows of a component, without padding.
#[derive(Debug)]
pub(super) struct Plane {
    width: usize,
    scale_num: usize,
    orient: Orient,
    /// Rows that are ready, of which those of the current MCU row are the last.
    ready: usize,
    /// Rows of the current MCU row, without those past the picture's edge.
    rows: usize,
    /// Rows that were given away.
    given: usize,
    samples: Vec<u8>,
}

/// A plane of each component.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub(super) fn planes(geometry: &Geometry) -> Result<Vec<Plane>> {
    geometry.components.iter().map(|component| Plane::new(component, geometry)).collect()
}

/// The heap that [`planes`] takes, in bytes.
pub(super) fn heap_bytes(geometry: &Geometry) -> usize {
    geometry.components.iter().map(|component| Plane::heap_bytes(component, geometry)).sum()
}

/// Begins with an MCU row in each plane.
pub(super) fn begin_mcu_row(planes: &mut [Plane], geometry: &Geometry, mcu_row: usize) {
    for (plane, component) in planes.iter_mut().zip(&geometry.components) {
        let all = component.mcu_height * geometry.layout.scale_num;
        plane.begin(all.min((component.size.height as usize).saturating_sub(mcu_row * all)));
    }
}

impl Plane {
    fn new(component: &Component, geometry: &Geometry) -> Result<Self> {
        Ok(Self {
            width: component.size.width as usize,
            scale_num: geometry.layout.scale_num,
            orient: geometry.orient,
            ready: 0,
            rows: 0,
            given: 0,
            samples: try_zeroed(Self::heap_bytes(component, geometry))?,
        })
    }

    /// Room for the rows of an MCU row and those that wait for the next, in bytes.
    const fn heap_bytes(component: &Component, geometry: &Geometry) -> usize {
        let waiting = if geometry.orient.flips_y { component.mcu_height } else { 0 };
        component.size.width as usize * (component.mcu_height * geometry.layout.scale_num + waiting)
    }

    /// True if the column `x` of samples lies outside the picture.
    #[inline(always)]
    pub(super) const fn is_past(&self, x: usize) -> bool {
        x >= self.width
    }

    /// Begins with an MCU row of `rows` rows of samples. Rows that were not given away stay.
    fn begin(&mut self, rows: usize) {
        let waiting = self.given * self.width..self.ready * self.width;
        self.ready = rows + self.ready - self.given;
        (self.rows, self.given) = (rows, 0);
        if !waiting.is_empty() {
            self.samples.copy_within(waiting, 0);
        }
    }

    /// Puts a group's samples, as far as they lie inside the picture, at a column and a row of the current MCU row,
    /// which count from the top left of the coded picture, transposed or not.
    #[inline(always)]
    pub(super) fn put(&mut self, samples: &Samples, x: usize, y: usize) {
        if self.orient.transposes {
            self.put_rows(&transposed(samples, self.scale_num), x, y);
        } else {
            self.put_rows(samples, x, y);
        }
    }

    #[inline(always)]
    fn put_rows(&mut self, samples: &Samples, x: usize, y: usize) {
        let length = self.width.saturating_sub(x).min(self.scale_num * LANES);
        let x = if self.orient.flips_x { self.width.saturating_sub(x + length) } else { x };
        let first = self.ready - self.rows;
        for (y, source) in (y..self.rows).zip(samples).take(self.scale_num) {
            let y = if self.orient.flips_y { self.rows - 1 - y } else { y };
            let start = (first + y) * self.width + x;
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

    /// Rows that are ready to be given away.
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
    let mut result: Samples = [[0; 8 * LANES]; 8];
    if scale_num == 8 {
        transpose_8x8(samples, &mut result);
        return result;
    }
    for (y, row) in samples.iter().enumerate().take(scale_num) {
        for (lane, block) in row.chunks_exact(scale_num).enumerate().take(LANES) {
            for (x, &sample) in block.iter().enumerate() {
                result[x][lane * scale_num + y] = sample;
            }
        }
    }
    result
}

/// Transposes blocks of full size: squares of four, two and one sample change places inside numbers of eight bytes.
#[inline(always)]
fn transpose_8x8(samples: &Samples, result: &mut Samples) {
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
    for (row, result) in rows.iter().zip(result) {
        for (block, result) in row.iter().zip(result.as_chunks_mut::<8>().0) {
            *result = block.to_le_bytes();
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
            let result = transposed(&samples, scale_num);
            for (y, x) in (0..scale_num).flat_map(|y| (0..scale_num).map(move |x| (y, x))) {
                for lane in 0..LANES {
                    assert_eq!(
                        result[x][lane * scale_num + y],
                        samples[y][lane * scale_num + x],
                        "{scale_num} {lane} {y} {x}"
                    );
                }
            }
        }
    }
}
