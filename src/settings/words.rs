//! Words that stand for something: formats, modes and fits by name, lists of them, and lists of sizes.

use serde_json::Value as Json;

use super::grammar::{Grammar, OneOf, SIDE, word};
use crate::convert::Interest;

/// The words of a list, or of a text with commas or spaces between them, or of a text that holds a list.
fn words(written: &Json) -> Result<Vec<String>, Json> {
    match written {
        Json::Array(list) => {
            let item = |item: &Json| {
                word(item).filter(|_| item.is_string() || item.is_u64()).ok_or_else(|| item.clone())
            };
            list.iter().map(item).collect()
        }
        Json::String(text) if text.trim_start().starts_with('[') => {
            let list: Vec<Json> = serde_json::from_str(text).map_err(|_| written.clone())?;
            words(&Json::Array(list))
        }
        written => {
            let text = word(written).ok_or_else(|| written.clone())?;
            Ok(text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect())
        }
    }
}

/// When a picture is made of an SVG.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Drawings {
    /// Where it is shorter, and where a size, a format or a crop is asked for.
    #[default]
    Smaller,
    /// Wherever it can be.
    Always,
    /// Not even where one is asked for.
    Never,
}

impl Drawings {
    /// The words by which every host names it.
    pub const NAMES: &[(&str, Self)] =
        &[("smaller", Self::Smaller), ("always", Self::Always), ("never", Self::Never)];
}

/// Some of the words, each once, in their order.
#[derive(Debug, Clone, Copy)]
pub struct ListOf<T: 'static>(pub OneOf<T>);

impl<T: Copy + PartialEq + Sync + 'static> Grammar for ListOf<T> {
    type Value = Vec<T>;
    type Default = &'static [T];

    fn read(self, written: &Json) -> Result<Vec<T>, Json> {
        let mut list = Vec::new();
        for word in words(written)? {
            let value = self.0.find(&word).ok_or(Json::String(word))?;
            if !list.contains(&value) {
                list.push(value);
            }
        }
        Ok(list)
    }

    fn allowed(self) -> String {
        format!("a list of {}", self.0.said())
    }

    fn value(self, default: Self::Default) -> Vec<T> {
        default.to_vec()
    }

    fn write(self, default: Self::Default) -> Json {
        default.iter().map(|&value| Json::from(self.0.name(value))).collect()
    }
}

/// Any words.
#[derive(Debug, Clone, Copy)]
pub struct Names;

impl Grammar for Names {
    type Value = Vec<String>;
    type Default = &'static [&'static str];

    fn read(self, written: &Json) -> Result<Vec<String>, Json> {
        words(written)
    }

    fn allowed(self) -> String {
        "a list of words, or words with commas between them".to_owned()
    }

    fn value(self, default: Self::Default) -> Vec<String> {
        default.iter().map(|&word| word.to_owned()).collect()
    }

    fn write(self, default: Self::Default) -> Json {
        default.into()
    }
}

fn sizes(words: Vec<String>) -> Result<Vec<u32>, Json> {
    let mut sizes =
        words.into_iter().map(|word| SIDE.read(&Json::String(word))).collect::<Result<Vec<_>, _>>()?;
    sizes.sort_unstable();
    Ok(sizes)
}

/// Sizes in pixels, if any.
#[derive(Debug, Clone, Copy)]
pub struct Sizes;

impl Grammar for Sizes {
    /// Ascending.
    type Value = Vec<u32>;
    type Default = &'static [u32];

    fn read(self, written: &Json) -> Result<Vec<u32>, Json> {
        sizes(words(written)?)
    }

    fn allowed(self) -> String {
        format!("a list of sizes from {} to {}", SIDE.0, SIDE.1)
    }

    fn value(self, default: Self::Default) -> Vec<u32> {
        default.to_vec()
    }

    fn write(self, default: Self::Default) -> Json {
        default.into()
    }
}

/// Sizes in pixels, or `any`, which is no list at all.
#[derive(Debug, Clone, Copy)]
pub struct Widths;

impl Grammar for Widths {
    /// Ascending.
    type Value = Vec<u32>;
    type Default = &'static [u32];

    fn read(self, written: &Json) -> Result<Vec<u32>, Json> {
        let words = words(written)?;
        if words == ["any"] {
            return Ok(Vec::new());
        }
        sizes(words)
    }

    fn allowed(self) -> String {
        format!("any, or a list of sizes from {} to {}", SIDE.0, SIDE.1)
    }

    fn value(self, default: Self::Default) -> Vec<u32> {
        default.to_vec()
    }

    fn write(self, default: Self::Default) -> Json {
        default.into()
    }
}

/// The part that a crop keeps, by libvips' names, with or without `Interesting` before them.
#[derive(Debug, Clone, Copy)]
pub struct Crop;

/// What is done for each of libvips' names. A name that stands for the same as an earlier one is done as that.
const CROPS: OneOf<Interest> = OneOf(&[
    ("Attention", Interest::Entropy),
    ("Entropy", Interest::Entropy),
    ("Centre", Interest::Centre),
    ("Center", Interest::Centre),
    ("None", Interest::Centre),
    ("All", Interest::Centre),
    ("Low", Interest::Low),
    ("High", Interest::High),
]);

impl Grammar for Crop {
    type Value = Interest;
    type Default = Interest;

    fn read(self, written: &Json) -> Result<Interest, Json> {
        let name = word(written).ok_or_else(|| written.clone())?;
        let name = name.strip_prefix("Interesting").unwrap_or(&name);
        CROPS.find(name).ok_or_else(|| written.clone())
    }

    fn allowed(self) -> String {
        "Interesting and one of None, Entropy, Centre, Attention, Low, High, All".to_owned()
    }

    fn value(self, default: Interest) -> Interest {
        default
    }

    fn write(self, default: Interest) -> Json {
        CROPS.name(default).map(|name| format!("Interesting{name}")).into()
    }
}
