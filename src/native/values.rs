//! The types that a setting's text is read into: whole numbers with a range, switches, lists, maps and sizes.
//!
//! Each reads what JSON has (a number, a boolean, a list) and what an environment variable has (only text), and
//! its error says what is allowed. What has been read needs no further check.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// A whole number from `MIN` to `MAX`, written as a number or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// The number.
    pub(crate) const fn value(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> FromStr for Whole<MIN, MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().parse() {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(format!("not a whole number from {MIN} to {MAX}")),
        }
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor<const MIN: u64, const MAX: u64>;

        impl<const MIN: u64, const MAX: u64> Visitor<'_> for WholeVisitor<MIN, MAX> {
            type Value = Whole<MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                if (MIN..=MAX).contains(&number) {
                    return Ok(Whole(number));
                }
                Err(E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(WholeVisitor)
    }
}

/// A count, or `auto`: what suits the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountOrAuto {
    /// What suits the machine.
    Auto,
    /// So many.
    Count(u64),
}

/// The largest count.
const MOST: u64 = 1_000_000_000;

impl FromStr for CountOrAuto {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            number => match number.parse() {
                Ok(count) if count <= MOST => Ok(Self::Count(count)),
                _ => Err(format!("neither a whole number from 0 to {MOST} nor auto")),
            },
        }
    }
}

impl<'de> Deserialize<'de> for CountOrAuto {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;

        impl Visitor<'_> for CountVisitor {
            type Value = CountOrAuto;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from 0 to {MOST}, or auto")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<CountOrAuto, E> {
                if number > MOST {
                    return Err(E::invalid_value(de::Unexpected::Unsigned(number), &self));
                }
                Ok(CountOrAuto::Count(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CountOrAuto, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(CountVisitor)
    }
}

/// On or off, written as a boolean or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switch(pub(crate) bool);

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SwitchVisitor;

        impl Visitor<'_> for SwitchVisitor {
            type Value = Switch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Switch, E> {
                Ok(Switch(on))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Switch, E> {
                match text.trim().to_ascii_lowercase().as_str() {
                    "true" | "t" | "1" => Ok(Switch(true)),
                    "false" | "f" | "0" => Ok(Switch(false)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(SwitchVisitor)
    }
}

/// Some words, written as a list or as text with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

impl FromStr for Words {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
        Ok(Self(words.map(str::to_owned).collect()))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordsVisitor;

        impl<'de> Visitor<'de> for WordsVisitor {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of words, or words with commas between them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Words, E> {
                if text.trim_start().starts_with('[') {
                    let words: Vec<Word> = serde_json::from_str(text).map_err(E::custom)?;
                    return Ok(Words(words.into_iter().map(|Word(word)| word).collect()));
                }
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(Word(word)) = list.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }

        deserializer.deserialize_any(WordsVisitor)
    }
}

/// A word of a list, which may be a number.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordVisitor;

        impl Visitor<'_> for WordVisitor {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a whole number")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }
        }

        deserializer.deserialize_any(WordVisitor)
    }
}

/// Names with their values, written as an object or as text that holds one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs(pub(crate) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts, like {\"/photos\": \"/srv/photos\"}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pairs, E> {
                serde_json::from_str(text)
                    .map(Pairs)
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut object: A) -> Result<Pairs, A::Error> {
                let mut pairs = BTreeMap::new();
                while let Some((name, value)) = object.next_entry()? {
                    pairs.insert(name, value);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_any(PairsVisitor)
    }
}

/// A number of bytes, written as `200M`, `1.5 GiB` or `65536`. The units are powers of 1,024.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no size; write it like 200M, 1.5G or 65536");
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => 1 << 20,
            "g" | "gb" | "gib" => 1 << 30,
            _ => return Err(wrong()),
        };
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let bytes = number * scale as f64;
        if !(1.0..=(1_u64 << 50) as f64).contains(&bytes) {
            return Err(wrong());
        }
        Ok(Self(bytes as u64))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Size {
            Number(u64),
            Text(String),
        }

        match Size::deserialize(deserializer)? {
            Size::Number(bytes) => Ok(Self(bytes)),
            Size::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_numbers_or_text_and_keep_their_range() {
        type Percent = Whole<0, 100>;
        assert_eq!(serde_json::from_str::<Percent>("80").map(Whole::value).ok(), Some(80));
        assert_eq!(serde_json::from_str::<Percent>("\"80\"").map(Whole::value).ok(), Some(80));
        for wrong in ["101", "-1", "1.5", "\"x\"", "true", "[]"] {
            let error = serde_json::from_str::<Percent>(wrong).expect_err(wrong).to_string();
            assert!(error.contains("a whole number from 0 to 100"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_count_may_be_left_to_the_machine() {
        for (text, count) in
            [("0", CountOrAuto::Count(0)), ("\"7\"", CountOrAuto::Count(7)), ("\"auto\"", CountOrAuto::Auto)]
        {
            assert_eq!(serde_json::from_str::<CountOrAuto>(text).ok(), Some(count), "{text}");
        }
        for wrong in ["-1", "1.5", "\"much\"", "1000000001"] {
            let error = serde_json::from_str::<CountOrAuto>(wrong).expect_err(wrong).to_string();
            assert!(error.contains("or auto"), "{wrong}: {error}");
        }
    }

    #[test]
    fn lists_and_maps_come_as_json_or_text() {
        for text in [r#"["webp","avif"]"#, r#""webp, avif""#, r#""[\"webp\",\"avif\"]""#] {
            let words: Words = serde_json::from_str(text).expect(text);
            assert_eq!(words.0, ["webp", "avif"]);
        }
        for text in ["[320, 640]", "\"320,640\"", "\"[320,640]\"", "[\"320\", 640]"] {
            let words: Words = serde_json::from_str(text).expect(text);
            assert_eq!(words.0, ["320", "640"]);
        }
        assert!(serde_json::from_str::<Words>("[1.5]").is_err());
        for text in [r#"{"/a":"/b"}"#, r#""{\"/a\":\"/b\"}""#] {
            let pairs: Pairs = serde_json::from_str(text).expect(text);
            assert_eq!(pairs.0.get("/a").map(String::as_str), Some("/b"));
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("200M", 200 << 20), ("1.5GiB", 3 << 29), ("65536", 65_536), ("2 kb", 2048)] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for wrong in ["", "M", "200X", "-1M", "0", "1e400"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }
}
