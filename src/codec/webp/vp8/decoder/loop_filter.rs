//! The loop filters (RFC 6386, section 15), sixteen places along an edge at once.
//!
//! Samples around an edge are rows of sixteen: those above and below a horizontal edge as they stand, those beside a
//! vertical one transposed; of chroma eight of Cb and eight of Cr.

use super::strip::Strip;
use crate::simd::{Bytes, Select, Simd, SimdBase, SimdInt, SimdNarrow, SimdWiden, i8x16, u8x16};

/// The limits of a macroblock's filter (section 15.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// 0 to 63; nothing is filtered at zero.
    level: u8,
    interior_limit: u8,
    /// Beyond it there is high edge variance.
    hev_threshold: u8,
}

impl Strength {
    /// Derives the limits from a level of 0 to 63 at a sharpness of 0 to 7, in a key frame.
    pub const fn new(level: u8, sharpness: u8) -> Self {
        let mut interior_limit = match sharpness {
            0 => level,
            1..=4 => level >> 1,
            _ => level >> 2,
        };
        if sharpness > 0 && interior_limit > 9 - sharpness {
            interior_limit = 9 - sharpness;
        }
        if interior_limit == 0 {
            interior_limit = 1;
        }
        let hev_threshold = match level {
            40.. => 2,
            15.. => 1,
            _ => 0,
        };
        Self { level, interior_limit, hev_threshold }
    }

    /// The most that samples may differ over an edge between macroblocks, or else between subblocks.
    const fn edge_limit(self, is_macroblock_edge: bool) -> u8 {
        let level = if is_macroblock_edge { self.level + 2 } else { self.level };
        2 * level + self.interior_limit
    }
}

/// The edges of a macroblock that are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edges {
    pub left: bool,
    pub top: bool,
    /// The edges between its subblocks.
    pub inner: bool,
}

/// Filters around a macroblock of a strip by the simple filter, or else the normal one.
#[inline(always)]
pub fn macroblock<S: Simd>(
    simd: S,
    strip: &mut Strip,
    column: usize,
    edges: Edges,
    strength: Strength,
    is_simple: bool,
) {
    if strength.level == 0 {
        return;
    }
    let filter = EdgeFilter { simd, strength, is_simple };
    if edges.left {
        filter.luma_vertical(strip, column, true);
        filter.chroma_vertical(strip, column, true);
    }
    if edges.inner {
        filter.luma_vertical(strip, column, false);
        filter.chroma_vertical(strip, column, false);
    }
    if edges.top {
        filter.luma_horizontal(strip, column, 0);
        filter.chroma_horizontal(strip, column, 0);
    }
    if edges.inner {
        for edge in [4, 8, 12] {
            filter.luma_horizontal(strip, column, edge);
        }
        filter.chroma_horizontal(strip, column, 4);
    }
}

struct EdgeFilter<S> {
    simd: S,
    strength: Strength,
    is_simple: bool,
}

/// Four rows above an edge, and four below.
type Around<S> = [u8x16<S>; 8];

impl<S: Simd> EdgeFilter<S> {
    /// A horizontal edge of luma, `edge` rows below the macroblock's top.
    #[inline(always)]
    fn luma_horizontal(&self, strip: &mut Strip, column: usize, edge: usize) {
        let mut rows = [u8x16::splat(self.simd, 0); 8];
        for (place, row) in rows.iter_mut().enumerate() {
            *row = u8x16::load_array(self.simd, *strip.y_row(edge + place, column));
        }
        self.filter(&mut rows, edge == 0);
        for place in 1..7 {
            rows[place].store_array(strip.y_row(edge + place, column));
        }
    }

    /// A horizontal edge of chroma, `edge` rows below the macroblock's top.
    #[inline(always)]
    fn chroma_horizontal(&self, strip: &mut Strip, column: usize, edge: usize) {
        if self.is_simple {
            return;
        }
        let mut rows = [u8x16::splat(self.simd, 0); 8];
        for (place, row) in rows.iter_mut().enumerate() {
            *row = u8x16::load_array(self.simd, strip.uv_row(edge + place, column));
        }
        self.filter(&mut rows, edge == 0);
        for place in 1..7 {
            strip.put_uv_row(edge + place, column, rows[place].to_array());
        }
    }

    /// The left edge of a macroblock's luma, or else the vertical edges between its subblocks.
    #[inline(always)]
    fn luma_vertical(&self, strip: &mut Strip, column: usize, is_left: bool) {
        if is_left {
            let mut pairs = [u8x16::splat(self.simd, 0); 8];
            for (pair, rows) in pairs.iter_mut().enumerate() {
                *rows = u8x16::load_array(self.simd, strip.y_beside(2 * pair, column));
            }
            self.transpose_and_filter(&mut pairs, true);
            for (pair, rows) in pairs.into_iter().enumerate() {
                strip.put_y_beside(2 * pair, column, rows.to_array());
            }
            return;
        }
        let mut rows = [u8x16::splat(self.simd, 0); 16];
        for (place, row) in rows.iter_mut().enumerate() {
            *row = u8x16::load_array(self.simd, *strip.y_row(4 + place, column));
        }
        for _ in 0..4 {
            shuffle(&mut rows);
        }
        for edge in [4, 8, 12] {
            let mut around = [rows[0]; 8];
            around.copy_from_slice(&rows[edge - 4..edge + 4]);
            self.filter(&mut around, false);
            rows[edge - 4..edge + 4].copy_from_slice(&around);
        }
        for _ in 0..4 {
            shuffle(&mut rows);
        }
        for (place, row) in rows.into_iter().enumerate() {
            row.store_array(strip.y_row(4 + place, column));
        }
    }

    /// The left edge of a macroblock's chroma, or else the vertical edge between its subblocks.
    #[inline(always)]
    fn chroma_vertical(&self, strip: &mut Strip, column: usize, is_left: bool) {
        if self.is_simple {
            return;
        }
        let mut pairs = [u8x16::splat(self.simd, 0); 8];
        for (pair, rows) in pairs.iter_mut().enumerate() {
            *rows = u8x16::load_array(self.simd, strip.uv_beside(pair, column, is_left));
        }
        self.transpose_and_filter(&mut pairs, is_left);
        for (pair, rows) in pairs.into_iter().enumerate() {
            strip.put_uv_beside(pair, column, is_left, rows.to_array());
        }
    }

    /// Filters around a vertical edge: sixteen rows of eight samples, of which each vector holds two.
    #[inline(always)]
    fn transpose_and_filter(&self, pairs: &mut Around<S>, is_macroblock_edge: bool) {
        for _ in 0..4 {
            shuffle(pairs);
        }
        self.filter(pairs, is_macroblock_edge);
        for _ in 0..3 {
            shuffle(pairs);
        }
    }

    #[inline(always)]
    fn filter(&self, around: &mut Around<S>, is_macroblock_edge: bool) {
        match (self.is_simple, is_macroblock_edge) {
            (true, _) => self.simple_edge(around, is_macroblock_edge),
            (false, true) => self.macroblock_edge(around),
            (false, false) => self.subblock_edge(around),
        }
    }

    #[inline(always)]
    fn simple_edge(&self, around: &mut Around<S>, is_macroblock_edge: bool) {
        let [_, _, p1, p0, q0, q1, _, _] = *around;
        let is_filtered = self.within_edge_limit([p1, p0, q0, q1], is_macroblock_edge);
        let (p1, p0) = (self.signed(p1), self.signed(p0));
        let (q0, q1) = (self.signed(q0), self.signed(q1));
        let change = p1.saturating_sub(q1) & is_filtered;
        let step = q0.saturating_sub(p0) & is_filtered;
        let (up, down) = self.halves(self.thrice(change, step));
        around[3] = self.unsigned(p0.saturating_add(up));
        around[4] = self.unsigned(q0.saturating_sub(down));
    }

    /// Filters an edge between macroblocks (section 15.3).
    #[inline(always)]
    fn macroblock_edge(&self, around: &mut Around<S>) {
        let (is_filtered, hev) = self.masks(around, true);
        let [p2, p1, p0, q0, q1, q2] = self.middle(around);
        let step = q0.saturating_sub(p0);
        let whole = self.thrice(p1.saturating_sub(q1), step) & is_filtered;
        // With high edge variance only the samples next to the edge move, by the common adjustment.
        let (up, down) = self.halves(whole & hev);
        let (p0, q0) = (p0.saturating_add(up), q0.saturating_sub(down));
        let (low, high) = (whole & !hev).widen();
        let a = ((low * 27 + 63) >> 7).narrow((high * 27 + 63) >> 7);
        let b = ((low * 18 + 63) >> 7).narrow((high * 18 + 63) >> 7);
        let c = ((low * 9 + 63) >> 7).narrow((high * 9 + 63) >> 7);
        around[1] = self.unsigned(p2.saturating_add(c));
        around[2] = self.unsigned(p1.saturating_add(b));
        around[3] = self.unsigned(p0.saturating_add(a));
        around[4] = self.unsigned(q0.saturating_sub(a));
        around[5] = self.unsigned(q1.saturating_sub(b));
        around[6] = self.unsigned(q2.saturating_sub(c));
    }

    /// Filters an edge between subblocks (section 15.3).
    #[inline(always)]
    fn subblock_edge(&self, around: &mut Around<S>) {
        let (is_filtered, hev) = self.masks(around, false);
        let [_, p1, p0, q0, q1, _] = self.middle(around);
        let change = p1.saturating_sub(q1) & hev;
        let (up, down) = self.halves(self.thrice(change, q0.saturating_sub(p0)) & is_filtered);
        let half = ((down + 1) >> 1) & !hev;
        around[2] = self.unsigned(p1.saturating_add(half));
        around[3] = self.unsigned(p0.saturating_add(up));
        around[4] = self.unsigned(q0.saturating_sub(down));
        around[5] = self.unsigned(q1.saturating_sub(half));
    }

    /// Masks of the places that are filtered, and of those with high edge variance.
    #[inline(always)]
    fn masks(&self, around: &Around<S>, is_macroblock_edge: bool) -> (i8x16<S>, i8x16<S>) {
        let [p3, p2, p1, p0, q0, q1, q2, q3] = *around;
        let next = difference(p1, p0).max(difference(q1, q0));
        let far = difference(p3, p2).max(difference(p2, p1)).max(difference(q2, q1)).max(difference(q3, q2));
        let within_interior_limit = self.at_most(next.max(far), self.strength.interior_limit);
        let is_filtered =
            self.within_edge_limit([p1, p0, q0, q1], is_macroblock_edge) & within_interior_limit;
        (is_filtered, !self.at_most(next, self.strength.hev_threshold))
    }

    #[inline(always)]
    fn within_edge_limit(&self, [p1, p0, q0, q1]: [u8x16<S>; 4], is_macroblock_edge: bool) -> i8x16<S> {
        let (next, far) = (difference(p0, q0), difference(p1, q1));
        let sum = next.saturating_add(next).saturating_add(far >> 1);
        self.at_most(sum, self.strength.edge_limit(is_macroblock_edge))
    }

    /// All bits set where a sample is no more than so much.
    #[inline(always)]
    fn at_most(&self, samples: u8x16<S>, limit: u8) -> i8x16<S> {
        let (all, none) = (u8x16::splat(self.simd, 255), u8x16::splat(self.simd, 0));
        samples.simd_le(u8x16::splat(self.simd, limit)).select(all, none).bitcast()
    }

    /// The six samples next to an edge, from -128 to 127.
    #[inline(always)]
    fn middle(&self, around: &Around<S>) -> [i8x16<S>; 6] {
        let [_, p2, p1, p0, q0, q1, q2, _] = *around;
        let (p2, p1, p0) = (self.signed(p2), self.signed(p1), self.signed(p0));
        let (q0, q1, q2) = (self.signed(q0), self.signed(q1), self.signed(q2));
        [p2, p1, p0, q0, q1, q2]
    }

    #[inline(always)]
    fn signed(&self, samples: u8x16<S>) -> i8x16<S> {
        (samples ^ u8x16::splat(self.simd, 0x80)).bitcast()
    }

    #[inline(always)]
    fn unsigned(&self, samples: i8x16<S>) -> u8x16<S> {
        samples.bitcast::<u8x16<S>>() ^ u8x16::splat(self.simd, 0x80)
    }

    /// `change + 3 * step`. Each sum may be cut off, as the steps have one sign.
    #[inline(always)]
    fn thrice(&self, change: i8x16<S>, step: i8x16<S>) -> i8x16<S> {
        change.saturating_add(step).saturating_add(step).saturating_add(step)
    }

    /// The common adjustment: how the samples before and behind an edge move.
    #[inline(always)]
    fn halves(&self, change: i8x16<S>) -> (i8x16<S>, i8x16<S>) {
        let (three, four) = (i8x16::splat(self.simd, 3), i8x16::splat(self.simd, 4));
        (change.saturating_add(three) >> 3, change.saturating_add(four) >> 3)
    }
}

#[inline(always)]
fn difference<S: Simd>(a: u8x16<S>, b: u8x16<S>) -> u8x16<S> {
    a.saturating_sub(b) | b.saturating_sub(a)
}

/// A perfect shuffle: moves the highest bit of each sample's number behind the lowest. Four rounds transpose a square
/// of sixteen.
#[inline(always)]
fn shuffle<S: Simd, const ROWS: usize>(rows: &mut [u8x16<S>; ROWS]) {
    let before = *rows;
    for pair in 0..ROWS / 2 {
        let (upper, lower) = (before[pair], before[pair + ROWS / 2]);
        rows[2 * pair] = upper.zip_low(lower);
        rows[2 * pair + 1] = upper.zip_high(lower);
    }
}
