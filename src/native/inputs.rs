//! What `slimpix convert` is to read and where each result goes, decided before anything is converted.
//!
//! Results keep the input's name with the new format's extension. Where two inputs would so get the same name
//! (`a.jpg` and `a.png`), both keep their whole name before it (`a.jpg.webp`). No result ever replaces an input that isn't
//! to be replaced, no two have the same place, and none is an input of a later run; what a folder's pictures became before,
//! and is newer than they are, stays.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::{
    codec::{self, Format},
    error::{Error, Kind, Result},
    native::{cli::ConvertArgs, files, results, wanted::Wanted},
};

/// One picture to convert.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// What to read.
    pub(crate) input: Input,
    /// What to make of it, by its index in the list of what is wanted, and where each goes.
    pub(crate) results: Vec<(usize, Output)>,
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

    /// The same for a picture that is kept as it is: never under another format's extension.
    pub(crate) fn path_as_is(&self, format: Format) -> Option<PathBuf> {
        match self {
            Self::Exact(path) if format_of_name(path) != Some(format) => {
                Some(path.with_extension(format.extension()))
            }
            other => other.path(format),
        }
    }
}

/// All jobs, and what is told beside them.
#[derive(Debug)]
pub(crate) struct Jobs {
    pub(crate) list: Vec<Job>,
    /// The places of all inputs, which no result may replace but the one that is to.
    pub(crate) inputs: HashSet<PathBuf>,
    /// Results that are there and newer than their pictures.
    pub(crate) up_to_date: usize,
    /// What was found and isn't converted, and why.
    pub(crate) passed_by: Vec<(PathBuf, &'static str)>,
}

/// The format that a file's name says.
pub(crate) fn format_of_name(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "webp" => Some(Format::WebP),
        "avif" => Some(Format::Avif),
        "jpg" | "jpeg" | "jpe" | "jfif" => Some(Format::Jpeg),
        "png" | "apng" => Some(Format::Png),
        "gif" => Some(Format::Gif),
        "bmp" | "dib" => Some(Format::Bmp),
        "ico" | "cur" => Some(Format::Ico),
        "tif" | "tiff" => Some(Format::Tiff),
        "svg" | "svgz" => Some(Format::Svg),
        "heic" | "heif" => Some(Format::Heic),
        "jxl" => Some(Format::Jxl),
        _ => None,
    }
}

/// The format that `-o` says by its extension, if it says one.
///
/// # Errors
/// `Parameter` when that can't be made here, or `--format` says another one.
pub(crate) fn format_of_output(args: &ConvertArgs) -> Result<Option<Format>> {
    let Some(path) = args.output.as_deref() else { return Ok(None) };
    let Some(format) = format_of_name(path) else { return Ok(None) };
    let wrong = |why: String| Err(Error::new(Kind::Parameter, format!("-o {}: {why}", path.display())));
    if !format.can_encode() {
        return wrong(format!("{} can't be made here; --format has what can", format.extension()));
    }
    match args.format.as_slice() {
        [] => Ok(Some(format)),
        [target] if target.formats().contains(&format) => Ok(Some(format)),
        _ => wrong(format!("its extension says {}, and --format another one", format.extension())),
    }
}

/// Finds the inputs and gives each the places of its results.
///
/// # Errors
/// `Parameter` when the arguments contradict each other, or two results would have the same place; `NotFound` when there
/// is nothing to convert.
pub(crate) fn collect(args: &ConvertArgs, wanted: &[Wanted]) -> Result<Jobs> {
    let mut passed_by = Vec::new();
    let mut found = Vec::new();
    for input in &args.inputs {
        found.extend(expand(input, args, &mut passed_by)?);
    }
    let mut seen = HashSet::new();
    found.retain(|found| found.input.path().is_none_or(|path| seen.insert(files::place(path))));
    if !args.in_place {
        results::leave_out(&mut found, wanted);
    }
    if args.output.is_some() && (found.len() != 1 || args.inputs.iter().any(|input| input.is_dir())) {
        return Err(Error::new(Kind::Parameter, "-o is for a single input file; use --out-dir for more"));
    }
    if found.is_empty() && passed_by.is_empty() {
        let names: Vec<String> = args.inputs.iter().map(|input| input.display().to_string()).collect();
        return Err(Error::new(Kind::NotFound, format!("no pictures in {}", names.join(", "))));
    }
    let inputs = found.iter().filter_map(|found| found.input.path()).map(files::place).collect();
    let mut jobs = Jobs { list: jobs(found, wanted), inputs, up_to_date: 0, passed_by };
    if !args.in_place {
        results::leave_own_format_out(&mut jobs, wanted);
        results::check_places(&jobs, wanted)?;
    }
    if !args.force && !args.in_place {
        for job in &mut jobs.list {
            let before = job.results.len();
            let Job { input, results } = job;
            results.retain(|(at, output)| !results::is_up_to_date(input, output, &wanted[*at]));
            jobs.up_to_date += before - results.len();
        }
        jobs.list.retain(|job| !job.results.is_empty());
    }
    Ok(jobs)
}

/// An input, and where its results go.
pub(super) struct Found {
    pub(super) input: Input,
    /// The place of its only result, or the folder of all, with the name of the picture.
    pub(super) output: Output,
}

/// Gives each result its name, so that none of two inputs have the same.
fn jobs(found: Vec<Found>, wanted: &[Wanted]) -> Vec<Job> {
    let mut taken: HashMap<PathBuf, u32> = HashMap::new();
    for Found { output, .. } in &found {
        if let Output::Derived(folder, name) = output {
            *taken.entry(folder.join(name)).or_default() += 1;
        }
    }
    let job = |Found { input, output }: Found| {
        let named = |wanted: &Wanted| match (&output, input.path()) {
            (Output::Derived(folder, stem), path) => {
                let is_shared = taken.get(&folder.join(stem)).is_some_and(|&count| count > 1);
                let whole = path.and_then(Path::file_name).filter(|_| is_shared);
                Output::Derived(folder.clone(), wanted.name(&whole.unwrap_or(stem).to_owned()))
            }
            _ => output.clone(),
        };
        let results = wanted.iter().enumerate().map(|(at, wanted)| (at, named(wanted))).collect();
        Job { input, results }
    };
    found.into_iter().map(job).collect()
}

/// One argument's inputs with their outputs.
fn expand(
    input: &Path,
    args: &ConvertArgs,
    passed_by: &mut Vec<(PathBuf, &'static str)>,
) -> Result<Vec<Found>> {
    if input == Path::new("-") {
        let output = match (&args.output, &args.out_dir) {
            (Some(path), _) => exact(path),
            (None, Some(folder)) => Output::Derived(folder.clone(), "stdin".into()),
            (None, None) => Output::Stdout,
        };
        return Ok(vec![Found { input: Input::Stdin, output }]);
    }
    if input.is_dir() {
        return Ok(walk(input, args.out_dir.as_deref(), passed_by));
    }
    // What is not there, or can't be read, is reported as that file's own failure.
    let stem = input.file_stem().unwrap_or(input.as_os_str()).to_owned();
    let output = match (&args.output, &args.out_dir) {
        (Some(path), _) => exact(path),
        (None, Some(folder)) => Output::Derived(folder.clone(), stem),
        (None, None) => Output::Derived(parent(input), stem),
    };
    Ok(vec![Found { input: Input::Named(input.to_owned()), output }])
}

fn exact(path: &Path) -> Output {
    if path == Path::new("-") { Output::Stdout } else { Output::Exact(path.to_owned()) }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// The pictures of a folder and all below it, in the order of their names. Earlier results that stand in it are
/// not inputs, nor are links, which could lead anywhere.
fn walk(folder: &Path, out_dir: Option<&Path>, passed_by: &mut Vec<(PathBuf, &'static str)>) -> Vec<Found> {
    let results = out_dir.map(files::place).filter(|place| *place != files::place(folder));
    let entries = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| results.as_ref().is_none_or(|place| files::place(entry.path()) != *place))
        .flatten();
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        if entry.path_is_symlink() && entry.depth() > 0 {
            let leads_on = path.is_dir() || format_of_name(path).is_some();
            passed_by
                .extend(leads_on.then(|| (path.to_owned(), "it is a link; name it by itself to convert it")));
            continue;
        }
        if !entry.file_type().is_file() || !looks_like_a_picture(path) {
            continue;
        }
        let below = path.strip_prefix(folder).unwrap_or(path);
        let stem = path.file_stem().unwrap_or(path.as_os_str()).to_owned();
        let place = match out_dir {
            Some(out_dir) => out_dir.join(parent(below)),
            None => parent(path),
        };
        found.push(Found { input: Input::Found(path.to_owned()), output: Output::Derived(place, stem) });
    }
    found
}

/// By its content, or else by its name: a damaged picture is to be reported, a text file passed by.
fn looks_like_a_picture(path: &Path) -> bool {
    let by_content = || {
        let mut head = Vec::with_capacity(64);
        File::open(path).and_then(|file| file.take(64).read_to_end(&mut head)).is_ok()
            && codec::sniff(&head).is_some_and(Format::can_decode)
    };
    format_of_name(path).is_some() || by_content()
}
