//! Where coefficients and samples lie: the zigzag, groups of blocks, and the sizes of planes.
//!
//! Sixteen blocks that stand side by side make a group. A coefficient's place in it holds that of all sixteen, one
//! lane each, so that the transform works on many blocks at once.

use super::{super::header::Frame, tables::ScanComponent};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size, Subsampling},
};

/// Blocks in a group.
pub(super) const LANES: usize = 16;

/// Coefficients of a group in work: 64 places, and one for what is not kept.
pub(super) const GROUP: usize = 65 * LANES;

/// The places of coefficients in raster order, in the order in which they are coded (T.81 figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The rows (or columns) of an 8x8 block as the full-size transform takes them: two at once, a pair's values of a
/// block side by side.
pub(super) const PAIRS: [[usize; 2]; 4] = [[0, 4], [2, 6], [7, 1], [3, 5]];

/// Which coefficients of a block are kept at a scale of `side` eighths, and where in a group.
#[derive(Debug, Clone)]
pub(super) struct CoefficientLayout {
    /// Samples across and down that become of a block: 1 to 8.
    pub(super) scale_num: usize,
    /// By coded order: where the coefficient of the first lane lies.
    pub(super) offsets: [u16; 64],
    /// By coded order, a bit for each that is kept.
    pub(super) kept: u64,
    /// The last that is kept.
    pub(super) last: u32,
}

impl CoefficientLayout {
    pub(super) fn new(scale_num: usize) -> Self {
        let mut layout =
            Self { scale_num, offsets: [(scale_num * scale_num * LANES) as u16; 64], kept: 0, last: 0 };
        for (k, &raster) in ZIGZAG.iter().enumerate() {
            let (row, column) = (usize::from(raster / 8), usize::from(raster % 8));
            if row < scale_num && column < scale_num {
                layout.kept |= 1 << k;
                layout.last = k as u32;
                layout.offsets[k] = if scale_num == 8 {
                    paired_offset(row, column) as u16
                } else {
                    ((row * scale_num + column) * LANES) as u16
                };
            }
        }
        layout
    }

    /// What is added to an offset for a lane, 0 to 15.
    #[inline(always)]
    pub(super) const fn lane(&self, lane: usize) -> usize {
        if self.scale_num == 8 { lane / 8 * LANES + lane % 8 * 2 } else { lane }
    }

    /// Coefficients that a stored group has.
    pub(super) const fn group(&self) -> usize {
        self.scale_num * self.scale_num * LANES
    }
}

/// Where the first lane of a coefficient lies in a group of full size: by pair of rows, then by column, then by
/// half of the lanes.
const fn paired_offset(row: usize, column: usize) -> usize {
    let mut pair = 0;
    while pair < 4 {
        if PAIRS[pair][0] == row {
            return (pair * 8 + column) * 2 * LANES;
        }
        if PAIRS[pair][1] == row {
            return (pair * 8 + column) * 2 * LANES + 1;
        }
        pair += 1;
    }
    0
}

/// How a picture is oriented while it is decoded: its MCU rows are walked and their samples put so that rows of
/// the oriented picture come in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orient {
    /// MCU rows are columns of MCUs, and blocks are transposed.
    pub(super) transposes: bool,
    /// The last MCU row comes first, and the last row of each.
    pub(super) flips_y: bool,
    /// Rows are mirrored.
    pub(super) flips_x: bool,
}

impl Orient {
    pub(super) const fn new(orientation: Orientation) -> Self {
        let (flips_x, flips_y) = orientation.flips();
        match orientation.is_transposing() {
            false => Self { transposes: false, flips_y, flips_x },
            true => Self { transposes: true, flips_y: flips_x, flips_x: flips_y },
        }
    }

    /// True if MCUs are wanted in another order than they are coded in.
    pub(super) const fn reorders(self) -> bool {
        self.transposes || self.flips_y
    }

    /// A pair of what counts across and what counts down, oriented.
    pub(super) const fn axes<T: Copy>(self, [across, down]: [T; 2]) -> [T; 2] {
        if self.transposes { [down, across] } else { [across, down] }
    }
}

/// A component's blocks and samples.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) quant_table: usize,
    /// Blocks in an MCU of the interleaved scan.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Blocks that hold samples of the picture.
    pub(super) blocks: [usize; 2],
    /// Groups in a row of blocks, those that fill up MCUs included.
    pub(super) groups: usize,
    /// Samples, scaled.
    pub(super) size: Size,
}

/// A frame's components and its MCUs.
#[derive(Debug, Clone)]
pub(super) struct Geometry {
    pub(super) components: Vec<Component>,
    /// Units across and down.
    pub(super) mcus: [usize; 2],
}

impl Geometry {
    /// True for a single component, and for three whose sampling factors are the plainest of a usual subsampling.
    pub(super) fn is_usual(&self, subsampling: Option<Subsampling>) -> bool {
        let is_plain = |component: &Component| (component.across, component.down) == (1, 1);
        match self.components.as_slice() {
            [_] => true,
            [_, blue, red] => subsampling.is_some() && is_plain(blue) && is_plain(red),
            _ => false,
        }
    }

    /// The same, oriented: across and down exchange their meanings where the picture is transposed.
    pub(super) fn oriented(mut self, orient: Orient) -> Self {
        self.mcus = orient.axes(self.mcus);
        for component in &mut self.components {
            [component.across, component.down] = orient.axes([component.across, component.down]);
            component.blocks = orient.axes(component.blocks);
            component.groups = (self.mcus[0] * component.across).div_ceil(LANES);
            if orient.transposes {
                component.size = component.size.transposed();
            }
        }
        self
    }

    /// Checks the MCU of a scan (T.81 B.2.3): no decoder takes more blocks than the standard allows.
    ///
    /// # Errors
    /// `Malformed` when it has more than ten.
    pub(super) fn check_mcu(&self, components: &[ScanComponent]) -> Result<()> {
        let is_interleaved = components.len() > 1;
        let components = components.iter().filter_map(|component| self.components.get(component.index()));
        let blocks: usize = components.map(|component| component.across * component.down).sum();
        if is_interleaved && blocks > 10 {
            return Err(Error::malformed("a JPEG with more than ten blocks in an MCU"));
        }
        Ok(())
    }

    /// The blocks that a scan passes over.
    pub(super) fn blocks(&self, components: &[ScanComponent]) -> u64 {
        let components = components.iter().filter_map(|component| self.components.get(component.index()));
        components.map(|component| (component.blocks[0] * component.blocks[1]) as u64).sum()
    }

    /// The geometry of a frame at a scale of `side` eighths (T.81 A.1.1, A.2).
    pub(super) fn new(frame: &Frame, scale_num: usize) -> Self {
        // A single component is stored in plain blocks, whatever its factors say.
        let is_single = frame.components.len() == 1;
        let factors =
            |across: u32, down: u32| if is_single { (1, 1) } else { (across as usize, down as usize) };
        let all = || frame.components.iter().map(|component| factors(component.across, component.down));
        let most_across = all().map(|(across, _)| across).max().unwrap_or(1);
        let most_down = all().map(|(_, down)| down).max().unwrap_or(1);
        let [width, height] = [frame.size.width as usize, frame.size.height as usize];
        let mcus = [width.div_ceil(8 * most_across), height.div_ceil(8 * most_down)];
        let components = frame.components.iter().zip(all());
        let components = components.map(|(component, (across, down))| {
            let full = [(width * across).div_ceil(most_across), (height * down).div_ceil(most_down)];
            let scaled = [
                (width * across * scale_num).div_ceil(8 * most_across),
                (height * down * scale_num).div_ceil(8 * most_down),
            ];
            Component {
                id: component.id,
                quant_table: component.quant_table.into(),
                across,
                down,
                blocks: full.map(|samples| samples.div_ceil(8)),
                groups: (mcus[0] * across).div_ceil(LANES),
                size: Size::new(scaled[0] as u32, scaled[1] as u32),
            }
        });
        Self { components: components.collect(), mcus }
    }
}
