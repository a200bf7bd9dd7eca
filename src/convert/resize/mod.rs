//! Crops and scales, by rows: [`Scaler`].
//!
//! Works on the picture as stored, before it is turned, and on planes one by one: a photo does not become RGB for
//! this. `NOTES.md` beside this file has what was measured.

mod band;
mod filter;
mod kernels;
mod rows;
#[cfg(test)]
mod tests;

pub use self::filter::Filter;
pub(crate) use self::rows::{Job, Scaler};

use super::{crop::Region, plan::Frame};
use crate::{
    codec::{Format, Probe},
    error::Result,
    limits::area_bytes,
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
        Picture::Raster(raster) => resize_raster(&raster, region, output, frame.filter).map(Picture::Raster),
        Picture::Planes(planes) => resize_planes(planes, region, output, frame.filter).map(Picture::Planes),
    }
}

/// The most bytes that [`resize`] holds beside the picture and the result.
pub(super) fn most_bytes(probe: &Probe, frame: &Frame) -> u64 {
    let as_stored = |size: Size| if probe.orientation.is_transposing() { size.transposed() } else { size };
    let (kept, to) = (as_stored(frame.kept), as_stored(frame.output));
    let layout = if probe.format == Format::Jpeg { Layout::Gray } else { Layout::Rgba };
    let part = [0.0, 0.0, f64::from(kept.width), f64::from(kept.height)];
    Job { from: probe.size, part, to, layout, filter: frame.filter }.bytes()
}

fn resize_raster(raster: &Raster, region: Region, output: Size, filter: Filter) -> Result<Raster> {
    let (from, part, layout) = (raster.size(), region.scaled(1, 1), raster.layout());
    let data = scale(raster.data(), Job { from, part, to: output, layout, filter })?;
    Raster::new(output, layout, data)
}

/// Chroma keeps its subsampling, or takes the full size where a side is odd: half of it would be stretched by up
/// to a pixel.
fn resize_planes(planes: Planes, region: Region, output: Size, filter: Filter) -> Result<Planes> {
    let (own, size) = (planes.subsampling(), planes.size());
    let (across, down) = own.factors();
    let is_even = output.width.is_multiple_of(across) && output.height.is_multiple_of(down);
    let to = if is_even { own } else { Subsampling::Yuv444 };
    let [y, cb, cr] = planes.into_planes();
    let layout = Layout::Gray;
    let luma = scale(&y, Job { from: size, part: region.scaled(1, 1), to: output, layout, filter })?;
    drop(y);
    let job = Job {
        from: own.chroma_size(size),
        part: region.scaled(across, down),
        to: to.chroma_size(output),
        layout,
        filter,
    };
    let chroma = |plane: Vec<u8>| scale(&plane, job);
    let (cb, cr) = (chroma(cb)?, chroma(cr)?);
    Planes::new(output, to, [luma, cb, cr])
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
