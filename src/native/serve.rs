//! `slimpix serve`: from flags to a listening socket, its connections, and the way down.

use std::{
    convert::Infallible, env, io, net::ToSocketAddrs, path::Path, process::ExitCode, sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime, signal,
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use crate::{
    error::{Error, Kind, Result},
    native::{
        body::{self, Body},
        cli::ServeArgs,
        config::Written,
        demo::{self, Demo},
        doctor, log,
        pool::Pool,
        prefetch,
        settings::{self, Settings},
        shown::shown,
        site::Site,
        socket::Socket,
        source::blocking,
        tell,
        values::Switch,
        verify,
    },
};

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(15);

/// Threads that open, read and write files, at the most. Each keeps some memory of its own for as long as it lives.
const FILE_THREADS: usize = 32;

/// How long such a thread waits for more to do before it ends.
const FILE_THREADS_REST: Duration = Duration::from_secs(2);

/// How long answers under way may take when the program is told to stop.
const GRACE: Duration = Duration::from_secs(25);

/// Bytes of a request's head at the most.
const MOST_HEAD: usize = 64 << 10;

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
        tokio::spawn(give_memory_back(site.pool.clone(), give_back));
        if foreground {
            return Ok(prefetch::run(&site, settings.jobs).await);
        }
        if !settings.verify_every.is_zero() {
            verify::begin(Arc::clone(&site.store), settings.verify_every);
        }
        if background {
            tokio::spawn(prefetch::in_background(Arc::clone(&site)));
        }
        serve(&settings, site, demo).await.map(|()| ExitCode::SUCCESS)
    });
    // What still converts after the grace is given up, not waited for.
    runtime.shutdown_background();
    code
}

/// Gives memory back whenever conversions have come to rest and the threads of their files have ended.
async fn give_memory_back(pool: Pool, give_back: fn()) {
    loop {
        pool.rested().await;
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

async fn serve(settings: &Settings, site: Arc<Site>, demo: Option<Demo>) -> Result<()> {
    raise_limit();
    survive_signals();
    let listener = bind(&settings.host, settings.port).await?;
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
    let host = Arc::new(Host { site, demo });
    let connections = Arc::new(Semaphore::new(settings.connections.min(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let server = server(settings.keepalive);
    let mut stop = std::pin::pin!(told_to_stop());
    loop {
        let accepted = async {
            let room = Arc::clone(&connections).acquire_owned().await;
            (listener.accept().await, room)
        };
        tokio::select! {
            () = &mut stop => break,
            accepted = accepted => match accepted {
                (Ok((stream, _)), Ok(room)) => connect(stream, room, &server, &graceful, &host),
                // Most often too many open files: others must close first.
                _ => time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    drop(listener);
    tracing::info!("stopping: answers under way are finished first");
    tokio::select! {
        () = graceful.shutdown() => tracing::info!("stopped"),
        () = time::sleep(GRACE) => tracing::warn!("stopped with answers still under way"),
        () = told_to_stop() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// What all connections share.
struct Host {
    site: Arc<Site>,
    demo: Option<Demo>,
}

impl Host {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        if !names_one_host(&request) {
            return bad_request();
        }
        // No request has a body of use here; it is dropped unread.
        let (request, _) = request.into_parts();
        match &self.demo {
            Some(demo) if request.uri.path().starts_with(demo::PREFIX) => demo.answer(&request).await,
            _ => self.site.answer(request).await,
        }
    }
}

/// A request of HTTP/1.1 names its host once (RFC 9112 §3.2), others at the most once.
fn names_one_host(request: &Request<Incoming>) -> bool {
    match request.headers().get_all(header::HOST).iter().count() {
        0 => request.version() != Version::HTTP_11,
        count => count == 1,
    }
}

fn bad_request() -> Response<Body> {
    let mut response = Response::new(body::full(Bytes::from_static(b"Bad request!")));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn server(keepalive: bool) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        // Who has asked and will ask no more gets the answer all the same.
        .half_close(true)
        .keep_alive(keepalive)
        .max_buf_size(MOST_HEAD);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MOST_HEAD as u32)
        .max_concurrent_streams(100);
    server
}

fn connect(
    stream: TcpStream,
    room: OwnedSemaphorePermit,
    server: &auto::Builder<TokioExecutor>,
    graceful: &GracefulShutdown,
    host: &Arc<Host>,
) {
    // Small answers must not wait for more; where that can't be said they do.
    let _ = stream.set_nodelay(true);
    keep_pace_on_this_machine(&stream);
    let socket = Socket::new(stream);
    let (host, outlet) = (Arc::clone(host), socket.outlet());
    let service = service_fn(move |request: Request<Incoming>| {
        let host = Arc::clone(&host);
        // HTTP/2 mixes answers, so a part of a file can't be sent by itself.
        let outlet = (request.version() < Version::HTTP_2).then(|| outlet.clone());
        async move {
            let response = host.answer(request).await;
            Ok::<_, Infallible>(match outlet {
                Some(outlet) => response.map(|body| body.through(outlet)),
                None => response,
            })
        }
    });
    let connection = server.serve_connection(socket, service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        let _room = room;
        if let Err(error) = connection.await {
            tracing::debug!(error, "a connection ended early");
        }
    });
}

/// Sends to a client of this machine, mostly a proxy, at the pace at which it reads. BBR, where that is the system's choice,
/// measures the way to it instead, and halts an answer for 25 to 40 ms now and then. Without this it just stays so.
#[cfg(target_os = "linux")]
fn keep_pace_on_this_machine(stream: &TcpStream) {
    if stream.peer_addr().is_ok_and(|client| client.ip().to_canonical().is_loopback()) {
        let _ = rustix::net::sockopt::set_tcp_congestion(stream, "reno");
    }
}

#[cfg(not(target_os = "linux"))]
const fn keep_pace_on_this_machine(_: &TcpStream) {}

/// Takes as many file descriptors as this process may have: each connection is one, each answer under way another.
fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    tracing::debug!(?limit, ?raised, "file descriptors");
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

async fn bind(host: &str, port: u16) -> Result<TcpListener> {
    let failed =
        |source: io::Error| Error::with_source(Kind::Io, format!("can't listen on {host}:{port}"), source);
    let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(failed)?.collect();
    TcpListener::bind(&*addresses).await.map_err(failed)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_of_this_machine_is_not_paced() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let stream = accepted.unwrap().0;
        keep_pace_on_this_machine(&stream);
        assert_eq!(rustix::net::sockopt::tcp_congestion(&stream).unwrap(), "reno");
    }
}
