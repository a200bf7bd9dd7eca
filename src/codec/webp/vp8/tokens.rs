//! The tokens (RFC 6386, section 13). Their probabilities stand in the frame's header and are best known at the end, so
//! what is coded first waits packed (`tape`). When that has become long enough to know them well they are fixed, and
//! from then on each row goes where it belongs, right behind the last.

use super::{
    boolenc::{BoolEncoder, SLACK, State, make_room},
    macroblock::{Edge, for_each_block, skip_blocks},
    tables::{BANDS, CATEGORY_BASE, CATEGORY_PROBS, Prob, TOKEN_PROBS, TokenProbs},
    tape::{Bits, Reader},
};
use crate::{
    error::Result,
    simd::{Level, Simd, dispatch},
};

/// The tokens of a picture, in one partition.
pub struct Tokens {
    /// Levels of rows, and which blocks along the lower edge of the row above have any.
    held: Vec<(Bits, Vec<u16>)>,
    /// Bytes of what was held until the probabilities were fixed, and how many may be.
    length: usize,
    long: usize,
    probs: Option<TokenProbs>,
    /// Macroblocks without levels have no tokens.
    skips: bool,
    encoder: BoolEncoder,
    room: usize,
}

impl Tokens {
    /// No tokens yet. The probabilities will be fixed after `long` bytes of tape. With all that comes behind them the
    /// tokens may take `room` bytes, for which the memory is taken now or by and by.
    ///
    /// # Errors
    /// `Memory`.
    pub fn new(long: usize, room: usize, is_taken: bool, skips: bool) -> Result<Self> {
        let mut out = Vec::new();
        if is_taken {
            out.try_reserve_exact(room.saturating_add(SLACK))?;
        }
        let encoder = BoolEncoder::new(out);
        Ok(Self { held: Vec::new(), length: 0, long, probs: None, skips, encoder, room })
    }

    /// Takes a row.
    pub fn hold(&mut self, levels: Bits, above: Vec<u16>) {
        self.length += levels.len();
        self.held.push((levels, above));
    }

    /// True if it is time to fix the probabilities.
    pub const fn is_long(&self) -> bool {
        self.probs.is_none() && self.length > self.long
    }

    /// Fixes the probabilities, if they aren't.
    pub fn fix(&mut self, probs: impl FnOnce() -> TokenProbs) {
        if self.probs.is_none() {
            self.probs = Some(probs());
        }
    }

    /// The probabilities, if they are fixed.
    pub const fn probs(&self) -> Option<&TokenProbs> {
        self.probs.as_ref()
    }

    /// True if rows wait that can be written.
    pub const fn is_ready(&self) -> bool {
        self.probs.is_some() && !self.held.is_empty()
    }

    /// Writes the rows that wait, if the probabilities are fixed.
    ///
    /// # Errors
    /// `Larger` when there is no more room; `Memory`.
    pub fn write(&mut self, level: Level) -> Result<()> {
        if self.probs.is_some() {
            for (levels, above) in std::mem::take(&mut self.held) {
                dispatch!(level, simd => simd.vectorize(#[inline(always)] || self.write_row(&levels, &above)))?;
            }
        }
        Ok(())
    }

    /// Ends the partition: its bytes, with room behind them.
    ///
    /// # Errors
    /// `Larger` when there are too many; `Memory`.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        make_room(&mut self.encoder.out, self.room)?;
        let mut out = self.encoder.finish();
        make_room(&mut out, self.room)?;
        Ok(out)
    }

    #[inline(always)]
    fn write_row(&mut self, levels: &Bits, above: &[u16]) -> Result<()> {
        let probs = self.probs.as_ref().unwrap_or(&TOKEN_PROBS);
        let BoolEncoder { state: kept, out } = &mut self.encoder;
        let mut state = *kept;
        let mut reader = levels.reader();
        let mut left = Edge::default();
        for &above in above {
            make_room(out, self.room)?;
            let mut top = Edge::unpacked(above);
            let (has_y2, coded) = reader.coded_blocks();
            if coded == 0 && self.skips {
                skip_blocks(has_y2, &mut top, &mut left);
                continue;
            }
            for_each_block(has_y2, coded, &mut top, &mut left, |_, kind, context, is_coded| {
                let bands = &probs[kind];
                let first = usize::from(kind == 0);
                let probs = &bands[usize::from(BANDS[first])][context];
                state.put(out, is_coded, probs[0]);
                if is_coded {
                    write_block((&mut state, out), bands, first, probs, &mut reader);
                }
            });
        }
        *kept = state;
        Ok(())
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
