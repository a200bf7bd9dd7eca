//! Puts a mark on rows of a result: of the mark as large as it will be some rows are held.

use super::{
    Filter, Focus, Mark, Watermark, geometry,
    resize::{Job, Scaler},
};
use crate::{
    error::Result,
    limits::try_zeroed,
    pixel::{Layout, Size, over},
};

/// A mark whose place is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    mark: Mark,
    size: Size,
    left: u32,
    top: u32,
    /// In hundredths.
    opacity: u8,
}

impl Stamp {
    /// On a result of such a size.
    pub(super) fn new(watermark: &Watermark, output: Size) -> Self {
        let Watermark { mark, placement } = watermark;
        let own = mark.pixels().size();
        let width = match placement.scale {
            0 => own.width,
            scale => (u64::from(output.width) * u64::from(scale) / 100).max(1) as u32,
        };
        let place = Size::new(width.min(output.width), output.height);
        let size = match own.width <= place.width && own.height <= place.height && placement.scale == 0 {
            true => own,
            false => geometry::within(own, place),
        };
        let Focus { x, y } = placement.position;
        let at = |whole: u32, part: u32, share: u8, offset: i16| {
            let spare = i64::from(whole.saturating_sub(part));
            let offset = if share > 50 { -i64::from(offset) } else { i64::from(offset) };
            (spare * i64::from(share) / 100 + offset).clamp(0, spare) as u32
        };
        let [across, down] = placement.offset;
        Self {
            mark: mark.clone(),
            left: at(output.width, size.width, x, across),
            top: at(output.height, size.height, y, down),
            size,
            opacity: placement.opacity,
        }
    }

    /// True if grey pictures get colour.
    pub(super) fn colors(&self) -> bool {
        self.mark.colors()
    }

    /// The bytes that are held on its way onto rows of so many bytes.
    pub(super) fn heap_bytes(&self, row_bytes: u64) -> u64 {
        let own = u64::from(self.mark.pixels().size().height);
        let times = u64::from(self.size.height).div_ceil(own);
        // Rows come of eight at once, and of those in reach of the last ones; a buffer grows by doubling.
        let waiting = (12 * times + 16).min(u64::from(self.size.height));
        let width = u64::from(self.size.width);
        let line = 4 * u64::from(self.mark.pixels().size().width);
        Scaler::heap_bytes(&self.job()) + row_bytes + 2 * 4 * width * waiting + line
    }

    fn job(&self) -> Job {
        let from = self.mark.pixels().size();
        Job {
            from,
            part: [0.0, 0.0, f64::from(from.width), f64::from(from.height)],
            within: None,
            to: self.size,
            layout: Layout::Rgba,
            filter: Filter::Lanczos3,
            linear: false,
        }
    }
}

/// A mark that is being put on rows.
pub(super) struct Stamping {
    stamp: Stamp,
    layout: Layout,
    scaler: Scaler,
    /// Rows of the mark that were scaled.
    taken: usize,
    /// A row of the mark as RGBA.
    line: Vec<u8>,
    /// Scaled rows that wait, and the bytes of them that have been put.
    ready: Vec<u8>,
    put: usize,
    /// Rows of the result that came.
    come: u32,
    row: Vec<u8>,
}

impl Stamping {
    /// On rows of a width and a layout.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(super) fn new(stamp: &Stamp, layout: Layout, width: u32) -> Result<Self> {
        Ok(Self {
            scaler: Scaler::new(stamp.job())?,
            line: try_zeroed(4 * stamp.mark.pixels().size().width as usize)?,
            row: try_zeroed(width as usize * layout.channels() as usize)?,
            stamp: stamp.clone(),
            layout,
            taken: 0,
            ready: Vec::new(),
            put: 0,
            come: 0,
        })
    }

    /// Takes the next row, and gives it with what is on it.
    ///
    /// # Errors
    /// What `sink` says, and [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(super) fn push(&mut self, row: &[u8], sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let y = self.come;
        self.come += 1;
        if y < self.stamp.top || y - self.stamp.top >= self.stamp.size.height {
            return sink(row);
        }
        self.scale()?;
        self.row.copy_from_slice(row);
        let channels = self.layout.channels() as usize;
        let bytes = 4 * self.stamp.size.width as usize;
        let above = self.ready[self.put..self.put + bytes].as_chunks::<4>().0;
        let below = self.row[self.stamp.left as usize * channels..].chunks_exact_mut(channels);
        for (below, above) in below.zip(above) {
            let seen = over(faint(*above, self.stamp.opacity), self.layout.rgba(below));
            write(below, seen);
        }
        self.put += bytes;
        sink(&self.row)
    }

    /// Scales the mark on to its next row.
    fn scale(&mut self) -> Result<()> {
        let Self { stamp, scaler, taken, line, ready, put, .. } = self;
        if *put < ready.len() {
            return Ok(());
        }
        ready.clear();
        *put = 0;
        let pixels = stamp.mark.pixels();
        let (layout, width) = (pixels.layout(), pixels.size().width as usize);
        let channels = layout.channels() as usize;
        let mut rows = pixels.data().chunks_exact(width * channels).skip(*taken);
        while ready.is_empty() {
            let Some(row) = rows.next() else { break };
            *taken += 1;
            for (to, from) in line.as_chunks_mut::<4>().0.iter_mut().zip(row.chunks_exact(channels)) {
                *to = layout.rgba(from);
            }
            scaler.push(line, &mut |rows| {
                ready.try_reserve(rows.len())?;
                ready.extend_from_slice(rows);
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// A pixel of so many hundredths of its opacity.
fn faint([r, g, b, a]: [u8; 4], opacity: u8) -> [u8; 4] {
    [r, g, b, ((u32::from(a) * u32::from(opacity) + 50) / 100) as u8]
}

/// Writes a pixel of RGBA in any layout; what is written as grey has equal samples.
pub(super) fn write(to: &mut [u8], [r, g, b, a]: [u8; 4]) {
    match to {
        [v] => *v = r,
        [v, alpha] => (*v, *alpha) = (r, a),
        [red, green, blue] => (*red, *green, *blue) = (r, g, b),
        _ => to.copy_from_slice(&[r, g, b, a]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{convert::Placement, pixel::Raster};

    fn stamp(placement: &str, mark: Size, output: Size) -> Stamp {
        let pixels = Raster::new(mark, Layout::Rgba, vec![200; mark.pixels() as usize * 4]).unwrap();
        Stamp::new(&Watermark::new(Mark::new(pixels), Placement::parse(placement).unwrap()), output)
    }

    #[test]
    fn a_mark_lies_where_it_is_said_to_and_stays_on_the_result() {
        for (placement, left, top, width, height) in [
            ("1", 40, 20, 20, 10),
            ("1:top-left:3:4", 3, 4, 20, 10),
            ("1:bottom-right:3:4", 77, 36, 20, 10),
            ("1:right:-9:5", 80, 25, 20, 10),
            ("1:centre:-100:7", 0, 27, 20, 10),
            ("1:0.25x1", 20, 40, 20, 10),
            ("1:bottom:0:2:0.5", 25, 23, 50, 25),
            ("1::0:0:1", 0, 0, 100, 50),
            ("1::0:0:0.01", 49, 24, 1, 1),
        ] {
            let stamp = stamp(placement, Size::new(20, 10), Size::new(100, 50));
            assert_eq!(
                (stamp.left, stamp.top, stamp.size),
                (left, top, Size::new(width, height)),
                "{placement}"
            );
        }
        assert_eq!(stamp("1", Size::new(20, 10), Size::new(7, 90)).size, Size::new(7, 4));
        assert_eq!(stamp("1::0:0:1", Size::new(1, 9), Size::new(50, 3)).size.height, 3);
    }

    #[test]
    fn what_is_faint_shows_what_is_below_it() {
        assert_eq!(over(faint([255, 0, 0, 255], 50), [0, 0, 0, 255]), [128, 0, 0, 255]);
        assert_eq!(over([9, 9, 9, 0], [1, 2, 3, 77]), [1, 2, 3, 77]);
        assert_eq!(over([9, 8, 7, 255], [1, 2, 3, 77]), [9, 8, 7, 255]);
        assert_eq!(over([100, 0, 0, 128], [0, 0, 0, 0]), [100, 0, 0, 128]);
        assert_eq!(over([0; 4], [5, 5, 5, 0]), [0; 4]);
    }

    #[test]
    fn no_more_is_held_than_is_stated() {
        for (mark, output) in
            [((3, 2), (900, 700)), ((300, 200), (90, 70)), ((50, 1), (400, 400)), ((20, 20), (20, 20))]
        {
            let (mark, output) = (Size::new(mark.0, mark.1), Size::new(output.0, output.1));
            let stamp = stamp("0.5::0:0:1", mark, output);
            let mut stamping = Stamping::new(&stamp, Layout::Rgb, output.width).unwrap();
            let row = vec![0; 3 * output.width as usize];
            let (mut rows, mut marked) = (0, 0);
            for _ in 0..output.height {
                stamping
                    .push(&row, &mut |row| {
                        rows += 1;
                        marked += u32::from(row.iter().any(|sample| *sample > 0));
                        Ok(())
                    })
                    .unwrap();
                let stated = stamp.heap_bytes(row.len() as u64) - Scaler::heap_bytes(&stamp.job());
                let held = stamping.ready.capacity() + stamping.row.capacity() + stamping.line.capacity();
                assert!(held as u64 <= stated, "{mark:?} {output:?}: {held} of {stated}");
            }
            assert_eq!((rows, marked), (output.height, stamp.size.height), "{mark:?} {output:?}");
        }
    }
}
