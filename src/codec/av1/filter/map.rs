//! What the filters need to know of the blocks: sizes of transforms and levels along edges, which 8x8 blocks have
//! coefficients, the choice of CDEF, and the units of loop restoration. It holds the rows of one row of superblocks and
//! one row above, as the filters end a little above the superblocks' end.

use crate::codec::av1::header::{FrameHeader, RestorationType, SequenceHeader};
use crate::codec::av1::sizes::{BlockSize, TxSize};
use crate::error::Result;

/// Rows of cells, of which those at hand move down the picture. What lies outside is passed over.
#[derive(Debug, Default)]
pub struct Grid<T> {
    cells: Vec<T>,
    cols: usize,
    first: usize,
    rows: usize,
    blank: T,
}

impl<T: Copy> Grid<T> {
    fn new(cols: usize, rows: usize, blank: T) -> Result<Self> {
        let mut cells = Vec::new();
        cells.try_reserve_exact(cols.saturating_mul(rows))?;
        cells.resize(cols * rows, blank);
        Ok(Self { cells, cols, first: 0, rows, blank })
    }

    /// A row of cells, which must be held. Empty where the grid has no columns.
    pub fn row(&self, y: usize) -> &[T] {
        let start = (y - self.first) * self.cols;
        &self.cells[start..start + self.cols]
    }

    /// The cell of a column and a row, where it is held.
    pub fn get(&self, x: usize, y: usize) -> Option<T> {
        let row = y.checked_sub(self.first).filter(|row| *row < self.rows && x < self.cols)?;
        Some(self.cells[row * self.cols + x])
    }

    /// Changes the cells of a rectangle that are held.
    pub fn update(&mut self, (x, y): (usize, usize), (w, h): (usize, usize), change: impl Fn(&mut T)) {
        let (start, end) = (x.min(self.cols), (x + w).min(self.cols));
        for y in y.max(self.first)..(y + h).min(self.first + self.rows) {
            let row = (y - self.first) * self.cols;
            self.cells[row + start..row + end].iter_mut().for_each(&change);
        }
    }

    /// Makes `first` the first row; new rows are blank.
    fn advance(&mut self, first: usize) {
        let gone = first.saturating_sub(self.first).min(self.rows) * self.cols;
        self.cells.copy_within(gone.., 0);
        let kept = self.cells.len() - gone;
        self.cells[kept..].fill(self.blank);
        self.first = self.first.max(first);
    }
}

/// A 4x4 block of a plane, as the deblocking filter sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    pub tx_width_log2: u8,
    pub tx_height_log2: u8,
    /// Luma: of vertical and of horizontal edges; chroma: of U and of V.
    pub levels: [u8; 2],
}

/// `LrType` with the coefficients of a unit of loop restoration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestorationUnit {
    #[default]
    None,
    /// `LrWiener`: vertical, then horizontal coefficients.
    Wiener([[i8; 3]; 2]),
    /// `LrSgrSet` and `LrSgrXqd`.
    SelfGuided { set: u8, xqd: [i8; 2] },
}

/// See the module.
#[derive(Debug)]
pub struct FilterMap {
    subsampling: (u8, u8),
    /// In 4x4 blocks of luma; without columns where nothing is deblocked.
    pub luma: Grid<Edge>,
    /// In 4x4 blocks of the chroma planes.
    pub chroma: Grid<Edge>,
    /// In 8x8 blocks of luma: true where some block is not `skip`; without columns where there is no CDEF.
    pub coded: Grid<bool>,
    /// `cdef_idx`, in 64x64 blocks of luma.
    cdef_idx: Grid<i8>,
    /// By plane; without columns where a plane has no loop restoration.
    pub units: [Grid<RestorationUnit>; 3],
    unit_sizes: [usize; 3],
    unit_rows: [usize; 3],
}

/// Columns and rows of the grids: luma, chroma, coded, cdef_idx, units by plane.
type Shape = [(usize, usize); 7];

impl FilterMap {
    /// # Errors
    /// There is no memory.
    pub fn new(sequence: &SequenceHeader, frame: &FrameHeader) -> Result<Self> {
        let shape = Self::shape(sequence, frame);
        let [luma, chroma, coded, cdef, y, u, v] = shape;
        let units = |(cols, rows)| Grid::new(cols, rows, RestorationUnit::None);
        let mut unit_rows = [0; 3];
        for (plane, rows) in unit_rows.iter_mut().enumerate().take(sequence.num_planes()) {
            *rows = units_of(sequence, frame, plane).1;
        }
        Ok(Self {
            subsampling: sequence.subsampling(1),
            luma: Grid::new(luma.0, luma.1, Edge::default())?,
            chroma: Grid::new(chroma.0, chroma.1, Edge::default())?,
            coded: Grid::new(coded.0, coded.1, false)?,
            cdef_idx: Grid::new(cdef.0, cdef.1, -1)?,
            units: [units(y)?, units(u)?, units(v)?],
            unit_sizes: frame.lr_params.loop_restoration_size.map(usize::from),
            unit_rows,
        })
    }

    /// The bytes that the map of a frame takes.
    #[must_use]
    pub fn bytes(sequence: &SequenceHeader, frame: &FrameHeader) -> usize {
        let sizes = [size_of::<Edge>(), size_of::<Edge>(), 1, 1];
        let sizes = sizes.into_iter().chain([size_of::<RestorationUnit>(); 3]);
        Self::shape(sequence, frame)
            .into_iter()
            .zip(sizes)
            .map(|((cols, rows), size)| cols * rows * size)
            .sum()
    }

    fn shape(sequence: &SequenceHeader, frame: &FrameHeader) -> Shape {
        let mut shape = Shape::default();
        let cols = frame.mi_cols as usize;
        let sb4 = if sequence.use_128x128_superblock { 32 } else { 16 };
        if frame.loop_filter_params.loop_filter_level[..2] != [0, 0] {
            shape[0] = (cols, sb4 + 1);
            if !sequence.color_config.mono_chrome {
                let (x, y) = sequence.subsampling(1);
                shape[1] = (cols >> x, (sb4 >> y) + 1);
            }
        }
        if sequence.enable_cdef && !frame.coded_lossless && !frame.allow_intrabc {
            shape[2] = (cols.div_ceil(2), sb4 / 2 + 1);
            shape[3] = (cols.div_ceil(16), sb4 / 16 + 1);
        }
        for plane in 0..sequence.num_planes() {
            if frame.lr_params.frame_restoration_type[plane] != RestorationType::None {
                let size = usize::from(frame.lr_params.loop_restoration_size[plane]);
                shape[4 + plane] = (units_of(sequence, frame, plane).0, (sb4 * 4).div_ceil(size) + 1);
            }
        }
        shape
    }

    /// The row of superblocks that starts at `mi_row` begins.
    pub fn advance(&mut self, mi_row: usize) {
        self.luma.advance(mi_row.saturating_sub(1));
        self.chroma.advance((mi_row >> self.subsampling.1).saturating_sub(1));
        self.coded.advance((mi_row / 2).saturating_sub(1));
        self.cdef_idx.advance((mi_row / 16).saturating_sub(1));
        for (plane, units) in self.units.iter_mut().enumerate() {
            let y = if plane == 0 { mi_row * 4 } else { (mi_row * 4) >> self.subsampling.1 };
            units.advance((y / self.unit_sizes[plane]).min(self.unit_rows[plane].saturating_sub(1)));
        }
    }

    /// Sets the four loop filter levels of a block (see [`super::deblock::levels`]).
    pub fn set_levels(&mut self, (mi_row, mi_col): (usize, usize), size: BlockSize, levels: [u8; 4]) {
        let (w, h) = (size.width4(), size.height4());
        self.luma.update((mi_col, mi_row), (w, h), |edge| edge.levels = [levels[0], levels[1]]);
        // A chroma block has the levels of the last luma block that it covers.
        let (sx, sy) = self.subsampling;
        let (x, y) = (mi_col >> sx, mi_row >> sy);
        let (w, h) = (((mi_col + w) >> sx) - x, ((mi_row + h) >> sy) - y);
        self.chroma.update((x, y), (w, h), |edge| edge.levels = [levels[2], levels[3]]);
    }

    /// Sets the size of a transform block (`LoopfilterTxSizes`): `x4` and `y4` count 4x4 blocks of its plane. U's are
    /// V's too.
    pub fn set_tx_size(&mut self, plane: usize, (x4, y4): (usize, usize), size: TxSize) {
        let (w, h) = (size.width_log2(), size.height_log2());
        let grid = if plane == 0 { &mut self.luma } else { &mut self.chroma };
        grid.update((x4, y4), (1 << (w - 2), 1 << (h - 2)), |edge| {
            (edge.tx_width_log2, edge.tx_height_log2) = (w as u8, h as u8);
        });
    }

    /// Notes that a block is not `skip`.
    pub fn set_coded(&mut self, (mi_row, mi_col): (usize, usize), size: BlockSize) {
        let (w, h) = (size.width4().div_ceil(2), size.height4().div_ceil(2));
        self.coded.update((mi_col / 2, mi_row / 2), (w, h), |coded| *coded = true);
    }

    /// `cdef_idx` of the 64x64 block around a position; -1 where none is read yet.
    #[must_use]
    pub fn cdef_idx(&self, (mi_row, mi_col): (usize, usize)) -> i8 {
        self.cdef_idx.get(mi_col / 16, mi_row / 16).unwrap_or(-1)
    }

    /// Sets `cdef_idx` of all 64x64 blocks that a block covers.
    pub fn set_cdef_idx(&mut self, (mi_row, mi_col): (usize, usize), size: BlockSize, idx: u8) {
        let (w, h) = (size.width4().div_ceil(16), size.height4().div_ceil(16));
        self.cdef_idx.update((mi_col / 16, mi_row / 16), (w, h), |cell| *cell = idx as i8);
    }

    /// Sets a unit of loop restoration.
    pub fn set_unit(&mut self, plane: usize, (row, col): (usize, usize), unit: RestorationUnit) {
        self.units[plane].update((col, row), (1, 1), |cell| *cell = unit);
    }
}

/// `unitCols` and `unitRows` of a plane.
#[must_use]
pub fn units_of(sequence: &SequenceHeader, frame: &FrameHeader, plane: usize) -> (usize, usize) {
    let size = u32::from(frame.lr_params.loop_restoration_size[plane]);
    let (x, y) = sequence.subsampling(plane);
    let count = |length: u32| ((length + size / 2) / size).max(1) as usize;
    (count((frame.upscaled_width + u32::from(x)) >> x), count((frame.frame_height + u32::from(y)) >> y))
}
