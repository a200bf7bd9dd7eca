//! The colour indexing transform (RFC 9649 section 3.5.4): pictures of at most 256 colours as indices, of which several
//! share a byte where colours are few.

use super::pixels::argb;

/// Slots of the hash table of colours.
const SLOTS: usize = 1024;

/// The colours of a picture, as ARGB in rising order.
pub struct Palette {
    colors: Vec<u32>,
}

/// A pixel as ARGB. The first of one or two samples is grey.
#[inline(always)]
fn color<const C: usize>(samples: &[u8]) -> u32 {
    match C {
        1 => 0xFF00_0000 | (u32::from(samples[0]) * 0x01_0101),
        2 => (u32::from(samples[0]) * 0x01_0101) | (u32::from(samples[1]) << 24),
        3 => 0xFF00_0000 | argb(samples),
        _ => argb(samples),
    }
}

const fn slot(color: u32) -> usize {
    (color.wrapping_mul(0x9E37_79B1) >> (32 - SLOTS.ilog2())) as usize
}

/// Gathers a picture's colours as its pixels come.
pub struct Colors {
    slots: [Option<u32>; SLOTS],
    colors: Vec<u32>,
    last: Option<u32>,
    is_full: bool,
}

impl Colors {
    /// None yet.
    pub const fn new() -> Self {
        Self { slots: [None; SLOTS], colors: Vec::new(), last: None, is_full: false }
    }

    /// True if there are more than 256.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Adds those of pixels of `C` samples.
    pub fn add<const C: usize>(&mut self, samples: &[u8]) {
        if self.is_full {
            return;
        }
        for pixel in samples.chunks_exact(C) {
            let color = color::<C>(pixel);
            if self.last == Some(color) {
                continue;
            }
            self.last = Some(color);
            let mut at = slot(color);
            while self.slots[at].is_some_and(|other| other != color) {
                at = (at + 1) % SLOTS;
            }
            if self.slots[at].is_none() {
                if self.colors.len() == 256 {
                    self.is_full = true;
                    return;
                }
                self.slots[at] = Some(color);
                self.colors.push(color);
            }
        }
    }

    /// The palette of all of them; `None` if there are more than 256.
    pub fn into_palette(mut self) -> Option<Palette> {
        self.colors.sort_unstable();
        (!self.is_full).then_some(Palette { colors: self.colors })
    }
}

impl Palette {
    /// The palette of pixels of `C` samples; `None` if there are more than 256 colours.
    pub fn of<const C: usize>(samples: &[u8]) -> Option<Self> {
        let mut colors = Colors::new();
        colors.add::<C>(samples);
        colors.into_palette()
    }

    /// How many colours there are.
    pub fn len(&self) -> usize {
        self.colors.len()
    }

    /// How many indices share a byte, as a power of two.
    pub fn width_bits(&self) -> u32 {
        match self.colors.len() {
            ..=2 => 3,
            3..=4 => 2,
            5..=16 => 1,
            _ => 0,
        }
    }

    /// The colours as a picture of one row of red, green, blue and alpha, each less the one before.
    pub fn differences(&self) -> Vec<u8> {
        let mut before = [0; 4];
        let mut all = Vec::new();
        for &color in &self.colors {
            let [alpha, red, green, blue] = color.to_be_bytes();
            let color = [red, green, blue, alpha];
            all.extend(color.iter().zip(before).map(|(now, before)| now.wrapping_sub(before)));
            before = color;
        }
        all
    }

    /// Replaces samples by packed indices; returns how many bytes a row has then.
    pub fn apply<const C: usize>(&self, samples: &mut Vec<u8>, width: usize) -> usize {
        let mut slots = [(0, 0); SLOTS];
        let find = |slots: &[(u32, u16); SLOTS], color: u32| {
            let mut at = slot(color);
            while slots[at].1 != 0 && slots[at].0 != color {
                at = (at + 1) % SLOTS;
            }
            at
        };
        for (&color, index) in self.colors.iter().zip(1..) {
            let at = find(&slots, color);
            slots[at] = (color, index);
        }
        let width_bits = self.width_bits();
        let (packed, bits) = (width.div_ceil(1 << width_bits), 8 >> width_bits);
        let rows = samples.len() / C / width;
        for y in 0..rows {
            for to in 0..packed {
                let (from, mut byte) = (to << width_bits, 0);
                for x in from..(from + (1 << width_bits)).min(width) {
                    let at = (y * width + x) * C;
                    let index = slots[find(&slots, color::<C>(&samples[at..at + C]))].1 - 1;
                    byte |= index << ((x - from) * bits);
                }
                samples[y * packed + to] = byte as u8;
            }
        }
        samples.truncate(rows * packed);
        packed
    }
}
