//! What a look at an original finds out, also in a form that is told to the other requests that want the same.

use super::{freshness::OriginCaching, record::Validators};
use crate::{
    codec::{Format, Looked, Probe},
    error::{Error, Kind},
};

/// A source's state, and what it is.
#[derive(Debug)]
pub struct SourceInfo {
    /// Its state.
    pub validators: Validators,
    /// What looking at it came to.
    pub looked: Looked,
    /// [`hash_hex`](super::hash_hex) of the whole, if it is known. Of a remote source it is kept, and told to the host
    /// whenever it is to open its copy.
    pub checksum: Option<String>,
    /// True if it ends before the picture does; `None` if it has not been read to its end.
    pub is_cut: Option<bool>,
}

/// A [`SourceInfo`] that any number of requests can have.
#[derive(Debug, Clone)]
pub struct Seen {
    validators: Validators,
    format: Option<Format>,
    probe: Result<Probe, (Kind, String)>,
    checksum: Option<String>,
    is_cut: Option<bool>,
    caching: OriginCaching,
}

impl Seen {
    /// What was found out, and what the origin said of keeping it.
    #[must_use]
    pub fn of(info: &SourceInfo, caching: OriginCaching) -> Self {
        let probe = info.looked.probe.as_ref().map(Clone::clone);
        Self {
            validators: info.validators.clone(),
            format: info.looked.format,
            probe: probe.map_err(|error| (error.kind(), error.to_string())),
            checksum: info.checksum.clone(),
            is_cut: info.is_cut,
            caching,
        }
    }

    /// The state of the original.
    #[must_use]
    pub const fn validators(&self) -> &Validators {
        &self.validators
    }

    /// The checksum of its bytes, where it is known.
    #[must_use]
    pub fn checksum(&self) -> Option<&str> {
        self.checksum.as_deref()
    }

    /// What the origin said of keeping it.
    #[must_use]
    pub const fn caching(&self) -> OriginCaching {
        self.caching
    }

    /// What was found out, for one of the requests that are told.
    #[must_use]
    pub fn info(&self) -> SourceInfo {
        let probe = self.probe.clone().map_err(|(kind, what)| Error::new(kind, what));
        SourceInfo {
            validators: self.validators.clone(),
            looked: Looked { format: self.format, probe },
            checksum: self.checksum.clone(),
            is_cut: self.is_cut,
        }
    }
}
