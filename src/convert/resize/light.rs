//! Samples as amounts of light: the curve of sRGB (IEC 61966-2-1) and back, by tables.

use super::job::FRACTION;
use crate::{error::Result, limits::try_filled, pixel::srgb};

/// The most light, as samples in work have it.
pub(super) const MOST: usize = 255 << FRACTION;

/// The curve both ways. Of its fourteen bits the darkest samples are five steps apart.
pub(super) struct Light {
    of_sample: [i16; 256],
    samples: Vec<u8>,
}

impl Light {
    /// The heap that it takes, in bytes.
    pub(super) const HEAP_BYTES: u64 = (MOST + 1) as u64;

    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
    pub(super) fn new() -> Result<Self> {
        let mut light = Self { of_sample: [0; 256], samples: try_filled(MOST + 1, 255)? };
        let mut from = 0;
        for sample in 0..=255_u8 {
            light.of_sample[usize::from(sample)] = libm::round(amount(sample.into())) as i16;
            // Up to halfway to the next.
            let end = libm::ceil(amount(f64::from(sample) + 0.5)) as usize;
            if let Some(samples) = light.samples.get_mut(from..end) {
                samples.fill(sample);
            }
            from = end;
        }
        Ok(light)
    }

    /// The light of a sample.
    #[inline(always)]
    pub(super) const fn of(&self, sample: u8) -> i16 {
        self.of_sample[sample as usize]
    }

    /// The sample of an amount of light; what is past the ends counts as the end.
    #[inline(always)]
    pub(super) fn sample(&self, light: i32) -> u8 {
        self.samples[(light.max(0) as usize).min(MOST)]
    }
}

/// The light of a sample, from 0 to [`MOST`].
pub(super) fn amount(sample: f64) -> f64 {
    srgb::to_light(sample / 255.0) * MOST as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_back() {
        let light = Light::new().unwrap();
        for sample in 0..=255 {
            assert_eq!(light.sample(light.of(sample).into()), sample);
        }
        assert_eq!([light.of(0), light.of(255)], [0, MOST as i16]);
        // The grey that gives half of the light.
        assert_eq!(light.sample(MOST as i32 / 2), 188);
        assert_eq!([light.sample(-5), light.sample(1 << 20)], [0, 255]);
    }
}
