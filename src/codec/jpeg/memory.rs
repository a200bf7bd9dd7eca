//! What decoding a JPEG takes, told from its probe, and what encoding one does. Exact sums, from the header itself, are
//! [`super::decoder`]'s.

use super::{
    decoder::INDEX_ENTRY_BYTES,
    encode::{BAND, BEGUN, most_symbol_bytes, symbol_bytes},
};
use crate::{
    codec::{
        Coding, Probe,
        cost::{Buffering, Decoding, Encoding, Input, SMALL_FILE, channels},
    },
    pixel::{Orientation, Size, Subsampling},
};

/// What a decoder by rows takes for its tables and metadata.
const OVERHEAD: u64 = 236 << 10;

/// Blocks in a group of coefficients.
const GROUP: u64 = 16;

/// States what decoding takes.
pub fn decoding(probe: &Probe, scale_num: u32, buffering: Buffering) -> Decoding {
    let pixel_bytes = match probe.subsampling {
        Some(Subsampling::Yuv444) => 3,
        Some(_) => 2,
        None if !probe.color => 1,
        None => 4,
    };
    // Up to four planes and the RGB or inks that are made of them, or planes alone.
    let becomes_raster = probe.color && probe.subsampling.is_none();
    Decoding {
        rows_bytes: rows_bytes(probe, scale_num, buffering),
        pixel_bytes,
        peak_pixel_bytes: if becomes_raster { 8 } else { pixel_bytes },
        channels: channels(probe),
        metadata_copies: 1,
    }
}

/// The heap of a decoder: rows in work, the coefficients of a file of several scans, and of one whose MCUs come in
/// another order where each begins.
fn rows_bytes(probe: &Probe, scale_num: u32, buffering: Buffering) -> u64 {
    let is_turned = buffering == Buffering::Streamed;
    let width = u64::from(if is_turned { probe.oriented_size().width } else { probe.size.width });
    // An MCU row, both of its sides scaled.
    let scaled = |rows: u64| (rows * u64::from(scale_num * scale_num)).div_ceil(64);
    if probe.progressive {
        // MCUs of any number of blocks: those of all components may be four blocks high.
        return coefficient_bytes(probe, scale_num) + (scaled(128) + 16) * width + OVERHEAD;
    }
    let index = if is_turned { index_bytes(probe) } else { 0 };
    let is_plain = probe.subsampling.is_some() && probe.orientation == Orientation::Upright;
    (if is_plain { scaled(32) + 8 } else { scaled(64) + 16 }) * width + index + OVERHEAD
}

/// The index of a JPEG's MCUs: an entry for each, or for each row of them where only these change their order.
fn index_bytes(probe: &Probe) -> u64 {
    let Size { width, height } = probe.size;
    let (across, down) = probe.subsampling.map_or((1, 1), Subsampling::factors);
    let (across, down) = (u64::from(width.div_ceil(8 * across)), u64::from(height.div_ceil(8 * down)));
    if probe.orientation.is_transposing() {
        INDEX_ENTRY_BYTES * across * down
    } else if probe.orientation.flips().1 {
        INDEX_ENTRY_BYTES * down
    } else {
        0
    }
}

/// A picture's coefficients, in groups of blocks: of each block those that the scale needs, and a bit for all 64
/// where more than DC coefficients are needed.
fn coefficient_bytes(probe: &Probe, scale_num: u32) -> u64 {
    let Size { width, height } = probe.size;
    // Rows and columns of blocks are filled up to MCUs of at most four.
    let blocks = |length: u32, factor: u32| u64::from((length.div_ceil(8) + 3).div_ceil(factor));
    let groups = |across: u32, down: u32| blocks(width, across).div_ceil(GROUP) * blocks(height, down);
    let groups = match probe.subsampling.map(Subsampling::factors) {
        Some((across, down)) => groups(1, 1) + 2 * groups(across, down),
        None if probe.color => 4 * groups(1, 1),
        None => groups(1, 1),
    };
    let kept = u64::from(scale_num * scale_num) * size_of::<i16>() as u64;
    let nonzero = if scale_num > 1 { size_of::<u64>() as u64 } else { 0 };
    groups * GROUP * (kept + nonzero)
}

/// Headers, and the counts and codes of all scans.
const HEADERS: u64 = 24 << 10;

/// States what encoding takes.
pub fn encoding(input: &Input, coding: &Coding) -> Encoding {
    let (size, pixels) = (input.size, input.size.pixels());
    let is_full = coding.full_chroma || input.may_be_graphic;
    let full = match input.planes {
        Some(own) if !input.converts_color || own == Subsampling::Yuv420 => own,
        _ => Subsampling::Yuv444,
    };
    let subsampling =
        (input.layout.channels() >= 3).then_some(if is_full { full } else { Subsampling::Yuv420 });
    let noise = most_bytes(size, subsampling, coding.quality);
    let rows = encoder_bytes(size, subsampling, coding.quality, noise.min(coding.max_bytes));
    let likely = (noise / 4).max(SMALL_FILE);
    Encoding {
        rows_bytes: Some(rows),
        peak_bytes: pixels.saturating_mul(input.pixel_bytes()).saturating_add(rows),
        file_bytes: noise.min(coding.max_bytes),
        likely_file_bytes: (likely < coding.max_bytes).then_some(likely),
    }
}

/// What coding rows holds, with a file of so many bytes: symbols and a band of rows, as they come and as planes; or what
/// is coded, and the file that is made of it.
fn encoder_bytes(size: Size, subsampling: Option<Subsampling>, quality: u8, file: u64) -> u64 {
    let band = BAND as u64 * u64::from(size.width.next_multiple_of(16));
    let samples = if subsampling.is_some() { 3 * band } else { band };
    let most = most_symbol_bytes(padded(size).saturating_mul(samples / band));
    let symbols = symbol_bytes(size, quality).max(file).min(most);
    let held = symbols.saturating_add(most_symbol_bytes(samples)).max(file.saturating_mul(2));
    held.saturating_add(2 * samples + BEGUN + HEADERS)
}

/// The most bytes of a file of grey (`None`) or of planes subsampled so: noise of full contrast takes 0.9 bytes a
/// sample at quality 80, 1.3 at 100.
pub fn most_bytes(size: Size, subsampling: Option<Subsampling>, quality: u8) -> u64 {
    let quality = u64::from(quality);
    let densest = 34 + quality / 4 + quality.saturating_sub(80) * 3 / 2;
    let halves = match subsampling {
        None => 2,
        Some(Subsampling::Yuv420) => 3,
        Some(Subsampling::Yuv422 | Subsampling::Yuv440) => 4,
        Some(Subsampling::Yuv444) => 6,
    };
    padded(size).saturating_mul(halves * densest) / 128 + HEADERS
}

/// Pixels of whole MCUs of 4:2:0.
fn padded(size: Size) -> u64 {
    u64::from(size.width.next_multiple_of(16)) * u64::from(size.height.next_multiple_of(16))
}
