//! From a JPEG's bytes to its planes.

use std::mem;

use zune_jpeg::{JpegDecoder, RawImcuRowStatus, errors::DecodeErrors, zune_core::options::DecoderOptions};

use super::{
    header::{Color, Component, Frame, Header},
    source::{END, Source},
};
use crate::{
    codec::Decoded,
    error::{Error, Kind, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Picture, Planes, Raster, Size, ycbcr_to_rgb},
};

/// Scans of a progressive file. Encoders write about ten; each costs time over the whole picture.
const MAX_SCANS: usize = 64;

/// A component's samples at its own size, rows without padding.
struct Plane {
    size: Size,
    samples: Vec<u8>,
}

/// Decodes a JPEG: YCbCr of a usual subsampling to planes, grey to grey, all else to RGB.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let header = Header::read(bytes)?;
    check(&header, limits)?;
    limits.check_memory(peak_bytes(&header, bytes.len()))?;
    let planes = read_planes(&header)?;
    Ok(Decoded {
        picture: into_picture(planes, &header)?,
        orientation: header.orientation(),
        metadata: header.metadata(),
    })
}

/// Refuses what is too large, and the kinds that can't be decoded.
pub(super) fn check(header: &Header<'_>, limits: &Limits) -> Result<()> {
    limits.check_size(header.frame.size)?;
    if !matches!(header.frame.process, 0..=2) {
        return Err(Error::unsupported(format!("a JPEG of the kind SOF{}", header.frame.process)));
    }
    if header.frame.precision != 8 {
        return Err(Error::unsupported(format!("a JPEG of {} bits a sample", header.frame.precision)));
    }
    if header.scan_components == 0 {
        return Err(Error::malformed("the JPEG ends before its first scan"));
    }
    Ok(())
}

/// The most memory that decoding takes, the file included: the planes, coefficients of 2 bytes for the files
/// that come in several scans (held twice while a scan is read), and RGB where the planes are no result.
fn peak_bytes(header: &Header<'_>, input: usize) -> u64 {
    let frame = &header.frame;
    let samples: u64 = plane_sizes(frame).iter().map(|size| padded_samples(*size)).sum();
    let coefficients = if header.is_in_one_scan() { 0 } else { 4 * samples };
    let rgb = match header.color() {
        Color::Gray => 0,
        _ if header.subsampling().is_some() => 0,
        _ => 3 * frame.size.pixels(),
    };
    // The rows in work are far below the last terms.
    input as u64 + samples + coefficients + rgb + 64 * u64::from(frame.size.width) * 8 + (1 << 20)
}

/// Samples of a plane padded to whole units of 4x4 blocks, the largest there are.
pub(super) fn padded_samples(size: Size) -> u64 {
    u64::from(size.width.next_multiple_of(32)) * u64::from(size.height.next_multiple_of(32))
}

/// The size of each component's plane (T.81 A.1.1).
pub(super) fn plane_sizes(frame: &Frame) -> Vec<Size> {
    let across = frame.components.iter().map(|component| component.across).max().unwrap_or(1);
    let down = frame.components.iter().map(|component| component.down).max().unwrap_or(1);
    let sized = |component: &Component| {
        Size::new(
            (frame.size.width * component.across).div_ceil(across),
            (frame.size.height * component.down).div_ceil(down),
        )
    };
    frame.components.iter().map(sized).collect()
}

/// Decodes all planes. Of a file that is cut short nothing is made: what a decoder puts in place of the rest is
/// no picture. One that only lacks its end marker is whole.
fn read_planes(header: &Header<'_>) -> Result<Vec<Plane>> {
    let mut planes = Vec::new();
    for size in plane_sizes(&header.frame) {
        planes.push(Plane { size, samples: try_zeroed(area_bytes(size, 1)?)? });
    }
    let total = stripes(&header.frame);
    match read_stripes(header, &[], &mut planes)? {
        read if read >= total => Ok(planes),
        // The last stripe waits for the bytes that would follow it.
        read if read + 1 == total && read_stripes(header, END, &mut planes)? >= total => Ok(planes),
        read => Err(Error::malformed(format!("the JPEG is cut short: {read} of {total} stripes are there"))),
    }
}

/// Rows of whole units of blocks, the steps in which a JPEG is decoded.
pub(super) fn stripes(frame: &Frame) -> u32 {
    let down = frame.components.iter().map(|component| component.down).max().unwrap_or(1);
    // A single component is stored in plain blocks, whatever its factors say.
    let rows = if frame.components.len() == 1 { 8 } else { 8 * down };
    frame.size.height.div_ceil(rows)
}

/// How the decoder is set up; sizes are checked before.
pub(super) fn options() -> DecoderOptions {
    DecoderOptions::new_fast()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
}

/// Decodes stripe by stripe into the planes. Returns how many stripes were there.
fn read_stripes(header: &Header<'_>, end: &[u8], planes: &mut [Plane]) -> Result<u32> {
    let source = Source::new(&header.tables, header.scans, end);
    let mut decoder = JpegDecoder::new_with_options(source, options());
    decoder.decode_headers().map_err(malformed)?;
    let strides: Vec<usize> = planes.iter().map(|plane| plane.size.width as usize).collect();
    let mut rest: Vec<&mut [u8]> = planes.iter_mut().map(|plane| plane.samples.as_mut_slice()).collect();
    let mut session = decoder.raw_output();
    let mut read = 0;
    loop {
        match session.decode_next_imcu_row(&mut rest, &strides).map_err(malformed)? {
            RawImcuRowStatus::RowReady { rows_written } => {
                for ((plane, rows), stride) in rest.iter_mut().zip(rows_written).zip(&strides) {
                    *plane = mem::take(plane).get_mut(rows * stride..).unwrap_or_default();
                }
                read += 1;
            }
            _ => return Ok(read),
        }
    }
}

pub(super) fn malformed(source: DecodeErrors) -> Error {
    Error::with_source(Kind::Malformed, "the JPEG can't be decoded", source.to_string())
}

/// Takes the planes as they are where that is possible.
fn into_picture(mut planes: Vec<Plane>, header: &Header<'_>) -> Result<Picture> {
    let size = header.frame.size;
    match (header.color(), header.subsampling(), planes.as_mut_slice()) {
        (Color::Gray, _, [gray]) => {
            Raster::new(size, Layout::Gray, mem::take(&mut gray.samples)).map(Picture::Raster)
        }
        (Color::YCbCr, Some(subsampling), [y, cb, cr]) => {
            let samples = [y, cb, cr].map(|plane| mem::take(&mut plane.samples));
            Planes::new(size, subsampling, samples).map(Picture::Planes)
        }
        _ => to_rgb(&planes, header).map(Picture::Raster),
    }
}

/// RGB of everything else: RGB files, ink files, and YCbCr of unusual sampling factors, whose small planes are
/// repeated.
fn to_rgb(planes: &[Plane], header: &Header<'_>) -> Result<Raster> {
    let size = header.frame.size;
    let mut raster = Raster::zeroed(size, Layout::Rgb)?;
    let color = header.color();
    let mut rows = vec![Vec::new(); planes.len()];
    for (y, line) in raster.data_mut().chunks_exact_mut(3 * size.width as usize).enumerate() {
        for (row, plane) in rows.iter_mut().zip(planes) {
            repeat_row(plane, y, size, row);
        }
        for (x, pixel) in line.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let sample = |component: usize| rows[component][x];
            *pixel = match color {
                Color::Gray => [sample(0); 3],
                Color::Rgb => [sample(0), sample(1), sample(2)],
                Color::YCbCr => ycbcr_to_rgb(sample(0), sample(1), sample(2)),
                // Ink is stored inverted, 255 being none of it, with an Adobe segment or without: every viewer
                // reads it so.
                Color::Cmyk => [0, 1, 2].map(|ink| multiply(sample(ink), sample(3))),
                // The first three are the YCbCr of the inverted ink's inverse.
                Color::Ycck => {
                    ycbcr_to_rgb(sample(0), sample(1), sample(2)).map(|ink| multiply(!ink, sample(3)))
                }
            };
        }
    }
    Ok(raster)
}

/// Fills `row` with row `y` of the picture of `size` from a plane that may be smaller, each sample repeated.
fn repeat_row(plane: &Plane, y: usize, size: Size, row: &mut Vec<u8>) {
    let [width, height, plane_width, plane_height] =
        [size.width, size.height, plane.size.width, plane.size.height].map(|side| side as usize);
    let from = (y * plane_height / height) * plane_width;
    let samples = &plane.samples[from..from + plane_width];
    row.clear();
    row.extend((0..width).map(|x| samples[x * plane_width / width]));
}

/// The product of two samples, 255 being one.
fn multiply(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b);
    ((product + 127) / 255) as u8
}
