//! From linear light to sRGB (IEC 61966-2-1), for floating-point samples.

use crate::pixel::srgb;

/// The light from which each of the 255 levels above black is the nearest.
pub(super) struct Light {
    thresholds: [f32; 255],
}

impl Light {
    pub(super) fn new() -> Self {
        let mut thresholds = [0.0; 255];
        for (level, threshold) in thresholds.iter_mut().enumerate() {
            *threshold = srgb::to_light((level as f64 + 0.5) / 255.0) as f32;
        }
        Self { thresholds }
    }

    /// The sRGB level of a light: one of 256, scaled to 16 bits.
    pub(super) fn seen(&self, light: f32) -> u16 {
        self.thresholds.partition_point(|&threshold| threshold <= light) as u16 * 257
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_the_nearest_of_its_light() {
        let light = Light::new();
        for level in 0..=255_u16 {
            assert_eq!(light.seen(srgb::to_light(f64::from(level) / 255.0) as f32), level * 257);
        }
        assert_eq!((light.seen(-3.0), light.seen(7.0)), (0, 65_535));
        // What sharp makes of 0.341 and 0.439.
        assert_eq!([0.341_064_45, 0.439_208_98].map(|value| light.seen(value) / 257), [158, 177]);
    }
}
