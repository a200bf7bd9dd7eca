//! Bits in the order of VP8L: the first is the lowest of its byte (RFC 9649 section 3.2).

/// Bits that are gathered before their place in the stream is there: all that comes before the samples.
#[derive(Default)]
pub struct HeaderBits {
    words: Vec<u32>,
    pending: u64,
    count: u32,
}

impl HeaderBits {
    /// Appends the lowest `count` bits of `value`, up to 32; the others must be zero.
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

    /// Writes all of them.
    pub fn write(&self, writer: &mut BitWriter, out: &mut [u8]) {
        for &word in &self.words {
            writer.put(out, word, 32);
        }
        writer.put(out, self.pending as u32, self.count);
    }
}

/// Writes bits into a buffer, which each call borrows: it may also hold what is still to be read.
pub struct BitWriter {
    at: usize,
    pending: u64,
    count: u32,
}

impl BitWriter {
    /// A writer that begins at a byte of the buffer.
    pub const fn new(at: usize) -> Self {
        Self { at, pending: 0, count: 0 }
    }

    /// Appends the lowest `count` bits of `value`, up to 32; the others must be zero. Four bytes are written at a time.
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

    /// Writes the bits that are left; returns where they end.
    pub fn finish(self, out: &mut [u8]) -> usize {
        let left = self.count.div_ceil(8) as usize;
        out[self.at..self.at + left].copy_from_slice(&self.pending.to_le_bytes()[..left]);
        self.at + left
    }
}
