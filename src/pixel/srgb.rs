//! The curve of sRGB (IEC 61966-2-1): samples to light and back, both from 0 to 1.

/// The light of a sample.
pub(crate) fn to_light(sample: f64) -> f64 {
    if sample <= 0.040_45 { sample / 12.92 } else { libm::pow((sample + 0.055) / 1.055, 2.4) }
}

/// The sample of an amount of light.
pub(crate) fn of_light(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * libm::pow(light, 1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_back() {
        for sample in (0..=255).map(|sample| f64::from(sample) / 255.0) {
            assert!((of_light(to_light(sample)) - sample).abs() < 1e-6);
        }
        assert_eq!([to_light(0.0), of_light(0.0)], [0.0; 2]);
    }
}
