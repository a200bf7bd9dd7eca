//! What a stranger's picture may ask for: the limits, and the arithmetic and allocation that respect them.
//!
//! Limits are checked against a picture's header before anything is allocated for it. Sizes that come from a
//! header are multiplied with [`area_bytes`] and allocated with [`try_zeroed`], which fail instead of wrapping
//! or aborting.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    path::PathBuf,
    sync::Arc,
};

use crate::{
    error::{Error, Result},
    pixel::Size,
};

/// The most that a picture may ask for.
///
/// ```
/// use slimpix::{ErrorKind, Limits, Params, convert};
///
/// # fn main() -> slimpix::Result<()> {
/// # let photo = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48)?;
/// let limits = Limits::default().with_max_pixels(1000).with_max_memory(16 << 20);
/// let refused = convert(photo, &Params::default(), &limits).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::LimitExceeded);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the encoded source. Default 64 MiB.
    pub max_input_bytes: u64,
    /// Pixels of one frame, as stored. Default 100 million; a 12-megapixel photo is 12 million.
    pub max_pixels: u64,
    /// Pixels on one side. Default 65,535, the most that a JPEG can have.
    pub max_side: u32,
    /// Frames of an animation. Default 10,000.
    pub max_frames: u32,
    /// Pixels that all frames of an animation have together, each counted as often as it is worked on: where a frame
    /// lies, where the last one is disposed of, and where the result changes. Default 2²⁹, 537 million.
    pub max_frame_pixels: u64,
    /// Bytes of memory that one conversion may take, the source included. Default 1 GiB. What would pass it is
    /// refused from its header.
    pub max_memory: u64,
    /// Bytes of the result. Default unlimited. A conversion ends as soon as its result is sure to be longer, with
    /// `Outcome::Kept(Kept::Larger)`: nothing is lost where a larger file is of no use.
    pub max_output_bytes: u64,
    /// Threads that one conversion may work with, the caller's among them; at least 1. Default 1. The bytes are the
    /// same for any number, and so it belongs to no key. Each takes memory, see `Plan::within`. Where there
    /// are no threads, as on wasm, it must be 1.
    pub threads: usize,
    /// Files of fonts with which text in SVG may be drawn, by builds with the feature `svg-text`. Default none: then an
    /// SVG with text is not drawn.
    pub font_files: Arc<[PathBuf]>,
    /// Fonts in memory with which that may be done as well, after those in files. Default none. They are the caller's, and
    /// no statement counts them.
    pub font_data: Arc<[FontData]>,
    /// Is called while an animation is converted, before each frame. Default nothing.
    pub pause: Pause,
}

/// The bytes of a font's file: TrueType, OpenType, or a collection of these. A clone is the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct FontData(Arc<Vec<u8>>);

impl FontData {
    /// A file's bytes. What is no font is none for a drawing either.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl AsRef<[u8]> for FontData {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for FontData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FontData({} bytes)", self.0.len())
    }
}

/// What a conversion that may take long calls now and then, so that a host lets others go first.
#[derive(Clone, Default)]
pub struct Pause(Option<Arc<dyn Fn() + Send + Sync>>);

impl Pause {
    /// A conversion goes on when `wait` returns.
    pub fn new(wait: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(wait)))
    }

    pub(crate) fn take(&self) {
        if let Some(wait) = &self.0 {
            wait();
        }
    }
}

/// True if the same is called.
impl PartialEq for Pause {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl Eq for Pause {}

// Nothing of a conversion is left half done by a panic in it.
impl UnwindSafe for Pause {}
impl RefUnwindSafe for Pause {}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pause").field(&self.0.is_some()).finish()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_input_bytes: 64 << 20,
            max_pixels: 100_000_000,
            max_side: 65_535,
            max_frames: 10_000,
            max_frame_pixels: 1 << 29,
            max_memory: 1 << 30,
            max_output_bytes: u64::MAX,
            threads: 1,
            font_files: Arc::default(),
            font_data: Arc::default(),
            pause: Pause::default(),
        }
    }
}

impl Limits {
    /// Sets the most bytes of the encoded source.
    #[must_use]
    pub const fn with_max_input_bytes(mut self, max_input_bytes: u64) -> Self {
        self.max_input_bytes = max_input_bytes;
        self
    }

    /// Sets the most pixels of one frame, as stored.
    #[must_use]
    pub const fn with_max_pixels(mut self, max_pixels: u64) -> Self {
        self.max_pixels = max_pixels;
        self
    }

    /// Sets the most pixels on one side.
    #[must_use]
    pub const fn with_max_side(mut self, max_side: u32) -> Self {
        self.max_side = max_side;
        self
    }

    /// Sets the most frames of an animation, and the most pixels that these have together.
    #[must_use]
    pub const fn with_max_frames(mut self, max_frames: u32, max_frame_pixels: u64) -> Self {
        (self.max_frames, self.max_frame_pixels) = (max_frames, max_frame_pixels);
        self
    }

    /// Sets the most bytes of memory that one conversion may take, the source included.
    #[must_use]
    pub const fn with_max_memory(mut self, max_memory: u64) -> Self {
        self.max_memory = max_memory;
        self
    }

    /// Sets the most bytes of the result.
    #[must_use]
    pub const fn with_max_output_bytes(mut self, max_output_bytes: u64) -> Self {
        self.max_output_bytes = max_output_bytes;
        self
    }

    /// Sets the number of threads that one conversion may work with, the caller's among them.
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets the files of fonts with which text in SVG may be drawn.
    #[must_use]
    pub fn with_font_files(mut self, font_files: impl Into<Arc<[PathBuf]>>) -> Self {
        self.font_files = font_files.into();
        self
    }

    /// Sets fonts in memory with which text in SVG may be drawn, too.
    #[must_use]
    pub fn with_font_data(mut self, font_data: impl Into<Arc<[FontData]>>) -> Self {
        self.font_data = font_data.into();
        self
    }

    /// Sets what is called while an animation is converted.
    #[must_use]
    pub fn with_pause(mut self, pause: Pause) -> Self {
        self.pause = pause;
        self
    }

    /// Checks the length of an encoded source, in bytes.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when it is longer than `max_input_bytes`.
    pub fn check_input(&self, bytes: u64) -> Result<()> {
        if bytes > self.max_input_bytes {
            return Err(Error::limit(format!(
                "the file has {bytes} bytes, more than the limit of {}",
                self.max_input_bytes
            )));
        }
        Ok(())
    }

    /// Checks the size that a header states.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) for a side of zero,
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) for too long a side or too many pixels.
    pub fn check_size(&self, size: Size) -> Result<()> {
        let Size { width, height } = size;
        if width == 0 || height == 0 {
            return Err(Error::malformed(format!("the picture is {width}x{height}: a side of zero")));
        }
        if width.max(height) > self.max_side {
            return Err(Error::limit(format!(
                "the picture is {width}x{height}: a side is past the limit of {}",
                self.max_side
            )));
        }
        if size.pixels() > self.max_pixels {
            return Err(Error::limit(format!(
                "the picture is {width}x{height}, {} pixels, more than the limit of {}",
                size.pixels(),
                self.max_pixels
            )));
        }
        Ok(())
    }

    /// Checks a stated peak of memory, in bytes.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when it is more than `max_memory`.
    pub fn check_memory(&self, bytes: u64) -> Result<()> {
        if bytes > self.max_memory {
            return Err(Error::limit(format!(
                "the conversion needs {bytes} bytes of memory, more than the limit of {}",
                self.max_memory
            )));
        }
        Ok(())
    }
}

/// `width × height × bytes_per_pixel` as a length of memory.
///
/// # Errors
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when it does not fit in this machine's address space.
pub fn area_bytes(size: Size, bytes_per_pixel: u32) -> Result<usize> {
    size.pixels()
        .checked_mul(u64::from(bytes_per_pixel))
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|&bytes| isize::try_from(bytes).is_ok())
        .ok_or_else(|| {
            Error::limit(format!(
                "{}x{} pixels of {bytes_per_pixel} bytes are past all memory",
                size.width, size.height
            ))
        })
}

/// A buffer of `len` zero bytes.
///
/// # Errors
/// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room; never aborts.
pub fn try_zeroed(len: usize) -> Result<Vec<u8>> {
    try_filled(len, 0)
}

/// A buffer of `len` times the same value.
///
/// # Errors
/// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room; never aborts.
pub(crate) fn try_filled<T: Clone>(len: usize, value: T) -> Result<Vec<T>> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len)?;
    buffer.resize(len, value);
    Ok(buffer)
}

/// A copy of bytes.
///
/// # Errors
/// `Memory` when there is no room; never aborts.
pub(crate) fn try_copy(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn kind_of(result: Result<()>) -> Option<Kind> {
        result.err().map(|error| error.kind())
    }

    #[test]
    fn sizes_are_refused_by_who_is_at_fault() {
        let limits = Limits::default();
        assert_eq!(kind_of(limits.check_size(Size::new(4032, 3024))), None);
        assert_eq!(kind_of(limits.check_size(Size::new(0, 10))), Some(Kind::Malformed));
        assert_eq!(kind_of(limits.check_size(Size::new(65_536, 1))), Some(Kind::LimitExceeded));
        assert_eq!(kind_of(limits.check_size(Size::new(16_383, 16_383))), Some(Kind::LimitExceeded));
        assert_eq!(kind_of(limits.check_input((64 << 20) + 1)), Some(Kind::LimitExceeded));
        assert_eq!(kind_of(limits.check_memory((1 << 30) + 1)), Some(Kind::LimitExceeded));
    }

    #[test]
    fn arithmetic_and_allocation_fail_cleanly() {
        assert_eq!(area_bytes(Size::new(3, 5), 4).ok(), Some(60));
        assert_eq!(
            area_bytes(Size::new(u32::MAX, u32::MAX), 4).map_err(|e| e.kind()),
            Err(Kind::LimitExceeded)
        );
        assert_eq!(try_zeroed(isize::MAX as usize).map_err(|e| e.kind()), Err(Kind::OutOfMemory));
    }
}
