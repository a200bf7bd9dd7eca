//! The ICC profile of a codestream (ISO 18181-1, annex E.4), compressed: it is read to know where it ends.

use super::{
    bits::Bits,
    entropy::{Code, Reader},
};

/// The longest profile that is passed over, as it is coded, and unpacked.
pub(super) const MOST_PROFILE: [u64; 2] = [1 << 20, 4 << 20];

/// The compressed ICC profile (annex E.4): bytes, each in a context of the two before it. Their number, and that of
/// the bytes that they become, with which they begin.
pub(super) fn skip_profile(bits: &mut Bits<'_>) -> Option<[u64; 2]> {
    /// The profile's own header, in one context.
    const HEADER: u64 = 128;
    let length = bits.long().filter(|length| *length <= MOST_PROFILE[0])?;
    let code = Code::read(bits, 41)?;
    let mut reader = Reader::new(&code, bits)?;
    let mut last = [0; 2];
    let (mut unpacked, mut shift) = (0, Some(0));
    for at in 0..length {
        let context = if at > HEADER { 1 + kind_of_last(last[0]) + 8 * kind_of_second(last[1]) } else { 0 };
        let byte = u8::try_from(reader.read(bits, context)?).ok()?;
        last = [byte, last[0]];
        // Seven bits a byte, and one that says that more follow.
        if let Some(places) = shift {
            unpacked |= u64::from(byte & 0x7f).checked_shl(places)?;
            shift = (byte & 0x80 != 0).then_some(places + 7);
        }
    }
    (unpacked <= MOST_PROFILE[1]).then_some([length, unpacked])
}

const fn kind_of_last(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => 0,
        b'0'..=b'9' | b'.' | b',' => 1,
        0 => 2,
        1 => 3,
        2..=15 => 4,
        241..=254 => 5,
        255 => 6,
        _ => 7,
    }
}

const fn kind_of_second(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => 0,
        b'0'..=b'9' | b'.' | b',' => 1,
        0..=15 => 2,
        241..=255 => 3,
        _ => 4,
    }
}
