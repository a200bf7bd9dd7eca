//! Files of a single scan, decoded an MCU row at a time: only the coefficients of sixteen MCUs are held, and, where the
//! picture is reoriented, the index of its MCUs.

use std::ops::Range;

use super::{
    entropy::{McuStart, ScanPosition, check_not_cut_short, read_block},
    geometry::Geometry,
    idct::{Idct, Samples},
    layout::{CoefficientLayout, GROUP, LANES},
    mcu::{self, McuBlock},
    mcu_index::McuIndex,
    plane::Plane,
    scan_header::ScanHeader,
    tables::Tables,
};
use crate::{
    error::{Error, Result},
    simd::Simd,
};

/// A scan of all components: what all threads share that decode it.
pub(super) struct SequentialScan<'a> {
    data: &'a [u8],
    restart_interval: u32,
    /// The blocks of an MCU, in coded order.
    blocks: Vec<McuBlock>,
    index: Option<McuIndex<'a>>,
    /// The inverse transform of each component.
    idcts: Vec<Idct>,
}

/// What a thread that decodes a scan has of its own: its position, and the MCUs that it is decoding.
pub(super) struct ScanReader<'a> {
    pub(super) position: ScanPosition<'a>,
    /// Coefficients of sixteen MCUs, and the last in each group, in zigzag order, that may not be 0.
    groups: Vec<[i16; GROUP]>,
    lasts: Vec<u32>,
}

impl<'a> SequentialScan<'a> {
    /// A scan whose entropy-coded data are at the beginning of `data`.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when a table is missing, and, where MCUs are decoded in
    /// another order, when the data are damaged or end early.
    pub(super) fn new(
        data: &'a [u8],
        scan: &ScanHeader,
        tables: &Tables,
        geometry: &Geometry,
    ) -> Result<Self> {
        let blocks = mcu::blocks(scan, tables, geometry)?;
        let restart_interval = tables.restart_interval;
        let index = match geometry.orient.reorders() {
            true => Some(McuIndex::new(data, &blocks, restart_interval, geometry)?),
            false => None,
        };
        let scale_num = geometry.layout.scale_num;
        let idcts = geometry.components.iter();
        let idcts = idcts
            .map(|component| Ok(Idct::new(&tables.quant_table(component.quant_table)?, scale_num)))
            .collect::<Result<_>>()?;
        Ok(Self { data, restart_interval, blocks, index, idcts })
    }

    /// A reader that stands at the beginning.
    pub(super) fn reader(&self) -> ScanReader<'a> {
        ScanReader {
            position: ScanPosition::first(self.data, self.restart_interval),
            groups: vec![[0; GROUP]; self.blocks.len()],
            lasts: vec![0; self.blocks.len()],
        }
    }

    /// Decodes an MCU row into the planes: the one at the reader's position, where there is no index.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the data end early.
    pub(super) fn read_mcu_row<S: Simd>(
        &self,
        simd: S,
        reader: &mut ScanReader<'a>,
        geometry: &Geometry,
        mcu_row: usize,
        planes: &mut [Plane],
    ) -> Result<()> {
        let layout = &geometry.layout;
        simd.vectorize(
            #[inline(always)]
            || {
                for first in (0..geometry.mcus_per_row).step_by(LANES) {
                    reader.groups.iter_mut().for_each(|group| group[..layout.group()].fill(0));
                    reader.lasts.fill(0);
                    let end = geometry.mcus_per_row.min(first + LANES);
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
        reader: &mut ScanReader<'a>,
        layout: &CoefficientLayout,
        mcu_row: usize,
        mcus: Range<usize>,
    ) -> Result<()> {
        // Copies that can be held in registers.
        let ScanPosition { mut bits, mut restarts, mut predictions } = reader.position;
        for (column, mcu) in mcus.enumerate() {
            if let Some(index) = &self.index
                && let Some(position) = index.seek(mcu_row, mcu)
            {
                ScanPosition { bits, restarts, predictions } = position;
            }
            let start = restarts.begin_mcu(&mut bits)?;
            restarts.count(1);
            match start {
                McuStart::Continue => (),
                McuStart::Restart => predictions = [0; 4],
                McuStart::NoData => continue,
            }
            for block in &self.blocks {
                let x = column * block.mcu_width + block.x;
                let group = block.first_group + x / LANES;
                let (Some(coefficients), Some(last), Some(prediction)) = (
                    reader.groups.get_mut(group).and_then(|group| group.get_mut(layout.lane(x % LANES)..)),
                    reader.lasts.get_mut(group),
                    predictions.get_mut(block.component),
                ) else {
                    return Err(Error::malformed("a JPEG with too many components"));
                };
                let tables = [&*block.dc_table, &*block.ac_table];
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
        reader: &ScanReader<'_>,
        layout: &CoefficientLayout,
        planes: &mut [Plane],
        first: usize,
    ) {
        let mut samples: Samples = [[0; 8 * LANES]; 8];
        let (mut row, mut component) = (0, usize::MAX);
        for block in self.blocks.iter().filter(|block| block.x == 0) {
            row = if block.component == component { row + 1 } else { 0 };
            component = block.component;
            for index in 0..block.mcu_width {
                let group = block.first_group + index;
                let x = (first * block.mcu_width + index * LANES) * layout.scale_num;
                if planes[component].is_past(x) {
                    break;
                }
                self.idcts[component].transform(
                    simd,
                    &reader.groups[group],
                    reader.lasts[group],
                    &mut samples,
                );
                planes[component].put(&samples, x, row * layout.scale_num);
            }
        }
    }
}
