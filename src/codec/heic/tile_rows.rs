//! Rows of a picture whose tiles are decoded a row of them at a time.

use super::{
    Hevc,
    hevc::{Configuration, Facts, read_configuration},
};
use crate::{
    codec::{
        heif::{self, Chroma, Source, Tiles},
        span::Span,
    },
    error::{Error, Result},
    limits::{area_bytes, try_filled},
    pixel::Size,
};

/// Decodes as it goes down: each row of tiles once.
pub struct TileRows<'a> {
    source: Source<'a>,
    tiles: &'a Tiles<Hevc>,
    configuration: Option<(Span, Configuration)>,
    /// A row of tiles, luma and chroma, and which one.
    band: [Vec<u16>; 3],
    row: Option<u32>,
}

/// A plane of a band.
struct Plane {
    size: Size,
    stride: usize,
}

impl<'a> TileRows<'a> {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(source: Source<'a>, tiles: &'a Tiles<Hevc>) -> Result<Self> {
        let mut rows = Self { source, tiles, configuration: None, band: Default::default(), row: None };
        for plane in 0..rows.planes() {
            let Plane { size, stride } = rows.plane(plane);
            rows.band[plane] = try_filled(area_bytes(Size::new(stride as u32, size.height), 1)?, 0)?;
        }
        Ok(rows)
    }

    const fn facts(&self) -> &heif::Facts {
        &self.tiles.head.samples
    }

    /// The planes that there are.
    fn planes(&self) -> usize {
        if self.facts().chroma == Chroma::Mono { 1 } else { 3 }
    }

    /// A tile's size in a plane, and the samples of a row of tiles.
    fn plane(&self, plane: usize) -> Plane {
        let facts = self.facts();
        let (across, down) = if plane == 0 { (1, 1) } else { facts.chroma.factors() };
        let size = Size::new(facts.visible.width.div_ceil(across), facts.visible.height.div_ceil(down));
        Plane { size, stride: size.width as usize * self.tiles.columns as usize }
    }

    /// Decodes the tiles in which a row lies; which of their rows it is.
    fn load(&mut self, y: u32) -> Result<u32> {
        let height = self.facts().visible.height;
        let row = y / height;
        if self.row != Some(row) {
            for column in 0..self.tiles.columns {
                self.decode(row, column)?;
            }
            self.row = Some(row);
        }
        Ok(y % height)
    }

    fn decode(&mut self, row: u32, column: u32) -> Result<()> {
        let tile = self.tiles.tiles.get((row * self.tiles.columns + column) as usize);
        let tile = tile.ok_or_else(|| Error::malformed("a tile is missing"))?;
        let place = tile.configuration;
        if self.configuration.as_ref().is_none_or(|(known, _)| *known != place) {
            self.configuration = Some((place, read_configuration(self.source.view, place)?));
        }
        let Some((_, configuration)) = &self.configuration else { return Ok(()) };
        let facts = configuration.facts;
        let samples = heif::Facts { colors: self.facts().colors, ..facts.samples };
        if (Facts { samples, ..facts }) != self.tiles.head {
            return Err(Error::malformed("the tiles are of different kinds"));
        }
        let planes = configuration.decode(self.source.items.bytes_of(self.source.locations, tile.item)?)?;
        for (number, samples) in planes.iter().enumerate().take(self.planes()) {
            let (across, down) = if number == 0 { (1, 1) } else { facts.samples.chroma.factors() };
            let Plane { size, stride } = self.plane(number);
            let coded = facts.coded.width.div_ceil(across) as usize;
            let (left, top) = ((facts.left / across) as usize, (facts.top / down) as usize);
            let width = size.width as usize;
            let to = self.band[number].chunks_exact_mut(stride);
            for (to, from) in to.zip(samples.chunks_exact(coded).skip(top)) {
                let to = &mut to[column as usize * width..][..width];
                for (to, from) in to.iter_mut().zip(&from[left..]) {
                    *to = *from as u16;
                }
            }
        }
        Ok(())
    }
}

impl heif::TileRows for TileRows<'_> {
    fn luma(&mut self, y: u32) -> Result<&[u16]> {
        let at = self.load(y)?;
        let stride = self.plane(0).stride;
        Ok(&self.band[0][at as usize * stride..][..self.tiles.size.width as usize])
    }

    fn chroma(&mut self, plane: usize, y: u32) -> Result<[&[u16]; 2]> {
        let at = self.load(y)?;
        let (across, down) = self.facts().chroma.factors();
        let Plane { size, stride } = self.plane(plane);
        let width = self.tiles.size.width.div_ceil(across) as usize;
        let near = at / down;
        let other = match (down, at % down) {
            (1, _) => near,
            (_, 0) => near.saturating_sub(1),
            _ => (near + 1).min(size.height - 1),
        };
        Ok([near, other].map(|row| &self.band[plane][row as usize * stride..][..width]))
    }
}
