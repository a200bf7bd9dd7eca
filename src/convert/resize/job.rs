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
    /// Another part, around that: what is beside it counts for nothing. `None` for all of the source.
    pub within: Option<[f64; 4]>,
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
        let mirrored = |start: f64, part: f64, length: u32| f64::from(length) - start - part;
        let turned = |[left, top, width, height]: [f64; 4]| {
            let left = if flips_x { mirrored(left, width, self.from.width) } else { left };
            let top = if flips_y { mirrored(top, height, self.from.height) } else { top };
            if orientation.is_transposing() { [top, left, height, width] } else { [left, top, width, height] }
        };
        let (part, within) = (turned(self.part), self.within.map(turned));
        match orientation.is_transposing() {
            true => Self { part, within, from: self.from.transposed(), to: self.to.transposed(), ..self },
            false => Self { part, within, ..self },
        }
    }

    pub(super) fn across(&self) -> Axis {
        let [start, _, part, _] = self.part;
        let length = self.from.width;
        let (first, end) = self.within.map_or((0, length), |[left, _, width, _]| whole(left, width, length));
        Axis { length, first, end, start, part, output: self.to.width }
    }

    pub(super) fn down(&self) -> Axis {
        let [_, start, _, part] = self.part;
        let length = self.from.height;
        let (first, end) = self.within.map_or((0, length), |[_, top, _, height]| whole(top, height, length));
        Axis { length, first, end, start, part, output: self.to.height }
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

/// The first sample of a part that is wholly in it, and the one after the last; at least one.
fn whole(start: f64, part: f64, length: u32) -> (u32, u32) {
    let (first, end) = (start.ceil() as u32, ((start + part).floor() as u32).min(length));
    if first < end {
        return (first, end);
    }
    let middle = ((start + part / 2.0) as u32).min(length - 1);
    (middle, middle + 1)
}

/// The largest sample between the two passes.
pub(super) const fn most_between(fraction: u32) -> u32 {
    255 << (fraction + 1)
}
