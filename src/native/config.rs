//! What was written, before anything is decided: one optional value a key, from a `config.json`, from the
//! environment (`WEBP_<KEY>`) or from flags, and how these are laid over one another.
//!
//! The keys are those of webp_server_go and a few of our own; [`super::keys`] tells people about them.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    error::{Error, Kind, Result},
    native::{
        keys,
        values::{Bytes, CountOrAuto, Pairs, Switch, Whole, Words},
    },
};

/// A count or a time that has no limit of its own.
pub(crate) type Count = Whole<0, 1_000_000_000>;

/// One layer of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE", default)]
pub(crate) struct Written {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<Whole<0, 65_535>>,
    pub(crate) quality: Option<Whole<0, 100>>,
    pub(crate) img_path: Option<String>,
    pub(crate) exhaust_path: Option<String>,
    pub(crate) metadata_path: Option<String>,
    pub(crate) remote_raw_path: Option<String>,
    pub(crate) img_map: Option<Pairs>,
    pub(crate) allowed_types: Option<Words>,
    pub(crate) convert_types: Option<Words>,
    pub(crate) enable_webp: Option<Switch>,
    pub(crate) enable_avif: Option<Switch>,
    pub(crate) enable_jxl: Option<Switch>,
    pub(crate) strip_metadata: Option<Switch>,
    pub(crate) enable_extra_params: Option<Switch>,
    pub(crate) extra_params_crop_interesting: Option<String>,
    pub(crate) read_buffer_size: Option<Count>,
    pub(crate) concurrency: Option<Whole<1, 1_000_000>>,
    pub(crate) disable_keepalive: Option<Switch>,
    pub(crate) head_timeout: Option<Whole<1, 3_600>>,
    pub(crate) keepalive_timeout: Option<Whole<1, 86_400>>,
    pub(crate) send_timeout: Option<Whole<1, 86_400>>,
    pub(crate) cache_ttl: Option<Count>,
    pub(crate) max_cache_size: Option<CountOrAuto>,
    pub(crate) sizes_kept: Option<Count>,
    pub(crate) widths: Option<Words>,
    #[serde(alias = "MAX_CONCURRENT_CONVERSIONS")]
    pub(crate) max_job_count: Option<Whole<0, 1_024>>,
    pub(crate) memory_limit_mb: Option<Count>,
    pub(crate) wait: Option<Whole<0, 3_600>>,
    pub(crate) lazy_mode: Option<Switch>,
    pub(crate) cache: Option<String>,
    pub(crate) memory: Option<Bytes>,
    pub(crate) effort: Option<Whole<0, 6>>,
    pub(crate) explain: Option<Switch>,
    pub(crate) follow_links: Option<Switch>,
    pub(crate) overrule_origin: Option<Switch>,
    pub(crate) verify_every: Option<Count>,
    pub(crate) demo: Option<Switch>,
    pub(crate) demo_path: Option<String>,
    pub(crate) log: Option<String>,
    pub(crate) max_age: Option<Count>,
    pub(crate) allow_origin: Option<String>,
    pub(crate) timing_allow_origin: Option<String>,
    pub(crate) access_log: Option<String>,
    pub(crate) access_log_form: Option<String>,
    pub(crate) welcome: Option<Switch>,
}

impl Written {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// `NotFound` or `Io` when it can't be read; `Parameter`, with the line and the key, when it is no JSON, has
    /// an unknown key, or a value that is not allowed.
    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).map_err(|source| {
            let kind = match source.kind() {
                std::io::ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::Io,
            };
            Error::with_source(kind, format!("can't read the configuration {name}"), source)
        })?;
        Self::from_text(&text, &name.to_string()).map(Self::of_file)
    }

    /// What a file leaves out, where that isn't the default: see [`keys::OF_FILES`].
    fn of_file(self) -> Self {
        Self {
            host: self.host.or_else(|| Some("0.0.0.0".to_owned())),
            widths: self.widths.or_else(|| Some(Words(vec!["any".to_owned()]))),
            welcome: self.welcome.or(Some(Switch(false))),
            ..self
        }
    }

    fn from_text(text: &str, name: &str) -> Result<Self> {
        if !text.trim_start().starts_with('{') {
            let what = format!("{name}: it must be a JSON object, {{\"KEY\": value, …}}");
            return Err(Error::new(Kind::Parameter, what));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json)
            .map_err(|error| told(&error))
            .and_then(|written: Self| {
                json.end().map(|()| written.settled()).map_err(|error| error.to_string())
            })
            .map_err(|what| Error::new(Kind::Parameter, format!("{name}: {what}")))
    }

    /// Reads the variables `WEBP_<KEY>` of an environment. Also gives the names that begin so but are no key.
    ///
    /// # Errors
    /// `Parameter`, with the variable's name, for a value that is not allowed.
    pub(crate) fn from_env(env: impl IntoIterator<Item = (String, String)>) -> Result<(Self, Vec<String>)> {
        let mut values = Map::new();
        let mut unknown = Vec::new();
        for (name, value) in env {
            let Some(key) = name.strip_prefix("WEBP_") else { continue };
            if keys::OF_OTHERS.contains(&key) || value.is_empty() {
                continue;
            }
            if keys::find(key).is_some() {
                values.insert(key.to_owned(), Value::String(value));
            } else {
                unknown.push(name);
            }
        }
        let written: Self = serde_path_to_error::deserialize(Value::Object(values))
            .map_err(|error| Error::new(Kind::Parameter, format!("environment: WEBP_{}", told(&error))))?;
        Ok((written.settled(), unknown))
    }

    /// Writes out what a key means for others, so that layers can be compared key by key.
    pub(crate) fn settled(mut self) -> Self {
        if let Some(cache) = &self.cache {
            let folder = |name: &str| Some(Path::new(cache).join(name).to_string_lossy().into_owned());
            self.exhaust_path = self.exhaust_path.or_else(|| folder("exhaust"));
            self.metadata_path = self.metadata_path.or_else(|| folder("metadata"));
            self.remote_raw_path = self.remote_raw_path.or_else(|| folder("remote-raw"));
        }
        let from_mb = self.memory_limit_mb.map(Whole::value).filter(|&mb| mb > 0);
        self.memory = self.memory.or_else(|| from_mb.map(|mb| Bytes(mb << 20)));
        self
    }

    /// This layer where it says something, else the one below it.
    pub(crate) fn over(self, below: Self) -> Self {
        // A list of formats says all; the old switches of a layer below would add to it.
        let lists_formats = self.convert_types.is_some();
        let switch = |above: Option<Switch>, below| above.or(if lists_formats { None } else { below });
        Self {
            host: self.host.or(below.host),
            port: self.port.or(below.port),
            quality: self.quality.or(below.quality),
            img_path: self.img_path.or(below.img_path),
            exhaust_path: self.exhaust_path.or(below.exhaust_path),
            metadata_path: self.metadata_path.or(below.metadata_path),
            remote_raw_path: self.remote_raw_path.or(below.remote_raw_path),
            img_map: self.img_map.or(below.img_map),
            allowed_types: self.allowed_types.or(below.allowed_types),
            convert_types: self.convert_types.or(below.convert_types),
            enable_webp: switch(self.enable_webp, below.enable_webp),
            enable_avif: switch(self.enable_avif, below.enable_avif),
            enable_jxl: switch(self.enable_jxl, below.enable_jxl),
            strip_metadata: self.strip_metadata.or(below.strip_metadata),
            enable_extra_params: self.enable_extra_params.or(below.enable_extra_params),
            extra_params_crop_interesting: self
                .extra_params_crop_interesting
                .or(below.extra_params_crop_interesting),
            read_buffer_size: self.read_buffer_size.or(below.read_buffer_size),
            concurrency: self.concurrency.or(below.concurrency),
            disable_keepalive: self.disable_keepalive.or(below.disable_keepalive),
            head_timeout: self.head_timeout.or(below.head_timeout),
            keepalive_timeout: self.keepalive_timeout.or(below.keepalive_timeout),
            send_timeout: self.send_timeout.or(below.send_timeout),
            cache_ttl: self.cache_ttl.or(below.cache_ttl),
            max_cache_size: self.max_cache_size.or(below.max_cache_size),
            sizes_kept: self.sizes_kept.or(below.sizes_kept),
            widths: self.widths.or(below.widths),
            max_job_count: self.max_job_count.or(below.max_job_count),
            memory_limit_mb: self.memory_limit_mb.or(below.memory_limit_mb),
            wait: self.wait.or(below.wait),
            lazy_mode: self.lazy_mode.or(below.lazy_mode),
            cache: self.cache.or(below.cache),
            memory: self.memory.or(below.memory),
            effort: self.effort.or(below.effort),
            explain: self.explain.or(below.explain),
            follow_links: self.follow_links.or(below.follow_links),
            overrule_origin: self.overrule_origin.or(below.overrule_origin),
            verify_every: self.verify_every.or(below.verify_every),
            demo: self.demo.or(below.demo),
            demo_path: self.demo_path.or(below.demo_path),
            log: self.log.or(below.log),
            max_age: self.max_age.or(below.max_age),
            allow_origin: self.allow_origin.or(below.allow_origin),
            timing_allow_origin: self.timing_allow_origin.or(below.timing_allow_origin),
            access_log: self.access_log.or(below.access_log),
            access_log_form: self.access_log_form.or(below.access_log_form),
            welcome: self.welcome.or(below.welcome),
        }
    }
}

/// What is wrong with a layer, in one line that begins with the key concerned.
fn told(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let inner = error.inner();
    match error.path().to_string().as_str() {
        "." | "?" => inner.to_string(),
        key => format!("{key}: {inner}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Written> {
        Written::from_text(text, "config.json")
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line_and_what_is_allowed() {
        for (text, parts) in [
            ("{\n \"QUALTY\": 80}", ["QUALTY", "line 2", "QUALITY"]),
            ("{\n\n \"QUALITY\": \"many\"}", ["QUALITY: ", "line 3", "from 0 to 100"]),
            ("{\"PORT\": 65536}", ["PORT: ", "line 1", "from 0 to 65535"]),
            ("{\"LAZY_MODE\": \"maybe\"}", ["LAZY_MODE: ", "line 1", "true or false"]),
            ("{\"HOST\": \"a\",\n}", ["config.json", "line 2", "trailing comma"]),
            ("{\"QUALITY\": 101}", ["QUALITY: ", "line 1", "from 0 to 100"]),
            ("[]", ["config.json", "a JSON object", "{"]),
            ("\"x\"", ["config.json", "a JSON object", "{"]),
            ("{\"HOST\": 1}", ["HOST: ", "line 1", "a string"]),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.kind(), Kind::Parameter);
            for part in parts {
                assert!(error.to_string().contains(part), "{part} in: {error}");
            }
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }

    #[test]
    fn what_a_file_leaves_out_is_as_it_is_told() -> Result<()> {
        let pairs: Vec<String> =
            keys::OF_FILES.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        let spelt = read(&format!("{{{}}}", pairs.join(",")))?;
        assert_eq!(read("{}")?.of_file(), spelt);
        Ok(())
    }

    #[test]
    fn a_layer_hides_the_one_below_with_all_that_it_means() -> Result<()> {
        let below = read(r#"{"EXHAUST_PATH":"/e","ENABLE_AVIF":true,"MEMORY":"1G","PORT":1}"#)?;
        let (above, unknown) = Written::from_env([
            ("WEBP_CACHE".to_owned(), "/c".to_owned()),
            ("WEBP_CONVERT_TYPES".to_owned(), "webp".to_owned()),
            ("WEBP_MEMORY_LIMIT_MB".to_owned(), "200".to_owned()),
            ("WEBP_NONSENSE".to_owned(), "1".to_owned()),
            ("HOME".to_owned(), "/".to_owned()),
        ])?;
        assert_eq!(unknown, ["WEBP_NONSENSE"]);
        let both = above.over(below);
        assert_eq!(both.exhaust_path.as_deref(), Some("/c/exhaust"));
        assert_eq!(both.enable_avif, None);
        assert_eq!(both.memory, Some(Bytes(200 << 20)));
        assert_eq!(both.port.map(Whole::value), Some(1));
        Ok(())
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let error = Written::from_env([("WEBP_QUALITY".to_owned(), "x".to_owned())]).expect_err("x");
        assert!(error.to_string().starts_with("environment: WEBP_QUALITY: "), "{error}");
    }
}
