//! Writes the tokens (RFC 6386, section 13), in one partition.
//!
//! Their probabilities stand in the frame's header and are best known at the end, so what is coded first waits packed
//! in a token buffer ([`super::token_buffer`]). When that is full enough to know the probabilities well they are fixed,
//! and from then on each row is written where it belongs, right behind the last.

use std::mem;

use super::{
    super::{
        macroblock::{BlockVisit, NonzeroFlags, for_each_block, skip_blocks},
        tables::{BANDS, CATEGORY_BASE, CATEGORY_PROBS, Prob, TOKEN_PROBS, TokenProbs},
    },
    boolenc::{BoolEncoder, SLACK, State, make_room},
    memory::TokenBufferSize,
    token_buffer::{PackedBits, PackedReader},
};
use crate::{
    codec::file_capacity::FileCapacity,
    error::Result,
    simd::{Level, Simd, dispatch},
};

/// The tokens of a picture.
pub struct TokenWriter {
    /// Packed levels of the rows that wait for the probabilities, one after the other, and for how many words memory is
    /// taken with the first row.
    buffer: Vec<u32>,
    buffer_words: usize,
    /// For each of these rows where its words end, and its flags along the upper edge.
    buffered_rows: Vec<(usize, Vec<u16>)>,
    /// Rows whose probabilities are fixed and that only wait to be written, with their flags.
    pending_rows: Vec<(PackedBits, Vec<u16>)>,
    /// Bytes in the buffer after which the probabilities are fixed.
    buffer_limit: usize,
    probs: Option<TokenProbs>,
    /// Macroblocks without nonzero levels have no tokens.
    has_skip_flags: bool,
    encoder: BoolEncoder,
    /// Bytes of the frame for which memory is taken with the first row, and the most that there may be.
    initial_bytes: usize,
    max_bytes: usize,
}

impl TokenWriter {
    /// A writer without tokens that has taken no memory. With all that comes behind them the tokens may take what
    /// `frame` says.
    pub fn new(buffer: TokenBufferSize, frame: FileCapacity, has_skip_flags: bool) -> Self {
        let length = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX >> 1);
        Self {
            buffer: Vec::new(),
            buffer_words: length(buffer.capacity / 4),
            buffered_rows: Vec::new(),
            pending_rows: Vec::new(),
            buffer_limit: length(buffer.limit),
            probs: None,
            has_skip_flags,
            encoder: BoolEncoder::new(Vec::new()),
            initial_bytes: length(frame.initial),
            max_bytes: length(frame.max),
        }
    }

    /// Takes a row: its packed levels, and for each macroblock the flags along its upper edge.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn push_row(&mut self, levels: PackedBits, top_flags: Vec<u16>) -> Result<()> {
        if self.probs.is_some() {
            self.pending_rows.push((levels, top_flags));
        } else {
            self.reserve()?;
            let more = if self.buffered_rows.is_empty() { self.buffer_words } else { 0 };
            self.buffer.try_reserve_exact(more.max(levels.words().len()))?;
            self.buffer.extend_from_slice(levels.words());
            self.buffered_rows.push((self.buffer.len(), top_flags));
        }
        Ok(())
    }

    /// True if it is time to fix the probabilities.
    pub const fn is_buffer_full(&self) -> bool {
        self.probs.is_none() && self.buffer.len() * 4 > self.buffer_limit
    }

    /// Fixes the probabilities, unless they are.
    pub fn fix_probs(&mut self, probs: impl FnOnce() -> TokenProbs) {
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
        self.probs.is_some() && !(self.buffered_rows.is_empty() && self.pending_rows.is_empty())
    }

    /// Writes the rows that wait, if the probabilities are fixed.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when the frame would be too long;
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn write(&mut self, level: Level) -> Result<()> {
        if self.probs.is_none() {
            return Ok(());
        }
        let (buffer, mut start) = (mem::take(&mut self.buffer), 0);
        for (end, top_flags) in mem::take(&mut self.buffered_rows) {
            self.write_words(level, buffer.get(start..end).unwrap_or_default(), &top_flags)?;
            start = end;
        }
        drop(buffer);
        for (levels, top_flags) in mem::take(&mut self.pending_rows) {
            self.write_words(level, levels.words(), &top_flags)?;
        }
        Ok(())
    }

    /// Takes the frame's initial memory, unless it is there.
    fn reserve(&mut self) -> Result<()> {
        if self.encoder.out.capacity() == 0 {
            self.encoder.out.try_reserve_exact(self.initial_bytes + SLACK)?;
        }
        Ok(())
    }

    fn write_words(&mut self, level: Level, words: &[u32], top_flags: &[u16]) -> Result<()> {
        dispatch!(level, simd => simd.vectorize(#[inline(always)] || self.write_row(words, top_flags)))
    }

    /// Ends the partition: its bytes, with room behind them.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when there are too many;
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.reserve()?;
        make_room(&mut self.encoder.out, self.max_bytes)?;
        let mut out = self.encoder.finish();
        make_room(&mut out, self.max_bytes)?;
        Ok(out)
    }

    #[inline(always)]
    fn write_row(&mut self, words: &[u32], top_flags: &[u16]) -> Result<()> {
        let probs = self.probs.as_ref().unwrap_or(&TOKEN_PROBS);
        let BoolEncoder { state: kept, out } = &mut self.encoder;
        let mut state = *kept;
        let mut reader = PackedReader::new(words);
        let mut left = NonzeroFlags::default();
        for &top_flags in top_flags {
            make_room(out, self.max_bytes)?;
            let mut top = NonzeroFlags::unpacked(top_flags);
            let (has_y2, nonzero) = reader.nonzero_blocks();
            if nonzero == 0 && self.has_skip_flags {
                skip_blocks(has_y2, &mut top, &mut left);
                continue;
            }
            for_each_block(has_y2, nonzero, &mut top, &mut left, |visit| {
                let BlockVisit { block_type, context, is_nonzero, .. } = visit;
                let bands = &probs[block_type as usize];
                let first = block_type.first_coefficient();
                let probs = &bands[usize::from(BANDS[first])][context];
                state.put(out, is_nonzero, probs[0]);
                if is_nonzero {
                    write_block(&mut state, out, bands, first, probs, &mut reader);
                }
            });
        }
        *kept = state;
        Ok(())
    }
}

/// Writes the tokens of a block with nonzero levels (section 13), from its second branch on.
#[inline(always)]
fn write_block<'a>(
    state: &mut State,
    out: &mut Vec<u8>,
    bands: &'a [[[Prob; 11]; 3]; 8],
    first: usize,
    mut probs: &'a [Prob; 11],
    levels: &mut PackedReader,
) {
    let mut put = |bit: bool, prob: Prob| state.put(out, bit, prob);
    let eob = levels.eob();
    let mut may_end = false;
    for place in first..eob {
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
    if eob < 16 {
        put(false, probs[0]);
    }
}

/// Writes the branches and the extra bits of a level of two or more.
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
