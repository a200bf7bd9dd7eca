//! What a picture is, for a page that wants to know before it shows it (`?meta=full`).

use super::{
    decoder::{self, as_shown},
    geometry::Frame,
    guarded,
};
use crate::{
    codec::{self, Format, Probe},
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Raster, Size},
};

/// Components of the blurred placeholder, across and down.
const BLURHASH_COMPONENTS: (u32, u32) = (4, 3);

/// The longest side of the picture that the placeholder is computed from. It holds four waves at the most.
const BLURHASH_SIDE: u32 = 64;

/// A picture's description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The format, by content.
    pub format: Format,
    /// The size as it is looked at.
    pub size: Size,
    /// Frames or pages.
    pub num_pages: u32,
    /// libvips's name of the interpretation: `srgb`, `b-w`, `rgb16` or `grey16`.
    pub colorspace: &'static str,
    /// A placeholder of 4 × 3 components (<https://blurha.sh>).
    pub blurhash: String,
}

/// Describes a picture: its size, and a placeholder to show until it is there.
///
/// ```
/// use slimpix::{Limits, describe};
///
/// # fn main() -> slimpix::Result<()> {
/// # let photo = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48)?;
/// let description = describe(photo, &Limits::default())?;
/// assert_eq!((description.size.width, description.blurhash.len()), (64, 28));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of [`super::convert`].
pub fn describe(bytes: &[u8], limits: &Limits) -> Result<Description> {
    limits.check_input(bytes.len() as u64)?;
    let probe = codec::probe(bytes)?;
    let size = probe.oriented_size();
    limits.check_size(size)?;
    let frame = Frame::thumbnail(size, BLURHASH_SIDE);
    let picture = guarded(|| as_shown(bytes, &probe, limits, &frame))?;
    Ok(Description {
        format: probe.format,
        size,
        num_pages: 1,
        colorspace: colorspace(&probe),
        blurhash: blurhash(&picture.into_raster()?)?,
    })
}

fn colorspace(probe: &Probe) -> &'static str {
    match (probe.color, probe.depth > 8) {
        (true, false) => "srgb",
        (true, true) => "rgb16",
        (false, false) => "b-w",
        (false, true) => "grey16",
    }
}

fn blurhash(raster: &Raster) -> Result<String> {
    let Size { width, height } = raster.size();
    let (across, down) = BLURHASH_COMPONENTS;
    blurhash::encode(across, down, width, height, &rgba(raster))
        .map_err(|error| Error::with_source(Kind::Internal, "blurhash", error))
}

fn rgba(raster: &Raster) -> Vec<u8> {
    let pixels = raster.data().chunks_exact(raster.layout().channels() as usize);
    pixels.flat_map(|pixel| decoder::rgba(raster.layout(), pixel)).collect()
}
