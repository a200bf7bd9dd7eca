//! The file around coded scans: marker segments (T.81 B.2), and their order.

use super::{
    huffman::{Codes, Counts},
    scans::Component,
    stream::{Class, CodedScan, Reader},
    transform::Quantizer,
};
use crate::{
    codec::jpeg::{
        decoder::ZIGZAG,
        marker::{APP0, APP1, APP2, DHT, DQT, EOI, SOF0, SOI, SOS},
    },
    error::{Error, Kind, Result},
    pixel::{Metadata, Size},
};

/// The most bytes of a segment's payload, its 16-bit length included in the 65,535.
const SEGMENT: usize = 65_533;
const EXIF_NAME: &[u8] = b"Exif\0\0";
const XMP_NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const ICC_NAME: &[u8] = b"ICC_PROFILE\0";

/// JFIF 1.02, of which pixels are square, without a thumbnail.
const JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";

/// What the headers say.
pub(super) struct Frame<'a> {
    pub(super) size: Size,
    pub(super) is_progressive: bool,
    pub(super) quantizers: [Quantizer; 2],
    pub(super) metadata: &'a Metadata,
}

pub(super) fn too_long(most: u64) -> Error {
    Error::new(Kind::OutputTooLarge, format!("more than {most} bytes"))
}

/// The file of components whose blocks have all been put, in memory of just its length.
///
/// # Errors
/// [`Kind::OutputTooLarge`] when it would be longer than `max_bytes`, [`Kind::OutOfMemory`].
pub(super) fn write(frame: &Frame<'_>, mut components: Vec<Component>, max_bytes: u64) -> Result<Vec<u8>> {
    components.iter_mut().try_for_each(Component::end)?;
    let is_gray = components.len() > 1 && components.iter().skip(1).all(Component::is_flat);
    if frame.is_progressive && is_gray && frame.metadata.icc.is_none() {
        components.truncate(1);
        components.iter_mut().for_each(|component| component.factors = [1, 1]);
    }
    let head = frame.head(&components);
    if !frame.is_progressive {
        let mut file = head;
        write_mcus(frame, components, &mut file)?;
        if file.len() as u64 > max_bytes {
            return Err(too_long(max_bytes));
        }
        file.shrink_to_fit();
        return Ok(file);
    }
    let scans = scans(components)?;
    let length = head.len() + 2 + scans.iter().map(|(head, scan)| head.len() + scan.length()).sum::<usize>();
    if length as u64 > max_bytes {
        return Err(too_long(max_bytes));
    }
    let mut file = Vec::new();
    file.try_reserve_exact(length)?;
    file.extend(head);
    for (head, scan) in scans {
        file.extend(head);
        scan.write(&mut file);
    }
    file.extend([0xff, EOI]);
    Ok(file)
}

/// The scans of a progressive file, each behind its own Huffman table: what is coarse first.
fn scans(components: Vec<Component>) -> Result<Vec<(Vec<u8>, CodedScan)>> {
    let (mut scans, mut bands) = (Vec::new(), Vec::new());
    for (at, component) in components.into_iter().enumerate() {
        scans.push((at, [0, 0], component.dc.coded()?));
        for (step, band) in component.bands.into_iter().enumerate() {
            bands.push((step, at, band.range, band.stream.coded()?));
        }
    }
    bands.sort_by_key(|(step, at, ..)| (*step, *at));
    scans.extend(bands.into_iter().map(|(_, at, range, scan)| (at, range, scan)));
    let with_head = |(at, range, scan): (usize, [u8; 2], CodedScan)| {
        let mut head = Vec::new();
        if let Some(codes) = &scan.codes {
            put_table(&mut head, scan.class, 0, codes);
        }
        put_scan(&mut head, &[(at, 0)], range);
        (head, scan)
    };
    Ok(scans.into_iter().map(with_head).collect())
}

impl Frame<'_> {
    /// All that stands before the first scan.
    fn head(&self, components: &[Component]) -> Vec<u8> {
        let Self { size, metadata, .. } = self;
        let mut head = vec![0xff, SOI];
        put_segment(&mut head, APP0, &[JFIF]);
        if let Some(icc) = &metadata.icc {
            let chunks = icc.chunks(SEGMENT - ICC_NAME.len() - 2);
            let count = chunks.len();
            for (number, chunk) in (1..=255).zip(chunks).filter(|_| count < 256) {
                put_segment(&mut head, APP2, &[ICC_NAME, &[number, count as u8], chunk]);
            }
        }
        for (name, payload) in [(EXIF_NAME, &metadata.exif), (XMP_NAME, &metadata.xmp)] {
            if let Some(payload) = payload.as_ref().filter(|payload| name.len() + payload.len() <= SEGMENT) {
                put_segment(&mut head, APP1, &[name, payload]);
            }
        }
        let tables = components.len().min(2) as u8;
        for (number, quantizer) in (0..tables).zip(&self.quantizers) {
            let steps = ZIGZAG.map(|raster| quantizer.table[usize::from(raster)]);
            put_segment(&mut head, DQT, &[&[number], &steps]);
        }
        let [width, height] = [size.width, size.height].map(|side| (side as u16).to_be_bytes());
        let parts: Vec<u8> = (1..)
            .zip(components)
            .flat_map(|(id, component)| {
                let [across, down] = component.factors;
                [id, (across << 4 | down) as u8, component.is_chroma.into()]
            })
            .collect();
        let process = if self.is_progressive { SOF0 + 2 } else { SOF0 };
        put_segment(&mut head, process, &[&[8], &height, &width, &[components.len() as u8], &parts]);
        head
    }
}

fn put_segment(file: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    file.extend([0xff, marker]);
    file.extend((length as u16 + 2).to_be_bytes());
    parts.iter().for_each(|part| file.extend_from_slice(part));
}

fn put_table(file: &mut Vec<u8>, class: Class, number: u8, codes: &Codes) {
    let class = match class {
        Class::Dc => 0,
        Class::Ac => 0x10,
    };
    put_segment(file, DHT, &[&[class | number], &codes.lengths, &codes.symbols]);
}

/// The header of a scan of components, each with the number of its tables.
fn put_scan(file: &mut Vec<u8>, components: &[(usize, u8)], [first, last]: [u8; 2]) {
    let parts: Vec<u8> =
        components.iter().flat_map(|(at, table)| [*at as u8 + 1, table << 4 | table]).collect();
    put_segment(file, SOS, &[&[components.len() as u8], &parts, &[first, last, 0]]);
}

/// The only scan of a sequential file.
fn write_mcus(frame: &Frame<'_>, components: Vec<Component>, file: &mut Vec<u8>) -> Result<()> {
    let sum = |of: fn(&Component) -> &Counts, is_chroma: bool| {
        let mut sum = [0; 256];
        for counts in components.iter().filter(|component| component.is_chroma == is_chroma).map(of) {
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        Codes::new(&sum)
    };
    let codes = [false, true].map(|is_chroma| {
        [sum(|component| &component.dc.counts, is_chroma), sum(|component| component.ac_counts(), is_chroma)]
    });
    for (number, [dc, ac]) in (0..).zip(&codes).take(components.len().min(2)) {
        put_table(file, Class::Dc, number, dc);
        put_table(file, Class::Ac, number, ac);
    }
    let parts: Vec<(usize, u8)> =
        components.iter().enumerate().map(|(at, component)| (at, component.is_chroma.into())).collect();
    put_scan(file, &parts, [0, 63]);
    let [wide, high] = components.first().map_or([8, 8], |first| first.factors.map(|factor| 8 * factor));
    let mcus = frame.size.width.div_ceil(wide) * frame.size.height.div_ceil(high);
    let mut coders: Vec<BlockCoder<'_>> =
        components.into_iter().filter_map(|component| BlockCoder::new(component, &codes)).collect();
    let mut out = BitWriter { file, last: 0, count: 0 };
    for _ in 0..mcus {
        for coder in &mut coders {
            (0..coder.blocks).try_for_each(|_| coder.put_block(&mut out))?;
        }
    }
    out.put(0x7f, 7)?;
    file.extend([0xff, EOI]);
    Ok(())
}

/// Reads a component's symbols block by block, and writes their codes.
struct BlockCoder<'a> {
    /// Blocks of an MCU.
    blocks: u32,
    dc: Reader,
    ac: Reader,
    codes: &'a [Codes; 2],
}

impl<'a> BlockCoder<'a> {
    fn new(component: Component, codes: &'a [[Codes; 2]; 2]) -> Option<Self> {
        let codes = &codes[usize::from(component.is_chroma)];
        let [across, down] = component.factors;
        let ac = component.bands.into_iter().next()?.stream.read();
        Some(Self { blocks: across * down, dc: component.dc.read(), ac, codes })
    }

    fn put_block(&mut self, out: &mut BitWriter<'_>) -> Result<()> {
        let (symbol, extra) = self.dc.symbol(Class::Dc);
        out.put_symbol(&self.codes[0], Class::Dc, symbol, extra)?;
        let mut next = 1;
        while next < 64 {
            let (symbol, extra) = self.ac.symbol(Class::Ac);
            out.put_symbol(&self.codes[1], Class::Ac, symbol, extra)?;
            next = if symbol == 0 { 64 } else { next + (symbol >> 4) + 1 };
        }
        Ok(())
    }
}

/// Writes entropy-coded bits, where a 0 stands behind each 255.
struct BitWriter<'a> {
    file: &'a mut Vec<u8>,
    last: u64,
    count: u32,
}

impl BitWriter<'_> {
    fn put_symbol(&mut self, codes: &Codes, class: Class, symbol: u8, extra: u32) -> Result<()> {
        let ((code, length), bits) = (codes.of(symbol), class.extra_bits(symbol));
        self.put(code << bits | extra, length + bits)
    }

    fn put(&mut self, value: u32, bits: u32) -> Result<()> {
        self.last = self.last << bits | u64::from(value);
        self.count += bits;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.last >> self.count) as u8;
            self.file.try_reserve(2)?;
            self.file.push(byte);
            if byte == 255 {
                self.file.push(0);
            }
        }
        Ok(())
    }
}
