//! What a picture is, for a page that wants to know before it shows it (`?meta=full`).

use super::{decoder::as_shown, geometry::Frame, guarded, thumbhash::thumbhash};
use crate::{
    codec::{self, Format, Probe},
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Raster, Size},
};

/// Components of the blurred placeholder, across and down.
const BLURHASH_COMPONENTS: (u32, u32) = (4, 3);

/// The longest side of the picture that placeholders are computed from. They hold seven waves at the most.
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
    /// A placeholder of 10 to 30 bytes with the shape and the alpha (<https://evanw.github.io/thumbhash/>).
    pub thumbhash: Vec<u8>,
    /// The dominant colour, in sRGB: the mean of the most frequent of 512 kinds of colours; `None` where nothing can be
    /// seen.
    pub color: Option<[u8; 3]>,
}

/// Describes a picture: its size, and placeholders to show until it is there.
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
    let raster = guarded(|| as_shown(bytes, &probe, limits, &frame))?.into_raster()?;
    let pixels = rgba(&raster);
    Ok(Description {
        format: probe.format,
        size,
        num_pages: 1,
        colorspace: colorspace(&probe),
        blurhash: blurhash(raster.size(), &pixels)?,
        thumbhash: thumbhash(raster.size(), &pixels),
        color: dominant(&pixels),
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

fn blurhash(size: Size, rgba: &[u8]) -> Result<String> {
    let Size { width, height } = size;
    let (across, down) = BLURHASH_COMPONENTS;
    blurhash::encode(across, down, width, height, rgba)
        .map_err(|error| Error::with_source(Kind::Internal, "blurhash", error))
}

/// The mean of the pixels that share the three highest bits of each sample with most others. Half transparent ones are
/// not looked at.
fn dominant(rgba: &[u8]) -> Option<[u8; 3]> {
    let seen = || rgba.chunks_exact(4).filter(|pixel| pixel[3] >= 128);
    let kind = |pixel: &[u8]| pixel[..3].iter().fold(0, |kind, sample| kind << 3 | usize::from(sample >> 5));
    let mut counts = [0_u32; 512];
    for pixel in seen() {
        counts[kind(pixel)] += 1;
    }
    let most = counts.iter().copied().max().filter(|count| *count > 0)?;
    let best = counts.iter().position(|count| *count == most)?;
    let mut sums = [0_u32; 3];
    for pixel in seen().filter(|pixel| kind(pixel) == best) {
        for (sum, sample) in sums.iter_mut().zip(pixel) {
            *sum += u32::from(*sample);
        }
    }
    // A mean of bytes is a byte.
    Some(sums.map(|sum| ((sum + most / 2) / most) as u8))
}

fn rgba(raster: &Raster) -> Vec<u8> {
    let pixels = raster.data().chunks_exact(raster.layout().channels() as usize);
    pixels.flat_map(|pixel| raster.layout().rgba(pixel)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_kind_of_colour_dominates() {
        let [red, blue, clear] = [[250, 3, 5, 255], [9, 8, 200, 255], [0, 255, 0, 127]];
        let pixels = |parts: &[([u8; 4], usize)]| -> Vec<u8> {
            parts.iter().flat_map(|(pixel, count)| pixel.repeat(*count)).collect()
        };
        // A mean of all would be violet.
        assert_eq!(dominant(&pixels(&[(blue, 4), (red, 6)])), Some([250, 3, 5]));
        assert_eq!(dominant(&pixels(&[(clear, 90), (blue, 4), (red, 3)])), Some([9, 8, 200]));
        // Of one kind the mean, rounded.
        assert_eq!(dominant(&pixels(&[(red, 1), ([251, 4, 6, 255], 1)])), Some([251, 4, 6]));
        assert_eq!(dominant(&pixels(&[(clear, 9)])), None);
        assert_eq!(dominant(&[]), None);
    }
}
