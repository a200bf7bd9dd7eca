//! The alpha plane beside a lossy picture: gathered as rows come, with fewer levels where that is asked, and coded as a
//! VP8L stream (RFC 9649 section 2.7.1.2): as a grey picture by all that lossless pictures have, or a large one filtered and
//! coded in place.

mod filter;
mod levels;
#[cfg(test)]
mod tests;

use std::{array, mem};

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

/// What a file has beside alpha and the frame, but for metadata.
const CONTAINER: u64 = 256;

/// Samples up to which alpha is coded as a picture: that takes a second buffer and more time.
const AS_PICTURE: u64 = 1 << 21;

/// Samples of which all are coded in two ways, for the shorter one: drawn shapes are often shorter where no copies are
/// sought.
const TWICE: u64 = 1 << 19;

/// The bytes of a lossless picture's header, which `ALPH` doesn't have.
const HEADER: usize = 5;

/// Alpha of rows, of which nothing is held as long as all are opaque.
pub(super) struct Alpha {
    size: Size,
    /// Bytes of the frame, at the most.
    frame: u64,
    /// Opaque rows at the top.
    opaque: usize,
    /// As soon as a row is not opaque: room for the code, then all samples up to here.
    buffer: Vec<u8>,
}

impl Alpha {
    /// No rows yet. At the end there is to be room for a frame of so many bytes in alpha's buffer.
    pub(super) fn new(size: Size, frame: u64) -> Self {
        Self { size, frame, opaque: 0, buffer: Vec::new() }
    }

    /// Takes whole rows, no more than the picture has.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn push(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let (width, channels) = (self.size.width as usize, layout.channels() as usize);
        for row in rows.chunks_exact(width * channels) {
            let alpha = row.iter().skip(channels - 1).step_by(channels);
            if self.buffer.is_empty() {
                if !layout.has_alpha() || alpha.clone().all(|&alpha| alpha == 255) {
                    self.opaque += 1;
                    continue;
                }
                // Fits where all of the picture does.
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

    /// The room for code before the samples.
    fn head(&self) -> usize {
        if self.size.pixels() <= AS_PICTURE {
            0
        } else {
            vp8l::alpha::head_bytes(self.size.pixels()) as usize
        }
    }

    /// The payload of `ALPH`, or `None` when all is opaque. A quality of 100 keeps every sample; less keeps so many
    /// levels as [`levels`] says, where that makes the payload smaller: smooth edges are predicted better than steps.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn encode(self, quality: u8, effort: u8) -> Result<Option<Vec<u8>>> {
        if self.buffer.is_empty() {
            Ok(None)
        } else if self.head() == 0 {
            self.encode_picture(quality, effort)
        } else {
            self.encode_in_place(quality).map(Some)
        }
    }

    /// Codes alpha as a grey picture.
    fn encode_picture(mut self, quality: u8, effort: u8) -> Result<Option<Vec<u8>>> {
        let mut plane = mem::take(&mut self.buffer);
        let (effort, mut best) = (effort_of(effort), None);
        if let Some(values) = if quality < 100 { reduction(&plane, levels(quality)) } else { None } {
            let mut few = copy(&plane)?;
            few.iter_mut().for_each(|sample| *sample = values[usize::from(*sample)]);
            self.try_picture(few, effort, (true, 0), &mut best)?;
        }
        if effort > 0 && self.size.pixels() <= TWICE {
            self.try_picture(copy(&plane)?, 0, (false, 0), &mut best)?;
        }
        // The file is made in the code's buffer.
        self.try_picture(copy(&plane)?, effort, (false, self.frame + CONTAINER), &mut best)?;
        if best.is_none() {
            // As it is.
            plane.insert(0, 0);
            best = Some(plane);
        }
        Ok(best)
    }

    /// Codes samples, and keeps the code if it is the shortest, with room for so many bytes around it.
    fn try_picture(
        &self,
        samples: Vec<u8>,
        effort: u8,
        (is_reduced, around): (bool, u64),
        best: &mut Option<Vec<u8>>,
    ) -> Result<()> {
        // Shorter than the best until now, or than the samples as they are.
        let least = best.as_ref().map_or(samples.len() + 1, Vec::len);
        let most = (least + HEADER - 2) as u64;
        let raster = Raster::new(self.size, Layout::Gray, samples)?;
        let coding = Coding::new(Format::WebP).with_effort(effort).with_lossless(true).with_max_bytes(most);
        match vp8l::image::encode(raster, &coding, around) {
            Ok(mut code) => {
                drop(code.drain(..HEADER - 1));
                // Coded, without a filter.
                code[0] = 1 | u8::from(is_reduced) << 4;
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
            // As it is.
            None => drop(buffer.drain(1..head)),
        }
        // Whether it is coded, the filter, and whether there are fewer levels than there were.
        buffer[0] = u8::from(coded.is_some()) | (filter as u8) << 2 | u8::from(is_reduced) << 4;
        Ok(buffer)
    }
}

/// How hard alpha is tried as a picture at an effort: it is not to take longer than colour.
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

/// The most bytes that alpha of a picture takes beside colour: its buffer, and what coding holds beside it when what colour
/// has held, at least `colour` bytes, is free again.
pub(super) fn held_bytes(size: Size, frame: u64, colour: u64, quality: u8, effort: u8) -> u64 {
    let samples = size.pixels();
    if samples > AS_PICTURE {
        return buffer_bytes(size, frame) + vp8l::alpha::TABLES + 4 * u64::from(size.width);
    }
    // A copy that is coded, the best code until now where there are several, and room for the file around the last.
    let copies = if quality == 100 && samples > TWICE { 1 } else { 2 };
    let coding = vp8l::image::held_bytes(size, 1, effort_of(effort), u64::MAX) + copies * samples;
    samples + coding.saturating_add(frame).saturating_add(CONTAINER).saturating_sub(colour)
}

/// The bytes of the buffer in which alpha is gathered and coded, and then the file is made around it: what a file of
/// samples as they are and such a frame takes. As much is asked for whatever the samples are, so that nothing grows and
/// what is stated is what is taken; where memory comes in pages, what is not used is never touched and costs nothing.
fn buffer_bytes(size: Size, frame: u64) -> u64 {
    let samples = size.pixels();
    vp8l::alpha::buffer_bytes(samples).max(samples.saturating_add(frame).saturating_add(CONTAINER))
}
