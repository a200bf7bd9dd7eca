//! The rings hold: `pixel → codec → convert → settings → service → { native | edge | browser }`, read from the
//! sources' own words.

use crate::support::sources::sources;

const HOSTS: [&str; 3] = ["native", "edge", "browser"];

/// Each ring, and what it may name of the crate beside itself.
const RINGS: [(&str, &[&str]); 15] = [
    ("error", &[]),
    ("pixel", &["error", "limits"]),
    ("limits", &["error", "pixel"]),
    ("simd", &["error"]),
    ("codec", &["error", "limits", "pixel", "simd"]),
    ("convert", &["error", "limits", "pixel", "simd", "codec"]),
    ("settings", &["codec", "convert"]),
    ("service", &["error", "limits", "pixel", "codec", "convert", "settings"]),
    ("native", &["error", "limits", "pixel", "codec", "convert", "settings", "service"]),
    ("edge", &["error", "limits", "pixel", "codec", "convert", "settings", "service"]),
    ("browser", &["error", "limits", "pixel", "codec", "convert"]),
    ("row_encoder", &["error", "limits", "pixel", "codec"]),
    ("webp", &["error", "pixel", "codec", "row_encoder"]),
    ("avif", &["error", "pixel", "codec", "row_encoder"]),
    ("rav1e", &["error", "limits", "pixel", "codec", "convert"]),
];

const FORMATS: [&str; 11] =
    ["avif", "bmp", "gif", "heic", "ico", "jpeg", "jxl", "png", "svg", "tiff", "webp"];

#[test]
fn no_ring_imports_one_to_its_right() {
    assert!(sources().iter().any(|source| HOSTS.contains(&source.ring())), "no host is there");
    for source in sources() {
        let Some((_, allowed)) = RINGS.iter().find(|(ring, _)| *ring == source.ring()) else {
            assert!(["lib", "main"].contains(&source.ring()), "{} belongs to no ring", source.name());
            continue;
        };
        for named in source.named_after("crate::") {
            let is_allowed = named == source.ring() || allowed.contains(&named.as_str());
            assert!(is_allowed, "{} names crate::{named}", source.name());
        }
    }
}

#[test]
fn the_service_never_converts() {
    let forbidden = [
        "codec::decode",
        "codec::encode",
        "convert::convert",
        "convert::describe(",
        "tokio",
        "std::fs",
        "std::net",
        "std::env",
        "::now()",
        "async ",
        ".await",
    ];
    for source in sources().into_iter().filter(|source| source.ring() == "service") {
        for word in forbidden {
            assert!(!source.text.contains(word), "{} says {word}", source.name());
        }
    }
}

#[test]
fn formats_never_import_each_other() {
    for source in sources().into_iter().filter(|source| source.ring() == "codec") {
        let Some(own) = FORMATS.into_iter().find(|format| source.part(1) == *format) else { continue };
        for mark in ["codec::", "super::"] {
            // Inside a format's folder `super::` is the format itself.
            if mark == "super::" && source.path.components().count() > 2 {
                continue;
            }
            for named in source.named_after(mark) {
                let is_other = FORMATS.contains(&named.as_str()) && named != own;
                assert!(!is_other, "{} names {mark}{named}", source.name());
            }
        }
    }
}

#[test]
fn hosts_are_chosen_in_one_file() {
    for source in sources() {
        if [
            "lib.rs",
            "codec/mod.rs",
            "codec/avif/mod.rs",
            "codec/heic/mod.rs",
            "codec/jxl/mod.rs",
            "codec/svg/mod.rs",
            // Outside crates that most who serve folders don't want to build.
            "native/bucket/mod.rs",
            "native/traces/mod.rs",
        ]
        .contains(&source.name().as_str())
        {
            continue;
        }
        for (at, _) in source.text.match_indices("cfg(").chain(source.text.match_indices("cfg!(")) {
            let condition =
                &source.text[at..source.text[at..].find(']').map_or(source.text.len(), |end| at + end)];
            let is_host = condition.contains("feature") || condition.contains("wasm32");
            assert!(!is_host, "{}: {condition}", source.name());
        }
    }
}
