//! Files of several scans, progressive or not: reads the scans that the scale needs into coefficient buffers.

use super::{
    bits::BitReader,
    coefficients::CoefficientBuffer,
    entropy::{ScanBlock, for_each_block, read_block},
    geometry::Geometry,
    idct::Idct,
    layout::{GROUP, LANES},
    progressive,
    scan_header::ScanHeader,
    scan_index::ScanIndex,
    tables::Tables,
};
use crate::{
    error::{Error, Result},
    simd::Simd,
};

/// Reads all scans of a file that are needed. The geometry is as coded.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when a scan is damaged or cut short, or the file ends before its
/// last; [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for the coefficients.
pub(super) fn read<S: Simd>(
    simd: S,
    data: &[u8],
    tables: &mut Tables,
    geometry: &Geometry,
    scan_index: &ScanIndex,
) -> Result<Vec<CoefficientBuffer>> {
    let components = geometry.components.iter().zip(scan_index.is_refined);
    let mut buffers = components
        .map(|(component, is_refined)| CoefficientBuffer::new(component, geometry, is_refined))
        .collect::<Result<Vec<_>>>()?;
    let mut at = 0;
    for entry in &scan_index.scans {
        tables.read_to(data, at, entry.start)?;
        for component in entry.scan.components() {
            let idct = &mut buffers[component.index()].idct;
            if idct.is_none() {
                let table = tables.quant_table(geometry.components[component.index()].quant_table)?;
                *idct = Some(Idct::new(&table, geometry.layout.scale_num));
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
                        progressive::read_scan(data, &entry.scan, tables, geometry, &mut buffers)
                    } else {
                        read_sequential_scan(data, &entry.scan, tables, geometry, &mut buffers)
                    }
                },
            )?;
        }
    }
    if geometry.layout.scale_num < 8 {
        // At full size the masks tell the transform which coefficients are 0.
        buffers.iter_mut().for_each(CoefficientBuffer::drop_nonzero);
    }
    if buffers.iter().any(|buffer| buffer.idct.is_none()) {
        return Err(Error::malformed("a JPEG without a scan of one of its components"));
    }
    Ok(buffers)
}

/// Reads a sequential scan of some components.
#[inline(always)]
fn read_sequential_scan(
    data: &[u8],
    scan: &ScanHeader,
    tables: &Tables,
    geometry: &Geometry,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    let layout = &geometry.layout;
    let of_components = scan.components().iter();
    let of_components = of_components
        .map(|component| Ok([tables.dc_table(component.dc_table())?, tables.ac_table(component.ac_table())?]))
        .collect::<Result<Vec<_>>>()?;
    let mut predictions = [0; 4];
    let mut bits = BitReader::new(data);
    let mut group = [0; GROUP];
    for_each_block(&mut bits, scan, tables.restart_interval, geometry, |bits, block| {
        let ScanBlock { component, pos, is_restart } = block;
        if is_restart {
            predictions = [0; 4];
        }
        let [dc_table, ac_table] = &of_components[component];
        group.fill(0);
        read_block(bits, [dc_table, ac_table], layout, &mut group, &mut predictions[component]);
        let (coefficients, _) = buffers[scan.components()[component].index()].row(pos.y, layout);
        let start = pos.x / LANES * layout.group() + layout.lane(pos.x % LANES);
        for k in (0..64).filter(|k| layout.kept >> k & 1 == 1) {
            let offset = usize::from(layout.offsets[k]);
            coefficients[start + offset] = group[offset];
        }
    })
}
