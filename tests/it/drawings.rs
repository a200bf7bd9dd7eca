//! An SVG stays one where that is the best answer; a picture that is made of it is drawn apart from everything else.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use slimpix::{
    codec::{Format, decode},
    error::ErrorKind,
    limits::Limits,
    settings::Drawings,
};

use crate::support::{
    http,
    scenario::{Scenario, header, sent},
    server::Place,
};

const CHROME: &str = "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const GZIP: &str = "Accept-Encoding: gzip, deflate, br";

/// Some 3,000 bytes of paths and a comment: more than a picture of them has, and less when they are compressed.
fn logo() -> Vec<u8> {
    let paths: String = (0..40).map(|at| format!("<path d='M{at} {}h2v3z'/>", at * 17 % 26)).collect();
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='600' height='300' viewBox='0 0 60 30'>{paths}\
        <!-- {} --></svg>",
        "kept by no renderer ".repeat(100)
    )
    .into_bytes()
}

fn scenario(webp: u64, svg: Drawings) -> Scenario {
    Scenario::with(|policy| (policy.svg, policy.extra_params) = (svg, true))
        .source("a.svg", logo())
        .outcome(Format::WebP, Ok(webp))
        .outcome(Format::Png, Ok(webp))
        .outcome(Format::Svg, Ok(300))
}

#[test]
fn the_smallest_of_svg_and_picture_goes_out() {
    for (webp, coding, wanted) in [
        (200, GZIP, "image/webp"),
        (400, GZIP, "image/svg+xml"),
        (400, "Accept-Encoding: br", "image/webp"),
        (5000, "Accept-Encoding: br, gzip;q=0", "image/svg+xml"),
    ] {
        let response = scenario(webp, Drawings::Smaller).get("/a.svg", &[CHROME, coding]);
        assert_eq!(sent(&response), wanted, "{webp} {coding}");
        assert_eq!(header(&response, "vary"), "Accept, Accept-Encoding");
        let packed = response.headers.get("content-encoding").is_some();
        assert_eq!(packed, wanted == "image/svg+xml" && coding == GZIP);
        if wanted == "image/svg+xml" {
            assert!(header(&response, "content-security-policy").contains("sandbox"));
        }
    }
}

#[test]
fn each_coding_has_an_entity_tag_of_its_own() {
    let mut scenario = scenario(400, Drawings::Smaller);
    let packed = scenario.get("/a.svg", &[CHROME, GZIP]);
    let plain = scenario.get("/a.svg", &["Accept: image/svg+xml"]);
    let tags = [&packed, &plain].map(|response| header(response, "etag").to_owned());
    assert_ne!(tags[0], tags[1]);
    let again = |coding: &str, tag: &str| {
        let condition = format!("If-None-Match: {tag}");
        scenario.begin(::http::Method::GET, "/a.svg", &["Accept: image/svg+xml", coding, &condition])
    };
    let steps = [again(GZIP, &tags[0]), again("X: y", &tags[1]), again("X: y", &tags[0])];
    let statuses = steps.map(|step| scenario.drive(step).status.as_u16());
    assert_eq!(statuses, [304, 304, 200]);
}

#[test]
fn the_setting_says_when_an_svg_is_drawn() {
    let mut always = scenario(5000, Drawings::Always);
    assert_eq!(sent(&always.get("/a.svg", &[CHROME, GZIP])), "image/webp");
    let mut failing = always.outcome(Format::WebP, Err(ErrorKind::Unsupported));
    failing = failing.source("b.svg", logo());
    assert_eq!(sent(&failing.get("/b.svg", &[CHROME, GZIP])), "image/svg+xml");
    let mut never = scenario(200, Drawings::Never);
    for path in ["/a.svg", "/a.svg?width=20"] {
        assert_eq!(sent(&never.get(path, &[CHROME, GZIP])), "image/svg+xml", "{path}");
    }
}

#[test]
fn a_size_that_is_asked_for_is_drawn_however_short_the_svg_is() {
    for query in
        ["width=20", "height=700", "max_width=30", "width=20&height=20", "width=9&height=9&fit=contain"]
    {
        let mut smaller = scenario(50_000, Drawings::Smaller);
        let path = format!("/a.svg?{query}");
        assert_eq!(sent(&smaller.get(&path, &[CHROME, GZIP])), "image/webp", "{query}");
        // A browser that takes none of the better formats gets a PNG.
        let mut plain = scenario(50_000, Drawings::Smaller);
        assert_eq!(sent(&plain.get(&path, &["Accept: image/svg+xml,image/png"])), "image/png", "{query}");
        // What can't be drawn as browsers show it is sent as it is, and so is what is not to be drawn.
        let mut failing = scenario(50_000, Drawings::Smaller);
        for format in [Format::WebP, Format::Png, Format::Jpeg] {
            failing = failing.outcome(format, Err(ErrorKind::Unsupported));
        }
        assert_eq!(sent(&failing.get(&path, &[CHROME, GZIP])), "image/svg+xml", "{query}");
        let mut never = scenario(50, Drawings::Never);
        assert_eq!(sent(&never.get(&path, &[CHROME, GZIP])), "image/svg+xml", "{query}");
    }
    let mut named = Scenario::with(|policy| (policy.extra_params, policy.short_params) = (true, true))
        .source("a.svg", logo())
        .outcome(Format::WebP, Ok(50_000));
    assert_eq!(sent(&named.get("/a.svg?format=webp&width=20", &[CHROME, GZIP])), "image/webp");
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    text
}

#[test]
fn the_server_draws_packs_and_translates() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&logo()).unwrap();
    let svgz = gzip.finish().unwrap();
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><svg xmlns='http://www.w3.org/2000/svg' \
        width='600' height='600'><title>\xe9</title><script/></svg>";
    let place = Place::new(&[
        ("logo.svg", logo()),
        ("packed.svgz", svgz.clone()),
        ("latin.svg", latin.to_vec()),
        (
            "bomb.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' width='900' height='900'><filter id='f'>\
            <feMorphology radius='99'/></filter><rect width='900' height='900' filter='url(#f)'/></svg>"
                .to_vec(),
        ),
    ]);
    let server = place.serve(&["--resize"]);
    let accept = ("accept", "image/webp,image/svg+xml,*/*");
    let get = |path: &str| http::get(server.address, path, &[accept, ("accept-encoding", "gzip")]);
    let plain = get("/logo.svg");
    assert_eq!((plain.header("content-type"), plain.header("content-encoding")), ("image/svg+xml", "gzip"));
    assert_eq!(unpacked(&plain.body), logo());
    let drawn = get("/logo.svg?width=240");
    assert!(drawn.is_webp(), "{:?}", drawn.headers);
    let picture = decode(&drawn.body, &Limits::default()).unwrap().picture;
    assert_eq!((picture.size().width, picture.size().height), (240, 120));
    let packed = get("/packed.svgz");
    if packed.header("content-type") == "image/svg+xml" {
        assert_eq!((packed.header("content-encoding"), &packed.body), ("gzip", &svgz));
    }
    let translated = unpacked(&get("/latin.svg").body);
    assert!(String::from_utf8(translated).unwrap().contains("<title>\u{e9}</title>"));
    let bomb = get("/bomb.svg?width=900");
    assert_eq!((bomb.status, bomb.header("content-type")), (200, "image/svg+xml"));
}
