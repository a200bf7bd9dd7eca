//! How long what is known of a source may be believed, and what an answer must be to take its place.

use std::time::{Duration, SystemTime};

use super::Exchange;
use crate::service::{
    backoff,
    demand::Demand,
    freshness::Freshness,
    record::{Record, SourceState, Validators},
    route::Source,
};

impl Exchange {
    /// What is known of the source. Of a remote one its own record alone says it: where that was deleted, its origin
    /// may have said so.
    pub(super) fn known(&self) -> Option<SourceState> {
        let own = self.source_record.as_ref();
        let state = match own {
            Some(record) if !self.is_local() => record.state(),
            own => own.and_then(Record::state).or_else(|| self.record.state()),
        };
        state.cloned()
    }

    pub(super) fn is_fresh(&self, state: &SourceState, validators: Option<&Validators>) -> bool {
        match &self.source {
            Source::Local { .. } => validators == Some(&state.validators),
            Source::Remote { .. } => {
                self.demand(Some(state)).takes(state) && self.left_of(state) != Some(Duration::ZERO)
            }
        }
    }

    /// What the answer of an origin must be, given what is known.
    pub(super) fn demand(&self, known: Option<&SourceState>) -> Demand {
        // What was lost is nothing to go back to.
        Demand::new(&self.policy, self.source.name(), known.filter(|_| self.tries == 0))
    }

    /// When the origin gave the answer that has come now, by the age that caches on its way stated.
    pub(super) fn said_at(&self) -> SystemTime {
        let age = self.said.freshness.and_then(|freshness| freshness.lifetime).map(|_| self.said.age);
        self.now.checked_sub(age.unwrap_or_default()).unwrap_or(self.now)
    }

    /// True if what is known may be used while the origin fails.
    pub(super) fn may_be_stale(&self, state: &SourceState) -> bool {
        let must_revalidate = self.said_of(state).is_some_and(|freshness| freshness.must_revalidate);
        !self.is_local() && self.demand(Some(state)).takes(state) && !must_revalidate
    }

    /// True if what is known may be used once more while the origin is asked about it.
    pub(super) fn may_be_stale_meanwhile(&self, state: &SourceState) -> bool {
        let window = self.said_of(state).unwrap_or_default().stale_meanwhile;
        let said = self.said_of(state).and_then(|freshness| freshness.lifetime);
        let lifetime = said.into_iter().chain(self.our_lifetime()).min().unwrap_or_default();
        let is_within = self.age_of(state) < lifetime.saturating_add(window);
        !window.is_zero() && is_within && !self.is_background && state.doubts == 0 && self.may_be_stale(state)
    }

    /// For how long what is known of a remote source may still be used unasked; `None`: for ever.
    pub(super) fn left_of(&self, state: &SourceState) -> Option<Duration> {
        let said = self.said_of(state).and_then(|freshness| freshness.lifetime);
        self.left_of_shortest(state, [said, self.our_lifetime()])
    }

    /// For how long a client's own cache may use it. Our own time for asking again is no bound of that.
    pub(super) fn left_for_client(&self, state: &SourceState) -> Option<Duration> {
        let said = self.said_of(state).unwrap_or_default();
        self.left_of_shortest(state, [said.lifetime, said.max_age])
    }

    /// What is left of the shortest of these lifetimes, and of that of a doubt.
    fn left_of_shortest(&self, state: &SourceState, lifetimes: [Option<Duration>; 2]) -> Option<Duration> {
        let doubt = (state.doubts > 0).then(|| backoff::of_doubt(state.doubts));
        let lifetime = lifetimes.into_iter().chain([doubt]).flatten().min();
        lifetime.map(|lifetime| lifetime.saturating_sub(self.age_of(state)))
    }

    fn our_lifetime(&self) -> Option<Duration> {
        Some(self.policy.revalidate).filter(|time| !time.is_zero())
    }

    fn said_of(&self, state: &SourceState) -> Option<Freshness> {
        state.freshness.filter(|_| !self.policy.overrule_origin)
    }

    fn age_of(&self, state: &SourceState) -> Duration {
        self.now.duration_since(state.checked_at).unwrap_or_default()
    }
}
