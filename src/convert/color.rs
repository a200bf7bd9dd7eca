//! Brings pixels from the colours of their file to sRGB: those of an embedded ICC profile by `moxcms`, those that are
//! described by numbers by `colorimetry`.
//!
//! A profile that changes nothing visible (sRGB under any of its names) leaves the picture as it is, so that a
//! photo's planes stay planes. One that is damaged, or of another kind of colour than the pixels, is ignored, as
//! browsers do; inks then become their plain complement. `moxcms` runs without SIMD: its kernels round differently on
//! different machines.

use std::{array, sync::Arc};

use moxcms::{
    ColorProfile, DataColorSpace, Layout as Channels, RenderingIntent, Transform8BitExecutor,
    TransformOptions,
};

use super::{colorimetry::Colorimetry, icc_tags};
use crate::{
    codec::icc,
    error::{Error, Kind as ErrorKind, Result},
    limits::try_zeroed,
    pixel::{Inks, Metadata, Picture, Raster, srgb},
};

/// How far from sRGB a profile's colours may be, in 8-bit steps, to count as sRGB.
const SAME: u8 = 2;

/// Converts a picture from the colours of its file to sRGB.
///
/// # Errors
/// [`Kind::OutOfMemory`] when there is no room.
pub(super) fn to_srgb(picture: Picture, metadata: &Metadata) -> Result<Picture> {
    match Conversion::of(metadata, is_gray(&picture))? {
        None => Ok(picture),
        Some(conversion) => conversion.convert(picture),
    }
}

/// The sRGB of inks, by their profile or by the plain complement.
///
/// # Errors
/// [`Kind::OutOfMemory`] when there is no room.
pub(super) fn of_inks(inks: Inks, profile: Option<&[u8]>) -> Result<Picture> {
    let colors = match profile.and_then(ink_transform) {
        None => inks.into_complement(),
        Some(transform) => {
            let failed = |error| Error::with_source(ErrorKind::Internal, "inks can't be converted", error);
            let mut darkest = [0; 3];
            transform.transform(&[255; Inks::COUNT], &mut darkest).map_err(failed)?;
            let blacker = black_point_compensation(darkest);
            inks.into_colors(|inks, colors| {
                transform.transform(inks, colors).map_err(failed)?;
                colors.iter_mut().for_each(|sample| *sample = blacker[usize::from(*sample)]);
                Ok(())
            })
        }
    };
    colors.map(Picture::Raster)
}

/// Black point compensation (ISO 18619) to the black of sRGB, as LittleCMS has it of inks: light is scaled so that
/// the darkest mixture of inks, taken as grey and as no lighter than L* 50, becomes black. A table of samples.
fn black_point_compensation(darkest: [u8; 3]) -> [u8; 256] {
    const LIGHTEST: f64 = 0.184_2;
    let light = |sample: u8| srgb::to_light(f64::from(sample) / 255.0);
    let [red, green, blue] = darkest.map(light);
    let black = (0.2225 * red + 0.7169 * green + 0.0606 * blue).min(LIGHTEST);
    array::from_fn(|sample| {
        let light = ((light(sample as u8) - black) / (1.0 - black)).max(0.0);
        libm::round(srgb::of_light(light) * 255.0) as u8
    })
}

/// The sRGB of the plain complement of inks, by their profile: as if they were printed without black. So Chromium
/// shows a JPEG; the darkest colours are lighter by up to 30 than those of all four inks, as other tools have them.
///
/// # Errors
/// [`Kind::OutOfMemory`] when there is no room.
pub(super) fn of_complement(picture: Picture, profile: Option<&[u8]>) -> Result<Picture> {
    match (profile.and_then(ink_transform), picture) {
        (Some(transform), Picture::Raster(mut raster)) => {
            convert_rows(&mut raster, &Transform::Complement(transform))?;
            Ok(Picture::Raster(raster))
        }
        (_, picture) => Ok(picture),
    }
}

/// From samples of three colours to sRGB.
pub(super) enum Transform {
    Profile(Arc<Transform8BitExecutor>),
    /// A conversion of the complement of inks, by their profile.
    Complement(Arc<Transform8BitExecutor>),
    Numbers(Box<Colorimetry>),
}

impl Transform {
    /// Converts pixels of RGB; `None` when that can't be done.
    fn apply(&self, from: &[u8], to: &mut [u8]) -> Option<()> {
        match self {
            Self::Profile(profile) => profile.transform(from, to).ok(),
            Self::Complement(profile) => {
                let mut inks = try_zeroed(from.len() / 3 * Inks::COUNT).ok()?;
                for (inks, [red, green, blue]) in
                    inks.as_chunks_mut::<4>().0.iter_mut().zip(from.as_chunks().0)
                {
                    *inks = [!red, !green, !blue, 0];
                }
                profile.transform(&inks, to).ok()
            }
            Self::Numbers(numbers) => {
                numbers.convert(from, to);
                Some(())
            }
        }
    }

    /// The conversion, or `None` when it changes nothing visible.
    fn if_visible(self) -> Option<Self> {
        let colors = sample_colors();
        let mut converted = vec![0; colors.len()];
        self.apply(&colors, &mut converted)?;
        let farthest = colors.iter().zip(&converted).map(|(a, b)| a.abs_diff(*b)).max()?;
        (farthest > SAME).then_some(self)
    }

    /// What it makes of each grey, of which all but a strange profile makes greys.
    fn of_greys(&self) -> Option<[u8; 256]> {
        let greys: Vec<u8> = (0..=255).flat_map(|grey| [grey; 3]).collect();
        let mut converted = [0; 3 * 256];
        self.apply(&greys, &mut converted)?;
        Some(greens(&converted))
    }
}

/// What has to be done to samples.
pub(super) enum Conversion {
    Rgb(Transform),
    /// What each grey becomes.
    Gray(Box<[u8; 256]>),
}

impl Conversion {
    /// From the colours of a file to sRGB; `None` where that changes nothing, or can't be done.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`] when there is no room.
    pub(super) fn of(metadata: &Metadata, is_gray: bool) -> Result<Option<Self>> {
        let transform = match (&metadata.colors, &metadata.icc) {
            (Some(space), _) => Colorimetry::new(space)?.map(|numbers| Transform::Numbers(Box::new(numbers))),
            (None, Some(profile)) => return Ok(Self::by_profile(profile, is_gray)),
            (None, None) => None,
        };
        Ok(transform.and_then(|transform| Self::by(transform, is_gray)))
    }

    fn by(transform: Transform, is_gray: bool) -> Option<Self> {
        match is_gray {
            false => transform.if_visible().map(Self::Rgb),
            true => Some(Self::Gray(Box::new(transform.of_greys()?))),
        }
    }

    /// Grey has colours by a profile of RGB too; RGB has none by one of grey.
    fn by_profile(profile: &[u8], is_gray: bool) -> Option<Self> {
        let profile = &reduced(profile)?;
        match Kind::of(profile)? {
            Kind::Rgb => Self::by(rgb_transform(profile)?, is_gray),
            Kind::Gray if is_gray => gray_table(profile).map(|table| Self::Gray(Box::new(table))),
            _ => None,
        }
    }

    /// Converts a picture, or some rows of one.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`] when there is no room.
    pub(super) fn convert(&self, picture: Picture) -> Result<Picture> {
        match self {
            Self::Rgb(transform) => convert_rgb(picture, transform),
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
    (profile.len() as u64 <= icc::most_bytes(profile)).then(|| icc_tags::reduced(profile).ok()?)?
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

/// From the profile's RGB to sRGB; `None` when that can't be done.
fn rgb_transform(profile: &[u8]) -> Option<Transform> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    let srgb = ColorProfile::new_srgb();
    let transform = source.create_transform_8bit(Channels::Rgb, &srgb, Channels::Rgb, options()).ok()?;
    (source.color_space == DataColorSpace::Rgb).then_some(Transform::Profile(transform))
}

/// From the profile's inks to sRGB; `None` when that can't be done.
fn ink_transform(profile: &[u8]) -> Option<Arc<Transform8BitExecutor>> {
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
    Some(greens(&converted))
}

fn greens(pixels: &[u8; 3 * 256]) -> [u8; 256] {
    let mut greens = [0; 256];
    for (to, [_, green, _]) in greens.iter_mut().zip(pixels.as_chunks::<3>().0) {
        *to = *green;
    }
    greens
}

/// Planes become RGB for this and planes again: what follows treats them as the photo that they are.
fn convert_rgb(picture: Picture, transform: &Transform) -> Result<Picture> {
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
pub(super) fn convert_rows(raster: &mut Raster, transform: &Transform) -> Result<()> {
    let width = raster.size().width as usize;
    let channels = raster.layout().channels() as usize;
    let (mut from, mut to) = (try_zeroed(width * 3)?, try_zeroed(width * 3)?);
    for row in raster.data_mut().chunks_exact_mut(width * channels) {
        for (rgb, pixel) in from.chunks_exact_mut(3).zip(row.chunks_exact(channels)) {
            rgb.copy_from_slice(&pixel[..3]);
        }
        if transform.apply(&from, &mut to).is_none() {
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
    use crate::pixel::{ColorSpace, Layout, Size, Transfer};

    fn with(profile: Vec<u8>) -> Metadata {
        Metadata { icc: Some(profile), ..Metadata::default() }
    }

    fn red() -> Picture {
        Picture::Raster(Raster::new(Size::new(1, 1), Layout::Rgba, vec![200, 30, 20, 77]).unwrap())
    }

    #[test]
    fn wide_colours_move_and_srgb_does_not() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert_eq!(to_srgb(red(), &with(srgb)).unwrap(), red());
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        let Picture::Raster(converted) = to_srgb(red(), &with(wide)).unwrap() else { panic!("planes") };
        let [r, g, b, a] = converted.data() else { panic!("not one pixel") };
        assert!(*r > 210 && *g < 25 && *b < 20, "{r} {g} {b}");
        assert_eq!(*a, 77);
    }

    #[test]
    fn a_damaged_or_foreign_profile_is_ignored() {
        let mut damaged = ColorProfile::new_display_p3().encode().unwrap();
        damaged.truncate(200);
        assert_eq!(to_srgb(red(), &with(damaged)).unwrap(), red());
        let gray = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        assert!(!suits(&gray, false));
        assert_eq!(to_srgb(red(), &with(gray)).unwrap(), red());
    }

    #[test]
    fn greys_are_bent_by_profiles_of_grey_and_of_rgb_and_by_numbers() {
        let mut rgb = ColorProfile::new_srgb();
        let line = moxcms::ToneReprCurve::Lut(Vec::new());
        (rgb.red_trc, rgb.green_trc, rgb.blue_trc) = (Some(line.clone()), Some(line.clone()), Some(line));
        rgb.cicp = None;
        let linear = ColorSpace { transfer: Transfer::Gamma(100_000), ..ColorSpace::SRGB };
        let all = [
            with(ColorProfile::new_gray_with_gamma(1.0).encode().unwrap()),
            with(rgb.encode().unwrap()),
            Metadata { colors: Some(linear), ..Metadata::default() },
        ];
        for metadata in all {
            let picture = Raster::new(Size::new(3, 1), Layout::Gray, vec![0, 55, 255]).unwrap();
            let Picture::Raster(converted) = to_srgb(Picture::Raster(picture), &metadata).unwrap() else {
                panic!("planes")
            };
            // 55/255 of the light is 0.5020 in sRGB, 128.
            assert!(converted.data()[1].abs_diff(128) <= 1, "{:?}", converted.data());
            assert_eq!((converted.data()[0], converted.data()[2]), (0, 255));
        }
    }

    #[test]
    fn inks_without_a_profile_of_inks_are_their_complement() {
        let inks = || Inks::new(Size::new(1, 1), false, vec![255, 0, 51, 0]).unwrap();
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        for profile in [None, Some(wide.as_slice()), Some(&wide[..99])] {
            let Picture::Raster(colors) = of_inks(inks(), profile).unwrap() else { panic!("inks") };
            assert_eq!(colors.data(), [0, 255, 204]);
            assert_eq!(of_complement(red(), profile).unwrap(), red());
        }
    }
}
