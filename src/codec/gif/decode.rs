//! Decodes the first frame of a GIF on its canvas, by rows.

use super::{
    blocks::{Blocks, Image},
    indices::{Indices, colors, row_order},
};
use crate::{
    codec::{
        Decoded,
        rows::{FULL_SIZE, Form, Head, Rows, Sink},
        view::View,
    },
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// The tables of `weezl`, and those of colours.
const TABLES: u64 = 96 << 10;

/// The most bytes that decoding holds beside the file: a row of indices and one of pixels, or the indices of a whole
/// interlaced frame.
pub(super) fn heap_bytes(canvas: Size, interlaced: bool) -> u64 {
    let whole = if interlaced { canvas.pixels() } else { 0 };
    5 * u64::from(canvas.width) + whole + TABLES
}

/// Decodes the first frame on its canvas.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let frame = Frame::read(bytes, limits)?;
    let (size, layout) = (frame.canvas, frame.layout());
    frame.check_memory(bytes, limits, u64::from(layout.channels()) * size.pixels())?;
    let mut raster = Raster::zeroed(size, layout)?;
    let mut lines = raster.data_mut().chunks_exact_mut(layout.row_bytes(size)?);
    frame.rows(|row| {
        lines.by_ref().take(1).for_each(|line| line.copy_from_slice(row));
        Ok(())
    })?;
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: Orientation::Upright,
        metadata: Metadata::default(),
    })
}

/// Gives the first frame on its canvas to a sink, row by row. `false` when the sink asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(in crate::codec) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let frame = Frame::read(bytes, limits)?;
    frame.check_memory(bytes, limits, 0)?;
    let head = Head {
        size: frame.canvas,
        scales: FULL_SIZE,
        form: Form::Raster(frame.layout()),
        orientation: Orientation::Upright,
        can_turn: false,
        metadata: Metadata::default(),
    };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    frame.rows(|row| sink.take(Rows::Raster(row)))?;
    Ok(true)
}

/// The first frame, which is not yet unpacked.
struct Frame<'a> {
    canvas: Size,
    image: Image,
    indices: Indices<'a>,
    palette: &'a [u8],
}

impl<'a> Frame<'a> {
    fn read(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let view = View::whole(bytes);
        let mut blocks = Blocks::begin(view)?;
        blocks.read(view);
        let canvas = blocks.canvas;
        let image = blocks.first.ok_or_else(|| Error::malformed("the GIF has no image"))?;
        limits.check_size(canvas)?;
        limits.check_size(image.size)?;
        let has_data = view.u8(image.blocks).is_some_and(|length| length > 0);
        let indices = Indices::new(&image, bytes)
            .filter(|_| has_data)
            .ok_or_else(|| Error::malformed("the GIF's first image has no pixels"))?;
        Ok(Self { canvas, image, indices, palette: image.color_table.up_to(view) })
    }

    fn layout(&self) -> Layout {
        if self.image.is_opaque(self.canvas) { Layout::Rgb } else { Layout::Rgba }
    }

    fn check_memory(&self, bytes: &[u8], limits: &Limits, held: u64) -> Result<()> {
        limits.check_memory(bytes.len() as u64 + held + heap_bytes(self.canvas, self.image.interlaced))
    }

    /// Gives the canvas, which is transparent beside the image, row by row.
    fn rows(mut self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let layout = self.layout();
        let Image { left, top, size, transparent, interlaced, .. } = self.image;
        let colors = colors(self.palette, transparent);
        let channels = layout.channels() as usize;
        let mut line = try_zeroed(self.canvas.width as usize * channels)?;
        // Under full transparency lies the transparent colour, as other decoders have it.
        let background = transparent.map_or([0; 4], |index| colors[usize::from(index)]);
        line.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(&background[..channels]));
        (0..top).try_for_each(|_| take(&line))?;
        let width = size.width as usize;
        let all = if interlaced { self.all_indices()? } else { Vec::new() };
        let mut row = try_zeroed(if interlaced { 0 } else { width })?;
        let start = left as usize * channels;
        for y in 0..size.height as usize {
            let indices = if interlaced {
                &all[y * width..][..width]
            } else {
                fill(&mut self.indices, &mut row)?;
                &row
            };
            paint(indices, &colors, channels, &mut line[start..start + width * channels]);
            take(&line)?;
        }
        line.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(&background[..channels]));
        (top + size.height..self.canvas.height).try_for_each(|_| take(&line))
    }

    /// The indices of an interlaced image.
    fn all_indices(&mut self) -> Result<Vec<u8>> {
        let mut all = try_zeroed(area_bytes(self.image.size, 1)?)?;
        let (width, height) = (self.image.size.width as usize, self.image.size.height as usize);
        for y in row_order(height, true) {
            fill(&mut self.indices, &mut all[y * width..][..width])?;
        }
        Ok(all)
    }
}

/// Reads the next row, all of it.
fn fill(indices: &mut Indices<'_>, row: &mut [u8]) -> Result<()> {
    if indices.read(row) < row.len() {
        return Err(Error::malformed("the GIF's first image is cut short"));
    }
    Ok(())
}

fn paint(indices: &[u8], colors: &[[u8; 4]; 256], channels: usize, line: &mut [u8]) {
    if channels == 4 {
        let pixels = line.as_chunks_mut::<4>().0;
        pixels.iter_mut().zip(indices).for_each(|(pixel, &index)| *pixel = colors[usize::from(index)]);
    } else {
        for (pixel, &index) in line.as_chunks_mut::<3>().0.iter_mut().zip(indices) {
            let [red, green, blue, _] = colors[usize::from(index)];
            *pixel = [red, green, blue];
        }
    }
}
