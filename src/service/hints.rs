//! Client hints: what a client says of its screen and of its wishes beside the URL. A hint counts where the URL leaves
//! something open, and is named in `Vary` wherever it would count.
//!
//! | hint | counts where the URL names | and then |
//! |---|---|---|
//! | `Sec-CH-Width` | no size | it is the width, in pixels of the device |
//! | `Sec-CH-DPR` | a size, and no `dpr` | it is that |
//! | `Save-Data: on` | no quality | three quarters of the usual one |

use http::{HeaderMap, HeaderName, HeaderValue};

const DPR: HeaderName = HeaderName::from_static("sec-ch-dpr");
const WIDTH: HeaderName = HeaderName::from_static("sec-ch-width");
const SAVE_DATA: HeaderName = HeaderName::from_static("save-data");

/// All that are read.
pub(super) const NAMES: [HeaderName; 3] = [DPR, WIDTH, SAVE_DATA];

/// The fields that ask browsers for them, for [`Policy::more_headers`](super::Policy::more_headers). `Save-Data` comes unasked.
#[must_use]
pub fn accept_hints() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("accept-ch"), HeaderValue::from_static("Sec-CH-DPR, Sec-CH-Width"))
}

/// What a client says, as it says it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hints<'a> {
    pub(super) dpr: Option<&'a str>,
    pub(super) width: Option<&'a str>,
    pub(super) saves_data: bool,
}

impl<'a> Hints<'a> {
    /// A field that stands there twice says nothing.
    pub(super) fn from_headers(headers: &'a HeaderMap) -> Self {
        let only = |name: &HeaderName| {
            let mut values = headers.get_all(name).iter();
            let value = values.next()?.to_str().ok().map(str::trim);
            value.filter(|_| values.next().is_none())
        };
        Self {
            dpr: only(&DPR),
            width: only(&WIDTH),
            saves_data: only(&SAVE_DATA).is_some_and(|value| value.eq_ignore_ascii_case("on")),
        }
    }
}

/// The hints that count for a URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Heeded {
    pub(super) dpr: bool,
    pub(super) width: bool,
    pub(super) save_data: bool,
}

impl Heeded {
    /// Their names, as `Vary` has them.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let named = [(self.dpr, "Sec-CH-DPR"), (self.width, "Sec-CH-Width"), (self.save_data, "Save-Data")];
        named.into_iter().filter(|(is_heeded, _)| *is_heeded).map(|(_, name)| name)
    }
}
