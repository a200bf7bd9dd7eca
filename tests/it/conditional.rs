//! Who has a copy that is still right gets 304, with the header fields that a cache needs.

use http::Method;

use crate::support::scenario::{Scenario, header};

const WEBP: &str = "Accept: image/webp,*/*";

#[test]
fn tags_are_compared_one_by_one() {
    let mut scenario = Scenario::with(|_| ());
    let tag = header(&scenario.get("/a.jpg", &[WEBP]), "etag").to_owned();
    for list in [tag.clone(), format!("W/{tag}"), format!("\"a,b\", W/\"x\",{tag}"), "*".to_owned()] {
        let response = scenario.get("/a.jpg", &[WEBP, &format!("If-None-Match: {list}")]);
        assert_eq!(response.status, 304, "{list}");
        assert_eq!(header(&response, "etag"), tag);
        assert_eq!(header(&response, "vary"), "Accept");
        assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
        assert_ne!(header(&response, "last-modified"), "");
        assert_eq!(header(&response, "content-length"), "");
        assert_eq!(response.body, slimpix::service::Body::Empty);
    }
    for list in ["\"x\"", "x", "", &tag.replace('"', "")] {
        let response = scenario.get("/a.jpg", &[WEBP, &format!("If-None-Match: {list}")]);
        assert_eq!(response.status, 200, "{list}");
    }
}

#[test]
fn the_tag_of_one_form_is_not_that_of_another() {
    let mut scenario = Scenario::with(|_| ());
    let tag = header(&scenario.get("/a.jpg", &[WEBP]), "etag").to_owned();
    assert_eq!(scenario.get("/a.jpg", &[&format!("If-None-Match: {tag}")]).status, 200);
}

#[test]
fn a_date_counts_where_there_is_no_tag() {
    let mut scenario = Scenario::with(|_| ());
    let same = "If-Modified-Since: Tue, 14 Nov 2023 21:13:20 GMT";
    assert_eq!(scenario.get("/a.jpg", &[WEBP, same]).status, 304);
    assert_eq!(scenario.request(Method::HEAD, "/a.jpg", &[WEBP, same]).status, 304);
    let before = "If-Modified-Since: Tue, 14 Nov 2023 21:13:19 GMT";
    assert_eq!(scenario.get("/a.jpg", &[WEBP, before]).status, 200);
    assert_eq!(scenario.get("/a.jpg", &[WEBP, "If-Modified-Since: yesterday"]).status, 200);
    assert_eq!(scenario.get("/a.jpg", &[WEBP, same, "If-None-Match: \"x\""]).status, 200);
}

#[test]
fn a_failed_precondition_is_said() {
    let mut scenario = Scenario::with(|_| ());
    let tag = header(&scenario.get("/a.jpg", &[WEBP]), "etag").to_owned();
    assert_eq!(scenario.get("/a.jpg", &[WEBP, "If-Match: \"x\""]).status, 412);
    assert_eq!(scenario.get("/a.jpg", &[WEBP, &format!("If-Match: W/{tag}")]).status, 412);
    assert_eq!(scenario.get("/a.jpg", &[WEBP, &format!("If-Match: {tag}")]).status, 200);
    let before = "If-Unmodified-Since: Tue, 14 Nov 2023 21:13:19 GMT";
    assert_eq!(scenario.get("/a.jpg", &[WEBP, before]).status, 412);
}

#[test]
fn head_is_get_without_its_body() {
    let mut scenario = Scenario::with(|_| ());
    let get = scenario.get("/a.jpg", &[WEBP]);
    let head = scenario.request(Method::HEAD, "/a.jpg", &[WEBP, "Range: bytes=0-1"]);
    assert_eq!((head.status, &head.headers), (get.status, &get.headers));
    assert_eq!(head.body, slimpix::service::Body::Empty);
}
