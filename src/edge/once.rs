//! Once for all isolates: who makes a result, by a Durable Object for each (`once.mjs`), where one is bound as `ONCE`.
//!
//! The object has nothing but the right to make it; what is made comes by the bucket. The right is for some seconds. Who
//! has it says again and again that it is there, but not while it converts: then nothing else runs in its isolate. So
//! it says before that how long that may take at the most. To be wrong costs a second conversion, as does an object
//! that can't be asked: it is an aid, and never a reason not to answer.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use worker::{Delay, ObjectNamespace, Stub, console_error, console_log, js_sys::Math};

use super::origin::within;
use crate::codec::{Format, probe};

/// How long nothing is heard of who is gone.
const LEASE: Duration = Duration::from_secs(6);

/// How often who has the right is heard of.
const AGAIN: Duration = Duration::from_secs(2);

/// How long the object may take to answer beside what is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// A conversion's time at the most, with much to spare: for a megapixel, by format, and for a megabyte of the source,
/// of which an animation may have many and few pixels.
const MEGAPIXEL: Duration = Duration::from_millis(500);
const AVIF_MEGAPIXEL: Duration = Duration::from_secs(2);
const MEGABYTE: Duration = Duration::from_secs(2);
/// The runtime ends all that takes longer.
const LONGEST: Duration = Duration::from_secs(300);

/// Whose turn it is.
pub(super) enum Turn {
    /// The caller's. `None` if the object can't be asked.
    Ours(Option<Held>),
    /// Nobody's: another isolate has made it just now.
    Made,
    /// Another's still.
    Late,
}

/// The right to make a result. What isn't given back is over when its time is.
pub(super) struct Held {
    object: Stub,
    /// The key of the result's flight.
    pub(super) key: String,
    who: String,
    /// True once there is something to be stored, or is already.
    pub(super) is_made: bool,
}

/// Asks for the right to make a result, and waits for it or for the result for so long.
pub(super) async fn take(objects: &ObjectNamespace, key: &str, patience: Duration) -> Turn {
    let Some(object) = told(key, objects.get_by_name(key)) else { return Turn::Ours(None) };
    let held = Held::of(object, key);
    match held.take(LEASE, patience).await.as_deref() {
        Some("late") => Turn::Late,
        Some("made") => {
            console_log!("once: another isolate has made {key}");
            Turn::Made
        }
        Some("overdue") => {
            console_log!("once: another isolate is gone, and what it was making is made here: {key}");
            Turn::Ours(Some(held))
        }
        Some(_) => Turn::Ours(Some(held)),
        None => Turn::Ours(None),
    }
}

/// True if nobody else has said so of this key for such a time, or the object can't be asked.
pub(super) async fn is_first(objects: &ObjectNamespace, key: &str, time: Duration) -> bool {
    match told(key, objects.get_by_name(key)) {
        Some(object) => {
            let held = Held::of(object, key);
            held.take(time, Duration::ZERO).await.is_none_or(|answer| answer != "late")
        }
        None => true,
    }
}

impl Held {
    fn of(object: Stub, key: &str) -> Self {
        let who = format!("{:x}", (Math::random() * 2_f64.powi(53)) as u64);
        Self { object, key: key.to_owned(), who, is_made: false }
    }

    /// The same, with whether there is something to be stored, or is already.
    pub(super) fn with_made(self, is_made: bool) -> Self {
        Self { is_made, ..self }
    }

    /// Gives it back, and says whether the result is there for all.
    pub(super) async fn end(&self, is_made: bool) {
        self.tell("end", &format!("made={}", u8::from(is_made)), Duration::ZERO).await;
    }

    async fn take(&self, lease: Duration, patience: Duration) -> Option<String> {
        let times = format!("lease={}&patience={}", lease.as_millis(), patience.as_millis());
        self.tell("take", &times, patience).await
    }

    async fn tell(&self, what: &str, parameters: &str, patience: Duration) -> Option<String> {
        let url = format!("https://once/{what}?who={}&{parameters}", self.who);
        let telling = async { self.object.fetch_with_str(&url).await?.text().await };
        match within(patience + GRACE, telling).await {
            Some(answer) => told(&self.key, answer),
            None => told(&self.key, Err("it doesn't answer".into())),
        }
    }
}

/// Does some work, and says all the while that these are held.
pub(super) async fn held_during<T>(held: &[Held], work: impl Future<Output = T>) -> T {
    if held.is_empty() {
        return work.await;
    }
    let again = async {
        loop {
            Delay::from(AGAIN).await;
            hold(held, LEASE).await;
        }
    };
    match select(pin!(work), pin!(again)).await {
        Either::Left((output, _)) => output,
        Either::Right((never, _)) => never,
    }
}

/// Holds these for as long as a conversion of that source may take.
pub(super) async fn hold_for_converting(held: &[Held], source: &[u8], format: Format) {
    if held.is_empty() {
        return;
    }
    let megapixels = probe(source).map_or(0.0, |probe| probe.size.pixels() as f64 / 1e6);
    let pixels = if format == Format::Avif { AVIF_MEGAPIXEL } else { MEGAPIXEL }.mul_f64(megapixels);
    let bytes = MEGABYTE.mul_f64(source.len() as f64 / 1e6);
    hold(held, (LEASE + pixels + bytes).min(LONGEST)).await;
}

async fn hold(held: &[Held], time: Duration) {
    for held in held {
        held.take(time, Duration::ZERO).await;
    }
}

/// The result, if there is one; else the log has the reason.
fn told<T>(key: &str, result: worker::Result<T>) -> Option<T> {
    result.inspect_err(|error| console_error!("once: ONCE can't be asked about {key}: {error}")).ok()
}
