//! Files of several scans, progressive or not: the coefficients that the scale needs are held for the whole
//! picture, 16 bits each, and made to samples when all scans are read.
//!
//! To correct coefficients (T.81 G.1.2.3) a decoder must know which of a block's are other than 0, the ones that
//! are not kept among them: a bit each, for the components that are corrected at all. A scan that no kept
//! coefficient depends on is passed over.

use super::{
    bits::Bits,
    entropy::{Begin, Restarts, check, read_block},
    idct::{Quantiser, Samples},
    layout::{Component, GROUP, Geometry, LANES, Plan, Turn},
    plane::Plane,
    progressive,
    survey::Survey,
    tables::{Scan, Tables},
};
use crate::{
    error::{Error, Result},
    simd::Simd,
};

/// A component's coefficients.
pub(super) struct Stored {
    /// By row of blocks, then group, then as in [`Plan`].
    pub(super) coefficients: Vec<i16>,
    /// By row of blocks, then block: a bit for each place, in coded order, that is not 0. Empty when nobody asks.
    pub(super) known: Vec<u64>,
    /// Groups in a row of blocks.
    pub(super) groups: usize,
    /// Blocks that hold samples.
    pub(super) blocks: [usize; 2],
    quantiser: Option<Quantiser>,
}

impl Stored {
    fn new(component: &Component, units: usize, plan: &Plan, is_corrected: bool) -> Result<Self> {
        let groups = component.groups * component.down * units;
        Ok(Self {
            coefficients: zeros(groups * plan.group())?,
            known: if is_corrected { zeros(groups * LANES)? } else { Vec::new() },
            groups: component.groups,
            blocks: component.blocks,
            quantiser: None,
        })
    }

    /// A row of blocks: its coefficients and what is known of them.
    pub(super) fn row(&mut self, row: usize, plan: &Plan) -> (&mut [i16], &mut [u64]) {
        let length = self.groups * plan.group();
        let coefficients = self.coefficients.get_mut(row * length..(row + 1) * length).unwrap_or_default();
        let length = self.groups * LANES;
        (coefficients, self.known.get_mut(row * length..(row + 1) * length).unwrap_or_default())
    }
}

/// A buffer of zeros.
fn zeros<T: Clone + Default>(length: usize) -> Result<Vec<T>> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(length)?;
    buffer.resize(length, T::default());
    Ok(buffer)
}

/// The heap that coefficients take, in bytes, when the components of `is_corrected` are corrected.
pub(super) fn heap_bytes(geometry: &Geometry, plan: &Plan, is_corrected: [bool; 4]) -> u64 {
    let of = |(component, is_corrected): (&Component, bool)| {
        let groups = (component.groups * component.down * geometry.units[1]) as u64;
        groups * (2 * plan.group() as u64 + if is_corrected { 8 * LANES as u64 } else { 0 })
    };
    geometry.components.iter().zip(is_corrected).map(of).sum()
}

/// Reads all scans of a file.
///
/// # Errors
/// `Malformed` when one is damaged or cut short, or the file ends before its last.
pub(super) fn read<S: Simd>(
    simd: S,
    data: &[u8],
    tables: &mut Tables,
    geometry: &Geometry,
    plan: &Plan,
    survey: &Survey,
) -> Result<Vec<Stored>> {
    let components = geometry.components.iter().zip(survey.is_corrected);
    let mut stored = components
        .map(|(component, is_corrected)| Stored::new(component, geometry.units[1], plan, is_corrected))
        .collect::<Result<Vec<_>>>()?;
    let mut at = 0;
    for pass in &survey.scans {
        tables.read_to(data, at, pass.start)?;
        for part in pass.scan.parts() {
            let quantiser = &mut stored[part.component()].quantiser;
            if quantiser.is_none() {
                let steps = tables.quantiser(geometry.components[part.component()].quantiser)?;
                *quantiser = Some(Quantiser::new(&steps, plan.side));
            }
        }
        at = pass.end;
        if pass.is_needed {
            // With the marker behind it, which tells it from one that is cut short.
            let data = data.get(pass.start..data.len().min(pass.end + 2)).unwrap_or_default();
            simd.vectorize(
                #[inline(always)]
                || {
                    if survey.is_progressive {
                        progressive::read_scan(data, &pass.scan, tables, geometry, plan, &mut stored)
                    } else {
                        read_sequential(data, &pass.scan, tables, geometry, plan, &mut stored)
                    }
                },
            )?;
        }
    }
    if plan.side < 8 {
        // No more corrections come. At full size it tells the transform what is 0.
        stored.iter_mut().for_each(|component| component.known = Vec::new());
    }
    if stored.iter().any(|component| component.quantiser.is_none()) {
        return Err(Error::malformed("a JPEG without a scan of one of its components"));
    }
    Ok(stored)
}

/// Calls `read` for each block of a scan with the number of its part, the component's place in it, and the place
/// of the block: row and column. Before the first block after a restart marker `is_new` is true.
///
/// # Errors
/// `Malformed` when the data end early; what `read` returns.
#[inline(always)]
pub(super) fn for_each_block<'a>(
    bits: &mut Bits<'a>,
    scan: &Scan,
    restart_interval: u32,
    geometry: &Geometry,
    mut read: impl FnMut(&mut Bits<'a>, usize, [usize; 2], bool),
) -> Result<()> {
    let mut restarts = Restarts::new(restart_interval);
    if let [part] = scan.parts() {
        let [across, down] = geometry.components[part.component()].blocks;
        for row in 0..down {
            for column in 0..across {
                let begin = restarts.begin_unit(bits)?;
                restarts.pass(1);
                if begin != Begin::Empty {
                    read(bits, 0, [row, column], begin == Begin::Anew);
                }
            }
            check(bits)?;
        }
        return Ok(());
    }
    for unit_row in 0..geometry.units[1] {
        for unit in 0..geometry.units[0] {
            let begin = restarts.begin_unit(bits)?;
            restarts.pass(1);
            if begin == Begin::Empty {
                continue;
            }
            let mut is_new = begin == Begin::Anew;
            for (index, part) in scan.parts().iter().enumerate() {
                let component = &geometry.components[part.component()];
                for (y, x) in (0..component.down).flat_map(|y| (0..component.across).map(move |x| (y, x))) {
                    let place = [unit_row * component.down + y, unit * component.across + x];
                    read(bits, index, place, is_new);
                    is_new = false;
                }
            }
        }
        check(bits)?;
    }
    Ok(())
}

/// A sequential scan of some components.
#[inline(always)]
fn read_sequential(
    data: &[u8],
    scan: &Scan,
    tables: &Tables,
    geometry: &Geometry,
    plan: &Plan,
    stored: &mut [Stored],
) -> Result<()> {
    let parts = scan.parts().iter();
    let chosen = parts
        .map(|part| Ok([tables.differences(part.dc_table())?, tables.coefficients(part.ac_table())?]))
        .collect::<Result<Vec<_>>>()?;
    let mut predictions = [0; 4];
    let mut bits = Bits::new(data);
    let mut group = [0; GROUP];
    for_each_block(&mut bits, scan, tables.restart_interval, geometry, |bits, part, [row, column], is_new| {
        if is_new {
            predictions = [0; 4];
        }
        let both = [&*chosen[part][0], &*chosen[part][1]];
        group.fill(0);
        read_block(bits, both, plan, &mut group, &mut predictions[part]);
        let (coefficients, _) = stored[scan.parts()[part].component()].row(row, plan);
        let start = column / LANES * plan.group() + plan.lane(column % LANES);
        for k in (0..64).filter(|k| plan.kept >> k & 1 == 1) {
            let offset = usize::from(plan.offsets[k]);
            coefficients[start + offset] = group[offset];
        }
    })
}

/// Makes samples of a line of units. The geometry is turned.
pub(super) fn transform_line<S: Simd>(
    simd: S,
    stored: &[Stored],
    geometry: &Geometry,
    (plan, turn): (&Plan, Turn),
    line: usize,
    planes: &mut [Plane],
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let mut samples: Samples = [[0; 8 * LANES]; 8];
            let mut gathered = [0; GROUP];
            for ((stored, component), plane) in stored.iter().zip(&geometry.components).zip(planes) {
                let Some(quantiser) = &stored.quantiser else { continue };
                for y in 0..component.down {
                    let row = line * component.down + y;
                    for group in 0..component.groups {
                        let column = group * LANES * plan.side;
                        if plane.is_past(column) {
                            break;
                        }
                        let (coefficients, last) = match turn.transposes {
                            true => stored.gather(plan, row, group, &mut gathered),
                            false => stored.group(plan, row, group),
                        };
                        quantiser.transform(simd, coefficients, last, &mut samples);
                        plane.put(&samples, column, y * plan.side, plan.side);
                    }
                }
            }
        },
    );
}

impl Stored {
    /// A group of a row of blocks, and the last place in it, in coded order, that may not be 0.
    #[inline(always)]
    fn group(&self, plan: &Plan, row: usize, group: usize) -> (&[i16], u32) {
        let index = row * self.groups + group;
        let known = self.known.get(index * LANES..(index + 1) * LANES);
        let any = known.map_or(u64::MAX, |known| known.iter().fold(0, |any, one| any | one));
        let start = index * plan.group();
        (self.coefficients.get(start..start + plan.group()).unwrap_or_default(), last_of(any))
    }

    /// The same of a column of blocks: a group of sixteen that stand below each other.
    #[inline(always)]
    fn gather<'a>(
        &self,
        plan: &Plan,
        column: usize,
        group: usize,
        gathered: &'a mut [i16; GROUP],
    ) -> (&'a [i16], u32) {
        gathered.fill(0);
        let mut any = 0;
        for lane in 0..LANES {
            let index = (group * LANES + lane) * self.groups + column / LANES;
            let start = index * plan.group() + plan.lane(column % LANES);
            let Some(block @ [_, ..]) = self.coefficients.get(start..) else { break };
            let known = self.known.get(index * LANES + column % LANES).map_or(u64::MAX, |known| known | 1);
            any |= known;
            let mut places = known & plan.kept;
            while places != 0 {
                let offset = usize::from(plan.offsets[places.trailing_zeros() as usize]);
                places &= places - 1;
                if let Some(coefficient) = block.get(offset) {
                    gathered[offset + plan.lane(lane)] = *coefficient;
                }
            }
        }
        (gathered, last_of(any))
    }
}

/// The last place of those that have a bit, or the first.
#[inline(always)]
const fn last_of(places: u64) -> u32 {
    63 - (places | 1).leading_zeros()
}
