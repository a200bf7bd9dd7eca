//! The fetch event: a request in, an answer out (or the URL where the request goes on to), and what remains to be done
//! after that.

use std::{
    cell::RefCell,
    collections::HashSet,
    rc::Rc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Method, Uri};
use worker::{
    Context, Date, Env, Request, Response, console_error, console_log,
    wasm_bindgen::{JsValue, prelude::wasm_bindgen},
};

use super::{
    app::App,
    drive::{Drive, Sent},
    later::Message,
    object,
    origin::LOOP_HEADER,
    purging,
    respond::respond,
    settings::Origin,
    store::{self, Answers},
};
use crate::{
    codec::Format,
    service::{Decision, LogLine, RequestHead, hash_hex},
};

/// Answers a request with a response, or with the URL to which it is to go on as it came.
#[wasm_bindgen]
pub async fn answer(
    request: worker::web_sys::Request,
    env: Env,
    context: worker::worker_sys::Context,
) -> Result<JsValue, JsValue> {
    let answer = match App::of(&env).await {
        Ok(app) => serve(request, app, &Context::new(context)).await?,
        Err(error) => {
            console_error!("{error}");
            Answer::Response(Response::error(format!("slimpix isn't set up: {error}\n"), 500)?)
        }
    };
    Ok(answer.into())
}

/// Answers a request whose conversion was lost with its instance: with an original or what was made before, and for a
/// short time.
#[wasm_bindgen]
pub async fn rescue(
    request: worker::web_sys::Request,
    env: Env,
    context: worker::worker_sys::Context,
) -> Result<JsValue, JsValue> {
    let app =
        App::that_rescues(&env).await.map_err(|error| worker::js_sys::Error::new(&error.to_string()))?;
    Ok(serve(request, app, &Context::new(context)).await?.into())
}

/// Makes what a message of the queue `LATER` asks for, which was written at that time (milliseconds since 1970). False
/// if it may go better another time.
#[wasm_bindgen]
pub async fn make(message: JsValue, written: f64, env: Env) -> bool {
    let app = match App::of(&env).await {
        Ok(app) => app.that_makes(),
        Err(error) => {
            console_error!("{error}");
            return false;
        }
    };
    let read = Message::read(&message, written as u64, &app.settings_hash);
    let (uri, headers) = match read.and_then(|message| message.head()) {
        Ok(head) => head,
        Err(why) => {
            console_log!("later: a message is dropped: {why}");
            return true;
        }
    };
    let head = RequestHead { method: &Method::GET, uri: &uri, headers: &headers };
    let mut drive = drive_of(&app, &headers);
    drive.wants_better = true;
    let Sent { response, .. } = drive.answer(&app.policy, &head, time()).await;
    drive.finish(&response).await;
    let LogLine { decision, trouble, format, .. } = &response.log;
    let waited = Date::now().as_millis().saturating_sub(written as u64);
    let what = format.map_or(decision.name(), Format::extension);
    let trouble = trouble.as_ref().map(|trouble| format!(": {trouble}")).unwrap_or_default();
    console_log!("later: {uri} is there as {what}, {waited} ms after it was asked for{trouble}");
    !response.status.is_server_error() && *decision != Decision::ForNow
}

fn drive_of(app: &App, headers: &HeaderMap) -> Drive {
    let answers = Answers::new(&host(headers), &app.settings_hash);
    Drive::new(Rc::clone(&app.settings), answers)
}

fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(Date::now().as_millis())
}

/// What becomes of a request.
enum Answer {
    /// It is answered.
    Response(Response),
    /// It goes on to this URL.
    Onward(String),
}

impl From<Answer> for JsValue {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Response(response) => worker::web_sys::Response::from(response).into(),
            Answer::Onward(url) => url.into(),
        }
    }
}

async fn serve(request: worker::web_sys::Request, app: App, context: &Context) -> worker::Result<Answer> {
    // The runtime's wrapper takes methods that it doesn't know for GET.
    let method = Method::try_from(request.method().as_str());
    let request = Request::from(request);
    let url = request.url()?;
    let headers = store::header_map(request.headers());
    if headers.contains_key(LOOP_HEADER) {
        return Response::error("ORIGIN leads back to this Worker: it must be another host's", 508)
            .map(Answer::Response);
    }
    let uri = Uri::try_from(&url[worker::url::Position::BeforePath..worker::url::Position::AfterQuery]);
    let (Ok(method), Ok(uri)) = (method, uri) else {
        return Response::error("Bad request!", 400).map(Answer::Response);
    };
    let head = RequestHead { method: &method, uri: &uri, headers: &headers };

    if let Some(admin) = app.settings.admin.as_ref().filter(|_| uri.path() == purging::PATH) {
        return purging::answer(&app, admin, &head).await.map(Answer::Response);
    }
    let mut drive = drive_of(&app, &headers);
    let Sent { mut response, body } = drive.answer(&app.policy, &head, time()).await;

    if let Some(trouble) = &response.log.trouble {
        console_log!("{}: {trouble}", response.log.source);
    }
    if let Some(reason) = &response.log.unconverted
        && is_news(&response.log.source, reason)
    {
        console_log!("{} is sent as it is: {reason}", response.log.source);
    }
    let answer = match (response.onward.take(), &app.settings.origin) {
        (None, _) => Answer::Response(respond(&response, body, &app.policy.more_headers)),
        (Some(url), Origin::Http) => Answer::Onward(url),
        (Some(url), Origin::Bucket(bucket)) => Answer::Response(object::answer(bucket, &url, &head).await?),
    };
    drive.wants_better = response.background.is_some();
    let message = drive.wants_better.then(|| Message::of(&head, &app.settings_hash));
    context.wait_until(async move {
        if let (Some(step), Some(message)) = (response.background.take(), message)
            && !message.send(&app, &step).await
        {
            drive.is_background = true;
            let _nobody_waits = drive.run(*step).await;
        }
        drive.finish(&response).await;
    });
    Ok(answer)
}

/// True the first time that an isolate is to tell of it. What it remembers is bounded.
fn is_news(source: &str, reason: &str) -> bool {
    const MOST: usize = 1024;
    thread_local! {
        static NOTED: RefCell<HashSet<String>> = RefCell::default();
    }
    NOTED.with_borrow_mut(|noted| {
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert(hash_hex(format!("{source} {reason}").as_bytes()))
    })
}

fn host(headers: &HeaderMap) -> String {
    let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    host.unwrap_or("slimpix").to_owned()
}
