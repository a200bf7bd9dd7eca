//! From a TIFF's first directory to a picture of 8 bits a sample.

use super::{
    colors::Painter,
    compression,
    directory::Directory,
    header::{Header, no_directory},
    rows::{Reader, heap_bytes},
    segments::Segments,
    tags,
};
use crate::{
    codec::{Decoded, view::View},
    error::{Error, Result},
    limits::{Limits, area_bytes, try_filled, try_zeroed},
    pixel::{Metadata, Picture, Size},
};

/// The memory of small things, in bytes.
const SMALL: u64 = 64 << 10;

/// Decodes the first picture of a TIFF.
pub(in crate::codec) fn decode(
    file: &[u8],
    limits: &Limits,
    decode_jpeg: fn(&[u8], &Limits) -> Result<Decoded>,
) -> Result<Decoded> {
    let directory = Directory::of(View::whole(file)).ok_or_else(no_directory)?;
    let header = Header::read(&directory)?;
    limits.check_size(header.size)?;
    let picture = if header.compression == compression::OLD_JPEG {
        old_jpeg(file, &directory, header.size, limits, decode_jpeg)?
    } else {
        read(file, &directory, &header, limits, decode_jpeg)?
    };
    Ok(Decoded {
        picture,
        orientation: header.orientation,
        metadata: Metadata {
            icc: copy(directory.field(tags::ICC_PROFILE))?,
            colors: None,
            exif: None,
            xmp: Metadata::part(directory.field(tags::XMP)),
        },
    })
}

fn read(
    file: &[u8],
    directory: &Directory<'_>,
    header: &Header,
    limits: &Limits,
    decode_jpeg: fn(&[u8], &Limits) -> Result<Decoded>,
) -> Result<Picture> {
    let painter = Painter::new(header, directory)?;
    let segments = Segments::of(file, directory, header, limits)?;
    let channels = painter.channels();
    let profile = directory.field(tags::ICC_PROFILE).map_or(0, <[u8]>::len);
    let peak = (file.len() + profile) as u64 + u64::from(channels) * header.size.pixels() + SMALL;
    let segment_limits = Limits { max_memory: limits.max_memory.saturating_sub(peak), ..limits.clone() };
    let tables = directory.field(tags::JPEG_TABLES).unwrap_or_default();
    let reader = Reader::new(header, tables, segment_limits, decode_jpeg)?;
    limits.check_memory(peak.saturating_add(heap_bytes(header, segments.size(), painter.used())))?;

    let mut picture = try_zeroed(area_bytes(header.size, channels)?)?;
    let mut samples = try_filled(segments.size().width as usize * painter.used(), 0)?;
    let stride = header.size.width as usize * channels as usize;
    for segment in segments.all() {
        let mut rows = reader.open(&segments, segment)?;
        let [left, width] = [segment.left, segment.size.width].map(|side| side as usize * channels as usize);
        let lines = picture.chunks_exact_mut(stride).skip(segment.top as usize);
        for line in lines.take(segment.size.height as usize) {
            let line = &mut line[left..left + width];
            if painter.is_plain()
                && let Some(bytes) = reader.next_bytes(&mut rows)?
            {
                line.copy_from_slice(&bytes[..width]);
                continue;
            }
            reader.next(&mut rows, &mut samples)?;
            painter.paint(&samples, line);
        }
    }
    painter.finish(header.size, picture)
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
