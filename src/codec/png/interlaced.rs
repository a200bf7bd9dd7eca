//! An interlaced PNG by rows: none is whole before the last pass, and so all are held, but as they are stored. Each
//! is expanded when it is given.

use png::{ColorType, Info, Transformations};

use super::{
    header::Header,
    reader::{failed, metadata, narrow, open},
};
use crate::{
    codec::rows::{FULL_SIZE, Form, Head, Rows, Sink},
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Size},
};

/// Gives an interlaced PNG to a sink, row by row. `false` when it asked for none.
///
/// # Errors
/// Those of [`decode`](super::decode) and of the sink.
pub(super) fn decode_rows(
    bytes: &[u8],
    header: &Header<'_>,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<bool> {
    let mut reader = open(bytes, header, limits, header.stored_bytes(), Transformations::IDENTITY)?;
    let expansion = Expansion::of(reader.info())?;
    let layout = expansion.layout();
    // The memory was counted by the header's channels: they must be what is made of a pixel.
    if layout.channels() > header.channels() {
        return Err(Error::malformed("the transparency stands where it may not"));
    }
    let size = header.size;
    let head = Head {
        size,
        scales: FULL_SIZE,
        form: Form::Raster(layout),
        orientation: header.orientation(),
        can_turn: false,
        metadata: metadata(header),
    };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    let stored = usize::try_from(header.stored_bytes()).map_err(|_| Error::limit("too many pixels"))?;
    let mut stored = try_zeroed(stored)?;
    reader.next_frame(&mut stored).map_err(failed)?;
    let mut line = try_zeroed(area_bytes(Size::new(size.width, 1), layout.channels())?)?;
    for row in stored.chunks_exact(stored.len() / size.height as usize) {
        expansion.expand(row, &mut line);
        sink.take(Rows::Raster(&line))?;
    }
    Ok(true)
}

/// Makes samples of 8 bits of a row as it is stored.
struct Expansion {
    color_type: ColorType,
    /// Bits a sample.
    depth: usize,
    /// Of the palette, as RGBA.
    colors: Option<Box<[[u8; 4]; 256]>>,
    /// The samples that are transparent, as bytes of a pixel of 8 or 16 bits.
    transparent: Option<Vec<u8>>,
    is_transparent: bool,
}

impl Expansion {
    fn of(info: &Info<'_>) -> Result<Self> {
        let transparency = info.trns.as_deref();
        let is_indexed = info.color_type == ColorType::Indexed;
        let mut colors = None;
        if is_indexed {
            let palette =
                info.palette.as_deref().ok_or_else(|| Error::malformed("the PNG has no palette"))?;
            let table = colors.insert(Box::new([[0, 0, 0, 255]; 256]));
            for (color, entry) in table.iter_mut().zip(palette.as_chunks::<3>().0) {
                color[..3].copy_from_slice(entry);
            }
            for (color, alpha) in table.iter_mut().zip(transparency.unwrap_or_default()) {
                color[3] = *alpha;
            }
        }
        let may_be = matches!(info.color_type, ColorType::Grayscale | ColorType::Rgb);
        Ok(Self {
            color_type: info.color_type,
            depth: info.bit_depth as usize,
            colors,
            transparent: transparency.filter(|_| may_be).map(<[u8]>::to_vec),
            is_transparent: transparency.is_some() && (may_be || is_indexed),
        })
    }

    const fn layout(&self) -> Layout {
        match self.color_type {
            ColorType::Grayscale => Layout::of(false, self.is_transparent),
            ColorType::GrayscaleAlpha => Layout::GrayAlpha,
            ColorType::Indexed | ColorType::Rgb => Layout::of(true, self.is_transparent),
            ColorType::Rgba => Layout::Rgba,
        }
    }

    fn expand(&self, row: &[u8], line: &mut [u8]) {
        let channels = self.layout().channels() as usize;
        if let Some(colors) = &self.colors {
            for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                pixel.copy_from_slice(&colors[usize::from(self.small_sample(row, x))][..channels]);
            }
            return;
        }
        let Some(transparent) = &self.transparent else { return self.expand_samples(row, line) };
        let (samples, bytes) = (channels - 1, self.depth.div_ceil(8));
        if self.depth < 8 {
            for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                let sample = self.small_sample(row, x);
                pixel.copy_from_slice(&[self.scaled(sample), opacity(&[sample], transparent)]);
            }
            return;
        }
        for (pixel, stored) in line.chunks_exact_mut(channels).zip(row.chunks_exact(samples * bytes)) {
            self.expand_samples(stored, &mut pixel[..samples]);
            pixel[samples] = opacity(stored, transparent);
        }
    }

    /// Expands samples none of which is transparent.
    fn expand_samples(&self, row: &[u8], line: &mut [u8]) {
        match self.depth {
            16 => narrow(row, line),
            8 => line.copy_from_slice(row),
            _ => line.iter_mut().enumerate().for_each(|(x, sample)| {
                *sample = self.scaled(self.small_sample(row, x));
            }),
        }
    }

    /// The sample of a place, of up to 8 bits, the first one highest in a byte.
    fn small_sample(&self, row: &[u8], x: usize) -> u8 {
        let bit = x * self.depth;
        let byte = row.get(bit / 8).copied().unwrap_or_default();
        (byte >> (8 - self.depth - bit % 8)) & (0xFF >> (8 - self.depth))
    }

    /// A sample of up to 8 bits at 8.
    const fn scaled(&self, sample: u8) -> u8 {
        sample * (255 / (0xFF >> (8 - self.depth)))
    }
}

fn opacity(stored: &[u8], transparent: &[u8]) -> u8 {
    if stored == transparent { 0 } else { 255 }
}
