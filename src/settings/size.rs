//! Numbers of bytes with units.

use serde_json::Value as Json;

use super::grammar::{Grammar, word};

/// A number of bytes, written as `200M`, `1.5 GiB` or `65536`. The units are powers of 1,024.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// More than any machine has.
const BEYOND: u64 = 1 << 50;

impl Size {
    /// From that many bytes on.
    #[must_use]
    pub const fn from(least: u64) -> Self {
        Self { least, most: BEYOND }
    }

    /// The bytes that a text stands for, in the range or not.
    fn bytes(text: &str) -> Option<f64> {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => 1 << 20,
            "g" | "gb" | "gib" => 1 << 30,
            _ => return None,
        };
        number.parse::<f64>().ok().map(|number| number * scale as f64)
    }

    /// A number of bytes with the largest unit of which it is a whole number.
    fn written(bytes: u64) -> String {
        let unit = [("G", 30), ("M", 20), ("K", 10)]
            .into_iter()
            .find(|&(_, shift)| bytes > 0 && bytes.is_multiple_of(1 << shift));
        unit.map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift))
    }
}

impl Grammar for Size {
    type Value = u64;
    type Default = u64;

    fn read(self, written: &Json) -> Result<u64, Json> {
        let bytes = word(written).and_then(|text| Self::bytes(&text));
        let range = self.least as f64..=self.most as f64;
        // Neither end is beyond what is exact in both.
        bytes.filter(|bytes| range.contains(bytes)).map(|bytes| bytes as u64).ok_or_else(|| written.clone())
    }

    fn allowed(self) -> String {
        let least = Self::written(self.least);
        match self.most {
            BEYOND => format!("a size from {least} on, such as 200M, 1.5G or 65536"),
            most => format!("a size from {least} to {}, such as 88M", Self::written(most)),
        }
    }

    fn value(self, default: u64) -> u64 {
        default
    }

    fn write(self, default: u64) -> Json {
        Self::written(default).into()
    }
}
