//! GIF 87a and 89a: the blocks are walked here, the pixels unpacked by `weezl`, the LZW decoder of the image-rs
//! family. (The `gif` crate on top of it refuses a frame without a colour table, and its frame decoder never returns
//! from data that end too early.)
//!
//! The first frame is put on its canvas. Later frames are counted, not decoded. Frames without any colour table
//! and frames past the edge of the canvas are shown as viewers show them.

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::{
    Decoded, Format, FormatInfo, Probe,
    bytes::u8_at,
    cost::{Buffering, Decoding, channels},
    probing,
    span::Span,
    view::View,
};
use crate::{
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// What is fixed about GIF.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "gif",
    media_type: "image/gif",
    subtypes: &["gif"],
    extensions: &["gif"],
    max_side: 65_535,
    has_gray: false,
    is_web_safe: true,
    decodes: true,
    encodes: None,
};

/// Bytes of the signature, and with the logical screen descriptor.
const SIGNATURE: u64 = 6;
const SCREEN: u64 = 13;

/// The bytes that blocks begin with (89a, appendix A), and the label of a graphic control extension.
const IMAGE_SEPARATOR: u8 = 0x2c;
const EXTENSION_INTRODUCER: u8 = 0x21;
const TRAILER: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;

/// How far into a file a second image is looked for: to find it, all that stands before it must be read.
const LOOKED_THROUGH: u64 = 4 << 20;

/// What the blocks say, up to the second image.
#[derive(Debug, Clone)]
struct Blocks {
    /// Where the next block stands.
    at: u64,
    canvas: Size,
    /// Bytes of the global colour table, which follows the logical screen descriptor.
    global: usize,
    transparent: Option<u8>,
    first: Option<Image>,
    /// True if a second image was met, false if the end was; `None` when the bytes ended before either.
    animated: Option<bool>,
    /// True if the next block is a sub-block.
    is_inside: bool,
}

/// The first image: where it lies on the canvas, its colours, where its data begin.
#[derive(Debug, Clone, Copy)]
struct Image {
    left: u32,
    top: u32,
    size: Size,
    interlaced: bool,
    transparent: Option<u8>,
    /// The local colour table, else the global one: red, green, blue of each index; empty when the file has none.
    color_table: Span,
    code_size: u8,
    /// Where the first sub-block of its data stands.
    blocks: u64,
}

impl Image {
    /// True if every pixel of the canvas gets a colour.
    fn is_opaque(&self, canvas: Size) -> bool {
        let covers = self.left == 0
            && self.top == 0
            && self.size.width >= canvas.width
            && self.size.height >= canvas.height;
        covers && self.transparent.is_none()
    }
}

/// Reads what a GIF's blocks say about it, and goes on where it was. A second image may stand anywhere.
#[derive(Debug, Default)]
pub(super) struct Walk {
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

/// States what decoding takes: the canvas, and the frame's indices.
pub(super) fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    Decoding {
        rows_bytes: 0,
        pixel_bytes: 4,
        peak_pixel_bytes: 5,
        channels: channels(probe),
        metadata_copies: 1,
    }
}

/// Decodes the first frame on its canvas.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let view = View::whole(bytes);
    let mut blocks = Blocks::begin(view)?;
    blocks.read(view);
    let canvas = blocks.canvas;
    let image = blocks.first.ok_or_else(|| Error::malformed("the GIF has no image"))?;
    limits.check_size(canvas)?;
    limits.check_size(image.size)?;
    let layout = if image.is_opaque(canvas) { Layout::Rgb } else { Layout::Rgba };
    let pixels = u64::from(layout.channels()) * canvas.pixels() + image.size.pixels();
    limits.check_memory(bytes.len() as u64 + pixels + (1 << 20))?;
    let data = usize::try_from(image.blocks).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let indices = read_indices(&image, data)?;
    let palette = image.color_table.up_to(view);
    Ok(Decoded {
        picture: Picture::Raster(draw(&image, palette, &indices, canvas, layout)?),
        orientation: Orientation::Upright,
        metadata: Metadata::default(),
    })
}

/// The image's pixels as indices into its palette, in the order of the file. `blocks` are those of its data.
fn read_indices(image: &Image, blocks: &[u8]) -> Result<Vec<u8>> {
    let mut at = 0;
    let first = sub_block(blocks, &mut at);
    let (1..=11, Some(mut data)) = (image.code_size, first) else {
        return Err(Error::malformed("the GIF's first image has no pixels"));
    };
    let mut decoder = Decoder::new(BitOrder::Lsb, image.code_size);
    let mut indices = try_zeroed(area_bytes(image.size, 1)?)?;
    let mut rest = indices.as_mut_slice();
    // Steps that only took a code from the decoder's own bits, of which it holds at most 64.
    let mut idle = 0;
    while !rest.is_empty() {
        let step = decoder.decode_bytes(data, rest);
        data = &data[step.consumed_in..];
        rest = &mut rest[step.consumed_out..];
        match step.status {
            Ok(LzwStatus::Done) | Err(_) => break,
            Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => idle = 0,
            Ok(LzwStatus::Ok) if idle < 64 => idle += 1,
            // It has taken all input and given all output.
            Ok(_) => match sub_block(blocks, &mut at) {
                Some(block) => (data, idle) = (block, 0),
                None => break,
            },
        }
    }
    if !rest.is_empty() {
        return Err(Error::malformed(format!(
            "the GIF's first image is cut short: {} pixels are missing",
            rest.len()
        )));
    }
    Ok(indices)
}

/// The rows of an image in the order in which the file has them: interlaced, every eighth first.
fn row_order(height: usize, interlaced: bool) -> Vec<usize> {
    if !interlaced {
        return (0..height).collect();
    }
    [(0, 8), (4, 8), (2, 4), (1, 2)].iter().flat_map(|&(first, step)| (first..height).step_by(step)).collect()
}

/// Puts the image on a canvas that is transparent elsewhere.
fn draw(image: &Image, palette: &[u8], indices: &[u8], canvas: Size, layout: Layout) -> Result<Raster> {
    let mut raster = Raster::zeroed(canvas, layout)?;
    let channels = layout.channels() as usize;
    let mut colors = [[0, 0, 0, 255]; 256];
    for (color, entry) in colors.iter_mut().zip(palette.as_chunks::<3>().0) {
        color[..3].copy_from_slice(entry);
    }
    if let Some(index) = image.transparent {
        colors[usize::from(index)][3] = 0;
    }
    // Under full transparency lies the transparent colour, as other decoders have it.
    if let Some(index) = image.transparent {
        for pixel in raster.data_mut().as_chunks_mut::<4>().0 {
            *pixel = colors[usize::from(index)];
        }
    }
    let width = canvas.width as usize * channels;
    let order = row_order(image.size.height as usize, image.interlaced);
    for (y, row) in order.into_iter().zip(indices.chunks_exact(image.size.width as usize)) {
        let Some(line) = raster.data_mut().chunks_exact_mut(width).nth(image.top as usize + y) else {
            continue;
        };
        let pixels = line.chunks_exact_mut(channels).skip(image.left as usize);
        for (pixel, &index) in pixels.zip(row) {
            pixel.copy_from_slice(&colors[usize::from(index)][..channels]);
        }
    }
    Ok(raster)
}

impl Blocks {
    /// Reads the logical screen's descriptor.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when it is not all there.
    fn begin(view: View<'_>) -> Result<Self> {
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
    fn read(&mut self, view: View<'_>) {
        while self.animated.is_none() && (self.first.is_none() || self.at < LOOKED_THROUGH) {
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
    fn read_image(&self, view: View<'_>) -> Option<Image> {
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
fn transparent_index(block: &[u8]) -> Option<u8> {
    match block {
        [flags, _, _, index, ..] if flags & 1 != 0 => Some(*index),
        _ => None,
    }
}

/// The sub-block at `at`, as far as it is there, which `at` is moved past; `None` at the empty one that ends them.
fn sub_block<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let length = usize::from(u8_at(bytes, *at)?);
    let start = *at + 1;
    *at = start + length;
    (length > 0).then(|| &bytes[start..(*at).min(bytes.len())])
}
