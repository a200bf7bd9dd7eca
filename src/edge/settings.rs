//! The Worker's variables (`[vars]` in `wrangler.toml`, or `--var`), read into a policy and the Worker's own settings.
//!
//! [`crate::settings::worker`] and [`shared`](crate::settings::shared) say which there are, with their values and
//! defaults. A variable that is empty counts as not set. Numbers, true and false, and lists may stand there as what
//! they are, too. What isn't allowed is an error that says what is: nothing is served before it is set right. A
//! variable that isn't known is told of in the log.

use std::{cell::Cell, time::Duration};

use ::worker::{
    Bucket, Env, ObjectNamespace, Url, console_warn,
    js_sys::{Array, Object, Reflect},
    wasm_bindgen::{JsCast, JsValue},
};
use serde_json::Value as Json;

use super::{
    fonts, mark,
    queue::{self, Queue},
};
use crate::{
    codec::DRAWS_TEXT,
    error::{Error, Kind, Result},
    service::{self, AdminToken, Policy, Target},
    settings::{Grammar, Setting, nearest, shared, worker},
};

/// How the Worker is set up.
pub(super) struct Settings {
    /// What the service decides by.
    pub(super) policy: Policy,
    /// Where the pictures come from.
    pub(super) origin: Origin,
    /// Who may purge, if anybody may.
    pub(super) admin: Option<Admin>,
    /// For how long the origin may be silent.
    pub(super) timeout: Duration,
    /// Where records and variants are kept beyond the data centre's cache.
    pub(super) store: Option<Bucket>,
    /// Who has isolates make each result once.
    pub(super) once: Option<ObjectNamespace>,
    /// What is to be made after answering.
    pub(super) later: Option<Queue>,
    /// Where the fonts are with which text in SVG is drawn.
    pub(super) fonts: Option<fonts::Place>,
    /// Where the watermark is, which isn't in the policy before it is read.
    pub(super) mark: Option<mark::Place>,
}

/// Who may purge.
pub(super) struct Admin {
    /// What it is known by.
    pub(super) token: AdminToken,
    /// The bucket `STORE`, which has what is purged, and the list of purges.
    pub(super) bucket: Bucket,
}

/// Where the pictures come from.
pub(super) enum Origin {
    /// A server.
    Http,
    /// A bucket.
    Bucket(Bucket),
}

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`Kind::Parameter`] that names the variable and what is wrong with it.
    pub(super) fn read(env: &Env) -> Result<Self> {
        let variables = Variables { env };
        variables.tell_of_unknown();
        let mut policy = Policy::default();
        let (origin, target) = variables.origin()?;
        policy.target = target;
        variables.picture(&mut policy)?;
        variables.service(&mut policy)?;
        let store = variables.bucket("STORE")?;
        let admin = variables.admin(store.as_ref())?;
        let (mut once, mut later) = (variables.objects(worker::ONCE)?, variables.queue(worker::LATER)?);
        if store.is_none() && (once.is_some() || later.is_some()) {
            console_warn!("ONCE and LATER are of no use without the bucket STORE");
            (once, later) = (None, None);
        }
        let (fonts, mark) = (variables.fonts(&mut policy)?, variables.mark()?);
        let timeout = variables.value(&worker::TIMEOUT)?;
        Ok(Self { policy, origin, admin, timeout, store, once, later, fonts, mark })
    }

    /// Reads the watermark, if there is one, whose room is taken from conversions.
    ///
    /// # Errors
    /// Those of [`mark::Place::read`].
    pub(super) async fn read_mark(&mut self) -> Result<()> {
        let Some(place) = &self.mark else { return Ok(()) };
        let mark = place.read().await?;
        self.policy.budget = self.policy.budget.saturating_sub(mark.heap_bytes());
        self.policy.limits.max_memory = self.policy.budget;
        self.policy.watermark = Some(mark);
        Ok(())
    }
}

struct Variables<'a> {
    env: &'a Env,
}

impl Variables<'_> {
    /// What a variable says, or its default.
    fn value<G: Grammar>(&self, setting: &Setting<G>) -> Result<G::Value> {
        match self.written(setting.about.name)? {
            Some(written) => setting.read(&written).map_err(|what| Error::new(Kind::Parameter, what)),
            None => Ok(setting.default_value()),
        }
    }

    /// What stands in a variable, if anything.
    fn written(&self, name: &str) -> Result<Option<Json>> {
        let value = Reflect::get(self.env, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let item =
            |value: &JsValue| plain(value).or_else(|| value.as_string().map(|text| text.trim().into()));
        let written = match Array::is_array(&value) {
            true => Array::from(&value).to_vec().iter().map(item).collect(),
            false if value.is_undefined() || value.is_null() => Some(Json::from("")),
            false => item(&value),
        };
        let what = || format!("{name} is neither a text nor a number, a switch or a list of them");
        let written = written.ok_or_else(|| Error::new(Kind::Parameter, what()))?;
        Ok(Some(written).filter(|written| written.as_str() != Some("")))
    }

    /// Tells, once in an isolate's life, of variables that nobody reads. Nothing but this Worker has them, so that
    /// they are misspelt or left over; but what begins with `_` or `CF_` is the platform's, and bindings are no
    /// variables.
    fn tell_of_unknown(&self) {
        thread_local! {
            static TOLD: Cell<bool> = const { Cell::new(false) };
        }
        if TOLD.replace(true) {
            return;
        }
        let names = || worker::names().chain(worker::BINDINGS);
        for name in
            Object::keys(self.env.unchecked_ref::<Object>()).iter().filter_map(|name| name.as_string())
        {
            let value = Reflect::get(self.env, &name.as_str().into()).unwrap_or(JsValue::UNDEFINED);
            let is_variable = plain(&value).is_some() || value.is_string() || Array::is_array(&value);
            let is_others = name.starts_with('_') || name.starts_with("CF_");
            if !is_variable || is_others || names().any(|known| known == name) {
                continue;
            }
            let near = nearest(&name, names()).map(|near| format!("; {near} is near")).unwrap_or_default();
            console_warn!("{name} is no variable of slimpix{near}");
        }
    }

    fn origin(&self) -> Result<(Origin, Target)> {
        const HOW: &str =
            "in wrangler.toml, under [vars], such as ORIGIN = \"https://www.example.com\", or with --var";
        let base = self.value(&worker::ORIGIN)?;
        if !base.is_empty() {
            let is_origin = |url: &Url| {
                let is_http = matches!(url.scheme(), "http" | "https") && url.username().is_empty();
                is_http && url.query().is_none() && url.fragment().is_none()
            };
            return match Url::parse(&base).ok().filter(is_origin) {
                Some(_) => Ok((Origin::Http, Target::Remote { base })),
                None => {
                    let what = format!("ORIGIN: {base:?} is no http(s)://host[:port][/path]; set it {HOW}");
                    Err(Error::new(Kind::Parameter, what))
                }
            };
        }
        let Some(bucket) = self.bucket("SOURCE_BUCKET")? else {
            let what = format!(
                "ORIGIN isn't set, where the pictures come from: set it {HOW}, or bind an R2 bucket as SOURCE_BUCKET"
            );
            return Err(Error::new(Kind::Parameter, what));
        };
        Ok((Origin::Bucket(bucket), Target::Remote { base: super::bucket::BUCKET_BASE.to_owned() }))
    }

    /// How pictures are made.
    fn picture(&self, policy: &mut Policy) -> Result<()> {
        policy.formats = self.value(&worker::FORMATS)?;
        policy.quality = self.value(&shared::QUALITY)?;
        for (format, quality) in shared::QUALITIES {
            policy.qualities.extend(self.value(&quality)?.map(|quality| (format, quality)));
        }
        policy.effort = self.value(&shared::EFFORT)?;
        policy.mode = self.value(&worker::MODE)?;
        policy.keep_metadata = self.value(&worker::KEEP_METADATA)?;
        policy.avif_max_pixels = self.value(&worker::AVIF_MAX_PIXELS)?;
        policy.limits.max_input_bytes = self.value(&worker::MAX_INPUT)?;
        policy.limits.max_pixels = self.value(&worker::MAX_PIXELS)?;
        policy.limits.max_memory = self.value(&worker::MEMORY)?;
        policy.budget = policy.limits.max_memory;
        Ok(())
    }

    /// How requests are read and answered.
    fn service(&self, policy: &mut Policy) -> Result<()> {
        policy.imgproxy_urls = self.value(&shared::IMGPROXY_URLS)?;
        policy.cloudflare_urls = self.value(&shared::CLOUDFLARE_URLS)?;
        let params = self.value(&worker::PARAMS)? || policy.imgproxy_urls || policy.cloudflare_urls;
        policy.extra_params = params;
        policy.short_params = params;
        policy.size_steps = self.value(&shared::WIDTHS)?;
        policy.sizes_kept = self.value(&shared::SIZES_KEPT)?;
        policy.allowed = self.value(&worker::ALLOWED)?;
        policy.passes = self.value(&worker::PASS)?;
        policy.max_age = self.value(&shared::MAX_AGE)?;
        let (allow, timing) = (self.value(&shared::ALLOW_ORIGIN)?, self.value(&shared::TIMING_ALLOW_ORIGIN)?);
        policy.more_headers = service::cross_origin(Some(&allow), Some(&timing))?;
        policy.client_hints = self.value(&shared::CLIENT_HINTS)?;
        policy.more_headers.extend(policy.client_hints.then(service::accept_hints));
        policy.revalidate = self.value(&worker::REVALIDATE)?;
        // An isolate converts one picture after the other, so the last of a page's waits for all before it. That
        // costs nothing but the wait: the originals stay where they are until there is room.
        policy.room_patience = self.value(&worker::PATIENCE)?;
        policy.flight_patience = policy.room_patience;
        policy.overrule_origin = self.value(&shared::OVERRULE_ORIGIN)?;
        policy.explain = self.value(&shared::EXPLAIN)?;
        policy.svg = self.value(&shared::SVG)?;
        // Cloudflare compresses text itself.
        policy.packs_svg = false;
        policy.lazy = self.value(&worker::LAZY)?;
        policy.sign_keys = self.value(&shared::SIGN_KEYS)?;
        policy.signed = self.value(&shared::SIGN)?;
        Ok(())
    }

    fn admin(&self, store: Option<&Bucket>) -> Result<Option<Admin>> {
        let token = self.value(&worker::ADMIN_TOKEN)?;
        if token.is_empty() {
            return Ok(None);
        }
        let what = "ADMIN_TOKEN: what is purged by it is in the bucket STORE: bind one with [[r2_buckets]] in wrangler.toml";
        let bucket = store.cloned().ok_or_else(|| Error::new(Kind::Parameter, what))?;
        Ok(Some(Admin { token: AdminToken::of(token.as_bytes()), bucket }))
    }

    /// Where fonts are, whose room is taken from conversions.
    fn fonts(&self, policy: &mut Policy) -> Result<Option<fonts::Place>> {
        let prefix = self.value(&worker::FONTS)?;
        if prefix.is_empty() {
            return Ok(None);
        }
        if !DRAWS_TEXT {
            let what = "FONTS: this Worker draws no text; one that was built or packed with --text does";
            return Err(Error::new(Kind::Parameter, what));
        }
        let place = fonts::Place::new(self.bucket_for("FONTS")?, prefix, policy.budget);
        policy.budget -= place.room();
        policy.limits.max_memory = policy.budget;
        Ok(Some(place))
    }

    /// Where the watermark is.
    fn mark(&self) -> Result<Option<mark::Place>> {
        let (key, place) = (self.value(&worker::WATERMARK)?, self.value(&worker::WATERMARK_ALWAYS)?);
        let always = service::watermark_always(&key, &place)?;
        if key.is_empty() {
            return Ok(None);
        }
        Ok(Some(mark::Place::new(self.bucket_for("WATERMARK")?, key, always)))
    }

    /// The bucket of what a variable names beside pictures.
    fn bucket_for(&self, variable: &str) -> Result<Bucket> {
        let [source, store] = worker::BUCKETS.map(|name| self.bucket(name));
        let what = || {
            let how = "bind SOURCE_BUCKET or STORE with [[r2_buckets]] in wrangler.toml";
            Error::new(Kind::Parameter, format!("{variable}: there is no bucket for it: {how}"))
        };
        source?.or(store?).ok_or_else(what)
    }

    fn bucket(&self, name: &str) -> Result<Option<Bucket>> {
        self.binding(name, "R2 bucket", "r2_buckets", Env::bucket)
    }

    fn objects(&self, name: &str) -> Result<Option<ObjectNamespace>> {
        self.binding(name, "Durable Object", "durable_objects.bindings", Env::durable_object)
    }

    fn queue(&self, name: &str) -> Result<Option<Queue>> {
        self.binding(name, "queue", "queues.producers", queue::of)
    }

    /// What is bound under a name, if anything is.
    fn binding<T>(
        &self,
        name: &str,
        kind: &str,
        section: &str,
        take: impl Fn(&Env, &str) -> ::worker::Result<T>,
    ) -> Result<Option<T>> {
        // An `Err` also stands for a binding that isn't there, which is no fault.
        let binding = Reflect::get(self.env, &name.into());
        if binding.is_ok_and(|binding| binding.is_undefined()) {
            return Ok(None);
        }
        let what = || format!("{name} is no {kind}: bind one with [[{section}]] in wrangler.toml");
        take(self.env, name).map(Some).map_err(|_| Error::new(Kind::Parameter, what()))
    }
}

/// A number or a switch.
fn plain(value: &JsValue) -> Option<Json> {
    let number = value.as_f64().map(|number| match number.fract() == 0.0 && number.abs() < 9e15 {
        // It is whole, and no larger than what is exact in both.
        true => Json::from(number as i64),
        false => Json::from(number),
    });
    number.or_else(|| value.as_bool().map(Json::from))
}
