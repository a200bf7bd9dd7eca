//! The tokens (RFC 6386, section 13). Their probabilities stand in the frame's header and are best known at the end, so
//! what is coded first waits packed (`tape`). When that has become long enough to know them well they are fixed, and
//! from then on each row goes where it belongs, right behind the last.

use std::mem;

use super::{
    super::{
        macroblock::{Edge, for_each_block, skip_blocks},
        tables::{BANDS, CATEGORY_BASE, CATEGORY_PROBS, Prob, TOKEN_PROBS, TokenProbs},
    },
    boolenc::{BoolEncoder, SLACK, State, make_room},
    memory::Room,
    token_buffer::{Bits, Reader},
};
use crate::{
    error::Result,
    simd::{Level, Simd, dispatch},
};

/// The tokens of a picture, in one partition.
pub struct Tokens {
    /// Levels of the rows that wait for the probabilities, one after the other, and the words for which memory is taken with
    /// the first row; for each row where it ends, and which blocks along the lower edge of the row above have levels.
    tape: Vec<u32>,
    tape_words: usize,
    taped: Vec<(usize, Vec<u16>)>,
    /// The same of rows that only wait to be written.
    held: Vec<(Bits, Vec<u16>)>,
    /// Bytes of tape after which the probabilities are fixed.
    long: usize,
    probs: Option<TokenProbs>,
    /// Macroblocks without levels have no tokens.
    skips: bool,
    encoder: BoolEncoder,
    /// Bytes for which memory is taken with the first row, and the most that there may be.
    first: usize,
    room: usize,
}

impl Tokens {
    /// No tokens yet, and no memory taken. The probabilities will be fixed after `long` bytes of tape, for which there are to be
    /// `tape` bytes. With all that comes behind them the tokens may take what `room` says.
    pub fn new((long, tape): (u64, u64), room: Room, skips: bool) -> Self {
        let length = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX >> 1);
        Self {
            tape: Vec::new(),
            tape_words: length(tape / 4),
            taped: Vec::new(),
            held: Vec::new(),
            long: length(long),
            probs: None,
            skips,
            encoder: BoolEncoder::new(Vec::new()),
            first: length(room.first),
            room: length(room.most),
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn hold(&mut self, levels: Bits, above: Vec<u16>) -> Result<()> {
        if self.probs.is_some() {
            self.held.push((levels, above));
        } else {
            self.take_room()?;
            let more = if self.taped.is_empty() { self.tape_words } else { 0 };
            self.tape.try_reserve_exact(more.max(levels.words().len()))?;
            self.tape.extend_from_slice(levels.words());
            self.taped.push((self.tape.len(), above));
        }
        Ok(())
    }

    /// True if it is time to fix the probabilities.
    pub const fn is_long(&self) -> bool {
        self.probs.is_none() && self.tape.len() * 4 > self.long
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
        self.probs.is_some() && !(self.taped.is_empty() && self.held.is_empty())
    }

    /// Writes the rows that wait, if the probabilities are fixed.
    ///
    /// # Errors
    /// `OutputTooLarge` when there is no more room; `OutOfMemory`.
    pub fn write(&mut self, level: Level) -> Result<()> {
        if self.probs.is_none() {
            return Ok(());
        }
        let (tape, mut start) = (mem::take(&mut self.tape), 0);
        for (end, above) in mem::take(&mut self.taped) {
            self.write_words(level, tape.get(start..end).unwrap_or_default(), &above)?;
            start = end;
        }
        drop(tape);
        for (levels, above) in mem::take(&mut self.held) {
            self.write_words(level, levels.words(), &above)?;
        }
        Ok(())
    }

    /// Takes the memory of the buffer, unless it is there.
    fn take_room(&mut self) -> Result<()> {
        if self.encoder.out.capacity() == 0 {
            self.encoder.out.try_reserve_exact(self.first + SLACK)?;
        }
        Ok(())
    }

    fn write_words(&mut self, level: Level, words: &[u32], above: &[u16]) -> Result<()> {
        dispatch!(level, simd => simd.vectorize(#[inline(always)] || self.write_row(words, above)))
    }

    /// Ends the partition: its bytes, with room behind them.
    ///
    /// # Errors
    /// `OutputTooLarge` when there are too many; `OutOfMemory`.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.take_room()?;
        make_room(&mut self.encoder.out, self.room)?;
        let mut out = self.encoder.finish();
        make_room(&mut out, self.room)?;
        Ok(out)
    }

    #[inline(always)]
    fn write_row(&mut self, words: &[u32], above: &[u16]) -> Result<()> {
        let probs = self.probs.as_ref().unwrap_or(&TOKEN_PROBS);
        let BoolEncoder { state: kept, out } = &mut self.encoder;
        let mut state = *kept;
        let mut reader = Reader::new(words);
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
