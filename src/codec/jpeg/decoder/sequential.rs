//! Files of a single scan, decoded a row of units at a time: nothing is held but the row.

use std::sync::Arc;

use super::{
    bits::Bits,
    entropy::{Restarts, check, read_block},
    huffman::Table,
    idct::{Quantiser, Samples},
    layout::{GROUP, Geometry, LANES, Plan},
    plane::Plane,
    tables::{Scan, Tables},
};
use crate::{
    error::{Error, Result},
    simd::Simd,
};

/// A block of a unit.
struct Block {
    component: usize,
    /// The first of the groups that its row of blocks is collected in.
    group: usize,
    /// Blocks of a unit in that row, and which of them it is.
    across: usize,
    column: usize,
    tables: [Arc<Table>; 2],
}

/// A scan of all components, being decoded.
pub(super) struct Sequential<'a> {
    bits: Bits<'a>,
    restarts: Restarts,
    predictions: [i32; 4],
    blocks: Vec<Block>,
    quantisers: Vec<Quantiser>,
    /// Coefficients of sixteen units, and the last place in each group that may not be 0.
    groups: Vec<[i16; GROUP]>,
    lasts: Vec<u32>,
}

impl<'a> Sequential<'a> {
    /// Begins with a scan whose entropy-coded data are at the beginning of `data`.
    ///
    /// # Errors
    /// `Malformed` when a table is missing.
    pub(super) fn new(
        data: &'a [u8],
        scan: &Scan,
        tables: &Tables,
        geometry: &Geometry,
        side: usize,
    ) -> Result<Self> {
        let mut blocks = Vec::new();
        let mut groups = 0;
        for part in &scan.parts {
            let component = &geometry.components[part.component];
            let both = [tables.differences(part.dc_table)?, tables.coefficients(part.ac_table)?];
            for _ in 0..component.down {
                for column in 0..component.across {
                    blocks.push(Block {
                        component: part.component,
                        group: groups,
                        across: component.across,
                        column,
                        tables: both.clone(),
                    });
                }
                groups += component.across;
            }
        }
        let quantisers = geometry.components.iter();
        let quantisers = quantisers
            .map(|component| Ok(Quantiser::new(&tables.quantiser(component.quantiser)?, side)))
            .collect::<Result<_>>()?;
        Ok(Self {
            bits: Bits::new(data),
            restarts: Restarts::new(tables.restart_interval),
            predictions: [0; 4],
            blocks,
            quantisers,
            groups: vec![[0; GROUP]; groups],
            lasts: vec![0; groups],
        })
    }

    /// Decodes the next row of units into the planes.
    ///
    /// # Errors
    /// `Malformed` when the data end before.
    pub(super) fn read_row<S: Simd>(
        &mut self,
        simd: S,
        geometry: &Geometry,
        plan: &Plan,
        planes: &mut [Plane],
    ) -> Result<()> {
        simd.vectorize(
            #[inline(always)]
            || {
                for first in (0..geometry.units[0]).step_by(LANES) {
                    self.groups.as_flattened_mut().fill(0);
                    self.lasts.fill(0);
                    self.read_units(plan, (geometry.units[0] - first).min(LANES))?;
                    self.transform(simd, plan, planes, first);
                }
                check(&self.bits)
            },
        )
    }

    /// Decodes up to sixteen units into the groups.
    #[inline(always)]
    fn read_units(&mut self, plan: &Plan, count: usize) -> Result<()> {
        // A copy that can be held in registers.
        let mut bits = self.bits;
        for unit in 0..count {
            if self.restarts.is_due(&mut bits)? {
                self.predictions = [0; 4];
            }
            self.restarts.pass(1);
            for block in &self.blocks {
                let place = unit * block.across + block.column;
                let group = block.group + place / LANES;
                let (Some(coefficients), Some(last), Some(prediction)) = (
                    self.groups.get_mut(group).and_then(|group| group.get_mut(plan.lane(place % LANES)..)),
                    self.lasts.get_mut(group),
                    self.predictions.get_mut(block.component),
                ) else {
                    return Err(Error::malformed("a JPEG with too many components"));
                };
                let tables = [&*block.tables[0], &*block.tables[1]];
                *last = read_block(&mut bits, tables, plan, coefficients, prediction).max(*last);
            }
        }
        self.bits = bits;
        Ok(())
    }

    /// Makes samples of the groups, which begin with the unit `first` of the row.
    #[inline(always)]
    fn transform<S: Simd>(&self, simd: S, plan: &Plan, planes: &mut [Plane], first: usize) {
        let mut samples: Samples = [[0; 8 * LANES]; 8];
        let mut row = 0;
        let mut component = usize::MAX;
        for block in self.blocks.iter().filter(|block| block.column == 0) {
            row = if block.component == component { row + 1 } else { 0 };
            component = block.component;
            for index in 0..block.across {
                let group = block.group + index;
                let column = (first * block.across + index * LANES) * plan.side;
                if planes[component].is_past(column) {
                    break;
                }
                self.quantisers[component].transform(
                    simd,
                    &self.groups[group],
                    self.lasts[group],
                    &mut samples,
                );
                planes[component].put(&samples, column, row * plan.side, plan.side);
            }
        }
    }
}
