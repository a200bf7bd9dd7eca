//! Cuts the border off a picture: a first decoding finds what is left of it, holding no more than some rows, and the
//! conversion then keeps that alone.

use super::{Params, animation, border::Border, decoder, plan::Plan};
use crate::{codec::animation::Area, error::Result};

/// The plan for what is left of a picture without its border, of a plan for any part of it.
///
/// # Errors
/// Those of decoding; [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when the result is larger than the
/// target format can say.
pub(super) fn settled(bytes: &[u8], plan: Plan, params: &Params) -> Result<Plan> {
    let Some(trim) = plan.trim() else { return Ok(plan) };
    let border = Border::new(trim);
    let left = match plan.moves && plan.probe.animated == Some(true) {
        true => left_of_animation(bytes, &plan, border)?,
        false => left_of_picture(bytes, &plan, border)?,
    };
    plan.of_part(left, params)
}

/// What is left of a picture, as it is stored.
fn left_of_picture(bytes: &[u8], plan: &Plan, mut border: Border) -> Result<Option<Area>> {
    let (flips_x, flips_y) = plan.probe.orientation.flips();
    let size = plan.probe.size;
    let layout = decoder::layout(&plan.probe);
    let channels = layout.channels() as usize;
    let corner = if flips_x { (size.width as usize - 1) * channels } else { 0 };
    if border.wants_color() && flips_y {
        // What is looked at as the top left is at the bottom of what is stored.
        decoder::stored_rows(bytes, &plan.probe, &plan.limits, &mut |row| {
            border.set_color(layout, &row[corner..]);
            Ok(())
        })?;
    }
    let mut y = 0;
    decoder::stored_rows(bytes, &plan.probe, &plan.limits, &mut |row| {
        if border.wants_color() {
            border.set_color(layout, &row[corner..]);
        }
        border.look(y, layout, row);
        y += 1;
        Ok(())
    })?;
    Ok(border.left(size))
}

/// What is left of an animation, as it is stored: all that isn't border in one of its frames. The colour is that of the
/// first one.
fn left_of_animation(bytes: &[u8], plan: &Plan, mut border: Border) -> Result<Option<Area>> {
    let (flips_x, flips_y) = plan.probe.orientation.flips();
    let mut size = plan.probe.size;
    animation::look(bytes, plan, |screen, changed| {
        size = screen.size();
        if border.wants_color() {
            let row = screen.row(if flips_y { size.height as usize - 1 } else { 0 });
            border.set_color(animation::LAYOUT, &row[if flips_x { row.len() - 4 } else { 0 }..]);
        }
        for y in changed.top..changed.bottom() {
            border.look(y, animation::LAYOUT, screen.row(y as usize));
        }
    })?;
    Ok(border.left(size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::{Format, Probe},
        convert::{Fit, Interest, Mode, Resize, Trim, plan::plan},
        limits::Limits,
        pixel::{Orientation, Size, Subsampling},
    };

    /// Numbers that look like any.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, most: u32) -> u32 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % u64::from(most.max(1))) as u32
        }

        fn pick<T: Clone>(&mut self, of: &[T]) -> T {
            of[self.below(of.len() as u32) as usize].clone()
        }
    }

    fn source(dice: &mut Dice) -> Probe {
        let side = |dice: &mut Dice| 1 + dice.pick(&[30, 300, 3000, 9000]) + dice.below(300);
        let size = Size::new(side(dice), side(dice));
        let format =
            dice.pick(&[Format::Jpeg, Format::Jpeg, Format::Png, Format::WebP, Format::Gif, Format::Tiff]);
        let mut probe = Probe::new(format, size);
        probe.orientation = Orientation::from_exif(1 + dice.below(8));
        probe.alpha = format != Format::Jpeg && dice.below(2) > 0;
        probe.icc = dice.below(3) == 0;
        probe.progressive = dice.below(2) > 0;
        probe.color = dice.below(5) > 0;
        if format == Format::Jpeg && probe.color {
            probe.subsampling = dice.pick(&[
                Some(Subsampling::Yuv420),
                Some(Subsampling::Yuv422),
                Some(Subsampling::Yuv444),
                None,
            ]);
        }
        probe
    }

    fn wanted(dice: &mut Dice) -> Params {
        let formats = [(Format::WebP, Mode::Lossy), (Format::WebP, Mode::Auto), (Format::Png, Mode::Auto)];
        let (format, mode) = dice
            .pick(&[formats.as_slice(), &[(Format::Jpeg, Mode::Auto), (Format::Avif, Mode::Lossy)]].concat());
        let mut params =
            Params::default().with_format(format).with_mode(mode).with_effort(dice.below(7) as u8);
        let side =
            |dice: &mut Dice| (dice.below(4) > 0).then(|| 1 + dice.pick(&[90, 900, 4000]) + dice.below(50));
        let fit = dice.pick(&[Fit::Contain, Fit::Cover, Fit::Fill, Fit::ScaleDown, Fit::Pad]);
        let mut resize = Resize::default()
            .with_fit(fit)
            .with_enlarge(dice.below(3) == 0)
            .with_linear(dice.below(5) == 0)
            .with_interest(dice.pick(&[Interest::Centre, Interest::Entropy, Interest::High]));
        (resize.width, resize.height) = (side(dice), side(dice));
        if resize.width.is_some() || resize.height.is_some() {
            params.resize = Some(resize);
        }
        params.blur = dice.pick(&[0, 0, 50]);
        params.background = dice.pick(&[None, Some([1, 2, 3])]);
        params.quality = dice.pick(&[50, 80, 100]);
        params.keep_metadata = dice.below(4) == 0;
        params.with_trim(Trim::default())
    }

    /// Whatever is left of a picture is planned with no more than was stated before that was known.
    #[test]
    fn no_part_is_planned_with_more_than_is_stated() {
        let (mut dice, mut closest, mut streamed) = (Dice(7), 0.0_f64, 0);
        for round in 0..20_000 {
            let (probe, params) = (source(&mut dice), wanted(&mut dice));
            let Ok(stated) = plan(&probe, &params) else { continue };
            let limits = Limits::default().with_threads(1 + dice.below(3) as usize);
            let stated = stated.within(&limits);
            let side = |dice: &mut Dice, whole: u32| {
                let length = 1 + dice.below(whole);
                let length = if dice.below(4) == 0 { whole - dice.below(whole.min(4)) } else { length };
                (dice.below(whole - length + 1), length)
            };
            let (left, width) = side(&mut dice, stated.probe.size.width);
            let (top, height) = side(&mut dice, stated.probe.size.height);
            let area = Area { left, top, size: Size::new(width, height) };
            for left in [Some(area), None] {
                let Ok(part) = stated.clone().of_part(left, &params) else { continue };
                let case = format!("{round}: {area:?} of {probe:?} to {params:?}");
                let is_within =
                    part.output.width <= stated.output.width && part.output.height <= stated.output.height;
                assert!(is_within, "{case}: {:?} of {:?}", part.output, stated.output);
                assert!(
                    part.photo_bytes <= stated.photo_bytes,
                    "{case}: {} of {}",
                    part.photo_bytes,
                    stated.photo_bytes
                );
                assert!(
                    part.peak_bytes <= stated.peak_bytes,
                    "{case}: {} of {}",
                    part.peak_bytes,
                    stated.peak_bytes
                );
                closest = closest.max(part.peak_bytes as f64 / stated.peak_bytes as f64);
                streamed += u32::from(part.streams);
            }
        }
        assert!(closest > 0.99 && streamed > 1000, "{closest} {streamed}");
    }
}
