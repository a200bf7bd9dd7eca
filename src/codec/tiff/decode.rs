//! From a TIFF's first directory to a picture of 8 bits a sample: by rows where its strips or tiles come so.

use super::{
    colors::Painter,
    compression,
    directory::Directory,
    embedded::Decoders,
    header::{Alpha, Header, Photometric, no_directory},
    rows::{Reader, Rows, heap_bytes},
    segments::{Segment, Segments, segment_size},
    tags,
};
use crate::{
    codec::{
        Decoded,
        rows::{self, FULL_SIZE, Form, Head, Sink},
        view::View,
    },
    error::{Error, Result},
    limits::{Limits, area_bytes, try_filled, try_zeroed},
    pixel::{Metadata, Picture, Size},
};

/// The memory of small things, in bytes.
const SMALL: u64 = 64 << 10;

/// Decodes the first picture of a TIFF.
pub(in crate::codec) fn decode(file: &[u8], limits: &Limits, decoders: Decoders) -> Result<Decoded> {
    let directory = Directory::of(View::whole(file)).ok_or_else(no_directory)?;
    let header = Header::read(&directory)?;
    limits.check_size(header.size)?;
    let picture = if header.compression == compression::OLD_JPEG {
        old_jpeg(file, &directory, header.size, limits, decoders.jpeg)?
    } else {
        let channels = Painter::new(&header, &directory)?.channels();
        let held = u64::from(channels) * header.size.pixels();
        Parts::open(file, &directory, &header, limits, decoders, held)?.read()?
    };
    Ok(Decoded { picture, orientation: header.orientation, metadata: metadata(&directory)? })
}

/// Gives the first picture of a TIFF to a sink, row by row. `false` when its rows don't come in order, or the sink
/// asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(in crate::codec) fn decode_rows(
    file: &[u8],
    limits: &Limits,
    decoders: Decoders,
    sink: &mut dyn Sink,
) -> Result<bool> {
    let directory = Directory::of(View::whole(file)).ok_or_else(no_directory)?;
    let header = Header::read(&directory)?;
    limits.check_size(header.size)?;
    let Some(band) = band_bytes(&header, segment_size(&directory, header.size)) else { return Ok(false) };
    let parts = Parts::open(file, &directory, &header, limits, decoders, band)?;
    let head = Head {
        size: header.size,
        scales: FULL_SIZE,
        form: Form::Raster(parts.painter.layout()),
        orientation: header.orientation,
        can_turn: false,
        metadata: metadata(&directory)?,
    };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    parts.give(sink)?;
    Ok(true)
}

/// The bytes of the rows that are held until all tiles beside each other are read, none of strips; `None` of a picture
/// whose rows don't come in order: one that would be held nearly as a whole, of inks, or with samples of which only the
/// last tells if they are alpha.
pub(super) fn band_bytes(header: &Header, segment: Size) -> Option<u64> {
    let photometric = header.photometric().ok()?;
    let comes = header.compression != compression::OLD_JPEG
        && photometric != Photometric::Cmyk
        && header.alpha != Some(Alpha::Unspecified);
    let Size { width, height } = header.size;
    let band = if segment.width >= width { 0 } else { segment.height };
    (comes && band <= height / 2).then(|| 4 * u64::from(band) * u64::from(width))
}

fn metadata(directory: &Directory<'_>) -> Result<Metadata> {
    Ok(Metadata {
        icc: copy(directory.field(tags::ICC_PROFILE))?,
        colors: None,
        exif: None,
        xmp: Metadata::part(directory.field(tags::XMP)),
    })
}

/// A picture whose strips or tiles are to be read.
struct Parts<'a> {
    size: Size,
    painter: Painter,
    segments: Segments<'a>,
    reader: Reader<'a>,
    /// A row of a strip or tile.
    samples: Vec<u16>,
}

impl<'a> Parts<'a> {
    /// Checks that all that is held beside `held` bytes is within the limits.
    fn open(
        file: &'a [u8],
        directory: &Directory<'a>,
        header: &'a Header,
        limits: &Limits,
        decoders: Decoders,
        held: u64,
    ) -> Result<Self> {
        let painter = Painter::new(header, directory)?;
        let segments = Segments::of(file, directory, header, limits)?;
        let profile = directory.field(tags::ICC_PROFILE).map_or(0, <[u8]>::len);
        let peak = (file.len() + profile) as u64 + held + SMALL;
        let segment_limits = Limits { max_memory: limits.max_memory.saturating_sub(peak), ..limits.clone() };
        let tables = directory.field(tags::JPEG_TABLES).unwrap_or_default();
        let reader = Reader::new(header, tables, segment_limits, decoders)?;
        limits.check_memory(peak.saturating_add(heap_bytes(header, segments.size(), painter.used())))?;
        let samples = try_filled(segments.size().width as usize * painter.used(), 0)?;
        Ok(Self { size: header.size, painter, segments, reader, samples })
    }

    /// Bytes of a row of the picture.
    fn stride(&self) -> usize {
        self.size.width as usize * self.painter.channels() as usize
    }

    /// Where the row of a strip or tile lies in one of the picture.
    fn place(&self, segment: Segment) -> std::ops::Range<usize> {
        let channels = self.painter.channels() as usize;
        let [left, width] = [segment.left, segment.size.width].map(|side| side as usize * channels);
        left..left + width
    }

    /// Reads the next row of a strip or tile.
    fn read_row(&mut self, rows: &mut Rows<'_>, line: &mut [u8]) -> Result<()> {
        if self.painter.is_plain()
            && let Some(bytes) = self.reader.next_bytes(rows)?
        {
            line.copy_from_slice(&bytes[..line.len()]);
            return Ok(());
        }
        self.reader.next(rows, &mut self.samples)?;
        self.painter.paint(&self.samples, line);
        Ok(())
    }

    /// Reads the whole picture.
    fn read(mut self) -> Result<Picture> {
        let mut picture = try_zeroed(area_bytes(self.size, self.painter.channels())?)?;
        let stride = self.stride();
        let all = self.segments.all();
        for segment in all {
            let mut rows = self.reader.open(&self.segments, segment)?;
            let place = self.place(segment);
            let lines = picture.chunks_exact_mut(stride).skip(segment.top as usize);
            for line in lines.take(segment.size.height as usize) {
                self.read_row(&mut rows, &mut line[place.clone()])?;
            }
        }
        self.painter.finish(self.size, picture)
    }

    /// Gives all rows: each as it is read, or all of a row of tiles.
    fn give(mut self, sink: &mut dyn Sink) -> Result<()> {
        let stride = self.stride();
        let is_strip = self.segments.size().width >= self.size.width;
        let held = if is_strip { 1 } else { self.segments.size().height as usize };
        let mut band = try_zeroed(held * stride)?;
        let all = self.segments.all();
        for segment in all {
            let mut rows = self.reader.open(&self.segments, segment)?;
            let place = self.place(segment);
            let height = segment.size.height as usize;
            if is_strip {
                for _ in 0..height {
                    self.read_row(&mut rows, &mut band[place.clone()])?;
                    sink.take(rows::Rows::Raster(&band))?;
                }
                continue;
            }
            for line in band.chunks_exact_mut(stride).take(height) {
                self.read_row(&mut rows, &mut line[place.clone()])?;
            }
            if place.end == stride {
                sink.take(rows::Rows::Raster(&band[..height * stride]))?;
            }
        }
        Ok(())
    }
}

/// Decodes JPEG as TIFF 6.0 had it (section 22), where the TIFF contains a whole JPEG file. Readers don't agree on what
/// its tables alone mean.
fn old_jpeg(
    file: &[u8],
    directory: &Directory<'_>,
    size: Size,
    limits: &Limits,
    decode_jpeg: fn(&[u8], &Limits) -> Result<Decoded>,
) -> Result<Picture> {
    let start = directory.number(tags::JPEG_INTERCHANGE_FORMAT).and_then(|start| usize::try_from(start).ok());
    let jpeg = start.and_then(|start| file.get(start..)).filter(|jpeg| jpeg.starts_with(&[0xff, 0xd8, 0xff]));
    let Some(jpeg) = jpeg else {
        return Err(Error::unsupported(format!(
            "a TIFF compressed {}",
            compression::name(compression::OLD_JPEG)
        )));
    };
    let picture = decode_jpeg(jpeg, limits)?.picture;
    if picture.size() != size {
        return Err(Error::malformed("the TIFF's JPEG is of another size"));
    }
    Ok(picture)
}

fn copy(field: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
    let Some(field) = field else { return Ok(None) };
    let mut copy = Vec::new();
    copy.try_reserve_exact(field.len())?;
    copy.extend_from_slice(field);
    Ok(Some(copy))
}
