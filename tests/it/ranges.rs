//! A part that is asked for is what comes; what makes no sense is answered with the whole.

use slimpix::service::{Body, Response};

use crate::support::scenario::{Scenario, header};

const WEBP: &str = "Accept: image/webp,*/*";

fn part(response: &Response) -> (u16, std::ops::Range<u64>) {
    match &response.body {
        Body::Source { range, .. } | Body::Variant { range, .. } => (response.status.as_u16(), range.clone()),
        _ => (response.status.as_u16(), 0..0),
    }
}

#[test]
fn one_range_is_one_part() {
    let mut scenario = Scenario::with(|_| ());
    for (range, stated, bytes) in [
        ("bytes=0-0", "bytes 0-0/400", 0..1),
        ("bytes=100-199", "bytes 100-199/400", 100..200),
        ("bytes=399-", "bytes 399-399/400", 399..400),
        ("bytes=-1", "bytes 399-399/400", 399..400),
        ("bytes=-9999", "bytes 0-399/400", 0..400),
        ("bytes=10-99999999999999999999999", "bytes 10-399/400", 10..400),
    ] {
        let response = scenario.get("/a.jpg", &[WEBP, &format!("Range: {range}")]);
        assert_eq!(part(&response), (206, bytes.clone()), "{range}");
        assert_eq!(header(&response, "content-range"), stated);
        assert_eq!(header(&response, "content-length"), (bytes.end - bytes.start).to_string());
        assert_eq!(header(&response, "content-type"), "image/webp");
        assert_eq!(header(&response, "vary"), "Accept");
    }
    let source = scenario.get("/a.jpg", &["Range: bytes=900-"]);
    assert_eq!(part(&source), (206, 900..1000));
}

#[test]
fn what_is_no_single_range_is_ignored() {
    let mut scenario = Scenario::with(|_| ());
    for range in [
        "bytes=0-1,5-6",
        "bytes=5-4",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "bytes 0-1",
        "bytes=+1-2",
    ] {
        let response = scenario.get("/a.jpg", &[WEBP, &format!("Range: {range}")]);
        assert_eq!(part(&response), (200, 0..400), "{range}");
    }
}

#[test]
fn a_range_past_the_end_is_refused() {
    let mut scenario = Scenario::with(|_| ());
    for range in ["bytes=400-", "bytes=400-500", "bytes=-0"] {
        let response = scenario.get("/a.jpg", &[WEBP, &format!("Range: {range}")]);
        assert_eq!(response.status, 416, "{range}");
        assert_eq!(header(&response, "content-range"), "bytes */400");
        assert_eq!(header(&response, "vary"), "Accept");
    }
}

#[test]
fn a_range_of_something_else_is_the_whole() {
    let mut scenario = Scenario::with(|_| ());
    let tag = header(&scenario.get("/a.jpg", &[WEBP]), "etag").to_owned();
    let range = "Range: bytes=0-1";
    let status = |scenario: &mut Scenario, validator: &str| {
        scenario.get("/a.jpg", &[WEBP, range, &format!("If-Range: {validator}")]).status.as_u16()
    };
    assert_eq!(status(&mut scenario, &tag), 206);
    assert_eq!(status(&mut scenario, &format!("W/{tag}")), 200);
    assert_eq!(status(&mut scenario, "\"x\""), 200);
    assert_eq!(status(&mut scenario, "Tue, 14 Nov 2023 21:13:20 GMT"), 206);
    assert_eq!(status(&mut scenario, "Tue, 14 Nov 2023 21:13:21 GMT"), 200);
}
