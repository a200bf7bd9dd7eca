//! A whole picture as VP8L (RFC 9649 section 3), coded in the memory that its samples are in; or one whose rows come
//! several times ([`rows`]).
//!
//! In order: the picture is analysed, and transformed into what has the shortest code (indices of a palette, samples
//! less green, residuals of a prediction). The result is cut into tokens three times: to see what they cost, to count
//! them as they will be, and to write them. So the length is known before the file's memory is taken.

mod analysis;
mod caches;
mod color_transform;
mod effort;
mod front;
mod histogram;
mod look;
mod match_finder;
mod meta_prefix;
mod palette;
mod parse;
mod pixels;
mod predictor;
mod rows;
mod sketch;
mod stream;
#[cfg(test)]
mod tests;
mod tiles;
mod token;
mod token_bytes;
mod token_log;
mod transforms;
mod window;
mod work;

use self::{
    analysis::{SAMPLED_PIXELS, TokenStatistics, Transforms},
    effort::Effort,
    histogram::Histogram,
    meta_prefix::Position,
    palette::Palette,
    parse::Parser,
    pixels::{OPAQUE, Pixels, subtract_green},
    stream::StreamPlan,
    tiles::Tiles,
    token_log::TokenLog,
};
pub use self::{
    rows::{Ended, RowCoder, heap_bytes as rows_heap_bytes},
    sketch::Sketch,
};
use super::bits::{BitWriter, HeaderBits};
use crate::{
    codec::Coding,
    error::{self, Error, Result},
    limits::try_filled,
    pixel::{Layout, Raster, Size},
};

/// The first byte of a picture (RFC 9649 section 3.4).
const SIGNATURE: u32 = 0x2F;

/// The bytes of a file around the coded picture, without metadata.
pub const AROUND: u64 = 64;

/// The most bytes that a picture takes beside its samples: for transforms, prefix codes and the entropy image.
const HEADERS: u64 = 8 << 10;

/// The colour transform pays if more than this many of 16 pixels are like no neighbour.
const BUSY_FOR_COLOR_TRANSFORM: u64 = 7;

/// The bytes of a prefix code group's histogram and codes.
const GROUP: u64 = 12 << 10;

/// The bytes of all other tables.
const TABLES: u64 = 96 << 10;

/// A picture takes at least so much of its estimate.
const LIKELY: [u64; 2] = [4, 5];

/// The most bytes that a picture's code has.
pub fn most_bytes(size: Size, channels: u64) -> u64 {
    let pixels = size.pixels();
    pixels * channels + pixels / 64 + HEADERS
}

/// The most bytes that are held beside the samples, the file of at most `most` bytes included.
pub fn heap_bytes(size: Size, channels: u64, effort: u8, most: u64) -> u64 {
    let (pixels, effort) = (size.pixels(), Effort::new(effort));
    let groups = effort.most_groups(pixels as usize) as u64 * GROUP;
    let tiles = if effort.max_groups > 1 { meta_prefix::heap_bytes(size) } else { 0 };
    let (parser, log) = (parse::heap_bytes(pixels, effort.match_effort), token_log::heap_bytes(pixels));
    // Tiles are counted first, then tokens; what is written is in the log, or parsed once more.
    let counting = parser + tiles.max(log + groups);
    let again = if token_log::may_be_incomplete(pixels) { parser } else { 0 };
    let writing = most_bytes(size, channels).min(most) + AROUND + groups + log.max(again);
    counting.max(writing) + TABLES
}

/// Codes a picture in at most `coding.max_bytes`, into a buffer with room for `around` bytes more.
///
/// # Errors
/// [`error::Kind::OutputTooLarge`] when it takes more; [`error::Kind::OutOfMemory`].
pub fn encode(raster: Raster, coding: &Coding, around: u64) -> Result<Vec<u8>> {
    let (size, layout) = (raster.size(), raster.layout());
    let header = header(size, layout);
    let encoder = ImageEncoder {
        size,
        effort: Effort::new(coding.effort),
        capacity: most_bytes(size, layout.channels().into()),
        max_bytes: coding.max_bytes,
        around,
        gives_up: coding.gives_up,
    };
    let samples = raster.into_data();
    match layout {
        Layout::Gray => encoder.transform::<1>(samples, header),
        Layout::GrayAlpha => encoder.transform::<2>(samples, header),
        Layout::Rgb => encoder.transform::<3>(samples, header),
        Layout::Rgba => encoder.transform::<4>(samples, header),
    }
}

/// What stands before a picture's transforms.
fn header(size: Size, layout: Layout) -> HeaderBits {
    let mut header = HeaderBits::default();
    header.put(SIGNATURE, 8);
    header.put(size.width - 1, 14);
    header.put(size.height - 1, 14);
    header.put(layout.has_alpha().into(), 1);
    // The version.
    header.put(0, 3);
    header
}

struct ImageEncoder {
    size: Size,
    effort: Effort,
    /// The most bytes of any picture of the size, and of this one.
    capacity: u64,
    max_bytes: u64,
    /// Bytes that the buffer has room for beside.
    around: u64,
    /// Ends early with an error if the file is likely to be too long.
    gives_up: bool,
}

impl ImageEncoder {
    fn transform<const C: usize>(mut self, mut samples: Vec<u8>, mut header: HeaderBits) -> Result<Vec<u8>> {
        let width = self.size.width as usize;
        let palette = Palette::of::<C>(&samples);
        let chosen = analysis::choose_transforms(Pixels::<C>::new(&samples, width, 0), palette.as_ref())?;
        if let (Transforms::Palette, Some(palette)) = (chosen, palette) {
            transforms::put_palette(&palette, &mut header)?;
            let width = palette.apply::<C>(&mut samples, width);
            transforms::put_end(&mut header);
            return self.code(Pixels::<1>::new(&samples, width, OPAQUE), header);
        }
        let Transforms::Samples { less_green, predicted, busy } = chosen else {
            return Err(Error::new(error::Kind::Internal, "lossless WebP: a palette that is none"));
        };
        self.effort = self.effort.for_busy(busy);
        if less_green {
            transforms::put_subtract_green(&mut header);
            if C >= 3 {
                subtract_green(&mut samples, C);
            }
        }
        if predicted {
            let with_colors = C >= 3 && self.effort.color_step > 0 && busy > BUSY_FOR_COLOR_TRANSFORM;
            self.predict::<C>(&mut samples, with_colors, &mut header)?;
        }
        transforms::put_end(&mut header);
        let is_opaque = C % 2 == 1 && !predicted;
        let rest = if is_opaque { OPAQUE } else { 0 };
        self.code(Pixels::<C>::new(&samples, width, rest), header)
    }

    fn predict<const C: usize>(
        &self,
        samples: &mut [u8],
        with_colors: bool,
        header: &mut HeaderBits,
    ) -> Result<()> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let [tiles, color_tiles] = transforms::tiles(width, height);
        let pixels = Pixels::<C>::new(samples, width, 0);
        let modes = predictor::choose_modes(pixels, tiles, self.effort.predictor_step)?;
        predictor::apply::<C>(samples, width, tiles, &modes)?;
        transforms::put_modes(tiles, &modes, header)?;
        if with_colors {
            let multipliers =
                color_transform::apply::<C>(samples, width, color_tiles, self.effort.color_step)?;
            transforms::put_multipliers(color_tiles, &multipliers, header)?;
        }
        Ok(())
    }

    fn code<const C: usize>(&self, pixels: Pixels<C>, header: HeaderBits) -> Result<Vec<u8>> {
        let tiles = Tiles::new(pixels.width, pixels.height(), 4, meta_prefix::most_tiles(C));
        let most_groups = self.effort.most_groups(pixels.count());
        let (caches, mut entropy_image) = {
            let costs = analysis::first_costs(pixels, SAMPLED_PIXELS)?;
            let mut statistics = TokenStatistics::new(C, pixels.width, tiles, most_groups)?;
            let mut parser = Parser::new(pixels.count(), pixels.width, &costs, self.effort.first_pass(), 0)?;
            let take = |at, token| statistics.add(pixels, at, token);
            parser.for_each_greedily(pixels, &costs, pixels.count(), take);
            if self.gives_up {
                check_estimate(statistics.estimate(), self.max_bytes)?;
            }
            statistics.finish(most_groups)?
        };
        let (first, rows) = caches::tried_rows(pixels.width, pixels.height());
        let range = first * pixels.width * C..(first + rows) * pixels.width * C;
        let part = Pixels::<C> { samples: &pixels.samples[range], ..pixels };
        let parts = [first, pixels.height() / rows];
        let (cache_bits, costs) = caches::best_cache(part, parts, self.effort, caches, &entropy_image)?;
        let mut histograms = try_filled(entropy_image.count, Histogram::new(cache_bits)?)?;
        let (mut place, mut log) = (Position::new(pixels.width, 0), TokenLog::new(pixels.count())?);
        parse::each(pixels, &costs, self.effort.match_effort, cache_bits, |_, token| {
            log.add(token);
            histograms[entropy_image.at(&place)].add(token);
            place.advance(token.pixels());
        })?;
        entropy_image.merge(&mut histograms, 1)?;
        let plan = StreamPlan::new(header, cache_bits, entropy_image, &histograms)?;
        drop(histograms);
        check_length(plan.bits, self.max_bytes)?;
        let mut out = plan.buffer(self.capacity.min(self.max_bytes), self.around)?;
        let mut writer = BitWriter::new(0);
        plan.header.write(&mut writer, &mut out);
        let mut place = Position::new(pixels.width, 0);
        let write = |_, token| plan.write(token, &mut place, &mut writer, &mut out);
        if log.is_incomplete() {
            drop(log);
            parse::each(pixels, &costs, self.effort.match_effort, cache_bits, write)?;
        } else {
            log.for_each(pixels, cache_bits, write)?;
        }
        writer.finish(&mut out);
        Ok(out)
    }
}

/// # Errors
/// [`error::Kind::OutputTooLarge`] when a picture of an estimate is likely to take more than `most` bytes.
fn check_estimate(bits: u64, most: u64) -> Result<()> {
    if bits / 8 * LIKELY[0] / LIKELY[1] > most { Err(larger(bits, most)) } else { Ok(()) }
}

/// # Errors
/// [`error::Kind::OutputTooLarge`] when a stream takes more than `most` bytes.
fn check_length(bits: u64, most: u64) -> Result<()> {
    if bits.div_ceil(8) > most { Err(larger(bits, most)) } else { Ok(()) }
}

fn larger(bits: u64, most: u64) -> Error {
    Error::new(error::Kind::OutputTooLarge, format!("{} bytes, not {most}", bits.div_ceil(8)))
}
