//! Performs the steps of the service: each request is a loop over a `match` of its step.
//!
//! A request is driven in a task of its own: a client that goes away does not stop a conversion that others
//! wait for, and a slow one holds no ticket, no lead and no thread while it reads.

mod sharing;
mod working;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Response;
use tokio::time;
use tracing::Instrument;

use crate::{
    codec::Format,
    error::{Error, Kind, Result},
    native::{
        app::{App, FlightOutcome},
        blocking::blocking,
        body::Body,
        files::{self, Content},
        flight::{FlightEnd, Joined, Lead},
        log,
        lookup::Query,
        metrics::Facts,
        opening::{self, Held},
        passed_on::PassedOn,
        pool::Ticket,
        remote::{Asker, Fetched, Unwritten},
        shared::Sharing,
        shown::shown,
        traces::{Part, Trace},
    },
    service::{
        Admit, Body as What, Decision, Fetch, FlightError, Found, Join, Lookup, OriginCaching, Record,
        Response as Answer, Restriction, Source, SourceInfo, Step, Store as StoreStep,
    },
};

/// One request under way.
pub(super) struct Drive {
    app: App,
    /// Where the picture is, once it is known.
    source: Option<Source>,
    /// When it was last looked for in the cache.
    looked_at: Instant,
    /// How many purges there were before that.
    purges: u64,
    /// The original, while it is open from looking at it.
    content: Option<Content>,
    /// What the origin said of it, until that is recorded.
    unwritten: Option<Unwritten>,
    leading: Option<Leading>,
    ticket: Option<Ticket>,
    /// How long the ticket was waited for.
    waited: Duration,
    /// What the last conversion made; what each one did where nothing is kept.
    made: BTreeMap<Format, Bytes>,
    /// The origin wants nothing of this to be kept or shared.
    restriction: Option<Restriction>,
    trace: Option<Trace>,
    /// What origins are told of the request.
    passed_on: PassedOn,
}

/// A flight that this request leads.
struct Leading {
    /// As the steps have it.
    key: String,
    lead: Lead<FlightOutcome>,
    /// What its followers are told when it ends.
    outcome: FlightOutcome,
    /// How it stands with other instances, where they share what they make.
    sharing: Option<Sharing>,
}

impl Drive {
    /// A request to this app.
    pub(super) fn new(app: App) -> Self {
        Self {
            source: None,
            looked_at: Instant::now(),
            purges: app.store.purges().count(),
            content: None,
            unwritten: None,
            leading: None,
            ticket: None,
            waited: Duration::ZERO,
            made: BTreeMap::new(),
            restriction: None,
            trace: None,
            passed_on: PassedOn::default(),
            app,
        }
    }

    /// The same, whose steps belong to a trace.
    pub(super) fn traced(self, trace: Option<Trace>) -> Self {
        Self { trace, ..self }
    }

    /// Tells origins that of the request.
    pub(super) fn passing_on(self, passed_on: PassedOn) -> Self {
        Self { passed_on, ..self }
    }

    /// Does all that the answer takes, from a step on.
    pub(super) async fn run(mut self, mut step: Step) -> Response<Body> {
        loop {
            let answer = self.advance(step).await;
            step = match self.open(&answer.body).await {
                Some(body) => return self.respond(answer, body).0,
                None => answer.lost(),
            };
        }
    }

    /// Performs steps until there is an answer.
    async fn advance(&mut self, mut step: Step) -> Answer {
        loop {
            self.land_unless_named_by(&step);
            self.unwritten.take_if(|_| !matches!(step, Step::Store(_)));
            let part = self.trace.as_ref().zip(step.name()).map(|(trace, name)| trace.part(name));
            step = match step {
                Step::Lookup(step) => self.look_up(step).await,
                Step::Fetch(step) => self.fetch(step, part.as_ref()).await,
                Step::Join(step) => self.join(step).await,
                Step::Admit(step) => self.admit(step).await,
                Step::Convert(step) => self.convert(step).await,
                Step::Store(step) => self.store(*step).await,
                Step::Respond(answer) => return *answer,
            };
        }
    }

    /// Sends what was decided, and goes on with what may be done after it.
    pub(super) fn respond(mut self, answer: Answer, body: Body) -> (Response<Body>, Facts) {
        let facts = Facts::of(&answer);
        self.app.metrics.answered(facts);
        let log = &answer.log;
        if let Some(trace) = &self.trace {
            trace.answered(facts.status, Some(log));
        }
        if let Some(reason) = &log.unconverted
            && self.app.noted.is_news((&log.source, reason))
        {
            tracing::warn!(source = log.source, reason, "{} is sent as it is", shown(&log.source));
        }
        if log.decision == Decision::Refused
            && let Some(trouble) = &log.trouble
            && self.app.noted.is_news((&log.source, trouble))
        {
            tracing::warn!(source = log.source, trouble, "{} can't be sent", shown(&log.source));
        }
        let more_headers = self.app.policy.more_headers.clone();
        let decision = self.app.tells_decisions.then_some(log.decision);
        tracing::debug!(
            status = answer.status.as_u16(),
            decision = ?log.decision,
            source = log.source,
            format = log.format.map(Format::extension),
            bytes = log.bytes,
            waited_ms = log.waited.as_millis() as u64,
            trouble = log.trouble,
            "answered"
        );
        if let Some(step) = answer.background {
            tokio::spawn(async move { drop(self.advance(*step).await) }.in_current_span());
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response.headers_mut().extend(more_headers);
        if let Some(decision) = decision {
            response.extensions_mut().insert(decision);
        }
        (response, facts)
    }

    /// The bytes to send, if they are there.
    async fn open(&mut self, body: &What) -> Option<Body> {
        let name = self.source.as_ref().map_or("-", Source::name);
        let passed_on = &self.passed_on(None);
        let held = Held { content: &mut self.content, made: &self.made, name, passed_on };
        opening::open(&self.app, body, held).await
    }

    /// Ends the flight that this request leads as soon as its steps go on to something else.
    fn land_unless_named_by(&mut self, step: &Step) {
        let has_left = |leading: &mut Leading| step.flight() != Some(&*leading.key);
        if let Some(Leading { lead, outcome, .. }) = self.leading.take_if(has_left) {
            lead.land(outcome);
            self.ticket = None;
        }
    }

    /// From now on this is what followers will be told.
    fn set_outcome(&mut self, outcome: FlightOutcome) {
        if let Some(leading) = &mut self.leading {
            leading.outcome = outcome;
        }
    }

    /// Remembers what the request is about.
    pub(super) fn looks_at(&mut self, step: &Lookup) {
        self.source = Some(step.source.clone());
    }

    async fn look_up(&mut self, step: Lookup) -> Step {
        let (store, sources) = (Arc::clone(&self.app.store), Arc::clone(&self.app.sources));
        let (source, id, source_id) = (step.source.clone(), step.id.clone(), step.source_id.clone());
        self.looks_at(&step);
        (self.looked_at, self.purges) = (Instant::now(), self.app.store.purges().count());
        let looking = blocking(move || {
            Query { source: &source, id: &id, source_id: source_id.as_ref() }.on_disk(&store, &sources)
        });
        match looking.await.flatten() {
            Ok(found) => step.found(found),
            Err(error) if error.kind() == Kind::NotFound => {
                if !files::is_absence(&error)
                    && self.app.noted.is_news((step.source.name(), error.to_string()))
                {
                    tracing::warn!(source = step.source.name(), %error, "an original is not to be had");
                }
                step.no_source()
            }
            Err(error) => {
                tracing::error!(source = step.source.name(), %error, "a look-up failed");
                step.found(Found::default())
            }
        }
    }

    async fn fetch(&mut self, step: Fetch, part: Option<&Part>) -> Step {
        let looked = match step.source {
            Source::Local { .. } => self.look_at(&step).await,
            Source::Remote { .. } => self.ask_for(&step, part).await,
        };
        match looked {
            Ok(Looked::Found(info, caching)) => step.said(caching).found(*info),
            Ok(Looked::Unchanged(caching)) => step.said(caching).unchanged(),
            Err(error) if error.kind() == Kind::NotFound => step.missing(),
            Err(error) => {
                tracing::warn!(source = step.source.name(), %error, "an original can't be had");
                step.failed(error)
            }
        }
    }

    /// Asks the origin for the original.
    async fn ask_for(&mut self, step: &Fetch, part: Option<&Part>) -> Result<Looked> {
        // Who waits for a place holds none.
        self.content = None;
        let passed_on = self.passed_on(part);
        let asker = Asker { passed_on: &passed_on, looked_at: self.looked_at };
        let sources = &self.app.sources;
        let (fetched, unwritten) =
            sources.fetch(&step.source, step.known.as_ref(), step.demand, asker).await?;
        self.unwritten = unwritten;
        match fetched {
            Fetched::Found(seen, content) => {
                self.restriction = seen.caching().restriction;
                self.content = content;
                Ok(Looked::Found(Box::new(seen.info()), seen.caching()))
            }
            Fetched::Unchanged(caching) => Ok(Looked::Unchanged(caching)),
            Fetched::Missing => Err(Error::new(Kind::NotFound, "the origin has none")),
        }
    }

    /// What an origin is told at a step.
    fn passed_on(&self, part: Option<&Part>) -> PassedOn {
        let passed_on = self.passed_on.clone();
        match &self.trace {
            Some(trace) => passed_on.within(trace, part),
            None => passed_on,
        }
    }

    /// Opens the original; gives its state, what it is and, if wanted, its checksum.
    async fn look_at(&mut self, step: &Fetch) -> Result<Looked> {
        let (source, wants_checksum) = (step.source.clone(), step.wants_checksum);
        let sources = Arc::clone(&self.app.sources);
        let looking = blocking(move || {
            let (content, validators) = sources.open_local(&source)?;
            let unreadable = |source| Error::with_source(Kind::Io, "can't be read", source);
            let looked = content.look_at()?;
            let checksum = match &content {
                Content::File(file) if wants_checksum => Some(files::checksum(file).map_err(unreadable)?),
                _ => None,
            };
            Ok((content, SourceInfo { validators, looked, checksum, is_cut: None }))
        });
        let (content, info) = looking.await.and_then(|looked| looked)?;
        self.content = Some(content);
        Ok(Looked::Found(Box::new(info), OriginCaching::default()))
    }

    async fn join(&mut self, step: Join) -> Step {
        // A flight that began before a purge is not for who asks after it.
        let key = format!("{} {}", self.purges, step.key);
        if self.app.pool.is_in_background() {
            self.app.prefetcher.leads(&key);
        }
        let joined = match self.app.flights.join(&key) {
            Joined::Leader(lead) => match step.in_background() {
                Some(background) => {
                    self.leave_to_another(background, lead);
                    self.app.flights.join(&key)
                }
                None => Joined::Leader(lead),
            },
            follower @ Joined::Follower(_) => follower,
        };
        match joined {
            Joined::Leader(lead) => self.lead(step, lead).await,
            Joined::Follower(follower) => {
                self.let_go_of_what_comes();
                if self.app.prefetcher.is_leading(&key) {
                    self.app.pool.hurry();
                }
                match time::timeout(step.patience, follower.outcome()).await {
                    Ok(FlightEnd::Landed(outcome)) => step.followed(outcome.map_err(FlightError::Failed)),
                    Ok(FlightEnd::Panicked) => step.followed(Err(FlightError::Panicked)),
                    Ok(FlightEnd::Abandoned) => step.followed(Err(FlightError::Abandoned)),
                    Err(_) => step.impatient(),
                }
            }
        }
    }

    async fn lead(&mut self, step: Join, lead: Lead<FlightOutcome>) -> Step {
        let current = self.current_record(step.id().to_owned()).await;
        let outcome = current.clone().ok_or(Kind::Internal);
        self.leading = Some(Leading { key: step.key.clone(), lead, outcome, sharing: None });
        self.settle(step, current).await
    }

    /// Has a task of its own lead, which goes on after this one has answered.
    fn leave_to_another(&mut self, step: Join, lead: Lead<FlightOutcome>) {
        let mut other = Self {
            source: self.source.clone(),
            looked_at: self.looked_at,
            purges: self.purges,
            content: self.content.take(),
            trace: self.trace.clone(),
            passed_on: self.passed_on.clone(),
            ..Self::new(self.app.clone())
        };
        let work = async move {
            let step = other.lead(step, lead).await;
            drop(other.advance(step).await);
        };
        tokio::spawn(work.in_current_span());
    }

    async fn current_record(&self, id: String) -> Option<Record> {
        let (store, source) = (Arc::clone(&self.app.store), self.source.as_ref()?);
        let folder = source.folder().to_owned();
        let looked = blocking(move || store.record(&folder, &id)).await;
        log::or_warn(source.name(), "a look-up failed", looked)?
    }

    async fn admit(&mut self, step: Admit) -> Step {
        // What was made before is in the cache by now, if it is kept at all: who waits for room holds none.
        if self.restriction.is_none() {
            self.made.clear();
        }
        let began = Instant::now();
        match self.room(&step).await {
            Ok(ticket) => {
                self.ticket = Some(ticket);
                self.set_outcome(Err(Kind::Internal));
                self.waited = began.elapsed();
                self.app.metrics.waited(self.waited);
                step.granted(self.waited)
            }
            Err(error) => {
                tracing::debug!(bytes = step.bytes, %error, "no room");
                self.app.metrics.turned_away(error.kind());
                self.set_outcome(Err(error.kind()));
                step.refused(began.elapsed())
            }
        }
    }

    /// Waits for room. What comes from an origin is had anew after that: who waits holds nothing.
    async fn room(&mut self, step: &Admit) -> Result<Ticket> {
        if self.content.as_ref().is_some_and(Content::is_arriving) {
            if let Ok(ticket) = self.app.pool.admit(step.bytes, Duration::ZERO).await {
                return Ok(ticket);
            }
            self.let_go_of_what_comes();
        }
        self.app.pool.admit(step.bytes, step.patience).await
    }

    fn let_go_of_what_comes(&mut self) {
        drop(self.content.take_if(|content| content.is_arriving()));
    }

    async fn store(&mut self, step: StoreStep) -> Step {
        let (store, write, purges) = (Arc::clone(&self.app.store), step.write.clone(), self.purges);
        let made = write.variant.and_then(|format| self.made.get(&format).cloned());
        let kept = made.clone();
        let written = blocking(move || store.write(&write, kept.as_ref(), purges)).await;
        self.unwritten = None;
        match written {
            Ok(record) => {
                self.share(&step, &record, made.as_ref()).await;
                self.set_outcome(Ok(record));
            }
            Err(error) => tracing::error!(%error, "the cache was not written"),
        }
        step.done()
    }
}

/// What came of looking at an original.
enum Looked {
    Found(Box<SourceInfo>, OriginCaching),
    Unchanged(OriginCaching),
}
