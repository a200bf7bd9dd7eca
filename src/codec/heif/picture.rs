//! What is to be decoded of a HEIF file: the picture, one or a grid of tiles, its alpha, and what is said of them. What
//! codes the tiles is a [`Coding`].

use std::cell::OnceCell;

use super::{Items, Locations, Nclx, Properties};
use crate::{
    codec::{
        bytes::{array_at, be16, be32},
        span::Span,
        view::View,
    },
    error::{Error, Result},
    limits::Limits,
    pixel::{BRIGHTEST, ColorSpace, Orientation, Primaries, Size, Transfer},
};

/// How much smaller chroma is, and whether there is any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chroma {
    Mono,
    Yuv420,
    Yuv422,
    Yuv444,
}

impl Chroma {
    /// By how much chroma is narrower and lower.
    pub const fn factors(self) -> (u32, u32) {
        match self {
            Self::Yuv420 => (2, 2),
            Self::Yuv422 => (2, 1),
            Self::Mono | Self::Yuv444 => (1, 1),
        }
    }
}

/// What a coded picture says of its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The size of what is shown of it.
    pub visible: Size,
    /// Bits of a sample of luma, of chroma.
    pub depths: [u32; 2],
    pub chroma: Chroma,
    /// What the samples mean as colours.
    pub colors: Option<Nclx>,
}

/// What codes the pictures of a HEIF file.
pub trait Coding: Sized {
    /// What is read of a coded picture before it is decoded.
    type Head;
    /// What decodes a picture, one or tiles.
    type Rows<'a>: TileRows
    where
        Self: 'a;

    /// The name of its configuration's box.
    const CONFIGURATION: [u8; 4];
    /// What its decoder holds beside pictures.
    const TABLES: u64;
    /// True if the work of decoding is bounded by pixels alone, whatever the bytes.
    const IS_BOUNDED_BY_PIXELS: bool;

    /// Reads the head of an item.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when it makes no sense,
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for what isn't decoded here.
    fn head(source: &Source<'_>, tile: Tile) -> Result<Self::Head>;

    fn facts(head: &Self::Head) -> Facts;

    /// The size as coded, which what is shown may be a part of.
    fn coded(head: &Self::Head) -> Size;

    /// The most bytes that decoding the tiles holds.
    ///
    /// # Errors
    /// As [`Self::head`].
    fn heap_bytes(source: &Source<'_>, tiles: &Tiles<Self>) -> Result<u64>;

    /// Begins to decode tiles.
    ///
    /// # Errors
    /// As [`Self::head`], [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    fn rows<'a>(source: Source<'a>, tiles: &'a Tiles<Self>) -> Result<Self::Rows<'a>>;
}

/// A picture whose rows are asked for from above to below.
pub trait TileRows {
    /// Samples of luma of a row.
    ///
    /// # Errors
    /// Those of decoding tiles.
    fn luma(&mut self, y: u32) -> Result<&[u16]>;

    /// The row of blue or red chroma (1, 2) in which a row of the picture lies, and the other one that is next to it:
    /// the same at the edges of what is decoded by itself.
    ///
    /// # Errors
    /// Those of decoding tiles.
    fn chroma(&mut self, plane: usize, y: u32) -> Result<[&[u16]; 2]>;
}

/// A file, and where its items stand.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub view: View<'a>,
    pub items: Items<'a>,
    pub locations: &'a Locations,
}

impl<'a> Source<'a> {
    /// The bytes of an item of `tiles`: those of the file, or put together of pieces, for as long as the tiles are there.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when they aren't all in the file,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn data<C: Coding>(&self, tiles: &'a Tiles<C>, item: u32) -> Result<&'a [u8]> {
        let cut = || Error::malformed(format!("item {item} is cut short"));
        if let Some(piece) = self.items.only_piece(self.locations, item) {
            let length = usize::try_from(piece.length).map_err(|_| cut())?;
            return self.view.get(piece.start, length).ok_or_else(cut);
        }
        let at = tiles.tiles.iter().position(|tile| tile.item == item).ok_or_else(cut)?;
        let joined = tiles.joined.get(at).ok_or_else(cut)?;
        if joined.get().is_none() {
            let _ = joined.set(self.items.bytes_of(self.locations, item)?);
        }
        joined.get().map(Vec::as_slice).ok_or_else(cut)
    }
}

/// A coded picture: an item, and its decoder's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    pub item: u32,
    pub configuration: Span,
}

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

/// A picture that is coded as one, or as tiles of one size.
pub struct Tiles<C: Coding> {
    pub size: Size,
    pub columns: u32,
    /// Row by row.
    pub tiles: Vec<Tile>,
    /// That of the first.
    pub head: C::Head,
    /// Bytes of the longest.
    pub longest: u64,
    /// The bytes of those that stand in pieces, once they are put together.
    joined: Vec<OnceCell<Vec<u8>>>,
}

impl<C: Coding> Tiles<C> {
    /// What the first tile says.
    pub fn facts(&self) -> Facts {
        C::facts(&self.head)
    }
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
        let auxiliary =
            items.referring(b"auxl", primary).take(16).find(|item| items.properties(*item).is_alpha);
        let alpha = auxiliary.map(|item| finder.tiles::<C>(item)).transpose()?;
        let mut heap_bytes = C::TABLES;
        for tiles in [Some(&picture), alpha.as_ref()].into_iter().flatten() {
            heap_bytes = heap_bytes.saturating_add(C::heap_bytes(&source, tiles)?);
        }
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
    source: Source<'a>,
    configurations: &'a [(u32, Span)],
}

impl Finder<'_> {
    fn tiles<C: Coding>(&self, item: u32) -> Result<Tiles<C>> {
        let Source { items, locations, .. } = self.source;
        match items.kind(item).as_ref() {
            Some(b"grid") => self.grid(item),
            _ => {
                let tile = self.tile(item)?;
                let head = C::head(&self.source, tile)?;
                let mut tiles = Vec::new();
                tiles.try_reserve_exact(1)?;
                tiles.push(tile);
                let longest = items.length_of(locations, item);
                let joined = self.joined(&tiles)?;
                Ok(Tiles { size: C::facts(&head).visible, columns: 1, tiles, head, longest, joined })
            }
        }
    }

    /// A grid (ISO 23008-12, 6.6.2.3): tiles of one size, of which those at the right and the bottom may be cut.
    fn grid<C: Coding>(&self, item: u32) -> Result<Tiles<C>> {
        let Source { view, items, locations } = self.source;
        let broken = || Error::malformed("the grid of tiles makes no sense");
        let place = items.only_piece(locations, item).ok_or_else(broken)?;
        let grid = view.up_to(place.start, usize::try_from(place.length.min(12)).unwrap_or(0));
        let [_, flags, rows, columns] = array_at(grid, 0).ok_or_else(broken)?;
        let side = |number: usize| match flags & 1 {
            0 => be16(grid, 4 + 2 * number).map(u32::from),
            _ => be32(grid, 4 + 4 * number),
        };
        let size = side(0).zip(side(1)).map(|(width, height)| Size::new(width, height)).ok_or_else(broken)?;
        let (rows, columns) = (u32::from(rows) + 1, u32::from(columns) + 1);
        let ids = items.referred(b"dimg", item)?;
        let (first, count) = (ids.first().copied().ok_or_else(broken)?, rows * columns);
        if ids.len() != count as usize {
            return Err(Error::malformed(format!("{} tiles in a grid of {columns}x{rows}", ids.len())));
        }
        let head = C::head(&self.source, self.tile(first)?)?;
        let visible = C::facts(&head).visible;
        let fits = |whole: u32, tile: u32, count: u32| {
            let (whole, tile, count) = (u64::from(whole), u64::from(tile), u64::from(count));
            whole > tile * (count - 1) && whole <= tile * count
        };
        if !fits(size.width, visible.width, columns) || !fits(size.height, visible.height, rows) {
            return Err(broken());
        }
        let mut tiles = Vec::new();
        tiles.try_reserve_exact(ids.len())?;
        let mut longest = 0;
        for id in ids {
            longest = longest.max(items.length_of(locations, id));
            tiles.push(self.tile(id)?);
        }
        let joined = self.joined(&tiles)?;
        Ok(Tiles { size, columns, tiles, head, longest, joined })
    }

    /// Room for the bytes of tiles, if any stands in pieces.
    fn joined(&self, tiles: &[Tile]) -> Result<Vec<OnceCell<Vec<u8>>>> {
        let mut joined = Vec::new();
        if tiles.iter().any(|tile| self.source.items.only_piece(self.source.locations, tile.item).is_none()) {
            joined.try_reserve_exact(tiles.len())?;
            joined.resize_with(tiles.len(), OnceCell::new);
        }
        Ok(joined)
    }

    /// An item with its decoder's configuration.
    fn tile(&self, item: u32) -> Result<Tile> {
        let found = self.configurations.binary_search_by_key(&item, |(id, _)| *id);
        let found = found.map(|at| Tile { item, configuration: self.configurations[at].1 });
        found.map_err(|_| match self.source.items.kind(item) {
            Some(kind) => Error::unsupported(format!("{} in HEIF can't be read here", coding_name(&kind))),
            None => Error::malformed(format!("item {item} is missing")),
        })
    }
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
