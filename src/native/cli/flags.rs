//! The flags of `serve` that stand for a setting each, made from the settings' definitions, and the texts of their
//! help.

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, error::ErrorKind, parser::ValueSource,
};
use serde_json::Value as Json;

use crate::{
    native::config::Written,
    settings::{About, Definition, Flag, Grammar, read_text, server},
};

/// What the flags say. One that is absent says nothing, so that it can be on by other means.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingFlags {
    pub(crate) written: Written,
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.args(server::keys().filter_map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for key in server::keys() {
            let Flag::Long { long, .. } = key.about().flag else { continue };
            if matches.value_source(long) != Some(ValueSource::CommandLine) {
                continue;
            }
            let value = match key.is_switch() {
                true => Json::Bool(matches.get_flag(long)),
                false => matches.get_one::<String>(long).cloned().into(),
            };
            let wrong = |what| clap::Error::raw(ErrorKind::ValueValidation, format!("--{long}: {what}\n"));
            self.written.set(key, value).map_err(wrong)?;
        }
        Ok(())
    }
}

/// The flag of a setting, if it has one of its own.
fn arg(key: &'static dyn Definition) -> Option<Arg> {
    let Flag::Long { long, short, value } = key.about().flag else { return None };
    let arg = Arg::new(long).long(long).short(short).help(help(key));
    Some(match key.is_switch() {
        true => arg.action(ArgAction::SetTrue),
        false => arg
            .value_name(value)
            .value_parser(move |text: &str| key.check(&text.into()).map(|()| text.to_owned())),
    })
}

/// What a flag does, its variable and its default.
fn help(key: &dyn Definition) -> String {
    let about = key.about();
    let default = match key.is_switch() {
        true => String::new(),
        false => default(key).map(|default| format!(" [default: {default}]")).unwrap_or_default(),
    };
    format!("{} [env: WEBP_{}]{default}", sentence(about), about.name)
}

/// The default, or who decides it.
pub(super) fn default(key: &dyn Definition) -> Option<String> {
    let decided_by = Some(key.about().decided_by).filter(|text| !text.is_empty());
    key.default_text().or(decided_by.map(str::to_owned))
}

/// What a setting does, with a capital.
pub(super) fn sentence(about: &About) -> String {
    let mut letters = about.help.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + letters.as_str()
}

/// What reads a value of a grammar.
pub(super) fn takes<G: Grammar + Send>(
    takes: G,
) -> impl Fn(&str) -> Result<G::Value, String> + Clone + Send + Sync + 'static {
    move |text| read_text(takes, text)
}
