//! Sizes of blocks and transforms, the modes of prediction, the types of transforms (sections 3, 6.10 and 10 of the AV1
//! specification), and what follows from each.

use BlockSize as B;
use TxSize as T;

/// `BlockSize`, in luma samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum BlockSize {
    Block4x4,
    Block4x8,
    Block8x4,
    Block8x8,
    Block8x16,
    Block16x8,
    Block16x16,
    Block16x32,
    Block32x16,
    Block32x32,
    Block32x64,
    Block64x32,
    Block64x64,
    Block64x128,
    Block128x64,
    Block128x128,
    Block4x16,
    Block16x4,
    Block8x32,
    Block32x8,
    Block16x64,
    Block64x16,
}

/// `TxSize`, in samples of its plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum TxSize {
    Tx4x4,
    Tx8x8,
    Tx16x16,
    Tx32x32,
    Tx64x64,
    Tx4x8,
    Tx8x4,
    Tx8x16,
    Tx16x8,
    Tx16x32,
    Tx32x16,
    Tx32x64,
    Tx64x32,
    Tx4x16,
    Tx16x4,
    Tx8x32,
    Tx32x8,
    Tx16x64,
    Tx64x16,
}

/// `Partition_Subsize`.
#[rustfmt::skip]
static PARTITION_SUBSIZE: [[Option<B>; 22]; 10] = [
    [
        Some(B::Block4x4), None, None, Some(B::Block8x8), None, None, Some(B::Block16x16), None, None,
        Some(B::Block32x32), None, None, Some(B::Block64x64), None, None, Some(B::Block128x128), None, None, None,
        None, None, None,
    ],
    [
        None, None, None, Some(B::Block8x4), None, None, Some(B::Block16x8), None, None, Some(B::Block32x16), None,
        None, Some(B::Block64x32), None, None, Some(B::Block128x64), None, None, None, None, None, None,
    ],
    [
        None, None, None, Some(B::Block4x8), None, None, Some(B::Block8x16), None, None, Some(B::Block16x32), None,
        None, Some(B::Block32x64), None, None, Some(B::Block64x128), None, None, None, None, None, None,
    ],
    [
        None, None, None, Some(B::Block4x4), None, None, Some(B::Block8x8), None, None, Some(B::Block16x16), None,
        None, Some(B::Block32x32), None, None, Some(B::Block64x64), None, None, None, None, None, None,
    ],
    [
        None, None, None, Some(B::Block8x4), None, None, Some(B::Block16x8), None, None, Some(B::Block32x16), None,
        None, Some(B::Block64x32), None, None, Some(B::Block128x64), None, None, None, None, None, None,
    ],
    [
        None, None, None, Some(B::Block8x4), None, None, Some(B::Block16x8), None, None, Some(B::Block32x16), None,
        None, Some(B::Block64x32), None, None, Some(B::Block128x64), None, None, None, None, None, None,
    ],
    [
        None, None, None, Some(B::Block4x8), None, None, Some(B::Block8x16), None, None, Some(B::Block16x32), None,
        None, Some(B::Block32x64), None, None, Some(B::Block64x128), None, None, None, None, None, None,
    ],
    [
        None, None, None, Some(B::Block4x8), None, None, Some(B::Block8x16), None, None, Some(B::Block16x32), None,
        None, Some(B::Block32x64), None, None, Some(B::Block64x128), None, None, None, None, None, None,
    ],
    [
        None, None, None, None, None, None, Some(B::Block16x4), None, None, Some(B::Block32x8), None, None,
        Some(B::Block64x16), None, None, None, None, None, None, None, None, None,
    ],
    [
        None, None, None, None, None, None, Some(B::Block4x16), None, None, Some(B::Block8x32), None, None,
        Some(B::Block16x64), None, None, None, None, None, None, None, None, None,
    ],
];

/// `Subsampled_Size`, by `subsampling_x` and `subsampling_y`.
#[rustfmt::skip]
static SUBSAMPLED_SIZE: [[[Option<B>; 2]; 2]; 22] = [
    [
        [Some(B::Block4x4), Some(B::Block4x4)],
        [Some(B::Block4x4), Some(B::Block4x4)],
    ],
    [
        [Some(B::Block4x8), Some(B::Block4x4)],
        [None, Some(B::Block4x4)],
    ],
    [
        [Some(B::Block8x4), None],
        [Some(B::Block4x4), Some(B::Block4x4)],
    ],
    [
        [Some(B::Block8x8), Some(B::Block8x4)],
        [Some(B::Block4x8), Some(B::Block4x4)],
    ],
    [
        [Some(B::Block8x16), Some(B::Block8x8)],
        [None, Some(B::Block4x8)],
    ],
    [
        [Some(B::Block16x8), None],
        [Some(B::Block8x8), Some(B::Block8x4)],
    ],
    [
        [Some(B::Block16x16), Some(B::Block16x8)],
        [Some(B::Block8x16), Some(B::Block8x8)],
    ],
    [
        [Some(B::Block16x32), Some(B::Block16x16)],
        [None, Some(B::Block8x16)],
    ],
    [
        [Some(B::Block32x16), None],
        [Some(B::Block16x16), Some(B::Block16x8)],
    ],
    [
        [Some(B::Block32x32), Some(B::Block32x16)],
        [Some(B::Block16x32), Some(B::Block16x16)],
    ],
    [
        [Some(B::Block32x64), Some(B::Block32x32)],
        [None, Some(B::Block16x32)],
    ],
    [
        [Some(B::Block64x32), None],
        [Some(B::Block32x32), Some(B::Block32x16)],
    ],
    [
        [Some(B::Block64x64), Some(B::Block64x32)],
        [Some(B::Block32x64), Some(B::Block32x32)],
    ],
    [
        [Some(B::Block64x128), Some(B::Block64x64)],
        [None, Some(B::Block32x64)],
    ],
    [
        [Some(B::Block128x64), None],
        [Some(B::Block64x64), Some(B::Block64x32)],
    ],
    [
        [Some(B::Block128x128), Some(B::Block128x64)],
        [Some(B::Block64x128), Some(B::Block64x64)],
    ],
    [
        [Some(B::Block4x16), Some(B::Block4x8)],
        [None, Some(B::Block4x8)],
    ],
    [
        [Some(B::Block16x4), None],
        [Some(B::Block8x4), Some(B::Block8x4)],
    ],
    [
        [Some(B::Block8x32), Some(B::Block8x16)],
        [None, Some(B::Block4x16)],
    ],
    [
        [Some(B::Block32x8), None],
        [Some(B::Block16x8), Some(B::Block16x4)],
    ],
    [
        [Some(B::Block16x64), Some(B::Block16x32)],
        [None, Some(B::Block8x32)],
    ],
    [
        [Some(B::Block64x16), None],
        [Some(B::Block32x16), Some(B::Block32x8)],
    ],
];

/// `Max_Tx_Size_Rect`.
#[rustfmt::skip]
static MAX_TX_SIZE_RECT: [T; 22] = [
    T::Tx4x4, T::Tx4x8, T::Tx8x4, T::Tx8x8, T::Tx8x16, T::Tx16x8, T::Tx16x16, T::Tx16x32, T::Tx32x16, T::Tx32x32,
    T::Tx32x64, T::Tx64x32, T::Tx64x64, T::Tx64x64, T::Tx64x64, T::Tx64x64, T::Tx4x16, T::Tx16x4, T::Tx8x32,
    T::Tx32x8, T::Tx16x64, T::Tx64x16,
];

/// `Split_Tx_Size`.
#[rustfmt::skip]
static SPLIT_TX_SIZE: [T; 19] = [
    T::Tx4x4, T::Tx4x4, T::Tx8x8, T::Tx16x16, T::Tx32x32, T::Tx4x4, T::Tx4x4, T::Tx8x8, T::Tx8x8, T::Tx16x16,
    T::Tx16x16, T::Tx32x32, T::Tx32x32, T::Tx4x8, T::Tx8x4, T::Tx8x16, T::Tx16x8, T::Tx16x32, T::Tx32x16,
];

/// `Adjusted_Tx_Size`: what of a transform has coefficients.
#[rustfmt::skip]
static ADJUSTED_TX_SIZE: [T; 19] = [
    T::Tx4x4, T::Tx8x8, T::Tx16x16, T::Tx32x32, T::Tx32x32, T::Tx4x8, T::Tx8x4, T::Tx8x16, T::Tx16x8, T::Tx16x32,
    T::Tx32x16, T::Tx32x32, T::Tx32x32, T::Tx4x16, T::Tx16x4, T::Tx8x32, T::Tx32x8, T::Tx16x32, T::Tx32x16,
];

/// `Tx_Size_Sqr`.
#[rustfmt::skip]
static TX_SIZE_SQR: [T; 19] = [
    T::Tx4x4, T::Tx8x8, T::Tx16x16, T::Tx32x32, T::Tx64x64, T::Tx4x4, T::Tx4x4, T::Tx8x8, T::Tx8x8, T::Tx16x16,
    T::Tx16x16, T::Tx32x32, T::Tx32x32, T::Tx4x4, T::Tx4x4, T::Tx8x8, T::Tx8x8, T::Tx16x16, T::Tx16x16,
];

/// `Tx_Size_Sqr_Up`.
#[rustfmt::skip]
static TX_SIZE_SQR_UP: [T; 19] = [
    T::Tx4x4, T::Tx8x8, T::Tx16x16, T::Tx32x32, T::Tx64x64, T::Tx8x8, T::Tx8x8, T::Tx16x16, T::Tx16x16, T::Tx32x32,
    T::Tx32x32, T::Tx64x64, T::Tx64x64, T::Tx16x16, T::Tx16x16, T::Tx32x32, T::Tx32x32, T::Tx64x64, T::Tx64x64,
];

/// All sizes of transforms in order.
#[rustfmt::skip]
pub static ALL_TX_SIZES: [T; 19] = [
    T::Tx4x4, T::Tx8x8, T::Tx16x16, T::Tx32x32, T::Tx64x64, T::Tx4x8, T::Tx8x4, T::Tx8x16, T::Tx16x8, T::Tx16x32,
    T::Tx32x16, T::Tx32x64, T::Tx64x32, T::Tx4x16, T::Tx16x4, T::Tx8x32, T::Tx32x8, T::Tx16x64, T::Tx64x16,
];

impl BlockSize {
    /// `Num_4x4_Blocks_Wide`.
    pub const fn width4(self) -> usize {
        1 << self.width4_log2()
    }

    /// `Num_4x4_Blocks_High`.
    pub const fn height4(self) -> usize {
        1 << self.height4_log2()
    }

    /// `Block_Width`, in samples.
    pub const fn width(self) -> usize {
        4 << self.width4_log2()
    }

    /// `Block_Height`, in samples.
    pub const fn height(self) -> usize {
        4 << self.height4_log2()
    }

    /// `Mi_Width_Log2`.
    pub const fn width4_log2(self) -> usize {
        const LOG2: [u8; 22] = [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 0, 2, 1, 3, 2, 4];
        LOG2[self as usize] as usize
    }

    /// `Mi_Height_Log2`.
    pub const fn height4_log2(self) -> usize {
        const LOG2: [u8; 22] = [0, 1, 0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5, 4, 5, 2, 0, 3, 1, 4, 2];
        LOG2[self as usize] as usize
    }

    /// `Partition_Subsize`: the size of the (largest) parts of a square block.
    pub fn part(self, partition: Partition) -> Option<Self> {
        PARTITION_SUBSIZE[partition as usize][self as usize]
    }

    /// `get_plane_residual_size`: the size in a plane that is subsampled so. There is none where the sampling can't be.
    pub fn subsampled(self, subsampling_x: bool, subsampling_y: bool) -> Option<Self> {
        SUBSAMPLED_SIZE[self as usize][usize::from(subsampling_x)][usize::from(subsampling_y)]
    }

    /// `Max_Tx_Size_Rect`.
    pub fn max_tx_size(self) -> TxSize {
        MAX_TX_SIZE_RECT[self as usize]
    }
}

impl TxSize {
    /// `Tx_Width_Log2`: the logarithm of the width in samples.
    pub const fn width_log2(self) -> usize {
        const LOG2: [u8; 19] = [2, 3, 4, 5, 6, 2, 3, 3, 4, 4, 5, 5, 6, 2, 4, 3, 5, 4, 6];
        LOG2[self as usize] as usize
    }

    /// `Tx_Height_Log2`: the logarithm of the height in samples.
    pub const fn height_log2(self) -> usize {
        const LOG2: [u8; 19] = [2, 3, 4, 5, 6, 3, 2, 4, 3, 5, 4, 6, 5, 4, 2, 5, 3, 6, 4];
        LOG2[self as usize] as usize
    }

    /// `Tx_Width`, in samples.
    pub const fn width(self) -> usize {
        1 << self.width_log2()
    }

    /// `Tx_Height`, in samples.
    pub const fn height(self) -> usize {
        1 << self.height_log2()
    }

    /// `Split_Tx_Size`: the size of the parts one level down.
    pub fn split(self) -> Self {
        SPLIT_TX_SIZE[self as usize]
    }

    /// `Adjusted_Tx_Size`: the size without the coefficients that are never coded, 32 samples a side at most.
    pub fn adjusted(self) -> Self {
        ADJUSTED_TX_SIZE[self as usize]
    }

    /// `Tx_Size_Sqr`: the square on the shorter side.
    pub fn sqr(self) -> Self {
        TX_SIZE_SQR[self as usize]
    }

    /// `Tx_Size_Sqr_Up`: the square on the longer side.
    pub fn sqr_up(self) -> Self {
        TX_SIZE_SQR_UP[self as usize]
    }
}

/// `partition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Partition {
    None,
    Horz,
    Vert,
    Split,
    HorzA,
    HorzB,
    VertA,
    VertB,
    Horz4,
    Vert4,
}

impl Partition {
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Horz,
        Self::Vert,
        Self::Split,
        Self::HorzA,
        Self::HorzB,
        Self::VertA,
        Self::VertB,
        Self::Horz4,
        Self::Vert4,
    ];
}

/// `y_mode` and `uv_mode` of intra blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PredictionMode {
    Dc,
    V,
    H,
    D45,
    D135,
    D113,
    D157,
    D203,
    D67,
    Smooth,
    SmoothV,
    SmoothH,
    Paeth,
    /// `UV_CFL_PRED`, of chroma alone.
    Cfl,
}

impl PredictionMode {
    pub const ALL: [Self; 14] = [
        Self::Dc,
        Self::V,
        Self::H,
        Self::D45,
        Self::D135,
        Self::D113,
        Self::D157,
        Self::D203,
        Self::D67,
        Self::Smooth,
        Self::SmoothV,
        Self::SmoothH,
        Self::Paeth,
        Self::Cfl,
    ];

    /// `is_directional_mode`.
    pub const fn is_directional(self) -> bool {
        self as u8 >= Self::V as u8 && self as u8 <= Self::D67 as u8
    }

    /// `is_smooth`.
    pub const fn is_smooth(self) -> bool {
        matches!(self, Self::Smooth | Self::SmoothV | Self::SmoothH)
    }

    /// `Mode_To_Txfm`: the transform that chroma, and luma without a type of its own, gets.
    pub const fn tx_type(self) -> TxType {
        match self {
            Self::Dc | Self::D45 | Self::Cfl => TxType::DctDct,
            Self::V | Self::D113 | Self::D67 | Self::SmoothV => TxType::AdstDct,
            Self::H | Self::D157 | Self::D203 | Self::SmoothH => TxType::DctAdst,
            Self::D135 | Self::Smooth | Self::Paeth => TxType::AdstAdst,
        }
    }
}

/// The type of a transform: that of the columns, then that of the rows, as the specification names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TxType {
    DctDct,
    AdstDct,
    DctAdst,
    AdstAdst,
    FlipAdstDct,
    DctFlipAdst,
    FlipAdstFlipAdst,
    AdstFlipAdst,
    FlipAdstAdst,
    Idtx,
    VDct,
    HDct,
    VAdst,
    HAdst,
    VFlipAdst,
    HFlipAdst,
}

/// `get_tx_class`: along what a type transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxClass {
    TwoD,
    Horizontal,
    Vertical,
}

impl TxType {
    pub const fn class(self) -> TxClass {
        match self {
            Self::VDct | Self::VAdst | Self::VFlipAdst => TxClass::Vertical,
            Self::HDct | Self::HAdst | Self::HFlipAdst => TxClass::Horizontal,
            _ => TxClass::TwoD,
        }
    }
}
