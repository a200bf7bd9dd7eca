//! The tables and scan headers between the scans (T.81 B.2.3, B.2.4).

use std::sync::Arc;

use super::{
    super::header::next_segment_of,
    huffman::{Class, Table},
    layout::ZIGZAG,
    standard,
};
use crate::error::{Error, Result};

/// A quantization table (T.81 B.2.4.1), in raster order.
pub(super) type QuantTable = [u16; 64];

/// The markers EOI and SOS.
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// The tables that are in force at a place in the file.
#[derive(Debug, Default)]
pub(super) struct Tables {
    quant_tables: [Option<QuantTable>; 4],
    dc_tables: [Option<Arc<Table>>; 4],
    ac_tables: [Option<Arc<Table>>; 4],
    /// MCUs between restart markers (Ri), 0 for none.
    pub(super) restart_interval: u32,
}

/// A component of a scan (T.81 B.2.3).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ScanComponent {
    /// Which component of the frame.
    index: u8,
    /// The numbers of its DC table (Td) and its AC table (Ta).
    tables: [u8; 2],
}

impl ScanComponent {
    /// Which component of the frame.
    #[inline(always)]
    pub(super) const fn index(&self) -> usize {
        self.index as usize
    }

    pub(super) const fn dc_table(&self) -> usize {
        self.tables[0] as usize
    }

    pub(super) const fn ac_table(&self) -> usize {
        self.tables[1] as usize
    }
}

/// A scan header. Small: a file may have a thousand.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    components: [ScanComponent; 4],
    count: u8,
    /// Ss and Se, the start and the end of spectral selection, in zigzag order.
    spectral_selection: (u8, u8),
    /// Ah and Al, the bit positions of successive approximation: how many lower bits were left out by the scans before
    /// (0 if there was none) and by this one.
    approximation: (u8, u8),
}

impl Scan {
    #[inline(always)]
    pub(super) fn components(&self) -> &[ScanComponent] {
        self.components.get(..self.count.into()).unwrap_or_default()
    }

    /// Ss and Se, the start and the end of spectral selection, in zigzag order.
    pub(super) const fn spectral_selection(&self) -> (u32, u32) {
        (self.spectral_selection.0 as u32, self.spectral_selection.1 as u32)
    }

    /// Ah and Al, the bit positions of successive approximation.
    pub(super) const fn approximation(&self) -> (u32, u32) {
        (self.approximation.0 as u32, self.approximation.1 as u32)
    }
}

/// What stands after entropy-coded data.
#[derive(Debug)]
pub(super) enum Next {
    /// A scan, with the place of its data.
    Scan(Scan, usize),
    /// The end marker.
    End,
    /// The end of the file.
    Nothing,
}

impl Tables {
    /// Finds the next scan header at or after `at`. Returns also where the first segment stands that is found.
    ///
    /// # Errors
    /// `Malformed` when the scan header makes no sense.
    pub(super) fn find_scan(bytes: &[u8], mut at: usize, ids: &[u8]) -> Result<(Next, usize)> {
        let mut from = None;
        loop {
            let Some((marker, body)) = next_segment_of(bytes, at) else {
                return Ok((Next::Nothing, from.unwrap_or(bytes.len())));
            };
            let begin = body.start - if marker == EOI { 2 } else { 4 };
            let from = *from.get_or_insert(begin);
            if marker == EOI {
                return Ok((Next::End, from));
            }
            let Some(payload) = bytes.get(body.clone()) else { return Ok((Next::Nothing, from)) };
            if marker == SOS {
                return Ok((Next::Scan(read_scan(payload, ids)?, body.end), from));
            }
            at = body.end;
        }
    }

    /// Reads the tables from `at` up to `end`, passing over entropy-coded data among them.
    ///
    /// # Errors
    /// `Malformed` when a table makes no sense.
    pub(super) fn read_to(&mut self, bytes: &[u8], mut at: usize, end: usize) -> Result<()> {
        let bytes = bytes.get(..end).unwrap_or(bytes);
        while let Some((marker, body)) = next_segment_of(bytes, at) {
            let Some(payload) = bytes.get(body.clone()) else { return Ok(()) };
            match marker {
                0xc4 => self.read_huffman(payload)?,
                0xdb => self.read_quant_tables(payload)?,
                0xdd => {
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
    /// `Malformed` when there is none of that number.
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

fn read_scan(payload: &[u8], ids: &[u8]) -> Result<Scan> {
    let bad = || Error::malformed("a scan header that makes no sense");
    let (&count, rest) = payload.split_first().ok_or_else(bad)?;
    let (specs, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or_else(bad)?;
    let &[start, end, approximation, ..] = rest else { return Err(bad()) };
    let mut scan = Scan {
        components: [ScanComponent::default(); 4],
        count,
        spectral_selection: (start, end),
        approximation: (approximation >> 4, approximation & 15),
    };
    if !(1..=scan.components.len()).contains(&count.into()) {
        return Err(bad());
    }
    for (slot, spec) in specs.chunks_exact(2).enumerate() {
        let index = ids.iter().position(|&id| id == spec[0]).ok_or_else(bad)?;
        if scan.components[..slot].iter().any(|other| other.index() == index) {
            return Err(bad());
        }
        scan.components[slot] = ScanComponent { index: index as u8, tables: [spec[1] >> 4, spec[1] & 15] };
    }
    Ok(scan)
}
