//! From a JPEG's bytes to its planes.

use std::mem;

use super::{
    decoder::Decoder,
    header::{Color, Header},
};
use crate::{
    codec::Decoded,
    error::Result,
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Inks, Layout, Orientation, Picture, Planes, Raster, Size, Upsampler, ycbcr_to_rgb},
};

/// The numerator of full size, of 8.
const FULL_SCALE: u32 = 8;

/// A component's samples at its own size, rows without padding.
struct Plane {
    size: Size,
    samples: Vec<u8>,
}

/// Decodes a JPEG: YCbCr of a usual subsampling to planes, grey to grey, inks to inks, all else to RGB.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let header = Header::read(bytes)?;
    Decoder::check(&header, limits)?;
    limits.check_memory(peak_bytes(&header, bytes.len()))?;
    let planes = read_planes(&header, limits)?;
    Ok(Decoded {
        picture: into_picture(planes, &header)?,
        orientation: header.orientation(),
        metadata: header.metadata(),
    })
}

/// The most memory that decoding takes, in bytes: the file, the decoder, the planes, and RGB or inks where the planes
/// are not the result.
fn peak_bytes(header: &Header<'_>, input: usize) -> u64 {
    let size = header.frame.size;
    let planes = header.frame.components.len() as u64 * size.pixels();
    let rgb = match header.color() {
        Color::Gray => 0,
        Color::Cmyk | Color::Ycck => 4 * size.pixels(),
        _ if header.subsampling().is_some() => 0,
        _ => 3 * size.pixels(),
    };
    let rows = if rgb == 0 { 0 } else { 4 * Upsampler::bytes(size.width) };
    let decoder = Decoder::peak_bytes(header, FULL_SCALE, Orientation::Upright, 1);
    input as u64 + decoder + planes + rgb + rows + (64 << 10)
}

/// Decodes all planes. A file that is cut short is refused: what a decoder puts in place of the rest is no picture. A
/// file that only lacks its end marker is whole.
fn read_planes(header: &Header<'_>, limits: &Limits) -> Result<Vec<Plane>> {
    let mut decoder = Decoder::new(header, FULL_SCALE, Orientation::Upright, limits)?;
    let mut planes = Vec::new();
    for size in decoder.plane_sizes() {
        let mut samples = Vec::new();
        samples.try_reserve_exact(area_bytes(size, 1)?)?;
        planes.push(Plane { size, samples });
    }
    while let Some(rows) = decoder.next_rows()? {
        for (plane, rows) in planes.iter_mut().zip(rows) {
            plane.samples.extend_from_slice(rows);
        }
    }
    Ok(planes)
}

/// Makes a picture of the planes, and takes them as they are where that is possible.
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
        (Color::Cmyk | Color::Ycck, ..) => {
            let inks = interleave(&planes, header, |color, [a, b, c, black]| {
                // Ink is stored inverted, 255 being none of it, with an Adobe segment or without: every viewer reads it
                // so. The first three of YCCK are the YCbCr of the inverted ink's inverse.
                let [cyan, magenta, yellow] =
                    if color == Color::Ycck { ycbcr_to_rgb(a, b, c) } else { [!a, !b, !c] };
                [cyan, magenta, yellow, !black]
            })?;
            Inks::new(size, false, inks).map(Picture::Inks)
        }
        _ => {
            let rgb = interleave(&planes, header, |color, [a, b, c, _]| {
                if color == Color::YCbCr { ycbcr_to_rgb(a, b, c) } else { [a, b, c] }
            })?;
            Raster::new(size, Layout::Rgb, rgb).map(Picture::Raster)
        }
    }
}

/// Upsamples the planes and interleaves them by `pixel`: RGB, inks, and YCbCr of unusual sampling factors.
fn interleave<const CHANNELS: usize>(
    planes: &[Plane],
    header: &Header<'_>,
    pixel: impl Fn(Color, [u8; 4]) -> [u8; CHANNELS],
) -> Result<Vec<u8>> {
    let size = header.frame.size;
    let color = header.color();
    let mut samples = try_zeroed(area_bytes(size, CHANNELS as u32)?)?;
    let (max_h, max_v) = header.frame.max_factors();
    let components = planes.iter().zip(&header.frame.components);
    let mut planes: Vec<Upsampler<'_>> = components
        .map(|(plane, component)| {
            let factors = [(component.h_samp, max_h), (component.v_samp, max_v)];
            Upsampler::new(&plane.samples, plane.size, factors)
        })
        .collect();
    for (y, line) in samples.chunks_exact_mut(CHANNELS * size.width as usize).enumerate() {
        let mut rows: [&[u8]; 4] = [&[]; 4];
        for (row, plane) in rows.iter_mut().zip(&mut planes) {
            *row = plane.row(y);
        }
        for (x, out) in line.as_chunks_mut::<CHANNELS>().0.iter_mut().enumerate() {
            *out = pixel(color, rows.map(|row| row.get(x).copied().unwrap_or(0)));
        }
    }
    Ok(samples)
}
