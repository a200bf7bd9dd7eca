//! One AV1 key frame, by `rav1e` driven directly.
//!
//! Not through `ravif`: that always writes 4:4:4, prefers 10 bits and splits a picture into as many tiles as the
//! machine has cores. A photo at 8 bits and 4:2:0 is smaller at equal quality, takes two thirds of the memory,
//! and one tile gives the same bytes everywhere.

use std::sync::Arc;

use rav1e::{
    EncoderStatus,
    config::SpeedSettings,
    prelude::{
        ChromaSamplePosition, ChromaSampling, ColorDescription, ColorPrimaries, Config, Context,
        EncoderConfig, Frame, FrameType, MatrixCoefficients, PixelRange, Rational, SceneDetectionSpeed,
        TransferCharacteristics, Tune,
    },
};

use crate::{
    error::{Error, Kind, Result},
    pixel::{Planes, Size, Subsampling},
};

/// The longest side, in pixels: 16 bits in AV1's sequence header.
pub(super) const MAX_SIDE: u32 = 65_535;

/// What one AV1 picture shows.
pub(super) enum Image {
    /// One plane of 8-bit samples.
    Gray(Size, Vec<u8>),
    /// 4:2:0 or 4:4:4.
    Color(Planes),
}

/// `rav1e`'s quantizer, 0 (finest) to 255.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantizer(u8);

impl Quantizer {
    /// For a quality of 0 to 100. Steep above 82, where the eye needs it, and flat in the middle, so that a
    /// number means about what it means to JPEG and WebP. The shape is that of `ravif`.
    pub(super) fn from_quality(quality: u8) -> Self {
        let quality = u32::from(quality.min(100));
        // In thousandths of the quantizer's range.
        let coarseness = match quality {
            82.. => (100 - quality) * 26,
            26..=81 => 875 - quality * 5,
            _ => 1000 - quality * 10,
        };
        Self(((coarseness * 255 + 500) / 1000) as u8)
    }
}

/// Encodes a picture at an effort of 0 (fastest) to 6 (smallest).
pub(super) fn encode(image: &Image, quantizer: Quantizer, effort: u8) -> Result<Vec<u8>> {
    let config = Config::new().with_encoder_config(settings(image, quantizer, effort));
    let mut context: Context<u8> = config.new_context().map_err(failed)?;
    let mut frame = context.new_frame();
    fill(&mut frame, image);
    context.send_frame(Arc::new(frame)).map_err(failed)?;
    context.flush();
    let mut out = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(mut packet) if packet.frame_type == FrameType::KEY => out.append(&mut packet.data),
            Ok(_) => {}
            Err(EncoderStatus::Encoded | EncoderStatus::LimitReached) => return Ok(out),
            Err(status) => return Err(failed(status)),
        }
    }
}

fn settings(image: &Image, quantizer: Quantizer, effort: u8) -> EncoderConfig {
    let (size, chroma_sampling) = match image {
        Image::Gray(size, _) => (*size, ChromaSampling::Cs400),
        Image::Color(planes) => match planes.subsampling() {
            Subsampling::Yuv444 => (planes.size(), ChromaSampling::Cs444),
            _ => (planes.size(), ChromaSampling::Cs420),
        },
    };
    EncoderConfig {
        width: size.width as usize,
        height: size.height as usize,
        time_base: Rational::new(1, 1),
        bit_depth: 8,
        chroma_sampling,
        chroma_sample_position: ChromaSamplePosition::Unknown,
        pixel_range: PixelRange::Full,
        color_description: Some(ColorDescription {
            color_primaries: ColorPrimaries::BT709,
            transfer_characteristics: TransferCharacteristics::SRGB,
            matrix_coefficients: MatrixCoefficients::BT601,
        }),
        still_picture: true,
        min_key_frame_interval: 0,
        max_key_frame_interval: 0,
        low_latency: false,
        quantizer: usize::from(quantizer.0),
        min_quantizer: quantizer.0,
        tune: Tune::Psychovisual,
        speed_settings: speed(effort),
        ..EncoderConfig::default()
    }
}

/// Effort 0 to 6 is `rav1e`'s speed 10 to 4. What only helps moving pictures is off.
fn speed(effort: u8) -> SpeedSettings {
    let mut speed = SpeedSettings::from_preset(10 - effort.min(6));
    speed.multiref = false;
    speed.rdo_lookahead_frames = 1;
    speed.scene_detection_mode = SceneDetectionSpeed::None;
    speed
}

fn fill(frame: &mut Frame<u8>, image: &Image) {
    match image {
        Image::Gray(size, plane) => frame.planes[0].copy_from_raw_u8(plane, size.width as usize, 1),
        Image::Color(planes) => {
            let chroma = planes.subsampling().chroma_size(planes.size());
            let strides = [planes.size().width, chroma.width, chroma.width];
            for ((to, from), stride) in frame.planes.iter_mut().zip(planes.planes()).zip(strides) {
                to.copy_from_raw_u8(from, stride as usize, 1);
            }
        }
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(Kind::Internal, "AV1", error)
}
