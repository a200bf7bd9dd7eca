//! What an origin's answer must be to be of use: a bad one never takes the place of a good one, and what may not be the
//! whole of a picture is kept for a short time.

use std::path::Path;

use super::{
    policy::{Allowed, Policy},
    record::SourceState,
    seen::SourceInfo,
};
use crate::error::{Error, Kind};

/// What an answer must be.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// What is no picture is served, too.
    takes_anything: bool,
    /// Its name is one of a picture.
    is_named_as_picture: bool,
    /// A whole picture is known that it would take the place of.
    has_good: bool,
}

impl Demand {
    pub(super) fn new(policy: &Policy, name: &str, known: Option<&SourceState>) -> Self {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        let is_named_as_picture = extension.is_some_and(|extension| {
            Allowed::USUAL.iter().any(|known| known.eq_ignore_ascii_case(extension))
        });
        // What is passed on keeps its type, which it would lose here.
        let takes_anything = policy.allowed == Allowed::Everything && !policy.passes;
        let demand = Self { takes_anything, is_named_as_picture, has_good: false };
        let has_good = known.is_some_and(|state| state.doubts == 0 && demand.takes(state));
        Self { has_good, ..demand }
    }

    /// For what is known already, and is compared with that.
    #[must_use]
    pub const fn anything() -> Self {
        Self { takes_anything: true, is_named_as_picture: false, has_good: false }
    }

    /// Why an answer is of no use, if so.
    #[must_use]
    pub fn refusal(&self, info: &SourceInfo) -> Option<Error> {
        let is_picture = info.validators.len > 0 && info.looked.format.is_some();
        let takes = is_picture || (self.takes_anything && !(self.is_named_as_picture && self.has_good));
        let what = match info.validators.len {
            0 if !takes => "answers with nothing",
            _ if !takes => "answers with what is no picture",
            _ if self.has_good && info.is_cut == Some(true) => "answers with a part of a picture",
            _ => return None,
        };
        Some(Error::new(Kind::Malformed, format!("the origin {what}")))
    }

    /// True if what is known may be used at all. Older versions remembered answers that this one refuses.
    pub(super) fn takes(&self, state: &SourceState) -> bool {
        self.takes_anything || (state.validators.len > 0 && state.format.is_some())
    }

    /// True if an answer that is of use is known not to be all that the origin should have.
    pub(super) fn is_doubtful(&self, info: &SourceInfo) -> bool {
        match info.looked.format {
            Some(_) => info.is_cut == Some(true),
            None => self.is_named_as_picture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codec::Looked, service::Validators};

    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\x80\0\0\0\0\0\0\x02\x02\x44\x01\0;";

    fn info(bytes: &[u8], is_cut: bool) -> SourceInfo {
        let validators = Validators { len: bytes.len() as u64, ..Validators::default() };
        SourceInfo { validators, looked: Looked::at(bytes), checksum: None, is_cut: Some(is_cut) }
    }

    fn everything() -> Policy {
        Policy { allowed: Allowed::Everything, ..Policy::default() }
    }

    #[test]
    fn a_bad_answer_is_refused_and_half_a_one_only_beside_a_whole_one() {
        let usual = Demand::new(&Policy::default(), "a.jpg", None);
        let with_good = Demand { has_good: true, ..usual };
        for (bytes, is_cut, refused) in [
            (GIF, false, [false; 2]),
            (GIF, true, [false, true]),
            (b"<html>", false, [true; 2]),
            (b"", false, [true; 2]),
        ] {
            let refusals = [usual, with_good].map(|demand| demand.refusal(&info(bytes, is_cut)).is_some());
            assert_eq!(refusals, refused, "{bytes:?} {is_cut}");
        }
    }

    #[test]
    fn where_everything_is_served_only_names_of_pictures_are_in_doubt() {
        let text = info(b"text", false);
        for (name, is_doubtful) in [("a.txt", false), ("a.JPG", true), ("a", false)] {
            let demand = Demand::new(&everything(), name, None);
            assert!(demand.refusal(&text).is_none(), "{name}");
            assert_eq!(demand.is_doubtful(&text), is_doubtful, "{name}");
            assert_eq!(Demand { has_good: true, ..demand }.refusal(&text).is_some(), is_doubtful, "{name}");
        }
    }
}
