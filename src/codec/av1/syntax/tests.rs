//! Round trips: a stream of random symbols is read, what was read is written, and what was written says the same.

use super::{
    frame::{PlaneRestoration, Segment},
    *,
};
use crate::codec::av1::{
    header::{DeltaLfParams, DeltaQParams, RestorationType, TxMode},
    sizes::{BlockSize, Partition, TxType},
    symbols::{Decoder, Encoder, Symbols},
};

/// Reads symbols that nobody wrote, and writes them.
struct Random {
    encoder: Encoder,
    state: u64,
}

impl Random {
    fn next(&mut self) -> usize {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 40) as usize
    }
}

impl Symbols for Random {
    const WRITES: bool = false;

    fn symbol<const L: usize>(&mut self, cdf: &mut [u16; L], _value: usize) -> usize {
        let value = self.next() % (L - 1);
        self.encoder.symbol(cdf, value)
    }

    fn fixed(&mut self, inverse: u16, _value: bool) -> bool {
        let value = self.next() & 1 != 0;
        self.encoder.fixed(inverse, value)
    }
}

/// What a tile says, in order.
#[derive(Debug, PartialEq)]
enum Item {
    Unit(usize, usize, usize, RestorationUnit),
    Partition(Partition),
    Block(Box<Block>),
    Map(bool, Vec<u8>),
    Coefficients(TransformBlock, Coded, Vec<i32>),
}

/// Goes through a tile: a reader adds to the items, a writer takes them.
struct Walk<'s, S> {
    symbols: &'s mut S,
    items: Vec<Item>,
    next: usize,
}

impl<S: Symbols> Walk<'_, S> {
    fn take(&mut self) -> Option<&Item> {
        self.next += 1;
        self.items.get(self.next - 1).filter(|_| S::WRITES)
    }

    fn keep(&mut self, item: Item) {
        if S::WRITES {
            assert_eq!(self.items[self.next - 1], item);
        } else {
            self.items.push(item);
        }
    }

    fn tile(&mut self, state: &mut TileState) {
        let side = state.frame.superblock.width4();
        for mi_row in (state.area.mi_row_start..state.area.mi_row_end).step_by(side) {
            state.begin_superblock_row(mi_row);
            for mi_col in (state.area.mi_col_start..state.area.mi_col_end).step_by(side) {
                state.begin_superblock();
                self.units(state, (mi_row, mi_col));
                self.square(state, (mi_row, mi_col), state.frame.superblock);
            }
        }
    }

    fn units(&mut self, state: &mut TileState, place: (usize, usize)) {
        let (items, mut next) = (&self.items, self.next);
        let wanted = |_, _, _| {
            next += 1;
            match items.get(next - 1) {
                Some(Item::Unit(.., unit)) if S::WRITES => *unit,
                _ => RestorationUnit::default(),
            }
        };
        let mut coded = Vec::new();
        state.restoration_units(self.symbols, place, wanted, |plane, row, col, unit| {
            coded.push(Item::Unit(plane, row, col, unit));
        });
        for item in coded {
            self.take();
            self.keep(item);
        }
    }

    fn square(&mut self, state: &mut TileState, (row, col): (usize, usize), size: BlockSize) {
        if row >= state.frame.mi_rows || col >= state.frame.mi_cols {
            return;
        }
        let wanted = match self.take() {
            Some(Item::Partition(partition)) => *partition,
            _ => Partition::None,
        };
        let partition = state.partition(self.symbols, (row, col), size, wanted).unwrap();
        self.keep(Item::Partition(partition));
        let part = size.part(partition).unwrap();
        let half = size.width4() / 2;
        match partition {
            Partition::None => self.block(state, (row, col), part),
            Partition::Split => {
                for (down, right) in [(0, 0), (0, half), (half, 0), (half, half)] {
                    self.square(state, (row + down, col + right), part);
                }
            }
            // Which parts the others have doesn't matter here, as long as they cover the square.
            _ => {
                for down in (0..size.height4()).step_by(part.height4()) {
                    for right in (0..size.width4()).step_by(part.width4()) {
                        if row + down < state.frame.mi_rows && col + right < state.frame.mi_cols {
                            self.block(state, (row + down, col + right), part);
                        }
                    }
                }
            }
        }
    }

    fn block(&mut self, state: &mut TileState, (row, col): (usize, usize), size: BlockSize) {
        let mut block = state.block(row, col, size);
        if let Some(Item::Block(wanted)) = self.take() {
            block = (**wanted).clone();
        }
        state.mode_info(self.symbols, &mut block).unwrap();
        let mut maps = ColorMaps::default();
        for (index, chroma) in [false, true].into_iter().enumerate() {
            // Both maps are coded together, after the block's item: look ahead.
            if let (true, Some(Item::Map(of, map))) = (S::WRITES, self.items.get(self.next + index))
                && *of == chroma
            {
                (if chroma { &mut maps.uv } else { &mut maps.y }).copy_from_slice(map);
            }
        }
        state.palette_tokens(self.symbols, &block, &mut maps);
        state.block_tx_size(self.symbols, &mut block);
        self.keep(Item::Block(Box::new(block.clone())));
        for (chroma, map) in [(false, &maps.y), (true, &maps.uv)] {
            self.take();
            self.keep(Item::Map(chroma, map.to_vec()));
        }
        let visit = |state: &mut TileState, transform| {
            if !block.skip {
                self.transform(state, &block, transform);
            }
            Ok::<_, ()>(())
        };
        state.for_each_transform(&block, visit).unwrap();
        state.finish_block(&block);
    }

    fn transform(&mut self, state: &mut TileState, block: &Block, transform: TransformBlock) {
        let (mut wanted, mut coefficients) = (Coded::new(TxType::DctDct, 0), vec![0; 1024]);
        if let Some(Item::Coefficients(_, coded, values)) = self.take() {
            (wanted, coefficients) = (*coded, values.clone());
        }
        let coded = state
            .coefficients(self.symbols, block, transform, wanted, &mut coefficients, |_| |_, value| value);
        assert_eq!(coded.eob > 0, coefficients.iter().any(|&value| value != 0));
        self.keep(Item::Coefficients(transform, coded, coefficients));
    }
}

fn frame(seed: usize) -> Frame {
    let superblock = if seed & 1 != 0 { BlockSize::Block128x128 } else { BlockSize::Block64x64 };
    let (num_planes, subsampling_x, subsampling_y) = [(3, 1, 1), (3, 0, 0), (1, 1, 1)][seed % 3];
    let (mi_rows, mi_cols) = [(18, 50), (34, 22), (2, 2), (40, 64)][seed / 2 % 4];
    let kinds = [RestorationType::Switchable, RestorationType::Wiener, RestorationType::Sgrproj];
    let mut segments = [Segment { qindex: 90, ..Segment::default() }; 8];
    segments[3] = Segment { lossless: true, skip: false, qindex: 0 };
    segments[5].skip = true;
    Frame {
        mi_rows,
        mi_cols,
        num_planes,
        bit_depth: [8, 10, 12][seed / 3 % 3],
        subsampling_x,
        subsampling_y,
        superblock,
        disable_cdf_update: seed % 7 == 6,
        enable_filter_intra: true,
        allow_screen_content_tools: seed % 4 != 3,
        allow_intrabc: false,
        tx_mode: if seed % 5 == 4 { TxMode::Largest } else { TxMode::Select },
        reduced_tx_set: seed % 6 == 5,
        base_q_idx: (seed * 37 % 256) as u8,
        delta_q: DeltaQParams { delta_q_present: true, delta_q_res: 0 },
        delta_lf: DeltaLfParams { delta_lf_present: true, delta_lf_res: 0, delta_lf_multi: seed & 2 != 0 },
        segmentation_enabled: seed & 4 != 0,
        seg_id_pre_skip: seed & 8 != 0,
        last_active_seg_id: 7,
        segments: if seed & 4 != 0 { segments } else { [segments[0]; 8] },
        cdef_bits: (seed & 2 == 0).then_some(3),
        restoration: kinds.map(|kind| PlaneRestoration { kind, unit_size: 64, rows: 2, cols: 3 }),
        superres_denom: if seed % 5 == 3 { 13 } else { 8 },
    }
}

#[test]
fn what_is_written_is_read() {
    for seed in 0..48 {
        let frame = frame(seed);
        let area = TileArea {
            mi_row_start: 0,
            mi_row_end: frame.mi_rows,
            mi_col_start: 0,
            mi_col_end: frame.mi_cols,
        };
        let begin = || TileState::new(&frame, area).unwrap();
        let mut random = Random { encoder: Encoder::new(!frame.disable_cdf_update), state: seed as u64 };
        let mut walk = Walk { symbols: &mut random, items: Vec::new(), next: 0 };
        walk.tile(&mut begin());
        let items = walk.items;
        let data = random.encoder.finish().unwrap();

        let mut decoder = Decoder::new(&data, !frame.disable_cdf_update);
        let mut walk = Walk { symbols: &mut decoder, items: Vec::new(), next: 0 };
        walk.tile(&mut begin());
        let differs = walk.items.iter().zip(&items).position(|(read, made)| read != made);
        assert_eq!((differs, walk.items.len()), (None, items.len()), "random, {seed}");

        let mut encoder = Encoder::new(!frame.disable_cdf_update);
        let mut walk = Walk { symbols: &mut encoder, items, next: 0 };
        walk.tile(&mut begin());
        let items = walk.items;
        let data = encoder.finish().unwrap();
        let mut decoder = Decoder::new(&data, !frame.disable_cdf_update);
        let mut walk = Walk { symbols: &mut decoder, items: Vec::new(), next: 0 };
        walk.tile(&mut begin());
        let differs = walk.items.iter().zip(&items).position(|(read, written)| read != written);
        assert_eq!((differs, walk.items.len()), (None, items.len()), "written, {seed}");
        assert!(!decoder.is_past_end());
    }
}
