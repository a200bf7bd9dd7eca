//! The blocks of a GIF (89a, section 12 and appendix A), walked up to the second image: the first image is described,
//! later ones are only met.

use crate::{
    codec::{Format, Probe, probing, span::Span, view::View},
    error::{Error, Result},
    pixel::Size,
};

/// Bytes of the signature, and with the logical screen descriptor.
const SIGNATURE: u64 = 6;
const SCREEN: u64 = 13;

/// The bytes that blocks begin with (89a, appendix A), and the label of a graphic control extension.
pub(super) const IMAGE_SEPARATOR: u8 = 0x2c;
pub(super) const EXTENSION_INTRODUCER: u8 = 0x21;
pub(super) const TRAILER: u8 = 0x3b;
pub(super) const GRAPHIC_CONTROL: u8 = 0xf9;

/// How far into a file that comes in pieces a second image is looked for: to find it, all that stands before it must
/// be read. A [`Prober`](crate::codec::Prober) gives 16 MiB at the most.
const LOOKED_THROUGH: u64 = 15 << 20;

/// What the blocks say, up to the second image.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    /// Where the next block stands.
    pub(super) at: u64,
    pub(super) canvas: Size,
    /// Bytes of the global colour table, which follows the logical screen descriptor.
    global: usize,
    pub(super) transparent: Option<u8>,
    pub(super) first: Option<Image>,
    /// True if a second image was met, false if the end was; `None` when the bytes ended before either.
    animated: Option<bool>,
    /// True if the next block is a sub-block.
    is_inside: bool,
}

/// The first image: where it lies on the canvas, its colours, where its data begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) size: Size,
    pub(super) interlaced: bool,
    pub(super) transparent: Option<u8>,
    /// The local colour table, else the global one: red, green, blue of each index; empty when the file has none.
    pub(super) color_table: Span,
    pub(super) code_size: u8,
    /// Where the first sub-block of its data stands.
    pub(super) blocks: u64,
}

impl Image {
    /// True if every pixel of the canvas gets a colour.
    pub(super) fn is_opaque(&self, canvas: Size) -> bool {
        let covers = self.left == 0
            && self.top == 0
            && self.size.width >= canvas.width
            && self.size.height >= canvas.height;
        covers && self.transparent.is_none()
    }
}

/// Reads what a GIF's blocks say about it, and goes on where it was. A second image may stand anywhere.
#[derive(Debug, Default)]
pub(in crate::codec) struct Walk {
    blocks: Option<Blocks>,
}

impl probing::Walk for Walk {
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        let blocks = match &mut self.blocks {
            Some(blocks) => blocks,
            blocks => blocks.insert(Blocks::begin(view)?),
        };
        blocks.read(view);
        let first = blocks.first.as_ref();
        Ok(Probe {
            alpha: first.is_none_or(|image| !image.is_opaque(blocks.canvas)),
            // Where the file ends, its pictures end.
            animated: blocks.animated.or(view.ends_at(blocks.at).then_some(false)),
            progressive: first.is_some_and(|image| image.interlaced),
            ..Probe::new(Format::Gif, blocks.canvas)
        })
    }
}

impl Blocks {
    /// Reads the logical screen's descriptor.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when it is not all there.
    pub(super) fn begin(view: View<'_>) -> Result<Self> {
        let [w0, w1, h0, h1, flags, _, _] =
            view.array(SIGNATURE).ok_or_else(|| Error::malformed("the GIF ends in its header"))?;
        let global = color_table_bytes(flags);
        Ok(Self {
            at: SCREEN + global as u64,
            canvas: Size::new(u16::from_le_bytes([w0, w1]).into(), u16::from_le_bytes([h0, h1]).into()),
            global,
            transparent: None,
            first: None,
            animated: None,
            is_inside: false,
        })
    }

    /// Reads the blocks up to the second image, as far as they are there.
    pub(super) fn read(&mut self, view: View<'_>) {
        let most = if view.is_in_pieces() { LOOKED_THROUGH } else { u64::MAX };
        while self.animated.is_none() && (self.first.is_none() || self.at < most) {
            if self.read_block(view).is_none() {
                break;
            }
        }
    }

    /// Reads a block, or one of the sub-blocks that it has; `None` if it is not all there.
    fn read_block(&mut self, view: View<'_>) -> Option<()> {
        let byte = view.u8(self.at)?;
        if self.is_inside {
            self.is_inside = byte > 0;
            self.at += 1 + u64::from(byte);
            return Some(());
        }
        match byte {
            IMAGE_SEPARATOR if self.first.is_some() => self.animated = Some(true),
            IMAGE_SEPARATOR => {
                let image = self.read_image(view)?;
                self.at = image.blocks;
                self.first = Some(image);
                self.is_inside = true;
                self.grow_canvas();
            }
            EXTENSION_INTRODUCER => {
                if view.u8(self.at + 1)? == GRAPHIC_CONTROL && self.first.is_none() {
                    let length = view.u8(self.at + 2)?;
                    self.transparent = transparent_index(view.get(self.at + 3, length.into())?);
                }
                self.at += 2;
                self.is_inside = true;
            }
            TRAILER => self.animated = Some(false),
            // Stray bytes between blocks are passed over.
            _ => self.at += 1,
        }
        Some(())
    }

    /// Reads the image descriptor whose separator is next.
    pub(super) fn read_image(&self, view: View<'_>) -> Option<Image> {
        let descriptor: [u8; 9] = view.array(self.at + 1)?;
        let [left, top, width, height] =
            [0, 2, 4, 6].map(|at| u32::from(u16::from_le_bytes([descriptor[at], descriptor[at + 1]])));
        let (flags, start) = (descriptor[8], self.at + 10);
        let local = color_table_bytes(flags);
        let code = start + local as u64;
        Some(Image {
            left,
            top,
            size: Size::new(width, height),
            interlaced: flags & 0x40 != 0,
            transparent: self.transparent,
            color_table: if local == 0 {
                Span { start: SCREEN, length: self.global as u64 }
            } else {
                Span { start, length: local as u64 }
            },
            code_size: view.u8(code)?,
            blocks: code + 1,
        })
    }

    /// A canvas that is too small for the first image, or of no size at all, is taken as large enough for it.
    fn grow_canvas(&mut self) {
        if let Some(image) = &self.first {
            self.canvas.width = self.canvas.width.max(image.left + image.size.width);
            self.canvas.height = self.canvas.height.max(image.top + image.size.height);
        }
    }
}

/// Bytes of the colour table that a descriptor's flags announce.
const fn color_table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The transparent index of a graphic control extension.
pub(super) fn transparent_index(block: &[u8]) -> Option<u8> {
    match block {
        [flags, _, _, index, ..] if flags & 1 != 0 => Some(*index),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Looked, Prober, Probing};

    /// A picture of two images, the first of so many bytes.
    fn long(bytes: usize) -> Vec<u8> {
        let image = b",\0\0\0\0\x08\0\x08\0\0\x02";
        let block = [&[255], &[9; 255][..]].concat();
        let first = block.repeat(bytes / 256);
        [b"GIF89a\x08\0\x08\0\0\0\0", &image[..], &first, &[0], image, &[1, 0, 0, TRAILER]].concat()
    }

    #[test]
    fn a_second_image_is_found_however_long_the_first_one_is() {
        for (bytes, in_pieces) in [(1 << 10, Some(true)), (9 << 20, Some(true)), (20 << 20, None)] {
            let file = long(bytes);
            assert_eq!(Looked::at(&file).probe.unwrap().animated, Some(true), "{bytes}");
            let mut prober = Prober::new(Some(file.len() as u64));
            let probe = loop {
                match prober.next().unwrap() {
                    Probing::Need(need) => prober.feed(need.of(&file)).unwrap(),
                    Probing::Known(probe) => break probe,
                }
            };
            assert_eq!(probe.animated, in_pieces, "{bytes}");
        }
    }
}
