//! The queue, as the runtime has it.

use worker::wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{Env, js_sys::Reflect};

#[wasm_bindgen]
extern "C" {
    /// What puts messages into a queue.
    pub(super) type Queue;

    #[wasm_bindgen(method, catch)]
    pub(super) async fn send(this: &Queue, message: &JsValue) -> Result<JsValue, JsValue>;
}

/// The queue that is bound under a name.
///
/// # Errors
/// Something else is.
pub(super) fn of(env: &Env, name: &str) -> worker::Result<Queue> {
    let binding = Reflect::get(env, &name.into())?;
    let send = Reflect::get(&binding, &"send".into())?;
    if !send.is_function() {
        return Err("no queue".into());
    }
    Ok(binding.unchecked_into())
}
