//! The memory that an embedded ICC profile (ICC.1:2022) takes, by its length and its tag table.

use super::bytes::{array_at, be32};

/// The longest profile that is looked at, of RGB or grey, and of inks. Those of displays and cameras have 0.5 to 10
/// kB, those of printers 0.5 to 9 MB.
pub(crate) const MOST_BYTES: u64 = 4 << 20;
const MOST_INK_BYTES: u64 = 10 << 20;

/// Where the tag count and the tags stand; and the bytes of a tag: its signature, offset and size.
pub(crate) const COUNT: usize = 128;
pub(crate) const FIRST: usize = 132;
pub(crate) const TAG: usize = 12;

/// The most tags of a profile that is applied.
const LONGEST_LIST: u64 = 8 << 10;

/// The memory of curves and a matrix beside the profile: tables of all values of a sample.
const CURVES: u64 = 160 << 10;

/// The memory of lookup tables: a grid of 33 steps in floating point, twice.
const GRID: u64 = 904 << 10;

/// What tables of inks take: a grid of 17 steps each way, of 16 bits; where it isn't made in parts, in floating point
/// before that, with the inks of each step.
const INKS: u64 = 960 << 10;
const WHOLE_INKS: u64 = 3 << 20;

/// The memory of a profile that was not seen.
pub(super) const UNSEEN: u64 = 2 << 20;

/// The signatures of a profile's tags, each with its place in the tag table; `None` where the table is not all there.
pub(crate) fn tags(profile: &[u8]) -> Option<impl Iterator<Item = ([u8; 4], usize)>> {
    let count = be32(profile, COUNT)? as usize;
    let end = count.checked_mul(TAG)?.checked_add(FIRST)?;
    let list = profile.get(FIRST..end)?;
    Some((0..count).filter_map(|tag| Some((array_at(list, tag * TAG)?, FIRST + tag * TAG))))
}

/// True if the bytes begin as a profile does, and have its whole tag table.
pub(super) fn is_profile(bytes: &[u8]) -> bool {
    bytes.get(36..40) == Some(b"acsp") && tags(bytes).is_some()
}

/// The most bytes of a profile that is applied, by the kind of its samples.
pub(crate) fn most_bytes(head: &[u8]) -> u64 {
    most_bytes_of(head.get(16..20))
}

fn most_bytes_of(kind: Option<&[u8]>) -> u64 {
    if kind == Some(b"CMYK") { MOST_INK_BYTES } else { MOST_BYTES }
}

/// The most bytes that reading a profile of a length and applying it takes. `get` gives bytes of it, from some place
/// on.
pub(super) fn peak_bytes<'a>(get: &dyn Fn(u64, usize) -> Option<&'a [u8]>, length: u64) -> u64 {
    let tags = get(COUNT as u64, 4).and_then(|count| Some(u64::from(be32(count, 0)?) * TAG as u64));
    let has_list = tags.is_some_and(|tags| FIRST as u64 + tags <= length);
    let kind = get(16, 4);
    // A profile that can't be applied, or is too long, is only read.
    let is_useless = kind.is_some_and(|kind| ![b"RGB ", b"GRAY", b"CMYK"].iter().any(|known| kind == *known))
        || (tags.is_some() || length < FIRST as u64) && !has_list
        || length > most_bytes_of(kind);
    if is_useless {
        return 2 * length;
    }
    let list = tags.filter(|&tags| has_list && tags <= LONGEST_LIST);
    let list = list.and_then(|tags| get(FIRST as u64, tags as usize)).map(|list| list.as_chunks::<TAG>().0);
    let is_table = |tag: &&[u8; TAG]| tag.starts_with(b"A2B") || tag.starts_with(b"D2B");
    // A tag table that was not seen may list lookup tables.
    let has_tables = list.is_none_or(|list| list.iter().any(|tag| is_table(&tag)));
    // True if all lookup tables are of the types of version 2, which are read and applied bit by bit.
    let is_made_in_parts = || {
        list.is_some_and(|list| {
            let mut tables = list.iter().filter(|tag| tag.starts_with(b"A2B"));
            tables.all(|tag| {
                let kind = be32(tag, 4).and_then(|at| get(at.into(), 4));
                kind == Some(b"mft1") || kind == Some(b"mft2")
            })
        })
    };
    let tables = match (has_tables, kind == Some(b"CMYK")) {
        (true, true) if is_made_in_parts() => INKS + 6 * length,
        (true, true) => WHOLE_INKS + 6 * length,
        (true, false) => GRID + 6 * length,
        (false, _) => CURVES + 4 * length,
    };
    2 * length + tables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(profile: &'a [u8]) -> impl Fn(u64, usize) -> Option<&'a [u8]> {
        move |at, length| profile.get(at as usize..at as usize + length)
    }

    fn profile(names: &[&[u8; 4]]) -> Vec<u8> {
        let mut profile = vec![0; COUNT];
        profile[16..20].copy_from_slice(b"RGB ");
        profile.extend((names.len() as u32).to_be_bytes());
        names.iter().for_each(|name| profile.extend([name.as_slice(), &[0; 8]].concat()));
        profile
    }

    #[test]
    fn tables_are_told_from_curves() {
        let [curves, tables] = [profile(&[b"rXYZ", b"rTRC"]), profile(&[b"desc", b"A2B0"])];
        assert_eq!(peak_bytes(&get(&curves), 500), CURVES + 6 * 500);
        assert_eq!(peak_bytes(&get(&tables), 500), GRID + 8 * 500);
        for end in [0, 18, 130, curves.len() - 1] {
            assert_eq!(peak_bytes(&get(&curves[..end]), 500), GRID + 8 * 500, "{end}");
        }
    }

    #[test]
    fn what_is_not_applied_is_only_read() {
        let mut ink = profile(&[b"A2B0"]);
        ink[16..20].copy_from_slice(b"6CLR");
        let cut = &profile(&[b"A2B0"])[..140];
        for (head, length) in [(&*ink, 9_000), (cut, 140), (&[0xff; 200], 200), (&[], MOST_BYTES + 1)] {
            assert_eq!(peak_bytes(&get(head), length), 2 * length);
        }
    }
}
