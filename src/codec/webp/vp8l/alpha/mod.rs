//! A VP8L stream of one channel as `ALPH` holds it (RFC 9649 section 2.7.1.2): without a header, the samples in green.
//!
//! The samples are cut into tokens twice, by the same rule: once to count them, from which the codes are made, and once to
//! write them. What is written takes the place of what has been read, so there is no second buffer: see [`head_bytes`].

mod histogram;
mod match_finder;

pub use self::histogram::RunCounts;
use self::{
    histogram::{PARTS, Tally},
    match_finder::{Costs, Finder, Token, WINDOW},
};
use super::{
    bits::{BitWriter, Header},
    lz77::{Prefixed, distance_code},
    prefix_code::Code,
};
use crate::error::Result;

/// What is written before the samples, at the most: the descriptions of five codes.
const HEADERS: u64 = 1024;

/// What coding holds beside the buffer: the finder of copies, counts, and codes.
pub const TABLES: u64 = 160 << 10;

/// Samples of which all are tried, to see what copies cost; of more only a part is.
const FEW: usize = 1 << 16;

/// Samples from which on copies have to save an eighth: looking for them takes longer than all else.
const MANY: usize = 1 << 20;

/// The bytes before the samples in the buffer that they are coded in.
///
/// Code is written from the buffer's start and never reaches what is still read: the samples to come, and a window
/// behind. All of it is shorter than the samples, but at the beginning it may be longer than those that it stands for:
/// where they are of many kinds, and the rest is of few. An eighth is more than that takes but for pictures that are
/// made for it, which are not compressed then.
pub const fn head_bytes(samples: u64) -> u64 {
    HEADERS + WINDOW as u64 + samples.div_ceil(8)
}

/// All bytes of such a buffer.
pub const fn buffer_bytes(samples: u64) -> u64 {
    head_bytes(samples) + samples
}

/// Codes samples in rows of `width`: those from `head` on, which is at least [`head_bytes`]. The code begins at the
/// buffer's second byte; says where it ends. `None`, and nothing is done, where it would be no shorter than the samples.
///
/// # Errors
/// `OutOfMemory`.
pub fn encode(buffer: &mut [u8], head: usize, width: usize) -> Result<Option<usize>> {
    let samples = &buffer[head..];
    let mut tally = Tally::new()?;
    let mut best = Plan::new(samples, width, None, &mut tally)?;
    let costs = tally.costs();
    if let Some(costs) = best.costs_of_copies(samples, width, costs, &mut tally)? {
        let plan = Plan::new(samples, width, Some(costs), &mut tally)?;
        if plan.bits < best.bits {
            best = plan;
        }
    }
    if best.bits.div_ceil(8) >= samples.len() as u64 || START + best.reach > head - WINDOW {
        return Ok(None);
    }
    best.write(buffer, head, width).map(Some)
}

/// The code's first byte.
const START: usize = 1;

/// How samples are coded.
struct Plan {
    /// By which copies are chosen; without them there are only runs.
    costs: Option<Costs>,
    green: Code,
    distance: Code,
    header: Header,
    /// The length of all, and of the parts.
    bits: u64,
    parts: [u64; PARTS],
    /// The most bytes by which code is ahead of the samples that it stands for.
    reach: usize,
}

impl Plan {
    fn new(samples: &[u8], width: usize, costs: Option<Costs>, tally: &mut Tally) -> Result<Self> {
        tally.begin(samples.len(), width);
        let mut finder = Finder::new(width, costs.as_ref())?;
        while let Some(token) = finder.next(samples) {
            tally.add(token);
        }
        let (greens, distances) = tally.sums();
        let (green, distance) = (Code::new(&greens), Code::new(&distances));
        let mut header = Header::default();
        // No transform, no colour cache, one set of codes: of green, of red, blue and alpha, which are zero, and of
        // distances.
        header.put(0, 3);
        green.describe(&greens, &mut header);
        (0..3).for_each(|_| header.put(0b0001, 4));
        distance.describe(&distances, &mut header);
        let parts = tally.bits(&green, &distance);
        let (mut bits, mut reach) = (header.bits(), 0);
        for (at, part) in parts.iter().enumerate() {
            // As if a part were written when it begins.
            bits += part;
            let begins = (at as u64 * samples.len() as u64 / PARTS as u64) as usize;
            reach = reach.max((bits.div_ceil(8) as usize).saturating_sub(begins));
        }
        Ok(Self { costs, green, distance, header, bits, parts, reach })
    }

    /// Tries copies on a part of the samples, that which takes the most: what things cost where there are some, or
    /// `None` if they don't pay. The first costs are those of runs, which know of no other copies.
    fn costs_of_copies(
        &self,
        samples: &[u8],
        width: usize,
        first: Costs,
        tally: &mut Tally,
    ) -> Result<Option<Costs>> {
        if samples.len() <= FEW {
            Self::new(samples, width, Some(first), tally)?;
            return Ok(Some(tally.costs()));
        }
        let dearest = self.parts.iter().enumerate().max_by_key(|(_, bits)| **bits).map_or(0, |(at, _)| at);
        let part = samples.len() / PARTS;
        let trial = &samples[dearest * part..(dearest + 1) * part];
        let runs = Self::new(trial, width, None, tally)?;
        Self::new(trial, width, Some(first), tally)?;
        let second = Self::new(trial, width, Some(tally.costs()), tally)?;
        let least = runs.bits / if samples.len() > MANY { 8 } else { 32 };
        Ok((second.bits + least < runs.bits).then(|| tally.costs()))
    }

    fn write(&self, buffer: &mut [u8], head: usize, width: usize) -> Result<usize> {
        let mut writer = BitWriter::new(START);
        self.header.write(&mut writer, buffer);
        let mut finder = Finder::new(width, self.costs.as_ref())?;
        while let Some(token) = finder.next(&buffer[head..]) {
            match token {
                Token::Literal(sample) => {
                    let (code, bits) = self.green.code(sample.into());
                    writer.put(buffer, code, bits);
                }
                Token::Copy { length, distance } => {
                    let length = Prefixed::new(length);
                    let (code, bits) = self.green.code(256 + length.symbol);
                    writer.put(buffer, code | length.more << bits, bits + length.bits);
                    let distance = Prefixed::new(distance_code(distance, width));
                    let (code, bits) = self.distance.code(distance.symbol);
                    writer.put(buffer, code | distance.more << bits, bits + distance.bits);
                }
            }
        }
        Ok(writer.finish(buffer))
    }
}
