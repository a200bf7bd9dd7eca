//! The rows of a picture that wait for their superblocks to be whole, and, where blocks are copied, those above them as
//! they were reconstructed: each column of tiles has its own.

use super::{
    Config, SUPERBLOCK, Sampling, canvas::Canvas, kernels::SIDE, matches::Matches, search::Search,
    tuning::Repeats,
};
use crate::{codec::av1::header::FrameHeader, error::Result};

/// Up to 64 rows of luma and what chroma goes with them; where blocks may be copied as many as it can hold before the
/// first is coded.
pub(super) struct Strip {
    columns: Vec<Column>,
    /// Rows that stay above those to come.
    held: usize,
    /// Rows of luma that there are, and the first of those that wait.
    filled: usize,
    first: usize,
    height_left: usize,
}

/// A column of tiles.
pub(super) struct Column {
    planes: Vec<Plane>,
    /// Where blocks may be copied from, where they are.
    pub matches: Option<Matches>,
}

pub(super) struct Plane {
    /// Rows above the strip, those of it, and those behind it.
    samples: Vec<u8>,
    /// Where it begins in the picture.
    start: usize,
    pub width: usize,
    /// By how many bits its coordinates are smaller than luma's.
    pub shift: usize,
    /// Rows of the strip that there are.
    rows: usize,
    /// Rows above the strip.
    above: usize,
    /// Rows that there are.
    filled: usize,
}

/// Planes of a picture.
fn planes(sampling: Sampling) -> usize {
    if sampling == Sampling::Monochrome { 1 } else { 3 }
}

/// Luma's columns of each tile.
fn columns(config: &Config, header: &FrameHeader) -> impl Iterator<Item = (usize, usize)> {
    let info = &header.tile_info;
    let width = config.width as usize;
    let edge = move |mi: u32| (mi as usize * 4).min(width);
    (0..info.tile_cols)
        .map(move |column| (edge(info.mi_col_starts[column]), edge(info.mi_col_starts[column + 1])))
}

impl Strip {
    /// `held` rows above each strip stay.
    pub(super) fn new(config: &Config, header: &FrameHeader, held: usize) -> Result<Self> {
        // Whole strips fit in the room of those that are held.
        let first = if held.is_multiple_of(SUPERBLOCK) { 0 } else { held };
        let mut all = Vec::with_capacity(header.tile_info.tile_cols);
        for (start, end) in columns(config, header) {
            let mut column = Vec::with_capacity(planes(config.sampling));
            for plane in 0..planes(config.sampling) {
                let shift = usize::from(plane > 0 && config.sampling == Sampling::Yuv420);
                let start = start >> shift;
                let width = ((end + shift) >> shift) - start;
                let held = held >> shift;
                let mut samples = Vec::new();
                let count = width * ((SUPERBLOCK >> shift) + held);
                samples.try_reserve_exact(count)?;
                samples.resize(count, 0);
                column.push(Plane {
                    samples,
                    start,
                    width,
                    shift,
                    rows: 0,
                    above: 0,
                    filled: first >> shift,
                });
            }
            let matches = if held > 0 {
                Some(Matches::new(end - start, held, header.tile_info.tile_cols)?)
            } else {
                None
            };
            all.push(Column { planes: column, matches });
        }
        Ok(Self { columns: all, held, filled: first, first, height_left: config.height as usize })
    }

    /// Bytes that such a strip takes.
    pub(super) fn bytes(config: &Config, header: &FrameHeader, held: usize) -> usize {
        let column = |(start, end): (usize, usize)| {
            let plane =
                |shift: usize| (((end + shift) >> shift) - (start >> shift)) * ((SUPERBLOCK + held) >> shift);
            let samples = match config.sampling {
                Sampling::Monochrome => plane(0),
                Sampling::Yuv420 => plane(0) + 2 * plane(1),
                Sampling::Yuv444 => 3 * plane(0),
            };
            let matches =
                if held > 0 { Matches::bytes(end - start, held, header.tile_info.tile_cols) } else { 0 };
            samples + matches + size_of::<Column>() + 3 * size_of::<Plane>()
        };
        columns(config, header).map(column).sum()
    }

    /// Whether there is no room for more rows, or no more of them.
    pub(super) fn is_full(&self) -> bool {
        self.height_left == 0 || self.filled == self.held + SUPERBLOCK
    }

    /// Begins the next strip of those rows that wait, if there are any.
    pub(super) fn begin(&mut self) -> bool {
        for plane in self.columns.iter_mut().flat_map(|column| &mut column.planes) {
            plane.above = self.first >> plane.shift;
            plane.rows = plane.filled.saturating_sub(plane.above).min(SUPERBLOCK >> plane.shift);
        }
        self.first < self.filled
    }

    /// Ends a strip: if it was the last there is room for more rows.
    pub(super) fn end(&mut self) {
        self.first += SUPERBLOCK;
        if self.first < self.filled || self.height_left == 0 {
            return;
        }
        self.first = self.held;
        self.filled = self.held;
        for plane in self.columns.iter_mut().flat_map(|column| &mut column.planes) {
            let held = self.held >> plane.shift;
            plane.samples.copy_within((plane.filled - held) * plane.width.., 0);
            plane.filled = held;
        }
    }

    /// Counts what is repeated among the rows that wait.
    pub(super) fn count_repeats(&mut self) -> Repeats {
        let mut repeats = Repeats::default();
        let (filled, start) = (self.filled, self.first);
        for column in &mut self.columns {
            let Column { planes, matches: Some(Matches { eights, .. }) } = column else { continue };
            for first in (start..filled).step_by(SUPERBLOCK) {
                let rows = (filled - first).min(SUPERBLOCK);
                eights.take(&planes[0].samples[first * planes[0].width..], rows, first - start);
                eights.count_repeats(rows, first - start, &mut repeats);
            }
            eights.clear();
        }
        repeats
    }

    /// Copies nothing any more.
    pub(super) fn without_copies(&mut self) {
        for column in &mut self.columns {
            column.matches = None;
        }
    }

    /// The columns of tiles.
    pub(super) fn columns_mut(&mut self) -> &mut [Column] {
        &mut self.columns
    }

    /// Takes rows `from` to `to` of luma and their chroma as far as there is room; gives how many.
    pub(super) fn take(&mut self, planes: &[&[u8]; 3], from: usize, to: usize) -> usize {
        let count = (to - from).min(self.held + SUPERBLOCK - self.filled).min(self.height_left);
        for (index, samples) in planes.iter().enumerate() {
            let parts = self.columns.iter().filter_map(|column| column.planes.get(index));
            let stride: usize = parts.map(|plane| plane.width).sum();
            for plane in self.columns.iter_mut().filter_map(|column| column.planes.get_mut(index)) {
                let rows = |end: usize| (end + plane.shift) >> plane.shift;
                let (first, last) = (rows(from), rows(from + count));
                let source = samples[first * stride..last * stride].chunks_exact(stride);
                let at = plane.filled * plane.width;
                for (row, source) in plane.samples[at..].chunks_exact_mut(plane.width).zip(source) {
                    row.copy_from_slice(&source[plane.start..plane.start + plane.width]);
                }
                plane.filled += last - first;
            }
        }
        self.filled += count;
        self.height_left -= count;
        count
    }
}

impl Column {
    /// Copies the superblock at column `x` of the tile into a search's source; beyond the picture stands its last sample.
    pub(super) fn copy(&self, x: usize, search: &mut Search) {
        for (plane, out) in self.planes.iter().zip(&mut search.source) {
            let side = SUPERBLOCK >> plane.shift;
            let x = x >> plane.shift;
            let inside = (plane.width - x).min(side);
            for (y, out) in out.chunks_exact_mut(SIDE).take(side).enumerate() {
                let row = &plane.row(y.min(plane.rows - 1))[x..x + inside];
                for (out, &sample) in out.iter_mut().zip(row) {
                    *out = sample.into();
                }
                let last = row[inside - 1].into();
                out[inside..side].fill(last);
            }
        }
    }

    /// Puts a superblock's reconstruction in the place of its source.
    pub(super) fn keep(&mut self, x: usize, canvases: &[Canvas; 3]) {
        for (plane, canvas) in self.planes.iter_mut().zip(canvases) {
            let x = x >> plane.shift;
            let inside = (plane.width - x).min(canvas.side);
            let (first, width) = (plane.above, plane.width);
            let rows = plane.samples[first * width..].chunks_exact_mut(width).take(plane.rows);
            for (y, row) in rows.enumerate() {
                let from = &canvas.samples[Canvas::index(0, y)..][..inside];
                for (sample, &from) in row[x..x + inside].iter_mut().zip(from) {
                    *sample = from as u8;
                }
            }
        }
    }

    pub(super) fn plane(&self, plane: usize) -> &Plane {
        &self.planes[plane]
    }

    /// Finds what luma's rows in the strip, whose first is `y`, hold of repeats.
    pub(super) fn find_matches(&mut self, y: usize) {
        let Self { planes, matches } = self;
        if let Some(matches) = matches {
            let plane = &planes[0];
            matches.take(&plane.samples[plane.above * plane.width..], plane.rows, y);
        }
    }
}

impl Plane {
    /// A row of the strip.
    fn row(&self, y: usize) -> &[u8] {
        &self.samples[(self.above + y) * self.width..][..self.width]
    }

    /// Samples from column `x` on of rows counted from the strip's first: those above it are negative.
    #[inline(always)]
    pub(super) fn from(&self, x: usize, y: isize) -> &[u8] {
        let row = self.above.wrapping_add_signed(y);
        &self.samples[row * self.width + x..]
    }

    /// Whether there are such samples, `y` and `end` counted as by [`Plane::from`].
    pub(super) fn holds(&self, x: isize, right: isize, y: isize, end: isize) -> bool {
        x >= 0 && right <= self.width as isize && y >= -(self.above as isize) && end <= self.rows as isize
    }
}
