//! Later: a request whose result is to be made after it was answered, as a message in the queue `LATER`.
//!
//! A message is the request itself: its URL, and the header fields that choose a variant. It is read as if a visitor
//! sent it, signature and all, so that who writes into the queue can have nothing made that a visitor can't. One that was
//! written under other settings, or long ago, has come too late: visitors ask again for what they want.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde::{Deserialize, Serialize};
use worker::{console_error, console_log, wasm_bindgen::JsValue};

use super::{app::App, flight::now, once};
use crate::service::{RequestHead, Step};

/// The most bytes of a message. What a request has more than that is made by the isolate that it came to.
const LONGEST: usize = 8 << 10;

/// After this time a message is of no use any more, in milliseconds.
const LIFETIME: u64 = 3_600_000;

/// For how long nobody else writes the same message.
const AGAIN: Duration = Duration::from_secs(30);

/// Messages that an isolate remembers to have written.
const MOST: usize = 1024;

/// The header fields on which a variant may depend, and the host, under which answers are kept.
const FIELDS: [&str; 5] = ["host", "accept", "sec-ch-dpr", "sec-ch-width", "save-data"];

thread_local! {
    static WRITTEN: RefCell<HashMap<String, u64>> = RefCell::default();
}

/// A request in the queue.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    /// Its path and query.
    url: String,
    fields: BTreeMap<String, String>,
    /// The hash of the settings under which it was answered.
    settings: String,
}

impl Message {
    /// That of a request.
    pub(super) fn of(head: &RequestHead<'_>, settings_hash: &str) -> Self {
        let field = |name: &str| Some((name.to_owned(), head.headers.get(name)?.to_str().ok()?.to_owned()));
        let url = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        Self {
            url,
            fields: FIELDS.into_iter().filter_map(field).collect(),
            settings: settings_hash.to_owned(),
        }
    }

    /// The message in its text, of which nothing is trusted, and which was written at that time (milliseconds since
    /// 1970).
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &JsValue, written: u64, settings_hash: &str) -> Result<Self, String> {
        let text = text.as_string().filter(|text| text.len() <= LONGEST).ok_or("it is no text of ours")?;
        let message: Self = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if message.settings != settings_hash {
            return Err("it was written under other settings".to_owned());
        }
        if now().saturating_sub(written) > LIFETIME {
            return Err("it is more than an hour old".to_owned());
        }
        Ok(message)
    }

    /// The request's URL and header fields.
    ///
    /// # Errors
    /// What no request can have.
    pub(super) fn head(&self) -> Result<(Uri, HeaderMap), String> {
        let uri = Uri::try_from(self.url.as_str()).map_err(|error| error.to_string())?;
        if !self.url.starts_with('/') {
            return Err("its URL is no path".to_owned());
        }
        let mut headers = HeaderMap::new();
        for (name, value) in self.fields.iter().filter(|(name, _)| FIELDS.contains(&name.as_str())) {
            let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
            headers.insert(name, HeaderValue::try_from(value).map_err(|error| error.to_string())?);
        }
        Ok((uri, headers))
    }

    /// Puts it into the queue, for what `step` would begin with. False if that is to be made here instead.
    pub(super) async fn send(&self, app: &App, step: &Step) -> bool {
        let Some(queue) = &app.settings.later else { return false };
        let Step::Join(join) = step else { return false };
        let Some(text) = serde_json::to_string(self).ok().filter(|text| text.len() <= LONGEST) else {
            return false;
        };
        if is_written(&join.key) {
            return true;
        }
        if let Some(objects) = &app.settings.once
            && !once::is_first(objects, &format!("later/{}", join.key), AGAIN).await
        {
            return true;
        }
        match queue.send(&text.into()).await {
            Ok(_) => {
                console_log!("later: {} is in the queue", self.url);
                true
            }
            Err(error) => {
                console_error!("later: the queue doesn't take {}: {error:?}", self.url);
                forget(&join.key);
                false
            }
        }
    }
}

/// True if this isolate has written it a moment ago; it counts as written from now on.
fn is_written(key: &str) -> bool {
    WRITTEN.with_borrow_mut(|written| {
        let now = now();
        let is_recent = |at: u64| u128::from(now.saturating_sub(at)) < AGAIN.as_millis();
        if written.get(key).copied().is_some_and(is_recent) {
            return true;
        }
        if written.len() >= MOST {
            written.clear();
        }
        written.insert(key.to_owned(), now);
        false
    })
}

/// What was purged is to be made once more.
pub(super) fn forget_all() {
    WRITTEN.with_borrow_mut(HashMap::clear);
}

fn forget(key: &str) {
    WRITTEN.with_borrow_mut(|written| written.remove(key));
}
