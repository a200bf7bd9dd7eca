//! The mark that an operator has on pictures, and what a request may say of it.

use sha2::{Digest, Sha256};

use crate::{
    convert::{Mark, Placement, Watermark},
    error::{Error, Kind, Result},
};

/// A mark for pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermarking {
    mark: Mark,
    /// What tells it from every other one: the beginning of a SHA-256.
    id: [u8; 8],
    /// Where it is on every picture, whatever a request says; `None` where requests ask for it.
    pub(super) always: Option<Placement>,
}

impl Watermarking {
    /// A mark that is always in one place, or, without that, where a request says.
    #[must_use]
    pub fn new(mark: Mark, always: Option<Placement>) -> Self {
        let pixels = mark.pixels();
        let size = pixels.size();
        let head = [size.width, size.height, pixels.layout().channels()].map(u32::to_le_bytes);
        let digest = Sha256::new().chain_update(head.as_flattened()).chain_update(pixels.data()).finalize();
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Self { mark, id, always }
    }

    /// The bytes that it holds.
    #[must_use]
    pub fn heap_bytes(&self) -> u64 {
        self.mark.pixels().data().len() as u64
    }

    /// What stands in keys: another mark makes other variants.
    pub(super) const fn id(&self) -> [u8; 8] {
        self.id
    }

    pub(super) fn at(&self, placement: Placement) -> Watermark {
        Watermark::new(self.mark.clone(), placement)
    }
}

/// Where the mark that `WATERMARK` names is on every picture, as `WATERMARK_ALWAYS` says; `None` where that is empty.
///
/// # Errors
/// [`Kind::Parameter`] with the key, and what is wrong.
pub fn always(mark: &str, place: &str) -> Result<Option<Placement>> {
    if place.is_empty() {
        return Ok(None);
    }
    let wrong = |what: &str| {
        Error::new(Kind::Parameter, format!("WATERMARK_ALWAYS: {place:?} is not allowed; {what}"))
    };
    let placement = Placement::parse(place).map_err(|allowed| wrong(&format!("it is {allowed}")))?;
    if mark.is_empty() {
        return Err(wrong("WATERMARK names no picture"));
    }
    Ok(Some(placement))
}
