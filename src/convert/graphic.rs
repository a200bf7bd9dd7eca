//! Lossy or lossless, photo or graphic: what `Mode::Auto` decides by looking at the pixels.

use super::Encoded;
use crate::{
    codec::{Coding, Format, RowWriter, Sketch},
    error::{Kind, Result},
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// Every so many rows one is looked at.
const ROW_STEP: usize = 7;

/// A picture in which this share of the pixels, in hundredths, equals its left neighbour is a graphic.
const FLAT_PERCENT: u64 = 30;

/// If so large a share of the first rows' pixels does, of this part of all rows, it is counted on.
const LIKELY_PERCENT: u64 = 50;
const LIKELY_PART: u64 = 16;

/// A sketch says 1 to 2.4 times what a lossless file takes. From so many quarters of the lossy file's length on
/// none is tried.
const SURELY_LONGER: u64 = 9;

/// Both files are made of a picture of fewer pixels.
const SMALL: u64 = 1 << 16;

/// A simple picture is of no more pixels than this, and of so many pixels for each byte of its lossy file.
const MOST_SIMPLE: u64 = 1 << 18;
const SIMPLE: u64 = 80;

/// A picture is a photo if a lossless file is so many times as long as a lossy one.
const PHOTO: u64 = 9;

/// One of so many rows of macroblocks is coded to see what a lossy file takes.
const SAMPLED: usize = 16;

/// Encodes a picture that may be a graphic.
///
/// A graphic is a picture in which at least 30 of 100 pixels equal their left neighbour: drawn areas are flat,
/// photos rarely are. Its chroma keeps its full size. For WebP both a lossy and a lossless file may be made, of
/// which the smaller is taken: where a sketch of the lossless one is no longer than what a sample says of the lossy
/// one, only the lossless one is made, where it is much longer than the lossy one only that (NOTES.md has figures).
///
/// Measured at quality 80, in bytes: a page of text (171,016 as PNG) is 38,994 lossless and 105,370 lossy, a
/// dashboard (240,719) 122,654 and 83,554, a game's screen (329,721) 220,036 and 37,980, an emoji with alpha
/// (67,610) 46,474 and 22,638.
///
/// # Errors
/// Those of [`codec::encode`](crate::codec::encode).
pub(super) fn encode(picture: Picture, mut coding: Coding, metadata: &Metadata) -> Result<Encoded> {
    let graphic = if let Picture::Raster(raster) = &picture { Some(raster) } else { None };
    let Some(graphic) = graphic.filter(|raster| is_graphic(raster)) else {
        return super::encode(picture, &coding, metadata);
    };
    if coding.format != Format::WebP {
        (coding.full_chroma, coding.is_graphic) = (true, true);
        return super::encode(picture, &coding, metadata);
    }
    let sample = lossy_sample(graphic, &coding)?;
    let sketch = sketched_bytes(graphic, PHOTO.saturating_mul(sample))?;
    if is_surely_shorter(sketch, sample, graphic) && sketch <= coding.max_bytes {
        coding.lossless = true;
        return super::encode(picture, &coding, metadata);
    }
    // What is smooth may be flat and a photo all the same.
    coding.full_chroma |= sketch <= PHOTO.saturating_mul(sample);
    // Not `codec::encode`, which takes the picture over: it is needed once more.
    let mut writer = RowWriter::new(graphic.size(), &coding)?;
    let lossy = writer.push_rows(graphic.layout(), graphic.data()).and_then(|()| writer.finish(metadata));
    match lossy {
        Ok(lossy) if is_surely_longer(sketch, &lossy) && !is_simple(graphic.size(), &lossy) => {
            Ok(Encoded { file: lossy, lossless: false })
        }
        lossy => smaller(lossy, picture, coding, metadata),
    }
}

/// Encodes a graphic without loss, of which there is a lossy file unless that is longer than it may be: the smaller
/// one, and whether it is lossless.
///
/// # Errors
/// Those of [`codec::encode`](crate::codec::encode).
pub(super) fn smaller(
    lossy: Result<Vec<u8>>,
    picture: Picture,
    mut coding: Coding,
    metadata: &Metadata,
) -> Result<Encoded> {
    coding.lossless = true;
    // What is longer than the lossy file is of no use.
    let lossy = match lossy {
        Err(error) if error.kind() == Kind::OutputTooLarge => {
            return super::encode(picture, &coding, metadata);
        }
        other => other?,
    };
    coding.max_bytes = lossy.len() as u64;
    coding.gives_up = true;
    match super::encode(picture, &coding, metadata) {
        Err(error) if error.kind() == Kind::OutputTooLarge => Ok(Encoded { file: lossy, lossless: false }),
        encoded => encoded,
    }
}

/// About what a lossy file takes, as one that is made with little work of some of the rows says.
fn lossy_sample(raster: &Raster, coding: &Coding) -> Result<u64> {
    let Size { width, height } = raster.size();
    let stride = width as usize * raster.layout().channels() as usize;
    // More of a small picture.
    let step = SAMPLED.min(height as usize / 64 + 1);
    let bands = raster.data().chunks(16 * stride).skip(step / 2).step_by(step);
    let size = Size::new(width, bands.clone().map(|band| (band.len() / stride) as u32).sum());
    let mut writer = RowWriter::new(size, &coding.with_effort(0).with_full_chroma(false))?;
    let mut pushed = Ok(());
    for band in bands {
        pushed = pushed.and_then(|()| writer.push_rows(raster.layout(), band));
    }
    let bytes = match pushed.and_then(|()| writer.finish(&Metadata::default())) {
        Err(error) if error.kind() == Kind::OutputTooLarge => coding.max_bytes,
        file => file?.len() as u64,
    };
    Ok(bytes.saturating_mul(height.into()) / u64::from(size.height.max(1)))
}

/// True if a lossless file would be shorter than a lossy one, of which a sketch and a sample say so much. Of a small
/// picture a sample says little, and of alpha it may say too much.
fn is_surely_shorter(sketch: u64, sample: u64, raster: &Raster) -> bool {
    let is_small = raster.size().pixels() < SMALL;
    let sketch = if raster.layout().has_alpha() { 2 * sketch } else { sketch };
    !is_small && sketch <= sample / 10 * 11
}

/// True if a lossless file would be longer, of which a sketch says so much.
fn is_surely_longer(sketch: u64, lossy: &[u8]) -> bool {
    4 * sketch > SURELY_LONGER * lossy.len() as u64
}

/// True of a picture that is small and hardly takes anything: a lossless file of it is soon made, and may be of a
/// pattern that repeats only in what a prediction leaves, which a sketch does not see.
fn is_simple(size: Size, lossy: &[u8]) -> bool {
    size.pixels() <= MOST_SIMPLE && lossy.len() as u64 * SIMPLE <= size.pixels()
}

fn is_graphic(raster: &Raster) -> bool {
    let mut flatness = Flatness::new(raster.size().width);
    rows(raster).for_each(|row| flatness.push(raster.layout(), row));
    flatness.is_graphic()
}

/// What a sketch says of a lossless file; of what is more than `most` only that it is.
fn sketched_bytes(raster: &Raster, most: u64) -> Result<u64> {
    let mut sketch = Sketch::new(raster.size())?;
    for (y, row) in rows(raster).enumerate() {
        sketch.push(raster.layout(), row, true);
        if y % 32 == 31 && sketch.seen_bytes() > most {
            return Ok(sketch.seen_bytes());
        }
    }
    Ok(sketch.bytes())
}

fn rows(raster: &Raster) -> impl Iterator<Item = &[u8]> {
    raster.data().chunks_exact(raster.size().width as usize * raster.layout().channels() as usize)
}

/// Looks at rows as they come: whether they are of a graphic, and whether a lossless file could be smaller than a lossy one.
pub(super) struct Look {
    size: Size,
    flatness: Flatness,
    /// Where there may be a lossless file.
    sketch: Option<Sketch>,
}

impl Look {
    /// At a picture of such a size, that becomes a file of a format.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub(super) fn new(size: Size, format: Format) -> Result<Self> {
        let sketch = if format == Format::WebP { Some(Sketch::new(size)?) } else { None };
        Ok(Self { size, flatness: Flatness::new(size.width), sketch })
    }

    /// The bytes that it holds.
    pub(super) fn heap_bytes(width: u32, format: Format) -> u64 {
        if format == Format::WebP { Sketch::heap_bytes(width) } else { 0 }
    }

    /// Looks at the next whole rows.
    pub(super) fn push(&mut self, layout: Layout, rows: &[u8]) {
        for row in rows.chunks_exact(self.size.width as usize * layout.channels() as usize) {
            self.flatness.push(layout, row);
            if let Some(sketch) = &mut self.sketch {
                // Of photos hardly anything is looked at.
                sketch.push(layout, row, self.flatness.is_graphic());
            }
        }
    }

    /// True if the picture is worth being coded once more, as the graphic that it is: with its chroma at full size, or
    /// without loss where that may be smaller than such a lossy file.
    pub(super) fn may_be_graphic(&self, format: Format, lossy: &[u8]) -> bool {
        if format == Format::WebP { self.may_be_lossless(Some(lossy)) } else { self.flatness.is_graphic() }
    }

    /// True if the rows until now are those of a graphic, and are enough to count on it.
    pub(super) fn is_likely_graphic(&self) -> bool {
        self.flatness.is_likely_graphic(self.size.height)
    }

    /// True if it is no graphic, whatever the rows show that haven't come yet; all of them have come at the end.
    pub(super) fn is_surely_photo(&self) -> bool {
        self.flatness.is_surely_photo(self.size.height)
    }

    /// True if the lossless file may be smaller than such a lossy one; any is smaller than none.
    pub(super) fn may_be_lossless(&self, lossy: Option<&[u8]>) -> bool {
        let is_longer = |sketch: &Sketch, lossy: &[u8]| is_surely_longer(sketch.bytes(), lossy);
        let is_longer =
            self.sketch.as_ref().zip(lossy).is_some_and(|(sketch, lossy)| is_longer(sketch, lossy));
        self.flatness.is_graphic() && !is_longer
    }
}

/// Counts the pixels that equal their left neighbour, as rows come.
struct Flatness {
    width: u32,
    /// Rows until the next that is looked at.
    until_next: usize,
    flat: u64,
    seen: u64,
}

impl Flatness {
    /// Counts in rows of `width` pixels.
    const fn new(width: u32) -> Self {
        Self { width, until_next: 0, flat: 0, seen: 0 }
    }

    /// Looks at the next row.
    fn push(&mut self, layout: Layout, row: &[u8]) {
        if self.until_next > 0 {
            self.until_next -= 1;
            return;
        }
        self.until_next = ROW_STEP - 1;
        let flat = match layout {
            Layout::Gray => flat_pixels::<1>(row),
            Layout::GrayAlpha => flat_pixels::<2>(row),
            Layout::Rgb => flat_pixels::<3>(row),
            Layout::Rgba => flat_pixels::<4>(row),
        };
        self.flat += flat as u64;
        self.seen += u64::from(self.width - 1);
    }

    /// True if so much of a part is flat that the whole of so many rows is hardly a photo, or no photo.
    const fn is_likely_graphic(&self, height: u32) -> bool {
        let all = self.all(height);
        let is_likely = self.seen >= all / LIKELY_PART && self.flat * 100 >= self.seen * LIKELY_PERCENT;
        self.seen > 0 && (is_likely || self.flat * 100 >= all * FLAT_PERCENT)
    }

    /// True if it is no graphic even if all others of so many rows are flat.
    const fn is_surely_photo(&self, height: u32) -> bool {
        let left = self.all(height).saturating_sub(self.seen);
        (self.flat + left) * 100 < (self.seen + left) * FLAT_PERCENT
    }

    /// The pixels of so many rows that are looked at.
    const fn all(&self, height: u32) -> u64 {
        height.div_ceil(ROW_STEP as u32) as u64 * (self.width as u64 - 1)
    }

    /// What the rows until now say.
    const fn is_graphic(&self) -> bool {
        self.flat * 100 >= self.seen * FLAT_PERCENT
    }
}

fn flat_pixels<const C: usize>(row: &[u8]) -> usize {
    let (left, _) = row.as_chunks::<C>();
    left.iter().zip(left.iter().skip(1)).filter(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    #[test]
    fn each_seventh_row_is_looked_at() {
        let mut flatness = Flatness::new(5);
        for y in 0..50_u8 {
            // Only each seventh is flat.
            flatness.push(Layout::Gray, &[9, if y % 7 == 0 { 9 } else { 8 }, 7, 7, 1]);
        }
        assert_eq!((flatness.flat, flatness.seen), (16, 32));
        assert!(flatness.is_graphic());
    }

    fn noise(at: u32) -> u32 {
        let mixed = at.wrapping_mul(2_654_435_761);
        (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519) >> 24
    }

    fn raster(pixel: impl Fn(u32, u32) -> [u32; 3]) -> Raster {
        let data = (0..320 * 300_u32).flat_map(|at| pixel(at % 320, at / 320).map(|sample| sample as u8));
        Raster::new(Size::new(320, 300), Layout::Rgb, data.collect()).unwrap()
    }

    fn encoded(raster: &Raster, coding: Coding) -> usize {
        codec::encode(Picture::Raster(raster.clone()), &coding, &Metadata::default()).unwrap().len()
    }

    /// However a picture comes, what is taken is within three hundredths of the smaller of both files.
    #[test]
    fn the_smaller_file_is_taken() {
        let lossy = Coding::new(Format::WebP).with_effort(2);
        let lossless = lossy.with_lossless(true);
        let glyph = |x: u32, y: u32| noise((x % 12 + y % 16 * 12) % 97 + x / 12 % 9 * 400);
        let pictures = [
            // Text, a smooth sky over noise as of a photo, a screen with a photo, a gradient.
            raster(|x, y| {
                [if glyph(x, y) > 170 && y % 20 < 16 { noise(x % 12 + y % 16 * 12) / 2 } else { 255 }; 3]
            }),
            raster(|x, y| if y < 200 { [y / 3 + 90; 3] } else { [noise(x + y * 320) / 4 + x / 4; 3] }),
            raster(|x, y| {
                if x < 110 {
                    [x / 2 + noise(x * 7 + y * 391) / 8; 3]
                } else {
                    [(x / 40) * 30, (y / 50) * 40, 9]
                }
            }),
            raster(|x, y| [x / 4 + 80, y / 3 + 90, 200 - (x + y) / 8]),
        ];
        for (at, raster) in pictures.iter().enumerate() {
            let [lossy_bytes, lossless_bytes] = [lossy, lossless].map(|coding| encoded(raster, coding));
            let full_bytes = encoded(raster, lossy.with_full_chroma(true));
            let Encoded { file: made, lossless: is_lossless } =
                encode(Picture::Raster(raster.clone()), lossy, &Metadata::default()).unwrap();
            let best = lossless_bytes.min(full_bytes.max(lossy_bytes));
            assert!(made.len() * 100 <= best * 103, "{at}: {} of {lossless_bytes}, {full_bytes}", made.len());
            assert!(!is_lossless || made.len() == lossless_bytes, "{at}");
            let mut look = Look::new(raster.size(), Format::WebP).unwrap();
            rows(raster).for_each(|row| look.push(Layout::Rgb, row));
            let file = vec![0; lossy_bytes];
            // What is simple is never so large that it comes by rows.
            let is_simple = is_simple(raster.size(), &file);
            assert!(is_simple || lossless_bytes > lossy_bytes || look.may_be_lossless(Some(&file)), "{at}");
            assert!(lossless_bytes < 4 * lossy_bytes || !look.may_be_lossless(Some(&file)), "{at}");
        }
    }
}
