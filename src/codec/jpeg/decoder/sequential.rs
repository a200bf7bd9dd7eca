//! Files of a single scan, decoded a line of units at a time: nothing is held but the line, and where the picture is
//! turned the index of its units.

use std::{ops::Range, sync::Arc};

use super::{
    entropy::{Begin, Place, check, read_block},
    huffman::Table,
    idct::{Quantiser, Samples},
    index::Index,
    layout::{GROUP, Geometry, LANES, Plan, Turn},
    plane::Plane,
    tables::{Scan, Tables},
};
use crate::{
    error::{Error, Result},
    simd::Simd,
};

/// A block of a unit.
pub(super) struct Block {
    pub(super) component: usize,
    /// The first of the groups that its row of blocks is collected in.
    group: usize,
    /// Blocks of a unit in that row, and which of them it is.
    across: usize,
    column: usize,
    pub(super) tables: [Arc<Table>; 2],
}

/// A scan of all components: what all share that decode it.
pub(super) struct Sequential<'a> {
    data: &'a [u8],
    restart_interval: u32,
    /// Of a unit, in coded order.
    blocks: Vec<Block>,
    index: Option<Index<'a>>,
    quantisers: Vec<Quantiser>,
    /// Blocks of a unit.
    groups: usize,
}

/// One that decodes a scan: where it stands, and what it has in work.
pub(super) struct Reader<'a> {
    pub(super) place: Place<'a>,
    /// Coefficients of sixteen units, and the last place in each group that may not be 0.
    groups: Vec<[i16; GROUP]>,
    lasts: Vec<u32>,
}

impl<'a> Sequential<'a> {
    /// Begins with a scan whose entropy-coded data are at the beginning of `data`. The geometry is turned.
    ///
    /// # Errors
    /// `Malformed` when a table is missing; where units are wanted in another order also when the data are damaged
    /// or end early.
    pub(super) fn new(
        data: &'a [u8],
        scan: &Scan,
        tables: &Tables,
        geometry: &Geometry,
        (side, turn): (usize, Turn),
    ) -> Result<Self> {
        let mut blocks = Vec::new();
        let mut groups = 0;
        for part in scan.parts() {
            let component = &geometry.components[part.component()];
            let both = [tables.differences(part.dc_table())?, tables.coefficients(part.ac_table())?];
            let [across, down] = turn.pair([component.across, component.down]);
            for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
                let [column, row] = turn.pair([x, y]);
                blocks.push(Block {
                    component: part.component(),
                    group: groups + row * component.across,
                    across: component.across,
                    column,
                    tables: both.clone(),
                });
            }
            groups += across * down;
        }
        let index = match turn.reorders() {
            true => Some(Index::new(data, &blocks, tables.restart_interval, geometry, turn)?),
            false => None,
        };
        let quantisers = geometry.components.iter();
        let quantisers = quantisers
            .map(|component| Ok(Quantiser::new(&tables.quantiser(component.quantiser)?, side)))
            .collect::<Result<_>>()?;
        let restart_interval = tables.restart_interval;
        Ok(Self { data, restart_interval, blocks, index, quantisers, groups })
    }

    /// One that stands at the beginning.
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader {
            place: Place::first(self.data, self.restart_interval),
            groups: vec![[0; GROUP]; self.groups],
            lasts: vec![0; self.groups],
        }
    }

    /// Decodes a line of units into the planes: the reader's next one, where there is no index.
    ///
    /// # Errors
    /// `Malformed` when the data end before.
    pub(super) fn read_line<S: Simd>(
        &self,
        simd: S,
        reader: &mut Reader<'a>,
        (geometry, plan): (&Geometry, &Plan),
        line: usize,
        planes: &mut [Plane],
    ) -> Result<()> {
        simd.vectorize(
            #[inline(always)]
            || {
                for first in (0..geometry.units[0]).step_by(LANES) {
                    reader.groups.iter_mut().for_each(|group| group[..plan.group()].fill(0));
                    reader.lasts.fill(0);
                    let end = geometry.units[0].min(first + LANES);
                    self.read_units(reader, plan, line, first..end)?;
                    self.transform(simd, reader, plan, planes, first);
                }
                check(&reader.place.bits)
            },
        )
    }

    /// Decodes up to sixteen units of a line into the groups.
    #[inline(always)]
    fn read_units(
        &self,
        reader: &mut Reader<'a>,
        plan: &Plan,
        line: usize,
        units: Range<usize>,
    ) -> Result<()> {
        // Copies that can be held in registers.
        let Place { mut bits, mut restarts, mut predictions } = reader.place;
        for (unit, at) in units.enumerate() {
            if let Some(index) = &self.index
                && let Some(start) = index.start(line, at)
            {
                Place { bits, restarts, predictions } = start;
            }
            let begin = restarts.begin_unit(&mut bits)?;
            restarts.pass(1);
            match begin {
                Begin::On => (),
                Begin::Anew => predictions = [0; 4],
                Begin::Empty => continue,
            }
            for block in &self.blocks {
                let column = unit * block.across + block.column;
                let group = block.group + column / LANES;
                let (Some(coefficients), Some(last), Some(prediction)) = (
                    reader.groups.get_mut(group).and_then(|group| group.get_mut(plan.lane(column % LANES)..)),
                    reader.lasts.get_mut(group),
                    predictions.get_mut(block.component),
                ) else {
                    return Err(Error::malformed("a JPEG with too many components"));
                };
                let tables = [&*block.tables[0], &*block.tables[1]];
                *last = read_block(&mut bits, tables, plan, coefficients, prediction).max(*last);
            }
        }
        reader.place = Place { bits, restarts, predictions };
        Ok(())
    }

    /// Makes samples of the groups, which begin with the unit `first` of the line.
    #[inline(always)]
    fn transform<S: Simd>(
        &self,
        simd: S,
        reader: &Reader<'_>,
        plan: &Plan,
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
                let column = (first * block.across + index * LANES) * plan.side;
                if planes[component].is_past(column) {
                    break;
                }
                self.quantisers[component].transform(
                    simd,
                    &reader.groups[group],
                    reader.lasts[group],
                    &mut samples,
                );
                planes[component].put(&samples, column, row * plan.side, plan.side);
            }
        }
    }
}
