//! `slimpix doctor`: a webp_server_go `config.json` explained key by key, and `-dump-config`.
//!
//! It reads what it can even where `serve` would refuse the file, and says why that would be.

use std::path::Path;

use serde_json::{Map, Value};

use crate::{
    codec,
    error::{Error, Kind, Result},
    native::{
        config::{self, Written},
        resolve,
    },
    settings::{About, Definition, server},
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
    let text = config::read_text(path).map_err(unreadable)?;
    let written: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|source| Error::with_source(Kind::Parameter, format!("{name}: no JSON object"), source))?;
    let verdict = Written::from_file(path).and_then(|written| resolve::resolve(&written));

    let mut lines = vec![format!("{name}: {} keys", written.len()), String::new()];
    for (key, value) in &written {
        explain(key, value, &mut lines);
    }
    let is_absent = |about: &About| !written.contains_key(about.name) && !written.contains_key(about.alias);
    let absent: Vec<String> = server::keys()
        .filter(|key| is_absent(key.about()))
        .map(|key| {
            let about = key.about();
            let value = match (about.left_out, key.default()) {
                (Some(json), _) => format!("= {json}"),
                (None, Value::Null) if about.decided_by.is_empty() => "not set".to_owned(),
                (None, Value::Null) => about.decided_by.to_owned(),
                (None, default) => format!("= {default}"),
            };
            format!("  {} {value}: {}", about.name, about.help)
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
            let [faces, families] = codec::count_fonts(&settings.policy.limits.font_files);
            lines.push(match faces {
                0 => "There are no fonts for text in SVG: an SVG with text stays one.".to_owned(),
                _ => format!("Fonts for text in SVG: {faces} faces of {families} families."),
            });
            lines.push("slimpix serve takes this file.".to_owned());
        }
        Err(error) => lines.push(format!("slimpix serve refuses this file: {error}")),
    }
    Ok(Report { text: lines.join("\n"), sound: verdict.is_ok() })
}

fn explain(name: &str, value: &Value, lines: &mut Vec<String>) {
    let about = server::find(name).map(Definition::about);
    lines.push(match about {
        Some(about) if about.is_secret => format!("{name} is set"),
        _ => format!("{name} = {value}"),
    });
    let Some(about) = about else {
        lines.push(format!("  UNKNOWN: {}", config::unknown(name)));
        return;
    };
    lines.push(format!("  {}", about.help));
    if !about.differs.is_empty() {
        lines.push(format!("  Note: {}", about.differs));
    }
    if name == "QUALITY" && value.is_number() {
        lines.push("  This file says it as a number: from now on it counts.".to_owned());
    }
}

/// A `config.json` with every key at its default.
pub(crate) fn default_config() -> String {
    let lines: Vec<String> = server::keys()
        .map(|key| (key.about().name, key.default()))
        .filter(|(_, default)| !default.is_null())
        .map(|(name, default)| format!("  \"{name}\": {default}"))
        .collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_dumped_file_says_what_holds_without_it() -> Result<()> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("config.json");
        fs::write(&path, default_config()).expect("written");
        let dumped = resolve::resolve(&Written::from_file(&path)?)?;
        let bare = resolve::resolve(&Written::default())?;
        assert_eq!(format!("{dumped:?}"), format!("{bare:?}"));
        Ok(())
    }

    #[test]
    fn every_key_is_told_of() -> Result<()> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("config.json");
        fs::write(&path, "{}").expect("written");
        let text = examine(&path)?.text;
        for name in server::keys().map(|key| key.about().name) {
            assert!(text.contains(&format!("  {name} ")), "{name} in {text}");
        }
        assert!(text.contains("HOST = \"0.0.0.0\"") && text.contains("ACCESS_LOG not set"), "{text}");
        Ok(())
    }
}
