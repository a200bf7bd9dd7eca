//! `blur` and `sharpen`: of the result as it is shown, the same by rows and as a whole, and nothing of what isn't seen.

use slimpix::{
    codec::{self, Format},
    convert::{Fit, Mode, Params, Resize, plan},
    error::ErrorKind,
    pixel::{Layout, Raster, Size},
};

use crate::{
    pictures::{coding, converted, encode, pixels, png, raster},
    support::program::run,
};

/// The mean difference of neighbours in a row.
fn roughness(raster: &Raster) -> f64 {
    let channels = raster.layout().channels() as usize;
    let rows = raster.data().chunks_exact(raster.size().width as usize * channels);
    let differences =
        rows.flat_map(|row| row.iter().zip(&row[channels..]).map(|(a, b)| f64::from(a.abs_diff(*b))));
    let (sum, count) =
        differences.fold((0.0, 0.0), |(sum, count), difference| (sum + difference, count + 1.0));
    sum / count
}

fn mean(raster: &Raster) -> f64 {
    raster.data().iter().map(|sample| f64::from(*sample)).sum::<f64>() / raster.data().len() as f64
}

#[test]
fn more_blur_is_smoother_and_more_sharpness_rougher() {
    for layout in [Layout::Gray, Layout::Rgb] {
        let source = png(120, 90, layout);
        let params = Params::default().with_format(Format::Png);
        let as_is = pixels(&converted(&source, &params));
        let mut last = roughness(&as_is);
        for blur in [3, 6, 10, 25, 80, 300, 1000] {
            let made = pixels(&converted(&source, &params.clone().with_blur(blur)));
            assert!(roughness(&made) < last, "{blur}: {} of {last}", roughness(&made));
            // What is at a side counts more, the wider the blur.
            let is_as_light = (mean(&made) - mean(&as_is)).abs() < 4.0;
            assert!(is_as_light || blur > 25, "{blur}: {}", mean(&made));
            last = roughness(&made);
        }
        for sharpen in [3, 10, 40] {
            let made = pixels(&converted(&source, &params.clone().with_sharpen(sharpen)));
            assert!(roughness(&made) > roughness(&as_is), "{sharpen}");
        }
        // What was blurred is sharpened after that.
        let soft = params.with_blur(10);
        let [soft, both] =
            [soft.clone(), soft.with_sharpen(10)].map(|params| pixels(&converted(&source, &params)));
        assert!(roughness(&soft) < roughness(&both) && roughness(&both) < roughness(&as_is));
    }
}

/// In a lossy WebP rows go from file to file; a PNG of the same is made of the whole picture.
#[test]
fn rows_are_blurred_as_a_whole_picture_is() {
    let photo = encode(raster(160, 120, Layout::Rgb), &coding(Format::Jpeg, 90, false));
    for (source, name) in [(photo, "JPEG"), (png(160, 120, Layout::Rgba), "PNG")] {
        for resize in [None, Some(Resize::to_width(70)), Some(Resize::new(70, 90).with_fit(Fit::Pad))] {
            let params = Params::default()
                .with_mode(Mode::Lossy)
                .with_resize(resize)
                .with_background([90; 3])
                .with_blur(15)
                .with_sharpen(4);
            let fine = params.clone().with_quality(100).with_effort(6);
            assert!(plan(&codec::probe(&source).unwrap(), &fine).unwrap().streams);
            let by_rows = pixels(&converted(&source, &fine));
            let whole = pixels(&converted(&source, &params.with_format(Format::Png).with_mode(Mode::Auto)));
            assert_eq!(by_rows.size(), whole.size());
            let difference = (mean(&by_rows) - mean(&whole)).abs();
            let (rough, exact) = (roughness(&by_rows), roughness(&whole));
            assert!(difference < 2.0, "{name} {resize:?}: {difference}");
            assert!((rough - exact).abs() < 0.2 * exact + 0.5, "{name} {resize:?}: {rough} and {exact}");
        }
    }
}

#[test]
fn a_rim_stays_sharp_and_what_is_clear_has_no_colour() {
    let resize = Resize::new(60, 120).with_fit(Fit::Pad);
    let params = Params::default().with_format(Format::Png).with_resize(resize).with_blur(50);
    let made = pixels(&converted(&png(60, 40, Layout::Rgb), &params));
    assert_eq!(made.size(), Size::new(60, 120));
    let alpha: Vec<u8> = made.data().chunks_exact(4 * 60).map(|row| row[3]).collect();
    assert_eq!(alpha, [vec![0; 40], vec![255; 40], vec![0; 40]].concat());
}

#[test]
fn what_is_out_of_range_is_refused_with_the_range() {
    let source = png(9, 9, Layout::Gray);
    let probe = codec::probe(&source).unwrap();
    for (params, told) in [
        (Params::default().with_blur(2), "blur is 2 tenths of a pixel, and may be 3 to 1000"),
        (Params::default().with_blur(1001), "3 to 1000"),
        (Params::default().with_sharpen(101), "sharpen is 101 tenths of a pixel, and may be 3 to 100"),
    ] {
        let error = plan(&probe, &params).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Parameter);
        assert!(error.to_string().contains(told), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.png"), &source).unwrap();
    assert_eq!(run(folder.path(), &["convert", "a.png", "-o", "b.png", "--blur", "2.5"]).code, 0);
    for wrong in ["0.2", "101", "x", "-3"] {
        let ran = run(folder.path(), &["convert", "a.png", "-o", "c.png", &format!("--blur={wrong}")]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("0.3 to 100"), "{}", ran.stderr);
    }
}
