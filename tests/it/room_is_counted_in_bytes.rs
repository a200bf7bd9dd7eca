//! Bytes, not jobs: what has no room in time goes out as it is, for a short time; what never fits is never tried.

use std::time::Duration;

use slimpix::{
    codec::Format,
    service::{Decision, Step},
};

use crate::support::scenario::{Scenario, header, jpeg, sent};

const BOTH: &str = "Accept: image/avif,image/webp,*/*";

fn both(policy: &mut slimpix::service::Policy) {
    policy.formats = vec![Format::Avif, Format::WebP];
}

#[test]
fn without_room_the_original_goes_out_for_now() {
    let mut scenario = Scenario { has_room: false, ..Scenario::with(|_| ()) };
    let response = scenario.get("/a.jpg", &[BOTH]);
    assert_eq!(sent(&response), "image/jpeg");
    assert_eq!(header(&response, "cache-control"), "public, max-age=10");
    assert_eq!(header(&response, "vary"), "Accept");
    assert_eq!(response.log.decision, Decision::ForNow);
    assert_eq!(response.log.waited, Duration::from_secs(5));
    scenario.has_room = true;
    assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/webp");
}

#[test]
fn patience_is_for_all_conversions_of_a_request_together() {
    let mut scenario = Scenario { has_room: false, ..Scenario::with(both) };
    let response = scenario.get("/a.jpg", &[BOTH]);
    assert_eq!(scenario.count("admit"), 2);
    assert_eq!(response.log.waited, Duration::from_secs(5));
}

#[test]
fn what_is_there_never_waits() {
    let mut scenario = Scenario::with(|_| ());
    scenario.get("/a.jpg", &[BOTH]);
    scenario.has_room = false;
    scenario.did.clear();
    assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/webp");
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: */*"])), "image/jpeg");
    assert_eq!(scenario.count("admit"), 0);
}

#[test]
fn what_never_fits_is_not_tried() {
    // 4 megapixels: a WebP fits in 96 MiB, an AVIF doesn't.
    let large = || jpeg(2400, 1700, 100_000);
    let mut scenario = Scenario::with(both).source("large.jpg", large());
    scenario.policy.budget = 96 << 20;
    let response = scenario.get("/large.jpg", &[BOTH]);
    assert_eq!(sent(&response), "image/webp");
    // No better answer will come, so this one may be kept.
    assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
    assert_eq!((scenario.count("admit"), scenario.count("convert avif")), (1, 0));

    let mut scenario = Scenario::with(both).source("large.jpg", large());
    scenario.policy.budget = 1 << 20;
    assert_eq!(sent(&scenario.get("/large.jpg", &[BOTH])), "image/jpeg");
    assert_eq!(scenario.count("join"), 0);
}

#[test]
fn the_reservation_counts_the_source() {
    let scenario = Scenario::with(|_| ());
    let bytes = |source: Vec<u8>| {
        let mut host = Scenario::with(|_| ()).source("b.jpg", source);
        let mut step = scenario.begin(http::Method::GET, "/b.jpg", &[BOTH]);
        loop {
            step = match step {
                Step::Admit(admit) => return admit.bytes,
                Step::Respond(response) => panic!("{response:?}"),
                step => host.perform(step),
            };
        }
    };
    assert_eq!(bytes(jpeg(64, 48, 9000)) - bytes(jpeg(64, 48, 1000)), 8000);
}

#[test]
fn a_client_that_refuses_the_original_is_told_to_come_back() {
    let mut scenario = Scenario { has_room: false, ..Scenario::with(|_| ()) };
    // One that only says nothing of it gets it, for now.
    let response = scenario.get("/a.jpg", &["Accept: image/webp"]);
    assert_eq!(sent(&response), "image/jpeg");
    assert_eq!(header(&response, "cache-control"), "public, max-age=10");
    let response = scenario.get("/a.jpg", &["Accept: image/webp, image/jpeg;q=0"]);
    assert_eq!(response.status, 503);
    assert_ne!(header(&response, "retry-after"), "");
    assert_eq!(header(&response, "cache-control"), "no-store");
}

#[test]
fn lazily_the_original_goes_first() {
    let mut scenario = Scenario::with(|policy| policy.lazy = true);
    let mut response = scenario.get("/a.jpg", &[BOTH]);
    assert_eq!(sent(&response), "image/jpeg");
    assert_eq!(header(&response, "cache-control"), "public, max-age=10");
    assert_eq!(scenario.count("convert"), 0);
    let background = response.background.take().unwrap();
    scenario.drive(*background);
    let response = scenario.get("/a.jpg", &[BOTH]);
    assert_eq!(sent(&response), "image/webp");
    assert!(response.background.is_none());
    // Who refuses the original waits.
    let mut scenario = Scenario::with(|policy| policy.lazy = true);
    let refusing = "Accept: image/webp, image/jpeg;q=0";
    assert_eq!(sent(&scenario.get("/a.jpg", &[refusing])), "image/webp");
}
