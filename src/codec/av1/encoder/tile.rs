//! A tile in work: its coder, and what is kept along the line above its superblocks.

use std::sync::{Mutex, PoisonError};

use super::{
    SUPERBLOCK,
    block::{BLOCKS, Block},
    canvas::Surroundings,
    copying::CopySource,
    neighbours::{Line, Neighbours},
    quantizer::SQUARES,
    search::Search,
    store::Store,
    strip::Column,
};
use crate::{
    codec::av1::{
        sizes::Partition,
        symbols,
        syntax::{Coded, ColorMaps, Frame, TileArea, TileState},
    },
    error::{Error, Result},
};

/// Bytes that wait at least before they are handed over, and the most that a superblock adds to them: noise.
pub(super) const PIECE: usize = 8 << 10;
pub(super) const SUPERBLOCK_BYTES: usize = 24 << 10;

pub(super) struct Tile {
    area: TileArea,
    state: TileState,
    column: usize,
    symbols: symbols::Encoder,
    /// Samples of the line above, by plane, whole superblocks.
    above: Vec<Vec<u16>>,
    /// Contexts along it, by superblock.
    lines: Vec<Line>,
    quants: Vec<i32>,
    /// Indices of a block's palettes, of a screen.
    maps: Option<Box<ColorMaps>>,
}

impl Tile {
    /// The tile of a column.
    pub(super) fn new(frame: &Frame, area: TileArea, column: usize) -> Result<Self> {
        let superblocks = (area.mi_col_end - area.mi_col_start).div_ceil(SUPERBLOCK / 4);
        let mut above = Vec::with_capacity(frame.num_planes);
        for plane in 0..frame.num_planes {
            let mut samples = Vec::new();
            let length = superblocks * (SUPERBLOCK >> frame.subsampling(plane).0);
            samples.try_reserve_exact(length)?;
            samples.resize(length, 0);
            above.push(samples);
        }
        let mut lines = Vec::new();
        lines.try_reserve_exact(superblocks)?;
        lines.resize(superblocks, Line::OUTSIDE);
        Ok(Self {
            area,
            state: TileState::new(frame, area)?,
            column,
            symbols: symbols::Encoder::new(true),
            above,
            lines,
            quants: vec![0; 1024],
            maps: frame.allow_screen_content_tools.then(Box::default),
        })
    }

    pub(super) fn mi_row_end(&self) -> usize {
        self.area.mi_row_end
    }

    /// Ends the tile's data.
    pub(super) fn finish(self, store: &mut Store) -> Result<()> {
        store.push(self.column, &self.symbols.finish()?)
    }

    /// Searches and codes the superblocks of a strip, whose first row is `y`.
    pub(super) fn superblock_row(
        &mut self,
        search: &mut Search,
        strip: &mut Column,
        y: usize,
        store: &Mutex<&mut Store>,
    ) -> Result<()> {
        let mi_row = y / 4;
        self.state.begin_superblock_row(mi_row);
        strip.find_matches(y);
        let mut left = Line::OUTSIDE;
        for index in 0..self.lines.len() {
            let mi_col = self.area.mi_col_start + index * (SUPERBLOCK / 4);
            let x = index * SUPERBLOCK;
            strip.copy(x, search);
            search.around = std::array::from_fn(|plane| self.surroundings(search, plane, mi_row, mi_col));
            for (plane, above) in self.above.iter().enumerate() {
                let canvas = &mut search.canvases[plane];
                canvas.begin(&above[index * canvas.side..]);
            }
            search.neighbours = Neighbours { above: self.lines[index], left };
            let qindex = search.begin(&self.state.cdfs);
            let from = CopySource { state: &self.state, column: strip, mi_row, mi_col };
            search.superblock(Some(&from).filter(|_| strip.matches.is_some()));
            if strip.matches.is_some() {
                strip.keep(x, &search.canvases);
            }
            #[cfg(test)]
            search.record(mi_row, mi_col);
            self.lines[index] = search.neighbours.above;
            left = search.neighbours.left;
            for (plane, above) in self.above.iter_mut().enumerate() {
                let canvas = &search.canvases[plane];
                above[index * canvas.side..][..canvas.side].copy_from_slice(canvas.bottom());
            }
            self.state.begin_superblock();
            let mut blocks = Blocks { search, next: 0, mi_row, mi_col, qindex };
            self.write_square(&mut blocks, 0, 0, 4)?;
            let column = self.column;
            self.symbols.hand_over(PIECE, |bytes| {
                store.lock().unwrap_or_else(PoisonError::into_inner).push(column, bytes)
            })?;
        }
        Ok(())
    }

    fn surroundings(&self, search: &Search, plane: usize, mi_row: usize, mi_col: usize) -> Surroundings {
        let (sub_x, sub_y) = search.sub(plane);
        let frame = &self.state.frame;
        Surroundings {
            above: mi_row > self.area.mi_row_start,
            left: mi_col > self.area.mi_col_start,
            columns: (frame.mi_cols - mi_col) * 4 >> sub_x,
            rows: (frame.mi_rows - mi_row) * 4 >> sub_y,
            tile_columns: (self.area.mi_col_end - mi_col) * 4 >> sub_x,
            tile_rows: (self.area.mi_row_end - mi_row) * 4 >> sub_y,
        }
    }

    /// Writes the square at (x4, y4) of the superblock, whose side is 4 samples shifted by `log2`.
    fn write_square(&mut self, blocks: &mut Blocks, x4: usize, y4: usize, log2: usize) -> Result<()> {
        let (mi_row, mi_col) = (blocks.mi_row + y4, blocks.mi_col + x4);
        if mi_row >= self.state.frame.mi_rows || mi_col >= self.state.frame.mi_cols {
            return Ok(());
        }
        let block = blocks.search.blocks[blocks.next];
        let whole = usize::from(block.log2) == log2 + 2;
        let partition = if whole { Partition::None } else { Partition::Split };
        self.state.partition(&mut self.symbols, (mi_row, mi_col), BLOCKS[log2], partition)?;
        if whole {
            blocks.next += 1;
            return self.write_block(blocks, &block);
        }
        let half = 1usize << (log2 - 1);
        for (x4, y4) in [(x4, y4), (x4 + half, y4), (x4, y4 + half), (x4 + half, y4 + half)] {
            self.write_square(blocks, x4, y4, log2 - 1)?;
        }
        Ok(())
    }

    fn write_block(&mut self, blocks: &mut Blocks, from: &Block) -> Result<()> {
        let place = (blocks.mi_row + usize::from(from.y4), blocks.mi_col + usize::from(from.x4));
        let size = BLOCKS[usize::from(from.log2) - 2];
        let mut block = self.state.block(place.0, place.1, size);
        block.skip = from.skip;
        block.current_q_index = blocks.qindex;
        block.cdef_idx = 0;
        block.y_mode = from.y_mode;
        block.angle_delta_y = from.angle_y;
        block.uv_mode = from.uv_mode;
        block.angle_delta_uv = from.angle_uv;
        block.cfl_alpha = from.cfl;
        block.tx_size = SQUARES[usize::from(from.log2 - 2 - from.depth)];
        if self.maps.is_some() {
            from.palette.tell(&mut block);
        }
        if let Some(mv) = from.mv {
            block.use_intrabc = true;
            block.mv = mv;
            self.state.set_inter_tx_size(&block, block.tx_size);
        }
        self.state.mode_info(&mut self.symbols, &mut block)?;
        if let (Some(maps), Some(palettes)) = (&mut self.maps, &blocks.search.palettes) {
            palettes.fill(&from.palette, 1 << from.log2, maps);
            self.state.palette_tokens(&mut self.symbols, &block, maps);
        }
        self.state.block_tx_size(&mut self.symbols, &mut block);
        if !block.skip {
            let Self { state, symbols, quants, .. } = self;
            let search = blocks.search;
            state.for_each_transform(&block, |state, transform| {
                let (sub_x, sub_y) = search.sub(transform.plane);
                let step = transform.size.width() / 4;
                let column = (transform.x4 - (block.mi_col >> sub_x)) / step;
                let row = (transform.y4 - (block.mi_row >> sub_y)) / step;
                let coded = &from.transforms[transform.plane][2 * row + column];
                let scan = &search.scans[transform.size as usize];
                let levels = &search.levels[coded.start as usize..][..usize::from(coded.eob)];
                let quants = &mut quants[..scan.side * scan.side];
                quants.fill(0);
                for (place, &level) in scan.places.iter().zip(levels) {
                    quants[usize::from(place.position)] = level.into();
                }
                let coded = Coded::new(coded.tx_type, coded.eob.into());
                state.coefficients(symbols, &block, transform, coded, quants, |_| |_, level| level);
                Ok::<_, Error>(())
            })?;
        }
        self.state.finish_block(&block);
        Ok(())
    }
}

/// The blocks of a superblock on their way into the file.
struct Blocks<'a> {
    search: &'a Search,
    next: usize,
    mi_row: usize,
    mi_col: usize,
    qindex: u8,
}
