//! A connection that speaks HTTP/1, by hyper. Its limits in time are the [`Watch`](super::watch::Watch)'s.

use std::{
    convert::Infallible,
    io,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, request::Parts};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;

use super::{Host, Stop, socket::Socket, table::Seat};
use crate::native::{access::Entry, body::Body, request_id::RequestId};

/// Bytes of a request's head at the most.
const MOST_HEAD: usize = 64 << 10;

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
) -> hyper::Result<()> {
    let (outlet, keepalive) = (socket.outlet(), host.keepalive);
    let service = service_fn(move |request: Request<Incoming>| {
        let (host, outlet, seat) = (Arc::clone(&host), outlet.clone(), Arc::clone(&seat));
        // No request has a body of use here; it is dropped unread.
        let (request, _) = request.into_parts();
        seat.asked(length(&request));
        let mut entry = host.enter(&request, client);
        let mut id = RequestId::of(&request);
        async move {
            let mut response = host.answer(request, client, &mut id).await;
            id.mark(&mut response, entry.is_some());
            if let Some(entry) = &mut entry {
                entry.answered(&response, &mut id);
            }
            seat.watch.decided();
            Ok::<_, Infallible>(response.map(|body| {
                let len = body.left();
                Watched { body: body.through(outlet), seat, len, entry }
            }))
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            // Who has asked and will ask no more gets the answer all the same.
            .half_close(true)
            .keep_alive(keepalive)
            .header_read_timeout(None)
            .max_buf_size(MOST_HEAD)
            .serve_connection(TokioIo::new(socket), service)
    );
    tokio::select! {
        biased;
        done = connection.as_mut() => return done,
        () = stop.told() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// About as many bytes as the head had on the wire, rather more.
fn length(request: &Parts) -> usize {
    let target = request.uri.path_and_query().map_or(0, |target| target.as_str().len())
        + request.uri.authority().map_or(0, |authority| authority.as_str().len() + 8);
    let fields: usize =
        request.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    request.method.as_str().len() + target + fields + 64
}

/// A body whose end is told to the connection's watch.
struct Watched {
    body: Body,
    seat: Arc<Seat>,
    len: u64,
    entry: Option<Entry>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(entry) = &mut self.entry {
            entry.sent = self.len - self.body.left();
        }
        self.seat.watch.answered();
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
