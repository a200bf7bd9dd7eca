//! The bits of fax data, in either fill order.

use std::convert::Infallible;

use fax::BitReader;

/// The bits of a strip or tile. Past the end they are 0.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits of a byte are read from the lowest on.
    is_lsb_first: bool,
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(bytes: &'a [u8], is_lsb_first: bool) -> Self {
        Self { bytes, is_lsb_first, at: 0 }
    }

    /// The next bits, at most 16 of them.
    fn look(&self, count: u8) -> u16 {
        let byte = |index: usize| {
            let byte = self.bytes.get(self.at / 8 + index).copied().unwrap_or(0);
            u32::from(if self.is_lsb_first { byte.reverse_bits() } else { byte })
        };
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        (bits << (self.at % 8) >> (24 - u32::from(count)) & ((1 << count) - 1)) as u16
    }

    pub(super) fn take(&mut self, count: u8) -> u16 {
        let bits = self.look(count);
        self.at += usize::from(count);
        bits
    }

    pub(super) const fn is_over(&self) -> bool {
        self.at / 8 >= self.bytes.len()
    }

    pub(super) const fn align(&mut self, bits: usize) {
        self.at = self.at.next_multiple_of(bits);
    }

    /// Passes over an EOL: eleven zeros or more, and a one. False where there is none.
    pub(super) fn skip_eol(&mut self) -> bool {
        if self.look(11) != 0 {
            return false;
        }
        while !self.is_over() {
            if self.take(1) == 1 {
                return true;
            }
        }
        false
    }

    /// Goes on to the next EOL, or to the end.
    pub(super) fn find_eol(&mut self) {
        while self.look(11) != 0 && !self.is_over() {
            self.at += 1;
        }
    }
}

impl BitReader for Bits<'_> {
    type Error = Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        (bits <= 16).then(|| self.look(bits))
    }

    fn consume(&mut self, bits: u8) -> Result<(), Infallible> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        ((8 - self.at % 8) % 8) as u8
    }
}
