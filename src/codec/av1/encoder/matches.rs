//! Where luma's squares of 8 x 8 or 4 x 4 samples have been seen before: a table of hashes over the rows that are held,
//! from which blocks are copied. Flat ones aren't in it, as they cost nothing in any case.

use super::tuning::Repeats;
use crate::error::Result;

/// Places in each bucket.
const WAYS: usize = 4;
/// Places of 8 x 8 in all columns of tiles, at the most.
const MOST: usize = 1 << 17;
/// Columns that are hashed at once.
const CHUNK: usize = 64;
/// Rows that are hashed at once at the most: those of a superblock, and seven above them.
const ROWS: usize = 64 + 7;
/// No hash of anything.
const NONE: u32 = 0;

/// A place: its column in the tile, the lowest bits of its row in the picture, and bits of its hash.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry(u32);

impl Entry {
    const NOWHERE: Self = Self(u32::MAX);
    /// A tile has 4096 columns at the most; many less rows are held.
    const COLUMN: u32 = 12;
    const ROW: u32 = 9;

    const fn new(x: usize, y: usize, tag: u32) -> Self {
        let rows = (1 << Self::ROW) - 1;
        Self(x as u32 | (y as u32 & rows) << Self::COLUMN | tag << (Self::COLUMN + Self::ROW))
    }

    const fn is_of(self, tag: u32) -> bool {
        self.0 >> (Self::COLUMN + Self::ROW) == tag
    }

    const fn x(self) -> usize {
        self.0 as usize & ((1 << Self::COLUMN) - 1)
    }

    /// How many rows it is above the one behind a strip's last, whose lowest bits are `end`.
    const fn age(self, end: usize) -> usize {
        let rows = (1 << Self::ROW) - 1;
        end.wrapping_sub(self.0 as usize >> Self::COLUMN) & rows
    }
}

/// Both sizes.
pub(super) struct Matches {
    pub eights: Squares<8>,
    pub fours: Squares<4>,
}

impl Matches {
    /// For one of so many columns of tiles.
    pub(super) fn new(width: usize, held: usize, columns_of_tiles: usize) -> Result<Self> {
        Ok(Self {
            eights: Squares::new(width, held, columns_of_tiles)?,
            fours: Squares::new(width, held, columns_of_tiles)?,
        })
    }

    /// Bytes that it takes.
    pub(super) fn bytes(width: usize, held: usize, columns_of_tiles: usize) -> usize {
        Squares::<8>::bytes(width, held, columns_of_tiles)
            + Squares::<4>::bytes(width, held, columns_of_tiles)
    }

    /// Takes a strip of so many rows, whose first is `y`.
    pub(super) fn take(&mut self, samples: &[u8], rows: usize, y: usize) {
        self.eights.take(samples, rows, y);
        self.fours.take(samples, rows, y);
    }
}

/// Squares of so many samples a side: 4 or 8.
pub(super) struct Squares<const SIZE: usize> {
    buckets: Vec<[Entry; WAYS]>,
    width: usize,
    /// How many rows above a strip are held.
    held: usize,
    /// The last rows of the source above the strip, and whether there are any.
    above: Vec<u8>,
    has_above: bool,
    /// Hashes of the strip at every eighth row and column.
    grid: Vec<u32>,
    rows: Box<[[u32; CHUNK + 1]; ROWS]>,
    /// The row behind the strip's last.
    end: usize,
}

/// How many buckets a column of tiles has: a place for every other sample that is held. Of 4 x 4 there are fewer kinds.
fn buckets(size: usize, width: usize, held: usize, columns: usize) -> usize {
    let most = (if size == 8 { MOST } else { MOST / 4 }) >> columns.next_power_of_two().ilog2();
    (width * held / 2).next_power_of_two().clamp(1 << 10, most) / WAYS
}

impl<const SIZE: usize> Squares<SIZE> {
    fn columns(width: usize) -> usize {
        width.div_ceil(SIZE)
    }

    fn new(width: usize, held: usize, columns_of_tiles: usize) -> Result<Self> {
        let buckets = buckets(SIZE, width, held, columns_of_tiles);
        let mut buckets_of = Vec::new();
        buckets_of.try_reserve_exact(buckets)?;
        buckets_of.resize(buckets, [Entry::NOWHERE; WAYS]);
        let mut above = Vec::new();
        above.try_reserve_exact(width * (SIZE - 1))?;
        above.resize(width * (SIZE - 1), 0);
        let mut grid = Vec::new();
        grid.try_reserve_exact(Self::columns(width) * 64 / SIZE)?;
        grid.resize(Self::columns(width) * 64 / SIZE, NONE);
        let rows = Box::new([[0; CHUNK + 1]; ROWS]);
        Ok(Self { buckets: buckets_of, width, held, above, has_above: false, grid, rows, end: 0 })
    }

    fn bytes(width: usize, held: usize, columns_of_tiles: usize) -> usize {
        buckets(SIZE, width, held, columns_of_tiles) * size_of::<[Entry; WAYS]>()
            + width * (SIZE - 1)
            + Self::columns(width) * 64 / SIZE * 4
            + size_of::<[[u32; CHUNK + 1]; ROWS]>()
    }

    /// Takes a strip of so many rows, whose first is `y`.
    pub(super) fn take(&mut self, samples: &[u8], rows: usize, y: usize) {
        self.grid.fill(NONE);
        self.end = y + 64;
        for start in (0..self.width).step_by(CHUNK) {
            self.hash(samples, rows, start);
            self.add(rows, start, y);
        }
        self.has_above = rows + 1 >= SIZE;
        if self.has_above {
            let last = (rows + 1 - SIZE) * self.width;
            self.above.copy_from_slice(&samples[last..rows * self.width]);
        }
    }

    /// Hashes the 8 x 8 that begin in 64 columns, and the column before them.
    fn hash(&mut self, samples: &[u8], rows: usize, start: usize) {
        const ACROSS: [u32; 3] = powers(0x9E37_79B1);
        const DOWN: [u32; 3] = powers(0x85EB_CA6B);
        let width = self.width;
        let from = start.saturating_sub(1);
        let skipped = usize::from(start == 0);
        let count = (width - from).min(CHUNK + SIZE - skipped);
        for index in 0..rows + SIZE - 1 {
            let row = match index.checked_sub(SIZE - 1) {
                None => &self.above[index * width..],
                Some(index) => &samples[index * width..],
            };
            let mut line = [0u32; CHUNK + 16];
            for (to, &sample) in line[skipped..].iter_mut().zip(&row[from..from + count]) {
                *to = u32::from(sample) + 1;
            }
            for (step, power) in ACROSS.into_iter().enumerate().take(SIZE.ilog2() as usize) {
                for x in 0..CHUNK + SIZE {
                    line[x] = line[x].wrapping_mul(power).wrapping_add(line[x + (1 << step)]);
                }
            }
            self.rows[index].copy_from_slice(&line[..=CHUNK]);
        }
        for (step, power) in DOWN.into_iter().enumerate().take(SIZE.ilog2() as usize) {
            for y in 0..(rows + SIZE - 1).saturating_sub(1 << step) {
                let (above, below) = self.rows.split_at_mut(y + 1);
                for (hash, below) in above[y].iter_mut().zip(&below[(1 << step) - 1]) {
                    *hash = hash.wrapping_mul(power).wrapping_add(*below);
                }
            }
        }
    }

    /// Adds what was hashed to the table.
    fn add(&mut self, rows: usize, start: usize, y: usize) {
        let inside = (self.width + 1).saturating_sub(start + SIZE).min(CHUNK);
        let first = if self.has_above { 0 } else { SIZE - 1 };
        for row in first..rows {
            for column in 0..inside {
                let hash = self.rows[row][column + 1];
                let is_flat = hash == self.rows[row][column] && start + column > 0
                    || row > first && hash == self.rows[row - 1][column + 1];
                if is_flat {
                    continue;
                }
                let x = start + column;
                if row + 1 >= SIZE && (row + 1).is_multiple_of(SIZE) && x.is_multiple_of(SIZE) {
                    self.grid[(row + 1 - SIZE) / SIZE * Self::columns(self.width) + x / SIZE] = hash;
                }
                self.insert(hash, x, y + row + 1 - SIZE);
            }
        }
    }

    /// Adds a place, unless the table has one that the next strip can copy from, too.
    fn insert(&mut self, hash: u32, x: usize, y: usize) {
        let (bucket, tag) = self.slot(hash);
        let (held, end) = (self.held, self.end);
        let entries = &mut self.buckets[bucket];
        let is_there = |entry: &Entry| entry.is_of(tag) && *entry != Entry::NOWHERE && entry.age(end) <= held;
        if entries.iter().any(is_there) {
            return;
        }
        let age = |entry: &&mut Entry| if **entry == Entry::NOWHERE { usize::MAX } else { entry.age(end) };
        if let Some(oldest) = entries.iter_mut().max_by_key(age) {
            *oldest = Entry::new(x, y, tag);
        }
    }

    /// The bucket of a hash and its tag there.
    fn slot(&self, hash: u32) -> (usize, u32) {
        let mut hash = hash ^ hash >> 15;
        hash = hash.wrapping_mul(0x2C1B_3C6D);
        hash ^= hash >> 12;
        hash = hash.wrapping_mul(0x297A_2D39);
        hash ^= hash >> 15;
        (hash as usize & (self.buckets.len() - 1), hash >> (Entry::COLUMN + Entry::ROW))
    }

    /// Counts the 8 x 8 of the strip of so many rows, whose first row is `y`.
    pub(super) fn count_repeats(&self, rows: usize, y: usize, repeats: &mut Repeats) {
        repeats.all += Self::columns(self.width) * rows.div_ceil(SIZE);
        for (index, _) in self.grid.iter().enumerate().filter(|&(_, &hash)| hash != NONE) {
            let at = (index % Self::columns(self.width) * SIZE, index / Self::columns(self.width) * SIZE);
            repeats.textured += 1;
            repeats.repeated += usize::from(self.of(at.0, at.1).any(|(_, row)| row + SIZE <= y + at.1));
        }
    }

    /// Forgets all places.
    pub(super) fn clear(&mut self) {
        self.buckets.fill([Entry::NOWHERE; WAYS]);
        self.has_above = false;
    }

    /// Places that the square at (x, y) of the strip, both multiples of its side, may be like.
    pub(super) fn of(&self, x: usize, y: usize) -> impl Iterator<Item = (usize, usize)> {
        let hash = self.grid.get(y / SIZE * Self::columns(self.width) + x / SIZE).copied().unwrap_or(NONE);
        let (bucket, tag) = self.slot(hash);
        let end = self.end;
        self.buckets[bucket]
            .into_iter()
            .filter(move |entry| hash != NONE && entry.is_of(tag) && *entry != Entry::NOWHERE)
            .map(move |entry| (entry.x(), end.wrapping_sub(entry.age(end))))
    }
}

/// A number to the powers of 1, 2 and 4.
const fn powers(number: u32) -> [u32; 3] {
    let square = number.wrapping_mul(number);
    [number, square, square.wrapping_mul(square)]
}
