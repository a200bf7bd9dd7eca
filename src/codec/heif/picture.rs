//! What is to be decoded of a HEIF file: the picture, one or a grid of tiles, its alpha, and what is said of them. What
//! codes the tiles is a [`Coding`].

use super::{
    Items, Locations, Nclx, Properties,
    coding::{Coding, Source, Tiles},
    finder::Finder,
};
use crate::{
    codec::{span::Span, view::View},
    error::{Error, Result},
    limits::Limits,
    pixel::{BRIGHTEST, ColorSpace, Orientation, Primaries, Size, Transfer},
};

/// The still picture of a file.
pub struct Still<'a, C: Coding> {
    view: View<'a>,
    items: Items<'a>,
    locations: Locations,
    pub picture: Tiles<C>,
    pub alpha: Option<Tiles<C>>,
    /// The most bytes that decoding holds beside the rows that it gives.
    pub heap_bytes: u64,
    /// True if alpha is multiplied into the colours.
    pub is_premultiplied: bool,
    /// The part that is shown, and where it begins.
    pub shown: Size,
    pub begins: (u32, u32),
    pub orientation: Orientation,
    /// What the samples mean as colours.
    pub nclx: Option<Nclx>,
    pub icc: Option<Span>,
    pub exif: Option<Span>,
    pub xmp: Option<Span>,
}

impl<'a, C: Coding> Still<'a, C> {
    /// Reads what a file's boxes say.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for another coding, which is named,
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for what makes no sense,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn read(view: View<'a>) -> Result<Self> {
        let items = Items::find(view).ok_or_else(|| Error::unsupported("the HEIF has no list of items"))?;
        let primary = items.primary().ok_or_else(|| Error::malformed("no item is the picture"))?;
        let properties = items.properties(primary);
        let locations = items.locations()?;
        let configurations = items.all_of(&C::CONFIGURATION)?;
        let source = Source { view, items, locations: &locations };
        let finder = Finder { source, configurations: &configurations };
        let picture = finder.tiles::<C>(primary)?;
        let auxiliary = items.alpha_of(primary);
        let alpha = match auxiliary {
            Some(item) => Some(finder.tiles::<C>(item)?),
            None => finder.alpha_of_tiles(&picture)?,
        };
        let mut heap_bytes = C::TABLES;
        for tiles in [Some(&picture), alpha.as_ref()].into_iter().flatten() {
            heap_bytes = heap_bytes.saturating_add(C::heap_bytes(&source, tiles)?);
        }
        let is_premultiplied =
            auxiliary.is_some_and(|alpha| items.referring(b"prem", alpha).any(|item| item == primary));
        let (begins, shown) = shown(&properties, picture.size);
        let described = |kind: &[u8; 4]| {
            let mut all = items.referring(b"cdsc", primary).take(16);
            all.find(|item| items.kind(*item).as_ref() == Some(kind))
        };
        let (exif, xmp) = (described(b"Exif"), described(b"mime"));
        Ok(Self {
            exif: exif.and_then(|item| exif_block(view, items.only_piece(&locations, item)?)),
            xmp: xmp.and_then(|item| items.only_piece(&locations, item)),
            nclx: properties.nclx.or(picture.facts().colors),
            icc: properties.icc,
            orientation: properties.orientation(),
            view,
            items,
            picture,
            alpha,
            heap_bytes,
            is_premultiplied,
            shown,
            begins,
            locations,
        })
    }

    /// What the colours are, where no profile says it and they aren't sRGB.
    pub fn colors(&self) -> Option<ColorSpace> {
        self.nclx.filter(|_| self.icc.is_none()).and_then(color_space)
    }

    /// The file, and where its items stand.
    pub const fn source(&self) -> Source<'_> {
        Source { view: self.view, items: self.items, locations: &self.locations }
    }

    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded),
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when more bytes are to be decoded than a file has.
    pub fn check(&self, limits: &Limits, file_bytes: u64) -> Result<()> {
        limits.check_size(self.shown)?;
        let mut bytes: u64 = 0;
        for picture in [Some(&self.picture), self.alpha.as_ref()].into_iter().flatten() {
            limits.check_size(picture.size)?;
            limits.check_size(C::coded(&picture.head))?;
            for tile in &picture.tiles {
                bytes = bytes.saturating_add(self.items.length_of(&self.locations, tile.item));
            }
        }
        if bytes > file_bytes && !C::IS_BOUNDED_BY_PIXELS {
            return Err(Error::malformed(format!("{bytes} bytes of tiles in a file of {file_bytes}")));
        }
        limits.check_memory(file_bytes.saturating_add(self.heap_bytes))
    }
}

/// The part that is shown: where it begins, and its size. An aperture that isn't in the picture is none, as in browsers.
fn shown(properties: &Properties, size: Size) -> ((u32, u32), Size) {
    properties.aperture.and_then(|aperture| aperture.within(size)).unwrap_or(((0, 0), size))
}

/// Colours by their numbers. The curves of cameras stand for sRGB's, with which phones write them, and the primaries
/// of television for those of BT.709.
fn color_space(nclx: Nclx) -> Option<ColorSpace> {
    let transfer = match nclx.transfer {
        1 | 6 | 14 | 15 => 13,
        other => u8::try_from(other).ok()?,
    };
    let primaries = match nclx.primaries {
        5..=7 => 1,
        other => u8::try_from(other).ok()?,
    };
    let space = ColorSpace::from_code_points(primaries, transfer, BRIGHTEST)?;
    let is_srgb = space.primaries == Primaries::BT709 && space.transfer == Transfer::Srgb;
    (!is_srgb).then_some(space)
}

/// The TIFF structure of an EXIF item (ISO 23008-12, A.2.1), which begins after as many bytes as its first four say.
fn exif_block(view: View<'_>, item: Span) -> Option<Span> {
    let before = u64::from(view.be32(item.start)?).checked_add(4)?;
    (before < item.length).then(|| item.skip(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_cameras_are_srgb_and_wide_ones_are_not() {
        let of = |primaries, transfer| color_space(Nclx { primaries, transfer, matrix: 6, full_range: true });
        for (primaries, transfer) in [(1, 13), (1, 1), (5, 6), (6, 6), (2, 2), (1, 2), (2, 13), (900, 13)] {
            assert_eq!(of(primaries, transfer), None, "{primaries} {transfer}");
        }
        for (primaries, transfer) in [(12, 13), (12, 1), (9, 16), (9, 18), (1, 8)] {
            assert!(of(primaries, transfer).is_some(), "{primaries} {transfer}");
        }
        assert_eq!(of(12, 1), of(12, 13));
    }
}
