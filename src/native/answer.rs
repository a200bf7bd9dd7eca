//! From a request's head to its answer, or to the task that waits for it.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use tokio::task::JoinHandle;

use crate::{
    native::{
        app::App,
        body::{self, Body},
        drive::Drive,
        hit::{self, Advanced},
    },
    service::{self, RequestHead},
};

/// An answer that is there or on its way.
pub(crate) enum Answering {
    /// There.
    Done(Box<Response<Body>>),
    /// On its way.
    Underway(JoinHandle<Response<Body>>),
}

impl Answering {
    /// Waits for it.
    pub(crate) async fn done(self) -> Response<Body> {
        match self {
            Self::Done(response) => *response,
            Self::Underway(answering) => match answering.await {
                Ok(response) => response,
                Err(failure) => {
                    tracing::error!(%failure, "a request broke off");
                    unavailable()
                }
            },
        }
    }
}

impl App {
    /// Begins to answer a request. What needs no waiting is done at once.
    pub(crate) fn begin(&self, request: &Parts) -> Answering {
        match self.ready.answer(request, &self.policy, Instant::now(), || self.decide(request)) {
            Ok(response) => Answering::Done(Box::new(response)),
            Err(answering) => Answering::Underway(answering),
        }
    }

    /// The answer, if nothing has to be waited for; else the task that waits.
    fn decide(&self, request: &Parts) -> Result<Response<Body>, JoinHandle<Response<Body>>> {
        let head = RequestHead { method: &request.method, uri: &request.uri, headers: &request.headers };
        let step = service::begin(Arc::clone(&self.policy), &head, SystemTime::now());
        let mut drive = Drive::new(self.clone());
        match hit::advance(self, &mut drive, step) {
            Advanced::Answered(answer, body) => Ok(drive.respond(*answer, body)),
            Advanced::Waits(step) => Err(tokio::spawn(drive.run(step))),
        }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: Parts) -> Response<Body> {
        self.begin(&request).done().await
    }
}

/// For a request that broke off by a fault of ours.
fn unavailable() -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
