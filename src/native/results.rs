//! What of `slimpix convert`'s inputs is a result, and which places results may have.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    codec::Format,
    error::{Error, Kind, Result},
    native::{
        conversions::{Conversion, Conversions, FoundInput, Input, Output, PlannedResult, format_of_name},
        files,
        wanted::Wanted,
    },
};

/// Leaves out what runs of any kind make beside the pictures of a folder: a WebP or an AVIF of a picture's name, and
/// whatever has its whole name before its own extension, with or without a width (`a.webp`, `a-400.avif`,
/// `a.png-400.jpg` beside `a.png`). What this very run makes is one, too.
pub(super) fn leave_out(found: &mut Vec<FoundInput>, wanted: &[Wanted]) {
    let pictures: Vec<PathBuf> = found
        .iter()
        .filter_map(|found| match &found.input {
            Input::Found(path) => Some(path.clone()),
            _ => None,
        })
        .collect();
    let whole: HashSet<&Path> = pictures.iter().map(PathBuf::as_path).collect();
    let mut stems: HashMap<PathBuf, Vec<Format>> = HashMap::new();
    for path in &pictures {
        let format = format_of_name(path).filter(|format| format.can_decode());
        stems.entry(path.with_extension("")).or_default().extend(format);
    }
    let mut made = HashSet::new();
    for wanted in wanted.iter().filter(|wanted| wanted.has_width()) {
        for path in &pictures {
            let Some(stem) = path.file_stem() else { continue };
            for format in wanted.formats() {
                let mut name = wanted.name(&stem.to_owned());
                name.push(".");
                name.push(format.extension());
                made.insert(path.with_file_name(name));
            }
        }
    }
    let is_result = |path: &Path| {
        let Some(format) = format_of_name(path).filter(|format| format.can_encode()) else { return false };
        let base = path.with_extension("");
        let is_new = matches!(format, Format::WebP | Format::Avif);
        // Of a WebP and an AVIF of one name, and nothing else, the AVIF was made of the WebP.
        let is_older = |source| source != format && (source != Format::Avif || format != Format::WebP);
        // Without a width in its name it has another format than its picture.
        let is_of = |base: &Path, may_be_same: bool| {
            let sources = stems.get(base).map_or(&[][..], Vec::as_slice);
            whole.contains(base) || is_new && sources.iter().any(|source| may_be_same || is_older(*source))
        };
        is_of(&base, false) || without_width(&base).is_some_and(|base| is_of(&base, true))
    };
    found.retain(
        |found| !matches!(&found.input, Input::Found(path) if made.contains(path) || is_result(path)),
    );
}

/// A path without the width at its end, if there is one.
fn without_width(base: &Path) -> Option<PathBuf> {
    let (name, width) = base.file_name()?.to_str()?.rsplit_once('-')?;
    let is_width = width.parse::<u16>().is_ok_and(|width| width > 0) && !name.is_empty();
    is_width.then(|| base.with_file_name(name))
}

/// Leaves out what a folder's picture would become in its own place: it is of that format already.
pub(super) fn leave_own_format_out(jobs: &mut Conversions, wanted: &[Wanted]) {
    for Conversion { input, results } in &mut jobs.list {
        let Input::Found(path) = input else { continue };
        let place = files::absolute_path(path);
        let is_own = |result: &PlannedResult| {
            let formats = wanted[result.wanted].formats();
            let mut places = formats.filter_map(|format| result.output.path(format));
            places.any(|path| files::absolute_path(&path) == place)
        };
        results.retain(|result| !is_own(result));
        if results.is_empty() {
            jobs.passed_by.push((path.clone(), "it is of that format already; --in-place makes it anew"));
        }
    }
    jobs.list.retain(|job| !job.results.is_empty());
}

/// Sees that no two results have the same place, and none that of an input.
pub(super) fn check_places(jobs: &Conversions, wanted: &[Wanted]) -> Result<()> {
    let mut makers: HashMap<PathBuf, (&Input, usize)> = HashMap::new();
    for job in &jobs.list {
        for PlannedResult { wanted: at, output } in &job.results {
            for path in wanted[*at].formats().filter_map(|format| output.path(format)) {
                let place = files::absolute_path(&path);
                let shown = path.display();
                if jobs.inputs.contains(&place) {
                    let what =
                        format!("the result {shown} would replace an input; use -o, --out-dir or --in-place");
                    return Err(Error::new(Kind::Parameter, what));
                }
                let other =
                    makers.insert(place, (&job.input, *at)).filter(|other| *other != (&job.input, *at));
                if let Some((other, _)) = other {
                    let (one, other) = (other.name(), job.input.name());
                    let what =
                        format!("{one} and {other} would both become {shown}; convert them by themselves");
                    return Err(Error::new(Kind::Parameter, what));
                }
            }
        }
    }
    Ok(())
}

/// True if a folder's picture has a result that is not older.
pub(super) fn is_up_to_date(input: &Input, output: &Output, wanted: &Wanted) -> bool {
    let Input::Found(input) = input else { return false };
    let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Some(changed) = time(input) else { return false };
    let as_is = format_of_name(input).and_then(|format| output.path_as_is(format));
    let results = wanted.formats().filter_map(|format| output.path(format)).chain(as_is);
    results.filter(|result| result != input).any(|result| time(&result).is_some_and(|made| made >= changed))
}
