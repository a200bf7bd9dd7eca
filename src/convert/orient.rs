//! Turns a picture upright.

use super::widen::widened;
use crate::{
    error::Result,
    limits::try_zeroed,
    pixel::{Orientation, Picture, Planes, Raster, Size},
};

/// Side of the square in which samples are moved, so that the columns read stay in the cache.
const TILE: usize = 32;

/// Turns a stored picture so that it can be looked at.
///
/// Planes stay planes. Where chroma is smaller and a side that is mirrored is odd, it takes the full size so as to
/// keep its place.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for the turned picture.
pub(super) fn upright(picture: Picture, orientation: Orientation) -> Result<Picture> {
    if orientation == Orientation::Upright {
        return Ok(picture);
    }
    let turned = |size: Size| if orientation.is_transposing() { size.transposed() } else { size };
    match picture {
        Picture::Planes(planes) => {
            let (size, subsampling) = (planes.size(), planes.subsampling());
            let chroma = subsampling.chroma_size(size);
            let [y, cb, cr] = planes.into_planes();
            let turn_plane = |plane: Vec<u8>, size| turn::<1>(&plane, size, orientation);
            let planes = [turn_plane(y, size)?, turn_plane(cb, chroma)?, turn_plane(cr, chroma)?];
            let planes = Planes::new(turned(size), subsampling.turned(orientation), planes)?;
            Ok(Picture::Planes(match subsampling.moved(size, orientation) {
                Some(moved) => widened(planes, moved)?,
                None => planes,
            }))
        }
        other => {
            let raster = other.into_raster()?;
            let (size, layout) = (raster.size(), raster.layout());
            let data = match layout.channels() {
                1 => turn::<1>(raster.data(), size, orientation),
                2 => turn::<2>(raster.data(), size, orientation),
                3 => turn::<3>(raster.data(), size, orientation),
                _ => turn::<4>(raster.data(), size, orientation),
            }?;
            Raster::new(turned(size), layout, data).map(Picture::Raster)
        }
    }
}

fn turn<const CHANNELS: usize>(from: &[u8], size: Size, orientation: Orientation) -> Result<Vec<u8>> {
    let (from, _) = from.as_chunks::<CHANNELS>();
    let (stored_width, stored_height) = (size.width as usize, size.height as usize);
    let is_transposing = orientation.is_transposing();
    let (width, height) =
        if is_transposing { (stored_height, stored_width) } else { (stored_width, stored_height) };
    let (flips_x, flips_y) = orientation.flips();
    let source = |u: usize, v: usize| {
        let (x, y) = if is_transposing { (v, u) } else { (u, v) };
        let x = if flips_x { stored_width - 1 - x } else { x };
        let y = if flips_y { stored_height - 1 - y } else { y };
        from[y * stored_width + x]
    };
    let mut out = try_zeroed(from.len() * CHANNELS)?;
    let (to, _) = out.as_chunks_mut::<CHANNELS>();
    for top in (0..height).step_by(TILE) {
        for left in (0..width).step_by(TILE) {
            for v in top..(top + TILE).min(height) {
                let right = (left + TILE).min(width);
                for (u, pixel) in (left..right).zip(&mut to[v * width + left..v * width + right]) {
                    *pixel = source(u, v);
                }
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Layout;

    /// ```text
    /// a b c
    /// d e f
    /// ```
    /// turned as each value of the EXIF tag says.
    #[test]
    fn all_eight() {
        let expected: [(&[u8; 6], u32); 8] = [
            (b"abcdef", 3),
            (b"cbafed", 3),
            (b"fedcba", 3),
            (b"defabc", 3),
            (b"adbecf", 2),
            (b"daebfc", 2),
            (b"fcebda", 2),
            (b"cfbead", 2),
        ];
        for (value, (data, width)) in (1..).zip(expected) {
            let raster = Raster::new(Size::new(3, 2), Layout::Gray, b"abcdef".to_vec()).unwrap();
            let turned = upright(Picture::Raster(raster), Orientation::from_exif(value)).unwrap();
            let raster = Raster::new(Size::new(width, 6 / width), Layout::Gray, data.to_vec()).unwrap();
            assert_eq!(turned, Picture::Raster(raster), "orientation {value}");
        }
    }
}
