//! The fetch event: a request in, an answer out, and what remains to be done after that.

use std::{
    cell::RefCell,
    collections::HashSet,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Method, Uri};
use worker::{
    Context, Date, Env, Request, Response, console_error, console_log, event,
    wasm_bindgen::prelude::wasm_bindgen,
};

use super::{
    drive::{Drive, Sent},
    settings::Settings,
    source::LOOP_HEADER,
    store::{self, Answers},
};
use crate::service::{RequestHead, hash_hex};

/// Answers a request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    match Settings::read(&env) {
        Ok(settings) => serve(&request, settings, &context).await,
        Err(error) => {
            console_error!("{error}");
            Response::error(format!("slimpix isn't set up: {error}"), 500)
        }
    }
}

/// Answers a request whose conversion was lost with its instance: with what there is, and for a short time.
#[wasm_bindgen]
pub async fn rescue(
    request: worker::web_sys::Request,
    env: Env,
    context: worker::worker_sys::Context,
) -> Result<worker::web_sys::Response, worker::wasm_bindgen::JsValue> {
    let mut settings =
        Settings::read(&env).map_err(|error| worker::js_sys::Error::new(&error.to_string()))?;
    settings.policy.budget = 0;
    settings.policy.max_age = settings.policy.short_max_age;
    let response = serve(&Request::from(request), settings, &Context::new(context)).await?;
    Ok(response.into())
}

/// Bytes of linear memory that the instance has taken.
#[wasm_bindgen]
#[must_use]
pub fn memory_bytes() -> u32 {
    let pages = core::arch::wasm32::memory_size::<0>();
    u32::try_from(pages * 0x1_0000).unwrap_or(u32::MAX)
}

async fn serve(request: &Request, settings: Settings, context: &Context) -> worker::Result<Response> {
    let url = request.url()?;
    let headers = store::header_map(request.headers());
    if headers.contains_key(LOOP_HEADER) {
        return Response::error("ORIGIN leads back to this Worker", 508);
    }
    let Ok(uri) = Uri::try_from(&url[worker::url::Position::BeforePath..worker::url::Position::AfterQuery])
    else {
        return Response::error("Bad request!", 400);
    };
    let method = Method::try_from(request.method().as_ref()).unwrap_or(Method::TRACE);
    let head = RequestHead { method: &method, uri: &uri, headers: &headers };

    let policy = Arc::new(settings.policy.clone());
    let answers = Answers::new(&host(&headers), &policy);
    let mut drive = Drive::new(Rc::new(settings), answers);
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(Date::now().as_millis());
    let Sent { mut response, body, is_whole } = drive.answer(&policy, &head, now).await;

    if let Some(trouble) = &response.log.trouble {
        console_log!("{}: {trouble}", response.log.source);
    }
    if let Some(reason) = &response.log.unconverted
        && is_news(&response.log.source, reason)
    {
        console_log!("{} is sent as it is: {reason}", response.log.source);
    }
    let answer = respond(&response, body, is_whole);
    context.wait_until(async move {
        if let Some(step) = response.background.take() {
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

fn respond(response: &crate::service::Response, body: worker::ResponseBody, is_whole: bool) -> Response {
    let whole = response.whole().filter(|_| is_whole);
    let (status, headers) = match whole {
        Some(whole) => (200, &whole.headers),
        None => (response.status.as_u16(), &response.headers),
    };
    Response::builder().with_status(status).with_headers(store::headers_of(headers)).body(body)
}

fn host(headers: &HeaderMap) -> String {
    let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    host.unwrap_or("slimpix").to_owned()
}
