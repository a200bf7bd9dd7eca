//! `slimpix serve`: from flags to a listening socket, its connections, and the way down.

use std::{
    env, io,
    net::{SocketAddr, ToSocketAddrs},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime, signal, time,
};

use crate::{
    error::{Error, Kind, Result},
    native::{
        cli::ServeArgs,
        config::Written,
        connection::{self, Host, Stop, capacity::Capacity, table::Table},
        demo::{self, Demo},
        doctor, log,
        pool::Pool,
        prefetch,
        settings::{self, Settings},
        shown::shown,
        site::Site,
        source::blocking,
        tell,
        values::Switch,
        verify,
    },
};

/// Threads that open, read and write files, at the most. Each keeps some memory of its own for as long as it lives.
const FILE_THREADS: usize = 32;

/// How long such a thread waits for more to do before it ends.
const FILE_THREADS_REST: Duration = Duration::from_secs(2);

/// Connections that the kernel keeps until they are accepted, at the most.
const BACKLOG: u32 = 4096;

/// How long answers under way may take when the program is told to stop.
const GRACE: Duration = Duration::from_secs(25);

/// Serves until told to stop.
///
/// # Errors
/// `Parameter` for settings that can't be, `NotFound` for a folder that is not there, `Io` for a port that is taken.
pub(crate) fn run(args: ServeArgs, give_back: fn()) -> Result<ExitCode> {
    if args.dump_config {
        tell(&doctor::default_config())?;
        return Ok(ExitCode::SUCCESS);
    }
    let (verbosity, foreground) = (args.verbosity, args.prefetch_foreground);
    let background = args.prefetch;
    let (written, unknown) = layers(args)?;
    let mut settings = settings::resolve(written)?;
    settings.warnings.extend(unknown.iter().map(|name| format!("environment: {name} is no known setting")));
    check_folders(&settings)?;
    let demo = settings.demo.clone().map(|folder| Demo::new(folder, settings.follow_links)).transpose()?;

    log::start(verbosity, settings.json_log, env::var("RUST_LOG").ok().as_deref());
    for warning in &settings.warnings {
        tracing::warn!("{}", shown(warning));
    }
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(FILE_THREADS)
        .thread_keep_alive(FILE_THREADS_REST)
        .build()
        .map_err(|source| Error::with_source(Kind::Io, "can't start", source))?;
    let code = runtime.block_on(async {
        let site = Arc::new(Site::new(&settings)?);
        if foreground {
            return Ok(prefetch::run(&site, settings.jobs).await);
        }
        if !settings.verify_every.is_zero() {
            verify::begin(Arc::clone(&site.store), settings.verify_every);
        }
        if background {
            tokio::spawn(prefetch::in_background(Arc::clone(&site)));
        }
        serve(&settings, site, demo, give_back).await.map(|()| ExitCode::SUCCESS)
    });
    // What still converts after the grace is given up, not waited for.
    runtime.shutdown_background();
    code
}

/// Gives memory back whenever conversions have come to rest, or most of many clients have left, and the threads of their
/// files have ended.
async fn give_memory_back(pool: Pool, table: Arc<Table>, give_back: fn()) {
    loop {
        tokio::select! {
            () = pool.rested() => {}
            () = table.ebbed() => {}
        }
        time::sleep(FILE_THREADS_REST + Duration::from_secs(1)).await;
        drop(blocking(give_back).await);
    }
}

/// Lays flags over the environment over the file. Also gives unknown variables of the environment.
fn layers(args: ServeArgs) -> Result<(Written, Vec<String>)> {
    let file = match &args.config {
        Some(path) => Written::from_file(path)?,
        None if args.as_webp_server_go && Path::new("config.json").is_file() => {
            Written::from_file(Path::new("config.json"))?
        }
        None => Written::default(),
    };
    let variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let (env, unknown) = Written::from_env(variables)?;
    Ok((flags(args)?.over(env).over(file), unknown))
}

/// The flags as a layer. A flag that is absent says nothing, so that it can be on by other means.
fn flags(args: ServeArgs) -> Result<Written> {
    let on = |flag: bool| flag.then_some(Switch(true));
    let port = args.listen.as_ref().map(|listen| listen.port.to_string().parse()).transpose();
    let written = Written {
        img_path: args.dir,
        port: port.map_err(|what| Error::new(Kind::Parameter, what))?,
        host: args.listen.and_then(|listen| listen.host),
        cache: args.cache,
        max_cache_size: args.max_cache_size,
        memory: args.memory,
        max_job_count: args.jobs,
        wait: args.wait,
        quality: args.quality,
        effort: args.effort,
        convert_types: args.formats,
        enable_extra_params: on(args.resize),
        explain: on(args.explain),
        follow_links: on(args.follow_links),
        overrule_origin: on(args.overrule_origin),
        verify_every: args.verify_every,
        demo: on(args.demo),
        demo_path: args.demo_path,
        log: args.log,
        ..Written::default()
    };
    Ok(written.settled())
}

fn check_folders(settings: &Settings) -> Result<()> {
    for root in &settings.roots {
        if !root.is_dir() {
            let what = format!("there is no folder {} to serve (IMG_PATH or IMG_MAP)", root.display());
            return Err(Error::new(Kind::NotFound, what));
        }
    }
    Ok(())
}

async fn serve(settings: &Settings, site: Arc<Site>, demo: Option<Demo>, give_back: fn()) -> Result<()> {
    let descriptors = raise_limit();
    survive_signals();
    let listener = bind(&settings.host, settings.port)?;
    let address =
        listener.local_addr().map_err(|source| Error::with_source(Kind::Io, "no address", source))?;
    tracing::info!(
        folder = %settings.roots.first().map_or("-".into(), |root| root.to_string_lossy()),
        memory = settings.policy.budget,
        jobs = settings.jobs,
        "listening on http://{address}/"
    );
    if demo.is_some() {
        tracing::info!("the demo page is at http://{address}{}", demo::PREFIX);
    }
    let pool = site.pool.clone();
    tokio::spawn(Arc::clone(&site.ready).watch_over());
    let host = Arc::new(Host { site, demo, keepalive: settings.keepalive });
    let capacity = Capacity::of(settings.policy.budget, descriptors, settings.connections);
    tracing::debug!(?capacity, "clients");
    let table = Table::new(capacity, settings.patience);
    let (tell, stop) = Stop::new();
    tokio::spawn(Arc::clone(&table).watch_over());
    tokio::spawn(give_memory_back(pool, Arc::clone(&table), give_back));
    tokio::select! {
        () = connection::accept(&listener, &table, &host, &stop) => {}
        () = told_to_stop() => {}
    }
    drop(listener);
    tracing::info!("stopping: answers under way are finished first");
    tell.send_replace(true);
    tokio::select! {
        () = table.emptied() => tracing::info!("stopped"),
        () = time::sleep(GRACE) => tracing::warn!("stopped with answers still under way"),
        () = told_to_stop() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// Takes as many file descriptors as this process may have, and gives their number: each connection is one, each answer
/// under way another.
fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    tracing::debug!(?limit, ?raised, "file descriptors");
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Takes the signals that would end the program though they need not: a terminal that goes away, and a write past the
/// limit on the size of files, which then fails like one to a full disk.
fn survive_signals() {
    take(signal::unix::SignalKind::hangup());
    survive_limit_on_files();
}

/// Takes the second of these alone.
pub(crate) fn survive_limit_on_files() {
    take(signal::unix::SignalKind::from_raw(libc::SIGXFSZ));
}

/// A signal that is listened for once is taken for good.
fn take(kind: signal::unix::SignalKind) {
    if let Err(error) = signal::unix::signal(kind) {
        tracing::debug!(?kind, %error, "a signal can't be taken");
    }
}

fn bind(host: &str, port: u16) -> Result<TcpListener> {
    let failed =
        |source: io::Error| Error::with_source(Kind::Io, format!("can't listen on {host}:{port}"), source);
    let listen = |address: SocketAddr| {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    let mut last = io::Error::other("the host has no address");
    for address in (host, port).to_socket_addrs().map_err(failed)? {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// Waits for SIGTERM or SIGINT.
async fn told_to_stop() {
    let interrupted = signal::ctrl_c();
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupted.await;
        }
    }
}
