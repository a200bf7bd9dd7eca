//! Which part of a picture a crop keeps.

use super::{Interest, plan::Plan};
use crate::{
    error::Result,
    pixel::{Orientation, Picture, Size},
};

/// A part of a stored picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    left: u32,
    top: u32,
    size: Size,
}

impl Region {
    /// The part of the stored picture that the plan keeps.
    pub(super) fn choose(picture: &Picture, orientation: Orientation, plan: &Plan) -> Result<Self> {
        let is_transposing = orientation.is_transposing();
        let size = if is_transposing { plan.kept.transposed() } else { plan.kept };
        let spare = Size::new(
            picture.size().width.saturating_sub(size.width),
            picture.size().height.saturating_sub(size.height),
        );
        // Top and left of the picture as it is looked at are bottom or right of one that is stored turned.
        let (flips_x, flips_y) = orientation.flips();
        let place = |spare: u32, flips: bool| match (plan.interest, flips) {
            (Interest::Centre | Interest::Entropy, _) => spare / 2,
            (Interest::Low, false) | (Interest::High, true) => 0,
            (Interest::Low, true) | (Interest::High, false) => spare,
        };
        Ok(Self { left: place(spare.width, flips_x), top: place(spare.height, flips_y), size })
    }

    /// True if nothing is cut from a picture of this size.
    pub(super) fn is_whole(self, size: Size) -> bool {
        self.size == size
    }

    /// Left, top, width and height in samples of a plane that has one for `across × down` pixels.
    pub(super) fn scaled(self, across: u32, down: u32) -> [f64; 4] {
        let (across, down) = (f64::from(across), f64::from(down));
        [
            f64::from(self.left) / across,
            f64::from(self.top) / down,
            f64::from(self.size.width) / across,
            f64::from(self.size.height) / down,
        ]
    }
}
