//! A whole picture as VP8L (RFC 9649 section 3), coded in the memory that its samples are in.
//!
//! What is done, in order: the picture is looked at, and turned into what has the shortest code: indices of a palette,
//! samples without green, residues of a prediction. This is cut into tokens three times: to see what they are, to
//! count them as they will be, and to write them. So the length is known before the file's memory is taken.

mod analysis;
mod color_cache;
mod color_transform;
mod histogram;
mod match_finder;
mod meta_prefix;
mod palette;
mod parse;
mod pixels;
mod predictor;
mod sketch;
#[cfg(test)]
mod tests;
mod tiles;
mod token;
mod token_log;

pub use self::sketch::Sketch;
use self::{
    analysis::{Kind, Survey},
    histogram::{Codes, Costs, Counts},
    match_finder::Search,
    meta_prefix::{Groups, Place},
    palette::Palette,
    parse::Parser,
    pixels::{Pixels, subtract_green},
    tiles::Tiles,
    token::Token,
    token_log::Record,
};
use super::bits::{BitWriter, Header};
use crate::{
    codec::Coding,
    error::{self, Error, Result},
    limits::try_filled,
    pixel::{Layout, Raster, Size},
};

/// The bytes of a file around the picture, without metadata.
pub const AROUND: u64 = 64;

/// What a picture takes beside its samples at the most: the description of a transform, of codes, and of their tiles.
const HEADERS: u64 = 8 << 10;

/// Pixels that colour caches are tried on.
const TRIED_PIXELS: usize = 1 << 16;

/// Of 16 pixels so many are like no neighbour where colours are told from others, and where copies from afar are rare.
const BUSY_FOR_CROSS: u64 = 7;
const BUSY_FOR_NEAR: u64 = 13;

/// Pixels for which there may be a group of codes, and the bytes of its counts and codes.
const GROUP_PIXELS: usize = 4096;
const GROUP: u64 = 12 << 10;

/// The bytes of all other tables.
const TABLES: u64 = 96 << 10;

/// What a picture takes at least, to what its survey says.
const LIKELY: [u64; 2] = [4, 5];

/// The most tiles of a transform.
const TRANSFORM_TILES: usize = 1 << 14;

/// Efforts, from 0 to 6, and what they are made of.
#[derive(Debug, Clone, Copy)]
struct Effort {
    search: Search,
    /// How many places are tried in pictures that hardly repeat.
    far: usize,
    /// Every so many rows are looked at to choose predictors.
    rows: usize,
    /// The same to choose factors of colours; none are if it is zero.
    cross: usize,
    /// The most groups of codes.
    groups: usize,
}

impl Effort {
    const fn new(effort: u8) -> Self {
        let (tried, long, rows, cross, groups) = match effort {
            0 => (0, 32, 8, 0, 1),
            1 => (2, 32, 8, 0, 1),
            2 => (2, 48, 8, 0, 8),
            3 => (8, 64, 2, 4, 16),
            4 => (16, 96, 1, 2, 32),
            5 => (32, 128, 1, 1, 32),
            _ => (96, 256, 1, 1, 32),
        };
        let far = if effort < 4 { 0 } else { tried };
        Self { search: Search { tried, long }, far, rows, cross, groups }
    }

    /// How copies are looked for at first, to see what things cost.
    const fn survey(self) -> Search {
        Search { tried: self.search.tried / 4, long: self.search.long }
    }
}

/// The most bytes that a picture's code has.
pub fn most_bytes(size: Size, channels: u64) -> u64 {
    let pixels = size.pixels();
    pixels * channels + pixels / 64 + HEADERS
}

/// The most bytes that are held beside the samples, the file of at most `most` bytes included.
pub fn held_bytes(size: Size, channels: u64, effort: u8, most: u64) -> u64 {
    let (pixels, effort) = (size.pixels(), Effort::new(effort));
    let groups = (1 + pixels / GROUP_PIXELS as u64).min(effort.groups as u64) * GROUP;
    let tiles = if effort.groups > 1 { meta_prefix::held_bytes(size) } else { 0 };
    let (parser, record) = (parse::held_bytes(pixels, effort.search), token_log::held_bytes(pixels));
    // First tiles are counted, then tokens; what is written has been noted, or is found once more.
    let counting = parser + tiles.max(record + groups);
    let again = if token_log::may_be_full(pixels) { parser } else { 0 };
    let writing = most_bytes(size, channels).min(most) + AROUND + groups + record.max(again);
    counting.max(writing) + TABLES
}

/// Codes a picture in at most `coding.max_bytes`, in a buffer that has room for `around` bytes beside.
///
/// # Errors
/// `OutputTooLarge` when it takes more, `OutOfMemory`.
pub fn encode(raster: Raster, coding: &Coding, around: u64) -> Result<Vec<u8>> {
    let (size, layout) = (raster.size(), raster.layout());
    let mut header = Header::default();
    header.put(0x2F, 8);
    header.put(size.width - 1, 14);
    header.put(size.height - 1, 14);
    header.put(layout.has_alpha().into(), 1);
    header.put(0, 3);
    let coder = Coder {
        size,
        effort: Effort::new(coding.effort),
        room: most_bytes(size, layout.channels().into()),
        most: coding.max_bytes,
        around,
        gives_up: coding.gives_up,
    };
    let samples = raster.into_data();
    match layout {
        Layout::Gray => coder.transform::<1>(samples, header),
        Layout::GrayAlpha => coder.transform::<2>(samples, header),
        Layout::Rgb => coder.transform::<3>(samples, header),
        Layout::Rgba => coder.transform::<4>(samples, header),
    }
}

struct Coder {
    size: Size,
    effort: Effort,
    /// Bytes that any picture has room in, and those that this one may have.
    room: u64,
    most: u64,
    /// Bytes that the buffer has room for beside.
    around: u64,
    /// Nothing is made of what will likely be longer.
    gives_up: bool,
}

impl Coder {
    fn transform<const C: usize>(mut self, mut samples: Vec<u8>, mut header: Header) -> Result<Vec<u8>> {
        let width = self.size.width as usize;
        let palette = Palette::of::<C>(&samples);
        let source = Pixels::<C> { samples: &samples, width, rest: 0 };
        let kind = analysis::kind(source, palette.as_ref())?;
        if let (Kind::Palette, Some(palette)) = (kind, palette) {
            header.put(0b111, 3);
            header.put(palette.len() as u32 - 1, 8);
            let differences = palette.differences();
            let colors = Pixels::<4> { samples: &differences, width: palette.len(), rest: 0 };
            part(colors, &mut header)?;
            let width = palette.apply::<C>(&mut samples, width);
            header.put(0, 1);
            return self.code(Pixels::<1> { samples: &samples, width, rest: 0xFF00_0000 }, header);
        }
        let Kind::Samples { less_green, predicted, busy } = kind else {
            return Err(Error::new(error::Kind::Internal, "lossless WebP: a palette that is none"));
        };
        if busy > BUSY_FOR_NEAR && self.effort.far < self.effort.search.tried {
            self.effort.search.tried = self.effort.far;
        }
        if less_green {
            header.put(0b101, 3);
            if C >= 3 {
                subtract_green(&mut samples, C);
            }
        }
        if predicted {
            self.predict::<C>(&mut samples, &mut header)?;
            if C >= 3 && self.effort.cross > 0 && busy > BUSY_FOR_CROSS {
                self.cross::<C>(&mut samples, &mut header)?;
            }
        }
        header.put(0, 1);
        let is_opaque = C % 2 == 1 && !predicted;
        let rest = if is_opaque { 0xFF00_0000 } else { 0 };
        self.code(Pixels::<C> { samples: &samples, width, rest }, header)
    }

    fn predict<const C: usize>(&self, samples: &mut [u8], header: &mut Header) -> Result<()> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let tiles = Tiles::new(width, height, 4, TRANSFORM_TILES);
        let modes = predictor::choose(Pixels::<C> { samples, width, rest: 0 }, tiles, self.effort.rows)?;
        predictor::apply::<C>(samples, width, tiles, &modes)?;
        header.put(0b001, 3);
        header.put(tiles.bits - 2, 3);
        part(Pixels::<1> { samples: &modes, width: tiles.across, rest: 0xFF00_0000 }, header)
    }

    fn cross<const C: usize>(&self, samples: &mut [u8], header: &mut Header) -> Result<()> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let tiles = Tiles::new(width, height, 5, TRANSFORM_TILES);
        let factors = color_transform::apply::<C>(samples, width, tiles, self.effort.cross)?;
        if factors.iter().any(|factor| *factor != 0) {
            header.put(0b011, 3);
            header.put(tiles.bits - 2, 3);
            part(Pixels::<3> { samples: &factors, width: tiles.across, rest: 0xFF00_0000 }, header)?;
        }
        Ok(())
    }

    fn code<const C: usize>(&self, pixels: Pixels<C>, header: Header) -> Result<Vec<u8>> {
        let tiles = Tiles::new(pixels.width, pixels.height(), 4, meta_prefix::most_tiles(C));
        let most_groups = self.effort.groups.min(1 + pixels.count() / GROUP_PIXELS);
        let (caches, mut groups) = {
            let costs = analysis::first_costs(pixels)?;
            let mut survey = Survey::<C>::new(pixels, tiles, most_groups)?;
            Parser::new(pixels, &costs, self.effort.survey(), 0)?
                .each_greedily(|at, token| survey.add(at, token));
            let bits = survey.estimate();
            if self.gives_up && bits / 8 * LIKELY[0] / LIKELY[1] > self.most {
                return Err(larger(bits, self.most));
            }
            survey.finish(most_groups)?
        };
        let (cache_bits, costs) = self.best_cache(pixels, caches, &groups)?;
        let mut counts = try_filled(groups.count, Counts::new(cache_bits)?)?;
        let (mut place, mut record) = (Place::new(pixels.width, 0), Record::new(pixels.count())?);
        Parser::new(pixels, &costs, self.effort.search, cache_bits)?.each(|_, token| {
            record.add(token);
            counts[groups.at(&place)].add(token);
            place.pass(token.pixels());
        });
        groups.join(&mut counts, 1)?;
        let plan = Plan::new(header, cache_bits, groups, &counts)?;
        drop(counts);
        if plan.bits.div_ceil(8) > self.most {
            return Err(larger(plan.bits, self.most));
        }
        let mut out = plan.begin(self.room.min(self.most), self.around)?;
        let mut writer = BitWriter::new(0);
        plan.header.write(&mut writer, &mut out);
        let mut place = Place::new(pixels.width, 0);
        let write = |_, token: Token| {
            let codes = &plan.codes[plan.groups.at(&place)];
            codes.put(token, |value, count| writer.put(&mut out, value, count));
            place.pass(token.pixels());
        };
        if record.is_full() {
            drop(record);
            Parser::new(pixels, &costs, self.effort.search, cache_bits)?.each(write);
        } else {
            record.each(pixels, cache_bits, write)?;
        }
        writer.finish(&mut out);
        Ok(out)
    }

    /// Tries caches on the middle of a picture: with groups of codes things are not as they seemed without.
    fn best_cache<const C: usize>(
        &self,
        pixels: Pixels<C>,
        mut caches: Vec<(u32, Costs)>,
        groups: &Groups,
    ) -> Result<(u32, Costs)> {
        let height = pixels.height();
        let rows = (TRIED_PIXELS / pixels.width).clamp(1, height);
        let (first, parts) = ((height - rows) / 2, (height / rows) as u64);
        let range = first * pixels.width * C..(first + rows) * pixels.width * C;
        let part = Pixels::<C> { samples: &pixels.samples[range], ..pixels };
        let mut best = (u64::MAX, 0);
        for (at, (bits, costs)) in caches.iter().enumerate().filter(|_| self.effort.groups > 1 && C > 1) {
            let (mut groups, mut counts) = (groups.clone(), try_filled(groups.count, Counts::new(*bits)?)?);
            let mut place = Place::new(pixels.width, first);
            Parser::new(part, costs, self.effort.survey(), *bits)?.each(|_, token| {
                counts[groups.at(&place)].add(token);
                place.pass(token.pixels());
            });
            groups.join(&mut counts, parts)?;
            best = best.min((counts.iter().map(|counts| counts.estimate(parts)).sum(), at));
        }
        Ok(caches.swap_remove(best.1))
    }
}

fn larger(bits: u64, most: u64) -> Error {
    Error::new(error::Kind::OutputTooLarge, format!("{} bytes, not {most}", bits.div_ceil(8)))
}

/// How tokens are written.
struct Plan {
    header: Header,
    groups: Groups,
    codes: Vec<Codes>,
    /// The length of all.
    bits: u64,
}

impl Plan {
    fn new(mut header: Header, cache_bits: u32, groups: Groups, counts: &[Counts]) -> Result<Self> {
        header.put((cache_bits > 0).into(), 1);
        if cache_bits > 0 {
            header.put(cache_bits, 4);
        }
        header.put((groups.count > 1).into(), 1);
        if groups.count > 1 {
            header.put(groups.tiles.bits - 2, 3);
            let of_tiles =
                Pixels::<1> { samples: &groups.of_tiles, width: groups.tiles.across, rest: 0xFF00_0000 };
            part(of_tiles, &mut header)?;
        }
        let (mut codes, mut bits) = (Vec::new(), 0);
        for counts in counts {
            let (own, more) = Codes::new(counts, &mut header);
            codes.push(own);
            bits += more;
        }
        bits += header.bits();
        Ok(Self { header, groups, codes, bits })
    }

    /// A buffer of the length, with such room, and for what comes around it.
    fn begin(&self, room: u64, around: u64) -> Result<Vec<u8>> {
        let (mut out, bytes) = (Vec::new(), self.bits.div_ceil(8));
        out.try_reserve_exact((room.max(bytes) + around) as usize)?;
        out.resize(bytes as usize, 0);
        Ok(out)
    }
}

/// Writes a small picture that a larger one needs: without a cache and with one set of codes.
fn part<const C: usize>(pixels: Pixels<C>, header: &mut Header) -> Result<()> {
    header.put(0, 1);
    let search = Search { tried: 8, long: 64 };
    let costs = analysis::first_costs(pixels)?;
    let mut counts = Counts::new(0)?;
    Parser::new(pixels, &costs, search, 0)?.each(|_, token| counts.add(token));
    let costs = counts.costs();
    let mut counts = Counts::new(0)?;
    Parser::new(pixels, &costs, search, 0)?.each(|_, token| counts.add(token));
    let (codes, _) = Codes::new(&counts, header);
    Parser::new(pixels, &costs, search, 0)?
        .each(|_, token| codes.put(token, |value, count| header.put(value, count)));
    Ok(())
}
