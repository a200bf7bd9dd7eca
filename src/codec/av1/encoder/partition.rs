//! The search of a superblock's partition into square blocks.

use super::{
    block::{Block, TxBlock},
    copying::CopySource,
    neighbours::Neighbours,
    search::Search,
    tuning,
};
use crate::codec::av1::sizes::Partition;

impl Search {
    /// Searches a superblock: at first how it is divided, by few tools, then the blocks of that division by all.
    pub(super) fn superblock(&mut self, from: Option<&CopySource<'_>>) {
        let before = self.neighbours;
        self.tools = self.efforts.0;
        self.square(from, 0, 0, 6);
        let Some(tools) = self.efforts.1 else { return };
        self.tools = tools;
        self.neighbours = before;
        self.levels.clear();
        if let Some(palettes) = &mut self.palettes {
            palettes.maps.clear();
        }
        let mut blocks = std::mem::take(&mut self.blocks);
        for block in &mut blocks {
            let (x, y) = (usize::from(block.x4) * 4, usize::from(block.y4) * 4);
            *block = self.block(from, x, y, block.log2.into()).1;
        }
        self.blocks = blocks;
    }

    /// Searches the square at (x, y) of the superblock; what is chosen is added to the blocks, and is in the canvases
    /// and in the neighbours. Gives its cost.
    fn square(&mut self, from: Option<&CopySource<'_>>, x: usize, y: usize, log2: usize) -> i64 {
        let side = 1usize << log2;
        let half = side / 2;
        let luma = self.around[0];
        if x >= luma.columns || y >= luma.rows {
            return 0;
        }
        let whole = x + half < luma.columns && y + half < luma.rows;
        if log2 == 2 {
            let (cost, block) = self.block(from, x, y, log2);
            self.blocks.push(block);
            return cost;
        }
        let context = self.neighbours.partition(x / 4, y / 4, log2 as u8);
        let rates = self.rates.partition[log2 - 3][context];
        let can_split = log2 > self.smallest;
        if !whole {
            return self.quarters(from, x, y, log2, i64::MAX).expect("no limit");
        }
        if log2 > self.tools.largest || (log2 == 6 && self.busy > self.tools.busy) {
            let rate = i64::from(rates[Partition::Split as usize]);
            return rate + self.quarters(from, x, y, log2, i64::MAX).expect("no limit");
        }
        let before = (self.neighbours, self.blocks.len(), self.levels.len());
        let (cost, block) = self.block(from, x, y, log2);
        let cost = cost + i64::from(rates[Partition::None as usize]);
        if !can_split || self.is_settled(cost, log2) || is_settled_copy(&(cost, block)) {
            self.blocks.push(block);
            return cost;
        }
        self.keep(x, y, log2);
        let after = self.neighbours;
        self.neighbours = before.0;
        let rate = i64::from(rates[Partition::Split as usize]);
        let split = if rate < cost { self.quarters(from, x, y, log2, cost - rate) } else { None };
        if let Some(split) = split
            && (log2 > 3 || is_worth_it(&self.blocks[before.1..], split + rate, cost))
        {
            return split + rate;
        }
        self.bring_back(x, y, log2);
        self.neighbours = after;
        self.blocks.truncate(before.1);
        self.blocks.push(block);
        self.remember(&block);
        cost
    }

    /// The four quarters of a square; `None` if they cost as much as `limit`.
    fn quarters(
        &mut self,
        from: Option<&CopySource<'_>>,
        x: usize,
        y: usize,
        log2: usize,
        limit: i64,
    ) -> Option<i64> {
        let half = 1usize << (log2 - 1);
        let mut cost = 0;
        for (x, y) in [(x, y), (x + half, y), (x, y + half), (x + half, y + half)] {
            cost += self.square(from, x, y, log2 - 1);
            if cost >= limit {
                return None;
            }
        }
        Some(cost)
    }

    /// Whether smaller blocks aren't worth a trial.
    fn is_settled(&self, cost: i64, log2: usize) -> bool {
        // Of screens even little is worth it.
        let settled = if self.palettes.is_some() { self.tools.settled / 2 } else { self.tools.settled };
        if log2 == 3 && self.smallest < 3 {
            cost < tuning::SETTLED_EIGHT
        } else {
            cost < settled << (2 * (log2 - 3))
        }
    }

    /// Searches a square as one block: predicted, and copied if that promises something.
    fn block(&mut self, from: Option<&CopySource<'_>>, x: usize, y: usize, log2: usize) -> (i64, Block) {
        self.weigh(x, y, log2);
        let before = (self.neighbours, self.levels.len());
        let plan = from.and_then(|from| Some((from, self.copy_candidate(from, x, y, log2)?)));
        let chosen = match plan {
            None => self.predicted(x, y, log2),
            Some((from, candidate)) => {
                let copies_first = candidate.score < tuning::SETTLED_COPY;
                let first = if copies_first {
                    self.copied(from, candidate, x, y, log2)
                } else {
                    self.predicted(x, y, log2)
                };
                let is_done =
                    if copies_first { is_settled_copy(&first) } else { candidate.score >= first.0 / 2 };
                if is_done {
                    first
                } else {
                    self.keep(x, y, log2);
                    let after = std::mem::replace(&mut self.neighbours, before.0);
                    let levels = self.levels.len();
                    let second = if copies_first {
                        self.predicted(x, y, log2)
                    } else {
                        self.copied(from, candidate, x, y, log2)
                    };
                    self.better((first, after), second, (before.1, levels))
                }
            }
        };
        self.remember(&chosen.1);
        chosen
    }

    /// The cheaper of two trials of a block, the second of which is in the canvases and in the neighbours; `levels` are
    /// the ends of the levels before the first and between them.
    fn better(
        &mut self,
        (first, after): ((i64, Block), Neighbours),
        mut second: (i64, Block),
        levels: (usize, usize),
    ) -> (i64, Block) {
        if first.0 <= second.0 {
            let (x, y) = (usize::from(first.1.x4) * 4, usize::from(first.1.y4) * 4);
            self.bring_back(x, y, first.1.log2.into());
            self.neighbours = after;
            self.levels.truncate(levels.1);
            return first;
        }
        self.levels.drain(levels.0..levels.1);
        for transform in second.1.transforms.as_flattened_mut() {
            transform.start = transform.start.saturating_sub((levels.1 - levels.0) as u32);
        }
        second
    }

    /// Searches a square as one block that is predicted from what is around it.
    fn predicted(&mut self, x: usize, y: usize, log2: usize) -> (i64, Block) {
        let context = self.neighbours.skip(x / 4, y / 4);
        let luma = self.luma(x, y, log2);
        let mut cost = luma.cost + i64::from(self.copy_rate(false));
        let mut block = Block {
            x4: (x / 4) as u8,
            y4: (y / 4) as u8,
            log2: log2 as u8,
            y_mode: luma.mode,
            angle_y: luma.angle,
            uv_mode: luma.mode,
            angle_uv: 0,
            cfl: [0; 2],
            depth: luma.depth,
            skip: false,
            palette: luma.palette,
            mv: None,
            transforms: [luma.transforms, [TxBlock::NONE; 4], [TxBlock::NONE; 4]],
        };
        if self.frame.planes > 1 {
            let chroma = self.chroma(x, y, log2, &luma);
            cost += chroma.cost;
            block.uv_mode = chroma.mode;
            block.angle_uv = chroma.angle;
            block.cfl = chroma.cfl;
            block.transforms[1] = chroma.transforms[0];
            block.transforms[2] = chroma.transforms[1];
        }
        block.skip = block.transforms.as_flattened().iter().all(|transform| transform.eob == 0);
        cost += i64::from(self.rates.skip[context][usize::from(block.skip)]);
        self.set_neighbours(&block);
        (cost, block)
    }

    /// Sets what a block leaves to those after it, but for coefficients' contexts.
    pub(super) fn set_neighbours(&mut self, block: &Block) {
        let (x4, y4, log2) = (usize::from(block.x4), usize::from(block.y4), block.log2);
        let count = 1usize << (log2 - 2);
        let near = &mut self.neighbours;
        near.set(x4, y4, count, log2, |line| &mut line.size);
        near.set(x4, y4, count, block.y_mode, |line| &mut line.mode);
        near.set(x4, y4, count, block.uv_mode, |line| &mut line.uv_mode);
        near.set(x4, y4, count, u8::from(block.skip), |line| &mut line.skip);
        near.set(x4, y4, count, (1u8 << log2) >> block.depth, |line| &mut line.tx);
        if self.palettes.is_some() {
            near.set(x4, y4, count, block.palette.shades, |line| &mut line.shades);
        }
    }

    fn keep(&mut self, x: usize, y: usize, log2: usize) {
        for plane in 0..self.frame.planes {
            let (sub_x, sub_y) = self.sub(plane);
            let side = (1usize << log2) >> sub_x;
            let out = &mut self.scratch.kept[log2][plane][..side * side];
            self.canvases[plane].copy_out(x >> sub_x, y >> sub_y, side, out);
        }
    }

    fn bring_back(&mut self, x: usize, y: usize, log2: usize) {
        for plane in 0..self.frame.planes {
            let (sub_x, sub_y) = self.sub(plane);
            let side = (1usize << log2) >> sub_x;
            let from = &self.scratch.kept[log2][plane][..side * side];
            self.canvases[plane].copy_in(x >> sub_x, y >> sub_y, side, from, side);
        }
    }
}

/// Whether 8 x 8 are better divided into `quarters`: unless most of these are copied it must cost an eighth less, as
/// the whole still gains by the tools that the division isn't searched by.
fn is_worth_it(quarters: &[Block], divided: i64, whole: i64) -> bool {
    let copied = quarters.iter().filter(|block| block.mv.is_some()).count();
    divided + if copied > 2 { 0 } else { whole / 8 } < whole
}

/// Whether nothing can be much cheaper than a copy.
fn is_settled_copy((cost, block): &(i64, Block)) -> bool {
    block.mv.is_some() && block.skip && *cost < tuning::SETTLED_COPY
}
