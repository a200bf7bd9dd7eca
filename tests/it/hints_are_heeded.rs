//! What a client says of its screen counts where the URL leaves it open, and caches are told of it.

use slimpix::service::Policy;

use crate::support::{
    http::{self, WEBP},
    pictures, program,
    scenario::{Scenario, header, sent},
    server::{Place, Server},
};

const ACCEPT: &str = "Accept: image/webp,*/*";

fn on(policy: &mut Policy) {
    (policy.extra_params, policy.short_params, policy.client_hints) = (true, true, true);
    policy.size_steps = vec![10, 20, 40];
}

/// What is made for a URL and hints, as what is made for a URL alone: the ids of the records.
fn ids(change: fn(&mut Policy), uri: &str, hints: &[&str]) -> (Vec<String>, String) {
    let mut scenario = Scenario::with(change);
    let answer = scenario.get(uri, &[&[ACCEPT], hints].concat());
    assert_eq!(sent(&answer), "image/webp", "{uri} {hints:?}");
    (scenario.files.keys().map(|(id, _)| id.clone()).collect(), header(&answer, "vary").to_owned())
}

#[test]
fn a_hint_counts_where_the_url_leaves_it_open_and_vary_names_it() {
    for (uri, hints, same_as, vary) in [
        ("/a.jpg", &["Sec-CH-Width: 15"][..], "/a.jpg?w=20&q=80", "Sec-CH-Width, Save-Data"),
        ("/a.jpg", &[], "/a.jpg", "Sec-CH-Width, Save-Data"),
        ("/a.jpg", &["Sec-CH-DPR: 2"], "/a.jpg", "Sec-CH-Width, Save-Data"),
        ("/a.jpg?w=10", &["Sec-CH-DPR: 2.0"], "/a.jpg?w=10&dpr=2", "Sec-CH-DPR, Save-Data"),
        ("/a.jpg?w=10", &["Sec-CH-Width: 40"], "/a.jpg?w=10", "Sec-CH-DPR, Save-Data"),
        ("/a.jpg?max_width=10", &["Sec-CH-DPR: 99"], "/a.jpg?max_width=40", "Sec-CH-DPR, Save-Data"),
        ("/a.jpg?w=10&dpr=1", &["Sec-CH-DPR: 2"], "/a.jpg?w=10", "Save-Data"),
        ("/a.jpg?q=50", &["Save-Data: on", "Sec-CH-Width: 10"], "/a.jpg?q=50&w=10", "Sec-CH-Width"),
        ("/a.jpg?w=10&dpr=2&q=50", &["Save-Data: on"], "/a.jpg?w=20&q=50", ""),
    ] {
        let (made, told) = ids(on, uri, hints);
        assert_eq!(made, ids(on, same_as, &[]).0, "{uri} {hints:?}");
        let vary =
            ["Accept", vary].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        assert_eq!(told, vary, "{uri}");
    }
    // A format that is named is one for all, but for the hints.
    let mut scenario = Scenario::with(on);
    let named = scenario.get("/a.jpg?fm=webp&w=10", &[]);
    assert_eq!(header(&named, "vary"), "Sec-CH-DPR, Save-Data");
    assert_eq!(header(&scenario.get("/a.jpg?fm=webp&w=10&dpr=1&q=9", &[]), "vary"), "");
}

#[test]
fn save_data_takes_a_quarter_off_the_quality() {
    let mut scenario = Scenario::with(on);
    scenario.get("/a.jpg", &[ACCEPT]);
    scenario.get("/a.jpg", &[ACCEPT, "Save-Data: ON"]);
    scenario.get("/a.jpg", &[ACCEPT, "Save-Data: on"]);
    assert_eq!((scenario.count("convert"), scenario.files.len()), (2, 2), "{:?}", scenario.did);
    for same in ["Save-Data: off", "Save-Data: ", "Save-Data: on, on"] {
        scenario.get("/a.jpg", &[ACCEPT, same]);
    }
    assert_eq!(scenario.count("convert"), 2);
}

#[test]
fn nonsense_and_what_nobody_asked_for_say_nothing() {
    for hints in [
        &["Sec-CH-Width: -5"][..],
        &["Sec-CH-Width: 1e1"],
        &["Sec-CH-Width: 0"],
        &["Sec-CH-Width: 10", "Sec-CH-Width: 20"],
        &["Sec-CH-Width: \"10\""],
        &["Width: 10", "DPR: 2"],
    ] {
        assert_eq!(ids(on, "/a.jpg", hints), ids(on, "/a.jpg", &[]), "{hints:?}");
    }
    for hint in ["Sec-CH-DPR: nan", "Sec-CH-DPR: 0", "Sec-CH-DPR: -2", "Sec-CH-DPR: x", "Sec-CH-DPR: 0.5"] {
        assert_eq!(ids(on, "/a.jpg?w=10", &[hint]), ids(on, "/a.jpg?w=10", &[]), "{hint}");
    }
    let all = ["Sec-CH-DPR: 2", "Sec-CH-Width: 10", "Save-Data: on"];
    let off: [fn(&mut Policy); 2] = [
        |policy| (policy.extra_params, policy.short_params) = (true, true),
        // Where nothing is obeyed, hints aren't either.
        |policy| policy.client_hints = true,
    ];
    for change in off {
        for uri in ["/a.jpg", "/a.jpg?w=10"] {
            assert_eq!(ids(change, uri, &all), ids(change, uri, &[]));
            assert_eq!(ids(change, uri, &all).1, "Accept");
        }
    }
}

#[test]
fn hints_cannot_flood() {
    let mut scenario = Scenario::with(on);
    for number in 1..500 {
        let hints = [format!("Sec-CH-Width: {number}"), format!("Sec-CH-DPR: {}", f64::from(number) / 100.0)];
        for uri in ["/a.jpg", "/a.jpg?w=7"] {
            scenario.get(uri, &[ACCEPT, &hints[0], &hints[1]]);
        }
    }
    assert!(scenario.records.len() <= 5, "{}", scenario.records.len());
}

#[test]
fn a_server_asks_for_them_and_heeds_them() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(300, 200, 1))]);
    let mut command = program::command(place.path());
    command.env("WEBP_CLIENT_HINTS", "true");
    let server = Server::serve(command, "pics", &["--resize"]);
    let get = |uri: &str, hint: (&str, &str)| http::get(server.address, uri, &[WEBP, hint]);
    let width = |uri, hint| slimpix::codec::probe(&get(uri, hint).body).unwrap().size.width;
    assert_eq!(width("/a.jpg", ("sec-ch-width", "120")), 120);
    assert_eq!(width("/a.jpg?w=40", ("sec-ch-dpr", "2.5")), 100);
    assert_eq!(width("/a.jpg?w=40", ("sec-ch-width", "120")), 40);
    let (usual, less) = (get("/a.jpg", ("x", "y")), get("/a.jpg", ("save-data", "on")));
    assert!(less.body.len() < usual.body.len() && less.is_webp());
    for answer in [usual, less, get("/none.jpg", ("x", "y"))] {
        assert_eq!(answer.header("accept-ch"), "Sec-CH-DPR, Sec-CH-Width");
    }
    let plain = place.serve(&["--resize"]);
    let answer = http::get(plain.address, "/a.jpg", &[WEBP, ("sec-ch-width", "120")]);
    assert_eq!((answer.header("accept-ch"), answer.header("vary")), ("", "Accept"));
}
