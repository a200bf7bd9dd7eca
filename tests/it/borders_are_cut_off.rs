//! `trim` cuts off the border of one colour around a picture: exactly that, before anything else is done to what is left.

use slimpix::{
    codec::{self, Coding, Format},
    convert::{Fit, Interest, Mode, Params, Resize, Trim, parse_turn, plan},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size, Subsampling},
};

use crate::{
    pictures::{coding, converted, encode, pixels, raster},
    support::{
        heap::peak_of,
        http::WEBP,
        program::{self, run},
        server::{Place, Server},
    },
};

const WHITE: [u8; 4] = [255; 4];
const CLEAR: [u8; 4] = [90, 80, 70, 0];

/// A picture that is nowhere near white, nor transparent.
fn inside(width: u32, height: u32, layout: Layout) -> Raster {
    let mut inside = raster(width, height, layout);
    let channels = layout.channels() as usize;
    for pixel in inside.data_mut().chunks_exact_mut(channels) {
        pixel.iter_mut().for_each(|sample| *sample /= 2);
        if layout.has_alpha() {
            pixel[channels - 1] |= 128;
        }
    }
    inside
}

/// With a border of so many pixels left, above, right and below.
fn framed(inside: &Raster, [left, top, right, bottom]: [u32; 4], color: [u8; 4]) -> Raster {
    let Size { width, height } = inside.size();
    let layout = inside.layout();
    let own = match layout {
        Layout::Gray => vec![color[0]],
        Layout::GrayAlpha => vec![color[0], color[3]],
        Layout::Rgb => color[..3].to_vec(),
        Layout::Rgba => color.to_vec(),
    };
    let size = Size::new(left + width + right, top + height + bottom);
    let mut data = own.repeat(size.pixels() as usize);
    let bytes = |pixels: u32| pixels as usize * own.len();
    for (y, row) in inside.data().chunks_exact(bytes(width)).enumerate() {
        let start = (top as usize + y) * bytes(size.width) + bytes(left);
        data[start..start + row.len()].copy_from_slice(row);
    }
    Raster::new(size, layout, data).unwrap()
}

fn png(raster: Raster) -> Vec<u8> {
    encode(raster, &coding(Format::Png, 0, true))
}

fn to_png() -> Params {
    Params::default().with_format(Format::Png).with_trim(Trim::default())
}

#[test]
fn what_is_left_is_as_it_was() {
    for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
        for border in [[7, 5, 3, 9], [0, 1, 0, 0], [1, 0, 0, 0], [40, 1, 0, 22]] {
            for color in [WHITE, CLEAR].iter().take(1 + usize::from(layout.has_alpha())) {
                let inside = inside(61, 40, layout);
                let source = png(framed(&inside, border, *color));
                let case = format!("{layout:?} {border:?} {color:?}");
                // The same as of what never had a border, to the byte.
                let plain = to_png().with_trim(None);
                assert!(converted(&source, &to_png()) == converted(&png(inside.clone()), &plain), "{case}");
                // A lossless WebP is made of a whole picture, and a photo's by rows.
                let webp = to_png().with_format(Format::WebP).with_mode(Mode::Lossless);
                assert_eq!(codec::probe(&converted(&source, &webp)).unwrap().size, inside.size(), "{case}");
                let photo = to_png().with_format(Format::WebP).with_mode(Mode::Lossy);
                assert_eq!(codec::probe(&converted(&source, &photo)).unwrap().size, inside.size(), "{case}");
            }
        }
    }
}

#[test]
fn a_named_colour_goes_and_no_other() {
    let inside = inside(30, 20, Layout::Rgb);
    let source = png(framed(&framed(&inside, [2, 2, 2, 2], WHITE), [3, 1, 4, 1], [255, 0, 0, 255]));
    let size = |trim: Trim| pixels(&converted(&source, &to_png().with_trim(trim))).size();
    assert_eq!(size(Trim::default()), Size::new(34, 24));
    assert_eq!(size(Trim::default().with_color([250, 4, 4])), Size::new(34, 24));
    assert_eq!(size(Trim::default().with_color([255; 3])), Size::new(41, 26));
    // Around what is transparent is none that could be named, and it goes all the same.
    let clear = png(framed(&self::inside(30, 20, Layout::Rgba), [3, 1, 4, 1], CLEAR));
    let params = to_png().with_trim(Trim::default().with_color([1, 2, 3]));
    assert_eq!(pixels(&converted(&clear, &params)).size(), Size::new(30, 20));
}

#[test]
fn noise_is_border_up_to_the_threshold() {
    let inside = inside(48, 32, Layout::Rgb);
    let mut noisy = framed(&inside, [16, 32, 48, 16], [240, 240, 240, 255]);
    let mut noise = 7_u32;
    for sample in noisy.data_mut().iter_mut().filter(|sample| **sample == 240) {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample += (noise >> 29) as u8;
    }
    let source = png(noisy);
    let size = |threshold| {
        let trim = Trim::default().with_threshold(threshold);
        pixels(&converted(&source, &to_png().with_trim(trim))).size()
    };
    assert_eq!((size(7), size(10)), (inside.size(), inside.size()));
    assert_eq!(size(1), Size::new(112, 80));
}

/// What a JPEG loses is within the threshold: chroma of a block that is beside the picture bleeds by a pixel or two.
#[test]
fn a_photo_loses_its_border_whatever_was_lost_of_it() {
    let border = [32, 16, 64, 48];
    for (quality, subsampling) in
        [(50, Subsampling::Yuv420), (80, Subsampling::Yuv444), (95, Subsampling::Yuv420)]
    {
        let framed = framed(&inside(128, 96, Layout::Rgb), border, WHITE);
        let planes = framed.to_planes(subsampling).unwrap();
        let coding = Coding::new(Format::Jpeg).with_quality(quality).with_effort(1);
        let source = codec::encode(Picture::Planes(planes), &coding, &Metadata::default()).unwrap();
        for params in [to_png(), to_png().with_format(Format::WebP).with_mode(Mode::Lossy)] {
            let Size { width, height } = codec::probe(&converted(&source, &params)).unwrap().size;
            assert!(
                (126..=132).contains(&width) && (94..=100).contains(&height),
                "{quality} {subsampling:?}: {width}x{height}"
            );
        }
        // A picture of the middle of it, small, is what is in the middle of the source, and none of its border.
        let small = to_png().with_resize(Resize::to_width(32));
        let small = pixels(&converted(&source, &small));
        assert!(small.data().iter().all(|sample| *sample < 215), "{quality} {subsampling:?}");
    }
}

/// By its colour at the top left as it is looked at: each side has another one here.
#[test]
fn a_turned_picture_is_cut_as_it_is_looked_at() {
    let mut source = inside(40, 30, Layout::Rgb);
    for (border, color) in [
        ([5, 0, 0, 0], [255, 0, 0, 255]),
        ([0, 6, 0, 0], [0, 255, 0, 255]),
        ([0, 0, 7, 0], [0, 0, 255, 255]),
        ([0, 0, 0, 8], [255, 255, 0, 255]),
        ([3, 0, 0, 2], [0, 255, 255, 255]),
        ([0, 0, 4, 0], [255, 0, 255, 255]),
    ] {
        source = framed(&source, border, color);
    }
    for value in 1..=8_u8 {
        let turn = Orientation::from_exif(value.into());
        let direct = converted(&png(source.clone()), &to_png().with_turn(turn));
        let upright = converted(&png(source.clone()), &to_png().with_trim(None).with_turn(turn));
        assert!(pixels(&direct) == pixels(&converted(&upright, &to_png())), "{value}");
        assert_ne!(pixels(&direct).size(), pixels(&upright).size(), "{value}");
        // A photo whose file says so.
        let exif = [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[value], &[0; 6]];
        let planes =
            framed(&inside(64, 48, Layout::Rgb), [16, 32, 48, 64], WHITE).to_planes(Subsampling::Yuv444);
        let photo = codec::encode(
            Picture::Planes(planes.unwrap()),
            &Coding::new(Format::Jpeg).with_quality(95).with_effort(1),
            &Metadata::default().with_exif(exif.concat()),
        );
        for (format, mode) in [(Format::Png, Mode::Auto), (Format::WebP, Mode::Lossy)] {
            let params = to_png().with_format(format).with_mode(mode);
            let made = codec::probe(&converted(photo.as_ref().unwrap(), &params)).unwrap().size;
            let size = turn.oriented(Size::new(64, 48));
            let is_close = |is: u32, wanted: u32| (wanted - 2..=wanted + 4).contains(&is);
            assert!(
                is_close(made.width, size.width) && is_close(made.height, size.height),
                "{value} {made:?}"
            );
        }
    }
}

#[test]
fn what_is_all_border_stays_as_it_is() {
    for (width, height) in [(1, 1), (1, 9), (9, 1), (33, 20)] {
        for (layout, color) in
            [(Layout::Gray, WHITE), (Layout::Rgb, [9, 200, 30, 255]), (Layout::Rgba, CLEAR)]
        {
            let pixel = color[..layout.channels() as usize].to_vec();
            let pixel = Raster::new(Size::new(1, 1), layout, pixel).unwrap();
            let source = png(framed(&pixel, [0, 0, width - 1, height - 1], color));
            for format in [Format::Png, Format::WebP, Format::Jpeg] {
                let params = to_png().with_format(format);
                assert!(
                    converted(&source, &params) == converted(&source, &params.clone().with_trim(None)),
                    "{width}x{height} {layout:?} {format:?}"
                );
            }
        }
    }
    // And what has none.
    let photo = encode(raster(120, 80, Layout::Rgb), &coding(Format::Jpeg, 90, false));
    let params = to_png().with_format(Format::WebP).with_trim(Trim::default().with_threshold(0));
    assert!(converted(&photo, &params) == converted(&photo, &params.clone().with_trim(None)));
}

#[test]
fn a_picture_one_pixel_wide_is_left() {
    for (width, height) in [(1, 1), (1, 17), (17, 1)] {
        let inside = inside(width, height, Layout::Rgb);
        let source = png(framed(&inside, [4, 5, 6, 7], WHITE));
        assert!(pixels(&converted(&source, &to_png())) == inside);
        let photo = to_png().with_format(Format::WebP).with_mode(Mode::Lossy);
        assert_eq!(codec::probe(&converted(&source, &photo)).unwrap().size, inside.size());
    }
}

/// Sizes, crops and rims are those of what is left: as of a file that never had the border.
#[test]
fn what_is_left_is_scaled_cropped_and_padded_as_a_picture_of_its_own() {
    let sizes = |fit| Resize::new(50, 40).with_fit(fit);
    let resizes = [
        Resize::to_width(60),
        Resize::to_height(20),
        Resize::to_width(900),
        Resize::to_width(300).with_enlarge(true),
        sizes(Fit::Cover),
        sizes(Fit::Cover).with_interest(Interest::High),
        sizes(Fit::Cover).with_interest(Interest::Entropy),
        sizes(Fit::Contain).with_interest(Interest::Entropy),
        sizes(Fit::Fill),
        sizes(Fit::Pad).with_interest(Interest::Low),
        Resize::new(400, 400).with_fit(Fit::Cover),
        Resize::to_width(31).with_linear(true),
    ];
    for layout in [Layout::Gray, Layout::Rgb, Layout::Rgba] {
        let inside = inside(121, 70, layout);
        let color = if layout.has_alpha() { CLEAR } else { WHITE };
        let (bare, source) = (png(inside.clone()), png(framed(&inside, [30, 2, 5, 41], color)));
        for resize in resizes {
            for turn in [Orientation::Upright, Orientation::Rotate90] {
                let params = to_png().with_resize(resize).with_turn(turn).with_background([9, 9, 9]);
                let [made, wanted] = [(&source, params.clone()), (&bare, params.with_trim(None))]
                    .map(|(source, params)| pixels(&converted(source, &params)));
                assert_eq!(made.size(), wanted.size(), "{layout:?} {resize:?} {turn:?}");
                let most =
                    made.data().iter().zip(wanted.data()).map(|(one, other)| one.abs_diff(*other)).max();
                assert!(most <= Some(1), "{layout:?} {resize:?} {turn:?}: {most:?}");
            }
        }
    }
}

#[test]
fn an_animation_keeps_what_one_of_its_frames_shows() {
    let file = moving();
    let params = Params::default().with_mode(Mode::Lossless).with_trim(Trim::default());
    let made = converted(&file, &params);
    let mut animation = slimpix::Animation::new(&made, &Limits::default()).unwrap();
    // A dot at 10, 20 in one frame, and at 30, 25 in another.
    assert_eq!(animation.size(), Size::new(24, 9));
    let mut shown = Vec::new();
    while animation.next_frame().unwrap().is_some() {
        let at = |x: usize, y: usize| animation.pixels()[4 * (y * 24 + x)..][..3] == [200, 0, 0];
        shown.push((at(0, 0), at(23, 8)));
    }
    assert_eq!(shown, [(true, false), (false, true)]);
    // Still, only the first frame counts.
    let still = converted(&file, &params.with_still(true).with_format(Format::Png));
    assert_eq!(codec::probe(&still).unwrap().size, Size::new(4, 4));
}

/// A GIF of 50 by 40 whose second frame draws over the first.
fn moving() -> Vec<u8> {
    let mut file = Vec::new();
    let palette = [255, 255, 255, 200, 0, 0];
    let mut encoder = gif::Encoder::new(&mut file, 50, 40, &palette).unwrap();
    for (left, top) in [(10, 20), (30, 25)] {
        let dot = |at: usize| {
            let (x, y) = (at % 50, at / 50);
            u8::from((left..left + 4).contains(&x) && (top..top + 4).contains(&y))
        };
        let pixels: Vec<u8> = (0..50 * 40).map(dot).collect();
        let mut frame = gif::Frame::from_indexed_pixels(50, 40, pixels, None);
        frame.delay = 10;
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    file
}

#[test]
fn drawings_lose_their_border() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='40'><rect x='10' y='5' width='30' height='20' fill='#123'/></svg>";
    let size = |params: &Params| codec::probe(&converted(svg, params)).unwrap().size;
    assert_eq!(size(&to_png()), Size::new(60, 40));
    assert_eq!(size(&to_png().with_resize(Resize::to_width(15))), Size::new(8, 6));
}

/// Whatever is left, and whatever is made of it.
#[test]
fn no_part_takes_more_than_is_stated() {
    let limits = Limits::default();
    let border = |least: u32| [least, 3 * least, 2 * least, least];
    let photos = [Subsampling::Yuv420, Subsampling::Yuv444].map(|subsampling| {
        move |raster: Raster, effort| {
            let planes = raster.to_planes(subsampling).unwrap();
            let coding = Coding::new(Format::Jpeg).with_quality(90).with_effort(effort);
            codec::encode(Picture::Planes(planes), &coding, &Metadata::default()).unwrap()
        }
    });
    let mut highest: f64 = 0.0;
    for ((width, height), least) in
        [((640, 480), 1), ((700, 31), 20), ((31, 700), 20), ((90, 60), 120), ((501, 333), 0)]
    {
        let rgb = framed(&inside(width, height, Layout::Rgb), border(least), WHITE);
        let rgba = framed(&inside(width, height, Layout::Rgba), border(least), CLEAR);
        let webp = encode(rgb.clone(), &coding(Format::WebP, 90, false));
        let sources = [photos[0](rgb.clone(), 0), photos[1](rgb.clone(), 2), png(rgb), png(rgba), webp];
        for (source, params) in
            sources.iter().flat_map(|source| wanted().into_iter().map(move |it| (source, it)))
        {
            let plan = plan(&codec::probe(source).unwrap(), &params).unwrap();
            let (peak, outcome) = peak_of(|| slimpix::convert(source, &params, &limits));
            let case = format!(
                "{width}x{height} in {least}: {:?} of {:?}",
                params,
                codec::probe(source).unwrap().format
            );
            let Ok(slimpix::Outcome::Made(made)) = outcome else { panic!("{case}: {outcome:?}") };
            assert!(made.size.width <= plan.output.width && made.size.height <= plan.output.height, "{case}");
            assert!(peak <= plan.peak_bytes, "{case}: {peak} bytes, {} stated", plan.peak_bytes);
            highest = highest.max(peak as f64 / plan.peak_bytes as f64);
        }
    }
    assert!(highest > 0.8, "at the most {highest} of what is stated");
}

fn wanted() -> Vec<Params> {
    let mut all = Vec::new();
    let resizes = [
        None,
        Some(Resize::to_width(90)),
        Some(Resize::to_width(200).with_enlarge(true)),
        Some(Resize::new(150, 91).with_fit(Fit::Cover)),
        Some(Resize::new(151, 400).with_fit(Fit::Pad)),
    ];
    for resize in resizes {
        let params = Params::default().with_trim(Trim::default()).with_effort(1).with_resize(resize);
        all.push(params.clone().with_mode(Mode::Lossy));
        all.push(params.clone());
        all.push(params.clone().with_format(Format::Png).with_turn(Orientation::Rotate90));
        all.push(
            params.with_mode(Mode::Lossy).with_turn(parse_turn(Some("180"), None).unwrap()).with_blur(9),
        );
    }
    all
}

#[test]
fn the_command_line_cuts_borders_off() {
    let folder = tempfile::tempdir().unwrap();
    let source = png(framed(&inside(60, 40, Layout::Rgb), [9, 8, 7, 6], [240, 250, 255, 255]));
    std::fs::write(folder.path().join("a.png"), source).unwrap();
    for (trim, size) in
        [("10", Size::new(30, 20)), ("0:f0faff", Size::new(30, 20)), (":fff", Size::new(30, 21))]
    {
        let args = ["convert", "a.png", "-o", "b.png", "-w", "30", "--force", "--trim", trim];
        let ran = run(folder.path(), &args);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(pixels(&std::fs::read(folder.path().join("b.png")).unwrap()).size(), size, "{trim}");
    }
    let ran = run(folder.path(), &["convert", "a.png", "-o", "c.png", "--trim", "256"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("0 to 255") && ran.stderr.contains("--trim"), "{}", ran.stderr);
}

#[test]
fn requests_in_three_forms_may_ask_for_it() {
    let source = png(framed(&inside(60, 40, Layout::Rgb), [9, 8, 7, 6], WHITE));
    let place = Place::new(&[("a.png", source)]);
    let mut command = program::command(place.path());
    command.env("WEBP_IMGPROXY_URLS", "true").env("WEBP_CLOUDFLARE_URLS", "true");
    let server = Server::serve(command, "pics", &["--resize"]);
    for uri in [
        "/a.png?trim=10&w=30",
        "/a.png?trim=6:ffffff&w=30&trim=0",
        "/insecure/t:10/w:30/plain/a.png",
        "/insecure/trim:8.0:FFFFFF:0:f/w:30/plain/a.png",
        "/cdn-cgi/image/trim=border,width=30/a.png",
        "/cdn-cgi/image/trim=border,trim.border.color=%23fff,width=30/a.png",
    ] {
        let reply = server.get(uri, WEBP);
        assert!(reply.is_webp(), "{uri}: {} {}", reply.status, reply.text());
        assert_eq!(codec::probe(&reply.body).unwrap().size, Size::new(30, 20), "{uri}");
    }
    // Two colours: that of the border itself, and white by its name.
    assert_eq!(server.conversions(), 2);
    let refused = server.get("/a.png?trim=256", WEBP);
    assert_eq!(refused.status, 400);
    assert!(
        refused.text().contains("trim: \"256\" is not allowed; it is a threshold from 0 to 255"),
        "{}",
        refused.text()
    );
}
