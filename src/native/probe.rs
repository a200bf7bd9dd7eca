//! `slimpix probe`: what files are, from their headers.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use indicatif::HumanBytes;
use serde_json::json;

use crate::{
    codec::{Looked, Probe},
    error::{Error, Kind, Result},
    native::{
        cli::ProbeArgs,
        files,
        shown::{say, shown, shown_json, shown_path},
    },
};

/// Probes all files; the code is 1 if one could not be.
pub(crate) fn run(args: &ProbeArgs) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for path in &args.files {
        let (name, input) = (shown_path(path), path.to_string_lossy());
        let looked = look(path);
        let line = match &looked {
            Ok((probe, bytes)) if args.json => {
                Some(json!({ "input": input, "bytes": bytes, "probe": probe }).to_string())
            }
            Ok((probe, bytes)) => Some(format!("{name}: {}", describe(probe, *bytes))),
            Err(error) => {
                args.json.then(|| json!({ "input": input, "error": error.to_string() }).to_string())
            }
        };
        let line = line.map(|line| if args.json { shown_json(&line) } else { line });
        let said = line.map_or(Ok(()), |line| say(io::stdout().lock(), &line));
        let unsaid = said.map_err(|source| Error::with_source(Kind::Io, "what it is can't be told", source));
        for error in [looked.err(), unsaid.err()].into_iter().flatten() {
            code = ExitCode::FAILURE;
            let _ = writeln!(io::stderr(), "slimpix: {name}: {}", shown(&error.to_string()));
        }
    }
    code
}

fn look(path: &Path) -> Result<(Probe, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((look_at_input()?.probe?, None));
    }
    let (file, metadata) = files::open_regular(path)?;
    Ok((files::look_at(&file)?.probe?, Some(metadata.len())))
}

/// Reads standard input as far as is needed, and keeps what was read: a piece before may be wanted again.
fn look_at_input() -> Result<Looked> {
    let mut read = Vec::new();
    let mut input = io::stdin().lock();
    Looked::with(None, |need| {
        let start = usize::try_from(need.offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(need.length);
        let missing = end.saturating_sub(read.len());
        input
            .by_ref()
            .take(missing as u64)
            .read_to_end(&mut read)
            .map_err(|source| Error::with_source(Kind::Io, "can't be read", source))?;
        Ok(read.get(start.min(read.len())..end.min(read.len())).unwrap_or_default().to_vec())
    })
}

fn describe(probe: &Probe, bytes: Option<u64>) -> String {
    let mut facts = vec![
        probe.format.media_type().to_owned(),
        format!("{}x{}", probe.size.width, probe.size.height),
        format!("{} bit", probe.depth),
        if probe.color { "colour" } else { "grey" }.to_owned(),
    ];
    let flags = [
        (probe.alpha, "with transparency"),
        (probe.animated == Some(true), "animated"),
        (probe.progressive, "progressive"),
        (probe.icc, "with an ICC profile"),
    ];
    facts.extend(flags.iter().filter(|(holds, _)| *holds).map(|(_, name)| (*name).to_owned()));
    facts.extend(probe.subsampling.map(|subsampling| subsampling.name().to_owned()));
    if probe.orientation != crate::pixel::Orientation::default() {
        facts.push(format!("to be turned: {}", probe.orientation.name()));
    }
    facts.extend(bytes.map(|bytes| HumanBytes(bytes).to_string()));
    facts.join(", ")
}
