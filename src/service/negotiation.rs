//! Which formats a client can show: the `Accept` header of RFC 9110 §12.5.1, folded into a few bits.
//!
//! The rules:
//! - A newer format (WebP, AVIF, JPEG XL, HEIC, TIFF) is *made* for a client only if its header names that media
//!   type with a weight above 0. `image/*` and `*/*` come from programs that can't show them.
//! - The formats that every browser has always shown (JPEG, PNG, GIF, SVG, BMP, ICO) count as shown wherever the
//!   header allows them, wildcards included. A WebP *source* does too, unless the header lists image types and
//!   leaves WebP out: that is how the browsers from before WebP write it.
//! - Among what is accepted the smallest wins, so weights above 0 don't rank. A weight of 0 refuses.
//! - One of these that the header says nothing about is no choice among others, but still better than an error: it
//!   is sent when there is nothing else (RFC 9110 §12.5.1 lets a server disregard the header then), unless refused.
//! - No header, an empty one, or one without a single well-formed range means `*/*`.
//! - A range with media-type parameters (`image/webp;v=2`) asks for something narrower than we have and is skipped,
//!   as is a malformed one.

use http::{HeaderMap, header};

use super::content_coding::{GZIP, accepts_coding};
use crate::codec::Format;

/// What a client can show. Two clients with the same value get the same answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Accepted {
    named: FormatSet,
    shown: FormatSet,
    allowed: FormatSet,
    /// A body may come compressed by gzip.
    gzip: bool,
}

impl Accepted {
    /// Reads the `Accept` lines. With `by_user_agent`, a client that names no image type is also looked up in the
    /// table of browsers that say less than they can.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap, by_user_agent: bool) -> Self {
        let lines = headers.get_all(header::ACCEPT).iter();
        let ranges: Vec<Range> =
            lines.flat_map(|line| parse(&String::from_utf8_lossy(line.as_bytes()))).collect();
        let mut accepted = Self { gzip: accepts_coding(headers, GZIP), ..Self::from_ranges(&ranges) };
        let silent = !ranges.iter().any(|range| range.kind == "image" && range.subtype != "*");
        if by_user_agent && silent {
            let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("");
            for format in user_agent_formats(agent) {
                accepted.name(format);
            }
        }
        accepted
    }

    /// Everything: what a URL with an explicit format stands for.
    #[must_use]
    pub const fn anything() -> Self {
        Self { named: FormatSet::ALL, shown: FormatSet::ALL, allowed: FormatSet::ALL, gzip: false }
    }

    /// True if a body may come compressed by gzip.
    #[must_use]
    pub const fn takes_gzip(self) -> bool {
        self.gzip
    }

    /// True if the format may be made for this client.
    #[must_use]
    pub const fn names(self, format: Format) -> bool {
        self.named.contains(format)
    }

    /// True if the client is taken to display a source of this format as it is.
    #[must_use]
    pub const fn shows(self, format: Format) -> bool {
        self.shown.contains(format)
    }

    /// True if a source of this format may be sent when there is nothing better: the header allows it, be it by a
    /// wildcard, or says nothing about a format that every browser shows.
    #[must_use]
    pub const fn allows(self, format: Format) -> bool {
        self.allowed.contains(format)
    }

    /// All of it in one number, for keys.
    #[must_use]
    pub const fn bits(self) -> u64 {
        (self.gzip as u64) << 48
            | (self.named.0 as u64) << 32
            | (self.shown.0 as u64) << 16
            | self.allowed.0 as u64
    }

    fn from_ranges(ranges: &[Range]) -> Self {
        let lists_images = ranges.iter().any(|range| range.kind == "image" && range.subtype != "*");
        let none = FormatSet::NONE;
        let mut accepted = Self { named: none, shown: none, allowed: none, gzip: false };
        for format in Format::ALL {
            let exact = exact_weight(ranges, format);
            let stated = exact
                .or_else(|| wildcard_weight(ranges, "image"))
                .or_else(|| wildcard_weight(ranges, "*"))
                .or(ranges.is_empty().then_some(1000));
            match stated {
                Some(0) => {}
                Some(_) if exact.is_some() => accepted.name(format),
                Some(_) => {
                    accepted.allowed.insert(format);
                    if format.info().is_web_safe || (format == Format::WebP && !lists_images) {
                        accepted.shown.insert(format);
                    }
                }
                None if format.info().is_web_safe => accepted.allowed.insert(format),
                None => {}
            }
        }
        accepted
    }

    fn name(&mut self, format: Format) {
        self.named.insert(format);
        self.shown.insert(format);
        self.allowed.insert(format);
    }
}

/// The media ranges of one `Accept` line, malformed ones and those with parameters left out.
fn parse(line: &str) -> Vec<Range> {
    split_unquoted(line, ',').filter_map(Range::parse).collect()
}

/// One media range and its weight.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    /// In lower case, or `*`.
    kind: String,
    /// In lower case, or `*`.
    subtype: String,
    /// In thousandths.
    weight: u16,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = split_unquoted(text, ';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) || (kind == "*" && subtype != "*") {
            return None;
        }
        let mut weight = 1000;
        for parameter in parts {
            match parameter.split_once('=') {
                // What follows the weight is an extension of the old grammar and means nothing.
                Some(("q" | "Q", value)) => {
                    weight = parse_weight(value)?;
                    break;
                }
                None if parameter.is_empty() => {}
                _ => return None,
            }
        }
        Some(Self { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase(), weight })
    }
}

/// `0`, `1`, `0.` and up to three digits, `1.` and up to three zeros; in thousandths.
fn parse_weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, fraction) {
        ("0", _) => Some(fraction),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// The parts of `text` between separators that stand outside quoted strings.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        let splits = c == separator && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        splits
    })
}

/// A token of RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn exact_weight(ranges: &[Range], format: Format) -> Option<u16> {
    ranges
        .iter()
        .filter(|range| range.kind == "image" && format.info().subtypes.contains(&range.subtype.as_str()))
        .map(|range| range.weight)
        .max()
}

fn wildcard_weight(ranges: &[Range], kind: &str) -> Option<u16> {
    ranges.iter().filter(|range| range.kind == kind && range.subtype == "*").map(|range| range.weight).max()
}

/// What a browser that sends no image types can show, by its own name: the table that webp_server_go users know.
fn user_agent_formats(agent: &str) -> Vec<Format> {
    let mut formats = Vec::new();
    let mut add = |version: Option<u32>, table: &[(u32, Format)]| {
        let known = table.iter().filter(|(from, _)| version.is_some_and(|version| version >= *from));
        formats.extend(known.map(|(_, format)| *format));
    };
    if agent.contains("iPhone") || agent.contains("iPad") || agent.contains("iPod") {
        let version = number_after(agent, " OS ");
        add(version, &[(14, Format::WebP), (16, Format::Avif), (17, Format::Jxl)]);
    }
    // Chrome names Safari too, but gives no `Version/`; Android's old WebView gives both.
    if agent.contains("Safari/") && !agent.contains("Chrome/") && !agent.contains("Android") {
        add(number_after(agent, "Version/"), &[(17, Format::Heic)]);
    }
    add(number_after(agent, "Firefox/"), &[(133, Format::WebP), (93, Format::Avif)]);
    formats
}

fn number_after(text: &str, mark: &str) -> Option<u32> {
    let (_, rest) = text.split_once(mark)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// A set of formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FormatSet(u16);

impl FormatSet {
    const NONE: Self = Self(0);
    const ALL: Self = Self(u16::MAX);

    const fn contains(self, format: Format) -> bool {
        self.0 & (1 << format as u16) != 0
    }

    const fn insert(&mut self, format: Format) {
        self.0 |= 1 << format as u16;
    }
}
