//! One AV1 key frame, by `rav1e` driven directly.
//!
//! Not through `ravif`: that always writes 4:4:4, prefers 10 bits and splits a picture into as many tiles as the
//! machine has cores. A photo at 8 bits and 4:2:0 is smaller at equal quality, takes two thirds of the memory,
//! and tiles that depend on the picture alone give the same bytes everywhere.
//!
//! | effort | `rav1e`'s settings | bytes | CPU |
//! |---|---|---|---|
//! | 0 | speed 10: blocks of 32×32 | 1.197 | 0.45 |
//! | 1 | speed 9: blocks of 16×16 and 32×32 | 1.053 | 0.70 |
//! | 2 | speed 8: blocks from 8×8 to 64×64 | 1 | 1 |
//! | 3, 4 | blocks are chosen from small to large | 0.984 | 1.12 |
//! | 5 | the size and kind of each transform is tried | 0.945 | 3.6 |
//! | 6 | all modes of prediction are tried | 0.940 | 5.8 |
//!
//! Bytes at equal SSIMULACRA2, three photos of 512 pixels at qualities of 45 to 80; what was tried beside stands in
//! `NOTES.md`.

use std::sync::Arc;

use rav1e::{
    EncoderStatus,
    config::{PredictionModesSetting, SpeedSettings},
    prelude::{
        ChromaSamplePosition, ChromaSampling, ColorDescription, ColorPrimaries, Config, Context,
        EncoderConfig, Frame, FrameType, MatrixCoefficients, PixelRange, Rational, SceneDetectionSpeed,
        TransferCharacteristics, Tune,
    },
};

use crate::{
    codec::avif::memory::Tiles,
    error::{Error, Kind, Result},
    pixel::{Planes, Size, Subsampling},
};

/// What one AV1 picture shows.
pub(super) enum Image {
    /// One plane of 8-bit samples.
    Gray(Size, Vec<u8>),
    /// 4:2:0 or 4:4:4.
    Color(Planes),
}

impl Image {
    pub(super) const fn size(&self) -> Size {
        match self {
            Self::Gray(size, _) => *size,
            Self::Color(planes) => planes.size(),
        }
    }

    /// The chroma subsampling; `None` for grey.
    pub(super) const fn subsampling(&self) -> Option<Subsampling> {
        match self {
            Self::Gray(..) => None,
            Self::Color(planes) => Some(planes.subsampling()),
        }
    }
}

/// Encodes a picture at a quality of 0 to 100 and an effort of 0 (fastest) to 6 (smallest). Takes the picture over,
/// as the encoder has a copy with margins.
pub(super) fn encode(image: Image, quality: u8, effort: u8) -> Result<Vec<u8>> {
    let config = Config::new().with_encoder_config(settings(&image, quality, effort));
    let mut context: Context<u8> = config.new_context().map_err(failed)?;
    let mut frame = context.new_frame();
    fill(&mut frame, &image);
    drop(image);
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

/// `rav1e`'s quantizer, 0 (finest) to 255, for a quality of 0 to 100. Steep above 82, where the eye needs it, and
/// flat in the middle, so that a number means about what it means to JPEG and WebP. The shape is that of `ravif`.
fn quantizer(quality: u8) -> u8 {
    let quality = u32::from(quality.min(100));
    // In thousandths of the quantizer's range.
    let coarseness = match quality {
        82.. => (100 - quality) * 26,
        26..=81 => 875 - quality * 5,
        _ => 1000 - quality * 10,
    };
    ((coarseness * 255 + 500) / 1000) as u8
}

fn settings(image: &Image, quality: u8, effort: u8) -> EncoderConfig {
    let (size, subsampling) = (image.size(), image.subsampling());
    let chroma_sampling = match subsampling {
        None => ChromaSampling::Cs400,
        Some(Subsampling::Yuv444) => ChromaSampling::Cs444,
        Some(_) => ChromaSampling::Cs420,
    };
    let tiles = Tiles::new(size, subsampling, quality);
    let quantizer = quantizer(quality);
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
        quantizer: usize::from(quantizer),
        min_quantizer: quantizer,
        tune: Tune::Psychovisual,
        tile_cols: tiles.columns as usize,
        tile_rows: tiles.rows as usize,
        speed_settings: speed(effort),
        ..EncoderConfig::default()
    }
}

/// The settings of an effort, as the table above has them. What only helps moving pictures is off.
fn speed(effort: u8) -> SpeedSettings {
    let mut speed = SpeedSettings::from_preset(match effort {
        0 => 10,
        1 => 9,
        _ => 8,
    });
    speed.partition.encode_bottomup = effort >= 3;
    speed.transform.rdo_tx_decision = effort >= 5;
    if effort >= 6 {
        speed.prediction.prediction_modes = PredictionModesSetting::ComplexKeyframes;
    }
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
