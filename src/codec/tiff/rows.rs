//! The rows of samples of a strip or tile, however they are stored.

use super::{
    compression,
    embedded::{self, Decoders, EmbeddedDecoding, EmbeddedSegment, is_embedded},
    header::{ChromaSubsampling, Header, Photometric},
    predictor::{undo_floating, undo_horizontal},
    samples::Samples,
    segments::{Segment, Segments, row_bytes},
    unpack::{Packing, Unpacker},
};
use crate::{
    error::{Error, Result},
    limits::{Limits, try_zeroed},
    pixel::Size,
};

/// How strips and tiles are read.
pub(super) struct Reader<'a> {
    header: &'a Header,
    samples: Samples,
    /// Samples of a pixel that are used: its colours and alpha.
    used: usize,
    /// Samples of a pixel that stand together in the file.
    stored: usize,
    /// The tables that all JPEGs share.
    tables: &'a [u8],
    limits: Limits,
    decoders: Decoders,
}

/// The rows of a strip or tile, read in order.
pub(super) enum Rows<'a> {
    Stored {
        /// One for all samples, or one for each plane.
        planes: Vec<Unpacker<'a>>,
        row: Vec<u8>,
        copy: Vec<u8>,
    },
    /// Subsampled YCbCr (TIFF 6.0, section 21): data units of luma, then Cb and Cr.
    Subsampled {
        unpacker: Unpacker<'a>,
        units: Vec<u8>,
        line: u32,
    },
    Embedded(EmbeddedSegment),
}

/// The memory that reading strips or tiles of `size` takes, of `used` samples a pixel, beside the whole picture, in
/// bytes.
pub(super) fn heap_bytes(header: &Header, size: Size, used: usize) -> u64 {
    let size = Size::new(size.width, size.height.min(header.size.height));
    let (planes, stored) = if header.is_planar { (used as u64, 1) } else { (1, header.samples) };
    let copies = if header.predictor == 3 { 2 } else { 1 };
    let row =
        copies * row_bytes(size.width, stored, header.depth) * u64::from(header.subsampling.down.min(4));
    let samples = 2 * u64::from(size.width) * used as u64;
    let held = match header.compression {
        // Planes are decoded one after the other.
        embedded if is_embedded(embedded) => embedded::heap_bytes(embedded, size),
        _ => packing(header, size, stored).heap_bytes().saturating_mul(planes),
    };
    row.saturating_add(samples).saturating_add(held)
}

/// How a strip or tile of `size` is compressed, of `samples` a pixel.
fn packing(header: &Header, size: Size, samples: usize) -> Packing {
    // Data units at the edge are whole.
    let is_subsampled = header.subsampling != ChromaSubsampling::NONE;
    let whole = |side: u32| if is_subsampled { side.saturating_add(3) / 4 * 4 } else { side };
    Packing {
        compression: header.compression,
        is_lsb_first: header.is_lsb_first,
        is_two_dimensional: header.is_two_dimensional,
        row: size.width,
        bytes: row_bytes(whole(size.width), samples, header.depth).saturating_mul(whole(size.height).into()),
    }
}

impl<'a> Reader<'a> {
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for a kind that is not read here, by its name.
    pub(super) fn new(
        header: &'a Header,
        tables: &'a [u8],
        limits: Limits,
        decoders: Decoders,
    ) -> Result<Self> {
        let photometric = header.photometric()?;
        let is_subsampled = header.subsampling != ChromaSubsampling::NONE;
        if photometric == Photometric::YCbCr && (header.depth != 8 || header.predictor != 1 && is_subsampled)
        {
            return Err(Error::unsupported(format!("a TIFF of YCbCr of {} bits a sample", header.depth)));
        }
        if is_subsampled && (header.is_planar || header.samples != 3) {
            return Err(Error::unsupported(
                "a TIFF of subsampled YCbCr with its samples apart, or with more",
            ));
        }
        let is_factor = |factor: u32| matches!(factor, 1 | 2 | 4);
        if !is_factor(header.subsampling.across) || !is_factor(header.subsampling.down) {
            return Err(Error::unsupported("a TIFF of YCbCr of other factors than 1, 2 and 4"));
        }
        if !matches!(header.predictor, 1..=3) {
            return Err(Error::unsupported(format!("a TIFF of predictor {}", header.predictor)));
        }
        if header.compression == compression::JPEG && header.depth != 8 {
            return Err(Error::unsupported(format!("a TIFF of JPEGs of {} bits a sample", header.depth)));
        }
        if header.compression == compression::WEBP
            && (header.depth != 8 || header.is_planar || photometric != Photometric::Rgb)
        {
            return Err(Error::unsupported(
                "a TIFF of WebPs that is not RGB of 8 bits with its samples together",
            ));
        }
        Ok(Self {
            header,
            samples: Samples::new(header, photometric.count(), photometric == Photometric::Palette)?,
            used: header.used(photometric),
            stored: if header.is_planar { 1 } else { header.samples },
            tables,
            limits,
            decoders,
        })
    }

    /// Begins to read a strip or tile.
    pub(super) fn open<'b>(&self, segments: &Segments<'b>, segment: Segment) -> Result<Rows<'b>> {
        let header = self.header;
        let planes = if header.is_planar { self.used } else { 1 };
        if is_embedded(header.compression) {
            let bytes = (0..planes).map(|plane| segments.bytes(segment, plane));
            let decoding = EmbeddedDecoding {
                compression: header.compression,
                is_lsb_first: header.is_lsb_first,
                tables: self.tables,
                photometric: header.photometric()?,
                channels: if header.is_planar { 1 } else { self.used },
                size: segments.size(),
                limits: &self.limits,
                decoders: self.decoders,
            };
            return EmbeddedSegment::decode(bytes, &decoding).map(Rows::Embedded);
        }
        let packing = packing(header, segments.size(), self.stored);
        let unpacker = |plane| Unpacker::new(segments.bytes(segment, plane)?, &packing);
        let width = segments.size().width;
        if header.subsampling != ChromaSubsampling::NONE {
            let ChromaSubsampling { across, down } = header.subsampling;
            let units = width.div_ceil(across) as usize * (across * down + 2) as usize;
            return Ok(Rows::Subsampled { unpacker: unpacker(0)?, units: try_zeroed(units)?, line: 0 });
        }
        let length = usize::try_from(row_bytes(width, self.stored, header.depth)).unwrap_or(usize::MAX);
        Ok(Rows::Stored {
            planes: (0..planes).map(unpacker).collect::<Result<_>>()?,
            row: try_zeroed(length)?,
            copy: try_zeroed(if header.predictor == 3 { length } else { 0 })?,
        })
    }

    /// The next row as it is stored, if its samples need no conversion.
    pub(super) fn next_bytes<'b>(&self, rows: &'b mut Rows<'_>) -> Result<Option<&'b [u8]>> {
        match rows {
            Rows::Stored { planes, row, copy }
                if self.samples.are_plain_bytes() && self.stored == self.used =>
            {
                if let [unpacker] = planes.as_mut_slice() {
                    self.fill(unpacker, row, copy)?;
                    return Ok(Some(row));
                }
                Ok(None)
            }
            Rows::Embedded(segment) => segment.next_bytes(self.used),
            _ => Ok(None),
        }
    }

    /// Reads the next row, as samples of 16 bits.
    pub(super) fn next(&self, rows: &mut Rows<'_>, out: &mut [u16]) -> Result<()> {
        let plane = |number: usize| self.header.is_planar.then_some(number);
        match rows {
            Rows::Stored { planes, row, copy } => {
                for (number, unpacker) in planes.iter_mut().enumerate() {
                    self.fill(unpacker, row, copy)?;
                    self.samples.read(row, self.stored, plane(number), self.used, out);
                }
            }
            Rows::Subsampled { unpacker, units, line } => {
                let ChromaSubsampling { across, down } = self.header.subsampling;
                if *line == 0 {
                    unpacker.fill(units)?;
                }
                let [across, down, row] = [across, down, *line].map(|number| number as usize);
                for (pixels, unit) in out.chunks_mut(3 * across).zip(units.chunks_exact(across * down + 2)) {
                    let chroma =
                        [unit[across * down], unit[across * down + 1]].map(|sample| u16::from(sample) * 257);
                    for (x, pixel) in pixels.chunks_exact_mut(3).enumerate() {
                        pixel.copy_from_slice(&[
                            u16::from(unit[row * across + x]) * 257,
                            chroma[0],
                            chroma[1],
                        ]);
                    }
                }
                *line = (*line + 1) % down as u32;
            }
            Rows::Embedded(segment) => {
                let stored = segment.channels();
                segment.next(|number, row| self.samples.read(row, stored, plane(number), self.used, out))?;
            }
        }
        Ok(())
    }

    fn fill(&self, unpacker: &mut Unpacker<'_>, row: &mut [u8], copy: &mut [u8]) -> Result<()> {
        unpacker.fill(row)?;
        let bytes = self.header.depth as usize / 8;
        match self.header.predictor {
            2 if matches!(self.header.depth, 8 | 16 | 32 | 64) => {
                undo_horizontal(row, self.stored, bytes, self.header.is_little);
            }
            3 if self.header.depth.is_multiple_of(8) => undo_floating(row, self.stored, bytes, copy),
            1 => {}
            _ => {
                return Err(Error::unsupported(format!(
                    "a TIFF of differences of {} bits a sample",
                    self.header.depth
                )));
            }
        }
        Ok(())
    }
}
