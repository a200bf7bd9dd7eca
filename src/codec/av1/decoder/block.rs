//! A superblock: its blocks, each predicted and reconstructed as it is read.

use super::copy::copy;
use crate::{
    codec::av1::{
        filter::{
            deblock,
            map::{FilterMap, RestorationUnit as Unit},
        },
        header::{Picture, RestorationType, SequenceHeader},
        predict::LumaAc,
        quantizer::Quantizer,
        sizes::{BlockSize, Partition, PredictionMode},
        symbols::Decoder,
        syntax::{Block, ColorMaps, Frame, RestorationUnit, TileState},
        transform::Inverse,
        window::Window,
    },
    error::Result,
    simd::Level,
};

/// A tile in work.
pub(super) struct Tile<'a> {
    pub state: TileState,
    pub symbols: Decoder<'a>,
}

/// The largest side of a superblock, in units of four samples.
pub(super) const LARGEST_SIDE: usize = BlockSize::Block128x128.width4();

/// What decoding works in, whatever the tile.
pub(super) struct Work {
    pub(super) level: Level,
    pub(super) inverse: Inverse,
    /// Zeros between transforms.
    pub(super) coefficients: [i32; 1024],
    pub(super) maps: ColorMaps,
    pub(super) luma: Option<LumaAc>,
    /// `MaxLumaW` and `MaxLumaH`.
    pub(super) max_luma: (usize, usize),
    /// `BlockDecoded`, by plane: a bit for each column, rows and columns counted from 1.
    pub(super) decoded: [[u64; LARGEST_SIDE + 2]; 3],
    /// The last row of each plane above the superblocks in work, before filters.
    pub(super) above: [Vec<u16>; 3],
    /// The row of superblocks in work, in units of four luma samples.
    pub(super) mi_row: usize,
    pub(super) enable_intra_edge_filter: bool,
}

impl Work {
    pub fn new(level: Level, sequence: &SequenceHeader, frame: &Frame) -> Result<Self> {
        let mut above = [Vec::new(), Vec::new(), Vec::new()];
        for (plane, line) in above.iter_mut().enumerate().take(frame.num_planes) {
            let length = Self::line_length(frame, plane);
            line.try_reserve_exact(length)?;
            line.resize(length, 0);
        }
        Ok(Self {
            level,
            inverse: Inverse::new(level, frame.bit_depth),
            coefficients: [0; 1024],
            maps: ColorMaps::default(),
            luma: None,
            max_luma: (0, 0),
            decoded: [[0; LARGEST_SIDE + 2]; 3],
            above,
            mi_row: 0,
            enable_intra_edge_filter: sequence.enable_intra_edge_filter,
        })
    }

    pub fn heap_bytes(frame: &Frame) -> usize {
        (0..frame.num_planes).map(|plane| Self::line_length(frame, plane) * 2).sum()
    }

    fn line_length(frame: &Frame, plane: usize) -> usize {
        (frame.mi_cols.next_multiple_of(LARGEST_SIDE) * 4) >> frame.subsampling(plane).0
    }

    pub const fn begin_superblock_row(&mut self, mi_row: usize) {
        self.mi_row = mi_row;
    }

    /// Remembers the last rows of the superblocks that were decoded, before filters change them.
    pub fn keep_last_lines(&mut self, planes: &[Window], mi_row: usize, frame: &Frame) {
        for (plane, (line, window)) in self.above.iter_mut().zip(planes).enumerate().take(frame.num_planes) {
            let end = ((mi_row + frame.superblock.height4()) * 4) >> frame.subsampling(plane).1;
            if end <= window.end() {
                let row = window.row(end - 1);
                let length = line.len().min(row.len());
                line[..length].copy_from_slice(&row[..length]);
            }
        }
    }

    /// `clear_block_decoded_flags`.
    fn clear_decoded(&mut self, state: &TileState, (mi_row, mi_col): (usize, usize)) {
        let side = state.frame.superblock.width4();
        for plane in 0..state.frame.num_planes {
            let (sub_x, sub_y) = state.frame.subsampling(plane);
            let width = ((state.area.mi_col_end - mi_col) >> sub_x).min((side >> sub_x) + 1);
            let height = ((state.area.mi_row_end - mi_row) >> sub_y).min(side >> sub_y);
            let rows = &mut self.decoded[plane];
            rows.fill(0);
            // Bit 0 is the column to the left.
            rows[0] = (1 << (width + 1)) - 1;
            rows[1..=height].fill(1);
        }
    }
}

/// A superblock in work.
pub(super) struct Superblock<'s, 'a> {
    pub tile: &'s mut Tile<'a>,
    pub work: &'s mut Work,
    pub picture: &'s Picture<'a>,
    pub planes: &'s mut [Window],
    pub map: &'s mut FilterMap,
}

impl Superblock<'_, '_> {
    /// Decodes the superblock at a place.
    pub fn decode(&mut self, place: (usize, usize)) -> Result<()> {
        let Tile { state, symbols } = self.tile;
        state.begin_superblock();
        self.work.clear_decoded(state, place);
        let map = &mut self.map;
        state.restoration_units(
            symbols,
            place,
            |_, _, _| RestorationUnit::default(),
            |plane, row, col, unit| map.set_unit(plane, (row, col), restoration(unit)),
        );
        let size = state.frame.superblock;
        self.partition(place, size)
    }

    /// `decode_partition`.
    fn partition(&mut self, (mi_row, mi_col): (usize, usize), size: BlockSize) -> Result<()> {
        let Tile { state, symbols } = self.tile;
        let (mi_rows, mi_cols) = (state.frame.mi_rows, state.frame.mi_cols);
        if mi_row >= mi_rows || mi_col >= mi_cols {
            return Ok(());
        }
        let partition = state.partition(symbols, (mi_row, mi_col), size, Partition::None)?;
        // Both are there, as this was checked.
        let part = size.part(partition).unwrap_or(size);
        let (half, quarter) = (size.width4() / 2, size.width4() / 4);
        let square = size.part(Partition::Split).unwrap_or(size);
        match partition {
            Partition::None => self.block((mi_row, mi_col), part),
            Partition::Split => {
                for (row, col) in [(0, 0), (0, half), (half, 0), (half, half)] {
                    self.partition((mi_row + row, mi_col + col), part)?;
                }
                Ok(())
            }
            Partition::Horz => self.blocks((mi_row, mi_col), &[(0, 0, part), (half, 0, part)]),
            Partition::Vert => self.blocks((mi_row, mi_col), &[(0, 0, part), (0, half, part)]),
            Partition::HorzA => {
                self.blocks((mi_row, mi_col), &[(0, 0, square), (0, half, square), (half, 0, part)])
            }
            Partition::HorzB => {
                self.blocks((mi_row, mi_col), &[(0, 0, part), (half, 0, square), (half, half, square)])
            }
            Partition::VertA => {
                self.blocks((mi_row, mi_col), &[(0, 0, square), (half, 0, square), (0, half, part)])
            }
            Partition::VertB => {
                self.blocks((mi_row, mi_col), &[(0, 0, part), (0, half, square), (half, half, square)])
            }
            Partition::Horz4 => {
                let row = |index: usize| (index * quarter, 0, part);
                self.blocks((mi_row, mi_col), &[row(0), row(1), row(2), row(3)])
            }
            Partition::Vert4 => {
                let col = |index: usize| (0, index * quarter, part);
                self.blocks((mi_row, mi_col), &[col(0), col(1), col(2), col(3)])
            }
        }
    }

    /// Decodes the blocks of a square that begin inside the frame.
    fn blocks(
        &mut self,
        (mi_row, mi_col): (usize, usize),
        parts: &[(usize, usize, BlockSize)],
    ) -> Result<()> {
        for &(row, col, size) in parts {
            let place = (mi_row + row, mi_col + col);
            let frame = &self.tile.state.frame;
            if place.0 < frame.mi_rows && place.1 < frame.mi_cols {
                self.block(place, size)?;
            }
        }
        Ok(())
    }

    /// `decode_block`.
    fn block(&mut self, (mi_row, mi_col): (usize, usize), size: BlockSize) -> Result<()> {
        let Tile { state, symbols } = self.tile;
        let mut block = state.block(mi_row, mi_col, size);
        state.mode_info(symbols, &mut block)?;
        state.palette_tokens(symbols, &block, &mut self.work.maps);
        state.block_tx_size(symbols, &mut block);
        if !block.skip {
            self.map.set_coded((mi_row, mi_col), size);
        }
        if block.cdef_idx >= 0 && !block.skip {
            self.map.set_cdef_idx((mi_row, mi_col), size, block.cdef_idx as u8);
        }
        let segment = usize::from(block.segment_id);
        self.map.set_levels(
            (mi_row, mi_col),
            size,
            deblock::levels(&self.picture.frame, segment, block.delta_lf),
        );
        if block.use_intrabc {
            self.copy_block(&block);
        }
        self.residual(&block)?;
        self.tile.state.finish_block(&block);
        Ok(())
    }

    /// `compute_prediction`, of a block that copies.
    fn copy_block(&mut self, block: &Block) {
        let frame = &self.tile.state.frame;
        for (plane, window) in self.planes.iter_mut().enumerate().take(if block.has_chroma { 3 } else { 1 }) {
            let (sub_x, sub_y) = frame.subsampling(plane);
            let size = frame.plane_size(block.size, plane);
            copy(
                window,
                ((block.mi_col >> sub_x) * 4, (block.mi_row >> sub_y) * 4),
                (size.width(), size.height()),
                block.mv,
                (sub_x, sub_y),
                ((frame.mi_cols * 4) >> sub_x, (frame.mi_rows * 4) >> sub_y),
            );
        }
    }

    /// `residual`, with the prediction of each transform before it.
    fn residual(&mut self, block: &Block) -> Result<()> {
        let Tile { state, symbols } = self.tile;
        let (work, planes, map) = (&mut *self.work, &mut *self.planes, &mut *self.map);
        let quantizers = if block.skip { None } else { Some(quantizers(self.picture, block, &state.frame)) };
        let mut smooth = [false; 2];
        if work.enable_intra_edge_filter {
            smooth = [
                state.is_smooth_around(block, false),
                block.has_chroma && state.is_smooth_around(block, true),
            ];
        }
        state.for_each_transform(block, |state, transform| {
            if !block.use_intrabc {
                if block.uv_mode == PredictionMode::Cfl && transform.plane == 1 {
                    work.luma = Some(work.luma_below(&state.frame, transform, &planes[0]));
                }
                let window = &mut planes[transform.plane];
                work.predict(state, block, transform, smooth[usize::from(transform.plane > 0)], window);
                if transform.plane == 0 {
                    work.max_luma = (
                        transform.x4 * 4 + transform.size.width(),
                        transform.y4 * 4 + transform.size.height(),
                    );
                }
            }
            if let Some(quantizers) = &quantizers {
                let window = &mut planes[transform.plane];
                work.reconstruct(state, symbols, block, transform, &quantizers[transform.plane], window);
            }
            map.set_tx_size(transform.plane, (transform.x4, transform.y4), transform.size);
            work.set_decoded(&state.frame, transform);
            Ok(())
        })
    }
}

/// The quantisers of a block's planes.
fn quantizers(picture: &Picture, block: &Block, frame: &Frame) -> [Quantizer; 3] {
    let header = &picture.frame;
    let segment = usize::from(block.segment_id);
    let qindex = i32::from(header.qindex(segment, Some(block.current_q_index)));
    let params = &header.quantization_params;
    let deltas = [
        (params.delta_q_y_dc, 0),
        (params.delta_q_u_dc, params.delta_q_u_ac),
        (params.delta_q_v_dc, params.delta_q_v_ac),
    ];
    std::array::from_fn(|plane| {
        let (dc, ac) = deltas[plane];
        let level = header.seg_qm_level[plane][segment];
        Quantizer::new(frame.bit_depth, qindex, (dc.into(), ac.into()), level, plane > 0)
    })
}

/// As the filters hold it.
const fn restoration(unit: RestorationUnit) -> Unit {
    match unit.kind {
        RestorationType::Wiener => Unit::Wiener(unit.wiener),
        RestorationType::Sgrproj => Unit::SelfGuided { set: unit.sgr_set, xqd: unit.sgr_xqd },
        RestorationType::None | RestorationType::Switchable => Unit::None,
    }
}
