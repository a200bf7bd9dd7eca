//! The samples of a TIFF, of whatever depth and colour, as 8-bit grey or RGB with straight alpha.

use std::{
    io::{Read, Seek},
    num::NonZeroUsize,
};

use tiff::{
    ColorType,
    decoder::{Decoder, DecodingResult},
    tags::Tag,
};

use super::decode::{TiffDecoder, failed, tag};
use crate::{
    error::{Error, Result},
    pixel::{Layout, Raster},
};

/// ExtraSamples: alpha that the colour is multiplied with.
const ASSOCIATED: u16 = 1;

/// What a picture becomes.
pub(super) fn layout<R: Read + Seek>(color: ColorType, decoder: &mut Decoder<R>) -> Result<Layout> {
    match color {
        ColorType::Gray(_) => Ok(Layout::Gray),
        ColorType::GrayA(_) => Ok(Layout::GrayAlpha),
        ColorType::Multiband { num_samples: 2, .. } if extra(decoder).is_some() => Ok(Layout::GrayAlpha),
        ColorType::RGB(_) | ColorType::Palette(_) | ColorType::CMYK(_) => Ok(Layout::Rgb),
        ColorType::RGBA(_) if extra(decoder).is_some() => Ok(Layout::Rgba),
        // A fourth sample that is not said to be alpha is none.
        ColorType::RGBA(_) => Ok(Layout::Rgb),
        // Decoded only where a JPEG inside says it, which is RGB by then.
        ColorType::YCbCr(8) if tag(decoder, Tag::Compression) == Some(7) => Ok(Layout::Rgb),
        other => Err(Error::unsupported(format!("a TIFF of {other:?}"))),
    }
}

/// The kind of alpha, 1 associated or 2 straight, if there is one.
fn extra<R: Read + Seek>(decoder: &mut Decoder<R>) -> Option<u16> {
    let kinds = decoder.get_tag_u16_vec(Tag::ExtraSamples).ok()?;
    kinds.first().copied().filter(|kind| matches!(kind, 1 | 2))
}

/// Bytes of a sample as the crate gives it.
fn sample_bytes(color: ColorType) -> usize {
    usize::from(color.bit_depth()).next_power_of_two().div_ceil(8).max(1)
}

/// Fills `raster` with the picture. `planes` is the distance in bytes between the planes of a file that keeps the
/// samples apart.
pub(super) fn convert(
    decoder: &mut TiffDecoder<'_>,
    color: ColorType,
    data: &DecodingResult,
    planes: Option<NonZeroUsize>,
    raster: &mut Raster,
) -> Result<()> {
    let stored = usize::from(decoder.get_tag_unsigned::<u16>(Tag::SamplesPerPixel).unwrap_or(1)).max(1);
    let width = raster.size().width as usize;
    let is_planar = tag(decoder, Tag::PlanarConfiguration) == Some(2) && stored > 1;
    let source = Source {
        data,
        depth: u32::from(color.bit_depth()),
        stored: if is_planar { 1 } else { stored },
        plane: if is_planar { planes.map_or(0, NonZeroUsize::get) / sample_bytes(color) } else { 0 },
        width,
    };
    let palette = match color {
        ColorType::Palette(depth) => Some(read_palette(decoder, depth)?),
        _ => None,
    };
    let is_associated = raster.layout().has_alpha() && extra(decoder) == Some(ASSOCIATED);
    let channels = raster.layout().channels() as usize;
    for (y, line) in raster.data_mut().chunks_exact_mut(width * channels).enumerate() {
        for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
            match (&palette, color) {
                (Some(palette), _) => {
                    let index = source.raw(x, y, 0)? as usize;
                    pixel.copy_from_slice(palette.get(index).unwrap_or(&[0; 3]));
                }
                (None, ColorType::CMYK(_)) => {
                    let black = 255 - u32::from(source.sample(x, y, 3)?);
                    for (ink, out) in pixel.iter_mut().enumerate() {
                        let left = 255 - u32::from(source.sample(x, y, ink)?);
                        *out = ((left * black + 127) / 255) as u8;
                    }
                }
                _ => {
                    for (channel, out) in pixel.iter_mut().enumerate() {
                        *out = source.sample(x, y, channel)?;
                    }
                }
            }
            if is_associated {
                divide_by_alpha(pixel);
            }
        }
    }
    Ok(())
}

/// The samples as the crate gives them.
struct Source<'a> {
    data: &'a DecodingResult,
    depth: u32,
    /// Samples of a pixel that stand together.
    stored: usize,
    /// The distance between planes, in samples; 0 when they stand together.
    plane: usize,
    width: usize,
}

impl Source<'_> {
    /// A sample at 8 bits.
    fn sample(&self, x: usize, y: usize, channel: usize) -> Result<u8> {
        let raw = u64::from(self.raw(x, y, channel)?);
        let max = match self.depth {
            depth @ 1..=32 => (1_u64 << depth) - 1,
            _ => return Err(Error::unsupported(format!("a TIFF of {} bits a sample", self.depth))),
        };
        Ok(((raw * 255 + max / 2) / max) as u8)
    }

    /// A sample as it is stored. Fewer than 8 bits are packed, each row from a new byte on.
    fn raw(&self, x: usize, y: usize, channel: usize) -> Result<u32> {
        let (sample, plane) = if self.plane == 0 { (channel, 0) } else { (0, channel * self.plane) };
        let column = x * self.stored + sample;
        let at = plane + y * self.width * self.stored + column;
        let value = match self.data {
            DecodingResult::U8(data) if self.depth < 8 => {
                let depth = self.depth as usize;
                let row = (self.width * self.stored * depth).div_ceil(8);
                let bit = column * depth;
                let bits =
                    [0, 1].map(|next| data.get(plane + y * row + bit / 8 + next).copied().unwrap_or(0));
                let shift = 16 - bit % 8 - depth;
                Some(u32::from(u16::from_be_bytes(bits)) >> shift & ((1 << depth) - 1))
            }
            DecodingResult::U8(data) if self.depth == 8 => data.get(at).map(|&value| value.into()),
            DecodingResult::U16(data) if self.depth == 16 => data.get(at).map(|&value| value.into()),
            DecodingResult::U32(data) if self.depth == 32 => data.get(at).copied(),
            _ => {
                return Err(Error::unsupported(format!(
                    "a TIFF of {} bits a sample of this kind",
                    self.depth
                )));
            }
        };
        value.ok_or_else(|| Error::malformed("the TIFF has too few samples"))
    }
}

/// The colours of a palette: all reds, then all greens, then all blues, of 16 bits (TIFF 6.0, section 5).
fn read_palette(decoder: &mut TiffDecoder<'_>, depth: u8) -> Result<Vec<[u8; 3]>> {
    if depth > 8 {
        return Err(Error::unsupported(format!("a TIFF palette of {depth} bits")));
    }
    let entries = 1_usize << depth;
    let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(failed)?;
    if map.len() < 3 * entries {
        return Err(Error::malformed("the TIFF's palette is too short"));
    }
    // Some writers store 8 bits only.
    let shift = if map.iter().all(|&value| value < 256) { 0 } else { 8 };
    let color = |index: usize| [0, 1, 2].map(|channel| (map[channel * entries + index] >> shift) as u8);
    Ok((0..entries).map(color).collect())
}

/// Makes alpha straight.
fn divide_by_alpha(pixel: &mut [u8]) {
    let Some((alpha, colors)) = pixel.split_last_mut() else { return };
    let alpha = u32::from(*alpha);
    for color in colors {
        *color = ((u32::from(*color) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0)).min(255) as u8;
    }
}
