//! CIE L*a*b* (TIFF 6.0, section 23) to sRGB. The white point of the file becomes that of sRGB.

use super::light::Light;

/// The white point of sRGB.
const WHITE: [f32; 3] = [0.950_47, 1.0, 1.088_83];

/// From XYZ to linear sRGB.
const MATRIX: [[f32; 3]; 3] = [
    [3.240_454_2, -1.537_138_5, -0.498_531_4],
    [-0.969_266, 1.876_010_8, 0.041_556],
    [0.055_643_4, -0.204_025_9, 1.057_225_2],
];

/// Converts pixels.
pub(super) struct Lab {
    light: Light,
    /// True if a and b are signed; else they are stored with an offset of 128.
    is_signed: bool,
    /// True if samples have 8 bits; with more, the lower bits are a fraction.
    is_short: bool,
}

impl Lab {
    pub(super) fn new(is_signed: bool, depth: u32) -> Self {
        Self { light: Light::new(), is_signed, is_short: depth <= 8 }
    }

    /// Converts a pixel of 16-bit samples.
    pub(super) fn rgb(&self, lab: [u16; 3]) -> [u8; 3] {
        let lightness = f32::from(lab[0]) * (100.0 / 65_535.0);
        let [a, b] = [lab[1], lab[2]].map(|sample| {
            let signed = if self.is_signed { sample } else { sample ^ 0x8000 } as i16;
            if self.is_short { f32::from(signed >> 8) } else { f32::from(signed) / 256.0 }
        });
        let y = (lightness + 16.0) / 116.0;
        let part = |f: f32| {
            if f > 6.0 / 29.0 { f * f * f } else { 3.0 * (6.0 / 29.0) * (6.0 / 29.0) * (f - 4.0 / 29.0) }
        };
        let xyz = [part(y + a / 500.0) * WHITE[0], part(y) * WHITE[1], part(y - b / 200.0) * WHITE[2]];
        MATRIX.map(|row| {
            let light = row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2];
            (self.light.seen(light) / 257) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_come_out() {
        let short = |l: u8, a: i8, b: i8| {
            Lab::new(true, 8).rgb([l, a as u8, b as u8].map(|sample| u16::from(sample) * 257))
        };
        assert_eq!(short(255, 0, 0), [255; 3]);
        assert_eq!(short(0, 0, 0), [0; 3]);
        // sRGB's red is 53.24, 80.09, 67.20; its blue 32.30, 79.19, -107.86.
        for (lab, rgb) in [(short(136, 80, 67), [255, 0, 0]), (short(82, 79, -108), [0, 0, 255])] {
            assert!(lab.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 3), "{lab:?}");
        }
        let long = Lab::new(false, 16).rgb([34_890, 32_768 + 20_503, 32_768 + 17_203]);
        assert!(long.iter().zip([255_u8, 0, 0]).all(|(a, b)| a.abs_diff(b) <= 1), "{long:?}");
    }
}
