//! Crops and scales, by `fast_image_resize`.
//!
//! Works on the picture as stored, before it is turned, and on planes one by one: a photo does not become RGB for
//! this. The filter is Lanczos3 with a sine that is the same on every machine; samples are weighted with alpha.

use fast_image_resize::{
    Filter, FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

use super::{crop::Region, plan::Frame};
use crate::{
    error::{Error, Kind, Result},
    limits::{area_bytes, try_zeroed},
    pixel::{Layout, Orientation, Picture, Planes, Raster, Size, Subsampling},
};

/// Brings a stored picture to the frame's size, turned as it is stored.
///
/// # Errors
/// `Memory` when there is no room.
pub(super) fn resize(picture: Picture, orientation: Orientation, frame: &Frame) -> Result<Picture> {
    let region = Region::choose(&picture, orientation, frame);
    let output = if orientation.is_transposing() { frame.output.transposed() } else { frame.output };
    if region.is_whole(picture.size()) && output == picture.size() {
        return Ok(picture);
    }
    match picture {
        Picture::Raster(raster) => resize_raster(&raster, region, output).map(Picture::Raster),
        Picture::Planes(planes) => resize_planes(planes, region, output).map(Picture::Planes),
    }
}

fn resize_raster(raster: &Raster, region: Region, output: Size) -> Result<Raster> {
    let pixel = match raster.layout() {
        Layout::Gray => PixelType::U8,
        Layout::GrayAlpha => PixelType::U8x2,
        Layout::Rgb => PixelType::U8x3,
        Layout::Rgba => PixelType::U8x4,
    };
    let data = scale(&mut Resizer::new(), raster.data(), raster.size(), pixel, region.scaled(1, 1), output)?;
    Raster::new(output, raster.layout(), data)
}

/// Chroma keeps its subsampling, or takes the full size where a side is odd: half of it would be stretched by up
/// to a pixel.
fn resize_planes(planes: Planes, region: Region, output: Size) -> Result<Planes> {
    let (from, size) = (planes.subsampling(), planes.size());
    let (across, down) = from.factors();
    let is_even = output.width.is_multiple_of(across) && output.height.is_multiple_of(down);
    let to = if is_even { from } else { Subsampling::Yuv444 };
    let [y, cb, cr] = planes.into_planes();
    let mut resizer = Resizer::new();
    let luma = scale(&mut resizer, &y, size, PixelType::U8, region.scaled(1, 1), output)?;
    drop(y);
    let mut chroma = |plane: Vec<u8>| {
        let size = from.chroma_size(size);
        scale(&mut resizer, &plane, size, PixelType::U8, region.scaled(across, down), to.chroma_size(output))
    };
    let (cb, cr) = (chroma(cb)?, chroma(cr)?);
    Planes::new(output, to, [luma, cb, cr])
}

/// `part` is left, top, width and height in samples of the plane.
fn scale(
    resizer: &mut Resizer,
    data: &[u8],
    size: Size,
    pixel: PixelType,
    part: [f64; 4],
    output: Size,
) -> Result<Vec<u8>> {
    let buffer = try_zeroed(area_bytes(output, pixel.size() as u32)?)?;
    let from = ImageRef::new(size.width, size.height, data, pixel).map_err(failed)?;
    let mut to = Image::from_vec_u8(output.width, output.height, buffer, pixel).map_err(failed)?;
    let [left, top, width, height] = part;
    let filter = Filter::new("lanczos3", lanczos3, 3.0).map_err(failed)?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Custom(filter)))
        .crop(left, top, width, height);
    resizer.resize(&from, &mut to, &options).map_err(failed)?;
    Ok(to.into_vec())
}

/// The sine is `libm`'s: that of the system differs between machines in the last bit, which can tip a sample.
fn lanczos3(x: f64) -> f64 {
    let sinc = |x: f64| {
        let angle = x * std::f64::consts::PI;
        if angle == 0.0 { 1.0 } else { libm::sin(angle) / angle }
    };
    if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(Kind::Internal, "resize", error)
}
