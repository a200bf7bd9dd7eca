//! The pixels of an image as indices into its colours: LZW in sub-blocks (89a, section 22 and appendix F), unpacked by
//! `weezl`, row by row; and what the indices stand for.

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::blocks::Image;
use crate::codec::bytes::u8_at;

/// Steps that only take a code from the decoder's own bits, of which it holds at most 64.
const MOST_IDLE: u32 = 64;

/// The interlaced rows (89a, appendix E): where each pass begins, and how far its rows are apart.
const PASSES: &[(usize, usize)] = &[(0, 8), (4, 8), (2, 4), (1, 2)];

/// An image's pixels, in the order of the file.
pub(super) struct Indices<'a> {
    decoder: Decoder,
    /// What is left of the sub-block in work.
    data: &'a [u8],
    blocks: SubBlocks<'a>,
    idle: u32,
}

/// The sub-blocks of which the next stands at a place.
pub(super) struct SubBlocks<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
    /// True when the empty one was met that ends them, or the file's end.
    pub is_over: bool,
    /// True when they ended otherwise than by the empty one.
    pub is_cut: bool,
}

impl<'a> SubBlocks<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, is_over: false, is_cut: false }
    }
}

impl<'a> Iterator for SubBlocks<'a> {
    type Item = &'a [u8];

    /// The next one, as far as it is there.
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.is_over {
            return None;
        }
        let Some(length) = u8_at(self.bytes, self.at).map(usize::from) else {
            (self.is_over, self.is_cut) = (true, true);
            return None;
        };
        let start = self.at + 1;
        self.at = start + length;
        self.is_over = length == 0;
        self.is_cut = self.at > self.bytes.len();
        (length > 0).then(|| &self.bytes[start..self.at.min(self.bytes.len())])
    }
}

impl<'a> Indices<'a> {
    /// `bytes` are those of the file. `None` for codes of a length that there is not.
    pub(super) fn new(image: &Image, bytes: &'a [u8]) -> Option<Self> {
        let at = usize::try_from(image.blocks).unwrap_or(usize::MAX);
        (1..=11).contains(&image.code_size).then(|| Self {
            decoder: Decoder::new(BitOrder::Lsb, image.code_size),
            data: &[],
            blocks: SubBlocks::new(bytes, at),
            idle: 0,
        })
    }

    /// Reads the next row. How many of its pixels there are: fewer where the data end.
    pub(super) fn read(&mut self, row: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < row.len() {
            let step = self.decoder.decode_bytes(self.data, &mut row[filled..]);
            self.data = &self.data[step.consumed_in..];
            filled += step.consumed_out;
            match step.status {
                Ok(LzwStatus::Done) | Err(_) => break,
                // Behind a row that is full it says that there is no progress when there is some.
                Ok(_) if step.consumed_in + step.consumed_out > 0 => self.idle = 0,
                Ok(LzwStatus::Ok) if self.idle < MOST_IDLE => self.idle += 1,
                // It has taken all input and given all output.
                Ok(_) => match self.blocks.next() {
                    Some(block) => (self.data, self.idle) = (block, 0),
                    None if self.idle < MOST_IDLE => self.idle += 1,
                    None => break,
                },
            }
        }
        filled
    }

    /// The sub-blocks that are left.
    pub(super) fn into_blocks(self) -> SubBlocks<'a> {
        self.blocks
    }
}

/// The rows of an image in the order in which the file has them.
pub(super) fn row_order(height: usize, interlaced: bool) -> impl Iterator<Item = usize> {
    let passes = if interlaced { PASSES } else { &[(0, 1)] };
    passes.iter().flat_map(move |&(first, step)| (first..height).step_by(step))
}

/// The colours of all indices, as RGBA: black where the table has none.
pub(super) fn colors(table: &[u8], transparent: Option<u8>) -> [[u8; 4]; 256] {
    let mut colors = [[0, 0, 0, 255]; 256];
    for (color, entry) in colors.iter_mut().zip(table.as_chunks::<3>().0) {
        color[..3].copy_from_slice(entry);
    }
    if let Some(index) = transparent {
        colors[usize::from(index)][3] = 0;
    }
    colors
}

#[cfg(test)]
mod tests {
    use weezl::encode::Encoder;

    use super::*;
    use crate::{codec::span::Span, pixel::Size};

    #[test]
    fn what_follows_the_data_is_no_part_of_them() {
        let pixels: Vec<u8> = (0..400_u32).map(|at| (at * at / 7 % 4) as u8).collect();
        let data = Encoder::new(BitOrder::Lsb, 2).encode(&pixels).unwrap();
        let (first, second) = data.split_at(data.len() / 2);
        let block = |data: &[u8]| [&[data.len() as u8], data].concat();
        let image = Image {
            left: 0,
            top: 0,
            size: Size::new(20, 20),
            interlaced: false,
            transparent: None,
            color_table: Span { start: 0, length: 0 },
            code_size: 2,
            blocks: 0,
        };
        let read = |file: &[u8]| {
            let mut indices = Indices::new(&image, file).unwrap();
            let mut row = vec![9; pixels.len()];
            let filled = indices.read(&mut row);
            assert_eq!(row[..filled], pixels[..filled]);
            let mut blocks = indices.into_blocks();
            blocks.by_ref().for_each(drop);
            (filled, blocks.at, blocks.is_cut)
        };
        let (end, [first, second]) = ([0], [first, second].map(block));
        let whole = [&first[..], &second, &end].concat();
        assert_eq!(read(&whole), (400, whole.len(), false));
        // They end in the middle; the rest stands behind their end.
        let (filled, at, is_cut) = read(&[&first[..], &end, &second, &end].concat());
        assert!(filled < 300, "{filled}");
        assert_eq!((at, is_cut), (first.len() + 1, false));
        assert!(read(&whole[..whole.len() - 1]).2 && read(&whole[..whole.len() / 2]).2);
    }
}
