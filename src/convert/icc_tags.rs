//! The tags of an ICC profile from which colours are computed, and no others: texts and the ways back to the device
//! are not worth their memory, and may be made to take much of it.

use crate::{
    codec::icc::{COUNT, FIRST, TAG, tags},
    error::Result,
};

/// Curves, matrix, and what the white is; colours that are coded by number.
const WANTED: [&[u8; 4]; 10] =
    [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"wtpt", b"chad", b"cicp"];

/// Tables of colours: for the perceptual intent, or where there are none for the colorimetric one, as browsers
/// choose.
const TABLES: [&[u8; 4]; 2] = [b"A2B0", b"A2B1"];

/// The profile with a list of those tags alone, each listed once. What they say stays where it is. `None` for what
/// is no profile.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub(super) fn reduced(profile: &[u8]) -> Result<Option<Vec<u8>>> {
    // Of two the last one counts, as readers have it.
    let place_of = |wanted: &[u8; 4]| Some(tags(profile)?.filter(|(name, _)| name == wanted).last()?.1);
    if tags(profile).is_none() {
        return Ok(None);
    }
    let table = TABLES.into_iter().find(|table| place_of(table).is_some());
    let mut reduced = Vec::new();
    reduced.try_reserve_exact(profile.len())?;
    reduced.extend_from_slice(profile);
    let mut count = 0_u32;
    for name in WANTED.into_iter().chain(table) {
        let Some(place) = place_of(name) else { continue };
        let to = FIRST + count as usize * TAG;
        reduced[to..to + TAG].copy_from_slice(&profile[place..place + TAG]);
        count += 1;
    }
    reduced[COUNT..FIRST].copy_from_slice(&count.to_be_bytes());
    Ok(Some(reduced))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(names: &[&[u8; 4]]) -> Vec<u8> {
        let mut profile = vec![7; COUNT];
        profile.extend((names.len() as u32).to_be_bytes());
        names.iter().zip(0..).for_each(|(name, at)| profile.extend([name.as_slice(), &[at; 8]].concat()));
        profile
    }

    fn listed(profile: &[u8]) -> Vec<([u8; 4], u8)> {
        tags(profile).unwrap().map(|(name, place)| (name, profile[place + 4])).collect()
    }

    #[test]
    fn only_what_colours_need_is_listed_and_once() {
        let all = profile(&[b"desc", b"rTRC", b"B2A0", b"rXYZ", b"cprt", b"rTRC", b"A2B0", b"A2B1"]);
        let reduced = reduced(&all).unwrap().unwrap();
        assert_eq!(listed(&reduced), [(*b"rXYZ", 3), (*b"rTRC", 5), (*b"A2B0", 6)]);
        assert_eq!(reduced.len(), all.len());
    }

    #[test]
    fn what_is_no_profile_is_none() {
        let whole = profile(&[b"rXYZ", b"A2B0"]);
        assert_eq!(listed(&reduced(&whole).unwrap().unwrap()), [(*b"rXYZ", 0), (*b"A2B0", 1)]);
        for end in [0, 20, 131, whole.len() - 1] {
            assert_eq!(reduced(&whole[..end]).unwrap(), None, "{end}");
        }
        let mut many = whole;
        many[COUNT..COUNT + 4].fill(0xff);
        assert_eq!(reduced(&many).unwrap(), None);
    }
}
