//! What is there of a file: all of it, or the pieces that a [`Prober`](super::Prober) was given so far.
//!
//! Headers are read through a view, at any place of the file. Where a piece is not there yet, the first one that was
//! wanted is noted, and the reading comes to nothing: it is done again when the piece has come.

use std::cell::Cell;

/// Bytes of a file that are wanted next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Where they begin.
    pub offset: u64,
    /// How many. Fewer will do where the file ends.
    pub length: usize,
}

impl Need {
    /// Where they end.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.length as u64)
    }

    /// They themselves, of a file whose beginning this is.
    #[must_use]
    pub fn of<'a>(&self, beginning: &'a [u8]) -> &'a [u8] {
        let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(beginning.len());
        &beginning[within(self.offset)..within(self.end())]
    }
}

/// A piece of a file.
#[derive(Debug)]
pub(super) struct Extent {
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

/// A file from some place on, as far as it is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    held: Held<'a>,
    /// Where the view begins in the file.
    base: u64,
    /// The file's length, if it is known.
    length: Option<u64>,
    /// Takes the first piece that is wanted and not there; `None` if nothing more can be had.
    missing: Option<&'a Cell<Option<Need>>>,
}

#[derive(Debug, Clone, Copy)]
enum Held<'a> {
    Whole(&'a [u8]),
    Extents(&'a [Extent]),
}

impl<'a> View<'a> {
    /// A file that is all there.
    pub(super) const fn whole(bytes: &'a [u8]) -> Self {
        Self { held: Held::Whole(bytes), base: 0, length: Some(bytes.len() as u64), missing: None }
    }

    /// The beginning of a file of which no more can be had: what is missing is as the end of it.
    pub(super) const fn beginning(bytes: &'a [u8], length: Option<u64>) -> Self {
        Self { held: Held::Whole(bytes), base: 0, length, missing: None }
    }

    /// A file of which some pieces are there. Notes what is missing.
    pub(super) const fn of_extents(
        extents: &'a [Extent],
        length: Option<u64>,
        missing: &'a Cell<Option<Need>>,
    ) -> Self {
        Self { held: Held::Extents(extents), base: 0, length, missing: Some(missing) }
    }

    /// The file from a place of this view on.
    pub(super) const fn from(self, start: u64) -> Self {
        Self { base: self.base.saturating_add(start), ..self }
    }

    /// The bytes from `start` on, all of `length`.
    pub(super) fn get(&self, start: u64, length: usize) -> Option<&'a [u8]> {
        let start = self.base.checked_add(start)?;
        let end = start.checked_add(length as u64)?;
        if self.length.is_some_and(|whole| end > whole) {
            return None;
        }
        if length == 0 {
            return Some(&[]);
        }
        let found = self.find(start).and_then(|bytes| bytes.get(..length));
        if found.is_none() {
            self.note(start, length);
        }
        found
    }

    /// The bytes from `start` on, `most` or as many as the file has.
    pub(super) fn up_to(&self, start: u64, most: usize) -> &'a [u8] {
        let at = self.base.saturating_add(start);
        let left = self.length.map_or(u64::MAX, |whole| whole.saturating_sub(at));
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        if length == 0 {
            return &[];
        }
        match self.find(at) {
            Some(bytes) if bytes.len() >= length => &bytes[..length],
            found => {
                self.note(at, length);
                found.filter(|_| self.missing.is_none()).unwrap_or_default()
            }
        }
    }

    /// How many bytes there are from `start` on, `most` at the most, as far as is known.
    pub(super) fn length_from(&self, start: u64, most: u64) -> u64 {
        let at = self.base.saturating_add(start);
        self.length.map_or(most, |whole| whole.saturating_sub(at).min(most))
    }

    /// True if the file is known to end there, or before.
    pub(super) fn ends_at(&self, at: u64) -> bool {
        self.length.is_some_and(|length| self.base.saturating_add(at) >= length)
    }

    /// What is there from a place of the file on.
    fn find(&self, at: u64) -> Option<&'a [u8]> {
        match self.held {
            Held::Whole(bytes) => bytes.get(usize::try_from(at).ok()?..),
            // The newest is the likeliest.
            Held::Extents(extents) => extents.iter().rev().find_map(|extent| {
                let inside = usize::try_from(at.checked_sub(extent.offset)?).ok()?;
                extent.bytes.get(inside..).filter(|bytes| !bytes.is_empty())
            }),
        }
    }

    fn note(&self, offset: u64, length: usize) {
        if let Some(missing) = self.missing
            && missing.get().is_none()
        {
            missing.set(Some(Need { offset, length }));
        }
    }

    /// True if what isn't there is given when it is asked for.
    pub(super) const fn is_in_pieces(&self) -> bool {
        self.missing.is_some()
    }

    /// True if something was wanted that is not there yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.missing.is_some_and(|missing| missing.get().is_some())
    }

    pub(super) fn array<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        self.get(at, N)?.try_into().ok()
    }

    pub(super) fn u8(&self, at: u64) -> Option<u8> {
        self.array(at).map(|[byte]| byte)
    }

    pub(super) fn be16(&self, at: u64) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    pub(super) fn be32(&self, at: u64) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(super) fn le16(&self, at: u64) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub(super) fn le24(&self, at: u64) -> Option<u32> {
        self.array(at).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    pub(super) fn le32(&self, at: u64) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_piece_that_is_missing_is_noted() {
        let extents = [Extent { offset: 10, bytes: vec![1, 2, 3, 4] }];
        let missing = Cell::new(None);
        let view = View::of_extents(&extents, Some(20), &missing);
        assert_eq!(view.get(11, 2), Some([2, 3].as_slice()));
        assert_eq!(view.from(10).be16(0), Some(0x0102));
        // At the end and past it is nothing to wait for.
        assert_eq!(view.get(19, 2), None);
        assert_eq!(
            (view.up_to(20, 5), view.up_to(25, 5), view.get(20, 0)),
            (&[][..], &[][..], Some(&[][..]))
        );
        assert!(!view.is_waiting());
        assert_eq!(view.get(13, 2), None);
        assert_eq!(view.get(0, 1), None);
        assert_eq!(missing.get(), Some(Need { offset: 13, length: 2 }));
        missing.set(None);
        assert_eq!(view.up_to(12, 100), &[] as &[u8]);
        assert_eq!(missing.get(), Some(Need { offset: 12, length: 8 }));
    }

    #[test]
    fn what_can_not_be_had_is_as_the_end_of_the_file() {
        let view = View::beginning(&[1, 2, 3, 4], None);
        assert_eq!(view.up_to(1, 100), &[2, 3, 4]);
        assert_eq!((view.get(1, 4), view.u8(4)), (None, None));
        assert_eq!(View::whole(&[1, 2]).up_to(1, 100), &[2]);
        assert_eq!(View::whole(&[1, 2]).up_to(3, 100), &[] as &[u8]);
    }
}
