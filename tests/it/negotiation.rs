//! A client gets the smallest form that it said it can show, and never another.

use slimpix::{
    codec::Format,
    service::{Accepted, Policy},
};

use crate::support::scenario::{Scenario, header, sent};

const CHROME: &str = "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const SAFARI_12: &str = "Accept: image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5";
const IOS_16: &str =
    "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 16_3 like Mac OS X) AppleWebKit/605.1.15";

fn both(policy: &mut Policy) {
    policy.formats = vec![Format::Avif, Format::WebP];
}

#[test]
fn the_smallest_named_format_wins() {
    let mut scenario = Scenario::with(both);
    assert_eq!(sent(&scenario.get("/a.jpg", &[CHROME])), "image/avif");
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: image/webp"])), "image/webp");
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: image/avif;q=0, image/webp"])), "image/webp");
    assert_eq!(header(&scenario.get("/a.jpg", &[CHROME]), "x-compression-rate"), "0.30");
}

#[test]
fn wildcards_name_nothing_new() {
    for accept in ["Accept: */*", "Accept: image/*", SAFARI_12, "Accept:", "Accept: ;;,/,image/webp;q=9"] {
        let mut scenario = Scenario::with(both);
        assert_eq!(sent(&scenario.get("/a.jpg", &[accept])), "image/jpeg", "{accept}");
        assert_eq!(scenario.count("convert"), 0);
    }
    assert_eq!(sent(&Scenario::with(both).get("/a.jpg", &[])), "image/jpeg");
}

#[test]
fn weights_are_read_as_the_standard_says() {
    let names = |line: &str| accepted(line).names(Format::WebP);
    for yes in [
        "image/webp",
        "IMAGE/WEBP;Q=1.000",
        " image/webp ; q=0.001 ",
        "text/html, image/webp;q=0.5;ext=1",
        "a/b;x=\"image/png,\\\"\", image/webp",
        "*/*;q=0, image/webp",
        "image/webp;q=0, image/webp;q=0.1",
    ] {
        assert!(names(yes), "{yes}");
    }
    for no in [
        "image/webp;q=0",
        "image/webp;q=0.000",
        "image/webp;q=1.001",
        "image/webp;q=0.0001",
        "image/webp;q=-1",
        "image/webp;q=",
        "image/webp;q",
        "image/webp;v=2",
        "image/webpx",
        "x\"image/webp\"",
        "image/ webp",
    ] {
        assert!(!names(no), "{no}");
    }
}

#[test]
fn the_most_specific_range_counts() {
    let refused = accepted("image/jpeg;q=0, image/*;q=0.9, */*;q=0.1");
    assert!(!refused.allows(Format::Jpeg) && refused.allows(Format::Png));
    let images_refused = accepted("image/*;q=0, */*");
    assert!(!images_refused.allows(Format::Png) && !images_refused.shows(Format::Gif));
}

#[test]
fn several_lines_are_one_list() {
    let response = Scenario::with(both).get("/a.jpg", &["Accept: text/html", "Accept: image/webp"]);
    assert_eq!(sent(&response), "image/webp");
}

#[test]
fn a_refused_source_is_not_sent_even_if_smaller() {
    let mut scenario = Scenario::with(|_| ()).outcome(Format::WebP, Ok(5000));
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: image/webp"])), "image/webp");
    assert_eq!(sent(&scenario.get("/a.jpg", &[CHROME])), "image/jpeg");
    // Not said to be accepted, but shown everywhere: better than an error, unless it is refused.
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: text/html"])), "image/jpeg");
    for refused in ["Accept: image/webp;q=0, image/jpeg;q=0", "Accept: */*;q=0", "Accept: image/*;q=0"] {
        assert_eq!(scenario.get("/a.jpg", &[refused]).status, 415, "{refused}");
    }
}

#[test]
fn browsers_are_known_by_name_only_when_asked_to() {
    let mut scenario = Scenario::with(both);
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: */*", IOS_16])), "image/jpeg");
    scenario.policy.by_user_agent = true;
    let response = scenario.get("/a.jpg", &["Accept: */*", IOS_16]);
    assert_eq!(sent(&response), "image/avif");
    assert_eq!(header(&response, "vary"), "Accept, User-Agent");
    // What the client says itself counts more.
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: image/png,*/*", IOS_16])), "image/jpeg");
}

#[test]
fn a_format_in_the_url_is_what_everybody_gets() {
    let mut scenario = Scenario::with(|policy| policy.short_params = true).outcome(Format::WebP, Ok(2000));
    let response = scenario.get("/a.jpg?format=webp", &["Accept: image/png"]);
    assert_eq!(sent(&response), "image/webp");
    assert_eq!(header(&response, "vary"), "");
    // One that isn't made here is as if it were not there.
    assert_eq!(sent(&scenario.get("/a.jpg?format=avif", &["Accept: */*"])), "image/jpeg");
}

#[test]
fn a_resized_answer_to_an_old_client_is_a_jpeg() {
    let mut scenario = Scenario::with(|policy| policy.extra_params = true);
    let response = scenario.get("/a.jpg?width=32", &["Accept: */*"]);
    assert_eq!(sent(&response), "image/jpeg");
    assert_eq!(header(&response, "content-length"), "500");
    assert_eq!(header(&response, "vary"), "Accept");
}

/// Who can't show a HEIC waits for room, and then comes again.
#[test]
fn an_original_that_nobody_can_show_is_no_answer() {
    let heic = include_bytes!("../data/heic/wide-422.heic").to_vec();
    let scenario = |has_room: bool| {
        let mut scenario = Scenario::default().source("a.heic", heic.clone());
        scenario.has_room = has_room;
        scenario
    };
    for (accept, made) in [(CHROME, "image/webp"), ("Accept: */*", "image/jpeg")] {
        assert_eq!(sent(&scenario(true).get("/a.heic", &[accept])), made);
        let refused = scenario(false).get("/a.heic", &[accept]);
        assert_eq!(sent(&refused), "503", "{accept}");
        assert_ne!(header(&refused, "retry-after"), "");
        let mut lazy = scenario(true);
        lazy.policy.lazy = true;
        assert_eq!(sent(&lazy.get("/a.heic", &[accept])), made);
    }
    // Safari can. Of its small size it is the smallest.
    let safari = "Accept: image/webp,image/heic,image/*;q=0.8,*/*;q=0.5";
    assert_eq!(sent(&scenario(false).get("/a.heic", &[safari])), "image/heic");
    assert_eq!(sent(&scenario(true).get("/a.heic", &[safari])), "image/webp");
    assert_eq!(sent(&scenario(true).outcome(Format::WebP, Ok(9000)).get("/a.heic", &[safari])), "image/heic");
    // Better than nothing at all, where nothing will ever come of it.
    let mut hopeless = scenario(true);
    for format in [Format::WebP, Format::Jpeg, Format::Png] {
        hopeless = hopeless.outcome(format, Err(slimpix::ErrorKind::Malformed));
    }
    assert_eq!(sent(&hopeless.get("/a.heic", &[CHROME])), "image/heic");
}

/// Who can't show an AVIF gets another format; who can gets it where it is the smallest.
#[test]
fn an_avif_is_converted_for_who_cannot_show_it() {
    let avif = include_bytes!("../data/golden/photo.avif").to_vec();
    let scenario = || Scenario::default().source("a.avif", avif.clone());
    assert_eq!(sent(&scenario().get("/a.avif", &["Accept: image/webp,image/png"])), "image/webp");
    assert_eq!(sent(&scenario().get("/a.avif", &["Accept: image/png,image/jpeg"])), "image/jpeg");
    let large = || scenario().outcome(Format::WebP, Ok(9000));
    assert_eq!(sent(&large().get("/a.avif", &[CHROME])), "image/avif");
    assert_eq!(sent(&large().get("/a.avif", &["Accept: image/webp,image/png"])), "image/webp");
    // One that moves is passed through.
    let mut moving = avif.clone();
    moving[16..20].copy_from_slice(b"avis");
    let mut scenario = Scenario::default().source("a.avif", moving);
    assert_eq!(sent(&scenario.get("/a.avif", &[CHROME])), "image/avif");
}

fn accepted(line: &str) -> Accepted {
    let mut headers = http::HeaderMap::new();
    headers.insert(http::header::ACCEPT, line.parse().unwrap());
    Accepted::from_headers(&headers, false)
}
