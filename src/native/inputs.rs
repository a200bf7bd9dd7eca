//! What `slimpix convert` is to read and where each result goes, decided before anything is converted.
//!
//! Results keep the input's name with the new format's extension. Where two inputs would so get the same name
//! (`a.jpg` and `a.png`), both keep their whole name before it (`a.jpg.webp`). No result ever replaces an input, and none
//! is an input of a later run; what a folder's pictures became before, and is newer than they are, stays.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::{
    codec::{self, Format},
    error::{Error, Kind, Result},
    native::{cli::ConvertArgs, files},
};

/// Names that say that a file is meant to be a picture, whatever is in it.
const PICTURE_NAMES: &[&str] =
    &["jpg", "jpeg", "jpe", "png", "gif", "bmp", "webp", "ico", "tif", "tiff", "avif", "heic", "heif", "jxl"];

/// One conversion to do.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// What to read.
    pub(crate) input: Input,
    /// Where to write.
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

    fn path(&self) -> Option<&Path> {
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

/// All jobs, and the places of all inputs, which no result may replace.
#[derive(Debug)]
pub(crate) struct Jobs {
    pub(crate) list: Vec<Job>,
    pub(crate) inputs: HashSet<PathBuf>,
    /// Pictures of folders whose results are there and newer.
    pub(crate) up_to_date: usize,
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
    match args.format {
        Some(target) if !target.formats().contains(&format) => {
            wrong(format!("its extension says {}, and --format another one", format.extension()))
        }
        _ => Ok(Some(format)),
    }
}

/// Finds the inputs and gives each its output, of one of the formats.
///
/// # Errors
/// `Parameter` when the arguments contradict each other, `NotFound` when an input is not there.
pub(crate) fn collect(args: &ConvertArgs, formats: &[Format]) -> Result<Jobs> {
    let mut found = Vec::new();
    for input in &args.inputs {
        found.extend(expand(input, args)?);
    }
    if args.out_dir.is_none() {
        leave_results_out(&mut found, formats);
    }
    if args.output.is_some() && (found.len() != 1 || args.inputs.iter().any(|input| input.is_dir())) {
        return Err(Error::new(Kind::Parameter, "-o is for a single input file; use --out-dir for more"));
    }
    if found.is_empty() {
        let names: Vec<String> = args.inputs.iter().map(|input| input.display().to_string()).collect();
        return Err(Error::new(Kind::NotFound, format!("no pictures in {}", names.join(", "))));
    }
    let inputs = found.iter().filter_map(|(input, _)| input.path()).map(files::place).collect();
    let mut taken: HashMap<PathBuf, u32> = HashMap::new();
    for (_, output) in &found {
        if let Output::Derived(folder, name) = output {
            *taken.entry(folder.join(name)).or_default() += 1;
        }
    }
    let distinct = |(input, output): (Input, Output)| match (&input, &output) {
        (Input::Named(path) | Input::Found(path), Output::Derived(folder, name))
            if taken.get(&folder.join(name)).is_some_and(|&count| count > 1) =>
        {
            let whole = path.file_name().unwrap_or(name).to_owned();
            Job { output: Output::Derived(folder.clone(), whole), input }
        }
        _ => Job { input, output },
    };
    let mut list: Vec<Job> = found.into_iter().map(distinct).collect();
    let all = list.len();
    list.retain(|job| args.force || !is_up_to_date(job, formats));
    Ok(Jobs { up_to_date: all - list.len(), list, inputs })
}

/// Leaves out what earlier runs made beside the pictures of a folder.
fn leave_results_out(found: &mut Vec<(Input, Output)>, formats: &[Format]) {
    let mut results = HashSet::new();
    for format in formats.iter().filter(|format| matches!(format, Format::WebP | Format::Avif)) {
        for (input, _) in &*found {
            let Input::Found(path) = input else { continue };
            let mut whole = path.clone().into_os_string();
            whole.push(".");
            whole.push(format.extension());
            results.insert(PathBuf::from(whole));
            // A picture of that format is no result of itself.
            results.extend(Some(path.with_extension(format.extension())).filter(|result| result != path));
        }
    }
    found.retain(|(input, _)| !matches!(input, Input::Found(path) if results.contains(path)));
}

/// True if a folder's picture has a result that is not older.
fn is_up_to_date(job: &Job, formats: &[Format]) -> bool {
    let Input::Found(input) = &job.input else { return false };
    let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Some(changed) = time(input) else { return false };
    let as_is = format_of_name(input).and_then(|format| job.output.path_as_is(format));
    let results = formats.iter().filter_map(|format| job.output.path(*format)).chain(as_is);
    results.filter(|result| result != input).any(|result| time(&result).is_some_and(|made| made >= changed))
}

/// One argument's inputs with their outputs.
fn expand(input: &Path, args: &ConvertArgs) -> Result<Vec<(Input, Output)>> {
    if input == Path::new("-") {
        let output = match (&args.output, &args.out_dir) {
            (Some(path), _) => exact(path),
            (None, Some(folder)) => Output::Derived(folder.clone(), "stdin".into()),
            (None, None) => Output::Stdout,
        };
        return Ok(vec![(Input::Stdin, output)]);
    }
    if input.is_dir() {
        return Ok(walk(input, args.out_dir.as_deref()));
    }
    // What is not there, or can't be read, is reported as that file's own failure.
    let stem = input.file_stem().unwrap_or(input.as_os_str()).to_owned();
    let output = match (&args.output, &args.out_dir) {
        (Some(path), _) => exact(path),
        (None, Some(folder)) => Output::Derived(folder.clone(), stem),
        (None, None) => Output::Derived(parent(input), stem),
    };
    Ok(vec![(Input::Named(input.to_owned()), output)])
}

fn exact(path: &Path) -> Output {
    if path == Path::new("-") { Output::Stdout } else { Output::Exact(path.to_owned()) }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// The pictures of a folder and all below it, in the order of their names. Earlier results that stand in it are
/// not inputs, nor are links, which could lead anywhere.
fn walk(folder: &Path, out_dir: Option<&Path>) -> Vec<(Input, Output)> {
    let results = out_dir.map(files::place).filter(|place| *place != files::place(folder));
    let entries = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| results.as_ref().is_none_or(|place| files::place(entry.path()) != *place))
        .flatten();
    let mut found = Vec::new();
    for entry in entries.filter(|entry| entry.file_type().is_file()) {
        let path = entry.path();
        if !looks_like_a_picture(path) {
            continue;
        }
        let below = path.strip_prefix(folder).unwrap_or(path);
        let stem = path.file_stem().unwrap_or(path.as_os_str()).to_owned();
        let place = match out_dir {
            Some(out_dir) => out_dir.join(parent(below)),
            None => parent(path),
        };
        found.push((Input::Found(path.to_owned()), Output::Derived(place, stem)));
    }
    found
}

/// By its content, or else by its name: a damaged picture is to be reported, a text file passed by.
fn looks_like_a_picture(path: &Path) -> bool {
    let named = path
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| PICTURE_NAMES.contains(&extension.to_ascii_lowercase().as_str()));
    let by_content = || {
        let mut head = Vec::with_capacity(64);
        File::open(path).and_then(|file| file.take(64).read_to_end(&mut head)).is_ok()
            && codec::sniff(&head).is_some_and(Format::can_decode)
    };
    named || by_content()
}
