//! From a JPEG's bytes to its planes.

use std::mem;

use super::{
    decoder::Decoder,
    header::{Color, Header},
};
use crate::{
    codec::Decoded,
    error::Result,
    limits::{Limits, area_bytes},
    pixel::{Layout, Orientation, Picture, Planes, Raster, Size, ycbcr_to_rgb},
};

/// The scale of a picture that is decoded as it is, in eighths.
const FULL_SIZE: u32 = 8;

/// A component's samples at its own size, rows without padding.
struct Plane {
    size: Size,
    samples: Vec<u8>,
}

/// Decodes a JPEG: YCbCr of a usual subsampling to planes, grey to grey, all else to RGB.
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

/// The most memory that decoding takes, the file included: the decoder's, the planes, and RGB where the planes are
/// no result.
fn peak_bytes(header: &Header<'_>, input: usize) -> u64 {
    let size = header.frame.size;
    let planes = header.frame.components.len() as u64 * size.pixels();
    let rgb = match header.color() {
        Color::Gray => 0,
        _ if header.subsampling().is_some() => 0,
        _ => 3 * size.pixels(),
    };
    let decoder = Decoder::peak_bytes(header, FULL_SIZE, Orientation::Upright, 1);
    input as u64 + decoder + planes + rgb + (64 << 10)
}

/// Decodes all planes. Of a file that is cut short nothing is made: what a decoder puts in place of the rest is
/// no picture. One that only lacks its end marker is whole.
fn read_planes(header: &Header<'_>, limits: &Limits) -> Result<Vec<Plane>> {
    let mut decoder = Decoder::new(header, FULL_SIZE, Orientation::Upright, limits)?;
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
