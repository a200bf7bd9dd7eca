//! Numbers found by trying on photos, screenshots and graphics, and what each effort level does.

/// What an effort level does.
#[derive(Debug, Clone, Copy)]
pub struct Tools {
    /// How many 4x4 modes are tried by their true cost, of ten; 0 leaves 4x4 prediction out.
    pub block_modes: usize,
    /// Levels are chosen by rate and distortion, not by rounding.
    pub trellis: bool,
    /// That for each 4x4 mode tried, not only for the best.
    pub trellis_modes: bool,
    /// Bits that luma must cost in a 16x16 mode, its error included, before 4x4 modes are tried; 1/256 bits.
    pub blocks_from: u32,
    /// How much worse than the 16x16 mode the first 4x4 blocks may be before the rest is given up, in 1/64.
    pub patience: i64,
}

impl Tools {
    /// The tools of an effort of 0 to 6.
    pub const fn of(effort: u8) -> Self {
        let (block_modes, trellis, trellis_modes, patience) = match effort {
            0 => (0, false, false, 0),
            1 => (1, false, false, 0),
            2 => (1, false, false, 4),
            3 => (2, true, false, 8),
            4 => (2, true, true, 8),
            5 => (3, true, true, 16),
            _ => (10, true, true, 64),
        };
        Self { block_modes, trellis, trellis_modes, blocks_from: 40 << 8, patience }
    }
}

/// The numbers.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// Rounding of luma, DC and AC, in 1/256 steps.
    pub bias_y1: [u32; 2],
    /// The same for luma DCs.
    pub bias_y2: [u32; 2],
    /// The same for chroma.
    pub bias_uv: [u32; 2],
    /// What a bit of luma may cost in squared error, for a squared step, times 256.
    pub lambda: i64,
    /// The same for chroma: less, for the eye and the measure see its errors more than their size says.
    pub lambda_uv: i64,
    /// Quantiser offsets: luma DC, DC of DCs, AC of DCs, chroma DC, chroma AC.
    pub offsets: [i8; 5],
    /// Loop filter strength of each segment, in 1/1024 of a luma AC step.
    pub filter: [u32; 4],
    /// Loop filter sharpness.
    pub sharpness: u8,
    /// Quantiser index of each segment against the picture's, where that is 32.
    pub segments: [i8; 4],
    /// The activities that part the segments.
    pub activities: [u32; 3],
    /// What a bit may cost in each segment, in 1/128 of what it may in all: fine detail is missed less where it is busy.
    pub segment_lambda: [i64; 4],
    /// What a squared error of a coefficient counts by its place in the scan, in 1/128: low frequencies are seen, and
    /// measured at more than one scale.
    pub frequencies: [i64; 16],
    /// What errors count when levels are chosen for modes that are chosen, in 1/128: of 4x4 blocks, 16x16 blocks, luma DCs and chroma.
    pub care: [i64; 4],
    /// What the quantiser's index moves by in the mean over a picture's macroblocks, in 1/16 indices where it is 32; libwebp
    /// moves it about as much.
    pub mean_offset: i64,
    /// The same of all macroblocks, where nothing is known of a picture.
    pub usual_offset: i64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            bias_y1: [96, 110],
            bias_y2: [96, 108],
            bias_uv: [110, 115],
            lambda: 16,
            lambda_uv: 6,
            offsets: [-2, -2, -2, -10, -3],
            filter: [150, 120, 90, 60],
            sharpness: 0,
            segments: [-9, -5, 0, 8],
            activities: [400, 1100, 2200],
            segment_lambda: [90, 112, 136, 170],
            frequencies: [240, 190, 190, 130, 160, 130, 105, 105, 105, 105, 85, 85, 85, 70, 70, 60],
            care: [128, 128, 160, 160],
            mean_offset: 31,
            usual_offset: 53,
        }
    }
}

impl Tuning {
    /// The segment of a macroblock, 0 to 3.
    pub fn segment(&self, activity: u32) -> usize {
        self.activities.iter().filter(|&&limit| activity >= limit).count()
    }

    /// The quantiser indices of a quality of 0 to 100 by segment, all moved by so many 1/16 indices. The curve is
    /// libwebp's, so that the same number looks about the same; segments part more where steps are large.
    pub fn quantizers(&self, quality: u8, shift: i64) -> [u8; 4] {
        let quality = f64::from(quality.min(100)) / 100.0;
        let linear = if quality < 0.75 { quality * 2.0 / 3.0 } else { 2.0 * quality - 1.0 };
        let index = 127.0 * (1.0 - libm::cbrt(linear));
        self.segments.map(|segment| {
            let offset = (f64::from(segment) + shift as f64 / 16.0) * (index + 8.0) / 40.0;
            (index + offset).round().clamp(0.0, 127.0) as u8
        })
    }
}
