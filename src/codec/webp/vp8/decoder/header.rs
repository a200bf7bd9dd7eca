//! Reads the header of a key frame (RFC 6386, sections 9 and 19.2), and finds the partitions behind it.

use super::{
    super::tables::{AC_STEPS, BANDS, DC_STEPS, Prob, TOKEN_PROBS, TOKEN_UPDATE_PROBS},
    booldec::BoolReader,
    loop_filter::Strength,
};
use crate::{
    codec::bytes::{array_at, le16, le24},
    error::{Error, Result},
    pixel::Size,
};

/// Token probabilities by block type, place in the scan, context and tree node. The place behind the last is never
/// used.
pub type PlaceProbs = [[[[Prob; 11]; 3]; 17]; 4];

/// What the header says.
pub struct Header {
    pub size: Size,
    /// Probabilities of the segment map, if there is one.
    pub segment_probs: Option<[Prob; 3]>,
    /// The probability that a macroblock has tokens, if macroblocks have skip flags.
    pub skip_prob: Option<Prob>,
    /// By segment.
    pub steps: [Steps; 4],
    pub filter: Filter,
    pub probs: Box<PlaceProbs>,
}

/// Quantiser steps, of DC and AC each: luma, the Y2 block, chroma.
#[derive(Debug, Clone, Copy, Default)]
pub struct Steps {
    pub y1: [i32; 2],
    pub y2: [i32; 2],
    pub uv: [i32; 2],
}

/// The loop filter.
pub struct Filter {
    /// True for the simple one, which leaves chroma as it is.
    pub is_simple: bool,
    /// By segment: of a macroblock in a 16x16 mode, and of one in 4x4 modes.
    pub strengths: [[Strength; 2]; 4],
}

/// The parts of a frame.
pub struct Parts<'a> {
    pub header: Header,
    /// The rest of the first partition: the modes.
    pub modes: BoolReader<'a>,
    /// One, two, four or eight partitions of tokens; a row of macroblocks is in one of them in turn.
    pub tokens: Vec<BoolReader<'a>>,
}

/// Reads the header of a frame.
///
/// # Errors
/// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for a frame that is no key frame;
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when it is damaged or cut short.
pub fn read(frame: &[u8]) -> Result<Parts<'_>> {
    let too_short = || Error::malformed("the WebP's frame is cut short");
    let tag = le24(frame, 0).ok_or_else(too_short)?;
    if tag & 1 != 0 {
        return Err(Error::unsupported("a WebP whose frame is no key frame"));
    }
    if array_at(frame, 3) != Some([0x9d, 0x01, 0x2a]) {
        return Err(Error::malformed("the WebP's frame doesn't begin as one"));
    }
    let [width, height] = [6, 8].map(|at| le16(frame, at).map(|side| u32::from(side & 0x3fff)));
    let (Some(width), Some(height)) = (width, height) else { return Err(too_short()) };
    let (first, rest) = frame[10..].split_at_checked(tag as usize >> 5).ok_or_else(too_short)?;
    let mut modes = BoolReader::new(first);
    // The other colour space was never defined; clamping is never left out.
    if modes.flag() {
        return Err(Error::malformed("the WebP's colour space is unknown"));
    }
    modes.flag();
    let segments = Segments::read(&mut modes);
    let filter = read_filter(&mut modes, &segments);
    let tokens = read_partitions(rest, 1 << modes.number(2)).ok_or_else(too_short)?;
    let steps = read_steps(&mut modes, &segments);
    // Whether the probabilities are kept matters to the next frame.
    modes.flag();
    let probs = read_probs(&mut modes);
    let skip_prob = modes.flag().then(|| modes.number(8));
    if modes.is_past_end() {
        return Err(too_short());
    }
    let size = Size::new(width, height);
    let segment_probs = segments.map;
    Ok(Parts { header: Header { size, segment_probs, skip_prob, steps, filter, probs }, modes, tokens })
}

/// What the header says of segments (section 9.3).
#[derive(Default)]
struct Segments {
    are_used: bool,
    map: Option<[Prob; 3]>,
    /// Quantisers and filter levels are added to the frame's.
    are_deltas: bool,
    quantizers: [i16; 4],
    levels: [i16; 4],
}

impl Segments {
    fn read(bits: &mut BoolReader<'_>) -> Self {
        let mut segments = Self { are_used: bits.flag(), ..Self::default() };
        if !segments.are_used {
            return segments;
        }
        let has_map = bits.flag();
        if bits.flag() {
            segments.are_deltas = !bits.flag();
            segments.quantizers = [(); 4].map(|()| bits.optional(7));
            segments.levels = [(); 4].map(|()| bits.optional(6));
        }
        segments.map = has_map.then(|| [(); 3].map(|()| if bits.flag() { bits.number(8) } else { 255 }));
        segments
    }

    /// A segment's own value, or the frame's.
    const fn value(&self, frame: i16, own: i16) -> i16 {
        match (self.are_used, self.are_deltas) {
            (false, _) => frame,
            (true, true) => frame + own,
            (true, false) => own,
        }
    }
}

/// Reads the loop filter's levels, with the deltas that concern key frames (sections 9.3 and 9.6).
fn read_filter(bits: &mut BoolReader<'_>, segments: &Segments) -> Filter {
    let is_simple = bits.flag();
    let level = i16::from(bits.number(6));
    let sharpness = bits.number(3);
    let (mut i16x16, mut i4x4) = (0, 0);
    if bits.flag() && bits.flag() {
        // Only the first of each four concerns key frames.
        let references = [(); 4].map(|()| bits.optional(6));
        let modes = [(); 4].map(|()| bits.optional(6));
        (i16x16, i4x4) = (references[0], references[0] + modes[0]);
    }
    let strengths = segments.levels.map(|own| {
        let own = segments.value(level, own).clamp(0, 63);
        [i16x16, i4x4].map(|delta| {
            // Without a level of the frame there is no filter at all.
            let level = if level == 0 { 0 } else { (own + delta).clamp(0, 63) };
            Strength::new(level as u8, sharpness)
        })
    });
    Filter { is_simple, strengths }
}

/// Finds the partitions of tokens (section 9.5): the lengths of all but the last stand before them.
fn read_partitions(rest: &[u8], count: usize) -> Option<Vec<BoolReader<'_>>> {
    let (lengths, mut rest) = rest.split_at_checked(3 * (count - 1))?;
    let mut partitions = Vec::with_capacity(count);
    for length in lengths.as_chunks::<3>().0 {
        let (partition, behind) = rest.split_at_checked(le24(length, 0)? as usize)?;
        partitions.push(BoolReader::new(partition));
        rest = behind;
    }
    partitions.push(BoolReader::new(rest));
    Some(partitions)
}

/// Reads the quantiser indices (sections 9.6 and 14.1), and gives the steps by segment.
fn read_steps(bits: &mut BoolReader<'_>, segments: &Segments) -> [Steps; 4] {
    let index = i16::from(bits.number(7));
    let [y1_dc, y2_dc, y2_ac, uv_dc, uv_ac] = [(); 5].map(|()| bits.optional(4));
    let step = |steps: &[u16; 128], index: i16| i32::from(steps[index.clamp(0, 127) as usize]);
    segments.quantizers.map(|own| {
        let index = segments.value(index, own);
        Steps {
            y1: [step(&DC_STEPS, index + y1_dc), step(&AC_STEPS, index)],
            y2: [2 * step(&DC_STEPS, index + y2_dc), (step(&AC_STEPS, index + y2_ac) * 155 / 100).max(8)],
            uv: [step(&DC_STEPS, index + uv_dc).min(132), step(&AC_STEPS, index + uv_ac)],
        }
    })
}

/// Reads the changes of token probabilities (section 13.4).
fn read_probs(bits: &mut BoolReader<'_>) -> Box<PlaceProbs> {
    let mut probs = TOKEN_PROBS;
    for (bands, updates) in probs.iter_mut().zip(&TOKEN_UPDATE_PROBS) {
        for (prob, &update) in
            bands.as_flattened_mut().as_flattened_mut().iter_mut().zip(updates.as_flattened().as_flattened())
        {
            if bits.bit(update) {
                *prob = bits.number(8);
            }
        }
    }
    let mut by_place = Box::new([[[[0; 11]; 3]; 17]; 4]);
    for (places, bands) in by_place.iter_mut().zip(&probs) {
        for (place, band) in places.iter_mut().zip(BANDS) {
            *place = bands[usize::from(band)];
        }
    }
    by_place
}
