//! Decodes a JPEG XL, by the `jxl` crate, to samples of 8 bits.
//!
//! The crate is built without fused multiplication (`avx`, `neon`): with it each kind of processor has rounding of its
//! own. What it holds is bounded by its own limit of samples and by those of level 5.

use jxl::api::{
    AlphaMode, Event, ExtraChannel, JxlColorEncoding, JxlColorProfile, JxlColorType, JxlDataFormat,
    JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat, JxlPrimaries, JxlTransferFunction,
};

use super::header::Walk;
use crate::{
    codec::{Decoded, icc, probing::Walk as _, view::View},
    error::{Error, Kind, Result},
    limits::{Limits, try_copy},
    pixel::{ColorSpace, Layout, Metadata, Picture, Primaries, Raster, Size, Transfer},
};

/// Decodes a JPEG XL, or the first frame of one that moves.
///
/// # Errors
/// [`Unsupported`](Kind::Unsupported) for inks, [`LimitExceeded`](Kind::LimitExceeded),
/// [`Malformed`](Kind::Malformed) when it is damaged.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let mut walk = Walk::default();
    let probe = walk.probe(View::whole(bytes))?;
    if !walk.is_done {
        return Err(Error::malformed("the JPEG XL has no frame that is shown, or is cut short"));
    }
    let size = probe.size;
    limits.check_size(size)?;
    let layout = Layout::of(probe.color, probe.alpha);
    let held = size.pixels().saturating_mul(layout.channels().into());
    let needed = held.saturating_add(probe.demands.part_bytes).saturating_add(bytes.len() as u64);
    limits.check_memory(needed)?;
    let mut decoder = JxlDecoder::new(options(size));
    let mut input = bytes;
    advance(&mut decoder, &mut input, None, |event| event == Event::BasicInfo)?;
    let extra = decoder.basic_info().map_or(0, |info| info.extra_channels.len());
    decoder.set_pixel_format(pixel_format(layout, extra)).map_err(failed)?;
    check(&decoder, size, layout)?;
    let metadata = metadata(&decoder)?;
    let mut raster = Raster::zeroed(size, layout)?;
    let row_bytes = size.width as usize * layout.channels() as usize;
    let rows = size.height as usize;
    let buffer = JxlOutputBuffer::new_with_stride(raster.data_mut(), rows, row_bytes, row_bytes);
    advance(&mut decoder, &mut input, Some(&mut [buffer]), |event| {
        matches!(event, Event::FrameComplete { .. })
    })?;
    Ok(Decoded { picture: Picture::Raster(raster), orientation: probe.orientation, metadata })
}

fn options(size: Size) -> JxlDecoderOptions {
    let mut options = JxlDecoderOptions::default();
    options.adjust_orientation = false;
    options.alpha_mode = AlphaMode::Unpremultiplied;
    // Of colours and four further channels; frames may be as large as the picture and its edges.
    let samples = size.pixels().saturating_mul(8).saturating_add(1 << 16);
    options.sample_limit = Some(usize::try_from(samples).unwrap_or(usize::MAX));
    options
}

fn pixel_format(layout: Layout, extra: usize) -> JxlPixelFormat {
    let color_type = match layout {
        Layout::Gray => JxlColorType::Grayscale,
        Layout::GrayAlpha => JxlColorType::GrayscaleAlpha,
        Layout::Rgb => JxlColorType::Rgb,
        Layout::Rgba => JxlColorType::Rgba,
    };
    let color_data_format = Some(JxlDataFormat::U8 { bit_depth: 8 });
    JxlPixelFormat { color_type, color_data_format, extra_channel_format: vec![None; extra] }
}

/// Goes on until an event comes.
fn advance(
    decoder: &mut JxlDecoder,
    input: &mut &[u8],
    mut buffers: Option<&mut [JxlOutputBuffer<'_>]>,
    is_wanted: impl Fn(Event) -> bool,
) -> Result<()> {
    loop {
        match decoder.process(input, buffers.as_deref_mut(), None).map_err(failed)? {
            event if is_wanted(event) => return Ok(()),
            Event::NeedMoreInput { .. } => return Err(Error::malformed("the JPEG XL is cut short")),
            Event::Complete => return Err(Error::malformed("the JPEG XL has no picture")),
            _ => {}
        }
    }
}

/// What was told from the first bits must be what the decoder has read.
fn check(decoder: &JxlDecoder, size: Size, layout: Layout) -> Result<()> {
    let info = decoder.basic_info().ok_or_else(|| Error::malformed("the JPEG XL has no header"))?;
    let channels = &info.extra_channels;
    let has_alpha = channels.iter().any(|channel| channel.ec_type == ExtraChannel::Alpha);
    if channels.iter().any(|channel| channel.ec_type == ExtraChannel::Black) {
        return Err(Error::unsupported("JPEG XL of inks can't be read here"));
    }
    let own = (size.width as usize, size.height as usize);
    if info.size != own || has_alpha != layout.has_alpha() {
        return Err(Error::new(Kind::Internal, "the JPEG XL has another header than was read"));
    }
    Ok(())
}

/// What the samples mean as they come out.
fn metadata(decoder: &JxlDecoder) -> Result<Metadata> {
    let mut metadata = Metadata::default();
    match decoder.output_color_profile() {
        Some(profile @ JxlColorProfile::Icc(_)) if profile.is_cmyk() => {
            return Err(Error::unsupported("JPEG XL of inks can't be read here"));
        }
        Some(JxlColorProfile::Icc(profile)) => {
            let is_short = profile.len() as u64 <= icc::most_bytes(profile);
            metadata.icc = if is_short { try_copy(profile).ok() } else { None };
        }
        Some(JxlColorProfile::Simple(encoding)) => {
            let brightest = decoder.basic_info().map_or(0.0, |info| info.tone_mapping.intensity_target);
            metadata.colors = color_space(encoding, brightest);
        }
        None => {}
    }
    Ok(metadata)
}

/// A space by its numbers; `None` of sRGB.
fn color_space(encoding: &JxlColorEncoding, brightest: f32) -> Option<ColorSpace> {
    let point = |(x, y): (f32, f32)| [x, y].map(|part| (part * 100_000.0 + 0.5) as u32);
    let (white, primaries, curve) = match encoding {
        JxlColorEncoding::RgbColorSpace { white_point, primaries, transfer_function, .. } => {
            (white_point, primaries, transfer_function)
        }
        JxlColorEncoding::GrayscaleColorSpace { white_point, transfer_function, .. } => {
            (white_point, &JxlPrimaries::SRGB, transfer_function)
        }
        JxlColorEncoding::XYB { .. } => return None,
    };
    let transfer = match curve {
        // Browsers take the curve of cameras for sRGB's here, otherwise than in a PNG's cICP.
        JxlTransferFunction::SRGB | JxlTransferFunction::BT709 => Transfer::Srgb,
        JxlTransferFunction::Linear => Transfer::Gamma(100_000),
        JxlTransferFunction::PQ => Transfer::Pq(brightest as u32),
        JxlTransferFunction::HLG => Transfer::Hlg(brightest as u32),
        JxlTransferFunction::DCI => Transfer::Smpte428,
        JxlTransferFunction::Gamma(gamma) => Transfer::Gamma(((gamma * 100_000.0 + 0.5) as u32).max(1)),
    };
    let [red, green, blue] = match primaries {
        // Its own points of sRGB are off in the fifth digit.
        JxlPrimaries::SRGB => [Primaries::BT709.red, Primaries::BT709.green, Primaries::BT709.blue],
        other => other.to_xy_coords().map(point),
    };
    let primaries = Primaries { white: point(white.to_xy_coords()), red, green, blue };
    let is_srgb = primaries == Primaries::BT709 && transfer == Transfer::Srgb;
    (!is_srgb).then_some(ColorSpace { primaries, transfer })
}

fn failed(error: jxl::error::Error) -> Error {
    use jxl::error::Error as Jxl;
    let kind = match error {
        Jxl::ImageOutOfMemory(..) | Jxl::OutOfMemory(_) => Kind::OutOfMemory,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the JPEG XL can't be decoded", error)
}

#[cfg(test)]
mod tests;
