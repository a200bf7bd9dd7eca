//! Prefix code groups (RFC 9649 section 3.6.2): five codes each.

use super::{
    super::{NUM_DISTANCE_CODES, NUM_GREEN, NUM_LITERALS},
    bits::BitReader,
    prefix_code::{CodeReader, Lookup, PrefixCode},
    tables::Tables,
};
use crate::error::Result;

/// The prefix codes of a group.
pub struct Group {
    green: PrefixCode,
    red: PrefixCode,
    blue: PrefixCode,
    alpha: PrefixCode,
    distance: PrefixCode,
}

/// A group's codes with their tables.
#[derive(Clone, Copy)]
pub struct Codes<'a> {
    pub green: Lookup<'a>,
    pub red: Lookup<'a>,
    pub blue: Lookup<'a>,
    pub alpha: Lookup<'a>,
    pub distance: Lookup<'a>,
    /// What is with every pixel's green where it is always the same, as modes of prediction have it.
    pub constant_rest: Option<u32>,
    /// Where it is always the same.
    pub constant_alpha: Option<u32>,
}

/// All groups of an image.
pub struct Groups {
    groups: Vec<Group>,
    tables: Vec<u16>,
}

impl Groups {
    /// Reads a number of groups, if there is room for them.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for what are no codes,
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when there is no room,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn read(
        bits: &mut BitReader<'_>,
        reader: &mut CodeReader,
        count: usize,
        cache_bits: u32,
        room: &mut Tables,
    ) -> Result<Self> {
        room.hold_all::<Group>(count)?;
        let alphabets = alphabets(cache_bits);
        // They are read twice, so that no table has to grow.
        let mut ahead = bits.clone();
        let mut entries = 0;
        for _ in 0..count {
            for alphabet in alphabets {
                let shape = reader.read_shape(&mut ahead, alphabet)?;
                room.hold_all::<u16>(shape.entries())?;
                entries += shape.entries();
            }
        }
        let (mut groups, mut tables) = (Vec::new(), Vec::new());
        groups.try_reserve_exact(count)?;
        tables.try_reserve_exact(entries)?;
        for _ in 0..count {
            let [green, red, blue, alpha, distance] = alphabets;
            let mut read = |alphabet| reader.read(bits, alphabet, &mut tables);
            groups.push(Group {
                green: read(green)?,
                red: read(red)?,
                blue: read(blue)?,
                alpha: read(alpha)?,
                distance: read(distance)?,
            });
        }
        Ok(Self { groups, tables })
    }

    /// The codes of a group.
    #[inline(always)]
    pub fn codes(&self, group: usize) -> Codes<'_> {
        let Group { green, red, blue, alpha, distance } = &self.groups[group];
        let constant_alpha = alpha.single.map(|alpha| u32::from(alpha) << 24);
        let constant_rest = match (constant_alpha, red.single, blue.single) {
            (Some(alpha), Some(red), Some(blue)) => Some(alpha | u32::from(red) << 16 | u32::from(blue)),
            _ => None,
        };
        let [green, red, blue, alpha, distance] =
            [green, red, blue, alpha, distance].map(|code| code.of(&self.tables));
        Codes { green, red, blue, alpha, distance, constant_rest, constant_alpha }
    }
}

/// How many symbols the five codes of a group have: green, red, blue, alpha and distance.
const fn alphabets(cache_bits: u32) -> [usize; 5] {
    let cached = if cache_bits == 0 { 0 } else { 1 << cache_bits };
    [NUM_GREEN + cached, NUM_LITERALS, NUM_LITERALS, NUM_LITERALS, NUM_DISTANCE_CODES]
}
