//! What codes the pictures of a HEIF file: a [`Coding`], what it is given, and what it says and gives.

use std::cell::OnceCell;

use super::{Items, Locations, Nclx};
use crate::{
    codec::{span::Span, view::View},
    error::{Error, Result},
    pixel::Size,
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

/// A picture that is coded as one, or as tiles of one size.
pub struct Tiles<C: Coding> {
    pub size: Size,
    pub columns: u32,
    /// Row by row.
    pub tiles: Vec<Tile>,
    /// That of the first.
    pub head: C::Head,
    /// The bytes of those that stand in pieces, once they are put together.
    pub(super) joined: Vec<OnceCell<Vec<u8>>>,
}

impl<C: Coding> Tiles<C> {
    /// What the first tile says.
    pub fn facts(&self) -> Facts {
        C::facts(&self.head)
    }
}
