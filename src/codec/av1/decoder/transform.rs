//! A transform: what is decoded around it, its prediction, and its residual.

use super::block::Work;
use crate::codec::av1::{
    predict::{Around, Edges, Intra, LumaAc, cfl, intra, palette},
    quantizer::Quantizer,
    sizes::{PredictionMode, TxType},
    symbols::Decoder,
    syntax::{Block, Coded, Frame, TileState, TransformBlock},
    transform::add_lossless,
    window::Window,
};

impl Work {
    /// Marks a transform as decoded.
    pub(super) fn set_decoded(&mut self, frame: &Frame, transform: TransformBlock) {
        let TransformBlock { plane, size, .. } = transform;
        let (column, row) = place_in_superblock(frame, transform);
        let bits = ((1u64 << (size.width() / 4)) - 1) << (column + 1);
        let rows = self.decoded[plane].iter_mut().skip(row + 1).take(size.height() / 4);
        rows.for_each(|row| *row |= bits);
    }

    /// Luma below a transform of chroma.
    pub(super) fn luma_below(&self, frame: &Frame, transform: TransformBlock, luma: &Window) -> LumaAc {
        let (sub_x, sub_y) = frame.subsampling(transform.plane);
        let (x, y) = ((transform.x4 * 4) << sub_x, (transform.y4 * 4) << sub_y);
        LumaAc::new(
            &luma.samples()[luma.index(x, y)..],
            luma.stride(),
            (transform.size.width(), transform.size.height()),
            (self.max_luma.0.saturating_sub(x), self.max_luma.1.saturating_sub(y)),
            (sub_x != 0, sub_y != 0),
        )
    }

    /// Predicts a transform's samples.
    pub(super) fn predict(
        &mut self,
        state: &TileState,
        block: &Block,
        transform: TransformBlock,
        smooth: bool,
        window: &mut Window,
    ) {
        let TransformBlock { plane, x4, y4, size } = transform;
        let frame = &state.frame;
        let (sub_x, sub_y) = frame.subsampling(plane);
        let (x, y) = (x4 * 4, y4 * 4);
        let (stride, at) = (window.stride(), window.index(x, y));
        let dimensions = (size.width(), size.height());
        // The transform's place in its block.
        let (in_x, in_y) = (x - (block.mi_col >> sub_x) * 4, y - (block.mi_row >> sub_y) * 4);
        let colors = usize::from(block.palette_size[usize::from(plane > 0)]);
        if colors > 0 {
            let map = if plane == 0 { &self.maps.y } else { &self.maps.uv };
            let (map, colors) = (&map[in_y * 64 + in_x..], &block.palette_colors[plane][..colors]);
            return palette(&mut window.samples_mut()[at..], stride, dimensions, colors, map, 64);
        }
        let edges = self.edges(state, block, transform, window);
        let mode = match (plane, block.filter_intra_mode) {
            (0, Some(mode)) => Intra::Filter(mode),
            _ => {
                let (mode, delta) = if plane == 0 {
                    (block.y_mode, block.angle_delta_y)
                } else {
                    (block.uv_mode, block.angle_delta_uv)
                };
                Intra::new(mode, delta, self.enable_intra_edge_filter.then_some(smooth))
            }
        };
        let out = &mut window.samples_mut()[at..];
        intra(self.level, mode, &edges, out, stride);
        if plane > 0
            && block.uv_mode == PredictionMode::Cfl
            && let Some(luma) = &self.luma
        {
            cfl(out, stride, luma, block.cfl_alpha[plane - 1].into(), frame.bit_depth);
        }
    }

    /// What is decoded around a transform.
    fn edges(&self, state: &TileState, block: &Block, transform: TransformBlock, window: &Window) -> Edges {
        let TransformBlock { plane, x4, y4, size } = transform;
        let frame = &state.frame;
        let (sub_x, sub_y) = frame.subsampling(plane);
        let (x, y) = (x4 * 4, y4 * 4);
        let (stride, at) = (window.stride(), window.index(x, y));
        let dimensions = (size.width(), size.height());
        let (in_x, in_y) = (x - (block.mi_col >> sub_x) * 4, y - (block.mi_row >> sub_y) * 4);
        let (above, left) = if plane == 0 {
            (block.available_above, block.available_left)
        } else {
            (block.available_above_chroma, block.available_left_chroma)
        };
        let (column, row) = place_in_superblock(frame, transform);
        let decoded = &self.decoded[plane];
        let is_decoded = |row: usize, column: usize| decoded[row] >> column & 1 != 0;
        let around = Around {
            above: above || in_y > 0,
            left: left || in_x > 0,
            above_right: is_decoded(row, column + 1 + dimensions.0 / 4),
            below_left: is_decoded(row + 1 + dimensions.1 / 4, column),
            columns: ((frame.mi_cols * 4) >> sub_x) - x,
            rows: ((frame.mi_rows * 4) >> sub_y) - y,
        };
        // Above the superblock is what filters haven't changed.
        let first = (self.mi_row * 4) >> sub_y;
        let line = if !around.above {
            &[]
        } else if y == first {
            &self.above[plane][..]
        } else {
            window.row(y - 1)
        };
        let corner = if around.above && around.left { line[x - 1] } else { 0 };
        let above = if around.above { &line[x..] } else { &[] };
        let samples = window.samples();
        Edges::new(size, frame.bit_depth, &around, above, corner, |i| samples[at + i * stride - 1])
    }

    /// Reads a transform's coefficients and adds what they make.
    pub(super) fn reconstruct(
        &mut self,
        state: &mut TileState,
        symbols: &mut Decoder,
        block: &Block,
        transform: TransformBlock,
        quantizer: &Quantizer,
        window: &mut Window,
    ) {
        let size = transform.size;
        let coded = Coded::new(TxType::DctDct, 0);
        let coefficients = &mut self.coefficients;
        let coded = state.coefficients(symbols, block, transform, coded, coefficients, |tx_type| {
            let dequantizer = quantizer.of_transform(size, tx_type);
            move |place, quant| dequantizer.value(place, quant)
        });
        if coded.eob == 0 {
            return;
        }
        let (stride, at) = (window.stride(), window.index(transform.x4 * 4, transform.y4 * 4));
        let out = &mut window.samples_mut()[at..];
        if block.lossless {
            if let Some(coefficients) = coefficients.first_chunk() {
                add_lossless(coefficients, state.frame.bit_depth, out, stride);
            }
        } else {
            self.inverse.add(
                size,
                coded.tx_type,
                &coefficients[..],
                (coded.columns, coded.rows),
                out,
                stride,
            );
        }
        for row in coefficients.chunks_exact_mut(size.adjusted().width()).take(coded.rows) {
            row[..coded.columns].fill(0);
        }
    }
}

/// The column and row of a transform in its superblock, in units of four samples of its plane.
fn place_in_superblock(frame: &Frame, transform: TransformBlock) -> (usize, usize) {
    let (sub_x, sub_y) = frame.subsampling(transform.plane);
    let mask = frame.superblock.width4() - 1;
    (transform.x4 & (mask >> sub_x), transform.y4 & (mask >> sub_y))
}
