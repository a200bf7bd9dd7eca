//! What `slimpix convert` says: a line a file as text or JSON, and a progress bar when a person looks on.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::task::JoinError;

use crate::{
    codec::Format,
    error::Error,
    native::{
        inputs::{Input, Job},
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
    /// Nothing was converted: an animation goes through as it is.
    pub(crate) as_is: bool,
    /// What was stated and reserved, not what was measured.
    pub(crate) peak_bytes: u64,
    pub(crate) elapsed: Duration,
}

/// Where the lines go.
pub(crate) struct Report {
    json: bool,
    to_stderr: bool,
    bar: ProgressBar,
    in_bytes: u64,
    out_bytes: u64,
    files: u64,
    /// A line could not be written.
    is_cut: bool,
}

impl Report {
    /// A report of `jobs` files. Lines go to standard output, unless pictures do.
    pub(crate) fn new(jobs: usize, json: bool, pictures_on_stdout: bool) -> Self {
        let bar = if jobs > 1 { ProgressBar::new(jobs as u64) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} to go") {
            bar.set_style(style);
        }
        Self { json, to_stderr: pictures_on_stdout, bar, in_bytes: 0, out_bytes: 0, files: 0, is_cut: false }
    }

    /// A file is converted.
    pub(crate) fn done(&mut self, job: &Job, done: &Done) {
        self.bar.inc(1);
        self.files += 1;
        self.in_bytes += done.in_bytes;
        self.out_bytes += done.out_bytes;
        let input = job.input.name();
        let output = done.output.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string());
        let Size { width, height } = done.size;
        let ms = done.elapsed.as_millis() as u64;
        let line =
            if self.json {
                shown_json(&json!({
                "input": input, "output": output, "in_bytes": done.in_bytes, "out_bytes": done.out_bytes,
                "width": width, "height": height, "ms": ms, "peak_bytes": done.peak_bytes,
                "peak_is": "reserved", "format": done.format, "as_is": done.as_is,
            })
            .to_string())
            } else {
                let share = done.out_bytes * 100 / done.in_bytes.max(1);
                let (before, after) = (HumanBytes(done.in_bytes), HumanBytes(done.out_bytes));
                let as_is = if done.as_is { ", an animation, as it is" } else { "" };
                shown(&format!(
                    "{input} -> {output}: {before} -> {after} ({share} %), {width}x{height}, {ms} ms{as_is}"
                ))
            };
        self.line(&line);
    }

    /// A file failed, or is of a kind that is passed by.
    pub(crate) fn failed(&mut self, job: &Job, error: &Error, passed_by: bool) {
        self.bar.inc(1);
        let input = match &job.input {
            Input::Stdin => "-".to_owned(),
            other => other.name(),
        };
        if self.json {
            let outcome = if passed_by { "passed_by" } else { "error" };
            let kind = format!("{:?}", error.kind()).to_lowercase();
            let line = json!({ "input": input, outcome: error.to_string(), "kind": kind }).to_string();
            self.line(&shown_json(&line));
        }
        let word = if passed_by { "passed by" } else { "failed" };
        self.complain(&format!("slimpix: {}: {word}: {error}", job.input.name()));
    }

    /// A job ended without a result.
    pub(crate) fn broken(&mut self, failure: &JoinError) {
        self.bar.inc(1);
        self.complain(&format!("slimpix: a job broke off: {failure}"));
    }

    /// So many results were there already, and newer than their pictures.
    pub(crate) fn up_to_date(&mut self, count: usize) {
        match count {
            0 => {}
            _ if self.json => self.line(&json!({ "up_to_date": count }).to_string()),
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
        if self.files > 1 && !self.json {
            let share = self.out_bytes * 100 / self.in_bytes.max(1);
            let (before, after) = (HumanBytes(self.in_bytes), HumanBytes(self.out_bytes));
            let line = format!("{} files: {before} -> {after} ({share} %)", self.files);
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
