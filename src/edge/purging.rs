//! The call by which an operator purges: it is told to all isolates (`purges`), and what it takes is deleted from the bucket.
//!
//! A request may ask the bucket for so much and no more. So one call goes through a part of a large bucket, and says by a
//! `Link` where the next one goes on; by then all isolates know of the purge, or will within half a minute.

use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use worker::{Bucket, Include, Object, Response, console_error, console_log};

use super::{
    app::App,
    flight::now,
    purges,
    settings::Admin,
    store::{self, Place},
};
use crate::service::{AdminToken, Purge, PurgeLog, Purged, Record, RequestHead, TOKEN_IS_WANTED};

/// Where it is asked for.
pub(super) const PATH: &str = "/_admin/purge";

/// What a call may ask the bucket for: a request of the free plan has 50 such questions, and a page may want some more when
/// the last is begun.
const MOST_QUESTIONS: u32 = 40;

/// Names that are deleted by one question.
const MOST_NAMES: usize = 1000;

/// Answers who calls, and purges for who has the token.
pub(super) async fn answer(app: &App, admin: &Admin, head: &RequestHead<'_>) -> worker::Result<Response> {
    let at = now();
    if AdminToken::borne(head.headers).as_ref() != Some(&admin.token) {
        return plain(StatusCode::UNAUTHORIZED, TOKEN_IS_WANTED, Some(("www-authenticate", "Bearer")));
    }
    if head.method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "Not by this method.\n", Some(("allow", "POST")));
    }
    let call = match Call::read(head.uri.query().unwrap_or_default(), app) {
        Ok(call) => call,
        Err(what) => return plain(StatusCode::BAD_REQUEST, &format!("{what}\n"), None),
    };
    let mut walk =
        Walk { bucket: &admin.bucket, purge: &call.purge, questions: 0, purged: Purged::default() };
    if call.after.is_none() {
        walk.questions = 2 * PurgeLog::TRIES;
        if let Err(error) = purges::add(&app.settings, &call.query, at).await {
            console_error!("purge: {}: {} can't be written: {error}", call.query, purges::NAME);
            let text = format!("nothing is purged: {} can't be written\n", purges::NAME);
            return plain(StatusCode::BAD_GATEWAY, &text, None);
        }
    }
    let end = walk.go(call.after).await;
    let (query, purged) = (&call.query, walk.purged);
    match end {
        Ok(None) => {
            console_log!("purge: {query}: {purged}");
            plain(StatusCode::OK, &format!("{purged}\n"), None)
        }
        Ok(Some(after)) => {
            console_log!("purge: {query}: {purged}, up to {after}");
            let after = utf8_percent_encode(&after, NON_ALPHANUMERIC);
            let link = format!("<{PATH}?{query}&cursor={after}>; rel=\"next\"");
            plain(
                StatusCode::ACCEPTED,
                &format!("{purged}; Link has where it goes on\n"),
                Some(("link", link.as_str())),
            )
        }
        Err(error) => {
            console_error!("purge: {query}: not all is {purged}: {error}");
            plain(StatusCode::BAD_GATEWAY, &format!("not all is {purged}: the bucket failed\n"), None)
        }
    }
}

/// What is asked for.
struct Call {
    /// As it was written.
    query: String,
    purge: Purge,
    /// The object after which a call goes on that an earlier one began.
    after: Option<String>,
}

impl Call {
    /// # Errors
    /// What it says that can't be, or what it should say.
    fn read(query: &str, app: &App) -> Result<Self, String> {
        let (mut after, mut words) = (None, Vec::new());
        for pair in query.split('&') {
            match pair.strip_prefix("cursor=") {
                Some(cursor) => after = Some(percent_decode_str(cursor).decode_utf8_lossy().into_owned()),
                None => words.push(pair),
            }
        }
        if let Some(after) =
            after.as_ref().filter(|after| Place::FOLDERS.iter().all(|folder| !after.starts_with(folder)))
        {
            return Err(format!("{after:?} is nothing to go on after"));
        }
        let query = words.join("&");
        let purge = Purge::from_query(&query, &app.policy)?;
        Ok(Self { query, purge, after })
    }
}

/// The way through the bucket, by the names of its objects.
struct Walk<'a> {
    bucket: &'a Bucket,
    purge: &'a Purge,
    /// What the bucket was asked for.
    questions: u32,
    /// What is gone.
    purged: Purged,
}

/// What of a page is to be deleted.
#[derive(Default)]
struct Taken {
    names: Vec<String>,
    purged: Purged,
    /// The last object that was looked at.
    last: Option<String>,
}

/// What a record is about.
enum About {
    /// What has that path, with so many variants.
    Of(String, Purged),
    /// It is gone, or none.
    Nothing,
    /// Only reading it would tell, for which the next call is there.
    TooManyQuestions,
}

impl Walk<'_> {
    /// Deletes what is to be purged, and gives the name after which there is more to do.
    async fn go(&mut self, mut after: Option<String>) -> worker::Result<Option<String>> {
        // Records first: what has none isn't found, and goes where all goes.
        let [records, variants] = Place::FOLDERS;
        let variants = self.purge.is_all().then_some(variants);
        for folder in [Some(records), variants].into_iter().flatten() {
            if after.as_ref().is_some_and(|after| !after.starts_with(folder)) && folder == records {
                continue;
            }
            let mut at = after.take().unwrap_or_else(|| folder.to_owned());
            loop {
                if self.questions >= MOST_QUESTIONS {
                    return Ok(Some(at));
                }
                self.questions += 1;
                let list = self.bucket.list().prefix(folder).start_after(&at);
                let page = list.include(vec![Include::CustomMetadata]).execute().await?;
                let objects = page.objects();
                let taken = self.look_at(&objects).await?;
                let is_through = taken.last.as_deref() == objects.last().map(Object::key).as_deref();
                self.delete(taken.names).await?;
                self.purged += taken.purged;
                match taken.last {
                    Some(last) => at = last,
                    None if page.truncated() && is_through => return Err("its list doesn't go on".into()),
                    None => {}
                }
                if is_through && !page.truncated() {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Looks at a page of objects, as far as it may ask for what they are about.
    async fn look_at(&mut self, objects: &[Object]) -> worker::Result<Taken> {
        let mut taken = Taken::default();
        for object in objects {
            let name = object.key();
            match Place::of(&name) {
                Some(_) if self.purge.is_all() => {
                    taken.purged += Purged { files: 1, bytes: object.size() };
                    taken.names.push(name.clone());
                }
                Some(Place::Record { folder, id }) => match self.about(object).await? {
                    About::Of(path, variants) if self.purge.takes(&path) => {
                        taken.purged += Purged { files: 1, bytes: object.size() };
                        taken.purged += variants;
                        taken.names.extend(store::names_of(folder, id));
                    }
                    About::Of(..) | About::Nothing => {}
                    About::TooManyQuestions => break,
                },
                Some(Place::Variant) | None => {}
            }
            taken.last = Some(name);
        }
        Ok(taken)
    }

    /// What a record is about.
    async fn about(&mut self, object: &Object) -> worker::Result<About> {
        if let Some((path, variants)) = store::listed(object) {
            return Ok(About::Of(path, variants));
        }
        if self.questions >= MOST_QUESTIONS {
            return Ok(About::TooManyQuestions);
        }
        self.questions += 1;
        let Some(object) = self.bucket.get(object.key()).execute().await? else { return Ok(About::Nothing) };
        let body = object.body().ok_or("an object has no body")?;
        let record = Record::from_json(&body.bytes().await?);
        Ok(record
            .map_or(About::Nothing, |record| About::Of(record.path.clone(), store::variants_of(&record))))
    }

    async fn delete(&mut self, names: Vec<String>) -> worker::Result<()> {
        for names in names.chunks(MOST_NAMES) {
            self.questions += 1;
            self.bucket.delete_multiple(names.to_vec()).await?;
        }
        Ok(())
    }
}

fn plain(status: StatusCode, text: &str, more: Option<(&str, &str)>) -> worker::Result<Response> {
    let response = Response::ok(text)?.with_status(status.as_u16());
    let headers = response.headers();
    headers.set("content-type", "text/plain; charset=utf-8")?;
    headers.set("cache-control", "no-store")?;
    if let Some((name, value)) = more {
        headers.set(name, value)?;
    }
    Ok(response)
}
