//! What the segments before a JPEG's first scan say: colour, subsampling, metadata.

use std::ops::Range;

use super::{
    frame::Frame,
    segments::{IccChunk, Segments},
};
use crate::{
    codec::{Demands, Format, Probe, exif, icc, probing, view::View},
    error::{Error, Result},
    pixel::{Metadata, Orientation, Subsampling},
};

/// The most bytes of a profile that is looked at as a whole.
const SHORT_PROFILE: u64 = 16 << 10;

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
    pub(super) segments: Segments,
    /// The file from the marker of its first scan on.
    pub(super) scans: &'a [u8],
}

/// Reads what a JPEG's segments say about it, and goes on where it was.
#[derive(Debug, Default)]
pub(in crate::codec) struct Walk {
    segments: Segments,
}

impl probing::Walk for Walk {
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        self.segments.read(view)?;
        let header = Header::of(self.segments.clone(), view, &[])?;
        let frame = &header.frame;
        Ok(Probe {
            depth: frame.precision,
            color: header.color() != Color::Gray,
            orientation: header.orientation(),
            subsampling: header.subsampling(),
            progressive: !header.is_in_one_scan(),
            icc: !header.segments.icc.is_empty(),
            demands: Demands {
                icc_bytes: header.icc_bytes(),
                metadata_bytes: header.metadata_bytes(),
                restart_interval: header.segments.restart_interval,
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
            && usize::from(self.segments.scan_components) == self.frame.components.len()
    }

    /// Reads the segments up to the first scan.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when there is no frame header, or it makes no sense.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let view = View::whole(bytes);
        let mut segments = Segments::default();
        segments.read(view)?;
        let scans = usize::try_from(segments.scans).ok().and_then(|scans| bytes.get(scans..));
        Self::of(segments, view, scans.unwrap_or_default())
    }

    fn of(mut segments: Segments, view: View<'a>, scans: &'a [u8]) -> Result<Self> {
        let frame = segments.frame.take().ok_or_else(|| {
            Error::malformed(format!(
                "no frame header in the {} bytes of the JPEG that there are",
                segments.at
            ))
        })?;
        Ok(Self { view, frame, segments, scans })
    }

    /// What the samples mean, by the rules that every decoder follows: JFIF is YCbCr, then Adobe's segment
    /// decides, then the components' names.
    pub(super) fn color(&self) -> Color {
        let components = &self.frame.components;
        match components.len() {
            1 => Color::Gray,
            // Any other transform than none is taken for this one.
            4 if self.segments.adobe.is_some_and(|transform| transform != 0) => Color::Ycck,
            4 => Color::Cmyk,
            3 if self.segments.jfif => Color::YCbCr,
            _ => match self.segments.adobe {
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
        if self.color() != Color::YCbCr || (blue.h_samp, blue.v_samp) != (red.h_samp, red.v_samp) {
            return None;
        }
        // Factors count relative to each other: 2x2,2x1,2x1 is the same as 1x2,1x1,1x1.
        if luma.h_samp % blue.h_samp != 0 || luma.v_samp % blue.v_samp != 0 {
            return None;
        }
        match (luma.h_samp / blue.h_samp, luma.v_samp / blue.v_samp) {
            (1, 1) => Some(Subsampling::Yuv444),
            (2, 1) => Some(Subsampling::Yuv422),
            (2, 2) => Some(Subsampling::Yuv420),
            (1, 2) => Some(Subsampling::Yuv440),
            _ => None,
        }
    }

    pub(super) fn orientation(&self) -> Orientation {
        let exif = self.segments.exif.as_ref().map(|exif| self.view.from(exif.start));
        exif.map_or(Orientation::Upright, exif::orientation)
    }

    /// Copies ICC, EXIF and XMP out of the file.
    pub(super) fn metadata(&self) -> Metadata {
        Metadata {
            icc: self.icc_profile(),
            colors: None,
            exif: Metadata::part(self.part(self.segments.exif.as_ref())),
            xmp: Metadata::part(self.part(self.segments.xmp.as_ref())),
        }
    }

    fn part(&self, range: Option<&Range<u64>>) -> Option<&'a [u8]> {
        let range = range?;
        self.view.get(range.start, usize::try_from(range.end - range.start).ok()?)
    }

    /// Bytes of EXIF and XMP.
    fn metadata_bytes(&self) -> u64 {
        [&self.segments.exif, &self.segments.xmp]
            .into_iter()
            .flatten()
            .map(|part| part.end - part.start)
            .sum()
    }

    /// What the profile takes, all of whose parts stand before the first scan.
    fn icc_bytes(&self) -> u64 {
        let length: u64 = self.segments.icc.iter().map(IccChunk::length).sum();
        if length > SHORT_PROFILE {
            return icc::peak_bytes(&|at, bytes| self.icc_piece(at, bytes), length);
        }
        // A short one is put together, of however many parts; contradictory ones are no profile.
        self.icc_profile()
            .map_or(0, |profile| icc::peak_bytes(&|at, bytes| View::whole(&profile).get(at, bytes), length))
    }

    /// Bytes of the profile, if one part has all of them.
    fn icc_piece(&self, mut at: u64, length: usize) -> Option<&'a [u8]> {
        for number in 1..=self.segments.icc.first()?.count {
            let chunk = self.segments.icc.iter().find(|chunk| chunk.number == number)?;
            if at < chunk.length() {
                let piece = self.view.get(chunk.range.start + at, length);
                return piece.filter(|_| at + length as u64 <= chunk.length());
            }
            at -= chunk.length();
        }
        None
    }

    /// The ICC profile put together in the order of its parts' numbers (ICC.1 B.4); `None` when a part is
    /// missing or they contradict each other, as viewers do.
    fn icc_profile(&self) -> Option<Vec<u8>> {
        let count = self.segments.icc.first()?.count;
        let mut profile = Vec::new();
        let length: u64 = self.segments.icc.iter().map(IccChunk::length).sum();
        profile.try_reserve_exact(usize::try_from(length).ok()?).ok()?;
        for number in 1..=count {
            let chunk = self.segments.icc.iter().find(|chunk| chunk.number == number)?;
            if chunk.count != count {
                return None;
            }
            profile.extend_from_slice(self.part(Some(&chunk.range))?);
        }
        Some(profile)
    }
}
