//! What a picture is cut into (RFC 9649 section 3.6.2): pixels, places of the colour cache, and backward references.

/// What the next pixels are coded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A pixel, as ARGB.
    Literal(u32),
    /// A pixel that is in the colour cache.
    Cached(u16),
    /// So many pixels from before.
    Copy { length: u16, code: u32 },
}

impl Token {
    /// How many pixels it stands for.
    pub fn pixels(self) -> usize {
        if let Self::Copy { length, .. } = self { length.into() } else { 1 }
    }
}
