//! One conversion a key, however many ask at the same time; who waits learns how it went.

use std::collections::VecDeque;

use slimpix::{
    error::ErrorKind,
    service::{FlightError, Step},
};

use crate::support::scenario::{Flight, Scenario, header, sent};

const WEBP: &str = "Accept: image/webp,*/*";

fn following(flights: impl Into<VecDeque<Flight>>) -> Scenario {
    Scenario { flights: flights.into(), ..Scenario::with(|_| ()) }
}

#[test]
fn a_follower_gets_what_the_leader_made() {
    let mut leader = Scenario::with(|_| ());
    // Two requests are past their look-up before either joins.
    let first = leader.begin(http::Method::GET, "/a.jpg", &[WEBP]);
    let second = leader.begin(http::Method::GET, "/a.jpg", &[WEBP]);
    let Step::Lookup(second) = second else { panic!("{second:?}") };
    leader.drive(first);
    leader.flights = VecDeque::from([Flight::Follow(Ok(()))]);
    let validators =
        leader.records.values().next().and_then(|json| slimpix::service::Record::from_json(json));
    let validators = validators.unwrap().slimpix.unwrap().source.validators;
    let found = slimpix::service::Found { validators: Some(validators), ..Default::default() };
    let response = leader.drive(second.found(found));
    assert_eq!(sent(&response), "image/webp");
    assert_eq!(leader.count("convert"), 1);
    assert!(!response.log.converted);
}

#[test]
fn a_leader_looks_again_before_it_converts() {
    let mut scenario = Scenario::with(|_| ());
    let late = scenario.begin(http::Method::GET, "/a.jpg", &[WEBP]);
    let Step::Lookup(late) = late else { panic!("{late:?}") };
    scenario.get("/a.jpg", &[WEBP]);
    // Its look-up came before the record, its lead after it.
    assert_eq!(sent(&scenario.drive(late.found(Default::default()))), "image/webp");
    assert_eq!(scenario.count("convert"), 1);
}

#[test]
fn a_lead_lasts_from_admission_to_the_store() {
    let scenario = Scenario::with(|_| ());
    let mut step = scenario.begin(http::Method::GET, "/a.jpg", &[WEBP]);
    let mut led = Vec::new();
    let mut host = Scenario::with(|_| ());
    while !matches!(step, Step::Respond(_)) {
        led.push(step.flight().is_some());
        step = host.perform(step);
    }
    // Lookup, Fetch, Join, Admit, Convert, Store.
    assert_eq!(led, [false, false, false, true, true, true]);
}

#[test]
fn who_is_left_alone_tries_again() {
    let mut scenario = following([Flight::Follow(Err(FlightError::Abandoned)), Flight::Lead]);
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/webp");
    assert_eq!((scenario.count("join"), scenario.count("convert")), (2, 1));
    let always = vec![Flight::Follow(Err(FlightError::Abandoned)); 50];
    let mut scenario = following(always);
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/jpeg");
    assert!(scenario.count("join") < 5);
}

#[test]
fn a_bad_flight_leaves_the_original_for_now() {
    for flight in [
        Flight::Impatient,
        Flight::Follow(Err(FlightError::Panicked)),
        Flight::Follow(Err(FlightError::Failed(ErrorKind::Overload))),
        Flight::Follow(Err(FlightError::Failed(ErrorKind::OutOfMemory))),
    ] {
        let mut scenario = following([flight.clone()]);
        let response = scenario.get("/a.jpg", &[WEBP]);
        assert_eq!(sent(&response), "image/jpeg", "{flight:?}");
        assert_eq!(header(&response, "cache-control"), "public, max-age=10", "{flight:?}");
        assert_eq!(header(&response, "vary"), "Accept");
        assert_eq!((scenario.count("join"), scenario.count("convert")), (1, 0));
    }
}

#[test]
fn formats_made_at_once_don_t_lose_each_other() {
    use slimpix::codec::Format;
    let mut scenario = Scenario::with(|policy| policy.formats = vec![Format::Avif, Format::WebP]);
    let webp = scenario.begin(http::Method::GET, "/a.jpg", &["Accept: image/webp"]);
    let avif = scenario.begin(http::Method::GET, "/a.jpg", &["Accept: image/avif"]);
    let (mut webp, mut avif) = (Some(webp), Some(avif));
    // Step by step in turn, so that neither sees the other's record before its own is written.
    while webp.is_some() || avif.is_some() {
        for slot in [&mut webp, &mut avif] {
            *slot = match slot.take() {
                None | Some(Step::Respond(_)) => None,
                Some(step) => Some(scenario.perform(step)),
            };
        }
    }
    scenario.did.clear();
    assert_eq!(sent(&scenario.get("/a.jpg", &["Accept: image/avif,image/webp"])), "image/avif");
    assert_eq!(scenario.did.len(), 1, "{:?}", scenario.did);
}
