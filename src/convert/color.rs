//! Brings pixels from the colour space of an embedded ICC profile to sRGB, by `moxcms`.
//!
//! A profile that changes nothing visible (sRGB under any of its names) leaves the picture as it is, so that a
//! photo's planes stay planes. One that is damaged, or of another kind of colour than the pixels, is ignored, as
//! browsers do; inks then become their plain complement. `moxcms` runs without SIMD: its kernels round differently on
//! different machines.

use std::sync::Arc;

use moxcms::{
    ColorProfile, DataColorSpace, Layout as Channels, RenderingIntent, Transform8BitExecutor,
    TransformOptions,
};

use super::profile;
use crate::{
    codec::icc,
    error::{Error, Kind as ErrorKind, Result},
    limits::try_zeroed,
    pixel::{Picture, Raster},
};

/// How far from sRGB a profile's colours may be, in 8-bit steps, to count as sRGB.
const SAME: u8 = 2;

/// Converts a picture from the colours of `profile` to sRGB.
///
/// # Errors
/// `Memory` when there is no room.
pub(super) fn to_srgb(picture: Picture, profile: Option<&[u8]>) -> Result<Picture> {
    match Conversion::of(profile, is_gray(&picture)) {
        None => Ok(picture),
        Some(conversion) => conversion.convert(picture),
    }
}

/// Makes colours of inks, by their profile or by the plain complement. Other pictures stay as they are.
///
/// # Errors
/// `Memory` when there is no room.
pub(super) fn without_inks(picture: Picture, profile: Option<&[u8]>) -> Result<Picture> {
    let Picture::Inks(inks) = picture else { return Ok(picture) };
    let colors = match profile.and_then(ink_transform) {
        None => inks.into_complement(),
        Some(transform) => inks.into_colors(|inks, colors| {
            transform
                .transform(inks, colors)
                .map_err(|error| Error::with_source(ErrorKind::Internal, "inks can't be converted", error))
        }),
    };
    colors.map(Picture::Raster)
}

/// From a profile's RGB or inks to sRGB.
pub(super) type Transform = Arc<Transform8BitExecutor>;

/// What has to be done to samples.
pub(super) enum Conversion {
    Rgb(Transform),
    /// What each grey becomes.
    Gray(Box<[u8; 256]>),
}

impl Conversion {
    /// From a profile to sRGB; `None` where that changes nothing, or can't be done.
    pub(super) fn of(profile: Option<&[u8]>, is_gray: bool) -> Option<Self> {
        let profile = &reduced(profile?)?;
        match Kind::of(profile)? {
            Kind::Rgb if !is_gray => rgb_transform(profile).map(Self::Rgb),
            Kind::Gray if is_gray => gray_table(profile).map(|table| Self::Gray(Box::new(table))),
            _ => None,
        }
    }

    /// Converts a picture, or some rows of one.
    ///
    /// # Errors
    /// `Memory` when there is no room.
    pub(super) fn convert(&self, picture: Picture) -> Result<Picture> {
        match self {
            Self::Rgb(transform) => convert_rgb(picture, transform.as_ref()),
            Self::Gray(table) => Ok(convert_gray(picture, table)),
        }
    }
}

/// True if the profile speaks of the kind of samples that the picture has.
pub(super) fn suits(profile: &[u8], is_gray: bool) -> bool {
    matches!((Kind::of(profile), is_gray), (Some(Kind::Rgb), false) | (Some(Kind::Gray), true))
}

/// What is needed of a profile; `None` of one that is too long or damaged.
fn reduced(profile: &[u8]) -> Option<Vec<u8>> {
    (profile.len() as u64 <= icc::most_bytes(profile)).then(|| profile::reduced(profile).ok()?)?
}

/// What a profile's samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rgb,
    Gray,
    Inks,
}

impl Kind {
    /// By the signature at byte 16 of the header (ICC.1:2022 section 7.2.8).
    fn of(profile: &[u8]) -> Option<Self> {
        match profile.get(16..20)? {
            b"RGB " => Some(Self::Rgb),
            b"GRAY" => Some(Self::Gray),
            b"CMYK" => Some(Self::Inks),
            _ => None,
        }
    }
}

/// True if the picture has no colour by its kind.
pub(super) fn is_gray(picture: &Picture) -> bool {
    match picture {
        Picture::Planes(_) | Picture::Inks(_) => false,
        Picture::Raster(raster) => raster.layout().channels() < 3,
    }
}

fn options() -> TransformOptions {
    TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        ..TransformOptions::default()
    }
}

/// From the profile's RGB to sRGB; `None` when that changes nothing, or can't be done.
fn rgb_transform(profile: &[u8]) -> Option<Transform> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    if source.color_space != DataColorSpace::Rgb {
        return None;
    }
    let transform = source
        .create_transform_8bit(Channels::Rgb, &ColorProfile::new_srgb(), Channels::Rgb, options())
        .ok()?;
    let colors = sample_colors();
    let mut converted = vec![0; colors.len()];
    transform.transform(&colors, &mut converted).ok()?;
    let farthest = colors.iter().zip(&converted).map(|(a, b)| a.abs_diff(*b)).max()?;
    (farthest > SAME).then_some(transform)
}

/// From the profile's inks to sRGB; `None` when that can't be done.
fn ink_transform(profile: &[u8]) -> Option<Transform> {
    let profile = reduced(profile).filter(|profile| Kind::of(profile) == Some(Kind::Inks))?;
    let source = ColorProfile::new_from_slice(&profile).ok()?;
    // Inks take as many bytes as RGB and alpha.
    source.create_transform_8bit(Channels::Rgba, &ColorProfile::new_srgb(), Channels::Rgb, options()).ok()
}

/// A grid of six steps each way, and all greys.
fn sample_colors() -> Vec<u8> {
    let step = |i: u32| (i * 51) as u8;
    let grid = (0..216).flat_map(|i| [step(i / 36), step(i / 6 % 6), step(i % 6)]);
    let greys = (0..=255).flat_map(|v| [v, v, v]);
    grid.chain(greys).collect()
}

/// What each grey of the profile is in sRGB.
fn gray_table(profile: &[u8]) -> Option<[u8; 256]> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    if source.color_space != DataColorSpace::Gray {
        return None;
    }
    let transform = source
        .create_transform_8bit(Channels::Gray, &ColorProfile::new_srgb(), Channels::Rgb, options())
        .ok()?;
    let greys: Vec<u8> = (0..=255).collect();
    let mut converted = [0; 256 * 3];
    transform.transform(&greys, &mut converted).ok()?;
    let mut table = [0; 256];
    for (to, [_, green, _]) in table.iter_mut().zip(converted.as_chunks::<3>().0) {
        *to = *green;
    }
    Some(table)
}

/// Planes become RGB for this and planes again: what follows treats them as the photo that they are.
fn convert_rgb(picture: Picture, transform: &Transform8BitExecutor) -> Result<Picture> {
    match picture {
        Picture::Raster(mut raster) => {
            convert_rows(&mut raster, transform)?;
            Ok(Picture::Raster(raster))
        }
        Picture::Planes(planes) => {
            let subsampling = planes.subsampling();
            let mut raster = planes.to_rgb()?;
            drop(planes);
            convert_rows(&mut raster, transform)?;
            raster.to_planes(subsampling).map(Picture::Planes)
        }
        Picture::Inks(_) => Ok(picture),
    }
}

/// Converts RGB or RGBA in place, row by row through two small buffers, as `moxcms` writes beside what it reads.
pub(super) fn convert_rows(raster: &mut Raster, transform: &Transform8BitExecutor) -> Result<()> {
    let width = raster.size().width as usize;
    let channels = raster.layout().channels() as usize;
    let (mut from, mut to) = (try_zeroed(width * 3)?, try_zeroed(width * 3)?);
    for row in raster.data_mut().chunks_exact_mut(width * channels) {
        for (rgb, pixel) in from.chunks_exact_mut(3).zip(row.chunks_exact(channels)) {
            rgb.copy_from_slice(&pixel[..3]);
        }
        if transform.transform(&from, &mut to).is_err() {
            return Ok(());
        }
        for (pixel, rgb) in row.chunks_exact_mut(channels).zip(to.chunks_exact(3)) {
            pixel[..3].copy_from_slice(rgb);
        }
    }
    Ok(())
}

fn convert_gray(mut picture: Picture, table: &[u8; 256]) -> Picture {
    if let Picture::Raster(raster) = &mut picture {
        let step = raster.layout().channels() as usize;
        for sample in raster.data_mut().iter_mut().step_by(step) {
            *sample = table[usize::from(*sample)];
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::{Layout, Size};

    fn red() -> Picture {
        Picture::Raster(Raster::new(Size::new(1, 1), Layout::Rgba, vec![200, 30, 20, 77]).unwrap())
    }

    #[test]
    fn wide_colours_move_and_srgb_does_not() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert_eq!(to_srgb(red(), Some(&srgb)).unwrap(), red());
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        let Picture::Raster(converted) = to_srgb(red(), Some(&wide)).unwrap() else { panic!("planes") };
        let [r, g, b, a] = converted.data() else { panic!("not one pixel") };
        assert!(*r > 210 && *g < 25 && *b < 20, "{r} {g} {b}");
        assert_eq!(*a, 77);
    }

    #[test]
    fn a_damaged_or_foreign_profile_is_ignored() {
        let mut damaged = ColorProfile::new_display_p3().encode().unwrap();
        damaged.truncate(200);
        assert_eq!(to_srgb(red(), Some(&damaged)).unwrap(), red());
        let gray = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        assert_eq!(to_srgb(red(), Some(&gray)).unwrap(), red());
        assert!(!suits(&gray, false));
    }

    #[test]
    fn a_grey_profile_bends_greys() {
        let gray = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let picture = Raster::new(Size::new(3, 1), Layout::Gray, vec![0, 55, 255]).unwrap();
        let Picture::Raster(converted) = to_srgb(Picture::Raster(picture), Some(&gray)).unwrap() else {
            panic!("planes")
        };
        // 55/255 of the light is 0.5020 in sRGB, 128.
        assert!(converted.data()[1].abs_diff(128) <= 1, "{:?}", converted.data());
        assert_eq!((converted.data()[0], converted.data()[2]), (0, 255));
    }
}
