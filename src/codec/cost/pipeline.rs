//! What a conversion consists of, as far as its memory is concerned: what is wanted of it, what decoding takes, and
//! what encoding does.

use crate::{
    codec::{Format, Probe},
    pixel::{Layout, Size, Subsampling},
};

/// How much of a picture is held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffering {
    /// All of the source.
    Whole,
    /// The source comes by rows, which are scaled; all of the result is held.
    Gathered,
    /// Rows go from the source's file into that of the result, a lossy WebP.
    Streamed,
}

/// What is done to a picture between decoding and encoding, as far as memory is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipeline {
    /// The size of the result.
    pub output: Size,
    /// The size to which the picture is scaled: that of the result, or less where there is a rim around it.
    pub scaled: Size,
    /// What is finished, with a background or a rim; `None` where the picture is coded as it comes.
    pub finished: Option<Finished>,
    /// How much is held.
    pub buffering: Buffering,
    /// The scale at which rows are decoded, in eighths.
    pub scale_num: u32,
    /// What scaling, cropping and the conversion of rows hold beside the picture and the result.
    pub steps_bytes: u64,
    /// EXIF and XMP go with the result.
    pub keeps_metadata: bool,
    /// Pixels may be converted to sRGB.
    pub converts_color: bool,
    /// The picture may turn out to be a graphic: full chroma, and two files made of which the smaller is taken.
    pub may_be_graphic: bool,
}

/// A picture whose pixels are changed once it has its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// The samples of what comes of it.
    pub layout: Layout,
    /// What is held of its rows meanwhile.
    pub rows_bytes: u64,
}

/// What decoding a picture takes, as its format states it from the header alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoding {
    /// The most heap of a decoder that reads rows, in bytes, at the scale at which these are wanted, beside the
    /// picture that is made of them; 0 of one that reads none.
    pub rows_bytes: u64,
    /// Bytes a pixel of the decoded picture.
    pub pixel_bytes: u64,
    /// Bytes a pixel at the peak of decoding a picture as a whole, the picture included.
    pub peak_pixel_bytes: u64,
    /// Samples of a pixel as they are interleaved, as far as the header tells.
    pub channels: u32,
    /// How many times EXIF and XMP are held while they are read.
    pub metadata_copies: u64,
}

/// A picture that is to be encoded, as far as an encoder's memory is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// The size of the result.
    pub size: Size,
    /// How interleaved samples come.
    pub layout: Layout,
    /// How a JPEG's planes are subsampled; `None` where samples come interleaved.
    pub planes: Option<Subsampling>,
    /// True if planes are converted to RGB on their way.
    pub converts_color: bool,
    /// The most samples of a pixel, as far as the header tells.
    pub channels: u32,
    /// Bytes a pixel of the picture as interleaved samples.
    pub raster_bytes: u64,
    /// Bytes a pixel of the planes or inks as which a JPEG comes; 0 of any other picture.
    pub planes_bytes: u64,
    /// True if the picture may turn out to be a graphic: full chroma, and two files made of which the smaller is taken.
    pub may_be_graphic: bool,
}

impl Input {
    /// What is coded where a background or a rim made other pixels of it.
    pub fn finished(self, size: Size, finished: Option<Finished>) -> Self {
        let Some(Finished { layout, .. }) = finished else { return self };
        let channels = layout.channels();
        let raster_bytes = u64::from(channels);
        Self {
            size,
            layout,
            planes: None,
            converts_color: false,
            channels,
            raster_bytes,
            planes_bytes: 0,
            ..self
        }
    }

    /// Bytes a pixel of the picture as it is given to an encoder.
    pub const fn pixel_bytes(&self) -> u64 {
        if self.planes_bytes > 0 { self.planes_bytes } else { self.raster_bytes }
    }
}

/// What encoding a picture takes, as the target's format states it before the work begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// The most heap of an encoder that is given rows, the file included and the rows not; `None` of one that is
    /// given a whole picture.
    pub rows_bytes: Option<u64>,
    /// The most bytes at the peak of encoding a whole picture, the picture and the file included.
    pub peak_bytes: u64,
    /// The most bytes that the file may have.
    pub file_bytes: u64,
    /// A length that the files of pictures don't pass, where noise has much more: the memory that is taken for a file
    /// depends on what it is allowed to have. `None` where nothing is gained by such a bound.
    pub likely_file_bytes: Option<u64>,
}

/// A file that is shorter has its room at once, whatever is in it.
pub const SMALL_FILE: u64 = 256 << 10;

/// The colours and the alpha of a picture, as samples of a pixel.
pub const fn channels(probe: &Probe) -> u32 {
    Layout::of(probe.color, probe.alpha).channels()
}

/// True if chroma may take the full size: that of a picture which is scaled to an odd one, or which turning moves.
/// Told as of one whose chroma is halved both ways: of others that is more than is needed.
pub fn has_full_chroma(probe: &Probe, output: Size) -> bool {
    let is_odd = Subsampling::Yuv420.scaled_to(output) == Subsampling::Yuv444;
    is_odd && (output != probe.oriented_size() || moves_chroma(probe))
}

/// True if turning the picture at its own size moves its chroma.
pub fn moves_chroma(probe: &Probe) -> bool {
    probe.format == Format::Jpeg
        && probe.subsampling.is_some_and(|own| own.moved(probe.size, probe.orientation).is_some())
}
