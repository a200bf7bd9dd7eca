//! A bad picture is never a 500: the original goes out if it is a picture that the client can show.

use slimpix::{codec::Format, error::ErrorKind, service::Allowed};

use crate::support::scenario::{Scenario, header, jpeg, sent, text};

const WEBP: &str = "Accept: image/webp,*/*";

#[test]
fn a_torn_picture_goes_out_as_it_is() {
    let mut scenario = Scenario::with(|_| ()).outcome(Format::WebP, Err(ErrorKind::Malformed));
    let response = scenario.get("/a.jpg", &[WEBP]);
    assert_eq!(sent(&response), "image/jpeg");
    assert!(response.log.trouble.as_deref().unwrap().contains("row 7"));
    assert!(!format!("{:?}", response.headers).contains("secret"));
    // To who refuses it, it is said without a word of the reason.
    let response = scenario.get("/a.jpg", &["Accept: image/webp, image/jpeg;q=0"]);
    assert_eq!(response.status, 415);
    assert!(!text(&response).contains("row 7"));
}

#[test]
fn a_header_without_sense_goes_out_as_what_it_is() {
    let mut scenario = Scenario::with(|_| ()).source("a.jpg", b"\xff\xd8\xff\xe0 and nothing more".to_vec());
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/jpeg");
    assert_eq!(scenario.count("join"), 0);
}

#[test]
fn what_is_no_picture_is_not_found() {
    for bytes in [&b""[..], b"<html><script>alert(1)</script>", b"GIF", b"\0\0\0\0"] {
        let mut scenario = Scenario::with(|_| ()).source("a.jpg", bytes.to_vec());
        let response = scenario.get("/a.jpg", &[WEBP]);
        let said = "Image not found! What is there is damaged, or no picture.";
        assert_eq!((response.status.as_u16(), text(&response).as_str()), (404, said));
        let trouble = response.log.trouble.as_deref().unwrap_or_default();
        assert!(trouble.contains("no picture") || trouble.contains("is empty"), "{trouble}");
        assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    }
}

#[test]
fn the_type_of_a_picture_is_never_guessed_from_the_url() {
    let mut scenario = Scenario::with(|_| ()).source("a.png", jpeg(8, 8, 500));
    assert_eq!(sent(&scenario.get("/a.png", &[])), "image/jpeg");
    let mut scenario = Scenario::with(|policy| policy.allowed = Allowed::Everything);
    // What is no picture has the type of its name, and no browser makes another one of it.
    scenario = scenario.source("page.html", b"<html>".to_vec()).source("a.jpg", b"<html>".to_vec());
    for (path, kind) in [("/page.html", "text/html"), ("/a.jpg", "image/jpeg")] {
        let response = scenario.get(path, &[]);
        assert_eq!(sent(&response), kind);
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    }
}

#[test]
fn an_svg_runs_no_script() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec();
    let response = Scenario::with(|_| ()).source("a.svg", svg).get("/a.svg", &[WEBP]);
    assert_eq!(sent(&response), "image/svg+xml");
    let policy = header(&response, "content-security-policy");
    assert_eq!(policy, "default-src 'none'; style-src 'unsafe-inline'; sandbox");
}

#[test]
fn a_bomb_is_not_opened() {
    let mut scenario = Scenario::with(|_| ()).source("a.jpg", jpeg(65_500, 65_500, 1000));
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/jpeg");
    assert_eq!(scenario.count("join"), 0);
    let mut scenario = Scenario::with(|policy| policy.limits.max_input_bytes = 999);
    assert_eq!(sent(&scenario.get("/a.jpg", &[WEBP])), "image/jpeg");
    assert_eq!(scenario.count("join"), 0);
}

#[test]
fn a_source_that_can_t_be_read_here_goes_to_who_can_show_it() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic and so on".to_vec();
    let mut scenario = Scenario::with(|_| ()).source("a.heic", heic);
    assert_eq!(sent(&scenario.get("/a.heic", &["Accept: image/heic"])), "image/heic");
    assert_eq!(sent(&scenario.get("/a.heic", &["Accept: */*"])), "image/heic");
    assert_eq!(scenario.get("/a.heic", &["Accept: image/png,image/jpeg"]).status, 415);
    assert_eq!(header(&scenario.get("/a.heic", &["Accept: image/png"]), "vary"), "Accept");
}

#[test]
fn a_vanished_source_is_not_found() {
    let mut scenario = Scenario::with(|_| ());
    let response = scenario.get("/a.jpg", &[]);
    scenario.sources.clear();
    let step = response.lost();
    assert_eq!(scenario.drive(step).status, 404);
}

/// Requests and sources of random bytes: nothing panics, nothing goes on for ever, nothing is a 500.
#[test]
fn no_request_makes_it_fall() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let pieces = [
        "/",
        "..",
        "%2e",
        "%",
        "%00",
        "a.jpg",
        ".",
        "?",
        "width=",
        "&",
        "99999999999",
        "-1",
        "w=",
        "fit=fill",
        "dpr=",
        "q=",
        "format=",
        "avif",
        "meta=full",
        "explain",
        "=",
        "image/",
        "*",
        ";q=",
        "0.5",
        ",",
        "\"",
        "\\",
        "webp",
        "bytes=",
        "W/",
        "e",
        " ",
        "\t",
        "é",
        "%c3",
        ":",
        "http://",
        "inf",
        "NaN",
        "1e309",
    ];
    for round in 0..3000 {
        let mut text = |most: u64| -> String {
            (0..random.below(most)).map(|_| pieces[random.below(pieces.len() as u64) as usize]).collect()
        };
        let uri = format!("/{}", text(9));
        let names =
            ["accept", "range", "if-none-match", "if-range", "if-modified-since", "user-agent", "host"];
        let lines: Vec<(usize, String)> = (0..3).map(|at| (at + round % 5, text(12))).collect();
        let (Ok(uri), mut headers) = (uri.parse::<http::Uri>(), http::HeaderMap::new()) else { continue };
        for (name, value) in lines {
            if let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) {
                headers.append(names[name], value);
            }
        }
        let mut scenario = Scenario::with(|policy| {
            policy.extra_params = true;
            policy.short_params = true;
            policy.explain = true;
            policy.by_user_agent = round % 2 == 0;
            policy.lazy = round % 3 == 0;
            policy.formats = vec![Format::Avif, Format::WebP];
        });
        let mut source: Vec<u8> = jpeg(64, 48, 1000);
        for _ in 0..random.below(20) {
            let at = random.below(200) as usize;
            source[at] = random.below(256) as u8;
        }
        scenario = scenario.source("a.jpg", source);
        let head = slimpix::service::RequestHead { method: &http::Method::GET, uri: &uri, headers: &headers };
        let policy = std::sync::Arc::new(scenario.policy.clone());
        let step = slimpix::service::begin(policy, &head, scenario.now);
        let response = scenario.drive(step);
        assert_ne!(response.status, 500, "{uri} {headers:?}");
    }
}

/// xorshift64*, seeded once: the same bytes in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % end.max(1)
    }
}
