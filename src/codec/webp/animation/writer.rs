//! Writes an animated WebP frame by frame: of each the smallest area that has changed, with loss or without, whichever
//! is shorter.
//!
//! What changes is told by the pixels that are to be shown, not by those that come out of lossy frames: what stays the
//! same is not coded again, and what is coded is as near as one frame makes it. So nothing drifts, however long the
//! animation is.
//!
//! Where pixels become transparent an area is replaced. If less of it is left when the last frame's area is disposed of
//! first, as where a sticker moves over nothing, that is said of the last frame, and only what is there now is coded.

use super::{
    super::{
        chunk::{self, ANIMATION, DISPOSED, NO_BLENDING},
        container::Chunks,
    },
    FRAME_HEADER,
    frame::{Coded, FrameCoder, Loss},
};
use crate::{
    codec::{
        Coding,
        animation::{Area, Screen},
    },
    error::{Error, Kind, Result},
    pixel::{Metadata, Size},
};

/// The longest time that a frame can be shown, in milliseconds.
const MAX_DELAY: u32 = (1 << 24) - 1;

/// Bytes before the first frame: RIFF, VP8X and ANIM.
const HEAD: usize = 12 + 18 + 14;

/// Where the flags stand, and how often the frames are played.
const FLAGS: usize = 20;
const PLAYS: usize = HEAD - 2;

/// The most plays that a file can say; 0 is for without end.
const MAX_PLAYS: u32 = u16::MAX as u32;

/// The last frame: where its chunk stands, its area, and how long it is shown.
#[derive(Clone, Copy)]
struct Last {
    at: usize,
    area: Area,
    delay: u32,
}

/// The last frame is disposed of if the next one has at most so many parts of 8 of the pixels then.
const WORTH_DISPOSAL: u64 = 7;

/// An animated WebP that is being written.
pub(crate) struct Writer {
    max_bytes: u64,
    coder: FrameCoder,
    out: Vec<u8>,
    last: Option<Last>,
    has_alpha: bool,
}

impl Writer {
    /// A file of at most `coding.max_bytes`.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub(crate) fn new(canvas: Size, coding: &Coding, loss: Loss) -> Result<Self> {
        let mut out = Vec::new();
        out.try_reserve(HEAD)?;
        out.extend_from_slice(b"RIFF\0\0\0\0WEBP");
        chunk::push(&mut out, *b"VP8X", &chunk::extended(canvas, ANIMATION));
        // A transparent background; how often is not known yet.
        chunk::push(&mut out, *b"ANIM", &[0; 6]);
        let coder = FrameCoder::new(*coding, loss);
        Ok(Self { max_bytes: coding.max_bytes, coder, out, last: None, has_alpha: false })
    }

    /// True if no pixel was changed until now.
    pub(crate) const fn is_lossless(&self) -> bool {
        self.coder.is_lossless()
    }

    /// Adds what is shown now, for a time in milliseconds. Where nothing has changed the last frame is shown for
    /// longer. With `has_room` a frame may be coded without loss where a choice is left, which takes more memory.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`] as soon as the file is longer than it may be, [`Kind::OutOfMemory`].
    pub(crate) fn push(&mut self, screen: &Screen, delay: u32, has_room: bool) -> Result<()> {
        let Some(changed) = screen.changed_area() else { return self.show_longer(delay) };
        let (mut area, is_blended) = (on_even(changed), screen.changed_to_opaque());
        if !is_blended && let Some(smaller) = self.dispose_of_last(screen, area) {
            area = smaller;
        }
        let left = self.max_bytes.saturating_sub((self.out.len() + 8 + FRAME_HEADER) as u64);
        let coded = self.coder.encode(screen, area, is_blended, left, has_room)?;
        self.add(area, coded, delay)
    }

    /// Nothing has changed.
    fn show_longer(&mut self, delay: u32) -> Result<()> {
        if let Some(last) = &mut self.last
            && last.delay + delay <= MAX_DELAY
        {
            last.delay += delay;
            self.out[last.at + 8 + 12..last.at + 8 + 15].copy_from_slice(&last.delay.to_le_bytes()[..3]);
            return Ok(());
        }
        let coded = self.coder.nothing()?;
        self.add(NOTHING, coded, delay)
    }

    /// Disposes of the last frame if much less than an area that has changed is to be coded then; returns what is.
    fn dispose_of_last(&mut self, screen: &Screen, area: Area) -> Option<Area> {
        let Last { at, area: last, .. } = self.last?;
        let shown = screen.shown_in(last);
        let smaller = match (shown, screen.changed_outside(last)) {
            (Some(a), Some(b)) => a.with(b),
            (one, other) => one.or(other).unwrap_or(NOTHING),
        };
        let smaller = on_even(smaller);
        let pays = 8 * smaller.size.pixels() <= WORTH_DISPOSAL * area.size.pixels();
        if pays {
            self.out[at + 8 + FRAME_HEADER - 1] |= DISPOSED;
        }
        pays.then_some(smaller)
    }

    fn add(&mut self, area: Area, coded: Coded, delay: u32) -> Result<()> {
        let Coded { chunks: Chunks { alpha, name, picture, has_alpha }, is_blended } = coded;
        let alpha_bytes = alpha.as_ref().map_or(0, |alpha| chunk::bytes(alpha.len()));
        let payload = FRAME_HEADER + alpha_bytes + chunk::bytes(picture.len());
        let total = self.out.len() + 8 + payload;
        if total as u64 > self.max_bytes {
            return Err(Error::new(Kind::OutputTooLarge, format!("{total} bytes and more")));
        }
        if u32::try_from(total).is_err() {
            return Err(Error::limit("a WebP file can't pass 4 GiB"));
        }
        let start = self.out.len();
        self.reserve(8 + payload)?;
        self.out.extend_from_slice(b"ANMF");
        self.out.extend_from_slice(&(payload as u32).to_le_bytes());
        let delay = delay.min(MAX_DELAY);
        let numbers = [area.left / 2, area.top / 2, area.size.width - 1, area.size.height - 1, delay];
        for number in numbers {
            self.out.extend_from_slice(&number.to_le_bytes()[..3]);
        }
        self.out.push(if is_blended { 0 } else { NO_BLENDING });
        for (name, part) in alpha.iter().map(|alpha| (*b"ALPH", alpha)).chain([(name, &picture)]) {
            chunk::push(&mut self.out, name, part);
        }
        self.has_alpha |= has_alpha;
        self.last = Some(Last { at: start, area, delay });
        Ok(())
    }

    /// Makes room by quarters, so that no more is held than the file and a quarter of it.
    fn reserve(&mut self, bytes: usize) -> Result<()> {
        if self.out.capacity() - self.out.len() < bytes {
            self.out.try_reserve_exact(bytes.max(self.out.len() / 4))?;
        }
        Ok(())
    }

    /// Ends the file: all frames are played so often, 0 for without end.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`] when it is longer than it may be, [`Kind::OutOfMemory`].
    pub(crate) fn finish(mut self, plays: u32, metadata: &Metadata) -> Result<Vec<u8>> {
        self.out[PLAYS..HEAD].copy_from_slice(&(plays.min(MAX_PLAYS) as u16).to_le_bytes());
        self.out[FLAGS] = ANIMATION | chunk::flags_of(metadata, self.has_alpha);
        for (name, part) in [(*b"EXIF", &metadata.exif), (*b"XMP ", &metadata.xmp)] {
            if let Some(part) = part {
                self.push_chunk(name, part)?;
            }
        }
        if let Some(icc) = metadata.icc.as_deref() {
            let behind = self.out.len();
            self.push_chunk(*b"ICCP", icc)?;
            let bytes = self.out.len() - behind;
            // Before ANIM and all frames.
            self.out[HEAD - 14..].rotate_right(bytes);
        }
        let total = self.out.len();
        if total as u64 > self.max_bytes {
            return Err(Error::new(Kind::OutputTooLarge, format!("{total} bytes, not {}", self.max_bytes)));
        }
        let length = u32::try_from(total - 8).map_err(|_| Error::limit("a WebP file can't pass 4 GiB"))?;
        self.out[4..8].copy_from_slice(&length.to_le_bytes());
        self.out.shrink_to_fit();
        Ok(self.out)
    }

    fn push_chunk(&mut self, name: [u8; 4], part: &[u8]) -> Result<()> {
        self.reserve(chunk::bytes(part.len()))?;
        chunk::push(&mut self.out, name, part);
        Ok(())
    }
}

/// Where nothing is coded.
const NOTHING: Area = Area { left: 0, top: 0, size: Size::new(1, 1) };

/// An area from even places on: they are told in steps of two pixels.
fn on_even(area: Area) -> Area {
    let (left, top) = (area.left & !1, area.top & !1);
    Area { left, top, size: Size::new(area.right() - left, area.bottom() - top) }
}
