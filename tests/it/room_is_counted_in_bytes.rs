//! Bytes, not jobs: what has no room in time goes out as it is, for a short time; what never fits is never tried.

use slimpix::{
    codec::{self, Format},
    convert::{Mode, Params, plan},
    error::ErrorKind,
    limits::Limits,
    service::{Decision, Step, Task},
};

use crate::support::{
    pictures,
    scenario::{Scenario, header, jpeg, sent},
};

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
    assert_eq!(response.log.waited, scenario.policy.room_patience);
    scenario.has_room = true;
    assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/webp");
}

#[test]
fn patience_is_for_all_conversions_of_a_request_together() {
    let mut scenario = Scenario { has_room: false, ..Scenario::with(both) };
    let response = scenario.get("/a.jpg", &[BOTH]);
    assert_eq!(scenario.count("admit"), 2);
    assert_eq!(response.log.waited, scenario.policy.room_patience);
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
    // 4 megapixels: an AVIF fits in 2 MiB, a WebP doesn't.
    let large = || jpeg(2400, 1700, 100_000);
    let mut scenario = Scenario::with(both).source("large.jpg", large());
    scenario.policy.budget = 2 << 20;
    let response = scenario.get("/large.jpg", &[BOTH]);
    assert_eq!(sent(&response), "image/avif");
    // No better answer will come, so this one may be kept.
    assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
    assert_eq!((scenario.count("admit"), scenario.count("convert webp")), (1, 0));

    let mut scenario = Scenario::with(both).source("large.jpg", large());
    scenario.policy.budget = 1 << 20;
    assert_eq!(sent(&scenario.get("/large.jpg", &[BOTH])), "image/jpeg");
    assert_eq!(scenario.count("join"), 0);
}

#[test]
fn rather_a_webp_than_an_avif_that_never_fits() {
    let avif_alone = |policy: &mut slimpix::service::Policy| {
        policy.formats = vec![Format::Avif];
        policy.avif_max_pixels = 1_000_000;
    };
    let mut scenario = Scenario::with(avif_alone).source("large.jpg", jpeg(2400, 1700, 100_000));
    let response = scenario.get("/large.jpg", &[BOTH]);
    assert_eq!(sent(&response), "image/webp");
    assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
    assert_eq!((scenario.count("admit"), scenario.count("convert avif")), (1, 0));
    // It is there from now on.
    assert_eq!(sent(&scenario.get("/large.jpg", &[BOTH])), "image/webp");
    assert_eq!(scenario.count("admit"), 1);
    // Who knows no WebP gets the original at once, and what fits is an AVIF as it was wanted.
    assert_eq!(sent(&scenario.get("/large.jpg", &["Accept: image/avif,*/*"])), "image/jpeg");
    assert_eq!(scenario.count("admit"), 1);
    assert_eq!(sent(&scenario.get("/a.jpg", &[BOTH])), "image/avif");
    assert_eq!(scenario.count("convert webp"), 1);
}

/// The bytes that the service asks for: the source is counted, and the result must be shorter.
fn peak_of(source: &[u8], params: &Params) -> u64 {
    let len = source.len() as u64;
    let limits = Limits::default().with_max_output_bytes(len - 1);
    plan(&codec::probe(source).unwrap(), params).unwrap().within(&limits).peak_bytes + len
}

#[test]
fn what_never_fits_as_wanted_is_made_for_less() {
    let png = pictures::png(300, 200, 1);
    let peak = |mode: Mode, effort: u8| {
        let params = Params::default().with_mode(mode).with_effort(effort);
        peak_of(&png, &params)
    };
    let (wanted, cheapest) = (peak(Mode::Auto, 4), peak(Mode::Lossy, 0));
    assert!(cheapest < wanted, "nothing is cheaper for this picture: the test needs another one");
    let mut scenario = Scenario::with(|_| ()).source("a.png", png.clone());
    scenario.policy.budget = wanted - 1;
    let mut step = scenario.begin(http::Method::GET, "/a.png", &[BOTH]);
    let job = loop {
        step = match step {
            Step::Convert(convert) => break convert.job,
            Step::Respond(response) => panic!("{response:?}"),
            step => scenario.perform(step),
        };
    };
    assert!(job.peak_bytes < wanted);
    let Task::Picture(params) = job.task else { panic!("{job:?}") };
    assert_ne!((params.mode, params.effort), (Mode::Auto, 4));
    // What was made for less is the answer for as long as there is no room for more.
    assert_eq!(sent(&scenario.get("/a.png", &[BOTH])), "image/webp");
    assert_eq!(sent(&scenario.get("/a.png", &[BOTH])), "image/webp");
    assert_eq!(scenario.count("convert webp"), 1);
    scenario.policy.budget = wanted;
    assert_eq!(sent(&scenario.get("/a.png", &[BOTH])), "image/webp");
    assert_eq!(scenario.count("convert webp"), 2);
    // What was made as wanted is no worse when there is less room again.
    scenario.policy.budget = wanted - 1;
    assert_eq!(sent(&scenario.get("/a.png", &[BOTH])), "image/webp");
    assert_eq!(scenario.count("convert webp"), 2);
    // Below all of them the original goes out, and nobody waits.
    let mut scenario = Scenario::with(|_| ()).source("a.png", png);
    scenario.policy.budget = cheapest / 4;
    assert_eq!(sent(&scenario.get("/a.png", &[BOTH])), "image/png");
    assert_eq!(scenario.count("join"), 0);
}

#[test]
fn a_size_that_is_asked_for_needs_less_than_the_whole() {
    let photo = jpeg(4032, 3024, 4_000_000);
    let whole = peak_of(&photo, &Params::default());
    let mut scenario = Scenario::with(|policy| policy.extra_params = true).source("photo.jpg", photo);
    // No room for the photo itself, which goes out as it is; but for a small version of it.
    scenario.policy.budget = whole - 1;
    assert_eq!(sent(&scenario.get("/photo.jpg", &[BOTH])), "image/jpeg");
    assert_eq!(scenario.count("join"), 0);
    assert_eq!(sent(&scenario.get("/photo.jpg?width=800", &[BOTH])), "image/webp");
    assert_eq!(scenario.count("admit"), 1);
}

#[test]
fn a_conversion_without_memory_or_by_a_fault_leaves_the_original() {
    for (kind, keeps) in
        [(ErrorKind::OutOfMemory, "public, max-age=10"), (ErrorKind::Internal, "public, max-age=86400")]
    {
        let mut scenario = Scenario::with(|_| ()).outcome(Format::WebP, Err(kind));
        let response = scenario.get("/a.jpg", &[BOTH]);
        assert_eq!((sent(&response), header(&response, "cache-control")), ("image/jpeg".to_owned(), keeps));
        // Memory comes back, a fault of ours does too.
        scenario.outcomes.insert(Format::WebP, Ok(400));
        let again = sent(&scenario.get("/a.jpg", &[BOTH]));
        assert_eq!(again, if kind == ErrorKind::OutOfMemory { "image/webp" } else { "image/jpeg" });
    }
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
    assert_eq!(bytes(jpeg(64, 48, 90_000)) - bytes(jpeg(64, 48, 20_000)), 70_000);
    // A result that is no shorter than the source is not made, so a short source needs less room for it.
    assert!(bytes(jpeg(64, 48, 9_000)) - bytes(jpeg(64, 48, 1_000)) > 8_000);
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
