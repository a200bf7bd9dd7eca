//! Upscaling (section 7.16): rows of the coded width become rows of the shown one.

use crate::codec::av1::header::{FrameHeader, SequenceHeader};
use crate::codec::av1::tables::filters::UPSCALE_FILTER;

/// The scaling of a plane's rows.
#[derive(Clone, Copy, Debug)]
pub struct Upscale {
    /// `stepX` and `initialSubpelX`, in 1/16384 samples.
    step: i64,
    start: i64,
    /// `maxX`.
    last: i64,
    /// `upscaledPlaneW`.
    width: usize,
    bit_depth: u8,
}

impl Upscale {
    /// `None` where the frame is not scaled.
    #[must_use]
    pub fn new(sequence: &SequenceHeader, frame: &FrameHeader, plane: usize) -> Option<Self> {
        if frame.frame_width == frame.upscaled_width {
            return None;
        }
        let (sub_x, _) = sequence.subsampling(plane);
        let of_plane = |width: u32| i64::from((width + u32::from(sub_x)) >> sub_x);
        let (from, to) = (of_plane(frame.frame_width), of_plane(frame.upscaled_width));
        let step = ((from << 14) + to / 2) / to;
        let err = to * step - (from << 14);
        let start = (-((to - from) << 13) + to / 2) / to + (1 << 7) - err / 2;
        Some(Self {
            step,
            start: start & 0x3FFF,
            last: i64::from(frame.mi_cols >> sub_x) * 4 - 1,
            width: to as usize,
            bit_depth: sequence.color_config.bit_depth,
        })
    }

    /// Scales a row; `from` has whole 4x4 blocks of samples, `to` gets the upscaled width.
    pub fn row(&self, from: &[u16], to: &mut [u16]) {
        let highest = (1 << self.bit_depth) - 1;
        let mut position = self.start - (1 << 14);
        for to in &mut to[..self.width] {
            let (whole, fraction) = (position >> 14, (position & 0x3FFF) >> 8);
            let mut sum = 64;
            for (k, weight) in UPSCALE_FILTER[fraction as usize].iter().enumerate() {
                let x = (whole + k as i64 - 3).clamp(0, self.last);
                sum += i32::from(from[x as usize]) * i32::from(*weight);
            }
            *to = (sum >> 7).clamp(0, highest) as u16;
            position += self.step;
        }
    }
}
