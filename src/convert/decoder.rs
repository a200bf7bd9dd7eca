//! Pictures as pixels for a caller: upright and in sRGB, as browsers show them, row by row.
//!
//! Rows go from the codec to the caller where the picture's kind allows; every other picture is decoded as a whole
//! first. What is wanted smaller, cropped or in another format is `convert`'s.

use std::panic::{self, AssertUnwindSafe};

use super::{
    color::{self, Conversion},
    geometry::Frame,
    guarded, orient,
    recolor::{Recolor, RecolorRows},
    strips::{self, Framed},
};
use crate::{
    codec::{
        self, Decoded, Probe,
        rows::{Form, Head, Rows, Sink},
    },
    error::{Error, Kind, Result},
    limits::{Limits, try_zeroed},
    pixel::{Layout, Orientation, Picture, Raster, Size},
};

/// Decodes a still picture, or the first frame of an animation, to RGB or RGBA: upright, in sRGB, alpha not
/// multiplied in.
///
/// JPEG, PNG, BMP, HEIC, WebP, GIF and TIFF come by rows: a baseline JPEG of 12 megapixels takes some 2 MB. Inks, and
/// what isn't stored upright (JPEG excepted) are decoded as a whole first. The file's bytes are the caller's: one that
/// is mapped, say.
///
/// ```
/// use slimpix::{Decoder, Limits, webp::Encoder};
///
/// # fn main() -> slimpix::Result<()> {
/// # let file = &Encoder::new(90).encode(&[80; 40 * 30 * 3], 40, 30)?;
/// let decoder = Decoder::new(file, &Limits::default())?;
/// let size = decoder.size();
/// let mut encoder = Encoder::new(75).rows(size.width, size.height, decoder.layout())?;
/// decoder.rows(|row| encoder.push_rows(row))?;
/// let smaller = encoder.finish()?;
/// # assert!(smaller.len() < 200);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    limits: Limits,
    probe: Probe,
}

impl<'a> Decoder<'a> {
    /// Looks at a file's header.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when it is no picture that can be decoded here,
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when its header asks for more than `limits` allow,
    /// [`Malformed`](crate::ErrorKind::Malformed) when that makes no sense.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        limits.check_input(bytes.len() as u64)?;
        let probe = codec::probe(bytes)?;
        if !probe.format.can_decode() {
            return Err(Error::unsupported(format!("{} pictures can't be read here", probe.format)));
        }
        limits.check_size(probe.size)?;
        Ok(Self { bytes, limits: limits.clone(), probe })
    }

    /// What the header says.
    #[must_use]
    pub const fn probe(&self) -> &Probe {
        &self.probe
    }

    /// The size of the upright picture.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.probe.oriented_size()
    }

    /// The samples of a pixel: [`Layout::Rgba`] where pixels can be transparent, else [`Layout::Rgb`].
    #[must_use]
    pub const fn layout(&self) -> Layout {
        layout(&self.probe)
    }

    /// Gives each row to `take`, from top to bottom.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when decoding takes more memory than the limits allow,
    /// [`Malformed`](crate::ErrorKind::Malformed) when the picture is damaged beyond what viewers show,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room; and those of `take`, which end the
    /// work.
    pub fn rows(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        // A panic of the caller's own is not one of a codec.
        let mut own = None;
        let mut taker = |row: &[u8]| {
            panic::catch_unwind(AssertUnwindSafe(|| take(row))).unwrap_or_else(|panic| {
                own = Some(panic);
                Err(Error::new(Kind::Internal, "the rows' taker panicked"))
            })
        };
        let result = guarded(|| self.give_rows(&mut taker));
        match own {
            Some(panic) => panic::resume_unwind(panic),
            None => result,
        }
    }

    /// The whole picture.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn decode(&self) -> Result<Raster> {
        let mut raster = Raster::zeroed(self.size(), self.layout())?;
        let row_bytes = self.layout().row_bytes(self.size())?;
        let mut rows = raster.data_mut().chunks_exact_mut(row_bytes);
        self.rows(|row| {
            rows.by_ref().take(1).for_each(|place| place.copy_from_slice(row));
            Ok(())
        })?;
        Ok(raster)
    }

    fn give_rows(&self, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let format = self.probe.format;
        let mut rows = UprightRows {
            out: Out { width: self.size().width as usize, layout: self.layout(), row: Vec::new(), take },
            colors: Colors::Stay(Layout::Rgb),
            turns: true,
        };
        if codec::decode_rows(format, self.bytes, &self.limits, &mut rows)? {
            return rows.finish();
        }
        let frame = Frame::thumbnail(self.size(), u32::MAX);
        let raster = as_shown(self.bytes, &self.probe, &self.limits, &frame)?.into_raster()?;
        rows.out.give(raster.layout(), raster.data())
    }
}

/// Decodes a picture to a frame as browsers show it: upright, and in sRGB.
///
/// # Errors
/// Those of [`codec::decode_as`].
pub(super) fn as_shown(bytes: &[u8], probe: &Probe, limits: &Limits, frame: &Frame) -> Result<Picture> {
    let Framed { picture, orientation, metadata, is_complement } =
        strips::decode_to_size(bytes, probe, limits, frame)?;
    let picture = orient::upright(picture, orientation)?;
    match is_complement {
        true => color::of_complement(picture, metadata.icc.as_deref()),
        false => color::to_srgb(picture, &metadata),
    }
}

/// The samples of a pixel as it is shown.
pub(super) const fn layout(probe: &Probe) -> Layout {
    if probe.alpha { Layout::Rgba } else { Layout::Rgb }
}

/// Gives each row of a picture as it is stored, in sRGB and in its [`layout`]; inks as their plain complement.
///
/// # Errors
/// Those of [`codec::decode_as`] and of `take`.
pub(super) fn stored_rows(
    bytes: &[u8],
    probe: &Probe,
    limits: &Limits,
    take: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut rows = UprightRows {
        out: Out { width: probe.size.width as usize, layout: layout(probe), row: Vec::new(), take },
        colors: Colors::Stay(Layout::Rgb),
        turns: false,
    };
    if codec::decode_rows(probe.format, bytes, limits, &mut rows)? {
        return rows.finish();
    }
    let Decoded { picture, metadata, .. } = codec::decode_sized(probe, bytes, limits)?;
    let raster = match picture {
        Picture::Inks(inks) => inks.into_complement()?,
        other => other.into_raster()?,
    };
    let (layout, row_bytes) = (raster.layout(), raster.layout().row_bytes(raster.size())?);
    let conversion =
        Conversion::of(&metadata, layout.channels() < 3)?.filter(|_| probe.may_need_conversion());
    let mut recolor = conversion.map(|conversion| RecolorRows::new(conversion, layout, raster.size().width));
    for row in raster.data().chunks_exact(row_bytes) {
        let row = if let Some(recolor) = &mut recolor { recolor.convert(row)? } else { row };
        rows.out.give(layout, row)?;
    }
    Ok(())
}

/// Takes what comes by rows.
struct UprightRows<'a> {
    out: Out<'a>,
    colors: Colors,
    /// False if they are given as they are stored.
    turns: bool,
}

/// What happens to the colours of rows.
enum Colors {
    Stay(Layout),
    OfRows(Layout, RecolorRows),
    OfPlanes(Recolor),
}

impl UprightRows<'_> {
    fn finish(mut self) -> Result<()> {
        self.push_planes([&[]; 3], true)
    }

    fn push_planes(&mut self, planes: [&[u8]; 3], is_end: bool) -> Result<()> {
        let Colors::OfPlanes(recolor) = &mut self.colors else { return Ok(()) };
        recolor.push(planes, is_end, &mut |rgb| self.out.give(Layout::Rgb, rgb))
    }
}

impl Sink for UprightRows<'_> {
    /// What can't come upright, or whose chroma moves when it is turned, is turned as a whole.
    fn begin(&mut self, head: Head) -> Result<Option<u32>> {
        let Head { size, form, orientation, can_turn, metadata, .. } = head;
        let orientation = self.turn(orientation);
        let moves =
            matches!(form, Form::Planes(subsampling) if subsampling.moved(size, orientation).is_some());
        if moves || (orientation != Orientation::Upright && !can_turn) {
            return Ok(None);
        }
        let width = self.out.width as u32;
        let is_gray = matches!(form, Form::Raster(layout) if layout.channels() < 3);
        let conversion = Conversion::of(&metadata, is_gray)?;
        self.colors = match (form.turned(orientation), conversion) {
            (Form::Raster(layout), None) => Colors::Stay(layout),
            (Form::Raster(layout), Some(conversion)) => {
                Colors::OfRows(layout, RecolorRows::new(conversion, layout, width))
            }
            (Form::Planes(subsampling), Some(Conversion::Rgb(transform))) => {
                Colors::OfPlanes(Recolor::new(Some(transform), subsampling, width))
            }
            (Form::Planes(subsampling), _) => Colors::OfPlanes(Recolor::new(None, subsampling, width)),
        };
        Ok(Some(8))
    }

    fn turn(&self, stored: Orientation) -> Orientation {
        if self.turns { stored } else { Orientation::Upright }
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        match (rows, &mut self.colors) {
            (Rows::Raster(rows), Colors::Stay(layout)) => self.out.give(*layout, rows),
            (Rows::Raster(rows), Colors::OfRows(layout, recolor)) => {
                self.out.give(*layout, recolor.convert(rows)?)
            }
            (Rows::Planes(planes), Colors::OfPlanes(_)) => self.push_planes(planes, false),
            _ => Err(Error::new(Kind::Internal, "rows of another kind than was said")),
        }
    }
}

/// Brings rows into the caller's layout, and gives them one by one.
struct Out<'a> {
    width: usize,
    layout: Layout,
    row: Vec<u8>,
    take: &'a mut dyn FnMut(&[u8]) -> Result<()>,
}

impl Out<'_> {
    fn give(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let channels = layout.channels() as usize;
        for row in rows.chunks_exact(self.width * channels) {
            if layout == self.layout {
                (self.take)(row)?;
                continue;
            }
            let wanted = self.layout.channels() as usize;
            if self.row.is_empty() {
                self.row = try_zeroed(self.width * wanted)?;
            }
            for (to, from) in self.row.chunks_exact_mut(wanted).zip(row.chunks_exact(channels)) {
                to.copy_from_slice(&layout.rgba(from)[..wanted]);
            }
            (self.take)(&self.row)?;
        }
        Ok(())
    }
}
