//! From YCbCr of any depth to RGB of 8 bits, row by row (ITU-T H.273, 8.3). Chroma lies between the pixels that share
//! it, and is interpolated.

use super::{
    Nclx,
    coding::{Chroma, Facts},
};
use crate::{
    error::{Error, Result},
    limits::try_filled,
    pixel::{BRIGHTEST, ColorSpace, Primaries},
};

/// What becomes of samples.
pub struct Painter {
    chroma: Chroma,
    /// Luma's factor, and what is added for black.
    luma: (f32, f32),
    /// Chroma's factor, and what is added for none; chroma is given 16 times.
    color: (f32, f32),
    matrix: Matrix,
    /// Blue and red of a row: of chroma's width, then of the picture's.
    narrow: [Vec<f32>; 2],
    wide: [Vec<f32>; 2],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Matrix {
    /// Green, blue and red are what is coded.
    Identity,
    /// How much of chroma is in red (of Cr), green (of Cb, of Cr) and blue (of Cb).
    Ycbcr([f32; 4]),
    /// How much green and how much orange there is.
    Ycgco,
}

/// What the samples mean where nothing says so (ITU-T H.265, E.3.1; the matrix as `libheif` has it).
const DEFAULT: Nclx = Nclx { primaries: 2, transfer: 2, matrix: 6, full_range: false };

impl Painter {
    /// For rows of `width` pixels.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for a matrix that isn't known here,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(facts: &Facts, nclx: Option<Nclx>, width: u32) -> Result<Self> {
        let Nclx { primaries, matrix, full_range, .. } = nclx.unwrap_or(DEFAULT);
        let matrix = match facts.chroma {
            Chroma::Mono => Matrix::Ycbcr([0.0; 4]),
            _ => Matrix::of(matrix, primaries)?,
        };
        // Of a sample of so many bits: what is black, and how far white is from it.
        let range = |depth: u32, full: f32, black: f32, limited: f32| {
            let scale = (1_u32 << (depth - 8)) as f32;
            if full_range { (full, (1_u32 << depth) as f32 - 1.0) } else { (black * scale, limited * scale) }
        };
        let (black, white) = range(facts.depths[0], 0.0, 16.0, 219.0);
        let half = (1_u32 << (facts.depths[1] - 1)) as f32;
        let (none, full) = match matrix {
            Matrix::Identity => range(facts.depths[1], 0.0, 16.0, 219.0),
            Matrix::Ycbcr(_) | Matrix::Ycgco => range(facts.depths[1], half, 128.0, 224.0),
        };
        let (luma, color) = (255.0 / white, 255.0 / (16.0 * full));
        let (across, _) = facts.chroma.factors();
        let buffers = |width: u32| -> Result<[Vec<f32>; 2]> {
            let width = if facts.chroma == Chroma::Mono { 0 } else { width as usize };
            Ok([try_filled(width, 0.0)?, try_filled(width, 0.0)?])
        };
        Ok(Self {
            chroma: facts.chroma,
            luma: (luma, -black * luma),
            color: (color, -16.0 * none * color),
            matrix,
            narrow: buffers(width.div_ceil(across))?,
            wide: buffers(width)?,
        })
    }

    /// Takes a row of blue (0) or red (1) chroma, and the one next to it.
    pub fn take_chroma(&mut self, number: usize, [near, other]: [&[u16]; 2]) {
        let (narrow, wide) = (&mut self.narrow[number], &mut self.wide[number]);
        let (factor, none) = self.color;
        if self.chroma == Chroma::Yuv444 {
            for (to, sample) in wide.iter_mut().zip(near) {
                *to = f32::from(*sample) * 16.0 * factor + none;
            }
            return;
        }
        for ((to, near), other) in narrow.iter_mut().zip(near).zip(other) {
            *to = (3.0 * f32::from(*near) + f32::from(*other)) * factor;
        }
        let (Some(first), Some(last)) = (narrow.first(), narrow.last()) else { return };
        let (first, last) = (*first, *last);
        // Each pair of pixels, the first nearer to the chroma on the left.
        let before = std::iter::once(&first).chain(narrow.iter());
        let after = narrow.iter().skip(1).chain(std::iter::once(&last));
        for (((pair, own), before), after) in wide.chunks_mut(2).zip(narrow.iter()).zip(before).zip(after) {
            pair[0] = 3.0 * own + before + none;
            if let Some(second) = pair.get_mut(1) {
                *second = 3.0 * own + after + none;
            }
        }
    }

    /// Paints a row of grey.
    pub fn paint_gray(&self, luma: &[u16], row: &mut [u8]) {
        let (factor, black) = self.luma;
        for (to, sample) in row.iter_mut().zip(luma) {
            *to = byte(f32::from(*sample) * factor + black);
        }
    }

    /// Paints a row of RGB, of the chroma that was taken.
    pub fn paint(&self, luma: &[u16], row: &mut [u8]) {
        let (factor, black) = self.luma;
        let [blue, red] = &self.wide;
        let pixels = row.as_chunks_mut::<3>().0.iter_mut().zip(luma).zip(blue.iter().zip(red));
        match self.matrix {
            Matrix::Identity => pixels.for_each(|((pixel, luma), (blue, red))| {
                let green = f32::from(*luma) * factor + black;
                *pixel = [byte(*red), byte(green), byte(*blue)];
            }),
            Matrix::Ycbcr([to_red, blue_to_green, red_to_green, to_blue]) => {
                pixels.for_each(|((pixel, luma), (blue, red))| {
                    let luma = f32::from(*luma) * factor + black;
                    let green = luma - blue_to_green * blue - red_to_green * red;
                    *pixel = [byte(luma + to_red * red), byte(green), byte(luma + to_blue * blue)];
                });
            }
            Matrix::Ycgco => pixels.for_each(|((pixel, luma), (green, orange))| {
                let luma = f32::from(*luma) * factor + black;
                let rest = luma - green;
                *pixel = [byte(rest + orange), byte(luma + green), byte(rest - orange)];
            }),
        }
    }
}

impl Matrix {
    /// By its number in ITU-T H.273, table 4.
    fn of(number: u16, primaries: u16) -> Result<Self> {
        let unknown = || Error::unsupported(format!("colours of matrix coefficients {number}"));
        let (red, blue) = match number {
            0 => return Ok(Self::Identity),
            8 => return Ok(Self::Ycgco),
            12 => shares(primaries).ok_or_else(unknown)?,
            1 => (0.2126, 0.0722),
            2 | 5 | 6 => (0.299, 0.114),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 => (0.2627, 0.0593),
            _ => return Err(unknown()),
        };
        let green: f32 = 1.0 - red - blue;
        let (from_red, from_blue) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
        Ok(Self::Ycbcr([from_red, from_blue * blue / green, from_red * red / green, from_blue]))
    }
}

/// The shares of red and blue in the light of white (H.273, equations 32 to 37).
fn shares(primaries: u16) -> Option<(f32, f32)> {
    let space = ColorSpace::from_code_points(u8::try_from(primaries).ok()?, 13, BRIGHTEST)?;
    let of = |[x, y]: [u32; 2]| {
        let (x, y) = (x as f32 / 100_000.0, y as f32 / 100_000.0);
        [x, y, 1.0 - x - y]
    };
    let Primaries { white, red, green, blue } = space.primaries;
    let (white, red, green, blue) = (of(white), of(red), of(green), of(blue));
    let cross = |a: [f32; 3], b: [f32; 3]| {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    };
    let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let whole = white[1] * dot(red, cross(green, blue));
    let of_red = red[1] * dot(white, cross(green, blue)) / whole;
    let of_blue = blue[1] * dot(white, cross(red, green)) / whole;
    (of_red.is_finite() && of_blue.is_finite()).then_some((of_red, of_blue))
}

/// The nearest byte.
fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Size;

    fn facts(chroma: Chroma, depth: u32) -> Facts {
        let size = Size::new(8, 8);
        Facts { visible: size, depths: [depth; 2], chroma, colors: None }
    }

    fn painted(depth: u32, matrix: u16, full_range: bool, [y, cb, cr]: [u16; 3]) -> [u8; 3] {
        let nclx = Nclx { primaries: 1, transfer: 13, matrix, full_range };
        let mut painter = Painter::new(&facts(Chroma::Yuv444, depth), Some(nclx), 1).unwrap();
        painter.take_chroma(0, [&[cb], &[cb]]);
        painter.take_chroma(1, [&[cr], &[cr]]);
        let mut row = [0; 3];
        painter.paint(&[y], &mut row);
        row
    }

    /// By the equations of H.273.
    #[test]
    fn colours_are_those_of_the_matrix_and_the_range() {
        for (depth, matrix, full_range, samples, rgb) in [
            (8, 6, true, [76, 85, 255], [254, 0, 0]),
            (8, 1, false, [63, 102, 240], [255, 1, 0]),
            (8, 9, false, [16, 128, 128], [0; 3]),
            (8, 9, false, [235, 128, 128], [255; 3]),
            (10, 1, false, [940, 512, 512], [255; 3]),
            (10, 6, true, [512, 512, 512], [128; 3]),
            (12, 0, true, [0, 4095, 2048], [128, 0, 255]),
            (8, 2, true, [0, 255, 255], [178, 0, 225]),
            // Green and orange.
            (8, 8, true, [100, 138, 148], [110, 110, 70]),
            (8, 8, false, [235, 128, 128], [255; 3]),
            // Of the primaries of BT.709, which have its own.
            (8, 12, false, [63, 102, 240], [255, 1, 0]),
        ] {
            assert_eq!(painted(depth, matrix, full_range, samples), rgb, "{depth} {matrix} {samples:?}");
        }
        assert!(Painter::new(&facts(Chroma::Yuv420, 8), Some(Nclx { matrix: 14, ..DEFAULT }), 1).is_err());
    }

    #[test]
    fn chroma_is_interpolated_between_pixels() {
        let mut painter =
            Painter::new(&facts(Chroma::Yuv420, 8), Some(Nclx { full_range: true, ..DEFAULT }), 5).unwrap();
        painter.take_chroma(1, [&[128, 144, 128], &[128, 144, 128]]);
        painter.take_chroma(0, [&[128; 3], &[128; 3]]);
        let red: Vec<i32> = painter.wide[1].iter().map(|red| red.round() as i32).collect();
        assert_eq!(red, [0, 4, 12, 12, 4]);
        assert!(painter.wide[0].iter().all(|blue| blue.abs() < 0.01));
        painter.take_chroma(1, [&[128; 3], &[160; 3]]);
        assert!(painter.wide[1].iter().all(|red| (red - 8.0).abs() < 0.01));
    }
}
