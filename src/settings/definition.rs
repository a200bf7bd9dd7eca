//! What one setting is: a [`Setting`] for who reads its value, a [`Definition`] for who lists all of them.

use serde_json::Value as Json;

use super::grammar::{Grammar, refusal};

/// A setting whose value is read by the grammar `G`.
#[derive(Debug, Clone, Copy)]
pub struct Setting<G: Grammar> {
    /// What people are told.
    pub about: About,
    /// How its value is written.
    pub takes: G,
    /// What holds where nothing is written.
    pub default: G::Default,
}

/// What people are told of a setting, whatever its value is.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The key of `config.json`, `WEBP_` and this in the environment, and the Worker's variable.
    pub name: &'static str,
    /// What it does, as a phrase in lower case.
    pub help: &'static str,
    /// What is different from webp_server_go, if anything.
    pub differs: &'static str,
    /// What is said instead of the default where the machine decides.
    pub decided_by: &'static str,
    /// What a `config.json` that doesn't name it means by that, as JSON, where it isn't the default: webp_server_go
    /// listens for everybody, makes sizes as they are asked, and welcomes nobody.
    pub left_out: Option<&'static str>,
    /// Another name that `config.json` and the environment may have for it.
    pub alias: &'static str,
    /// How the command line of `serve` names it.
    pub flag: Flag,
    /// It can't change while the server runs.
    pub needs_restart: bool,
    /// What is written is nobody's to see.
    pub is_secret: bool,
}

/// How the command line names a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Not at all.
    None,
    /// `--long VALUE`, also `-s VALUE`. A switch takes no value.
    Long {
        /// Without its dashes.
        long: &'static str,
        /// The letter, if it has one.
        short: Option<char>,
        /// What stands for the value in the help.
        value: &'static str,
    },
    /// As a part of that argument, which `native/cli/serve.rs` declares.
    Part(&'static str),
}

/// A setting that is called so by its constant.
pub(super) const fn setting<G: Grammar>(takes: G, default: G::Default, help: &'static str) -> Setting<G> {
    let about = About {
        name: "",
        help,
        differs: "",
        decided_by: "",
        left_out: None,
        alias: "",
        flag: Flag::None,
        needs_restart: false,
        is_secret: false,
    };
    Setting { about, takes, default }
}

impl<G: Grammar> Setting<G> {
    pub(super) const fn named(mut self, name: &'static str) -> Self {
        self.about.name = name;
        self
    }

    pub(super) const fn differs(mut self, differs: &'static str) -> Self {
        self.about.differs = differs;
        self
    }

    /// slimpix's own: webp_server_go has nothing like it.
    pub(super) const fn ours(self) -> Self {
        self.differs("slimpix's own key.")
    }

    pub(super) const fn decided_by(mut self, what: &'static str) -> Self {
        self.about.decided_by = what;
        self
    }

    pub(super) const fn left_out(mut self, json: &'static str) -> Self {
        self.about.left_out = Some(json);
        self
    }

    pub(super) const fn alias(mut self, name: &'static str) -> Self {
        self.about.alias = name;
        self
    }

    pub(super) const fn flag(mut self, long: &'static str, value: &'static str) -> Self {
        self.about.flag = Flag::Long { long, short: None, value };
        self
    }

    pub(super) const fn short(mut self, letter: char) -> Self {
        if let Flag::Long { long, value, .. } = self.about.flag {
            self.about.flag = Flag::Long { long, short: Some(letter), value };
        }
        self
    }

    pub(super) const fn part_of(mut self, argument: &'static str) -> Self {
        self.about.flag = Flag::Part(argument);
        self
    }

    pub(super) const fn needs_restart(mut self) -> Self {
        self.about.needs_restart = true;
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.about.is_secret = true;
        self
    }

    /// Reads what is written.
    ///
    /// # Errors
    /// What is not allowed and what is, with the setting's name.
    pub fn read(&self, written: &Json) -> Result<G::Value, String> {
        let told = |wrong: Json| format!("{}: {}", self.about.name, refusal(self.takes, &wrong));
        self.takes.read(written).map_err(told)
    }

    /// What holds where nothing is written.
    pub fn default_value(&self) -> G::Value {
        self.takes.value(self.default)
    }
}

/// A setting of any kind.
pub trait Definition: Sync {
    /// What people are told.
    fn about(&self) -> &About;

    /// True for what is on or off.
    fn is_switch(&self) -> bool;

    /// The default as `config.json` has it; [`Json::Null`] where nothing is set.
    fn default(&self) -> Json;

    /// The default as a flag or a variable has it; `None` where nothing is set.
    fn default_text(&self) -> Option<String> {
        let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        match self.default() {
            Json::Null => None,
            Json::Array(list) => Some(list.iter().map(text).collect::<Vec<_>>().join(",")),
            other => Some(text(&other)),
        }
    }

    /// Sees whether a value is allowed.
    ///
    /// # Errors
    /// What is not allowed and what is.
    fn check(&self, written: &Json) -> Result<(), String>;
}

impl<G: Grammar> Definition for Setting<G> {
    fn about(&self) -> &About {
        &self.about
    }

    fn is_switch(&self) -> bool {
        G::IS_SWITCH
    }

    fn default(&self) -> Json {
        self.takes.write(self.default)
    }

    fn check(&self, written: &Json) -> Result<(), String> {
        self.takes.read(written).map(drop).map_err(|wrong| refusal(self.takes, &wrong))
    }
}

/// The known name that a misspelt one most likely means: the one with most in common, if it is much.
#[must_use]
pub fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let likeness = |known: &str| {
        let same_start = known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        let same_end = known.bytes().rev().zip(name.bytes().rev()).take_while(|(a, b)| a == b).count();
        (same_start + same_end).min(known.len())
    };
    let best = known.max_by_key(|known| likeness(known))?;
    (likeness(best) * 2 >= name.len().max(best.len())).then_some(best)
}

/// Declares settings as constants that are named as the settings are, the list of all of them, and that of their
/// names alone, for a host whose program is not to grow by what people are told.
macro_rules! settings {
    ($(#[$about:meta])* $list:ident { $($(#[$note:meta])* $name:ident: $takes:ty = $setting:expr;)* }) => {
        $(
            #[doc = concat!("The setting `", stringify!($name), "`; its [`About::help`](super::About::help) says what it does.")]
            ///
            $(#[$note])*
            pub const $name: super::Setting<$takes> = $setting.named(stringify!($name));
        )*
        $(#[$about])*
        pub static $list: &[&dyn super::Definition] = &[$(&$name),*];
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}
pub(super) use settings;
