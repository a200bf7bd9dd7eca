//! A picture's rows on their way to what is coded of them: indices of a palette, or samples less green and what a
//! prediction leaves. What predicts is chosen as the rows come for the first time.

use super::{
    BUSY_FOR_COLOR_TRANSFORM,
    analysis::Transforms,
    color_transform::{self, MultiplierChooser},
    effort::Effort,
    palette::Palette,
    pixels::{OPAQUE, subtract_green},
    predictor::{self, ModeChooser},
    tiles::Tiles,
    transforms,
};
use crate::{
    codec::{rows::Take, webp::vp8l::bits::HeaderBits},
    error::{Error, Kind, Result},
    pixel::{Layout, Size},
};

/// A picture's transforms.
pub enum Front {
    Palette { palette: Palette, layout: Layout, width: usize, row: Vec<u8> },
    Gray(Box<Band<1>>),
    GrayAlpha(Box<Band<2>>),
    Rgb(Box<Band<3>>),
    Rgba(Box<Band<4>>),
}

macro_rules! for_band {
    ($front:expr, $band:ident => $do:expr, $palette:pat => $else:expr) => {
        match $front {
            $palette => $else,
            Front::Gray($band) => $do,
            Front::GrayAlpha($band) => $do,
            Front::Rgb($band) => $do,
            Front::Rgba($band) => $do,
        }
    };
}

impl Front {
    /// For rows of a layout.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub fn new(
        size: Size,
        layout: Layout,
        chosen: Transforms,
        palette: Option<Palette>,
        effort: Effort,
    ) -> Result<Self> {
        Ok(match (chosen, palette, layout) {
            (Transforms::Palette, Some(palette), _) => {
                Self::Palette { palette, layout, width: size.width as usize, row: Vec::new() }
            }
            (Transforms::Palette, None, _) => {
                return Err(Error::new(Kind::Internal, "lossless WebP: a palette that is none"));
            }
            (_, _, Layout::Gray) => Self::Gray(Box::new(Band::new(size, chosen, effort)?)),
            (_, _, Layout::GrayAlpha) => Self::GrayAlpha(Box::new(Band::new(size, chosen, effort)?)),
            (_, _, Layout::Rgb) => Self::Rgb(Box::new(Band::new(size, chosen, effort)?)),
            (_, _, Layout::Rgba) => Self::Rgba(Box::new(Band::new(size, chosen, effort)?)),
        })
    }

    /// What is coded: the samples of a pixel, pixels in a row, and what isn't kept of a pixel.
    pub fn coded(&self) -> (usize, usize, u32) {
        for_band!(self, band => band.coded(), Self::Palette { palette, width, .. } => {
            (1, width.div_ceil(1 << palette.width_bits()), OPAQUE)
        })
    }

    /// Takes the next row, and gives those that are done.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`], and those of `take`.
    pub fn push(&mut self, samples: &[u8], take: Take<'_>) -> Result<()> {
        for_band!(self, band => band.push(samples, take), Self::Palette { palette, layout, width, row } => {
            row.clear();
            row.try_reserve_exact(samples.len())?;
            row.extend_from_slice(samples);
            match layout {
                Layout::Gray => palette.apply::<1>(row, *width),
                Layout::GrayAlpha => palette.apply::<2>(row, *width),
                Layout::Rgb => palette.apply::<3>(row, *width),
                Layout::Rgba => palette.apply::<4>(row, *width),
            };
            take(row)
        })
    }

    /// Writes the transforms, once all rows have come; they come again, and what has been chosen is as it is.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub fn settle(&mut self, header: &mut HeaderBits) -> Result<()> {
        for_band!(self, band => band.settle(header)?, Self::Palette { palette, .. } => {
            transforms::put_palette(palette, header)?;
        });
        transforms::put_end(header);
        Ok(())
    }
}

/// Rows that are transformed together, as they share the tiles of a transform.
pub struct Band<const C: usize> {
    width: usize,
    height: usize,
    less_green: bool,
    prediction: Option<Prediction<C>>,
    /// The row above, as it came, and the band's.
    samples: Vec<u8>,
    above: Vec<u8>,
    /// The band's first row, and how many have come in all.
    start: usize,
    come: usize,
}

/// The predictor and the colour transform.
struct Prediction<const C: usize> {
    is_chosen: bool,
    tiles: Tiles,
    modes: ModeChooser<C>,
    color_tiles: Tiles,
    colors: Option<MultiplierChooser>,
}

/// The most bytes that are held of a picture that is transformed.
pub fn heap_bytes(size: Size, channels: u64) -> u64 {
    let [tiles, color_tiles] = transforms::tiles(size.width as usize, size.height as usize);
    let rows = (1 << color_tiles.bits) + 3;
    let chosen = tiles.count() + 3 * color_tiles.count() + (3 << (2 * color_tiles.bits));
    channels * u64::from(size.width) * rows.min(u64::from(size.height) + 3) + chosen as u64
}

impl<const C: usize> Band<C> {
    fn new(size: Size, chosen: Transforms, effort: Effort) -> Result<Self> {
        let (width, height) = (size.width as usize, size.height as usize);
        let Transforms::Samples { less_green, predicted, busy } = chosen else {
            return Err(Error::new(Kind::Internal, "lossless WebP: samples of a palette"));
        };
        let [tiles, color_tiles] = transforms::tiles(width, height);
        let is_busy = C >= 3 && effort.color_step > 0 && busy > BUSY_FOR_COLOR_TRANSFORM;
        let colors = || MultiplierChooser::new(color_tiles, effort.color_step);
        let prediction = || {
            let modes = ModeChooser::new(tiles, effort.predictor_step)?;
            let colors = if is_busy { Some(colors()?) } else { None };
            Ok::<_, Error>(Prediction { is_chosen: false, tiles, modes, color_tiles, colors })
        };
        let prediction = if predicted { Some(prediction()?) } else { None };
        let rows = if predicted { height.min(1 << color_tiles.bits) + 1 } else { 1 };
        let (mut samples, mut above) = (Vec::new(), Vec::new());
        samples.try_reserve_exact(rows * width * C)?;
        above.try_reserve_exact(width * C)?;
        Ok(Self { width, height, less_green, prediction, samples, above, start: 0, come: 0 })
    }

    const fn coded(&self) -> (usize, usize, u32) {
        let is_opaque = C % 2 == 1 && self.prediction.is_none();
        (C, self.width, if is_opaque { OPAQUE } else { 0 })
    }

    fn push(&mut self, row: &[u8], take: Take<'_>) -> Result<()> {
        let at = self.samples.len();
        self.samples.extend_from_slice(row);
        if self.less_green && C >= 3 {
            subtract_green(&mut self.samples[at..], C);
        }
        self.come += 1;
        let Some(prediction) = &mut self.prediction else {
            take(&self.samples)?;
            self.samples.clear();
            return Ok(());
        };
        let is_end = self.come == self.height;
        if !is_end && self.come - self.start < 1 << prediction.color_tiles.bits {
            return Ok(());
        }
        let stride = self.width * C;
        self.above.clear();
        self.above.extend_from_slice(&self.samples[self.samples.len() - stride..]);
        let own = prediction.transform(&mut self.samples, self.start..self.come, self.width)?;
        own.chunks_exact(stride).try_for_each(take)?;
        // The next band's row above; or all rows come once more.
        self.samples.clear();
        (self.start, self.come) = if is_end { (0, 0) } else { (self.come, self.come) };
        if !is_end {
            self.samples.extend_from_slice(&self.above);
        }
        Ok(())
    }

    fn settle(&mut self, header: &mut HeaderBits) -> Result<()> {
        if self.less_green {
            transforms::put_subtract_green(header);
        }
        let Some(Prediction { is_chosen, tiles, modes, color_tiles, colors }) = &mut self.prediction else {
            self.come = 0;
            return Ok(());
        };
        *is_chosen = true;
        transforms::put_modes(*tiles, &modes.modes, header)?;
        if let Some(MultiplierChooser { multipliers, .. }) = colors {
            transforms::put_multipliers(*color_tiles, multipliers, header)?;
        }
        Ok(())
    }
}

impl<const C: usize> Prediction<C> {
    /// Transforms rows of samples that begin with the row above, if there is one; returns them.
    fn transform<'a>(
        &mut self,
        samples: &'a mut [u8],
        own: std::ops::Range<usize>,
        width: usize,
    ) -> Result<&'a mut [u8]> {
        let Self { is_chosen, tiles, modes, color_tiles, colors } = self;
        let (first, stride) = (own.start.saturating_sub(1), width * C);
        if !*is_chosen {
            for _ in 0..own.len().div_ceil(1 << tiles.bits) {
                modes.choose(samples, first, width);
            }
        }
        predictor::apply_to::<C>(samples, first, own.clone(), width, *tiles, &modes.modes)?;
        let rows = &mut samples[(own.start - first) * stride..];
        if let Some(colors) = colors {
            if !*is_chosen {
                colors.choose::<C>(rows, width);
            }
            let multipliers = &colors.multipliers[(own.start >> color_tiles.bits) * color_tiles.across * 3..];
            color_transform::apply_to::<C>(rows, width, *color_tiles, multipliers);
        }
        Ok(rows)
    }
}
