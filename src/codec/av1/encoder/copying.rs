//! The search of a block that is copied from what is already coded (intra block copy): where to, by the table of
//! [`matches`](super::matches) and the blocks around, and what its residual costs.

use super::{
    block::{BLOCKS, Block, TxBlock},
    canvas::{Canvas, order},
    cost::BIT,
    kernels::SIDE,
    matches::{Matches, Squares},
    palette::Palette,
    search::{Place, Prediction, Search},
    strip::Column,
};
use crate::codec::av1::{
    sizes::{PredictionMode, TxType},
    syntax::{self, Cell, Mv, TileState},
};

/// Vectors that are measured for a block, at the most.
const CANDIDATES: usize = 48;

/// From where blocks may be copied.
pub(super) struct CopySource<'a> {
    /// As it stands before the superblock in work.
    pub state: &'a TileState,
    pub column: &'a Column,
    /// Of the superblock.
    pub mi_row: usize,
    pub mi_col: usize,
}

/// A vector that is worth a trial.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    mv: Mv,
    rate: u32,
    /// About what it costs.
    pub score: i64,
}

/// Vectors that are to be measured.
struct Vectors {
    all: [Mv; CANDIDATES],
    count: usize,
}

impl Vectors {
    fn add(&mut self, mv: Mv) {
        if self.count < CANDIDATES && !self.seen().contains(&mv) {
            self.all[self.count] = mv;
            self.count += 1;
        }
    }

    /// Those to where what stands along both diagonals of a block has been before.
    fn add_matches<const SIZE: usize>(
        &mut self,
        squares: &Squares<SIZE>,
        from: &CopySource<'_>,
        (x, y): (usize, usize),
        log2: usize,
    ) {
        let (left, top) = ((from.mi_col - from.state.area.mi_col_start) * 4 + x, from.mi_row * 4 + y);
        let count = (1 << log2) / SIZE;
        for part in 0..count {
            for across in [part, count - 1 - part] {
                let (right, down) = (across * SIZE, part * SIZE);
                for (to_x, to_y) in squares.of(left + right, y + down) {
                    let (row, col) = (to_y as i32 - (top + down) as i32, to_x as i32 - (left + right) as i32);
                    self.add(Mv { row: row * 8, col: col * 8 });
                }
            }
        }
    }

    fn seen(&self) -> &[Mv] {
        &self.all[..self.count]
    }
}

/// The longest difference of a vector from the predicted one, of each component: `MV_CLASS_10` ends with it.
const LONGEST: u32 = 2048 * 8;

/// Whether there is a symbol for the difference: between vectors of tiles of more than 2048 columns it may be longer.
const fn can_be_written(mv: Mv, predicted: Mv) -> bool {
    mv.row.abs_diff(predicted.row) <= LONGEST && mv.col.abs_diff(predicted.col) <= LONGEST
}

impl Search {
    /// What it costs to say whether a block is copied.
    pub(super) fn copy_rate(&self, is_copied: bool) -> u16 {
        self.copies.as_ref().map_or(0, |copies| copies.flag[usize::from(is_copied)])
    }

    /// Remembers a block that was chosen, for the vectors of those after it.
    pub(super) fn remember(&mut self, block: &Block) {
        let Some(copies) = &mut self.copies else { return };
        let mv = block.mv.map(|mv| [mv.row as i16, mv.col as i16]);
        let cell = Cell { mv, size: Some(BLOCKS[usize::from(block.log2) - 2]) };
        let count = 1usize << (block.log2 - 2);
        for row in copies.cells.chunks_exact_mut(16).skip(block.y4.into()).take(count) {
            row[block.x4.into()..usize::from(block.x4) + count].fill(cell);
        }
    }

    /// From where the block at (x, y) of the superblock is best copied, if something there is may be like it.
    pub(super) fn copy_candidate(
        &self,
        from: &CopySource<'_>,
        x: usize,
        y: usize,
        log2: usize,
    ) -> Option<Candidate> {
        let size = BLOCKS[log2 - 2];
        let mut block = from.state.block(from.mi_row + y / 4, from.mi_col + x / 4, size);
        let predicted = self.predicted_mv(from, &block);
        self.best_vector(from, &mut block, predicted, (x, y), log2)
    }

    /// `PredMv[ 0 ]`.
    fn predicted_mv(&self, from: &CopySource<'_>, block: &syntax::Block) -> Mv {
        let at = order(block.mi_col - from.mi_col, block.mi_row - from.mi_row);
        from.state.predicted_mv_among(block, &|mi_row, mi_col| {
            let (row, col) = (mi_row - from.mi_row as isize, mi_col - from.mi_col as isize);
            // Of the superblock there is what comes before in the order of coding.
            let is_inside = (0..16).contains(&row) && (0..16).contains(&col);
            if is_inside && order(col as usize, row as usize) >= at {
                return None;
            }
            self.cell(from, mi_row, mi_col)
        })
    }

    /// The vector to where luma is nearest.
    fn best_vector(
        &self,
        from: &CopySource<'_>,
        block: &mut syntax::Block,
        predicted: Mv,
        (x, y): (usize, usize),
        log2: usize,
    ) -> Option<Candidate> {
        let copies = self.copies.as_ref()?;
        let step = i64::from(self.quantizer.of(0, log2 - 2).common_step());
        let column = (from.mi_col - from.state.area.mi_col_start) * 4;
        let mut best: Option<Candidate> = None;
        for &mv in self.vectors(from, predicted, (x, y), log2).seen() {
            block.mv = mv;
            if !from.state.is_mv_valid(block) || !can_be_written(mv, predicted) {
                continue;
            }
            let Some(sum) = self.difference(from.column, (column, x, y), mv, log2) else { continue };
            let rate = copies.rate(mv, predicted);
            let score = i64::from(sum) * 6 * i64::from(BIT) / step + i64::from(rate);
            if best.is_none_or(|best| score < best.score) {
                best = Some(Candidate { mv, rate, score });
            }
        }
        best
    }

    /// Vectors that may be right: the predicted one, those of blocks around, and to where the same has been before.
    fn vectors(&self, from: &CopySource<'_>, predicted: Mv, (x, y): (usize, usize), log2: usize) -> Vectors {
        let mut vectors = Vectors { all: [Mv::default(); CANDIDATES], count: 0 };
        vectors.add(predicted);
        let (mi_row, mi_col) = ((from.mi_row + y / 4) as isize, (from.mi_col + x / 4) as isize);
        let last = (1 << (log2 - 2)) - 1;
        for (row, col) in [(mi_row - 1, mi_col), (mi_row - 1, mi_col + last), (mi_row, mi_col - 1)] {
            if let Some([row, col]) = self.cell(from, row, col).and_then(|cell| cell.mv) {
                vectors.add(Mv { row: row.into(), col: col.into() });
            }
        }
        if let Some(Matches { eights, fours }) = &from.column.matches {
            vectors.add_matches(eights, from, (x, y), log2);
            vectors.add_matches(fours, from, (x, y), log2);
        }
        vectors
    }

    /// What is remembered of a place, in the superblock or before it.
    fn cell(&self, from: &CopySource<'_>, mi_row: isize, mi_col: isize) -> Option<Cell> {
        let inside = |mi: isize, start: usize| usize::try_from(mi - start as isize).ok();
        match (inside(mi_row, from.mi_row), inside(mi_col, from.mi_col), &self.copies) {
            (Some(row), Some(col), Some(copies)) if row < 16 && col < 16 => {
                Some(copies.cells[row * 16 + col])
            }
            _ if mi_col < from.state.area.mi_col_start as isize => None,
            _ => from.state.cell(mi_row, mi_col),
        }
    }

    /// The sum of absolute differences of luma; `None` if what is copied isn't held.
    fn difference(
        &self,
        column: &Column,
        (left, x, y): (usize, usize, usize),
        mv: Mv,
        log2: usize,
    ) -> Option<u32> {
        let side = 1usize << log2;
        let (dx, dy) = ((mv.col >> 3) as isize, (mv.row >> 3) as isize);
        let halved = self.frame.subsampling_x && self.frame.planes > 1;
        if halved && (dx & 1 != 0 || dy & 1 != 0) {
            return None;
        }
        let (to_x, to_y) = ((left + x) as isize + dx, y as isize + dy);
        let plane = column.plane(0);
        if !plane.holds(to_x, to_x + side as isize, to_y, to_y + side as isize) {
            return None;
        }
        let mut sum = 0;
        for row in 0..side {
            let from = &plane.from(to_x as usize, to_y + row as isize)[..side];
            let source = &self.source[0][(y + row) * SIDE + x..][..side];
            sum += from.iter().zip(source).map(|(&a, &b)| u32::from(u16::from(a).abs_diff(b))).sum::<u32>();
        }
        Some(sum)
    }

    /// Puts a copied block into the canvases.
    fn place_copy(&mut self, from: &CopySource<'_>, mv: Mv, x: usize, y: usize, log2: usize) {
        let column = (from.mi_col - from.state.area.mi_col_start) * 4;
        for plane in 0..self.frame.planes {
            let shift = self.sub(plane).0;
            let side = (1usize << log2) >> shift;
            let held = from.column.plane(plane);
            let to_x = ((column + x) as isize + (mv.col >> 3) as isize) >> shift;
            let to_y = (y as isize + (mv.row >> 3) as isize) >> shift;
            for row in 0..side {
                let source = &held.from(to_x as usize, to_y + row as isize)[..side];
                let out = Canvas::index(x >> shift, (y >> shift) + row);
                for (out, &sample) in self.canvases[plane].samples[out..out + side].iter_mut().zip(source) {
                    *out = sample.into();
                }
            }
        }
    }

    /// A copied block, which is in the canvases and in the neighbours, and what it costs.
    pub(super) fn copied(
        &mut self,
        from: &CopySource<'_>,
        candidate: Candidate,
        x: usize,
        y: usize,
        log2: usize,
    ) -> (i64, Block) {
        let Candidate { mv, rate, .. } = candidate;
        self.place_copy(from, mv, x, y, log2);
        let skip_rates = self.rates.skip[self.neighbours.skip(x / 4, y / 4)];
        let start = self.levels.len();
        let mut block = copied_block(mv, x, y, log2);
        let (coded, none) = self.copied_transforms(&mut block);
        let (coded, none) = (coded + i64::from(skip_rates[0]), none + i64::from(skip_rates[1]));
        let is_empty = block.transforms.as_flattened().iter().all(|transform| transform.eob == 0);
        block.skip = is_empty || none <= coded;
        if block.skip {
            block.transforms = [[TxBlock::NONE; 4]; 3];
            if !is_empty {
                self.levels.truncate(start);
                self.place_copy(from, mv, x, y, log2);
            }
            for plane in 0..self.frame.planes {
                let (shift, size) = (self.sub(plane).0, log2 - 2 - self.sub(plane).0);
                self.set_coefficients(Place { plane, x: x >> shift, y: y >> shift, size }, 0);
            }
        }
        self.set_neighbours(&block);
        let cost = if block.skip { none } else { coded };
        (cost + i64::from(rate) + i64::from(self.copy_rate(true)), block)
    }

    /// Codes the residual of a copied block; gives what it costs, and what none costs.
    fn copied_transforms(&mut self, block: &mut Block) -> (i64, i64) {
        let (x, y) = (usize::from(block.x4) * 4, usize::from(block.y4) * 4);
        let log2 = usize::from(block.log2);
        let at = Place { plane: 0, x, y, size: log2 - 2 };
        self.try_copied_luma(at);
        let chosen = self.scratch.trials[0].chosen;
        let (mut coded, mut none) = (chosen.cost + i64::from(self.whole_rate(at)), chosen.none);
        let luma = self.commit(at, Prediction::Canvas, 0);
        block.transforms[0][0] = luma;
        let tx_type = if luma.eob == 0 { TxType::DctDct } else { luma.tx_type };
        let (size, count) = self.chroma_transforms(log2);
        for plane in 1..self.frame.planes {
            for index in 0..count * count {
                let shift = self.sub(plane).0;
                let (x, y) = ((x >> shift) + index % count * 32, (y >> shift) + index / count * 32);
                if x >= self.around[plane].columns || y >= self.around[plane].rows {
                    continue;
                }
                let at = Place { plane, x, y, size };
                let contexts = self.contexts(at, count == 1);
                self.try_transform(at, tx_type, 0, contexts, Prediction::Canvas, 1);
                let chosen = self.scratch.trials[1].chosen;
                coded += chosen.cost;
                none += chosen.none;
                block.transforms[plane][index] = self.commit(at, Prediction::Canvas, 1);
            }
        }
        (coded, none)
    }

    /// The size of the transforms of a copied block's chroma, and how many there are a side.
    fn chroma_transforms(&self, log2: usize) -> (usize, usize) {
        let size = log2 - 2 - self.sub(1).0;
        if size == 4 { (3, 2) } else { (size, 1) }
    }

    /// Tries the luma of a copied block, into trial 0.
    fn try_copied_luma(&mut self, at: Place) {
        let contexts = self.contexts(at, true);
        let Some(types) = self.copies.as_ref().map(|copies| copies.types) else { return };
        let rate = if at.size < 4 { types[at.size] } else { [0; 2] };
        self.try_transform(at, TxType::DctDct, rate[0], contexts, Prediction::Canvas, 0);
        if at.size < 3 && self.scratch.trials[0].chosen.eob > 1 {
            self.try_transform(at, TxType::Idtx, rate[1], contexts, Prediction::Canvas, 1);
            if self.scratch.trials[1].chosen.cost < self.scratch.trials[0].chosen.cost {
                self.scratch.trials.swap(0, 1);
            }
        }
    }

    /// What it costs to say that luma has one transform.
    fn whole_rate(&self, at: Place) -> u16 {
        if at.size == 0 {
            return 0;
        }
        let side = 4 << at.size;
        let near = &self.neighbours;
        let smaller = |tx: u8| usize::from(tx != 0 && usize::from(tx) < side);
        let context = (4 - at.size) * 6 + smaller(near.above.tx[at.x / 4]) + smaller(near.left.tx[at.y / 4]);
        self.copies.as_ref().map_or(0, |copies| copies.whole[context])
    }
}

/// A block that is copied, as yet without levels.
fn copied_block(mv: Mv, x: usize, y: usize, log2: usize) -> Block {
    Block {
        x4: (x / 4) as u8,
        y4: (y / 4) as u8,
        log2: log2 as u8,
        y_mode: PredictionMode::Dc,
        angle_y: 0,
        uv_mode: PredictionMode::Dc,
        angle_uv: 0,
        cfl: [0; 2],
        depth: 0,
        skip: false,
        palette: Palette::default(),
        mv: Some(mv),
        transforms: [[TxBlock::NONE; 4]; 3],
    }
}
