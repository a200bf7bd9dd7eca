//! The size of a result: what the parameters say, never larger than the source unless that is asked.

use slimpix::{
    codec::{self, Format},
    convert::{Fit, Interest, Outcome, Params, Resize, convert, plan},
    limits::Limits,
    pixel::{Layout, Size},
};

use crate::pictures::png;

/// Width, height (0: not given), fit, may be enlarged; the result.
type Row = (u32, u32, Fit, bool, (u32, u32));

/// For a source of 60 × 40.
const TABLE: [Row; 29] = [
    (30, 0, Fit::Contain, false, (30, 20)),
    (0, 20, Fit::Contain, false, (30, 20)),
    (30, 30, Fit::Contain, false, (30, 20)),
    (90, 10, Fit::Contain, false, (15, 10)),
    (120, 0, Fit::Contain, false, (60, 40)),
    (120, 0, Fit::Contain, true, (120, 80)),
    (120, 120, Fit::Contain, true, (120, 80)),
    (120, 120, Fit::ScaleDown, true, (60, 40)),
    (30, 30, Fit::ScaleDown, true, (30, 20)),
    (30, 30, Fit::Cover, false, (30, 30)),
    (10, 40, Fit::Cover, false, (10, 40)),
    (60, 10, Fit::Cover, false, (60, 10)),
    (120, 120, Fit::Cover, false, (40, 40)),
    (120, 120, Fit::Cover, true, (120, 120)),
    (200, 50, Fit::Cover, false, (60, 15)),
    (30, 0, Fit::Cover, false, (30, 20)),
    (120, 0, Fit::Cover, false, (60, 40)),
    (30, 30, Fit::Fill, false, (30, 30)),
    (120, 60, Fit::Fill, true, (120, 60)),
    (120, 120, Fit::Fill, false, (40, 40)),
    (0, 0, Fit::Cover, false, (60, 40)),
    (1, 1, Fit::Contain, false, (1, 1)),
    (7, 0, Fit::Contain, false, (7, 5)),
    (1, 0, Fit::Contain, false, (1, 1)),
    (30, 30, Fit::Pad, false, (30, 30)),
    (120, 120, Fit::Pad, false, (120, 120)),
    (120, 90, Fit::Pad, true, (120, 90)),
    (1, 70, Fit::Pad, false, (1, 70)),
    (30, 0, Fit::Pad, false, (30, 20)),
];

fn params(width: u32, height: u32, fit: Fit, enlarge: bool) -> Params {
    let mut resize = Resize::default().with_fit(fit).with_enlarge(enlarge).with_interest(Interest::Entropy);
    [resize.width, resize.height] = [width, height].map(|side| (side > 0).then_some(side));
    Params::default().with_format(Format::Png).with_resize(resize)
}

#[test]
fn each_fit_gives_the_size_of_the_table() {
    let source = png(60, 40, Layout::Rgba);
    let probe = codec::probe(&source).unwrap();
    for (width, height, fit, enlarge, expected) in TABLE {
        let params = params(width, height, fit, enlarge);
        let case = format!("{width}x{height} {fit:?} {enlarge}");
        let planned = plan(&probe, &params).unwrap();
        assert_eq!((planned.output.width, planned.output.height), expected, "{case}");
        let Ok(Outcome::Made(made)) = convert(&source, &params, &Limits::default()) else { panic!("{case}") };
        let result = codec::probe(&made.bytes).unwrap();
        assert_eq!(result.size, planned.output, "{case}");
        assert_eq!(made.size, planned.output, "{case}");
    }
}

#[test]
fn nothing_is_enlarged_unless_asked() {
    for (source_width, source_height) in [(1, 1), (1, 50), (37, 2), (50, 50)] {
        let probe = codec::probe(&png(source_width, source_height, Layout::Gray)).unwrap();
        for width in (0..80).step_by(3) {
            for height in (0..80).step_by(7) {
                for fit in [Fit::Contain, Fit::Cover, Fit::Fill, Fit::ScaleDown] {
                    let planned = plan(&probe, &params(width, height, fit, false)).unwrap();
                    let Size { width: w, height: h } = planned.output;
                    assert!(w <= source_width && h <= source_height, "{width}x{height} {fit:?}: {w}x{h}");
                    assert!(w > 0 && h > 0);
                }
            }
        }
    }
}

#[test]
fn impossible_sizes_are_refused_before_anything_is_decoded() {
    let probe = codec::probe(&png(60, 40, Layout::Rgb)).unwrap();
    let mut wide = params(20_000, 0, Fit::Contain, true);
    wide.format = Format::WebP;
    assert_eq!(plan(&probe, &wide).unwrap_err().kind(), slimpix::error::ErrorKind::LimitExceeded);
    wide.format = Format::Jpeg;
    assert_eq!(plan(&probe, &wide).unwrap().output, Size::new(20_000, 13_333));
    let zero = Params::default().with_resize(Resize::new(0, 1));
    assert_eq!(plan(&probe, &zero).unwrap_err().kind(), slimpix::error::ErrorKind::Parameter);
}

#[test]
fn memory_past_the_limit_is_refused() {
    let limits = Limits::default().with_max_memory(1 << 17);
    let error = convert(&png(60, 40, Layout::Rgb), &Params::default(), &limits).unwrap_err();
    assert_eq!(error.kind(), slimpix::error::ErrorKind::LimitExceeded);
}
