//! An `Accept` header of any bytes: what is accepted follows from its ranges alone, however they are spread over
//! lines (RFC 9110 §5.3), ordered, spaced and capitalised (§12.5.1, §8.3.1).
//!
//! The first byte of the data says how that is changed; the rest is the header.

use http::{HeaderMap, HeaderValue, header};
use slimpix::{codec::Format, service::Accepted};

pub fn target(data: &[u8]) {
    let Some((&choice, value)) = data.split_first() else { return };
    let Some(accepted) = read(&[value], choice) else { return };
    for format in Format::ALL {
        assert!(!accepted.names(format) || accepted.shows(format), "{format} is named and not shown");
        assert!(!accepted.shows(format) || accepted.allows(format), "{format} is shown and not allowed");
    }
    let Some(ranges) = ranges(value) else { return };
    assert_eq!(read(&ranges, choice), Some(accepted), "a line each");
    let capitals = value.to_ascii_uppercase();
    assert_eq!(read(&[&capitals], choice), Some(accepted), "in capitals");
    let spaced = ranges.join(&b" \t, ,"[..]);
    assert_eq!(read(&[&spaced], choice), Some(accepted), "with spaces and empty elements");
    let turned: Vec<&[u8]> = ranges.into_iter().rev().collect();
    assert_eq!(read(&turned, choice), Some(accepted), "in another order");
}

/// What is accepted by these lines, beside the user agent that a choice stands for; `None` where they are no header.
fn read(lines: &[&[u8]], choice: u8) -> Option<Accepted> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::ACCEPT, HeaderValue::from_bytes(line).ok()?);
    }
    let agent = ["", "Mozilla/5.0 (iPhone) Version/17.0 Safari/604.1", "Googlebot-Image/1.0"]
        [usize::from(choice % 3)];
    headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    Some(Accepted::from_headers(&headers, choice >= 128))
}

/// The elements of the list. `None` with quotes, in which a comma may stand.
fn ranges(value: &[u8]) -> Option<Vec<&[u8]>> {
    (!value.contains(&b'"')).then(|| value.split(|&byte| byte == b',').collect())
}

pub fn seeds() -> Vec<Vec<u8>> {
    let headers = [
        "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
        "image/webp;q=0, image/*;q=0.5,*/*;q=0.001",
        "text/html;level=1;q=0.4, IMAGE/AVIF ; Q=1.000;ext=1,, image/jpeg;v=\"a,b\\\"\"",
        "image/png,image/png;q=0",
        "*/*",
        "",
        "image/jxl, image/heic;q=0.3,image/tiff;q=1.001, */webp",
    ];
    let with = |choice: u8| headers.iter().map(move |header| [&[choice], header.as_bytes()].concat());
    [0, 129].into_iter().flat_map(with).collect()
}
