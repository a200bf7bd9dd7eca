//! The access log: a line for each answer when it has ended, in the Common Log Format with three more fields, or as JSON.
//!
//! Lines go to a thread of their own, so that no answer waits for a disk. Where that can't keep up, lines are left
//! out, and the log says how many.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Write},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use http::{Response, Version, request::Parts};
use serde_json::json;

use crate::{
    error::{Error, Kind, Result},
    native::{body::Body, request_id::RequestId, settings},
    service::{Decision, http_date},
};

/// Lines that may wait to be written.
const WAITING: usize = 4096;

/// The log.
#[derive(Debug)]
pub(crate) struct AccessLog {
    lines: SyncSender<String>,
    json: bool,
    /// The file is to be opened anew.
    is_stale: Arc<AtomicBool>,
    lost: Arc<AtomicU64>,
}

impl AccessLog {
    /// Opens the log, and begins to write.
    ///
    /// # Errors
    /// [`Kind::Io`] when the file can't be opened.
    pub(crate) fn open(settings: &settings::AccessLog) -> Result<Arc<Self>> {
        let out = Out::open(settings.place.clone())?;
        let (lines, waiting) = sync_channel(WAITING);
        let (is_stale, lost) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (stale, missed) = (Arc::clone(&is_stale), Arc::clone(&lost));
        thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || write_all(out, &waiting, &stale, &missed))
            .map_err(|source| Error::with_source(Kind::Io, "the access log can't be written", source))?;
        Ok(Arc::new(Self { lines, json: settings.json, is_stale, lost }))
    }

    /// Opens the file anew before the next line: it was moved away.
    pub(crate) fn reopen(&self) {
        self.is_stale.store(true, Ordering::Relaxed);
    }

    /// Begins the line of a client's request.
    pub(crate) fn entry(self: &Arc<Self>, request: &Parts, client: IpAddr) -> Entry {
        Entry {
            log: Arc::clone(self),
            began: Instant::now(),
            at: SystemTime::now(),
            client,
            method: request.method.to_string(),
            target: request.uri.path_and_query().map_or_else(|| "*".to_owned(), ToString::to_string),
            version: request.version,
            status: 0,
            decision: None,
            id: String::new(),
            sent: 0,
        }
    }
}

/// A line, which is written when it is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    log: Arc<AccessLog>,
    began: Instant,
    at: SystemTime,
    client: IpAddr,
    method: String,
    target: String,
    version: Version,
    /// 0 when the client went before there was an answer.
    status: u16,
    decision: Option<Decision>,
    /// Empty when the client went before there was an answer.
    id: String,
    /// Bytes of the body that were handed on.
    pub(crate) sent: u64,
}

impl Entry {
    /// The answer is known.
    pub(crate) fn answered(&mut self, response: &Response<Body>, id: &mut RequestId) {
        id.made().clone_into(&mut self.id);
        self.status = response.status().as_u16();
        self.decision = response.extensions().get().copied();
    }

    fn line(&self) -> String {
        let elapsed = self.began.elapsed();
        let decision = self.decision.map(Decision::name);
        // As nginx has it for clients that leave before the answer.
        let status = if self.status == 0 { 499 } else { self.status };
        if self.log.json {
            let line = json!({
                "time": iso_date(self.at), "client": self.client, "method": self.method, "url": self.target,
                "protocol": protocol(self.version), "status": status, "bytes": self.sent, "decision": decision,
                "ms": milliseconds(elapsed), "request_id": self.id,
            });
            return line.to_string();
        }
        let mut line = String::new();
        // A text takes whatever is written.
        let _ = write!(
            line,
            "{} - - [{}] \"{} {} {}\" {status} {} {} {:.1} {}",
            self.client,
            log_date(self.at),
            self.method,
            quoted(&self.target),
            protocol(self.version),
            self.sent,
            decision.unwrap_or("-"),
            milliseconds(elapsed),
            if self.id.is_empty() { "-" } else { &self.id },
        );
        line
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.log.lines.try_send(self.line()).is_err() {
            self.log.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 10_000.0).round() / 10.0
}

const fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 | Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        _ => "HTTP/2.0",
    }
}

/// Day, month's name, year and time of day, in UTC.
fn parts(time: SystemTime) -> Option<[String; 4]> {
    // As `Sun, 06 Nov 1994 08:49:37 GMT`.
    let date = http_date(time)?;
    let mut parts = date.split(' ').skip(1).map(str::to_owned);
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// As in the Common Log Format: `06/Nov/1994:08:49:37 +0000`.
fn log_date(time: SystemTime) -> String {
    parts(time).map_or_else(
        || "-".to_owned(),
        |[day, month, year, clock]| format!("{day}/{month}/{year}:{clock} +0000"),
    )
}

/// As in RFC 3339: `1994-11-06T08:49:37Z`.
fn iso_date(time: SystemTime) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let [day, month, year, clock] = parts(time)?;
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Some(format!("{year}-{month:02}-{day}T{clock}Z"))
}

/// A target can have quotes and backslashes in it, and must not end its field.
fn quoted(target: &str) -> String {
    let mut text = String::with_capacity(target.len());
    for c in target.chars() {
        match c {
            '"' | '\\' => {
                let _ = write!(text, "\\x{:02X}", u32::from(c));
            }
            c if c.is_control() => {
                let _ = write!(text, "\\x{:02X}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

/// Where lines go.
struct Out {
    place: Option<PathBuf>,
    to: Box<dyn Write + Send>,
}

impl Out {
    fn open(place: Option<PathBuf>) -> Result<Self> {
        let to: Box<dyn Write + Send> = match &place {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(append_to(path)?),
        };
        Ok(Self { place, to })
    }
}

fn append_to(path: &Path) -> Result<File> {
    let failed = |source| {
        Error::with_source(Kind::Io, format!("ACCESS_LOG: {} can't be opened", path.display()), source)
    };
    OpenOptions::new().create(true).append(true).open(path).map_err(failed)
}

/// Writes lines until nobody has any more to give.
fn write_all(mut out: Out, lines: &Receiver<String>, is_stale: &AtomicBool, lost: &AtomicU64) {
    let mut has_failed = false;
    while let Ok(mut line) = lines.recv() {
        if is_stale.swap(false, Ordering::Relaxed) {
            match Out::open(out.place.clone()) {
                Ok(anew) => out = anew,
                Err(error) => tracing::error!("the access log goes on in the old file: {error}"),
            }
        }
        line.push('\n');
        // All that waits is written at once.
        while line.len() < 64 << 10
            && let Ok(more) = lines.try_recv()
        {
            line.push_str(&more);
            line.push('\n');
        }
        let missed = lost.swap(0, Ordering::Relaxed);
        if missed > 0 {
            tracing::warn!("the access log can't keep up: {missed} lines are left out");
        }
        let written = out.to.write_all(line.as_bytes()).and_then(|()| out.to.flush());
        match written {
            Ok(()) => has_failed = false,
            Err(error) if !has_failed => {
                has_failed = true;
                tracing::error!("the access log can't be written: {error}");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_each_form_has_them() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(log_date(time), "06/Nov/1994:08:49:37 +0000");
        assert_eq!(iso_date(time).as_deref(), Some("1994-11-06T08:49:37Z"));
    }

    #[test]
    fn no_target_ends_its_field() {
        assert_eq!(quoted("/a\"b\\c.jpg?x=é"), "/a\\x22b\\x5Cc.jpg?x=é");
    }
}
