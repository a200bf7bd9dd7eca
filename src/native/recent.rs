//! What the log warned of lately, kept for operators: the last lines, whoever reads the log.

use std::{
    collections::VecDeque,
    fmt::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use serde_json::json;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

/// Lines that are kept.
const MOST: usize = 50;

/// Bytes of a line.
const LONGEST: usize = 500;

/// The last lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<VecDeque<Line>>>);

#[derive(Debug)]
struct Line {
    at: SystemTime,
    level: Level,
    text: String,
}

impl Recent {
    /// All lines, the oldest first, as operators get them.
    pub(crate) fn to_json(&self) -> String {
        let lines = self.lines();
        let lines = lines.iter().map(|Line { at, level, text }| {
            let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            json!({ "ms": since.as_millis() as u64, "level": level.as_str(), "text": text })
        });
        serde_json::Value::Array(lines.collect()).to_string()
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<Line>> {
        // They are whole at every moment, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for Recent {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::WARN {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let line = Line { at: SystemTime::now(), level, text: text.joined() };
        let mut lines = self.lines();
        if lines.len() >= MOST {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// A message and its fields, each as long as there is room.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn joined(mut self) -> String {
        self.message.push_str(&self.fields);
        self.message.truncate(self.message.floor_char_boundary(LONGEST));
        self.message
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // What is cut is cut.
        let _ = match field.name() {
            "message" => write!(Short(&mut self.message), "{value:?}"),
            name => write!(Short(&mut self.fields), " {name}={value:?}"),
        };
    }
}

/// Takes text up to [`LONGEST`].
struct Short<'a>(&'a mut String);

impl Write for Short<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        if text.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn the_last_warnings_are_kept_and_no_more() {
        let recent = Recent::default();
        let told = tracing_subscriber::registry().with(recent.clone());
        tracing::subscriber::with_default(told, || {
            for at in 0..MOST + 3 {
                tracing::warn!(at, "warned \"of\" {at}");
                tracing::info!("nobody is warned");
            }
            tracing::error!(source = "é".repeat(LONGEST), "long");
        });
        let lines: serde_json::Value = serde_json::from_str(&recent.to_json()).expect("JSON");
        let lines = lines.as_array().expect("lines");
        assert_eq!(lines.len(), MOST);
        assert_eq!(lines[0]["text"], "warned \"of\" 4 at=4");
        let last = &lines[MOST - 1];
        assert!(last["level"] == "ERROR" && last["ms"].as_u64() > Some(1 << 40), "{last}");
        let text = last["text"].as_str().expect("text");
        assert!(text.starts_with("long source=\"é") && text.len() <= LONGEST, "{text}");
    }
}
