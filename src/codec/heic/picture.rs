//! What is to be decoded of a HEIC file: the picture, one or a grid of tiles, its alpha, and what is said of them.

use super::{
    heap,
    hevc::{Configuration, Facts, MOST_CONFIGURATION},
};
use crate::{
    codec::{
        bytes::{array_at, be16, be32},
        heif::{Items, Locations, Nclx, Properties},
        span::Span,
        view::View,
    },
    error::{Error, Result},
    limits::Limits,
    pixel::{BRIGHTEST, ColorSpace, Orientation, Primaries, Size, Transfer},
};

/// The still picture of a file.
pub struct Still<'a> {
    pub items: Items<'a>,
    pub locations: Locations,
    pub picture: Tiles,
    pub alpha: Option<Tiles>,
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

/// A picture that is coded as one, or as tiles of one size.
pub struct Tiles {
    pub size: Size,
    pub columns: u32,
    /// Row by row: the items, and the decoder's configuration of each.
    pub tiles: Vec<(u32, Span)>,
    /// Those of the first.
    pub facts: Facts,
    /// Bytes of the longest.
    pub longest: u64,
}

impl<'a> Still<'a> {
    /// Reads what a file's boxes say.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for another coding than HEVC, which is named,
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for what makes no sense,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn read(view: View<'a>) -> Result<Self> {
        let items = Items::find(view).ok_or_else(|| Error::unsupported("the HEIF has no list of items"))?;
        let primary = items.primary().ok_or_else(|| Error::malformed("no item is the picture"))?;
        let properties = items.properties(primary);
        let locations = items.locations()?;
        let configurations = items.all_of(b"hvcC")?;
        let finder = Finder { view, items, locations: &locations, configurations: &configurations };
        let picture = finder.tiles(primary)?;
        let auxiliary =
            items.referring(b"auxl", primary).take(16).find(|item| items.properties(*item).is_alpha);
        let alpha = auxiliary.map(|item| finder.tiles(item)).transpose()?;
        let is_premultiplied =
            auxiliary.is_some_and(|alpha| items.referring(b"prem", alpha).any(|item| item == primary));
        let (begins, shown) = shown(&properties, picture.size)?;
        let described = |kind: &[u8; 4]| {
            let mut all = items.referring(b"cdsc", primary).take(16);
            all.find(|item| items.kind(*item).as_ref() == Some(kind))
        };
        let (exif, xmp) = (described(b"Exif"), described(b"mime"));
        Ok(Self {
            exif: exif.and_then(|item| exif_block(view, items.only_piece(&locations, item)?)),
            xmp: xmp.and_then(|item| items.only_piece(&locations, item)),
            nclx: properties.nclx.or(picture.facts.colors),
            icc: properties.icc,
            orientation: properties.orientation(),
            items,
            picture,
            alpha,
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

    /// The most bytes that decoding holds beside the rows that it gives.
    pub fn heap_bytes(&self) -> u64 {
        let pictures = [Some(&self.picture), self.alpha.as_ref()].into_iter().flatten();
        let bytes =
            pictures.map(|own| heap::heap_bytes(&own.facts, own.columns, own.tiles.len(), own.longest));
        bytes.fold(heap::TABLES, u64::saturating_add)
    }

    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded),
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when more bytes are to be decoded than a file has.
    pub fn check(&self, limits: &Limits, file_bytes: u64) -> Result<()> {
        limits.check_size(self.shown)?;
        let mut bytes: u64 = 0;
        for picture in [Some(&self.picture), self.alpha.as_ref()].into_iter().flatten() {
            limits.check_size(picture.size)?;
            limits.check_size(picture.facts.coded)?;
            for (item, _) in &picture.tiles {
                bytes = bytes.saturating_add(self.items.length_of(&self.locations, *item));
            }
        }
        if bytes > file_bytes {
            return Err(Error::malformed(format!("{bytes} bytes of tiles in a file of {file_bytes}")));
        }
        limits.check_memory(file_bytes.saturating_add(self.heap_bytes()))
    }
}

/// The part that is shown: where it begins, and its size.
fn shown(properties: &Properties, size: Size) -> Result<((u32, u32), Size)> {
    match properties.aperture {
        None => Ok(((0, 0), size)),
        Some(aperture) => {
            aperture.within(size).ok_or_else(|| Error::malformed("what is shown isn't in the picture"))
        }
    }
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

/// Finds what items are made of.
struct Finder<'a> {
    view: View<'a>,
    items: Items<'a>,
    locations: &'a Locations,
    configurations: &'a [(u32, Span)],
}

impl Finder<'_> {
    fn tiles(&self, item: u32) -> Result<Tiles> {
        match self.items.kind(item).as_ref() {
            Some(b"grid") => self.grid(item),
            _ => {
                let tile = (item, self.configuration(item)?);
                let facts = self.facts(tile.1)?;
                let longest = self.items.length_of(self.locations, item);
                let mut tiles = Vec::new();
                tiles.try_reserve_exact(1)?;
                tiles.push(tile);
                Ok(Tiles { size: facts.visible, columns: 1, tiles, facts, longest })
            }
        }
    }

    /// A grid (ISO 23008-12, 6.6.2.3): tiles of one size, of which those at the right and the bottom may be cut.
    fn grid(&self, item: u32) -> Result<Tiles> {
        let broken = || Error::malformed("the grid of tiles makes no sense");
        let place = self.items.only_piece(self.locations, item).ok_or_else(broken)?;
        let grid = self.view.up_to(place.start, usize::try_from(place.length.min(12)).unwrap_or(0));
        let [_, flags, rows, columns] = array_at(grid, 0).ok_or_else(broken)?;
        let side = |number: usize| match flags & 1 {
            0 => be16(grid, 4 + 2 * number).map(u32::from),
            _ => be32(grid, 4 + 4 * number),
        };
        let size = side(0).zip(side(1)).map(|(width, height)| Size::new(width, height)).ok_or_else(broken)?;
        let (rows, columns) = (u32::from(rows) + 1, u32::from(columns) + 1);
        let ids = self.items.referred(b"dimg", item)?;
        let (first, count) = (ids.first().copied().ok_or_else(broken)?, rows * columns);
        if ids.len() != count as usize {
            return Err(Error::malformed(format!("{} tiles in a grid of {columns}x{rows}", ids.len())));
        }
        let facts = self.facts(self.configuration(first)?)?;
        let fits = |whole: u32, tile: u32, count: u32| {
            let (whole, tile, count) = (u64::from(whole), u64::from(tile), u64::from(count));
            whole > tile * (count - 1) && whole <= tile * count
        };
        if !fits(size.width, facts.visible.width, columns) || !fits(size.height, facts.visible.height, rows) {
            return Err(broken());
        }
        let mut tiles = Vec::new();
        tiles.try_reserve_exact(ids.len())?;
        let mut longest = 0;
        for id in ids {
            longest = longest.max(self.items.length_of(self.locations, id));
            tiles.push((id, self.configuration(id)?));
        }
        Ok(Tiles { size, columns, tiles, facts, longest })
    }

    /// The decoder's configuration of an item.
    fn configuration(&self, item: u32) -> Result<Span> {
        let found = self.configurations.binary_search_by_key(&item, |(id, _)| *id);
        let found = found.map(|at| self.configurations[at].1);
        found.map_err(|_| match self.items.kind(item) {
            Some(kind) => Error::unsupported(format!("{} in HEIF can't be read here", coding_name(&kind))),
            None => Error::malformed(format!("item {item} is missing")),
        })
    }

    fn facts(&self, configuration: Span) -> Result<Facts> {
        Ok(read_configuration(self.view, configuration)?.facts)
    }
}

/// Reads a decoder's configuration.
///
/// # Errors
/// As [`Configuration::read`], [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for one that is far too
/// long.
pub fn read_configuration(view: View<'_>, place: Span) -> Result<Configuration> {
    if place.length > MOST_CONFIGURATION {
        return Err(Error::limit(format!("{} bytes of HEVC parameters", place.length)));
    }
    Configuration::read(place.up_to(view))
}

/// What an item's kind is called.
fn coding_name(kind: &[u8; 4]) -> String {
    let name = match kind {
        b"av01" => "AV1",
        b"avc1" => "AVC",
        b"jpeg" => "JPEG",
        b"j2k1" => "JPEG 2000",
        b"vvc1" => "VVC",
        b"evc1" => "EVC",
        b"unci" => "an uncompressed picture",
        b"iovl" => "an overlay of pictures",
        b"iden" => "a picture derived from another",
        b"hvc1" | b"hev1" => "HEVC without its parameters",
        _ => return format!("an item of kind {:?}", String::from_utf8_lossy(kind)),
    };
    name.to_owned()
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
