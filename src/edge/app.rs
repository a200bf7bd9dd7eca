//! What all requests of an isolate share: how it is set up. Variables don't change while an isolate lives, so they are
//! read once.

use std::{cell::OnceCell, rc::Rc, sync::Arc};

use worker::Env;

use super::settings::Settings;
use crate::{
    error::Result,
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

impl App {
    /// The isolate's. Settings that can't be are read anew each time: nothing is served by them.
    ///
    /// # Errors
    /// Those of [`Settings::read`].
    pub(super) fn of(env: &Env) -> Result<Self> {
        APP.with(|app| match app.get() {
            Some(app) => Ok(app.clone()),
            None => {
                let read = Self::new(Settings::read(env)?);
                Ok(app.get_or_init(|| read).clone())
            }
        })
    }

    /// One that converts nothing, and whose answers are kept for a short time.
    ///
    /// # Errors
    /// Those of [`Settings::read`].
    pub(super) fn that_rescues(env: &Env) -> Result<Self> {
        let mut settings = Settings::read(env)?;
        settings.policy.budget = 0;
        settings.policy.max_age = settings.policy.short_max_age;
        // What was lost may still be taken for being made.
        (settings.once, settings.later) = (None, None);
        Ok(Self::new(settings))
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
