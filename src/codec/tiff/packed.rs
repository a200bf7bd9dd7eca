//! The bytes of a strip or tile, in the order of bits that decoders expect.

use std::io::{self, BufRead, Read};

use crate::{error::Result, limits::try_zeroed};

/// Bytes whose bits are reversed at once.
const WINDOW: usize = 1 << 10;

/// Compressed bytes. Those of fill order 2 (TIFF 6.0, section 8) have their bits reversed in a window.
pub(super) struct Packed<'a> {
    rest: &'a [u8],
    is_lsb_first: bool,
    window: [u8; WINDOW],
    /// The part of the window that was not taken yet.
    left: (usize, usize),
}

impl<'a> Packed<'a> {
    pub(super) const fn new(rest: &'a [u8], is_lsb_first: bool) -> Self {
        Self { rest, is_lsb_first, window: [0; WINDOW], left: (0, 0) }
    }

    /// The next bytes; empty at the end.
    pub(super) fn next(&mut self) -> &[u8] {
        if !self.is_lsb_first {
            return self.rest;
        }
        if self.left.0 == self.left.1 {
            let (head, rest) = self.rest.split_at(self.rest.len().min(WINDOW));
            for (turned, byte) in self.window.iter_mut().zip(head) {
                *turned = byte.reverse_bits();
            }
            (self.left, self.rest) = ((0, head.len()), rest);
        }
        &self.window[self.left.0..self.left.1]
    }

    /// Takes the first `count` of the next bytes.
    pub(super) fn skip(&mut self, count: usize) {
        if self.is_lsb_first {
            self.left.0 = (self.left.0 + count).min(self.left.1);
        } else {
            self.rest = &self.rest[count.min(self.rest.len())..];
        }
    }

    /// Takes the next `count` bytes; none when there are not so many. `turned` holds them where bits are reversed.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when `turned` can't hold them.
    pub(super) fn take<'b>(&'b mut self, count: usize, turned: &'b mut Vec<u8>) -> Result<Option<&'b [u8]>> {
        if !self.is_lsb_first {
            let Some((taken, rest)) = self.rest.split_at_checked(count) else { return Ok(None) };
            self.rest = rest;
            return Ok(Some(taken));
        }
        if turned.len() < count {
            // What is too short goes before there is more.
            *turned = Vec::new();
            *turned = try_zeroed(count)?;
        }
        let taken = &mut turned[..count];
        Ok(self.read_exact(taken).is_ok().then_some(taken))
    }
}

impl BufRead for Packed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.next())
    }

    fn consume(&mut self, count: usize) {
        self.skip(count);
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.next();
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.skip(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_turned_in_every_window() {
        let bytes: Vec<u8> = (0..2500_u32).map(|at| (at * 7) as u8).collect();
        for is_lsb_first in [false, true] {
            let mut read = Vec::new();
            Packed::new(&bytes, is_lsb_first).read_to_end(&mut read).unwrap();
            let turned = bytes.iter().map(|byte| if is_lsb_first { byte.reverse_bits() } else { *byte });
            assert_eq!(read, turned.collect::<Vec<_>>());
        }
    }
}
