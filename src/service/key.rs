//! Cache keys: the names under which sources, records and variants are kept.
//!
//! What is hashed to an id is what webp_server_go hashes: `/path?width=W&height=H&max_width=MW&max_height=MH` for a
//! local source, empty values staying empty, and the full URL for a remote one, its query included. Parameters that
//! this scheme can't express are appended only where they are present.
//!
//! webp_server_go's id is xxHash64 (seed 0) in lower-case hexadecimal without leading zeros. Anybody can make two names
//! with the same one, so ours is of SHA-256. What is found under either is used only where its record says the very
//! same text: an existing cache folder goes on to be used, and no name shows what another one made.

use sha2::{Digest, Sha256};
use twox_hash::XxHash64;

use super::{params::Wanted, route::Source};

/// xxHash64 with seed 0, as it is written in ids and checksums.
#[must_use]
pub fn hash_hex(bytes: &[u8]) -> String {
    format!("{:x}", XxHash64::oneshot(0, bytes))
}

/// How a text is found in a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    /// Under which it is kept: the first half of its SHA-256, in hexadecimal.
    pub now: String,
    /// Under which webp_server_go kept it, and older versions.
    pub old: String,
}

impl Id {
    pub(super) fn of(text: &str) -> Self {
        let digest = Sha256::digest(text);
        let now = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { now, old: hash_hex(text.as_bytes()) }
    }

    /// True for one of the two.
    pub(super) fn is(&self, id: &str) -> bool {
        id == self.now || id == self.old
    }
}

impl Source {
    /// The id under which the source itself is kept (`REMOTE_RAW_PATH/<host>/<id><ext>`), whatever the parameters.
    #[must_use]
    pub fn id(&self) -> Id {
        Id::of(&text(self, &Wanted::default()))
    }
}

/// What is hashed to the id of a source's variants with these parameters.
pub(super) fn text(source: &Source, wanted: &Wanted) -> String {
    let mut text = match source {
        Source::Local { name, .. } => {
            let show = |value: Option<u32>| value.map_or_else(String::new, |value| value.to_string());
            format!(
                "{name}?width={}&height={}&max_width={}&max_height={}",
                show(wanted.width),
                show(wanted.height),
                show(wanted.max_width),
                show(wanted.max_height),
            )
        }
        Source::Remote { url, .. } => remote_text(url, wanted),
    };
    if let Some(fit) = wanted.fit_name() {
        text.push_str("&fit=");
        text.push_str(fit);
    }
    if let Some(gravity) = wanted.gravity {
        text.push_str(&format!("&gravity={}", gravity.name()));
    }
    text.push_str(&wanted.effects.key());
    if let Some(quality) = wanted.quality {
        text.push_str(&format!("&q={quality}"));
    }
    if wanted.still {
        text.push_str("&still");
    }
    if wanted.saves_data {
        text.push_str("&save-data");
    }
    text
}

/// The URL, then what is wanted: after a `?` where the URL has no query, and after a `#`, which none has, where it
/// does.
fn remote_text(url: &str, wanted: &Wanted) -> String {
    let mut text = url.to_owned();
    if wanted.is_plain() {
        return text;
    }
    let sizes = [
        ("width", wanted.width),
        ("height", wanted.height),
        ("max_width", wanted.max_width),
        ("max_height", wanted.max_height),
    ];
    let present: Vec<String> =
        sizes.iter().filter_map(|(name, size)| size.map(|size| format!("{name}={size}"))).collect();
    text.push(if url.contains('?') || present.is_empty() { '#' } else { '?' });
    text.push_str(&present.join("&"));
    text
}
