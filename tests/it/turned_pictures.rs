//! `rotate` and `flip` turn a picture after what its file says, and everything else is about what is turned: sizes, crops, rims.

use slimpix::{
    codec::{self, Coding, Format},
    convert::{Fit, Interest, Mode, Params, Resize, parse_turn},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

use crate::{
    pictures::{coding, converted, encode, pixels, png, raster},
    support::{pictures::gif, program::run},
};

/// Pixel by pixel, by what the words mean.
fn turned(raster: &Raster, rotate: u32, flip: &str) -> Raster {
    let Size { width, height } = raster.size();
    let size = if rotate % 180 == 90 { Size::new(height, width) } else { raster.size() };
    let channels = raster.layout().channels() as usize;
    let mut data = Vec::new();
    for (v, u) in (0..size.height).flat_map(|v| (0..size.width).map(move |u| (v, u))) {
        let u = if matches!(flip, "h" | "both") { size.width - 1 - u } else { u };
        let v = if matches!(flip, "v" | "both") { size.height - 1 - v } else { v };
        let (x, y) = match rotate {
            90 => (v, height - 1 - u),
            180 => (width - 1 - u, height - 1 - v),
            270 => (width - 1 - v, u),
            _ => (u, v),
        };
        let at = (y * width + x) as usize * channels;
        data.extend(&raster.data()[at..at + channels]);
    }
    Raster::new(size, raster.layout(), data).unwrap()
}

fn turn(rotate: u32, flip: &str) -> Orientation {
    parse_turn(Some(&rotate.to_string()), Some(flip).filter(|flip| !flip.is_empty())).unwrap()
}

const ALL: [(u32, &str); 7] = [(90, ""), (180, ""), (270, ""), (0, "h"), (0, "v"), (90, "h"), (270, "v")];

#[test]
fn each_turn_moves_each_pixel_where_it_says() {
    for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
        let source = png(61, 40, layout);
        let as_is = pixels(&converted(&source, &Params::default().with_format(Format::Png)));
        for (rotate, flip) in ALL {
            let params = Params::default().with_format(Format::Png).with_turn(turn(rotate, flip));
            assert!(pixels(&converted(&source, &params)) == turned(&as_is, rotate, flip), "{rotate} {flip}");
        }
    }
}

/// A photo that says itself how it is to be turned.
fn photo(orientation: u8) -> Vec<u8> {
    let exif = [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation], &[0; 6]];
    let metadata = Metadata::default().with_exif(exif.concat());
    let picture = Picture::Raster(raster(130, 96, Layout::Rgb));
    codec::encode(picture, &Coding::new(Format::Jpeg).with_quality(90).with_effort(1), &metadata).unwrap()
}

/// A photo whose file says the sum of both is the same: by rows and as a whole, scaled, cropped and padded.
#[test]
fn a_turn_is_as_if_the_file_said_it() {
    let box_of = |fit| Some(Resize::new(40, 60).with_fit(fit).with_interest(Interest::Low));
    for own in [1_u8, 2, 3, 6, 7, 8] {
        let source = photo(own);
        for (rotate, flip) in ALL {
            let sum = Orientation::from_exif(own.into()).then(turn(rotate, flip));
            let value = (1..=8).find(|value| Orientation::from_exif(u32::from(*value)) == sum).unwrap();
            let same = photo(value);
            for resize in [None, Some(Resize::to_width(50)), box_of(Fit::Cover), box_of(Fit::Pad)] {
                for (format, mode) in [(Format::WebP, Mode::Lossy), (Format::Png, Mode::Auto)] {
                    let params = Params::default().with_format(format).with_mode(mode).with_effort(0);
                    let params = params.with_resize(resize);
                    let wanted = params.clone().with_turn(turn(rotate, flip));
                    assert!(
                        converted(&source, &wanted) == converted(&same, &params),
                        "{own} {rotate} {flip} {resize:?} {format:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn whatever_is_read_is_turned() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='40'><rect width='60' height='4' fill='#f00'/></svg>";
    let lossless = encode(raster(60, 40, Layout::Rgba), &coding(Format::WebP, 0, true));
    let avif = encode(raster(60, 40, Layout::Rgb), &coding(Format::Avif, 60, false));
    for source in [&svg[..], &gif(60, 40, 1), &lossless, &avif] {
        let params = Params::default().with_format(Format::Png);
        let as_is = pixels(&converted(source, &params));
        for (rotate, flip) in ALL {
            let made = converted(source, &params.clone().with_turn(turn(rotate, flip)));
            assert!(pixels(&made) == turned(&as_is, rotate, flip), "{rotate} {flip}");
        }
    }
    let params = Params::default().with_mode(Mode::Lossless);
    let made = [params.clone(), params.with_turn(Orientation::Rotate90)].map(|params| {
        let file = converted(&gif(60, 40, 3), &params);
        let mut animation = slimpix::Animation::new(&file, &Limits::default()).unwrap();
        let mut frames = Vec::new();
        while animation.next_frame().unwrap().is_some() {
            let pixels = animation.pixels().to_vec();
            frames.push(Raster::new(animation.size(), Layout::Rgba, pixels).unwrap());
        }
        frames
    });
    assert_eq!(made[1].len(), 3);
    for (as_is, made) in made[0].iter().zip(&made[1]) {
        assert!(*made == turned(as_is, 90, ""));
    }
}

#[test]
fn the_command_line_turns() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.png"), png(60, 40, Layout::Rgb)).unwrap();
    let args = ["convert", "a.png", "-o", "b.png", "-w", "20"];
    let ran = run(folder.path(), &[&args[..], &["--rotate", "90", "--flip", "both"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let made = pixels(&std::fs::read(folder.path().join("b.png")).unwrap());
    assert_eq!(made.size(), Size::new(20, 30));
    for wrong in [["--rotate", "45"], ["--flip", "x"]] {
        let ran = run(folder.path(), &[&args[..], &wrong].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(wrong[0]), "{}", ran.stderr);
    }
}
