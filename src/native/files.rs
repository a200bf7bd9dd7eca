//! Files of this machine: written whole or not at all, and only regular ones read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::error::{Error, Kind, Result};

/// Temporary files begin with this, so that leftovers of a crash are known as such.
pub(crate) const TEMPORARY_PREFIX: &str = ".slimpix-";

/// Writes a file so that it is there whole or not at all: under a temporary name in the same folder, flushed to
/// the disk, then renamed. Makes the folder if need be.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut file = builder().tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The permissions that a new file usually has; a temporary file would be its owner's alone.
#[cfg(unix)]
fn builder() -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;

    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).permissions(fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    builder
}

/// Opens a regular file; a folder, a pipe or a device is refused without waiting for it.
pub(crate) fn open_regular(path: &Path) -> Result<(File, fs::Metadata)> {
    let failed = |source: io::Error| {
        let kind = match source.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename => Kind::NotFound,
            _ => Kind::Io,
        };
        Error::with_source(kind, "can't be read", source)
    };
    // Opening a pipe would wait for its other end, so the kind is asked first, and again of what was opened.
    let metadata = fs::metadata(path).map_err(failed)?;
    refuse_irregular(&metadata)?;
    let file = OpenOptions::new().read(true).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    refuse_irregular(&metadata)?;
    Ok((file, metadata))
}

fn refuse_irregular(metadata: &fs::Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "is a folder, not a file" } else { "is no regular file" };
    Err(Error::new(Kind::NotFound, what))
}

/// A path without `.` and without `..` where these can be resolved by the text alone; made absolute, so that two
/// spellings of a place compare equal even where nothing is there yet.
pub(crate) fn place(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (absolute.parent().map(place), absolute.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("deep/er/a.webp");
        write_whole(&path, b"one")?;
        write_whole(&path, b"two")?;
        assert_eq!(fs::read(&path)?, b"two");
        assert_eq!(fs::read_dir(folder.path().join("deep/er"))?.count(), 1);
        Ok(())
    }

    #[test]
    fn only_regular_files_are_opened() {
        for path in ["/", "/dev/zero", "/nowhere/at/all"] {
            let refused = open_regular(Path::new(path)).map(|_| ()).map_err(|error| error.kind());
            assert_eq!(refused, Err(Kind::NotFound), "{path}");
        }
    }
}
