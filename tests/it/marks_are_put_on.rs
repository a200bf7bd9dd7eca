//! A watermark is put where it is said, on the result as it is, rims included; a request asks for it, or the operator has it
//! on every picture, and another mark makes other variants.

use slimpix::{
    Mark, Placement, Watermark,
    codec::{self, Format},
    convert::{Fit, Mode, Params, Resize, Trim},
    limits::Limits,
    pixel::{Layout, Raster, Size},
    read_mark,
};

use crate::{
    pictures::{coding, converted, encode, pixel, pixels, png, raster},
    support::{
        http::WEBP,
        pictures::gif,
        program::{self, run},
        server::{Place, Server},
    },
};

const RED: [u8; 4] = [255, 0, 0, 255];

fn flat(width: u32, height: u32, color: [u8; 4]) -> Raster {
    let size = Size::new(width, height);
    Raster::new(size, Layout::Rgba, color.repeat(size.pixels() as usize)).unwrap()
}

fn marked(place: &str, mark: Raster) -> Params {
    let place = Placement::parse(place).unwrap();
    Params::default().with_format(Format::Png).with_watermark(Watermark::new(Mark::new(mark), place))
}

#[test]
fn a_mark_is_where_it_is_said_to_be_and_nothing_else_changes() {
    for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
        let source = png(90, 60, layout);
        let bare = pixels(&converted(&source, &Params::default().with_format(Format::Png)));
        for (place, left, top, width, height) in [
            ("1", 35, 25, 20, 10),
            ("1:bottom-right:4:3", 66, 47, 20, 10),
            ("1:top-left:4:3", 4, 3, 20, 10),
            ("1:right", 70, 25, 20, 10),
            ("1:bottom:0:0:0.5", 22, 37, 45, 23),
        ] {
            let made = pixels(&converted(&source, &marked(place, flat(20, 10, RED))));
            assert_eq!(made.size(), bare.size());
            for (x, y) in (0..60).flat_map(|y| (0..90).map(move |x| (x, y))) {
                let is_mark = (left..left + width).contains(&x) && (top..top + height).contains(&y);
                let wanted = if is_mark { RED } else { pixel(&bare, x, y) };
                let is = pixel(&made, x, y);
                // What is transparent may have any colour.
                assert!(
                    is == wanted || is[3] == 0 && wanted[3] == 0,
                    "{layout:?} {place} at {x}, {y}: {is:?} {wanted:?}"
                );
            }
        }
        // Grey stays grey under grey.
        let gray = codec::probe(&converted(&source, &marked("0.5", flat(9, 9, [255; 4])))).unwrap();
        assert_eq!(gray.color, layout.channels() > 2, "{layout:?}");
    }
}

#[test]
fn what_is_faint_shows_the_picture() {
    let black = encode(
        Raster::new(Size::new(40, 30), Layout::Rgb, vec![0; 3600]).unwrap(),
        &coding(Format::Png, 0, true),
    );
    for (place, color, shown) in [
        ("0.5", [200, 100, 50, 255], [101, 51, 25]),
        ("1", [200, 100, 50, 128], [100, 50, 25]),
        ("0.5", [200, 100, 50, 128], [50, 25, 13]),
    ] {
        let made = pixels(&converted(&black, &marked(place, flat(4, 4, color))));
        let [r, g, b, a] = pixel(&made, 20, 15);
        let is_close = [r, g, b].iter().zip(shown).all(|(is, wanted)| is.abs_diff(wanted) <= 1);
        assert!(is_close && a == 255, "{place} {color:?}: {r} {g} {b}");
    }
}

/// After the picture has its size, its rims and its blur.
#[test]
fn a_mark_is_on_what_comes_out() {
    let photo = encode(raster(160, 120, Layout::Rgb), &coding(Format::Jpeg, 90, false));
    let resize = Resize::new(80, 100).with_fit(Fit::Pad);
    let corner = |params: Params, x: u32, y: u32| pixel(&pixels(&converted(&photo, &params)), x, y);
    let params = marked("1:top-left", flat(10, 5, RED)).with_resize(resize).with_blur(90);
    assert_eq!(corner(params.clone(), 9, 4), RED);
    assert_eq!(corner(params.clone(), 10, 4), [0; 4]);
    // By rows into a lossy WebP, and into an AVIF.
    for (format, mode) in
        [(Format::WebP, Mode::Lossy), (Format::Avif, Mode::Lossy), (Format::Jpeg, Mode::Auto)]
    {
        let params = params.clone().with_format(format).with_mode(mode).with_background([0, 0, 90]);
        let [r, g, b, _] = corner(params, 3, 2);
        assert!(r > 200 && g < 60 && b < 80, "{format:?}: {r} {g} {b}");
    }
    // Of what is left of a border, and scaled down to it.
    let mut framed = flat(60, 40, [255; 4]);
    framed.data_mut()[4 * (60 * 20 + 30)..][..4].copy_from_slice(&[0, 0, 0, 255]);
    let source = encode(framed, &coding(Format::Png, 0, true));
    let made = pixels(&converted(&source, &marked("1", flat(50, 50, RED)).with_trim(Trim::default())));
    assert_eq!((made.size(), pixel(&made, 0, 0)), (Size::new(1, 1), RED));
}

#[test]
fn each_frame_of_an_animation_has_it() {
    let params =
        marked("1:bottom-right", flat(6, 6, RED)).with_format(Format::WebP).with_mode(Mode::Lossless);
    let made = converted(&gif(60, 40, 3), &params);
    let mut animation = slimpix::Animation::new(&made, &Limits::default()).unwrap();
    let mut frames = 0;
    while animation.next_frame().unwrap().is_some() {
        frames += 1;
        assert_eq!(animation.pixels()[4 * (60 * 40 - 1)..], RED);
    }
    assert_eq!(frames, 3);
}

#[test]
fn a_mark_is_read_from_any_picture_and_bounded() {
    let limits = Limits::default();
    let large = encode(flat(3000, 40, RED), &coding(Format::Png, 0, true));
    assert_eq!(read_mark(&large, &limits).unwrap().pixels().size(), Size::new(1024, 14));
    let photo = encode(raster(30, 20, Layout::Rgb), &coding(Format::Jpeg, 90, false));
    assert_eq!(read_mark(&photo, &limits).unwrap().pixels().size(), Size::new(30, 20));
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='4' height='8' fill='#f00'/></svg>";
    let drawn = read_mark(svg, &limits).unwrap();
    assert_eq!((pixel(drawn.pixels(), 0, 0), pixel(drawn.pixels(), 7, 0)), (RED, [0; 4]));
    assert!(read_mark(b"text", &limits).is_err());
    assert!(read_mark(&large, &limits.with_max_side(2999)).is_err());
}

#[test]
fn the_command_line_marks() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.png"), png(90, 60, Layout::Rgb)).unwrap();
    std::fs::write(path("drawing.svg"), b"<svg xmlns='http://www.w3.org/2000/svg' width='45' height='30'><rect width='45' height='30' fill='#123'/></svg>").unwrap();
    std::fs::write(path("mark.png"), encode(flat(20, 10, RED), &coding(Format::Png, 0, true))).unwrap();
    for source in ["a.png", "drawing.svg"] {
        let args = [
            "convert",
            source,
            "-o",
            "b.png",
            "--force",
            "--watermark",
            "mark.png",
            "--watermark-at",
            "1:top-left",
        ];
        let ran = run(folder.path(), &args);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let made = pixels(&std::fs::read(path("b.png")).unwrap());
        assert_eq!((pixel(&made, 19, 9), made.size()), (RED, Size::new(90, 60)), "{source}");
        assert_ne!(pixel(&made, 20, 9), RED);
    }
    for (wrong, told) in [
        (["--watermark", "none.png"], "none.png can't be read"),
        (["--watermark-at", "1:everywhere"], "an opacity from 0.01 to 1"),
    ] {
        let ran = run(folder.path(), &[&["convert", "a.png", "-o", "c.png"][..], &wrong].concat());
        assert!(ran.code != 0 && ran.stderr.contains(told), "{}", ran.stderr);
    }
}

fn server(place: &Place, settings: &[(&str, &str)]) -> Server {
    let mut command = program::command(place.path());
    command.env("WEBP_IMGPROXY_URLS", "true").envs(settings.iter().copied());
    Server::serve(command, "pics", &["--resize"])
}

fn corner(server: &Server, uri: &str) -> [u8; 4] {
    let reply = server.get(uri, WEBP);
    assert!(reply.is_webp(), "{uri}: {} {}", reply.status, reply.text());
    pixel(&pixels(&reply.body), 5, 5)
}

fn is_red([r, g, b, _]: [u8; 4]) -> bool {
    r > 200 && g < 60 && b < 60
}

#[test]
fn requests_ask_for_a_mark_or_the_operator_has_it_on_every_picture() {
    let place =
        Place::new(&[("a.jpg", encode(raster(300, 200, Layout::Rgb), &coding(Format::Jpeg, 95, false)))]);
    let mark = |color| encode(flat(40, 30, color), &coding(Format::Png, 0, true));
    std::fs::write(place.path().join("mark.png"), mark(RED)).unwrap();
    let by_request = server(&place, &[("WEBP_WATERMARK", "mark.png")]);
    assert!(!is_red(corner(&by_request, "/a.jpg")));
    for uri in [
        "/a.jpg?watermark=1:top-left",
        "/a.jpg?watermark=0.95:0.04x0.02:9:-9",
        "/insecure/wm:1:nowe/plain/a.jpg",
    ] {
        assert!(is_red(corner(&by_request, uri)), "{uri}");
    }
    // Placements are rounded, so that all these are one.
    assert_eq!(by_request.conversions(), 2);
    let refused = by_request.get("/a.jpg?watermark=2", WEBP);
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("watermark: \"2\" is not allowed; it is an opacity from 0.01 to 1"));
    drop(by_request);

    // Always, whatever is asked; another mark makes another variant, and what was kept isn't served.
    let always = ("WEBP_WATERMARK_ALWAYS", "1:top-left");
    let red = server(&place, &[("WEBP_WATERMARK", "mark.png"), always]);
    assert!(is_red(corner(&red, "/a.jpg")) && is_red(corner(&red, "/a.jpg?watermark=0.1:bottom&w=200")));
    drop(red);
    std::fs::write(place.path().join("mark.png"), mark([0, 255, 0, 255])).unwrap();
    let green = server(&place, &[("WEBP_WATERMARK", "mark.png"), always]);
    let [r, g, ..] = corner(&green, "/a.jpg");
    assert!(r < 60 && g > 200, "{r} {g}");
    drop(green);
    // Without one the word is nobody's, and what is kept without a mark is good again.
    let without = server(&place, &[]);
    assert!(!is_red(corner(&without, "/a.jpg?watermark=nonsense")));
    assert_eq!(without.conversions(), 0);
    assert_eq!(without.get("/insecure/wm:1/plain/a.jpg", WEBP).status, 400);
}

#[test]
fn a_mark_that_can_t_be_read_is_told_before_anything_is_served() {
    let place = Place::new(&[]);
    for (variables, told) in [
        (&[("WEBP_WATERMARK", "none.png")][..], "WATERMARK: \"none.png\" is not allowed"),
        (&[("WEBP_WATERMARK_ALWAYS", "1")], "WATERMARK names no picture"),
        (&[("WEBP_WATERMARK_ALWAYS", "7")], "WATERMARK_ALWAYS: \"7\" is not allowed; it is an opacity"),
    ] {
        let mut command = program::command(place.path());
        command.envs(variables.iter().copied()).args(["serve", "pics", "--listen", "127.0.0.1:0"]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(told), "{said}");
    }
}
