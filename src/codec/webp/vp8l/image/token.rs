//! What a picture is cut into (RFC 9649 section 3.6.2): literals, colour cache indices, and backward references.

/// One or more pixels as they are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelToken {
    /// A pixel, as ARGB.
    Literal(u32),
    /// A pixel by its index in the colour cache.
    Cached(u16),
    /// A backward reference: a length and a distance code.
    Copy { length: u16, code: u32 },
}

impl PixelToken {
    /// How many pixels the token stands for.
    pub fn pixels(self) -> usize {
        if let Self::Copy { length, .. } = self { length.into() } else { 1 }
    }
}
