//! The mark of the settings and of the command line, read from its file.

use std::{fs, path::Path};

use crate::{
    convert::{Mark, read_mark},
    error::{Error, Kind, Result},
    limits::Limits,
    service::{self, Watermarking},
};

/// The mark of `WATERMARK` in the place of `WATERMARK_ALWAYS`; `None` where no file is named.
///
/// # Errors
/// [`Kind::Parameter`] with the key, and what is wrong.
pub(super) fn of_settings(path: &str, always: &str) -> Result<Option<Watermarking>> {
    let place = service::watermark_always(path, always)?;
    if path.is_empty() {
        return Ok(None);
    }
    let wrong =
        |error: Error| Error::new(Kind::Parameter, format!("WATERMARK: {path:?} is not allowed; {error}"));
    Ok(Some(Watermarking::new(read(Path::new(path)).map_err(wrong)?, place)))
}

/// The mark in a file.
///
/// # Errors
/// [`Kind::Io`] when it can't be read, and those of [`read_mark`].
pub(super) fn read(path: &Path) -> Result<Mark> {
    let limits = Limits::default();
    let failed = |source| Error::with_source(Kind::Io, format!("{} can't be read", path.display()), source);
    limits.check_input(fs::metadata(path).map_err(failed)?.len())?;
    read_mark(&fs::read(path).map_err(failed)?, &limits)
}
