//! From interleaved samples to planes: YCbCr as JFIF defines it (BT.601, full range), in integers.
//!
//! The factors are those of JFIF 1.02 in 16-bit fixed point, so every machine gives the same bytes. Chroma is
//! gathered with a box; `upsample` goes the other way.

use super::{Picture, Planes, Raster, Size, Subsampling};
use crate::{
    error::Result,
    limits::{area_bytes, try_zeroed},
};

impl Planes {
    /// The picture with chroma at half width and height, as VP8 and most AVIF files have it. Takes the chroma
    /// planes over where they are so already.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) or
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for it.
    pub fn into_yuv420(self) -> Result<Self> {
        let (across, down) = self.subsampling().factors();
        if (across, down) == (2, 2) {
            return Ok(self);
        }
        let size = self.size();
        let from = self.subsampling().chroma_size(size);
        let [luma, cb, cr] = self.into_planes();
        let gather = |plane: Vec<u8>| gather_plane(&plane, from, 2 / across, 2 / down);
        let planes = [luma, gather(cb)?, gather(cr)?];
        Self::new(size, Subsampling::Yuv420, planes)
    }
}

impl Raster {
    /// The colour of the picture as planes; alpha is left out. Grey has chroma of 128 throughout.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) or
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for it.
    pub fn to_planes(&self, subsampling: Subsampling) -> Result<Planes> {
        let size = self.size();
        let width = size.width as usize;
        let (across, down) = subsampling.factors();
        let chroma = subsampling.chroma_size(size);
        let mut luma = try_zeroed(area_bytes(size, 1)?)?;
        let mut planes = [try_zeroed(area_bytes(chroma, 1)?)?, try_zeroed(area_bytes(chroma, 1)?)?];
        let channels = self.layout().channels() as usize;
        let chroma_width = chroma.width as usize;
        // Sums of the chroma under each chroma sample of the row, with how many pixels are in them.
        let mut sums = vec![[0_i32; 3]; chroma_width];
        for (y, (row, luma)) in
            self.data().chunks_exact(width * channels).zip(luma.chunks_exact_mut(width)).enumerate()
        {
            for (x, (pixel, luma)) in row.chunks_exact(channels).zip(luma).enumerate() {
                let [r, g, b] = if channels < 3 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] };
                let (y, cb, cr) = ycbcr_scaled(r, g, b);
                *luma = y;
                let sum = &mut sums[x / across as usize];
                *sum = [sum[0] + cb, sum[1] + cr, sum[2] + 1];
            }
            let is_last = y + 1 == size.height as usize;
            if (y + 1) % down as usize == 0 || is_last {
                let start = y / down as usize * chroma_width;
                for (x, sum) in sums.iter_mut().enumerate() {
                    planes[0][start + x] = chroma_mean(sum[0], sum[2]);
                    planes[1][start + x] = chroma_mean(sum[1], sum[2]);
                    *sum = [0; 3];
                }
            }
        }
        let [cb, cr] = planes;
        Planes::new(size, subsampling, [luma, cb, cr])
    }
}

impl Picture {
    /// The picture as interleaved samples; inks by the plain complement.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) or
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for it.
    pub fn into_raster(self) -> Result<Raster> {
        match self {
            Self::Raster(raster) => Ok(raster),
            Self::Planes(planes) => planes.to_rgb(),
            Self::Inks(inks) => inks.into_complement(),
        }
    }
}

fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// Luma, and Cb and Cr without their offset of 128 and 2^16 times as large, so that four can be added exactly.
fn ycbcr_scaled(r: u8, g: u8, b: u8) -> (u8, i32, i32) {
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    let y = (19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16;
    (y as u8, -11_058 * r - 21_710 * g + 32_768 * b, 32_768 * r - 27_439 * g - 5_329 * b)
}

fn chroma_mean(sum: i32, count: i32) -> u8 {
    clamp(128 + (sum / count.max(1) + 32_768).div_euclid(65_536))
}

/// A plane with the mean of each `across × down` samples, 1 or 2 each.
fn gather_plane(plane: &[u8], from: Size, across: u32, down: u32) -> Result<Vec<u8>> {
    let to = Size::new(from.width.div_ceil(across), from.height.div_ceil(down));
    let mut out = try_zeroed(area_bytes(to, 1)?)?;
    let (from_width, to_width) = (from.width as usize, to.width as usize);
    for (y, row) in out.chunks_exact_mut(to_width).enumerate() {
        let top = y * down as usize;
        let bottom = (top + down as usize - 1).min(from.height as usize - 1);
        for (x, out) in row.iter_mut().enumerate() {
            let left = x * across as usize;
            let right = (left + across as usize - 1).min(from_width - 1);
            let at = |x: usize, y: usize| u32::from(plane[y * from_width + x]);
            let sum = at(left, top) + at(right, top) + at(left, bottom) + at(right, bottom);
            *out = ((sum + 2) / 4) as u8;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Layout;

    #[test]
    fn colours_come_back() {
        for color in [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 99]] {
            for (width, height) in [(1, 1), (2, 2), (3, 5)] {
                let size = Size::new(width, height);
                let data = color.repeat((width * height) as usize);
                let raster = Raster::new(size, Layout::Rgb, data).unwrap();
                for subsampling in
                    [Subsampling::Yuv444, Subsampling::Yuv422, Subsampling::Yuv420, Subsampling::Yuv440]
                {
                    let planes = raster.to_planes(subsampling).unwrap();
                    for picture in [planes.clone(), planes.into_yuv420().unwrap()] {
                        let back = picture.to_rgb().unwrap();
                        let worst = back.data().iter().zip(raster.data()).map(|(a, b)| a.abs_diff(*b)).max();
                        assert!(worst <= Some(1), "{color:?} {size:?} {subsampling:?}: {worst:?}");
                    }
                }
            }
        }
    }
}
