//! Writes the frame: the header and the modes (RFC 6386, sections 9 and 19.2) when the whole picture is known, before
//! the tokens.

use super::{
    super::{
        super::MAX_SIDE,
        macroblock::{BlockMode, Luma},
        tables::{
            B_MODE_PROBS, Prob, TOKEN_PROBS, TOKEN_UPDATE_PROBS, TokenProbs, UV_MODE_PROBS, Y_MODE_PROBS,
        },
    },
    boolenc::{BoolEncoder, make_room},
    cost::{B_MODE_BITS, UV_MODE_BITS, Y_MODE_BITS},
    proba::for_each_prob,
    token_buffer::{MacroblockModes, PackedBits, PackedReader},
};
use crate::{
    error::{Error, Kind, Result},
    pixel::Size,
};

/// The most bytes of the first partition, whose length has 19 bits.
pub const MAX_FIRST_PARTITION: usize = (1 << 19) - 1;

/// What the header says.
#[derive(Debug, Clone)]
pub struct Header {
    /// Size in pixels, with sides of 1 to [`MAX_SIDE`].
    pub size: Size,
    /// Quantiser index of each segment, 0 to 127.
    pub quantizers: [u8; 4],
    /// Quantiser index deltas, -15 to 15: luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC.
    pub index_deltas: [i8; 5],
    /// Loop filter.
    pub filter: FilterHeader,
    /// Token probabilities.
    pub probs: TokenProbs,
    /// Macroblocks by segment.
    pub segment_counts: [u32; 4],
    /// Macroblocks without levels.
    pub skipped: u32,
}

/// The loop filter's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterHeader {
    /// Strength of each segment, 0 to 63.
    pub levels: [u8; 4],
    /// 0 to 7.
    pub sharpness: u8,
}

/// Puts the frame's header and the first partition, with all modes, before the tokens.
///
/// # Errors
/// [`Kind::LimitExceeded`] when the modes don't fit in the first partition; [`Kind::OutputTooLarge`] when the frame is
/// longer than `max_bytes`; [`Kind::OutOfMemory`].
pub fn write(header: &Header, rows: Vec<PackedBits>, mut out: Vec<u8>, max_bytes: usize) -> Result<Vec<u8>> {
    let tokens = out.len();
    out.extend_from_slice(&[0; FRAME_TAG]);
    // The first partition is made behind the tokens, and rotated to the front: there is no second buffer.
    let mut out = write_first(header, rows, out, max_bytes)?;
    let first = out.len() - tokens - FRAME_TAG;
    if first > MAX_FIRST_PARTITION {
        return Err(Error::limit("the picture has too many macroblocks for a lossy WebP"));
    }
    out.rotate_left(tokens);
    out[..FRAME_TAG].copy_from_slice(&frame_tag(header.size, first)?);
    make_room(&mut out, max_bytes)?;
    Ok(out)
}

/// Bytes before the first partition.
const FRAME_TAG: usize = 10;

/// The uncompressed data chunk (section 9.1).
fn frame_tag(size: Size, first: usize) -> Result<[u8; FRAME_TAG]> {
    let side = |side: u32| u16::try_from(side).ok().filter(|_| (1..=MAX_SIDE).contains(&side));
    let (Some(width), Some(height)) = (side(size.width), side(size.height)) else {
        return Err(Error::new(Kind::Internal, format!("a lossy WebP's sides have 1 to {MAX_SIDE} pixels")));
    };
    // A key frame of version 0 that is shown.
    let [t0, t1, t2, _] = (1 << 4 | (first as u32) << 5).to_le_bytes();
    let ([w0, w1], [h0, h1]) = (width.to_le_bytes(), height.to_le_bytes());
    Ok([t0, t1, t2, 0x9d, 0x01, 0x2a, w0, w1, h0, h1])
}

/// Appends the first partition: header and modes (section 19.2 and 19.3).
fn write_first(header: &Header, rows: Vec<PackedBits>, out: Vec<u8>, max_bytes: usize) -> Result<Vec<u8>> {
    let columns = header.size.width.div_ceil(16) as usize;
    let skip_prob = skip_prob(header.skipped, (columns * rows.len()) as u32);
    let segments = SegmentCoder::new(&header.segment_counts);
    let mut out = BoolEncoder::new(out);
    make_room(&mut out.out, max_bytes)?;
    write_header(&mut out, header, &segments, skip_prob);
    let mut top_modes = vec![[0; 4]; columns];
    let macroblocks = columns * rows.len();
    for row in rows {
        let mut reader = PackedReader::new(row.words());
        let mut left_modes = [0; 4];
        for top_modes in &mut top_modes {
            make_room(&mut out.out, max_bytes)?;
            let modes = reader.modes();
            segments.write(&mut out, modes.segment);
            if let Some(prob) = skip_prob {
                out.put(modes.is_empty, prob);
            }
            write_modes(&mut out, &modes, top_modes, &mut left_modes);
        }
    }
    // libwebp's incremental decoder, which browsers use, reads up to two bytes ahead, and refuses a frame of which
    // nothing is left once its header has been read. The modes of so few macroblocks may be shorter than that.
    make_room(&mut out.out, max_bytes)?;
    let mut out = out.finish();
    if macroblocks < 4 {
        out.push(0);
    }
    Ok(out)
}

/// Writes the frame header (section 19.2).
fn write_header(out: &mut BoolEncoder, header: &Header, segments: &SegmentCoder, skip_prob: Option<Prob>) {
    out.put_flag(false); // colour space: YCbCr
    out.put_flag(false); // clamping is needed
    write_segments(out, header, segments);
    out.put_flag(false); // the normal filter
    // With segments this only says whether there is filtering at all.
    let levels = &header.filter.levels;
    let level = if segments.used { levels.iter().max().unwrap_or(&0) } else { &levels[0] };
    out.put_bits(u32::from(*level), 6);
    out.put_bits(u32::from(header.filter.sharpness), 3);
    out.put_flag(false); // no filter deltas
    out.put_bits(0, 2); // one partition of tokens
    out.put_bits(u32::from(header.quantizers[0]), 7);
    for delta in header.index_deltas {
        out.put_flag(delta != 0);
        if delta != 0 {
            out.put_signed(i32::from(delta), 4);
        }
    }
    out.put_flag(false); // refresh entropy: of no use in a lone frame
    for_each_prob(|kind, band, context, node| {
        let prob = header.probs[kind][band][context][node];
        let changed = prob != TOKEN_PROBS[kind][band][context][node];
        out.put(changed, TOKEN_UPDATE_PROBS[kind][band][context][node]);
        if changed {
            out.put_bits(u32::from(prob), 8);
        }
    });
    out.put_flag(skip_prob.is_some());
    if let Some(prob) = skip_prob {
        out.put_bits(u32::from(prob), 8);
    }
}

/// Writes the segments' quantisers, filter levels and map probabilities (section 9.3).
fn write_segments(out: &mut BoolEncoder, header: &Header, segments: &SegmentCoder) {
    out.put_flag(segments.used);
    if !segments.used {
        return;
    }
    out.put_flag(true); // the map is written
    out.put_flag(true); // the segments' data are written
    out.put_flag(true); // as absolute values
    for quantizer in header.quantizers {
        out.put_flag(true);
        out.put_signed(i32::from(quantizer), 7);
    }
    for level in header.filter.levels {
        out.put_flag(true);
        out.put_signed(i32::from(level), 6);
    }
    for prob in segments.probs {
        out.put_flag(prob != 255);
        if prob != 255 {
            out.put_bits(u32::from(prob), 8);
        }
    }
}

/// Writes segment numbers with the probabilities that fit their counts (section 10).
struct SegmentCoder {
    used: bool,
    probs: [Prob; 3],
}

impl SegmentCoder {
    fn new(counts: &[u32; 4]) -> Self {
        let prob = |zeros: u32, ones: u32| {
            let (zeros, total) = (u64::from(zeros), u64::from(zeros) + u64::from(ones));
            (zeros * 255 + total / 2).checked_div(total).map_or(255, |prob| prob.clamp(1, 255) as Prob)
        };
        let [a, b, c, d] = *counts;
        // Segment 0 alone needs no map: the frame's quantiser is its own.
        Self { used: b + c + d > 0, probs: [prob(a + b, c + d), prob(a, b), prob(c, d)] }
    }

    fn write(&self, out: &mut BoolEncoder, segment: u8) {
        if self.used {
            let (high, low) = (segment >> 1, segment & 1);
            out.put(high == 1, self.probs[0]);
            out.put(low == 1, self.probs[1 + usize::from(high)]);
        }
    }
}

/// The probability that a macroblock has levels, or none when that needs no saying.
fn skip_prob(skipped: u32, total: u32) -> Option<Prob> {
    let coded = u64::from(total - skipped);
    (skipped > 0).then(|| (coded * 255 / u64::from(total)).clamp(1, 255) as Prob)
}

fn write_modes(
    out: &mut BoolEncoder,
    mb: &MacroblockModes,
    top: &mut [BlockMode; 4],
    left: &mut [BlockMode; 4],
) {
    match &mb.luma {
        Luma::I16x16(mode) => {
            for &(node, bit) in Y_MODE_BITS[mode.index()] {
                out.put(bit, Y_MODE_PROBS[node]);
            }
            // The 4x4 modes have the same numbers as the 16x16 modes that they resemble.
            (*top, *left) = ([*mode as BlockMode; 4], [*mode as BlockMode; 4]);
        }
        Luma::I4x4(modes) => {
            out.put(false, Y_MODE_PROBS[0]);
            for (block, &mode) in modes.iter().enumerate() {
                let (x, y) = (block % 4, block / 4);
                let probs = &B_MODE_PROBS[usize::from(top[x])][usize::from(left[y])];
                for &(node, bit) in B_MODE_BITS[usize::from(mode)] {
                    out.put(bit, probs[node]);
                }
                (top[x], left[y]) = (mode, mode);
            }
        }
    }
    for &(node, bit) in UV_MODE_BITS[mb.uv.index()] {
        out.put(bit, UV_MODE_PROBS[node]);
    }
}
