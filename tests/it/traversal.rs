//! No path leaves the folder that is served, however it is written.

use slimpix::service::{Mount, MountPoint, Policy, Source, Step, Target};

use crate::support::scenario::{Scenario, text};

#[test]
fn climbing_is_not_found() {
    for path in [
        "/../a.jpg",
        "/x/../a.jpg",
        "/..%2fa.jpg",
        "/%2e%2e/a.jpg",
        "/%2E%2e%2Fa.jpg",
        "/%252e%252e%252fa.jpg",
        "/%252e%252e/a.jpg",
        "/..%5ca.jpg",
        "/x%5C..%5Ca.jpg",
        "/a.jpg%00.jpg",
        "/a%0a.jpg",
        "/%ff.jpg",
        "/a%2500.jpg",
    ] {
        let mut scenario = Scenario::with(|_| ());
        let response = scenario.get(path, &[]);
        assert_eq!((response.status.as_u16(), text(&response).as_str()), (404, "Image not found!"), "{path}");
        assert_eq!(scenario.did, Vec::<String>::new(), "{path}");
    }
}

#[test]
fn names_that_only_look_bad_are_served() {
    for (path, file) in [
        ("/..a.jpg", "..a.jpg"),
        ("/a..b/c.jpg", "a..b/c.jpg"),
        ("//./a%20b.jpg", "a b.jpg"),
        ("/100%25.jpg", "100%.jpg"),
        ("/a%2fb.jpg", "a/b.jpg"),
        ("/%C3%A9t%C3%A9.jpg", "été.jpg"),
        ("http://host/a.jpg", "a.jpg"),
    ] {
        assert_eq!(local(&Policy::default(), path, &[]), (0, file.to_owned()));
    }
}

#[test]
fn other_methods_and_other_files_are_refused() {
    let mut scenario = Scenario::with(|_| ());
    let response = scenario.request(http::Method::POST, "/a.jpg", &[]);
    assert_eq!((response.status.as_u16(), response.headers["allow"].to_str().unwrap()), (405, "GET, HEAD"));
    let response = scenario.get("/x/notes.txt", &[]);
    assert_eq!(
        (response.status.as_u16(), text(&response).as_str()),
        (400, "File extension not allowed! notes.txt")
    );
    assert_eq!(scenario.get("/jpg", &[]).status, 400);
    assert_eq!(scenario.get("/b.JPG", &[]).status, 404);
    assert_eq!(scenario.get("/healthz", &[]).status, 200);
    assert_eq!(scenario.get("/b.jpg", &[]).status, 404);
}

#[test]
fn an_exact_host_comes_first_then_the_longest_path() {
    let folder = |root| Target::Local { root, name: format!("./{root}") };
    let at = |prefix: &str| MountPoint::Prefix(prefix.to_owned());
    let policy = Policy::default().with_mounts(vec![
        Mount { at: at("/a"), target: folder(1) },
        Mount { at: at("/a/b/"), target: folder(2) },
        Mount { at: MountPoint::Host("http://img.example:8080".to_owned()), target: folder(3) },
    ]);
    assert_eq!(local(&policy, "/a/x.jpg", &[]), (1, "x.jpg".to_owned()));
    assert_eq!(local(&policy, "/a/b/x.jpg", &[]), (2, "x.jpg".to_owned()));
    assert_eq!(local(&policy, "/ab/x.jpg", &[]), (0, "ab/x.jpg".to_owned()));
    assert_eq!(local(&policy, "/a/x.jpg", &["Host: IMG.example:8080"]), (3, "a/x.jpg".to_owned()));
    assert_eq!(local(&policy, "/a/x.jpg", &["Host: img.example"]), (1, "x.jpg".to_owned()));
    // What the target says counts, not what stands beside it.
    let absolute = "http://img.example:8080/a/x.jpg";
    assert_eq!(local(&policy, absolute, &["Host: other.example"]), (3, "a/x.jpg".to_owned()));
    let other = "http://other.example/a/x.jpg";
    assert_eq!(local(&policy, other, &["Host: img.example:8080"]), (1, "x.jpg".to_owned()));
}

#[test]
fn an_origin_gets_an_encoded_path_and_its_query() {
    let origin = Target::Remote { base: "https://o.example/p".to_owned() };
    let policy = Policy::default().with_target(origin);
    match source(&policy, "/a%20b%3f%23%25.jpg?token=%2F1&width=5&v", &[]) {
        Source::Remote { url, host } => {
            assert_eq!(url, "https://o.example/p/a%20b%3F%23%25.jpg?token=%2F1&v");
            assert_eq!(host, "o.example");
        }
        source => panic!("{source:?}"),
    }
}

fn local(policy: &Policy, uri: &str, headers: &[&str]) -> (usize, String) {
    match source(policy, uri, headers) {
        Source::Local { root, path, .. } => (root, path),
        source => panic!("{source:?}"),
    }
}

fn source(policy: &Policy, uri: &str, headers: &[&str]) -> Source {
    let scenario = Scenario { policy: policy.clone(), ..Scenario::default() };
    match scenario.begin(http::Method::GET, uri, headers) {
        Step::Lookup(lookup) => lookup.source,
        step => panic!("{uri}: {step:?}"),
    }
}
