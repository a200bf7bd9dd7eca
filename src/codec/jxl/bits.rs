//! A codestream's bits, wherever its parts stand in the file: bare, or in boxes of the container (ISO 18181-2: `jxlc`,
//! or the parts `jxlp`).

use crate::codec::view::View;

/// The most bytes at one go of a file that comes in pieces: fewer than a [`Prober`](crate::codec::Prober) holds.
const MOST_IN_PIECES: u64 = 64 << 10;

/// A part of the codestream.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Where it begins in the codestream and in the file.
    place: u64,
    start: u64,
}

/// Where a codestream stands in its file, as far as it was looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    parts: Vec<Part>,
    /// Where the next box stands; `None` behind the last part.
    next: Option<u64>,
    /// Bytes of the codestream that are found.
    found: u64,
}

/// The most parts that a codestream is looked for in.
const MOST_PARTS: usize = 4096;

impl Parts {
    /// Begins with a file; `None` if its first bytes are not there.
    pub(super) fn begin(view: View<'_>) -> Option<Self> {
        let is_bare = view.array(0)? == [0xff, 0x0a];
        let whole = Part { place: 0, start: 0 };
        Some(if is_bare {
            Self { parts: vec![whole], next: None, found: u64::MAX }
        } else {
            Self { parts: Vec::new(), next: Some(0), found: 0 }
        })
    }

    /// The byte at a place of the codestream; `None` if it is not there.
    fn byte(&mut self, view: View<'_>, place: u64) -> Option<u8> {
        while place >= self.found {
            self.find_next(view)?;
        }
        let part = self.parts.iter().rev().find(|part| part.place <= place)?;
        view.u8(part.start.checked_add(place - part.place)?)
    }

    /// Reads the next box.
    fn find_next(&mut self, view: View<'_>) -> Option<()> {
        let at = self.next?;
        let name: [u8; 4] = view.array(at.checked_add(4)?)?;
        let (header, length) = match view.be32(at)? {
            1 => (16, view.array(at.checked_add(8)?).map(u64::from_be_bytes)?),
            length => (8, length.into()),
        };
        // 0 is a box to the end.
        let next =
            if length == 0 { None } else { Some(at.checked_add(length).filter(|_| length >= header)?) };
        let before = match &name {
            b"jxlc" => Some(header),
            b"jxlp" => Some(header + 4),
            _ => None,
        };
        if let Some(before) = before {
            let start = at.checked_add(before)?;
            let length = next.map_or(u64::MAX - self.found, |next| next.saturating_sub(start));
            if self.parts.len() == MOST_PARTS {
                return None;
            }
            self.parts.push(Part { place: self.found, start });
            self.found = self.found.saturating_add(length);
        }
        self.next = next;
        Some(())
    }
}

/// Reads bits, from the least significant of each byte up.
pub(super) struct Bits<'a> {
    parts: &'a mut Parts,
    view: View<'a>,
    /// The first byte, and the bit behind the last one that was read.
    start: u64,
    at: u64,
    byte: u8,
}

impl<'a> Bits<'a> {
    /// From a byte of the codestream on.
    pub(super) const fn new(parts: &'a mut Parts, view: View<'a>, start: u64) -> Self {
        Self { parts, view, start, at: start.saturating_mul(8), byte: 0 }
    }

    /// A number of at most 32 bits; `None` if they are not there.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let (mut value, mut have) = (0_u64, 0);
        while have < count {
            let inside = (self.at % 8) as u32;
            if inside == 0 {
                self.byte = self.next_byte()?;
            }
            let taken = (8 - inside).min(count - have);
            let bits = u64::from(self.byte >> inside) & ((1 << taken) - 1);
            value |= bits << have;
            (have, self.at) = (have + taken, self.at + u64::from(taken));
        }
        Some(value as u32)
    }

    fn next_byte(&mut self) -> Option<u8> {
        let place = self.at / 8;
        if self.view.is_in_pieces() && place - self.start >= MOST_IN_PIECES {
            return None;
        }
        self.parts.byte(self.view, place)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|bit| bit == 1)
    }

    /// U32 (B.2.2): one of four ways, each a number to which so many bits are added.
    pub(super) fn choose(&mut self, ways: [(u32, u32); 4]) -> Option<u32> {
        let (least, count) = ways[self.take(2)? as usize];
        self.take(count).map(|more| least.wrapping_add(more))
    }

    /// U64 (B.2.3).
    pub(super) fn long(&mut self) -> Option<u64> {
        match self.take(2)? {
            0 => return Some(0),
            1 => return self.take(4).map(|more| 1 + u64::from(more)),
            2 => return self.take(8).map(|more| 17 + u64::from(more)),
            _ => {}
        }
        let (mut value, mut shift) = (u64::from(self.take(12)?), 12);
        while self.flag()? {
            let bits = if shift == 60 { 4 } else { 8 };
            value |= u64::from(self.take(bits)?) << shift;
            if shift == 60 {
                break;
            }
            shift += 8;
        }
        Some(value)
    }

    /// Enum (B.2.5).
    pub(super) fn number(&mut self) -> Option<u32> {
        self.choose([(0, 0), (1, 0), (2, 4), (18, 6)])
    }

    /// Passes over so many bits.
    pub(super) fn skip(&mut self, count: u64) -> Option<()> {
        let to = self.at.checked_add(count)?;
        let inside = to % 8;
        self.at = to - inside;
        self.take(inside as u32).map(drop)
    }

    /// Goes to the next byte's beginning, whose place in the codestream it gives.
    pub(super) const fn align(&mut self) -> u64 {
        self.at = self.at.next_multiple_of(8);
        self.at / 8
    }

    /// Extensions (B.3), passed over.
    pub(super) fn skip_extensions(&mut self) -> Option<()> {
        let mut bits: u64 = 0;
        for _ in 0..self.long()?.count_ones() {
            bits = bits.checked_add(self.long()?)?;
        }
        self.skip(bits)
    }
}

/// The bits that tell one of so many apart.
pub(super) const fn length_of(count: u32) -> u32 {
    if count <= 1 { 0 } else { (count - 1).ilog2() + 1 }
}
