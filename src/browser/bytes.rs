//! Bytes of the caller.

use js_sys::Uint8Array;

use crate::{error::Result, limits::try_zeroed};

/// The bytes in the engine's memory. `Uint8Array::to_vec` would trap where there is no room.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is none.
pub(super) fn copy_in(bytes: &Uint8Array) -> Result<Vec<u8>> {
    let mut copy = try_zeroed(bytes.length() as usize)?;
    bytes.copy_to(&mut copy);
    Ok(copy)
}
