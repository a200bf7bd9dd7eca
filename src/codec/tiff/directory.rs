//! A TIFF's first directory, read in place: the crate makes 32 bytes of each byte of an entry.

use crate::codec::view::View;

/// Entries of a directory that are looked through: a BigTIFF may say that it has any number.
const MOST_ENTRIES: u64 = 1 << 16;

/// Types of entries that hold bytes: BYTE and UNDEFINED.
const BYTES: [u16; 2] = [1, 7];

/// The first directory. A BigTIFF has numbers of 64 bits where others have 32.
pub(super) struct Directory<'a> {
    view: View<'a>,
    is_little: bool,
    is_big: bool,
    /// Where the entries begin, and how many there are.
    start: u64,
    count: u64,
}

impl<'a> Directory<'a> {
    pub(super) fn of(view: View<'a>) -> Option<Self> {
        let is_little = view.get(0, 2)? == b"II";
        let mut directory = Self { view, is_little, is_big: false, start: 0, count: 0 };
        directory.is_big = match directory.short(2)? {
            42 => false,
            43 => true,
            _ => return None,
        };
        let at = directory.long(if directory.is_big { 8 } else { 4 })?;
        if directory.is_big {
            (directory.start, directory.count) = (at.checked_add(8)?, directory.long(at)?);
        } else {
            (directory.start, directory.count) = (at.checked_add(2)?, u64::from(directory.short(at)?));
        }
        Some(directory)
    }

    /// Where the value of a tag, or the place of it, stands.
    pub(super) fn value(&self, tag: u16) -> Option<u64> {
        Some(self.entry(tag)? + if self.is_big { 12 } else { 8 })
    }

    /// Where the bytes of a tag stand, and how many there are.
    pub(super) fn place(&self, tag: u16) -> Option<(u64, u64)> {
        let (at, value) = (self.entry(tag)?, self.value(tag)?);
        if !BYTES.contains(&self.short(at + 2)?) {
            return None;
        }
        let length = self.long(at + 4)?;
        // What is short enough stands in the entry itself.
        let inside = if self.is_big { 8 } else { 4 };
        Some((if length > inside { self.long(value)? } else { value }, length))
    }

    /// The bytes of a tag.
    pub(super) fn field(&self, tag: u16) -> Option<&'a [u8]> {
        let (start, length) = self.place(tag)?;
        self.view.get(start, usize::try_from(length).ok()?)
    }

    /// A 16-bit number in the file's byte order.
    pub(super) const fn bytes_of(&self, value: u16) -> [u8; 2] {
        if self.is_little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    fn entry(&self, tag: u16) -> Option<u64> {
        let length = if self.is_big { 20 } else { 12 };
        for number in 0..self.count.min(MOST_ENTRIES) {
            let at = number.checked_mul(length).and_then(|at| self.start.checked_add(at))?;
            if self.short(at)? == tag {
                return Some(at);
            }
        }
        None
    }

    fn short(&self, at: u64) -> Option<u16> {
        let bytes = self.view.array(at)?;
        Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    /// A number of 32 bits, or of 64.
    fn long(&self, at: u64) -> Option<u64> {
        Some(match (self.is_big, self.is_little) {
            (true, true) => u64::from_le_bytes(self.view.array(at)?),
            (true, false) => u64::from_be_bytes(self.view.array(at)?),
            (false, true) => u32::from_le_bytes(self.view.array(at)?).into(),
            (false, false) => u32::from_be_bytes(self.view.array(at)?).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_both_byte_orders_and_both_sizes() {
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
            let (header, end) = if is_big { (16, 16 + 8 + 60 + 8) } else { (8, 8 + 2 + 36 + 4) };
            file.extend(long(header));
            file.extend(if is_big { long(3) } else { bytes(3, 2) });
            for (tag, kind, length, place) in [(256, 3, 1, 7), (700, 1, 9, end), (34_675, 7, 3, 0)] {
                file.extend([bytes(tag, 2), bytes(kind, 2), long(length), long(place)].concat());
            }
            file.extend(long(0));
            file.extend_from_slice(b"a packet!");
            let directory = Directory::of(View::whole(&file)).unwrap();
            assert_eq!(directory.field(700), Some(b"a packet!".as_slice()));
            assert_eq!(directory.field(34_675), Some([0; 3].as_slice()));
            assert_eq!((directory.field(256), directory.field(1)), (None, None));
            assert_eq!(directory.value(256), Some(if is_big { 16 + 8 + 12 } else { 8 + 2 + 8 }));
            assert_eq!(Directory::of(View::whole(&file[..file.len() - 1])).unwrap().field(700), None);
            file[2..4].fill(44);
            assert!(Directory::of(View::whole(&file)).is_none());
        }
    }
}
