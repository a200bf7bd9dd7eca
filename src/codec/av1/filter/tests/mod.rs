//! The filters by rows give what the specification's text gives over whole frames.

#![allow(
    clippy::precedence,
    clippy::needless_range_loop,
    clippy::type_complexity,
    clippy::manual_is_multiple_of,
    reason = "as the specification writes it"
)]

mod reference;

use self::reference::{Blocks, Plane, Reference};
use super::chain::{Chain, PlaneSize, rows_above};
use super::map::{FilterMap, RestorationUnit, units_of};
use crate::codec::av1::header::{
    CdefParams, FilmGrainParams, FrameHeader, LoopFilterParams, LrParams, RestorationType, ScalingPoint,
    SequenceHeader, TxMode,
};
use crate::codec::av1::sizes::{BlockSize, TxSize};
use crate::codec::av1::window::Window;
use crate::simd::{Level, levels};

/// Numbers without a pattern.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % end
    }
}

const TX_SIZES: [TxSize; 19] = [
    TxSize::Tx4x4,
    TxSize::Tx8x8,
    TxSize::Tx16x16,
    TxSize::Tx32x32,
    TxSize::Tx64x64,
    TxSize::Tx4x8,
    TxSize::Tx8x4,
    TxSize::Tx8x16,
    TxSize::Tx16x8,
    TxSize::Tx16x32,
    TxSize::Tx32x16,
    TxSize::Tx32x64,
    TxSize::Tx64x32,
    TxSize::Tx4x16,
    TxSize::Tx16x4,
    TxSize::Tx8x32,
    TxSize::Tx32x8,
    TxSize::Tx16x64,
    TxSize::Tx64x16,
];

/// What a frame of the tests has.
#[derive(Clone, Copy)]
struct Case {
    width: u32,
    height: u32,
    bit_depth: u8,
    /// `None` for monochrome.
    subsampling: Option<(u8, u8)>,
    sb128: bool,
    deblock: bool,
    cdef: bool,
    restoration: bool,
    superres: u8,
    grain: bool,
}

impl Case {
    fn headers(&self, random: &mut Random) -> (SequenceHeader, FrameHeader) {
        let mut sequence = SequenceHeader {
            max_frame_width_minus_1: self.width - 1,
            max_frame_height_minus_1: self.height - 1,
            use_128x128_superblock: self.sb128,
            enable_cdef: true,
            ..SequenceHeader::default()
        };
        sequence.color_config.bit_depth = self.bit_depth;
        sequence.color_config.mono_chrome = self.subsampling.is_none();
        let sub = self.subsampling.unwrap_or((1, 1));
        (sequence.color_config.subsampling_x, sequence.color_config.subsampling_y) = sub;
        let mut frame = FrameHeader::for_still(&sequence);
        if self.superres > 8 {
            frame.use_superres = true;
            frame.superres_denom = self.superres;
            let denom = u32::from(self.superres);
            frame.frame_width = (self.width * 8 + denom / 2) / denom;
            frame.mi_cols = 2 * frame.frame_width.div_ceil(8);
        }
        frame.quantization_params.base_q_idx = 100;
        frame.tx_mode = TxMode::Select;
        if self.deblock {
            frame.loop_filter_params = LoopFilterParams {
                loop_filter_level: [20, 30, 10, 40],
                loop_filter_sharpness: random.below(8) as u8,
                ..LoopFilterParams::default()
            };
        }
        if self.cdef {
            let mut strengths = |values: [u8; 4]| std::array::from_fn(|_| values[random.below(4)]);
            frame.cdef_params = CdefParams {
                cdef_damping: 4,
                cdef_bits: 3,
                cdef_y_pri_strength: strengths([0, 1, 6, 15]),
                cdef_y_sec_strength: strengths([0, 1, 2, 4]),
                cdef_uv_pri_strength: strengths([0, 1, 6, 15]),
                cdef_uv_sec_strength: strengths([0, 1, 2, 4]),
            };
        }
        if self.restoration {
            let small = self.subsampling == Some((1, 1));
            frame.lr_params = LrParams {
                uses_lr: true,
                frame_restoration_type: [
                    RestorationType::Switchable,
                    RestorationType::Wiener,
                    RestorationType::Switchable,
                ],
                loop_restoration_size: [64, if small { 32 } else { 64 }, if small { 32 } else { 64 }],
            };
            if self.sb128 {
                frame.lr_params.loop_restoration_size =
                    [128, if small { 64 } else { 128 }, if small { 64 } else { 128 }];
            }
        }
        if self.grain {
            frame.film_grain_params = Some(grain(random));
        }
        (sequence, frame)
    }

    fn blocks(&self, sequence: &SequenceHeader, frame: &FrameHeader, random: &mut Random) -> Blocks {
        let (rows, cols) = (frame.mi_rows as usize, frame.mi_cols as usize);
        let mut tx = Vec::new();
        for plane in 0..sequence.num_planes().min(2) {
            let (sx, sy) = sequence.subsampling(plane);
            let (w, h) = (16 >> sx, 16 >> sy);
            let (rows, cols) = (rows >> sy, cols >> sx);
            let mut sizes = vec![vec![(2, 2); cols]; rows];
            for y in (0..rows).step_by(h) {
                for x in (0..cols).step_by(w) {
                    let size = loop {
                        let size = TX_SIZES[random.below(19)];
                        if size.width() <= w * 4 && size.height() <= h * 4 {
                            break (size.width_log2() as u32, size.height_log2() as u32);
                        }
                    };
                    for row in sizes.iter_mut().skip(y).take(h) {
                        row.iter_mut().skip(x).take(w).for_each(|cell| *cell = size);
                    }
                }
            }
            tx.push(sizes);
        }
        // V's are U's.
        tx.extend(tx.get(1).cloned());
        let mut levels = vec![vec![[0; 4]; cols]; rows];
        let mut skips = vec![vec![false; cols]; rows];
        for y in (0..rows).step_by(2) {
            for x in (0..cols).step_by(2) {
                let level = std::array::from_fn(|_| [0, 3, 17, 30, 63][random.below(5)]);
                let skip = random.below(4) == 0;
                for (y, x) in [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)] {
                    (levels[y][x], skips[y][x]) = (level, skip);
                }
            }
        }
        let mut idx = || random.below(9) as i8 - 1;
        let cdef_idx =
            (0..rows.div_ceil(16)).map(|_| (0..cols.div_ceil(16)).map(|_| idx()).collect()).collect();
        let units = (0..sequence.num_planes()).map(|plane| {
            let (cols, rows) = units_of(sequence, frame, plane);
            let wiener = frame.lr_params.frame_restoration_type[plane] == RestorationType::Wiener;
            (0..rows).map(|_| (0..cols).map(|_| unit(plane, wiener, random)).collect()).collect()
        });
        let units = units.collect();
        Blocks { tx, levels, skips, cdef_idx, units }
    }

    fn planes(&self, sequence: &SequenceHeader, frame: &FrameHeader, random: &mut Random) -> Vec<Plane> {
        let depth = u32::from(self.bit_depth) - 8;
        let planes = (0..sequence.num_planes()).map(|plane| {
            let size = PlaneSize::new(sequence, frame, plane);
            let offsets: Vec<i32> = (0..64).map(|_| [0, 1, 2, 5, 12, 40, 140][random.below(7)]).collect();
            let row = |y: usize| {
                let sample = |x: usize| {
                    let block = offsets[(x / 16 * 7 + y / 16 * 3) % 64];
                    let noise = [0, 1, 0, 2, 60][random.below(40).min(4) * usize::from(y / 8 % 3 == 0)];
                    let texture = if y / 32 % 2 == 0 { (x as i32 * 3 + y as i32 * 5) % 17 } else { 0 };
                    ((40 + block + noise + texture).min(255) << depth) + random.below(1 << depth) as i32
                };
                (0..size.coded_width).map(sample).collect::<Vec<_>>()
            };
            (0..(frame.mi_rows as usize * 4) >> size.sub_y).map(row).collect::<Plane>()
        });
        planes.collect()
    }

    /// Filters a frame by rows and whole, and compares.
    fn check(&self, level: Level, seed: u64) {
        let random = &mut Random(seed);
        let (sequence, frame) = self.headers(random);
        let blocks = self.blocks(&sequence, &frame, random);
        let planes = self.planes(&sequence, &frame, random);
        let out = by_rows(level, &sequence, &frame, &blocks, &planes);
        let reference = Reference { sequence: &sequence, frame: &frame, blocks: &blocks };
        let mut expected = planes.clone();
        reference.deblock(&mut expected);
        if self.deblock {
            assert_ne!(expected, planes);
        }
        let cdef = if self.cdef { reference.cdef(&expected) } else { expected.clone() };
        let (curr, cdef) = (reference.upscale(&expected), reference.upscale(&cdef));
        let mut expected = if self.restoration { reference.restore(&curr, &cdef) } else { cdef };
        reference.grain(&mut expected);
        for (plane, (out, expected)) in out.iter().zip(&expected).enumerate() {
            let size = PlaneSize::new(&sequence, &frame, plane);
            assert_eq!(out.len(), size.height);
            for (y, (out, expected)) in out.iter().zip(expected).enumerate() {
                for (x, (out, expected)) in out.iter().zip(expected).enumerate() {
                    assert_eq!(i32::from(*out), *expected, "plane {plane}, row {y}, column {x}");
                }
            }
        }
    }
}

fn unit(plane: usize, wiener: bool, random: &mut Random) -> RestorationUnit {
    let mut between = |low: i32, high: i32| (low + random.below((high - low + 1) as usize) as i32) as i8;
    match between(0, 4) {
        0 => RestorationUnit::None,
        kind if wiener || kind < 3 => {
            let mut taps =
                || [if plane > 0 { 0 } else { between(-5, 10) }, between(-23, 8), between(-17, 46)];
            RestorationUnit::Wiener([taps(), taps()])
        }
        _ => RestorationUnit::SelfGuided {
            set: between(0, 15) as u8,
            xqd: [between(-96, 31), between(-32, 95)],
        },
    }
}

fn grain(random: &mut Random) -> FilmGrainParams {
    let mut params = FilmGrainParams {
        grain_seed: random.below(65536) as u16,
        num_y_points: 3,
        num_cb_points: 2,
        num_cr_points: 1,
        chroma_scaling_from_luma: false,
        grain_scaling_minus_8: random.below(4) as u8,
        ar_coeff_lag: random.below(4) as u8,
        ar_coeff_shift_minus_6: random.below(4) as u8,
        cb_mult: 140,
        cb_luma_mult: 180,
        cb_offset: 300,
        cr_mult: 100,
        cr_luma_mult: 190,
        cr_offset: 256,
        overlap_flag: random.below(2) == 1,
        clip_to_restricted_range: random.below(2) == 1,
        ..FilmGrainParams::default()
    };
    if random.below(3) == 0 {
        (params.num_cb_points, params.num_cr_points, params.chroma_scaling_from_luma) = (0, 0, true);
    }
    for (i, point) in params.point_y.iter_mut().take(3).enumerate() {
        *point = ScalingPoint { value: (20 + i * 100) as u8, scaling: (30 + random.below(200)) as u8 };
    }
    params.point_cb[..2]
        .copy_from_slice(&[ScalingPoint { value: 0, scaling: 90 }, ScalingPoint { value: 255, scaling: 10 }]);
    params.point_cr[0] = ScalingPoint { value: 77, scaling: 200 };
    let mut near = || (128 + random.below(24) - 12) as u8;
    params.ar_coeffs_y_plus_128 = std::array::from_fn(|_| near());
    params.ar_coeffs_cb_plus_128 = std::array::from_fn(|_| near());
    params.ar_coeffs_cr_plus_128 = std::array::from_fn(|_| near());
    params
}

/// Passes a frame through the chain, by rows of superblocks.
fn by_rows(
    level: Level,
    sequence: &SequenceHeader,
    frame: &FrameHeader,
    blocks: &Blocks,
    planes: &[Plane],
) -> Vec<Vec<Vec<u16>>> {
    let mut chain = Chain::new(level, sequence, frame).unwrap();
    let mut map = FilterMap::new(sequence, frame).unwrap();
    let sb4 = if sequence.use_128x128_superblock { 32 } else { 16 };
    let sizes: Vec<_> = (0..planes.len()).map(|plane| PlaneSize::new(sequence, frame, plane)).collect();
    let rows = |size: &PlaneSize| (sb4 * 4 >> size.sub_y) + rows_above(size.sub_y);
    let windows = sizes.iter().map(|size| Window::new(size.coded_width + 5, rows(size)).unwrap());
    let mut current: Vec<Window> = windows.collect();
    let mut out: Vec<Vec<Vec<u16>>> = vec![Vec::new(); planes.len()];
    let mi_rows = frame.mi_rows as usize;
    for mi_row in (0..mi_rows).step_by(sb4) {
        let end = (mi_row + sb4).min(mi_rows);
        map.advance(mi_row);
        for (plane, (window, size)) in current.iter_mut().zip(&sizes).enumerate() {
            window.advance((mi_row * 4 >> size.sub_y).saturating_sub(rows_above(size.sub_y)));
            for y in mi_row * 4 >> size.sub_y..end * 4 >> size.sub_y {
                for (to, from) in window.row_mut(y).iter_mut().zip(&planes[plane][y]) {
                    *to = *from as u16;
                }
            }
        }
        fill(&mut map, sequence, frame, blocks, (mi_row, end));
        chain.deblock(&mut current, &map, (mi_row, end));
        while let Some(rows) = chain.next_rows(&current, &map, end * 4) {
            for (plane, out) in out.iter_mut().enumerate() {
                assert_eq!(rows.range(plane).start, out.len());
                out.extend(rows.range(plane).map(|y| rows.row(plane, y).to_vec()));
            }
        }
    }
    out
}

/// Tells the map of a row of superblocks' blocks.
fn fill(
    map: &mut FilterMap,
    sequence: &SequenceHeader,
    frame: &FrameHeader,
    blocks: &Blocks,
    (mi_row, end): (usize, usize),
) {
    for row in (mi_row..end).step_by(2) {
        for col in (0..frame.mi_cols as usize).step_by(2) {
            map.set_levels((row, col), BlockSize::Block8x8, blocks.levels[row][col]);
            if !blocks.skips[row][col] {
                map.set_coded((row, col), BlockSize::Block8x8);
            }
            let idx = blocks.cdef_idx[row / 16][col / 16];
            if row % 16 == 0 && col % 16 == 0 && idx >= 0 {
                map.set_cdef_idx((row, col), BlockSize::Block64x64, idx as u8);
            }
        }
    }
    for (plane, sizes) in blocks.tx.iter().enumerate() {
        let sub_y = sequence.subsampling(plane).1;
        for (y, row) in sizes.iter().enumerate().take(end >> sub_y).skip(mi_row >> sub_y) {
            for (x, size) in row.iter().enumerate() {
                let same = |tx: &&TxSize| (tx.width_log2() as u32, tx.height_log2() as u32) == *size;
                let size = TX_SIZES.iter().find(same).unwrap();
                if x * 4 % size.width() == 0 && y * 4 % size.height() == 0 {
                    map.set_tx_size(plane, (x, y), *size);
                }
            }
        }
        if frame.lr_params.frame_restoration_type[plane] != RestorationType::None {
            let size = usize::from(frame.lr_params.loop_restoration_size[plane]);
            let first = (mi_row * 4 >> sub_y).div_ceil(size);
            let sb4 = if sequence.use_128x128_superblock { 32 } else { 16 };
            let last = ((mi_row + sb4) * 4 >> sub_y).div_ceil(size).min(blocks.units[plane].len());
            for row in first..last {
                for (col, unit) in blocks.units[plane][row].iter().enumerate() {
                    map.set_unit(plane, (row, col), *unit);
                }
            }
        }
    }
}

const NONE: Case = Case {
    width: 150,
    height: 205,
    bit_depth: 8,
    subsampling: Some((1, 1)),
    sb128: false,
    deblock: false,
    cdef: false,
    restoration: false,
    superres: 8,
    grain: false,
};

const SHAPES: [(u8, Option<(u8, u8)>, bool, u32, u32); 8] = [
    (8, Some((1, 1)), false, 150, 205),
    (10, Some((1, 1)), true, 129, 257),
    (12, Some((0, 0)), false, 65, 130),
    (8, Some((0, 0)), true, 200, 63),
    (8, Some((1, 0)), false, 71, 66),
    (12, Some((1, 0)), true, 90, 140),
    (10, None, false, 133, 72),
    (8, Some((1, 1)), false, 1, 1),
];

fn check(case: Case) {
    for (i, (bit_depth, subsampling, sb128, width, height)) in SHAPES.into_iter().enumerate() {
        let case = Case { bit_depth, subsampling, sb128, width, height, ..case };
        // A frame of one sample has no edges.
        let case = Case { deblock: case.deblock && width > 1, ..case };
        for level in levels() {
            case.check(level, 7 + i as u64);
        }
    }
}

#[test]
fn deblocking() {
    check(Case { deblock: true, ..NONE });
}

#[test]
fn cdef() {
    check(Case { cdef: true, ..NONE });
}

#[test]
fn restoration() {
    check(Case { restoration: true, ..NONE });
}

#[test]
fn superres() {
    for superres in [9, 13, 16] {
        check(Case { superres, ..NONE });
    }
}

#[test]
fn grain_alone() {
    check(Case { grain: true, ..NONE });
}

#[test]
fn one_behind_the_other() {
    check(Case { deblock: true, cdef: true, restoration: true, ..NONE });
    check(Case { deblock: true, cdef: true, restoration: true, superres: 12, grain: true, ..NONE });
}
