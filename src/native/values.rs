//! The types that a setting's text is read into: whole numbers with a range, switches, lists, maps and sizes.
//!
//! Each reads what JSON has (a number, a boolean, a list) and what an environment variable has (only text), and
//! its error says what is allowed. What has been read needs no further check.

use std::str::FromStr;

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

#[cfg(test)]
mod tests {
    use super::*;

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
