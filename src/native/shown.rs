//! Names as people may see them: a file can be called anything, and what it is called must neither steer a terminal nor
//! turn the text around it.

use std::{
    fmt::Write as _,
    io::{self, Write},
    path::Path,
};

/// A text with all that is not to be seen as such escaped.
pub(crate) fn shown(text: &str) -> String {
    escaped(text, |out, c| write!(out, "\\u{{{:x}}}", u32::from(c)))
}

/// A path in the same way.
pub(crate) fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy())
}

/// JSON that says the same, with such characters escaped in its own way.
pub(crate) fn shown_json(json: &str) -> String {
    // All of them have four digits at the most, and in JSON they stand in strings alone.
    escaped(json, |out, c| write!(out, "\\u{:04x}", u32::from(c)))
}

/// Writes a line. A reader that is gone is no failure.
///
/// # Errors
/// What the system says of anything else: a full disk above all.
pub(crate) fn say(mut to: impl Write, line: &str) -> io::Result<()> {
    match writeln!(to, "{line}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

fn escaped(text: &str, escape: impl Fn(&mut String, char) -> std::fmt::Result) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            // A text takes whatever is written.
            let _ = escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// True for controls (C0, DEL, C1), the separators of lines and paragraphs, and what changes the direction of a text
/// (Unicode's `Bidi_Control`).
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_escaped_and_all_else_stays() {
        assert_eq!(shown("a\x1b[31m\n\u{9b}\u{202e}é 猫.jpg"), "a\\u{1b}[31m\\u{a}\\u{9b}\\u{202e}é 猫.jpg");
        let name = "a\x1b\u{7f}\u{9b}\u{2066}\u{2028}é";
        let json = shown_json(&serde_json::json!({ "name": name }).to_string());
        assert!(!json.chars().any(steers), "{json}");
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read["name"], name);
    }

    #[test]
    fn only_a_reader_that_is_gone_is_no_failure() {
        struct Fails(io::ErrorKind);
        impl Write for Fails {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(say(Fails(io::ErrorKind::BrokenPipe), "x").is_ok());
        assert!(say(Fails(io::ErrorKind::StorageFull), "x").is_err());
    }
}
