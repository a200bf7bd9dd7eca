//! What an embedded ICC profile (ICC.1:2022) takes in memory, told from its length and its list of tags.

use super::bytes::{array_at, be32};

/// The longest profile that is looked at. Those of displays and cameras have 0.5 to 10 kB, those of printers, which are of
/// no use here, some megabytes.
pub(crate) const MOST_BYTES: u64 = 4 << 20;

/// Where the tags are counted, and where they begin; bytes of each: its name, where it stands, its length.
pub(crate) const COUNT: usize = 128;
pub(crate) const FIRST: usize = 132;
pub(crate) const TAG: usize = 12;

/// What curves and a matrix take beside the profile: tables of all values of a sample.
const CURVES: u64 = 160 << 10;

/// What tables of colours take: a grid of 33 steps in floating point, twice.
const GRID: u64 = 904 << 10;

/// What is stated of a profile that is not seen.
pub(super) const UNSEEN: u64 = 2 << 20;

/// The tags of a profile, each with the place where it is listed; `None` where the list is not all there.
pub(crate) fn tags(profile: &[u8]) -> Option<impl Iterator<Item = ([u8; 4], usize)>> {
    let count = be32(profile, COUNT)? as usize;
    let end = count.checked_mul(TAG)?.checked_add(FIRST)?;
    let list = profile.get(FIRST..end)?;
    Some((0..count).filter_map(|tag| Some((array_at(list, tag * TAG)?, FIRST + tag * TAG))))
}

/// The most bytes that reading a profile and applying it takes, of which the first bytes are `head`, as far as they have been
/// seen.
pub(super) fn held_bytes(head: &[u8], length: u64) -> u64 {
    // What is of no use, or too long, is read and put aside.
    let is_whole = head.len() as u64 == length;
    let is_useless = head.get(16..20).is_some_and(|colors| colors != b"RGB " && colors != b"GRAY")
        || is_whole && tags(head).is_none()
        || length > MOST_BYTES;
    if is_useless {
        return 2 * length;
    }
    let has_tables = tags(head)
        .is_none_or(|mut tags| tags.any(|(name, _)| name.starts_with(b"A2B") || name.starts_with(b"D2B")));
    let tables = if has_tables { GRID + 6 * length } else { CURVES + 4 * length };
    2 * length + tables
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
        ink[16..20].copy_from_slice(b"CMYK");
        let cut = &profile(&[b"A2B0"])[..140];
        for (head, length) in [(&*ink, 9_000), (cut, 140), (&[0xff; 200], 200), (&[], MOST_BYTES + 1)] {
            assert_eq!(held_bytes(head, length), 2 * length);
        }
    }
}
