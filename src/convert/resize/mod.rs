//! Crops and scales, by rows: [`Scaler`].
//!
//! Works on the picture as stored, before it is turned, and on planes one by one: a photo does not become RGB for
//! this. `NOTES.md` beside this file has what was measured.

mod band;
mod filter;
mod job;
mod kernels;
mod light;
mod scaler;
#[cfg(test)]
mod tests;

pub use self::filter::Filter;
pub(crate) use self::{job::Job, scaler::Scaler};

use super::{crop::Region, geometry::Frame, recolor::Recolor};
use crate::{
    codec::{
        Format, Probe,
        cost::Buffering,
        rows::{self, Form},
    },
    error::Result,
    limits::area_bytes,
    pixel::{Layout, Orientation, Picture, Planes, Raster, Size, Subsampling},
};

/// Brings a stored picture to the frame's size, turned as it is stored.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub(super) fn resize(picture: Picture, orientation: Orientation, frame: &Frame) -> Result<Picture> {
    let region = Region::choose(&picture, orientation, frame);
    let output = frame.stored_output(orientation);
    if region.is_whole(picture.size()) && output == picture.size() {
        return Ok(picture);
    }
    match picture {
        Picture::Planes(planes) if frame.linear => {
            let raster = planes.to_rgb()?;
            drop(planes);
            resize_raster(&raster, region, output, frame).map(Picture::Raster)
        }
        Picture::Planes(planes) => resize_planes(planes, region, output, frame).map(Picture::Planes),
        other => resize_raster(&other.into_raster()?, region, output, frame).map(Picture::Raster),
    }
}

/// The most bytes that scaling holds beside the picture and the result: all planes at once where they come by rows,
/// turned where these go on at once.
pub(super) fn heap_bytes(probe: &Probe, frame: &Frame, buffering: Buffering) -> u64 {
    let by_rows = buffering != Buffering::Whole;
    let form = match (probe.format, probe.subsampling) {
        (Format::Jpeg, Some(subsampling)) => Form::Planes(subsampling),
        (Format::Jpeg, None) if !probe.color => Form::Raster(Layout::Gray),
        (Format::Png | Format::Bmp, _) => Form::Raster(Layout::of(probe.color, probe.alpha)),
        (Format::WebP, Some(_)) if !probe.alpha => Form::Raster(Layout::Rgb),
        _ => Form::Raster(Layout::Rgba),
    };
    let to = frame.stored_output(probe.orientation);
    let region = Region::placed(probe.size, probe.orientation, frame);
    let scale_num = if by_rows { frame.scale_num(rows::scales(probe)) } else { 8 };
    let (_, jobs) = jobs(form, (probe.size, scale_num), region, to, frame);
    let (planes, rgb) = match form {
        // Planes that become RGB: by rows, or all of them at once. The result has more samples than planes have.
        Form::Planes(_) if frame.linear => {
            let source = if by_rows {
                Recolor::heap_bytes(probe.size.width, Subsampling::Yuv444)
            } else {
                3 * probe.size.pixels()
            };
            (source, 3 * to.pixels())
        }
        _ => (0, 0),
    };
    let turned =
        |job: Job| if buffering == Buffering::Streamed { job.turned(probe.orientation) } else { job };
    let bytes = jobs.into_iter().map(|job| Scaler::heap_bytes(&turned(job)));
    // Rows that are done wait for those of the other planes.
    let width = if buffering == Buffering::Streamed { frame.output.width } else { to.width };
    // A bitmap's come sixteen at a time, which may become many; the buffer grows by doubling.
    let enlarged = u64::from(frame.output.height.div_ceil(frame.kept.height));
    let many =
        if by_rows && probe.format == Format::Bmp { 3 * 16 * enlarged * 3 * u64::from(width) } else { 0 };
    let scaling =
        many + if by_rows { bytes.sum::<u64>() + 80 * u64::from(width) } else { bytes.max().unwrap_or(0) };
    scaling + planes + rgb
}

/// What has to be done to each plane, or to the samples of a raster, and the form that the result has. The region
/// is one of the source of `size`, which comes at so many eighths of it.
///
/// Chroma has the size of [`Subsampling::scaled_to`]. Where light is scaled planes become RGB before.
pub(super) fn jobs(
    form: Form,
    (size, scale_num): (Size, u32),
    region: Region,
    to: Size,
    frame: &Frame,
) -> (Form, Vec<Job>) {
    let &Frame { filter, linear, .. } = frame;
    let scaled = |side: u32| (u64::from(side) * u64::from(scale_num)).div_ceil(8) as u32;
    let size = Size::new(scaled(size.width), scaled(size.height));
    let scaled = |part: [f64; 4]| part.map(|side| side * f64::from(scale_num) / 8.0);
    let part = |across, down| scaled(region.scaled(across, down));
    let within = |across, down| region.area_scaled(across, down).map(scaled);
    let whole =
        |layout| vec![Job { from: size, part: part(1, 1), within: within(1, 1), to, layout, filter, linear }];
    match form {
        Form::Raster(layout) => (form, whole(layout)),
        Form::Planes(_) if linear => (Form::Raster(Layout::Rgb), whole(Layout::Rgb)),
        Form::Planes(own) => {
            let (across, down) = own.factors();
            let result = own.scaled_to(to);
            let layout = Layout::Gray;
            let luma = Job { from: size, part: part(1, 1), within: within(1, 1), to, layout, filter, linear };
            let chroma = Job {
                from: own.chroma_size(size),
                part: part(across, down),
                within: within(across, down),
                to: result.chroma_size(to),
                ..luma
            };
            (Form::Planes(result), vec![luma, chroma, chroma])
        }
    }
}

/// What has to be done to the pixels of a canvas of RGBA, as it is stored.
pub(super) fn raster_job(size: Size, region: Region, to: Size, frame: &Frame) -> Job {
    let &Frame { filter, linear, .. } = frame;
    let (part, within) = (region.scaled(1, 1), region.area_scaled(1, 1));
    Job { from: size, part, within, to, layout: Layout::Rgba, filter, linear }
}

fn resize_raster(raster: &Raster, region: Region, output: Size, frame: &Frame) -> Result<Raster> {
    let layout = raster.layout();
    let (_, jobs) = jobs(Form::Raster(layout), (raster.size(), 8), region, output, frame);
    let scaled = jobs.into_iter().map(|job| scale(raster.data(), job)).next_back();
    Raster::new(output, layout, scaled.transpose()?.unwrap_or_default())
}

fn resize_planes(planes: Planes, region: Region, output: Size, frame: &Frame) -> Result<Planes> {
    let (form, jobs) = jobs(Form::Planes(planes.subsampling()), (planes.size(), 8), region, output, frame);
    let mut scaled = [Vec::new(), Vec::new(), Vec::new()];
    for ((plane, job), scaled) in planes.into_planes().into_iter().zip(jobs).zip(&mut scaled) {
        *scaled = scale(&plane, job)?;
    }
    let subsampling = if let Form::Planes(subsampling) = form { subsampling } else { Subsampling::Yuv444 };
    Planes::new(output, subsampling, scaled)
}

/// Scales a whole picture or plane.
fn scale(data: &[u8], job: Job) -> Result<Vec<u8>> {
    let mut scaled = Vec::new();
    scaled.try_reserve_exact(area_bytes(job.to, job.layout.channels())?)?;
    Scaler::new(job)?.push(data, &mut |rows| {
        scaled.extend_from_slice(rows);
        Ok(())
    })?;
    Ok(scaled)
}
