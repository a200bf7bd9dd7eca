//! What a scaler has to do, and how exact its samples are between its two passes.

use super::filter::{Axis, Filter};
use crate::pixel::{Layout, Orientation, Size};

/// Bits after the point of a sample between the two passes where sides shrink little, and of one that is weighed with
/// alpha or stands for light.
pub(super) const FRACTION: u32 = 6;

/// What is to be done: a part of a source becomes a result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job {
    /// The size of the source, in its samples.
    pub from: Size,
    /// Left, top, width and height of the part, in samples of the source.
    pub part: [f64; 4],
    /// The size of the result.
    pub to: Size,
    /// What a sample is: `Gray` for a plane.
    pub layout: Layout,
    pub filter: Filter,
    /// True if light is weighed, not samples.
    pub linear: bool,
}

impl Job {
    /// What has to be done to the source where it comes turned.
    pub(crate) fn turned(self, orientation: Orientation) -> Self {
        let (flips_x, flips_y) = orientation.flips();
        let [left, top, width, height] = self.part;
        let mirrored = |start: f64, part: f64, length: u32| f64::from(length) - start - part;
        let left = if flips_x { mirrored(left, width, self.from.width) } else { left };
        let top = if flips_y { mirrored(top, height, self.from.height) } else { top };
        if orientation.is_transposing() {
            let part = [top, left, height, width];
            return Self { part, from: self.from.transposed(), to: self.to.transposed(), ..self };
        }
        Self { part: [left, top, width, height], ..self }
    }

    pub(super) fn across(&self) -> Axis {
        let [start, _, part, _] = self.part;
        Axis { length: self.from.width, start, part, output: self.to.width }
    }

    pub(super) fn down(&self) -> Axis {
        let [_, start, _, part] = self.part;
        Axis { length: self.from.height, start, part, output: self.to.height }
    }

    /// True if samples in work have more than eight bits.
    pub(super) const fn is_wide(&self) -> bool {
        self.layout.has_alpha() || self.linear
    }

    /// Bits after the point of the source's samples in work.
    pub(super) const fn source_fraction(&self) -> u32 {
        if self.is_wide() { FRACTION } else { 0 }
    }

    pub(super) const fn channels(&self) -> usize {
        self.layout.channels() as usize
    }

    /// The most numbers in a row of sums.
    pub(super) fn columns(&self) -> usize {
        self.from.width as usize * self.channels()
    }
}

/// The largest sample between the two passes.
pub(super) const fn most_between(fraction: u32) -> u32 {
    255 << (fraction + 1)
}
