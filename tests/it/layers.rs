//! The rings hold: `pixel → codec → convert → settings → service → { native | edge | browser }`, read from the sources' own words.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const HOSTS: [&str; 3] = ["native", "edge", "browser"];

/// Each ring, and what it may name of the crate beside itself.
const RINGS: [(&str, &[&str]); 13] = [
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
    ("webp", &["error", "limits", "pixel", "codec"]),
    ("avif", &["error", "limits", "pixel", "codec", "convert"]),
];

const FORMATS: [&str; 11] =
    ["avif", "bmp", "gif", "heif", "ico", "jpeg", "jxl", "png", "svg", "tiff", "webp"];

#[test]
fn no_ring_imports_one_to_its_right() {
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
        if ["lib.rs", "codec/mod.rs", "codec/avif/mod.rs"].contains(&source.name().as_str()) {
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

struct Source {
    /// Below `src`.
    path: PathBuf,
    /// Without its comments.
    text: String,
}

impl Source {
    fn name(&self) -> String {
        self.path.to_string_lossy().replace('\\', "/")
    }

    /// A part of the path, without the extension.
    fn part(&self, index: usize) -> &str {
        let part = self.path.components().nth(index).and_then(|part| part.as_os_str().to_str()).unwrap_or("");
        part.trim_end_matches(".rs")
    }

    fn ring(&self) -> &str {
        self.part(0)
    }

    /// The words that follow a path's beginning: one, or one for each item of a braced group.
    fn named_after(&self, mark: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (at, _) in self.text.match_indices(mark) {
            let rest = &self.text[at + mark.len()..];
            match rest.strip_prefix('{') {
                Some(group) => names.extend(items(group)),
                None => names.extend(word(rest)),
            }
        }
        names
    }
}

/// The first word of each item of a group, up to its closing brace.
fn items(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.extend(word(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.extend(word(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    assert!(sources.iter().any(|source| HOSTS.contains(&source.ring())), "no host under {}", root.display());
    sources
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let path = path.strip_prefix(root).unwrap().to_owned();
            into.push(Source { path, text: code.join("\n") });
        }
    }
}
