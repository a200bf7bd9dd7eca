//! What reading and writing an AVIF holds, stated before it starts, and how its pictures are coded.

use crate::{
    codec::{
        Coding, Probe,
        av1::encoder::{self, Config, Sampling, base_q_idx},
        cost::{Buffering, Decoding, Encoding, Input, SMALL_FILE},
        heif,
    },
    pixel::{Size, Subsampling},
};

/// Rows that are brought to planes at a time: an even number.
pub const BAND: u32 = 8;

/// `ColourPrimaries`, `TransferCharacteristics` and `MatrixCoefficients` of ITU-T H.273.
const BT709: u8 = 1;
const SRGB: u8 = 13;
const BT601: u8 = 6;

/// Boxes without metadata, and small things.
const SMALL: u64 = 16 << 10;

/// States what decoding takes, told from the headers of its pictures.
pub fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    heif::decoding(probe)
}

/// States what encoding takes.
pub fn encoding(input: &Input, coding: &Coding) -> Encoding {
    let pixels = input.size.pixels();
    if input.size.width.max(input.size.height) > super::INFO.max_side {
        // Refused before it is coded.
        let none = u64::MAX;
        return Encoding {
            rows_bytes: Some(none),
            peak_bytes: none,
            file_bytes: none,
            likely_file_bytes: None,
        };
    }
    let full_chroma = coding.full_chroma || input.may_be_graphic;
    let most = most_file_bytes(input, coding, full_chroma);
    let rows = rows_bytes(input, coding, full_chroma);
    Encoding {
        rows_bytes: Some(rows),
        peak_bytes: (pixels * input.pixel_bytes()).saturating_add(rows),
        file_bytes: most,
        likely_file_bytes: Some(most / 3).filter(|_| most > SMALL_FILE),
    }
}

/// What coding rows holds, the file included.
fn rows_bytes(input: &Input, coding: &Coding, full_chroma: bool) -> u64 {
    let width = u64::from(input.size.width);
    let subsampling = subsampling(input, full_chroma);
    let color = encoder::heap_bytes(&config(input.size, subsampling, coding)) as u64;
    let alpha = match input.layout.has_alpha() {
        true => encoder::heap_bytes(&alpha_config(input.size, coding)) as u64,
        false => 0,
    };
    // A band as it came and as planes, a row of alpha and the row above; then the file beside its parts.
    let band = width * u64::from(BAND) * (u64::from(input.channels) + 3) + width * 6;
    color + alpha + band + 3 * most_file_bytes(input, coding, full_chroma) + SMALL
}

/// The most bytes that the file may have: somewhat more than noise takes.
fn most_file_bytes(input: &Input, coding: &Coding, full_chroma: bool) -> u64 {
    let pixels = input.size.pixels();
    let color = pixels * densest(subsampling(input, full_chroma), coding.quality) / 64;
    let alpha = if input.layout.has_alpha() { pixels * densest(None, 100) / 64 } else { 0 };
    (color + alpha + SMALL).min(coding.max_bytes)
}

/// What the colour picture is, as the encoder gets it.
fn subsampling(input: &Input, full_chroma: bool) -> Option<Subsampling> {
    let is_gray = input.planes.is_none() && input.channels < 3 && !input.converts_color;
    if is_gray {
        return None;
    }
    Some(if full_chroma { Subsampling::Yuv444 } else { Subsampling::Yuv420 })
}

/// How the colour picture is coded; that of grey (`None`) or of planes subsampled so.
pub fn config(size: Size, subsampling: Option<Subsampling>, coding: &Coding) -> Config {
    Config {
        width: size.width,
        height: size.height,
        sampling: match subsampling {
            None => Sampling::Monochrome,
            Some(Subsampling::Yuv444) => Sampling::Yuv444,
            Some(_) => Sampling::Yuv420,
        },
        base_q_idx: base_q_idx(coding.quality),
        effort: coding.effort,
        color: (BT709, SRGB, BT601, true),
    }
}

/// How alpha is coded: at a quality halfway to perfect, as an edge with ringing shows as specks on any background.
pub fn alpha_config(size: Size, coding: &Coding) -> Config {
    config(size, None, &coding.with_quality(coding.quality.min(100).midpoint(100)))
}

/// What noise of full contrast takes, in 1/64 bytes a pixel: the most, with room. Measured at every effort.
struct Noise {
    /// For quantisers from this on.
    base_q_idx: u8,
    gray: u64,
    yuv420: u64,
    yuv444: u64,
}

const fn noise(base_q_idx: u8, gray: u64, yuv420: u64, yuv444: u64) -> Noise {
    Noise { base_q_idx, gray, yuv420, yuv444 }
}

static NOISE: [Noise; 8] = [
    noise(150, 34, 50, 84),
    noise(100, 44, 66, 116),
    noise(75, 48, 74, 130),
    noise(50, 54, 82, 144),
    noise(26, 68, 100, 178),
    noise(13, 80, 118, 216),
    noise(5, 94, 140, 264),
    noise(0, 104, 156, 304),
];

fn densest(subsampling: Option<Subsampling>, quality: u8) -> u64 {
    let quantizer = base_q_idx(quality);
    let noise = NOISE.iter().find(|noise| noise.base_q_idx <= quantizer).unwrap_or(&NOISE[7]);
    match subsampling {
        None => noise.gray,
        Some(Subsampling::Yuv444) => noise.yuv444,
        Some(_) => noise.yuv420,
    }
}
