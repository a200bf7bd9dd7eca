//! Bits in the order of VP8L: the first is the lowest of its byte (RFC 9649 section 4.1).

/// Bits that are written ahead of the samples, in order.
#[derive(Default)]
pub struct Header {
    words: Vec<u32>,
    pending: u64,
    count: u32,
}

impl Header {
    /// Appends the lowest `count` bits of `value`, up to 32, which has no others.
    pub fn put(&mut self, value: u32, count: u32) {
        self.pending |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.words.push(self.pending as u32);
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    /// How many bits there are.
    pub fn bits(&self) -> u64 {
        32 * self.words.len() as u64 + u64::from(self.count)
    }

    /// Writes all.
    pub fn write(&self, writer: &mut BitWriter, out: &mut [u8]) {
        for &word in &self.words {
            writer.put(out, word, 32);
        }
        writer.put(out, self.pending as u32, self.count);
    }
}

/// Where the next bits go in a buffer, which is given with each call: it also holds what is still to be read.
pub struct BitWriter {
    at: usize,
    pending: u64,
    count: u32,
}

impl BitWriter {
    /// Begins at a byte.
    pub const fn new(at: usize) -> Self {
        Self { at, pending: 0, count: 0 }
    }

    /// Appends the lowest `count` bits of `value`, up to 32, which has no others. Four bytes are written at a time.
    #[inline(always)]
    pub fn put(&mut self, out: &mut [u8], value: u32, count: u32) {
        self.pending |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            out[self.at..self.at + 4].copy_from_slice(&(self.pending as u32).to_le_bytes());
            self.at += 4;
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    /// Writes what is left, and says where it ends.
    pub fn finish(self, out: &mut [u8]) -> usize {
        let left = self.count.div_ceil(8) as usize;
        out[self.at..self.at + left].copy_from_slice(&self.pending.to_le_bytes()[..left]);
        self.at + left
    }
}
