//! What an animation shows: a canvas of RGBA, and which of its pixels have changed since they were last taken from it.

use super::Area;
use crate::{
    error::Result,
    limits::{area_bytes, try_filled, try_zeroed},
    pixel::{Layout, Size},
};

/// Bits of a word of the mask.
const BITS: usize = u64::BITS as usize;

/// The canvas. Pixels that are fully transparent are zero.
pub(crate) struct Screen {
    size: Size,
    pixels: Vec<u8>,
    /// A bit for each pixel, in words of a row, low bits first.
    changed: Vec<u64>,
    words: usize,
    /// The changed columns and rows: the first, and the one behind the last. Empty if nothing has changed.
    columns: [usize; 2],
    rows: [usize; 2],
    /// True if all pixels that have changed are opaque now.
    is_opaque: bool,
}

impl Screen {
    /// The most bytes that a screen holds.
    pub(crate) fn heap_bytes(size: Size) -> u64 {
        4 * size.pixels() + u64::from(size.width).div_ceil(BITS as u64) * 8 * u64::from(size.height)
    }

    /// A transparent canvas, of which nothing has changed.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) or
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for it.
    pub(crate) fn new(size: Size) -> Result<Self> {
        let words = (size.width as usize).div_ceil(BITS);
        Ok(Self {
            size,
            pixels: try_zeroed(area_bytes(size, Layout::Rgba.channels())?)?,
            changed: try_filled(words * size.height as usize, 0)?,
            words,
            columns: [usize::MAX, 0],
            rows: [usize::MAX, 0],
            is_opaque: true,
        })
    }

    pub(crate) const fn size(&self) -> Size {
        self.size
    }

    /// A row's pixels.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        let bytes = 4 * self.size.width as usize;
        &self.pixels[y * bytes..(y + 1) * bytes]
    }

    /// All pixels.
    pub(crate) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Shows some pixels of a row, from a column on. Fully transparent ones become zero.
    pub(crate) fn put(&mut self, x: usize, y: usize, pixels: &mut [u8]) {
        let (new, _) = pixels.as_chunks_mut::<4>();
        let start = 4 * (y * self.size.width as usize + x);
        let (old, _) = self.pixels[start..start + 4 * new.len()].as_chunks_mut::<4>();
        let mask = &mut self.changed[y * self.words..(y + 1) * self.words];
        let (mut first, mut end) = (usize::MAX, 0);
        for (at, (old, new)) in (x..).zip(old.iter_mut().zip(new)) {
            if new[3] == 0 {
                *new = [0; 4];
            }
            if old != new {
                *old = *new;
                mask[at / BITS] |= 1 << (at % BITS);
                first = first.min(at);
                end = at + 1;
                self.is_opaque &= new[3] == 255;
            }
        }
        if end > 0 {
            self.columns = [self.columns[0].min(first), self.columns[1].max(end)];
            self.rows = [self.rows[0].min(y), self.rows[1].max(y + 1)];
        }
    }

    /// Shows a whole row.
    pub(crate) fn put_row(&mut self, y: usize, pixels: &[u8]) {
        let (new, width) = (pixels.as_chunks::<4>().0, self.size.width as usize);
        for (x, part) in (0..width).step_by(BITS).zip(new.chunks(BITS)) {
            let mut own = [[0; 4]; BITS];
            own[..part.len()].copy_from_slice(part);
            self.put(x, y, own[..part.len()].as_flattened_mut());
        }
    }

    /// The smallest area that holds all pixels that have changed; `None` if there are none.
    pub(crate) fn changed_area(&self) -> Option<Area> {
        let ([left, right], [top, bottom]) = (self.columns, self.rows);
        let size = Size::new(right.checked_sub(left)? as u32, bottom.checked_sub(top)? as u32);
        Some(Area { left: left as u32, top: top as u32, size })
    }

    /// The smallest area that holds all pixels of a part of the canvas that aren't fully transparent.
    pub(crate) fn shown_in(&self, part: Area) -> Option<Area> {
        self.bounds(part, |x, y| self.row(y)[4 * x + 3] > 0)
    }

    /// The smallest area that holds all pixels that have changed outside of a part of the canvas.
    pub(crate) fn changed_outside(&self, part: Area) -> Option<Area> {
        let rows = part.top as usize..part.bottom() as usize;
        let columns = part.left as usize..part.right() as usize;
        self.bounds(self.changed_area()?, |x, y| {
            self.has_changed(x, y) && !(rows.contains(&y) && columns.contains(&x))
        })
    }

    /// The smallest area that holds all pixels of a part of the canvas of which something is true.
    fn bounds(&self, part: Area, is_true: impl Fn(usize, usize) -> bool) -> Option<Area> {
        let columns = part.left as usize..part.right() as usize;
        let mut all: Option<Area> = None;
        for y in part.top..part.bottom() {
            let is_true = |x: &usize| is_true(*x, y as usize);
            let Some(first) = columns.clone().find(is_true) else { continue };
            let last = columns.clone().rev().find(is_true).unwrap_or(first);
            let row = Area { left: first as u32, top: y, size: Size::new((last + 1 - first) as u32, 1) };
            all = Some(all.map_or(row, |all| all.with(row)));
        }
        all
    }

    /// True if a pixel has changed.
    pub(crate) fn has_changed(&self, x: usize, y: usize) -> bool {
        self.changed[y * self.words + x / BITS] & (1 << (x % BITS)) != 0
    }

    /// True if every pixel that has changed is opaque now.
    pub(crate) const fn changed_to_opaque(&self) -> bool {
        self.is_opaque
    }

    /// Begins anew: nothing has changed.
    pub(crate) fn settle(&mut self) {
        let [top, bottom] = self.rows;
        if top < bottom {
            self.changed[top * self.words..bottom * self.words].fill(0);
        }
        (self.columns, self.rows, self.is_opaque) = ([usize::MAX, 0], [usize::MAX, 0], true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_known_until_it_is_taken() {
        let mut screen = Screen::new(Size::new(130, 3)).unwrap();
        assert_eq!(screen.changed_area(), None);
        screen.put(0, 0, &mut [9, 9, 9, 0, 8, 8, 8, 0]);
        assert_eq!((screen.changed_area(), screen.row(0)[0]), (None, 0));
        screen.put(127, 1, &mut [1, 2, 3, 255, 0, 0, 0, 0, 4, 5, 6, 255]);
        let area = Area { left: 127, top: 1, size: Size::new(3, 1) };
        assert_eq!(screen.changed_area(), Some(area));
        assert!(screen.has_changed(127, 1) && !screen.has_changed(128, 1) && screen.has_changed(129, 1));
        assert!(screen.changed_to_opaque());
        assert_eq!(screen.shown_in(area), Some(area));
        let left = Area { size: Size::new(2, 1), ..area };
        assert_eq!(screen.changed_outside(left), Some(Area { left: 129, top: 1, size: Size::new(1, 1) }));
        assert_eq!((screen.changed_outside(area), screen.shown_in(Area { top: 2, ..area })), (None, None));
        screen.settle();
        assert_eq!(screen.changed_area(), None);
        screen.put(127, 1, &mut [1, 2, 3, 255, 0, 0, 0, 0, 4, 5, 6, 254]);
        assert_eq!(screen.changed_area().unwrap().left, 129);
        assert!(!screen.changed_to_opaque() && !screen.has_changed(127, 1));
    }
}
