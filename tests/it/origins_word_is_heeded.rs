//! What an origin says is for one client, for nobody to keep, or sends with a cookie, is neither kept nor shared:
//! unless the settings overrule it.

use std::{
    fs, thread,
    time::{Duration, Instant, SystemTime},
};

use slimpix::service::{Restriction, Target};

use crate::support::{
    http::{self, OLD, Reply, WEBP},
    origin::{Origin, Page},
    pictures,
    scenario::{Scenario, header, sent},
    server::{DEADLINE, Place},
};

const WORDS: [(&str, &str); 5] = [
    ("cache-control: private, max-age=30", "private, max-age=30"),
    ("cache-control: private", "private, max-age=0"),
    ("cache-control: no-store", "no-store"),
    ("set-cookie: session=1", "private, max-age=0"),
    ("set-cookie: session=1\r\ncache-control: public, max-age=9999999", "private, max-age=86400"),
];

#[test]
fn nothing_of_it_is_kept_or_shared() {
    let jpeg = pictures::jpeg(400, 300, 1);
    for (words, told) in WORDS {
        let origin = Origin::new(&[("/x.jpg", Page::With(jpeg.clone(), "\"1\"", words))]);
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, &["--resize"]);
        let made = server.get("/x.jpg", WEBP);
        assert!(made.is_webp(), "{words}: {}", made.status);
        let original = server.get("/x.jpg", OLD);
        assert_eq!(original.body, jpeg, "{words}");
        let meta = server.get("/x.jpg?meta=full", OLD);
        assert!(meta.text().contains("blurhash"), "{words}: {}", meta.text());
        let sized = server.get("/x.jpg?width=100", WEBP);
        assert!(sized.is_webp() && sized.body.len() < made.body.len(), "{words}");
        let own_size = server.get("/x.jpg?width=400", WEBP);
        assert_eq!(own_size.body, made.body, "{words}");
        let part = http::get(server.address, "/x.jpg", &[WEBP, ("range", "bytes=0-9")]);
        assert_eq!((part.status, &part.body[..]), (206, &made.body[..10]), "{words}");
        for reply in [&made, &original, &meta, &sized, &own_size, &part] {
            assert_eq!(reply.header("cache-control"), told, "{words}");
            assert_eq!(reply.header("set-cookie"), "", "{words}");
        }
        assert_eq!(origin.asked(), ["/x.jpg"; 6], "{words}");
        assert_eq!(place.kept(), 0, "{words}");
    }
}

#[test]
fn nobody_follows_anothers_fetch_or_conversion() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let origin = Origin::new(&[("/x.jpg", Page::With(jpeg, "\"1\"", "cache-control: private"))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let replies: Vec<Reply> = http::get_all_at_once(server.address, &vec!["/x.jpg".to_owned(); 6], &[WEBP]);
    assert!(replies.iter().all(Reply::is_webp));
    assert_eq!((origin.asked().len(), server.conversions()), (6, 6));
}

#[test]
fn an_origin_can_be_overruled() {
    for (words, _) in WORDS {
        let origin = Origin::new(&[("/x.jpg", Page::With(pictures::jpeg(400, 300, 1), "\"1\"", words))]);
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, &["--overrule-origin"]);
        for _ in 0..2 {
            let reply = server.get("/x.jpg", WEBP);
            assert!(reply.is_webp());
            assert_eq!(reply.header("cache-control"), "public, max-age=86400");
            assert_eq!(reply.header("set-cookie"), "");
        }
        assert_eq!((origin.asked().len(), server.conversions(), place.kept()), (1, 1, 3), "{words}");
    }
}

#[test]
fn what_was_kept_goes_when_the_origin_thinks_again() {
    let jpeg = pictures::jpeg(400, 300, 1);
    // With the same tag, so a 304, or with another one.
    for etag in ["\"1\"", "\"2\""] {
        let origin = Origin::new(&[("/x.jpg", Page::File(jpeg.clone(), "\"1\""))]);
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, &["--resize"]);
        for path in ["/x.jpg", "/x.jpg?width=100"] {
            assert!(server.get(path, WEBP).is_webp());
        }
        assert_eq!(place.kept(), 5);
        origin.put("/x.jpg", Page::With(jpeg.clone(), etag, "cache-control: no-store"));
        for path in place.cached(&format!("metadata/{}", origin.address)) {
            let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            record["slimpix"]["source"]["checked_at"]["secs_since_epoch"] = 1_000_000.into();
            fs::write(path, record.to_string()).unwrap();
        }
        let asked = origin.asked().len();
        for path in ["/x.jpg", "/x.jpg?width=100", "/x.jpg"] {
            let reply = server.get(path, WEBP);
            assert!(reply.is_webp());
            assert_eq!(reply.header("cache-control"), "no-store");
        }
        assert!(origin.asked().len() >= asked + 3);
        assert_eq!(place.kept(), 0);
    }
}

fn remote(restriction: Restriction) -> Scenario {
    let mut scenario = Scenario::with(|policy| {
        policy.target = Target::Remote { base: "http://origin".to_owned() };
        policy.lazy = true;
    });
    let picture = scenario.sources.remove("a.jpg").unwrap();
    scenario.sources.insert("http://origin/a.jpg".to_owned(), picture);
    scenario.caching.restriction = Some(restriction);
    scenario
}

#[test]
fn what_is_not_kept_is_not_made_for_later_and_no_cache_of_answers_gets_it() {
    let mut scenario = remote(Restriction::NoStore);
    let response = scenario.get("/a.jpg", &["Accept: image/webp,*/*"]);
    assert_eq!(sent(&response), "image/webp");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert!(response.background.is_none() && response.whole().is_none());
    for what in ["join", "store", "forget"] {
        assert_eq!(scenario.count(what), 0, "{:?}", scenario.did);
    }
}

#[test]
fn what_may_be_stale_goes_out_while_the_origin_is_asked() {
    let page = |seed, etag, words| Page::With(pictures::jpeg(400, 300, seed), etag, words);
    let words = "cache-control: max-age=1000, stale-while-revalidate=86400";
    let origin = Origin::new(&[("/x.jpg", page(1, "\"1\"", words))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &["--resize"]);
    let first = server.get("/x.jpg", WEBP);
    assert!(first.is_webp());
    age(&place, &origin, Duration::from_secs(2000));
    origin.put("/x.jpg", page(2, "\"2\"", words));
    let stale = server.get("/x.jpg", WEBP);
    assert_eq!((stale.body == first.body, stale.header("cache-control")), (true, "public, max-age=10"));
    let began = Instant::now();
    let second = loop {
        let reply = server.get("/x.jpg", WEBP);
        if reply.body != first.body {
            break reply;
        }
        assert!(began.elapsed() < DEADLINE, "{:?}", origin.asked());
        thread::sleep(Duration::from_millis(5));
    };
    assert!(second.is_webp());
    assert_eq!(origin.asked(), ["/x.jpg", "/x.jpg known"]);
    assert_eq!(server.conversions(), 2, "it was made for who asks later");

    // Past its time, or where nothing may be stale, the origin is waited for.
    for (age_of_it, words) in [
        (100_000, words),
        (2000, "cache-control: max-age=1000, must-revalidate, stale-while-revalidate=86400"),
        (2000, "cache-control: max-age=1000"),
    ] {
        origin.put("/y.jpg", page(3, "\"3\"", words));
        let before = server.get("/y.jpg", WEBP).body;
        age(&place, &origin, Duration::from_secs(age_of_it));
        origin.put("/y.jpg", page(4, "\"4\"", words));
        assert!(server.get("/y.jpg", WEBP).body != before, "{age_of_it} {words}");
        age(&place, &origin, Duration::from_secs(9_000_000));
    }
}

/// Makes what is known look as if it had been learnt so long ago.
fn age(place: &Place, origin: &Origin, time: Duration) {
    let then = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() - time;
    for path in place.cached(&format!("metadata/{}", origin.address)) {
        let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        record["slimpix"]["source"]["checked_at"]["secs_since_epoch"] = then.as_secs().into();
        fs::write(path, record.to_string()).unwrap();
    }
}
