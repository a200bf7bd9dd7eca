//! A coded macroblock: its modes and quantised levels.

/// Index of the block of luma DCs among a macroblock's 25: 16 luma, 4 Cb, 4 Cr, then this.
pub const Y2: usize = 24;

/// Luma prediction. Modes are 0 DC, 1 TM, 2 V, 3 H for a whole macroblock; 4x4 modes are numbered as in the
/// tables: DC, TM, VE, HE, LD, RD, VR, VL, HD, HU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Luma {
    /// One mode for all; the DCs are in a block of their own.
    Whole(u8),
    /// A mode for each 4x4 block.
    Blocks([u8; 16]),
}

/// Modes and levels of a macroblock.
#[derive(Debug, Clone)]
pub struct Macroblock {
    /// 0 to 3.
    pub segment: u8,
    /// Luma mode.
    pub luma: Luma,
    /// Chroma mode: 0 DC, 1 TM, 2 V, 3 H.
    pub uv: u8,
    /// For each block one past its last level that is not zero; 0 when all are.
    pub ends: [u8; 25],
    /// Levels in scan order. Only those from [`Self::first`] to the block's end count.
    pub levels: [[i16; 16]; 25],
}

impl Macroblock {
    /// All zero, DC-predicted.
    pub const fn new() -> Self {
        Self { segment: 0, luma: Luma::Whole(0), uv: 0, ends: [0; 25], levels: [[0; 16]; 25] }
    }

    /// True if the luma DCs are in a block of their own.
    pub const fn has_y2(&self) -> bool {
        matches!(self.luma, Luma::Whole(_))
    }

    /// The place in the scan where a block's levels begin.
    pub const fn first(&self, block: usize) -> usize {
        if block < 16 && self.has_y2() { 1 } else { 0 }
    }

    /// A bit for each block that has levels.
    #[inline(always)]
    pub fn coded(&self) -> u64 {
        let mut coded = 0;
        for block in 0..25 {
            coded |= u64::from(self.ends[block] != 0) << block;
        }
        coded
    }
}

/// Which of the blocks along an edge have levels: 4 luma, 2 Cb, 2 Cr, and the last luma DC block.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edge(pub [u8; 9]);

impl Edge {
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
        let mut edge = Self::default();
        for place in 0..9 {
            edge.0[place] = (bits >> place & 1) as u8;
        }
        edge
    }
}

/// Calls back for each block of a macroblock in the order of the bitstream with block, token type, context and
/// whether it has levels (`coded`, by block), and keeps the contexts above and at left.
#[inline(always)]
pub fn for_each_block(
    has_y2: bool,
    coded: u64,
    top: &mut Edge,
    left: &mut Edge,
    mut visit: impl FnMut(usize, usize, usize, bool),
) {
    let luma_kind = if has_y2 {
        let is_coded = coded >> Y2 & 1 == 1;
        visit(Y2, 1, usize::from(top.0[8] + left.0[8]), is_coded);
        (top.0[8], left.0[8]) = (u8::from(is_coded), u8::from(is_coded));
        0
    } else {
        3
    };
    let mut plane = |first: usize, side: usize, edge: usize, kind: usize| {
        for block in 0..side * side {
            let (x, y) = (edge + block % side, edge + block / side);
            let is_coded = coded >> (first + block) & 1 == 1;
            visit(first + block, kind, usize::from(top.0[x] + left.0[y]), is_coded);
            (top.0[x], left.0[y]) = (u8::from(is_coded), u8::from(is_coded));
        }
    };
    plane(0, 4, 0, luma_kind);
    plane(16, 2, 4, 2);
    plane(20, 2, 6, 2);
}

/// Sets the contexts that a macroblock without levels leaves behind.
pub fn skip_blocks(has_y2: bool, top: &mut Edge, left: &mut Edge) {
    for edge in [top, left] {
        let kept = if has_y2 { 0 } else { edge.0[8] };
        edge.0 = [0; 9];
        edge.0[8] = kept;
    }
}
