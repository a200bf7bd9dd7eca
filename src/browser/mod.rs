//! The engine for a page, a Web Worker or Node: [`probe`] and [`convert`], with plain objects in and out.
//!
//! Owns the translation between JavaScript values and the engine's types, and nothing else: no queue, no worker,
//! no clock. A call is synchronous, so a page makes it in a Web Worker. What can fail throws an `Error` whose
//! `kind` says who is at fault. Bytes are copied in only after their length was checked against the limits.
//!
//! `wasm-bindgen --target web` makes the module of it, which the page's workers use as it is; `www/pack.mjs` wraps it
//! as the npm package. `types.d.ts` has the types of both.
//!
//! ```js
//! import init, { convert } from "./slimpix.js";
//! await init();
//! const { bytes, mediaType } = convert(source, { format: "avif", quality: 60, width: 1200 });
//! ```

mod bytes;
mod object;
mod options;

use std::{panic, sync::Once};

use js_sys::{Function, Object, Uint8Array};
use wasm_bindgen::{JsCast, prelude::*};

use self::bytes::copy_in;
use crate::{
    codec::{self, Looked},
    convert::{self, Outcome},
    error::{Error, Kind, Result},
    limits::Limits,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// What a picture's header says about it, wherever it stands in the file.
///
/// # Errors
/// An `Error` with a `kind`: `malformed`, `unsupported`, `limit` or `parameter`.
#[wasm_bindgen(unchecked_return_type = "Probe")]
#[allow(clippy::needless_pass_by_value, reason = "what wasm_bindgen hands over is owned")]
pub fn probe(
    bytes: Uint8Array,
    #[wasm_bindgen(unchecked_optional_param_type = "ProbeOptions")] options: JsValue,
) -> Result<Object, JsValue> {
    report_panics();
    probe_inner(&bytes, &options).map_err(|error| object::error(&error))
}

/// What a header says of a file that is not in memory: `read(offset, length)` gives bytes of it, fewer where it ends.
///
/// # Errors
/// An `Error` with a `kind`: `malformed`, `unsupported` or `limit`, and `io` when `read` throws.
#[wasm_bindgen(js_name = probeFile, unchecked_return_type = "Probe")]
#[allow(clippy::needless_pass_by_value, reason = "what wasm_bindgen hands over is owned")]
pub fn probe_file(
    length: f64,
    #[wasm_bindgen(unchecked_param_type = "(offset: number, length: number) => Uint8Array")] read: Function,
) -> Result<Object, JsValue> {
    report_panics();
    let looked = Looked::with(Some(length as u64), |need| {
        let piece =
            read.call2(&JsValue::UNDEFINED, &(need.offset as f64).into(), &(need.length as u32).into());
        let piece = piece.ok().and_then(|piece| piece.dyn_into::<Uint8Array>().ok());
        copy_in(&piece.ok_or_else(|| Error::new(Kind::Io, "the file can't be read"))?)
    });
    looked.and_then(|looked| known(looked, &Limits::default())).map_err(|error| object::error(&error))
}

/// Converts one picture. Without options: to WebP at quality 80.
///
/// # Errors
/// An `Error` with a `kind`.
#[wasm_bindgen(unchecked_return_type = "Converted")]
#[allow(clippy::needless_pass_by_value, reason = "what wasm_bindgen hands over is owned")]
pub fn convert(
    bytes: Uint8Array,
    #[wasm_bindgen(unchecked_optional_param_type = "ConvertOptions")] options: JsValue,
) -> Result<Object, JsValue> {
    report_panics();
    convert_inner(&bytes, &options).map_err(|error| object::error(&error))
}

fn probe_inner(bytes: &Uint8Array, options: &JsValue) -> Result<Object> {
    let limits = options::for_probe(options)?;
    // Only what is needed is copied in.
    let looked = Looked::with(Some(bytes.length().into()), |need| {
        let start = u32::try_from(need.offset).unwrap_or(u32::MAX);
        let end = start.saturating_add(u32::try_from(need.length).unwrap_or(u32::MAX));
        copy_in(&bytes.subarray(start, end))
    })?;
    known(looked, &limits)
}

fn known(looked: Looked, limits: &Limits) -> Result<Object> {
    let probe = looked.probe?;
    limits.check_size(probe.size)?;
    Ok(object::probe(&probe))
}

fn convert_inner(bytes: &Uint8Array, options: &JsValue) -> Result<Object> {
    let (params, limits) = options::for_convert(options)?;
    limits.check_input(u64::from(bytes.length()))?;
    let source = copy_in(bytes)?;
    match convert::convert(&source, &params, &limits)? {
        Outcome::Made(made) => {
            let plan = convert::plan(&made.source, &params)?.within(&limits);
            Ok(object::made(&made, plan.peak_bytes.saturating_add(source.len() as u64)))
        }
        Outcome::Kept(kept) => Ok(object::kept(bytes, &codec::probe(&source)?, kept)),
    }
}

/// A panic is a trap in wasm, whose text is lost. This writes it to the console first.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| panic::set_hook(Box::new(|info| console_error(&info.to_string()))));
}

impl From<JsValue> for Error {
    /// A getter or a proxy of the caller's object threw.
    fn from(_: JsValue) -> Self {
        Self::new(Kind::Parameter, "the options cannot be read")
    }
}
