//! `slimpix doctor`: a webp_server_go `config.json` explained key by key, and `-dump-config`.
//!
//! It reads what it can even where `serve` would refuse the file, and says why that would be.

use std::{fs, path::Path};

use serde_json::{Map, Value};

use crate::{
    error::{Error, Kind, Result},
    native::{
        config::Written,
        keys::{self, KEYS},
        resolve,
    },
};

/// What the doctor says.
pub(crate) struct Report {
    /// Lines for people.
    pub(crate) text: String,
    /// True if `serve` accepts the file.
    pub(crate) sound: bool,
}

/// Explains a file.
///
/// # Errors
/// `Io` or `NotFound` when it can't be read, `Parameter` when it is no JSON object.
pub(crate) fn examine(path: &Path) -> Result<Report> {
    let name = path.display();
    let unreadable =
        |source| Error::with_source(Kind::NotFound, format!("can't read the configuration {name}"), source);
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let written: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|source| Error::with_source(Kind::Parameter, format!("{name}: no JSON object"), source))?;
    let verdict = Written::from_file(path).and_then(resolve::resolve);

    let mut lines = vec![format!("{name}: {} keys", written.len()), String::new()];
    for (key, value) in &written {
        explain(key, value, &mut lines);
    }
    let absent: Vec<String> = KEYS
        .iter()
        .filter(|key| !written.contains_key(key.name))
        .map(|key| {
            let of_files = keys::OF_FILES.iter().find(|(name, _)| *name == key.name);
            let value = of_files.map_or(key.default, |(_, value)| value);
            let value = if value == "null" { "not set".to_owned() } else { format!("= {value}") };
            format!("  {} {value}: {}", key.name, key.meaning)
        })
        .collect();
    lines.extend([String::new(), "Not in the file, so at their defaults:".to_owned()]);
    lines.extend(absent);
    lines.push(String::new());
    match &verdict {
        Ok(settings) => {
            lines.extend(settings.warnings.iter().map(|warning| format!("Mind: {warning}.")));
            lines.push(match settings.folders.max_bytes {
                0 => "What is kept may fill the disk.".to_owned(),
                bytes => format!("What is kept may take {} MiB here.", bytes >> 20),
            });
            lines.push("slimpix serve takes this file.".to_owned());
        }
        Err(error) => lines.push(format!("slimpix serve refuses this file: {error}")),
    }
    Ok(Report { text: lines.join("\n"), sound: verdict.is_ok() })
}

fn explain(name: &str, value: &Value, lines: &mut Vec<String>) {
    let Some(key) = keys::find(name) else {
        lines.push(format!("{name} = {value}"));
        lines.push(match nearest(name) {
            Some(near) => format!("  UNKNOWN: there is no such key; {near} is near"),
            None => "  UNKNOWN: there is no such key".to_owned(),
        });
        return;
    };
    lines.push(format!("{name} = {value}"));
    lines.push(format!("  {}", key.meaning));
    if !key.differs.is_empty() {
        lines.push(format!("  Note: {}", key.differs));
    }
    if name == "QUALITY" && value.is_number() {
        lines.push("  This file says it as a number: from now on it counts.".to_owned());
    }
}

/// The known key that a misspelt one most likely means: the one with most in common, if it is much.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let likeness = |key: &str| {
        let same_start = key.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        let same_end = key.bytes().rev().zip(name.bytes().rev()).take_while(|(a, b)| a == b).count();
        (same_start + same_end).min(key.len())
    };
    let best = KEYS.iter().max_by_key(|key| likeness(key.name))?;
    (likeness(best.name) * 2 >= name.len().max(best.name.len())).then_some(best.name)
}

/// A `config.json` with every key at its default.
pub(crate) fn default_config() -> String {
    let lines: Vec<String> = KEYS
        .iter()
        .filter(|key| key.default != "null")
        .map(|key| format!("  \"{}\": {}", key.name, key.default))
        .collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dumped_file_says_what_holds_without_it() -> Result<()> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("config.json");
        fs::write(&path, default_config()).expect("written");
        let dumped = resolve::resolve(Written::from_file(&path)?)?;
        let bare = resolve::resolve(Written::default())?;
        assert_eq!(format!("{dumped:?}"), format!("{bare:?}"));
        Ok(())
    }

    #[test]
    fn every_key_is_told_of() -> Result<()> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("config.json");
        fs::write(&path, "{}").expect("written");
        let text = examine(&path)?.text;
        for key in KEYS {
            assert!(text.contains(&format!("  {} ", key.name)), "{} in {text}", key.name);
        }
        assert!(text.contains("HOST = \"0.0.0.0\"") && text.contains("ACCESS_LOG not set"), "{text}");
        Ok(())
    }

    #[test]
    fn a_misspelt_key_is_recognised() {
        assert_eq!(nearest("QUALTY"), Some("QUALITY"));
        assert_eq!(nearest("img_path"), Some("IMG_PATH"));
        assert_eq!(nearest("ZZZ"), None);
    }
}
