//! Bytes to pictures and back: one file or folder a format, and the only place that chooses between them.
//!
//! Formats never import each other. [`sniff`] and [`probe`] look at content, never at a name; `cost` states
//! a conversion's memory from a probe alone.

pub(crate) mod animation;
#[cfg(feature = "avif")]
mod av1;
mod avif;
mod bmp;
mod bytes;
pub(crate) mod cost;
pub(crate) mod exif;
mod file_buffer;
mod file_capacity;
mod format;
mod gif;
mod heic;
#[cfg_attr(
    not(any(feature = "avif", feature = "heic")),
    allow(dead_code, unused_imports, reason = "the boxes are only probed")
)]
mod heif;
pub(crate) mod icc;
mod ico;
mod jpeg;
mod jxl;
mod png;
mod probe;
mod probing;
mod row_writer;
pub(crate) mod rows;
mod sniff;
mod span;
mod svg;
mod tiff;
mod view;
mod webp;
mod whole;

pub(crate) use self::png::{Facts, Survey};
pub(crate) use self::probe::{Demands, Writing};
pub(crate) use self::row_writer::RowWriter;
pub(crate) use self::svg::packed as packed_svg;
pub use self::svg::{DRAWS_TEXT, count_fonts};
pub(crate) use self::webp::{AnimationWriter, Loss, LosslessEnded, LosslessRows, Sketch};
pub use self::{
    format::{Format, FormatInfo, Modes},
    probe::Probe,
    probing::{Looked, Prober, Probing, probe},
    sniff::{may_want_fonts, sniff},
    view::Need,
    whole::{is_cut, is_whole},
};

use crate::{
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Metadata, Orientation, Picture},
};

impl Format {
    /// What is fixed about the format.
    #[must_use]
    pub const fn info(self) -> &'static FormatInfo {
        match self {
            Self::Jpeg => &jpeg::INFO,
            Self::Png => &png::INFO,
            Self::Gif => &gif::INFO,
            Self::Bmp => &bmp::INFO,
            Self::WebP => &webp::INFO,
            Self::Ico => &ico::INFO,
            Self::Tiff => &tiff::INFO,
            Self::Avif => &avif::INFO,
            Self::Heic => &heic::INFO,
            Self::Jxl => &jxl::INFO,
            Self::Svg => &svg::INFO,
        }
    }
}

/// How a format's header is read.
fn header_walk(format: Format) -> Box<dyn probing::Walk> {
    match format {
        Format::Jpeg => Box::new(jpeg::Walk::default()),
        Format::Png => Box::new(png::Walk::default()),
        Format::Gif => Box::new(gif::Walk::default()),
        Format::WebP => Box::new(webp::Walk::default()),
        Format::Bmp => Box::new(bmp::probe),
        Format::Ico => Box::new(ico::Walk::new(Box::new(png::Walk::default()), bmp::icon_size)),
        Format::Tiff => Box::new(tiff::probe),
        Format::Avif => Box::new(avif::probe),
        Format::Heic => Box::new(heic::probe),
        Format::Jxl => Box::new(jxl::Walk::default()),
        Format::Svg => Box::new(svg::probe),
    }
}

/// How the pictures inside a drawing are read.
const EMBEDDED: svg::Embedded = svg::Embedded { probe, decode: decode_as };

/// How the pictures inside a TIFF are read.
const IN_TIFF: tiff::Decoders = tiff::Decoders { jpeg: jpeg::decode, webp: webp::decode };

/// A decoded still picture with what its file carried beside it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Decoded {
    /// The pixels as stored: not turned, in the colours or inks of the file.
    pub picture: Picture,
    /// How they must be turned.
    pub orientation: Orientation,
    /// ICC, EXIF and XMP.
    pub metadata: Metadata,
}

/// How a target is coded.
///
/// ```
/// use slimpix::codec::{Coding, Format};
///
/// let coding = Coding::new(Format::Jpeg).with_quality(85).with_full_chroma(true);
/// assert!(!coding.lossless);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Coding {
    /// The target format.
    pub format: Format,
    /// 0 to 100, with libwebp's meaning for WebP and the like for the others. Ignored when lossless.
    pub quality: u8,
    /// 0 (fastest) to 6 (smallest).
    pub effort: u8,
    /// Every pixel comes out as it went in (the colour under full transparency excepted). WebP and PNG only.
    pub lossless: bool,
    /// Chroma keeps its full size where the format can do so: for graphics, whose coloured edges are thin.
    pub full_chroma: bool,
    /// It is drawn, as screens and diagrams are: AVIF tries palettes.
    pub is_graphic: bool,
    /// Threads to work with where the coder can, the caller's among them; at least 1. The bytes are the same for any
    /// number.
    pub threads: usize,
    /// 0 to 100: how many levels of alpha a lossy WebP keeps, as libwebp's `alpha_q` has it; 100 keeps all.
    pub alpha_quality: u8,
    /// The most bytes that the file may have. A longer one is not made.
    pub max_bytes: u64,
    /// A file that will likely be longer than that is not made either: for one that is only taken if it is shorter
    /// than another. A lossless WebP is given up so before most of its work is done.
    pub gives_up: bool,
}

impl Coding {
    /// A coding at quality 80 and effort 4, with loss but for PNG, that keeps alpha as it is: by one thread, and of
    /// any length.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self {
            format,
            quality: 80,
            effort: 4,
            lossless: matches!(format.info().encodes, Some(Modes::Lossless)),
            full_chroma: false,
            is_graphic: false,
            threads: 1,
            alpha_quality: 100,
            max_bytes: u64::MAX,
            gives_up: false,
        }
    }

    /// Sets the quality, 0 to 100, and keeps chroma's full size from 90 on.
    #[must_use]
    pub const fn with_quality(mut self, quality: u8) -> Self {
        (self.quality, self.full_chroma) = (quality, quality >= 90);
        self
    }

    /// Sets the effort, from 0 (fastest) to 6 (smallest).
    #[must_use]
    pub const fn with_effort(mut self, effort: u8) -> Self {
        self.effort = effort;
        self
    }

    /// Sets whether every pixel comes out as it went in.
    #[must_use]
    pub const fn with_lossless(mut self, lossless: bool) -> Self {
        self.lossless = lossless;
        self
    }

    /// Sets whether chroma keeps its full size, whatever the quality.
    #[must_use]
    pub const fn with_full_chroma(mut self, full_chroma: bool) -> Self {
        self.full_chroma = full_chroma;
        self
    }

    /// Sets whether the picture is drawn.
    #[must_use]
    pub const fn with_graphic(mut self, is_graphic: bool) -> Self {
        self.is_graphic = is_graphic;
        self
    }

    /// Sets the number of threads to work with, the caller's among them.
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets how many levels of alpha a lossy WebP keeps, 0 to 100.
    #[must_use]
    pub const fn with_alpha_quality(mut self, alpha_quality: u8) -> Self {
        self.alpha_quality = alpha_quality;
        self
    }

    /// Sets the most bytes that the file may have.
    #[must_use]
    pub const fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// # Errors
    /// [`Parameter`](crate::ErrorKind::Parameter) when a number is out of its range.
    pub(crate) fn check(&self) -> Result<()> {
        if self.quality > 100 || self.alpha_quality > 100 || self.effort > 6 {
            return Err(Error::new(Kind::Parameter, "qualities are 0 to 100, effort is 0 to 6"));
        }
        Ok(())
    }

    /// # Errors
    /// [`OutputTooLarge`](crate::ErrorKind::OutputTooLarge) when the file is longer than it may be.
    pub(crate) fn check_length(&self, file: &[u8]) -> Result<()> {
        if file.len() as u64 > self.max_bytes {
            return Err(Error::new(
                Kind::OutputTooLarge,
                format!("{} bytes, not {}", file.len(), self.max_bytes),
            ));
        }
        Ok(())
    }
}

/// Decodes a still picture, or the first frame of an animation, to what its file holds: not turned, in its own
/// colours. [`Decoder`](crate::Decoder) gives what browsers show.
///
/// ```
/// use slimpix::{Limits, codec::decode, pixel::Picture};
///
/// # fn main() -> slimpix::Result<()> {
/// # let photo = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48)?;
/// match decode(photo, &Limits::default())?.picture {
///     Picture::Raster(raster) => assert_eq!(raster.data().len(), 64 * 48 * 3),
///     Picture::Planes(planes) => println!("YCbCr, {:?}", planes.subsampling()),
///     Picture::Inks(inks) => println!("CMYK, {:?}", inks.size()),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) when it is no picture that can be decoded here,
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when its header asks for more than `limits` allow,
/// [`Malformed`](crate::ErrorKind::Malformed) when it is damaged beyond what viewers show.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    limits.check_input(bytes.len() as u64)?;
    decode_as(sniff(bytes).ok_or_else(sniff::unknown)?, bytes, limits)
}

/// Decodes a still picture as [`decode_as`]; draws a drawing at the size of the probe, whatever its own is.
///
/// # Errors
/// Those of [`decode_as`].
pub(crate) fn decode_sized(probe: &Probe, bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    match probe.format {
        Format::Svg => svg::draw(bytes, probe.size, limits, EMBEDDED),
        format => decode_as(format, bytes, limits),
    }
}

/// Decodes a still picture, or the first frame of an animation, of a format that is known already.
///
/// # Errors
/// Those of [`decode`], but for the length of the file, which is not looked at.
pub(crate) fn decode_as(format: Format, bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    match format {
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Png => png::decode(bytes, limits),
        Format::Gif => gif::decode(bytes, limits),
        Format::WebP => webp::decode(bytes, limits),
        Format::Bmp => bmp::decode(bytes, limits),
        Format::Ico => ico::decode(bytes, limits, png::decode, bmp::decode_icon),
        Format::Tiff => tiff::decode(bytes, limits, IN_TIFF),
        Format::Avif => avif::decode(bytes, limits),
        Format::Heic => heic::decode(bytes, limits),
        Format::Jxl => jxl::decode(bytes, limits),
        Format::Svg => svg::draw(bytes, probe(bytes)?.size, limits, EMBEDDED),
    }
}

/// Reads the frames of an animation.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) when its format has none that are read here,
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when its header asks for more than `limits` allow,
/// [`Malformed`](crate::ErrorKind::Malformed) when that makes no sense.
pub(crate) fn frames<'a>(
    format: Format,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<Box<dyn animation::FrameReader + 'a>> {
    Ok(match format {
        Format::Gif => Box::new(gif::Frames::new(bytes, limits)?),
        Format::Png => Box::new(png::Frames::new(bytes, limits)?),
        Format::WebP => Box::new(webp::Frames::new(bytes, limits)?),
        format => return Err(Error::unsupported(format!("frames of {format} files can't be read here"))),
    })
}

/// Decodes a still picture by rows, as far as its kind allows.
///
/// `false` when it has to be decoded as a whole, or the sink asked for no rows.
///
/// # Errors
/// Those of [`decode`] and of the sink.
pub(crate) fn decode_rows(
    format: Format,
    bytes: &[u8],
    limits: &Limits,
    sink: &mut dyn rows::Sink,
) -> Result<bool> {
    match format {
        Format::Jpeg => jpeg::decode_rows(bytes, limits, sink),
        Format::Png => png::decode_rows(bytes, limits, sink),
        Format::Gif => gif::decode_rows(bytes, limits, sink),
        Format::Bmp => bmp::decode_rows(bytes, limits, sink),
        Format::WebP => webp::decode_rows(bytes, limits, sink),
        Format::Avif => avif::decode_rows(bytes, limits, sink),
        Format::Heic => heic::decode_rows(bytes, limits, sink),
        Format::Tiff => tiff::decode_rows(bytes, limits, IN_TIFF, sink),
        _ => Ok(false),
    }
}

/// Encodes a still picture. Takes the picture over, so that its memory is free as soon as it can be.
///
/// ```
/// use slimpix::{
///     Format, Layout, Metadata, Size,
///     codec::{Coding, encode},
///     pixel::{Picture, Raster},
/// };
///
/// # fn main() -> slimpix::Result<()> {
/// let raster = Raster::new(Size::new(16, 16), Layout::Gray, vec![128; 256])?;
/// let png = encode(Picture::Raster(raster), &Coding::new(Format::Png), &Metadata::default())?;
/// assert!(png.starts_with(b"\x89PNG"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) for a format that is not made in this build,
/// [`Parameter`](crate::ErrorKind::Parameter) for a lossless mode that the format has not,
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when the picture is larger than the format can say,
/// [`OutputTooLarge`](crate::ErrorKind::OutputTooLarge) when the file is longer than it may be.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    coding.check()?;
    let info = coding.format.info();
    if coding.lossless && !info.has_lossless() {
        let what = format!("{} has no lossless mode here", coding.format);
        return Err(Error::new(Kind::Parameter, what));
    }
    info.check_side(picture.size())?;
    let file = match coding.format {
        Format::Png => png::encode(picture, coding, metadata),
        Format::WebP if coding.lossless => webp::encode(picture, coding, metadata),
        Format::Avif | Format::Jpeg | Format::WebP => {
            let mut writer = RowWriter::new(picture.size(), coding)?;
            writer.push(picture)?;
            writer.finish(metadata)
        }
        format => Err(Error::unsupported(format!("{format} pictures can't be made here"))),
    }?;
    coding.check_length(&file)?;
    Ok(file)
}
