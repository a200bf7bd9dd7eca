//! Performs the service's steps for one request, up to its answer.

use std::{collections::BTreeMap, ops::Range, rc::Rc, sync::Arc, time::SystemTime};

use worker::{ResponseBody, console_error, console_log};

use super::{
    basis::Basis,
    fetch_flight,
    flight::{self, FlightOutcome, Joined, Landed, Lead, MadeFile, Ticket},
    memory::memory_bytes,
    once::{Held, held_during, hold_for_converting},
    respond::{Extent, OpenBody},
    settings::Settings,
    source::{self, Fetched, Opened},
    store::{self, Answer, Answers, File},
};
use crate::{
    codec::{self, Format},
    convert::{self, Outcome},
    error::{Error, Kind, Result},
    service::{
        Admit, Body, Convert, FlightError, Found, Join, Lookup, MadeInfo, Policy, RequestHead, Response,
        Source, Step, Store, Task, Write, begin, hash_hex,
    },
};

/// One request on its way.
pub(super) struct Drive {
    pub(super) settings: Rc<Settings>,
    pub(super) answers: Answers,
    /// What it builds on, and how old that is.
    pub(super) basis: Basis,
    /// Under which the answer is kept in the cache of answers, if it may be.
    pub(super) answer_key: Option<String>,
    /// The body of an answer from that cache.
    answer: Option<ResponseBody>,
    pub(super) opened: Option<Box<Opened>>,
    /// The duty to tell others what the origin answers, or the place of who is told.
    pub(super) fetch_lead: Option<fetch_flight::Lead>,
    pub(super) fetch_follower: Option<fetch_flight::Follower>,
    /// What this request or its leader has made.
    made: BTreeMap<Format, Rc<Vec<u8>>>,
    lead: Option<Lead>,
    /// What the followers are told when the lead ends.
    pub(super) outcome: Option<FlightOutcome>,
    ticket: Option<Ticket>,
    /// What other isolates leave to this request.
    pub(super) held: Vec<Held>,
    /// True once no visitor waits.
    pub(super) is_background: bool,
    /// True if what is kept for a moment is no answer: neither looked for, as a message does, nor kept, as where something
    /// better is on its way.
    pub(super) wants_better: bool,
    pub(super) writes: Vec<PendingWrite>,
}

/// Something to be stored after answering.
pub(super) struct PendingWrite {
    pub(super) write: Write,
    /// The variant's.
    pub(super) bytes: Option<Rc<Vec<u8>>>,
}

/// An answer with its body.
pub(super) struct Sent {
    /// The head.
    pub(super) response: Box<Response>,
    /// The body.
    pub(super) body: OpenBody,
}

impl Drive {
    pub(super) fn new(settings: Rc<Settings>, answers: Answers) -> Self {
        Self {
            settings,
            answers,
            basis: Basis::new(),
            answer_key: None,
            answer: None,
            opened: None,
            fetch_lead: None,
            fetch_follower: None,
            made: BTreeMap::new(),
            lead: None,
            outcome: None,
            ticket: None,
            held: Vec::new(),
            is_background: false,
            wants_better: false,
            writes: Vec::new(),
        }
    }

    /// From a request's head to its answer.
    pub(super) async fn answer(
        &mut self,
        policy: &Arc<Policy>,
        head: &RequestHead<'_>,
        now: SystemTime,
    ) -> Sent {
        let mut step = begin(Arc::clone(policy), head, now);
        loop {
            let response = self.run(step).await;
            // The service gives up on lost bodies by itself, so this ends.
            match self.body(&response).await {
                Some(body) => return Sent { response, body },
                None => step = response.lost(),
            }
        }
    }

    /// Performs steps up to the next answer.
    pub(super) async fn run(&mut self, mut step: Step) -> Box<Response> {
        loop {
            step = match step {
                Step::Lookup(lookup) => self.look_up(lookup).await,
                Step::Fetch(fetch) => self.fetch(fetch).await,
                Step::Join(join) => self.join(join).await,
                Step::Admit(admit) => self.admit(admit).await,
                Step::Convert(convert) => self.convert(convert).await,
                Step::Store(store) => self.store(*store),
                Step::Respond(response) => return response,
            };
            self.end_flight(&step);
        }
    }

    async fn look_up(&mut self, lookup: Lookup) -> Step {
        self.answer_key = lookup.answer_key();
        self.basis.look(&self.settings, lookup.source.name()).await;
        if let Some(key) = self.answer_key.as_ref().filter(|_| !self.wants_better)
            && let Some(Answer { headers, len, body, made }) = self.answers.find(key).await
            && self.basis.has_answer(made)
        {
            self.answer = Some(body);
            return lookup.answered(headers, len);
        }
        let mut found = Found::default();
        if let Some(bucket) = &self.settings.store {
            let folder = lookup.source.folder();
            found.record = self.basis.take(store::record_of(bucket, folder, &lookup.id).await);
            if let Some(id) = &lookup.source_id {
                found.source_record = self.basis.take(store::record_of(bucket, folder, id).await);
            }
        }
        lookup.found(found)
    }

    async fn join(&mut self, join: Join) -> Step {
        match flight::join(&join.key, self.basis.age(), |age| self.basis.may_follow(age)) {
            Joined::Leader(lead) => {
                self.lead = Some(lead);
                self.settle(join).await
            }
            Joined::Follower(follower) => match follower.outcome(join.patience).await {
                Some(Ok(Landed { record, made, oldest })) => {
                    self.basis.build_on(oldest);
                    self.made.extend(made.map(|MadeFile { format, bytes }| (format, bytes)));
                    join.followed(Ok(record))
                }
                Some(Err(error)) => join.followed(Err(error)),
                None => join.impatient(),
            },
        }
    }

    async fn admit(&mut self, admit: Admit) -> Step {
        let room = flight::admit(admit.bytes, self.settings.policy.budget, admit.patience);
        let (ticket, waited) = held_during(&self.held, room).await;
        match ticket {
            Some(ticket) => {
                self.ticket = Some(ticket);
                admit.granted(waited)
            }
            None => {
                self.outcome = Some(Err(FlightError::Failed(Kind::Overload)));
                admit.refused(waited)
            }
        }
    }

    async fn convert(&mut self, convert: Convert) -> Step {
        let held = std::mem::take(&mut self.held);
        let turn = held_during(&held, flight::turn()).await;
        let result = self.perform(convert, &held).await;
        drop(turn);
        self.held = held;
        self.ticket = None;
        result
    }

    async fn perform(&mut self, mut convert: Convert, held: &[Held]) -> Step {
        let settings = Rc::clone(&self.settings);
        let bytes = match held_during(held, self.source_bytes(&convert.source)).await {
            Ok(bytes) => bytes,
            Err(error) => return self.fail(convert, error),
        };
        if codec::is_cut(bytes) {
            convert = convert.of_cut();
        }
        let mut limits = settings.policy.limits.clone();
        if let Some(place) = settings.fonts.as_ref().filter(|_| codec::may_want_fonts(bytes)) {
            limits.font_data = held_during(held, place.fonts()).await;
        }
        let Task::Picture(params) = &convert.job.task else {
            return match convert::describe(bytes, &limits) {
                Ok(description) => convert.described(&description),
                Err(error) => self.fail(convert, error),
            };
        };
        hold_for_converting(held, bytes, params.format).await;
        match convert::convert(bytes, params, &convert.job.limits(&limits)) {
            Ok(Outcome::Made(made)) => {
                console_log!(
                    "converted {} to {}: {} to {} bytes, {} of memory",
                    convert.source.name(),
                    params.format.extension(),
                    bytes.len(),
                    made.bytes.len(),
                    memory_bytes(),
                );
                let info =
                    MadeInfo { len: made.bytes.len() as u64, hash: hash_hex(&made.bytes), size: made.size };
                self.made.insert(params.format, Rc::new(made.bytes));
                convert.made(info)
            }
            Ok(Outcome::Kept(kept)) => convert.kept(kept),
            Err(error) => self.fail(convert, error),
        }
    }

    fn fail(&mut self, convert: Convert, error: Error) -> Step {
        self.outcome = Some(Err(FlightError::Failed(error.kind())));
        convert.failed(error)
    }

    /// The whole source, in memory.
    async fn source_bytes(&mut self, source: &Source) -> Result<&[u8]> {
        self.open_source(source).await?;
        self.read_source().await?;
        let bytes = self.opened.as_ref().and_then(|opened| opened.bytes());
        bytes.ok_or_else(|| Error::new(Kind::Upstream, "the original has gone"))
    }

    /// Opens the source, unless it is open: what another request reads, or else anew.
    async fn open_source(&mut self, source: &Source) -> Result<()> {
        if self.opened.is_none()
            && let Some(fetch_follower) = &self.fetch_follower
            && let Some((validators, whole)) = fetch_follower.whole(self.settings.timeout).await
        {
            self.opened = Some(Box::new(Opened::of(validators, whole)));
        }
        if self.opened.is_none() {
            self.opened = match source::open(&self.settings, source, None).await? {
                Fetched::Found(opened) => Some(opened),
                Fetched::Unchanged(_) | Fetched::Missing => None,
            };
        }
        Ok(())
    }

    /// Reads all of the source that is open, for whoever else wants it, too.
    async fn read_source(&mut self) -> Result<()> {
        let Some(opened) = &mut self.opened else { return Ok(()) };
        if let Some(fetch_lead) = &self.fetch_lead {
            fetch_lead.reads();
        }
        let read = opened.whole(self.settings.policy.limits.max_input_bytes).await.map(|_| ());
        if let Some(fetch_lead) = &self.fetch_lead {
            fetch_lead.has_read(opened.shared().filter(|_| read.is_ok()));
        }
        read
    }

    /// Written after answering: see [`Drive::finish`].
    fn store(&mut self, store: Store) -> Step {
        for held in &mut self.held {
            held.is_made |= store.flight() == Some(&*held.key);
        }
        let (write, step) = store.take();
        let made = |format| Some(MadeFile { format, bytes: Rc::clone(self.made.get(&format)?) });
        let made = write.variant.and_then(made);
        if self.lead.is_some() {
            let (record, oldest) = (write.record.clone(), self.basis.age().oldest);
            self.outcome = Some(Ok(Landed { record, made: made.clone(), oldest }));
        }
        self.writes.push(PendingWrite { write, bytes: made.map(|made| made.bytes) });
        step
    }

    /// Ends the flight that this request leads once the steps have left it.
    fn end_flight(&mut self, next: &Step) {
        if let Some(lead) = self.lead.take_if(|lead| next.flight() != Some(lead.key())) {
            lead.land(self.outcome.take().unwrap_or(Err(FlightError::Abandoned)));
        }
    }

    /// The body of an answer. `None` if it isn't there.
    async fn body(&mut self, response: &Response) -> Option<OpenBody> {
        let body = match &response.body {
            Body::Empty => ResponseBody::Empty,
            Body::Bytes(bytes) => ResponseBody::Body(bytes.clone()),
            Body::Answer { range } => store::cut(self.answer.take()?, response.log.bytes, range).await?,
            Body::Variant { folder, id, format, len, hash, range } => {
                let file = File { folder, id, format: *format, len: *len, hash: hash.as_deref() };
                self.variant_body(&file, range).await?
            }
            Body::Source { source, validators, range, .. } => {
                return self.source_body(source, validators.len, range).await;
            }
        };
        Some(body.into())
    }

    pub(super) async fn variant_body(&self, file: &File<'_>, range: &Range<u64>) -> Option<ResponseBody> {
        match self.made.get(&file.format) {
            Some(bytes) => slice(bytes, range).map(ResponseBody::Body),
            None => store::file(self.settings.store.as_ref()?, file, range).await,
        }
    }

    async fn source_body(&mut self, source: &Source, len: u64, range: &Range<u64>) -> Option<OpenBody> {
        let opened = self.open_source(source).await;
        or_log(source, opened)?;
        let opened = self.opened.as_mut().filter(|opened| opened.validators.len == len)?;
        let (is_part, fits) = (*range != (0..len), len <= self.settings.policy.limits.max_input_bytes);
        let is_followed = self.fetch_lead.as_ref().is_some_and(fetch_flight::Lead::is_followed);
        if fits && (is_part || is_followed) {
            let read = self.read_source().await;
            or_log(source, read)?;
            let bytes = self.opened.as_ref()?.bytes()?;
            return Some(ResponseBody::Body(slice(bytes, range)?).into());
        }
        if let Some(fetch_lead) = &self.fetch_lead {
            fetch_lead.has_read(opened.shared());
        }
        // RFC 9110 §14.2: a range may be ignored. One of what is too large to be held is.
        let extent = if is_part { Extent::Whole } else { Extent::AsAnswered };
        Some(OpenBody { body: opened.body()?, extent })
    }
}

pub(super) fn slice(bytes: &[u8], range: &Range<u64>) -> Option<Vec<u8>> {
    let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
    bytes.get(range).map(<[u8]>::to_vec)
}

/// The result, if there is one; else the log has the reason.
fn or_log<T>(source: &Source, result: Result<T>) -> Option<T> {
    result.inspect_err(|error| console_error!("{} can't be opened: {error}", source.name())).ok()
}
