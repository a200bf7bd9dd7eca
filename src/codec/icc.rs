//! What an embedded ICC profile (ICC.1:2022) takes in memory, told from its length and its list of tags.

use super::bytes::{array_at, be32};

/// The longest profile that is looked at, of RGB or grey, and of inks. Those of displays and cameras have 0.5 to 10 kB,
/// those of printers 0.5 to 9 MB.
pub(crate) const MOST_BYTES: u64 = 4 << 20;
const MOST_INK_BYTES: u64 = 10 << 20;

/// Where the tags are counted, and where they begin; bytes of each: its name, where it stands, its length.
pub(crate) const COUNT: usize = 128;
pub(crate) const FIRST: usize = 132;
pub(crate) const TAG: usize = 12;

/// What curves and a matrix take beside the profile: tables of all values of a sample.
const CURVES: u64 = 160 << 10;

/// What tables of colours take: a grid of 33 steps in floating point, twice.
const GRID: u64 = 904 << 10;

/// What tables of inks take: a grid of 17 steps each way, of 16 bits; where it isn't made in parts, in floating point
/// before that, with the inks of each step.
const INKS: u64 = 960 << 10;
const WHOLE_INKS: u64 = 3 << 20;

/// What is stated of a profile that is not seen.
pub(super) const UNSEEN: u64 = 2 << 20;

/// The tags of a profile, each with the place where it is listed; `None` where the list is not all there.
pub(crate) fn tags(profile: &[u8]) -> Option<impl Iterator<Item = ([u8; 4], usize)>> {
    let count = be32(profile, COUNT)? as usize;
    let end = count.checked_mul(TAG)?.checked_add(FIRST)?;
    let list = profile.get(FIRST..end)?;
    Some((0..count).filter_map(|tag| Some((array_at(list, tag * TAG)?, FIRST + tag * TAG))))
}

/// The most bytes of a profile that is applied, by the kind of its samples.
pub(crate) fn most_bytes(head: &[u8]) -> u64 {
    if is_of_inks(head) { MOST_INK_BYTES } else { MOST_BYTES }
}

/// The most bytes that reading a profile and applying it takes, of which the first bytes are `head`, as far as they have been
/// seen.
pub(super) fn held_bytes(head: &[u8], length: u64) -> u64 {
    // What is of no use, or too long, is read and put aside.
    let is_whole = head.len() as u64 == length;
    let is_useless = array_at(head, 16).is_some_and(|kind| ![*b"RGB ", *b"GRAY", *b"CMYK"].contains(&kind))
        || is_whole && tags(head).is_none()
        || length > most_bytes(head);
    if is_useless {
        return 2 * length;
    }
    let has_tables = tags(head)
        .is_none_or(|mut tags| tags.any(|(name, _)| name.starts_with(b"A2B") || name.starts_with(b"D2B")));
    let tables = match (has_tables, is_of_inks(head)) {
        (true, true) if is_made_in_parts(head) => INKS + 6 * length,
        (true, true) => WHOLE_INKS + 6 * length,
        (true, false) => GRID + 6 * length,
        (false, _) => CURVES + 4 * length,
    };
    2 * length + tables
}

fn is_of_inks(head: &[u8]) -> bool {
    head.get(16..20) == Some(b"CMYK")
}

/// True if all tables of colours are of the kinds of version 2, which are read and applied bit by bit.
fn is_made_in_parts(profile: &[u8]) -> bool {
    let kind = |place: usize| array_at(profile, usize::try_from(be32(profile, place + 4)?).ok()?);
    let is_table = |place| [Some(*b"mft1"), Some(*b"mft2")].contains(&kind(place));
    tags(profile)
        .is_some_and(|mut tags| tags.all(|(name, place)| !name.starts_with(b"A2B") || is_table(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(held_bytes(&curves, 500), CURVES + 6 * 500);
        assert_eq!(held_bytes(&tables, 500), GRID + 8 * 500);
        // What is not seen may have some.
        for end in [0, 18, 130, curves.len() - 1] {
            assert_eq!(held_bytes(&curves[..end], 500), GRID + 8 * 500, "{end}");
        }
    }

    #[test]
    fn what_is_not_applied_is_only_read() {
        let mut ink = profile(&[b"A2B0"]);
        ink[16..20].copy_from_slice(b"6CLR");
        let cut = &profile(&[b"A2B0"])[..140];
        for (head, length) in [(&*ink, 9_000), (cut, 140), (&[0xff; 200], 200), (&[], MOST_BYTES + 1)] {
            assert_eq!(held_bytes(head, length), 2 * length);
        }
    }
}
