//! `coeffs`: the quantised coefficients of a transform.

use super::{
    block::Block,
    levels::{HORIZONTAL, TWO_D, VERTICAL, context_offsets, scan},
    tile::TileState,
};
use crate::codec::av1::{
    sizes::{TxClass, TxSize, TxType},
    symbols::Symbols,
};

/// `NUM_BASE_LEVELS` and `COEFF_BASE_RANGE`: levels beyond their sum are coded by Golomb codes.
const BASE_LEVELS: usize = 2;
const LARGEST_LEVEL: u32 = 14;
/// `BR_CDF_SIZE`, less one.
const RANGE_STEP: usize = 3;
/// The longest Golomb code that there may be.
const LONGEST_GOLOMB: u32 = 20;

/// A block of a transform: its plane, and its place in units of four samples of that plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransformBlock {
    pub plane: usize,
    pub x4: usize,
    pub y4: usize,
    pub size: TxSize,
}

/// What of a transform was coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coded {
    /// Of luma it is coded, of chroma it follows.
    pub tx_type: TxType,
    /// Coefficients up to the last in scan order that isn't 0.
    pub eob: usize,
    /// Coefficients beyond these columns and rows are 0. A writer need not set them.
    pub columns: usize,
    pub rows: usize,
}

impl Coded {
    /// What a writer gives.
    pub const fn new(tx_type: TxType, eob: usize) -> Self {
        Self { tx_type, eob, columns: 0, rows: 0 }
    }
}

/// `eobPt` of an `eob` of at least 1, less 1: the symbol of `eob_pt_16` and so on; and the least `eob` of it.
#[inline]
pub const fn eob_class(eob: usize) -> (usize, usize) {
    if eob < 3 {
        return (eob - 1, eob);
    }
    let log2 = (eob - 1).ilog2() as usize;
    (log2 + 1, (1 << log2) + 1)
}

impl TileState {
    /// Codes the coefficients of a transform, and keeps their contexts.
    ///
    /// - `coded`: what a writer wants; a reader gives any.
    /// - `coefficients`: row-major over `size.adjusted()`. A reader finds only zeros and puts coefficients in; a writer
    ///   takes them out.
    /// - `of_type`: from the type of transform, what turns a place and a coefficient that was read into what is kept.
    pub fn coefficients<S: Symbols, D: Fn(usize, i32) -> i32>(
        &mut self,
        symbols: &mut S,
        block: &Block,
        transform: TransformBlock,
        coded: Coded,
        coefficients: &mut [i32],
        of_type: impl FnOnce(TxType) -> D,
    ) -> Coded {
        let TransformBlock { plane, size, .. } = transform;
        let size_context = size_context(size);
        let context = self.all_zero_context(block, transform);
        let cdfs = &mut self.cdfs.coefficients;
        if symbols.flag(&mut cdfs.txb_skip[size_context][context], coded.eob == 0) {
            if plane == 0 && block.use_intrabc {
                self.keep_tx_type(transform, TxType::DctDct);
            }
            self.keep_levels(transform, 0);
            return Coded { tx_type: TxType::DctDct, eob: 0, columns: 0, rows: 0 };
        }
        let tx_type = if plane == 0 {
            let tx_type = self.transform_type(symbols, block, transform, coded.tx_type);
            if block.use_intrabc {
                self.keep_tx_type(transform, tx_type);
            }
            tx_type
        } else {
            self.chroma_tx_type(block, transform)
        };
        let class = tx_type.class();
        let eob = self.eob(symbols, (size, plane > 0, class), coded.eob);
        let of_type = of_type(tx_type);
        let coded = Coded { tx_type, eob, columns: 0, rows: 0 };
        match class {
            TxClass::TwoD => self.levels::<S, D, TWO_D>(symbols, transform, coded, coefficients, of_type),
            TxClass::Horizontal => {
                self.levels::<S, D, HORIZONTAL>(symbols, transform, coded, coefficients, of_type)
            }
            TxClass::Vertical => {
                self.levels::<S, D, VERTICAL>(symbols, transform, coded, coefficients, of_type)
            }
        }
    }

    /// `eob_pt_16` to `eob_extra_bit`.
    fn eob<S: Symbols>(&mut self, symbols: &mut S, of: (TxSize, bool, TxClass), value: usize) -> usize {
        let (size, chroma, class) = of;
        let (wanted, least) = if S::WRITES { eob_class(value) } else { (0, 0) };
        let plane = usize::from(chroma);
        let context = usize::from(class != TxClass::TwoD);
        let cdfs = &mut self.cdfs.coefficients;
        let point = match size.adjusted().width_log2() + size.adjusted().height_log2() {
            4 => symbols.symbol(&mut cdfs.eob_pt_16[plane][context], wanted),
            5 => symbols.symbol(&mut cdfs.eob_pt_32[plane][context], wanted),
            6 => symbols.symbol(&mut cdfs.eob_pt_64[plane][context], wanted),
            7 => symbols.symbol(&mut cdfs.eob_pt_128[plane][context], wanted),
            8 => symbols.symbol(&mut cdfs.eob_pt_256[plane][context], wanted),
            9 => symbols.symbol(&mut cdfs.eob_pt_512[plane], wanted),
            _ => symbols.symbol(&mut cdfs.eob_pt_1024[plane], wanted),
        };
        if point < 2 {
            return point + 1;
        }
        let bits = point as u32 - 2;
        let rest = (value.wrapping_sub(least)) as u32;
        let cdf = &mut cdfs.eob_extra[size_context(size)][plane][point - 2];
        let high = u32::from(symbols.flag(cdf, rest >> bits & 1 != 0));
        let low = symbols.literal(bits, rest & ((1 << bits) - 1));
        (1 << (point - 1)) + 1 + (high << bits | low) as usize
    }

    fn levels<S: Symbols, D: Fn(usize, i32) -> i32, const CLASS: u8>(
        &mut self,
        symbols: &mut S,
        transform: TransformBlock,
        coded: Coded,
        coefficients: &mut [i32],
        of_type: D,
    ) -> Coded {
        let TransformBlock { plane, size, .. } = transform;
        let (size_context, plane_type) = (size_context(size), usize::from(plane > 0));
        let adjusted = size.adjusted();
        let area = adjusted.width() * adjusted.height();
        let coefficients = &mut coefficients[..area];
        let scan = &scan(size, coded.tx_type)[..coded.eob];
        let offsets = context_offsets(size);
        self.levels.clear(size);
        let levels = &mut self.levels;
        let cdfs = &mut self.cdfs.coefficients;
        let base_cdfs = &mut cdfs.coeff_base[size_context][plane_type];
        let range_cdfs = &mut cdfs.coeff_br[size_context.min(3)][plane_type];
        let wanted = |position: usize| {
            if S::WRITES { coefficients[position].unsigned_abs().min(15) as usize } else { 0 }
        };

        let last = coded.eob - 1;
        let position = usize::from(scan[last]);
        let value = wanted(position);
        let context = match last {
            0 => 0,
            last if last <= area / 8 => 1,
            last if last <= area / 4 => 2,
            _ => 3,
        };
        let cdf = &mut cdfs.coeff_base_eob[size_context][plane_type][context];
        let level = symbols.symbol(cdf, value.clamp(1, 3) - 1) + 1;
        let range = if position == 0 { 0 } else { levels.contexts::<CLASS>(position, offsets).1 };
        levels.set(position, range_level(symbols, &mut range_cdfs[range], level, value));
        for &position in scan[..last].iter().skip(1).rev() {
            let position = usize::from(position);
            let value = wanted(position);
            let (base, range) = levels.contexts::<CLASS>(position, offsets);
            let level = symbols.symbol(&mut base_cdfs[base], value.min(3));
            levels.set(position, range_level(symbols, &mut range_cdfs[range], level, value));
        }
        if last > 0 {
            let value = wanted(0);
            let (base, range) = levels.contexts_at_0::<CLASS>();
            let level = symbols.symbol(&mut base_cdfs[base], value.min(3));
            levels.set(0, range_level(symbols, &mut range_cdfs[range], level, value));
        }

        self.signs(symbols, transform, coded, coefficients, of_type)
    }

    /// Codes the signs of coefficients whose levels are coded, and what levels are beyond 14.
    fn signs<S: Symbols, D: Fn(usize, i32) -> i32>(
        &mut self,
        symbols: &mut S,
        transform: TransformBlock,
        mut coded: Coded,
        coefficients: &mut [i32],
        of_type: D,
    ) -> Coded {
        let adjusted = transform.size.adjusted();
        let scan = &scan(transform.size, coded.tx_type)[..coded.eob];
        let plane_type = usize::from(transform.plane > 0);
        let dc_context = self.dc_sign_context(transform);
        let levels = &self.levels;
        let dc_cdf = &mut self.cdfs.coefficients.dc_sign[plane_type][dc_context];
        let (mut sum, mut dc_category) = (0u32, 0);
        let width_log2 = adjusted.width_log2();
        let mask = adjusted.width() - 1;
        let (mut last_column, mut last_row) = (0, 0);
        for (index, &position) in scan.iter().enumerate() {
            let position = usize::from(position);
            let mut level = u32::from(levels.get(position));
            if level == 0 {
                continue;
            }
            let value = coefficients[position];
            let negative = if index == 0 {
                symbols.flag(dc_cdf, value < 0)
            } else {
                symbols.literal(1, u32::from(value < 0)) != 0
            };
            if level > LARGEST_LEVEL {
                level = golomb(symbols, value.unsigned_abs().max(LARGEST_LEVEL + 1) - LARGEST_LEVEL)
                    + LARGEST_LEVEL;
                level &= 0xF_FFFF;
            }
            if position == 0 && level > 0 {
                dc_category = if negative { 1 } else { 2 };
            }
            sum = sum.saturating_add(level);
            last_column = last_column.max(position & mask);
            last_row = last_row.max(position >> width_log2);
            if !S::WRITES {
                let level = level as i32;
                coefficients[position] = of_type(position, if negative { -level } else { level });
            }
        }
        self.keep_levels(transform, sum.min(63) as u8 | dc_category << 6);
        coded.columns = last_column + 1;
        coded.rows = last_row + 1;
        coded
    }

    /// `AboveLevelContext`, `AboveDcContext` and those to the left, of a transform, inside the frame.
    #[inline]
    fn around(&self, transform: TransformBlock) -> (&[u8], &[u8]) {
        let (column, width, line, height) = self.span(transform);
        let TransformBlock { plane, .. } = transform;
        (&self.above.levels[plane][column..column + width], &self.left.levels[plane][line..line + height])
    }

    /// Where the contexts of a transform are, and how many are inside the frame.
    #[inline]
    fn span(&self, transform: TransformBlock) -> (usize, usize, usize, usize) {
        let TransformBlock { plane, x4, y4, size } = transform;
        let (sub_x, sub_y) = self.frame.subsampling(plane);
        let width = (size.width() / 4).min((self.frame.mi_cols >> sub_x).saturating_sub(x4));
        let height = (size.height() / 4).min((self.frame.mi_rows >> sub_y).saturating_sub(y4));
        (x4 - (self.area.mi_col_start >> sub_x), width, y4 & (31 >> sub_y), height)
    }

    #[inline]
    fn keep_levels(&mut self, transform: TransformBlock, context: u8) {
        let (column, width, line, height) = self.span(transform);
        self.above.levels[transform.plane][column..column + width].fill(context);
        self.left.levels[transform.plane][line..line + height].fill(context);
    }

    /// The context of `all_zero`.
    pub fn all_zero_context(&self, block: &Block, transform: TransformBlock) -> usize {
        let (above, left) = self.around(transform);
        let TransformBlock { plane, size, .. } = transform;
        let whole = self.frame.plane_size(block.size, plane);
        if plane > 0 {
            let any = |contexts: &[u8]| usize::from(contexts.iter().any(|&context| context != 0));
            let parts = whole.width() * whole.height() > size.width() * size.height();
            return 7 + any(above) + any(left) + if parts { 3 } else { 0 };
        }
        if whole.width() == size.width() && whole.height() == size.height() {
            return 0;
        }
        let highest = |contexts: &[u8]| contexts.iter().fold(0, |highest, context| highest.max(context & 63));
        all_zero_between(highest(above), highest(left))
    }

    /// The context of `dc_sign`.
    pub fn dc_sign_context(&self, transform: TransformBlock) -> usize {
        let (above, left) = self.around(transform);
        dc_sign_of(above.iter().chain(left).map(|&context| sign_of(context)).sum())
    }
}

/// The context of `all_zero` of a part of a luma block, between transforms with these sums of levels at the most.
#[inline]
pub fn all_zero_between(above: u8, left: u8) -> usize {
    match (above.min(left), above.max(left)) {
        (0, 0) => 1,
        (0, high) => 2 + usize::from(high > 3),
        (_, ..=3) => 4,
        (..=3, _) => 5,
        _ => 6,
    }
}

/// The sign of DC that a kept context tells of, in its two highest bits.
#[inline]
pub const fn sign_of(context: u8) -> i32 {
    [0, -1, 1, 0][(context >> 6) as usize]
}

/// The context of `dc_sign` where those around add up to `sum`.
#[inline]
pub const fn dc_sign_of(sum: i32) -> usize {
    match sum {
        ..0 => 1,
        0 => 0,
        _ => 2,
    }
}

/// `txSzCtx`.
#[inline]
pub fn size_context(size: TxSize) -> usize {
    (size.sqr() as usize + size.sqr_up() as usize).div_ceil(2)
}

/// `coeff_br`: what a level is beyond its base, up to 15.
#[inline(always)]
fn range_level<S: Symbols>(symbols: &mut S, cdf: &mut [u16; 5], mut level: usize, value: usize) -> u8 {
    if level > BASE_LEVELS {
        for _ in 0..4 {
            let step = symbols.symbol(cdf, value.saturating_sub(level).min(RANGE_STEP));
            level += step;
            if step < RANGE_STEP {
                break;
            }
        }
    }
    level as u8
}

/// `golomb_length_bit` and `golomb_data_bit`: a number of at least 1.
#[inline]
fn golomb<S: Symbols>(symbols: &mut S, value: u32) -> u32 {
    let wanted = value.max(1).ilog2() + 1;
    let mut length = 1;
    while symbols.literal(1, u32::from(length == wanted)) == 0 && length < LONGEST_GOLOMB {
        length += 1;
    }
    (1 << (length - 1)) | symbols.literal(length - 1, value & ((1 << (length - 1)) - 1))
}
