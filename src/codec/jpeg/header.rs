//! The marker segments before a JPEG's first scan: frame, colour, metadata. They are passed over by their length, and
//! of metadata only the places are noted.

use std::ops::Range;

use crate::{
    codec::{
        Demands, Format, Probe,
        bytes::{be16, u8_at},
        exif, icc, probing,
        view::View,
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

impl Frame {
    /// The largest sampling factors, across and down.
    pub(super) fn most_factors(&self) -> (u32, u32) {
        let most = |of: fn(&Component) -> u32| self.components.iter().map(of).max().unwrap_or(1);
        (most(|component| component.across), most(|component| component.down))
    }
}

/// A component's name, its sampling factors, across and down, and the number of its quantization table (Tq).
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) across: u32,
    pub(super) down: u32,
    pub(super) quant_table: u8,
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
    view: View<'a>,
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
    icc: Vec<(u8, u8, Range<u64>)>,
    exif: Option<Range<u64>>,
    xmp: Option<Range<u64>>,
}

/// Reads what a JPEG's segments say about it, and goes on where it was.
#[derive(Debug, Default)]
pub(in crate::codec) struct Walk {
    found: Found,
}

impl probing::Walk for Walk {
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        self.found.read(view)?;
        let header = Header::of(self.found.clone(), view, &[])?;
        let frame = &header.frame;
        Ok(Probe {
            depth: frame.precision,
            color: header.color() != Color::Gray,
            orientation: header.orientation(),
            subsampling: header.subsampling(),
            progressive: !header.is_in_one_scan(),
            icc: !header.icc.is_empty(),
            demands: Demands {
                icc_bytes: header.icc_bytes(),
                metadata_bytes: header.metadata_bytes(),
                restart_interval: header.restart_interval,
                ..Demands::default()
            },
            ..Probe::new(Format::Jpeg, frame.size)
        })
    }
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
        let view = View::whole(bytes);
        let mut found = Found::default();
        found.read(view)?;
        let scans = usize::try_from(found.scans).ok().and_then(|scans| bytes.get(scans..));
        Self::of(found, view, scans.unwrap_or_default())
    }

    fn of(found: Found, view: View<'a>, scans: &'a [u8]) -> Result<Self> {
        let frame = found.frame.ok_or_else(|| {
            Error::malformed(format!("no frame header in the {} bytes of the JPEG that there are", found.at))
        })?;
        Ok(Self {
            view,
            frame,
            jfif: found.jfif,
            adobe: found.adobe,
            restart_interval: found.restart_interval,
            scan_components: found.scan_components,
            tables: found.tables,
            scans,
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
            // Any other transform than none is taken for this one.
            4 if self.adobe.is_some_and(|transform| transform != 0) => Color::Ycck,
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
        let exif = self.exif.as_ref().map(|exif| self.view.from(exif.start));
        exif.map_or(Orientation::Upright, exif::orientation)
    }

    /// Copies ICC, EXIF and XMP out of the file.
    pub(super) fn metadata(&self) -> Metadata {
        Metadata {
            icc: self.icc_profile(),
            colors: None,
            exif: Metadata::part(self.part(self.exif.as_ref())),
            xmp: Metadata::part(self.part(self.xmp.as_ref())),
        }
    }

    fn part(&self, range: Option<&Range<u64>>) -> Option<&'a [u8]> {
        let range = range?;
        self.view.get(range.start, usize::try_from(range.end - range.start).ok()?)
    }

    /// Bytes of EXIF and XMP.
    fn metadata_bytes(&self) -> u64 {
        [&self.exif, &self.xmp].into_iter().flatten().map(|part| part.end - part.start).sum()
    }

    /// What the profile takes, all of whose parts stand before the first scan.
    fn icc_bytes(&self) -> u64 {
        let length: u64 = self.icc.iter().map(|(_, _, range)| range.end - range.start).sum();
        if length > SHORT_PROFILE {
            return icc::held_bytes(&|at, bytes| self.icc_piece(at, bytes), length);
        }
        // A short one is put together, of however many parts; contradictory ones are no profile.
        self.icc_profile()
            .map_or(0, |profile| icc::held_bytes(&|at, bytes| View::whole(&profile).get(at, bytes), length))
    }

    /// Bytes of the profile, if one part has all of them.
    fn icc_piece(&self, mut at: u64, length: usize) -> Option<&'a [u8]> {
        for number in 1..=self.icc.first()?.1 {
            let (_, _, range) = self.icc.iter().find(|part| part.0 == number)?;
            let part = range.end - range.start;
            if at < part {
                return self.view.get(range.start + at, length).filter(|_| at + length as u64 <= part);
            }
            at -= part;
        }
        None
    }

    /// The ICC profile put together in the order of its parts' numbers (ICC.1 B.4); `None` when a part is
    /// missing or they contradict each other, as viewers do.
    fn icc_profile(&self) -> Option<Vec<u8>> {
        let count = self.icc.first()?.1;
        let mut profile = Vec::new();
        let length: u64 = self.icc.iter().map(|(_, _, range)| range.end - range.start).sum();
        profile.try_reserve_exact(usize::try_from(length).ok()?).ok()?;
        for number in 1..=count {
            let (_, total, range) = self.icc.iter().find(|part| part.0 == number)?;
            if *total != count {
                return None;
            }
            profile.extend_from_slice(self.part(Some(range))?);
        }
        Some(profile)
    }
}

/// What was met so far.
#[derive(Debug, Clone, Default)]
struct Found {
    /// Where the next segment is looked for.
    at: u64,
    is_done: bool,
    frame: Option<Frame>,
    jfif: bool,
    adobe: Option<u8>,
    restart_interval: u32,
    scan_components: u8,
    tables: Vec<u8>,
    /// Where the first scan's marker stands.
    scans: u64,
    icc: Vec<(u8, u8, Range<u64>)>,
    exif: Option<Range<u64>>,
    xmp: Option<Range<u64>>,
}

impl Found {
    /// Reads the segments up to the first scan, as far as they are there.
    fn read(&mut self, view: View<'_>) -> Result<()> {
        if self.at == 0 {
            (self.at, self.tables) = (2, vec![0xff, 0xd8]);
        }
        while !self.is_done
            && let Some((marker, body)) = next_segment(view, self.at)
        {
            let is_here = self.note(marker, &body, view)?;
            // What is missing will be there the next time; what the end of the file cuts is no segment.
            if !is_here {
                break;
            }
            self.at = body.end;
        }
        Ok(())
    }

    /// Takes note of a segment; `false` if it is not all there.
    fn note(&mut self, marker: u8, body: &Range<u64>, view: View<'_>) -> Result<bool> {
        let length = (body.end - body.start) as usize;
        if view.length_from(body.start, length as u64) < length as u64 {
            return Ok(false);
        }
        match marker {
            // EOI
            0xd9 => self.is_done = true,
            // SOS
            0xda => {
                let Some(payload) = view.get(body.start, length) else { return Ok(false) };
                self.scan_components = payload.first().copied().unwrap_or(0);
                self.scans = body.start - 4;
                self.is_done = true;
            }
            // SOF0 to SOF15, DHT and DAC, DQT, DNL, DRI; JPG stands among them.
            0xc0..=0xcf | 0xdb..=0xdd if marker != 0xc8 => {
                let Some(payload) = view.get(body.start, length) else { return Ok(false) };
                match marker {
                    0xc4 | 0xcc | 0xdb | 0xdc => (),
                    0xdd => self.restart_interval = be16(payload, 0).map_or(0, u32::from),
                    _ if self.frame.is_some() => return Err(Error::malformed("two frame headers")),
                    _ => self.frame = Some(read_frame(marker & 15, payload)?),
                }
                self.keep(marker, payload);
            }
            0xe0..=0xef => {
                let kind = view.up_to(body.start, length.min(KIND));
                if view.is_waiting() {
                    return Ok(false);
                }
                if marker == 0xe0 && kind.starts_with(b"AVI1") {
                    // Frames of a film leave out the standard tables; this segment tells the decoder.
                    let Some(payload) = view.get(body.start, length) else { return Ok(false) };
                    self.keep(marker, payload);
                }
                self.application(marker, kind, body);
            }
            _ => {}
        }
        Ok(true)
    }

    /// Keeps a segment for the decoder.
    fn keep(&mut self, marker: u8, payload: &[u8]) {
        // The length came from 16 bits, which counted its own two.
        let length = (payload.len() as u16 + 2).to_be_bytes();
        self.tables.extend_from_slice(&[0xff, marker, length[0], length[1]]);
        self.tables.extend_from_slice(payload);
    }

    /// Takes note of an APPn segment by the first bytes of its payload.
    fn application(&mut self, marker: u8, kind: &[u8], body: &Range<u64>) {
        const EXIF: &[u8] = b"Exif\0";
        const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
        const ICC: &[u8] = b"ICC_PROFILE\0";
        let behind = |prefix: usize| body.start + prefix as u64..body.end;
        match marker {
            // Segments that are too short for what they should say are none.
            0xe0 if kind.starts_with(b"JFIF\0") && kind.len() >= 14 => self.jfif = true,
            // The first that has anything, whatever its name is filled up with, as browsers take it.
            0xe1 if kind.starts_with(EXIF) && kind.len() > EXIF.len() + 1 && self.exif.is_none() => {
                self.exif = Some(behind(EXIF.len() + 1));
            }
            0xe1 if kind.starts_with(XMP) && self.xmp.is_none() => self.xmp = Some(behind(XMP.len())),
            0xe2 if kind.starts_with(ICC) => {
                if let &[number, count, ..] = &kind[ICC.len()..] {
                    self.icc.push((number, count, behind(ICC.len() + 2)));
                }
            }
            0xee if kind.starts_with(b"Adobe") => self.adobe = u8_at(kind, 11).or(self.adobe),
            _ => {}
        }
    }
}

/// Bytes of a profile that is looked at as a whole.
const SHORT_PROFILE: u64 = 16 << 10;

/// Bytes that say what an APPn segment holds: the longest is XMP's name.
const KIND: usize = 32;

/// Bytes in which a marker is looked for at once.
const SEARCHED: usize = 512;

/// The next marker at or after `at` with the place of its payload. Fill bytes and stray bytes before a marker
/// are passed over, as decoders do.
fn next_segment(view: View<'_>, mut at: u64) -> Option<(u8, Range<u64>)> {
    loop {
        at = next_byte(view, at, |byte| byte == 0xff)?;
        at = next_byte(view, at, |byte| byte != 0xff)?;
        let marker = view.u8(at)?;
        at += 1;
        match marker {
            // A stuffed byte, TEM, what is reserved and RSTn have no length and mean nothing here.
            0x00..=0xbf | 0xd0..=0xd8 => {}
            0xd9 => return Some((marker, at..at)),
            _ => {
                let length = u64::from(view.be16(at)?);
                return Some((marker, at + 2..at + length.max(2)));
            }
        }
    }
}

/// The same of bytes that are all there.
pub(super) fn next_segment_of(bytes: &[u8], at: usize) -> Option<(u8, Range<usize>)> {
    let (marker, body) = next_segment(View::whole(bytes), at as u64)?;
    Some((marker, usize::try_from(body.start).ok()?..usize::try_from(body.end).ok()?))
}

/// Where the next such byte stands.
fn next_byte(view: View<'_>, mut at: u64, is_wanted: fn(u8) -> bool) -> Option<u64> {
    loop {
        let piece = view.up_to(at, SEARCHED);
        if piece.is_empty() {
            return None;
        }
        if let Some(place) = piece.iter().position(|&byte| is_wanted(byte)) {
            return Some(at + place as u64);
        }
        at += piece.len() as u64;
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
            quant_table: spec[2],
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
