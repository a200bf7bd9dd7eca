//! The filters over whole frames, as the specification's text has them: slow, and the measure of the others.

#![allow(clippy::needless_range_loop, reason = "as the specification writes it")]

use crate::codec::av1::filter::map::RestorationUnit;
use crate::codec::av1::header::{FrameHeader, RestorationType, SequenceHeader};
use crate::codec::av1::tables::filters::*;

pub type Plane = Vec<Vec<i32>>;

/// All that is known of a frame's blocks, whole.
pub struct Blocks {
    /// By plane, row and column of 4x4 blocks of the plane: logarithms of the transform's sides.
    pub tx: Vec<Vec<Vec<(u32, u32)>>>,
    /// By row and column of 4x4 blocks of luma: the levels.
    pub levels: Vec<Vec<[u8; 4]>>,
    pub skips: Vec<Vec<bool>>,
    /// By 64x64 blocks.
    pub cdef_idx: Vec<Vec<i8>>,
    pub units: Vec<Vec<Vec<RestorationUnit>>>,
}

pub struct Reference<'a> {
    pub sequence: &'a SequenceHeader,
    pub frame: &'a FrameHeader,
    pub blocks: &'a Blocks,
}

fn round2(x: i64, n: u32) -> i64 {
    if n == 0 { x } else { (x + (1 << (n - 1))) >> n }
}

impl Reference<'_> {
    fn depth(&self) -> u32 {
        self.sequence.color_config.bit_depth.into()
    }

    fn clip1(&self, x: i64) -> i32 {
        x.clamp(0, (1 << self.depth()) - 1) as i32
    }

    fn sub(&self, plane: usize) -> (usize, usize) {
        let (x, y) = self.sequence.subsampling(plane);
        (x.into(), y.into())
    }

    /// Section 7.14.
    pub fn deblock(&self, planes: &mut [Plane]) {
        let params = &self.frame.loop_filter_params;
        if params.loop_filter_level[..2] == [0, 0] {
            return;
        }
        for (plane, samples) in planes.iter_mut().enumerate() {
            if plane > 0 && params.loop_filter_level[1 + plane] == 0 {
                continue;
            }
            let (sx, sy) = self.sub(plane);
            for pass in 0..2 {
                for row in (0..self.frame.mi_rows as usize).step_by(1 << sy) {
                    for col in (0..self.frame.mi_cols as usize).step_by(1 << sx) {
                        self.edge(samples, plane, pass, row, col);
                    }
                }
            }
        }
    }

    fn edge(&self, samples: &mut Plane, plane: usize, pass: usize, row: usize, col: usize) {
        let (sx, sy) = self.sub(plane);
        let (dx, dy) = if pass == 0 { (1, 0) } else { (0, 1) };
        let (x, y) = (col * 4, row * 4);
        let (row, col) = (row | sy, col | sx);
        if x >= self.frame.frame_width as usize
            || y >= self.frame.frame_height as usize
            || (pass == 0 && x == 0)
            || (pass == 1 && y == 0)
        {
            return;
        }
        let (xp, yp) = (x >> sx, y >> sy);
        let (prev_row, prev_col) = (row - (dy << sy), col - (dx << sx));
        let tx = self.blocks.tx[plane][row >> sy][col >> sx];
        let prev = self.blocks.tx[plane][prev_row >> sy][prev_col >> sx];
        let is_tx_edge = if pass == 0 { xp % (1 << tx.0) == 0 } else { yp % (1 << tx.1) == 0 };
        let base = if pass == 0 { 1 << tx.0.min(prev.0) } else { 1 << tx.1.min(prev.1) };
        let size = if plane == 0 { 16.min(base) } else { 8.min(base) };
        let i = if plane == 0 { pass } else { plane + 1 };
        let mut level = i32::from(self.blocks.levels[row][col][i]);
        if level == 0 {
            level = i32::from(self.blocks.levels[prev_row][prev_col][i]);
        }
        if !is_tx_edge || level == 0 {
            return;
        }
        let sharpness = i32::from(self.frame.loop_filter_params.loop_filter_sharpness);
        let shift = if sharpness > 4 { 2 } else { i32::from(sharpness > 0) };
        let limit =
            if sharpness > 0 { (level >> shift).clamp(1, 9 - sharpness) } else { (level >> shift).max(1) };
        for i in 0..4 {
            let at = (xp + dy * i, yp + dx * i);
            self.sample(samples, plane, at, (limit, 2 * (level + 2) + limit, level >> 4), (dx, dy), size);
        }
    }

    fn sample(
        &self,
        samples: &mut Plane,
        plane: usize,
        (x, y): (usize, usize),
        (limit, blimit, thresh): (i32, i32, i32),
        (dx, dy): (usize, usize),
        size: usize,
    ) {
        let get = |i: isize| {
            samples[(y as isize + i * dy as isize) as usize][(x as isize + i * dx as isize) as usize]
        };
        let (q, p) = (|i: isize| get(i), |i: isize| get(-1 - i));
        let d = self.depth() - 8;
        let hev = (p(1) - p(0)).abs() > thresh << d || (q(1) - q(0)).abs() > thresh << d;
        let len = match (size, plane) {
            (4, _) => 4,
            (_, 1..) => 6,
            (8, _) => 8,
            _ => 16,
        };
        let far = |a: i32, b: i32| (a - b).abs() > limit << d;
        let mut mask = far(p(1), p(0)) || far(q(1), q(0));
        mask |= (p(0) - q(0)).abs() * 2 + (p(1) - q(1)).abs() / 2 > blimit << d;
        if len >= 6 {
            mask |= far(p(2), p(1)) || far(q(2), q(1));
        }
        if len >= 8 {
            mask |= far(p(3), p(2)) || far(q(3), q(2));
        }
        if mask {
            return;
        }
        let near = |i: isize| (p(i) - p(0)).abs() <= 1 << d && (q(i) - q(0)).abs() <= 1 << d;
        let flat = size >= 8 && near(1) && near(2) && (len < 8 || near(3));
        let flat2 = size >= 16 && near(4) && near(5) && near(6);
        let mut out: Vec<(isize, i32)> = Vec::new();
        if size == 4 || !flat {
            let half = 0x80 << d;
            let c = |value: i32| value.clamp(-(1 << (self.depth() - 1)), (1 << (self.depth() - 1)) - 1);
            let (ps1, ps0, qs0, qs1) = (p(1) - half, p(0) - half, q(0) - half, q(1) - half);
            let filter = if hev { c(ps1 - qs1) } else { 0 };
            let filter = c(filter + 3 * (qs0 - ps0));
            let (filter1, filter2) = (c(filter + 4) >> 3, c(filter + 3) >> 3);
            out.push((0, c(qs0 - filter1) + half));
            out.push((-1, c(ps0 + filter2) + half));
            if !hev {
                let filter = (filter1 + 1) >> 1;
                out.push((1, c(qs1 - filter) + half));
                out.push((-2, c(ps1 + filter) + half));
            }
        } else {
            let log2 = if size == 8 || !flat2 { 3 } else { 4 };
            let n: isize = if log2 == 4 {
                6
            } else if plane == 0 {
                3
            } else {
                2
            };
            let n2 = if log2 == 3 && plane == 0 { 0 } else { 1 };
            for i in -n..n {
                let mut t = 0;
                for j in -n..=n {
                    t += get((i + j).clamp(-(n + 1), n)) * if j.abs() <= n2 { 2 } else { 1 };
                }
                out.push((i, round2(t.into(), log2) as i32));
            }
        }
        for (i, value) in out {
            samples[(y as isize + i * dy as isize) as usize][(x as isize + i * dx as isize) as usize] = value;
        }
    }

    /// Section 7.15.
    pub fn cdef(&self, from: &[Plane]) -> Vec<Plane> {
        let mut to = from.to_vec();
        let params = &self.frame.cdef_params;
        let shift = self.depth() - 8;
        for r in (0..self.frame.mi_rows as usize).step_by(2) {
            for c in (0..self.frame.mi_cols as usize).step_by(2) {
                let idx = self.blocks.cdef_idx[r / 16][c / 16];
                let skips = &self.blocks.skips;
                if idx < 0 || (skips[r][c] && skips[r + 1][c] && skips[r][c + 1] && skips[r + 1][c + 1]) {
                    continue;
                }
                let idx = idx as usize;
                let (direction, var) = self.direction(&from[0], r, c);
                let pri = i32::from(params.cdef_y_pri_strength[idx]) << shift;
                let sec = i32::from(params.cdef_y_sec_strength[idx]) << shift;
                let dir = if pri == 0 { 0 } else { direction };
                let var_str = if var >> 6 > 0 { (var >> 6).ilog2().min(12) as i32 } else { 0 };
                let pri = if var > 0 { (pri * (4 + var_str) + 8) >> 4 } else { 0 };
                let damping = i32::from(params.cdef_damping) + shift as i32;
                self.cdef_filter(from, &mut to, 0, (r, c), (pri, sec, damping), dir);
                let pri = i32::from(params.cdef_uv_pri_strength[idx]) << shift;
                let sec = i32::from(params.cdef_uv_sec_strength[idx]) << shift;
                for plane in 1..from.len() {
                    let (sx, sy) = self.sub(plane);
                    let dir = if pri == 0 { 0 } else { usize::from(CDEF_UV_DIR[sx][sy][direction]) };
                    self.cdef_filter(from, &mut to, plane, (r, c), (pri, sec, damping - 1), dir);
                }
            }
        }
        to
    }

    fn direction(&self, luma: &Plane, r: usize, c: usize) -> (usize, i32) {
        let mut cost = [0_i32; 8];
        let mut partial = [[0_i32; 15]; 8];
        for i in 0..8 {
            for j in 0..8 {
                let x = (luma[r * 4 + i][c * 4 + j] >> (self.depth() - 8)) - 128;
                partial[0][i + j] += x;
                partial[1][i + j / 2] += x;
                partial[2][i] += x;
                partial[3][3 + i - j / 2] += x;
                partial[4][7 + i - j] += x;
                partial[5][3 - i / 2 + j] += x;
                partial[6][j] += x;
                partial[7][i / 2 + j] += x;
            }
        }
        let div = |i: usize| i32::from(CDEF_DIV_TABLE[i]);
        for i in 0..8 {
            cost[2] += partial[2][i] * partial[2][i];
            cost[6] += partial[6][i] * partial[6][i];
        }
        cost[2] *= div(8);
        cost[6] *= div(8);
        for k in [0, 4] {
            for i in 0..7 {
                cost[k] += (partial[k][i].pow(2) + partial[k][14 - i].pow(2)) * div(i + 1);
            }
            cost[k] += partial[k][7].pow(2) * div(8);
        }
        for i in (1..8).step_by(2) {
            for j in 0..5 {
                cost[i] += partial[i][3 + j].pow(2);
            }
            cost[i] *= div(8);
            for j in 0..3 {
                cost[i] += (partial[i][j].pow(2) + partial[i][10 - j].pow(2)) * div(2 * j + 2);
            }
        }
        let (mut best, mut dir) = (0, 0);
        for (i, cost) in cost.into_iter().enumerate() {
            if cost > best {
                (best, dir) = (cost, i);
            }
        }
        (dir, (best - cost[(dir + 4) & 7]) >> 10)
    }

    fn cdef_filter(
        &self,
        from: &[Plane],
        to: &mut [Plane],
        plane: usize,
        (r, c): (usize, usize),
        (pri, sec, damping): (i32, i32, i32),
        dir: usize,
    ) {
        let (sx, sy) = self.sub(plane);
        let shift = self.depth() - 8;
        let constrain = |diff: i32, threshold: i32| {
            if threshold == 0 {
                return 0;
            }
            let adj = (damping - threshold.ilog2() as i32).max(0);
            diff.signum() * (threshold - (diff.abs() >> adj)).clamp(0, diff.abs().max(0))
        };
        let get = |x: i32, y: i32| {
            let inside = y >= 0
                && x >= 0
                && ((y << sy) >> 2) < self.frame.mi_rows as i32
                && ((x << sx) >> 2) < self.frame.mi_cols as i32;
            inside.then(|| from[plane][y as usize][x as usize])
        };
        let (x0, y0) = ((c * 4) >> sx, (r * 4) >> sy);
        for y in y0..y0 + (8 >> sy) {
            for x in x0..x0 + (8 >> sx) {
                let value = from[plane][y][x];
                let (mut sum, mut max, mut min) = (0, value, value);
                for k in 0..2 {
                    for sign in [-1, 1] {
                        for (turn, threshold) in [(0, pri), (6, sec), (2, sec)] {
                            let d = CDEF_DIRECTIONS[(dir + turn) & 7][k].map(i32::from);
                            let Some(p) = get(x as i32 + sign * d[1], y as i32 + sign * d[0]) else {
                                continue;
                            };
                            let odd = (pri >> shift & 1) as usize;
                            let taps = if turn == 0 { CDEF_PRI_TAPS[odd] } else { CDEF_SEC_TAPS[odd] };
                            sum += i32::from(taps[k]) * constrain(p - value, threshold);
                            max = max.max(p);
                            min = min.min(p);
                        }
                    }
                }
                to[plane][y][x] = (value + ((8 + sum - i32::from(sum < 0)) >> 4)).clamp(min, max);
            }
        }
    }

    /// Section 7.16.
    pub fn upscale(&self, from: &[Plane]) -> Vec<Plane> {
        if !self.frame.use_superres {
            return from.to_vec();
        }
        let scaled = from.iter().enumerate().map(|(plane, samples)| {
            let sx = self.sub(plane).0 as u32;
            let down = round2(self.frame.frame_width.into(), sx);
            let up = round2(self.frame.upscaled_width.into(), sx);
            let step = ((down << 14) + up / 2) / up;
            let err = up * step - (down << 14);
            let initial = ((-((up - down) << 13) + up / 2) / up + (1 << 7) - err / 2) & ((1 << 14) - 1);
            let max_x = i64::from(self.frame.mi_cols >> sx) * 4 - 1;
            let row = |row: &Vec<i32>| {
                let sample = |x: i64| {
                    let src = -(1 << 14) + initial + x * step;
                    let filter = UPSCALE_FILTER[((src & 0x3FFF) >> 8) as usize];
                    let taps = filter.iter().enumerate().map(|(k, tap)| {
                        let at = ((src >> 14) + k as i64 - 3).clamp(0, max_x);
                        i64::from(row[at as usize]) * i64::from(*tap)
                    });
                    self.clip1(round2(taps.sum(), 7))
                };
                (0..up).map(sample).collect()
            };
            samples.iter().map(row).collect()
        });
        scaled.collect()
    }

    /// Section 7.17.
    pub fn restore(&self, curr: &[Plane], cdef: &[Plane]) -> Vec<Plane> {
        let mut to = cdef.to_vec();
        for y in (0..self.frame.frame_height as usize).step_by(4) {
            for x in (0..self.frame.upscaled_width as usize).step_by(4) {
                for plane in 0..to.len() {
                    if self.frame.lr_params.frame_restoration_type[plane] != RestorationType::None {
                        self.restore_block(curr, cdef, &mut to, plane, (x, y));
                    }
                }
            }
        }
        to
    }

    fn restore_block(
        &self,
        curr: &[Plane],
        cdef: &[Plane],
        to: &mut [Plane],
        plane: usize,
        (x, y): (usize, usize),
    ) {
        let (sx, sy) = self.sub(plane);
        let stripe = (y as i64 + 8) / 64;
        let start = (-8 + stripe * 64) >> sy;
        let end = start + (64 >> sy) - 1;
        let units = &self.blocks.units[plane];
        let size = usize::from(self.frame.lr_params.loop_restoration_size[plane]);
        let unit_row = (((y + 8) >> sy) / size).min(units.len() - 1);
        let unit_col = ((x >> sx) / size).min(units[0].len() - 1);
        let end_x = round2(self.frame.upscaled_width.into(), sx as u32) - 1;
        let end_y = round2(self.frame.frame_height.into(), sy as u32) - 1;
        let (x, y) = ((x >> sx) as i64, (y >> sy) as i64);
        let (w, h) = ((4 >> sx).min(end_x - x + 1), (4 >> sy).min(end_y - y + 1));
        let get = |x: i64, y: i64| -> i64 {
            let (x, y) = (x.clamp(0, end_x) as usize, y.clamp(0, end_y));
            if y < start {
                curr[plane][y.max(start - 2) as usize][x].into()
            } else if y > end {
                curr[plane][y.min(end + 2) as usize][x].into()
            } else {
                cdef[plane][y as usize][x].into()
            }
        };
        let (x0, y0) = (x, y);
        match units[unit_row][unit_col] {
            RestorationUnit::None => {}
            RestorationUnit::Wiener(coefficients) => {
                let [v, h_taps] = coefficients.map(|coeff| {
                    let [a, b, c] = coeff.map(i64::from);
                    [a, b, c, 128 - 2 * (a + b + c), c, b, a]
                });
                let depth = self.depth();
                let (r0, r1) = if depth == 12 { (5, 9) } else { (3, 11) };
                let offset = 1 << (depth + 7 - r0 - 1);
                let limit = (1 << (depth + 1 + 7 - r0)) - 1;
                for y in y0..y0 + h {
                    for x in x0..x0 + w {
                        let mut s = 0;
                        for (r, v) in v.into_iter().enumerate() {
                            let taps = (0..7).map(|t| h_taps[t] * get(x + t as i64 - 3, y + r as i64 - 3));
                            s += v * round2(taps.sum(), r0).clamp(-offset, limit - offset);
                        }
                        to[plane][y as usize][x as usize] = self.clip1(round2(s, r1));
                    }
                }
            }
            RestorationUnit::SelfGuided { set, xqd } => {
                let params = SGR_PARAMS[usize::from(set)].map(i64::from);
                let [w0, w1] = xqd.map(i64::from);
                let w2 = 128 - w0 - w1;
                for y in y0..y0 + h {
                    for x in x0..x0 + w {
                        let sample = i64::from(cdef[plane][y as usize][x as usize]);
                        let u = sample << 4;
                        let mut v = w1 * u;
                        for (pass, weight) in [(0, w0), (1, w2)] {
                            let (r, eps) = (params[pass * 2], params[pass * 2 + 1]);
                            v += weight
                                * if r > 0 {
                                    self.box_filter(&get, (x, y), y - y0, (pass, r, eps), sample)
                                } else {
                                    u
                                };
                        }
                        to[plane][y as usize][x as usize] = self.clip1(round2(v, 11));
                    }
                }
            }
        }
    }

    fn box_filter(
        &self,
        get: &dyn Fn(i64, i64) -> i64,
        (x, y): (i64, i64),
        i: i64,
        (pass, r, eps): (usize, i64, i64),
        sample: i64,
    ) -> i64 {
        let depth = self.depth() - 8;
        let n = (2 * r + 1) * (2 * r + 1);
        let n2e = n * n * eps;
        let s = ((1 << 20) + n2e / 2) / n2e;
        let ab = |x: i64, y: i64| {
            let (mut a, mut b) = (0, 0);
            for dy in -r..=r {
                for dx in -r..=r {
                    let c = get(x + dx, y + dy);
                    a += c * c;
                    b += c;
                }
            }
            let d = round2(b, depth);
            let p = (round2(a, 2 * depth) * n - d * d).max(0);
            let z = round2(p * s, 20);
            let a2 = if z >= 255 {
                256
            } else if z == 0 {
                1
            } else {
                ((z << 8) + z / 2) / (z + 1)
            };
            let one_over_n = ((1 << 12) + n / 2) / n;
            (a2, round2((256 - a2) * b * one_over_n, 12))
        };
        let shift = if pass == 0 && i & 1 == 1 { 4 } else { 5 };
        let (mut a, mut b) = (0, 0);
        for dy in -1..=1 {
            for dx in -1..=1 {
                let weight = if pass == 0 {
                    if (i + dy) & 1 == 0 {
                        continue;
                    }
                    if dx == 0 { 6 } else { 5 }
                } else if dx == 0 || dy == 0 {
                    4
                } else {
                    3
                };
                let (a2, b2) = ab(x + dx, y + dy);
                a += weight * a2;
                b += weight * b2;
            }
        }
        round2(a * sample + b, 8 + shift - 4)
    }

    /// Section 7.18.3.
    pub fn grain(&self, out: &mut [Plane]) {
        let Some(params) = &self.frame.film_grain_params else { return };
        let (w, h) = (self.frame.upscaled_width as usize, self.frame.frame_height as usize);
        let depth = self.depth();
        let d = depth - 8;
        let center = 128 << d;
        let (low, high) = (-center, (256 << d) - 1 - center);
        let random = |register: &mut u32, bits: u32| {
            let r = *register;
            let bit = (r ^ (r >> 1) ^ (r >> 3) ^ (r >> 12)) & 1;
            *register = (r >> 1) | (bit << 15);
            ((*register >> (16 - bits)) & ((1 << bits) - 1)) as usize
        };
        let (sx, sy) = self.sub(1);
        let mut grains: Vec<Vec<Vec<i64>>> = Vec::new();
        let counts = [params.num_y_points, params.num_cb_points, params.num_cr_points];
        let used = |plane: usize| counts[plane] > 0 || (plane > 0 && params.chroma_scaling_from_luma);
        for plane in 0..out.len() {
            let (gw, gh) = if plane == 0 {
                (82, 73)
            } else {
                (if sx > 0 { 44 } else { 82 }, if sy > 0 { 38 } else { 73 })
            };
            let mut register = u32::from(params.grain_seed) ^ [0, 0xb524, 0x49d8][plane];
            let shift = 12 - depth + u32::from(params.grain_scale_shift);
            let mut grain = vec![vec![0; gw]; gh];
            for row in &mut grain {
                for g in row {
                    let value = if used(plane) { GAUSSIAN_SEQUENCE[random(&mut register, 11)] } else { 0 };
                    *g = round2(value.into(), shift);
                }
            }
            let coeffs: &[u8] = match plane {
                0 => &params.ar_coeffs_y_plus_128,
                1 => &params.ar_coeffs_cb_plus_128,
                _ => &params.ar_coeffs_cr_plus_128,
            };
            let lag = i64::from(params.ar_coeff_lag);
            for y in 3..gh {
                for x in 3..gw - 3 {
                    let (mut s, mut pos) = (0, 0);
                    'rows: for dr in -lag..=0 {
                        for dc in -lag..=lag {
                            if dr == 0 && dc == 0 {
                                if plane > 0 && params.num_y_points > 0 {
                                    let (lx, ly) = (((x - 3) << sx) + 3, ((y - 3) << sy) + 3);
                                    let mut luma = 0;
                                    for i in 0..=sy {
                                        for j in 0..=sx {
                                            luma += grains[0][ly + i][lx + j];
                                        }
                                    }
                                    s += round2(luma, (sx + sy) as u32) * (i64::from(coeffs[pos]) - 128);
                                }
                                break 'rows;
                            }
                            let at = grain[(y as i64 + dr) as usize][(x as i64 + dc) as usize];
                            s += at * (i64::from(coeffs[pos]) - 128);
                            pos += 1;
                        }
                    }
                    let sum = grain[y][x] + round2(s, u32::from(params.ar_coeff_shift_minus_6) + 6);
                    grain[y][x] = sum.clamp(low, high);
                }
            }
            grains.push(grain);
        }
        let mut stripes: Vec<Vec<Vec<Vec<i64>>>> = Vec::new();
        for (luma_num, _) in (0..h.div_ceil(2)).step_by(16).enumerate() {
            let mut register = u32::from(params.grain_seed);
            register ^= (((luma_num * 37 + 178) & 255) << 8) as u32;
            register ^= ((luma_num * 173 + 105) & 255) as u32;
            let mut stripe = vec![vec![vec![0; w + 64]; 34]; out.len()];
            for x in (0..w.div_ceil(2)).step_by(16) {
                let rand = random(&mut register, 8);
                let (ox, oy) = (rand >> 4, rand & 15);
                for plane in 0..out.len() {
                    let (px, py) = self.sub(plane);
                    let pox = if px > 0 { 6 + ox } else { 9 + ox * 2 };
                    let poy = if py > 0 { 6 + oy } else { 9 + oy * 2 };
                    for i in 0..34 >> py {
                        for j in 0..34 >> px {
                            let mut g = grains[plane][poy + i][pox + j];
                            let at = if px == 0 { x * 2 + j } else { x + j };
                            let old = stripe[plane][i][at];
                            if params.overlap_flag && x > 0 {
                                if px == 0 && j < 2 {
                                    g = if j == 0 { old * 27 + g * 17 } else { old * 17 + g * 27 };
                                    g = round2(g, 5).clamp(low, high);
                                } else if px > 0 && j == 0 {
                                    g = round2(old * 23 + g * 22, 5).clamp(low, high);
                                }
                            }
                            stripe[plane][i][at] = g;
                        }
                    }
                }
            }
            stripes.push(stripe);
        }
        let noise = |plane: usize, x: usize, y: usize| {
            let py = self.sub(plane).1;
            let num = y >> (5 - py);
            let i = y - (num << (5 - py));
            let mut g = stripes[num][plane][i][x];
            if num > 0 && params.overlap_flag {
                let old = |i: usize| stripes[num - 1][plane][i][x];
                if py == 0 && i < 2 {
                    g = if i == 0 { old(32) * 27 + g * 17 } else { old(33) * 17 + g * 27 };
                    g = round2(g, 5).clamp(low, high);
                } else if py > 0 && i < 1 {
                    g = round2(old(16) * 23 + g * 22, 5).clamp(low, high);
                }
            }
            g
        };
        let scale = |plane: usize, index: i64| {
            let points: Vec<(i64, i64)> = match plane {
                1 if !params.chroma_scaling_from_luma => params.point_cb[..counts[1].into()].iter(),
                2 if !params.chroma_scaling_from_luma => params.point_cr[..counts[2].into()].iter(),
                _ => params.point_y[..counts[0].into()].iter(),
            }
            .map(|point| (point.value.into(), point.scaling.into()))
            .collect();
            let lut = |x: i64| {
                let Some(i) = points.iter().rposition(|point| point.0 <= x) else {
                    return points.first().map_or(0, |point| point.1);
                };
                if i + 1 == points.len() {
                    return points[i].1;
                }
                let (dx, dy) = (points[i + 1].0 - points[i].0, points[i + 1].1 - points[i].1);
                points[i].1 + (((x - points[i].0) * (dy * ((65536 + (dx >> 1)) / dx)) + 32768) >> 16)
            };
            let x = index >> d;
            let rem = index - (x << d);
            if d == 0 || x == 255 { lut(x) } else { lut(x) + round2((lut(x + 1) - lut(x)) * rem, d) }
        };
        let (min, max_luma, max_chroma) = if params.clip_to_restricted_range {
            let luma = 235 << d;
            (16 << d, luma, if self.sequence.color_config.matrix_coefficients == 0 { luma } else { 240 << d })
        } else {
            (0, (256 << d) - 1, (256 << d) - 1)
        };
        let scaling_shift = u32::from(params.grain_scaling_minus_8) + 8;
        let luma = out[0].clone();
        for plane in 0..out.len() {
            if !used(plane) {
                continue;
            }
            let (px, py) = self.sub(plane);
            for y in 0..(h + py) >> py {
                for x in 0..(w + px) >> px {
                    let orig = i64::from(out[plane][y][x]);
                    let (lx, ly) = (x << px, y << py);
                    let mut average = i64::from(luma[ly][lx]);
                    if px > 0 {
                        average = round2(average + i64::from(luma[ly][(lx + 1).min(w - 1)]), 1);
                    }
                    let (mult, luma_mult, offset) = if plane == 1 {
                        (params.cb_mult, params.cb_luma_mult, params.cb_offset)
                    } else {
                        (params.cr_mult, params.cr_luma_mult, params.cr_offset)
                    };
                    let merged = if plane == 0 {
                        orig
                    } else if params.chroma_scaling_from_luma {
                        average
                    } else {
                        let combined =
                            average * (i64::from(luma_mult) - 128) + orig * (i64::from(mult) - 128);
                        self.clip1((combined >> 6) + ((i64::from(offset) - 256) << d)).into()
                    };
                    let noise = round2(scale(plane, merged) * noise(plane, x, y), scaling_shift);
                    let max = if plane == 0 { max_luma } else { max_chroma };
                    out[plane][y][x] = (orig + noise).clamp(min, max) as i32;
                }
            }
        }
    }
}
