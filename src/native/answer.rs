//! From a request's head to its answer, or to the task that waits for it.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::{
    native::{
        app::App,
        body::{self, Body},
        drive::Drive,
        hit::{self, Advanced},
        metrics::{Facts, Metrics},
        passed_on::PassedOn,
        ready::Asking,
        request_id::RequestId,
        traces::Trace,
    },
    service::{self, RequestHead},
};

/// An answer that is there or on its way.
pub(crate) enum Answering {
    /// There.
    Done(Box<Response<Body>>),
    /// On its way.
    Underway(JoinHandle<Response<Body>>, Arc<Metrics>),
}

impl Answering {
    /// Waits for it.
    pub(crate) async fn done(self) -> Response<Body> {
        match self {
            Self::Done(response) => *response,
            Self::Underway(answering, metrics) => match answering.await {
                Ok(response) => response,
                Err(failure) => {
                    tracing::error!(%failure, "a request broke off");
                    let response = unavailable();
                    metrics.answered_otherwise(response.status().as_u16());
                    response
                }
            },
        }
    }
}

impl App {
    /// Begins to answer a request. What needs no waiting is done at once.
    pub(crate) fn begin(&self, request: &Parts, id: &mut RequestId) -> Answering {
        let mut trace = self.traces.as_ref().and_then(|traces| traces.begin(request));
        let (now, tells_decisions) = (Instant::now(), self.tells_decisions);
        let asking = Asking { now, tells_decisions, metrics: &self.metrics };
        let decide = || self.decide(request, id, trace.take());
        match self.ready.answer(request, &self.policy, asking, decide) {
            Ok(response) => {
                // It was decided for others.
                if let Some(trace) = trace {
                    trace.answered(response.status().as_u16(), None);
                }
                Answering::Done(Box::new(response))
            }
            Err(answering) => Answering::Underway(answering, Arc::clone(&self.metrics)),
        }
    }

    /// The answer, if nothing has to be waited for; else the task that waits.
    fn decide(
        &self,
        request: &Parts,
        id: &mut RequestId,
        trace: Option<Trace>,
    ) -> Result<(Response<Body>, Facts), JoinHandle<Response<Body>>> {
        let head = RequestHead { method: &request.method, uri: &request.uri, headers: &request.headers };
        let step = service::begin(Arc::clone(&self.policy), &head, SystemTime::now());
        let mut drive = Drive::new(self.clone()).traced(trace);
        match hit::advance(self, &mut drive, step) {
            Advanced::Answered(answer, body) => {
                if answer.background.is_some() {
                    drive = drive.passing_on(PassedOn::of(request, id));
                }
                Ok(drive.respond(*answer, body))
            }
            Advanced::Waits(step) => {
                // Whatever is logged on the way says for whom.
                let span = tracing::error_span!("request", id = id.made());
                let drive = drive.passing_on(PassedOn::of(request, id));
                Err(tokio::spawn(drive.run(step).instrument(span)))
            }
        }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: Parts) -> Response<Body> {
        self.begin(&request, &mut RequestId::of(&request)).done().await
    }
}

/// For a request that broke off by a fault of ours.
fn unavailable() -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
