//! The eight ways in which a camera may have been held (EXIF 2.32, tag 0x0112).

use super::Size;

/// How the stored picture must be turned to be looked at. The names say what is done to the stored rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orientation {
    /// 1: nothing.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    MirrorHorizontal,
    /// 3: half a turn.
    Rotate180,
    /// 4: mirrored top to bottom.
    MirrorVertical,
    /// 5: mirrored about the main diagonal.
    Transpose,
    /// 6: a quarter turn clockwise.
    Rotate90,
    /// 7: mirrored about the other diagonal.
    Transverse,
    /// 8: a quarter turn anticlockwise.
    Rotate270,
}

impl Orientation {
    /// What is done to the stored rows, in a word: `rotate90`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upright => "upright",
            Self::MirrorHorizontal => "mirror-horizontal",
            Self::Rotate180 => "rotate180",
            Self::MirrorVertical => "mirror-vertical",
            Self::Transpose => "transpose",
            Self::Rotate90 => "rotate90",
            Self::Transverse => "transverse",
            Self::Rotate270 => "rotate270",
        }
    }

    /// The value of the EXIF tag, 1 to 8; any other value is taken as upright, as viewers do.
    #[must_use]
    pub const fn from_exif(value: u32) -> Self {
        match value {
            2 => Self::MirrorHorizontal,
            3 => Self::Rotate180,
            4 => Self::MirrorVertical,
            5 => Self::Transpose,
            6 => Self::Rotate90,
            7 => Self::Transverse,
            8 => Self::Rotate270,
            _ => Self::Upright,
        }
    }

    /// This, and then another one: half a turn is a quarter and a quarter.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let ((x, y), (next_x, next_y)) = (self.flips(), next.flips());
        // What comes later is said of what is turned already.
        let (next_x, next_y) = if self.is_transposing() { (next_y, next_x) } else { (next_x, next_y) };
        let is_transposing = self.is_transposing() != next.is_transposing();
        let flips = (x != next_x, y != next_y);
        let is_both = |it: &Self| it.is_transposing() == is_transposing && it.flips() == flips;
        (1..=8).map(Self::from_exif).find(is_both).unwrap_or_default()
    }

    /// True if width and height change places.
    #[must_use]
    pub const fn is_transposing(self) -> bool {
        matches!(self, Self::Transpose | Self::Rotate90 | Self::Transverse | Self::Rotate270)
    }

    /// The size of a picture stored with `size`, when it is turned.
    #[must_use]
    pub const fn oriented(self, size: Size) -> Size {
        if self.is_transposing() { size.transposed() } else { size }
    }

    /// Whether the stored columns and the stored rows are read backwards. Where width and height change places
    /// as well, that is done after.
    #[must_use]
    pub const fn flips(self) -> (bool, bool) {
        match self {
            Self::Upright | Self::Transpose => (false, false),
            Self::MirrorHorizontal | Self::Rotate270 => (true, false),
            Self::MirrorVertical | Self::Rotate90 => (false, true),
            Self::Rotate180 | Self::Transverse => (true, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Orientation::{self, *};

    /// Where a corner of a stored square, of 1 by 1, is after turning.
    fn shown(orientation: Orientation, (x, y): (u8, u8)) -> (u8, u8) {
        let (flips_x, flips_y) = orientation.flips();
        let (x, y) = (if flips_x { 1 - x } else { x }, if flips_y { 1 - y } else { y });
        if orientation.is_transposing() { (y, x) } else { (x, y) }
    }

    #[test]
    fn one_after_the_other_is_another() {
        let all = (1..=8).map(Orientation::from_exif);
        for (one, next) in all.clone().flat_map(|one| all.clone().map(move |next| (one, next))) {
            for corner in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                assert_eq!(
                    shown(one.then(next), corner),
                    shown(next, shown(one, corner)),
                    "{one:?} {next:?}"
                );
            }
        }
        assert_eq!(Rotate90.then(Rotate90), Rotate180);
        assert_eq!(Rotate90.then(Rotate270), Upright);
        assert_eq!(MirrorHorizontal.then(MirrorVertical), Rotate180);
        assert_eq!(Rotate90.then(MirrorHorizontal), Transpose);
    }
}
