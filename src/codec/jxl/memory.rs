//! What decoding a JPEG XL takes, told from its header and those of its frames.
//!
//! Up to the first frame that is shown all frames are decoded, and kept if later ones may refer to them: as floating
//! point, as large as the image or as they are themselves. What the `jxl` crate takes beside that was measured
//! (`memory_is_stated`).

use super::frame::{Frame, Image, Kind};
use crate::{
    codec::{
        Probe,
        cost::{Buffering, Decoding, channels},
    },
    pixel::Size,
};

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    let pixel_bytes = u64::from(channels(probe));
    Decoding {
        rows_bytes: probe.demands.part_bytes,
        pixel_bytes,
        peak_pixel_bytes: pixel_bytes,
        channels: channels(probe),
        metadata_copies: 0,
    }
}

/// What a profile of such lengths, coded and unpacked, takes while it is read: its code, its bytes and the numbers that
/// they were, in buffers that grow.
pub(super) fn profile_bytes(lengths: Option<[u64; 2]>) -> u64 {
    lengths.map_or(0, |[coded, unpacked]| (1 << 20) + 16 * coded.min(1 << 20) + 4 * unpacked)
}

/// A sample that is kept.
const SAMPLE: u64 = 4;

/// The frames that others may refer to, and the one that takes the place of another of them.
const REFERENCES: u64 = 5;

/// What the frames up to now hold.
#[derive(Debug)]
pub(super) struct Held {
    image: Size,
    /// Three colours, grey or not, and the channels beside them.
    channels: u64,
    is_wide: bool,
    references: [u64; 4],
    levels: [u64; 4],
    peak: u64,
}

impl Held {
    pub(super) fn new(image: &Image, is_wide: bool) -> Self {
        let channels = 3 + u64::from(image.extra);
        Self { image: image.size, channels, is_wide, references: [0; 4], levels: [0; 4], peak: 0 }
    }

    /// The most bytes that were held; what is possible where not all frames are known.
    pub(super) fn bytes(&self, is_whole: bool) -> u64 {
        if is_whole {
            return self.peak;
        }
        let pixels = self.image.pixels();
        let frame = self.channels * sample_bytes(self.is_wide) + 3 * (COEFFICIENT + WAITING);
        let each = SAMPLE * self.channels * REFERENCES + frame;
        pixels.saturating_mul(each).saturating_add(row_bytes(self.image, 7) + BLOCK_TABLES).max(self.peak)
    }

    /// Decodes a frame, and keeps it if others may refer to it.
    pub(super) fn add(&mut self, frame: &Frame) {
        let own = match (frame.reference, frame.kind) {
            (Some((_, true)), _) => frame.size.pixels().saturating_mul(SAMPLE * self.channels),
            (Some(_), _) => self.image.pixels().saturating_mul(SAMPLE * self.channels),
            (None, Kind::LowFrequency) => frame.size.pixels().saturating_mul(SAMPLE * 3),
            (None, _) => 0,
        };
        let kept = self.references.iter().chain(&self.levels);
        let needed = [own, work(frame, self.is_wide), frame.bytes];
        let needed = kept.chain(&needed).fold(0_u64, |sum, part| sum.saturating_add(*part));
        self.peak = self.peak.max(needed);
        match (frame.reference, frame.kind) {
            (Some((slot, _)), _) => self.references[slot as usize] = own,
            (None, Kind::LowFrequency) => self.levels[frame.level as usize - 1] = own,
            (None, _) => {}
        }
    }
}

/// What each block of eight by eight pixels takes: three averages, what it is coded by, how much it is smoothed.
const BLOCK: u64 = 24;

/// A coefficient that waits for further passes, and a sample that waits for channels beside the colours.
const COEFFICIENT: u64 = 4;
const WAITING: u64 = 4;

/// Pixels that are decoded together: 256 groups.
const TOGETHER: u64 = 2048 * 2048;

/// Tables, the larger part of which is made once for all pictures, and a group in work.
const TABLES: u64 = 256 << 10;
const BLOCK_TABLES: u64 = 3300 << 10;

/// Lists of patches and of splines.
const LISTS: u64 = 1 << 20;

/// A sample of a channel that is coded by samples: some are held twice while they are transformed.
const fn sample_bytes(is_wide: bool) -> u64 {
    if is_wide { 6 } else { 2 }
}

/// Rows of groups that wait for the next row, and rows in work.
fn row_bytes(size: Size, border: u32) -> u64 {
    u64::from(size.width) * (420 + 104 * u64::from(border))
}

/// What a frame takes while it is decoded.
fn work(frame: &Frame, is_wide: bool) -> u64 {
    let Frame { size, coded, channels, border, .. } = *frame;
    let pixels = coded.pixels();
    let mut bytes = pixels.saturating_mul(u64::from(channels) * sample_bytes(is_wide)).saturating_add(TABLES);
    bytes = bytes.saturating_add(4 * frame.group.min(pixels));
    if !frame.is_modular {
        let blocks = u64::from(coded.width.div_ceil(8)) * u64::from(coded.height.div_ceil(8));
        bytes = bytes.saturating_add(blocks.saturating_mul(BLOCK)).saturating_add(BLOCK_TABLES);
        if frame.passes > 1 {
            bytes = bytes.saturating_add(pixels.saturating_mul(3 * COEFFICIENT));
        }
        if channels > 0 {
            let waiting = if frame.is_permuted { pixels } else { pixels.min(TOGETHER) };
            bytes = bytes.saturating_add(waiting.saturating_mul(3 * WAITING));
        }
    }
    if frame.is_permuted {
        // Edges of groups of which the neighbours are not there yet.
        bytes = bytes.saturating_add(pixels.saturating_mul(2));
    }
    if coded != size || frame.has_noise {
        // Groups as large as they are shown, and channels of noise.
        bytes = bytes.saturating_add(2 << 20).saturating_add(u64::from(size.width) * 360);
    }
    if frame.has_patches || frame.has_splines {
        bytes = bytes.saturating_add(LISTS).saturating_add(pixels.saturating_mul(2));
    }
    bytes.saturating_add(row_bytes(size, border))
}
