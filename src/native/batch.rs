//! `slimpix convert`: many files, as many at a time as the processors and the memory budget bear. One that fails
//! does not stop the others.

use std::{
    io::{self, IsTerminal, Read, Write},
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use tokio::{runtime, task, task::JoinSet};

use crate::{
    codec::{self, Format, Looked, Probe},
    convert::{self, Made, Outcome, Params, together},
    error::{Error, Kind, Result},
    limits::Limits,
    native::{
        cli::ConvertArgs,
        conversions::{Conversion, Conversions, Input, Output, PlannedResult},
        files::{self, Content},
        fonts, inputs, machine,
        pool::Pool,
        report::{Came, Done, Form, Report},
        serve,
        wanted::{self, Wanted},
    },
};

/// A conversion on the command line waits for its turn as long as it takes.
const PATIENCE: Duration = Duration::from_secs(30 * 24 * 3600);

/// What all jobs share.
struct Batch {
    wanted: Vec<Wanted>,
    limits: Limits,
    /// The same with the system's fonts, once a drawing may need them: there are many folders to look through.
    limits_with_fonts: OnceLock<Limits>,
    pool: Pool,
    /// The memory for one of the pictures that are converted at a time.
    share: u64,
    /// Results take their pictures' places.
    in_place: bool,
    only_if_smaller: bool,
    dry_run: bool,
}

impl Batch {
    /// The limits of a picture's conversion.
    fn limits_of(&self, bytes: &[u8]) -> &Limits {
        if !codec::may_want_fonts(bytes) {
            return &self.limits;
        }
        self.limits_with_fonts
            .get_or_init(|| self.limits.clone().with_font_files(fonts::files(fonts::SYSTEM, &mut Vec::new())))
    }
}

/// Converts what the arguments name; the code is 1 if anything failed.
///
/// # Errors
/// [`Kind::Parameter`] when the arguments contradict each other; [`Kind::Io`] when the program can't start working.
pub(crate) fn run(args: &ConvertArgs) -> Result<ExitCode> {
    let wanted = wanted::read(args)?;
    let Conversions { list, up_to_date, passed_by, .. } = inputs::collect(args, &wanted)?;
    let to_stdout = list.iter().any(|job| job.results.iter().any(|result| result.output == Output::Stdout));
    if to_stdout && !args.dry_run && io::stdout().is_terminal() {
        let what = "standard output is a terminal, which shows no pictures; use -o FILE, or pipe it on";
        return Err(Error::new(Kind::Parameter, what));
    }
    let budget = args.memory.unwrap_or_else(machine::default_budget);
    let jobs = match args.jobs {
        0 => machine::processors(),
        jobs => jobs,
    };
    // A lone file has all of the processors.
    let threads = (jobs / list.len().max(1)).max(1);
    let limits = Limits { max_memory: budget, threads, ..Limits::default() };
    let batch = Arc::new(Batch {
        wanted,
        limits,
        limits_with_fonts: OnceLock::new(),
        pool: Pool::new(budget, jobs),
        share: budget / jobs.min(list.len()).max(1) as u64,
        in_place: args.in_place,
        only_if_smaller: args.only_if_smaller,
        dry_run: args.dry_run,
    });
    let form = match (args.json, args.quiet) {
        (true, _) => Form::Json,
        (false, true) => Form::Quiet,
        (false, false) => Form::Text,
    };
    let mut report = Report::new(list.len(), form, to_stdout);
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::with_source(Kind::Io, "can't start", source))?;
    let failed = runtime.block_on(async {
        serve::survive_limit_on_files();
        work(list, &batch, jobs, &mut report).await
    });
    for (path, why) in &passed_by {
        report.passed_by(path, why);
    }
    report.up_to_date(up_to_date);
    let was_told = report.finish();
    Ok(if failed == 0 && was_told { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Does all jobs; gives the number of those that failed.
async fn work(list: Vec<Conversion>, batch: &Arc<Batch>, at_a_time: usize, report: &mut Report) -> usize {
    let mut failed = 0;
    let mut running = JoinSet::new();
    let mut waiting = list.into_iter();
    loop {
        while running.len() < at_a_time {
            let Some(job) = waiting.next() else { break };
            let batch = Arc::clone(batch);
            report.begun(&job);
            running.spawn(async move {
                let done = convert_one(&job, &batch).await;
                (job, done)
            });
        }
        match running.join_next().await {
            None => return failed,
            Some(Ok((job, Ended { done, error }))) => {
                done.iter().for_each(|done| report.done(&job, done));
                if let Some(error) = error {
                    // A folder's files of a known kind that is not converted here are passed by, and told.
                    let passed_by = error.kind() == Kind::Unsupported && matches!(job.input, Input::Found(_));
                    failed += usize::from(!passed_by);
                    report.failed(&job, &error, passed_by);
                }
                report.ended();
            }
            Some(Err(failure)) => {
                failed += 1;
                report.broken(&failure);
                report.ended();
            }
        }
    }
}

/// What came of a job: results, up to the first that failed.
#[derive(Default)]
struct Ended {
    done: Vec<Done>,
    error: Option<Error>,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self { done: Vec::new(), error: Some(error) }
    }
}

/// Probe, plan, wait for room, then read, convert and write on a thread of the pool.
async fn convert_one(job: &Conversion, batch: &Arc<Batch>) -> Ended {
    try_to_convert(job, batch).await.unwrap_or_else(Ended::from)
}

async fn try_to_convert(job: &Conversion, batch: &Arc<Batch>) -> Result<Ended> {
    let began = Instant::now();
    let OpenInput { content, length, looked } = open(job.input.clone(), batch.limits.max_input_bytes).await?;
    let BatchPlan { bytes, targets, sets } = plan(looked, length, job, batch)?;
    if batch.dry_run {
        let done = targets.iter().map(|target| target.would_be(length)).collect();
        return Ok(Ended { done, error: None });
    }
    let asked = Instant::now();
    let ticket = batch.pool.admit(bytes, PATIENCE).await?;
    let (peak_bytes, waited) = (ticket.bytes(), asked.elapsed());
    let shared = Arc::clone(batch);
    let made = move |_ticket| Ok(make(&content, &targets, &sets, &shared));
    let mut ended = batch.pool.run(ticket, made).await?;
    for done in &mut ended.done {
        (done.peak_bytes, done.elapsed) = (peak_bytes, began.elapsed() - waited);
    }
    Ok(ended)
}

/// An opened source, and what it is.
struct OpenInput {
    content: Content,
    length: u64,
    looked: Looked,
}

async fn open(input: Input, most: u64) -> Result<OpenInput> {
    let reading = task::spawn_blocking(move || match input {
        Input::Stdin => read_stdin(most),
        Input::Named(path) | Input::Found(path) => look_at(&path),
    });
    reading.await.map_err(|source| Error::with_source(Kind::Internal, "reading was cut off", source))?
}

/// Standard input has no length, so all of it must be read before anything is known.
fn read_stdin(most: u64) -> Result<OpenInput> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::with_source(Kind::Io, "can't be read", source))?;
    let looked = Looked::at(&bytes);
    Ok(OpenInput { length: bytes.len() as u64, content: Content::Memory(bytes.into()), looked })
}

fn look_at(path: &Path) -> Result<OpenInput> {
    let (file, metadata) = files::open_regular(path)?;
    let content = Content::File(file);
    Ok(OpenInput { looked: content.look_at()?, content, length: metadata.len() })
}

/// One result to make of an opened picture.
struct Target {
    /// One for each format to try; the smallest result is taken. None for an animation, which goes through as it is.
    params: Vec<Params>,
    output: Output,
    probe: Probe,
    /// The picture itself, where the result is to stand in its place.
    replaces: Option<PathBuf>,
}

impl Target {
    /// What is told of it when nothing is made.
    fn would_be(&self, length: u64) -> Done {
        let output = match (&self.replaces, self.params.first()) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(params)) => self.output.path(params.format),
            (None, None) => self.output.path_as_is(self.probe.format),
        };
        let came = if self.params.is_empty() { Came::Animation } else { Came::Planned };
        Done { output, came, ..self.as_it_is(length) }
    }

    fn as_it_is(&self, length: u64) -> Done {
        Done {
            output: None,
            in_bytes: length,
            out_bytes: length,
            size: self.probe.oriented_size(),
            format: self.probe.format,
            came: Came::Animation,
            peak_bytes: 0,
            elapsed: Duration::ZERO,
        }
    }

    /// Why a result isn't taken, if it isn't.
    fn refuses(&self, made: &Made, length: u64, batch: &Batch) -> Option<Came> {
        let len = made.bytes.len() as u64;
        if self.replaces.is_some() {
            // Less than this isn't worth another loss, time after time.
            return (len > length.saturating_sub(length / 50)).then_some(Came::Stays);
        }
        if batch.only_if_smaller {
            return (len >= length).then_some(Came::NotWritten);
        }
        let shows_source = self.params.iter().all(wanted::shows_source);
        (made.format == self.probe.format && shows_source && len >= length).then_some(Came::Grew)
    }
}

/// What is to be made of a picture.
struct BatchPlan {
    /// The memory to ask for.
    bytes: u64,
    targets: Vec<Target>,
    /// Which of the results of all targets, one after the other, are made by one decoding.
    sets: Vec<Range<usize>>,
}

/// What is to be made, and the memory to ask for: the largest plan's, and the file itself; nothing but the file for
/// what won't be made.
fn plan(looked: Looked, length: u64, job: &Conversion, batch: &Batch) -> Result<BatchPlan> {
    batch.limits.check_input(length)?;
    if looked.format.is_none() {
        return Err(Error::malformed("its content is no picture of a format known here"));
    }
    let probe = looked.probe?;
    batch.limits.check_size(probe.size)?;
    let replaces = job.input.path().filter(|_| batch.in_place).map(Path::to_owned);
    let target = |params, output| Target { params, output, probe: probe.clone(), replaces: replaces.clone() };
    let is_kept = |params: &Params| probe.animated == Some(true) && params.format != Format::WebP;
    let mut wanted = Vec::new();
    for PlannedResult { wanted: at, output } in &job.results {
        let each = batch.wanted[*at].of(&probe)?;
        wanted.push((*at, each.into_iter().filter(|params| !is_kept(params)).collect::<Vec<_>>(), output));
    }
    wanted.retain(|(_, each, _)| !each.is_empty());
    if wanted.is_empty() {
        // Each result would be the same file: the name is that of the first.
        let output = job.results.first().map_or(Output::Stdout, |result| result.output.clone());
        let targets = vec![target(Vec::new(), output)];
        return Ok(BatchPlan { bytes: length, targets, sets: Vec::new() });
    }
    let mut held = 0;
    let (mut targets, mut plans) = (Vec::new(), Vec::new());
    for (at, each, output) in wanted {
        let wanted = &batch.wanted[at];
        if batch.wanted[..at].iter().any(|smaller| wanted.is_beyond(smaller, &probe)) {
            continue;
        }
        for params in &each {
            plans.push(convert::plan(&probe, params)?.within(&batch.limits));
        }
        // With two formats the first result is held while the second is made.
        held = held.max(if each.len() > 1 { length } else { 0 });
        targets.push(target(each, output.clone()));
    }
    let beside = length.saturating_add(held);
    let sets = together::sets(&plans, batch.share.saturating_sub(beside));
    let most = sets.iter().map(|set| set.bytes).max().unwrap_or(0);
    let sets = sets.into_iter().map(|set| set.plans).collect();
    Ok(BatchPlan { bytes: most.saturating_add(beside), targets, sets })
}

fn make(content: &Content, targets: &[Target], sets: &[Range<usize>], batch: &Batch) -> Ended {
    let mut ended = Ended::default();
    let bytes = match content.read(batch.limits.max_input_bytes) {
        Ok(bytes) => bytes,
        Err(error) => return error.into(),
    };
    let limits = batch.limits_of(&bytes);
    let wanted: Vec<&Params> = targets.iter().flat_map(|target| &target.params).collect();
    // A set is made when the first of its results is needed.
    let mut outcomes =
        sets.iter().flat_map(|set| together::convert_set(&bytes, &wanted[set.clone()], limits));
    for target in targets {
        let outcomes = outcomes.by_ref().take(target.params.len());
        match smallest(outcomes).and_then(|made| finish(&bytes, target, made, batch)) {
            Ok(done) => ended.done.push(done),
            Err(error) => return Ended { error: Some(error), ..ended },
        }
    }
    ended
}

/// Writes what became of a target.
fn finish(bytes: &[u8], target: &Target, made: Option<Made>, batch: &Batch) -> Result<Done> {
    let length = bytes.len() as u64;
    let as_it_is = target.as_it_is(length);
    let came = match made {
        None => Came::Animation,
        Some(made) => match target.refuses(&made, length, batch) {
            None => {
                let output = target.replaces.clone().or_else(|| target.output.path(made.format));
                write(output.as_deref(), &made.bytes, target.replaces.is_some())?;
                return Ok(Done {
                    output,
                    out_bytes: made.bytes.len() as u64,
                    size: made.size,
                    format: made.format,
                    came: Came::Made,
                    ..as_it_is
                });
            }
            Some(came) => came,
        },
    };
    if target.replaces.is_some() || came == Came::NotWritten {
        return Ok(Done { output: target.replaces.clone(), came, ..as_it_is });
    }
    let output = target.output.path_as_is(as_it_is.format);
    write(output.as_deref(), bytes, false)?;
    Ok(Done { output, came, ..as_it_is })
}

/// The smallest of the formats asked for; `None` for what is kept as it is. Takes all outcomes, be they needed or not.
fn smallest(outcomes: impl Iterator<Item = Result<Outcome>>) -> Result<Option<Made>> {
    outcomes.reduce(smaller).map_or(Ok(None), |outcome| match outcome? {
        Outcome::Kept(_) => Ok(None),
        Outcome::Made(made) => Ok(Some(made)),
    })
}

/// The smaller of two outcomes; what failed first, or is kept as it is, stands for both.
fn smaller(first: Result<Outcome>, second: Result<Outcome>) -> Result<Outcome> {
    match (first, second) {
        (Ok(Outcome::Made(first)), Ok(Outcome::Made(second))) => {
            Ok(Outcome::Made(if second.bytes.len() < first.bytes.len() { second } else { first }))
        }
        (Ok(Outcome::Made(_)), other) => other,
        (first, _) => first,
    }
}

/// Writes a result. One that takes its picture's place takes its permissions, too.
fn write(path: Option<&Path>, bytes: &[u8], in_place: bool) -> Result<()> {
    let Some(path) = path else {
        let mut stdout = io::stdout().lock();
        return stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(|source| Error::with_source(Kind::Io, "standard output can't be written", source));
    };
    let written = if in_place { files::replace(path, bytes) } else { files::write_to(path, bytes) };
    written.map_err(|source| Error::with_source(Kind::Io, format!("can't write {}", path.display()), source))
}
