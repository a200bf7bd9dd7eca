//! What has to be known of a picture before its first row is written: how few samples show it, and its colours where they
//! are few.

use super::palette::{ColorSet, Palette};
use crate::{
    error::{Error, Kind},
    pixel::Layout,
};

/// The most colours of grey pixels that get a palette: they take a byte each as they are, so only shorter indices pay.
const MOST_GRAYS: usize = 16;

/// What is known of a picture.
#[derive(Clone)]
pub(crate) struct Facts {
    /// The samples that it is written with.
    pub(super) layout: Layout,
    /// Its colours, if they are few.
    pub(super) palette: Option<Palette>,
    /// It is stored, as compression makes it longer.
    pub(super) is_stored: bool,
}

impl Facts {
    /// What to try where a file wasn't made of a picture for some reason: it has samples that are used first where it had
    /// been looked at long enough, or is longer than stored as the quickest compression has it. `None` if that changes
    /// nothing.
    pub(crate) fn instead(&self, error: &Error, unforeseen: Option<Layout>, stores: bool) -> Option<Self> {
        let same = Self { palette: None, ..self.clone() };
        match unforeseen {
            Some(layout) => Some(Self { layout, ..same }),
            None if stores && !self.is_stored && error.kind() == Kind::OutputTooLarge => {
                Some(Self { is_stored: true, ..self.clone() })
            }
            None => None,
        }
    }
}

/// Looks at rows until that is known.
pub(crate) struct Survey {
    layout: Layout,
    /// Samples that say nothing are left out.
    reduces: bool,
    has_color: bool,
    has_alpha: bool,
    colors: ColorSet,
    last: Option<[u8; 4]>,
}

impl Survey {
    /// Of rows of a layout, of which samples that say nothing may be left out.
    pub(crate) fn new(layout: Layout, reduces: bool) -> Self {
        Self { layout, reduces, has_color: false, has_alpha: false, colors: ColorSet::new(), last: None }
    }

    /// True if more rows say nothing more, or so it is assumed: one that has had no alpha for so long is opaque.
    pub(crate) fn is_settled(&self) -> bool {
        let is_many =
            self.colors.is_full() || self.layout == Layout::Gray && self.colors.count() > MOST_GRAYS;
        is_many && (!self.reduces || self.has_color || self.layout.channels() < 3)
    }

    /// Looks at whole rows.
    pub(crate) fn push(&mut self, rows: &[u8]) {
        for pixel in rows.chunks_exact(self.layout.channels() as usize) {
            let color = self.layout.rgba(pixel);
            if self.last.replace(color) == Some(color) {
                continue;
            }
            let [r, g, b, a] = color;
            self.has_color |= r != g || r != b;
            self.has_alpha |= a < 255;
            self.colors.add(seen(color));
        }
    }

    /// What the rows said.
    pub(crate) fn into_facts(self) -> Facts {
        let layout = if self.reduces { Layout::of(self.has_color, self.has_alpha) } else { self.layout };
        let most = if layout == Layout::Gray { MOST_GRAYS } else { 256 };
        let palette = (self.colors.count() <= most).then(|| self.colors.into_palette());
        Facts { layout, palette, is_stored: false }
    }
}

/// A pixel as it is seen: of what is transparent all is 0, as repetition takes few bytes.
pub(super) const fn seen(color: [u8; 4]) -> [u8; 4] {
    if color[3] == 0 { [0; 4] } else { color }
}
