//! All filters of a frame, one behind the other: reconstructed rows go in by rows of superblocks, final rows come out by
//! stripes of 64 luma rows that end 8 rows above the superblocks (so that no filter waits for more).

use super::cdef::{self, Cdef};
use super::deblock::{self, deblock};
use super::grain::{self, Grain};
use super::map::FilterMap;
use super::restoration::{self, Restoration, stripe};
use super::superres::Upscale;
use crate::codec::av1::header::{FrameHeader, LoopFilterParams, SequenceHeader};
use crate::codec::av1::window::Window;
use crate::error::Result;
use crate::simd::Level;

/// A plane's sizes, in its own samples.
#[derive(Clone, Copy, Debug)]
pub struct PlaneSize {
    pub sub_x: u8,
    pub sub_y: u8,
    /// Of the coded frame, whole 8x8 luma blocks, which reconstruction fills.
    pub coded_width: usize,
    /// Of the coded frame itself.
    pub frame_width: usize,
    /// Of the picture, which superres makes wider.
    pub width: usize,
    pub height: usize,
}

impl PlaneSize {
    #[must_use]
    pub fn new(sequence: &SequenceHeader, frame: &FrameHeader, plane: usize) -> Self {
        let (sub_x, sub_y) = sequence.subsampling(plane);
        let shown = |length: u32, sub: u8| (length as usize + usize::from(sub)) >> sub;
        Self {
            sub_x,
            sub_y,
            coded_width: (frame.mi_cols as usize * 4) >> sub_x,
            frame_width: shown(frame.frame_width, sub_x),
            width: shown(frame.upscaled_width, sub_x),
            height: shown(frame.frame_height, sub_y),
        }
    }
}

const _: () = assert!(deblock::LAG + cdef::REACH <= 8 && restoration::REACH <= 8 - deblock::LAG);

/// As [`ROWS_ABOVE`], of a plane.
#[must_use]
pub const fn rows_above(sub_y: u8) -> usize {
    (8 >> sub_y) + restoration::REACH
}

/// Final rows of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The first luma row, and how many there are; even numbers but at the picture's end.
    pub y: usize,
    pub height: usize,
    planes: [Option<(&'a Window, PlaneSize)>; 3],
}

impl<'a> Rows<'a> {
    /// A row of a plane, by its number in the picture; it is one of these rows. Empty where there is no such plane.
    #[must_use]
    pub fn row(&self, plane: usize, y: usize) -> &'a [u16] {
        self.planes[plane].map_or(&[], |(window, size)| &window.row(y)[..size.width])
    }

    /// The rows of a plane that are here.
    #[must_use]
    pub fn range(&self, plane: usize) -> std::ops::Range<usize> {
        let sub_y = self.planes[plane].map_or(0, |(_, size)| size.sub_y);
        let round = |y: usize| (y + usize::from(sub_y)) >> sub_y;
        round(self.y)..round(self.y + self.height)
    }
}

/// See the module.
pub struct Chain {
    loop_filter: Option<LoopFilterParams>,
    bit_depth: u8,
    planes: Vec<PlaneSize>,
    cdef: Option<Cdef>,
    upscale: [Option<Upscale>; 3],
    restoration: Option<Restoration>,
    grain: Option<Grain>,
    /// What CDEF leaves; empty without it.
    filtered: Vec<Window>,
    /// The same after superres, and the rows around it that CDEF has not seen.
    upscaled: Vec<Window>,
    around: Vec<Window>,
    /// What loop restoration leaves, of the planes that have it.
    restored: Vec<Window>,
    /// Rows that wait for grain, and those that have it.
    grained: Vec<Window>,
    /// Luma rows handed out, and with grain those gathered.
    out: usize,
    gathered: usize,
    next_stripe: usize,
}

/// The rows that each of the windows holds, and whether a frame needs it: `filtered`, `upscaled`, `around`, `restored`,
/// `grained`.
fn windows(sequence: &SequenceHeader, frame: &FrameHeader) -> [Vec<(usize, usize)>; 5] {
    let sizes = (0..sequence.num_planes()).map(|plane| PlaneSize::new(sequence, frame, plane));
    let make = |used: &dyn Fn(usize) -> bool, shape: &dyn Fn(&PlaneSize) -> (usize, usize)| {
        let shapes = sizes.clone().enumerate();
        shapes.map(|(plane, size)| if used(plane) { shape(&size) } else { (0, 0) }).collect()
    };
    let restored = |plane: usize| {
        frame.lr_params.uses_lr
            && frame.lr_params.frame_restoration_type[plane]
                != crate::codec::av1::header::RestorationType::None
    };
    let cdef = Cdef::applies(sequence, frame);
    [
        make(&|_| cdef, &|size| (size.coded_width, 64 >> size.sub_y)),
        make(&|_| frame.use_superres, &|size| (size.width, 64 >> size.sub_y)),
        make(&|plane| frame.use_superres && restored(plane), &|size| {
            (size.width, (64 >> size.sub_y) + 2 * restoration::REACH)
        }),
        make(&restored, &|size| (size.width, 64 >> size.sub_y)),
        make(&|_| frame.film_grain_params.is_some(), &|size| (size.width, 96 >> size.sub_y)),
    ]
}

impl Chain {
    /// # Errors
    /// There is no memory.
    pub fn new(level: Level, sequence: &SequenceHeader, frame: &FrameHeader) -> Result<Self> {
        let mut made: [Vec<Window>; 5] = Default::default();
        for (made, shapes) in made.iter_mut().zip(windows(sequence, frame)) {
            for (stride, rows) in shapes {
                made.push(Window::new(stride, rows)?);
            }
        }
        let [filtered, upscaled, around, restored, grained] = made;
        let params = frame.loop_filter_params;
        Ok(Self {
            loop_filter: (params.loop_filter_level[..2] != [0, 0]).then_some(params),
            bit_depth: sequence.color_config.bit_depth,
            planes: (0..sequence.num_planes()).map(|plane| PlaneSize::new(sequence, frame, plane)).collect(),
            cdef: Cdef::new(level, sequence, frame),
            upscale: std::array::from_fn(|plane| Upscale::new(sequence, frame, plane)),
            restoration: Restoration::new(level, sequence, frame),
            grain: Grain::new(sequence, frame)?,
            filtered,
            upscaled,
            around,
            restored,
            grained,
            out: 0,
            gathered: 0,
            next_stripe: 0,
        })
    }

    /// The bytes that the filters of a frame hold, besides the reconstructed rows and the map.
    #[must_use]
    pub fn bytes(sequence: &SequenceHeader, frame: &FrameHeader) -> usize {
        let windows = windows(sequence, frame).into_iter().flatten();
        let held: usize = windows.map(|(stride, rows)| Window::bytes(stride, rows)).sum();
        let restoration = if frame.lr_params.uses_lr { Restoration::bytes() } else { 0 };
        held + restoration + Grain::bytes(sequence, frame)
    }

    /// Deblocks a row of superblocks that is reconstructed, from `mi_row` to before `end`. Prediction must have kept
    /// the samples that it still needs. `map` has advanced to `mi_row`.
    pub fn deblock(&self, current: &mut [Window], map: &FilterMap, (mi_row, end): (usize, usize)) {
        let Some(params) = &self.loop_filter else { return };
        for (plane, size) in self.planes.iter().enumerate() {
            if plane > 0 && params.loop_filter_level[1 + plane] == 0 {
                continue;
            }
            let edges = if plane == 0 { &map.luma } else { &map.chroma };
            let geometry = deblock::Plane {
                number: plane,
                width: size.frame_width,
                height: size.height,
                bit_depth: self.bit_depth,
            };
            let round = |mi: usize| mi >> size.sub_y;
            deblock(&mut current[plane], edges, geometry, params, (round(mi_row), round(end)));
        }
    }

    /// The subsampling shifts (x, y) of a plane.
    #[must_use]
    pub fn subsampling(&self, plane: usize) -> (u8, u8) {
        (self.planes[plane].sub_x, self.planes[plane].sub_y)
    }

    /// True where [`Chain::next_rows`] has rows to give, or has given all.
    #[must_use]
    pub fn is_ready(&self, reconstructed: usize) -> bool {
        let height = self.planes[0].height;
        if self.out >= height || reconstructed >= height {
            return true;
        }
        let waits = self.grain.is_some() && self.gathered - self.out >= grain::STRIPE;
        let end = stripe(self.next_stripe, height, 0).1;
        let gains = self.grain.is_none() || end - self.out >= grain::STRIPE;
        waits || (gains && end + 8 <= reconstructed)
    }

    /// The next final rows, where the reconstructed and deblocked rows (`reconstructed` of luma) reach far enough.
    pub fn next_rows<'a>(
        &'a mut self,
        current: &'a [Window],
        map: &FilterMap,
        reconstructed: usize,
    ) -> Option<Rows<'a>> {
        let height = self.planes[0].height;
        let complete = reconstructed >= height;
        loop {
            if self.out >= height {
                return None;
            }
            if self.grain.is_some() {
                let ready = self.gathered - self.out >= grain::STRIPE || self.gathered == height;
                if ready && self.gathered > self.out {
                    return Some(self.add_grain());
                }
            }
            let (start, end) = stripe(self.next_stripe, height, 0);
            if end + 8 > reconstructed && !complete {
                return None;
            }
            self.filter_stripe(current, map, self.next_stripe);
            self.next_stripe += 1;
            if self.grain.is_none() {
                self.out = end;
                return Some(self.rows(current, (start, end)));
            }
            self.gather(current, end);
        }
    }

    /// CDEF, superres and loop restoration of a stripe.
    fn filter_stripe(&mut self, current: &[Window], map: &FilterMap, number: usize) {
        let (start, end) = stripe(number, self.planes[0].height, 0);
        if let Some(cdef) = &self.cdef {
            for (window, size) in self.filtered.iter_mut().zip(&self.planes) {
                window.advance(start >> size.sub_y);
            }
            for y8 in start / 8..end.div_ceil(8) {
                cdef.filter_row(current, &mut self.filtered, map, y8);
            }
        }
        for (plane, size) in self.planes.iter().enumerate() {
            let (start, end) = stripe(number, size.height, size.sub_y);
            let filtered = if self.cdef.is_some() { &self.filtered[plane] } else { &current[plane] };
            let restored = self.restoration.as_ref().is_some_and(|restoration| restoration.restores(plane));
            if let Some(upscale) = &self.upscale[plane] {
                let upscaled = &mut self.upscaled[plane];
                upscaled.advance(start);
                for y in start..end {
                    upscale.row(filtered.row(y), upscaled.row_mut(y));
                }
                if restored {
                    let around = &mut self.around[plane];
                    let first = start.saturating_sub(restoration::REACH);
                    around.advance(first);
                    for y in (first..start).chain(end..(end + restoration::REACH).min(size.height)) {
                        upscale.row(current[plane].row(y), around.row_mut(y));
                    }
                }
            }
            if let (Some(restoration), true) = (&mut self.restoration, restored) {
                let from = match self.upscale[plane] {
                    Some(_) => (&self.around[plane], &self.upscaled[plane]),
                    None => (&current[plane], filtered),
                };
                self.restored[plane].advance(start);
                restoration.filter_stripe(plane, number, from, map, &mut self.restored[plane]);
            }
        }
    }

    /// The window that has a plane's rows when all filters but grain are through.
    fn last<'a>(&'a self, current: &'a [Window], plane: usize) -> &'a Window {
        let restored = self.restoration.as_ref().is_some_and(|restoration| restoration.restores(plane));
        match () {
            () if restored => &self.restored[plane],
            () if self.upscale[plane].is_some() => &self.upscaled[plane],
            () if self.cdef.is_some() => &self.filtered[plane],
            () => &current[plane],
        }
    }

    fn rows<'a>(&'a self, current: &'a [Window], (start, end): (usize, usize)) -> Rows<'a> {
        let mut planes = [None; 3];
        for (plane, size) in self.planes.iter().enumerate() {
            planes[plane] = Some((self.last(current, plane), *size));
        }
        Rows { y: start, height: end - start, planes }
    }

    /// Puts a stripe's rows, up to luma row `end`, where grain is added.
    fn gather(&mut self, current: &[Window], end: usize) {
        for plane in 0..self.planes.len() {
            let PlaneSize { sub_y, width, .. } = self.planes[plane];
            let round = |y: usize| (y + usize::from(sub_y)) >> sub_y;
            let mut grained = std::mem::take(&mut self.grained[plane]);
            grained.advance(round(self.out));
            let last = self.last(current, plane);
            for y in round(self.gathered)..round(end) {
                grained.row_mut(y)[..width].copy_from_slice(&last.row(y)[..width]);
            }
            self.grained[plane] = grained;
        }
        self.gathered = end;
    }

    /// Adds grain to the next rows gathered, and hands them out.
    fn add_grain(&mut self) -> Rows<'_> {
        let (start, end) = (self.out, (self.out + grain::STRIPE).min(self.gathered));
        if let Some(grain) = &mut self.grain {
            let mut strides = [0; 3];
            let mut rows: Vec<&mut [u16]> = Vec::with_capacity(3);
            for ((window, size), stride) in self.grained.iter_mut().zip(&self.planes).zip(&mut strides) {
                *stride = window.stride();
                let first = window.index(0, (start + usize::from(size.sub_y)) >> size.sub_y);
                rows.push(&mut window.samples_mut()[first..]);
            }
            grain.add(&mut rows, strides);
        }
        self.out = end;
        let mut planes = [None; 3];
        for (plane, size) in self.planes.iter().enumerate() {
            planes[plane] = Some((&self.grained[plane], *size));
        }
        Rows { y: start, height: end - start, planes }
    }
}
