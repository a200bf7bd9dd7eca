//! Rows of a picture, or of the pictures of a grid side by side, as AV1's decoder hands them out.

use std::borrow::Cow;

use super::Av1;
use crate::{
    codec::{
        av1::{
            decoder::Decoder,
            header::{self, FrameHeader, Layers, Picture, RestorationType, SequenceHeader},
            window::Window,
        },
        heif::{self, Chroma, Facts, Nclx, Source, Tiles},
    },
    error::{Error, Result},
    pixel::Size,
    simd::Level,
};

/// The bytes at a picture's beginning in which its headers are looked for at first.
const PREFIX: u64 = 4 << 10;

/// The most luma rows that a decoder hands out at once.
const MOST_ROWS: usize = 96;

/// Rows that stay while others come: the one that is asked for, and those whose chroma is next to it.
const KEPT: usize = 6;

/// What small things take: headers while they are read, lists.
const SMALL: u64 = 64 << 10;

/// What is kept of each picture of a grid, of its place and its configuration.
const TILE: u64 = 128;

/// What the headers of a picture say.
pub struct Head {
    pub facts: Facts,
    layers: Layers,
    /// The most bytes that decoding it holds, if its headers are the only ones that count, and of any like it.
    own_bytes: u64,
    most_bytes: u64,
}

impl Head {
    /// Reads the headers of an item.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when they make no sense,
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for what isn't decoded here.
    pub fn read(source: &Source<'_>, item: u32) -> Result<Self> {
        let properties = source.items.properties(item);
        let layers = Layers {
            operating_point: properties.operating_point,
            spatial_id: properties.layer.map(|layer| layer.min(255) as u8),
        };
        let head = |most: u64| {
            let data = beginning(source, item, most)?;
            header::Head::parse(&data, layers)
        };
        let head = match head(PREFIX) {
            Err(_) if source.items.length_of(source.locations, item) > PREFIX => head(u64::MAX)?,
            result => result?,
        };
        let header::Head { sequence, frame, is_picture } = head;
        let mut facts = facts(&sequence, &frame);
        let most_bytes = most_bytes(&sequence, &frame);
        if let (false, Some(size)) = (is_picture, properties.size) {
            facts.visible = size;
        }
        let own_bytes = if is_picture {
            Decoder::heap_bytes(&sequence, &frame) as u64
        } else {
            most_bytes_of(&sequence, &frame, facts.visible)
        };
        Ok(Self { facts, layers, own_bytes, most_bytes })
    }
}

/// The first bytes of an item, as far as they are there.
fn beginning<'a>(source: &Source<'a>, item: u32, most: u64) -> Result<Cow<'a, [u8]>> {
    let mut bytes = Cow::Borrowed(&[][..]);
    let mut result = Ok(());
    source.items.pieces(source.locations, item, &mut |piece| {
        let left = most.saturating_sub(bytes.len() as u64);
        let part =
            source.view.up_to(piece.start, usize::try_from(piece.length.min(left)).unwrap_or(usize::MAX));
        if bytes.is_empty() {
            bytes = Cow::Borrowed(part);
        } else if result.is_ok() && !part.is_empty() {
            let own = bytes.to_mut();
            result = own.try_reserve_exact(part.len()).map(|()| own.extend_from_slice(part));
        }
    })?;
    result?;
    Ok(bytes)
}

fn facts(sequence: &SequenceHeader, frame: &FrameHeader) -> Facts {
    let config = &sequence.color_config;
    let chroma = match (config.mono_chrome, config.subsampling_x, config.subsampling_y) {
        (true, ..) => Chroma::Mono,
        (_, 0, _) => Chroma::Yuv444,
        (_, _, 0) => Chroma::Yuv422,
        _ => Chroma::Yuv420,
    };
    Facts {
        visible: Size::new(frame.upscaled_width, frame.frame_height),
        depths: [config.bit_depth.into(); 2],
        chroma,
        colors: Some(Nclx {
            primaries: config.color_primaries.into(),
            transfer: config.transfer_characteristics.into(),
            matrix: config.matrix_coefficients.into(),
            full_range: config.color_range,
        }),
    }
}

/// The most bytes that any picture of the frame's size takes: one that is copied within itself, with all filters.
fn most_bytes(sequence: &SequenceHeader, frame: &FrameHeader) -> u64 {
    let mut any = frame.clone();
    any.allow_intrabc = true;
    any.coded_lossless = false;
    any.all_lossless = false;
    any.lr_params.uses_lr = true;
    any.lr_params.frame_restoration_type = [RestorationType::Switchable; 3];
    let bytes = Decoder::heap_bytes(sequence, &any).max(Decoder::heap_bytes(sequence, frame));
    bytes as u64
}

/// The same of a layer of another size.
fn most_bytes_of(sequence: &SequenceHeader, frame: &FrameHeader, size: Size) -> u64 {
    let own = Size::new(frame.upscaled_width, frame.frame_height);
    let times = size.pixels().div_ceil(own.pixels().max(1)).max(1);
    most_bytes(sequence, frame).saturating_mul(times.saturating_add(1))
}

/// The most bytes that decoding tiles holds.
pub fn heap_bytes(source: &Source<'_>, tiles: &Tiles<Av1>) -> u64 {
    let columns = u64::from(tiles.columns);
    let decoders = columns.saturating_mul(decoder_bytes(tiles));
    let planes = if tiles.head.facts.chroma == Chroma::Mono { 1 } else { 3 };
    let window = |plane: usize| {
        let (stride, rows) = window(&tiles.head.facts, tiles.columns as usize, plane);
        Window::bytes(stride, rows) as u64
    };
    let windows = (0..planes).map(window).fold(0, u64::saturating_add);
    // Those that stand in pieces are put together.
    let in_pieces =
        tiles.tiles.iter().filter(|tile| source.items.only_piece(source.locations, tile.item).is_none());
    let joined = in_pieces
        .map(|tile| source.items.length_of(source.locations, tile.item))
        .fold(0, u64::saturating_add);
    let small = SMALL + columns * size_of::<Decoder<'_>>() as u64 + TILE * tiles.tiles.len() as u64;
    decoders.saturating_add(windows).saturating_add(joined).saturating_add(small)
}

/// The most bytes that decoding one tile holds. In a grid the others may use what the first doesn't.
fn decoder_bytes(tiles: &Tiles<Av1>) -> u64 {
    if tiles.tiles.len() > 1 { tiles.head.own_bytes.max(tiles.head.most_bytes) } else { tiles.head.own_bytes }
}

/// The stride and the rows of what is held of a plane.
fn window(facts: &Facts, columns: usize, plane: usize) -> (usize, usize) {
    let size = plane_size(facts, plane);
    let (_, down) = if plane == 0 { (1, 1) } else { facts.chroma.factors() };
    (size.width as usize * columns, (MOST_ROWS + KEPT) / down as usize)
}

/// A tile's size in a plane.
fn plane_size(facts: &Facts, plane: usize) -> Size {
    let (across, down) = if plane == 0 { (1, 1) } else { facts.chroma.factors() };
    Size::new(facts.visible.width.div_ceil(across), facts.visible.height.div_ceil(down))
}

/// A tile that is being decoded.
struct Column<'a> {
    decoder: Decoder<'a>,
    /// Luma rows of it that have come.
    rows: usize,
}

/// Decodes as it goes down.
pub struct TileRows<'a> {
    source: Source<'a>,
    tiles: &'a Tiles<Av1>,
    level: Level,
    columns: Vec<Column<'a>>,
    /// The row of tiles that is being decoded.
    row: Option<u32>,
    /// What is held of each plane; rows are counted from the top of the picture.
    windows: Vec<Window>,
}

impl<'a> TileRows<'a> {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(source: Source<'a>, tiles: &'a Tiles<Av1>) -> Result<Self> {
        let planes = if tiles.head.facts.chroma == Chroma::Mono { 1 } else { 3 };
        let mut windows = Vec::new();
        for plane in 0..planes {
            let (stride, rows) = window(&tiles.head.facts, tiles.columns as usize, plane);
            windows.push(Window::new(stride, rows)?);
        }
        let mut columns = Vec::new();
        columns.try_reserve_exact(tiles.columns as usize)?;
        Ok(Self { source, tiles, level: Level::new(), columns, row: None, windows })
    }

    /// Has a row decoded, and what is next to it.
    fn load(&mut self, y: u32) -> Result<()> {
        let height = self.tiles.head.facts.visible.height;
        let row = y / height;
        if self.row != Some(row) {
            self.begin(row)?;
        }
        let y = (y % height) as usize;
        let wanted = (y + 3).min(height as usize);
        for column in 0..self.columns.len() {
            while self.columns[column].rows < wanted {
                self.advance(y);
                self.take(column)?;
            }
        }
        Ok(())
    }

    /// Begins a row of tiles.
    fn begin(&mut self, row: u32) -> Result<()> {
        self.columns.clear();
        for column in 0..self.tiles.columns {
            let tile = self.tiles.tiles.get((row * self.tiles.columns + column) as usize);
            let tile = tile.ok_or_else(|| Error::malformed("a tile is missing"))?;
            let data = self.source.data(self.tiles, tile.item)?;
            let picture = Picture::parse(data, self.tiles.head.layers)?;
            let own =
                Facts { colors: self.tiles.head.facts.colors, ..facts(&picture.sequence, &picture.frame) };
            if own != self.tiles.head.facts {
                return Err(Error::malformed("the pictures of the file are of different kinds"));
            }
            if Decoder::heap_bytes(&picture.sequence, &picture.frame) as u64 > decoder_bytes(self.tiles) {
                return Err(Error::limit("a picture in the file takes more memory than the first says"));
            }
            self.columns.push(Column { decoder: Decoder::new(self.level, picture)?, rows: 0 });
        }
        self.row = Some(row);
        self.advance(0);
        Ok(())
    }

    /// Lets go of what is above a row of the tiles, but for what its chroma is next to.
    fn advance(&mut self, y: usize) {
        let keep = (y & !1).saturating_sub(2);
        for plane in 0..self.windows.len() {
            let first = self.top(plane) + keep / self.down(plane);
            self.windows[plane].advance(first);
        }
    }

    fn down(&self, plane: usize) -> usize {
        if plane == 0 { 1 } else { self.tiles.head.facts.chroma.factors().1 as usize }
    }

    /// Where the row of tiles begins in a plane.
    fn top(&self, plane: usize) -> usize {
        let height = plane_size(&self.tiles.head.facts, plane).height as usize;
        self.row.unwrap_or_default() as usize * height
    }

    /// Takes a tile's next rows.
    fn take(&mut self, column: usize) -> Result<()> {
        let tops = [0, 1, 2].map(|plane| self.top(plane));
        let own = &mut self.columns[column];
        let ended = || Error::malformed("a picture ends early");
        let rows = own.decoder.next_rows()?.ok_or_else(ended)?;
        for (plane, window) in self.windows.iter_mut().enumerate() {
            let width = plane_size(&self.tiles.head.facts, plane).width as usize;
            let held = window.first()..window.end();
            for y in rows.range(plane).filter(|y| held.contains(&(tops[plane] + y))) {
                let to = &mut window.row_mut(tops[plane] + y)[column * width..][..width];
                to.copy_from_slice(rows.row(plane, y));
            }
        }
        own.rows = rows.y + rows.height;
        Ok(())
    }
}

impl heif::TileRows for TileRows<'_> {
    fn luma(&mut self, y: u32) -> Result<&[u16]> {
        self.load(y)?;
        Ok(&self.windows[0].row(y as usize)[..self.tiles.size.width as usize])
    }

    fn chroma(&mut self, plane: usize, y: u32) -> Result<[&[u16]; 2]> {
        self.load(y)?;
        let facts = &self.tiles.head.facts;
        let (across, down) = facts.chroma.factors();
        let own = plane_size(facts, plane).height;
        let (top, at) = (self.top(plane), y % facts.visible.height);
        let near = at / down;
        let other = match (down, at % down) {
            (1, _) => near,
            (_, 0) => near.saturating_sub(1),
            _ => (near + 1).min(own - 1),
        };
        let width = self.tiles.size.width.div_ceil(across) as usize;
        Ok([near, other].map(|row| &self.windows[plane].row(top + row as usize)[..width]))
    }
}
