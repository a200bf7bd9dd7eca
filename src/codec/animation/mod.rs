//! What moves, without a format: frames as their file has them ([`FrameReader`]), what is shown after each
//! ([`Compositor`] on a [`Screen`]), and how long.

mod compositor;
mod screen;

pub(crate) use self::{
    compositor::{Compositor, Saving},
    screen::Screen,
};

use crate::{
    error::Result,
    pixel::{Layout, Metadata, Orientation, Size},
};

/// A part of a canvas. It may go past the canvas' edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub left: u32,
    pub top: u32,
    pub size: Size,
}

impl Area {
    /// The part of it that lies on a canvas; its sides may be zero.
    pub(crate) fn on(self, canvas: Size) -> Self {
        let side = |start: u32, length: u32, whole: u32| length.min(whole.saturating_sub(start));
        let Size { width, height } = self.size;
        let size = Size::new(side(self.left, width, canvas.width), side(self.top, height, canvas.height));
        Self { size, ..self }
    }

    /// The smallest area that holds both.
    pub(crate) fn with(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self { left, top, size: Size::new(right - left, bottom - top) }
    }

    /// The column behind the last one.
    pub(crate) const fn right(self) -> u32 {
        self.left.saturating_add(self.size.width)
    }

    /// The row below the last one.
    pub(crate) const fn bottom(self) -> u32 {
        self.top.saturating_add(self.size.height)
    }
}

/// What becomes of a frame's area before the next frame is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposal {
    /// It stays.
    Keep,
    /// It becomes transparent, whatever background the file names: so browsers do it.
    Background,
    /// It becomes what it was before the frame.
    Previous,
}

/// A frame, but for its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub area: Area,
    /// Milliseconds for which it is shown, as the file says it.
    pub delay: u32,
    pub disposal: Disposal,
    /// True if the frame is put over what is there, false if it replaces that, with transparent pixels too.
    pub is_blended: bool,
}

/// The longest delay at which browsers don't wait as long as a file says, and how long they wait, in milliseconds.
/// Chromium, Firefox and Safari do so in all formats.
const SHORT_DELAY: u32 = 10;
const DELAY_OF_SHORT: u32 = 100;

/// How long browsers show a frame of such a delay, in milliseconds.
pub(crate) const fn played_delay(delay: u32) -> u32 {
    if delay <= SHORT_DELAY { DELAY_OF_SHORT } else { delay }
}

/// What is known of an animation before its first frame.
#[derive(Debug)]
pub(crate) struct Head {
    pub canvas: Size,
    /// The samples of a pixel of the frames' rows.
    pub layout: Layout,
    /// How what is shown must be turned.
    pub orientation: Orientation,
    /// ICC, EXIF and XMP.
    pub metadata: Metadata,
}

/// Reads an animation's frames in order.
pub(crate) trait FrameReader {
    /// What is known before the first frame.
    fn head(&self) -> Head;

    /// Goes to the next frame, whether or not the last one's rows were read. `None` after the last one.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for a file that is damaged or cut short.
    fn next(&mut self) -> Result<Option<FrameHead>>;

    /// Gives each row of the frame with its number, in any order, each once at the most: those that a damaged frame
    /// lacks are not given. To be called once a frame.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed), [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded),
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory), and those of `take`.
    fn rows(&mut self, take: &mut dyn FnMut(u32, &[u8]) -> Result<()>) -> Result<()>;

    /// How often all frames are played, 0 for without end: known after the last frame.
    fn plays(&self) -> u32;
}
