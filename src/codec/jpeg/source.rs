//! The bytes that the JPEG decoder is given: the tables and the frame header, then the file from its first scan
//! on, then an end marker where the file forgot it.
//!
//! Metadata never reaches the decoder, so a damaged comment or profile can't refuse the picture. The file is not
//! copied.

use zune_jpeg::zune_core::bytestream::{ZByteIoError, ZByteReaderTrait, ZSeekFrom};

/// The marker that ends a JPEG.
pub(super) const END: &[u8] = &[0xff, 0xd9];

/// Three pieces, read as one.
pub(super) struct Source<'a> {
    parts: [&'a [u8]; 3],
    /// The part in which the last read was, and where it begins in the whole.
    part: &'a [u8],
    start: usize,
    position: usize,
}

impl<'a> Source<'a> {
    /// The pieces in their order; `end` is empty or [`END`].
    pub(super) fn new(tables: &'a [u8], scans: &'a [u8], end: &'a [u8]) -> Self {
        Self { parts: [tables, scans, end], part: tables, start: 0, position: 0 }
    }

    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// The bytes from the position to the end of the part in which it lies; none at the end.
    fn rest(&mut self) -> &'a [u8] {
        if let Some(rest @ [_, ..]) =
            self.position.checked_sub(self.start).and_then(|skipped| self.part.get(skipped..))
        {
            return rest;
        }
        let mut start = 0;
        for part in self.parts {
            if let Some(rest @ [_, ..]) =
                self.position.checked_sub(start).and_then(|skipped| part.get(skipped..))
            {
                (self.part, self.start) = (part, start);
                return rest;
            }
            start += part.len();
        }
        &[]
    }
}

impl ZByteReaderTrait for Source<'_> {
    #[inline]
    fn read_byte_no_error(&mut self) -> u8 {
        let byte = self.rest().first().copied().unwrap_or(0);
        self.position = self.position.saturating_add(1);
        byte
    }

    #[inline]
    fn read_exact_bytes(&mut self, buffer: &mut [u8]) -> Result<(), ZByteIoError> {
        let position = self.position;
        let read = self.read_bytes(buffer)?;
        if read < buffer.len() {
            self.position = position;
            return Err(ZByteIoError::NotEnoughBytes(read, buffer.len()));
        }
        Ok(())
    }

    #[inline]
    fn read_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, ZByteIoError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let rest = self.rest();
            let length = rest.len().min(buffer.len() - filled);
            if length == 0 {
                break;
            }
            buffer[filled..filled + length].copy_from_slice(&rest[..length]);
            filled += length;
            self.position += length;
        }
        Ok(filled)
    }

    fn peek_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, ZByteIoError> {
        let position = self.position;
        let read = self.read_bytes(buffer);
        self.position = position;
        read
    }

    fn peek_exact_bytes(&mut self, buffer: &mut [u8]) -> Result<(), ZByteIoError> {
        let position = self.position;
        let read = self.read_exact_bytes(buffer);
        self.position = position;
        read
    }

    fn z_seek(&mut self, from: ZSeekFrom) -> Result<u64, ZByteIoError> {
        let target = match from {
            ZSeekFrom::Start(at) => usize::try_from(at).ok(),
            ZSeekFrom::End(by) => isize::try_from(by).ok().and_then(|by| self.len().checked_add_signed(by)),
            ZSeekFrom::Current(by) => {
                isize::try_from(by).ok().and_then(|by| self.position.checked_add_signed(by))
            }
        };
        self.position = target.ok_or(ZByteIoError::SeekError("a position before the beginning"))?;
        Ok(self.position as u64)
    }

    fn is_eof(&mut self) -> Result<bool, ZByteIoError> {
        Ok(self.rest().is_empty())
    }

    fn z_position(&mut self) -> Result<u64, ZByteIoError> {
        Ok(self.position as u64)
    }

    fn read_remaining(&mut self, sink: &mut Vec<u8>) -> Result<usize, ZByteIoError> {
        let before = sink.len();
        while let rest @ [_, ..] = self.rest() {
            sink.extend_from_slice(rest);
            self.position += rest.len();
        }
        Ok(sink.len() - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_pieces_read_as_one() {
        let mut source = Source::new(&[1, 2], &[3], END);
        let mut four = [0; 4];
        assert_eq!(source.peek_bytes(&mut four).ok(), Some(4));
        source.read_exact_bytes(&mut four).unwrap();
        assert_eq!(four, [1, 2, 3, 0xff]);
        assert_eq!(source.z_seek(ZSeekFrom::Current(-3)).ok(), Some(1));
        assert_eq!([source.read_byte_no_error(), source.read_byte_no_error()], [2, 3]);
        assert!(source.read_exact_bytes(&mut four).is_err());
        assert_eq!(source.z_position().ok(), Some(3));
        let mut rest = Vec::new();
        source.read_remaining(&mut rest).unwrap();
        assert_eq!(rest, [0xff, 0xd9]);
        assert!(source.is_eof().unwrap());
        assert_eq!(source.read_byte_no_error(), 0);
    }
}
