//! What `slimpix convert` says: a line a file as text or JSON, and a progress bar when a person looks on.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::task::JoinError;

use crate::{
    codec::Format,
    error::Error,
    native::{
        conversions::{Conversion, Input},
        shown::{say, shown, shown_json},
    },
    pixel::Size,
};

/// A finished conversion.
#[derive(Debug)]
pub(crate) struct Done {
    /// `None` is standard output.
    pub(crate) output: Option<PathBuf>,
    pub(crate) in_bytes: u64,
    pub(crate) out_bytes: u64,
    pub(crate) size: Size,
    pub(crate) format: Format,
    pub(crate) came: Came,
    /// What was stated and reserved, not what was measured.
    pub(crate) peak_bytes: u64,
    pub(crate) elapsed: Duration,
}

/// What came of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// A new file.
    Made,
    /// The picture as it is, since it moves.
    Animation,
    /// The picture as it is, since it would have grown in its own format.
    Grew,
    /// The picture stays where it is: in its place another one would save next to nothing.
    Stays,
    /// Nothing: it would be no smaller than the picture.
    NotWritten,
    /// Nothing yet: that is what would be made.
    Planned,
}

impl Came {
    /// What is added to the line of a file.
    const fn words(self) -> &'static str {
        match self {
            Self::Made | Self::Planned => "",
            Self::Animation => ", an animation, as it is",
            Self::Grew => ", as it is: made anew it is no smaller",
            Self::Stays => ", stays as it is: made anew it saves less than 2 %",
            Self::NotWritten => ", not written: it is no smaller",
        }
    }

    const fn is_as_is(self) -> bool {
        matches!(self, Self::Animation | Self::Grew | Self::Stays)
    }
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
    /// Only what went wrong.
    Quiet,
}

/// Where the lines go.
pub(crate) struct Report {
    form: Form,
    to_stderr: bool,
    bar: ProgressBar,
    in_bytes: u64,
    out_bytes: u64,
    results: u64,
    failed: u64,
    passed_by: u64,
    /// A line could not be written.
    is_cut: bool,
}

impl Report {
    /// A report of `jobs` files. Lines go to standard output, unless pictures do.
    pub(crate) fn new(jobs: usize, form: Form, pictures_on_stdout: bool) -> Self {
        // It hides itself where standard error is no terminal.
        let bar = if form == Form::Quiet { ProgressBar::hidden() } else { ProgressBar::new(jobs as u64) };
        let template = match jobs {
            0 | 1 => "{spinner} {elapsed} {wide_msg}",
            _ => "{spinner} {bar:30} {pos}/{len} {elapsed}, {eta} to go {wide_msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            form,
            to_stderr: pictures_on_stdout,
            bar,
            in_bytes: 0,
            out_bytes: 0,
            results: 0,
            failed: 0,
            passed_by: 0,
            is_cut: false,
        }
    }

    /// A file is worked at.
    pub(crate) fn begun(&self, job: &Conversion) {
        self.bar.set_message(shown(&job.input.name()));
    }

    /// A file is done, one way or another.
    pub(crate) fn ended(&self) {
        self.bar.inc(1);
    }

    /// A result is made.
    pub(crate) fn done(&mut self, job: &Conversion, done: &Done) {
        let input = job.input.name();
        let output = match &done.output {
            Some(path) => path.display().to_string(),
            None if done.came == Came::NotWritten => String::new(),
            None => "-".to_owned(),
        };
        if done.came != Came::Planned {
            self.results += 1;
            self.in_bytes += done.in_bytes;
            self.out_bytes += done.out_bytes;
        }
        let line = match self.form {
            Form::Quiet => return,
            Form::Json => shown_json(&as_json(&input, &output, done).to_string()),
            Form::Text => shown(&as_text(&input, &output, done)),
        };
        self.line(&line);
    }

    /// A file failed, or is of a kind that is passed by.
    pub(crate) fn failed(&mut self, job: &Conversion, error: &Error, passed_by: bool) {
        let input = match &job.input {
            Input::Stdin => "-".to_owned(),
            other => other.name(),
        };
        if self.form == Form::Json {
            let outcome = if passed_by { "passed_by" } else { "error" };
            let line = json!({ "input": input, outcome: error.to_string(), "kind": error.kind().as_str() })
                .to_string();
            self.line(&shown_json(&line));
        }
        let (word, count) = match passed_by {
            true => ("passed by", &mut self.passed_by),
            false => ("failed", &mut self.failed),
        };
        *count += 1;
        self.complain(&format!("slimpix: {}: {word}: {error}", job.input.name()));
    }

    /// Something in a folder isn't converted.
    pub(crate) fn passed_by(&mut self, path: &Path, why: &str) {
        self.passed_by += 1;
        match self.form {
            Form::Quiet => {}
            Form::Json => {
                let line = json!({ "input": path.to_string_lossy(), "passed_by": why }).to_string();
                self.line(&shown_json(&line));
            }
            Form::Text => self.complain(&format!("slimpix: {}: passed by: {why}", path.display())),
        }
    }

    /// A job ended without a result.
    pub(crate) fn broken(&mut self, failure: &JoinError) {
        self.failed += 1;
        self.complain(&format!("slimpix: a job broke off: {failure}"));
    }

    /// So many results were there already, and newer than their pictures.
    pub(crate) fn up_to_date(&mut self, count: usize) {
        match count {
            0 => {}
            _ if self.form == Form::Quiet => {}
            _ if self.form == Form::Json => self.line(&json!({ "up_to_date": count }).to_string()),
            1 => self.line("1 result is newer than its picture and stays; --force makes it again"),
            _ => {
                self.line(&format!(
                    "{count} results are newer than their pictures and stay; --force makes them again"
                ));
            }
        }
    }

    /// All is done; true if all of it could be told.
    pub(crate) fn finish(&mut self) -> bool {
        self.bar.finish_and_clear();
        let is_worth_it = self.results > 1 || self.results > 0 && self.failed + self.passed_by > 0;
        if self.form == Form::Text && is_worth_it {
            let share = self.out_bytes * 100 / self.in_bytes.max(1);
            let (before, after) = (HumanBytes(self.in_bytes), HumanBytes(self.out_bytes));
            let mut line = format!("{} files: {before} -> {after} ({share} %)", self.results);
            for (count, words) in [(self.failed, "failed"), (self.passed_by, "passed by")] {
                if count > 0 {
                    line.push_str(&format!(", {count} {words}"));
                }
            }
            self.line(&line);
        }
        !self.is_cut
    }

    /// No failure to write is a reason to stop converting. A reader that is gone isn't one to fail, either.
    fn line(&mut self, text: &str) {
        let to_stderr = self.to_stderr;
        let said = self.bar.suspend(|| {
            if to_stderr { say(io::stderr().lock(), text) } else { say(io::stdout().lock(), text) }
        });
        if let Err(error) = said
            && !std::mem::replace(&mut self.is_cut, true)
        {
            self.complain(&format!("slimpix: what was done can't be told: {error}"));
        }
    }

    fn complain(&self, text: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(io::stderr(), "{}", shown(text));
        });
    }
}

fn as_json(input: &str, output: &str, done: &Done) -> serde_json::Value {
    if done.came == Came::Planned {
        return json!({ "input": input, "output": output, "in_bytes": done.in_bytes, "planned": true });
    }
    let Size { width, height } = done.size;
    let ms = done.elapsed.as_millis() as u64;
    let mut line = json!({
        "input": input, "output": output, "in_bytes": done.in_bytes, "out_bytes": done.out_bytes,
        "width": width, "height": height, "ms": ms, "peak_bytes": done.peak_bytes,
        "peak_is": "reserved", "format": done.format, "as_is": done.came.is_as_is(),
    });
    if done.came == Came::NotWritten {
        line["output"] = serde_json::Value::Null;
    }
    line
}

fn as_text(input: &str, output: &str, done: &Done) -> String {
    let (before, after) = (HumanBytes(done.in_bytes), HumanBytes(done.out_bytes));
    match done.came {
        Came::Planned => format!("{input} ({before}) would become {output}"),
        Came::NotWritten => format!("{input}: {before}{}", done.came.words()),
        Came::Stays => format!("{input}: {before}{}", done.came.words()),
        came => {
            let share = done.out_bytes * 100 / done.in_bytes.max(1);
            let (Size { width, height }, ms) = (done.size, done.elapsed.as_millis());
            let words = came.words();
            format!("{input} -> {output}: {before} -> {after} ({share} %), {width}x{height}, {ms} ms{words}")
        }
    }
}
