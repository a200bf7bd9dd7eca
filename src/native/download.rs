//! A body that an origin sends: read piece by piece, within limits of length and time, its coding undone.
//!
//! Only what the origin lets us wait for counts as its time: who takes the pieces may take his own.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http_body_util::combinators::BoxBody;
use hyper::body::Body;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::{
    error::{Error, Kind, Result},
    native::coding::Coding,
    service::{OriginCaching, Validators},
};

/// Between two pieces.
const PIECE: Duration = Duration::from_secs(15);
/// For all of it together.
const WHOLE: Duration = Duration::from_secs(120);

/// A body as it comes, of whatever kind of origin.
pub(crate) type Raw = BoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// A body under way.
#[derive(Debug)]
pub(crate) struct Download {
    /// What the head says of keeping it.
    pub(crate) caching: OriginCaching,
    /// What the head says of it; its length is 0 where the head doesn't say.
    pub(crate) validators: Validators,
    body: Raw,
    coding: Coding,
    /// What has come and is still in its coding.
    coded: Bytes,
    has_ended: bool,
    left: u64,
    patience: Duration,
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Download {
    /// The body of an answer, `most` bytes long at the most.
    pub(crate) fn new(
        caching: OriginCaching,
        validators: Validators,
        body: Raw,
        coding: Coding,
        most: u64,
    ) -> Self {
        let coded = Bytes::new();
        Self {
            caching,
            validators,
            body,
            coding,
            coded,
            has_ended: false,
            left: most,
            patience: WHOLE,
            wait: None,
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when it breaks off or takes too long, [`Kind::LimitExceeded`] when it is too long.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|context| self.poll_piece(context)).await
    }

    /// Polls for the next piece; `None` at the end.
    pub(crate) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        loop {
            let piece = if self.has_ended {
                return Poll::Ready(Ok(None));
            } else if !self.coded.is_empty() {
                let (piece, taken) = self.coding.undo(&self.coded)?;
                self.coded.advance(taken);
                Bytes::from(piece)
            } else {
                match ready!(self.poll_coded(context))? {
                    Some(piece) if self.coding.is_identity() => piece,
                    Some(coded) => {
                        self.coded = coded;
                        continue;
                    }
                    None => {
                        self.has_ended = true;
                        Bytes::from(self.coding.finish()?)
                    }
                }
            };
            if !piece.is_empty() {
                self.left = self
                    .left
                    .checked_sub(piece.len() as u64)
                    .ok_or_else(|| Error::limit("the original is larger than allowed"))?;
                return Poll::Ready(Ok(Some(piece)));
            }
        }
    }

    fn poll_coded(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        loop {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(frame) => {
                    if let Some((began, _)) = self.wait.take() {
                        self.patience = self.patience.saturating_sub(began.elapsed());
                    }
                    match frame {
                        None => return Poll::Ready(Ok(None)),
                        Some(Err(source)) => {
                            return Poll::Ready(Err(Error::with_source(
                                Kind::Upstream,
                                "breaks off",
                                source,
                            )));
                        }
                        // Trailers are of no use here.
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(piece) => return Poll::Ready(Ok(Some(piece))),
                            Err(_) => continue,
                        },
                    }
                }
                Poll::Pending => {
                    let now = Instant::now();
                    let until = now + self.patience.min(PIECE);
                    let (_, sleep) = self.wait.get_or_insert_with(|| (now, Box::pin(sleep_until(until))));
                    ready!(sleep.as_mut().poll(context));
                    return Poll::Ready(Err(Error::new(Kind::Upstream, "takes too long")));
                }
            }
        }
    }
}
