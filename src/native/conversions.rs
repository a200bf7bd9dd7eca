//! What one run of `slimpix convert` converts: each picture with the places of its results.

use std::{
    collections::HashSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::codec::Format;

/// One picture to convert.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    /// What to read.
    pub(crate) input: Input,
    /// What to make of it.
    pub(crate) results: Vec<PlannedResult>,
}

/// A result that is to be made of a picture.
#[derive(Debug, Clone)]
pub(crate) struct PlannedResult {
    /// The index of what it is in the list of what is wanted.
    pub(crate) wanted: usize,
    /// Where it goes.
    pub(crate) output: Output,
}

/// Where a picture comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Standard input.
    Stdin,
    /// A file that was named.
    Named(PathBuf),
    /// A file that was found in a folder.
    Found(PathBuf),
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Output {
    /// Standard output.
    Stdout,
    /// Exactly this file.
    Exact(PathBuf),
    /// A file in this folder: this name and the format's extension.
    Derived(PathBuf, OsString),
}

impl Input {
    /// Its name, for people.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::Named(path) | Self::Found(path) => path.display().to_string(),
        }
    }

    /// Its file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::Named(path) | Self::Found(path) => Some(path),
        }
    }
}

impl Output {
    /// The file to write for a result of a format; `None` is standard output.
    pub(crate) fn path(&self, format: Format) -> Option<PathBuf> {
        match self {
            Self::Stdout => None,
            Self::Exact(path) => Some(path.clone()),
            Self::Derived(folder, name) => {
                let mut name = name.clone();
                name.push(".");
                name.push(format.extension());
                Some(folder.join(name))
            }
        }
    }

    /// The file to write for a picture that is kept as it is: never under another format's extension.
    pub(crate) fn path_as_is(&self, format: Format) -> Option<PathBuf> {
        match self {
            Self::Exact(path) if format_of_name(path) != Some(format) => {
                Some(path.with_extension(format.extension()))
            }
            other => other.path(format),
        }
    }
}

/// All conversions, and what is told beside them.
#[derive(Debug)]
pub(crate) struct Conversions {
    pub(crate) list: Vec<Conversion>,
    /// The places of all inputs, which no result may replace but the one that is to.
    pub(crate) inputs: HashSet<PathBuf>,
    /// Results that are there and newer than their pictures.
    pub(crate) up_to_date: usize,
    /// What was found and isn't converted, and why.
    pub(crate) passed_by: Vec<(PathBuf, &'static str)>,
}

/// An input, and where its results go.
pub(super) struct FoundInput {
    pub(super) input: Input,
    /// The place of its only result, or the folder of all, with the name of the picture.
    pub(super) output: Output,
}

/// The format that a file's name says.
pub(crate) fn format_of_name(path: &Path) -> Option<Format> {
    Format::from_extension(path.extension()?.to_str()?)
}
