//! A WebP file whose extended header has the flags that are true: `image-webp` refuses a file with others, or shows
//! another alpha, where every viewer shows what is there. The file stays as it is; only its beginning is held twice.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::header::Header;

/// Where the flags of VP8X stand in the file.
const FLAGS: usize = 20;

/// Reads the file.
pub(super) struct WithTrueFlags<'a> {
    bytes: &'a [u8],
    /// The file's beginning, up to its flags.
    beginning: Option<[u8; FLAGS + 1]>,
    /// Up to the file's end.
    at: usize,
}

impl<'a> WithTrueFlags<'a> {
    pub(super) fn new(bytes: &'a [u8], header: &Header<'_>) -> Self {
        let mut beginning = bytes.first_chunk().copied();
        match (&mut beginning, header.true_flags()) {
            (Some(beginning), Some(flags)) => beginning[FLAGS] = flags,
            _ => beginning = None,
        }
        Self { bytes, beginning, at: 0 }
    }

    fn rest(&self) -> &[u8] {
        match &self.beginning {
            Some(beginning) if self.at < beginning.len() => &beginning[self.at..],
            _ => &self.bytes[self.at..],
        }
    }
}

impl Read for WithTrueFlags<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.rest().read(into)?;
        self.at += count;
        Ok(count)
    }
}

impl BufRead for WithTrueFlags<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, count: usize) {
        self.at = self.bytes.len().min(self.at + count);
    }
}

impl Seek for WithTrueFlags<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let len = self.bytes.len() as u64;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(distance) => len.checked_add_signed(distance),
            SeekFrom::Current(distance) => (self.at as u64).checked_add_signed(distance),
        };
        let at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?.min(len);
        self.at = at as usize;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The extended header of a picture of one pixel, and what stands behind it.
    fn file(flags: u8) -> Vec<u8> {
        let frame = b"VP8L\x08\0\0\0\x2f\0\0\0\0\x88\x88\x08";
        let head = [b"RIFF\x22\0\0\0WEBPVP8X\x0a\0\0\0".as_slice(), &[flags, 0, 0, 0], &[0; 6]].concat();
        [&head[..], frame].concat()
    }

    #[test]
    fn only_the_flags_differ_wherever_it_is_read() {
        let bytes = file(0x10);
        let header = Header::read(&bytes).unwrap();
        let mut expected = bytes.clone();
        expected[FLAGS] = header.true_flags().unwrap();
        assert_ne!(expected, bytes);
        for start in 0..=bytes.len() {
            let mut reader = WithTrueFlags::new(&bytes, &header);
            assert_eq!(reader.seek(SeekFrom::End(start as i64 - bytes.len() as i64)).unwrap(), start as u64);
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            assert_eq!(read, expected[start..]);
        }
        let mut reader = WithTrueFlags::new(&bytes, &header);
        assert!(reader.seek(SeekFrom::Current(-1)).is_err());
        assert_eq!(reader.seek(SeekFrom::Start(u64::MAX)).unwrap(), bytes.len() as u64);
        assert!(reader.fill_buf().unwrap().is_empty());
    }
}
