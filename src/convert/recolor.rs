//! Converts the colours of a picture that comes by rows. A photo's planes become RGB, with some rows above and below
//! for the chroma, and from the profile's colours sRGB where there is one; interleaved rows stay as they are but for
//! their colours.

use std::mem;

use super::color::{Conversion, Transform, convert_rows};
use crate::{
    error::{Error, Kind, Result},
    limits::try_filled,
    pixel::{Layout, Picture, Planes, Raster, Size, Subsampling},
};

/// Interleaved rows on their way to sRGB.
pub(super) struct RecolorRows {
    conversion: Conversion,
    layout: Layout,
    width: u32,
    rows: Vec<u8>,
}

impl RecolorRows {
    pub(super) fn new(conversion: Conversion, layout: Layout, width: u32) -> Self {
        Self { conversion, layout, width, rows: Vec::new() }
    }

    /// Bytes that are held for rows of `width` pixels, of which at most 16 come at once.
    pub(super) const fn heap_bytes(width: u32) -> u64 {
        // 16 rows of up to four samples, and two of RGB.
        width as u64 * (16 * 4 + 2 * 3)
    }

    /// Whole rows in their new colours.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`], [`Kind::Internal`] for broken rows.
    pub(super) fn convert(&mut self, rows: &[u8]) -> Result<&[u8]> {
        let mut own = mem::take(&mut self.rows);
        own.clear();
        own.try_reserve_exact(rows.len())?;
        own.extend_from_slice(rows);
        let height = rows.len() as u32 / self.layout.channels() / self.width;
        let raster = Raster::new(Size::new(self.width, height), self.layout, own)?;
        match self.conversion.convert(Picture::Raster(raster))? {
            Picture::Raster(raster) => self.rows = raster.into_data(),
            _ => return Err(Error::new(Kind::Internal, "rows became another picture")),
        }
        Ok(&self.rows)
    }
}

/// Rows of planes that are held at the most: of those that come at once, and those that wait.
const ROWS: u64 = 36;

/// Planes on their way to RGB.
pub(super) struct Recolor {
    transform: Option<Transform>,
    subsampling: Subsampling,
    width: u32,
    /// Rows of Y, Cb and Cr that are not done, after those of the last row of chroma that is.
    window: [Vec<u8>; 3],
    /// True if the window begins with rows that are done.
    has_above: bool,
}

impl Recolor {
    pub(super) fn new(transform: Option<Transform>, subsampling: Subsampling, width: u32) -> Self {
        Self { transform, subsampling, width, window: Default::default(), has_above: false }
    }

    /// Bytes that are held for rows of `width` pixels, of which at most 32 come at once.
    pub(super) const fn heap_bytes(width: u32, subsampling: Subsampling) -> u64 {
        // Planes, a copy of them, and RGB; two rows of this are in work.
        let halves = if matches!(subsampling, Subsampling::Yuv420) { 3 } else { 6 };
        (width as u64 + 1) * (ROWS * halves + ROWS * 3 + 2 * 3)
    }

    /// Takes rows of planes, a whole number of rows of chroma; gives rows of RGB to `sink`. Rows of chroma wait for
    /// the next one, but at the end.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`], [`Kind::Internal`] for planes of different heights, and what `sink` says.
    pub(super) fn push(
        &mut self,
        planes: [&[u8]; 3],
        is_end: bool,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        for (window, rows) in self.window.iter_mut().zip(planes) {
            // Up to four rows wait.
            let waiting = if window.capacity() == 0 { 4 * self.width as usize } else { 0 };
            window.try_reserve_exact(rows.len() + waiting)?;
            window.extend_from_slice(rows);
        }
        let down = self.subsampling.factors().1 as usize;
        let width = self.width as usize;
        let rows = self.window[0].len() / width;
        let above = if self.has_above { down } else { 0 };
        let ready = if is_end { rows } else { rows.saturating_sub(down) / down * down };
        if ready <= above {
            return Ok(());
        }
        let size = Size::new(self.width, rows as u32);
        let mut copies = [Vec::new(), Vec::new(), Vec::new()];
        for (copy, window) in copies.iter_mut().zip(&self.window) {
            *copy = try_filled(window.len(), 0)?;
            copy.copy_from_slice(window);
        }
        let mut rgb = Planes::new(size, self.subsampling, copies)?.to_rgb()?;
        if let Some(transform) = &self.transform {
            convert_rows(&mut rgb, transform)?;
        }
        sink(&rgb.data()[above * width * 3..ready * width * 3])?;
        // The last row of chroma that is done stays, and those that wait.
        let (luma, chroma) = (ready.saturating_sub(down), ready.div_ceil(down).saturating_sub(1));
        let chroma_width = self.subsampling.chroma_size(size).width as usize;
        let [y, cb, cr] = &mut self.window;
        y.drain(..luma * width);
        cb.drain(..chroma * chroma_width);
        cr.drain(..chroma * chroma_width);
        self.has_above = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        convert::color::to_srgb,
        pixel::{ColorSpace, Metadata},
    };

    #[test]
    fn interleaved_rows_become_what_the_whole_picture_becomes() {
        let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        let gray = moxcms::ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
            let is_gray = layout.channels() < 3;
            let profile = if is_gray { &gray } else { &wide };
            let by_profile = Metadata { icc: Some(profile.clone()), ..Metadata::default() };
            let wide = ColorSpace::from_code_points(9, 16, 1000);
            for metadata in [by_profile, Metadata { colors: wide, ..Metadata::default() }] {
                let row = 9 * layout.channels() as usize;
                let data: Vec<u8> = (0..row * 7).map(|at| (at * 57) as u8).collect();
                let whole = Picture::Raster(Raster::new(Size::new(9, 7), layout, data.clone()).unwrap());
                let expected = to_srgb(whole, &metadata).unwrap();
                let conversion = Conversion::of(&metadata, is_gray).unwrap().unwrap();
                let mut recolor = RecolorRows::new(conversion, layout, 9);
                let rows: Vec<u8> =
                    data.chunks(2 * row).flat_map(|rows| recolor.convert(rows).unwrap().to_vec()).collect();
                assert!(rows != data);
                assert_eq!(Some(rows.as_slice()), raster(&expected), "{layout:?}");
            }
        }
    }

    #[test]
    fn rows_become_what_the_whole_picture_becomes() {
        let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        let metadata = Metadata { icc: Some(profile), ..Metadata::default() };
        for subsampling in
            [Subsampling::Yuv420, Subsampling::Yuv422, Subsampling::Yuv440, Subsampling::Yuv444]
        {
            for (width, height) in [(1, 1), (5, 16), (9, 33), (16, 45)] {
                let size = Size::new(width, height);
                let chroma = subsampling.chroma_size(size);
                let plane = |size: Size, step: u64| (0..size.pixels()).map(|at| (at * step) as u8).collect();
                let planes = [plane(size, 7), plane(chroma, 31), plane(chroma, 57)];
                let planes = Planes::new(size, subsampling, planes).unwrap();
                let mut expected = Picture::Raster(planes.to_rgb().unwrap());
                expected = to_srgb(expected, &metadata).unwrap();
                let Some(Conversion::Rgb(transform)) = Conversion::of(&metadata, false).unwrap() else {
                    panic!("P3 is not sRGB")
                };
                let mut recolor = Recolor::new(Some(transform), subsampling, width);
                let mut rows = Vec::new();
                let mut sink = |rgb: &[u8]| {
                    rows.extend_from_slice(rgb);
                    Ok(())
                };
                let strip = 8 * subsampling.factors().1 as usize;
                let [y, cb, cr] = planes.planes();
                let mut blue = cb.chunks(8 * chroma.width as usize);
                let mut red = cr.chunks(8 * chroma.width as usize);
                for luma in y.chunks(strip * width as usize) {
                    let rows = [luma, blue.next().unwrap(), red.next().unwrap()];
                    recolor.push(rows, false, &mut sink).unwrap();
                }
                recolor.push([&[]; 3], true, &mut sink).unwrap();
                assert_eq!(Some(rows.as_slice()), raster(&expected), "{subsampling:?} {size:?}");
            }
        }
    }

    fn raster(picture: &Picture) -> Option<&[u8]> {
        if let Picture::Raster(raster) = picture { Some(raster.data()) } else { None }
    }
}
