//! What is done to a picture that is as large as it will be, upright and in its final colours, row by row: what is
//! transparent gets a background, it is blurred and sharpened, around it comes a rim, and on all that a mark.

use super::{
    Params,
    blur::{Blur, Sharpen},
    geometry::Canvas,
    stamp::{Stamp, Stamping, write},
};
use crate::{
    error::{Error, Kind, Result},
    limits::{area_bytes, try_zeroed},
    pixel::{Layout, Raster, Size, over_opaque},
};

/// What there is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Finish {
    /// The colour behind the picture.
    pub background: Option<[u8; 3]>,
    /// What is around it.
    pub canvas: Option<Canvas>,
    /// Standard deviations in tenths of a pixel; 0 for none.
    pub blur: u16,
    pub sharpen: u16,
    /// What is put on it.
    pub stamp: Option<Stamp>,
}

impl Finish {
    /// `None` if nothing is to be done to a picture of a size that may have alpha or not.
    pub(super) fn new(params: &Params, size: Size, canvas: Option<Canvas>, has_alpha: bool) -> Option<Self> {
        let &Params { background, blur, sharpen, ref watermark, .. } = params;
        let output = canvas.map_or(size, |canvas| canvas.size);
        let stamp = watermark.as_ref().map(|watermark| Stamp::new(watermark, output));
        let background = background.filter(|_| has_alpha || canvas.is_some());
        let finish = Self { background, canvas, blur, sharpen, stamp };
        (finish != Self::default()).then_some(finish)
    }

    /// The size of what comes of a picture.
    pub(super) fn size(&self, size: Size) -> Size {
        self.canvas.map_or(size, |canvas| canvas.size)
    }

    /// The samples of what comes of a picture.
    pub(super) fn layout(&self, from: Layout) -> Layout {
        let is_seen = self.canvas.is_some() || from.has_alpha();
        let is_colored = is_seen && self.background_colors() || self.stamp_colors();
        let is_gray = from.channels() < 3 && !is_colored;
        Layout::of(!is_gray, self.background.is_none() && is_seen)
    }

    /// True if grey pictures get colour.
    pub(super) fn colors(&self) -> bool {
        self.background_colors() || self.stamp_colors()
    }

    fn stamp_colors(&self) -> bool {
        self.stamp.as_ref().is_some_and(Stamp::colors)
    }

    fn background_colors(&self) -> bool {
        self.background.is_some_and(|[r, g, b]| r != g || g != b)
    }

    /// The bytes that are held for rows of a picture of such a size, which is finished in a layout.
    pub(super) fn heap_bytes(&self, size: Size, layout: Layout) -> u64 {
        let channels = layout.channels();
        let blur = if self.blur > 0 { Blur::heap_bytes(self.blur, size, channels) } else { 0 };
        let sharpen = if self.sharpen > 0 { Sharpen::heap_bytes(self.sharpen, size, channels) } else { 0 };
        let output = u64::from(self.size(size).width);
        let stamp = self.stamp.as_ref().map_or(0, |stamp| stamp.heap_bytes(output * u64::from(channels)));
        4 * (output + u64::from(size.width)) + blur + sharpen + stamp
    }

    /// A whole picture.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`] or [`Kind::OutOfMemory`] when there is no room for it.
    pub(super) fn picture(&self, raster: Raster) -> Result<Raster> {
        let mut finishing =
            Finishing::new(self, raster.layout(), self.layout(raster.layout()), raster.size())?;
        let (size, layout) = (self.size(raster.size()), finishing.layout());
        let mut data = Vec::new();
        data.try_reserve_exact(area_bytes(size, layout.channels())?)?;
        finishing.push(raster.data(), &mut |row| {
            data.extend_from_slice(row);
            Ok(())
        })?;
        Raster::new(size, layout, data)
    }
}

/// Rows that are being finished.
pub(super) struct Finishing {
    mixing: Mixing,
    blur: Option<Blur>,
    sharpen: Option<Sharpen>,
    /// A row between mixing and what else is done; empty where that is nothing.
    row: Vec<u8>,
    rim: Rim,
    stamping: Option<Stamping>,
}

impl Finishing {
    /// Of rows of a picture of such a size, from a layout to one: that of [`Finish::layout`], or RGBA.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`] or [`Kind::OutOfMemory`] when there is no room for rows.
    pub(super) fn new(finish: &Finish, from: Layout, to: Layout, size: Size) -> Result<Self> {
        let &Finish { background, canvas, blur, sharpen, ref stamp } = finish;
        let canvas = canvas.unwrap_or(Canvas { size, left: 0, top: 0 });
        let bytes = area_bytes(Size::new(size.width, 1), to.channels())?;
        let is_direct = blur == 0 && sharpen == 0;
        Ok(Self {
            mixing: Mixing { background, from, to },
            blur: (blur > 0).then(|| Blur::new(blur, to, size)).transpose()?,
            sharpen: (sharpen > 0).then(|| Sharpen::new(sharpen, to, size)).transpose()?,
            row: try_zeroed(if is_direct { 0 } else { bytes })?,
            rim: Rim::new(background, to, size, canvas)?,
            stamping: stamp.as_ref().map(|stamp| Stamping::new(stamp, to, canvas.size.width)).transpose()?,
        })
    }

    /// The samples of what comes of it.
    pub(super) const fn layout(&self) -> Layout {
        self.mixing.to
    }

    /// Takes whole rows; gives each that is done to `sink`.
    ///
    /// # Errors
    /// [`Kind::Internal`] for too many rows, and what `sink` says.
    pub(super) fn push(&mut self, rows: &[u8], sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let Self { mixing, blur, sharpen, row: mixed, rim, stamping } = self;
        let sink: &mut dyn FnMut(&[u8]) -> Result<()> = match stamping {
            Some(stamping) => &mut |row| stamping.push(row, sink),
            None => sink,
        };
        for row in rows.chunks_exact(rim.size.width as usize * mixing.from.channels() as usize) {
            let mut give = |row: &[u8]| rim.give(|place| place.copy_from_slice(row), sink);
            match (&mut *blur, &mut *sharpen) {
                (None, None) => rim.give(|place| mixing.put(row, place), sink)?,
                (Some(blur), None) => {
                    mixing.put(row, mixed);
                    blur.push(mixed, &mut give)?;
                }
                (None, Some(sharpen)) => {
                    mixing.put(row, mixed);
                    sharpen.push(mixed, &mut give)?;
                }
                (Some(blur), Some(sharpen)) => {
                    mixing.put(row, mixed);
                    blur.push(mixed, &mut |row| sharpen.push(row, &mut give))?;
                }
            }
        }
        Ok(())
    }
}

/// Puts the background behind pixels.
struct Mixing {
    background: Option<[u8; 3]>,
    from: Layout,
    to: Layout,
}

impl Mixing {
    fn put(&self, row: &[u8], to: &mut [u8]) {
        if self.from == self.to && (self.background.is_none() || !self.from.has_alpha()) {
            to.copy_from_slice(row);
            return;
        }
        let pixels = row.chunks_exact(self.from.channels() as usize);
        for (to, pixel) in to.chunks_exact_mut(self.to.channels() as usize).zip(pixels) {
            let pixel = self.from.rgba(pixel);
            write(to, self.background.map_or(pixel, |background| over(pixel, background)));
        }
    }
}

/// Puts rims around a picture.
struct Rim {
    pixel: [u8; 4],
    channels: usize,
    size: Size,
    canvas: Canvas,
    /// Rows of the picture that went through.
    given: u32,
    /// A row of the result: its rims stay.
    row: Vec<u8>,
}

impl Rim {
    fn new(background: Option<[u8; 3]>, layout: Layout, size: Size, canvas: Canvas) -> Result<Self> {
        let row = try_zeroed(area_bytes(Size::new(canvas.size.width, 1), layout.channels())?)?;
        let pixel = background.map_or([0; 4], |[r, g, b]| [r, g, b, 255]);
        let mut rim = Self { pixel, channels: layout.channels() as usize, size, canvas, given: 0, row };
        rim.clear();
        Ok(rim)
    }

    /// Gives the next row, which `put` puts in its place, with what is above the first and below the last.
    fn give(&mut self, put: impl FnOnce(&mut [u8]), sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if self.given == self.size.height {
            return Err(Error::new(Kind::Internal, "more rows than the picture has"));
        }
        if self.given == 0 {
            (0..self.canvas.top).try_for_each(|_| sink(&self.row))?;
        }
        self.given += 1;
        let start = self.canvas.left as usize * self.channels;
        put(&mut self.row[start..start + self.size.width as usize * self.channels]);
        sink(&self.row)?;
        if self.given == self.size.height {
            self.clear();
            let below = self.canvas.size.height - self.canvas.top - self.size.height;
            (0..below).try_for_each(|_| sink(&self.row))?;
        }
        Ok(())
    }

    /// Makes all of the row a rim.
    fn clear(&mut self) {
        self.row.chunks_exact_mut(self.channels).for_each(|to| write(to, self.pixel));
    }
}

/// A pixel over a colour.
fn over([r, g, b, a]: [u8; 4], [red, green, blue]: [u8; 3]) -> [u8; 4] {
    [over_opaque(r, a, red), over_opaque(g, a, green), over_opaque(b, a, blue), 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(finish: Finish, layout: Layout, size: Size, data: &[u8]) -> (Layout, Vec<u8>) {
        let raster = finish.picture(Raster::new(size, layout, data.to_vec()).unwrap()).unwrap();
        assert_eq!(raster.size(), finish.size(size));
        (raster.layout(), raster.into_data())
    }

    #[test]
    fn a_background_is_seen_as_far_as_the_picture_lets_it() {
        let on = |color| Finish { background: Some(color), ..Finish::default() };
        let pixels = [[90, 90, 90, 255], [90, 0, 255, 0], [200, 100, 0, 128]].concat();
        let (layout, data) = finished(on([10, 20, 30]), Layout::Rgba, Size::new(3, 1), &pixels);
        assert_eq!((layout, data.as_slice()), (Layout::Rgb, &[90, 90, 90, 10, 20, 30, 105, 60, 15][..]));
        // Grey stays grey on grey.
        let gray = finished(on([8; 3]), Layout::GrayAlpha, Size::new(2, 1), &[50, 255, 50, 0]);
        assert_eq!(gray, (Layout::Gray, vec![50, 8]));
        let colored = finished(on([8, 9, 10]), Layout::GrayAlpha, Size::new(1, 1), &[50, 0]);
        assert_eq!(colored, (Layout::Rgb, vec![8, 9, 10]));
        assert_eq!(
            Finish::new(&Params::default().with_background([8; 3]), Size::new(1, 1), None, false),
            None
        );
    }

    #[test]
    fn a_rim_has_the_background_or_is_transparent() {
        let canvas = Some(Canvas { size: Size::new(4, 3), left: 1, top: 1 });
        let clear = Finish { canvas, ..Finish::default() };
        let (layout, data) = finished(clear, Layout::Gray, Size::new(2, 1), &[7, 9]);
        let row = [[0, 0], [7, 255], [9, 255], [0, 0]].concat();
        assert_eq!((layout, data), (Layout::GrayAlpha, [vec![0; 8], row, vec![0; 8]].concat()));
        let red = Finish { background: Some([255, 0, 0]), canvas, ..Finish::default() };
        let (layout, data) = finished(red, Layout::Gray, Size::new(2, 1), &[7, 9]);
        let rim = [255, 0, 0];
        let row = [rim, [7; 3], [9; 3], rim].concat();
        assert_eq!((layout, data), (Layout::Rgb, [rim.repeat(4), row, rim.repeat(4)].concat()));
    }
}
