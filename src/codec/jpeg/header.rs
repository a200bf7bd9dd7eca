//! The marker segments before a JPEG's first scan: frame, colour, metadata. Borrows all of it from the file.

use std::ops::Range;

use crate::{
    codec::{
        Format, Probe,
        bytes::{be16, u8_at},
        exif, icc,
    },
    error::{Error, Result},
    pixel::{Metadata, Orientation, Size, Subsampling},
};

/// A frame header (T.81 B.2.2).
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// 0 to 15: the marker's lower half. 0 baseline, 1 extended, 2 progressive, 3 lossless, 9 and up arithmetic.
    pub(super) process: u8,
    pub(super) precision: u8,
    pub(super) size: Size,
    pub(super) components: Vec<Component>,
}

/// A component's name, its sampling factors, across and down, and the number of its quantiser.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) across: u32,
    pub(super) down: u32,
    pub(super) quantiser: u8,
}

/// What the samples of the components mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Color {
    Gray,
    YCbCr,
    Rgb,
    Cmyk,
    Ycck,
}

/// Everything before the first scan.
#[derive(Debug)]
pub(super) struct Header<'a> {
    bytes: &'a [u8],
    pub(super) frame: Frame,
    jfif: bool,
    /// The `transform` of an Adobe segment.
    adobe: Option<u8>,
    /// Units between restart markers, 0 for none.
    pub(super) restart_interval: u32,
    /// Components in the first scan; 0 when it was not reached.
    pub(super) scan_components: u8,
    /// The file without its metadata up to the first scan: the start marker, tables and the frame header.
    pub(super) tables: Vec<u8>,
    /// The file from the marker of its first scan on.
    pub(super) scans: &'a [u8],
    /// Numbered parts of an ICC profile: number, count, place in the file.
    icc: Vec<(u8, u8, Range<usize>)>,
    exif: Option<Range<usize>>,
    xmp: Option<Range<usize>>,
}

/// Reads what a JPEG's head says about it.
pub(in crate::codec) fn probe(head: &[u8]) -> Result<Probe> {
    let header = Header::read(head)?;
    let frame = &header.frame;
    Ok(Probe {
        format: Format::Jpeg,
        size: frame.size,
        depth: frame.precision,
        alpha: false,
        color: header.color() != Color::Gray,
        animated: Some(false),
        orientation: header.orientation(),
        subsampling: header.subsampling(),
        progressive: !header.is_in_one_scan(),
        icc: !header.icc.is_empty(),
        icc_bytes: header.icc_bytes(),
        restart_interval: header.restart_interval,
    })
}

impl<'a> Header<'a> {
    /// True if rows are whole as they come: a baseline file whose first scan has all components.
    pub(super) fn is_in_one_scan(&self) -> bool {
        matches!(self.frame.process, 0 | 1)
            && usize::from(self.scan_components) == self.frame.components.len()
    }

    /// Reads the segments up to the first scan.
    ///
    /// # Errors
    /// `Malformed` when there is no frame header, or it makes no sense.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut found = Found { tables: vec![0xff, 0xd8], ..Found::default() };
        let mut at = 2;
        while let Some((marker, body)) = next_segment(bytes, at) {
            at = body.end;
            let Some(payload) = bytes.get(body.clone()) else { break };
            match marker {
                // EOI
                0xd9 => break,
                // SOS
                0xda => {
                    found.scan_components = payload.first().copied().unwrap_or(0);
                    found.scans = body.start - 4;
                    break;
                }
                // SOF0 to SOF15, without DHT, JPG and DAC, which stand among them
                0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                    if found.frame.is_some() {
                        return Err(Error::malformed("two frame headers"));
                    }
                    found.frame = Some(read_frame(marker & 15, payload)?);
                    found.keep(marker, payload);
                }
                // Frames of a film leave out the standard tables; this segment tells the decoder.
                0xe0 if payload.starts_with(b"AVI1") => found.keep(marker, payload),
                0xe0..=0xef => found.application(marker, payload, body.start),
                // DHT, DAC, DQT, DNL
                0xc4 | 0xcc | 0xdb | 0xdc => found.keep(marker, payload),
                // DRI
                0xdd => {
                    found.restart_interval = be16(payload, 0).map_or(0, u32::from);
                    found.keep(marker, payload);
                }
                _ => {}
            }
        }
        let frame = found.frame.ok_or_else(|| {
            Error::malformed(format!("no frame header in the first {} bytes of the JPEG", bytes.len()))
        })?;
        Ok(Self {
            bytes,
            frame,
            jfif: found.jfif,
            adobe: found.adobe,
            restart_interval: found.restart_interval,
            scan_components: found.scan_components,
            tables: found.tables,
            scans: bytes.get(found.scans..).unwrap_or_default(),
            icc: found.icc,
            exif: found.exif,
            xmp: found.xmp,
        })
    }

    /// What the samples mean, by the rules that every decoder follows: JFIF is YCbCr, then Adobe's segment
    /// decides, then the components' names.
    pub(super) fn color(&self) -> Color {
        let components = &self.frame.components;
        match components.len() {
            1 => Color::Gray,
            4 if self.adobe == Some(2) => Color::Ycck,
            4 => Color::Cmyk,
            3 if self.jfif => Color::YCbCr,
            _ => match self.adobe {
                Some(0) => Color::Rgb,
                Some(_) => Color::YCbCr,
                None if components.iter().map(|component| component.id).eq(*b"RGB") => Color::Rgb,
                None => Color::YCbCr,
            },
        }
    }

    /// The subsampling of a YCbCr picture whose chroma planes are alike and one of the four usual sizes.
    pub(super) fn subsampling(&self) -> Option<Subsampling> {
        let [luma, blue, red] = self.frame.components[..] else { return None };
        if self.color() != Color::YCbCr || (blue.across, blue.down) != (red.across, red.down) {
            return None;
        }
        // Factors count relative to each other: 2x2,2x1,2x1 is the same as 1x2,1x1,1x1.
        if luma.across % blue.across != 0 || luma.down % blue.down != 0 {
            return None;
        }
        match (luma.across / blue.across, luma.down / blue.down) {
            (1, 1) => Some(Subsampling::Yuv444),
            (2, 1) => Some(Subsampling::Yuv422),
            (2, 2) => Some(Subsampling::Yuv420),
            (1, 2) => Some(Subsampling::Yuv440),
            _ => None,
        }
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.part(self.exif.as_ref()).map_or(Orientation::Upright, exif::orientation)
    }

    /// Copies ICC, EXIF and XMP out of the file.
    pub(super) fn metadata(&self) -> Metadata {
        Metadata {
            icc: self.icc_profile(),
            exif: Metadata::part(self.part(self.exif.as_ref())),
            xmp: Metadata::part(self.part(self.xmp.as_ref())),
        }
    }

    fn part(&self, range: Option<&Range<usize>>) -> Option<&'a [u8]> {
        self.bytes.get(range?.clone())
    }

    /// What the profile takes of which the parts that are seen tell.
    fn icc_bytes(&self) -> u64 {
        let Some((_, count, _)) = self.icc.first() else { return 0 };
        // All parts stand before the first scan.
        match self.icc_profile() {
            Some(profile) => return icc::held_bytes(&profile, profile.len() as u64),
            None if self.scan_components > 0 => return 0,
            None => (),
        }
        let seen: usize = self.icc.iter().map(|(_, _, range)| range.len()).sum();
        let unseen = usize::from(*count).saturating_sub(self.icc.len()) * usize::from(u16::MAX);
        let first = self.icc.iter().find(|part| part.0 == 1);
        let head = self.part(first.map(|(_, _, range)| range)).unwrap_or_default();
        icc::held_bytes(head, (seen + unseen) as u64)
    }

    /// The ICC profile put together in the order of its parts' numbers (ICC.1 B.4); `None` when a part is
    /// missing or they contradict each other, as viewers do.
    fn icc_profile(&self) -> Option<Vec<u8>> {
        let count = self.icc.first()?.1;
        let mut profile = Vec::new();
        profile.try_reserve_exact(self.icc.iter().map(|(_, _, range)| range.len()).sum()).ok()?;
        for number in 1..=count {
            let (_, total, range) = self.icc.iter().find(|part| part.0 == number)?;
            if *total != count {
                return None;
            }
            profile.extend_from_slice(self.bytes.get(range.clone())?);
        }
        Some(profile)
    }
}

/// What was met so far.
#[derive(Default)]
struct Found {
    frame: Option<Frame>,
    jfif: bool,
    adobe: Option<u8>,
    restart_interval: u32,
    scan_components: u8,
    tables: Vec<u8>,
    /// Where the first scan's marker stands.
    scans: usize,
    icc: Vec<(u8, u8, Range<usize>)>,
    exif: Option<Range<usize>>,
    xmp: Option<Range<usize>>,
}

impl Found {
    /// Keeps a segment for the decoder.
    fn keep(&mut self, marker: u8, payload: &[u8]) {
        // The length came from 16 bits, which counted its own two.
        let length = (payload.len() as u16 + 2).to_be_bytes();
        self.tables.extend_from_slice(&[0xff, marker, length[0], length[1]]);
        self.tables.extend_from_slice(payload);
    }

    /// Takes note of an APPn segment whose payload begins at `start` in the file.
    fn application(&mut self, marker: u8, payload: &[u8], start: usize) {
        const EXIF: &[u8] = b"Exif\0\0";
        const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
        const ICC: &[u8] = b"ICC_PROFILE\0";
        let end = start + payload.len();
        match marker {
            0xe0 if payload.starts_with(b"JFIF\0") => self.jfif = true,
            0xe1 if payload.starts_with(EXIF) && self.exif.is_none() => {
                self.exif = Some(start + EXIF.len()..end);
            }
            0xe1 if payload.starts_with(XMP) && self.xmp.is_none() => self.xmp = Some(start + XMP.len()..end),
            0xe2 if payload.starts_with(ICC) => {
                if let &[number, count, ..] = &payload[ICC.len()..] {
                    self.icc.push((number, count, start + ICC.len() + 2..end));
                }
            }
            0xee if payload.starts_with(b"Adobe") => self.adobe = u8_at(payload, 11),
            _ => {}
        }
    }
}

/// The next marker at or after `at` with the place of its payload. Fill bytes and stray bytes before a marker
/// are passed over, as decoders do.
pub(super) fn next_segment(bytes: &[u8], mut at: usize) -> Option<(u8, Range<usize>)> {
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)?;
        at += bytes.get(at..)?.iter().position(|&byte| byte != 0xff)?;
        let marker = u8_at(bytes, at)?;
        at += 1;
        match marker {
            // A stuffed byte, TEM and RSTn have no length and mean nothing here.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            0xd9 => return Some((marker, at..at)),
            _ => {
                let length = usize::from(be16(bytes, at)?);
                return Some((marker, at + 2..at + length.max(2)));
            }
        }
    }
}

/// Reads a frame header's payload.
fn read_frame(process: u8, payload: &[u8]) -> Result<Frame> {
    let short = || Error::malformed("a short frame header");
    let &[precision, h1, h0, w1, w0, count, ..] = payload else { return Err(short()) };
    let specs = payload.get(6..6 + 3 * usize::from(count)).ok_or_else(short)?;
    let components: Vec<Component> = specs
        .chunks_exact(3)
        .map(|spec| Component {
            id: spec[0],
            across: u32::from(spec[1] >> 4),
            down: u32::from(spec[1] & 15),
            quantiser: spec[2],
        })
        .collect();
    if !matches!(components.len(), 1 | 3 | 4) {
        return Err(Error::malformed(format!("a JPEG of {count} components")));
    }
    if components.iter().any(|c| !(1..=4).contains(&c.across) || !(1..=4).contains(&c.down)) {
        return Err(Error::malformed("a sampling factor that is not 1 to 4"));
    }
    let size = Size::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
    Ok(Frame { process, precision, size, components })
}
