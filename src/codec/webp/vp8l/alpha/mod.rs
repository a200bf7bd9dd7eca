//! A VP8L stream of one channel as `ALPH` holds it (RFC 9649 section 2.7.1.2): without a header, the samples in green.
//!
//! The samples are cut into tokens twice, by the same rule: once to count them for the prefix codes, and once to write
//! them. What is written takes the place of what has been read, so there is no second buffer: see [`head_bytes`].

mod histogram;
mod match_finder;

pub use self::histogram::RunHistogram;
use self::{
    histogram::{PARTS, PartHistograms},
    match_finder::{MatchFinder, SampleCosts, SampleToken, WINDOW},
};
use super::{
    NUM_LITERALS,
    bits::{BitWriter, HeaderBits},
    lz77::{Lz77Prefix, distance_code},
    prefix_code::PrefixCode,
};
use crate::error::Result;

/// The most bytes that five prefix codes take before the samples.
const HEADERS: u64 = 1024;

/// What coding holds beside the buffer: the match finder, histograms, and prefix codes.
pub const TABLES: u64 = 160 << 10;

/// The most samples of which all are tried to see what copies cost; of more only a part is.
const TRY_ALL: usize = 1 << 16;

/// With more samples copies have to save an eighth: looking for them takes longer than all else.
const WANT_EIGHTH: usize = 1 << 20;

/// The bytes before the samples in the buffer that they are coded in.
///
/// Code is written from the buffer's start and must not reach what is still read: the samples to come, and a window
/// before them. In all the code is shorter than the samples, but it may be ahead of them for a while, if the first
/// samples are of many kinds and the others of few. An eighth of the samples is enough for that, but for pictures that
/// are made to exceed it, which are not compressed then.
pub const fn head_bytes(samples: u64) -> u64 {
    HEADERS + WINDOW as u64 + samples.div_ceil(8)
}

/// All bytes of the buffer that samples are coded in.
pub const fn buffer_bytes(samples: u64) -> u64 {
    head_bytes(samples) + samples
}

/// Codes the samples from `head` on, which is at least [`head_bytes`], in rows of `width`. The code begins at the
/// buffer's second byte; returns where it ends, or `None`, with the buffer as it was, if it would be no shorter than
/// the samples.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn encode(buffer: &mut [u8], head: usize, width: usize) -> Result<Option<usize>> {
    let samples = &buffer[head..];
    let mut histograms = PartHistograms::new()?;
    let mut best = StreamPlan::new(samples, width, None, &mut histograms)?;
    let costs = histograms.costs();
    if let Some(costs) = best.costs_of_copies(samples, width, costs, &mut histograms)? {
        let plan = StreamPlan::new(samples, width, Some(costs), &mut histograms)?;
        if plan.bits < best.bits {
            best = plan;
        }
    }
    if best.bits.div_ceil(8) >= samples.len() as u64 || CODE_START + best.reach > head - WINDOW {
        return Ok(None);
    }
    best.write(buffer, head, width).map(Some)
}

/// The place of the code's first byte.
const CODE_START: usize = 1;

/// How the stream is written.
struct StreamPlan {
    /// Costs by which copies are chosen; without them there are only runs.
    costs: Option<SampleCosts>,
    green: PrefixCode,
    distance: PrefixCode,
    header: HeaderBits,
    /// The length of the stream, and of its parts.
    bits: u64,
    parts: [u64; PARTS],
    /// The most bytes by which the code is ahead of the samples that it stands for.
    reach: usize,
}

impl StreamPlan {
    fn new(
        samples: &[u8],
        width: usize,
        costs: Option<SampleCosts>,
        histograms: &mut PartHistograms,
    ) -> Result<Self> {
        histograms.begin(samples.len(), width);
        let mut finder = MatchFinder::new(width, costs.as_ref())?;
        while let Some(token) = finder.next(samples) {
            histograms.add(token);
        }
        let (greens, distances) = histograms.totals();
        let (green, distance) = (PrefixCode::new(&greens), PrefixCode::new(&distances));
        let mut header = HeaderBits::default();
        // No transform, no colour cache, one prefix code group: green; red, blue and alpha, which are zero; distances.
        header.put(0, 3);
        green.write(&greens, &mut header);
        (0..3).for_each(|_| header.put(0b0001, 4));
        distance.write(&distances, &mut header);
        let parts = histograms.bits(&green, &distance);
        let (mut bits, mut reach) = (header.bits(), 0);
        for (at, part) in parts.iter().enumerate() {
            // As if a part were written when it begins.
            bits += part;
            let begins = (at as u64 * samples.len() as u64 / PARTS as u64) as usize;
            reach = reach.max((bits.div_ceil(8) as usize).saturating_sub(begins));
        }
        Ok(Self { costs, green, distance, header, bits, parts, reach })
    }

    /// Tries copies on the part of the samples that takes the most bits. Returns what symbols cost with copies, or
    /// `None` if copies don't pay. The first costs are those of runs alone.
    fn costs_of_copies(
        &self,
        samples: &[u8],
        width: usize,
        first: SampleCosts,
        histograms: &mut PartHistograms,
    ) -> Result<Option<SampleCosts>> {
        if samples.len() <= TRY_ALL {
            Self::new(samples, width, Some(first), histograms)?;
            return Ok(Some(histograms.costs()));
        }
        let dearest = self.parts.iter().enumerate().max_by_key(|(_, bits)| **bits).map_or(0, |(at, _)| at);
        let part = samples.len() / PARTS;
        let trial = &samples[dearest * part..(dearest + 1) * part];
        let runs = Self::new(trial, width, None, histograms)?;
        Self::new(trial, width, Some(first), histograms)?;
        let second = Self::new(trial, width, Some(histograms.costs()), histograms)?;
        let least = runs.bits / if samples.len() > WANT_EIGHTH { 8 } else { 32 };
        Ok((second.bits + least < runs.bits).then(|| histograms.costs()))
    }

    fn write(&self, buffer: &mut [u8], head: usize, width: usize) -> Result<usize> {
        let mut writer = BitWriter::new(CODE_START);
        self.header.write(&mut writer, buffer);
        let mut finder = MatchFinder::new(width, self.costs.as_ref())?;
        while let Some(token) = finder.next(&buffer[head..]) {
            match token {
                SampleToken::Literal(sample) => {
                    let (code, bits) = self.green.code(sample.into());
                    writer.put(buffer, code, bits);
                }
                SampleToken::Copy { length, distance } => {
                    let length = Lz77Prefix::new(length);
                    let (code, bits) = self.green.code(NUM_LITERALS + length.symbol);
                    writer.put(buffer, code | length.extra_bits << bits, bits + length.extra_bit_count);
                    let distance = Lz77Prefix::new(distance_code(distance, width));
                    let (code, bits) = self.distance.code(distance.symbol);
                    writer.put(buffer, code | distance.extra_bits << bits, bits + distance.extra_bit_count);
                }
            }
        }
        Ok(writer.finish(buffer))
    }
}
