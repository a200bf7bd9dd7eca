//! The query: what a URL asks for beside its path, brought down to the few values that a policy allows.
//!
//! Unknown, disabled and repeated parameters are as if they were not there, and senseless ones of webp_server_go's and of
//! the first of ours, so they never make a variant; a senseless one of the others is an error that says what is allowed. Sizes are whole pixels from 1 to 65,535 (more counts as 65,535), multiplied by `dpr`, then snapped
//! to the policy's steps. `width` and `w` are the same, and the first of them counts.
//!
//! [`PARAMETERS`] lists them.

use percent_encoding::percent_decode_str;

use super::{
    effects::{self, Effects},
    hints::{Heeded, Hints},
    policy::Policy,
};
use crate::{
    codec::Format,
    convert::{Fit, Focus, Interest, Resize},
};

/// The parameters, with their synonyms, and what each means.
pub const PARAMETERS: &[(&str, &str)] = &[
    (
        "width= or w=, height= or h=",
        "pixels; one: the shape is kept; both: the box is filled and cropped, unless fit says otherwise",
    ),
    ("max_width=, max_height=", "pixels; the picture shrinks until it fits"),
    (
        "fit=",
        "with both sides: cover (the default), contain, fill, scale-down, or pad: exactly the box, with rims",
    ),
    (
        "gravity=",
        "what a crop keeps, or where a padded picture lies: centre, entropy, a side, a corner (top-left), or a point as 0.3x0.7, in tenths",
    ),
    ("rotate=", "0, 90, 180 or 270 degrees clockwise; sizes and gravity are those of what is turned"),
    ("flip=", "h (left to right), v (top to bottom) or both, after that"),
    (
        "trim=",
        "cuts off the border, of the colour at the top left or of one that is named: a threshold from 0 to 255, in fives, as 10 or 10:ffffff",
    ),
    ("background=", "a colour as ff8800, behind what is transparent, and of the rims of fit=pad"),
    ("blur=", "0.3 to 100 pixels, in tenths: the standard deviation of a Gaussian"),
    ("sharpen=", "0.3 to 10 pixels, in tenths: the fineness of what is made clearer"),
    (
        "watermark=",
        "with WATERMARK: puts that on the picture: an opacity from 0.01 to 1, a side, a corner or a point, two offsets in pixels, and its share of the width, as 0.5:bottom-right:10:10:0.2",
    ),
    (
        "max_bytes=",
        "1024 to 104857600, in KiB: the quality is lowered until the result is no longer; several encodes",
    ),
    ("dpr=", "1 to 4, decimals allowed: pixels of the device for each pixel asked for"),
    ("quality= or q=", "1 to 100; others than tens go up to the next, and 100 is lossless WebP"),
    ("format= or fm=", "webp, avif, jpeg or png: exactly this, whatever Accept says; auto negotiates"),
    ("still", "the first frame of an animation, as a still picture"),
    (
        "meta=full",
        "JSON about the original, with its BlurHash, ThumbHash and dominant colour; without --resize, too",
    ),
    ("explain", "JSON about the decision, with --explain"),
    ("signature=, expires=", "with SIGN_KEYS: what slimpix sign adds; the second of Unix time when it ends"),
];

/// The longest side that may be asked for, in pixels.
pub(super) const LONGEST_SIDE: u32 = 65_535;

/// What proves that a URL may be asked for, and when that ends.
pub(super) const SIGNATURE: &str = "signature";
pub(super) const EXPIRES: &str = "expires";

/// What a URL asks for. Two URLs with the same value ask for the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) max_width: Option<u32>,
    pub(super) max_height: Option<u32>,
    /// Set only where it matters (both sides are given) and is not `Cover`.
    pub(super) fit: Option<Fit>,
    /// What a crop keeps. Set only where there is one, and it differs from the policy's.
    pub(super) gravity: Option<Interest>,
    /// What is done to the picture beside that.
    pub(super) effects: Effects,
    /// Set only where it differs from the policy's.
    pub(super) quality: Option<u8>,
    pub(super) format: Option<Format>,
    /// Only the first frame of what moves.
    pub(super) still: bool,
    /// Less than the usual quality.
    pub(super) saves_data: bool,
}

/// What is to be answered about a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// The picture itself.
    Picture,
    /// JSON about the source.
    Meta,
    /// JSON about the decision.
    Explanation,
}

impl Wanted {
    /// Reads a query as a policy allows it.
    ///
    /// # Errors
    /// What is to be told of a value that isn't allowed, with the parameter's name. The older parameters are passed over
    /// instead, as in webp_server_go.
    pub(super) fn from_query(
        query: &str,
        policy: &Policy,
        hints: Hints<'_>,
    ) -> Result<(Self, Heeded), String> {
        let query = Query { pairs: pairs(query) };
        let mut wanted = Self::default();
        let own_dpr = query.first("dpr").filter(|_| policy.short_params).and_then(parse_dpr);
        let dpr = own_dpr.or_else(|| hints.dpr.and_then(parse_dpr)).unwrap_or(1.0);
        let side = |long: Option<&str>, short: Option<&str>| {
            let name = |key: &str| {
                (policy.extra_params && Some(key) == long) || (policy.short_params && Some(key) == short)
            };
            let asked = query.first_of(name).and_then(parse_side)?;
            Some(snap(scale_side(asked, dpr), &policy.size_steps))
        };
        wanted.width = side(Some("width"), Some("w"));
        wanted.height = side(Some("height"), Some("h"));
        wanted.max_width = side(Some("max_width"), None);
        wanted.max_height = side(Some("max_height"), None);
        let takes_hints = policy.client_hints && policy.short_params;
        let has_size = wanted.has_size();
        let mut heeded = Heeded::default();
        if takes_hints {
            heeded = Heeded { dpr: has_size && own_dpr.is_none(), width: !has_size, save_data: false };
            let width = hints.width.filter(|_| !has_size).and_then(parse_side);
            wanted.width = wanted.width.or_else(|| Some(snap(width?, &policy.size_steps)));
        }
        if policy.short_params {
            let has_box = wanted.width.is_some() && wanted.height.is_some();
            wanted.fit = query.first("fit").and_then(parse_fit).filter(|_| has_box);
            let quality = query.first_of(|key| matches!(key, "q" | "quality")).and_then(parse_quality);
            heeded.save_data = takes_hints && quality.is_none();
            wanted.saves_data = heeded.save_data && hints.saves_data;
            wanted.quality = quality
                .map(|quality| snap(quality, &policy.quality_steps))
                .filter(|&quality| !policy.qualities.is_empty() || quality != policy.quality.min(100));
            wanted.effects = Effects::read(|name| query.first(name))?;
            let gravity = query.first("gravity").map(parse_gravity).transpose()?;
            wanted.gravity = gravity.filter(|gravity| has_box && matters(*gravity, wanted.fit, policy));
            wanted.format = query
                .first_of(|key| matches!(key, "format" | "fm"))
                .and_then(|name| parse_format(name, policy));
            wanted.still = query.first("still").is_some_and(is_yes);
        }
        if let Some(mark) = &policy.watermark {
            let asked = query.first(effects::WATERMARK).filter(|_| policy.short_params);
            wanted.effects.set_watermark(mark, asked)?;
        }
        Ok((wanted, heeded))
    }

    const fn has_size(&self) -> bool {
        let Self { width, height, max_width, max_height, .. } = self;
        width.is_some() || height.is_some() || max_width.is_some() || max_height.is_some()
    }

    /// True if the same picture is wanted as with no parameters at all.
    pub(super) fn is_plain(&self) -> bool {
        self.resize(Interest::Centre).is_none()
            && self.effects == Effects::default()
            && self.quality.is_none()
            && !self.still
            && !self.saves_data
    }

    /// What is wanted but for its size.
    pub(super) fn without_size(&self) -> Self {
        Self {
            effects: self.effects,
            quality: self.quality,
            format: self.format,
            still: self.still,
            saves_data: self.saves_data,
            ..Self::default()
        }
    }

    /// The size as a conversion's parameter. The maximum sides bound the others.
    pub(super) fn resize(&self, interest: Interest) -> Option<Resize> {
        let bound = |side: Option<u32>, most: Option<u32>| match (side, most) {
            (Some(side), Some(most)) => Some(side.min(most)),
            (side, most) => side.or(most),
        };
        let width = bound(self.width, self.max_width);
        let height = bound(self.height, self.max_height);
        if width.is_none() && height.is_none() {
            return None;
        }
        let has_box = self.width.is_some() && self.height.is_some();
        let fit = if has_box { self.fit.unwrap_or(Fit::Cover) } else { Fit::Contain };
        // A rim is around the middle, whatever a crop keeps.
        let interest = if fit == Fit::Pad { Interest::Centre } else { interest };
        let interest = self.gravity.unwrap_or(interest);
        Some(Resize { width, height, fit, enlarge: false, interest, ..Resize::default() })
    }

    /// True if the result shows another part, another shape or something else than the source.
    pub(super) fn reshapes(&self) -> bool {
        self.effects.is_seen()
            || self
                .resize(Interest::Centre)
                .is_some_and(|resize| matches!(resize.fit, Fit::Cover | Fit::Fill | Fit::Pad))
    }

    /// The name of the fit for keys, where it matters.
    pub(super) fn fit_name(&self) -> Option<&'static str> {
        match self.fit? {
            Fit::Cover => None,
            // Nothing is ever enlarged here, so these two are one.
            Fit::Contain | Fit::ScaleDown => Some("contain"),
            Fit::Fill => Some("fill"),
            Fit::Pad => Some("pad"),
        }
    }
}

impl Topic {
    /// What a query is about.
    pub(super) fn from_query(query: &str, policy: &Policy) -> Self {
        let query = Query { pairs: pairs(query) };
        if query.first("meta") == Some("full") {
            Self::Meta
        } else if policy.explain && query.first("explain").is_some_and(is_yes) {
            Self::Explanation
        } else {
            Self::Picture
        }
    }
}

/// What of a query is the origin's, in its order and encoding: all but what is obeyed here. The names of
/// webp_server_go's sizes are never the origin's, be they obeyed or not.
pub(super) fn left_for_origin(query: &str, policy: &Policy) -> String {
    let is_signing = !policy.sign_keys.is_empty();
    let is_taken = |pair: &&str| {
        let (name, value) = decoded(pair);
        is_ours(&name, &value, policy) || is_signing && is_signatures(&name)
    };
    query.split('&').filter(|pair| !is_taken(pair)).collect::<Vec<_>>().join("&")
}

/// True if a query asks for anything that is done here.
pub(super) fn asks(query: &str, policy: &Policy) -> bool {
    pairs(query).iter().any(|(name, value)| is_ours(name, value, policy))
}

/// True for the parameters of the signature itself.
pub(super) fn is_signatures(name: &str) -> bool {
    name == SIGNATURE || name == EXPIRES
}

fn is_ours(name: &str, value: &str, policy: &Policy) -> bool {
    match name {
        "width" | "height" | "max_width" | "max_height" => true,
        "w" | "h" | "fit" | "gravity" | "dpr" | "q" | "quality" | "format" | "fm" | "still" => {
            policy.short_params
        }
        effects::WATERMARK => policy.short_params && policy.watermark.is_some(),
        name if effects::NAMES.contains(&name) => policy.short_params,
        "meta" => value == "full",
        "explain" => policy.explain,
        _ => false,
    }
}

struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    fn first(&self, name: &str) -> Option<&str> {
        self.first_of(|key| key == name)
    }

    fn first_of(&self, matches: impl Fn(&str) -> bool) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| matches(key)).map(|(_, value)| value.as_str())
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(decoded).collect()
}

fn decoded(pair: &str) -> (String, String) {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (decode(name), decode(value))
}

/// A word that stands alone says yes.
fn is_yes(value: &str) -> bool {
    value != "0" && value != "false"
}

/// Whole pixels. Zero and what is no number ask for nothing.
fn parse_side(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // Only digits: what doesn't parse is too large.
    let side = text.parse().unwrap_or(LONGEST_SIDE);
    (side > 0).then(|| side.min(LONGEST_SIDE))
}

fn parse_dpr(text: &str) -> Option<f32> {
    text.parse().ok().filter(|dpr: &f32| dpr.is_finite() && *dpr > 0.0).map(|dpr| dpr.clamp(1.0, 4.0))
}

fn scale_side(side: u32, dpr: f32) -> u32 {
    // The cast saturates, and both factors are positive.
    ((f64::from(side) * f64::from(dpr)).round() as u32).clamp(1, LONGEST_SIDE)
}

/// The next step up, or the last one. Without steps the value itself.
fn snap<T: Copy + Ord>(value: T, steps: &[T]) -> T {
    steps.iter().copied().filter(|step| *step >= value).min().or(steps.iter().copied().max()).unwrap_or(value)
}

fn parse_quality(text: &str) -> Option<u8> {
    parse_side(text).and_then(|quality| u8::try_from(quality.min(100)).ok())
}

fn parse_fit(text: &str) -> Option<Fit> {
    match text {
        "contain" | "scale-down" => Some(Fit::Contain),
        "fill" => Some(Fit::Fill),
        "pad" => Some(Fit::Pad),
        _ => None,
    }
}

/// True if a gravity makes a difference to a picture in a box.
fn matters(gravity: Interest, fit: Option<Fit>, policy: &Policy) -> bool {
    match fit {
        None => gravity != policy.interest,
        Some(Fit::Pad) => !matches!(gravity, Interest::Centre | Interest::Entropy),
        Some(_) => false,
    }
}

/// A part of a picture; of points there are a hundred and twenty-one, in tenths.
fn parse_gravity(text: &str) -> Result<Interest, String> {
    let tenth = |hundredths: u8| (hundredths + 5) / 10 * 10;
    match Interest::parse(text) {
        Ok(Interest::Around(focus)) => Ok(Interest::Around(Focus::new(tenth(focus.x()), tenth(focus.y())))),
        parsed => parsed.map_err(|allowed| format!("gravity: {text:?} is not allowed; it is {allowed}")),
    }
}

/// A format that may be asked for by name: one that is made anyway, or one that everybody can show.
pub(super) fn parse_format(name: &str, policy: &Policy) -> Option<Format> {
    let format = Format::from_name(name)?;
    let is_common = matches!(format, Format::Jpeg | Format::Png);
    (format.can_encode() && (is_common || policy.formats.contains(&format))).then_some(format)
}
