//! What an item's picture is made of: itself, or the tiles of a grid.

use std::cell::OnceCell;

use super::coding::{Coding, Source, Tile, Tiles};
use crate::{
    codec::{
        bytes::{array_at, be16, be32},
        span::Span,
    },
    error::{Error, Result},
    pixel::Size,
};

/// The most tiles whose alpha is looked for, which takes a look at all items for each.
const MOST_TILES: usize = 256;

/// Finds what items are made of.
pub(super) struct Finder<'a> {
    pub(super) source: Source<'a>,
    pub(super) configurations: &'a [(u32, Span)],
}

impl Finder<'_> {
    pub(super) fn tiles<C: Coding>(&self, item: u32) -> Result<Tiles<C>> {
        match self.source.items.kind(item).as_ref() {
            Some(b"grid") => self.grid(item),
            _ => {
                let tile = self.tile(item)?;
                let head = C::head(&self.source, tile)?;
                let mut tiles = Vec::new();
                tiles.try_reserve_exact(1)?;
                tiles.push(tile);
                let joined = self.joined(&tiles)?;
                Ok(Tiles { size: C::facts(&head).visible, columns: 1, tiles, head, joined })
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
        for id in ids {
            tiles.push(self.tile(id)?);
        }
        let joined = self.joined(&tiles)?;
        Ok(Tiles { size, columns, tiles, head, joined })
    }

    /// The alpha of a grid whose tiles have each their own, as browsers read it.
    pub(super) fn alpha_of_tiles<C: Coding>(&self, picture: &Tiles<C>) -> Result<Option<Tiles<C>>> {
        let Some(first) = self.source.items.alpha_of(picture.tiles[0].item) else { return Ok(None) };
        if picture.tiles.len() > MOST_TILES {
            return Err(Error::limit(format!("{} tiles with alpha of their own", picture.tiles.len())));
        }
        let head = C::head(&self.source, self.tile(first)?)?;
        if C::facts(&head).visible != picture.facts().visible {
            return Err(Error::malformed("the tiles' alpha is of another size"));
        }
        let mut tiles = Vec::new();
        tiles.try_reserve_exact(picture.tiles.len())?;
        for tile in &picture.tiles {
            let Some(alpha) = self.source.items.alpha_of(tile.item) else { return Ok(None) };
            tiles.push(self.tile(alpha)?);
        }
        let joined = self.joined(&tiles)?;
        Ok(Some(Tiles { size: picture.size, columns: picture.columns, tiles, head, joined }))
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
