//! No two files of the crate import each other, be it by way of others: whoever reads one needs to know only what
//! lies below.
//!
//! A folder's `mod.rs` may use what it holds and be used by it; it is a door and no room. What `use` and paths that
//! begin with `crate`, `self` or `super` name is followed through re-exports to the file where it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sources::{Source, sources};

/// The steps of the service's state machine, each of which makes the next one.
const STATE_MACHINE: [&str; 3] = ["service/exchange.rs", "service/respond.rs", "service/steps.rs"];

#[test]
fn no_files_import_each_other() {
    let tree = Tree::new(sources());
    let mut circles = Vec::new();
    for from in tree.files() {
        let reached = tree.reached_from(from);
        if reached.contains(from) {
            circles.push(from);
        }
    }
    circles.retain(|file| !STATE_MACHINE.contains(file));
    assert!(circles.is_empty(), "files that import each other: {circles:#?}");
}

#[test]
fn a_circle_would_be_found() {
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.to_owned() };
    let tree = Tree::new(vec![
        source("a/mod.rs", "mod b;\nmod c;\npub use self::c::{Three, Four};"),
        source("a/b.rs", "use super::{\n    Three,\n    d::e as f,\n};"),
        source("a/c.rs", "fn c() { crate::a::b::two() }"),
        source("a/d.rs", "use std::fmt;"),
    ]);
    assert_eq!(tree.imports["a/b.rs"], BTreeSet::from(["a/c.rs".to_owned(), "a/d.rs".to_owned()]));
    assert!(tree.reached_from("a/b.rs").contains("a/b.rs"));
    assert!(!tree.reached_from("a/d.rs").contains("a/d.rs"));
}

/// The files of the crate by their modules, and what each of them imports.
struct Tree {
    sources: BTreeMap<Vec<String>, Source>,
    imports: BTreeMap<String, BTreeSet<String>>,
}

impl Tree {
    fn new(sources: Vec<Source>) -> Self {
        let sources = sources.into_iter().map(|source| (source.module(), source)).collect();
        let mut tree = Self { sources, imports: BTreeMap::new() };
        for (module, source) in &tree.sources {
            let is_room = !["mod.rs", "lib.rs", "main.rs"].contains(&source.file_name());
            if is_room && !source.is_test() {
                let named = source.paths().into_iter().filter_map(|path| tree.file_of(&path, module, 0));
                let named = named.map(|file| tree.sources[&file].name());
                let others = named.filter(|name| *name != source.name()).collect();
                tree.imports.insert(source.name(), others);
            }
        }
        tree
    }

    fn files(&self) -> impl Iterator<Item = &str> {
        self.imports.keys().map(String::as_str)
    }

    /// All files that a file needs, itself only where it is in a circle.
    fn reached_from(&self, from: &str) -> BTreeSet<&str> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            for next in self.imports.get(file).into_iter().flatten() {
                if reached.insert(next.as_str()) {
                    open.push(next);
                }
            }
        }
        reached
    }

    /// The module in whose file stands what a path names, seen from a module. `None` for what is no part of the crate.
    fn file_of(&self, path: &[String], from: &[String], depth: usize) -> Option<Vec<String>> {
        let mut names = path.iter().map(String::as_str).peekable();
        let mut at = from.to_vec();
        match *names.peek()? {
            "crate" => at.clear(),
            "self" | "super" => {}
            name if self.sources.contains_key(&[&at[..], &[name.to_owned()]].concat()) => {}
            _ => return None,
        }
        while let Some(name) = names.next_if(|name| ["crate", "self", "super"].contains(name)) {
            if name == "super" {
                at.pop();
            }
        }
        while let Some(name) = names.peek() {
            let below = [&at[..], &[(*name).to_owned()]].concat();
            if !self.sources.contains_key(&below) {
                break;
            }
            at = below;
            names.next();
        }
        let source = self.sources.get(&at)?;
        let Some(name) = names.next() else { return Some(at) };
        let exported = source.exports().into_iter().find(|path| path.last().is_some_and(|last| last == name));
        exported.filter(|_| depth < 8).and_then(|path| self.file_of(&path, &at, depth + 1)).or(Some(at))
    }
}
