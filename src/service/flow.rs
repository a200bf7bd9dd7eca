//! What follows from what: one request from its head to its answer.
//!
//! [`begin`] makes a [`Flow`], the steps hand results to its `on_*` methods, and [`Flow::advance`] decides what is
//! next once the source is known. `choose` says what is worth making, `respond` writes the answers.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    choose::{Choice, Next, Pick, Why},
    conditional::Conditions,
    explain, key,
    negotiation::Accepted,
    params::{Topic, Wanted},
    policy::{Allowed, Policy},
    record::{Entry, Facts, Record, Settings, Stamp, Variant},
    respond::{self, Body, Decision, LogLine, Representation, Response, Vary},
    route::{RequestHead, Route, Source, route},
    steps::{
        Admit, Convert, Fetch, FlightError, Found, Job, Join, Lookup, MadeInfo, SourceInfo, Step, Store,
        Task, Write,
    },
};
use crate::{
    codec::{self, Format},
    convert::Description,
    error::{Error, Kind},
};

/// How often a request tries again after a leader went away or a file was lost.
const TRIES: u8 = 2;

/// Begins a request.
pub fn begin(policy: Arc<Policy>, head: &RequestHead<'_>, now: SystemTime) -> Step {
    let conditions = Conditions::from_head(head.method, head.headers);
    let is_head = conditions.is_head;
    let source = match route(head, &policy) {
        Route::Source(source) => source,
        Route::Health => return respond::health(is_head).into(),
        Route::WrongMethod => return respond::wrong_method().into(),
        Route::Refused(name) => return respond::wrong_extension(&name, is_head).into(),
        Route::NotFound => {
            return respond::without_body_if(respond::error(Kind::NotFound, None), is_head).into();
        }
    };
    let query = head.uri.query().unwrap_or("");
    let topic = Topic::from_query(query, &policy);
    let wanted = match topic {
        Topic::Meta => Wanted::default(),
        _ => Wanted::from_query(query, &policy),
    };
    // A URL that names a format has one answer for everybody.
    let accepted = match wanted.format {
        Some(_) => Accepted::anything(),
        None => Accepted::from_headers(head.headers, policy.by_user_agent),
    };
    Box::new(Flow {
        policy,
        now,
        conditions,
        accepted,
        topic,
        record: Record::default(),
        source_record: None,
        source,
        wanted,
        files: Vec::new(),
        facts: None,
        writes: Vec::new(),
        gave_up: BTreeMap::new(),
        trace: Trace::default(),
        lost: BTreeMap::new(),
        tries: 0,
        is_background: false,
    })
    .look_up()
}

/// A request on its way.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    policy: Arc<Policy>,
    now: SystemTime,
    conditions: Conditions,
    accepted: Accepted,
    topic: Topic,
    source: Source,
    wanted: Wanted,
    /// Of the id.
    record: Record,
    /// Of the source, where that is another id.
    source_record: Option<Record>,
    /// Variants beside a record that webp_server_go wrote.
    files: Vec<(Format, u64)>,
    /// What is known to be true of the source now.
    facts: Option<Facts>,
    /// To be stored before anything else happens.
    writes: Vec<(Option<String>, Write)>,
    gave_up: BTreeMap<Format, Why>,
    trace: Trace,
    /// Files that weren't there, whatever a record says.
    lost: BTreeMap<Format, Variant>,
    tries: u8,
    is_background: bool,
}

/// What a request cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    /// The most bytes asked of the budget at once.
    pub(super) reserved: u64,
    /// The time spent waiting for room.
    pub(super) waited: Duration,
    pub(super) converted: bool,
    /// For the log.
    pub(super) trouble: Option<String>,
    /// What is there may be old: the origin couldn't be asked.
    pub(super) is_stale: bool,
}

/// Looking up.
impl Flow {
    fn look_up(mut self: Box<Self>) -> Step {
        let text = key::text(&self.source, &self.wanted);
        let id = key::hash_hex(text.as_bytes());
        let source_id = Some(self.source.id()).filter(|source_id| *source_id != id);
        self.record = Record::empty(id.clone(), text);
        self.source_record =
            source_id.clone().map(|id| Record::empty(id, key::text(&self.source, &Wanted::default())));
        Step::Lookup(Lookup { source: self.source.clone(), id, source_id, flow: self })
    }

    pub(super) fn on_found(mut self: Box<Self>, found: Found) -> Step {
        if let Some(record) = found.record.filter(|record| record.id == self.record.id) {
            self.record = record;
        }
        if let (Some(own), Some(stored)) = (&mut self.source_record, found.source_record)
            && own.id == stored.id
        {
            *own = stored;
        }
        self.files = found.files;
        if let Some(facts) = self.facts.take() {
            // Seen by this very request, before it looked up another id.
            return self.on_facts(facts);
        }
        let known =
            self.source_record.as_ref().and_then(Record::facts).or_else(|| self.record.facts()).cloned();
        match known {
            Some(facts) if self.is_fresh(&facts, found.stamp.as_ref()) => self.on_facts(facts),
            known => self.fetch(known),
        }
    }

    pub(super) fn on_answered(self: Box<Self>, headers: http::HeaderMap, len: u64) -> Step {
        let name = self.source.name().to_owned();
        let mut fresh = self.clone();
        // The same request without a cache of answers, should the body turn out to be lost.
        fresh.tries = fresh.tries.saturating_add(1);
        respond::answered(headers, len, &self.conditions)
            .with_log(|log| log.source = name)
            .with_flow(fresh)
            .into()
    }

    pub(super) fn answer_key(&self, id: &str) -> Option<String> {
        if self.topic != Topic::Picture {
            return None;
        }
        let format = self.wanted.format.map_or("auto", Format::extension);
        Some(format!("{}/{id}/{format}/{:x}", self.source.folder(), self.accepted.bits()))
    }

    fn is_fresh(&self, facts: &Facts, stamp: Option<&Stamp>) -> bool {
        match &self.source {
            Source::Local { .. } => stamp == Some(&facts.stamp),
            Source::Remote { .. } => {
                let age = self.now.duration_since(facts.checked_at).unwrap_or_default();
                self.policy.revalidate.is_zero() || age < self.policy.revalidate
            }
        }
    }
}

/// Looking at the source.
impl Flow {
    fn fetch(self: Box<Self>, known: Option<Facts>) -> Step {
        let is_remote = matches!(self.source, Source::Remote { .. });
        let wants_checksum = !is_remote && self.record.is_foreign() && !self.files.is_empty();
        let known = known.map(|facts| facts.stamp).filter(|_| is_remote);
        Step::Fetch(Fetch { source: self.source.clone(), known, wants_checksum, flow: self })
    }

    pub(super) fn on_fetched(mut self: Box<Self>, info: &SourceInfo<'_>) -> Step {
        let checksum = match &self.source {
            Source::Local { .. } => info.checksum.clone(),
            Source::Remote { .. } => info
                .stamp
                .etag
                .as_ref()
                .map(|etag| key::hash_hex(format!("{etag}{}", info.stamp.len).as_bytes())),
        };
        let probe = codec::probe(info.head);
        let format = probe.as_ref().map_or_else(|_| codec::sniff(info.head), |probe| Some(probe.format));
        let facts = Facts { stamp: info.stamp.clone(), checked_at: self.now, format, probe: probe.ok() };
        if self.record.is_foreign() && checksum.as_ref() == Some(&self.record.checksum) {
            self.record.adopt(facts.clone(), &std::mem::take(&mut self.files));
            self.write_later(None, None);
        }
        self.on_new_facts(facts, checksum)
    }

    pub(super) fn on_unchanged(mut self: Box<Self>) -> Step {
        let known =
            self.source_record.as_ref().and_then(Record::facts).or_else(|| self.record.facts()).cloned();
        match known {
            Some(mut facts) => {
                facts.checked_at = self.now;
                self.on_new_facts(facts, None)
            }
            // An origin that says "as you know it" of what nobody knows.
            None => {
                self.trace.trouble = Some("a 304 without a condition".to_owned());
                self.refuse(Kind::Upstream)
            }
        }
    }

    pub(super) fn on_fetch_failed(mut self: Box<Self>, error: &Error) -> Step {
        self.trace.trouble = Some(error.to_string());
        let known =
            self.source_record.as_ref().and_then(Record::facts).or_else(|| self.record.facts()).cloned();
        match known {
            Some(facts) if matches!(self.source, Source::Remote { .. }) && self.tries == 0 => {
                self.trace.is_stale = true;
                self.take_facts(facts);
                self.respond()
            }
            _ => self.refuse(error.kind()),
        }
    }

    pub(super) fn not_found(self: Box<Self>) -> Step {
        self.refuse(Kind::NotFound)
    }

    /// Facts that the cache doesn't have yet.
    fn on_new_facts(mut self: Box<Self>, facts: Facts, checksum: Option<String>) -> Step {
        self.take_facts(facts.clone());
        if let Some(checksum) = checksum {
            self.set_checksum(&checksum);
        }
        // What can't be converted needs no record: its first bytes are read again in no time. A remote one is
        // recorded to remember when it was asked about.
        if matches!(self.source, Source::Remote { .. }) || self.source_record.is_some() {
            self.write_source_later();
        }
        self.on_facts(facts)
    }

    fn on_facts(mut self: Box<Self>, facts: Facts) -> Step {
        self.take_facts(facts);
        self.advance()
    }

    fn take_facts(&mut self, facts: Facts) {
        self.record.set_facts(facts.clone());
        if let Some(record) = &mut self.source_record {
            record.set_facts(facts.clone());
        }
        self.facts = Some(facts);
    }

    fn set_checksum(&mut self, checksum: &str) {
        checksum.clone_into(&mut self.record.checksum);
        if let Some(record) = &mut self.source_record {
            checksum.clone_into(&mut record.checksum);
        }
    }
}

/// Converting.
impl Flow {
    /// Goes on once the source is known: stores what is to be stored, makes what is worth making, answers.
    pub(super) fn advance(mut self: Box<Self>) -> Step {
        if !self.writes.is_empty() {
            let (key, write) = self.writes.remove(0);
            return Step::Store(Box::new(Store { write, key, flow: self }));
        }
        let Some(facts) = self.facts.clone() else { return self.look_up() };
        if facts.stamp.len == 0 && self.policy.allowed != Allowed::Everything {
            return self.not_found();
        }
        if self.choice(&facts).is_own_size() {
            // Not a variant of its own: it is the one without a size.
            self.wanted = self.wanted.without_size();
            return self.look_up();
        }
        loop {
            match self.choice(&facts).next(self.topic) {
                Next::Nothing => return self.respond(),
                Next::GiveUp(format, why) => self.give_up(format, why),
                Next::Make(job) => return self.make(*job, &facts),
            }
        }
    }

    fn make(mut self: Box<Self>, job: Job, facts: &Facts) -> Step {
        let may_wait = self.is_background || self.topic != Topic::Picture;
        if !self.policy.lazy || may_wait || self.choice(facts).pick() == Pick::Nothing {
            return self.join(job);
        }
        let mut later = self.clone();
        later.is_background = true;
        self.gave_up.insert(job.params.format, Why::NotInTime);
        match self.respond() {
            Step::Respond(response) => response.with_background(later.join(job)).into(),
            step => step,
        }
    }

    fn join(self: Box<Self>, job: Job) -> Step {
        let name = match job.task {
            Task::Picture(format) => format.extension(),
            Task::Describe => "meta",
        };
        let key = format!("{}/{}.{name}", self.source.folder(), self.record.id);
        Step::Join(Join { key, patience: self.policy.flight_patience, job, flow: self })
    }

    pub(super) fn on_lead(mut self: Box<Self>, key: String, job: Job, current: Option<Record>) -> Step {
        if let Some(current) = current {
            self.learn(current);
        }
        if self.is_done(&job) {
            return self.advance();
        }
        self.trace.reserved = self.trace.reserved.max(job.peak_bytes);
        let patience = self.policy.room_patience.saturating_sub(self.trace.waited);
        Step::Admit(Admit { bytes: job.peak_bytes, patience, key, job, flow: self })
    }

    pub(super) fn on_followed(mut self: Box<Self>, job: Job, result: Result<Record, FlightError>) -> Step {
        match result {
            Ok(record) => {
                self.learn(record);
                if !self.is_done(&job) {
                    self.give_up(job.params.format, Why::NotInTime);
                }
            }
            Err(FlightError::Abandoned) if self.tries < TRIES => {
                self.tries += 1;
                return self.join(job);
            }
            Err(FlightError::Abandoned) => self.give_up(job.params.format, Why::NotInTime),
            Err(FlightError::Panicked) => self.give_up(job.params.format, Why::Failed(Kind::Internal)),
            Err(FlightError::Failed(Kind::Overload)) => self.give_up(job.params.format, Why::NoRoom),
            Err(FlightError::Failed(kind)) => self.give_up(job.params.format, Why::Failed(kind)),
        }
        self.advance()
    }

    pub(super) fn on_impatient(mut self: Box<Self>, job: &Job) -> Step {
        self.give_up(job.params.format, Why::NotInTime);
        self.advance()
    }

    pub(super) fn on_granted(mut self: Box<Self>, key: String, job: Job, waited: Duration) -> Step {
        self.trace.waited += waited;
        Step::Convert(Convert { job, source: self.source.clone(), key, flow: self })
    }

    pub(super) fn on_refused(mut self: Box<Self>, job: &Job, waited: Duration) -> Step {
        self.trace.waited += waited;
        self.give_up(job.params.format, Why::NoRoom);
        self.advance()
    }

    pub(super) fn on_made(mut self: Box<Self>, key: String, job: &Job, made: MadeInfo) -> Step {
        self.trace.converted = true;
        if let Some(checksum) = &made.source_checksum
            && matches!(self.source, Source::Local { .. })
        {
            self.set_checksum(checksum);
        }
        let settings = Settings::of(&job.params);
        let is_worse = self
            .facts
            .as_ref()
            .is_some_and(|facts| made.len >= facts.stamp.len && self.choice(facts).source_competes());
        let entry = if is_worse {
            Entry::Declined { size: made.len, settings }
        } else {
            Entry::Made(Variant {
                size: made.len,
                hash: Some(made.hash),
                settings: Some(settings),
                pixels: Some(made.size),
            })
        };
        self.record.set_entry(job.params.format, entry);
        self.write_later(Some(key), (!is_worse).then_some(job.params.format));
        self.advance()
    }

    pub(super) fn on_kept(mut self: Box<Self>, key: String) -> Step {
        if let Some(mut facts) = self.facts.clone() {
            if let Some(probe) = &mut facts.probe {
                probe.animated = Some(true);
            }
            self.take_facts(facts);
        }
        self.write_later(Some(key), None);
        if self.source_record.is_some() {
            self.write_source_later();
        }
        self.advance()
    }

    pub(super) fn on_described(mut self: Box<Self>, key: String, description: &Description) -> Step {
        self.record.blurhash.clone_from(&description.blurhash);
        description.colorspace.clone_into(&mut self.record.colorspace);
        self.record.num_pages = description.num_pages;
        self.finish_description(key)
    }

    fn finish_description(mut self: Box<Self>, key: String) -> Step {
        self.trace.converted = true;
        if let Some(known) = &mut self.record.slimpix {
            known.described = true;
        }
        self.write_later(Some(key), None);
        self.advance()
    }

    pub(super) fn on_convert_failed(mut self: Box<Self>, key: String, job: &Job, error: &Error) -> Step {
        self.trace.trouble = Some(error.to_string());
        let kind = error.kind();
        // A panic comes back too, as long as the program is the same.
        let is_remembered = kind.is_permanent() || kind == Kind::Internal;
        match job.task {
            Task::Describe if is_remembered => return self.finish_description(key),
            Task::Picture(format) if is_remembered => {
                self.record.set_entry(format, Entry::failed(kind));
                self.write_later(Some(key), None);
            }
            _ => self.give_up(job.params.format, Why::Failed(kind)),
        }
        self.advance()
    }

    /// Takes over what another request has found out about the same state of the source.
    fn learn(&mut self, other: Record) {
        let same = |a: Option<&Facts>, b: Option<&Facts>| a.map(|a| &a.stamp) == b.map(|b| &b.stamp);
        if other.id == self.record.id && same(other.facts(), self.record.facts()) {
            let mine = std::mem::replace(&mut self.record, other);
            self.record = std::mem::take(&mut self.record).merged(Some(mine));
            self.facts = self.record.facts().cloned();
        }
        for (format, lost) in &self.lost {
            if self.record.variant(*format) == Some(lost) {
                self.record.remove_entry(*format);
            }
        }
    }

    fn is_done(&self, job: &Job) -> bool {
        let Some(facts) = &self.facts else { return false };
        let moves = facts.probe.as_ref().and_then(|probe| probe.animated) == Some(true);
        match job.task {
            Task::Picture(format) => moves || self.choice(facts).is_current(format),
            Task::Describe => self.record.slimpix.as_ref().is_some_and(|known| known.described),
        }
    }

    fn give_up(&mut self, format: Format, why: Why) {
        self.gave_up.insert(format, why);
    }

    fn write_later(&mut self, key: Option<String>, variant: Option<Format>) {
        let write = self.write(self.record.clone(), variant);
        self.writes.push((key, write));
    }

    fn write_source_later(&mut self) {
        let record = self.source_record.as_ref().unwrap_or(&self.record).clone();
        let write = self.write(record, None);
        self.writes.push((None, write));
    }

    fn write(&self, record: Record, variant: Option<Format>) -> Write {
        Write { folder: self.source.folder().to_owned(), record, variant, dropped: None }
    }

    fn choice<'a>(&'a self, facts: &'a Facts) -> Choice<'a> {
        Choice {
            policy: &self.policy,
            accepted: self.accepted,
            wanted: &self.wanted,
            record: &self.record,
            facts,
            gave_up: &self.gave_up,
        }
    }
}

/// Answering.
impl Flow {
    fn respond(self: Box<Self>) -> Step {
        let Some(facts) = self.facts.clone() else { return self.refuse(Kind::Internal) };
        if facts.format.is_none() {
            return self.pass_through(&facts);
        }
        let choice = self.choice(&facts);
        let pick = choice.pick();
        let response = match self.topic {
            Topic::Meta => {
                let keep = self.lifetime(true);
                respond::json(&explain::meta(&self.record), Some(keep), &self.conditions)
            }
            Topic::Explanation => {
                let json = explain::explanation(&choice, &pick, &self.trace);
                respond::json(&json, None, &self.conditions)
            }
            Topic::Picture => match pick {
                Pick::Source => self.source_response(&facts, facts.format),
                Pick::Variant(format, variant) => self.variant_response(&facts, format, &variant),
                Pick::Nothing => return self.nothing_to_show(),
            },
        };
        response.with_flow(self).into()
    }

    /// What is no picture: served where everything is.
    fn pass_through(self: Box<Self>, facts: &Facts) -> Step {
        if self.policy.allowed != Allowed::Everything || self.topic != Topic::Picture {
            return self.not_found();
        }
        let response = self.source_response(facts, None);
        response.with_flow(self).into()
    }

    fn nothing_to_show(self: Box<Self>) -> Step {
        // Under load it is for now; else this picture isn't for this client.
        if self.is_for_now() {
            return self.refuse(Kind::Overload);
        }
        let vary = self.vary();
        let is_head = self.conditions.is_head;
        self.logged(respond::not_acceptable(vary, is_head), Decision::Refused, None).into()
    }

    fn refuse(self: Box<Self>, kind: Kind) -> Step {
        let response = respond::error(kind, self.trace.trouble.clone());
        let response = respond::without_body_if(response, self.conditions.is_head);
        self.logged(response, Decision::Refused, None).into()
    }

    fn source_response(&self, facts: &Facts, format: Option<Format>) -> Response {
        let len = facts.stamp.len;
        let representation = Representation {
            media_type: format.map_or("application/octet-stream", Format::media_type),
            etag: respond::source_etag(facts),
            is_active: format == Some(Format::Svg),
            ..self.representation(facts, len)
        };
        let body = |range| Body::Source { source: self.source.clone(), len, range };
        let decision = match format {
            None => Decision::PassedThrough,
            Some(_) if self.is_for_now() => Decision::ForNow,
            Some(_) => Decision::Source,
        };
        let response = respond::picture(&representation, &self.conditions, body, LogLine::of(decision));
        self.logged(response, decision, format)
    }

    fn variant_response(&self, facts: &Facts, format: Format, variant: &Variant) -> Response {
        let id = &self.record.id;
        let representation = Representation {
            media_type: format.media_type(),
            etag: respond::variant_etag(id, format, variant, facts),
            ..self.representation(facts, variant.size)
        };
        let body = |range| Body::Variant {
            folder: self.source.folder().to_owned(),
            id: id.clone(),
            format,
            len: variant.size,
            hash: variant.hash.clone(),
            range,
        };
        let decision = if self.is_for_now() { Decision::ForNow } else { Decision::Variant };
        let response = respond::picture(&representation, &self.conditions, body, LogLine::of(decision));
        self.logged(response, decision, Some(format))
    }

    fn representation(&self, facts: &Facts, len: u64) -> Representation {
        Representation {
            media_type: "",
            etag: String::new(),
            modified: facts.stamp.modified,
            len,
            source_len: facts.stamp.len,
            max_age: self.lifetime(!self.is_for_now()),
            vary: self.vary(),
            is_active: false,
        }
    }

    fn logged(&self, response: Response, decision: Decision, format: Option<Format>) -> Response {
        response.with_log(|log| {
            log.decision = decision;
            log.source = self.source.name().to_owned();
            log.format = format;
            log.waited = self.trace.waited;
            log.converted = self.trace.converted;
            log.trouble.clone_from(&self.trace.trouble);
        })
    }

    /// True if a better answer may be had soon.
    fn is_for_now(&self) -> bool {
        self.trace.is_stale || self.gave_up.values().any(|why| why.is_transient())
    }

    fn lifetime(&self, is_final: bool) -> Duration {
        if is_final { self.policy.max_age } else { self.policy.short_max_age.min(self.policy.max_age) }
    }

    fn vary(&self) -> Vary {
        match self.wanted.format {
            Some(_) => Vary::Nothing,
            None if self.policy.by_user_agent => Vary::AcceptAndUserAgent,
            None => Vary::Accept,
        }
    }

    /// A body that was promised isn't there.
    pub(super) fn on_lost(mut self: Box<Self>, body: &Body) -> Step {
        self.tries = self.tries.saturating_add(1);
        match body {
            Body::Variant { format, .. } => {
                if let Some(lost) = self.record.variant(*format).cloned() {
                    self.lost.insert(*format, lost);
                }
                self.record.remove_entry(*format);
                let dropped = Write { dropped: Some(*format), ..self.write(self.record.clone(), None) };
                self.writes.push((None, dropped));
                if self.tries > TRIES {
                    self.give_up(*format, Why::Lost);
                }
                self.advance()
            }
            _ if self.tries > TRIES => self.not_found(),
            Body::Source { .. } => {
                self.facts = None;
                self.record.slimpix = None;
                if let Some(record) = &mut self.source_record {
                    record.slimpix = None;
                }
                self.fetch(None)
            }
            _ => self.look_up(),
        }
    }
}
