//! A padded picture is exactly as large as the box: what it would be without it, with rims around it, of the background or
//! transparent.

use slimpix::{
    codec::{self, Format},
    convert::{Fit, Interest, Mode, Params, Resize},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Size},
};

use crate::{
    pictures::{coding, converted, encode, pixel, pixels, png, raster},
    support::{pictures::gif, program::run},
};

fn in_box(width: u32, height: u32, interest: &str) -> Params {
    let resize = Resize::new(width, height).with_interest(Interest::parse(interest).unwrap());
    Params::default().with_format(Format::Png).with_resize(resize.with_fit(Fit::Pad))
}

#[test]
fn what_is_inside_is_as_without_rims() {
    let orange = [255, 128, 0];
    for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
        let source = png(60, 40, layout);
        for ((width, height), interest, (left, top)) in [
            ((50, 50), "centre", (0, 8)),
            ((50, 50), "bottom", (0, 17)),
            ((100, 90), "right", (40, 25)),
            ((61, 41), "0.2x0.9", (0, 0)),
            ((30, 200), "entropy", (0, 90)),
        ] {
            let params = in_box(width, height, interest);
            let inner = Params::default().with_format(Format::Png);
            let inner = pixels(&converted(&source, &inner.with_resize(Resize::new(width, height))));
            for background in [None, Some(orange)] {
                let made = pixels(&converted(&source, &params.clone().with_background(background)));
                assert_eq!(made.size(), Size::new(width, height));
                let case = format!("{layout:?} {width}x{height} {interest} {background:?}");
                for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                    let Size { width, height } = inner.size();
                    let is_inside = (left..left + width).contains(&x) && (top..top + height).contains(&y);
                    let shown = if is_inside { pixel(&inner, x - left, y - top) } else { [0; 4] };
                    let expected = match background {
                        Some(color) => over(shown, color),
                        None => shown,
                    };
                    assert_eq!(pixel(&made, x, y), expected, "{case} at {x}, {y}");
                }
            }
        }
    }
}

fn over([r, g, b, a]: [u8; 4], [red, green, blue]: [u8; 3]) -> [u8; 4] {
    let mix = |above: u8, below: u8| {
        (f64::from(above) * f64::from(a) / 255.0 + f64::from(below) * (1.0 - f64::from(a) / 255.0)).round()
            as u8
    };
    [mix(r, red), mix(g, green), mix(b, blue), 255]
}

/// Of every kind that comes by rows, and of one that doesn't, in every format.
#[test]
fn each_format_has_its_rims() {
    let photo = encode(raster(120, 80, Layout::Rgb), &coding(Format::Jpeg, 90, false));
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='40'><rect width='60' height='40' fill='#123456'/></svg>";
    for source in [&photo[..], &png(120, 80, Layout::Rgba), &gif(120, 80, 1), svg] {
        for (format, mode) in [
            (Format::WebP, Mode::Lossy),
            (Format::WebP, Mode::Lossless),
            (Format::Avif, Mode::Lossy),
            (Format::Jpeg, Mode::Auto),
            (Format::Png, Mode::Auto),
        ] {
            for (background, rim) in [(None, [255; 3]), (Some([20, 90, 200]), [20, 90, 200])] {
                let params = in_box(60, 100, "top").with_format(format).with_mode(mode).with_effort(2);
                let made = pixels(&converted(source, &params.with_background(background)));
                assert_eq!(made.size(), Size::new(60, 100));
                let [r, g, b, alpha] = pixel(&made, 30, 90);
                let is_clear = background.is_none() && format != Format::Jpeg;
                assert_eq!(alpha, if is_clear { 0 } else { 255 }, "{format:?} {background:?}");
                let is_close = [r, g, b].iter().zip(rim).all(|(is, wanted)| is.abs_diff(wanted) < 6);
                assert!(is_clear || is_close, "{format:?} {mode:?} {background:?}: {r} {g} {b}");
                assert_eq!(pixel(&made, 30, 20)[3], 255);
            }
        }
    }
}

/// Rows give what a whole picture gives: a photo that is turned can't come by rows into a PNG.
#[test]
fn an_animation_is_padded_in_each_frame() {
    let params = in_box(40, 70, "bottom").with_format(Format::WebP).with_background([0, 0, 255]);
    let made = converted(&gif(60, 40, 3), &params.with_mode(Mode::Lossless));
    let mut animation = slimpix::Animation::new(&made, &Limits::default()).unwrap();
    assert_eq!(animation.size(), Size::new(40, 70));
    let mut frames = 0;
    while animation.next_frame().unwrap().is_some() {
        frames += 1;
        let shown = animation.pixels();
        assert_eq!(shown[..4], [0, 0, 255, 255]);
        assert!(shown.chunks_exact(4).skip(40 * 44).any(|pixel| pixel[..3] != [0, 0, 255]));
    }
    assert_eq!(frames, 3);
}

#[test]
fn greys_with_a_profile_may_get_a_coloured_rim() {
    let profile = moxcms::ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let metadata = Metadata::default().with_icc(profile);
    let gray = Picture::Raster(raster(30, 30, Layout::Gray));
    let source = codec::encode(gray, &coding(Format::Png, 0, true), &metadata).unwrap();
    for (format, mode) in
        [(Format::Png, Mode::Auto), (Format::Avif, Mode::Lossy), (Format::WebP, Mode::Lossy)]
    {
        let params = in_box(60, 30, "left").with_keep_metadata(true).with_format(format).with_mode(mode);
        for (background, keeps) in [([9, 9, 9], format != Format::WebP), ([255, 0, 0], false)] {
            let made = converted(&source, &params.clone().with_background(background));
            assert_eq!(codec::probe(&made).unwrap().icc, keeps, "{format:?} {background:?}");
            let [r, ..] = pixel(&pixels(&made), 50, 15);
            assert!(r.abs_diff(background[0]) < 6, "{format:?}: {r}");
        }
    }
}

#[test]
fn the_command_line_pads() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.png"), png(60, 40, Layout::Rgba)).unwrap();
    let args = ["convert", "a.png", "-o", "b.png", "-w", "50", "--height", "50", "--fit", "pad"];
    let ran = run(folder.path(), &[&args[..], &["--background", "#f80"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let made = pixels(&std::fs::read(folder.path().join("b.png")).unwrap());
    assert_eq!((made.size(), pixel(&made, 3, 3)), (Size::new(50, 50), [255, 136, 0, 255]));
    let ran = run(folder.path(), &[&args[..], &["--background", "orange"]].concat());
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("three or six hexadecimal digits"), "{}", ran.stderr);
}
