//! What a caller asks, read from a plain object key by key.
//!
//! An unknown key, a wrong type or a number out of its range is an error that names the key: a typo must not
//! silently give a picture of another size.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    codec::Format,
    convert::{Fit, Interest, Mode, Params, Resize},
    error::{Error, Kind, Result},
};

const KEYS: [&str; 10] = [
    "format",
    "quality",
    "effort",
    "lossless",
    "width",
    "height",
    "fit",
    "enlarge",
    "keepMetadata",
    "targetSize",
];

/// The parameters that an options object stands for. `undefined` and `null` are the defaults.
///
/// # Errors
/// `Parameter`.
pub(super) fn read(options: &JsValue) -> Result<Params> {
    let mut params = Params::default();
    if options.is_undefined() || options.is_null() {
        return Ok(params);
    }
    let options: &Object = options.dyn_ref().ok_or_else(|| wrong("the options", "an object"))?;
    check_keys(options)?;
    if let Some(format) = word(options, "format", "webp, avif, jpeg or png", format)? {
        params.format = format;
    }
    if let Some(quality) = whole(options, "quality", 0, 100)? {
        params.quality = quality as u8;
    }
    if let Some(effort) = whole(options, "effort", 0, 6)? {
        params.effort = effort as u8;
    }
    if let Some(lossless) = flag(options, "lossless")? {
        params.mode = if lossless { Mode::Lossless } else { Mode::Lossy };
    }
    params.resize = resize(options)?;
    params.keep_metadata = flag(options, "keepMetadata")?.unwrap_or(params.keep_metadata);
    params.target_size = whole(options, "targetSize", 1, u32::MAX)?.map(u64::from);
    Ok(params)
}

fn check_keys(options: &Object) -> Result<()> {
    for key in Object::keys(options).iter() {
        let known = key.as_string().is_some_and(|key| KEYS.contains(&key.as_str()));
        if !known {
            let key = key.as_string().unwrap_or_default();
            return Err(Error::new(
                Kind::Parameter,
                format!("there is no option {key:?}; there are {}", KEYS.join(", ")),
            ));
        }
    }
    Ok(())
}

fn resize(options: &Object) -> Result<Option<Resize>> {
    let width = whole(options, "width", 1, 65_535)?;
    let height = whole(options, "height", 1, 65_535)?;
    let fit = word(options, "fit", "contain, cover, fill or scale-down", fit)?.unwrap_or_default();
    let enlarge = flag(options, "enlarge")?.unwrap_or(false);
    let is_asked = width.is_some() || height.is_some();
    Ok(is_asked.then_some(Resize {
        width,
        height,
        fit,
        enlarge,
        interest: Interest::Centre,
        ..Resize::default()
    }))
}

fn format(word: &str) -> Option<Format> {
    Format::from_name(word).filter(|format| Format::TARGETS.contains(format))
}

fn fit(word: &str) -> Option<Fit> {
    match word {
        "contain" => Some(Fit::Contain),
        "cover" => Some(Fit::Cover),
        "fill" => Some(Fit::Fill),
        "scale-down" => Some(Fit::ScaleDown),
        _ => None,
    }
}

fn word<T>(options: &Object, key: &str, allowed: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>> {
    let Some(value) = value(options, key)? else { return Ok(None) };
    let parsed = value.as_string().and_then(|word| parse(&word));
    parsed.map(Some).ok_or_else(|| wrong(key, allowed))
}

fn flag(options: &Object, key: &str) -> Result<Option<bool>> {
    let Some(value) = value(options, key)? else { return Ok(None) };
    value.as_bool().map(Some).ok_or_else(|| wrong(key, "true or false"))
}

fn whole(options: &Object, key: &str, low: u32, high: u32) -> Result<Option<u32>> {
    let Some(value) = value(options, key)? else { return Ok(None) };
    let range = f64::from(low)..=f64::from(high);
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && range.contains(number));
    // Whole and in the range of two u32: the cast is exact.
    let number = number.map(|number| number as u32);
    number.map(Some).ok_or_else(|| wrong(key, &format!("a whole number from {low} to {high}")))
}

fn value(options: &Object, key: &str) -> Result<Option<JsValue>> {
    let value = Reflect::get(options, &JsValue::from_str(key))?;
    Ok(Some(value).filter(|value| !value.is_undefined() && !value.is_null()))
}

fn wrong(key: &str, allowed: &str) -> Error {
    Error::new(Kind::Parameter, format!("{key} must be {allowed}"))
}
