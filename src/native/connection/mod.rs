//! The connections of clients: from the listening socket to the end of the last answer.
//!
//! How many there may be and what they hold together follows from memory and file descriptors ([`capacity`]); how long
//! each may wait for its client says its [`watch`]; both are kept by the [`table`]. [`first`] and [`frames`] read what
//! clients send as far as that takes; HTTP itself is hyper's ([`http1`]) and h2's ([`http2`]).

pub(crate) mod capacity;
mod first;
mod frames;
mod http1;
mod http2;
mod seats;
pub(crate) mod socket;
pub(crate) mod table;
pub(crate) mod watch;

use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Version, header, request::Parts};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch as told,
    time,
};

use self::{
    first::Protocol,
    socket::Socket,
    table::{Seat, Table},
    watch::Awaited,
};
use crate::native::{
    access::{AccessLog, Entry},
    admin::{self, Admin},
    answer::Answering,
    app::App,
    body::{self, Body},
    demo::{self, Demo},
    proxies::Proxies,
    request_id::RequestId,
    welcome::Welcome,
};

/// What all connections share.
pub(crate) struct Host {
    /// What answers for pictures. Another app takes this one's place when settings change.
    pub(crate) app: RwLock<Arc<App>>,
    /// The page for people who try the server.
    pub(crate) welcome: Option<Arc<Welcome>>,
    /// Where a line for each answer goes.
    pub(crate) access: Option<Arc<AccessLog>>,
    /// The demo page.
    pub(crate) demo: Option<Demo>,
    /// What operators ask, behind a token.
    pub(crate) admin: Option<Admin>,
    /// Whose word counts of who asks.
    pub(crate) proxies: Proxies,
    /// HTTP/1 connections stay open between requests.
    pub(crate) keepalive: bool,
}

/// Says when to stop.
#[derive(Clone)]
pub(crate) struct Stop(told::Receiver<bool>);

impl Stop {
    /// One that is told by the sender.
    pub(crate) fn new() -> (told::Sender<bool>, Self) {
        let (tell, told) = told::channel(false);
        (tell, Self(told))
    }

    /// Waits until it is told, or can't be any more.
    async fn told(&mut self) {
        let _ = self.0.wait_for(|is_told| *is_told).await;
    }
}

/// A request whose answer is there or on its way.
enum Begun {
    Picture(Answering),
    Demo(Demo, Box<Parts>),
    Welcome(Arc<Welcome>, Box<Parts>),
    Ready(Arc<App>),
    Admin(Admin, Arc<App>, Box<Parts>),
}

impl Begun {
    async fn done(self) -> Response<Body> {
        match self {
            Self::Picture(answering) => answering.done().await,
            Self::Demo(demo, request) => demo.answer(&request).await,
            Self::Welcome(welcome, request) => welcome.answer(&request).await,
            Self::Ready(app) => admin::readiness(&app).await,
            Self::Admin(admin, app, request) => admin.answer(&app, &request).await,
        }
    }
}

impl Host {
    /// Begins to answer. What needs no waiting is done at once, and the head is not held any longer.
    fn begin(&self, mut request: Parts, client: IpAddr, id: &mut RequestId) -> Begun {
        if !names_one_host(&request) {
            self.app().metrics.answered_otherwise(StatusCode::BAD_REQUEST.as_u16());
            return Begun::Picture(Answering::Done(Box::new(bad_request())));
        }
        if admin::is_readiness(&request) {
            return Begun::Ready(Arc::clone(&self.app()));
        }
        if let Some(admin) = self.admin.as_ref().filter(|_| admin::has(request.uri.path())) {
            return Begun::Admin(admin.clone(), Arc::clone(&self.app()), Box::new(request));
        }
        match &self.demo {
            Some(demo) if demo::has(request.uri.path()) => Begun::Demo(demo.clone(), Box::new(request)),
            _ => match &self.welcome {
                Some(welcome) if Welcome::is_for(&request, client) => {
                    Begun::Welcome(Arc::clone(welcome), Box::new(request))
                }
                _ => {
                    if !self.proxies.trusts(client) {
                        request.headers.remove("x-forwarded-proto");
                    }
                    Begun::Picture(self.app().begin(&request, id))
                }
            },
        }
    }

    async fn answer(&self, request: Parts, client: IpAddr, id: &mut RequestId) -> Response<Body> {
        let begun = self.begin(request, client, id);
        begun.done().await
    }

    /// Begins the line of a request in the access log, where there is one.
    fn enter(&self, request: &Parts, client: IpAddr) -> Option<Entry> {
        self.access
            .as_ref()
            .map(|access| access.entry(request, self.proxies.client(&request.headers, client)))
    }

    /// What answers now.
    pub(crate) fn app(&self) -> RwLockReadGuard<'_, Arc<App>> {
        self.app.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another app answers from now on.
    pub(crate) fn replace(&self, app: App) {
        *self.app.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(app);
    }
}

/// A request of HTTP/1.1 names its host once (RFC 9112 §3.2), others at the most once.
fn names_one_host(request: &Parts) -> bool {
    match request.headers.get_all(header::HOST).iter().count() {
        0 => request.version != Version::HTTP_11,
        count => count == 1,
    }
}

fn bad_request() -> Response<Body> {
    let mut response = Response::new(body::full(Bytes::from_static(b"Bad request!")));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Accepts connections for as long as it is polled.
pub(crate) async fn accept(listener: &TcpListener, table: &Arc<Table>, host: &Arc<Host>, stop: &Stop) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                let seat = table.enter().await;
                tokio::spawn(serve(stream, client, seat, Arc::clone(host), stop.clone()));
            }
            Err(error) => {
                tracing::debug!(%error, "a connection can't be accepted");
                // Most often too many open files: others must close first.
                table.make_way();
                time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Serves a connection to its end.
async fn serve(stream: TcpStream, client: SocketAddr, seat: Arc<Seat>, host: Arc<Host>, stop: Stop) {
    // Small answers must not wait for more; where that can't be said they do.
    let _ = stream.set_nodelay(true);
    keep_pace_on_this_machine(&stream);
    let stream = Arc::new(stream);
    let socket = Socket::new(Arc::clone(&stream), Arc::clone(&seat));
    let mut speaking = pin!(speak(socket, client.ip(), Arc::clone(&seat), host, stop));
    loop {
        tokio::select! {
            biased;
            served = speaking.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(error, "a connection ended early");
                }
                return;
            }
            () = seat.watch.end.notified() => {
                let state = seat.watch.state();
                if state.could_make_way(Instant::now()).is_some() {
                    if !matches!(state.waits(), Some((Awaited::Next, _))) {
                        socket::cut_when_dropped(&stream);
                    }
                    return;
                }
                drop(state);
                // Its client has gone on in the meantime.
                seat.stay();
            }
        }
    }
}

async fn speak(
    mut socket: Socket,
    client: IpAddr,
    seat: Arc<Seat>,
    host: Arc<Host>,
    mut stop: Stop,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let protocol = tokio::select! {
        protocol = socket.protocol() => protocol?,
        () = stop.told() => None,
    };
    // Boxed, so that a connection that hasn't said anything takes no memory for what it may say.
    match protocol {
        Some(Protocol::Http1) => Box::pin(http1::serve(socket, client, seat, host, stop)).await?,
        Some(Protocol::Http2) => Box::pin(http2::serve(socket, client, seat, host, stop)).await?,
        None => {}
    }
    Ok(())
}

/// Sends to a client of this machine, mostly a proxy, at the pace at which it reads. BBR, where that is the system's
/// choice, measures the way to it instead, and halts an answer for 25 to 40 ms now and then. Without this it just
/// stays so.
#[cfg(target_os = "linux")]
fn keep_pace_on_this_machine(stream: &TcpStream) {
    if stream.peer_addr().is_ok_and(|client| client.ip().to_canonical().is_loopback()) {
        let _ = rustix::net::sockopt::set_tcp_congestion(stream, "reno");
    }
}

#[cfg(not(target_os = "linux"))]
const fn keep_pace_on_this_machine(_: &TcpStream) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io;

    use super::*;

    #[tokio::test]
    async fn a_client_of_this_machine_is_not_paced() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (_client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let stream = accepted?.0;
        keep_pace_on_this_machine(&stream);
        assert_eq!(rustix::net::sockopt::tcp_congestion(&stream)?, "reno");
        Ok(())
    }
}
