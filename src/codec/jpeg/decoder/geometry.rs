//! How a frame falls into MCUs, blocks and planes, at a scale and in an orientation (T.81 A.1.1, A.2).

use std::mem;

use super::{
    super::frame::Frame,
    layout::{CoefficientLayout, LANES},
    scan_header::ScanComponent,
};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size, Subsampling},
};

/// How rows of the upright picture are made of the coded one: the order in which MCUs are decoded, and where their
/// samples are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orient {
    /// MCU rows are columns of the coded picture, and blocks are transposed.
    pub(super) transposes: bool,
    /// The last MCU row comes first, and the last row of samples of each.
    pub(super) flips_y: bool,
    /// Rows of samples are mirrored.
    pub(super) flips_x: bool,
}

impl Orient {
    /// The picture as it is coded.
    const AS_CODED: Self = Self { transposes: false, flips_y: false, flips_x: false };

    pub(super) const fn new(orientation: Orientation) -> Self {
        let (flips_x, flips_y) = orientation.flips();
        match orientation.is_transposing() {
            false => Self { transposes: false, flips_y, flips_x },
            true => Self { transposes: true, flips_y: flips_x, flips_x: flips_y },
        }
    }

    /// True if MCUs are decoded in another order than they are coded in.
    pub(super) const fn reorders(self) -> bool {
        self.transposes || self.flips_y
    }
}

/// A block of a component, in blocks from the top left.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockPos {
    pub(super) x: usize,
    pub(super) y: usize,
}

/// A component's blocks and samples.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Its identifier (Ci).
    pub(super) id: u8,
    /// The number of its quantization table (Tqi).
    pub(super) quant_table: usize,
    /// Blocks across and down in an MCU of an interleaved scan: the sampling factors (Hi, Vi).
    pub(super) mcu_width: usize,
    pub(super) mcu_height: usize,
    /// Blocks that hold samples of the picture.
    pub(super) width_in_blocks: usize,
    pub(super) height_in_blocks: usize,
    /// Groups in a row of blocks, those that fill up MCUs included.
    pub(super) groups_per_row: usize,
    /// Samples, scaled.
    pub(super) size: Size,
}

/// A frame's components and MCUs at a scale and in an orientation.
#[derive(Debug, Clone)]
pub(super) struct Geometry {
    pub(super) components: Vec<Component>,
    pub(super) mcus_per_row: usize,
    pub(super) mcu_rows: usize,
    pub(super) orient: Orient,
    pub(super) layout: CoefficientLayout,
}

impl Geometry {
    /// The geometry of a frame as it is coded, at a scale of `scale_num` eighths.
    pub(super) fn new(frame: &Frame, scale_num: usize) -> Self {
        // A single component is stored in plain blocks, whatever its factors say.
        let is_single = frame.components.len() == 1;
        let factors = |h: u32, v: u32| if is_single { (1, 1) } else { (h as usize, v as usize) };
        let all = || frame.components.iter().map(|component| factors(component.h_samp, component.v_samp));
        let max_h = all().map(|(h, _)| h).max().unwrap_or(1);
        let max_v = all().map(|(_, v)| v).max().unwrap_or(1);
        let [width, height] = [frame.size.width as usize, frame.size.height as usize];
        let mcus_per_row = width.div_ceil(8 * max_h);
        let components = frame.components.iter().zip(all());
        let components = components.map(|(component, (h, v))| Component {
            id: component.id,
            quant_table: component.quant_table.into(),
            mcu_width: h,
            mcu_height: v,
            width_in_blocks: (width * h).div_ceil(max_h).div_ceil(8),
            height_in_blocks: (height * v).div_ceil(max_v).div_ceil(8),
            groups_per_row: (mcus_per_row * h).div_ceil(LANES),
            size: Size::new(
                (width * h * scale_num).div_ceil(8 * max_h) as u32,
                (height * v * scale_num).div_ceil(8 * max_v) as u32,
            ),
        });
        Self {
            components: components.collect(),
            mcus_per_row,
            mcu_rows: height.div_ceil(8 * max_v),
            orient: Orient::AS_CODED,
            layout: CoefficientLayout::new(scale_num),
        }
    }

    /// The geometry of the upright picture that becomes of one as it is coded.
    pub(super) fn oriented(mut self, orient: Orient) -> Self {
        self.orient = orient;
        if !orient.transposes {
            return self;
        }
        mem::swap(&mut self.mcus_per_row, &mut self.mcu_rows);
        for component in &mut self.components {
            mem::swap(&mut component.mcu_width, &mut component.mcu_height);
            mem::swap(&mut component.width_in_blocks, &mut component.height_in_blocks);
            component.groups_per_row = (self.mcus_per_row * component.mcu_width).div_ceil(LANES);
            component.size = component.size.transposed();
        }
        self
    }

    /// The MCUs of a row as it is coded, and of all rows.
    pub(super) const fn coded_mcus(&self) -> CodedMcus {
        let per_row = if self.orient.transposes { self.mcu_rows } else { self.mcus_per_row };
        CodedMcus { per_row, all: self.mcus_per_row * self.mcu_rows }
    }

    /// Blocks of an interleaved MCU.
    pub(super) fn blocks_per_mcu(&self) -> usize {
        self.components.iter().map(|component| component.mcu_width * component.mcu_height).sum()
    }

    /// True for a single component, and for three whose sampling factors are the plainest of a usual subsampling.
    pub(super) fn is_usual(&self, subsampling: Option<Subsampling>) -> bool {
        let is_plain = |component: &Component| (component.mcu_width, component.mcu_height) == (1, 1);
        match self.components.as_slice() {
            [_] => true,
            [_, blue, red] => subsampling.is_some() && is_plain(blue) && is_plain(red),
            _ => false,
        }
    }

    /// Checks the MCU of a scan of `components` (T.81 B.2.3): no decoder takes more blocks than the standard allows.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when it has more than ten.
    pub(super) fn check_mcu(&self, components: &[ScanComponent]) -> Result<()> {
        let blocks: usize =
            self.of_scan(components).map(|component| component.mcu_width * component.mcu_height).sum();
        if components.len() > 1 && blocks > 10 {
            return Err(Error::malformed("a JPEG with more than ten blocks in an MCU"));
        }
        Ok(())
    }

    /// The blocks that a scan of `components` passes over.
    pub(super) fn blocks(&self, components: &[ScanComponent]) -> u64 {
        let blocks = |component: &Component| component.width_in_blocks * component.height_in_blocks;
        self.of_scan(components).map(|component| blocks(component) as u64).sum()
    }

    fn of_scan(&self, components: &[ScanComponent]) -> impl Iterator<Item = &Component> {
        components.iter().filter_map(|component| self.components.get(component.index()))
    }
}

/// The number of MCUs in the order of the file.
pub(super) struct CodedMcus {
    pub(super) per_row: usize,
    pub(super) all: usize,
}
