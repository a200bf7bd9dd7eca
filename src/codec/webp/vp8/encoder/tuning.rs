//! Numbers found by trying on photos, screenshots and graphics, and what each effort level does.

/// What an effort level does.
#[derive(Debug, Clone, Copy)]
pub struct Tools {
    /// How many 4x4 modes are tried by their true cost, of ten; 0 leaves 4x4 prediction out.
    pub i4x4_candidates: usize,
    /// Levels are chosen by rate and distortion, not by rounding.
    pub trellis: bool,
    /// The trellis runs for each 4x4 mode that is tried, not only for the best.
    pub trellis_i4x4: bool,
    /// Bits that luma must cost in a 16x16 mode, its error included, before 4x4 modes are tried; 1/256 bits.
    pub i4x4_min_rate: u32,
    /// How much worse than the 16x16 mode the first 4x4 blocks may be before the rest is given up, in 1/64.
    pub i4x4_tolerance: i64,
}

impl Tools {
    /// The tools of an effort of 0 to 6.
    pub const fn of(effort: u8) -> Self {
        let (i4x4_candidates, trellis, trellis_i4x4, i4x4_tolerance) = match effort {
            0 => (0, false, false, 0),
            1 => (1, false, false, 0),
            2 => (1, false, false, 4),
            3 => (2, true, false, 8),
            4 => (2, true, true, 8),
            5 => (3, true, true, 16),
            _ => (10, true, true, 64),
        };
        Self { i4x4_candidates, trellis, trellis_i4x4, i4x4_min_rate: 40 << 8, i4x4_tolerance }
    }
}

/// The numbers that are the same for every effort.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// What is added to luma before it is rounded down, DC and AC, in 1/256 steps.
    pub bias_y1: [u32; 2],
    /// What is added to the Y2 block before it is rounded down, DC and AC, in 1/256 steps.
    pub bias_y2: [u32; 2],
    /// What is added to chroma before it is rounded down, DC and AC, in 1/256 steps.
    pub bias_uv: [u32; 2],
    /// What a bit of luma may cost in squared error, for a squared step, times 256.
    pub lambda: i64,
    /// What a bit of chroma may cost, like [`Self::lambda`]: less, for the eye and the measure see chroma's errors more
    /// than their size says.
    pub lambda_uv: i64,
    /// Quantiser index deltas (section 9.6): luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC.
    pub index_deltas: [i8; 5],
    /// Loop filter strength of each segment, in 1/1024 of a luma AC step.
    pub filter: [u32; 4],
    /// Loop filter sharpness.
    pub sharpness: u8,
    /// The quantiser index of each segment less the picture's, where that is 32.
    pub segment_offsets: [i8; 4],
    /// The activities from which on a macroblock is in segment 1, 2 and 3.
    pub activity_limits: [u32; 3],
    /// What a bit may cost in each segment, in 1/128 of what it may in all: fine detail is missed less where it is
    /// busy.
    pub segment_lambda: [i64; 4],
    /// The weight of a coefficient's squared error by its place in the scan, in 1/128: low frequencies are seen, and
    /// measured at more than one scale.
    pub frequency_weights: [i64; 16],
    /// The weights of errors in the trellis.
    pub trellis_weights: TrellisFactors,
    /// What the quantiser's index moves by in the mean over a picture's macroblocks, in 1/16 indices where it is 32;
    /// libwebp moves it about as much.
    pub mean_offset: i64,
    /// What all macroblocks' quantiser indices move by where nothing is known of a picture, in 1/16 indices where it is
    /// 32.
    pub usual_offset: i64,
}

/// Weights of the errors of blocks whose levels a trellis chooses, in 1/128.
#[derive(Debug, Clone)]
pub struct TrellisFactors {
    /// Luma in 4x4 modes.
    pub i4x4: i64,
    /// Luma in a 16x16 mode, without its DCs.
    pub i16x16: i64,
    /// The Y2 block.
    pub y2: i64,
    /// Chroma.
    pub uv: i64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            bias_y1: [96, 110],
            bias_y2: [96, 108],
            bias_uv: [110, 115],
            lambda: 16,
            lambda_uv: 6,
            index_deltas: [-2, -2, -2, -10, -3],
            filter: [150, 120, 90, 60],
            sharpness: 0,
            segment_offsets: [-9, -5, 0, 8],
            activity_limits: [400, 1100, 2200],
            segment_lambda: [90, 112, 136, 170],
            frequency_weights: [240, 190, 190, 130, 160, 130, 105, 105, 105, 105, 85, 85, 85, 70, 70, 60],
            trellis_weights: TrellisFactors { i4x4: 128, i16x16: 128, y2: 160, uv: 160 },
            mean_offset: 31,
            usual_offset: 53,
        }
    }
}

impl Tuning {
    /// The segment of a macroblock, 0 to 3.
    pub fn segment(&self, activity: u32) -> usize {
        self.activity_limits.iter().filter(|&&limit| activity >= limit).count()
    }

    /// The quantiser indices of a quality of 0 to 100 by segment, all moved by `shift` / 16. The curve is
    /// libwebp's, so that the same number looks about the same; segments part more where steps are large.
    pub fn quantizers(&self, quality: u8, shift: i64) -> [u8; 4] {
        let quality = f64::from(quality.min(100)) / 100.0;
        let linear = if quality < 0.75 { quality * 2.0 / 3.0 } else { 2.0 * quality - 1.0 };
        let index = 127.0 * (1.0 - libm::cbrt(linear));
        self.segment_offsets.map(|segment| {
            let offset = (f64::from(segment) + shift as f64 / 16.0) * (index + 8.0) / 40.0;
            (index + offset).round().clamp(0.0, 127.0) as u8
        })
    }
}
