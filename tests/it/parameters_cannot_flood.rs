//! Only what the policy allows reaches a cache key, and sizes snap to its steps.

use slimpix::service::{Id, Policy, Step};

use crate::support::scenario::{Scenario, jpeg, sent};

const WEBP: &str = "Accept: image/webp,*/*";

fn id(change: fn(&mut Policy), uri: &str) -> String {
    ids(change, uri).now
}

fn ids(change: fn(&mut Policy), uri: &str) -> Id {
    let mut scenario = Scenario::default();
    change(&mut scenario.policy);
    match scenario.begin(http::Method::GET, uri, &[]) {
        Step::Lookup(lookup) => lookup.id,
        step => panic!("{step:?}"),
    }
}

fn long(policy: &mut Policy) {
    policy.extra_params = true;
}

fn all(policy: &mut Policy) {
    policy.extra_params = true;
    policy.short_params = true;
    policy.size_steps = vec![100, 200, 400];
}

#[test]
fn unknown_and_disabled_parameters_change_nothing() {
    let plain = id(|_| (), "/a.jpg");
    for query in ["width=1", "w=2", "q=3", "format=webp", "x=4&y", "fit=fill", "WIDTH=5", "&&=&==", "%77=9"] {
        assert_eq!(id(|_| (), &format!("/a.jpg?{query}")), plain, "{query}");
    }
    for query in ["w=2", "q=3", "x", "width=", "width=0", "width=-1", "width=1e3", "width=+5", "width=5.5"] {
        assert_eq!(id(long, &format!("/a.jpg?{query}")), plain, "{query}");
    }
    for query in ["fit=fill", "fit=fill&w=0", "dpr=2", "q=80", "q=x", "format=gif", "q=0"] {
        assert_eq!(id(all, &format!("/a.jpg?{query}")), plain, "{query}");
    }
}

#[test]
fn sizes_go_up_to_the_next_step() {
    let at_200 = id(all, "/a.jpg?width=200");
    for query in ["width=101", "w=199", "w=100&dpr=1.5", "w=150&w=7", "h=0&w=200", "w=55&dpr=2"] {
        assert_eq!(id(all, &format!("/a.jpg?{query}")), at_200, "{query}");
    }
    let last = id(all, "/a.jpg?width=400");
    for query in ["width=401", "width=99999999999999999999", "w=400&dpr=9999", "w=65535&dpr=4"] {
        assert_eq!(id(all, &format!("/a.jpg?{query}")), last, "{query}");
    }
    assert_eq!(id(all, "/a.jpg?w=100&h=100&fit=contain"), id(all, "/a.jpg?h=9&w=1&fit=scale-down"));
    assert_eq!(id(all, "/a.jpg?w=100&h=100&fit=cover"), id(all, "/a.jpg?w=100&h=100"));
    assert_eq!(id(all, "/a.jpg?q=41"), id(all, "/a.jpg?q=50"));
}

#[test]
fn a_part_is_a_variant_only_where_something_is_cropped() {
    let plain = id(all, "/a.jpg?w=100&h=100");
    // Nothing is cropped, or it is what is kept anyhow.
    for query in ["w=100&h=100&gravity=centre", "h=100&w=100&gravity=centre&gravity=left"] {
        assert_eq!(id(all, &format!("/a.jpg?{query}")), plain, "{query}");
    }
    for (size, query) in [("w=100", "w=100"), ("w=100&h=100&fit=fill", "w=100&h=100&fit=fill"), ("", "")] {
        assert_eq!(
            id(all, &format!("/a.jpg?{size}&gravity=left")),
            id(all, &format!("/a.jpg?{query}")),
            "{query}"
        );
    }
    assert_eq!(id(long, "/a.jpg?width=100&height=100&gravity=left"), id(long, "/a.jpg?width=100&height=100"));
    assert_eq!(id(|_| (), "/a.jpg?gravity=nonsense"), id(|_| (), "/a.jpg"));
    // Points go to the next tenth.
    let part = |part: &str| id(all, &format!("/a.jpg?w=100&h=100&gravity={part}"));
    assert_eq!(part("0.333x0.666"), part("0.3x0.7"));
    assert_eq!(part("0x0.5"), part("left"));
    assert_ne!(part("0.3x0.7"), part("0.7x0.3"));
    let points = (0..=100).flat_map(|x| {
        (0..=100).map(move |y| part(&format!("{}x{}", f64::from(x) / 100.0, f64::from(y) / 100.0)))
    });
    assert_eq!(points.collect::<std::collections::BTreeSet<_>>().len(), 121);
}

#[test]
fn what_makes_no_difference_is_no_variant() {
    let at = |query: &str| id(all, &format!("/a.jpg?{query}"));
    // It is in the middle anyhow, and there is no box.
    assert_eq!(at("w=100&h=100&fit=pad&gravity=centre"), at("w=100&h=100&fit=pad"));
    assert_eq!(at("w=100&fit=pad&gravity=left"), at("w=100"));
    assert_ne!(at("w=100&h=100&fit=pad&gravity=left"), at("w=100&h=100&fit=pad"));
    assert_eq!(at("background=f80&background=000"), at("background=FF8800"));
    assert_eq!(at("rotate=0"), at(""));
    assert_eq!(at("max_bytes=20480"), at("max_bytes=21503"));
    assert_ne!(at("max_bytes=20480"), at("max_bytes=21504"));
    assert_eq!(at("blur=0&sharpen=0"), at(""));
    assert_eq!(at("blur=1.23&sharpen=1"), at("sharpen=0.99&blur=1.2"));
    let blurs = (3..=1000).map(|tenths| at(&format!("blur={}", f64::from(tenths) / 10.0)));
    assert_eq!(blurs.collect::<std::collections::BTreeSet<_>>().len(), 998);
    assert_eq!(at("trim=6&trim=0"), at("trim=10"));
    assert_eq!(at("trim"), at("trim=10:"));
    assert_eq!(at("trim=10:f80"), at("trim=10:FF8800"));
    assert_ne!(at("trim=0"), at(""));
    let trims = (0..=255).map(|threshold| at(&format!("trim={threshold}")));
    assert_eq!(trims.collect::<std::collections::BTreeSet<_>>().len(), 52);
    assert_eq!(at("rotate=180&flip=both"), at(""));
    assert_eq!(at("rotate=90&flip=h"), at("flip=v&rotate=270&rotate=90"));
    assert_ne!(at("rotate=90"), at("rotate=270"));
    assert_eq!(id(long, "/a.jpg?background=red"), id(long, "/a.jpg"));
    // A JPEG has nothing behind it.
    let mut scenario = Scenario::with(all);
    for color in ["", "background=fff", "background=000", "background=f00"] {
        assert_eq!(sent(&scenario.get(&format!("/a.jpg?{color}"), &[WEBP])), "image/webp");
    }
    assert_eq!((scenario.count("convert"), scenario.records.len()), (1, 1), "{:?}", scenario.did);
    for color in ["fff", "000"] {
        scenario.get(&format!("/a.jpg?w=100&h=100&fit=pad&background={color}"), &[WEBP]);
    }
    assert_eq!(scenario.count("convert"), 3);
}

#[test]
fn what_is_out_of_range_is_refused_with_the_range() {
    let mut scenario = Scenario::with(all);
    for (query, told) in [
        ("background=red", "background: \"red\" is not allowed; it is a colour of three or six"),
        ("blur=0.1", "blur: \"0.1\" is not allowed; it is 0, or pixels from 0.3 to 100, in tenths"),
        ("blur=1e1", "blur"),
        ("sharpen=11", "sharpen: \"11\" is not allowed; it is 0, or pixels from 0.3 to 10, in tenths"),
        ("max_bytes=1023", "max_bytes: \"1023\" is not allowed; it is a whole number of bytes from 1024"),
        ("max_bytes=104857601", "to 104857600"),
        ("max_bytes=2e4", "max_bytes"),
        ("rotate=45", "rotate: \"45\" is not allowed; it is 0, 90, 180 or 270 degrees"),
        ("trim=256", "trim: \"256\" is not allowed; it is a threshold from 0 to 255"),
        ("trim=10:white", "trim: \"10:white\""),
        ("rotate=-90", "rotate: \"-90\""),
        ("rotate=90&flip=x", "flip: \"x\" is not allowed; it is h, v or both"),
    ] {
        let refused = scenario.get(&format!("/a.jpg?{query}"), &[WEBP]);
        assert_eq!(sent(&refused), "400", "{query}");
        let text = crate::support::scenario::text(&refused);
        assert!(text.contains(told), "{query}: {text}");
    }
    assert_eq!(scenario.count("convert"), 0);
}

#[test]
fn a_part_that_there_isn_t_is_refused_with_what_there_is() {
    let mut scenario = Scenario::with(all);
    for wrong in ["", "middle", "1.5x0", "-0.1x0", "0.5", "LEFT"] {
        let refused = scenario.get(&format!("/a.jpg?w=10&h=10&gravity={wrong}"), &[WEBP]);
        assert_eq!(sent(&refused), "400", "{wrong}");
        let told = crate::support::scenario::text(&refused);
        assert!(told.contains("gravity") && told.contains("0 to 1") && told.contains("top-left"), "{told}");
    }
    assert_eq!(scenario.count("convert"), 0);
}

#[test]
fn a_size_that_the_source_has_not_is_no_variant() {
    let mut scenario = Scenario::with(long);
    for width in [64, 65, 66, 1000, 60_000] {
        assert_eq!(sent(&scenario.get(&format!("/a.jpg?width={width}"), &[WEBP])), "image/webp");
    }
    assert_eq!(scenario.count("convert"), 1, "{:?}", scenario.did);
    assert_eq!((scenario.records.len(), scenario.files.len()), (1, 1));
}

#[test]
fn four_thousand_sizes_leave_few_records() {
    let mut scenario = Scenario::with(|policy| {
        policy.extra_params = true;
        policy.short_params = true;
        policy.sizes_kept = 20;
    });
    scenario.get("/a.jpg", &[WEBP]);
    for number in 0..4_000 {
        let (width, height, quality) = (1 + number % 60, 1 + number / 60 % 40, number % 100);
        let uri = format!("/a.jpg?w={width}&h={height}&q={quality}");
        assert_eq!(sent(&scenario.get(&uri, &[WEBP])), "image/webp", "{uri}");
        assert!(scenario.records.len() <= 21 && scenario.files.len() <= 21, "after {uri}");
    }
    assert_eq!((scenario.records.len(), scenario.files.len()), (21, 21));
}

#[test]
fn what_is_kept_of_a_source_is_known_after_it_has_changed() {
    let mut scenario = Scenario::with(|policy| {
        policy.extra_params = true;
        policy.sizes_kept = 3;
    });
    for round in 0..3 {
        scenario.sources.insert("a.jpg".to_owned(), (jpeg(64, 48, 1000 + round), scenario.now));
        for width in 1..10 {
            scenario.get(&format!("/a.jpg?width={width}"), &[WEBP]);
        }
        assert_eq!(scenario.records.len(), 4, "{round}");
    }
}

#[test]
fn a_size_reads_the_source_once() {
    let mut scenario = Scenario::with(long);
    for width in [10, 20, 30] {
        assert_eq!(sent(&scenario.get(&format!("/a.jpg?width={width}"), &[WEBP])), "image/webp");
    }
    assert_eq!((scenario.count("fetch"), scenario.count("convert")), (1, 3));
    scenario.did.clear();
    scenario.get("/a.jpg?width=20", &[WEBP]);
    assert_eq!(scenario.did.len(), 1, "{:?}", scenario.did);
}

#[test]
fn old_ids_are_those_of_webp_server_go() {
    let id = |change, uri| ids(change, uri).old;
    assert_eq!(id(|_| (), "/webp_server.jpg"), "281a623ba38d56d1");
    assert_eq!(id(|_| (), "/gif-animated.gif"), "6d1527bad2ae956f");
    let mapped = |policy: &mut Policy| {
        policy.mounts = vec![slimpix::service::Mount {
            at: slimpix::service::MountPoint::Prefix("/in".to_owned()),
            target: slimpix::service::Target::Local { root: 1, name: "./pics2".to_owned() },
        }];
    };
    assert_eq!(id(mapped, "/in/inside.jpg"), "2d7960401b4bb3bb");
    let remote = |policy: &mut Policy| {
        policy.target = slimpix::service::Target::Remote { base: "http://127.0.0.1:34572".to_owned() };
    };
    assert_eq!(id(remote, "/x.jpg?width=5"), "26fd4bc0b28e42ab");
    assert_eq!(slimpix::service::hash_hex(b""), "ef46db3751d8e999");
    assert_eq!(
        id(long, "/a.jpg?max_height=4&height=2&width=1&max_width=3"),
        slimpix::service::hash_hex(b"/a.jpg?width=1&height=2&max_width=3&max_height=4"),
    );
}
