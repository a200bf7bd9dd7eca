//! Quantization tables, Huffman tables and restart intervals (T.81 B.2.4), which may stand before any scan.

use std::sync::Arc;

use super::{
    super::marker::{DHT, DQT, DRI, EOI, next_segment_of},
    huffman::{Class, Table},
    layout::ZIGZAG,
    standard,
};
use crate::error::{Error, Result};

/// A quantization table (T.81 B.2.4.1), in raster order.
pub(super) type QuantTable = [u16; 64];

/// The tables that are in force at a place in the file.
#[derive(Debug, Default)]
pub(super) struct Tables {
    quant_tables: [Option<QuantTable>; 4],
    dc_tables: [Option<Arc<Table>>; 4],
    ac_tables: [Option<Arc<Table>>; 4],
    /// MCUs between restart markers (Ri), 0 for none.
    pub(super) restart_interval: u32,
}

impl Tables {
    /// Reads the tables from `at` up to `end`, passing over entropy-coded data among them.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when a table makes no sense.
    pub(super) fn read_to(&mut self, bytes: &[u8], mut at: usize, end: usize) -> Result<()> {
        let bytes = bytes.get(..end).unwrap_or(bytes);
        while let Some((marker, body)) = next_segment_of(bytes, at) {
            let Some(payload) = bytes.get(body.clone()) else { return Ok(()) };
            match marker {
                DHT => self.read_huffman(payload)?,
                DQT => self.read_quant_tables(payload)?,
                DRI => {
                    let &[high, low, ..] = payload else {
                        return Err(Error::malformed("a short restart interval"));
                    };
                    self.restart_interval = u16::from_be_bytes([high, low]).into();
                }
                EOI => return Ok(()),
                _ => {}
            }
            at = body.end;
        }
        Ok(())
    }

    fn read_quant_tables(&mut self, mut payload: &[u8]) -> Result<()> {
        while let Some((&head, rest)) = payload.split_first() {
            let length = if head >> 4 == 0 { 64 } else { 128 };
            let (Some(values), Some(slot)) =
                (rest.get(..length), self.quant_tables.get_mut(usize::from(head & 15)))
            else {
                return Err(Error::malformed("a short quantization table, or one past the fourth"));
            };
            let mut table = [0; 64];
            for (k, &raster) in ZIGZAG.iter().enumerate() {
                table[usize::from(raster)] = match length {
                    64 => values[k].into(),
                    _ => u16::from_be_bytes([values[2 * k], values[2 * k + 1]]),
                };
            }
            *slot = Some(table);
            payload = &rest[length..];
        }
        Ok(())
    }

    fn read_huffman(&mut self, mut payload: &[u8]) -> Result<()> {
        let bad = || Error::malformed("a short Huffman table, or one past the fourth");
        while let Some((&head, rest)) = payload.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(bad)?;
            let length: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = rest.get(..length).ok_or_else(bad)?;
            let (class, tables) = match head >> 4 {
                0 => (Class::Dc, &mut self.dc_tables),
                1 => (Class::Ac, &mut self.ac_tables),
                _ => return Err(bad()),
            };
            let slot = tables.get_mut(usize::from(head & 15)).ok_or_else(bad)?;
            *slot = Some(Arc::new(Table::new(class, counts, symbols)?));
            payload = &rest[length..];
        }
        Ok(())
    }

    /// The quantization table of a number.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when there is none of that number.
    pub(super) fn quant_table(&self, index: usize) -> Result<QuantTable> {
        let table = self.quant_tables.get(index).copied().flatten();
        table.ok_or_else(|| Error::malformed(format!("no quantization table of number {index}")))
    }

    /// The DC table of a number; the standard's where the file has none, as in the frames of Motion JPEG.
    pub(super) fn dc_table(&self, index: usize) -> Result<Arc<Table>> {
        huffman_table(&self.dc_tables, index, Class::Dc)
    }

    /// The AC table of a number; the standard's where the file has none.
    pub(super) fn ac_table(&self, index: usize) -> Result<Arc<Table>> {
        huffman_table(&self.ac_tables, index, Class::Ac)
    }
}

fn huffman_table(tables: &[Option<Arc<Table>>; 4], index: usize, class: Class) -> Result<Arc<Table>> {
    match tables.get(index) {
        Some(Some(table)) => Ok(Arc::clone(table)),
        Some(None) if index < 2 => {
            let (counts, symbols) = standard::table(class, index);
            Table::new(class, counts, symbols).map(Arc::new)
        }
        _ => Err(Error::malformed(format!("no Huffman table of number {index}"))),
    }
}
