//! Lossy or lossless, photo or graphic: what `Mode::Auto` decides by looking at the pixels.

use crate::{
    codec::{self, Coding, Format, RowWriter},
    error::{Kind, Result},
    pixel::{Layout, Metadata, Picture, Raster},
};

/// Every so many rows one is looked at.
const ROW_STEP: usize = 7;

/// A picture in which this share of the pixels, in hundredths, equals its left neighbour is a graphic.
const FLAT_PERCENT: u64 = 30;

/// Encodes a picture that may be a graphic.
///
/// A graphic is a picture in which at least 30 of 100 pixels equal their left neighbour: drawn areas are flat,
/// photos never are, not even out of focus. Its chroma keeps its full size, and for WebP both a lossy and a lossless
/// file are made: the lossless coder is cheap on such pictures. The smaller one is taken.
///
/// Measured at quality 80, in bytes: a page of text (171,016 as PNG) is 112,434 lossless, and that is taken; a
/// dashboard (240,719) is 325,832 lossless and 108,658 lossy, a game's screen (329,721) 336,852 and 39,934, an emoji with
/// alpha (67,610) 78,676 and 26,088: lossy is taken.
///
/// # Errors
/// As `codec::encode`.
pub(super) fn encode(picture: Picture, mut coding: Coding, metadata: &Metadata) -> Result<(Vec<u8>, bool)> {
    let graphic = if let Picture::Raster(raster) = &picture { Some(raster) } else { None };
    let Some(graphic) = graphic.filter(|raster| is_graphic(raster)) else {
        let lossless = coding.lossless;
        return Ok((codec::encode(picture, &coding, metadata)?, lossless));
    };
    coding.full_chroma = true;
    if coding.format != Format::WebP {
        let lossless = coding.lossless;
        return Ok((codec::encode(picture, &coding, metadata)?, lossless));
    }
    // Not `codec::encode`, which takes the picture over: it is needed once more.
    let mut writer = RowWriter::new(graphic.size(), &coding)?;
    let lossy = writer.push_rows(graphic.layout(), graphic.data()).and_then(|()| writer.finish(metadata));
    smaller(lossy, picture, coding, metadata)
}

/// Encodes a graphic without loss, of which there is a lossy file unless that is longer than it may be: the smaller
/// one, and whether it is lossless.
///
/// # Errors
/// As `codec::encode`.
pub(super) fn smaller(
    lossy: Result<Vec<u8>>,
    picture: Picture,
    mut coding: Coding,
    metadata: &Metadata,
) -> Result<(Vec<u8>, bool)> {
    coding.lossless = true;
    // What is longer than the lossy file is of no use.
    let lossy = match lossy {
        Err(error) if error.kind() == Kind::Larger => {
            return Ok((codec::encode(picture, &coding, metadata)?, true));
        }
        other => other?,
    };
    coding.max_bytes = lossy.len() as u64;
    match codec::encode(picture, &coding, metadata) {
        Ok(lossless) => Ok((lossless, true)),
        Err(error) if error.kind() == Kind::Larger => Ok((lossy, false)),
        Err(error) => Err(error),
    }
}

fn is_graphic(raster: &Raster) -> bool {
    let mut flatness = Flatness::new(raster.size().width);
    flatness.push(raster.layout(), raster.data());
    flatness.is_graphic()
}

/// Counts the pixels that equal their left neighbour, as rows come.
pub(super) struct Flatness {
    width: usize,
    /// Rows until the next that is looked at.
    until_next: usize,
    flat: u64,
    seen: u64,
}

impl Flatness {
    /// Of rows of `width` pixels.
    pub(super) fn new(width: u32) -> Self {
        Self { width: width as usize, until_next: 0, flat: 0, seen: 0 }
    }

    /// Looks at the next whole rows.
    pub(super) fn push(&mut self, layout: Layout, rows: &[u8]) {
        let channels = layout.channels() as usize;
        let rows = rows.chunks_exact(self.width * channels);
        let count = rows.len();
        for row in rows.skip(self.until_next).step_by(ROW_STEP) {
            let left = row.chunks_exact(channels);
            self.flat += left.clone().zip(left.skip(1)).filter(|(a, b)| a == b).count() as u64;
            self.seen += self.width as u64 - 1;
        }
        // The next row that is looked at is so many behind those that came.
        let behind = count.saturating_sub(self.until_next).next_multiple_of(ROW_STEP);
        self.until_next = self.until_next + behind - count;
    }

    /// What the rows until now say.
    pub(super) fn is_graphic(&self) -> bool {
        self.flat * 100 >= self.seen * FLAT_PERCENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_looked_at_however_they_come() {
        // Only each seventh row is flat.
        let rows: Vec<u8> = (0..50_u8).flat_map(|y| [9, if y % 7 == 0 { 9 } else { 8 }, 7, 7, 1]).collect();
        for at_once in 1..=50 {
            let mut flatness = Flatness::new(5);
            rows.chunks(5 * at_once).for_each(|rows| flatness.push(Layout::Gray, rows));
            assert_eq!((flatness.flat, flatness.seen), (16, 32), "{at_once}");
            assert!(flatness.is_graphic());
        }
    }
}
