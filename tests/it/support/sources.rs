//! The crate's own sources, and what they name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A file of the crate.
pub struct Source {
    /// Below `src`.
    pub path: PathBuf,
    /// Without its comments, and its tests where they stand at its end.
    pub text: String,
}

impl Source {
    /// The path, with slashes.
    pub fn name(&self) -> String {
        self.path.to_string_lossy().replace('\\', "/")
    }

    pub fn file_name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or("")
    }

    /// A part of the path, without the extension.
    pub fn part(&self, index: usize) -> &str {
        let part = self.path.components().nth(index).and_then(|part| part.as_os_str().to_str()).unwrap_or("");
        part.trim_end_matches(".rs")
    }

    /// The folder at the top, or the file there.
    pub fn ring(&self) -> &str {
        self.part(0)
    }

    /// The names of the module, from the crate on.
    pub fn module(&self) -> Vec<String> {
        let count = self.path.components().count();
        let parts = (0..count).map(|index| self.part(index).to_owned());
        let is_last =
            |(at, part): &(usize, String)| at + 1 < count || !["mod", "lib"].contains(&part.as_str());
        parts.enumerate().filter(is_last).map(|(_, part)| part).collect()
    }

    pub fn is_test(&self) -> bool {
        self.module().iter().any(|name| name == "tests")
    }

    /// All that it names by `use`, or by a path from `crate`, `self` or `super` on.
    pub fn paths(&self) -> Vec<Vec<String>> {
        let uses = self.statements("use ").flat_map(expanded);
        // A group has its own statement.
        let inline = ["crate::", "self::", "super::"].into_iter().flat_map(|mark| {
            let starts_word =
                |at: &usize| !self.text[..*at].ends_with(|c: char| c.is_alphanumeric() || ":_".contains(c));
            self.text.match_indices(mark).map(|(at, _)| at).filter(starts_word).filter_map(|at| {
                let rest = &self.text[at..];
                let end =
                    rest.find(|c: char| !c.is_alphanumeric() && !":_".contains(c)).unwrap_or(rest.len());
                (!rest[..end].ends_with("::")).then(|| names(&rest[..end]))
            })
        });
        uses.chain(inline).collect()
    }

    /// What it hands on of other modules.
    pub fn exports(&self) -> Vec<Vec<String>> {
        ["pub use ", "pub(crate) use ", "pub(super) use "]
            .into_iter()
            .flat_map(|mark| self.statements(mark).flat_map(expanded).collect::<Vec<_>>())
            .collect()
    }

    /// The words that follow a path's beginning: one, or one for each item of a braced group.
    pub fn named_after(&self, mark: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, _) in self.text.match_indices(mark) {
            let rest = &self.text[at + mark.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(items(group).into_iter().filter_map(word)),
                None => found.extend(word(rest)),
            }
        }
        found
    }

    /// What follows a mark, up to the semicolon.
    fn statements<'a>(&'a self, mark: &'static str) -> impl Iterator<Item = &'a str> {
        self.text
            .match_indices(mark)
            .filter_map(move |(at, _)| self.text[at + mark.len()..].split(';').next())
    }
}

/// A path with groups as paths without them, and without new names.
fn expanded(path: &str) -> Vec<Vec<String>> {
    match path.split_once('{') {
        None => vec![names(path.split(" as ").next().unwrap_or(path))],
        Some((before, group)) => {
            let below = items(group).into_iter().filter(|item| !item.trim().is_empty()).flat_map(expanded);
            below.map(|rest| [names(before), rest].concat()).collect()
        }
    }
}

fn names(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The items of a group, up to its closing brace.
fn items(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// All files below `src`.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    found
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let path = path.strip_prefix(root).unwrap().to_owned();
            into.push(Source { path, text: code.join("\n") });
        }
    }
}
