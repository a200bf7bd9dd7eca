//! The boxes of which a HEIF file consists (ISO 14496-12, 4.2).

use crate::codec::{span::Span, view::View};

/// A box: its name, and where its payload stands in the file.
#[derive(Debug, Clone, Copy)]
pub struct IsoBox {
    pub name: [u8; 4],
    pub start: u64,
    pub end: u64,
}

impl IsoBox {
    /// The file as if it were the payload of a box.
    pub const FILE: Self = Self { name: [0; 4], start: 0, end: u64::MAX };

    /// All boxes in the payload, as far as their headers are there.
    pub fn children(self, view: View<'_>) -> impl Iterator<Item = Self> {
        let mut at = self.start;
        std::iter::from_fn(move || {
            if at >= self.end {
                return None;
            }
            let name = view.array(at + 4)?;
            let (header, length) = match view.be32(at)? {
                0 => (8, self.end - at),
                1 => (16, view.array(at + 8).map(u64::from_be_bytes)?),
                length => (8, length.into()),
            };
            let start = at + header;
            at = at.saturating_add(length).min(self.end);
            (at >= start).then_some(Self { name, start, end: at })
        })
    }

    pub fn child(self, view: View<'_>, name: &[u8; 4]) -> Option<Self> {
        self.children(view).find(|child| &child.name == name)
    }

    /// The box without the first bytes of its payload.
    pub const fn past(self, bytes: u64) -> Self {
        Self { start: self.start + bytes, ..self }
    }

    /// The first bytes of the payload.
    pub fn bytes<'a>(&self, view: View<'a>, most: u64) -> &'a [u8] {
        view.up_to(self.start, (self.end.saturating_sub(self.start)).min(most) as usize)
    }

    /// The payload.
    pub const fn span(&self) -> Span {
        Span { start: self.start, length: self.end.saturating_sub(self.start) }
    }
}

/// A big-endian number of 0, 2, 4 or 8 bytes; of none it is 0.
pub fn number(view: View<'_>, at: u64, bytes: u64) -> Option<u64> {
    match bytes {
        0 => Some(0),
        2 => view.be16(at).map(u64::from),
        4 => view.be32(at).map(u64::from),
        8 => view.array(at).map(u64::from_be_bytes),
        _ => None,
    }
}
