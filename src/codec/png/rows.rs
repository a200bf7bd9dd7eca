//! A PNG that is written as its rows come, by the `png` crate.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

use png::{
    BitDepth, ColorType, Compression, Encoder, EncodingError, Filter, Info, StreamWriter,
    text_metadata::ITXtChunk,
};

use super::{
    memory::most_bytes,
    palette::Palette,
    survey::{Facts, seen},
};
use crate::{
    codec::{Coding, file_buffer::FileBuffer},
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Size},
};

/// The keyword under which XMP is stored (XMP specification part 3, section 1.1.5).
const XMP_KEYWORD: &str = "XML:com.adobe.xmp";

/// The most bytes of compressed samples in a chunk.
const CHUNK: usize = 32 << 10;

/// A PNG that is written by rows, of which it is known what they show.
pub(crate) struct RowWriter {
    size: Size,
    facts: Facts,
    coding: Coding,
    noise: u64,
    buffer: Buffer,
    rows: StreamWriter<'static, Buffer>,
    /// A row as it is written.
    row: Vec<u8>,
    /// The layout of a picture that has more samples than was known.
    unforeseen: Option<Layout>,
}

impl RowWriter {
    /// XMP that is not UTF-8 is left out.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`] when even the headers are longer than the file may be; [`Kind::OutOfMemory`].
    pub(crate) fn new(size: Size, facts: Facts, coding: &Coding, metadata: &Metadata) -> Result<Self> {
        let noise = most_bytes(size, facts.layout.channels()) + metadata.len();
        let compression = match coding.effort {
            _ if facts.is_stored => Compression::NoCompression,
            0..=1 => Compression::Fast,
            2..=4 => Compression::Balanced,
            _ => Compression::High,
        };
        let mut file = FileBuffer::new(noise, coding.max_bytes)?;
        if matches!(compression, Compression::Fast) {
            // What doesn't compress is stored then.
            file = file.up_to(noise);
        }
        let buffer = Buffer(Rc::new(RefCell::new(Some(file))));
        match stream(info(size, &facts, metadata), &facts, compression, buffer.clone()) {
            Ok(rows) => Ok(Self {
                size,
                facts,
                coding: *coding,
                noise,
                buffer,
                rows,
                row: Vec::new(),
                unforeseen: None,
            }),
            Err(error) => Err(buffer.fault(error)),
        }
    }

    /// What to try where this failed, see [`Facts::instead`].
    pub(crate) fn instead(&self, error: &Error) -> Option<Facts> {
        self.facts.instead(error, self.unforeseen, self.may_be_stored())
    }

    /// The quickest compression can't store what doesn't compress, which would become longer.
    const fn may_be_stored(&self) -> bool {
        self.coding.effort <= 1 && self.coding.max_bytes >= self.noise
    }

    /// See [`RowWriter`](crate::codec::RowWriter::push_rows). What can't be seen becomes black.
    pub(crate) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let channels = layout.channels() as usize;
        for row in rows.chunks_exact(self.size.width as usize * channels) {
            let pixels = row.chunks_exact(channels).map(|pixel| layout.rgba(pixel));
            let written = match &self.facts.palette {
                Some(palette) => {
                    palette.pack(pixels.map(seen), &mut self.row);
                    self.rows.write_all(&self.row)
                }
                None if layout == self.facts.layout && !layout.has_alpha() => self.rows.write_all(row),
                None => {
                    if !put_row(layout, row, self.facts.layout, &mut self.row) {
                        self.unforeseen = Some(layout);
                        return Err(Error::new(Kind::Internal, "PNG: samples that were not foreseen"));
                    }
                    self.rows.write_all(&self.row)
                }
            };
            written.map_err(|error| self.buffer.fault(error.into()))?;
        }
        Ok(())
    }

    /// See [`RowWriter`](crate::codec::RowWriter::finish); and what to try where that fails.
    pub(crate) fn finish(self) -> Result<Vec<u8>, (Error, Option<Facts>)> {
        let may_be_stored = self.may_be_stored();
        let Self { size: Size { width, height }, facts, buffer, rows, .. } = self;
        let coded = rows.finish();
        let file = match buffer.0.take() {
            Some(buffer) => buffer.finish(coded, format!("a PNG of {width}x{height}")),
            None => Err(Error::new(Kind::Internal, "a PNG's buffer is gone")),
        };
        file.map_err(|error| {
            let instead = facts.instead(&error, None, may_be_stored);
            (error, instead)
        })
    }
}

/// A row of one layout in another. False if it has colours or alpha that are not in that.
fn put_row(from: Layout, row: &[u8], to: Layout, out: &mut Vec<u8>) -> bool {
    out.clear();
    let mut is_whole = true;
    for pixel in row.chunks_exact(from.channels() as usize) {
        let [r, g, b, a] = from.rgba(pixel);
        is_whole &= (to.has_alpha() || a == 255) && (to.channels() >= 3 || r == g && r == b);
        let [r, g, b, a] = seen([r, g, b, a]);
        match to {
            Layout::Gray => out.push(r),
            Layout::GrayAlpha => out.extend([r, a]),
            Layout::Rgb => out.extend([r, g, b]),
            Layout::Rgba => out.extend([r, g, b, a]),
        }
    }
    is_whole
}

fn info<'a>(size: Size, facts: &'a Facts, metadata: &'a Metadata) -> Info<'a> {
    let mut info = Info::with_size(size.width, size.height);
    info.color_type = color_type(facts.layout, facts.palette.as_ref());
    info.icc_profile = metadata.icc.as_deref().map(Into::into);
    info.exif_metadata = metadata.exif.as_deref().map(Into::into);
    if let Some(xmp) = metadata.xmp.as_ref().and_then(|xmp| str::from_utf8(xmp).ok()) {
        info.utf8_text.push(ITXtChunk::new(XMP_KEYWORD, xmp));
    }
    if let Some(palette) = &facts.palette {
        info.bit_depth = depth(palette.bits);
        info.palette = Some(palette.colors.as_slice().into());
        info.trns = Some(palette.alphas.as_slice()).filter(|alphas| !alphas.is_empty()).map(Into::into);
    }
    info
}

fn stream(
    info: Info<'_>,
    facts: &Facts,
    compression: Compression,
    buffer: Buffer,
) -> Result<StreamWriter<'static, Buffer>, EncodingError> {
    let mut encoder = Encoder::with_info(buffer, info)?;
    encoder.set_compression(compression);
    if facts.palette.is_some() || facts.is_stored {
        // Neighbouring indices are unrelated.
        encoder.set_filter(Filter::NoFilter);
    }
    encoder.write_header()?.into_stream_writer_with_size(CHUNK)
}

fn color_type(layout: Layout, palette: Option<&Palette>) -> ColorType {
    match (palette, layout) {
        (Some(_), _) => ColorType::Indexed,
        (None, Layout::Gray) => ColorType::Grayscale,
        (None, Layout::GrayAlpha) => ColorType::GrayscaleAlpha,
        (None, Layout::Rgb) => ColorType::Rgb,
        (None, Layout::Rgba) => ColorType::Rgba,
    }
}

fn depth(bits: u8) -> BitDepth {
    match bits {
        1 => BitDepth::One,
        2 => BitDepth::Two,
        4 => BitDepth::Four,
        _ => BitDepth::Eight,
    }
}

/// The buffer of a file, of which the `png` crate gives nothing back; `None` once it has been taken.
#[derive(Clone)]
struct Buffer(Rc<RefCell<Option<FileBuffer>>>);

impl Buffer {
    /// Why no more can be written.
    fn fault(&self, error: EncodingError) -> Error {
        let ended = self.0.take().map(|buffer| buffer.finish(Err(error), "a PNG"));
        match ended {
            Some(Err(error)) => error,
            _ => Error::new(Kind::Internal, "a PNG's buffer is gone"),
        }
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.borrow_mut().as_mut() {
            Some(buffer) => buffer.write(bytes),
            None => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
