//! Files of several scans, progressive or not: the coefficients that the scale needs are held for the whole
//! picture, 16 bits each, and made to samples when all scans are read.
//!
//! To correct coefficients (T.81 G.1.2.3) a decoder must know which of a block's are other than 0, the ones that
//! are not kept among them: a bit each, for the components that are corrected at all. A scan that no kept
//! coefficient depends on is passed over.

use super::{
    bits::BitReader,
    entropy::{McuStart, Restarts, check_not_cut_short, read_block},
    idct::{Idct, Samples},
    layout::{CoefficientLayout, Component, GROUP, Geometry, LANES, Orient},
    plane::Plane,
    progressive,
    scan_index::ScanIndex,
    tables::{Scan, Tables},
};
use crate::{
    error::{Error, Result},
    simd::Simd,
};

/// A component's coefficients.
pub(super) struct CoefficientBuffer {
    /// By row of blocks, then group, then as in [`Plan`].
    pub(super) coefficients: Vec<i16>,
    /// By row of blocks, then block: a bit for each place, in coded order, that is not 0. Empty when nobody asks.
    pub(super) nonzero: Vec<u64>,
    /// Groups in a row of blocks.
    pub(super) groups: usize,
    /// Blocks that hold samples.
    pub(super) blocks: [usize; 2],
    idct: Option<Idct>,
}

impl CoefficientBuffer {
    fn new(component: &Component, mcus: usize, layout: &CoefficientLayout, is_refined: bool) -> Result<Self> {
        let groups = component.groups * component.down * mcus;
        Ok(Self {
            coefficients: zeros(groups * layout.group())?,
            nonzero: if is_refined { zeros(groups * LANES)? } else { Vec::new() },
            groups: component.groups,
            blocks: component.blocks,
            idct: None,
        })
    }

    /// A row of blocks: its coefficients and what is known of them.
    pub(super) fn row(&mut self, row: usize, layout: &CoefficientLayout) -> (&mut [i16], &mut [u64]) {
        let length = self.groups * layout.group();
        let coefficients = self.coefficients.get_mut(row * length..(row + 1) * length).unwrap_or_default();
        let length = self.groups * LANES;
        (coefficients, self.nonzero.get_mut(row * length..(row + 1) * length).unwrap_or_default())
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
pub(super) fn heap_bytes(geometry: &Geometry, layout: &CoefficientLayout, is_refined: [bool; 4]) -> u64 {
    let of = |(component, is_refined): (&Component, bool)| {
        let groups = (component.groups * component.down * geometry.mcus[1]) as u64;
        groups * (2 * layout.group() as u64 + if is_refined { 8 * LANES as u64 } else { 0 })
    };
    geometry.components.iter().zip(is_refined).map(of).sum()
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
    layout: &CoefficientLayout,
    scan_index: &ScanIndex,
) -> Result<Vec<CoefficientBuffer>> {
    let components = geometry.components.iter().zip(scan_index.is_refined);
    let mut buffers = components
        .map(|(component, is_refined)| {
            CoefficientBuffer::new(component, geometry.mcus[1], layout, is_refined)
        })
        .collect::<Result<Vec<_>>>()?;
    let mut at = 0;
    for entry in &scan_index.scans {
        tables.read_to(data, at, entry.start)?;
        for component in entry.scan.components() {
            let idct = &mut buffers[component.index()].idct;
            if idct.is_none() {
                let table = tables.quant_table(geometry.components[component.index()].quant_table)?;
                *idct = Some(Idct::new(&table, layout.scale_num));
            }
        }
        at = entry.end;
        if entry.is_needed {
            // With the marker behind it, which tells it from one that is cut short.
            let data = data.get(entry.start..data.len().min(entry.end + 2)).unwrap_or_default();
            simd.vectorize(
                #[inline(always)]
                || {
                    if scan_index.is_progressive {
                        progressive::read_scan(data, &entry.scan, tables, geometry, layout, &mut buffers)
                    } else {
                        read_sequential(data, &entry.scan, tables, geometry, layout, &mut buffers)
                    }
                },
            )?;
        }
    }
    if layout.scale_num < 8 {
        // No more corrections come. At full size it tells the transform what is 0.
        buffers.iter_mut().for_each(|component| component.nonzero = Vec::new());
    }
    if buffers.iter().any(|component| component.idct.is_none()) {
        return Err(Error::malformed("a JPEG without a scan of one of its components"));
    }
    Ok(buffers)
}

/// Calls `read` for each block of a scan with the number of its component, the component's place in it, and the place
/// of the block: row and column. Before the first block after a restart marker `is_new` is true.
///
/// # Errors
/// `Malformed` when the data end early; what `read` returns.
#[inline(always)]
pub(super) fn for_each_block<'a>(
    bits: &mut BitReader<'a>,
    scan: &Scan,
    restart_interval: u32,
    geometry: &Geometry,
    mut read: impl FnMut(&mut BitReader<'a>, usize, [usize; 2], bool),
) -> Result<()> {
    let mut restarts = Restarts::new(restart_interval);
    if let [component] = scan.components() {
        let [across, down] = geometry.components[component.index()].blocks;
        for row in 0..down {
            for column in 0..across {
                let begin = restarts.begin_mcu(bits)?;
                restarts.count(1);
                if begin != McuStart::NoData {
                    read(bits, 0, [row, column], begin == McuStart::Restart);
                }
            }
            check_not_cut_short(bits)?;
        }
        return Ok(());
    }
    for mcu_row in 0..geometry.mcus[1] {
        for mcu in 0..geometry.mcus[0] {
            let begin = restarts.begin_mcu(bits)?;
            restarts.count(1);
            if begin == McuStart::NoData {
                continue;
            }
            let mut is_new = begin == McuStart::Restart;
            for (index, component) in scan.components().iter().enumerate() {
                let component = &geometry.components[component.index()];
                for (y, x) in (0..component.down).flat_map(|y| (0..component.across).map(move |x| (y, x))) {
                    let place = [mcu_row * component.down + y, mcu * component.across + x];
                    read(bits, index, place, is_new);
                    is_new = false;
                }
            }
        }
        check_not_cut_short(bits)?;
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
    layout: &CoefficientLayout,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    let parts = scan.components().iter();
    let chosen = parts
        .map(|component| Ok([tables.dc_table(component.dc_table())?, tables.ac_table(component.ac_table())?]))
        .collect::<Result<Vec<_>>>()?;
    let mut predictions = [0; 4];
    let mut bits = BitReader::new(data);
    let mut group = [0; GROUP];
    for_each_block(
        &mut bits,
        scan,
        tables.restart_interval,
        geometry,
        |bits, component, [row, column], is_new| {
            if is_new {
                predictions = [0; 4];
            }
            let both = [&*chosen[component][0], &*chosen[component][1]];
            group.fill(0);
            read_block(bits, both, layout, &mut group, &mut predictions[component]);
            let (coefficients, _) = buffers[scan.components()[component].index()].row(row, layout);
            let start = column / LANES * layout.group() + layout.lane(column % LANES);
            for k in (0..64).filter(|k| layout.kept >> k & 1 == 1) {
                let offset = usize::from(layout.offsets[k]);
                coefficients[start + offset] = group[offset];
            }
        },
    )
}

/// Makes samples of an MCU row. The geometry is oriented.
pub(super) fn transform_mcu_row<S: Simd>(
    simd: S,
    buffers: &[CoefficientBuffer],
    geometry: &Geometry,
    (layout, orient): (&CoefficientLayout, Orient),
    mcu_row: usize,
    planes: &mut [Plane],
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let mut samples: Samples = [[0; 8 * LANES]; 8];
            let mut gathered = [0; GROUP];
            for ((buffer, component), plane) in buffers.iter().zip(&geometry.components).zip(planes) {
                let Some(idct) = &buffer.idct else { continue };
                for y in 0..component.down {
                    let row = mcu_row * component.down + y;
                    for group in 0..component.groups {
                        let column = group * LANES * layout.scale_num;
                        if plane.is_past(column) {
                            break;
                        }
                        let (coefficients, last) = match orient.transposes {
                            true => buffer.gather(layout, row, group, &mut gathered),
                            false => buffer.group(layout, row, group),
                        };
                        idct.transform(simd, coefficients, last, &mut samples);
                        plane.put(&samples, column, y * layout.scale_num, layout.scale_num);
                    }
                }
            }
        },
    );
}

impl CoefficientBuffer {
    /// A group of a row of blocks, and the last place in it, in coded order, that may not be 0.
    #[inline(always)]
    fn group(&self, layout: &CoefficientLayout, row: usize, group: usize) -> (&[i16], u32) {
        let index = row * self.groups + group;
        let nonzero = self.nonzero.get(index * LANES..(index + 1) * LANES);
        let any = nonzero.map_or(u64::MAX, |nonzero| nonzero.iter().fold(0, |any, one| any | one));
        let start = index * layout.group();
        (self.coefficients.get(start..start + layout.group()).unwrap_or_default(), last_of(any))
    }

    /// The same of a column of blocks: a group of sixteen that stand below each other.
    #[inline(always)]
    fn gather<'a>(
        &self,
        layout: &CoefficientLayout,
        column: usize,
        group: usize,
        gathered: &'a mut [i16; GROUP],
    ) -> (&'a [i16], u32) {
        gathered.fill(0);
        let mut any = 0;
        for lane in 0..LANES {
            let index = (group * LANES + lane) * self.groups + column / LANES;
            let start = index * layout.group() + layout.lane(column % LANES);
            let Some(block @ [_, ..]) = self.coefficients.get(start..) else { break };
            let nonzero =
                self.nonzero.get(index * LANES + column % LANES).map_or(u64::MAX, |nonzero| nonzero | 1);
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

/// The last place of those that have a bit, or the first.
#[inline(always)]
const fn last_of(mask: u64) -> u32 {
    63 - (mask | 1).leading_zeros()
}
