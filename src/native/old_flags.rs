//! webp_server_go's command line, rewritten to ours: `-config PATH`, `-prefetch`, `-prefetch-foreground`,
//! `-jobs N`, `-verbosity 0..4`, `-dump-config`, `-V`, with one dash or two, as `-x=v` or `-x v`.

use std::ffi::OsString;

/// The old flags, and whether each takes a value.
const OLD: &[(&str, bool)] = &[
    ("config", true),
    ("jobs", true),
    ("verbosity", true),
    ("prefetch", false),
    ("prefetch-foreground", false),
    ("dump-config", false),
];

/// Rewrites the arguments of a program (the first is its name) where they are of the old kind. A line that begins
/// with such a flag, without a subcommand, is `serve`.
pub(crate) fn rewrite(args: Vec<OsString>) -> Vec<OsString> {
    let serves = match args.get(1).and_then(|arg| arg.to_str()) {
        Some(first) => first == "serve" || old(first).is_some(),
        None => false,
    };
    if !serves {
        return args;
    }
    let mut args = args.into_iter();
    let mut rewritten: Vec<OsString> = args.next().into_iter().collect();
    let mut args = args.peekable();
    if args.next_if(|arg| arg == "serve").is_some() {
        rewritten.push("serve".into());
    } else {
        rewritten.extend(["serve".into(), "--as-webp-server-go".into()]);
    }
    for arg in args {
        match arg.to_str().and_then(old) {
            Some(Some(flag)) => rewritten.push(flag.into()),
            Some(None) => {}
            None => rewritten.push(arg),
        }
    }
    rewritten
}

/// An old flag in our spelling; `Some(None)` where it says nothing (`-prefetch=false`), `None` for all else.
fn old(arg: &str) -> Option<Option<String>> {
    let name = arg.strip_prefix('-')?;
    let name = name.strip_prefix('-').unwrap_or(name);
    let (name, value) = match name.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (name, None),
    };
    let &(_, takes_value) = OLD.iter().find(|(old, _)| *old == name)?;
    match (takes_value, value) {
        (true, Some(value)) => Some(Some(format!("--{name}={value}"))),
        (false, Some("false" | "0" | "f" | "F" | "FALSE" | "False")) => Some(None),
        _ => Some(Some(format!("--{name}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        rewrite(args).iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn old_lines_become_ours() {
        for (line, ours) in [
            ("x -config /a -jobs 3", "x serve --as-webp-server-go --config /a --jobs 3"),
            ("x --config=/a -prefetch=true", "x serve --as-webp-server-go --config=/a --prefetch"),
            ("x -prefetch=false -V", "x serve --as-webp-server-go -V"),
            ("x serve -prefetch-foreground pics", "x serve --prefetch-foreground pics"),
            ("x convert -o a b", "x convert -o a b"),
            ("x -V", "x -V"),
            ("x", "x"),
        ] {
            assert_eq!(rewritten(line), ours);
        }
    }
}
