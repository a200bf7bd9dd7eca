//! JPEG XL files made bit by bit: frames of one grey, as many and of such kinds as are wanted.

/// What a frame is.
#[derive(Clone, Copy, Debug)]
pub enum Frame {
    /// Only others refer to it; where it is kept.
    Reference(u32),
    /// Of the image's size, not the last one and shown for no time; where it is kept.
    Layer(u32),
    /// The last one.
    Last,
}

/// Bits from the least significant up.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn put(&mut self, fields: &[(u32, usize)]) {
        for &(value, count) in fields {
            for place in 0..count {
                if self.at.is_multiple_of(8) {
                    self.bytes.push(0);
                }
                *self.bytes.last_mut().unwrap() |= ((value >> place & 1) as u8) << (self.at % 8);
                self.at += 1;
            }
        }
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}

/// A file of a square image of at most 1024 pixels a side.
pub fn file(side: u32, frames: &[Frame]) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(&[(0x0aff, 16)]);
    // As high as wide.
    bits.put(&[(0, 1), (1, 2), (side - 1, 13), (1, 3)]);
    // No further fields, 8 bits, 16 suffice, no further channels, no XYB, sRGB, no extensions.
    bits.put(&[(0, 1), (0, 1), (0, 1), (0, 2), (1, 1), (0, 2), (0, 1), (1, 1), (0, 2)]);
    // Nothing about transforms.
    bits.put(&[(1, 1)]);
    for frame in frames {
        bits.align();
        put_frame(&mut bits, *frame);
    }
    bits.align();
    bits.bytes
}

fn put_frame(bits: &mut Bits, frame: Frame) {
    let kind = if matches!(frame, Frame::Reference(_)) { 2 } else { 0 };
    // By samples, no flags, no YCbCr, no upsampling, groups of 1024.
    bits.put(&[(0, 1), (kind, 2), (1, 1), (0, 2), (0, 1), (0, 2), (3, 2)]);
    match frame {
        // No crop, kept as large as the image.
        Frame::Reference(slot) => bits.put(&[(0, 1), (slot, 2), (0, 1)]),
        // One pass, no crop, replaces.
        Frame::Layer(slot) => bits.put(&[(0, 2), (0, 1), (0, 2), (0, 1), (slot, 2), (0, 1)]),
        Frame::Last => bits.put(&[(0, 2), (0, 1), (0, 2), (1, 1)]),
    }
    // No name, no filters, no extensions.
    bits.put(&[(0, 2), (0, 1), (0, 1), (0, 2), (0, 2), (0, 2)]);
    let mut data = Bits::default();
    // Default quantizers, no tree for all, a tree of its own, nothing transformed.
    data.put(&[(1, 1), (0, 1), (0, 1), (1, 1), (0, 2)]);
    // The tree is one leaf, all of whose fields are zero; so is each sample.
    data.put(&[(0, 1), (1, 1), (0, 2), (1, 1), (0, 4), (0, 1)]);
    data.put(&[(0, 1), (1, 1), (0, 4), (0, 1)]);
    // One section, in its place.
    bits.put(&[(0, 1)]);
    bits.align();
    bits.put(&[(0, 2), (data.bytes.len() as u32, 10)]);
    bits.align();
    for byte in data.bytes {
        bits.put(&[(byte.into(), 8)]);
    }
}
