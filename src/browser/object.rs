//! The engine's answers as plain JavaScript objects, in the shapes that `types.d.ts` states.

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::JsValue;

use crate::{
    codec::Probe,
    convert::{Kept, Made},
    error::Error,
};

/// A probe, with the size as the picture is looked at.
pub(super) fn probe(probe: &Probe) -> Object {
    let size = probe.oriented_size();
    object(&[
        ("format", probe.format.name().into()),
        ("width", size.width.into()),
        ("height", size.height.into()),
        ("depth", probe.depth.into()),
        ("alpha", probe.alpha.into()),
        ("color", probe.color.into()),
        ("animated", probe.animated.map_or(JsValue::UNDEFINED, JsValue::from_bool)),
        ("icc", probe.icc.into()),
        ("convertible", probe.format.can_decode().into()),
    ])
}

/// A converted picture. The bytes are copied out of the engine's memory, which may move or end.
pub(super) fn made(made: &Made, peak_bytes: u64) -> Object {
    object(&[
        ("bytes", Uint8Array::from(made.bytes.as_slice()).into()),
        ("format", made.format.name().into()),
        ("mediaType", made.format.media_type().into()),
        ("width", made.size.width.into()),
        ("height", made.size.height.into()),
        ("lossless", made.lossless.into()),
        ("peakBytes", (peak_bytes as f64).into()),
    ])
}

/// The source itself, with the reason why it was kept.
pub(super) fn kept(bytes: &Uint8Array, probe: &Probe, kept: Kept) -> Object {
    let size = probe.oriented_size();
    let reason = match kept {
        Kept::Animated => "animated",
        Kept::Larger => "larger",
    };
    object(&[
        ("bytes", bytes.slice(0, bytes.length()).into()),
        ("format", probe.format.name().into()),
        ("mediaType", probe.format.media_type().into()),
        ("width", size.width.into()),
        ("height", size.height.into()),
        ("kept", reason.into()),
        ("peakBytes", bytes.length().into()),
    ])
}

/// An `Error` with `name` "SlimpixError" and a `kind`.
pub(super) fn error(error: &Error) -> JsValue {
    let thrown = js_sys::Error::new(&error.to_string());
    thrown.set_name("SlimpixError");
    set(&thrown, "kind", &error.kind().as_str().into());
    thrown.into()
}

fn object(entries: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in entries {
        set(&object, key, value);
    }
    object
}

fn set(target: &Object, key: &str, value: &JsValue) {
    let is_set = Reflect::set(target, &key.into(), value);
    debug_assert_eq!(is_set, Ok(true), "a fresh object takes any key");
}
