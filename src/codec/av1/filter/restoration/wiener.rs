//! The Wiener filter (section 7.17.4).

use super::{Area, BORDER, SIDE, STRIDE, Source};
use crate::codec::av1::window::Window;

/// What the horizontal filter leaves.
pub(super) struct Wiener {
    intermediate: [[i16; SIDE]; SIDE + 2 * BORDER],
}

impl Default for Wiener {
    fn default() -> Self {
        Self { intermediate: [[0; SIDE]; SIDE + 2 * BORDER] }
    }
}

/// The outer three of seven taps, and the middle one, which makes their sum 128.
fn taps(outer: [i8; 3]) -> [i32; 4] {
    let [a, b, c] = outer.map(i32::from);
    [a, b, c, 128 - 2 * (a + b + c)]
}

impl Wiener {
    #[inline(always)]
    pub(super) fn filter(
        &mut self,
        source: &Source,
        [vertical, horizontal]: [[i8; 3]; 2],
        bit_depth: u8,
        area: Area,
        to: &mut Window,
    ) {
        // `InterRound0` and `InterRound1`; 7 is `FILTER_BITS`.
        let (round0, round1) = if bit_depth == 12 { (5, 9) } else { (3, 11) };
        let offset = 1 << (bit_depth + 7 - round0 - 1);
        let limit = (1 << (bit_depth + 1 + 7 - round0)) - 1;
        let [a, b, c, d] = taps(horizontal);
        let rows = source.chunks_exact(STRIDE).zip(&mut self.intermediate).take(area.h + 2 * BORDER);
        for (row, to) in rows {
            let at = |i: usize| i32::from(row[i]);
            for (x, to) in to.iter_mut().enumerate() {
                let sum = a * (at(x) + at(x + 6))
                    + b * (at(x + 1) + at(x + 5))
                    + c * (at(x + 2) + at(x + 4))
                    + d * at(x + 3);
                *to = ((sum + (1 << (round0 - 1))) >> round0).clamp(-offset, limit - offset) as i16;
            }
        }
        let [a, b, c, d] = taps(vertical);
        let highest = (1 << bit_depth) - 1;
        for (y, rows) in self.intermediate.windows(7).enumerate().take(area.h) {
            let mut line = [0; SIDE];
            for (x, sample) in line.iter_mut().enumerate() {
                let at = |i: usize| i32::from(rows[i][x]);
                let sum = a * (at(0) + at(6)) + b * (at(1) + at(5)) + c * (at(2) + at(4)) + d * at(3);
                *sample = ((sum + (1 << (round1 - 1))) >> round1).clamp(0, highest) as u16;
            }
            to.row_mut(area.y + y)[area.x..area.x + area.w].copy_from_slice(&line[..area.w]);
        }
    }
}
