//! Animations as pixels: what is shown after each frame, upright as it is stored and in sRGB.

mod look;
mod memory;
mod to_webp;

pub(super) use self::{
    look::{LAYOUT, look},
    memory::heap_bytes,
    to_webp::to_webp,
};

use super::{color::Conversion, metadata, recolor::RecolorRows};
use crate::{
    codec::{
        self, Format, Probe,
        animation::{Compositor, FrameHead, FrameReader, Head, Saving, played_delay},
    },
    error::{Error, Result},
    limits::{Limits, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Size},
};

/// An animation that is being played: GIF, APNG or WebP.
///
/// ```
/// use slimpix::{Animation, Limits};
///
/// # fn main() -> slimpix::Result<()> {
/// # let file = b"GIF89a\x01\0\x01\0\0\0\0!\xf9\x04\0\x05\0\0\0,\0\0\0\0\x01\0\x01\0\x80\0\0\0\x09\x09\x09\x02\x02\x44\x01\0,\0\0\0\0\x01\0\x01\0\x80\x07\x07\x07\0\0\0\x02\x02\x44\x01\0;";
/// let mut animation = Animation::new(file, &Limits::default())?;
/// let mut time = 0;
/// while let Some(delay) = animation.next_frame()? {
///     time += delay;
///     assert_eq!(animation.pixels().len(), 4);
/// }
/// assert_eq!((time, animation.plays()), (150, 1));
/// # Ok(())
/// # }
/// ```
pub struct Animation<'a> {
    player: Player<'a>,
}

impl<'a> Animation<'a> {
    /// Looks at a file's header.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when it is no picture whose frames can be read here, or doesn't
    /// move, [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when its header asks for more than `limits` allow,
    /// [`Malformed`](crate::ErrorKind::Malformed) when that makes no sense.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        limits.check_input(bytes.len() as u64)?;
        let probe = codec::probe(bytes)?;
        if probe.animated != Some(true) {
            return Err(Error::unsupported("the picture doesn't move"));
        }
        Ok(Self { player: Player::new(bytes, &probe, limits, Saving::UNBOUNDED, false)? })
    }

    /// The size of its canvas, as it is stored.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.player.size()
    }

    /// Goes to the next frame: for so many milliseconds browsers show it. `None` after the last one.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) for more frames, or pixels of all frames together, than the
    /// limits allow, [`Malformed`](crate::ErrorKind::Malformed) for a file that is damaged or cut short,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room.
    pub fn next_frame(&mut self) -> Result<Option<u32>> {
        self.player.next()
    }

    /// The pixels that are shown now: RGBA in sRGB, alpha not multiplied in, all zero where it is zero.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        self.player.compositor.screen().pixels()
    }

    /// How often all frames are played, 0 for without end. Known after the last frame.
    #[must_use]
    pub fn plays(&self) -> u32 {
        self.player.reader.plays()
    }
}

impl std::fmt::Debug for Animation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Animation").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// Reads frames and shows them.
pub(super) struct Player<'a> {
    reader: Box<dyn FrameReader + 'a>,
    pub(super) compositor: Compositor,
    colors: Colors,
    pub(super) orientation: Orientation,
    pub(super) metadata: Metadata,
    /// Frames and pixels that may still come.
    frames: u32,
    pixels: u64,
}

impl<'a> Player<'a> {
    /// `room` is for what was there before a frame. Pixels stay in the colours of their profile if that is kept.
    pub(super) fn new(
        bytes: &'a [u8],
        probe: &Probe,
        limits: &Limits,
        room: Saving,
        keeps: bool,
    ) -> Result<Self> {
        let reader = codec::frames(probe.format, bytes, limits)?;
        let Head { canvas, layout, orientation, metadata } = reader.head();
        limits.check_size(canvas)?;
        Ok(Self {
            compositor: Compositor::new(canvas, room)?,
            colors: Colors::new(layout, &metadata, keeps)?,
            orientation,
            metadata,
            reader,
            frames: limits.max_frames,
            pixels: limits.max_frame_pixels,
        })
    }

    pub(super) const fn size(&self) -> Size {
        self.compositor.screen().size()
    }

    pub(super) fn plays(&self) -> u32 {
        self.reader.plays()
    }

    /// Shows the next frame; returns for how long browsers do.
    pub(super) fn next(&mut self) -> Result<Option<u32>> {
        let Some(frame) = self.reader.next()? else { return Ok(None) };
        self.count(&frame)?;
        let Self { reader, compositor, colors, .. } = self;
        compositor.show(&frame, |take| reader.rows(&mut |y, row| take(y, colors.rgba(row)?)))?;
        Ok(Some(played_delay(frame.delay)))
    }

    fn count(&mut self, frame: &FrameHead) -> Result<()> {
        self.frames = self.frames.checked_sub(1).ok_or_else(|| Error::limit("more frames than allowed"))?;
        self.work(self.compositor.work(frame))
    }

    /// Counts pixels that are worked on.
    pub(super) fn work(&mut self, pixels: u64) -> Result<()> {
        let left = self.pixels.checked_sub(pixels);
        self.pixels = left.ok_or_else(|| Error::limit("the frames have more pixels than allowed"))?;
        Ok(())
    }
}

/// Brings rows of a file into RGBA and sRGB.
struct Colors {
    layout: Layout,
    recolor: Option<RecolorRows>,
    line: Vec<u8>,
}

impl Colors {
    fn new(layout: Layout, metadata: &Metadata, keeps: bool) -> Result<Self> {
        let is_gray = layout.channels() < 3;
        let stays = keeps && metadata::keeps_profile(metadata.icc.as_deref(), is_gray, Format::WebP);
        // Frames are of any width: each of their pixels is a row.
        let conversion = if stays { None } else { Conversion::of(metadata, is_gray)? };
        let recolor = conversion.map(|conversion| RecolorRows::new(conversion, layout, 1));
        Ok(Self { layout, recolor, line: Vec::new() })
    }

    fn rgba<'b>(&'b mut self, row: &'b [u8]) -> Result<&'b [u8]> {
        let row = match &mut self.recolor {
            Some(recolor) => recolor.convert(row)?,
            None => row,
        };
        if self.layout == Layout::Rgba {
            return Ok(row);
        }
        let channels = self.layout.channels() as usize;
        let bytes = row.len() / channels * 4;
        if self.line.len() < bytes {
            self.line = try_zeroed(bytes)?;
        }
        for (to, from) in self.line.as_chunks_mut::<4>().0.iter_mut().zip(row.chunks_exact(channels)) {
            *to = self.layout.rgba(from);
        }
        Ok(&self.line[..bytes])
    }
}
