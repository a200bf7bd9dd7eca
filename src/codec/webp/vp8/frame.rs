//! The frame: header, modes and tokens (RFC 6386, sections 9 and 19.2), written when the whole picture is known.

use super::{
    boolenc::{BoolEncoder, State, reserve},
    cost::{B_MODE_BITS, UV_MODE_BITS, Y_MODE_BITS},
    macroblock::{Edge, Luma, for_each_block, skip_blocks},
    proba::for_each_prob,
    tables::{
        B_MODE_PROBS, BANDS, CATEGORY_BASE, CATEGORY_PROBS, Prob, TOKEN_PROBS, TOKEN_UPDATE_PROBS,
        TokenProbs, UV_MODE_PROBS, Y_MODE_PROBS,
    },
    tape::{Bits, Modes, Reader, RowTape},
    wave::{Job, side_by_side},
};
use crate::{
    error::{Error, Kind, Result},
    pixel::Size,
    simd::{Level, Simd, dispatch},
};

/// The most bytes of the first partition, whose length has 19 bits.
pub const MAX_FIRST_PARTITION: usize = (1 << 19) - 1;

/// What the header says.
#[derive(Debug, Clone)]
pub struct Header {
    /// Size in pixels, sides of 1 to 16,383.
    pub size: Size,
    /// Quantiser index of each segment, 0 to 127.
    pub quantizers: [u8; 4],
    /// Offsets of the quantiser index, -15 to 15: luma DC, DC of DCs, AC of DCs, chroma DC, chroma AC.
    pub offsets: [i8; 5],
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

/// The bytes of a frame's partitions: modes, then tokens. Rows of macroblocks go to the token partitions by turns.
///
/// # Errors
/// `Limit` when the modes don't fit in the first partition; `Memory`.
pub fn write(header: &Header, rows: Vec<RowTape>, level: Level, threads: usize) -> Result<Vec<u8>> {
    let columns = header.size.width.div_ceil(16) as usize;
    let skip_prob = skip_prob(header.skipped, (columns * rows.len()) as u32);
    let count = token_partitions(header.size);
    let mut tapes: Vec<Vec<(Bits, Vec<u16>)>> = (0..count).map(|_| Vec::new()).collect();
    let mut modes = Vec::new();
    for (row, tape) in rows.into_iter().enumerate() {
        modes.push(tape.modes);
        tapes[row % count].push((tape.levels, tape.above));
    }
    let skips = skip_prob.is_some();
    let mut jobs: Vec<Job<'_, Vec<u8>>> =
        vec![Box::new(move || write_first(header, columns, modes, skip_prob, count))];
    for tapes in tapes {
        jobs.push(Box::new(move || {
            dispatch!(level, simd => simd.vectorize(#[inline(always)] || write_tokens(header, tapes, skips)))
        }));
    }
    assemble(header.size, &side_by_side(threads, jobs)?)
}

/// How many partitions the tokens are cut into, so that they can be written, and read, side by side: a power of two.
pub const fn token_partitions(size: Size) -> usize {
    match size.pixels() {
        ..1_000_000 => 1,
        1_000_000..4_000_000 => 2,
        4_000_000..16_000_000 => 4,
        _ => 8,
    }
}

/// The first partition: header and modes.
fn write_first(
    header: &Header,
    columns: usize,
    rows: Vec<Bits>,
    skip_prob: Option<Prob>,
    partitions: usize,
) -> Result<Vec<u8>> {
    let segments = SegmentCoder::new(&header.segment_counts);
    let mut out = BoolEncoder::new();
    write_header(&mut out, header, &segments, skip_prob, partitions);
    let mut top_modes = vec![[0; 4]; columns];
    let macroblocks = columns * rows.len();
    for row in rows {
        out.reserve(row.len())?;
        let mut reader = row.reader();
        let mut left_modes = [0; 4];
        for top_modes in &mut top_modes {
            let modes = reader.modes();
            segments.write(&mut out, modes.segment);
            if let Some(prob) = skip_prob {
                out.put(modes.is_empty, prob);
            }
            write_modes(&mut out, &modes, top_modes, &mut left_modes);
        }
    }
    let mut partition = out.finish()?;
    // libwebp's incremental decoder, which browsers use, reads up to two bytes ahead, and refuses a frame of which
    // nothing is left when its header is read. The modes of so few macroblocks may be shorter than that.
    if macroblocks < 4 {
        partition.push(0);
    }
    Ok(partition)
}

/// A partition of tokens, of some of the rows.
#[inline(always)]
fn write_tokens(header: &Header, rows: Vec<(Bits, Vec<u16>)>, skips: bool) -> Result<Vec<u8>> {
    let BoolEncoder { mut state, mut out } = BoolEncoder::new();
    for (levels, above) in rows {
        // Tokens are seldom larger than the tape, and never by much.
        reserve(&mut out, levels.len())?;
        let mut reader = levels.reader();
        let mut left = Edge::default();
        for above in above {
            let mut top = Edge::unpacked(above);
            let (has_y2, coded) = reader.coded_blocks();
            if coded == 0 && skips {
                skip_blocks(has_y2, &mut top, &mut left);
                continue;
            }
            for_each_block(has_y2, coded, &mut top, &mut left, |_, kind, context, is_coded| {
                let bands = &header.probs[kind];
                let first = usize::from(kind == 0);
                let probs = &bands[usize::from(BANDS[first])][context];
                state.put(&mut out, is_coded, probs[0]);
                if is_coded {
                    write_block((&mut state, &mut out), bands, first, probs, &mut reader);
                }
            });
        }
    }
    BoolEncoder { state, out }.finish()
}

/// The uncompressed data chunk (section 9.1), then all partitions.
fn assemble(size: Size, partitions: &[Vec<u8>]) -> Result<Vec<u8>> {
    let Some((first, tokens)) = partitions.split_first() else {
        return Err(Error::new(Kind::Internal, "a frame without partitions"));
    };
    if first.len() > MAX_FIRST_PARTITION {
        return Err(Error::limit("the picture has too many macroblocks for a lossy WebP"));
    }
    let side = |side: u32| u16::try_from(side).ok().filter(|&side| (1..1 << 14).contains(&side));
    let (Some(width), Some(height)) = (side(size.width), side(size.height)) else {
        return Err(Error::new(Kind::Internal, "a lossy WebP's sides have 1 to 16383 pixels"));
    };
    let total: usize = tokens.iter().map(|partition| partition.len() + 3).sum();
    let mut out = Vec::new();
    out.try_reserve_exact(10 + first.len() + total)?;
    // A key frame of version 0 that is shown.
    let tag = 1 << 4 | (first.len() as u32) << 5;
    out.extend_from_slice(&tag.to_le_bytes()[..3]);
    out.extend_from_slice(&[0x9d, 0x01, 0x2a]);
    out.extend_from_slice(&width.to_le_bytes());
    out.extend_from_slice(&height.to_le_bytes());
    out.extend_from_slice(first);
    // The sizes of all but the last (section 9.5).
    for partition in &tokens[..tokens.len().max(1) - 1] {
        let length = u32::try_from(partition.len()).ok().filter(|&length| length < 1 << 24);
        let length = length.ok_or_else(|| Error::limit("the tokens don't fit in their partitions"))?;
        out.extend_from_slice(&length.to_le_bytes()[..3]);
    }
    tokens.iter().for_each(|partition| out.extend_from_slice(partition));
    Ok(out)
}

/// The frame header (section 19.2).
fn write_header(
    out: &mut BoolEncoder,
    header: &Header,
    segments: &SegmentCoder,
    skip_prob: Option<Prob>,
    partitions: usize,
) {
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
    out.put_bits(partitions.trailing_zeros(), 2);
    out.put_bits(u32::from(header.quantizers[0]), 7);
    for offset in header.offsets {
        out.put_flag(offset != 0);
        if offset != 0 {
            out.put_signed(i32::from(offset), 4);
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

/// Section 9.3.
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

fn write_modes(out: &mut BoolEncoder, mb: &Modes, top: &mut [u8; 4], left: &mut [u8; 4]) {
    match &mb.luma {
        Luma::Whole(mode) => {
            for &(node, bit) in Y_MODE_BITS[usize::from(*mode)] {
                out.put(bit, Y_MODE_PROBS[node]);
            }
            // The 4x4 modes have the same numbers as the 16x16 modes that they resemble.
            (*top, *left) = ([*mode; 4], [*mode; 4]);
        }
        Luma::Blocks(modes) => {
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
    for &(node, bit) in UV_MODE_BITS[usize::from(mb.uv)] {
        out.put(bit, UV_MODE_PROBS[node]);
    }
}

/// The tokens of a block that has levels (section 13), from its second branch on.
#[inline(always)]
fn write_block<'a>(
    (state, out): (&mut State, &mut Vec<u8>),
    bands: &'a [[[Prob; 11]; 3]; 8],
    first: usize,
    mut probs: &'a [Prob; 11],
    levels: &mut Reader,
) {
    let mut put = |bit: bool, prob: Prob| state.put(out, bit, prob);
    let end = levels.end();
    let mut may_end = false;
    for place in first..end {
        let level = levels.level();
        if may_end {
            put(true, probs[0]);
        }
        let next = &bands[usize::from(BANDS[place + 1])];
        put(level != 0, probs[1]);
        may_end = level != 0;
        if level == 0 {
            probs = &next[0];
            continue;
        }
        let size = level.unsigned_abs();
        put(size > 1, probs[2]);
        if size > 1 {
            write_large(&mut put, probs, size);
        }
        put(level < 0, 128);
        probs = &next[usize::from(size.min(2))];
    }
    if end < 16 {
        put(false, probs[0]);
    }
}

/// The branches below "more than one", and the extra bits.
#[inline(always)]
fn write_large(put: &mut impl FnMut(bool, Prob), probs: &[Prob; 11], size: u16) {
    put(size > 4, probs[3]);
    if size <= 4 {
        put(size > 2, probs[4]);
        if size > 2 {
            put(size > 3, probs[5]);
        }
        return;
    }
    put(size > 10, probs[6]);
    let category = CATEGORY_BASE.iter().rposition(|&base| base <= size).unwrap_or(0);
    match category {
        0 | 1 => put(category == 1, probs[7]),
        _ => {
            put(category > 3, probs[8]);
            put(category & 1 == 1, probs[9 + usize::from(category > 3)]);
        }
    }
    let extra = size - CATEGORY_BASE[category];
    let bits = CATEGORY_PROBS[category].len();
    for (place, &prob) in CATEGORY_PROBS[category].iter().enumerate() {
        put(extra >> (bits - 1 - place) & 1 == 1, prob);
    }
}
