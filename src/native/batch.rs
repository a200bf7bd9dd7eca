//! `slimpix convert`: many files, as many at a time as the processors and the memory budget bear. One that fails
//! does not stop the others.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{runtime, task, task::JoinSet};

use crate::{
    codec::{self, Format, Looked},
    convert::{self, Made, Mode, Outcome, Params, Resize},
    error::{Error, Kind, Result},
    limits::Limits,
    native::{
        cli::{ConvertArgs, Target},
        files::{self, Content},
        inputs::{self, Input, Job, Jobs, Output},
        machine,
        pool::Pool,
        report::{Done, Report},
        serve,
        values::Bytes,
    },
};

/// A conversion on the command line waits for its turn as long as it takes.
const PATIENCE: Duration = Duration::from_secs(30 * 24 * 3600);

/// What all jobs share.
struct Shop {
    /// One for each format to try; the smallest result is taken.
    params: Vec<Params>,
    limits: Limits,
    pool: Pool,
    /// The places of the inputs, which no result may replace.
    inputs: std::collections::HashSet<PathBuf>,
}

/// Converts what the arguments name; the code is 1 if anything failed.
///
/// # Errors
/// `Parameter` when the arguments contradict each other; `Io` when the program can't start working.
pub(crate) fn run(args: &ConvertArgs) -> Result<ExitCode> {
    let params = params(args)?;
    let formats: Vec<Format> = params.iter().map(|params| params.format).collect();
    let Jobs { list, inputs, up_to_date } = inputs::collect(args, &formats)?;
    let budget = args.memory.map_or_else(machine::default_budget, |Bytes(bytes)| bytes);
    let jobs = match args.jobs.value() {
        0 => machine::processors(),
        jobs => usize::try_from(jobs).unwrap_or(1),
    };
    // A lone file has all of the processors.
    let threads = (jobs / list.len().max(1)).max(1);
    let limits = Limits { max_memory: budget, threads, ..Limits::default() };
    let shop = Arc::new(Shop { params, limits, pool: Pool::new(budget, jobs), inputs });
    let to_stdout = list.iter().any(|job| job.output == Output::Stdout);
    let mut report = Report::new(list.len(), args.json, to_stdout);
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::with_source(Kind::Io, "can't start", source))?;
    let failed = runtime.block_on(async {
        serve::survive_limit_on_files();
        work(list, &shop, jobs, &mut report).await
    });
    report.up_to_date(up_to_date);
    let was_told = report.finish();
    Ok(if failed == 0 && was_told { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The parameters of each format to try.
fn params(args: &ConvertArgs) -> Result<Vec<Params>> {
    let by_name = inputs::format_of_output(args)?;
    let formats: &[Format] = match (by_name, args.format) {
        (Some(ref format), _) => &[*format],
        (None, Some(target)) => target.formats(),
        (None, None) => Target::Webp.formats(),
    };
    if args.lossless && formats.iter().any(|format| !matches!(format, Format::WebP | Format::Png)) {
        return Err(Error::new(Kind::Parameter, "--lossless goes with --format webp or png"));
    }
    let resize = (args.width.is_some() || args.height.is_some()).then(|| Resize {
        width: args.width,
        height: args.height,
        fit: args.fit.into(),
        enlarge: args.enlarge,
        filter: args.filter.into(),
        linear: args.linear,
        ..Resize::default()
    });
    let each = |&format: &Format| Params {
        format,
        quality: args.quality,
        alpha_quality: args.alpha_quality,
        effort: args.effort,
        mode: if args.lossless { Mode::Lossless } else { Mode::Auto },
        resize,
        keep_metadata: args.keep_metadata,
        target_size: args.target_size.map(|Bytes(bytes)| bytes),
    };
    Ok(formats.iter().map(each).collect())
}

/// Does all jobs; gives the number of those that failed.
async fn work(list: Vec<Job>, shop: &Arc<Shop>, at_a_time: usize, report: &mut Report) -> usize {
    let mut failed = 0;
    let mut running = JoinSet::new();
    let mut waiting = list.into_iter();
    loop {
        while running.len() < at_a_time {
            let Some(job) = waiting.next() else { break };
            let shop = Arc::clone(shop);
            running.spawn(async move {
                let done = convert_one(&job, &shop).await;
                (job, done)
            });
        }
        match running.join_next().await {
            None => return failed,
            Some(Ok((job, Ok(done)))) => report.done(&job, &done),
            Some(Ok((job, Err(error)))) => {
                // A folder's files of a known kind that is not converted here are passed by, and told.
                let passed_by = error.kind() == Kind::Unsupported && matches!(job.input, Input::Found(_));
                failed += usize::from(!passed_by);
                report.failed(&job, &error, passed_by);
            }
            Some(Err(failure)) => {
                failed += 1;
                report.broken(&failure);
            }
        }
    }
}

/// Probe, plan, wait for room, then read, convert and write on a thread of the pool.
async fn convert_one(job: &Job, shop: &Arc<Shop>) -> Result<Done> {
    let began = Instant::now();
    let Source { content, length, looked } = open(job.input.clone(), shop.limits.max_input_bytes).await?;
    let reserve = reserve(looked, length, shop)?;
    let asked = Instant::now();
    let ticket = shop.pool.admit(reserve, PATIENCE).await?;
    let (peak_bytes, waited) = (ticket.bytes(), asked.elapsed());
    let (output, shared) = (job.output.clone(), Arc::clone(shop));
    let done = shop.pool.run(ticket, move |_ticket| make(&content, &output, &shared)).await?;
    Ok(Done { peak_bytes, elapsed: began.elapsed() - waited, ..done })
}

/// An opened source, and what it is.
struct Source {
    content: Content,
    length: u64,
    looked: Looked,
}

async fn open(input: Input, most: u64) -> Result<Source> {
    let reading = task::spawn_blocking(move || match input {
        Input::Stdin => read_stdin(most),
        Input::Named(path) | Input::Found(path) => look_at(&path),
    });
    reading.await.map_err(|source| Error::with_source(Kind::Internal, "reading was cut off", source))?
}

/// Standard input has no length, so all of it must be read before anything is known.
fn read_stdin(most: u64) -> Result<Source> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::with_source(Kind::Io, "can't be read", source))?;
    let looked = Looked::at(&bytes);
    Ok(Source { length: bytes.len() as u64, content: Content::Memory(bytes.into()), looked })
}

fn look_at(path: &Path) -> Result<Source> {
    let (file, metadata) = files::open_regular(path)?;
    let content = Content::File(file);
    Ok(Source { looked: content.look_at()?, content, length: metadata.len() })
}

/// The memory to ask for: the largest plan's, and the file itself; nothing but the file for what won't be made.
fn reserve(looked: Looked, length: u64, shop: &Shop) -> Result<u64> {
    shop.limits.check_input(length)?;
    if looked.format.is_none() {
        return Err(Error::malformed("its content is no picture of a format known here"));
    }
    let probe = looked.probe?;
    shop.limits.check_size(probe.size)?;
    let mut most = 0;
    if probe.animated != Some(true) {
        for params in &shop.params {
            let plan = convert::plan(&probe, params)?.within(&shop.limits);
            most = most.max(plan.peak_bytes);
        }
    }
    // With two formats the first result is held while the second is made.
    let held = if shop.params.len() > 1 { length } else { 0 };
    Ok(most.saturating_add(length).saturating_add(held))
}

fn make(content: &Content, output: &Output, shop: &Shop) -> Result<Done> {
    let bytes = content.read(shop.limits.max_input_bytes)?;
    let probe = codec::probe(&bytes)?;
    let mut done = Done {
        output: None,
        in_bytes: bytes.len() as u64,
        out_bytes: bytes.len() as u64,
        size: probe.oriented_size(),
        format: probe.format,
        as_is: true,
        peak_bytes: 0,
        elapsed: Duration::ZERO,
    };
    let Some(made) = smallest(&bytes, shop)? else {
        done.output = output.path_as_is(probe.format);
        // Beside the input it is already where it belongs.
        if !done.output.as_deref().is_some_and(|path| shop.inputs.contains(&files::place(path))) {
            write(done.output.as_deref(), &bytes, shop)?;
        }
        return Ok(done);
    };
    done.output = output.path(made.format);
    write(done.output.as_deref(), &made.bytes, shop)?;
    Ok(Done {
        out_bytes: made.bytes.len() as u64,
        size: made.size,
        format: made.format,
        as_is: false,
        ..done
    })
}

/// The smallest of the formats asked for; `None` for what is kept as it is.
fn smallest(bytes: &[u8], shop: &Shop) -> Result<Option<Made>> {
    let mut best: Option<Made> = None;
    for params in &shop.params {
        match convert::convert(bytes, params, &shop.limits)? {
            Outcome::Kept(_) => return Ok(None),
            Outcome::Made(made) => {
                if best.as_ref().is_none_or(|best| made.bytes.len() < best.bytes.len()) {
                    best = Some(made);
                }
            }
        }
    }
    Ok(best)
}

fn write(path: Option<&Path>, bytes: &[u8], shop: &Shop) -> Result<()> {
    let Some(path) = path else {
        let mut stdout = io::stdout().lock();
        return stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(|source| Error::with_source(Kind::Io, "standard output can't be written", source));
    };
    if shop.inputs.contains(&files::place(path)) {
        return Err(Error::new(
            Kind::Parameter,
            format!("the result {} would replace an input; use -o or --out-dir", path.display()),
        ));
    }
    files::write_to(path, bytes)
        .map_err(|source| Error::with_source(Kind::Io, format!("can't write {}", path.display()), source))
}
