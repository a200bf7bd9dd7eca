//! How values are written, and what they are read into: numbers, times, switches, texts and maps. Lists of words are in
//! [`super::words`], sizes in [`super::size`].
//!
//! A value is JSON: what `config.json` has (a number, a boolean, a list), or the text that the environment, a flag
//! and a Worker's variable have. Both are read everywhere. What was read needs no further check.

use std::{collections::BTreeMap, fmt::Display, str::FromStr, time::Duration};

use serde_json::Value as Json;

/// How a value is written.
pub trait Grammar: Copy + Sync + 'static {
    /// What it is read into.
    type Value;
    /// What a constant can hold of that.
    type Default: Copy + Sync + 'static;

    /// True for what is on or off.
    const IS_SWITCH: bool = false;

    /// Reads a value.
    ///
    /// # Errors
    /// The value, or the part of it, that is not allowed.
    fn read(self, written: &Json) -> Result<Self::Value, Json>;

    /// What is allowed, to be read after "it is".
    fn allowed(self) -> String;

    /// The value of a default.
    fn value(self, default: Self::Default) -> Self::Value;

    /// A default as it is written. [`Json::Null`] is nothing.
    fn write(self, default: Self::Default) -> Json;
}

/// What is told of a value that isn't allowed.
pub fn refusal(takes: impl Grammar, wrong: &Json) -> String {
    format!("{wrong} is not allowed; it is {}", takes.allowed())
}

/// Reads what a flag or a variable says.
///
/// # Errors
/// What is told of a value that isn't allowed.
pub fn read_text<G: Grammar>(takes: G, text: &str) -> Result<G::Value, String> {
    takes.read(&Json::from(text)).map_err(|wrong| refusal(takes, &wrong))
}

/// The text of a word or a number.
pub(super) fn word(written: &Json) -> Option<String> {
    match written {
        Json::String(text) => Some(text.trim().to_owned()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number from the first to the last.
#[derive(Debug, Clone, Copy)]
pub struct Whole<T>(pub T, pub T);

/// A width or a height, in pixels.
pub const SIDE: Whole<u32> = Whole(1, 65_535);

impl<T: FromStr + PartialOrd + Display + Copy + Into<Json> + Sync + 'static> Grammar for Whole<T> {
    type Value = T;
    type Default = T;

    fn read(self, written: &Json) -> Result<T, Json> {
        let number = word(written).and_then(|text| text.parse().ok());
        number.filter(|number| (self.0..=self.1).contains(number)).ok_or_else(|| written.clone())
    }

    fn allowed(self) -> String {
        format!("a whole number from {} to {}", self.0, self.1)
    }

    fn value(self, default: T) -> T {
        default
    }

    fn write(self, default: T) -> Json {
        default.into()
    }
}

/// A whole number of milliseconds, seconds or minutes.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// In milliseconds.
    unit: u64,
    range: Whole<u64>,
}

impl Time {
    /// So many milliseconds.
    #[must_use]
    pub const fn milliseconds(least: u64, most: u64) -> Self {
        Self { unit: 1, range: Whole(least, most) }
    }

    /// So many seconds.
    #[must_use]
    pub const fn seconds(least: u64, most: u64) -> Self {
        Self { unit: 1_000, range: Whole(least, most) }
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes(least: u64, most: u64) -> Self {
        Self { unit: 60_000, range: Whole(least, most) }
    }
}

impl Grammar for Time {
    type Value = Duration;
    type Default = Duration;

    fn read(self, written: &Json) -> Result<Duration, Json> {
        self.range.read(written).map(|count| Duration::from_millis(count * self.unit))
    }

    fn allowed(self) -> String {
        self.range.allowed()
    }

    fn value(self, default: Duration) -> Duration {
        default
    }

    fn write(self, default: Duration) -> Json {
        (default.as_millis() as u64 / self.unit).into()
    }
}

/// On or off.
#[derive(Debug, Clone, Copy)]
pub struct Switch;

impl Grammar for Switch {
    type Value = bool;
    type Default = bool;

    const IS_SWITCH: bool = true;

    fn read(self, written: &Json) -> Result<bool, Json> {
        if let Json::Bool(on) = written {
            return Ok(*on);
        }
        match word(written).map(|text| text.to_ascii_lowercase()).as_deref() {
            Some("true" | "t" | "1") => Ok(true),
            Some("false" | "f" | "0") => Ok(false),
            _ => Err(written.clone()),
        }
    }

    fn allowed(self) -> String {
        "true or false".to_owned()
    }

    fn value(self, default: bool) -> bool {
        default
    }

    fn write(self, default: bool) -> Json {
        default.into()
    }
}

/// Any text. An empty one stands for nothing.
#[derive(Debug, Clone, Copy)]
pub struct Text;

impl Grammar for Text {
    type Value = String;
    type Default = &'static str;

    fn read(self, written: &Json) -> Result<String, Json> {
        written.as_str().map(str::to_owned).ok_or_else(|| written.clone())
    }

    fn allowed(self) -> String {
        "a text".to_owned()
    }

    fn value(self, default: &'static str) -> String {
        default.to_owned()
    }

    fn write(self, default: &'static str) -> Json {
        if default.is_empty() { Json::Null } else { default.into() }
    }
}

/// Names with their texts.
#[derive(Debug, Clone, Copy)]
pub struct Pairs;

impl Grammar for Pairs {
    type Value = BTreeMap<String, String>;
    /// None.
    type Default = ();

    fn read(self, written: &Json) -> Result<Self::Value, Json> {
        let pairs = match written {
            Json::String(text) => serde_json::from_str(text),
            written => serde_json::from_value(written.clone()),
        };
        pairs.map_err(|_| written.clone())
    }

    fn allowed(self) -> String {
        "an object of texts, such as {\"/photos\": \"/srv/photos\"}".to_owned()
    }

    fn value(self, (): ()) -> Self::Value {
        BTreeMap::new()
    }

    fn write(self, (): ()) -> Json {
        Json::Object(serde_json::Map::new())
    }
}

/// One of some words, each with what it stands for. Capitals don't matter.
#[derive(Debug, Clone, Copy)]
pub struct OneOf<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> OneOf<T> {
    /// What a word stands for.
    #[must_use]
    pub fn find(self, word: &str) -> Option<T> {
        self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|&(_, value)| value)
    }

    /// The first word that stands for a value.
    #[must_use]
    pub fn name(self, value: T) -> Option<&'static str> {
        self.0.iter().find(|(_, named)| *named == value).map(|&(name, _)| name)
    }

    /// The words in a sentence: `webp, avif or png`. Of several for the same value the first.
    #[must_use]
    pub fn said(self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for &(_, value) in self.0 {
            names.extend(self.name(value).filter(|name| !names.contains(name)));
        }
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

impl<T: Copy + PartialEq + Sync + 'static> Grammar for OneOf<T> {
    type Value = T;
    type Default = T;

    fn read(self, written: &Json) -> Result<T, Json> {
        word(written).and_then(|text| self.find(&text)).ok_or_else(|| written.clone())
    }

    fn allowed(self) -> String {
        self.said()
    }

    fn value(self, default: T) -> T {
        default
    }

    fn write(self, default: T) -> Json {
        self.name(default).into()
    }
}

/// A value, or `auto`: what suits the machine, which is the default.
#[derive(Debug, Clone, Copy)]
pub struct OrAuto<G>(pub G);

impl<G: Grammar> Grammar for OrAuto<G> {
    /// None is `auto`.
    type Value = Option<G::Value>;
    type Default = ();

    fn read(self, written: &Json) -> Result<Self::Value, Json> {
        if word(written).as_deref() == Some("auto") { Ok(None) } else { self.0.read(written).map(Some) }
    }

    fn allowed(self) -> String {
        format!("{}, or auto", self.0.allowed())
    }

    fn value(self, (): ()) -> Self::Value {
        None
    }

    fn write(self, (): ()) -> Json {
        "auto".into()
    }
}

/// A value that is not set by default.
#[derive(Debug, Clone, Copy)]
pub struct Unset<G>(pub G);

impl<G: Grammar> Grammar for Unset<G> {
    type Value = Option<G::Value>;
    type Default = ();

    fn read(self, written: &Json) -> Result<Self::Value, Json> {
        self.0.read(written).map(Some)
    }

    fn allowed(self) -> String {
        self.0.allowed()
    }

    fn value(self, (): ()) -> Self::Value {
        None
    }

    fn write(self, (): ()) -> Json {
        Json::Null
    }
}
