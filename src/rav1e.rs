//! AVIF by rav1e, for who prefers its files: through `ravif`, as a whole picture, outside of [`convert()`](crate::convert()).
//!
//! ```
//! # fn main() -> slimpix::error::Result<()> {
//! let pixels = vec![200; 32 * 24 * 3];
//! let file = slimpix::rav1e::encode(&pixels, 32, 24, 60, 8)?;
//! assert_eq!(slimpix::probe(&file)?.format, slimpix::Format::Avif);
//! # Ok(())
//! # }
//! ```

use ravif::{BitDepth, Img, RGB8, RGBA8};

use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Size},
};

/// Encodes a picture of `width` by `height` pixels of 3 or 4 bytes, sRGB or sRGB and alpha that isn't multiplied in,
/// whichever the length of `pixels` says: 8 bits, 4:4:4, on one thread. `quality` is ravif's, 1 to 100; `speed` is
/// rav1e's, 1 (slowest) to 10.
///
/// # Errors
/// [`Parameter`](crate::ErrorKind::Parameter) when `pixels` has another length, a side is zero, or a number is out of its
/// range; [`Internal`](crate::ErrorKind::Internal) when rav1e fails.
pub fn encode(pixels: &[u8], width: u32, height: u32, quality: u8, speed: u8) -> Result<Vec<u8>> {
    if !(1..=100).contains(&quality) || !(1..=10).contains(&speed) {
        return Err(Error::new(Kind::Parameter, "quality is 1 to 100, speed is 1 to 10"));
    }
    let layout = Layout::of_length(pixels.len(), Size::new(width, height))?;
    let encoder = ravif::Encoder::new()
        .with_quality(f32::from(quality))
        .with_alpha_quality(f32::from(quality.midpoint(100)))
        .with_speed(speed)
        .with_bit_depth(BitDepth::Eight)
        .with_num_threads(Some(1));
    let (across, down) = (width as usize, height as usize);
    let encoded = match layout {
        Layout::Rgb => {
            let pixels: Vec<_> = pixels.chunks_exact(3).map(|p| RGB8::new(p[0], p[1], p[2])).collect();
            encoder.encode_rgb(Img::new(pixels.as_slice(), across, down))
        }
        Layout::Rgba => {
            let pixels: Vec<_> = pixels.chunks_exact(4).map(|p| RGBA8::new(p[0], p[1], p[2], p[3])).collect();
            encoder.encode_rgba(Img::new(pixels.as_slice(), across, down))
        }
        Layout::Gray | Layout::GrayAlpha => {
            return Err(Error::new(Kind::Parameter, "pixels are 3 or 4 bytes: RGB or RGBA"));
        }
    };
    encoded
        .map(|encoded| encoded.avif_file)
        .map_err(|error| Error::with_source(Kind::Internal, "rav1e", error))
}
