//! GIF 87a and 89a: the blocks are walked here, the pixels unpacked by `weezl`, the LZW decoder of the image-rs
//! family. (The `gif` crate on top of it refuses a frame without a palette, and its frame decoder never returns
//! from data that end too early.)
//!
//! The first frame is put on its canvas. Later frames are counted, not decoded. Frames without any palette and
//! frames past the edge of the canvas are shown as viewers show them.

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::{
    Decoded, Format, PROBE_BYTES, Probe,
    bytes::{le16, u8_at},
};
use crate::{
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// Bytes of the signature and the logical screen descriptor.
const SCREEN: usize = 13;

/// What the blocks say, up to the second image.
struct Header<'a> {
    canvas: Size,
    first: Option<Image<'a>>,
    /// True if a second image was met, false if the end was; `None` when the bytes ended before either.
    animated: Option<bool>,
}

/// The first image: where it lies on the canvas, its colours, where its data begin.
struct Image<'a> {
    left: u32,
    top: u32,
    size: Size,
    interlaced: bool,
    transparent: Option<u8>,
    /// Red, green, blue of each index; empty when the file has none.
    palette: &'a [u8],
    code_size: u8,
    /// Data from the first sub-block on.
    blocks: &'a [u8],
}

impl Image<'_> {
    /// True if every pixel of the canvas gets a colour.
    fn is_opaque(&self, canvas: Size) -> bool {
        let covers = self.left == 0
            && self.top == 0
            && self.size.width >= canvas.width
            && self.size.height >= canvas.height;
        covers && self.transparent.is_none()
    }
}

/// Reads what a GIF's head says about it. A second image may stand anywhere.
pub(super) fn probe(head: &[u8]) -> Result<Probe> {
    let header = Header::read(head)?;
    let first = header.first.as_ref();
    // Fewer bytes than are probed are the whole file, as are more: where they end, it ends.
    let is_whole = head.len() != PROBE_BYTES;
    Ok(Probe {
        format: Format::Gif,
        size: header.canvas,
        depth: 8,
        alpha: first.is_none_or(|image| !image.is_opaque(header.canvas)),
        color: true,
        animated: header.animated.or(is_whole.then_some(false)),
        orientation: Orientation::Upright,
        subsampling: None,
        progressive: first.is_some_and(|image| image.interlaced),
        icc: false,
        icc_bytes: 0,
        restart_interval: 0,
    })
}

/// Decodes the first frame on its canvas.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let header = Header::read(bytes)?;
    let canvas = header.canvas;
    let image = header.first.ok_or_else(|| Error::malformed("the GIF has no image"))?;
    limits.check_size(canvas)?;
    limits.check_size(image.size)?;
    let layout = if image.is_opaque(canvas) { Layout::Rgb } else { Layout::Rgba };
    let pixels = u64::from(layout.channels()) * canvas.pixels() + image.size.pixels();
    limits.check_memory(bytes.len() as u64 + pixels + (1 << 20))?;
    let indices = read_indices(&image)?;
    Ok(Decoded {
        picture: Picture::Raster(draw(&image, &indices, canvas, layout)?),
        orientation: Orientation::Upright,
        metadata: Metadata::default(),
    })
}

/// The image's pixels as indices into its palette, in the order of the file.
fn read_indices(image: &Image<'_>) -> Result<Vec<u8>> {
    let mut at = 0;
    let first = sub_block(image.blocks, &mut at);
    let (1..=11, Some(mut data)) = (image.code_size, first) else {
        return Err(Error::malformed("the GIF's first image has no pixels"));
    };
    let mut decoder = Decoder::new(BitOrder::Lsb, image.code_size);
    let mut indices = try_zeroed(area_bytes(image.size, 1)?)?;
    let mut rest = indices.as_mut_slice();
    // Steps that only took a code from the decoder's own bits; it holds 64 at the most.
    let mut idle = 0;
    while !rest.is_empty() {
        let step = decoder.decode_bytes(data, rest);
        data = &data[step.consumed_in..];
        rest = &mut rest[step.consumed_out..];
        match step.status {
            Ok(LzwStatus::Done) | Err(_) => break,
            Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => idle = 0,
            Ok(LzwStatus::Ok) if idle < 64 => idle += 1,
            // It has taken all and given all: it waits for more.
            Ok(_) => match sub_block(image.blocks, &mut at) {
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
fn draw(image: &Image<'_>, indices: &[u8], canvas: Size, layout: Layout) -> Result<Raster> {
    let mut raster = Raster::zeroed(canvas, layout)?;
    let channels = layout.channels() as usize;
    let mut colors = [[0, 0, 0, 255]; 256];
    for (color, entry) in colors.iter_mut().zip(image.palette.as_chunks::<3>().0) {
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

impl<'a> Header<'a> {
    /// Walks the blocks up to the second image.
    fn read(bytes: &'a [u8]) -> Result<Self> {
        let (Some(width), Some(height), Some(flags)) = (le16(bytes, 6), le16(bytes, 8), u8_at(bytes, 10))
        else {
            return Err(Error::malformed("the GIF ends in its header"));
        };
        let mut header = Self { canvas: Size::new(width.into(), height.into()), first: None, animated: None };
        let mut at = SCREEN;
        let global = palette(bytes, flags, &mut at);
        let mut transparent = None;
        while let Some(kind) = u8_at(bytes, at) {
            at += 1;
            match kind {
                0x2c if header.first.is_some() => {
                    header.animated = Some(true);
                    break;
                }
                0x2c => {
                    header.first = read_image(bytes, &mut at, global, transparent);
                    header.grow_canvas();
                    while sub_block(bytes, &mut at).is_some() {}
                }
                0x21 => {
                    let label = u8_at(bytes, at);
                    at += 1;
                    while let Some(block) = sub_block(bytes, &mut at) {
                        if label == Some(0xf9) && header.first.is_none() {
                            transparent = transparent_index(block);
                        }
                    }
                }
                0x3b => {
                    header.animated = Some(false);
                    break;
                }
                // Stray bytes between blocks are passed over.
                _ => {}
            }
        }
        Ok(header)
    }

    /// A canvas that is too small for the first image, or of no size at all, is taken as large enough for it.
    fn grow_canvas(&mut self) {
        if let Some(image) = &self.first {
            self.canvas.width = self.canvas.width.max(image.left + image.size.width);
            self.canvas.height = self.canvas.height.max(image.top + image.size.height);
        }
    }
}

/// Reads an image descriptor and leaves `at` on its first sub-block.
fn read_image<'a>(
    bytes: &'a [u8],
    at: &mut usize,
    global: &'a [u8],
    transparent: Option<u8>,
) -> Option<Image<'a>> {
    let [left, top, width, height] = [0, 2, 4, 6].map(|offset| le16(bytes, *at + offset).map(u32::from));
    let flags = u8_at(bytes, *at + 8)?;
    *at += 9;
    let local = palette(bytes, flags, at);
    let code_size = u8_at(bytes, *at)?;
    *at += 1;
    Some(Image {
        left: left?,
        top: top?,
        size: Size::new(width?, height?),
        interlaced: flags & 0x40 != 0,
        transparent,
        palette: if local.is_empty() { global } else { local },
        code_size,
        blocks: bytes.get(*at..)?,
    })
}

/// The palette that a descriptor's flags announce, which `at` is moved past.
fn palette<'a>(bytes: &'a [u8], flags: u8, at: &mut usize) -> &'a [u8] {
    if flags & 0x80 == 0 {
        return &[];
    }
    let start = (*at).min(bytes.len());
    *at += 3 << ((flags & 7) + 1);
    &bytes[start..(*at).min(bytes.len())]
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
