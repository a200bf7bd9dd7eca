//! The Worker's variables (`[vars]` in `wrangler.toml`, or `--var`), read into a policy and the Worker's own settings.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `ORIGIN` | `http(s)://host[:port][/path]`: where the pictures come from | none |
//! | `SOURCE_BUCKET` | an R2 binding: where they come from when `ORIGIN` isn't set | none |
//! | `STORE` | an R2 binding: where what was made is kept, beyond a data centre's cache | none |
//! | `FORMATS` | the formats to make, the most wanted first | `webp,avif` |
//! | `QUALITY`, `EFFORT` | 0 to 100, 0 to 6 | 80, 4 |
//! | `MODE` | `lossy`, `lossless`, or `auto`: whichever suits the picture | `auto` |
//! | `KEEP_METADATA` | keep EXIF, XMP and the colour profile | `false` |
//! | `PARAMS` | obey sizes, quality and format in the query | `true` |
//! | `WIDTHS` | the sizes that may be asked for, in pixels; `any`: every one | see [`USUAL_WIDTHS`] |
//! | `SIZES_KEPT` | sizes and qualities of one picture that are kept in `STORE`; 0: any number | 32 |
//! | `ALLOWED` | the file extensions that are served; `*`: all | see [`Allowed`] |
//! | `PASS` | send on as they came, to `ORIGIN` or from `SOURCE_BUCKET`, requests that aren't for a picture; else they are refused | `true` |
//! | `MAX_AGE` | seconds for which browsers and caches may keep answers | 86400 |
//! | `ALLOW_ORIGIN` | sent as `Access-Control-Allow-Origin`: `*` or one origin | none |
//! | `TIMING_ALLOW_ORIGIN` | sent as `Timing-Allow-Origin`: `*` or origins with commas between them | none |
//! | `REVALIDATE` | seconds for which a source is trusted until the origin is asked again, if that says no less; 0: for ever | 86400 |
//! | `TIMEOUT` | seconds for which the origin may be silent | 20 |
//! | `PATIENCE` | seconds for which a request waits for others' conversions, before it gets the original | 30 |
//! | `MEMORY` | bytes for all conversions together | `88M` |
//! | `MAX_INPUT`, `MAX_PIXELS` | the most bytes and pixels of a picture that is converted | `32M`, 50000000 |
//! | `AVIF_MAX_PIXELS` | pixels above which no AVIF is made | 1500000 |
//! | `OVERRULE_ORIGIN` | keep and share what the origin says is private, not to be stored, or sent with a cookie | `false` |
//! | `EXPLAIN` | obey `?explain` | `false` |
//! | `LAZY` | send the original now, and convert after answering | `false` |
//!
//! A variable that is empty counts as not set. Numbers, true and false, and lists may stand there as what they are, too. What
//! isn't allowed is an error that says what is: nothing is served before it is set right.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};

use worker::{
    Bucket, Env, Url,
    js_sys::{Array, Reflect},
    wasm_bindgen::JsValue,
};

use crate::{
    codec::Format,
    convert::Mode,
    error::{Error, Kind, Result},
    service::{self, Allowed, Policy, Target, USUAL_WIDTHS},
};

/// Below the wall of linear memory by what stands beside conversions: static data, the stack, answers on their way.
const MEMORY: u64 = 88 << 20;

/// What wasm can address, but for the last MiB.
const MOST_BYTES: u64 = 4095 << 20;

/// Seconds that anything may be waited for.
const LONGEST_WAIT: u64 = 300;

/// How the Worker is set up.
pub(super) struct Settings {
    /// What the service decides by.
    pub(super) policy: Policy,
    /// Where the pictures come from.
    pub(super) origin: Origin,
    /// For how long the origin may be silent.
    pub(super) timeout: Duration,
    /// Where records and variants are kept beyond the data centre's cache.
    pub(super) store: Option<Bucket>,
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
    /// `Parameter` that names the variable and what is wrong with it.
    pub(super) fn read(env: &Env) -> Result<Self> {
        let variables = Variables { env };
        let mut policy = Policy::default();
        let (origin, target) = variables.origin()?;
        policy.target = target;
        variables.picture(&mut policy)?;
        variables.service(&mut policy)?;
        Ok(Self {
            policy,
            origin,
            timeout: Duration::from_secs(variables.number("TIMEOUT", 20, 1..=LONGEST_WAIT)?),
            store: variables.bucket("STORE")?,
        })
    }
}

struct Variables<'a> {
    env: &'a Env,
}

impl Variables<'_> {
    fn text(&self, name: &str) -> Result<Option<String>> {
        let value = Reflect::get(self.env, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let text = match (value.as_string(), value.as_f64(), value.as_bool()) {
            (Some(text), ..) => text,
            (_, Some(number), _) => number.to_string(),
            (_, _, Some(switch)) => switch.to_string(),
            _ if Array::is_array(&value) => Array::from(&value).join(",").into(),
            _ if value.is_undefined() || value.is_null() => String::new(),
            _ => return Err(Error::new(Kind::Parameter, format!("{name} is neither a text nor a number"))),
        };
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    fn origin(&self) -> Result<(Origin, Target)> {
        const HOW: &str =
            "in wrangler.toml, under [vars], such as ORIGIN = \"https://www.example.com\", or with --var";
        if let Some(base) = self.text("ORIGIN")? {
            let is_origin = |url: &Url| {
                let is_http = matches!(url.scheme(), "http" | "https") && url.username().is_empty();
                is_http && url.query().is_none() && url.fragment().is_none()
            };
            return match Url::parse(&base).ok().filter(is_origin) {
                Some(_) => Ok((Origin::Http, Target::Remote { base })),
                None => {
                    let why = format_args!("is no http(s)://host[:port][/path]; set it {HOW}");
                    Err(wrong("ORIGIN", &base, why))
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
        policy.formats = self.list("FORMATS", "webp,avif", |name| match Format::from_name(name) {
            Some(format @ (Format::WebP | Format::Avif)) => Ok(format),
            _ => Err("is neither webp nor avif"),
        })?;
        policy.quality = self.number("QUALITY", policy.quality, 0..=100)?;
        policy.effort = self.number("EFFORT", policy.effort, 0..=6)?;
        policy.mode = match self.text("MODE")?.as_deref() {
            None | Some("auto") => Mode::Auto,
            Some("lossy") => Mode::Lossy,
            Some("lossless") => Mode::Lossless,
            Some(text) => return Err(wrong("MODE", text, "is neither auto, lossy nor lossless")),
        };
        policy.keep_metadata = self.switch("KEEP_METADATA", false)?;
        policy.avif_max_pixels = self.number("AVIF_MAX_PIXELS", 1_500_000, 0..=1_000_000_000)?;
        policy.limits.max_input_bytes = self.bytes("MAX_INPUT", 32 << 20)?;
        policy.limits.max_pixels = self.number("MAX_PIXELS", 50_000_000, 1..=1_000_000_000)?;
        policy.limits.max_memory = self.bytes("MEMORY", MEMORY)?;
        policy.budget = policy.limits.max_memory;
        Ok(())
    }

    /// How requests are read and answered.
    fn service(&self, policy: &mut Policy) -> Result<()> {
        let params = self.switch("PARAMS", true)?;
        policy.extra_params = params;
        policy.short_params = params;
        if self.text("WIDTHS")?.as_deref() != Some("any") {
            let usual = USUAL_WIDTHS.map(|width| width.to_string()).join(",");
            policy.size_steps = self.list("WIDTHS", &usual, |step| {
                step.parse()
                    .ok()
                    .filter(|step| (1..=65_535).contains(step))
                    .ok_or("is no size from 1 to 65535")
            })?;
            policy.size_steps.sort_unstable();
        }
        policy.sizes_kept = self.number("SIZES_KEPT", policy.sizes_kept, 0..=100_000)?;
        policy.allowed = match self.text("ALLOWED")?.as_deref() {
            None => Allowed::default(),
            Some("*") => Allowed::Everything,
            Some(_) => Allowed::Extensions(self.list("ALLOWED", "", |name| {
                let is_one = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
                is_one.then(|| name.to_ascii_lowercase()).ok_or("is no file extension, such as jpg, nor *")
            })?),
        };
        policy.passes = self.switch("PASS", true)?;
        policy.max_age = self.seconds("MAX_AGE", 86_400)?;
        let (allow, timing) = (self.text("ALLOW_ORIGIN")?, self.text("TIMING_ALLOW_ORIGIN")?);
        policy.more_headers = service::cross_origin(allow.as_deref(), timing.as_deref())?;
        policy.revalidate = self.seconds("REVALIDATE", 86_400)?;
        // An isolate converts one picture after the other, so the last of a page's waits for all before it. That
        // costs nothing but the wait: the originals stay where they are until there is room.
        policy.room_patience = Duration::from_secs(self.number("PATIENCE", 30, 0..=LONGEST_WAIT)?);
        policy.flight_patience = policy.room_patience;
        policy.overrule_origin = self.switch("OVERRULE_ORIGIN", false)?;
        policy.explain = self.switch("EXPLAIN", false)?;
        policy.lazy = self.switch("LAZY", false)?;
        Ok(())
    }

    fn bucket(&self, name: &str) -> Result<Option<Bucket>> {
        // An `Err` also stands for a binding that isn't there, which is no fault.
        let binding = worker::js_sys::Reflect::get(self.env, &name.into());
        if binding.is_ok_and(|binding| binding.is_undefined()) {
            return Ok(None);
        }
        let what = || format!("{name} is no R2 bucket: bind one with [[r2_buckets]] in wrangler.toml");
        self.env.bucket(name).map(Some).map_err(|_| Error::new(Kind::Parameter, what()))
    }

    fn list<T>(
        &self,
        name: &str,
        default: &str,
        parse: fn(&str) -> Result<T, &'static str>,
    ) -> Result<Vec<T>> {
        let text = self.text(name)?.unwrap_or_else(|| default.to_owned());
        text.split(',').map(|item| parse(item.trim()).map_err(|why| wrong(name, item, why))).collect()
    }

    fn number<T>(&self, name: &str, default: T, range: RangeInclusive<T>) -> Result<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(text) = self.text(name)? else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            wrong(name, &text, format_args!("is no number from {} to {}", range.start(), range.end()))
        })
    }

    fn seconds(&self, name: &str, default: u64) -> Result<Duration> {
        self.number(name, default, 0..=u64::from(u32::MAX)).map(Duration::from_secs)
    }

    /// Bytes, in mebibytes with an `M` behind the number.
    fn bytes(&self, name: &str, default: u64) -> Result<u64> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        let (digits, unit) = match text.strip_suffix(['M', 'm']) {
            Some(digits) => (digits, 1 << 20),
            None => (text.as_str(), 1),
        };
        let bytes = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
        bytes
            .filter(|bytes| (1 << 20..=MOST_BYTES).contains(bytes))
            .ok_or_else(|| wrong(name, &text, "is no number of bytes from 1M to 4095M, such as 88M"))
    }

    fn switch(&self, name: &str, default: bool) -> Result<bool> {
        match self.text(name)?.as_deref() {
            None => Ok(default),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(text) => Err(wrong(name, text, "is neither true nor false")),
        }
    }
}

fn wrong(name: &str, value: &str, why: impl Display) -> Error {
    Error::new(Kind::Parameter, format!("{name}: {value:?} {why}"))
}
