//! The codings that a client takes a body in (RFC 9110 §12.5.3).

use http::{HeaderMap, header};

/// The names of gzip.
pub(crate) const GZIP: &[&str] = &["gzip", "x-gzip"];

/// True if `Accept-Encoding` names the coding, or all, with a weight above 0. Its own weight counts before that of all.
pub(crate) fn accepts_coding(headers: &HeaderMap, names: &[&str]) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|line| line.to_str().ok());
    let mut all = false;
    for word in lines.flat_map(|line| line.split(',')) {
        let mut parts = word.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let is_wanted =
            weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0));
        if names.contains(&name.as_str()) {
            return is_wanted;
        }
        all |= name == "*" && is_wanted;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_accepted_by_its_own_weight() {
        let accepted = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            lines.iter().for_each(|line| {
                headers.append(header::ACCEPT_ENCODING, line.parse().unwrap());
            });
            [&["br"], GZIP].map(|names| accepts_coding(&headers, names))
        };
        assert_eq!(accepted(&[]), [false, false]);
        assert_eq!(accepted(&["gzip, deflate, br, zstd"]), [true, true]);
        assert_eq!(accepted(&["deflate", "X-GZip ; q=0.5"]), [false, true]);
        assert_eq!(accepted(&["*;q=0.1, br;q=0"]), [false, true]);
        assert_eq!(accepted(&["br;q=0.000, gzip;q=x"]), [false, false]);
        assert_eq!(accepted(&["identity, *;q=0"]), [false, false]);
    }
}
