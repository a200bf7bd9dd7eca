//! A piece of a file that a header points to: [`Span`].

use super::view::View;

/// Where some bytes stand in a file, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) length: u64,
}

impl Span {
    /// This piece without its first bytes, of which there must be as many.
    pub(super) const fn skip(self, bytes: u64) -> Self {
        Self { start: self.start + bytes, length: self.length - bytes }
    }

    /// The piece, as far as it is there.
    pub(super) fn up_to(self, view: View<'_>) -> &[u8] {
        view.up_to(self.start, usize::try_from(self.length).unwrap_or(usize::MAX))
    }

    /// How many of its bytes the file has.
    pub(super) fn length_in(self, view: View<'_>) -> u64 {
        view.length_from(self.start, self.length)
    }

    /// Some bytes at a place inside the piece.
    pub(super) fn get(self, view: View<'_>, at: u64, length: usize) -> Option<&[u8]> {
        view.get(self.start.checked_add(at)?, length)
    }
}
