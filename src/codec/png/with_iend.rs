//! A PNG's bytes as its decoder wants them. A file that was cut off behind its pixels, or never had an IEND, gets one:
//! every viewer shows it.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::codec::bytes::{array_at, be32};

const SIGNATURE: usize = 8;

/// A whole IEND.
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// All whole chunks of a file up to IEND.
pub(super) struct WithIend<'a> {
    chunks: &'a [u8],
    end: &'static [u8],
    at: usize,
}

impl<'a> WithIend<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut at = SIGNATURE.min(bytes.len());
        while let Some(name) = array_at(bytes, at + 4)
            && let Some(next) = be32(bytes, at).and_then(|length| (length as usize).checked_add(at + 12))
            && next <= bytes.len()
        {
            if name == *b"IEND" {
                return Self { chunks: bytes, end: &[], at: 0 };
            }
            at = next;
        }
        Self { chunks: &bytes[..at], end: END, at: 0 }
    }
}

impl BufRead for WithIend<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let rest = match self.at.checked_sub(self.chunks.len()) {
            None => self.chunks.get(self.at..),
            Some(at) => self.end.get(at..),
        };
        Ok(rest.unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Read for WithIend<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let length = from.len().min(to.len());
        to[..length].copy_from_slice(&from[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl Seek for WithIend<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(by) => (self.at as u64, by),
            SeekFrom::End(by) => ((self.chunks.len() + self.end.len()) as u64, by),
        };
        let at = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        self.at = usize::try_from(at).map_err(|_| io::ErrorKind::InvalidInput)?;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        WithIend::new(bytes).read_to_end(&mut all).unwrap();
        all
    }

    #[test]
    fn what_is_behind_the_last_whole_chunk_becomes_an_end() {
        let chunks = b"\x89PNG\r\n\x1a\n\0\0\0\x01oneN1crc1\0\0\0\0IDATcrc2";
        let whole = [chunks.as_slice(), END].concat();
        let more = [whole.as_slice(), b"and more"].concat();
        assert_eq!(read(&more), more);
        for length in chunks.len()..=whole.len() {
            assert_eq!(read(&whole[..length]), whole, "{length}");
        }
        let first = [&chunks[..21], END].concat();
        for length in 21..chunks.len() {
            assert_eq!(read(&chunks[..length]), first, "{length}");
        }
        assert_eq!(read(b"\x89P"), [b"\x89P", END].concat());
        let mut ended = WithIend::new(chunks);
        assert_eq!(ended.seek(SeekFrom::End(-8)).unwrap(), chunks.len() as u64 + 4);
        assert_eq!(ended.fill_buf().unwrap(), &END[4..]);
        assert!(ended.seek(SeekFrom::Current(-99)).is_err());
    }
}
