//! What isolates and data centres share: who leads a flight looks for what another one has made or makes just now, and
//! lets the others know when its own is there.

use std::{rc::Rc, time::Duration};

use worker::Bucket;

use super::{
    drive::Drive,
    flight::{Landed, now},
    once::{self, Turn},
    store,
};
use crate::{
    error::Kind,
    service::{FlightError, Join, Record, Step},
};

/// How often what another isolate has made may turn out not to be what is wanted here.
const TRIES: u32 = 3;

impl Drive {
    /// Goes on from the lead of a flight: with what is there by now, or with what is to be made.
    pub(super) async fn settle(&mut self, join: Join) -> Step {
        let settings = Rc::clone(&self.settings);
        let Some(bucket) = &settings.store else { return join.lead(None) };
        let begun = now();
        let mut current = None;
        for _ in 0..TRIES {
            let waited = Duration::from_millis(now().saturating_sub(begun));
            // Who works for no visitor leaves it to who is at it.
            let patience = if self.is_background { Duration::ZERO } else { join.patience };
            let turn = self.take_turn(&join.key, patience.saturating_sub(waited)).await;
            let held = match turn {
                Turn::Ours(held) => held,
                Turn::Made => {
                    current = self.record(bucket, &join.key).await;
                    if is_settled(&join, current.as_ref()) {
                        break;
                    }
                    continue;
                }
                Turn::Late => {
                    self.outcome = Some(Err(FlightError::Failed(Kind::Overload)));
                    return join.impatient();
                }
            };
            // Another isolate, or the flight before, may just have made it.
            current = self.record(bucket, &join.key).await;
            self.held.extend(held.map(|held| held.with_made(is_settled(&join, current.as_ref()))));
            break;
        }
        let oldest = self.basis.age().oldest;
        self.outcome = current.clone().map(|record| Ok(Landed { record, made: None, oldest }));
        join.lead(current)
    }

    /// The record behind a flight's key, `<folder>/<id>.<format>`.
    async fn record(&mut self, bucket: &Bucket, key: &str) -> Option<Record> {
        let (name, _) = key.rsplit_once('.')?;
        let (folder, id) = name.rsplit_once('/')?;
        self.basis.take(store::record(bucket, folder, id).await)
    }

    async fn take_turn(&self, key: &str, patience: Duration) -> Turn {
        match &self.settings.once {
            Some(objects) => once::held_during(&self.held, once::take(objects, key, patience)).await,
            None => Turn::Ours(None),
        }
    }
}

fn is_settled(join: &Join, current: Option<&Record>) -> bool {
    current.is_some_and(|record| join.is_settled_by(record, None))
}
