//! The alpha plane beside a lossy picture: gathered as rows come, with fewer levels if that is asked for, and coded as
//! a VP8L stream (RFC 9649 section 2.7.1.2): as a grey picture by all that lossless pictures have, or a large one
//! filtered and coded in place. [`AlphaRows`] reads it.

mod filter;
mod levels;
mod rows;
#[cfg(test)]
mod tests;

use std::{array, mem};

pub(super) use self::rows::AlphaRows;

use self::{
    filter::Filter,
    levels::{levels, reduction},
};
use super::vp8l;
use crate::{
    codec::{Coding, Format},
    error::{Kind, Result},
    pixel::{Layout, Raster, Size},
};

/// The bytes of a file beside alpha and the frame, without metadata.
const CONTAINER: u64 = 256;

/// The most samples of alpha that is coded as a picture, which takes a second buffer and more time.
const MAX_AS_PICTURE: u64 = 1 << 21;

/// The most samples of alpha that is also coded without a search for copies: drawn shapes are often shorter then.
const TWICE: u64 = 1 << 19;

/// Pixels beyond which less is held than up to there.
pub const STEPS: [u64; 2] = [TWICE, MAX_AS_PICTURE];

/// The bytes of a lossless picture's header (RFC 9649 section 3.4), which `ALPH` doesn't have.
const VP8L_HEADER: usize = 5;

/// The alpha plane. Nothing is held as long as all rows are opaque.
pub(super) struct Alpha {
    size: Size,
    /// The most bytes of the frame.
    frame: u64,
    /// Opaque rows at the top.
    opaque: usize,
    /// Empty until a row is not opaque; then room for the code, and all samples that have come.
    buffer: Vec<u8>,
}

impl Alpha {
    /// A plane without rows. Its buffer will have room for `frame` bytes behind the code.
    pub(super) fn new(size: Size, frame: u64) -> Self {
        Self { size, frame, opaque: 0, buffer: Vec::new() }
    }

    /// Takes whole rows, no more than the picture has.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub(super) fn push(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let (width, channels) = (self.size.width as usize, layout.channels() as usize);
        for row in rows.chunks_exact(width * channels) {
            let alpha = row.iter().skip(channels - 1).step_by(channels);
            if self.buffer.is_empty() {
                if !layout.has_alpha() || alpha.clone().all(|&alpha| alpha == 255) {
                    self.opaque += 1;
                    continue;
                }
                // No more than the address space, as all of the picture fits.
                let head = self.head();
                let bytes =
                    if head == 0 { self.size.pixels() + 1 } else { buffer_bytes(self.size, self.frame) };
                self.buffer.try_reserve_exact(bytes as usize)?;
                self.buffer.resize(head, 0);
                self.buffer.resize(head + self.opaque * width, 255);
            }
            self.buffer.extend(alpha);
        }
        Ok(())
    }

    /// Bytes for code before the samples.
    fn head(&self) -> usize {
        if self.size.pixels() <= MAX_AS_PICTURE {
            0
        } else {
            vp8l::alpha::head_bytes(self.size.pixels()) as usize
        }
    }

    /// The payload of `ALPH`, or `None` when all is opaque. A quality of 100 keeps every sample; a lower one keeps as
    /// many levels as [`levels`] says, but only if that makes the payload smaller: smooth edges are predicted better
    /// than steps.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub(super) fn encode(self, quality: u8, effort: u8) -> Result<Option<Vec<u8>>> {
        if self.buffer.is_empty() {
            Ok(None)
        } else if self.head() == 0 {
            self.encode_picture(quality, effort)
        } else {
            self.encode_in_place(quality).map(Some)
        }
    }

    /// Codes alpha as a grey picture, in two or three ways, and keeps the shortest code.
    fn encode_picture(mut self, quality: u8, effort: u8) -> Result<Option<Vec<u8>>> {
        let mut plane = mem::take(&mut self.buffer);
        let (effort, mut best) = (effort_of(effort), None);
        if let Some(values) = if quality < 100 { reduction(&plane, levels(quality)) } else { None } {
            let mut few = copy(&plane)?;
            few.iter_mut().for_each(|sample| *sample = values[usize::from(*sample)]);
            self.try_picture(few, effort, true, 0, &mut best)?;
        }
        if effort > 0 && self.size.pixels() <= TWICE {
            self.try_picture(copy(&plane)?, 0, false, 0, &mut best)?;
        }
        // The file is made in the buffer of this code.
        self.try_picture(copy(&plane)?, effort, false, self.frame + CONTAINER, &mut best)?;
        if best.is_none() {
            plane.insert(0, Header::UNCOMPRESSED.byte());
            best = Some(plane);
        }
        Ok(best)
    }

    /// Codes samples, and keeps the code if it is the shortest. Its buffer has room for `around` bytes more.
    fn try_picture(
        &self,
        samples: Vec<u8>,
        effort: u8,
        is_reduced: bool,
        around: u64,
        best: &mut Option<Vec<u8>>,
    ) -> Result<()> {
        // It must be shorter than the best until now, or than the samples as they are.
        let least = best.as_ref().map_or(samples.len() + 1, Vec::len);
        let most = (least + VP8L_HEADER - 2) as u64;
        let raster = Raster::new(self.size, Layout::Gray, samples)?;
        let coding = Coding::new(Format::WebP).with_effort(effort).with_lossless(true).with_max_bytes(most);
        match vp8l::image::encode(raster, &coding, around) {
            Ok(mut code) => {
                drop(code.drain(..VP8L_HEADER - 1));
                code[0] = Header { is_compressed: true, filter: Filter::None, is_reduced }.byte();
                if around == 0 {
                    code.shrink_to_fit();
                }
                *best = Some(code);
                Ok(())
            }
            Err(error) if error.kind() == Kind::OutputTooLarge => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Filters and codes alpha in the buffer that it is in.
    fn encode_in_place(self, quality: u8) -> Result<Vec<u8>> {
        let (head, width) = (self.head(), self.size.width as usize);
        let mut buffer = self.buffer;
        let plane = &mut buffer[head..];
        let all = array::from_fn(|value| value as u8);
        let (mut filter, bits) = Filter::choose(plane, width, &all)?;
        let few = if quality < 100 { reduction(plane, levels(quality)) } else { None };
        let mut is_reduced = false;
        if let Some(values) = few {
            let (own, fewer) = Filter::choose(plane, width, &values)?;
            if fewer < bits {
                plane.iter_mut().for_each(|sample| *sample = values[usize::from(*sample)]);
                (filter, is_reduced) = (own, true);
            }
        }
        filter.apply(plane, width)?;
        let coded = vp8l::alpha::encode(&mut buffer, head, width)?;
        match coded {
            Some(end) => buffer.truncate(end),
            None => drop(buffer.drain(1..head)),
        }
        buffer[0] = Header { is_compressed: coded.is_some(), filter, is_reduced }.byte();
        Ok(buffer)
    }
}

/// The first byte of `ALPH` (RFC 9649 section 2.7.1.2).
struct Header {
    /// Compressed as VP8L, or else as it is.
    is_compressed: bool,
    filter: Filter,
    /// The hint that levels were reduced before.
    is_reduced: bool,
}

impl Header {
    const UNCOMPRESSED: Self = Self { is_compressed: false, filter: Filter::None, is_reduced: false };

    const fn byte(&self) -> u8 {
        self.is_compressed as u8 | (self.filter as u8) << 2 | (self.is_reduced as u8) << 4
    }
}

/// The effort of alpha as a picture: it must not take longer than colour does.
const fn effort_of(effort: u8) -> u8 {
    match effort {
        0 | 1 => effort,
        2..=4 => 2,
        _ => effort - 2,
    }
}

fn copy(plane: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(plane.len())?;
    copy.extend_from_slice(plane);
    Ok(copy)
}

/// The most bytes that alpha holds beside colour: its buffer, and what coding takes when the `colour` bytes that colour
/// has held at the least are free again.
pub(super) fn heap_bytes(size: Size, frame: u64, colour: u64, quality: u8, effort: u8) -> u64 {
    let samples = size.pixels();
    if samples > MAX_AS_PICTURE {
        return buffer_bytes(size, frame) + vp8l::alpha::TABLES + 4 * u64::from(size.width);
    }
    // The copy that is coded, and if there are several codes the best one until now.
    let copies = if quality == 100 && samples > TWICE { 1 } else { 2 };
    let coding = vp8l::image::heap_bytes(size, 1, effort_of(effort), u64::MAX) + copies * samples;
    samples + coding.saturating_add(frame).saturating_add(CONTAINER).saturating_sub(colour)
}

/// The bytes of the buffer in which alpha is gathered and coded, and in which the file is made at last: enough for a
/// file of uncompressed samples and such a frame. It takes as much whatever the samples are, so that nothing grows and
/// the statement is what is held; where memory comes in pages, those that are not used cost nothing.
fn buffer_bytes(size: Size, frame: u64) -> u64 {
    let samples = size.pixels();
    vp8l::alpha::buffer_bytes(samples).max(samples.saturating_add(frame).saturating_add(CONTAINER))
}
