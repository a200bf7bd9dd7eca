//! Decodes the first frame of a GIF on its canvas.

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::blocks::{Blocks, Image};
use crate::{
    codec::{Decoded, bytes::u8_at, view::View},
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// Decodes the first frame on its canvas.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
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

/// The sub-block at `at`, as far as it is there, which `at` is moved past; `None` at the empty one that ends them.
fn sub_block<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let length = usize::from(u8_at(bytes, *at)?);
    let start = *at + 1;
    *at = start + length;
    (length > 0).then(|| &bytes[start..(*at).min(bytes.len())])
}
