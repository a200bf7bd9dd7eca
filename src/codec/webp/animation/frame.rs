//! One frame's image: with loss or without, put over what is shown or instead of it.
//!
//! A frame that is put over leaves out what has not changed: its pixels are transparent there. Without loss that is
//! done where a row stays the same for some pixels, as copies of what is near are as short; with loss in blocks of
//! eight by eight, as alpha with a busy edge takes more than it saves.

use super::super::{container::Chunks, lossless, lossy::RowWriter};
use crate::{
    codec::{
        Coding,
        animation::{Area, Screen},
    },
    error::{Kind, Result},
    limits::{area_bytes, try_zeroed},
    pixel::{Layout, Raster, Size},
};

/// Pixels of a row that stay the same side by side, from which on they are left out without loss.
const LONG_RUN: usize = 4;

/// No run is so long: nothing opaque is left out.
const NO_RUN: usize = usize::MAX;

/// The side of blocks that are left out of a lossy frame.
const BLOCK: usize = 8;

/// A lossy frame is taken if it is shorter than this many parts of 16 of the lossless one: without loss looks better.
const WORTH_ITS_LOSS: u64 = 14;

/// Frames of no more pixels are always coded both ways.
const SMALL: u64 = 4096;

/// The most frames that are coded in one way alone before the other one is tried again.
const MOST_UNTRIED: u32 = 8;

/// How frames may be coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Each pixel is as it was.
    None,
    /// All with loss.
    All,
    /// Frame by frame as it is shorter.
    Mixed,
}

/// A frame's image.
pub(super) struct Coded {
    pub chunks: Chunks,
    pub is_blended: bool,
}

/// Codes frames.
pub(super) struct FrameCoder {
    coding: Coding,
    loss: Loss,
    is_lossless: bool,
    /// The way that was shorter last, how many frames will be coded so alone, and how many the next time.
    prefers_lossless: bool,
    untried: u32,
    patience: u32,
}

impl FrameCoder {
    pub(super) const fn new(coding: Coding, loss: Loss) -> Self {
        Self { coding, loss, is_lossless: true, prefers_lossless: true, untried: 0, patience: 0 }
    }

    /// True if all frames until now are as they were.
    pub(super) const fn is_lossless(&self) -> bool {
        self.is_lossless
    }

    /// A frame that changes nothing.
    pub(super) fn nothing(&self) -> Result<Coded> {
        let raster = Raster::zeroed(Size::new(1, 1), Layout::Rgba)?;
        let chunks = lossless::encode(raster, &self.coding.with_lossless(true).with_max_bytes(u64::MAX))?;
        Ok(Coded { chunks, is_blended: true })
    }

    /// Codes an area with all that has changed, in at most so many bytes. `has_room` is false if there is too little
    /// memory to do it without loss.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`], [`Kind::OutOfMemory`].
    pub(super) fn encode(
        &mut self,
        screen: &Screen,
        area: Area,
        max_bytes: u64,
        has_room: bool,
    ) -> Result<Coded> {
        let frame = Frame { screen, area, is_blended: screen.changed_to_opaque() };
        let chunks = match self.loss {
            Loss::None => frame.lossless_best(&self.lossless(max_bytes, false))?,
            Loss::Mixed if has_room => self.shorter(&frame, max_bytes)?,
            _ => frame.lossy(&self.coding.with_max_bytes(max_bytes))?,
        };
        self.is_lossless &= chunks.name == *b"VP8L";
        Ok(Coded { chunks, is_blended: frame.is_blended })
    }

    const fn lossless(&self, max_bytes: u64, gives_up: bool) -> Coding {
        Coding { gives_up, ..self.coding.with_lossless(true).with_max_bytes(max_bytes) }
    }

    /// Codes in the way that was shorter last, and mostly in the other one too.
    fn shorter(&mut self, frame: &Frame<'_>, max_bytes: u64) -> Result<Chunks> {
        let is_small = frame.area.size.pixels() <= SMALL;
        let first = self.one(frame, self.prefers_lossless, max_bytes, false)?;
        if self.untried > 0
            && !is_small
            && let Some(first) = first
        {
            self.untried -= 1;
            return Ok(first);
        }
        let (most, is_tried) = match &first {
            Some(first) if self.prefers_lossless => (length(first) * WORTH_ITS_LOSS / 16, true),
            Some(first) => (length(first) * 16 / WORTH_ITS_LOSS, true),
            None => (max_bytes, false),
        };
        let second = self.one(frame, !self.prefers_lossless, most.min(max_bytes), is_tried)?;
        match (first, second) {
            (_, Some(second)) => {
                if !is_small {
                    self.prefers_lossless = !self.prefers_lossless;
                    (self.untried, self.patience) = (0, 0);
                }
                Ok(second)
            }
            (Some(first), None) => {
                if !is_small {
                    self.untried = self.patience;
                    self.patience = (2 * self.patience + 1).min(MOST_UNTRIED);
                }
                Ok(first)
            }
            (None, None) => {
                Err(crate::error::Error::new(Kind::OutputTooLarge, "a frame is longer than what is left"))
            }
        }
    }

    /// `None` if it takes more bytes.
    fn one(
        &self,
        frame: &Frame<'_>,
        lossless: bool,
        max_bytes: u64,
        gives_up: bool,
    ) -> Result<Option<Chunks>> {
        let coded = match lossless {
            true => frame.lossless(&self.lossless(max_bytes, gives_up), LONG_RUN),
            false => frame.lossy(&self.coding.with_max_bytes(max_bytes)),
        };
        match coded {
            Ok(chunks) => Ok(Some(chunks)),
            Err(error) if error.kind() == Kind::OutputTooLarge => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn length(chunks: &Chunks) -> u64 {
    (chunks.picture.len() + chunks.alpha.as_ref().map_or(0, |alpha| alpha.len() + 8)) as u64
}

/// What is to be coded.
struct Frame<'a> {
    screen: &'a Screen,
    area: Area,
    is_blended: bool,
}

impl Frame<'_> {
    /// Without loss, with as much left out as is shorter.
    fn lossless_best(&self, coding: &Coding) -> Result<Chunks> {
        let first = self.lossless(coding, LONG_RUN)?;
        if !self.is_blended {
            return Ok(first);
        }
        let shorter = coding.with_max_bytes(length(&first).saturating_sub(1));
        match self.lossless(&Coding { gives_up: true, ..shorter }, NO_RUN) {
            Ok(second) => Ok(second),
            Err(error) if error.kind() == Kind::OutputTooLarge => Ok(first),
            Err(error) => Err(error),
        }
    }

    /// Without loss; what stays the same is left out in runs of so many pixels.
    fn lossless(&self, coding: &Coding, run: usize) -> Result<Chunks> {
        let size = self.area.size;
        let mut pixels = try_zeroed(area_bytes(size, 4)?)?;
        let bytes = 4 * size.width as usize;
        for y in 0..size.height as usize {
            let (above, row) = pixels.split_at_mut(y * bytes);
            let row = &mut row[..bytes];
            self.copy_row(y, row);
            if self.is_blended {
                self.leave_out_runs(y, row, &above[above.len().saturating_sub(bytes)..], run);
            }
        }
        lossless::encode(Raster::new(size, Layout::Rgba, pixels)?.reduced()?, coding)
    }

    fn lossy(&self, coding: &Coding) -> Result<Chunks> {
        let Size { width, height } = self.area.size;
        let (width, height) = (width as usize, height as usize);
        let coding = coding.with_lossless(false);
        let mut writer = RowWriter::new(self.area.size, &coding)?;
        let mut row = try_zeroed(4 * width)?;
        let mut is_kept = vec![false; width.div_ceil(BLOCK)];
        for y in 0..height {
            self.copy_row(y, &mut row);
            if self.is_blended {
                if y % BLOCK == 0 {
                    self.find_changed_blocks(y, &mut is_kept);
                }
                self.leave_out_blocks(&mut row, &is_kept);
            }
            writer.push_rows(Layout::Rgba, &row)?;
        }
        writer.chunks()
    }

    fn copy_row(&self, y: usize, row: &mut [u8]) {
        let start = 4 * self.area.left as usize;
        row.copy_from_slice(&self.screen.row(self.area.top as usize + y)[start..start + row.len()]);
    }

    fn has_changed(&self, x: usize, y: usize) -> bool {
        self.screen.has_changed(self.area.left as usize + x, self.area.top as usize + y)
    }

    /// Makes pixels transparent that stay the same in long runs, or below such that are.
    fn leave_out_runs(&self, y: usize, row: &mut [u8], above: &[u8], least: usize) {
        let (pixels, _) = row.as_chunks_mut::<4>();
        let (above, _) = above.as_chunks::<4>();
        let mut x = 0;
        while x < pixels.len() {
            let run = (x..pixels.len()).take_while(|x| !self.has_changed(*x, y)).count();
            for (at, pixel) in pixels.iter_mut().enumerate().skip(x).take(run) {
                let is_below = least < NO_RUN && above.get(at).is_some_and(|above| above[3] == 0);
                // What isn't opaque must not be put over itself.
                if run >= least || is_below || pixel[3] < 255 {
                    *pixel = [0; 4];
                }
            }
            x += run + 1;
        }
    }

    /// Tells of the blocks whose first row this is whether something in them has changed.
    fn find_changed_blocks(&self, top: usize, is_kept: &mut [bool]) {
        let Size { width, height } = self.area.size;
        for (block, is_kept) in is_kept.iter_mut().enumerate() {
            let columns = block * BLOCK..((block + 1) * BLOCK).min(width as usize);
            let mut rows = top..(top + BLOCK).min(height as usize);
            *is_kept = rows.any(|y| columns.clone().any(|x| self.has_changed(x, y)));
        }
    }

    fn leave_out_blocks(&self, row: &mut [u8], is_kept: &[bool]) {
        for (pixels, is_kept) in row.chunks_mut(4 * BLOCK).zip(is_kept) {
            for pixel in pixels.as_chunks_mut::<4>().0 {
                // What has changed is opaque; what isn't must not be put over itself.
                if !is_kept || pixel[3] < 255 {
                    *pixel = [0; 4];
                }
            }
        }
    }
}
