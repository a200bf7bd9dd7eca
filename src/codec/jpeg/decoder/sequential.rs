//! Files of a single scan, decoded an MCU row at a time: nothing is held but the MCU row, and where the picture is
//! oriented the index of its MCUs.

use std::{ops::Range, sync::Arc};

use super::{
    entropy::{McuStart, ScanPosition, check_not_cut_short, read_block},
    huffman::Table,
    idct::{Idct, Samples},
    layout::{CoefficientLayout, GROUP, Geometry, LANES, Orient},
    mcu_index::McuIndex,
    plane::Plane,
    tables::{Scan, Tables},
};
use crate::{
    error::{Error, Result},
    simd::Simd,
};

/// A block of an MCU.
pub(super) struct Block {
    pub(super) component: usize,
    /// The first of the groups that its row of blocks is collected in.
    group: usize,
    /// Blocks of an MCU in that row, and which of them it is.
    across: usize,
    column: usize,
    pub(super) tables: [Arc<Table>; 2],
}

/// A scan of all components: what all share that decode it.
pub(super) struct Sequential<'a> {
    data: &'a [u8],
    restart_interval: u32,
    /// Of an MCU, in coded order.
    blocks: Vec<Block>,
    index: Option<McuIndex<'a>>,
    idcts: Vec<Idct>,
    /// Blocks of an MCU.
    groups: usize,
}

/// One that decodes a scan: where it stands, and what it has in work.
pub(super) struct Reader<'a> {
    pub(super) position: ScanPosition<'a>,
    /// Coefficients of sixteen MCUs, and the last place in each group that may not be 0.
    groups: Vec<[i16; GROUP]>,
    lasts: Vec<u32>,
}

impl<'a> Sequential<'a> {
    /// Begins with a scan whose entropy-coded data are at the beginning of `data`. The geometry is oriented.
    ///
    /// # Errors
    /// `Malformed` when a table is missing; where MCUs are wanted in another order also when the data are damaged
    /// or end early.
    pub(super) fn new(
        data: &'a [u8],
        scan: &Scan,
        tables: &Tables,
        geometry: &Geometry,
        (scale_num, orient): (usize, Orient),
    ) -> Result<Self> {
        let mut blocks = Vec::new();
        let mut groups = 0;
        for scan_component in scan.components() {
            let component = &geometry.components[scan_component.index()];
            let both =
                [tables.dc_table(scan_component.dc_table())?, tables.ac_table(scan_component.ac_table())?];
            let [across, down] = orient.axes([component.across, component.down]);
            for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
                let [column, row] = orient.axes([x, y]);
                blocks.push(Block {
                    component: scan_component.index(),
                    group: groups + row * component.across,
                    across: component.across,
                    column,
                    tables: both.clone(),
                });
            }
            groups += across * down;
        }
        let index = match orient.reorders() {
            true => Some(McuIndex::new(data, &blocks, tables.restart_interval, geometry, orient)?),
            false => None,
        };
        let idcts = geometry.components.iter();
        let idcts = idcts
            .map(|component| Ok(Idct::new(&tables.quant_table(component.quant_table)?, scale_num)))
            .collect::<Result<_>>()?;
        let restart_interval = tables.restart_interval;
        Ok(Self { data, restart_interval, blocks, index, idcts, groups })
    }

    /// One that stands at the beginning.
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader {
            position: ScanPosition::first(self.data, self.restart_interval),
            groups: vec![[0; GROUP]; self.groups],
            lasts: vec![0; self.groups],
        }
    }

    /// Decodes an MCU row into the planes: the reader's next one, where there is no index.
    ///
    /// # Errors
    /// `Malformed` when the data end before.
    pub(super) fn read_mcu_row<S: Simd>(
        &self,
        simd: S,
        reader: &mut Reader<'a>,
        (geometry, layout): (&Geometry, &CoefficientLayout),
        mcu_row: usize,
        planes: &mut [Plane],
    ) -> Result<()> {
        simd.vectorize(
            #[inline(always)]
            || {
                for first in (0..geometry.mcus[0]).step_by(LANES) {
                    reader.groups.iter_mut().for_each(|group| group[..layout.group()].fill(0));
                    reader.lasts.fill(0);
                    let end = geometry.mcus[0].min(first + LANES);
                    self.read_mcus(reader, layout, mcu_row, first..end)?;
                    self.transform(simd, reader, layout, planes, first);
                }
                check_not_cut_short(&reader.position.bits)
            },
        )
    }

    /// Decodes up to sixteen MCUs of an MCU row into the groups.
    #[inline(always)]
    fn read_mcus(
        &self,
        reader: &mut Reader<'a>,
        layout: &CoefficientLayout,
        mcu_row: usize,
        mcus: Range<usize>,
    ) -> Result<()> {
        // Copies that can be held in registers.
        let ScanPosition { mut bits, mut restarts, mut predictions } = reader.position;
        for (mcu, at) in mcus.enumerate() {
            if let Some(index) = &self.index
                && let Some(position) = index.seek(mcu_row, at)
            {
                ScanPosition { bits, restarts, predictions } = position;
            }
            let begin = restarts.begin_mcu(&mut bits)?;
            restarts.count(1);
            match begin {
                McuStart::Continue => (),
                McuStart::Restart => predictions = [0; 4],
                McuStart::NoData => continue,
            }
            for block in &self.blocks {
                let column = mcu * block.across + block.column;
                let group = block.group + column / LANES;
                let (Some(coefficients), Some(last), Some(prediction)) = (
                    reader
                        .groups
                        .get_mut(group)
                        .and_then(|group| group.get_mut(layout.lane(column % LANES)..)),
                    reader.lasts.get_mut(group),
                    predictions.get_mut(block.component),
                ) else {
                    return Err(Error::malformed("a JPEG with too many components"));
                };
                let tables = [&*block.tables[0], &*block.tables[1]];
                *last = read_block(&mut bits, tables, layout, coefficients, prediction).max(*last);
            }
        }
        reader.position = ScanPosition { bits, restarts, predictions };
        Ok(())
    }

    /// Makes samples of the groups, which begin with the MCU `first` of the MCU row.
    #[inline(always)]
    fn transform<S: Simd>(
        &self,
        simd: S,
        reader: &Reader<'_>,
        layout: &CoefficientLayout,
        planes: &mut [Plane],
        first: usize,
    ) {
        let mut samples: Samples = [[0; 8 * LANES]; 8];
        let (mut row, mut component) = (0, usize::MAX);
        for block in self.blocks.iter().filter(|block| block.column == 0) {
            row = if block.component == component { row + 1 } else { 0 };
            component = block.component;
            for index in 0..block.across {
                let group = block.group + index;
                let column = (first * block.across + index * LANES) * layout.scale_num;
                if planes[component].is_past(column) {
                    break;
                }
                self.idcts[component].transform(
                    simd,
                    &reader.groups[group],
                    reader.lasts[group],
                    &mut samples,
                );
                planes[component].put(&samples, column, row * layout.scale_num, layout.scale_num);
            }
        }
    }
}
