//! A conversion as the service orders it: what for, and with how much memory.

use std::borrow::Cow;

use crate::{codec::Format, convert::Params, limits::Limits};

/// A conversion to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job {
    /// What it is for.
    pub task: Task,
    /// The most bytes that the result may have: a longer one would not be sent, or needs a job with more room.
    pub max_bytes: u64,
    /// The most bytes that it may take, the source file included: where there is no more, a cheaper way is taken.
    pub max_memory: u64,
    /// The most bytes that it will hold at once, the source file included.
    pub peak_bytes: u64,
}

impl Job {
    /// The most bytes that the result may have by the request's own word.
    pub(super) fn asked_bytes(&self) -> Option<u64> {
        match &self.task {
            Task::Picture(params) => params.target_size,
            Task::Describe => None,
        }
    }

    /// The limits for `convert::convert`, given those for all.
    #[must_use]
    pub fn limits(&self, limits: &Limits) -> Limits {
        Limits { max_output_bytes: self.max_bytes, max_memory: self.max_memory, ..limits.clone() }
    }
}

/// What a conversion is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A picture, made by `convert::convert` with these parameters.
    Picture(Params),
    /// A description, made by `convert::describe`.
    Describe,
}

impl Task {
    /// The parameters by which its memory is reckoned: describing decodes all of a picture, as making a PNG of it does.
    #[must_use]
    pub fn planned_params(&self) -> Cow<'_, Params> {
        match self {
            Self::Picture(params) => Cow::Borrowed(params),
            Self::Describe => Cow::Owned(Params { format: Format::Png, ..Params::default() }),
        }
    }

    /// What it makes.
    pub(super) const fn product(&self) -> Product {
        match self {
            Self::Picture(params) => Product::Picture(params.format),
            Self::Describe => Product::Description,
        }
    }
}

/// What a job makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Product {
    /// A picture in that format.
    Picture(Format),
    /// What `?meta=full` tells.
    Description,
}
