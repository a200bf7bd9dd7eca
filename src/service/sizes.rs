//! What is kept of one source beside its plain variants: the ids of the records with a size or a quality of their own,
//! listed in the record of the source in the order in which they were made. So they can be counted and, where they are
//! too many, the least recently used forgotten, however many sizes are asked for.

use serde::{Deserialize, Serialize};

/// The ids of records with sizes of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Sizes(Vec<u128>);

impl From<Vec<String>> for Sizes {
    fn from(ids: Vec<String>) -> Self {
        Self(ids.iter().filter_map(|id| parse(id)).collect())
    }
}

impl From<Sizes> for Vec<String> {
    fn from(sizes: Sizes) -> Self {
        sizes.iter().collect()
    }
}

impl Sizes {
    /// True if there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids, the first that was made first.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|id| format!("{id:032x}"))
    }

    /// Lists an id; false if it stands here, or is none of ours.
    pub(super) fn list(&mut self, id: &str) -> bool {
        let id = parse(id).filter(|id| !self.0.contains(id));
        self.0.extend(id);
        id.is_some()
    }

    /// Puts what another list of the same source has before this one.
    pub(super) fn follow(&mut self, mut earlier: Self) {
        earlier.0.extend(self.0.iter().filter(|id| !earlier.0.contains(id)).copied().collect::<Vec<_>>());
        *self = earlier;
    }

    /// Takes the least recently used out until `most` are left; never the one that was made last.
    pub(super) fn take_surplus<K: Ord>(&mut self, most: usize, last_use: impl Fn(&str) -> K) -> Vec<String> {
        let count = self.0.len().saturating_sub(most.max(1));
        if count == 0 {
            return Vec::new();
        }
        let older = self.0.len() - 1;
        let mut by_use: Vec<(K, usize, String)> =
            self.iter().take(older).enumerate().map(|(at, id)| (last_use(&id), at, id)).collect();
        by_use.sort_by(|(one, at, _), (other, then, _)| (one, at).cmp(&(other, then)));
        let gone: Vec<String> = by_use.into_iter().take(count).map(|(_, _, id)| id).collect();
        self.0.retain(|id| !gone.contains(&format!("{id:032x}")));
        gone
    }
}

/// An id of ours; webp_server_go's are shorter.
fn parse(id: &str) -> Option<u128> {
    (id.len() == 32).then(|| u128::from_str_radix(id, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> String {
        format!("{number:032x}")
    }

    #[test]
    fn the_least_recently_used_go_but_not_the_newest() {
        let mut sizes = Sizes::default();
        for number in 0..6 {
            assert!(sizes.list(&id(number)));
            assert!(!sizes.list(&id(number)));
        }
        assert!(!sizes.list("281a623ba38d56d1"));
        // The newest was never used, and stays; of those used at the same time the first goes.
        let last_use = |of: &str| match of {
            of if *of == id(5) => 0,
            of if *of == id(0) => 9,
            _ => 1,
        };
        assert_eq!(sizes.take_surplus(4, last_use), [id(1), id(2)]);
        assert_eq!(sizes.iter().collect::<Vec<_>>(), [id(0), id(3), id(4), id(5)]);
        assert!(sizes.take_surplus(4, last_use).is_empty());
    }

    #[test]
    fn two_lists_are_one_afterwards_and_text_in_between() {
        let (mut one, mut other) = (Sizes::default(), Sizes::default());
        one.list(&id(2));
        one.list(&id(3));
        other.list(&id(1));
        other.list(&id(2));
        one.follow(other);
        let text = serde_json::to_string(&one).expect("text");
        let read: Sizes = serde_json::from_str(&text).expect("a list");
        assert_eq!(read.iter().collect::<Vec<_>>(), [id(1), id(2), id(3)]);
    }
}
