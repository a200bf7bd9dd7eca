//! What all requests of an isolate share: how it is set up. Variables don't change while an isolate lives, so they are
//! read once.

use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use worker::{Env, console_error};

use super::{
    flight::{now, poll},
    settings::Settings,
};
use crate::{
    error::{Kind, Result},
    service::{Policy, hash_hex},
};

/// Everything that answering takes.
#[derive(Clone)]
pub(super) struct App {
    pub(super) settings: Rc<Settings>,
    pub(super) policy: Arc<Policy>,
    /// Tells answers under these settings from those under others.
    pub(super) settings_hash: Rc<str>,
}

thread_local! {
    static APP: OnceCell<App> = const { OnceCell::new() };
}

/// For how long a request waits for another one that reads the watermark, in milliseconds; what took longer was cancelled.
const PATIENCE: u64 = 10_000;

impl App {
    /// The isolate's. Settings that can't be are read anew each time: nothing is served by them.
    ///
    /// # Errors
    /// Those of [`Settings::read`], and of reading the watermark.
    pub(super) async fn of(env: &Env) -> Result<Self> {
        thread_local! {
            /// By a request that began then.
            static READING: Cell<Option<u64>> = const { Cell::new(None) };
        }
        let known = || APP.with(|app| app.get().cloned());
        if let Some(app) = known() {
            return Ok(app);
        }
        let mut settings = Settings::read(env)?;
        if settings.mark.is_some() {
            let is_read = || READING.get().is_none_or(|since| now().saturating_sub(since) >= PATIENCE);
            poll(Duration::from_millis(PATIENCE), || is_read().then_some(())).await;
            if let Some(app) = known() {
                return Ok(app);
            }
            READING.set(Some(now()));
            let read = settings.read_mark().await;
            READING.set(None);
            match read {
                Err(error) if error.kind() == Kind::Upstream => {
                    // The site goes on, with its originals; the next request asks the bucket again.
                    console_error!("{error}");
                    return Ok(Self::that_converts_nothing(settings));
                }
                read => read?,
            }
        }
        let app = Self::new(settings);
        Ok(APP.with(|known| known.get_or_init(|| app).clone()))
    }

    /// One that converts nothing, and whose answers are kept for a short time.
    ///
    /// # Errors
    /// As [`App::of`].
    pub(super) async fn that_rescues(env: &Env) -> Result<Self> {
        let mut settings = Settings::read(env)?;
        match settings.read_mark().await {
            Err(error) if error.kind() != Kind::Upstream => Err(error),
            _ => Ok(Self::that_converts_nothing(settings)),
        }
    }

    fn that_converts_nothing(mut settings: Settings) -> Self {
        settings.policy.budget = 0;
        settings.policy.max_age = settings.policy.short_max_age;
        // What was lost may still be taken for being made.
        (settings.once, settings.later) = (None, None);
        Self::new(settings)
    }

    /// The same that makes what is asked for before it answers, under the same keys.
    pub(super) fn that_makes(self) -> Self {
        let policy = Policy { lazy: false, ..(*self.policy).clone() };
        Self { policy: policy.into(), ..self }
    }

    fn new(settings: Settings) -> Self {
        let policy = Arc::new(settings.policy.clone());
        let text = format!("{policy:?} {}", env!("CARGO_PKG_VERSION"));
        Self { settings: Rc::new(settings), policy, settings_hash: hash_hex(text.as_bytes()).into() }
    }
}
