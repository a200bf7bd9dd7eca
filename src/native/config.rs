//! What was written, before anything is decided: the values that a `config.json`, the environment (`WEBP_<NAME>`) or
//! flags have for settings, and how these layers are laid over one another.

use std::{collections::BTreeMap, env, fmt, fs, io, path::Path};

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

use crate::{
    error::{Error, Kind, Result},
    settings::{
        Definition, Grammar, Setting, nearest,
        server::{self, CACHE, CONVERT_TYPES, MEMORY, MEMORY_LIMIT_MB},
    },
};

/// One layer of settings: by their names, what is written of them. Each value was read once, so it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written(BTreeMap<&'static str, Json>);

/// What stands in the folder [`CACHE`].
const BELOW_CACHE: [(&str, &Setting<crate::settings::Text>); 3] = [
    ("exhaust", &server::EXHAUST_PATH),
    ("metadata", &server::METADATA_PATH),
    ("remote-raw", &server::REMOTE_RAW_PATH),
];

/// The environment's variables that are text.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Written {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`Kind::NotFound`] or [`Kind::Io`] when it can't be read; [`Kind::Parameter`], with the line and the key, when
    /// it is no JSON, has an unknown key, or a value that is not allowed.
    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = read_text(path).map_err(|source| {
            let kind = match source.kind() {
                io::ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::Io,
            };
            Error::with_source(kind, format!("can't read the configuration {name}"), source)
        })?;
        Self::from_text(&text, &name.to_string()).map(Self::of_file)
    }

    /// Adds what a file means by leaving a key out, where that isn't the default.
    fn of_file(mut self) -> Self {
        for about in server::keys().map(Definition::about) {
            if let Some(json) = about.left_out.and_then(|json| serde_json::from_str(json).ok()) {
                self.0.entry(about.name).or_insert(json);
            }
        }
        self
    }

    fn from_text(text: &str, name: &str) -> Result<Self> {
        if !text.trim_start().starts_with('{') {
            let what = format!("{name}: it must be a JSON object, {{\"KEY\": value, …}}");
            return Err(Error::new(Kind::Parameter, what));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_map(Keys)
            .and_then(|written| json.end().map(|()| written))
            .map_err(|error| error.to_string())
            .and_then(Self::settled)
            .map_err(|what| Error::new(Kind::Parameter, format!("{name}: {what}")))
    }

    /// Reads the variables `WEBP_<NAME>` of an environment. Also gives those that begin so but are neither a setting
    /// nor a flag's twin. An empty one says nothing.
    ///
    /// # Errors
    /// [`Kind::Parameter`], with the variable's name, for a value that is not allowed.
    pub(crate) fn from_env(
        variables: impl IntoIterator<Item = (String, String)>,
        is_twin: impl Fn(&str) -> bool,
    ) -> Result<(Self, Vec<String>)> {
        let mut written = Self::default();
        let mut unknown = Vec::new();
        let wrong = |what| Error::new(Kind::Parameter, format!("environment: WEBP_{what}"));
        for (name, value) in variables {
            let Some(key) = name.strip_prefix("WEBP_").filter(|_| !value.is_empty()) else { continue };
            match server::find(key) {
                Some(definition) => {
                    written.set(definition, value.into()).map_err(|what| wrong(format!("{key}: {what}")))?
                }
                None if is_twin(&name) => {}
                None => unknown.push(name),
            }
        }
        Ok((written.settled().map_err(wrong)?, unknown))
    }

    /// Writes a value down.
    ///
    /// # Errors
    /// What is not allowed and what is.
    pub(crate) fn set(&mut self, definition: &dyn Definition, written: Json) -> Result<(), String> {
        definition.check(&written)?;
        self.0.insert(definition.about().name, written);
        Ok(())
    }

    /// What is written of a setting, if anything.
    pub(crate) fn get<G: Grammar>(&self, setting: &Setting<G>) -> Option<G::Value> {
        self.0.get(setting.about.name).and_then(|written| setting.read(written).ok())
    }

    /// What is written of a setting, or its default.
    pub(crate) fn value<G: Grammar>(&self, setting: &Setting<G>) -> G::Value {
        self.get(setting).unwrap_or_else(|| setting.default_value())
    }

    /// True if anything is written of a setting.
    pub(crate) fn has<G: Grammar>(&self, setting: &Setting<G>) -> bool {
        self.0.contains_key(setting.about.name)
    }

    /// What holds of the settings that can't change while the server runs, as text.
    pub(crate) fn fixed(&self) -> BTreeMap<&'static str, String> {
        let text = |definition: &dyn Definition| {
            let written =
                self.0.get(definition.about().name).cloned().unwrap_or_else(|| definition.default());
            written.as_str().map_or_else(|| written.to_string(), str::to_owned)
        };
        let fixed = server::keys().filter(|definition| definition.about().needs_restart);
        fixed.map(|definition| (definition.about().name, text(definition))).collect()
    }

    /// Writes out what a setting means for others, so that layers can be compared one by one.
    ///
    /// # Errors
    /// What is not allowed and what is, with the setting's name.
    pub(crate) fn settled(mut self) -> Result<Self, String> {
        if let Some(cache) = self.get(&CACHE) {
            for (name, folder) in BELOW_CACHE {
                let path = Path::new(&cache).join(name).to_string_lossy().into_owned();
                self.0.entry(folder.about.name).or_insert_with(|| path.into());
            }
        }
        if let Some(mib) = self.get(&MEMORY_LIMIT_MB).filter(|&mib| mib > 0 && !self.has(&MEMORY)) {
            let told = |what| format!("{}: {what}", MEMORY_LIMIT_MB.about.name);
            self.set(&MEMORY, format!("{mib}M").into()).map_err(told)?;
        }
        Ok(self)
    }

    /// This layer where it says something, else the one below it.
    pub(crate) fn over(mut self, mut below: Self) -> Self {
        // A list of formats says all; the old switches of a layer below would add to it.
        if self.has(&CONVERT_TYPES) {
            for switch in [server::ENABLE_WEBP, server::ENABLE_AVIF, server::ENABLE_JXL] {
                below.0.remove(switch.about.name);
            }
        }
        for (name, written) in below.0 {
            self.0.entry(name).or_insert(written);
        }
        self
    }
}

/// Reads an object key by key. What it complains of stands where the reader is, so the line is told.
struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let mut written = Written::default();
        while let Some(key) = map.next_key::<String>()? {
            let Some(definition) = server::find(&key) else {
                return Err(de::Error::custom(format!("{key}: {}", unknown(&key))));
            };
            let value: Json = map.next_value()?;
            if written.0.contains_key(definition.about().name) {
                return Err(de::Error::custom(format!("{key} stands there twice")));
            }
            if !value.is_null() {
                let told = |what: String| de::Error::custom(format!("{key}: {what}"));
                written.set(definition, value).map_err(told)?;
            }
        }
        Ok(written)
    }
}

/// A file's text without the mark with which some editors begin UTF-8, and which is no part of JSON (RFC 8259, 8.1).
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// What is said of a key that isn't known.
pub(crate) fn unknown(key: &str) -> String {
    match nearest(key, server::names()) {
        Some(near) => format!("there is no such key; {near} is near"),
        None => "there is no such key".to_owned(),
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
            ("{\n \"QUALTY\": 80}", ["QUALTY: ", "line 2", "QUALITY"]),
            ("{\n\n \"QUALITY\": \"many\"}", ["QUALITY: \"many\" ", "line 3", "from 0 to 100"]),
            ("{\"PORT\": 65536}", ["PORT: 65536 ", "line 1", "from 0 to 65535"]),
            ("{\"LAZY_MODE\": \"maybe\"}", ["LAZY_MODE: ", "line 1", "true or false"]),
            ("{\"HOST\": \"a\",\n}", ["config.json", "line 2", "trailing comma"]),
            ("{\"QUALITY\": 101}", ["QUALITY: ", "line 1", "from 0 to 100"]),
            ("{\"QUALITY\": 10, \"QUALITY\": 20}", ["QUALITY", "line 1", "twice"]),
            ("{\"CACHE\": \"c\"} x", ["config.json", "line 1", "trailing"]),
            ("{\"MEMORY_LIMIT_MB\": 3}", ["MEMORY_LIMIT_MB: ", "3M", "from 4M"]),
            ("[]", ["config.json", "a JSON object", "{"]),
            ("\"x\"", ["config.json", "a JSON object", "{"]),
            ("{\"HOST\": 1}", ["HOST: 1 ", "line 1", "a text"]),
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
        let spelt = read(r#"{"HOST": "0.0.0.0", "WIDTHS": "any", "WELCOME": false}"#)?;
        assert_eq!(read("{\"WAIT\": null}")?.of_file(), spelt);
        Ok(())
    }

    #[test]
    fn a_layer_hides_the_one_below_with_all_that_it_means() -> Result<()> {
        let below = read(r#"{"EXHAUST_PATH":"/e","ENABLE_AVIF":true,"MEMORY":"1G","PORT":1}"#)?;
        let variables = [
            ("WEBP_CACHE", "/c"),
            ("WEBP_CONVERT_TYPES", "webp"),
            ("WEBP_MEMORY_LIMIT_MB", "200"),
            ("WEBP_MAX_CONCURRENT_CONVERSIONS", "3"),
            ("WEBP_NONSENSE", "1"),
            ("WEBP_JSON", "true"),
            ("WEBP_QUALITY", ""),
            ("HOME", "/"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (above, unknown) = Written::from_env(variables, |name| name == "WEBP_JSON")?;
        assert_eq!(unknown, ["WEBP_NONSENSE"]);
        let both = above.over(below);
        assert_eq!(both.get(&server::EXHAUST_PATH).as_deref(), Some("/c/exhaust"));
        assert_eq!(both.get(&server::ENABLE_AVIF), None);
        assert_eq!(both.value(&MEMORY), Some(200 << 20));
        assert_eq!(both.value(&server::MAX_JOB_COUNT), 3);
        assert_eq!(both.value(&server::PORT), 1);
        assert_eq!(both.value(&server::HEAD_TIMEOUT).as_secs(), 15);
        Ok(())
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let variables = [("WEBP_QUALITY".to_owned(), "x".to_owned())];
        let error = Written::from_env(variables, |_| false).expect_err("x");
        assert!(error.to_string().starts_with("environment: WEBP_QUALITY: \"x\" is not allowed"), "{error}");
    }
}
