use super::*;
use crate::pixel::{Layout, Raster};

/// A PNG of flat steps with a pattern in each, too large to be held from the start.
fn graphic() -> Vec<u8> {
    let pixels = (0..1100 * 1000_u32).map(|at| (at % 1100 / 3 * 40 + at / 1100 / 60 * 7) as u8);
    let raster =
        Raster::new(Size::new(1100, 1000), Layout::Rgb, pixels.flat_map(|v| [v, v / 2, 255 - v]).collect());
    let coding = Coding::new(Format::Png).with_effort(0);
    codec::encode(Picture::Raster(raster.unwrap()), &coding, &Metadata::default()).unwrap()
}

fn made(bytes: &[u8], mode: Mode, max_memory: u64) -> Result<Made> {
    let params = Params { mode, effort: 0, ..Params::default() };
    match convert(bytes, &params, &Limits { max_memory, ..Limits::default() })? {
        Outcome::Made(made) => Ok(made),
        Outcome::Kept(_) => Err(Error::new(Kind::Internal, "kept")),
    }
}

#[test]
fn a_panic_of_a_codec_is_an_error_that_keeps_what_it_said() {
    let error = guarded::<()>(|| panic!("row {} is torn", 7)).expect_err("it panicked");
    assert_eq!(error.kind(), Kind::Internal);
    assert!(error.to_string().ends_with(": row 7 is torn"), "{error}");
}

#[test]
fn a_graphic_that_was_streamed_is_lossless_where_there_is_room() {
    let bytes = graphic();
    let params = Params { effort: 0, ..Params::default() };
    let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
    assert!(plan.streams && plan.may_be_graphic && plan.photo_bytes < plan.peak_bytes);
    let room = Limits::default().max_memory;
    let (lossless, lossy) =
        (made(&bytes, Mode::Lossless, room).unwrap(), made(&bytes, Mode::Lossy, room).unwrap());
    assert!(lossless.bytes.len() < lossy.bytes.len());
    let file = bytes.len() as u64;
    for (room, expected) in
        [(plan.peak_bytes, &lossless), (plan.peak_bytes - 1, &lossy), (plan.photo_bytes, &lossy)]
    {
        let auto = made(&bytes, Mode::Auto, room + file).unwrap();
        assert_eq!(auto.lossless, expected.lossless);
        assert!(auto.bytes == expected.bytes);
    }
    let refused = made(&bytes, Mode::Auto, plan.photo_bytes + file - 1);
    assert_eq!(refused.map(|made| made.size).map_err(|error| error.kind()), Err(Kind::LimitExceeded));
}

/// Its rows come once more as soon as it is sure to be a graphic.
#[test]
fn a_graphic_by_rows_is_the_file_of_the_whole_one() {
    let bytes = graphic();
    for format in [Format::Jpeg, Format::Avif].into_iter().filter(|format| format.can_encode()) {
        let params = Params { effort: 0, ..Params::default() }.with_format(format);
        let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
        assert!(plan.streams && plan.may_be_graphic);
        let mut photo = plan.clone();
        photo.may_be_graphic = false;
        let photo = run(&bytes, &photo).unwrap();
        let [by_rows, whole] = [true, false].map(|streams| {
            let mut plan = plan.clone();
            plan.streams = streams;
            run(&bytes, &plan).unwrap()
        });
        assert!(by_rows == whole && by_rows.file != photo.file, "{format}");
    }
}

/// What the first rows tell is believed until the others tell something else.
#[test]
fn a_graphic_that_looks_like_a_photo_at_first_is_one_and_the_other_way_round() {
    let noise = |at: u32| at.wrapping_mul(2_654_435_761).wrapping_mul(at ^ at >> 7) >> 24;
    for flat in [0..240, 0..120, 240..1000, 700..1000] {
        let pixels = (0..1100 * 1000_u32)
            .flat_map(|at| {
                let is_flat = flat.contains(&(at / 1100));
                (0..3).map(move |c| if is_flat { 90 } else { noise(at * 3 + c) as u8 })
            })
            .collect();
        let raster = Raster::new(Size::new(1100, 1000), Layout::Rgb, pixels).unwrap();
        let coding = Coding::new(Format::Png).with_effort(0);
        let bytes = codec::encode(Picture::Raster(raster), &coding, &Metadata::default()).unwrap();
        let params = Params { effort: 0, ..Params::default() }.with_format(Format::Jpeg);
        let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
        let [by_rows, whole] = [true, false].map(|streams| {
            let mut plan = plan.clone();
            plan.streams = streams;
            run(&bytes, &plan).unwrap()
        });
        assert!(plan.streams && by_rows == whole, "{flat:?}");
    }
}

/// Colourful pixels, some of which can't be seen where there is alpha.
fn colorful(layout: Layout) -> Picture {
    let sample = |at: u32, channel: u32| match (at % 41, layout.has_alpha(), channel + 1) {
        (0..9, true, last) if last == layout.channels() => 0,
        (9..30, true, last) if last == layout.channels() => 255,
        _ => (at * (7 + 5 * channel) / 3) as u8,
    };
    let data = (0..67 * 45_u32).flat_map(|at| (0..layout.channels()).map(move |c| sample(at, c)));
    Picture::Raster(Raster::new(Size::new(67, 45), layout, data.collect()).unwrap())
}

#[test]
fn rows_give_the_file_that_the_whole_picture_gives() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let gray = moxcms::ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    for (format, layout) in [
        (Format::Png, Layout::Gray),
        (Format::Png, Layout::GrayAlpha),
        (Format::Png, Layout::Rgb),
        (Format::Png, Layout::Rgba),
        (Format::Jpeg, Layout::Gray),
    ] {
        for icc in [None, Some(if layout.channels() < 3 { &gray } else { &wide })] {
            let metadata = Metadata { icc: icc.cloned(), ..Metadata::default() };
            let coding = Coding::new(format).with_quality(90).with_effort(1);
            let bytes = codec::encode(colorful(layout), &coding, &metadata).unwrap();
            for (width, height, keep_metadata) in
                [(None, None, false), (None, None, true), (Some(30), None, false), (Some(20), Some(20), true)]
            {
                let resize = Some(Resize { width, height, fit: Fit::Cover, ..Resize::default() });
                for (target, mode) in
                    [(Format::WebP, Mode::Lossy), (Format::Jpeg, Mode::Auto), (Format::Png, Mode::Auto)]
                {
                    let params = Params { mode, effort: 0, resize, keep_metadata, ..Params::default() };
                    let params = params.with_format(target);
                    let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
                    assert!(plan.streams || target != Format::WebP);
                    let [by_rows, whole] = [true, false].map(|streams| {
                        let mut plan = plan.clone();
                        plan.streams = streams;
                        run(&bytes, &plan)
                    });
                    let case = format!("{format:?} {layout:?} {} {width:?} {target:?}", icc.is_some());
                    assert!(by_rows.unwrap() == whole.unwrap(), "{case}");
                }
            }
        }
    }
}

#[test]
fn nothing_is_planned_for_a_side_of_zero() {
    // As of a GIF whose screen and frame have no side.
    let gif = b"GIF89a\x07\0\x07\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let mut probe = codec::probe(gif).unwrap();
    for (width, height) in [(0, 0), (7, 0), (0, 7)] {
        probe.size = Size::new(width, height);
        for resize in [None, Some(Resize::to_width(5)), Some(Resize::new(5, 5).with_enlarge(true))] {
            let params = Params::default().with_resize(resize);
            assert_eq!(plan(&probe, &params).map_err(|error| error.kind()), Err(Kind::Malformed));
        }
    }
}

/// What a header states is planned before any limit is asked.
#[test]
fn the_largest_headers_are_planned_without_overflow() {
    let picture = Picture::Raster(Raster::new(Size::new(1, 1), Layout::Rgb, vec![0; 3]).unwrap());
    let png = codec::encode(picture, &Coding::new(Format::Png), &Metadata::default()).unwrap();
    let mut probe = codec::probe(&png).unwrap();
    for side in [1 << 24, u32::MAX >> 1, u32::MAX - 1, u32::MAX] {
        probe.size = Size::new(side, side);
        for width in [None, Some(800)] {
            for format in [Format::Png, Format::Jpeg, Format::WebP] {
                let resize = width.map(|width| Resize { width: Some(width), ..Resize::default() });
                let params = Params { format, resize, ..Params::default() };
                match plan(&probe, &params) {
                    Ok(plan) => assert!(plan.peak_bytes > u64::from(side)),
                    Err(error) => assert_eq!(error.kind(), Kind::LimitExceeded),
                }
            }
        }
    }
}
