//! The mark of the settings and of the command line, read from its file.

use std::{fs, path::Path};

use crate::{
    convert::{Mark, Placement, read_mark},
    error::{Error, Kind, Result},
    limits::Limits,
    service::Watermarking,
};

/// The mark of `WATERMARK` in the place of `WATERMARK_ALWAYS`; `None` where no file is named.
///
/// # Errors
/// [`Kind::Parameter`] with the key, and what is wrong.
pub(super) fn of_settings(path: &str, always: &str) -> Result<Option<Watermarking>> {
    let wrong = |key: &str, value: &str, what: &str| {
        Error::new(Kind::Parameter, format!("{key}: {value:?} is not allowed; {what}"))
    };
    let place = match always {
        "" => None,
        text => Some(
            Placement::parse(text)
                .map_err(|allowed| wrong("WATERMARK_ALWAYS", text, &format!("it is {allowed}")))?,
        ),
    };
    if path.is_empty() {
        return match place {
            None => Ok(None),
            Some(_) => Err(wrong("WATERMARK_ALWAYS", always, "WATERMARK names no picture")),
        };
    }
    let mark = read(Path::new(path)).map_err(|error| wrong("WATERMARK", path, &error.to_string()))?;
    Ok(Some(Watermarking::new(mark, place)))
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
