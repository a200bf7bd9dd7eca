//! The sequences of a compressed block (RFC 8878, 3.1.1.3.2): each copies literals, and then repeats bytes that were
//! regenerated before. They are executed as they are decoded.

use super::{
    bits::Backward,
    damaged,
    fse::{Distribution, State, Table},
    literals::Literals,
    output::Output,
};
use crate::error::Result;

/// The codes of literals lengths from 16 on (RFC 8878, table 15): the least value, and the bits that are added to it.
const LITERALS_LENGTHS: [(u32, u8); 20] = [
    (16, 1),
    (18, 1),
    (20, 1),
    (22, 1),
    (24, 2),
    (28, 2),
    (32, 3),
    (40, 3),
    (48, 4),
    (64, 6),
    (128, 7),
    (256, 8),
    (512, 9),
    (1024, 10),
    (2048, 11),
    (4096, 12),
    (8192, 13),
    (16_384, 14),
    (32_768, 15),
    (65_536, 16),
];
/// The codes of match lengths from 32 on (RFC 8878, table 16).
const MATCH_LENGTHS: [(u32, u8); 21] = [
    (35, 1),
    (37, 1),
    (39, 1),
    (41, 1),
    (43, 2),
    (47, 2),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 5),
    (131, 7),
    (259, 8),
    (515, 9),
    (1027, 10),
    (2051, 11),
    (4099, 12),
    (8195, 13),
    (16_387, 14),
    (32_771, 15),
    (65_539, 16),
];

/// The distributions that need no description (RFC 8878, 3.1.1.3.2.2).
const USUAL_LITERALS_LENGTHS: [i8; 36] = [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
    -1, -1,
];
const USUAL_OFFSETS: [i8; 29] =
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];
const USUAL_MATCH_LENGTHS: [i8; 53] = [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];

/// A table of codes, kept for a block that uses it again.
struct Codes<const STATES: usize> {
    kind: &'static Kind,
    table: Table<STATES>,
    is_set: bool,
}

/// What the three tables differ in.
struct Kind {
    /// How many codes there are.
    codes: u32,
    /// The longest table is `1 << max_log` long.
    max_log: u32,
    usual: &'static [i8],
    usual_log: u32,
    /// What a code stands for.
    meaning: fn(u32) -> (u32, u8),
}

static OF_LITERALS_LENGTHS: Kind = Kind {
    codes: 36,
    max_log: 9,
    usual: &USUAL_LITERALS_LENGTHS,
    usual_log: 6,
    meaning: |code| match code.checked_sub(16) {
        Some(above) => LITERALS_LENGTHS[above as usize % LITERALS_LENGTHS.len()],
        None => (code, 0),
    },
};
static OF_OFFSETS: Kind = Kind {
    codes: 32,
    max_log: 8,
    usual: &USUAL_OFFSETS,
    usual_log: 5,
    meaning: |code| (1 << (code % 32), code as u8 % 32),
};
static OF_MATCH_LENGTHS: Kind = Kind {
    codes: 53,
    max_log: 9,
    usual: &USUAL_MATCH_LENGTHS,
    usual_log: 6,
    meaning: |code| match code.checked_sub(32) {
        Some(above) => MATCH_LENGTHS[above as usize % MATCH_LENGTHS.len()],
        None => (code + 3, 0),
    },
};

impl<const STATES: usize> Codes<STATES> {
    const fn new(kind: &'static Kind) -> Self {
        Self { kind, table: Table::of_one(0, 0), is_set: false }
    }

    /// Sets the table, by the mode and what stands next in the block.
    fn set(&mut self, mode: u8, block: &mut &[u8]) -> Result<()> {
        let kind = self.kind;
        match mode & 3 {
            0 => self.table.set(&Distribution::new(kind.usual, kind.usual_log), kind.meaning),
            1 => {
                let code = u32::from(byte(block)?);
                if code >= kind.codes {
                    return Err(damaged("has a code that stands for nothing"));
                }
                let (value, extra) = (kind.meaning)(code);
                self.table = Table::of_one(value, extra);
            }
            2 => {
                let (distribution, length) = Distribution::read(block, kind.codes as usize, kind.max_log)?;
                self.table.set(&distribution, kind.meaning);
                *block = &block[length..];
            }
            _ if self.is_set => {}
            _ => return Err(damaged("uses a table that is missing")),
        }
        self.is_set = true;
        Ok(())
    }
}

/// What blocks hand on to the next: tables and the offsets that were used last.
pub(super) struct Sequences {
    literals_lengths: Codes<512>,
    offsets: Codes<256>,
    match_lengths: Codes<512>,
    recent: [usize; 3],
}

impl Sequences {
    pub(super) const fn new() -> Self {
        Self {
            literals_lengths: Codes::new(&OF_LITERALS_LENGTHS),
            offsets: Codes::new(&OF_OFFSETS),
            match_lengths: Codes::new(&OF_MATCH_LENGTHS),
            recent: [1, 4, 8],
        }
    }

    /// Executes the section of sequences, with which the block ends.
    pub(super) fn execute(
        &mut self,
        mut block: &[u8],
        literals: &Literals,
        output: &mut Output,
    ) -> Result<()> {
        let count = count(&mut block)?;
        let mut used = 0;
        if count > 0 {
            let modes = byte(&mut block)?;
            if modes & 3 != 0 {
                return Err(damaged("has sequences of an unknown mode"));
            }
            self.literals_lengths.set(modes >> 6, &mut block)?;
            self.offsets.set(modes >> 4, &mut block)?;
            self.match_lengths.set(modes >> 2, &mut block)?;
            used = self.run(count, Backward::new(block)?, literals, output)?;
        }
        let rest = literals.count() - used;
        let out = output.next(rest)?;
        out.copy_from_slice(&literals.with_slack()[used..][..out.len()]);
        Ok(())
    }

    /// Decodes and executes so many sequences. Tells how many literals they took.
    fn run(
        &mut self,
        count: usize,
        mut bits: Backward<'_>,
        literals: &Literals,
        output: &mut Output,
    ) -> Result<usize> {
        let (source, mut used) = (literals.with_slack(), 0);
        let mut literals_state = self.literals_lengths.table.first(&mut bits);
        let mut offset_state = self.offsets.table.first(&mut bits);
        let mut match_state = self.match_lengths.table.first(&mut bits);
        for left in (0..count).rev() {
            let literals_code = self.literals_lengths.table.state(literals_state);
            let offset_code = self.offsets.table.state(offset_state);
            let match_code = self.match_lengths.table.state(match_state);
            bits.refill();
            let offset = value(offset_code, &mut bits);
            let match_length = value(match_code, &mut bits);
            bits.refill();
            let literals_length = value(literals_code, &mut bits);
            let offset = self.offset(offset, literals_length)?;
            if left > 0 {
                literals_state = literals_code.next(&mut bits);
                match_state = match_code.next(&mut bits);
                offset_state = offset_code.next(&mut bits);
            }
            // With too little room this is an error, or the last sequence of which something is wanted.
            let fits = output.has_room(literals_length + match_length);
            let added = if fits { literals_length } else { output.room_for(literals_length)? };
            if added > literals.count() - used {
                return Err(damaged("has too few literals"));
            }
            output.add(&source[used..], added);
            used += added;
            match if fits { match_length } else { output.room_for(match_length)? } {
                0 => return Ok(used),
                count => output.repeat(offset, count)?,
            }
            if !fits {
                return Ok(used);
            }
        }
        if bits.is_spent() { Ok(used) } else { Err(damaged("has other sequences than it states")) }
    }

    /// The offset that a value stands for (RFC 8878, 3.1.1.5): one of the last three, or a new one.
    #[inline(always)]
    fn offset(&mut self, value: usize, literals_length: usize) -> Result<usize> {
        let [first, second, third] = self.recent;
        if value > 3 {
            self.recent = [value - 3, first, second];
            return Ok(value - 3);
        }
        let at = value + usize::from(literals_length == 0);
        let offset = match at {
            1 => return Ok(first),
            2 => second,
            3 => third,
            _ => first - 1,
        };
        if offset == 0 {
            return Err(damaged("repeats from no distance"));
        }
        self.recent = [offset, first, if at == 2 { third } else { second }];
        Ok(offset)
    }
}

/// The value of a state, with the bits that are added to it.
#[inline(always)]
fn value(state: State, bits: &mut Backward<'_>) -> usize {
    state.value as usize + bits.take(u32::from(state.extra))
}

/// Takes the number of sequences.
fn count(block: &mut &[u8]) -> Result<usize> {
    let head = usize::from(byte(block)?);
    Ok(match head {
        0..128 => head,
        128..255 => (head - 128) << 8 | usize::from(byte(block)?),
        _ => usize::from(byte(block)?) + (usize::from(byte(block)?) << 8) + 0x7f00,
    })
}

fn byte(block: &mut &[u8]) -> Result<u8> {
    let (&byte, rest) = block.split_first().ok_or_else(|| damaged("has sequences that are cut short"))?;
    *block = rest;
    Ok(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_that_were_used_are_used_again() {
        let mut sequences = Sequences::new();
        let mut offset = |value, literals| (sequences.offset(value, literals).unwrap(), sequences.recent);
        assert_eq!(offset(1, 5), (1, [1, 4, 8]));
        assert_eq!(offset(3, 5), (8, [8, 1, 4]));
        assert_eq!(offset(13, 0), (10, [10, 8, 1]));
        assert_eq!(offset(1, 0), (8, [8, 10, 1]));
        assert_eq!(offset(2, 0), (1, [1, 8, 10]));
        assert_eq!(offset(2, 1), (8, [8, 1, 10]));
        assert_eq!(offset(3, 0), (7, [7, 8, 1]));
        sequences.recent = [1, 4, 8];
        assert!(sequences.offset(3, 0).is_err());
    }

    #[test]
    fn numbers_of_sequences_have_up_to_three_bytes() {
        let count = |mut block: &[u8]| count(&mut block).ok();
        assert_eq!(count(&[127]), Some(127));
        assert_eq!(count(&[129, 2]), Some(258));
        assert_eq!(count(&[255, 1, 2]), Some(0x7f00 + 513));
        assert_eq!(count(&[255, 1]), None);
    }
}
