//! What a caller asks, read from a plain object key by key.
//!
//! An unknown key, a wrong type or a number out of its range is an error that names the key and what is allowed: a typo
//! must not silently give a picture of another size. The ranges are those of the command line.

use std::ops::RangeInclusive;

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::bytes::copy_in;
use crate::{
    codec::Format,
    convert::{
        Filter, Fit, Interest, Mode, Params, Placement, Resize, Trim, Watermark, parse_blur, parse_color,
        parse_sharpen, parse_turn, read_mark,
    },
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::Orientation,
};

const CONVERT_KEYS: &[&str] = &[
    "format",
    "quality",
    "alphaQuality",
    "effort",
    "lossless",
    "width",
    "height",
    "fit",
    "enlarge",
    "interest",
    "rotate",
    "flip",
    "trim",
    "background",
    "blur",
    "sharpen",
    "watermark",
    "watermarkAt",
    "filter",
    "linear",
    "still",
    "keepMetadata",
    "targetSize",
    "limits",
];
const PROBE_KEYS: &[&str] = &["limits"];
const LIMITS_KEYS: &[&str] = &["maxInputBytes", "maxPixels", "maxSide", "maxMemory", "maxOutputBytes"];

const PERCENT: RangeInclusive<u64> = 0..=100;
const EFFORT: RangeInclusive<u64> = 0..=6;
const SIDE: RangeInclusive<u64> = 1..=65_535;
/// Up to `Number.MAX_SAFE_INTEGER`: beyond it numbers of JavaScript are not exact.
const COUNT: RangeInclusive<u64> = 1..=(1 << 53) - 1;

/// The parameters and limits of a conversion. `undefined` and `null` are the defaults.
///
/// # Errors
/// [`Kind::Parameter`], with the key and what is allowed.
pub(super) fn for_convert(options: &JsValue) -> Result<(Params, Limits)> {
    let Some(options) = Options::open("the options", options, CONVERT_KEYS)? else {
        return Ok((Params::default(), Limits::default()));
    };
    let defaults = Params::default();
    let mode = options.flag("lossless")?.map(|lossless| if lossless { Mode::Lossless } else { Mode::Lossy });
    let params = Params::default()
        .with_format(options.word("format", &targets())?.unwrap_or(defaults.format))
        .with_quality(options.byte("quality", PERCENT)?.unwrap_or(defaults.quality))
        .with_alpha_quality(options.byte("alphaQuality", PERCENT)?.unwrap_or(defaults.alpha_quality))
        .with_effort(options.byte("effort", EFFORT)?.unwrap_or(defaults.effort))
        .with_mode(mode.unwrap_or(defaults.mode))
        .with_resize(options.resize()?)
        .with_turn(options.turn()?)
        .with_trim(options.trim()?)
        .with_background(options.parsed("background", parse_color)?)
        .with_blur(options.pixels("blur", parse_blur)?)
        .with_sharpen(options.pixels("sharpen", parse_sharpen)?)
        .with_watermark(options.watermark()?)
        .with_still(options.flag("still")?.unwrap_or(defaults.still))
        .with_keep_metadata(options.flag("keepMetadata")?.unwrap_or(defaults.keep_metadata))
        .with_target_size(options.whole("targetSize", COUNT)?);
    Ok((params, options.limits()?))
}

/// The limits of a probe. `undefined` and `null` are the defaults.
///
/// # Errors
/// [`Kind::Parameter`], with the key and what is allowed.
pub(super) fn for_probe(options: &JsValue) -> Result<Limits> {
    let options = Options::open("the options", options, PROBE_KEYS)?;
    options.map_or_else(|| Ok(Limits::default()), |options| options.limits())
}

/// The formats that are written, by name.
fn targets() -> Vec<(&'static str, Format)> {
    let mut targets: Vec<_> = Format::TARGETS.iter().map(|format| (format.name(), *format)).collect();
    // As for the command line.
    targets.push(("jpg", Format::Jpeg));
    targets
}

/// An object of the caller whose keys are all known.
struct Options<'a>(&'a Object);

impl<'a> Options<'a> {
    /// The object that stands in `value`, or nothing for `undefined` and `null`. `name` is what errors call it.
    fn open(name: &str, value: &'a JsValue, known: &[&str]) -> Result<Option<Self>> {
        if value.is_undefined() || value.is_null() {
            return Ok(None);
        }
        let object: &Object = value.dyn_ref().ok_or_else(|| wrong(name, "an object"))?;
        for key in Object::keys(object).iter().filter_map(|key| key.as_string()) {
            if !known.contains(&key.as_str()) {
                let known = known.join(", ");
                return Err(Error::new(Kind::Parameter, format!("{name} have no key {key:?}, but {known}")));
            }
        }
        Ok(Some(Self(object)))
    }

    fn limits(&self) -> Result<Limits> {
        let value = self.value("limits")?.unwrap_or(JsValue::UNDEFINED);
        let Some(asked) = Options::open("limits", &value, LIMITS_KEYS)? else { return Ok(Limits::default()) };
        let defaults = Limits::default();
        let side = asked.whole("maxSide", 1..=u32::MAX.into())?.and_then(|side| u32::try_from(side).ok());
        Ok(Limits::default()
            .with_max_input_bytes(asked.whole("maxInputBytes", COUNT)?.unwrap_or(defaults.max_input_bytes))
            .with_max_pixels(asked.whole("maxPixels", COUNT)?.unwrap_or(defaults.max_pixels))
            .with_max_side(side.unwrap_or(defaults.max_side))
            .with_max_memory(asked.whole("maxMemory", COUNT)?.unwrap_or(defaults.max_memory))
            .with_max_output_bytes(
                asked.whole("maxOutputBytes", COUNT)?.unwrap_or(defaults.max_output_bytes),
            ))
    }

    fn resize(&self) -> Result<Option<Resize>> {
        // Read though nothing may be resized: a wrong value is an error all the same.
        let mut resize = Resize::default()
            .with_fit(self.word("fit", Fit::NAMES)?.unwrap_or_default())
            .with_enlarge(self.flag("enlarge")?.unwrap_or(false))
            .with_interest(self.parsed("interest", Interest::parse)?.unwrap_or_default())
            .with_filter(self.word("filter", Filter::NAMES)?.unwrap_or_default())
            .with_linear(self.flag("linear")?.unwrap_or(false));
        resize.width = self.side("width")?;
        resize.height = self.side("height")?;
        Ok((resize.width.is_some() || resize.height.is_some()).then_some(resize))
    }

    fn turn(&self) -> Result<Orientation> {
        let degrees = self.whole("rotate", 0..=270)?.map(|degrees| degrees.to_string());
        let flip = self.value("flip")?.map(|value| value.as_string().unwrap_or_default());
        parse_turn(degrees.as_deref(), flip.as_deref()).map_err(|(key, allowed)| wrong(key, allowed))
    }

    /// A picture's bytes, and where it is.
    fn watermark(&self) -> Result<Option<Watermark>> {
        // Read though there may be no mark: a wrong value is an error all the same.
        let placement = self.parsed("watermarkAt", Placement::parse)?.unwrap_or_default();
        let Some(value) = self.value("watermark")? else { return Ok(None) };
        let bytes: &Uint8Array = value.dyn_ref().ok_or_else(|| wrong("watermark", "a Uint8Array"))?;
        let mark = read_mark(&copy_in(bytes)?, &self.limits()?)?;
        Ok(Some(Watermark::new(mark, placement)))
    }

    /// A border: a threshold, or that and a colour as a text.
    fn trim(&self) -> Result<Option<Trim>> {
        let Some(value) = self.value("trim")? else { return Ok(None) };
        let text = value.as_string().or_else(|| value.as_f64().map(|threshold| threshold.to_string()));
        let trim = Trim::parse(&text.unwrap_or_else(|| "?".to_owned()));
        trim.map(Some).map_err(|allowed| wrong("trim", &allowed))
    }

    /// Pixels, in tenths.
    fn pixels(&self, key: &str, parse: impl Fn(&str) -> Result<u16, String>) -> Result<u16> {
        let Some(value) = self.value(key)? else { return Ok(0) };
        let pixels = value.as_f64().map(|pixels| pixels.to_string()).unwrap_or_default();
        parse(&pixels).map_err(|allowed| wrong(key, &allowed))
    }

    /// What a text says, or what it must be.
    fn parsed<T>(&self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        let parsed = parse(&value.as_string().unwrap_or_default());
        parsed.map(Some).map_err(|allowed| wrong(key, &allowed))
    }

    fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        let word = value.as_string().unwrap_or_default();
        let found = words.iter().find(|(name, _)| *name == word).map(|(_, meaning)| *meaning);
        found.map(Some).ok_or_else(|| {
            let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
            wrong(key, &format!("one of {}", names.join(", ")))
        })
    }

    fn flag(&self, key: &str) -> Result<Option<bool>> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| wrong(key, "true or false"))
    }

    fn side(&self, key: &str) -> Result<Option<u32>> {
        Ok(self.whole(key, SIDE)?.map(|side| side as u32))
    }

    fn byte(&self, key: &str, range: RangeInclusive<u64>) -> Result<Option<u8>> {
        Ok(self.whole(key, range)?.map(|number| number as u8))
    }

    /// A whole number in the range.
    fn whole(&self, key: &str, range: RangeInclusive<u64>) -> Result<Option<u64>> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        // What is not whole, or no number of 64 bits, is another number after the casts.
        let number = value.as_f64().filter(|number| *number as u64 as f64 == *number);
        let number = number.map(|number| number as u64).filter(|number| range.contains(number));
        number
            .map(Some)
            .ok_or_else(|| wrong(key, &format!("a whole number from {} to {}", range.start(), range.end())))
    }

    fn value(&self, key: &str) -> Result<Option<JsValue>> {
        let value = Reflect::get(self.0, &JsValue::from_str(key))?;
        Ok(Some(value).filter(|value| !value.is_undefined() && !value.is_null()))
    }
}

fn wrong(key: &str, allowed: &str) -> Error {
    Error::new(Kind::Parameter, format!("{key} must be {allowed}"))
}
