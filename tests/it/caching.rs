//! `Vary`, `ETag`, `Cache-Control` and `nosniff` are right on every answer, the original included.

use std::time::Duration;

use slimpix::{codec::Format, convert::Interest};

use crate::support::scenario::{Scenario, header, noon, sent, text};

const WEBP: &str = "Accept: image/webp,*/*";

#[test]
fn every_picture_says_what_it_depends_on() {
    for (accept, kind) in [(WEBP, "image/webp"), ("Accept: */*", "image/jpeg")] {
        let response = Scenario::with(|_| ()).get("/a.jpg", &[accept]);
        assert_eq!(sent(&response), kind);
        assert_eq!(header(&response, "vary"), "Accept");
        assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "accept-ranges"), "bytes");
        assert_eq!(header(&response, "last-modified"), "Tue, 14 Nov 2023 21:13:20 GMT");
        let etag = header(&response, "etag");
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{etag}");
    }
}

#[test]
fn the_tag_is_that_of_the_form() {
    let mut scenario = Scenario::with(|_| ());
    let webp = scenario.get("/a.jpg", &[WEBP]);
    let jpeg = scenario.get("/a.jpg", &[]);
    assert_ne!(header(&webp, "etag"), header(&jpeg, "etag"));
    assert_eq!(header(&webp, "etag"), header(&scenario.get("/a.jpg", &[WEBP]), "etag"));
    let entry = scenario.sources.get_mut("a.jpg").unwrap();
    entry.1 += Duration::from_millis(1);
    assert_ne!(header(&jpeg, "etag"), header(&scenario.get("/a.jpg", &[]), "etag"));
}

#[test]
fn a_hit_asks_for_nothing_but_the_record() {
    let mut scenario = Scenario::with(|_| ());
    scenario.get("/a.jpg", &[WEBP]);
    scenario.did.clear();
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/webp");
    assert_eq!(scenario.did.len(), 1, "{:?}", scenario.did);
}

#[test]
fn a_changed_source_is_converted_anew() {
    let mut scenario = Scenario::with(|_| ());
    scenario.get("/a.jpg", &[WEBP]);
    scenario.sources.get_mut("a.jpg").unwrap().1 = noon();
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/webp");
    assert_eq!(scenario.count("convert"), 2);
}

#[test]
fn changed_settings_are_converted_anew() {
    let mut scenario = Scenario::with(|_| ());
    scenario.get("/a.jpg", &[WEBP]);
    scenario.policy.quality = 60;
    scenario.get("/a.jpg", &[WEBP]);
    scenario.get("/a.jpg", &[WEBP]);
    assert_eq!(scenario.count("convert"), 2);
}

#[test]
fn another_choice_of_what_a_crop_keeps_is_converted_anew() {
    let mut scenario = Scenario::with(|policy| (policy.extra_params, policy.short_params) = (true, true));
    for uri in ["/a.jpg?width=20&height=9", "/a.jpg?width=20", "/a.jpg?width=20&height=9&fit=fill"] {
        scenario.policy.interest = Interest::Low;
        scenario.did.clear();
        scenario.get(uri, &[WEBP]);
        scenario.policy.interest = Interest::High;
        scenario.get(uri, &[WEBP]);
        scenario.get(uri, &[WEBP]);
        let is_cropped = uri.ends_with("height=9");
        assert_eq!(scenario.count("convert"), 1 + usize::from(is_cropped), "{uri}: {:?}", scenario.did);
    }
}

#[test]
fn a_second_format_joins_the_first() {
    let mut scenario = Scenario::with(|policy| policy.formats = vec![Format::Avif, Format::WebP]);
    scenario.get("/a.jpg", &["Accept: image/webp"]);
    scenario.get("/a.jpg", &["Accept: image/avif,image/webp"]);
    assert_eq!((scenario.count("convert webp"), scenario.count("convert avif")), (1, 1));
}

#[test]
fn the_cache_heals() {
    let mut scenario = Scenario::with(|_| ());
    let response = scenario.get("/a.jpg", &[WEBP]);
    let step = response.lost();
    let response = scenario.drive(step);
    assert_eq!(sent(&response), "image/webp");
    assert_eq!(scenario.count("convert"), 2);
    // A disk that loses everything at once gets no third chance: the original goes out, for now.
    let mut response = response;
    for _ in 0..2 {
        let step = response.lost();
        response = scenario.drive(step);
    }
    assert_eq!(sent(&response), "image/jpeg");
    assert_eq!(header(&response, "cache-control"), "public, max-age=10");
}

#[test]
fn what_others_may_know_of_a_picture() {
    let mut scenario = Scenario::with(|policy| policy.explain = true);
    let response = scenario.get("/a.jpg?meta=full", &[]);
    assert_eq!(header(&response, "content-type"), "application/json");
    let meta: serde_json::Value = serde_json::from_str(&text(&response)).unwrap();
    assert_eq!((&meta["width"], &meta["height"]), (&64.into(), &48.into()));
    assert_eq!(
        (&meta["size"], &meta["format"], &meta["num_pages"]),
        (&1000.into(), &"jpeg".into(), &1.into())
    );

    let response = scenario.get("/a.jpg?explain", &[WEBP]);
    assert_eq!(header(&response, "cache-control"), "no-store");
    let json: serde_json::Value = serde_json::from_str(&text(&response)).unwrap();
    assert_eq!(json["chosen"], "webp");
    assert_eq!(json["candidates"][0]["bytes"], 1000);
    assert_eq!(json["candidates"][1]["bytes"], 400);
    assert!(json["bytes_reserved"].as_u64().unwrap() > 64 * 48 * 4);

    scenario.policy.explain = false;
    assert_eq!(sent(&scenario.get("/a.jpg?explain", &[WEBP])), "image/webp");
}

#[test]
fn a_remote_source_is_asked_about_when_its_time_is_up() {
    let mut scenario = remote();
    for _ in 0..2 {
        assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/webp");
    }
    assert_eq!(scenario.count("fetch http://origin/pics/a.jpg"), 1);
    scenario.now += Duration::from_secs(61);
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/webp");
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/webp");
    assert_eq!((scenario.count("fetch"), scenario.count("convert")), (2, 1));
}

#[test]
fn a_dead_origin_leaves_what_is_known() {
    let mut scenario = remote();
    scenario.get("/a.jpg", &[WEBP]);
    scenario.now += Duration::from_secs(61);
    scenario.origin_down = Some(slimpix::error::ErrorKind::Upstream);
    let response = scenario.get("/a.jpg", &[WEBP]);
    assert_eq!(sent(&response), "image/webp");
    assert_eq!(header(&response, "cache-control"), "public, max-age=10");
    // With nothing known there is nothing to send, and the reason is nobody's business.
    let response = scenario.get("/b.jpg", &[WEBP]);
    assert_eq!(response.status, 502);
    assert!(!text(&response).contains("10.0.0.7"));
    assert!(response.log.trouble.unwrap().contains("10.0.0.7"));
}

#[test]
fn answers_have_few_names() {
    let scenario = Scenario::with(|_| ());
    let key = |accept: &str, uri: &str| match scenario.begin(http::Method::GET, uri, &[accept]) {
        slimpix::service::Step::Lookup(lookup) => lookup.answer_key(),
        step => panic!("{step:?}"),
    };
    let chrome = key("Accept: image/avif,image/webp,image/apng,*/*;q=0.8", "/a.jpg");
    assert!(chrome.is_some());
    assert_eq!(chrome, key("Accept: */*;q=0.1, image/webp;q=0.3, image/avif", "/a.jpg?utm=1"));
    assert_ne!(chrome, key("Accept: image/webp", "/a.jpg"));
    assert_eq!(key("Accept: */*", "/a.jpg?meta=full"), None);
}

#[test]
fn a_kept_answer_obeys_conditions_too() {
    let mut scenario = Scenario::with(|_| ());
    let whole = scenario.get("/a.jpg", &[WEBP]).whole().unwrap().clone();
    let tag = format!("If-None-Match: {}", whole.headers["etag"].to_str().unwrap());
    let step = scenario.begin(http::Method::GET, "/a.jpg", &[WEBP, &tag]);
    let slimpix::service::Step::Lookup(lookup) = step else { panic!("{step:?}") };
    let response = scenario.drive(lookup.answered(whole.headers, 400));
    assert_eq!(response.status, 304);
    assert_eq!(header(&response, "vary"), "Accept");
}

fn remote() -> Scenario {
    let mut scenario = Scenario::with(|policy| {
        policy.target = slimpix::service::Target::Remote { base: "http://origin/pics/".to_owned() };
        policy.revalidate = Duration::from_secs(60);
    });
    let picture = scenario.sources.remove("a.jpg").unwrap();
    scenario.sources.insert("http://origin/pics/a.jpg".to_owned(), picture);
    scenario
}
