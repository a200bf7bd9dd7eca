//! What is kept of one result in one object, so that it is whole or not there: a line with the length of the record and
//! the checksum of all that follows, the record as JSON with this result alone, and the result's bytes, if there are
//! any.

use std::hash::Hasher;

use bytes::Bytes;
use twox_hash::XxHash64;

use crate::{
    codec::Format,
    service::{Record, hash_hex},
};

const MAGIC: &str = "slimpix-result-1";

/// The longest first line.
const LONGEST_LINE: usize = 80;

/// A result.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What is known of its source, and of it alone.
    pub(crate) record: Record,
    /// Its bytes, if something was made.
    pub(crate) bytes: Option<Bytes>,
}

/// An object for a result of this format, or the description where there is none, in its parts.
pub(super) fn write(record: &Record, format: Option<Format>, made: Option<&Bytes>) -> Vec<Bytes> {
    let json = of_one(record.clone(), format).to_json();
    let made = made.cloned().unwrap_or_default();
    let line = format!("{MAGIC} {} {}\n", json.len(), checksum(&[&json, &made]));
    vec![line.into(), json.into(), made]
}

/// Reads an object; `None` if it isn't whole, or its bytes aren't what its record says.
pub(super) fn read(object: &Bytes, format: Option<Format>) -> Option<Entry> {
    let end = object.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n')?;
    let (line, rest) = (std::str::from_utf8(&object[..end]).ok()?, object.slice(end + 1..));
    let mut words = line.split(' ');
    if words.next() != Some(MAGIC) {
        return None;
    }
    let (len, sum) = (words.next()?.parse().ok()?, words.next()?);
    let (json, made) = (rest.get(..len)?, rest.slice(len..));
    if checksum(&[json, &made]) != sum {
        return None;
    }
    let record = Record::from_json(json)?;
    let bytes = match format.and_then(|format| record.variant(format)) {
        Some(variant) => {
            let is_right =
                variant.size == made.len() as u64 && variant.hash.as_ref() == Some(&hash_hex(&made));
            Some(is_right.then_some(made)?)
        }
        None => None,
    };
    Some(Entry { record, bytes })
}

/// A record without other results than this.
fn of_one(mut record: Record, format: Option<Format>) -> Record {
    if let Some(known) = &mut record.slimpix {
        known.variants.retain(|other, _| Some(*other) == format);
        known.sizes = Default::default();
    }
    record
}

fn checksum(parts: &[&[u8]]) -> String {
    let mut hasher = XxHash64::with_seed(0);
    for part in parts {
        hasher.write(part);
    }
    format!("{:x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(made: &[u8]) -> Record {
        let json = serde_json::json!({
            "id": "1f", "path": "/a.jpg?width=", "checksum": "5",
            "slimpix": {
                "source": {
                    "stamp": { "len": 9 },
                    "checked_at": { "secs_since_epoch": 1, "nanos_since_epoch": 0 },
                },
                "variants": {
                    "webp": { "made": { "size": made.len(), "hash": hash_hex(made) } },
                    "avif": { "failed": { "kind": "x", "version": "1" } },
                },
            },
        });
        Record::from_json(json.to_string().as_bytes()).expect("a record")
    }

    fn object(made: &[u8]) -> Vec<u8> {
        let made = Bytes::copy_from_slice(made);
        write(&record(&made), Some(Format::WebP), Some(&made)).concat()
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else_of_the_record() {
        assert!(record(b"picture").variant(Format::WebP).is_some());
        let entry = read(&object(b"picture").into(), Some(Format::WebP)).expect("whole");
        assert_eq!(entry.bytes.as_deref(), Some(&b"picture"[..]));
        let variants = entry.record.slimpix.expect("ours").variants;
        assert_eq!(variants.into_keys().collect::<Vec<_>>(), [Format::WebP]);
        let described: Bytes = write(&record(b"picture"), None, None).concat().into();
        assert!(read(&described, None).is_some_and(|entry| entry.bytes.is_none()));
    }

    #[test]
    fn a_flipped_bit_and_a_cut_are_seen_wherever_they_are() {
        let whole = object(b"picture");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(read(&damaged.into(), Some(Format::WebP)).is_none(), "at {at}");
            assert!(read(&whole[..at].to_vec().into(), Some(Format::WebP)).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn bytes_of_another_result_are_no_result() {
        let other =
            write(&record(b"picture"), Some(Format::WebP), Some(&Bytes::from_static(b"another"))).concat();
        assert!(read(&other.into(), Some(Format::WebP)).is_none());
    }
}
