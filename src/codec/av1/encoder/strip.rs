//! The rows of a picture that wait for their superblocks to be whole.

use super::{Config, SUPERBLOCK, Sampling, kernels::SIDE, search::Search};
use crate::error::Result;

/// Up to 64 rows of luma and what chroma goes with them.
pub(super) struct Strip {
    planes: Vec<Plane>,
    rows: usize,
    height_left: usize,
}

struct Plane {
    samples: Vec<u8>,
    width: usize,
    /// By how many bits its coordinates are smaller than luma's.
    shift: usize,
    rows: usize,
}

impl Strip {
    pub(super) fn new(config: &Config) -> Result<Self> {
        let count = if config.sampling == Sampling::Monochrome { 1 } else { 3 };
        let mut planes = Vec::with_capacity(count);
        for plane in 0..count {
            let shift = usize::from(plane > 0 && config.sampling == Sampling::Yuv420);
            let width = (config.width as usize + shift) >> shift;
            let mut samples = Vec::new();
            samples.try_reserve_exact(width * (SUPERBLOCK >> shift))?;
            samples.resize(width * (SUPERBLOCK >> shift), 0);
            planes.push(Plane { samples, width, shift, rows: 0 });
        }
        Ok(Self { planes, rows: 0, height_left: config.height as usize })
    }

    /// Bytes that such a strip takes.
    pub(super) fn bytes(config: &Config) -> usize {
        let plane = |shift: usize| ((config.width as usize + shift) >> shift) * (SUPERBLOCK >> shift);
        match config.sampling {
            Sampling::Monochrome => plane(0),
            Sampling::Yuv420 => plane(0) + 2 * plane(1),
            Sampling::Yuv444 => 3 * plane(0),
        }
    }

    /// Rows of luma that there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Takes rows `from` to `to` of luma and their chroma as far as there is room; gives how many.
    pub(super) fn take(&mut self, planes: &[&[u8]; 3], from: usize, to: usize) -> usize {
        let count = (to - from).min(SUPERBLOCK - self.rows).min(self.height_left);
        for (plane, samples) in self.planes.iter_mut().zip(planes) {
            let rows = |end: usize| (end + plane.shift) >> plane.shift;
            let (first, last) = (rows(from), rows(from + count));
            let source = &samples[first * plane.width..last * plane.width];
            let at = plane.rows * plane.width;
            plane.samples[at..at + source.len()].copy_from_slice(source);
            plane.rows += last - first;
        }
        self.rows += count;
        self.height_left -= count;
        count
    }

    /// Makes room for the next rows.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
        for plane in &mut self.planes {
            plane.rows = 0;
        }
    }

    /// Copies the superblock at column `x` into a search's source; beyond the picture stands its last sample.
    pub(super) fn copy(&self, x: usize, search: &mut Search) {
        for (plane, out) in self.planes.iter().zip(&mut search.source) {
            let side = SUPERBLOCK >> plane.shift;
            let x = x >> plane.shift;
            let inside = (plane.width - x).min(side);
            for (y, out) in out.chunks_exact_mut(SIDE).take(side).enumerate() {
                let row = &plane.samples[y.min(plane.rows - 1) * plane.width..][x..x + inside];
                for (out, &sample) in out.iter_mut().zip(row) {
                    *out = sample.into();
                }
                let last = row[inside - 1].into();
                out[inside..side].fill(last);
            }
        }
    }
}
