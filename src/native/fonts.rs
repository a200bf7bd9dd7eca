//! The files of fonts that the setting `FONTS` stands for.

use std::{
    collections::BTreeSet,
    env, fs, path,
    path::{Path, PathBuf},
};

/// The words that aren't folders.
pub(super) const SYSTEM: &str = "system";
const NONE: &str = "none";

/// Where systems keep fonts, and where people do, below their homes.
const SYSTEM_FOLDERS: [&str; 6] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/run/current-system/sw/share/X11/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:\\Windows\\Fonts",
];
const HOME_FOLDERS: [&str; 3] = [".fonts", ".local/share/fonts", "Library/Fonts"];

/// How deep folders are looked through, and how many files are taken.
const MAX_DEPTH: usize = 8;
const MAX_FILES: usize = 4096;
/// The longest file: a drawing's process maps it beside what it is given of memory.
const MAX_BYTES: u64 = 24 << 20;

/// All files, in the order of their names. A named folder that can't be read is told of.
pub(super) fn files(named: &str, warnings: &mut Vec<String>) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    match named.trim() {
        "" | NONE => {}
        SYSTEM => {
            let home = env::var_os("HOME").map(PathBuf::from);
            let own = home.iter().flat_map(|home| HOME_FOLDERS.map(|folder| home.join(folder)));
            SYSTEM_FOLDERS
                .map(PathBuf::from)
                .into_iter()
                .chain(own)
                .for_each(|it| gather(&it, 0, &mut found));
        }
        folders => {
            for folder in env::split_paths(folders) {
                match path::absolute(&folder).and_then(|folder| fs::read_dir(&folder).map(|_| folder)) {
                    Ok(folder) => gather(&folder, 0, &mut found),
                    Err(error) => warnings.push(format!("FONTS: {}: {error}", folder.display())),
                }
            }
        }
    }
    found.into_iter().collect()
}

fn gather(folder: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        let Ok(about) = fs::metadata(&path) else { continue };
        if about.is_dir() && depth < MAX_DEPTH {
            gather(&path, depth + 1, found);
        } else if about.is_file() && about.len() <= MAX_BYTES && is_font(&path) && found.len() < MAX_FILES {
            found.insert(path);
        }
    }
}

/// True for the name of a font, which can be told to another process.
fn is_font(path: &Path) -> bool {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    path.to_str().is_some()
        && ["ttf", "otf", "ttc", "otc"].iter().any(|it| it.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_found_in_folders_and_nothing_else_is() {
        let place = tempfile::tempdir().expect("folder");
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("a/b")).expect("folder");
        for name in ["z.ttf", "a/y.OTF", "a/b/x.ttc", "a/readme.txt"] {
            fs::write(at(name), "font").expect("written");
        }
        let both = env::join_paths([at("a"), at("none"), at("a/b")]).expect("no colon");
        let mut warnings = Vec::new();
        let found = files(both.to_str().expect("text"), &mut warnings);
        assert_eq!(found, [at("a/b/x.ttc"), at("a/y.OTF")]);
        assert!(matches!(&warnings[..], [warning] if warning.contains("none")), "{warnings:?}");
        assert!(files(NONE, &mut warnings).is_empty() && files("", &mut warnings).is_empty());
    }
}
