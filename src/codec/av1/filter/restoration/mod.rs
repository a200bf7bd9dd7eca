//! Loop restoration (section 7.17), one stripe of 64 luma rows after the other. Within a stripe it reads the rows that
//! CDEF left; of the two rows above and below, those that the deblocking filter left.

mod self_guided;
mod wiener;

use self::self_guided::SelfGuided;
use self::wiener::Wiener;
use super::map::{FilterMap, RestorationUnit, units_of};
use crate::codec::av1::header::{FrameHeader, RestorationType, SequenceHeader};
use crate::codec::av1::window::Window;
use crate::simd::{Level, Simd, dispatch};

/// Rows of deblocked samples read above and below a stripe.
pub const REACH: usize = 2;

/// Columns and rows that are filtered at once, at most.
const SIDE: usize = 64;
/// Samples around them.
const BORDER: usize = 3;
/// Samples from one row of a [`Source`] to the next.
const STRIDE: usize = SIDE + 2 * BORDER + 2;

/// A block with three samples around it: what `get_source_sample()` gives.
type Source = [u16; (SIDE + 2 * BORDER) * STRIDE];

/// Rows and columns of a plane.
#[derive(Clone, Copy, Debug)]
struct PlaneSize {
    width: usize,
    height: usize,
    sub_y: u8,
    unit_size: usize,
    unit_cols: usize,
    unit_rows: usize,
}

/// The filter of one frame, and what it works in.
pub struct Restoration {
    level: Level,
    bit_depth: u8,
    planes: [Option<PlaneSize>; 3],
    source: Box<Source>,
    wiener: Box<Wiener>,
    self_guided: Box<SelfGuided>,
}

/// Where a block lies.
#[derive(Clone, Copy)]
struct Area {
    x: usize,
    y: usize,
    w: usize,
    h: usize,
}

/// The rows that a stripe may read: of the stripe itself, and of the plane.
#[derive(Clone, Copy)]
struct Stripe {
    start: usize,
    /// Behind its last row.
    end: usize,
}

/// The rows `start..end` of a plane in stripe `number` of the frame, if it has any.
#[must_use]
pub fn stripe(number: usize, height: usize, sub_y: u8) -> (usize, usize) {
    let at = |number: usize| ((number * 64).saturating_sub(8) >> sub_y).min(height);
    (at(number), at(number + 1))
}

impl Restoration {
    /// `None` where the frame has no loop restoration.
    #[must_use]
    pub fn new(level: Level, sequence: &SequenceHeader, frame: &FrameHeader) -> Option<Self> {
        if !frame.lr_params.uses_lr {
            return None;
        }
        let mut planes = [None; 3];
        for (plane, size) in planes.iter_mut().enumerate().take(sequence.num_planes()) {
            if frame.lr_params.frame_restoration_type[plane] == RestorationType::None {
                continue;
            }
            let (sub_x, sub_y) = sequence.subsampling(plane);
            let (unit_cols, unit_rows) = units_of(sequence, frame, plane);
            *size = Some(PlaneSize {
                width: (frame.upscaled_width as usize + usize::from(sub_x)) >> sub_x,
                height: (frame.frame_height as usize + usize::from(sub_y)) >> sub_y,
                sub_y,
                unit_size: usize::from(frame.lr_params.loop_restoration_size[plane]),
                unit_cols,
                unit_rows,
            });
        }
        Some(Self {
            level,
            bit_depth: sequence.color_config.bit_depth,
            planes,
            source: Box::new([0; (SIDE + 2 * BORDER) * STRIDE]),
            wiener: Box::default(),
            self_guided: Box::default(),
        })
    }

    /// The bytes that it works in.
    #[must_use]
    pub const fn bytes() -> usize {
        size_of::<Source>() + size_of::<Wiener>() + size_of::<SelfGuided>()
    }

    /// True where a plane is restored.
    #[must_use]
    pub fn restores(&self, plane: usize) -> bool {
        self.planes[plane].is_some()
    }

    /// Restores stripe `number` of a plane. `deblocked` holds the two rows above and below it (as far as the frame has
    /// them), `cdef` its rows; `to` takes them.
    pub fn filter_stripe(
        &mut self,
        plane: usize,
        number: usize,
        (deblocked, cdef): (&Window, &Window),
        map: &FilterMap,
        to: &mut Window,
    ) {
        let Some(size) = self.planes[plane] else { return };
        let (start, end) = stripe(number, size.height, size.sub_y);
        // Units begin eight luma rows above their multiples, as stripes do; both are cut at the frame's edges.
        let unit_row = |y: usize| ((y + (8 >> size.sub_y)) / size.unit_size).min(size.unit_rows - 1);
        if start == end {
            return;
        }
        let row = map.units[plane].row(unit_row(start));
        for (col, unit) in row.iter().enumerate() {
            let from = col * size.unit_size;
            let until = if col + 1 == size.unit_cols { size.width } else { from + size.unit_size };
            for x in (from..until).step_by(SIDE) {
                let area = Area { x, y: start, w: SIDE.min(until - x), h: end - start };
                if *unit == RestorationUnit::None {
                    for y in start..end {
                        to.row_mut(y)[x..x + area.w].copy_from_slice(&cdef.row(y)[x..x + area.w]);
                    }
                    continue;
                }
                self.load(size, Stripe { start, end }, (deblocked, cdef), area);
                let Self { bit_depth, source, wiener, self_guided, .. } = self;
                let bit_depth = *bit_depth;
                dispatch!(self.level, simd => simd.vectorize(
                    #[inline(always)]
                    || match *unit {
                        RestorationUnit::Wiener(taps) => wiener.filter(source, taps, bit_depth, area, to),
                        RestorationUnit::SelfGuided { set, xqd } => {
                            self_guided.filter(source, (set, xqd), bit_depth, area, to);
                        }
                        RestorationUnit::None => {}
                    }
                ));
            }
        }
    }

    /// Gathers a block's samples with three around it (section 7.17.6).
    fn load(&mut self, size: PlaneSize, stripe: Stripe, (deblocked, cdef): (&Window, &Window), area: Area) {
        for i in 0..area.h + 2 * BORDER {
            let y = (area.y + i).saturating_sub(BORDER).min(size.height - 1);
            let row = if y < stripe.start {
                deblocked.row(y.max(stripe.start.saturating_sub(REACH)))
            } else if y >= stripe.end {
                deblocked.row(y.min(stripe.end + REACH - 1))
            } else {
                cdef.row(y)
            };
            let row = &row[..size.width];
            let to = &mut self.source[i * STRIDE..][..area.w + 2 * BORDER];
            if area.x >= BORDER && area.x + area.w + BORDER <= size.width {
                to.copy_from_slice(&row[area.x - BORDER..area.x + area.w + BORDER]);
            } else {
                for (j, to) in to.iter_mut().enumerate() {
                    *to = row[(area.x + j).saturating_sub(BORDER).min(size.width - 1)];
                }
            }
        }
    }
}
