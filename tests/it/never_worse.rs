//! The answer is never larger than the source that the client can show, and nothing is tried twice in vain.

use slimpix::{codec::Format, error::ErrorKind};

use crate::support::scenario::{Scenario, header, jpeg, sent};

const BOTH: &str = "Accept: image/avif,image/webp,*/*";

fn both(policy: &mut slimpix::service::Policy) {
    policy.formats = vec![Format::Avif, Format::WebP];
}

#[test]
fn a_larger_result_is_declined_once() {
    for len in [1000, 1001, 50_000] {
        let mut scenario = Scenario::with(|_| ()).outcome(Format::WebP, Ok(len));
        for _ in 0..3 {
            let response = scenario.get("/a.jpg", &[BOTH]);
            assert_eq!(sent(&response), "image/jpeg");
            assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
            assert_eq!(header(&response, "x-compression-rate"), "1.00");
        }
        assert_eq!((scenario.count("convert"), scenario.files.len()), (1, 0));
    }
}

#[test]
fn a_conversion_ends_when_its_result_is_sure_to_be_no_smaller() {
    let mut scenario = Scenario::with(|_| ()).outcome(Format::WebP, Ok(50_000));
    scenario.gives_up = true;
    for _ in 0..3 {
        assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/jpeg");
    }
    assert_eq!((scenario.count("convert"), scenario.files.len()), (1, 0));
    // What is asked for by name, or cut, is made whatever its length.
    let mut scenario = Scenario::with(|policy| (policy.extra_params, policy.short_params) = (true, true))
        .outcome(Format::WebP, Ok(50_000));
    scenario.gives_up = true;
    assert_eq!(sent(&scenario.get("/a.jpg?width=20&height=20", &[BOTH])), "image/webp");
    assert_eq!(sent(&scenario.get("/a.jpg?format=webp", &[BOTH])), "image/webp");
}

/// A photo of twelve megapixels and twenty megabytes, of which a result of eight is more than likely.
fn large(change: impl FnOnce(&mut slimpix::service::Policy), result: u64) -> Scenario {
    let mut scenario = Scenario::with(change).outcome(Format::WebP, Ok(result));
    scenario.gives_up = true;
    scenario.source("large.jpg", jpeg(4000, 3000, 20_000_000))
}

#[test]
fn what_is_longer_than_is_likely_gets_more_room() {
    let mut reserved: Vec<u64> = Vec::new();
    for (result, tries) in [(4_000_000, 1), (8_000_000, 2)] {
        let mut scenario = large(|_| (), result);
        for _ in 0..2 {
            assert_eq!(sent(&scenario.get("/large.jpg", &[BOTH])), "image/webp");
        }
        reserved.extend(scenario.reserved.last());
        assert_eq!((scenario.count("convert"), scenario.count("admit")), (tries, tries));
    }
    assert!(reserved[0] + 5_000_000 < reserved[1], "{reserved:?}");
}

#[test]
fn what_would_need_more_room_than_there_is_is_tried_once() {
    let mut scenario = large(|policy| policy.budget = 35_000_000, 8_000_000);
    for _ in 0..3 {
        assert_eq!(sent(&scenario.get("/large.jpg", &[BOTH])), "image/jpeg");
        assert_eq!(scenario.count("convert"), 1);
    }
}

#[test]
fn the_smallest_wins_whatever_its_name() {
    let mut scenario = Scenario::with(both).outcome(Format::Avif, Ok(450));
    assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/webp");
    let mut scenario = Scenario::with(both).outcome(Format::WebP, Ok(2000));
    assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/avif");
}

#[test]
fn a_resized_answer_is_no_larger_than_the_source_either() {
    let mut scenario = Scenario::with(|policy| policy.extra_params = true).outcome(Format::WebP, Ok(1200));
    assert_eq!(sent(&scenario.get("/a.jpg?width=60", &[BOTH])), "image/jpeg");
    // But a crop can't be replaced by what it was cut from.
    assert_eq!(sent(&scenario.get("/a.jpg?width=20&height=20", &[BOTH])), "image/webp");
}

#[test]
fn what_fails_for_good_is_remembered() {
    for kind in [ErrorKind::Malformed, ErrorKind::Unsupported, ErrorKind::LimitExceeded, ErrorKind::Internal]
    {
        let mut scenario =
            Scenario::with(both).outcome(Format::WebP, Err(kind)).outcome(Format::Avif, Err(kind));
        for _ in 0..3 {
            let response = scenario.get("/a.jpg", &[BOTH]);
            assert_eq!(sent(&response), "image/jpeg", "{kind:?}");
        }
        assert_eq!(scenario.count("convert"), 2, "{kind:?}");
    }
}

#[test]
fn what_fails_by_chance_is_tried_again() {
    for kind in [ErrorKind::OutOfMemory, ErrorKind::Io, ErrorKind::Upstream] {
        let mut scenario = Scenario::with(|_| ()).outcome(Format::WebP, Err(kind));
        let response = scenario.get("/a.jpg", &[BOTH]);
        assert_eq!(sent(&response), "image/jpeg", "{kind:?}");
        assert_eq!(header(&response, "cache-control"), "public, max-age=10");
        let mut scenario = scenario.outcome(Format::WebP, Ok(1));
        assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/webp");
    }
}

#[test]
fn what_moves_is_sent_as_it_is() {
    let mut scenario = Scenario::with(both);
    scenario.outcomes.clear();
    for _ in 0..3 {
        assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/jpeg");
    }
    // The first conversion found out, for both formats and for ever.
    assert_eq!(scenario.count("convert"), 1);
}

#[test]
fn old_files_go_on_to_be_used() {
    let source = jpeg(64, 48, 1000);
    let mut scenario = Scenario::with(|_| ());
    let id = "281a623ba38d56d1".to_owned();
    let record = |checksum: &str| {
        format!(
            r#"{{"id":"{id}","path":"/webp_server.jpg?width=&height=&max_width=&max_height=","checksum":"{checksum}",
            "width":64,"height":48,"format":"jpeg","size":9216,"num_pages":1,"blurhash":"L00","colorspace":"srgb"}}"#
        )
    };
    scenario = scenario.source("webp_server.jpg", source.clone());
    scenario.records.insert(id.clone(), record(&slimpix::service::hash_hex(&source)).into_bytes());
    scenario.files.insert((id.clone(), Format::WebP), 350);
    for _ in 0..2 {
        let response = scenario.get("/webp_server.jpg", &[BOTH]);
        assert_eq!((sent(&response).as_str(), header(&response, "content-length")), ("image/webp", "350"));
    }
    assert_eq!((scenario.count("convert"), scenario.count("fetch")), (0, 1));
    assert_eq!(scenario.record(&id).unwrap().blurhash, "L00");

    // Unless they were made from something else.
    scenario.records.insert(id.clone(), record("abc").into_bytes());
    let response = scenario.get("/webp_server.jpg", &[BOTH]);
    assert_eq!(header(&response, "content-length"), "400");
}
