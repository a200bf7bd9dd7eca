//! Every setting of the hosts, once: its name, how its value is written, its default and what it does.
//!
//! The command line, the environment, `config.json`, `slimpix doctor`, `-dump-config`, the help and the Worker all
//! read these definitions. A host adds what only it can know: where a value stands, and what is made of it.
//!
//! | file | settings |
//! |---|---|
//! | [`shared`] | of the server and the Worker, with the same name, values and default |
//! | [`server`] | of the server alone: a flag, `WEBP_<NAME>` in the environment, a key of `config.json` |
//! | [`worker`] | of the Worker alone, or with another default there, and why |
//!
//! # How to add a setting
//!
//! Write one entry into the file of the hosts that have it:
//!
//! ```text
//! SIZES_KEPT: Whole<usize> = setting(Whole(0, 1_000_000_000), 32, "sizes and qualities that are kept of one picture");
//! ```
//!
//! with `.flag("sizes-kept", "N")` behind it if the command line shall have one, and `.needs_restart()` if it can't
//! change while the server runs. Then use it: `written.value(&shared::SIZES_KEPT)` in `native/resolve.rs`,
//! `self.value(&shared::SIZES_KEPT)?` in `edge/settings.rs`. The flag, its help, the key, the variables, their
//! errors, the doctor and the dumped file follow from the entry. Tests then ask for a row in README's table, and for
//! a line in `wrangler.toml` if the Worker has it. A kind of value that is new is one more [`Grammar`].

mod address;
mod allowed;
mod definition;
mod grammar;
mod keys;
mod networks;
pub mod server;
pub mod shared;
mod size;
mod token;
mod words;
pub mod worker;

pub use self::{
    address::{Address, HostPort},
    allowed::{Allowed, Extensions},
    definition::{About, Definition, Flag, Setting, nearest},
    grammar::{Grammar, OneOf, OrAuto, Pairs, SIDE, Switch, Text, Time, Unset, Whole, read_text, refusal},
    keys::{Key, Keys, Signed},
    networks::{Network, Networks},
    size::Size,
    token::Token,
    words::{Crop, Drawings, ListOf, Names, Sizes, Widths},
};

#[cfg(test)]
mod tests;
