//! The names of files in a cache.

use std::path::Path;

/// The name of the copy of a remote original.
pub(crate) fn raw_name(id: &str, url: &str) -> String {
    let bare = url.split_once('?').map_or(url, |(bare, _)| bare);
    let extension = Path::new(bare).extension().and_then(|extension| extension.to_str());
    file_name(&extension.map_or_else(|| id.to_owned(), |extension| format!("{id}.{extension}")))
}

/// A name that stays in its folder, whatever an origin is called.
pub(crate) fn file_name(name: &str) -> String {
    match name {
        "" | "." | ".." => "_".to_owned(),
        name => name.replace(['/', '\\', '\0'], "_"),
    }
}
