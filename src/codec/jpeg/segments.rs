//! The marker segments before a JPEG's first scan, read as far as the file is there, and later from where that ended.
//! Segments are passed over by their length; of metadata only the places are noted.

use std::ops::Range;

use super::{
    frame::Frame,
    marker::{
        APP0, APP1, APP2, APP14, APP15, DAC, DHT, DNL, DQT, DRI, EOI, JPG, SOF0, SOF15, SOI, SOS,
        next_segment,
    },
};
use crate::{
    codec::{
        bytes::{be16, u8_at},
        view::View,
    },
    error::{Error, Result},
};

/// Bytes that say what an APPn segment holds: the longest is XMP's name.
const NAME: usize = 32;

/// A chunk of an ICC profile (ICC.1 B.4), and its place in the file.
#[derive(Debug, Clone)]
pub(super) struct IccChunk {
    /// Its number, from 1 on.
    pub(super) number: u8,
    /// How many chunks there are.
    pub(super) count: u8,
    pub(super) range: Range<u64>,
}

impl IccChunk {
    pub(super) const fn length(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// What the segments said that were read.
#[derive(Debug, Clone, Default)]
pub(super) struct Segments {
    /// Where the next segment is looked for.
    pub(super) at: u64,
    is_done: bool,
    pub(super) frame: Option<Frame>,
    pub(super) jfif: bool,
    /// The `transform` of an Adobe segment.
    pub(super) adobe: Option<u8>,
    /// MCUs between restart markers (Ri), 0 for none.
    pub(super) restart_interval: u32,
    /// Components in the first scan; 0 when it was not reached.
    pub(super) scan_components: u8,
    /// The file without its metadata up to the first scan: the start marker, tables and the frame header.
    pub(super) tables: Vec<u8>,
    /// Where the first scan's marker stands.
    pub(super) scans: u64,
    pub(super) icc: Vec<IccChunk>,
    pub(super) exif: Option<Range<u64>>,
    pub(super) xmp: Option<Range<u64>>,
}

impl Segments {
    /// Reads the segments up to the first scan, as far as they are there.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when a frame header makes no sense, or there are two.
    pub(super) fn read(&mut self, view: View<'_>) -> Result<()> {
        if self.at == 0 {
            (self.at, self.tables) = (2, vec![0xff, SOI]);
        }
        while !self.is_done
            && let Some((marker, body)) = next_segment(view, self.at)
        {
            let is_here = self.note(marker, &body, view)?;
            // The missing bytes come with the next piece; a segment that the end of the file cuts doesn't count.
            if !is_here {
                break;
            }
            self.at = body.end;
        }
        Ok(())
    }

    /// Notes what a segment says; `false` if it is not all there.
    fn note(&mut self, marker: u8, body: &Range<u64>, view: View<'_>) -> Result<bool> {
        let length = (body.end - body.start) as usize;
        if view.length_from(body.start, length as u64) < length as u64 {
            return Ok(false);
        }
        match marker {
            EOI => self.is_done = true,
            SOS => {
                let Some(payload) = view.get(body.start, length) else { return Ok(false) };
                self.scan_components = payload.first().copied().unwrap_or(0);
                self.scans = body.start - 4;
                self.is_done = true;
            }
            // DHT, JPG and DAC stand among them.
            SOF0..=SOF15 | DQT..=DRI if marker != JPG => {
                let Some(payload) = view.get(body.start, length) else { return Ok(false) };
                match marker {
                    DHT | DAC | DQT | DNL => (),
                    DRI => self.restart_interval = be16(payload, 0).map_or(0, u32::from),
                    _ if self.frame.is_some() => return Err(Error::malformed("two frame headers")),
                    _ => self.frame = Some(Frame::read(marker - SOF0, payload)?),
                }
                self.keep(marker, payload);
            }
            APP0..=APP15 => {
                let name = view.up_to(body.start, length.min(NAME));
                if view.is_waiting() {
                    return Ok(false);
                }
                if marker == APP0 && name.starts_with(b"AVI1") {
                    // Frames of Motion JPEG leave out the standard's tables; this segment tells the decoder.
                    let Some(payload) = view.get(body.start, length) else { return Ok(false) };
                    self.keep(marker, payload);
                }
                self.application(marker, name, body);
            }
            _ => {}
        }
        Ok(true)
    }

    /// Keeps a segment for the decoder.
    fn keep(&mut self, marker: u8, payload: &[u8]) {
        // The length came from 16 bits, and counted its own two bytes.
        let length = (payload.len() as u16 + 2).to_be_bytes();
        self.tables.extend_from_slice(&[0xff, marker, length[0], length[1]]);
        self.tables.extend_from_slice(payload);
    }

    /// Notes what an APPn segment is, by the first bytes of its payload.
    fn application(&mut self, marker: u8, name: &[u8], body: &Range<u64>) {
        const EXIF: &[u8] = b"Exif\0";
        const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
        const ICC: &[u8] = b"ICC_PROFILE\0";
        let behind = |prefix: usize| body.start + prefix as u64..body.end;
        match marker {
            // Segments that are too short don't count.
            APP0 if name.starts_with(b"JFIF\0") && name.len() >= 14 => self.jfif = true,
            // The first that has anything, whatever its name is filled up with, as browsers take it.
            APP1 if name.starts_with(EXIF) && name.len() > EXIF.len() + 1 && self.exif.is_none() => {
                self.exif = Some(behind(EXIF.len() + 1));
            }
            APP1 if name.starts_with(XMP) && self.xmp.is_none() => self.xmp = Some(behind(XMP.len())),
            APP2 if name.starts_with(ICC) => {
                if let &[number, count, ..] = &name[ICC.len()..] {
                    self.icc.push(IccChunk { number, count, range: behind(ICC.len() + 2) });
                }
            }
            APP14 if name.starts_with(b"Adobe") => self.adobe = u8_at(name, 11).or(self.adobe),
            _ => {}
        }
    }
}
