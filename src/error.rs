//! The one error type of the crate: a kind that says who is at fault, what was wrong, and the error below it.
//!
//! Callers match on [`ErrorKind`]; the text is for people. Only `service` turns a kind into an HTTP status, and only
//! the command line turns one into an exit code. The value is one word wide, so a `Result` stays small.

use std::{any::Any, error, fmt};

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// [`ErrorKind`], as the crate's own code calls it.
pub(crate) use self::ErrorKind as Kind;

/// Who is at fault.
///
/// ```
/// use slimpix::{ErrorKind, probe};
///
/// # fn main() {
/// let error = probe(b"a text, and no picture").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unsupported);
/// // The same bytes would fail again: it can be remembered.
/// assert!(error.kind().is_permanent());
/// println!("{error}");
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The picture is damaged, cut short or lies about itself.
    Malformed,
    /// The picture is sound, but of a format or kind that is not converted here.
    Unsupported,
    /// The picture asks for more than the limits allow (bytes, pixels, sides).
    LimitExceeded,
    /// An allocation failed, or the budget has no room.
    OutOfMemory,
    /// A parameter or a setting is out of its range.
    Parameter,
    /// The thing asked for is not there.
    NotFound,
    /// An origin server or a store failed.
    Upstream,
    /// There is more work than can be done in time.
    Overload,
    /// The operating system refused: a file, a socket, a folder.
    Io,
    /// The result would be longer than it may be, see
    /// [`Limits::max_output_bytes`](crate::limits::Limits::max_output_bytes).
    OutputTooLarge,
    /// A fault of our own.
    Internal,
}

impl ErrorKind {
    /// The kind as one word for machines: in JSON, in a page's `SlimpixError` and in the records of a cache. The
    /// words stay as they are from version to version.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::LimitExceeded => "limit",
            Self::OutOfMemory => "memory",
            Self::Parameter => "parameter",
            Self::NotFound => "not-found",
            Self::Upstream => "upstream",
            Self::Overload => "overload",
            Self::Io => "io",
            Self::OutputTooLarge => "larger",
            Self::Internal => "internal",
        }
    }

    /// True if the same bytes with the same parameters will fail the same way again.
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        matches!(self, Self::Malformed | Self::Unsupported | Self::LimitExceeded | Self::OutputTooLarge)
    }
}

/// The word of [`ErrorKind::as_str`].
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What went wrong. See [`ErrorKind`] for who is at fault, and an example.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// An error of a kind, with a text that names what was wrong.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// An error of a kind, caused by an error of a library or of the system.
    #[must_use]
    pub fn with_source(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: Some(source.into()) }))
    }

    /// Puts the name of the thing concerned (a file, a key, a format) before the text.
    #[must_use]
    pub fn context(mut self, name: impl fmt::Display) -> Self {
        self.0.message = format!("{name}: {}", self.0.message);
        self
    }

    /// Who is at fault.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The text without the causes below it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The picture is damaged.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    /// The picture is of a kind that is not converted here.
    #[must_use]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// The picture asks for more than the limits allow.
    #[must_use]
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::LimitExceeded, message)
    }
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "without a message",
    }
}

/// The text, then each cause after a colon, on one line.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut cause = error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.0.kind)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<std::collections::TryReserveError> for Error {
    fn from(source: std::collections::TryReserveError) -> Self {
        Self::with_source(ErrorKind::OutOfMemory, "no memory", source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_word_and_prints_its_causes() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        let inner = Error::malformed("no end marker");
        let outer = Error::with_source(ErrorKind::Upstream, "origin", inner).context("a.jpg");
        assert_eq!(outer.to_string(), "a.jpg: origin: no end marker");
        assert_eq!(outer.kind(), ErrorKind::Upstream);
    }
}
