//! What reading and writing an AVIF holds, stated before it starts, and how its pictures are coded.

use crate::{
    codec::{
        Coding, Probe,
        av1::encoder::{self, Config, Sampling, base_q_idx},
        cost::{Buffering, Decoding, Encoding, Input, SMALL_FILE},
        file_capacity::FileCapacity,
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

/// Boxes without metadata, while they are put together.
const BOXES: u64 = 8 << 10;

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

/// What coding rows holds, the file included, which is made in the room of the colour picture's data.
fn rows_bytes(input: &Input, coding: &Coding, full_chroma: bool) -> u64 {
    let width = u64::from(input.size.width);
    let coding = &coding.with_graphic(coding.is_graphic || input.may_be_graphic);
    let [color, alpha] = pictures(input, coding, full_chroma).map(|config| {
        config.map_or(0, |config| {
            encoder::heap_bytes(&config, capacity(&config, coding), coding.threads) as u64
        })
    });
    // A band as it came and as planes, a row of alpha and the row above; then the boxes.
    let band = width * u64::from(BAND) * (u64::from(input.channels) + 3) + width * 6;
    color.saturating_add(alpha) + band + BOXES
}

/// The most bytes that the file may have: somewhat more than noise takes.
fn most_file_bytes(input: &Input, coding: &Coding, full_chroma: bool) -> u64 {
    let pictures = pictures(input, coding, full_chroma);
    let data: u64 = pictures.iter().flatten().map(encoder::most_bytes).sum();
    (data + BOXES).min(coding.max_bytes)
}

/// How colour and alpha are coded.
fn pictures(input: &Input, coding: &Coding, full_chroma: bool) -> [Option<Config>; 2] {
    let color = config(input.size, subsampling(input, full_chroma), coding);
    [Some(color), input.layout.has_alpha().then(|| alpha_config(input.size, coding))]
}

/// The size of the buffer of a picture's data.
pub fn capacity(config: &Config, coding: &Coding) -> FileCapacity {
    FileCapacity::new(encoder::most_bytes(config), coding.max_bytes)
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
        is_screen: coding.is_graphic,
        color: (BT709, SRGB, BT601, true),
    }
}

/// How alpha is coded: at a quality halfway to perfect, as an edge with ringing shows as specks on any background; as a
/// screen is, since most alpha is flat with hard edges.
pub fn alpha_config(size: Size, coding: &Coding) -> Config {
    config(size, None, &coding.with_quality(coding.quality.min(100).midpoint(100)).with_graphic(true))
}
