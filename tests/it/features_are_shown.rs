//! Each thing that docs/features.md says of slimpix is shown by tests that are there, and README leads to it.

use std::{collections::BTreeSet, fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How many things servers of pictures are compared by, and how many none of the others had.
const ROWS: usize = 39;
const POINTS: &str = "abcdefghijklmnopq";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The tables' lines: what is meant, what slimpix does, what shows it.
fn rows() -> Vec<[String; 3]> {
    let text = read("docs/features.md");
    let (text, _) = text.split_once("## What it doesn't do").expect("what it doesn't do stands at the end");
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let cells = |line: &str| {
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("not three cells: {cells:?}"))
    };
    rows.map(cells).collect()
}

/// What stands between backticks.
fn named(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Why a test isn't there.
fn missing(test: &str) -> Option<String> {
    let (path, name, is_unit) = match test.split_once("::") {
        Some((module, name)) => (format!("tests/it/{module}.rs"), Some(name), true),
        None => match test.split_once(": ") {
            Some((path, name)) => (path.to_owned(), Some(name), path.ends_with(".rs")),
            None => (test.to_owned(), None, false),
        },
    };
    let Ok(text) = fs::read_to_string(Path::new(ROOT).join(&path)) else { return Some(format!("no {path}")) };
    let is_there = match (name, is_unit) {
        (None, _) => true,
        // Its attributes stand above it.
        (Some(name), true) => {
            let at = text.find(&format!("fn {name}("));
            at.is_some_and(|at| {
                let above = text[..at].trim_end().trim_end_matches("async").trim_end().lines().rev();
                above.take_while(|line| !line.trim().is_empty()).any(|line| line.contains("test"))
            })
        }
        (Some(name), false) => {
            ["\"", "'", "`"].iter().any(|quote| text.contains(&format!("test({quote}{name}")))
        }
    };
    (!is_there).then(|| format!("no test {} in {path}", name.unwrap_or_default()))
}

#[test]
fn whatever_shows_a_feature_is_there() {
    let rows = rows();
    let mut wrong = Vec::new();
    for [what, does, shown] in &rows {
        let tests = named(shown);
        if does.is_empty() || tests.is_empty() {
            wrong.push(format!("{what}: nothing shows it"));
        }
        wrong.extend(tests.into_iter().filter_map(missing).map(|why| format!("{what}: {why}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let modules = read("tests/it/main.rs");
    for [.., shown] in &rows {
        for module in named(shown).into_iter().filter_map(|test| Some(test.split_once("::")?.0)) {
            assert!(modules.contains(&format!("mod {module};")), "{module} is no part of the tests");
        }
    }
}

#[test]
fn no_feature_is_left_out() {
    let rows = rows();
    let whats: BTreeSet<&str> = rows.iter().map(|[what, ..]| &**what).collect();
    assert_eq!(whats.len(), rows.len(), "one line each");
    let is_point = |what: &&&str| what.as_bytes().get(1) == Some(&b'.');
    let points: String = whats.iter().filter(is_point).map(|what| &what[..1]).collect();
    assert_eq!((rows.len() - points.len(), &*points), (ROWS, POINTS));
    assert!(read("README.md").contains("(docs/features.md)"), "README leads there");
}

#[test]
fn what_is_not_there_is_noticed() {
    for test in [
        "features_are_shown::no_such_test",
        "no_such_module::a_test",
        "features_are_shown::rows",
        "src/native/pool/tests.rs: no_such_test",
        "tests/edge/once.test.mjs: no such test",
        "tests/no-such-file",
    ] {
        assert!(missing(test).is_some(), "{test}");
    }
    for test in
        ["features_are_shown::what_is_not_there_is_noticed", "tests/edge/once.test.mjs", "tests/deploy/run"]
    {
        assert_eq!(missing(test), None);
    }
}
