//! Cuts what a picture's transforms leave into tokens as its rows come: to see what these cost, to count them, to write
//! them.

use super::{
    AROUND, GROUP, TABLES,
    analysis::{FirstCounts, TokenStatistics},
    caches, check_estimate, check_length,
    effort::Effort,
    front::Front,
    histogram::{Histogram, PixelCosts},
    match_finder::MatchEffort,
    meta_prefix::{self, EntropyImage, Position},
    most_bytes,
    parse::{self, AHEAD, Parser},
    pixels::Pixels,
    stream::StreamPlan,
    tiles::Tiles,
    token::PixelToken,
    token_bytes::{self, TokenBytes},
    window::{self, Window},
};
use crate::{
    codec::{
        Coding,
        webp::vp8l::{
            bits::{BitWriter, HeaderBits},
            lz77,
        },
    },
    error::{Error, Kind, Result},
    limits::try_filled,
    pixel::Size,
};

/// Of the pixels that wait for their first costs so many are looked at.
const FIRST_PIXELS: usize = 1 << 16;

/// The most bytes that are held, the file of at most `most` bytes included.
pub fn heap_bytes(size: Size, channels: u64, effort: Effort, most: u64) -> u64 {
    let (pixels, width) = (size.pixels(), u64::from(size.width));
    let groups = effort.most_groups(pixels as usize) as u64 * GROUP;
    let tiles = if effort.max_groups > 1 { meta_prefix::heap_bytes(size) } else { 0 };
    let tried = channels * pixels.min(width.max(caches::TRIED_PIXELS as u64));
    let cutting =
        window::heap_bytes(pixels, width, channels) + parse::heap_bytes(pixels, effort.match_effort);
    let file = most_bytes(size, channels).min(most) + AROUND + groups;
    let tokens = token_bytes::heap_bytes(pixels);
    let counting = cutting + tokens + (tiles + tried).max(tokens + groups);
    let writing = file + cutting.max(tokens);
    counting.max(writing) + TABLES
}

/// Codes the rows that transforms leave.
pub trait Coder {
    /// Takes the next row.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    fn push(&mut self, row: &[u8]) -> Result<()>;
    /// True at the first time.
    fn is_first(&self) -> bool;
    /// What comes next; at the first time with what stands before the pixels.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`]; [`Kind::OutOfMemory`]; [`Kind::Internal`] when rows are missing.
    fn end(self: Box<Self>, header: HeaderBits) -> Result<CoderEnded>;
}

/// What comes after rows have come.
pub enum CoderEnded {
    /// They must come once more.
    Again(Box<dyn Coder>),
    /// The coded picture.
    Done(Vec<u8>),
}

/// Who codes what is left of a picture.
///
/// # Errors
/// [`Kind::OutOfMemory`].
pub fn coder(size: Size, front: &Front, effort: Effort, coding: &Coding) -> Result<Box<dyn Coder>> {
    let (channels, width, rest) = front.coded();
    let shape = Shape { width, height: size.height as usize, effort, coding: *coding };
    Ok(match channels {
        1 => Box::new(Work::<1>::new(shape, rest)?),
        2 => Box::new(Work::<2>::new(shape, rest)?),
        3 => Box::new(Work::<3>::new(shape, rest)?),
        _ => Box::new(Work::<4>::new(shape, rest)?),
    })
}

/// What is coded, and how.
#[derive(Clone, Copy)]
struct Shape {
    width: usize,
    height: usize,
    effort: Effort,
    coding: Coding,
}

impl Shape {
    const fn pixels(&self) -> usize {
        self.width * self.height
    }

    fn parser(&self, costs: &PixelCosts, effort: MatchEffort, cache_bits: u32) -> Result<Parser> {
        Parser::new(self.pixels(), self.width, costs, effort, cache_bits)
    }

    fn most_groups(&self) -> usize {
        self.effort.most_groups(self.pixels())
    }
}

/// Pixels of `C` samples that are cut into tokens.
struct Work<const C: usize> {
    shape: Shape,
    window: Window<C>,
    parser: Parser,
    costs: PixelCosts,
    rows: usize,
    step: Step<C>,
}

/// What is done with tokens.
enum Step<const C: usize> {
    /// They are looked at, and kept while they are few, as the rows are that colour caches are tried on.
    Look {
        statistics: Box<TokenStatistics>,
        first: Box<FirstCounts>,
        tokens: Tokens<C>,
        tried: Vec<u8>,
    },
    Count {
        header: HeaderBits,
        cache_bits: u32,
        entropy_image: EntropyImage,
        counts: Counts<C>,
    },
    Write {
        plan: StreamPlan,
        place: Position,
        writer: BitWriter,
        out: Vec<u8>,
    },
}

struct Counts<const C: usize> {
    histograms: Vec<Histogram>,
    place: Position,
    tokens: Tokens<C>,
}

/// Tokens that are kept while they are few.
struct Tokens<const C: usize> {
    bytes: TokenBytes<C>,
    failed: Option<Error>,
}

impl<const C: usize> Tokens<C> {
    const fn new() -> Self {
        Self { bytes: TokenBytes::new(), failed: None }
    }

    #[inline(always)]
    fn add(&mut self, token: PixelToken) {
        if let Err(error) = self.bytes.add(token) {
            self.failed = Some(error);
        }
    }

    fn check(&mut self) -> Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

impl<const C: usize> Work<C> {
    fn new(shape: Shape, rest: u32) -> Result<Self> {
        let tiles = Tiles::new(shape.width, shape.height, 4, meta_prefix::most_tiles(C));
        let statistics = Box::new(TokenStatistics::new(C, shape.width, tiles, shape.most_groups())?);
        let costs = PixelCosts::default();
        let (_, tried_rows) = caches::tried_rows(shape.width, shape.height);
        let mut tried = Vec::new();
        tried.try_reserve_exact(tried_rows * shape.width * C)?;
        Ok(Self {
            shape,
            window: Window::new(shape.pixels(), shape.width, rest)?,
            parser: shape.parser(&costs, shape.effort.first_pass(), 0)?,
            costs,
            rows: 0,
            step: Step::Look {
                statistics,
                first: Box::new(FirstCounts::new()?),
                tokens: Tokens::new(),
                tried,
            },
        })
    }

    /// Cuts all pixels of which it is known which copies begin there, or all.
    fn cut(&mut self, is_end: bool) -> Result<()> {
        let Self { window, parser, costs, .. } = self;
        let pixels = window.pixels();
        let until = if is_end { pixels.count() } else { pixels.count().saturating_sub(AHEAD) };
        match &mut self.step {
            Step::Look { statistics, first, tokens, .. } => {
                first.add(window.as_picture(), FIRST_PIXELS);
                *costs = first.costs();
                parser.set_costs(pixels.width, costs);
                parser.for_each_greedily(pixels, costs, until, |at, token| {
                    statistics.add(pixels, at, token);
                    tokens.add(token);
                });
                tokens.check()?;
            }
            Step::Count { entropy_image, counts, .. } => {
                parser.for_each(pixels, costs, until, |_, token| counts.add(token, entropy_image));
                counts.tokens.check()?;
            }
            Step::Write { plan, place, writer, out } => {
                parser.for_each(pixels, costs, until, |_, token| plan.write(token, place, writer, out));
            }
        }
        self.window.keep_for(self.parser.at());
        Ok(())
    }
}

impl<const C: usize> Work<C> {
    /// Takes the pixels of a token, instead of rows.
    fn push_token(&mut self, token: PixelToken) -> Result<()> {
        if !self.window.has_room(token.pixels()) {
            self.cut(false)?;
        }
        match token {
            PixelToken::Literal(argb) => self.window.push_pixel(argb),
            PixelToken::Copy { length, code } => {
                let distance = lz77::distance(code as usize, self.shape.width);
                self.window.push_copy(length.into(), distance);
            }
            PixelToken::Cached(_) => {
                return Err(Error::new(Kind::Internal, "lossless WebP: a colour cache that is none"));
            }
        }
        Ok(())
    }
}

impl Shape {
    /// Takes the rows once more, with other costs.
    fn again<const C: usize>(
        self,
        mut window: Window<C>,
        costs: PixelCosts,
        cache_bits: u32,
        step: Step<C>,
    ) -> Result<Box<Work<C>>> {
        window.clear();
        let parser = self.parser(&costs, self.effort.match_effort, cache_bits)?;
        Ok(Box::new(Work { shape: self, window, parser, costs, rows: 0, step }))
    }

    fn count<const C: usize>(
        self,
        window: Window<C>,
        header: HeaderBits,
        statistics: TokenStatistics,
        tried: &[u8],
    ) -> Result<Box<Work<C>>> {
        let Self { width, height, effort, coding } = self;
        if coding.gives_up {
            check_estimate(statistics.estimate(), coding.max_bytes)?;
        }
        let (caches, entropy_image) = statistics.finish(self.most_groups())?;
        let (first, rows) = caches::tried_rows(width, height);
        let part = Pixels::<C> { samples: tried, ..window.as_picture() };
        let (cache_bits, costs) =
            caches::best_cache(part, [first, height / rows], effort, caches, &entropy_image)?;
        let counts = Counts {
            histograms: try_filled(entropy_image.count, Histogram::new(cache_bits)?)?,
            place: Position::new(width, 0),
            tokens: Tokens::new(),
        };
        self.again(window, costs, cache_bits, Step::Count { header, cache_bits, entropy_image, counts })
    }
}

impl<const C: usize> Counts<C> {
    #[inline(always)]
    fn add(&mut self, token: PixelToken, entropy_image: &EntropyImage) {
        self.tokens.add(token);
        self.histograms[entropy_image.at(&self.place)].add(token);
        self.place.advance(token.pixels());
    }
}

impl<const C: usize> Coder for Work<C> {
    fn push(&mut self, row: &[u8]) -> Result<()> {
        if !self.window.has_room(self.shape.width) {
            self.cut(false)?;
        }
        if let Step::Look { tried, .. } = &mut self.step {
            let (first, rows) = caches::tried_rows(self.shape.width, self.shape.height);
            if (first..first + rows).contains(&self.rows) {
                tried.extend_from_slice(row);
            }
        }
        self.window.push(row);
        self.rows += 1;
        Ok(())
    }

    fn is_first(&self) -> bool {
        matches!(self.step, Step::Look { .. })
    }

    fn end(mut self: Box<Self>, header: HeaderBits) -> Result<CoderEnded> {
        if self.rows != self.shape.height {
            return Err(Error::new(Kind::Internal, "lossless WebP: rows are missing"));
        }
        self.cut(true)?;
        let Self { shape, window, parser, costs, step, .. } = *self;
        drop(parser);
        let rest = window.pixels().rest;
        match step {
            Step::Look { statistics, tokens, tried, .. } => {
                let mut work = shape.count(window, header, *statistics, &tried)?;
                drop(tried);
                if tokens.bytes.is_incomplete() {
                    return Ok(CoderEnded::Again(work));
                }
                // What was cut is put together again.
                tokens.bytes.try_for_each(rest, |token| work.push_token(token))?;
                work.rows = shape.height;
                work.end(HeaderBits::default())
            }
            Step::Count { header, cache_bits, mut entropy_image, mut counts } => {
                entropy_image.merge(&mut counts.histograms, 1)?;
                let plan = StreamPlan::new(header, cache_bits, entropy_image, &counts.histograms)?;
                drop(counts.histograms);
                check_length(plan.bits, shape.coding.max_bytes)?;
                let mut out = plan.buffer(0, AROUND)?;
                let (mut writer, mut place) = (BitWriter::new(0), Position::new(shape.width, 0));
                plan.header.write(&mut writer, &mut out);
                if counts.tokens.bytes.is_incomplete() {
                    let step = Step::Write { plan, place, writer, out };
                    return Ok(CoderEnded::Again(shape.again(window, costs, cache_bits, step)?));
                }
                drop(window);
                counts.tokens.bytes.try_for_each(rest, |token| {
                    plan.write(token, &mut place, &mut writer, &mut out);
                    Ok(())
                })?;
                writer.finish(&mut out);
                Ok(CoderEnded::Done(out))
            }
            Step::Write { writer, mut out, .. } => {
                writer.finish(&mut out);
                Ok(CoderEnded::Done(out))
            }
        }
    }
}
