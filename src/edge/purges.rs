//! What was purged, as an isolate knows it: the list `purges.json` in the bucket `STORE` is for all isolates, and each has a
//! copy for half a minute.
//!
//! Where there is no `ADMIN_TOKEN` nobody can purge, and nothing of this is read. A list that can't be read is no reason
//! not to answer: the copy stays what it was. One that makes no sense is written anew, as a purge of everything until now.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use worker::{Bucket, Conditional, Delay, Object, console_error, js_sys::Math};

use super::{
    fetch_flight,
    flight::{now, poll},
    later,
    origin::within,
    settings::Settings,
};
use crate::service::{Policy, PurgeLog};

/// The list's object.
pub(super) const NAME: &str = "purges.json";

/// For how long a copy does, in milliseconds.
const LIFETIME: u64 = 30_000;

/// After this time a reading that failed is tried again, in milliseconds.
const RETRY: u64 = 5_000;

/// How long the bucket may take, and how long a request waits for another one that reads: what took longer was cancelled.
const PATIENCE: Duration = Duration::from_secs(3);

/// What an isolate knows.
#[derive(Clone, Default)]
struct Known {
    log: Rc<PurgeLog>,
    etag: Option<String>,
    /// It has all that was purged by then.
    of: u64,
    /// When it is to be read again.
    until: u64,
}

thread_local! {
    static KNOWN: RefCell<Option<Known>> = RefCell::default();
    /// By a request that began then.
    static READING: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The purges that were known half a minute ago, or later ones as well. `None` where nothing is ever purged.
pub(super) async fn recent(settings: &Settings) -> Option<Rc<PurgeLog>> {
    let bucket = bucket(settings)?;
    let known = || KNOWN.with_borrow(|copy| copy.clone().filter(|copy| now() < copy.until));
    if known().is_none() {
        poll(PATIENCE, || READING.get().is_none_or(is_over).then_some(())).await;
    }
    if known().is_none() {
        READING.set(Some(now()));
        let _the_copy_stays = renew(bucket, &settings.policy).await;
        READING.set(None);
    }
    KNOWN.with_borrow(|copy| copy.as_ref().map(|copy| Rc::clone(&copy.log)))
}

/// All purges by that time. `None` where nothing is ever purged.
///
/// # Errors
/// The list can't be read, which the log has.
pub(super) async fn by(settings: &Settings, time: u64) -> Result<Option<Rc<PurgeLog>>, ()> {
    let Some(bucket) = bucket(settings) else { return Ok(None) };
    let known = KNOWN.with_borrow(|copy| copy.clone().filter(|copy| copy.of > time));
    match known {
        Some(copy) => Ok(Some(copy.log)),
        None => renew(bucket, &settings.policy).await.map(Some),
    }
}

/// Adds a purge of that time, so that all isolates get to know of it.
///
/// # Errors
/// It can't be written.
pub(super) async fn add(settings: &Settings, query: &str, at: u64) -> worker::Result<()> {
    let bucket = bucket(settings).ok_or("there is no ADMIN_TOKEN")?;
    let mut failed = worker::Error::from("others write it all the time");
    for tries in 0..PurgeLog::TRIES {
        if tries > 0 {
            Delay::from(PurgeLog::pause(tries, Math::random())).await;
        }
        match try_to_add(bucket, &settings.policy, query, at).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// True if nobody else has written it meanwhile.
async fn try_to_add(bucket: &Bucket, policy: &Policy, query: &str, at: u64) -> worker::Result<bool> {
    let object = bucket.get(NAME).execute().await?;
    let mut log = match &object {
        Some(object) => read(object, policy).await?.unwrap_or_else(no_sense),
        None => PurgeLog::default(),
    };
    log.add(query, at, policy);
    let only_if = match object {
        Some(object) => Conditional { etag_matches: Some(object.etag()), ..Conditional::default() },
        None => Conditional { etag_does_not_match: Some("*".to_owned()), ..Conditional::default() },
    };
    let of = now();
    match bucket.put(NAME, log.to_json()).only_if(only_if).execute().await? {
        Some(object) => {
            keep(log.into(), Some(object.etag()), of);
            Ok(true)
        }
        None => Ok(false),
    }
}

/// True for a reading that began so long ago that nobody waits for it.
fn is_over(since: u64) -> bool {
    u128::from(now().saturating_sub(since)) >= PATIENCE.as_millis()
}

/// The bucket in which the list is, where something may be purged.
fn bucket(settings: &Settings) -> Option<&Bucket> {
    settings.admin.as_ref().map(|admin| &admin.bucket)
}

/// Reads the list, and keeps it.
async fn renew(bucket: &Bucket, policy: &Policy) -> Result<Rc<PurgeLog>, ()> {
    let known = KNOWN.with_borrow(|copy| copy.clone()).unwrap_or_default();
    let of = now();
    let late = || Err("it takes too long".into());
    match within(PATIENCE, look(bucket, policy, &known)).await.unwrap_or_else(late) {
        Ok((log, etag)) => Ok(keep(log, etag, of)),
        Err(error) => {
            console_error!("purge: {NAME} can't be read: {error}");
            KNOWN.with_borrow_mut(|copy| copy.get_or_insert_default().until = of + RETRY);
            Err(())
        }
    }
}

/// The list with its entity tag: as it is known, if it is still that.
async fn look(
    bucket: &Bucket,
    policy: &Policy,
    known: &Known,
) -> worker::Result<(Rc<PurgeLog>, Option<String>)> {
    let mut get = bucket.get(NAME);
    if let Some(etag) = known.etag.clone() {
        get = get.only_if(Conditional { etag_does_not_match: Some(etag), ..Conditional::default() });
    }
    let Some(object) = get.execute().await? else { return Ok((Rc::default(), None)) };
    if object.body().is_none() {
        return Ok((Rc::clone(&known.log), known.etag.clone()));
    }
    match read(&object, policy).await? {
        Some(log) => Ok((log.into(), Some(object.etag()))),
        None => {
            let log = no_sense();
            let is_same = Conditional { etag_matches: Some(object.etag()), ..Conditional::default() };
            let put = bucket.put(NAME, log.to_json()).only_if(is_same).execute().await?;
            Ok((log.into(), put.map(|object| object.etag())))
        }
    }
}

/// What an object says. `None` if that makes no sense.
async fn read(object: &Object, policy: &Policy) -> worker::Result<Option<PurgeLog>> {
    let body = object.body().ok_or("it has no body")?;
    Ok(PurgeLog::from_json(&body.bytes().await?, policy))
}

fn no_sense() -> PurgeLog {
    console_error!("purge: {NAME} makes no sense, so all that was made until now counts as purged");
    PurgeLog::of_everything(now())
}

/// Has an isolate know what was purged by that time, unless it knows more already.
fn keep(log: Rc<PurgeLog>, etag: Option<String>, of: u64) -> Rc<PurgeLog> {
    let known = KNOWN.with_borrow(|copy| copy.clone()).unwrap_or_default();
    if known.of > of {
        return known.log;
    }
    if known.log != log {
        fetch_flight::forget_all();
        later::forget_all();
    }
    let copy = Known { log: Rc::clone(&log), etag, of, until: now() + LIFETIME };
    KNOWN.with_borrow_mut(|known| *known = Some(copy));
    log
}
