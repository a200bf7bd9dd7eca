//! The listener that operators alone can reach: HTTP/1 by hyper, few connections, nothing of the pictures'.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time,
};

use crate::native::{admin::Admin, connection::Host, request_id::RequestId};

/// Connections at a time; who comes then waits.
const MOST: usize = 32;

/// For a head, and between two requests.
const PATIENCE: Duration = Duration::from_secs(30);

/// Accepts and answers for as long as it is polled.
pub(crate) async fn serve(listener: TcpListener, admin: Admin, host: Arc<Host>) {
    let seats = Arc::new(Semaphore::new(MOST));
    loop {
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (admin, host) = (admin.clone(), Arc::clone(&host));
                tokio::spawn(async move {
                    speak(stream, admin, host).await;
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "an operator's connection can't be accepted");
                time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn speak(stream: TcpStream, admin: Admin, host: Arc<Host>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (admin, app) = (admin.clone(), Arc::clone(&host.app()));
        let (request, _) = request.into_parts();
        async move {
            let mut response = admin.answer(&app, &request).await;
            RequestId::of(&request).mark(&mut response, false);
            Ok::<_, Infallible>(response)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "an operator's connection ended early");
    }
}
