//! How large a picture becomes, and which part of it is kept.

use super::{Filter, Fit, Interest, Params, Resize};
use crate::{
    codec::animation::Area,
    error::{Error, Kind, Result},
    pixel::{Orientation, Size},
};

/// A crop and a scale, of a picture as it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The part of the source that is kept, in its pixels; less than the whole only for `Fit::Cover`.
    pub kept: Size,
    /// Where that part lies.
    pub interest: Interest,
    /// The size to which it is scaled.
    pub output: Size,
    /// How it is scaled.
    pub filter: Filter,
    /// True if light is scaled, not samples.
    pub linear: bool,
    /// How the picture is turned beside what its file says, before all that.
    pub turn: Orientation,
    /// What is left of the picture, as it is stored, where its border goes first: of that a part is kept.
    pub(super) area: Option<Area>,
}

impl Frame {
    /// True if nothing of a source is cut off and nothing scaled.
    pub(super) fn is_plain(&self, source: Size) -> bool {
        self.area.is_none() && self.kept == source && self.output == source
    }

    /// The size of the result, turned as the picture is stored.
    pub(super) const fn stored_output(&self, orientation: Orientation) -> Size {
        if orientation.is_transposing() { self.output.transposed() } else { self.output }
    }

    /// True if rows can be scaled as they come: where a crop follows the picture's detail, it must be seen first.
    pub(super) fn is_placed(&self, source: Size) -> bool {
        self.interest != Interest::Entropy || (self.area.is_none() && self.kept == source)
    }

    /// The scale at which a source should be decoded, one of `scales`, in eighths: so small that it is still 7/4
    /// as large as the result, that the filter has something to choose from. At 15/8 luma is within 51 dB of what
    /// the picture at full size gives, at 5/4 within 39.
    pub(super) fn scale_num(&self, scales: &[u32]) -> u32 {
        let is_enough = |kept: u32, output: u32, scale_num: u32| {
            u64::from(kept) * u64::from(scale_num) >= 14 * u64::from(output)
        };
        let Size { width, height } = self.output;
        let fits = |&scale_num: &u32| {
            is_enough(self.kept.width, width, scale_num) && is_enough(self.kept.height, height, scale_num)
        };
        // Smaller scales are means of samples.
        let scales = scales.iter().copied().filter(|_| !self.linear);
        scales.filter(fits).min().unwrap_or(8)
    }

    /// The picture as it is.
    const fn whole(source: Size) -> Self {
        Self {
            kept: source,
            interest: Interest::Centre,
            output: source,
            filter: Filter::Lanczos3,
            linear: false,
            turn: Orientation::Upright,
            area: None,
        }
    }

    /// A small version of the whole picture, no side longer than `side`.
    pub(super) fn thumbnail(source: Size, side: u32) -> Self {
        let is_larger = source.width.max(source.height) > side;
        let output = if is_larger { within(source, Size::new(side, side)) } else { source };
        Self { kept: source, output, ..Self::whole(source) }
    }
}

/// The part of the source that is kept, and the size to which it is scaled.
///
/// Where enlarging is not allowed, a box that would do so shrinks until nothing is enlarged, keeping its shape:
/// a page that gave the picture a place of that shape shows it undistorted.
pub(super) fn frame(source: Size, params: &Params) -> Result<Frame> {
    let turn = params.turn;
    let Some(resize) = &params.resize else { return Ok(Frame { turn, ..Frame::whole(source) }) };
    let (kept, output) = geometry(source, resize)?;
    let Resize { interest, filter, linear, .. } = *resize;
    Ok(Frame { kept, interest, output, filter, linear, turn, area: None })
}

/// The size of a padded result, and where in it the picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Canvas {
    pub size: Size,
    pub left: u32,
    pub top: u32,
}

/// What is around a picture of the size of the frame's output; `None` for nothing.
pub(super) fn canvas(output: Size, resize: Option<&Resize>) -> Option<Canvas> {
    let resize = resize.filter(|resize| resize.fit == Fit::Pad)?;
    let size = Size::new(resize.width?, resize.height?);
    let spare = [size.width.saturating_sub(output.width), size.height.saturating_sub(output.height)];
    let [left, top] = match resize.interest {
        Interest::Centre | Interest::Entropy => spare.map(|spare| spare / 2),
        Interest::Low => [0; 2],
        Interest::High => spare,
        Interest::Around(focus) => {
            let share = |spare: u32, share: u8| (u64::from(spare) * u64::from(share) / 100) as u32;
            [share(spare[0], focus.x()), share(spare[1], focus.y())]
        }
    };
    (size != output).then_some(Canvas { size, left, top })
}

/// The place that a resize gives a picture, and how it meets that; `None` for none.
fn place(source: Size, resize: &Resize) -> Result<Option<(Size, Fit)>> {
    if resize.width == Some(0) || resize.height == Some(0) {
        return Err(Error::new(Kind::Parameter, "a width or height of zero"));
    }
    Ok(match (resize.width, resize.height) {
        (None, None) => None,
        (Some(width), Some(height)) => Some((Size::new(width, height), resize.fit)),
        (Some(width), None) => {
            Some((Size::new(width, scaled(source.height, width, source.width)), Fit::Fill))
        }
        (None, Some(height)) => {
            Some((Size::new(scaled(source.width, height, source.height), height), Fit::Fill))
        }
    })
}

/// Pixels up to which a drawing is made twice as large as it says, that it is sharp on screens of two pixels to one.
const SHARP_PIXELS: u64 = 16 << 20;

/// The size at which a drawing of a size of its own is drawn as a whole, and what of that is kept: it is as large as is
/// asked, without any scaling.
pub(super) fn drawn(source: Size, params: &Params) -> Result<(Size, Frame)> {
    let resize = params.resize.unwrap_or_default();
    let (whole, kept) = match place(source, &resize)? {
        None => {
            let doubled = Size::new(source.width.saturating_mul(2), source.height.saturating_mul(2));
            let fits = doubled.pixels() <= SHARP_PIXELS && params.format.info().check_side(doubled).is_ok();
            let whole = if fits { doubled } else { source };
            (whole, whole)
        }
        Some((place, Fit::Fill)) => (place, place),
        Some((place, Fit::Contain | Fit::ScaleDown | Fit::Pad)) => {
            let whole = within(source, place);
            (whole, whole)
        }
        Some((place, Fit::Cover)) => (around(source, place), place),
    };
    let Resize { interest, filter, linear, .. } = resize;
    Ok((whole, Frame { kept, interest, output: kept, filter, linear, turn: params.turn, area: None }))
}

fn geometry(source: Size, resize: &Resize) -> Result<(Size, Size)> {
    let may_enlarge = resize.enlarge && resize.fit != Fit::ScaleDown;
    let Some((place, fit)) = place(source, resize)? else { return Ok((source, source)) };
    let is_box = resize.width.is_some() && resize.height.is_some();
    let (kept, output) = match fit {
        Fit::Contain | Fit::ScaleDown | Fit::Pad => (source, within(source, place)),
        Fit::Fill => (source, place),
        Fit::Cover => (within(place, source), place),
    };
    let is_larger = output.width > kept.width || output.height > kept.height;
    match (is_larger && !may_enlarge, fit) {
        (false, _) => Ok((kept, output)),
        (true, Fit::Contain | Fit::ScaleDown | Fit::Pad) => Ok((source, source)),
        (true, Fit::Cover) => Ok((kept, kept)),
        (true, Fit::Fill) if !is_box => Ok((source, source)),
        (true, Fit::Fill) => Ok((source, within(place, source))),
    }
}

/// The largest size of the shape of `shape` inside `frame`.
pub(super) fn within(shape: Size, frame: Size) -> Size {
    let by_width = scaled(shape.height, frame.width, shape.width);
    let by_height = scaled(shape.width, frame.height, shape.height);
    if u64::from(frame.width) * u64::from(shape.height) <= u64::from(frame.height) * u64::from(shape.width) {
        Size::new(frame.width, by_width.min(frame.height))
    } else {
        Size::new(by_height.min(frame.width), frame.height)
    }
}

/// The smallest size of the shape of `shape` around `frame`.
fn around(shape: Size, frame: Size) -> Size {
    let by_width = scaled(shape.height, frame.width, shape.width);
    match by_width >= frame.height {
        true => Size::new(frame.width, by_width),
        false => Size::new(scaled(shape.width, frame.height, shape.height).max(frame.width), frame.height),
    }
}

/// `side × numerator / denominator`, rounded, at least 1.
fn scaled(side: u32, numerator: u32, denominator: u32) -> u32 {
    let product = u64::from(side) * u64::from(numerator);
    let denominator = u64::from(denominator.max(1));
    u32::try_from((product + denominator / 2) / denominator).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_padded_picture_lies_where_it_is_said_to() {
        let at = |interest: &str| {
            let resize =
                Resize::new(50, 41).with_fit(Fit::Pad).with_interest(Interest::parse(interest).unwrap());
            let Canvas { size, left, top } = canvas(Size::new(30, 40), Some(&resize)).unwrap();
            assert_eq!(size, Size::new(50, 41));
            (left, top)
        };
        for (interest, place) in [
            ("centre", (10, 0)),
            ("entropy", (10, 0)),
            ("low", (0, 0)),
            ("high", (20, 1)),
            ("left", (0, 0)),
            ("bottom-right", (20, 1)),
            ("0.3x0.9", (6, 0)),
        ] {
            assert_eq!(at(interest), place, "{interest}");
        }
        let resize = Resize::new(30, 40).with_fit(Fit::Pad);
        assert_eq!(canvas(Size::new(30, 40), Some(&resize)), None);
        assert_eq!(canvas(Size::new(30, 40), Some(&Resize::new(50, 50))), None);
    }

    #[test]
    fn a_drawing_is_as_large_as_is_asked_and_else_twice_its_own_size() {
        let sizes = |source: Size, resize: Option<Resize>| {
            let (whole, frame) = drawn(source, &Params::default().with_resize(resize)).unwrap();
            [whole, frame.kept, frame.output].map(|size| (size.width, size.height))
        };
        let icon = Size::new(24, 16);
        assert_eq!(sizes(icon, None), [(48, 32); 3]);
        assert_eq!(sizes(Size::new(9000, 10), None), [(9000, 10); 3]);
        assert_eq!(sizes(Size::new(3000, 2000), None), [(3000, 2000); 3]);
        assert_eq!(sizes(icon, Some(Resize::to_width(300))), [(300, 200); 3]);
        assert_eq!(sizes(icon, Some(Resize::new(300, 300))), [(300, 200); 3]);
        assert_eq!(sizes(icon, Some(Resize::new(300, 300).with_fit(Fit::Fill))), [(300, 300); 3]);
        let cover = [(450, 300), (300, 300), (300, 300)];
        assert_eq!(sizes(icon, Some(Resize::new(300, 300).with_fit(Fit::Cover))), cover);
        let wide = [(300, 200), (300, 100), (300, 100)];
        assert_eq!(sizes(icon, Some(Resize::new(300, 100).with_fit(Fit::Cover))), wide);
        assert!(drawn(icon, &Params::default().with_resize(Resize::to_width(0))).is_err());
    }
}
