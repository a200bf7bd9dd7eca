//! The tables and scan headers between the entropy-coded data (T.81 B.2.3, B.2.4).

use std::sync::Arc;

use super::{
    super::header::next_segment_of,
    huffman::{Class, Table},
    layout::ZIGZAG,
    standard,
};
use crate::error::{Error, Result};

/// A quantiser's steps, in raster order.
pub(super) type Steps = [u16; 64];

/// The markers EOI and SOS.
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// The tables as they stand at a place in the file.
#[derive(Debug, Default)]
pub(super) struct Tables {
    quantisers: [Option<Steps>; 4],
    differences: [Option<Arc<Table>>; 4],
    coefficients: [Option<Arc<Table>>; 4],
    /// Units between restart markers, 0 for none.
    pub(super) restart_interval: u32,
}

/// A component's part in a scan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    component: u8,
    /// The numbers of its tables for differences and for coefficients.
    tables: [u8; 2],
}

impl Part {
    /// Which component of the frame.
    #[inline(always)]
    pub(super) const fn component(&self) -> usize {
        self.component as usize
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
    parts: [Part; 4],
    count: u8,
    /// The first and the last coefficient, in zigzag order.
    band: (u8, u8),
    /// How many lower bits were left out by the scans before, 0 if there was none, and by this one.
    approximation: (u8, u8),
}

impl Scan {
    #[inline(always)]
    pub(super) fn parts(&self) -> &[Part] {
        self.parts.get(..self.count.into()).unwrap_or_default()
    }

    /// The first and the last coefficient, in zigzag order.
    pub(super) const fn band(&self) -> (u32, u32) {
        (self.band.0 as u32, self.band.1 as u32)
    }

    /// How many lower bits were left out by the scans before, 0 if there was none, and by this one.
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
            let begin = body.start - if marker == END { 2 } else { 4 };
            let from = *from.get_or_insert(begin);
            if marker == END {
                return Ok((Next::End, from));
            }
            let Some(payload) = bytes.get(body.clone()) else { return Ok((Next::Nothing, from)) };
            if marker == SCAN {
                return Ok((Next::Scan(read_scan(payload, ids)?, body.end), from));
            }
            at = body.end;
        }
    }

    /// Reads the tables from `at` up to `end`; entropy-coded data among them are passed over.
    ///
    /// # Errors
    /// `Malformed` when a table makes no sense.
    pub(super) fn read_to(&mut self, bytes: &[u8], mut at: usize, end: usize) -> Result<()> {
        let bytes = bytes.get(..end).unwrap_or(bytes);
        while let Some((marker, body)) = next_segment_of(bytes, at) {
            let Some(payload) = bytes.get(body.clone()) else { return Ok(()) };
            match marker {
                0xc4 => self.read_huffman(payload)?,
                0xdb => self.read_quantisers(payload)?,
                0xdd => {
                    let &[high, low, ..] = payload else {
                        return Err(Error::malformed("a short restart interval"));
                    };
                    self.restart_interval = u16::from_be_bytes([high, low]).into();
                }
                END => return Ok(()),
                _ => {}
            }
            at = body.end;
        }
        Ok(())
    }

    fn read_quantisers(&mut self, mut payload: &[u8]) -> Result<()> {
        while let Some((&head, rest)) = payload.split_first() {
            let length = if head >> 4 == 0 { 64 } else { 128 };
            let (Some(values), Some(place)) =
                (rest.get(..length), self.quantisers.get_mut(usize::from(head & 15)))
            else {
                return Err(Error::malformed("a short quantiser, or one past the fourth"));
            };
            let mut steps = [0; 64];
            for (k, &place) in ZIGZAG.iter().enumerate() {
                steps[usize::from(place)] = match length {
                    64 => values[k].into(),
                    _ => u16::from_be_bytes([values[2 * k], values[2 * k + 1]]),
                };
            }
            *place = Some(steps);
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
                0 => (Class::Dc, &mut self.differences),
                1 => (Class::Ac, &mut self.coefficients),
                _ => return Err(bad()),
            };
            let place = tables.get_mut(usize::from(head & 15)).ok_or_else(bad)?;
            *place = Some(Arc::new(Table::new(class, counts, symbols)?));
            payload = &rest[length..];
        }
        Ok(())
    }

    /// A quantiser.
    ///
    /// # Errors
    /// `Malformed` when there is none of that number.
    pub(super) fn quantiser(&self, index: usize) -> Result<Steps> {
        let table = self.quantisers.get(index).copied().flatten();
        table.ok_or_else(|| Error::malformed(format!("no quantiser of number {index}")))
    }

    /// The Huffman table for differences; the standard's where the file has none, as in the frames of films.
    pub(super) fn differences(&self, index: usize) -> Result<Arc<Table>> {
        choose(&self.differences, index, Class::Dc)
    }

    /// The Huffman table for coefficients.
    pub(super) fn coefficients(&self, index: usize) -> Result<Arc<Table>> {
        choose(&self.coefficients, index, Class::Ac)
    }
}

fn choose(tables: &[Option<Arc<Table>>; 4], index: usize, class: Class) -> Result<Arc<Table>> {
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
    let (parts, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or_else(bad)?;
    let &[first, last, approximation, ..] = rest else { return Err(bad()) };
    let mut scan = Scan {
        parts: [Part::default(); 4],
        count,
        band: (first, last),
        approximation: (approximation >> 4, approximation & 15),
    };
    if !(1..=scan.parts.len()).contains(&count.into()) {
        return Err(bad());
    }
    for (index, part) in parts.chunks_exact(2).enumerate() {
        let component = ids.iter().position(|&id| id == part[0]).ok_or_else(bad)?;
        if scan.parts[..index].iter().any(|other| other.component() == component) {
            return Err(bad());
        }
        let component = component as u8;
        scan.parts[index] = Part { component, tables: [part[1] >> 4, part[1] & 15] };
    }
    Ok(scan)
}
