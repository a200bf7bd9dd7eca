//! A macroblock as it is coded: its modes, its quantised levels, and the contexts that it hands to its neighbours.

/// Index of the Y2 block among a macroblock's 25: 16 of luma, 4 of Cb, 4 of Cr, then this.
pub const Y2: usize = 24;

/// Where a macroblock stands in the frame, counted in macroblocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From the left.
    pub column: usize,
    /// From the top.
    pub row: usize,
}

impl Position {
    /// False on the first row.
    pub const fn has_top(self) -> bool {
        self.row > 0
    }

    /// False in the first column.
    pub const fn has_left(self) -> bool {
        self.column > 0
    }
}

/// The type of a block of coefficients, which chooses its token probabilities (RFC 6386, section 13.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum BlockType {
    /// Luma whose DC is in the Y2 block: its tokens begin at the second coefficient.
    YAfterY2,
    /// The DCs of the sixteen luma blocks.
    Y2,
    /// Cb or Cr.
    Chroma,
    /// Luma with its DC.
    YWithDc,
}

impl BlockType {
    /// The place in the scan where levels begin.
    #[inline(always)]
    pub const fn first_coefficient(self) -> usize {
        matches!(self, Self::YAfterY2) as usize
    }
}

/// How all of luma, or both chroma planes, are predicted (RFC 6386, section 12.2 and 12.3). The numbers are those of
/// the 4x4 modes that continue them in contexts (section 11.3): B_DC_PRED, B_TM_PRED, B_VE_PRED and B_HE_PRED.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum IntraMode {
    /// DC_PRED: the mean of the edges.
    Dc,
    /// TM_PRED: left plus above less the corner.
    Tm,
    /// V_PRED: the row above.
    V,
    /// H_PRED: the column at left.
    H,
}

impl IntraMode {
    /// All, by number.
    pub const ALL: [Self; 4] = [Self::Dc, Self::Tm, Self::V, Self::H];

    /// Where the mode stands in the tables.
    #[inline(always)]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A mode of a 4x4 luma block, numbered as in the tables: DC, TM, VE, HE, LD, RD, VR, VL, HD, HU (section 11.2).
pub type BlockMode = u8;

/// Luma prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Luma {
    /// One mode for all; the DCs are in the Y2 block.
    I16x16(IntraMode),
    /// B_PRED: a mode for each 4x4 block.
    I4x4([BlockMode; 16]),
}

/// Modes and levels of a macroblock.
#[derive(Debug, Clone)]
pub struct Macroblock {
    /// 0 to 3.
    pub segment: u8,
    /// Luma mode.
    pub luma: Luma,
    /// Chroma mode.
    pub uv: IntraMode,
    /// For each block one past its last nonzero level; 0 when all are zero.
    pub eobs: [u8; 25],
    /// Levels in scan order. Only those from the first coefficient of the block's type to its `eob` count.
    pub levels: [[i16; 16]; 25],
}

impl Macroblock {
    /// All zero, DC-predicted.
    pub const fn new() -> Self {
        Self {
            segment: 0,
            luma: Luma::I16x16(IntraMode::Dc),
            uv: IntraMode::Dc,
            eobs: [0; 25],
            levels: [[0; 16]; 25],
        }
    }

    /// True if the luma DCs are in a block of their own.
    pub const fn has_y2(&self) -> bool {
        matches!(self.luma, Luma::I16x16(_))
    }

    /// The place in the scan where a block's levels begin.
    pub const fn first(&self, block: usize) -> usize {
        if block < 16 && self.has_y2() { 1 } else { 0 }
    }

    /// A bit for each block that has nonzero levels.
    #[inline(always)]
    pub fn nonzero_blocks(&self) -> u64 {
        let mut nonzero = 0;
        for block in 0..25 {
            nonzero |= u64::from(self.eobs[block] != 0) << block;
        }
        nonzero
    }
}

/// Which blocks along an edge of a macroblock have nonzero levels, 1 or 0 each: 4 of luma, 2 of Cb, 2 of Cr, and the
/// last Y2 block. A block's context is the sum of the two flags above and at left of it (RFC 6386, section 13.3).
#[derive(Debug, Clone, Copy, Default)]
pub struct NonzeroFlags(pub [u8; 9]);

/// Where the flag of the Y2 block stands in [`NonzeroFlags`].
const Y2_FLAG: usize = 8;

impl NonzeroFlags {
    /// A bit for each.
    #[inline(always)]
    pub fn packed(self) -> u16 {
        let mut bits = 0;
        for place in 0..9 {
            bits |= u16::from(self.0[place]) << place;
        }
        bits
    }

    /// From [`Self::packed`].
    #[inline(always)]
    pub fn unpacked(bits: u16) -> Self {
        let mut flags = Self::default();
        for place in 0..9 {
            flags.0[place] = (bits >> place & 1) as u8;
        }
        flags
    }

    /// Sets the flag of the Y2 block in `self` and `left`.
    #[inline(always)]
    pub fn set_y2(&mut self, left: &mut Self, is_nonzero: bool) {
        (self.0[Y2_FLAG], left.0[Y2_FLAG]) = (u8::from(is_nonzero), u8::from(is_nonzero));
    }

    /// The context of the Y2 block below `self` and beside `left`.
    #[inline(always)]
    pub fn y2_context(&self, left: &Self) -> usize {
        usize::from(self.0[Y2_FLAG] + left.0[Y2_FLAG])
    }
}

/// What [`for_each_block`] says of a block.
pub struct BlockVisit {
    /// Its index among the 25.
    pub block: usize,
    /// Its type.
    pub block_type: BlockType,
    /// How many of the blocks above and at left have nonzero levels.
    pub context: usize,
    /// Whether it has nonzero levels itself.
    pub is_nonzero: bool,
}

/// Visits the blocks of a macroblock in the order of the bitstream, and keeps the flags above and at left. `nonzero`
/// has a bit for each block with nonzero levels.
#[inline(always)]
pub fn for_each_block(
    has_y2: bool,
    nonzero: u64,
    top: &mut NonzeroFlags,
    left: &mut NonzeroFlags,
    mut visit: impl FnMut(BlockVisit),
) {
    let luma_type = if has_y2 {
        let is_nonzero = nonzero >> Y2 & 1 == 1;
        visit(BlockVisit { block: Y2, block_type: BlockType::Y2, context: top.y2_context(left), is_nonzero });
        top.set_y2(left, is_nonzero);
        BlockType::YAfterY2
    } else {
        BlockType::YWithDc
    };
    let mut plane = |first: usize, side: usize, flag: usize, block_type: BlockType| {
        for block in 0..side * side {
            let (x, y) = (flag + block % side, flag + block / side);
            let is_nonzero = nonzero >> (first + block) & 1 == 1;
            let context = usize::from(top.0[x] + left.0[y]);
            visit(BlockVisit { block: first + block, block_type, context, is_nonzero });
            (top.0[x], left.0[y]) = (u8::from(is_nonzero), u8::from(is_nonzero));
        }
    };
    plane(0, 4, 0, luma_type);
    plane(16, 2, 4, BlockType::Chroma);
    plane(20, 2, 6, BlockType::Chroma);
}

/// Sets the flags that a macroblock without levels leaves behind: a Y2 block that it has not keeps its own.
pub fn skip_blocks(has_y2: bool, top: &mut NonzeroFlags, left: &mut NonzeroFlags) {
    for flags in [top, left] {
        let y2 = if has_y2 { 0 } else { flags.0[Y2_FLAG] };
        flags.0 = [0; 9];
        flags.0[Y2_FLAG] = y2;
    }
}
