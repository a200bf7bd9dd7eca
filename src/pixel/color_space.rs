//! What samples mean as colours, where a file says so by numbers and not by an ICC profile.

/// A space of RGB colours. Grey is the same amount of all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColorSpace {
    /// The colours of the primaries, and of white.
    pub primaries: Primaries,
    /// How much light a sample is.
    pub transfer: Transfer,
}

/// Chromaticities, x and y, in hundred-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "colours by their names")]
pub struct Primaries {
    pub white: [u32; 2],
    pub red: [u32; 2],
    pub green: [u32; 2],
    pub blue: [u32; 2],
}

/// From a sample to light, both of 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// The curve of sRGB (IEC 61966-2-1).
    Srgb,
    /// Light to this power is the sample, in hundred-thousandths, as PNG's gAMA has it. Never 0.
    Gamma(u32),
    /// SMPTE ST 240.
    Smpte240,
    /// SMPTE ST 428-1, of which 48/52.37 is white.
    Smpte428,
    /// SMPTE ST 2084, perceptual quantization; the light of the brightest pixel in cd/m².
    Pq(u32),
    /// ARIB STD-B67, hybrid log-gamma; the light of the brightest pixel in cd/m².
    Hlg(u32),
}

/// The light of the brightest pixel of a picture that doesn't say it, in cd/m².
pub(crate) const BRIGHTEST: u32 = 1000;

const D65: [u32; 2] = [31_270, 32_900];
const C: [u32; 2] = [31_000, 31_600];

impl ColorSpace {
    /// That of the web.
    pub const SRGB: Self = Self { primaries: Primaries::BT709, transfer: Transfer::Srgb };

    /// What the numbers of ITU-T H.273 say, as browsers have it. `None` where they say nothing of RGB.
    #[must_use]
    pub fn from_code_points(primaries: u8, transfer: u8, brightest: u32) -> Option<Self> {
        let primaries = Primaries::from_code_point(primaries)?;
        let transfer = match transfer {
            // What a camera does to light by BT.709, BT.601 and BT.2020, a monitor undoes by BT.1886.
            1 | 6 | 11 | 14 | 15 => Transfer::Gamma(41_667),
            4 => Transfer::Gamma(45_455),
            5 => Transfer::Gamma(35_714),
            7 => Transfer::Smpte240,
            8 => Transfer::Gamma(100_000),
            13 => Transfer::Srgb,
            16 => Transfer::Pq(brightest),
            17 => Transfer::Smpte428,
            18 => Transfer::Hlg(brightest),
            _ => return None,
        };
        Some(Self { primaries, transfer })
    }
}

impl Primaries {
    /// BT.709, which sRGB has.
    pub const BT709: Self =
        Self { white: D65, red: [64_000, 33_000], green: [30_000, 60_000], blue: [15_000, 6_000] };

    /// BT.2020 and BT.2100.
    pub const BT2020: Self =
        Self { white: D65, red: [70_800, 29_200], green: [17_000, 79_700], blue: [13_100, 4_600] };

    /// By their number in ITU-T H.273, table 2.
    fn from_code_point(number: u8) -> Option<Self> {
        let of = |white, red, green, blue| Some(Self { white, red, green, blue });
        match number {
            1 => Some(Self::BT709),
            4 => of(C, [67_000, 33_000], [21_000, 71_000], [14_000, 8_000]),
            5 => of(D65, [64_000, 33_000], [29_000, 60_000], [15_000, 6_000]),
            6 | 7 => of(D65, [63_000, 34_000], [31_000, 59_500], [15_500, 7_000]),
            8 => of(C, [68_100, 31_900], [24_300, 69_200], [14_500, 4_900]),
            9 => Some(Self::BT2020),
            10 => of([33_333, 33_333], [100_000, 0], [0, 100_000], [0, 0]),
            11 => of([31_400, 35_100], [68_000, 32_000], [26_500, 69_000], [15_000, 6_000]),
            12 => of(D65, [68_000, 32_000], [26_500, 69_000], [15_000, 6_000]),
            22 => of(D65, [63_000, 34_000], [29_500, 60_500], [15_500, 7_700]),
            _ => None,
        }
    }
}
