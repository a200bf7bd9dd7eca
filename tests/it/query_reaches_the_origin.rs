//! What of a request's query is not ours goes to the origin as it came, and names the original: presigned URLs,
//! versions, pictures by number. A folder knows no queries.

use std::fs;

use slimpix::service::{Policy, Source, Step, Target};

use crate::support::{
    http::{OLD, WEBP},
    origin::{Origin, Page},
    pictures,
    scenario::Scenario,
    server::Place,
};

#[test]
fn each_query_is_an_original_of_its_own() {
    let (one, two) = (pictures::jpeg(300, 200, 1), pictures::jpeg(300, 200, 2));
    let origin = Origin::new(&[
        ("/x.jpg?id=1", Page::File(one.clone(), "\"1\"")),
        ("/x.jpg?id=2", Page::File(two.clone(), "\"2\"")),
    ]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    for _ in 0..2 {
        assert_eq!(server.get("/x.jpg?id=1", OLD).body, one);
        assert_eq!(server.get("/x.jpg?id=2", OLD).body, two);
        assert_ne!(server.get("/x.jpg?id=1", WEBP).body, server.get("/x.jpg?id=2", WEBP).body);
        assert_eq!(server.get("/x.jpg", OLD).status, 404);
        assert_eq!(server.get("/x.jpg?id=3", OLD).status, 404);
    }
    let known: Vec<String> = origin.asked().into_iter().filter(|path| path.contains("id=1")).collect();
    assert_eq!(known, ["/x.jpg?id=1"]);
    assert_eq!(place.cached(&format!("remote-raw/{}", origin.address)).len(), 2);
    assert_eq!(server.conversions(), 2);
    // Nobody finds a key in the log.
    assert_eq!(server.count("id=1"), 0, "{:#?}", server.log());
}

#[test]
fn it_goes_on_in_order_and_as_it_was_written_without_what_is_ours() {
    let signed = "/a/b.jpg?X-Sig=a%2Fb%20c&v&&v=2&%41=%7e&x=1=2+3";
    let origin = Origin::new(&[(signed, Page::File(pictures::jpeg(300, 200, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &["--resize", "--explain"]);
    let asked =
        "/a/b.jpg?width=100&X-Sig=a%2Fb%20c&v&q=50&&v=2&%41=%7e&h=70&%77=9&x=1=2+3&explain=0&dpr=2&fit=fill";
    let sized = server.get(asked, WEBP);
    assert!(sized.is_webp());
    assert!(server.get(signed, WEBP).body.len() > sized.body.len());
    assert!(server.get(&format!("{signed}&explain=1"), WEBP).text().contains("candidates"));
    assert!(server.get(&format!("{signed}&meta=full"), WEBP).text().contains("blurhash"));
    assert_eq!(origin.asked(), [signed]);
}

#[test]
fn a_mapped_origin_gets_it_too() {
    let origin = Origin::new(&[("/p/x.jpg?v=1", Page::File(pictures::jpeg(300, 200, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let config = format!(
        r#"{{"IMG_PATH": "pics", "HOST": "127.0.0.1", "PORT": 0, "CACHE": "cache", "IMG_MAP": {{"/far": "{}/p"}}}}"#,
        origin.url()
    );
    fs::write(place.path().join("config.json"), config).unwrap();
    let server = place.start(&["serve", "--config", "config.json"]);
    assert!(server.get("/far/x.jpg?v=1", WEBP).is_webp());
    assert_eq!(origin.asked(), ["/p/x.jpg?v=1"]);
}

#[test]
fn a_folder_is_not_flooded_by_queries() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(300, 200, 1))]);
    let server = place.serve(&["--resize"]);
    let made = server.get("/a.jpg", WEBP);
    for query in ["v=1", "id=2", "utm_source=x&v=3", "&&", "X-Sig=a%2Fb"] {
        assert_eq!(server.get(&format!("/a.jpg?{query}"), WEBP).body, made.body);
    }
    assert_eq!((place.cached("metadata/local").len(), server.conversions()), (1, 1));
}

fn source_and_id(base: &str, uri: &str, change: impl Fn(&mut Policy)) -> (String, String) {
    let mut scenario = Scenario::default();
    scenario.policy.target = Target::Remote { base: base.to_owned() };
    change(&mut scenario.policy);
    match scenario.begin(http::Method::GET, uri, &[]) {
        Step::Lookup(lookup) => match lookup.source {
            Source::Remote { url, .. } => (url, lookup.id.now),
            source => panic!("{source:?}"),
        },
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_bucket_has_no_queries() {
    let (plain, id) = source_and_id("r2://bucket", "/a.jpg", |_| ());
    assert_eq!(source_and_id("r2://bucket", "/a.jpg?v=1", |_| ()), (plain, id));
}

#[test]
fn no_query_is_taken_for_a_size() {
    let sized = |policy: &mut Policy| (policy.extra_params, policy.short_params) = (true, true);
    let ids = [
        source_and_id("http://o", "/a.jpg", sized),
        source_and_id("http://o", "/a.jpg?width=50", sized),
        source_and_id("http://o", "/a.jpg?q=50", sized),
        source_and_id("http://o", "/a.jpg?v=1&width=50", sized),
        source_and_id("http://o", "/a.jpg?v=1", sized),
        // Not ours where they aren't obeyed.
        source_and_id("http://o", "/a.jpg?q=50", |_| ()),
        source_and_id("http://o", "/a.jpg?&q=50", |_| ()),
    ]
    .map(|(_, id)| id);
    for (i, id) in ids.iter().enumerate() {
        assert!(!ids[..i].contains(id), "{ids:?}");
    }
}
