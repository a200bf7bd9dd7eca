//! A TIFF's first directory (TIFF 6.0, section 2; BigTIFF), read in place: nothing of it is copied, and a list of a
//! million strips takes no memory.

use crate::codec::{span::Span, view::View};

/// The most entries that are looked at. Real files have some dozens.
const MAX_ENTRIES: u64 = 4096;

/// The first directory. A BigTIFF has numbers of 64 bits where others have 32.
#[derive(Clone, Copy)]
pub(super) struct Directory<'a> {
    view: View<'a>,
    is_little: bool,
    is_big: bool,
    /// Where the entries begin, and how many there are.
    start: u64,
    count: u64,
}

/// The values of an entry.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    bytes: &'a [u8],
    kind: u16,
    is_little: bool,
}

impl<'a> Directory<'a> {
    /// `None` where it isn't there.
    pub(super) fn of(view: View<'a>) -> Option<Self> {
        let is_little = view.get(0, 2)? == b"II";
        let mut directory = Self { view, is_little, is_big: false, start: 0, count: 0 };
        directory.is_big = match directory.short(2)? {
            42 => false,
            43 => true,
            _ => return None,
        };
        let at = directory.long(if directory.is_big { 8 } else { 4 })?;
        (directory.start, directory.count) = if directory.is_big {
            (at.checked_add(8)?, directory.long(at)?)
        } else {
            (at.checked_add(2)?, directory.short(at)?.into())
        };
        directory.count = directory.count.min(MAX_ENTRIES);
        // An entry that is cut off is none.
        directory.get(directory.start, directory.entry_length()).map(|_| directory)
    }

    /// True if the least significant byte of a number comes first.
    pub(super) const fn is_little(&self) -> bool {
        self.is_little
    }

    /// The values of a tag, if all of them are there.
    pub(super) fn values(&self, tag: u16) -> Option<Values<'a>> {
        let (at, kind, length) = self.place(tag)?;
        Some(Values { bytes: self.get(at, length)?, kind, is_little: self.is_little })
    }

    /// The first number of a tag.
    pub(super) fn number(&self, tag: u16) -> Option<u32> {
        self.values(tag)?.number(0)
    }

    /// The bytes of a tag that holds bytes.
    pub(super) fn field(&self, tag: u16) -> Option<&'a [u8]> {
        let values = self.values(tag)?;
        matches!(values.kind, BYTE | UNDEFINED).then_some(values.bytes)
    }

    /// Where the bytes of a tag that holds bytes stand.
    pub(super) fn span_of_field(&self, tag: u16) -> Option<Span> {
        let (start, kind, length) = self.place(tag)?;
        matches!(kind, BYTE | UNDEFINED).then_some(Span { start, length: length as u64 })
    }

    /// Where the values of a tag stand, their type, and their length in bytes.
    fn place(&self, tag: u16) -> Option<(u64, u16, usize)> {
        let length = self.entry_length() as u64;
        let at = (0..self.count)
            .map_while(|number| self.start.checked_add(number * length))
            .take_while(|&at| self.get(at, length as usize).is_some())
            .find(|&at| self.short(at) == Some(tag))?;
        let kind = self.short(at + 2)?;
        let bytes = usize::try_from(self.long(at + 4)?).ok()?.checked_mul(size_of_kind(kind)?)?;
        // What is short enough stands in the entry itself.
        let inside = if self.is_big { 8 } else { 4 };
        let value = at + 4 + inside;
        Some((if bytes as u64 > inside { self.long(value)? } else { value }, kind, bytes))
    }

    const fn entry_length(&self) -> usize {
        if self.is_big { 20 } else { 12 }
    }

    fn get(&self, start: u64, length: usize) -> Option<&'a [u8]> {
        self.view.get(start, length)
    }

    fn short(&self, at: u64) -> Option<u16> {
        let bytes = self.view.array(at)?;
        Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    /// A number of 32 bits, or of 64.
    fn long(&self, at: u64) -> Option<u64> {
        let bytes = self.get(at, if self.is_big { 8 } else { 4 })?;
        Some(unsigned(bytes, self.is_little))
    }
}

impl Values<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / size_of_kind(self.kind).unwrap_or(1)
    }

    /// A whole number that is not negative.
    pub(super) fn long(&self, index: usize) -> Option<u64> {
        let bytes = self.at(index)?;
        match self.kind {
            BYTE | SHORT | LONG | IFD | LONG8 | IFD8 => Some(unsigned(bytes, self.is_little)),
            // Some writers sign what can't be negative.
            SSHORT | SLONG => {
                let bits = 8 * bytes.len() as u32;
                Some(unsigned(bytes, self.is_little)).filter(|number| number >> (bits - 1) == 0)
            }
            _ => None,
        }
    }

    /// A whole number of at most 32 bits that is not negative.
    pub(super) fn number(&self, index: usize) -> Option<u32> {
        self.long(index).and_then(|number| u32::try_from(number).ok())
    }

    /// A number that may have a fraction.
    pub(super) fn real(&self, index: usize) -> Option<f64> {
        let bytes = self.at(index)?;
        let half = |at: usize| Some(unsigned(bytes.get(at..at + 4)?, self.is_little) as u32);
        let real = match self.kind {
            RATIONAL => f64::from(half(0)?) / f64::from(half(4)?),
            SRATIONAL => f64::from(half(0)? as i32) / f64::from(half(4)? as i32),
            FLOAT => f64::from(f32::from_bits(half(0)?)),
            DOUBLE => f64::from_bits(unsigned(bytes, self.is_little)),
            _ => self.number(index)?.into(),
        };
        real.is_finite().then_some(real)
    }

    fn at(&self, index: usize) -> Option<&[u8]> {
        let size = size_of_kind(self.kind)?;
        let start = index.checked_mul(size)?;
        self.bytes.get(start..start.checked_add(size)?)
    }
}

/// Types of values.
const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;
const SSHORT: u16 = 8;
const SLONG: u16 = 9;
const SRATIONAL: u16 = 10;
const FLOAT: u16 = 11;
const DOUBLE: u16 = 12;
const IFD: u16 = 13;
const LONG8: u16 = 16;
const IFD8: u16 = 18;

const fn size_of_kind(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | UNDEFINED => Some(1),
        SHORT | SSHORT => Some(2),
        LONG | SLONG | FLOAT | IFD => Some(4),
        RATIONAL | SRATIONAL | DOUBLE | LONG8 | 17 | IFD8 => Some(8),
        _ => None,
    }
}

/// A number of up to eight bytes.
fn unsigned(bytes: &[u8], is_little: bool) -> u64 {
    let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if is_little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_both_byte_orders_and_both_sizes() {
        for (is_little, is_big) in [(true, false), (false, false), (true, true), (false, true)] {
            let bytes = |value: u64, length: usize| -> Vec<u8> {
                let little = value.to_le_bytes().into_iter().take(length);
                if is_little { little.collect() } else { little.rev().collect() }
            };
            let long = |value| bytes(value, if is_big { 8 } else { 4 });
            let mut file = if is_little { b"II".to_vec() } else { b"MM".to_vec() };
            file.extend(if is_big {
                [bytes(43, 2), bytes(8, 2), bytes(0, 2)].concat()
            } else {
                bytes(42, 2)
            });
            let (header, end) = if is_big { (16, 16 + 8 + 80 + 8) } else { (8, 8 + 2 + 48 + 4) };
            file.extend(long(header));
            file.extend(if is_big { long(4) } else { bytes(4, 2) });
            let entries = [(256, SHORT, 1, bytes(7, 2)), (532, RATIONAL, 2, long(end + 9))];
            let fields = [(700, BYTE, 9, long(end)), (34_675, UNDEFINED, 3, bytes(0, 3))];
            for (tag, kind, count, mut value) in entries.into_iter().chain(fields) {
                value.resize(if is_big { 8 } else { 4 }, 0);
                file.extend([bytes(tag, 2), bytes(kind.into(), 2), long(count), value].concat());
            }
            file.extend(long(0));
            file.extend_from_slice(b"a packet!");
            file.extend([1, 2, 3, 0].into_iter().flat_map(|part| bytes(part, 4)));
            let directory = Directory::of(View::whole(&file)).unwrap();
            assert_eq!(directory.number(256), Some(7));
            assert_eq!(directory.field(700), Some(b"a packet!".as_slice()));
            assert_eq!(directory.span_of_field(700), Some(Span { start: end, length: 9 }));
            assert_eq!(directory.field(34_675), Some([0; 3].as_slice()));
            assert_eq!((directory.field(256), directory.number(1)), (None, None));
            let rationals = directory.values(532).unwrap();
            assert_eq!((rationals.len(), rationals.real(0), rationals.real(1)), (2, Some(0.5), None));
            assert!(Directory::of(View::whole(&file[..file.len() - 1])).unwrap().values(532).is_none());
            file[2..4].fill(44);
            assert!(Directory::of(View::whole(&file)).is_none());
        }
    }
}
