//! A connection that speaks HTTP/2, by h2: each stream in a task of its own, whose body is read only as far as the
//! client's windows are open.

use std::{
    future::poll_fn,
    net::IpAddr,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use h2::{
    Ping, PingPong, Reason, RecvStream, SendStream,
    server::{Builder, Connection, SendResponse},
};
use http::{HeaderValue, Request, Response, StatusCode, header};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{self, MissedTickBehavior},
};

use super::{
    Begun, Host, Stop,
    socket::Socket,
    table::{Seat, held},
};
use crate::{
    native::{access::Entry, answer::Answering, body::Body, request_id::RequestId},
    service::http_date,
};

/// Bytes of a body that are read at a time, and that a stream holds before they are written.
const PIECE: usize = 16 << 10;

/// Bytes of a request's head at the most, as RFC 9113 §6.5.2 counts them.
const MOST_HEAD: u32 = 32 << 10;

/// How often a stream that has taken nothing is waited for anew while its connection is what is slow.
const EXTENSIONS: u32 = 10;

/// Serves requests until the client, a fault or `stop` ends it.
///
/// # Errors
/// What ended it too early.
pub(super) async fn serve(
    socket: Socket,
    client: IpAddr,
    seat: Arc<Seat>,
    host: Arc<Host>,
    mut stop: Stop,
) -> Result<(), h2::Error> {
    let mut connection: Connection<Socket, Bytes> = Builder::new()
        .max_header_list_size(MOST_HEAD)
        .max_concurrent_streams(seat.table().capacity().streams_each)
        .max_send_buffer_size(PIECE)
        .handshake(socket)
        .await?;
    let mut pulse = Pulse::new(connection.ping_pong(), seat.table().patience().idle / 2);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            accepted = connection.accept() => match accepted {
                Some(accepted) => {
                    let (request, respond) = accepted?;
                    begin(request, respond, client, &seat, &host);
                }
                None => return Ok(()),
            },
            () = stop.told(), if !is_stopping => {
                is_stopping = true;
                connection.graceful_shutdown();
            }
            is_alive = pulse.beat(&seat) => if !is_alive {
                tracing::debug!("a connection is ended: its client answers no ping");
                return Ok(());
            }
        }
    }
}

/// Asks a client that is silent whether it is still there.
struct Pulse {
    ping: Option<PingPong>,
    every: time::Interval,
    /// When it was asked, if it was not heard of since.
    asked: Option<Instant>,
}

impl Pulse {
    fn new(ping: Option<PingPong>, every: Duration) -> Self {
        let mut every = time::interval(every.max(Duration::from_millis(100)));
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        every.reset();
        Self { ping, every, asked: None }
    }

    /// Waits until the time has come to ask; false if nothing has been heard since it was asked last.
    async fn beat(&mut self, seat: &Seat) -> bool {
        self.every.tick().await;
        let heard = seat.watch.state().heard();
        if self.asked.is_some_and(|asked| heard < asked) {
            return false;
        }
        if let Some(ping) = &mut self.ping {
            // The last one's answer is taken, and nobody waits for it.
            let _: Poll<_> = poll_fn(|context| Poll::Ready(ping.poll_pong(context))).await;
            self.asked = ping.send_ping(Ping::opaque()).is_ok().then(Instant::now);
        }
        true
    }
}

/// Begins to answer a request. Its head is dropped as soon as it is known what to do.
fn begin(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    client: IpAddr,
    seat: &Arc<Seat>,
    host: &Arc<Host>,
) {
    let Some(room) = seat.table().stream() else {
        // The client may ask again at once, by this reason's definition.
        respond.send_reset(Reason::REFUSED_STREAM);
        return;
    };
    // No request has a body of use here; it is dropped unread, and after the answer h2 tells the client so.
    let (request, _) = request.into_parts();
    seat.watch.asked(false);
    let entry = host.enter(&request, client);
    let mut id = RequestId::of(&request);
    let begun = host.begin(request, client, &mut id);
    let seat = Arc::clone(seat);
    tokio::spawn(async move {
        let mut answered = Held { seat, room, entry };
        let response = decided(begun, &mut respond).await;
        answered.seat.watch.decided();
        if let Some(mut response) = response {
            id.mark(&mut response, answered.entry.is_some());
            if let Some(entry) = &mut answered.entry {
                entry.answered(&response, &mut id);
            }
            // An error here is a client's that is gone.
            let _ = send(response, &mut respond, &mut answered).await;
        }
    });
}

/// What a stream holds for as long as it is answered.
struct Held {
    seat: Arc<Seat>,
    #[expect(dead_code, reason = "held until the stream ends")]
    room: OwnedSemaphorePermit,
    entry: Option<Entry>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.seat.watch.answered();
    }
}

/// The answer; `None` when the client wants it no longer.
async fn decided(begun: Begun, respond: &mut SendResponse<Bytes>) -> Option<Response<Body>> {
    match begun {
        Begun::Picture(Answering::Done(response)) => Some(*response),
        begun => tokio::select! {
            response = begun.done() => Some(response),
            _ = poll_fn(|context| respond.poll_reset(context)) => None,
        },
    }
}

async fn send(
    response: Response<Body>,
    respond: &mut SendResponse<Bytes>,
    held: &mut Held,
) -> Result<(), h2::Error> {
    let seat = &held.seat;
    let (mut head, mut body) = response.into_parts();
    let len = body.left();
    let has_length = !matches!(head.status, StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT);
    if has_length && !head.headers.contains_key(header::CONTENT_LENGTH) {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(len));
    }
    if let Some(date) = http_date(SystemTime::now()).and_then(|date| HeaderValue::try_from(date).ok()) {
        head.headers.entry(header::DATE).or_insert(date);
    }
    let mut stream = respond.send_response(Response::from_parts(head, ()), len == 0)?;
    while body.left() > 0 {
        let wanted = usize::try_from(body.left()).unwrap_or(usize::MAX).min(PIECE);
        let Some(window) = window(&mut stream, wanted, seat).await else { return Ok(()) };
        let Some(piece) = piece(&mut body, window, seat).await else {
            // The length has been promised, and can't be kept.
            stream.send_reset(Reason::INTERNAL_ERROR);
            return Ok(());
        };
        stream.send_data(piece, body.left() == 0)?;
        if let Some(entry) = &mut held.entry {
            entry.sent = len - body.left();
        }
    }
    Ok(())
}

async fn piece(body: &mut Body, most: usize, seat: &Seat) -> Option<Bytes> {
    let most = usize::try_from(body.left()).unwrap_or(usize::MAX).min(most);
    if let Body::Memory(_) = body {
        // It is in memory, and counted, whether it is sent or not.
        return body.next(most).await?.ok();
    }
    let room = seat.table().piece(most).await?;
    match body.next(most).await? {
        Ok(piece) => Some(held(piece, room)),
        Err(error) => {
            tracing::warn!(%error, "a body can't be read");
            None
        }
    }
}

/// Waits until the stream's and the connection's windows are open, `wanted` bytes wide at the most. `None` when the
/// client is gone, or has taken nothing for too long: then the stream is reset.
async fn window(stream: &mut SendStream<Bytes>, wanted: usize, seat: &Seat) -> Option<usize> {
    stream.reserve_capacity(wanted);
    if stream.capacity() > 0 {
        return Some(stream.capacity().min(wanted));
    }
    let _starving = Starving::new(seat);
    let patience = seat.table().patience().send;
    for _ in 0..=EXTENSIONS {
        let began = Instant::now();
        match time::timeout(patience, opened(stream)).await {
            Ok(opened) => return opened.map(|window| window.min(wanted)),
            // Where the connection is slow, others of its streams take their turns.
            Err(_) if seat.watch.state().was_blocked_since(began) => {}
            Err(_) => break,
        }
    }
    stream.send_reset(Reason::CANCEL);
    None
}

async fn opened(stream: &mut SendStream<Bytes>) -> Option<usize> {
    loop {
        match poll_fn(|context| stream.poll_capacity(context)).await {
            Some(Ok(0)) => {}
            Some(Ok(window)) => return Some(window),
            Some(Err(_)) | None => return None,
        }
    }
}

/// A stream that waits for its window.
struct Starving<'a>(&'a Seat);

impl<'a> Starving<'a> {
    fn new(seat: &'a Seat) -> Self {
        seat.watch.starves(true);
        Self(seat)
    }
}

impl Drop for Starving<'_> {
    fn drop(&mut self) {
        self.0.watch.starves(false);
    }
}
