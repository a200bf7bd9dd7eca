//! Coefficient buffers: for files of several scans, the coefficients of the whole picture that the scale keeps, 16 bits
//! each, and the inverse transform of them when all scans are read.
//!
//! The refinement of AC coefficients (T.81 G.1.2.3) depends on which coefficients of a block are not 0, those that are
//! not kept among them. A buffer has one bit for each, if its component is refined at all.

use super::{
    geometry::{BlockPos, Component, Geometry},
    idct::{Idct, Samples},
    layout::{CoefficientLayout, GROUP, LANES},
    plane::Plane,
};
use crate::{error::Result, limits::try_filled, simd::Simd};

/// The coefficients of a component.
pub(super) struct CoefficientBuffer {
    /// By row of blocks, then group, then as [`CoefficientLayout`] says.
    pub(super) coefficients: Vec<i16>,
    /// By row of blocks, then block: a bit for each coefficient, in zigzag order, that is not 0. Empty where no
    /// refinement needs it.
    nonzero: Vec<u64>,
    groups_per_row: usize,
    /// Blocks that hold samples.
    pub(super) width_in_blocks: usize,
    pub(super) height_in_blocks: usize,
    /// Known from the component's first scan on.
    pub(super) idct: Option<Idct>,
}

impl CoefficientBuffer {
    /// A buffer of zeros.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
    pub(super) fn new(component: &Component, geometry: &Geometry, is_refined: bool) -> Result<Self> {
        let groups = component.groups_per_row * component.mcu_height * geometry.mcu_rows;
        Ok(Self {
            coefficients: try_filled(groups * geometry.layout.group(), 0)?,
            nonzero: if is_refined { try_filled(groups * LANES, 0)? } else { Vec::new() },
            groups_per_row: component.groups_per_row,
            width_in_blocks: component.width_in_blocks,
            height_in_blocks: component.height_in_blocks,
            idct: None,
        })
    }

    /// A row of blocks: its coefficients, and the masks of those that are not 0.
    pub(super) fn row(&mut self, y: usize, layout: &CoefficientLayout) -> (&mut [i16], &mut [u64]) {
        let length = self.groups_per_row * layout.group();
        let coefficients = self.coefficients.get_mut(y * length..(y + 1) * length).unwrap_or_default();
        let length = self.groups_per_row * LANES;
        (coefficients, self.nonzero.get_mut(y * length..(y + 1) * length).unwrap_or_default())
    }

    /// The DC coefficient of a block.
    #[inline(always)]
    pub(super) fn dc(&mut self, pos: BlockPos, layout: &CoefficientLayout) -> Option<&mut i16> {
        let group = pos.y * self.groups_per_row + pos.x / LANES;
        self.coefficients.get_mut(group * layout.group() + layout.lane(pos.x % LANES))
    }

    /// Frees the masks, when no refinement follows.
    pub(super) fn drop_nonzero(&mut self) {
        self.nonzero = Vec::new();
    }

    /// A group of a row of blocks, and the last coefficient in it, in zigzag order, that may not be 0.
    #[inline(always)]
    fn group(&self, layout: &CoefficientLayout, y: usize, group: usize) -> (&[i16], u32) {
        let index = y * self.groups_per_row + group;
        let nonzero = self.nonzero.get(index * LANES..(index + 1) * LANES);
        let any = nonzero.map_or(u64::MAX, |nonzero| nonzero.iter().fold(0, |any, one| any | one));
        let start = index * layout.group();
        (self.coefficients.get(start..start + layout.group()).unwrap_or_default(), last_of(any))
    }

    /// A group of sixteen blocks that stand below each other in the column `x` of blocks, gathered, and the last
    /// coefficient in it, in zigzag order, that may not be 0.
    #[inline(always)]
    fn gather<'a>(
        &self,
        layout: &CoefficientLayout,
        x: usize,
        group: usize,
        gathered: &'a mut [i16; GROUP],
    ) -> (&'a [i16], u32) {
        gathered.fill(0);
        let mut any = 0;
        for lane in 0..LANES {
            let index = (group * LANES + lane) * self.groups_per_row + x / LANES;
            let start = index * layout.group() + layout.lane(x % LANES);
            let Some(block @ [_, ..]) = self.coefficients.get(start..) else { break };
            let nonzero = self.nonzero.get(index * LANES + x % LANES).map_or(u64::MAX, |nonzero| nonzero | 1);
            any |= nonzero;
            let mut mask = nonzero & layout.kept;
            while mask != 0 {
                let offset = usize::from(layout.offsets[mask.trailing_zeros() as usize]);
                mask &= mask - 1;
                if let Some(coefficient) = block.get(offset) {
                    gathered[offset + layout.lane(lane)] = *coefficient;
                }
            }
        }
        (gathered, last_of(any))
    }
}

/// The last coefficient of a mask, or the first where it is empty.
#[inline(always)]
const fn last_of(mask: u64) -> u32 {
    63 - (mask | 1).leading_zeros()
}

/// The heap that the buffers of a coded geometry take, in bytes, where the components of `is_refined` are refined.
pub(super) fn heap_bytes(geometry: &Geometry, is_refined: [bool; 4]) -> u64 {
    let of = |(component, is_refined): (&Component, bool)| {
        let groups = (component.groups_per_row * component.mcu_height * geometry.mcu_rows) as u64;
        groups * (2 * geometry.layout.group() as u64 + if is_refined { 8 * LANES as u64 } else { 0 })
    };
    geometry.components.iter().zip(is_refined).map(of).sum()
}

/// Makes samples of an MCU row of the oriented picture.
pub(super) fn transform_mcu_row<S: Simd>(
    simd: S,
    buffers: &[CoefficientBuffer],
    geometry: &Geometry,
    mcu_row: usize,
    planes: &mut [Plane],
) {
    let layout = &geometry.layout;
    simd.vectorize(
        #[inline(always)]
        || {
            let mut samples: Samples = [[0; 8 * LANES]; 8];
            let mut gathered = [0; GROUP];
            for ((buffer, component), plane) in buffers.iter().zip(&geometry.components).zip(planes) {
                let Some(idct) = &buffer.idct else { continue };
                for row in 0..component.mcu_height {
                    let y = mcu_row * component.mcu_height + row;
                    for group in 0..component.groups_per_row {
                        let x = group * LANES * layout.scale_num;
                        if plane.is_past(x) {
                            break;
                        }
                        let (coefficients, last) = match geometry.orient.transposes {
                            true => buffer.gather(layout, y, group, &mut gathered),
                            false => buffer.group(layout, y, group),
                        };
                        idct.transform(simd, coefficients, last, &mut samples);
                        plane.put(&samples, x, row * layout.scale_num);
                    }
                }
            }
        },
    );
}
