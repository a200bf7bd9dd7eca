//! The normal loop filter (RFC 6386, section 15), sample by sample as the specification has it: what a decoder makes of
//! what the encoder reconstructs.

/// The limits of a macroblock's filter.
#[derive(Debug, Clone, Copy)]
pub struct Strength {
    level: i32,
    interior_limit: i32,
    hev_threshold: i32,
}

impl Strength {
    /// Derives the limits from a level of 0 to 63 at a sharpness of 0 to 7, in a key frame.
    pub fn new(level: u8, sharpness: u8) -> Self {
        let level = i32::from(level);
        let mut interior_limit = level;
        if sharpness > 0 {
            interior_limit >>= if sharpness > 4 { 2 } else { 1 };
            interior_limit = interior_limit.min(9 - i32::from(sharpness));
        }
        let hev_threshold = match level {
            40.. => 2,
            15.. => 1,
            _ => 0,
        };
        Self { level, interior_limit: interior_limit.max(1), hev_threshold }
    }
}

/// A plane to filter in.
pub struct Plane<'a> {
    /// Samples.
    pub samples: &'a mut [u8],
    /// Samples from row to row.
    pub stride: usize,
}

impl Plane<'_> {
    /// Filters a macroblock of `side` samples whose first is at `at`: its left and its upper edge if there is a
    /// macroblock beyond, and the edges between its subblocks if `inner`.
    pub fn macroblock(&mut self, at: usize, side: usize, edges: [bool; 2], inner: bool, strength: Strength) {
        if strength.level == 0 {
            return;
        }
        let directions = [(1, self.stride), (self.stride, 1)];
        for ((across, along), outer) in directions.into_iter().zip(edges) {
            if outer {
                let limit = (strength.level + 2) * 2 + strength.interior_limit;
                (0..side).for_each(|place| self.macroblock_edge(at + place * along, across, limit, strength));
            }
            if inner {
                let limit = strength.level * 2 + strength.interior_limit;
                for edge in (4..side).step_by(4) {
                    (0..side).for_each(|place| {
                        self.subblock_edge(at + edge * across + place * along, across, limit, strength)
                    });
                }
            }
        }
    }

    /// Filters an edge between macroblocks; `at` is the first sample behind it.
    fn macroblock_edge(&mut self, at: usize, step: usize, limit: i32, strength: Strength) {
        let Some([p2, p1, p0, q0, q1, q2]) = self.filtered_samples(at, step, limit, strength) else { return };
        if has_high_edge_variance([p1, p0, q0, q1], strength) {
            self.common_adjust(at, step, [p1, p0, q0, q1], true);
            return;
        }
        let w = clamp(clamp(p1 - q1) + 3 * (q0 - p0));
        for (place, factor, [p, q]) in [(0, 27, [p0, q0]), (1, 18, [p1, q1]), (2, 9, [p2, q2])] {
            let change = clamp((factor * w + 63) >> 7);
            self.put(at + place * step, q - change);
            self.put(at - (place + 1) * step, p + change);
        }
    }

    /// Filters an edge between subblocks.
    fn subblock_edge(&mut self, at: usize, step: usize, limit: i32, strength: Strength) {
        let Some([_, p1, p0, q0, q1, _]) = self.filtered_samples(at, step, limit, strength) else { return };
        let hev = has_high_edge_variance([p1, p0, q0, q1], strength);
        let change = (self.common_adjust(at, step, [p1, p0, q0, q1], hev) + 1) >> 1;
        if !hev {
            self.put(at + step, q1 - change);
            self.put(at - 2 * step, p1 + change);
        }
    }

    /// The samples around an edge, from -128 to 127, if they are alike enough to be filtered.
    fn filtered_samples(&self, at: usize, step: usize, limit: i32, strength: Strength) -> Option<[i32; 6]> {
        let sample = |place: usize| i32::from(self.samples[at + place * step - 4 * step]) - 128;
        let [p3, p2, p1, p0, q0, q1, q2, q3] = [0, 1, 2, 3, 4, 5, 6, 7].map(sample);
        let alike = |a: i32, b: i32| (a - b).abs() <= strength.interior_limit;
        let smooth = (p0 - q0).abs() * 2 + (p1 - q1).abs() / 2 <= limit
            && alike(p3, p2)
            && alike(p2, p1)
            && alike(p1, p0)
            && alike(q1, q0)
            && alike(q2, q1)
            && alike(q3, q2);
        smooth.then_some([p2, p1, p0, q0, q1, q2])
    }

    /// Moves the samples next to the edge towards each other; gives the change.
    fn common_adjust(
        &mut self,
        at: usize,
        step: usize,
        [p1, p0, q0, q1]: [i32; 4],
        use_outer_taps: bool,
    ) -> i32 {
        let taps = if use_outer_taps { clamp(p1 - q1) } else { 0 };
        let change = clamp(taps + 3 * (q0 - p0));
        let (up, down) = (clamp(change + 3) >> 3, clamp(change + 4) >> 3);
        self.put(at, q0 - down);
        self.put(at - step, p0 + up);
        down
    }

    fn put(&mut self, at: usize, value: i32) {
        self.samples[at] = (clamp(value) + 128) as u8;
    }
}

fn has_high_edge_variance([p1, p0, q0, q1]: [i32; 4], strength: Strength) -> bool {
    (p1 - p0).abs() > strength.hev_threshold || (q1 - q0).abs() > strength.hev_threshold
}

fn clamp(value: i32) -> i32 {
    value.clamp(-128, 127)
}
