//! What `slimpix convert` is to read and where each result goes, decided before anything is converted.
//!
//! Results keep the input's name with the new format's extension. Where two inputs would so get the same name
//! (`a.jpg` and `a.png`), both keep their whole name before it (`a.jpg.webp`). No result ever replaces an input that
//! isn't to be replaced, no two have the same place, and none is an input of a later run; what a folder's pictures
//! became before, and is newer than they are, stays.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::{
    codec::{self, Format},
    error::{Error, Kind, Result},
    native::{
        cli::ConvertArgs,
        conversions::{Conversion, Conversions, FoundInput, Input, Output, PlannedResult, format_of_name},
        files, results,
        wanted::Wanted,
    },
};

/// Finds the inputs and gives each the places of its results.
///
/// # Errors
/// [`Kind::Parameter`] when the arguments contradict each other, or two results would have the same place;
/// [`Kind::NotFound`] when there is nothing to convert.
pub(crate) fn collect(args: &ConvertArgs, wanted: &[Wanted]) -> Result<Conversions> {
    let mut passed_by = Vec::new();
    let mut found = Vec::new();
    for input in &args.inputs {
        found.extend(expand(input, args, &mut passed_by)?);
    }
    let mut seen = HashSet::new();
    found.retain(|found| found.input.path().is_none_or(|path| seen.insert(files::absolute_path(path))));
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
    let inputs = found.iter().filter_map(|found| found.input.path()).map(files::absolute_path).collect();
    let mut jobs = Conversions { list: conversions(found, wanted), inputs, up_to_date: 0, passed_by };
    if !args.in_place {
        results::leave_own_format_out(&mut jobs, wanted);
        results::check_places(&jobs, wanted)?;
    }
    if !args.force && !args.in_place {
        for job in &mut jobs.list {
            let before = job.results.len();
            let Conversion { input, results } = job;
            results.retain(|result| !results::is_up_to_date(input, &result.output, &wanted[result.wanted]));
            jobs.up_to_date += before - results.len();
        }
        jobs.list.retain(|job| !job.results.is_empty());
    }
    Ok(jobs)
}

/// Gives each result its name, so that none of two inputs have the same.
fn conversions(found: Vec<FoundInput>, wanted: &[Wanted]) -> Vec<Conversion> {
    let mut taken: HashMap<PathBuf, u32> = HashMap::new();
    for FoundInput { output, .. } in &found {
        if let Output::Derived(folder, name) = output {
            *taken.entry(folder.join(name)).or_default() += 1;
        }
    }
    let job = |FoundInput { input, output }: FoundInput| {
        let named = |wanted: &Wanted| match (&output, input.path()) {
            (Output::Derived(folder, stem), path) => {
                let is_shared = taken.get(&folder.join(stem)).is_some_and(|&count| count > 1);
                let whole = path.and_then(Path::file_name).filter(|_| is_shared);
                Output::Derived(folder.clone(), wanted.name(&whole.unwrap_or(stem).to_owned()))
            }
            _ => output.clone(),
        };
        let results = wanted
            .iter()
            .enumerate()
            .map(|(at, wanted)| PlannedResult { wanted: at, output: named(wanted) })
            .collect();
        Conversion { input, results }
    };
    found.into_iter().map(job).collect()
}

/// One argument's inputs with their outputs.
fn expand(
    input: &Path,
    args: &ConvertArgs,
    passed_by: &mut Vec<(PathBuf, &'static str)>,
) -> Result<Vec<FoundInput>> {
    if input == Path::new("-") {
        let output = match (&args.output, &args.out_dir) {
            (Some(path), _) => exact(path),
            (None, Some(folder)) => Output::Derived(folder.clone(), "stdin".into()),
            (None, None) => Output::Stdout,
        };
        return Ok(vec![FoundInput { input: Input::Stdin, output }]);
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
    Ok(vec![FoundInput { input: Input::Named(input.to_owned()), output }])
}

fn exact(path: &Path) -> Output {
    if path == Path::new("-") { Output::Stdout } else { Output::Exact(path.to_owned()) }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// The pictures of a folder and all below it, in the order of their names. Earlier results that stand in it are
/// not inputs, nor are links, which could lead anywhere.
fn walk(
    folder: &Path,
    out_dir: Option<&Path>,
    passed_by: &mut Vec<(PathBuf, &'static str)>,
) -> Vec<FoundInput> {
    let results = out_dir.map(files::absolute_path).filter(|place| *place != files::absolute_path(folder));
    let entries = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            results.as_ref().is_none_or(|place| files::absolute_path(entry.path()) != *place)
        })
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
        found.push(FoundInput { input: Input::Found(path.to_owned()), output: Output::Derived(place, stem) });
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
