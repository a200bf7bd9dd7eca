//! The keys of signed URLs, and what has to be signed.

use std::fmt;

use serde_json::Value as Json;

use super::{grammar::Grammar, words::Names};

/// The least and the most bytes of a key; a salt has as many at the most.
const BYTES: (usize, usize) = (16, 256);

/// As many are there while one takes the place of another.
const MOST: usize = 2;

/// A key with its salt. Nothing of it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// 16 to 256 bytes.
    pub key: Vec<u8>,
    /// What is hashed before each URL, up to 256 bytes.
    pub salt: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Reads `KEY` or `KEY:SALT`, both in hexadecimal.
    fn parse(text: &str) -> Option<Self> {
        let (key, salt) = text.split_once(':').unwrap_or((text, ""));
        let (key, salt) = (bytes(key)?, bytes(salt)?);
        ((BYTES.0..=BYTES.1).contains(&key.len()) && salt.len() <= BYTES.1).then_some(Self { key, salt })
    }
}

/// What has to be signed where there are keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signed {
    /// What asks for anything beside a picture: sizes, formats, `meta`, `explain`.
    #[default]
    Params,
    /// Every URL of a picture.
    All,
}

impl Signed {
    /// The words by which every host names it.
    pub const NAMES: &[(&str, Self)] = &[("params", Self::Params), ("all", Self::All)];
}

/// One or two keys; the first is the one to sign with. What is refused is told by its place: it is a secret.
#[derive(Debug, Clone, Copy)]
pub struct Keys;

impl Grammar for Keys {
    type Value = Vec<Key>;
    type Default = ();

    fn read(self, written: &Json) -> Result<Vec<Key>, Json> {
        let words = Names.read(written).map_err(|_| Json::from("what is written"))?;
        if words.len() > MOST {
            return Err(Json::from(format!("a list of {}", words.len())));
        }
        let key = |(at, word): (usize, String)| {
            Key::parse(&word).ok_or_else(|| Json::from(format!("key {}", at + 1)))
        };
        words.into_iter().enumerate().map(key).collect()
    }

    fn allowed(self) -> String {
        let (least, most) = BYTES;
        format!(
            "one or two of KEY or KEY:SALT, in hexadecimal, a key of {least} to {most} bytes, a salt of up to {most}"
        )
    }

    fn value(self, (): ()) -> Vec<Key> {
        Vec::new()
    }

    fn write(self, (): ()) -> Json {
        Json::Array(Vec::new())
    }
}

/// What pairs of hexadecimal digits stand for.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::read_text;

    #[test]
    fn one_or_two_keys_are_read_with_their_salts() {
        let key = "00112233445566778899aAbBcCdDeEfF";
        let bytes: Vec<u8> = (0..16_u8).map(|digit| digit * 17).collect();
        let bare = Key { key: bytes.clone(), salt: Vec::new() };
        let salted = Key { key: bytes, salt: vec![0x5a, 0x0f] };
        assert_eq!(read_text(Keys, key), Ok(vec![bare.clone()]));
        assert_eq!(read_text(Keys, &format!("{key}:5a0f, {key}")), Ok(vec![salted.clone(), bare.clone()]));
        assert_eq!(Keys.read(&json!([key, format!("{key}:5A0F")])), Ok(vec![bare, salted]));
        assert_eq!(read_text(Keys, ""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_refused_is_told_by_its_place_and_shows_nothing() {
        let key = "ab".repeat(16);
        for (written, told) in [
            (
                format!("{key},secret"),
                "\"key 2\" is not allowed; it is one or two of KEY or KEY:SALT, in hexadecimal",
            ),
            ("ab".repeat(15), "\"key 1\" is not allowed"),
            ("ab".repeat(257), "a key of 16 to 256 bytes"),
            (format!("{key}a"), "\"key 1\""),
            (format!("{key}:x"), "\"key 1\""),
            (format!("{key}:{}", "ab".repeat(257)), "a salt of up to 256"),
            (format!("{key},{key},{key}"), "\"a list of 3\" is not allowed"),
        ] {
            let refused = read_text(Keys, &written).expect_err("not allowed");
            assert!(
                refused.contains(told) && !refused.contains("abab") && !refused.contains("secret"),
                "{refused}"
            );
        }
        assert!(!format!("{:?}", read_text(Keys, &key)).contains("171"));
    }
}
