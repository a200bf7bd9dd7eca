//! `slimpix serve`: from flags to a listening socket, its connections, and the way down.

use std::{
    cell::OnceCell,
    env, fs, io,
    net::{SocketAddr, ToSocketAddrs},
    path::Path,
    process::ExitCode,
    sync::{Arc, RwLock},
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
        access::AccessLog,
        admin::Admin,
        admin_port,
        app::App,
        blocking::blocking,
        cli::{self, ServeArgs},
        config::{self, Written},
        connection::{self, Host, Stop, capacity::Capacity, table::Table},
        demo::{self, Demo},
        doctor, files, folder_watch, log,
        pool::Pool,
        prefetch,
        proxies::Proxies,
        recent::Recent,
        resolve,
        settings::Settings,
        shown::shown,
        tell,
        traces::Traces,
        verify,
        welcome::{self, Welcome},
    },
    service::Target,
    settings::server,
};

/// Threads that open, read and write files, at the most. Each keeps some memory of its own for as long as it lives.
const FILE_THREADS: usize = 32;

/// How long such a thread waits for more to do before it ends.
const FILE_THREADS_REST: Duration = Duration::from_secs(2);

/// Connections that the kernel keeps until they are accepted, at the most.
const BACKLOG: u32 = 4096;

/// How long answers under way may take when the program is told to stop.
const GRACE: Duration = Duration::from_secs(25);

/// How long the traces of the last answers may take on their way.
const LAST_TRACES: Duration = Duration::from_secs(2);

/// Serves until told to stop.
///
/// # Errors
/// [`Kind::Parameter`] for settings that can't be, [`Kind::NotFound`] for a folder that is not there, [`Kind::Io`]
/// for a port that is taken or a cache that can't be written.
pub(crate) fn run(args: ServeArgs, give_back: fn()) -> Result<ExitCode> {
    if args.dump_config {
        tell(&doctor::default_config())?;
        return Ok(ExitCode::SUCCESS);
    }
    let (verbosity, foreground, background) = (args.verbosity, args.prefetch_foreground, args.prefetch);
    let samples = OnceCell::new();
    let read = move || settings_of(&args, &samples);
    let settings = read()?;
    check_folders(&settings)?;
    let demo = settings.demo.clone().map(|folder| Demo::new(folder, settings.follow_links)).transpose()?;
    let access = settings.access_log.as_ref().map(AccessLog::open).transpose()?;

    let recent = log::start(verbosity, settings.json_log, env::var("RUST_LOG").ok().as_deref());
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
        let app = Arc::new(App::new(&settings)?.traced(Traces::start()?));
        if foreground {
            return Ok(prefetch::run(&app, settings.jobs).await);
        }
        if !settings.verify_every.is_zero() {
            verify::begin(Arc::clone(&app.store), settings.verify_every);
        }
        if background || settings.watch {
            app.prefetcher.ask_for_all();
        }
        let traces = app.traces.clone();
        let served = serve(Served { settings, app, demo, access, recent, read: &read }, give_back).await;
        if let Some(traces) = traces {
            let _ = blocking(move || traces.flush(LAST_TRACES)).await;
        }
        served.map(|()| ExitCode::SUCCESS)
    });
    // What still converts after the grace is given up, not waited for.
    runtime.shutdown_background();
    code
}

/// A folder of pictures to try the server with. It goes when it is dropped.
struct Samples(tempfile::TempDir);

impl Samples {
    fn new() -> Result<Self> {
        let failed = |source| Error::with_source(Kind::Io, "no folder for pictures to try it with", source);
        let folder = tempfile::Builder::new().prefix("slimpix-").tempdir().map_err(failed)?;
        welcome::write_samples(&folder.path().join("pics")).map_err(failed)?;
        Ok(Self(folder))
    }

    /// The settings that serve them: the lowest layer.
    ///
    /// # Errors
    /// [`Kind::Internal`] when these are not allowed.
    fn written(&self) -> Result<Written> {
        let below = |name: &str| self.0.path().join(name).to_string_lossy().into_owned().into();
        let mut written = Written::default();
        written
            .set(&server::IMG_PATH, below("pics"))
            .and_then(|()| written.set(&server::CACHE, below("cache")))
            .and_then(|()| written.settled())
            .map_err(|what| Error::new(Kind::Internal, what))
    }
}

/// Reads all settings: flags over the environment over the file. Where no folder is named or there, pictures to try the
/// server with are served, from then on.
fn settings_of(args: &ServeArgs, samples: &OnceCell<Samples>) -> Result<Settings> {
    let has_file = args.config.is_some() || args.as_webp_server_go;
    let (mut written, unknown) = layers(args)?;
    let default_folder = server::IMG_PATH.default;
    let is_named = has_file || written.has(&server::IMG_PATH) || written.has(&server::IMG_MAP);
    if samples.get().is_none() && !is_named && !Path::new(default_folder).exists() {
        // It is set nowhere else.
        let _ = samples.set(Samples::new()?);
    }
    if let Some(samples) = samples.get() {
        written = written.over(samples.written()?);
    }
    let mut settings = resolve::resolve(&written)?;
    settings.is_sample = samples.get().is_some();
    settings.warnings.extend(unknown.iter().map(|name| format!("environment: {name} is no known setting")));
    if settings.is_sample {
        let what = format!(
            "there is no folder {default_folder}: pictures to try it with are served; slimpix serve DIR serves yours"
        );
        settings.warnings.push(what);
    }
    Ok(settings)
}

/// Gives memory back whenever conversions have come to rest, or most of many clients have left, and the threads of
/// their files have ended.
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
fn layers(args: &ServeArgs) -> Result<(Written, Vec<String>)> {
    let file = match &args.config {
        Some(path) => Written::from_file(path)?,
        None if args.as_webp_server_go && Path::new("config.json").is_file() => {
            Written::from_file(Path::new("config.json"))?
        }
        None => Written::default(),
    };
    let (env, unknown) = Written::from_env(config::variables(), cli::has_twin)?;
    Ok((args.written()?.over(env).over(file), unknown))
}

/// Sees that there is what is to be served, and that what is made can be kept. A disk that is full may have room
/// again, and is left to be seen.
fn check_folders(settings: &Settings) -> Result<()> {
    for root in &settings.roots {
        if !root.is_dir() {
            let what = format!("there is no folder {} to serve (IMG_PATH or IMG_MAP)", root.display());
            return Err(Error::new(Kind::NotFound, what));
        }
    }
    for folder in settings.folders.all() {
        let tried = fs::create_dir_all(folder).and_then(|()| files::temporary().tempfile_in(folder));
        match tried {
            Err(source) if !files::is_full(&source) => {
                let what = format!("{} can't be written; --cache DIR names another place", folder.display());
                return Err(Error::with_source(Kind::Io, what, source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What is served.
struct Served<'a> {
    settings: Settings,
    app: Arc<App>,
    demo: Option<Demo>,
    access: Option<Arc<AccessLog>>,
    recent: Recent,
    /// Reads all settings anew.
    read: &'a dyn Fn() -> Result<Settings>,
}

impl Served<'_> {
    fn welcome(&self) -> Option<Arc<Welcome>> {
        let settings = &self.settings;
        let Target::Local { root, .. } = settings.policy.target else { return None };
        let folder = settings.roots.get(root).filter(|_| settings.welcome)?;
        let formats: Vec<&str> = settings.policy.formats.iter().map(|format| format.media_type()).collect();
        Some(Arc::new(Welcome {
            folder: folder.clone(),
            is_sample: settings.is_sample,
            accept: formats.join(","),
            has_demo: self.demo.is_some(),
        }))
    }

    /// Tells where it listens, and what to look at.
    fn announce(&self, address: SocketAddr, welcome: Option<&Arc<Welcome>>) {
        let (settings, is_local) = (&self.settings, address.ip().is_loopback());
        tracing::info!(
            folder = %settings.roots.first().map_or("-".into(), |root| root.to_string_lossy()),
            memory = settings.policy.budget,
            jobs = settings.jobs,
            "listening on http://{address}/"
        );
        if welcome.is_some() {
            tracing::info!("open http://localhost:{}/ on this machine to see what it does", address.port());
        }
        if is_local {
            tracing::info!("only this machine can ask; --listen 0.0.0.0:{} is for everybody", address.port());
        }
        if self.demo.is_some() {
            tracing::info!("the demo page is at http://{address}{}", demo::PREFIX);
        }
    }
}

async fn serve(served: Served<'_>, give_back: fn()) -> Result<()> {
    let descriptors = raise_limit();
    survive_limit_on_files();
    let mut hangups = signal::unix::signal(signal::unix::SignalKind::hangup()).ok();
    let listener = bind(&served.settings.host, served.settings.port)?;
    let address =
        listener.local_addr().map_err(|source| Error::with_source(Kind::Io, "no address", source))?;
    let operators = served.settings.admin_listen.as_ref().map(|at| bind(&at.host, at.port)).transpose()?;
    let welcome = served.welcome();
    served.announce(address, welcome.as_ref());
    let Served { settings, app, demo, access, recent, read } = served;
    let (pool, running) = (app.pool.clone(), Arc::clone(&app));
    let token = settings.admin_token.as_deref();
    let admin = token.map(|token| Admin::behind_token(token, recent.clone()));
    tokio::spawn(Arc::clone(&app.ready).watch_over());
    if let Some(news) = app.purge_news.clone() {
        let app = Arc::clone(&app);
        tokio::spawn(news.watch(move |purge| app.purge_here(purge)));
    }
    let (keepalive, proxies) = (settings.keepalive, Proxies(settings.proxies.clone()));
    let host = Arc::new(Host { app: RwLock::new(app), welcome, access, demo, admin, proxies, keepalive });
    tokio::spawn(prefetch::in_background(Arc::clone(&host)));
    if settings.watch {
        folder_watch::begin(&host.app());
    }
    if let Some(listener) = operators {
        if let Ok(address) = listener.local_addr() {
            tracing::info!("operators ask at http://{address}/");
        }
        tokio::spawn(admin_port::serve(listener, Admin::on_own_listener(token, recent), Arc::clone(&host)));
    }
    let capacity = Capacity::of(settings.policy.budget, descriptors, settings.connections);
    tracing::debug!(?capacity, "clients");
    let table = Table::new(capacity, settings.patience);
    let (tell, stop) = Stop::new();
    tokio::spawn(Arc::clone(&table).watch_over());
    tokio::spawn(give_memory_back(pool, Arc::clone(&table), give_back));
    let reloading = async {
        while let Some(hangups) = &mut hangups {
            if hangups.recv().await.is_none() {
                break;
            }
            reload(&host, &settings, read);
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = connection::accept(&listener, &table, &host, &stop) => {}
        () = reloading => {}
        () = told_to_stop() => {}
    }
    drop(listener);
    running.stop();
    tracing::info!("stopping: answers under way are finished first");
    tell.send_replace(true);
    tokio::select! {
        () = table.emptied() => tracing::info!("stopped"),
        () = time::sleep(GRACE) => tracing::warn!("stopped with answers still under way"),
        () = told_to_stop() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// Reads all settings again and takes those that can change while it serves. What can't be read changes nothing.
fn reload(host: &Host, began_with: &Settings, read: &dyn Fn() -> Result<Settings>) {
    if let Some(access) = &host.access {
        access.reopen();
    }
    let settings = match read() {
        Ok(settings) => settings,
        Err(error) => {
            tracing::error!("the settings stay as they were: {}", shown(&error.to_string()));
            return;
        }
    };
    for warning in &settings.warnings {
        tracing::warn!("{}", shown(warning));
    }
    let fixed = settings.fixed_changes(began_with);
    if !fixed.is_empty() {
        tracing::warn!("needs a restart: {}", fixed.join(", "));
    }
    let app = host.app().with_policy(&settings.policy);
    host.replace(app);
    tracing::info!("the settings were read again");
}

/// Takes as many file descriptors as this process may have, and gives their number: each connection is one, each answer
/// under way another.
fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    tracing::debug!(?limit, ?raised, "file descriptors");
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Takes the signal that would end the program for a write past the limit on the size of files, which then fails like
/// one to a full disk. A signal that is listened for once is taken for good.
pub(crate) fn survive_limit_on_files() {
    let kind = signal::unix::SignalKind::from_raw(libc::SIGXFSZ);
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
