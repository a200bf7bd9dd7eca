//! What the pages of other origins may do with pictures: `Access-Control-Allow-Origin` (Fetch §3.2.3) lets them read
//! pixels and bytes, `Timing-Allow-Origin` (Resource Timing §4.5.1) see how long they took.

use http::{HeaderName, HeaderValue, header};

use crate::error::{Error, Kind, Result};

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// The fields of the settings `ALLOW_ORIGIN` (`*` or an origin) and `TIMING_ALLOW_ORIGIN` (`*` or origins with commas
/// between them), for [`Policy::more_headers`](super::Policy::more_headers). What is empty is not sent.
///
/// # Errors
/// [`Kind::Parameter`] that names the setting and what is allowed.
pub fn cross_origin(allow: Option<&str>, timing: Option<&str>) -> Result<Vec<(HeaderName, HeaderValue)>> {
    let settings = [
        ("ALLOW_ORIGIN", allow, header::ACCESS_CONTROL_ALLOW_ORIGIN, 1),
        ("TIMING_ALLOW_ORIGIN", timing, TIMING_ALLOW_ORIGIN, usize::MAX),
    ];
    let mut fields = Vec::new();
    for (key, value, name, most) in settings {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { continue };
        let origins = value.split(',').map(str::trim);
        let is_right = origins.clone().count() <= most && origins.clone().all(is_origin);
        let field = HeaderValue::from_str(value).ok().filter(|_| is_right).ok_or_else(|| {
            let what = format!(
                "{key}: {value:?} is not allowed; it is * or an origin, such as https://www.example.com"
            );
            Error::new(Kind::Parameter, what)
        })?;
        fields.push((name, field));
    }
    Ok(fields)
}

/// `*`, or a scheme and a host with nothing behind it.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '?', '#', '*']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_told_from_what_is_none() {
        let sent = cross_origin(Some("https://a.example"), Some("https://a.example, http://b.example:81"))
            .expect("both");
        let values: Vec<_> = sent.iter().map(|(_, value)| value.to_str().expect("a text")).collect();
        assert_eq!(values, ["https://a.example", "https://a.example, http://b.example:81"]);
        assert_eq!(cross_origin(Some("*"), None).expect("one").len(), 1);
        assert_eq!(cross_origin(Some(" "), None).expect("none").len(), 0);
        for wrong in [
            "a.example",
            "https://",
            "https://a.example/",
            "https://a, https://b",
            "https://*.example",
            "a\nb",
        ] {
            let refused = cross_origin(Some(wrong), None).expect_err(wrong);
            assert!(refused.to_string().starts_with("ALLOW_ORIGIN: "), "{refused}");
        }
        assert!(cross_origin(None, Some("https://a b")).is_err());
    }
}
