//! The linear memory of the instance, which grows and never shrinks.

use worker::wasm_bindgen::prelude::wasm_bindgen;

/// Bytes of linear memory that the instance has taken.
#[wasm_bindgen]
#[must_use]
pub fn memory_bytes() -> u32 {
    let pages = core::arch::wasm32::memory_size::<0>();
    u32::try_from(pages * 0x1_0000).unwrap_or(u32::MAX)
}
