//! A JPEG by rows of its blocks: what holds no more of a photo than a stripe of it.

use zune_jpeg::{JpegDecoder, RawImcuRowStatus};

use super::{
    decode::{check, malformed, options, plane_sizes, stripes},
    header::{Color, Header},
    source::{END, Source},
};
use crate::{
    codec::rows::{FULL_SIZE, Form, Head, Rows, Sink},
    error::{Error, Result},
    limits::{Limits, try_zeroed},
    pixel::Layout,
};

/// True for what comes as planes or as grey: all but ink, RGB and unusual sampling factors.
fn form(header: &Header<'_>) -> Option<Form> {
    match header.color() {
        Color::Gray => Some(Form::Raster(Layout::Gray)),
        _ => header.subsampling().map(Form::Planes),
    }
}

/// Gives a JPEG to a sink, row of blocks by row of blocks. `false` when it can't be read so, or the sink asked for
/// no rows.
///
/// # Errors
/// As [`super::decode`], and those of the sink.
pub(in crate::codec) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let header = Header::read(bytes)?;
    let Some(form) = form(&header) else { return Ok(false) };
    check(&header, limits)?;
    limits.check_memory(bytes.len() as u64 + peak_bytes(&header))?;
    let (orientation, metadata) = (header.orientation(), header.metadata());
    if sink.begin(Head { size: header.frame.size, scales: FULL_SIZE, form, orientation, metadata })?.is_none()
    {
        return Ok(false);
    }
    let mut strips = Strips::open(&header, &[])?;
    let total = stripes(&header.frame);
    for stripe in 0..total {
        let mut planes = strips.next()?;
        if planes.is_none() && stripe + 1 == total {
            // The last stripe waits for the bytes that would follow it: the file forgot its end marker.
            strips = Strips::open(&header, END)?;
            for _ in 0..stripe {
                strips.next()?;
            }
            planes = strips.next()?;
        }
        match planes.as_deref() {
            Some([y, cb, cr]) => sink.take(Rows::Planes([y, cb, cr]))?,
            Some([gray]) => sink.take(Rows::Raster(gray))?,
            _ => {
                let what = format!("the JPEG is cut short: {stripe} of {total} stripes are there");
                return Err(Error::malformed(what));
            }
        }
    }
    Ok(true)
}

/// The most memory that reading by rows takes, beside the file: a stripe, the decoder's own, and the coefficients
/// of a file of several scans.
fn peak_bytes(header: &Header<'_>) -> u64 {
    let samples: u64 =
        plane_sizes(&header.frame).iter().map(|size| super::decode::padded_samples(*size)).sum();
    let coefficients = if header.is_in_one_scan() { 0 } else { 4 * samples };
    coefficients + 64 * u64::from(header.frame.size.width) * 8 + (1 << 20)
}

/// A JPEG in work.
struct Strips<'a> {
    decoder: JpegDecoder<Source<'a>>,
    planes: Vec<Plane>,
}

/// A stripe of a component.
struct Plane {
    width: usize,
    samples: Vec<u8>,
}

impl<'a> Strips<'a> {
    fn open(header: &'a Header<'a>, end: &'a [u8]) -> Result<Self> {
        let source = Source::new(&header.tables, header.scans, end);
        let mut decoder = JpegDecoder::new_with_options(source, options());
        decoder.decode_headers().map_err(malformed)?;
        let frame = &header.frame;
        let is_alone = frame.components.len() == 1;
        let mut planes = Vec::new();
        for (component, size) in frame.components.iter().zip(plane_sizes(frame)) {
            let rows = if is_alone { 8 } else { 8 * component.down };
            let width = size.width as usize;
            planes.push(Plane { width, samples: try_zeroed(width * rows as usize)? });
        }
        Ok(Self { decoder, planes })
    }

    /// The next stripe of each component; `None` where the file ends.
    fn next(&mut self) -> Result<Option<Vec<&[u8]>>> {
        let strides: Vec<usize> = self.planes.iter().map(|plane| plane.width).collect();
        let mut targets: Vec<&mut [u8]> =
            self.planes.iter_mut().map(|plane| plane.samples.as_mut_slice()).collect();
        let status = self.decoder.raw_output().decode_next_imcu_row(&mut targets, &strides);
        let RawImcuRowStatus::RowReady { rows_written } = status.map_err(malformed)? else { return Ok(None) };
        let written = self.planes.iter().zip(rows_written);
        Ok(Some(written.map(|(plane, rows)| &plane.samples[..plane.width * rows]).collect()))
    }
}
