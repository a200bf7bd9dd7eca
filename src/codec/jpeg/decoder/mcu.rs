//! The blocks of an interleaved MCU (T.81 A.2.3), and the groups that collect those of sixteen MCUs.

use std::sync::Arc;

use super::{geometry::Geometry, huffman::Table, scan_header::ScanHeader, tables::Tables};
use crate::error::Result;

/// A block of an MCU: its tables, and where its coefficients are collected.
pub(super) struct McuBlock {
    pub(super) component: usize,
    /// The first of the groups that collect its row of blocks.
    pub(super) first_group: usize,
    /// Blocks of the MCU in that row, and which of them it is.
    pub(super) mcu_width: usize,
    pub(super) x: usize,
    pub(super) dc_table: Arc<Table>,
    pub(super) ac_table: Arc<Table>,
}

/// The blocks of an MCU in coded order. There are as many groups as blocks.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when a Huffman table is missing.
pub(super) fn blocks(scan: &ScanHeader, tables: &Tables, geometry: &Geometry) -> Result<Vec<McuBlock>> {
    let mut blocks = Vec::new();
    for scan_component in scan.components() {
        let component = &geometry.components[scan_component.index()];
        let dc_table = tables.dc_table(scan_component.dc_table())?;
        let ac_table = tables.ac_table(scan_component.ac_table())?;
        let (width, height) = (component.mcu_width, component.mcu_height);
        let groups = blocks.len();
        for index in 0..width * height {
            // The order of the file goes by rows of the coded picture.
            let (x, y) = if geometry.orient.transposes {
                (index / height, index % height)
            } else {
                (index % width, index / width)
            };
            blocks.push(McuBlock {
                component: scan_component.index(),
                first_group: groups + y * width,
                mcu_width: width,
                x,
                dc_table: Arc::clone(&dc_table),
                ac_table: Arc::clone(&ac_table),
            });
        }
    }
    Ok(blocks)
}
