//! How large a picture becomes of which a border is cut off first: the frame of what is left, and, while that isn't known,
//! frames that take as much as that of any part does.

use super::{
    Fit, Interest, Params, Resize,
    geometry::{self, Frame},
};
use crate::{
    codec::{animation::Area, cost},
    error::Result,
    pixel::{Orientation, Size},
};

/// The frame of a part of a stored picture, of which `most` is the largest result.
///
/// # Errors
/// Those of [`geometry::frame`].
pub(super) fn frame(area: Area, orientation: Orientation, most: Size, params: &Params) -> Result<Frame> {
    let part = orientation.oriented(area.size);
    let mut frame = geometry::frame(part, params)?;
    let Size { width, height } = frame.output;
    if width > most.width || height > most.height {
        frame.output = geometry::within(part, most);
    }
    Ok(Frame { area: Some(area), interest: interest(&frame, params), ..frame })
}

/// Bytes for a column of the result, by which a number of rows may be short of a number of pixels.
pub(super) const SLACK: u64 = 32;

/// How many times as long as with its border a picture may become that is enlarged to one of its sides.
const ENLARGED: u32 = 4;

/// The largest result of any part of a picture. What is enlarged to one side is no longer than the source, or than
/// [`ENLARGED`] says.
pub(super) fn largest(source: Size, whole: Size, params: &Params) -> Size {
    let Resize { width, height, fit, enlarge, .. } = params.resize.unwrap_or_default();
    let enlarges = enlarge && fit != Fit::ScaleDown;
    let side = |asked: Option<u32>, source: u32, whole: u32| match (asked, enlarges) {
        (Some(asked), true) => asked,
        (Some(asked), false) => asked.min(source),
        (None, true) => source.max(whole.saturating_mul(ENLARGED)),
        (None, false) => source,
    };
    let most = params.format.info().max_side;
    Size::new(
        side(width, source.width, whole.width).min(most),
        side(height, source.height, whole.height).min(most),
    )
}

/// Frames of which one takes as much as that of any part of a picture: the least and the most that may be kept of each
/// side, and results whose chroma keeps its size and doesn't, or that are just small enough to be coded in a way that takes
/// more; [`SLACK`] for each of the result's columns is to be added.
pub(super) fn bounds(
    source: Size,
    orientation: Orientation,
    most: Size,
    params: &Params,
) -> Result<Vec<Frame>> {
    let whole = geometry::frame(source, params)?;
    let enlarges = params.resize.is_some_and(|resize| resize.enlarge);
    let least = if enlarges { Size::new(1, 1) } else { most };
    let area = Some(Area { left: 0, top: 0, size: orientation.oriented(source) });
    let interest = interest(&whole, params);
    let even = |side: u32| side.saturating_add(1) & !1;
    let odd = |side: u32| side.saturating_add(1) | 1;
    let outputs =
        [most, Size::new(even(most.width), even(most.height)), Size::new(odd(most.width), odd(most.height))];
    let fewer = cost::STEPS.map(|pixels| u32::try_from(pixels / u64::from(most.width)).unwrap_or(u32::MAX));
    let fewer = fewer.into_iter().filter(|rows| (1..most.height).contains(rows));
    let outputs = outputs.into_iter().chain(fewer.map(|rows| Size::new(most.width, rows)));
    let kept = [(least, least), (least, source), (source, least), (source, source)];
    let kept = kept.map(|(across, down)| Size::new(across.width, down.height));
    let of = |output| kept.map(|kept| Frame { kept, output, area, interest, ..whole });
    Ok(outputs.flat_map(of).collect())
}

/// Where a crop lies: nothing but a box that is to be filled asks for one.
fn interest(frame: &Frame, params: &Params) -> Interest {
    match params.resize {
        Some(Resize { fit: Fit::Cover, .. }) => frame.interest,
        _ => Interest::Centre,
    }
}
