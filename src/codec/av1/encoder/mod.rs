//! AV1 still pictures, written by rows: superblocks of 64 x 64 are searched and coded as soon as their rows are there.
//!
//! A still has no references, its filters' strengths follow from the quantiser, and so nothing of a picture is kept but
//! the line above the superblocks and the contexts along it; of screens some rows more, from which blocks are copied. All decisions are made in integers; bytes depend on
//! samples and [`Config`] alone.
//!
//! - [`Encoder`] takes rows and gives OBUs; `strip` holds 64 rows, `tile` the tiles in work, `store` their data.
//! - `search` with `partition`, `luma`, `chroma` chooses blocks, of whose directions `directions` says which are worth a
//!   trial; `levels` chooses coefficients' levels.
//! - `palette` with `palette_search` finds the few colours of blocks of screens and drawings, `copying` with `copies`
//!   and `matches` where such blocks have been before.
//! - `rates` and `cost` say what symbols cost, `quantizer` and `scan` are tables, `tuning` has the numbers.

mod block;
mod canvas;
mod chroma;
mod copies;
mod copying;
mod cost;
mod directions;
mod kernels;
mod levels;
mod luma;
mod matches;
mod memory;
mod neighbours;
mod palette;
mod palette_search;
mod partition;
mod quantizer;
mod rates;
mod scan;
mod search;
mod store;
mod strip;
mod superblock;
#[cfg(test)]
mod tests;
mod tile;
mod tuning;

use std::{sync::Mutex, thread};

pub use self::{
    memory::{heap_bytes, most_bytes},
    tuning::base_q_idx,
};
use self::{search::Search, store::Store, strip::Strip, tile::Tile};
use super::{
    header::{
        ColorConfig, DeltaQParams, FrameHeader, QuantizationParams, SequenceHeader, TxMode, before_tiles,
    },
    syntax::{Frame, TileArea},
};
use crate::{
    codec::file_capacity::FileCapacity,
    error::{Error, Kind, Result},
    simd::Level,
};

/// Samples a side of a superblock.
const SUPERBLOCK: usize = 64;

/// Planes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Luma alone.
    Monochrome,
    /// Chroma has half of the columns and rows, rounded up.
    Yuv420,
    Yuv444,
}

/// How a picture is written.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// 1 to 65536.
    pub width: u32,
    /// 1 to 65536.
    pub height: u32,
    pub sampling: Sampling,
    /// `base_q_idx`: 1 (finest) to 255.
    pub base_q_idx: u8,
    /// 0 to 6.
    pub effort: u8,
    /// Whether it is drawn, as screens and diagrams are, or hard-edged, as alpha is: tools for such pictures are tried.
    pub is_screen: bool,
    /// What the sequence header says of colours: primaries, transfer, matrix (H.273), whether the range is full.
    pub color: (u8, u8, u8, bool),
}

/// A picture as OBUs.
pub struct Obus {
    /// What stands before the data of the tiles.
    pub head: Vec<u8>,
    pub tiles: Vec<u8>,
}

/// Writes one picture.
pub struct Encoder {
    config: Config,
    sequence: SequenceHeader,
    header: FrameHeader,
    frame: Frame,
    /// One for each thread.
    searches: Vec<Box<Search>>,
    strip: Strip,
    /// The row of tiles in work.
    tiles: Vec<Tile>,
    store: Store,
    /// The first row that isn't coded.
    y: usize,
}

impl Encoder {
    /// Begins a picture that is coded by so many threads at the most, the caller's among them: as many as tiles stand beside
    /// each other. Bytes don't depend on them.
    ///
    /// # Errors
    ///
    /// There is no memory, or a number is out of its range.
    pub fn new(config: Config, capacity: FileCapacity, threads: usize) -> Result<Self> {
        if !(1..=65536).contains(&config.width)
            || !(1..=65536).contains(&config.height)
            || config.base_q_idx == 0
        {
            return Err(Error::new(Kind::Internal, "AV1: the size or the quantiser is out of its range"));
        }
        let held = memory::held_rows(&config);
        let sequence = sequence_header(&config, held > 0);
        let header = frame_header(&config, &sequence, held > 0);
        let frame = Frame::new(&sequence, &header);
        let threads = threads.clamp(1, header.tile_info.tile_cols);
        let search = |_| Search::new(Level::new(), &config, &header).map(Box::new);
        let searches = (0..threads).map(search).collect::<Result<_>>()?;
        let strip = Strip::new(&config, &header, held)?;
        Ok(Self {
            config,
            sequence,
            header,
            frame,
            searches,
            strip,
            tiles: Vec::new(),
            store: Store::new(capacity)?,
            y: 0,
        })
    }

    /// Takes rows in the order of the picture: of each plane as many as belong to `rows` rows of luma. With 4:2:0
    /// `rows` is even but at the picture's end. What is beyond the picture is ignored.
    ///
    /// # Errors
    ///
    /// [`Kind::OutputTooLarge`] for more than the capacity; [`Kind::OutOfMemory`].
    pub fn push(&mut self, planes: [&[u8]; 3], rows: usize) -> Result<()> {
        let mut from = 0;
        while from < rows && self.y < self.config.height as usize {
            from += self.strip.take(&planes, from, rows);
            if !self.strip.is_full() {
                continue;
            }
            if self.y == 0 && self.header.allow_intrabc {
                self.decide_copies();
            }
            while self.strip.begin() {
                self.superblock_row()?;
                self.strip.end();
            }
        }
        Ok(())
    }

    /// Ends the picture: sequence header and frame.
    ///
    /// # Errors
    ///
    /// Rows are missing.
    pub fn finish(self) -> Result<Obus> {
        if self.y < self.config.height as usize {
            return Err(Error::new(Kind::Internal, "AV1: rows are missing"));
        }
        let tiles = self.store.into_data();
        Ok(Obus { head: before_tiles(&self.sequence, &self.header, tiles.len())?, tiles })
    }

    /// Decides by the first rows whether blocks are copied.
    fn decide_copies(&mut self) {
        if tuning::copies_pay(self.strip.count_repeats()) {
            return;
        }
        self.strip.without_copies();
        for search in &mut self.searches {
            search.copies = None;
            search.smallest = 3;
        }
        self.sequence = sequence_header(&self.config, false);
        self.header = frame_header(&self.config, &self.sequence, false);
        self.frame = Frame::new(&self.sequence, &self.header);
    }

    /// Codes the superblocks of the strip.
    fn superblock_row(&mut self) -> Result<()> {
        let row = (self.y / 4) as u32;
        let info = &self.header.tile_info;
        let starts = info.mi_row_starts[..info.tile_rows].iter().position(|&start| start == row);
        if let Some(index) = starts {
            self.begin_tiles(index)?;
        }
        self.code_strip()?;
        self.y += SUPERBLOCK;
        let row = (self.y / 4).min(self.header.mi_rows as usize);
        if self.tiles.first().is_some_and(|tile| tile.mi_row_end() <= row) {
            let columns = self.tiles.len();
            for tile in self.tiles.drain(..) {
                tile.finish(&mut self.store)?;
            }
            self.store.finish_row(columns, row == self.header.mi_rows as usize);
        }
        Ok(())
    }

    /// Begins a row of tiles.
    fn begin_tiles(&mut self, row: usize) -> Result<()> {
        let info = &self.header.tile_info;
        self.store.begin_row(info.tile_cols, row + 1 == info.tile_rows)?;
        for column in 0..info.tile_cols {
            let area = TileArea {
                mi_row_start: info.mi_row_starts[row] as usize,
                mi_row_end: info.mi_row_starts[row + 1] as usize,
                mi_col_start: info.mi_col_starts[column] as usize,
                mi_col_end: info.mi_col_starts[column + 1] as usize,
            };
            self.tiles.push(Tile::new(&self.frame, area, column)?);
        }
        Ok(())
    }

    /// Codes a row of superblocks of all tiles, those of each search on a thread.
    fn code_strip(&mut self) -> Result<()> {
        let Self { searches, strip, store, tiles, y, .. } = self;
        let store = Mutex::new(store);
        let (store, y) = (&store, *y);
        let each = tiles.len().div_ceil(searches.len());
        let columns = strip.columns_mut().chunks_mut(each);
        let mut jobs = tiles.chunks_mut(each).zip(columns).zip(searches).map(|((tiles, columns), search)| {
            move || {
                let mut pairs = tiles.iter_mut().zip(columns);
                pairs.try_for_each(|(tile, column)| tile.superblock_row(search, column, y, store))
            }
        });
        let Some(own) = jobs.next() else { return Ok(()) };
        if jobs.len() == 0 {
            return own();
        }
        thread::scope(|scope| {
            let others: Vec<_> = jobs.map(|job| thread::Builder::new().spawn_scoped(scope, job)).collect();
            let mut result = own();
            for other in others {
                let other = match other.map(thread::ScopedJoinHandle::join) {
                    Ok(Ok(done)) => done,
                    Ok(Err(panic)) => std::panic::resume_unwind(panic),
                    Err(source) => {
                        Err(Error::with_source(Kind::OutOfMemory, "a thread of the encoder", source))
                    }
                };
                result = result.and(other);
            }
            result
        })
    }
}

/// With `copies` blocks may be copied, and so no filter is on.
fn sequence_header(config: &Config, copies: bool) -> SequenceHeader {
    let (color_primaries, transfer_characteristics, matrix_coefficients, color_range) = config.color;
    let halved = u8::from(config.sampling != Sampling::Yuv444);
    SequenceHeader {
        seq_profile: u8::from(config.sampling == Sampling::Yuv444),
        seq_level_idx: SequenceHeader::level_for(config.width, config.height),
        max_frame_width_minus_1: config.width - 1,
        max_frame_height_minus_1: config.height - 1,
        enable_intra_edge_filter: true,
        enable_cdef: tuning::cdef(config.base_q_idx).is_some() && !copies,
        color_config: ColorConfig {
            mono_chrome: config.sampling == Sampling::Monochrome,
            color_primaries,
            transfer_characteristics,
            matrix_coefficients,
            color_range,
            subsampling_x: halved,
            subsampling_y: halved,
            ..ColorConfig::default()
        },
        ..SequenceHeader::default()
    }
}

fn frame_header(config: &Config, sequence: &SequenceHeader, copies: bool) -> FrameHeader {
    let mut header = FrameHeader::for_still(sequence);
    let base_q_idx = config.base_q_idx;
    let (dc, ac) = match config.sampling {
        Sampling::Monochrome => (0, 0),
        sampling => tuning::chroma_delta(base_q_idx, sampling == Sampling::Yuv420),
    };
    let level = tuning::matrix_level(base_q_idx);
    header.quantization_params = QuantizationParams {
        base_q_idx,
        delta_q_y_dc: 0,
        delta_q_u_dc: dc,
        delta_q_u_ac: ac,
        delta_q_v_dc: dc,
        delta_q_v_ac: ac,
        using_qmatrix: level < 15,
        qm_y: level,
        qm_u: level,
        qm_v: level,
    };
    header.delta_q_params =
        DeltaQParams { delta_q_present: true, delta_q_res: tuning::delta_resolution(base_q_idx) };
    header.loop_filter_params = tuning::loop_filter(base_q_idx);
    header.cdef_params = tuning::cdef(base_q_idx).unwrap_or_default();
    header.tx_mode = TxMode::Select;
    header.allow_screen_content_tools = config.is_screen;
    header.allow_intrabc = copies;
    header
}
