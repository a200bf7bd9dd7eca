//! `slimpix probe`: what files are, from their first bytes.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use indicatif::HumanBytes;
use serde_json::json;

use crate::{
    codec::{self, Probe},
    error::{Error, Kind, Result},
    native::{cli::ProbeArgs, files},
};

/// Probes all files; the code is 1 if one could not be.
pub(crate) fn run(args: &ProbeArgs) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for path in &args.files {
        let name = path.display();
        // A reader that is gone is no reason to fail.
        let _ = match look(path) {
            Ok((probe, bytes)) if args.json => {
                writeln!(io::stdout(), "{}", json!({ "input": path, "bytes": bytes, "probe": probe }))
            }
            Ok((probe, bytes)) => writeln!(io::stdout(), "{name}: {}", describe(&probe, bytes)),
            Err(error) => {
                code = ExitCode::FAILURE;
                let told = json!({ "input": path, "error": error.to_string() });
                let line = if args.json { writeln!(io::stdout(), "{told}") } else { Ok(()) };
                line.and_then(|()| writeln!(io::stderr(), "slimpix: {name}: {error}"))
            }
        };
    }
    code
}

fn look(path: &Path) -> Result<(Probe, Option<u64>)> {
    let mut head = Vec::new();
    let unreadable = |source| Error::with_source(Kind::Io, "can't be read", source);
    let most = codec::PROBE_BYTES as u64;
    let bytes = if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut head).map_err(unreadable)?;
        None
    } else {
        let (file, metadata) = files::open_regular(path)?;
        file.take(most).read_to_end(&mut head).map_err(unreadable)?;
        Some(metadata.len())
    };
    Ok((codec::probe(&head)?, bytes))
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
    facts.extend(probe.subsampling.map(|subsampling| format!("{subsampling:?}").to_lowercase()));
    if probe.orientation != crate::pixel::Orientation::default() {
        facts.push(format!("to be turned: {:?}", probe.orientation));
    }
    facts.extend(bytes.map(|bytes| HumanBytes(bytes).to_string()));
    facts.join(", ")
}
