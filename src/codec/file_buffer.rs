//! The buffer in which others' coders write a file.
//!
//! Who bounds the file gets all of its room at once: nothing is moved while it fills, and what is held is what was
//! stated; pages that are not written cost nothing natively. Without a bound it grows by a quarter: the room of noise
//! would be far too much for a large picture.

use std::{error, io};

use crate::error::{Error, Kind, Result};

/// Bytes that are taken at least, and by which a buffer grows at least.
const STEP: u64 = 32 << 10;

/// A file that is being written.
pub(super) struct FileBuffer {
    file: Vec<u8>,
    /// Bytes past which it grows only for what is written.
    noise: u64,
    most: u64,
    /// Why no more could be written.
    fault: Option<Error>,
}

impl FileBuffer {
    /// For a file of which noise would take so many bytes, and which may have at most `bound`.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub(super) fn new(noise: u64, bound: u64) -> Result<Self> {
        let mut file = Vec::new();
        file.try_reserve_exact(length(first_bytes(noise, bound)))?;
        Ok(Self { file, noise, most: bound, fault: None })
    }

    /// Ends at `most` bytes, wherever the caller's bound is.
    pub(super) fn up_to(mut self, most: u64) -> Self {
        self.most = self.most.min(most);
        self
    }

    /// The file that was coded, or what kept it from being written.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`] when it would have passed its bound, [`Kind::OutOfMemory`], [`Kind::Internal`] for
    /// a fault of the coder.
    pub(super) fn finish<E>(self, coded: Result<(), E>, what: impl Into<String>) -> Result<Vec<u8>>
    where
        E: Into<Box<dyn error::Error + Send + Sync>>,
    {
        let Self { mut file, fault, .. } = self;
        if let Some(fault) = fault {
            return Err(fault);
        }
        coded.map_err(|error| Error::with_source(Kind::Internal, what, error))?;
        file.shrink_to_fit();
        Ok(file)
    }

    fn make_room(&mut self, bytes: usize) -> Result<()> {
        let needed = self.file.len().saturating_add(bytes);
        if needed as u64 > self.most {
            return Err(Error::new(Kind::OutputTooLarge, format!("more than {} bytes", self.most)));
        }
        if needed > self.file.capacity() {
            let wanted = needed.saturating_add((needed / 4).max(length(STEP)));
            let wanted = wanted.min(length(self.noise.min(self.most)).max(needed));
            self.file.try_reserve_exact(wanted - self.file.len())?;
        }
        Ok(())
    }
}

impl io::Write for FileBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(fault) = self.make_room(bytes.len()) {
            self.fault = Some(fault);
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.file.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The most bytes that such a buffer takes. While it grows it is held twice.
pub(super) const fn peak_bytes(noise: u64, bound: u64) -> u64 {
    if bound < u64::MAX {
        first_bytes(noise, bound)
    } else {
        noise.saturating_mul(2).saturating_add(2 * STEP)
    }
}

const fn first_bytes(noise: u64, bound: u64) -> u64 {
    let bound = if bound < u64::MAX { bound } else { STEP };
    if noise < bound { noise } else { bound }
}

fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(isize::MAX as usize)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn finish(buffer: FileBuffer) -> Result<Vec<u8>, Kind> {
        buffer.finish(Ok::<(), io::Error>(()), "a file").map_err(|error| error.kind())
    }

    #[test]
    fn a_bounded_file_has_its_room_from_the_start() {
        let mut buffer = FileBuffer::new(1000, 300).unwrap();
        assert_eq!(buffer.file.capacity(), 300);
        buffer.write_all(&[7; 300]).unwrap();
        assert_eq!((buffer.file.capacity(), peak_bytes(1000, 300)), (300, 300));
        assert_eq!(finish(buffer).unwrap().len(), 300);

        for mut buffer in
            [FileBuffer::new(1000, 300).unwrap(), FileBuffer::new(1000, u64::MAX).unwrap().up_to(300)]
        {
            assert!(buffer.write_all(&[7; 301]).is_err());
            assert_eq!(finish(buffer), Err(Kind::OutputTooLarge));
        }
    }

    #[test]
    fn what_noise_does_not_take_is_not_taken_but_may_be_written() {
        let mut buffer = FileBuffer::new(1000, 1 << 40).unwrap();
        assert_eq!(buffer.file.capacity(), 1000);
        buffer.write_all(&[1; 1_001]).unwrap();
        assert_eq!(finish(buffer).unwrap(), [1; 1_001]);
    }

    #[test]
    fn an_unbounded_file_grows_within_what_is_stated() {
        let noise = 1 << 20;
        let mut buffer = FileBuffer::new(noise, u64::MAX).unwrap();
        let (mut before, mut most) = (buffer.file.capacity(), 0);
        for _ in 0..noise {
            buffer.write_all(&[3]).unwrap();
            let now = buffer.file.capacity();
            most = most.max(if now == before { now } else { before + now });
            before = now;
        }
        assert!(most as u64 <= peak_bytes(noise, u64::MAX), "{most}");
        assert_eq!(finish(buffer).unwrap().len(), 1 << 20);
    }

    #[test]
    fn a_coder_that_fails_is_named() {
        let buffer = FileBuffer::new(10, 10).unwrap();
        let error = buffer.finish(Err(io::Error::other("its reason")), "a file").unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Internal, "a file: its reason"));
    }
}
