//! Run-length encoded bitmaps (RLE4 and RLE8 of Windows, RLE24 of OS/2 2). Pixels that are skipped are black, as in
//! Chromium (in Firefox they are transparent).

use super::header::Header;
use crate::error::{Error, Result};

/// Escape codes, which follow a count of 0.
const END_OF_LINE: u8 = 0;
const END_OF_BITMAP: u8 = 1;
const DELTA: u8 = 2;

/// Where the next pixel goes. Rows are counted as they are stored.
struct Pen<'a> {
    header: &'a Header,
    picture: &'a mut [u8],
    x: usize,
    y: usize,
}

/// Decodes runs into a black picture of RGB.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when they end before the last row.
pub(super) fn decode(
    header: &Header,
    palette: &[[u8; 3]; 256],
    mut bytes: &[u8],
    picture: &mut [u8],
) -> Result<()> {
    let height = header.size.height as usize;
    let mut pen = Pen { header, picture, x: 0, y: 0 };
    let color = |index: u8| palette[usize::from(index)];
    while pen.y < height {
        let Some(&[count, code]) = take(&mut bytes, 2) else {
            break;
        };
        let count = usize::from(count);
        match (count, code) {
            (0, END_OF_LINE) => (pen.x, pen.y) = (0, pen.y + 1),
            (0, END_OF_BITMAP) => return Ok(()),
            (0, DELTA) => {
                let Some(by) = take(&mut bytes, 2) else { break };
                pen.x = pen.x.saturating_add(by[0].into());
                pen.y = pen.y.saturating_add(by[1].into());
            }
            (0, absolute) => {
                let count = usize::from(absolute);
                let Some(literals) = take(&mut bytes, (count * header.bits as usize).div_ceil(16) * 2) else {
                    break;
                };
                match header.bits {
                    4 => (0..count).for_each(|at| pen.put(color(nibble(literals[at / 2], at)))),
                    8 => literals[..count].iter().for_each(|&index| pen.put(color(index))),
                    _ => {
                        literals.as_chunks::<3>().0[..count].iter().for_each(|&[b, g, r]| pen.put([r, g, b]))
                    }
                }
            }
            (_, code) => match header.bits {
                4 => (0..count).for_each(|at| pen.put(color(nibble(code, at)))),
                8 => (0..count).for_each(|_| pen.put(color(code))),
                _ => {
                    let Some(rest) = take(&mut bytes, 2) else { break };
                    (0..count).for_each(|_| pen.put([rest[1], rest[0], code]));
                }
            },
        }
    }
    // Many files lack the end of bitmap.
    if pen.y + 1 < height { Err(Error::malformed("the bitmap's runs end too early")) } else { Ok(()) }
}

impl Pen<'_> {
    /// Puts a pixel. Those past the end of a row are lost.
    fn put(&mut self, [r, g, b]: [u8; 3]) {
        let (width, height) = (self.header.size.width as usize, self.header.size.height as usize);
        if self.x < width && self.y < height {
            let y = if self.header.is_top_down { self.y } else { height - 1 - self.y };
            let at = 3 * (y * width + self.x);
            self.picture[at..at + 3].copy_from_slice(&[r, g, b]);
        }
        self.x = self.x.saturating_add(1);
    }
}

/// Every other pixel stands in the lower half of a byte.
const fn nibble(byte: u8, at: usize) -> u8 {
    if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::bmp::header::{Coding, ColorTable},
        pixel::Size,
    };

    fn shown(bits: u32, runs: &[u8]) -> Result<Vec<Vec<u32>>> {
        let header = Header {
            size: Size::new(5, 3),
            is_top_down: false,
            bits,
            coding: Coding::Rle,
            masks: [0; 4],
            color_table: ColorTable { start: 0, colors: 0, entry: 4 },
            first: 0,
            profile: None,
        };
        let mut palette = [[0; 3]; 256];
        (0..256).for_each(|index| palette[index] = [index as u8, 0, 1]);
        let mut picture = vec![0; 5 * 3 * 3];
        decode(&header, &palette, runs, &mut picture)?;
        let pixel = |pixel: &[u8; 3]| if *pixel == [0; 3] { 999 } else { pixel[0].into() };
        Ok(picture.chunks(15).map(|row| row.as_chunks::<3>().0.iter().map(pixel).collect()).collect())
    }

    #[test]
    fn runs_literals_and_what_they_skip() {
        let runs = [2, 7, 0, 0, 0, 3, 1, 2, 3, 0, 0, 2, 1, 1, 9, 5, 0, 1];
        let rows = [[999, 999, 999, 999, 5], [1, 2, 3, 999, 999], [7, 7, 999, 999, 999]];
        // The last run is longer than its row.
        assert_eq!(shown(8, &runs).unwrap(), rows);
        assert_eq!(shown(8, &runs[..16]).unwrap(), rows);
        assert!(shown(8, &runs[..9]).is_err());
        let runs = [5, 0x12, 0, 0, 0, 3, 0x45, 0x60, 0, 0, 0, 1];
        assert_eq!(shown(4, &runs).unwrap(), [[999; 5], [4, 5, 6, 999, 999], [1, 2, 1, 2, 1]]);
        let runs = [2, 1, 2, 3, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 1];
        assert_eq!(shown(24, &runs).unwrap()[2], [3, 3, 6, 9, 12]);
    }
}
