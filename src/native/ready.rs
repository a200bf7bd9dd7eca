//! Answers that many ask for at once, kept whole for the blink of an eye: what was just decided, looked up and opened
//! for one who asks is given again to all who ask the very same within [`WINDOW`].
//!
//! Nothing is kept of what is asked for now and then, so whoever changes a picture and looks at it sees the change.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, request::Parts};
use tokio::time;

use crate::{
    native::{
        body::{self, Body},
        metrics::{Facts, Metrics},
        page_cache,
    },
    service::{self, Policy, RequestHead},
};

/// How old an answer may be when it is given again.
const WINDOW: Duration = Duration::from_millis(50);

/// So many ask within a window for what is worth keeping: more than who looks at a picture, changes it and looks again.
const MANY: u32 = 64;

/// Questions that are counted at the most.
const MOST_QUESTIONS: usize = 1024;

/// Bytes of a question at the most.
const MOST_QUESTION: usize = 2 << 10;

/// Bodies up to this length are kept in memory, longer ones as open files.
const IN_MEMORY: u64 = 64 << 10;

/// Bytes of all bodies in memory at the most.
const MOST_BYTES: usize = 2 << 20;

/// Open files at the most.
const MOST_FILES: usize = 16;

/// The answers.
#[derive(Debug, Default)]
pub(crate) struct Ready(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: HashMap<Box<[u8]>, Asked>,
    bytes: usize,
    files: usize,
}

/// How something is asked.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// When.
    pub(crate) now: Instant,
    /// Answers say why they are what they are.
    pub(crate) tells_decisions: bool,
    /// Where answers that are given again are counted.
    pub(crate) metrics: &'a Metrics,
}

/// A question that was asked lately.
#[derive(Debug)]
struct Asked {
    /// When the window began, which is when its first answer was decided.
    began: Instant,
    /// How often it has been asked in this window.
    count: u32,
    answer: Option<Arc<ReadyAnswer>>,
}

#[derive(Debug)]
struct ReadyAnswer {
    headers: HeaderMap,
    facts: Facts,
    body: ReadyBody,
}

#[derive(Debug)]
enum ReadyBody {
    Memory(Bytes),
    File(Arc<File>, u64),
}

thread_local! {
    /// The question at hand, so that nothing is allocated for most.
    static QUESTION: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Ready {
    /// The answer to a request, if it was decided just now for many, which is counted; else what `decide` comes to,
    /// which is noted if it is an answer. Answers say why they are what they are if `tells_decisions`.
    pub(crate) fn answer<T>(
        &self,
        request: &Parts,
        policy: &Policy,
        asked: Asking<'_>,
        decide: impl FnOnce() -> Result<(Response<Body>, Facts), T>,
    ) -> Result<Response<Body>, T> {
        let now = asked.now;
        QUESTION.with_borrow_mut(|question| {
            question.clear();
            let head = RequestHead { method: &request.method, uri: &request.uri, headers: &request.headers };
            if !service::question(&head, policy, question) || question.len() > MOST_QUESTION {
                return decide().map(|(response, _)| response);
            }
            if let Some(answer) = self.inner().find(question, now) {
                asked.metrics.answered(answer.facts);
                return Ok(answer.response(asked.tells_decisions));
            }
            decide().map(|(response, facts)| {
                if response.status() == StatusCode::OK {
                    self.inner().note(question, &response, facts, now);
                }
                response
            })
        })
    }

    /// Lets go of what many don't ask for any more, for as long as the program runs.
    pub(crate) async fn watch_over(self: Arc<Self>) {
        loop {
            time::sleep(Duration::from_secs(1)).await;
            self.inner().forget_old(Instant::now());
        }
    }

    /// Forgets all answers: others are right now.
    pub(crate) fn forget_all(&self) {
        *self.inner() = Inner::default();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadyAnswer {
    fn response(&self, tells_decision: bool) -> Response<Body> {
        let body = match &self.body {
            ReadyBody::Memory(bytes) => body::full(bytes.clone()),
            ReadyBody::File(file, len) => body::shared(Arc::clone(file), 0..*len),
        };
        let mut response = Response::new(body);
        *response.headers_mut() = self.headers.clone();
        if tells_decision {
            response.extensions_mut().insert(self.facts.decision);
        }
        response
    }
}

impl Inner {
    /// The answer to a question that is asked now, if it is kept.
    fn find(&mut self, question: &[u8], now: Instant) -> Option<Arc<ReadyAnswer>> {
        let asked = self.asked.get_mut(question)?;
        asked.count = asked.count.saturating_add(1);
        asked.answer.clone().filter(|_| now.duration_since(asked.began) < WINDOW)
    }

    /// Takes note of an answer that was decided just now.
    fn note(&mut self, question: &[u8], response: &Response<Body>, facts: Facts, now: Instant) {
        let has_room = self.asked.len() < MOST_QUESTIONS;
        let Some(asked) = self.asked.get_mut(question) else {
            if has_room {
                self.asked.insert(question.into(), Asked { began: now, count: 1, answer: None });
            }
            return;
        };
        let many_ask = asked.count >= MANY;
        if now.duration_since(asked.began) >= WINDOW {
            (asked.began, asked.count) = (now, 0);
            let old = asked.answer.take();
            self.free(old.as_deref());
        } else if asked.answer.is_some() {
            return;
        }
        if many_ask {
            self.keep(question, response, facts, now);
        }
    }

    /// Forgets what nobody has asked for lately.
    fn forget_old(&mut self, now: Instant) {
        let old = self.asked.extract_if(|_, asked| now.duration_since(asked.began) > WINDOW * 20);
        let old: Vec<Asked> = old.map(|(_, asked)| asked).collect();
        for asked in old {
            self.free(asked.answer.as_deref());
        }
    }

    fn keep(&mut self, question: &[u8], response: &Response<Body>, facts: Facts, now: Instant) {
        let Some(body) = self.kept(response.body()) else { return };
        if let Some(asked) = self.asked.get_mut(question) {
            let answer = ReadyAnswer { headers: response.headers().clone(), facts, body };
            (asked.began, asked.answer) = (now, Some(Arc::new(answer)));
        }
    }

    /// The body, kept, if there is room for it and all of it is at hand.
    fn kept(&mut self, body: &Body) -> Option<ReadyBody> {
        let len = body.left();
        let in_memory = usize::try_from(len).ok().filter(|_| len <= IN_MEMORY);
        match (body, in_memory) {
            (Body::Memory(_), None) => None,
            (_, Some(len)) if self.bytes + len <= MOST_BYTES => {
                let bytes = match body {
                    Body::Memory(bytes) => bytes.clone(),
                    Body::File(part) => whole(part.file(), len)?,
                    // It can be had once.
                    Body::Passing(_) => return None,
                };
                self.bytes += len;
                Some(ReadyBody::Memory(bytes))
            }
            (Body::File(part), None) if self.files < MOST_FILES => {
                self.files += 1;
                Some(ReadyBody::File(Arc::clone(part.file()), len))
            }
            _ => None,
        }
    }

    fn free(&mut self, answer: Option<&ReadyAnswer>) {
        match answer.map(|answer| &answer.body) {
            Some(ReadyBody::Memory(bytes)) => self.bytes -= bytes.len(),
            Some(ReadyBody::File(..)) => self.files -= 1,
            None => {}
        }
    }
}

/// All of a file that is in the kernel's memory.
fn whole(file: &File, len: usize) -> Option<Bytes> {
    let mut bytes = vec![0; len];
    (page_cache::read(file, 0, &mut bytes).ok()? == len).then(|| bytes.into())
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request, header};

    use super::*;
    use crate::service::Decision;

    fn request(target: &str) -> Parts {
        Request::get(target).body(()).expect("a request").into_parts().0
    }

    fn response(bytes: Bytes) -> Response<Body> {
        let mut response = Response::new(body::full(bytes));
        response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"1\""));
        response
    }

    /// Asks, and decides where there is no answer; true if there was one.
    fn ask(ready: &Ready, policy: &Policy, target: &str, body: &Bytes, now: Instant) -> bool {
        let mut was_there = true;
        let decide = || {
            was_there = false;
            Ok::<_, ()>((response(body.clone()), Facts::default()))
        };
        let metrics = Metrics::default();
        let asking = Asking { now, tells_decisions: true, metrics: &metrics };
        let answer = ready.answer(&request(target), policy, asking, decide).expect("an answer");
        assert_eq!(answer.extensions().get::<Decision>().is_some(), was_there);
        assert_eq!(answer.headers()[header::ETAG], "\"1\"");
        assert_eq!(answer.body().left(), body.len() as u64);
        was_there
    }

    #[test]
    fn only_what_many_ask_for_at_once_is_given_again_and_not_for_long() {
        let (ready, policy, start) = (Ready::default(), Policy::default(), Instant::now());
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let ask = |target: &str, now| ask(&ready, &policy, target, &Bytes::from_static(b"body"), now);
        assert!((0..20).all(|i| !ask("/rare.jpg", after(i * 20))));
        let given = (0..200).filter(|_| ask("/many.jpg", start)).count();
        assert!((120..150).contains(&given), "{given}");
        assert!(ask("/many.jpg", after(49)));
        // Decided anew, and then given again.
        assert!(!ask("/many.jpg", after(51)));
        assert!(ask("/many.jpg", after(52)));
        // Nobody else asked in this window.
        assert!(!ask("/many.jpg", after(200)));
        assert!(!ask("/many.jpg", after(201)));
    }

    #[test]
    fn what_is_kept_is_bounded_and_forgotten() {
        let (ready, policy, now) = (Ready::default(), Policy::default(), Instant::now());
        let long = Bytes::from(vec![0; 60 << 10]);
        for i in 0..MOST_QUESTIONS * 2 {
            for _ in 0..MANY * 2 {
                ask(&ready, &policy, &format!("/{i}.jpg"), &long, now);
            }
        }
        let held = |ready: &Ready| {
            let inner = ready.inner();
            (inner.asked.len(), inner.bytes)
        };
        let (questions, bytes) = held(&ready);
        assert!(questions <= MOST_QUESTIONS && bytes <= MOST_BYTES && bytes > MOST_BYTES / 2, "{bytes}");
        ready.inner().forget_old(now + Duration::from_secs(2));
        assert_eq!(held(&ready), (0, 0));
    }
}
