//! The self guided filter (sections 7.17.2 and 7.17.3).

use super::{Area, BORDER, SIDE, STRIDE, Source};
use crate::codec::av1::tables::filters::SGR_PARAMS;
use crate::codec::av1::window::Window;

/// Columns of the box sums: one more on both sides than are filtered, and a few to make it even.
const COLUMNS: usize = SIDE + 8;

/// `A` and `B` of three rows are what a filtered row is made from.
type Rows<T> = [[T; COLUMNS]; 3];

/// The box filter's sums at work.
pub(super) struct SelfGuided {
    a: Rows<i32>,
    b: Rows<i32>,
    flt: [[[i32; SIDE]; SIDE]; 2],
}

impl Default for SelfGuided {
    fn default() -> Self {
        Self { a: [[0; COLUMNS]; 3], b: [[0; COLUMNS]; 3], flt: [[[0; SIDE]; SIDE]; 2] }
    }
}

/// `a2` by `z`.
static A2: [u16; 256] = {
    let mut table = [0; 256];
    let mut z = 0;
    while z < 256 {
        table[z] = if z == 0 {
            1
        } else if z == 255 {
            256
        } else {
            (((z << 8) + z / 2) / (z + 1)) as u16
        };
        z += 1;
    }
    table
};

impl SelfGuided {
    #[inline(always)]
    pub(super) fn filter(
        &mut self,
        source: &Source,
        (set, xqd): (u8, [i8; 2]),
        bit_depth: u8,
        area: Area,
        to: &mut Window,
    ) {
        let params = SGR_PARAMS[usize::from(set & 15)].map(u32::from);
        if params[0] > 0 {
            self.box_filter::<2>(source, params[1], bit_depth, area.h);
        }
        if params[2] > 0 {
            self.box_filter::<1>(source, params[3], bit_depth, area.h);
        }
        let w0 = i32::from(xqd[0]);
        let w1 = i32::from(xqd[1]);
        let w2 = 128 - w0 - w1;
        // A filter that is off leaves the sample: its weight goes to the middle one.
        let (w0, w1) = if params[0] > 0 { (w0, w1) } else { (0, w1 + w0) };
        let (w2, w1) = if params[2] > 0 { (w2, w1) } else { (0, w1 + w2) };
        let highest = (1 << bit_depth) - 1;
        for y in 0..area.h {
            let row = &source[(y + BORDER) * STRIDE + BORDER..][..SIDE];
            let (flt0, flt1) = (&self.flt[0][y], &self.flt[1][y]);
            let mut line = [0; SIDE];
            for x in 0..SIDE {
                let u = i32::from(row[x]) << 4;
                let v = w1 * u + w0 * flt0[x] + w2 * flt1[x];
                line[x] = ((v + (1 << 10)) >> 11).clamp(0, highest) as u16;
            }
            to.row_mut(area.y + y)[area.x..area.x + area.w].copy_from_slice(&line[..area.w]);
        }
    }

    /// The box filter process with radius `R`: pass 0 has 2, pass 1 has 1.
    #[inline(always)]
    fn box_filter<const R: usize>(&mut self, source: &Source, eps: u32, bit_depth: u8, h: usize) {
        // Row `i` of `A` and `B`, from -1 on, is kept at `(i + 1) % 3`.
        if R == 2 {
            self.sums::<R>(source, eps, bit_depth, 0);
            for y in (0..h).step_by(2) {
                self.sums::<R>(source, eps, bit_depth, y + 2);
                let (above, below) = (y % 3, (y + 2) % 3);
                for x in 0..SIDE {
                    let sum = |t: &Rows<i32>| {
                        let (p, q) = (&t[above], &t[below]);
                        6 * (p[x + 1] + q[x + 1]) + 5 * (p[x] + p[x + 2] + q[x] + q[x + 2])
                    };
                    self.flt[0][y][x] = blend(sum(&self.a), sum(&self.b), source, (x, y), 9);
                }
                if y + 1 < h {
                    for x in 0..SIDE {
                        let sum = |t: &Rows<i32>| 6 * t[below][x + 1] + 5 * (t[below][x] + t[below][x + 2]);
                        self.flt[0][y + 1][x] = blend(sum(&self.a), sum(&self.b), source, (x, y + 1), 8);
                    }
                }
            }
        } else {
            self.sums::<R>(source, eps, bit_depth, 0);
            self.sums::<R>(source, eps, bit_depth, 1);
            for y in 0..h {
                self.sums::<R>(source, eps, bit_depth, y + 2);
                for x in 0..SIDE {
                    let sum = |t: &Rows<i32>| {
                        let (p, q, r) = (&t[y % 3], &t[(y + 1) % 3], &t[(y + 2) % 3]);
                        let cross = p[x + 1] + q[x] + q[x + 1] + q[x + 2] + r[x + 1];
                        let corners = p[x] + p[x + 2] + r[x] + r[x + 2];
                        4 * cross + 3 * corners
                    };
                    self.flt[1][y][x] = blend(sum(&self.a), sum(&self.b), source, (x, y), 9);
                }
            }
        }
    }

    /// Row `row - 1` of `A` and `B`, from column -1 on.
    #[inline(always)]
    fn sums<const R: usize>(&mut self, source: &Source, eps: u32, bit_depth: u8, row: usize) {
        let n = ((2 * R + 1) * (2 * R + 1)) as u32;
        let n2e = n * n * eps;
        let s = ((1 << 20) + n2e / 2) / n2e;
        let one_over_n = ((1 << 12) + n / 2) / n;
        let depth = u32::from(bit_depth - 8);
        let round2 = |value: u32, bits: u32| (value + ((1 << bits) >> 1)) >> bits;
        let (mut squares, mut sums) = ([0_u32; STRIDE], [0_u32; STRIDE]);
        // The row's middle in the source lies two rows further down.
        for line in source[(row + 2 - R) * STRIDE..].chunks_exact(STRIDE).take(2 * R + 1) {
            for x in 0..STRIDE {
                let sample = u32::from(line[x]);
                sums[x] += sample;
                squares[x] += sample * sample;
            }
        }
        let (to_a, to_b) = (&mut self.a[row % 3], &mut self.b[row % 3]);
        let mut zs = [0_u32; SIDE + 2];
        for x in 0..SIDE + 2 {
            let (mut a, mut b) = (0, 0);
            for i in x + 2 - R..=x + 2 + R {
                a += squares[i];
                b += sums[i];
            }
            let d = round2(b, depth);
            let p = (round2(a, 2 * depth) * n).saturating_sub(d * d);
            zs[x] = round2(p * s, 20).min(255);
            to_b[x] = b as i32;
        }
        for x in 0..SIDE + 2 {
            let a2 = u32::from(A2[zs[x] as usize]);
            to_a[x] = a2 as i32;
            to_b[x] = round2((256 - a2) * to_b[x] as u32 * one_over_n, 12) as i32;
        }
    }
}

/// `F`: `shift` is `SGRPROJ_SGR_BITS + shift - SGRPROJ_RST_BITS`.
#[inline(always)]
fn blend(a: i32, b: i32, source: &Source, (x, y): (usize, usize), shift: u32) -> i32 {
    let sample = i32::from(source[(y + BORDER) * STRIDE + BORDER + x]);
    (a * sample + b + (1 << (shift - 1))) >> shift
}
