//! One frame's image: with loss or without, put over what is shown or instead of it.
//!
//! A frame that is put over leaves out what has not changed: its pixels are transparent there. Without loss that is
//! done where a row stays the same for some pixels, as copies of what is near are as short, nowhere, or pixel by pixel
//! where a camera's noise leaves many as they were; with loss in blocks of eight by eight, as alpha with a busy edge
//! takes more than it saves.

use super::super::{container::Chunks, lossless, lossy::RowWriter};
use crate::{
    codec::{
        Coding,
        animation::{Area, Screen},
    },
    error::{self, Kind, Result},
    limits::{area_bytes, try_zeroed},
    pixel::{Layout, Raster, Size},
};

/// Pixels of a row that stay the same side by side, from which on they are left out without loss.
const LONG_RUN: usize = 4;

/// No run is so long: nothing opaque is left out.
const NO_RUN: usize = usize::MAX;

/// The ways to leave out what stays the same without loss, by the least run: the first one where nothing is known.
const RUNS: [usize; 3] = [LONG_RUN, NO_RUN, 1];

/// Short runs are left out only if they are at least so many parts of 8 of all pixels.
const MANY_SHORT: u64 = 1;

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
    /// 0 with loss, 1 without.
    losses: Habit,
    /// One of [`RUNS`].
    runs: Habit,
}

/// The way that was shorter last, how many frames will be coded so alone, and how many the next time.
struct Habit {
    way: usize,
    untried: u32,
    patience: u32,
}

impl Habit {
    const fn new(way: usize) -> Self {
        Self { way, untried: 0, patience: 0 }
    }

    /// True if other ways need not be tried for a frame.
    const fn spares(&mut self, frame: &Frame<'_>) -> bool {
        let is_spared = self.untried > 0 && !frame.is_small();
        if is_spared {
            self.untried -= 1;
        }
        is_spared
    }

    /// All ways were tried for a frame, of which one was shorter.
    fn learn(&mut self, frame: &Frame<'_>, way: usize) {
        if frame.is_small() {
            return;
        }
        if self.way == way {
            self.untried = self.patience;
            self.patience = (2 * self.patience + 1).min(MOST_UNTRIED);
        } else {
            *self = Self::new(way);
        }
    }
}

impl FrameCoder {
    pub(super) const fn new(coding: Coding, loss: Loss) -> Self {
        Self { coding, loss, is_lossless: true, losses: Habit::new(1), runs: Habit::new(0) }
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

    /// Codes an area with all that has changed, in at most so many bytes: put over what is shown, if that can be.
    /// `has_room` is false if there is too little memory to do it without loss.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`], [`Kind::OutOfMemory`].
    pub(super) fn encode(
        &mut self,
        screen: &Screen,
        area: Area,
        is_blended: bool,
        max_bytes: u64,
        has_room: bool,
    ) -> Result<Coded> {
        let frame = Frame { screen, area, is_blended };
        let chunks = match self.loss {
            Loss::None => self.lossless(&frame, max_bytes, false)?,
            Loss::Mixed if has_room => self.shorter(&frame, max_bytes)?,
            _ => fitting(frame.lossy(&self.coding.with_max_bytes(max_bytes)))?,
        };
        let chunks = chunks.ok_or_else(|| {
            error::Error::new(Kind::OutputTooLarge, "a frame is longer than what is left of the file")
        })?;
        self.is_lossless &= chunks.name == *b"VP8L";
        Ok(Coded { chunks, is_blended })
    }

    /// Codes in the way that was shorter last, and mostly in the other one too. `None` if both take more bytes.
    fn shorter(&mut self, frame: &Frame<'_>, max_bytes: u64) -> Result<Option<Chunks>> {
        let way = self.losses.way;
        let first = self.one(frame, way, max_bytes, false)?;
        if first.is_some() && self.losses.spares(frame) {
            return Ok(first);
        }
        let most = match &first {
            Some(first) if way == 1 => length(first) * WORTH_ITS_LOSS / 16,
            Some(first) => length(first) * 16 / WORTH_ITS_LOSS,
            None => max_bytes,
        };
        let second = self.one(frame, 1 - way, most.min(max_bytes), first.is_some())?;
        if first.is_some() || second.is_some() {
            self.losses.learn(frame, if second.is_some() { 1 - way } else { way });
        }
        Ok(second.or(first))
    }

    /// With loss (0) or without (1). `None` if it takes more bytes.
    fn one(
        &mut self,
        frame: &Frame<'_>,
        way: usize,
        max_bytes: u64,
        gives_up: bool,
    ) -> Result<Option<Chunks>> {
        match way {
            0 => fitting(frame.lossy(&self.coding.with_max_bytes(max_bytes))),
            _ => self.lossless(frame, max_bytes, gives_up),
        }
    }

    /// Without loss, with as much left out as is shorter. `None` if it takes more bytes.
    fn lossless(&mut self, frame: &Frame<'_>, max_bytes: u64, gives_up: bool) -> Result<Option<Chunks>> {
        let coding = Coding { gives_up, ..self.coding.with_lossless(true).with_max_bytes(max_bytes) };
        let [long, short] = frame.unchanged();
        let differs = [true, long > 0, short > 0 && 8 * short >= MANY_SHORT * frame.area.size.pixels()];
        let way = if differs[self.runs.way] { self.runs.way } else { 0 };
        let mut best = (way, fitting(frame.lossless(&coding, RUNS[way]))?);
        // What was given up would be so in another way, too.
        if differs == [true, false, false] || gives_up && best.1.is_none() || self.runs.spares(frame) {
            return Ok(best.1);
        }
        for other in (0..RUNS.len()).filter(|other| *other != way && differs[*other]) {
            let most = best.1.as_ref().map_or(max_bytes, |best| length(best).saturating_sub(1));
            let coding = Coding { gives_up: best.1.is_some(), ..coding.with_max_bytes(most) };
            if let Some(shorter) = fitting(frame.lossless(&coding, RUNS[other]))? {
                best = (other, Some(shorter));
            }
        }
        if best.1.is_some() {
            self.runs.learn(frame, best.0);
        }
        Ok(best.1)
    }
}

/// `None` for what takes more bytes than it may.
fn fitting(coded: Result<Chunks>) -> Result<Option<Chunks>> {
    match coded {
        Ok(chunks) => Ok(Some(chunks)),
        Err(error) if error.kind() == Kind::OutputTooLarge => Ok(None),
        Err(error) => Err(error),
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
    const fn is_small(&self) -> bool {
        self.area.size.pixels() <= SMALL
    }

    /// How many opaque pixels stay the same in long runs, and in short ones, where they may be left out.
    fn unchanged(&self) -> [u64; 2] {
        let (width, mut counts) = (self.area.size.width as usize, [0; 2]);
        if !self.is_blended {
            return counts;
        }
        for y in 0..self.area.size.height as usize {
            let mut x = 0;
            while x < width {
                let run = (x..width).take_while(|x| !self.has_changed(*x, y)).count();
                counts[usize::from(run < LONG_RUN)] += run as u64;
                x += run + 1;
            }
        }
        counts
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
