//! The transforms (RFC 9649 section 3.5), undone row by row.

use super::{
    predictor::{self, Predictor},
    tables::Tables,
    tiles::{Tiled, tiles},
};
use crate::{
    error::Result,
    limits::try_filled,
    simd::{Level, Simd, dispatch},
};

/// What is done to each row of what is coded, or of what another transform gives.
pub enum Transform {
    Predictor(Predictor),
    Color(ColorTransform),
    SubtractGreen,
    ColorIndexing(Box<ColorIndexing>),
}

impl Transform {
    /// Undoes it for a row, in place: `row` has room for a row of the picture.
    pub fn undo(&mut self, level: Level, y: usize, row: &mut [u32]) {
        dispatch!(level, simd => simd.vectorize(
            #[inline(always)]
            || match self {
                Self::Predictor(predictor) => predictor.undo(y, row),
                Self::Color(transform) => transform.undo(y, row),
                Self::SubtractGreen => add_green(row),
                Self::ColorIndexing(indexing) => indexing.undo(row),
            }
        ));
    }
}

/// The multipliers of a tile.
#[derive(Clone, Copy)]
pub struct Multipliers {
    green_to_red: i8,
    green_to_blue: i8,
    red_to_blue: i8,
}

impl Multipliers {
    /// As a pixel of the transform's image has them.
    pub const fn of(argb: u32) -> Self {
        let [_, red_to_blue, green_to_blue, green_to_red] = argb.to_be_bytes();
        Self {
            green_to_red: green_to_red as i8,
            green_to_blue: green_to_blue as i8,
            red_to_blue: red_to_blue as i8,
        }
    }
}

/// The colour transform.
pub struct ColorTransform(pub Tiled<Multipliers>);

impl ColorTransform {
    #[inline(always)]
    fn undo(&self, y: usize, row: &mut [u32]) {
        for (tile, multipliers) in row.chunks_mut(1 << self.0.bits).zip(self.0.row(y)) {
            let [green_to_red, green_to_blue, red_to_blue] =
                [multipliers.green_to_red, multipliers.green_to_blue, multipliers.red_to_blue].map(i32::from);
            for argb in tile {
                // Signed, with the byte at the top.
                let signed = |shift: u32| (*argb << shift) as i32 >> 24;
                let green = signed(16);
                let red = (*argb >> 16) as i32 + ((green_to_red * green) >> 5);
                let signed_red = (red << 24) >> 24;
                let by_green = (green_to_blue * green) >> 5;
                let blue = *argb as i32 + by_green + ((red_to_blue * signed_red) >> 5);
                *argb = *argb & 0xFF00_FF00 | (red as u32 & 0xFF) << 16 | blue as u32 & 0xFF;
            }
        }
    }
}

#[inline(always)]
fn add_green(row: &mut [u32]) {
    for argb in row {
        let green = *argb >> 8 & 0xFF;
        let others = (*argb & 0x00FF_00FF) + (green << 16 | green);
        *argb = *argb & 0xFF00_FF00 | others & 0x00FF_00FF;
    }
}

/// A palette, by whose indices pixels are coded, several in one pixel's green where they are few.
pub struct ColorIndexing {
    colors: [u32; 256],
    /// Pixels in one are two to the power of so many bits.
    pub pixel_bits: u32,
    row: Vec<u32>,
}

impl ColorIndexing {
    /// A palette of as many colours as there are, coded as differences, for rows of a width.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when there is no room,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(differences: &[u32], width: usize, room: &mut Tables) -> Result<Self> {
        let pixel_bits = match differences.len() {
            ..=2 => 3,
            3..=4 => 2,
            5..=16 => 1,
            _ => 0,
        };
        // Past the palette all is transparent.
        let (mut colors, mut last) = ([0; 256], 0);
        for (color, difference) in colors.iter_mut().zip(differences) {
            last = predictor::add(last, *difference);
            *color = last;
        }
        let coded = tiles(width, pixel_bits);
        room.hold_all::<u32>(coded + 256)?;
        Ok(Self { colors, pixel_bits, row: try_filled(coded, 0)? })
    }

    #[inline(always)]
    fn undo(&mut self, row: &mut [u32]) {
        let Self { colors, row: coded, .. } = self;
        let color = |index: u32| colors[usize::from(index as u8)];
        if self.pixel_bits == 0 {
            row.iter_mut().for_each(|argb| *argb = color(*argb >> 8));
            return;
        }
        coded.iter_mut().zip(&*row).for_each(|(coded, argb)| *coded = *argb);
        let (pixels, bits) = (1 << self.pixel_bits, 8 >> self.pixel_bits);
        for (places, argb) in row.chunks_mut(pixels).zip(coded) {
            let mut indices = *argb >> 8 & 0xFF;
            for place in places {
                *place = color(indices & ((1 << bits) - 1));
                indices >>= bits;
            }
        }
    }
}
