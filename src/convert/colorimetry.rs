//! From a colour space that is described by numbers to sRGB: samples to light, light by a matrix, light to samples.
//!
//! Light above white, which PQ and HLG have, is brought into what a page can show as browsers do it: by the reference
//! white tone mapping of SMPTE ST 2094-50, by which diffuse white of 203 cd/m² becomes half of the page's white where
//! the picture has 1000 cd/m² or more. All is computed in an order that is the same on every machine, and powers by
//! `libm`.

use crate::{
    error::Result,
    limits::try_filled,
    pixel::{ColorSpace, Primaries, Transfer, srgb},
};

/// Diffuse white of PQ and HLG, and what is white at the brightest of HLG, in cd/m².
const WHITE: f64 = 203.0;
const HLG_PEAK: f64 = 1000.0;

/// How much of its light a colour of HLG takes as its power: the system gamma of a monitor of 1000 cd/m², less one.
const HLG_SYSTEM: f32 = 0.2;

/// The light of a colour by BT.2100.
const LUMINANCE: [f32; 3] = [0.2627, 0.678, 0.0593];

/// Steps of light for which there is a sample: dark ones are a fifth of a sample apart.
const STEPS: usize = 1 << 14;

/// White to which all others are adapted.
const D50: [f64; 3] = [0.964_22, 1.0, 0.825_21];

type Matrix = [[f64; 3]; 3];

/// Bradford's cones.
const CONES: Matrix = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];

/// A conversion to sRGB.
pub(super) struct Colorimetry {
    /// The light of each sample, white being 1.
    light: [f32; 256],
    /// To the primaries of sRGB, or of BT.2020 where light is mapped.
    matrix: [[f32; 3]; 3],
    mapping: Option<Mapping>,
    /// The sample of each step of light.
    samples: Vec<u8>,
}

impl Colorimetry {
    /// `None` for primaries that are no colours.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
    pub(super) fn new(space: &ColorSpace) -> Result<Option<Self>> {
        let own = to_xyz(&space.primaries);
        let mapping = Mapping::of(space.transfer);
        let target = if mapping.is_some() { Primaries::BT2020 } else { Primaries::BT709 };
        let from_xyz = to_xyz(&target).and_then(inverse);
        let (Some(own), Some(from_xyz)) = (own, from_xyz) else { return Ok(None) };
        let mut samples = try_filled(STEPS, 0)?;
        for (step, sample) in samples.iter_mut().enumerate() {
            let light = step as f64 / (STEPS - 1) as f64;
            *sample = (255.0 * srgb::of_light(light) + 0.5) as u8;
        }
        let mut light = [0.0; 256];
        for (sample, light) in light.iter_mut().enumerate() {
            *light = light_of(space.transfer, sample as f64 / 255.0) as f32;
        }
        Ok(Some(Self { light, matrix: narrow(product(&from_xyz, &own)), mapping, samples }))
    }

    /// Converts pixels of RGB.
    pub(super) fn convert(&self, from: &[u8], to: &mut [u8]) {
        for (from, to) in from.as_chunks::<3>().0.iter().zip(to.as_chunks_mut::<3>().0) {
            let mut light = times(&self.matrix, from.map(|sample| self.light[usize::from(sample)]));
            if let Some(mapping) = &self.mapping {
                light = mapping.map(light);
            }
            *to = light.map(|light| {
                let step = light.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5;
                self.samples[step as usize]
            });
        }
    }
}

/// Brings light above white into what a page can show.
struct Mapping {
    is_hlg: bool,
    /// The brightest light, diffuse white being 1, and what white becomes.
    brightest: f32,
    white: f32,
    /// The middle point of the parabola between white and the brightest light.
    knee: [f32; 2],
    to_srgb: [[f32; 3]; 3],
}

impl Mapping {
    fn of(transfer: Transfer) -> Option<Self> {
        /// Where between white and the brightest light the parabola's middle point lies.
        const KNEE: f64 = 0.65;
        let (is_hlg, brightest) = match transfer {
            Transfer::Pq(brightest) => (false, brightest),
            Transfer::Hlg(brightest) => (true, brightest),
            _ => return None,
        };
        let brightest = (f64::from(brightest) / WHITE).max(1.0);
        let white = 1.0 - 0.5 * (libm::log2(brightest) / libm::log2(1000.0 / WHITE)).min(1.0);
        let knee = [1.0 - KNEE + KNEE / white, (1.0 - KNEE) * white + KNEE];
        let from_xyz = to_xyz(&Primaries::BT709).and_then(inverse)?;
        let to_srgb = narrow(product(&from_xyz, &to_xyz(&Primaries::BT2020)?));
        Some(Self {
            is_hlg,
            brightest: brightest as f32,
            white: white as f32,
            knee: knee.map(|v| v as f32),
            to_srgb,
        })
    }

    /// From light by BT.2020 to that of sRGB.
    fn map(&self, mut light: [f32; 3]) -> [f32; 3] {
        if self.is_hlg {
            let luminance = LUMINANCE[0] * light[0] + LUMINANCE[1] * light[1] + LUMINANCE[2] * light[2];
            let system = libm::powf(luminance.max(0.0), HLG_SYSTEM) * (HLG_PEAK / WHITE) as f32;
            light = light.map(|light| light * system);
        }
        // By the brightest of the three, so that hues stay.
        let gain = self.gain(light[0].max(light[1]).max(light[2]));
        times(&self.to_srgb, light.map(|light| light * gain))
    }

    /// What a light is multiplied with: a line up to white, a parabola up to the brightest light.
    fn gain(&self, light: f32) -> f32 {
        if light <= 1.0 || self.brightest <= 1.0 {
            return self.white;
        }
        if light >= self.brightest {
            return 1.0 / light;
        }
        let [x, y] = self.knee;
        let (a, b, c) = (1.0 - 2.0 * x + self.brightest, x - 1.0, 1.0 - light);
        // Of the two forms of the root the one that never divides by nothing.
        let t = -c / (b + (b * b - a * c).max(0.0).sqrt());
        ((self.white - 2.0 * y + 1.0) * t * t + 2.0 * (y - self.white) * t + self.white) / light
    }
}

/// The light of a sample, both of 0 to 1; of PQ diffuse white is 1, of HLG the brightest light.
fn light_of(transfer: Transfer, sample: f64) -> f64 {
    match transfer {
        Transfer::Srgb => srgb::to_light(sample),
        Transfer::Gamma(gamma) => libm::pow(sample, 100_000.0 / f64::from(gamma.max(1))),
        Transfer::Smpte240 if sample < 0.0912 => sample / 4.0,
        Transfer::Smpte240 => libm::pow((sample + 0.1115) / 1.1115, 1.0 / 0.45),
        Transfer::Smpte428 => libm::pow(sample, 2.6) * 52.37 / 48.0,
        Transfer::Pq(_) => {
            let root = libm::pow(sample, 4096.0 / (2523.0 * 128.0));
            let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 128.0, 2392.0 / 128.0);
            let ratio = (root - c1).max(0.0) / (c2 - c3 * root);
            libm::pow(ratio, 16_384.0 / 2610.0) * 10_000.0 / WHITE
        }
        Transfer::Hlg(_) if sample <= 0.5 => sample * sample / 3.0,
        Transfer::Hlg(_) => (libm::exp((sample - 0.559_910_73) / 0.178_832_77) + 0.284_668_92) / 12.0,
    }
}

/// From amounts of the primaries to colours under D50; `None` where they are no colours.
fn to_xyz(primaries: &Primaries) -> Option<Matrix> {
    let point = |[x, y]: [u32; 2]| [x, y].map(|part| f64::from(part) / 100_000.0);
    let columns = [primaries.red, primaries.green, primaries.blue].map(point);
    let [x, y] = point(primaries.white);
    if y <= 0.0 {
        return None;
    }
    let white = [x / y, 1.0, (1.0 - x - y) / y];
    let colors = [columns.map(|[x, _]| x), columns.map(|[_, y]| y), columns.map(|[x, y]| 1.0 - x - y)];
    let amounts = apply(&inverse(colors)?, white);
    let own = colors.map(|row| [row[0] * amounts[0], row[1] * amounts[1], row[2] * amounts[2]]);
    let (from, to) = (apply(&CONES, white), apply(&CONES, D50));
    if from.iter().any(|cone| cone.abs() < 1e-9) {
        return None;
    }
    let adapted = [0, 1, 2].map(|row| CONES[row].map(|factor| factor * to[row] / from[row]));
    let matrix = product(&product(&inverse(CONES)?, &adapted), &own);
    matrix.iter().flatten().all(|factor| factor.is_finite()).then_some(matrix)
}

fn apply(matrix: &Matrix, v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

fn times(matrix: &[[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| [0, 1, 2].map(|at| row[0] * b[0][at] + row[1] * b[1][at] + row[2] * b[2][at]))
}

fn narrow(matrix: Matrix) -> [[f32; 3]; 3] {
    matrix.map(|row| row.map(|factor| factor as f32))
}

/// `None` where there is none.
fn inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix) -> Option<Matrix> {
    let (first, second, third) = (e * i - f * h, f * g - d * i, d * h - e * g);
    let determinant = a * first + b * second + c * third;
    let adjugate = [
        [first, c * h - b * i, b * f - c * e],
        [second, a * i - c * g, c * d - a * f],
        [third, b * g - a * h, a * e - b * d],
    ];
    (determinant.abs() > 1e-9).then(|| adjugate.map(|row| row.map(|cofactor| cofactor / determinant)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::BRIGHTEST;

    const SAMPLES: [[u8; 3]; 7] =
        [[64; 3], [128; 3], [200; 3], [51, 204, 102], [153, 51, 0], [255, 102, 51], [0, 102, 204]];

    /// What Chromium 156 makes of the samples by primaries, transfer and brightest light.
    const SHOWN: [(u8, u8, u32, [[u8; 3]; 7]); 9] = [
        (9, 13, 0, [[64; 3], [128; 3], [200; 3], [0, 215, 83], [189, 0, 0], [255, 44, 17], [0, 106, 213]]),
        (12, 13, 0, [[64; 3], [128; 3], [200; 3], [0, 208, 88], [166, 40, 0], [255, 87, 19], [0, 104, 211]]),
        (1, 1, 0, [[54; 3], [121; 3], [197; 3], [40, 201, 94], [147, 40, 0], [255, 94, 40], [0, 94, 201]]),
        (1, 7, 0, [[81; 3], [141; 3], [206; 3], [69, 210, 117], [164, 69, 0], [255, 117, 69], [0, 117, 210]]),
        (1, 17, 0, [[48; 3], [118; 3], [200; 3], [35, 205, 89], [146, 35, 0], [255, 89, 35], [0, 89, 205]]),
        (
            9,
            16,
            BRIGHTEST,
            [[30; 3], [132; 3], [255; 3], [0, 255, 0], [250, 0, 0], [255, 0, 0], [0, 33, 255]],
        ),
        (
            12,
            16,
            BRIGHTEST,
            [[30; 3], [132; 3], [255; 3], [0, 255, 0], [223, 0, 0], [255, 0, 0], [0, 41, 255]],
        ),
        (9, 16, 400, [[39; 3], [163; 3], [255; 3], [0, 255, 0], [255, 0, 0], [255, 0, 0], [0, 33, 255]]),
        (
            9,
            18,
            BRIGHTEST,
            [[43; 3], [99; 3], [202; 3], [0, 214, 59], [141, 0, 0], [255, 0, 0], [0, 80, 192]],
        ),
    ];

    #[test]
    fn colours_are_those_that_a_browser_shows() {
        for (primaries, transfer, brightest, shown) in SHOWN {
            let space = ColorSpace::from_code_points(primaries, transfer, brightest).unwrap();
            let mut converted = [0; 21];
            Colorimetry::new(&space).unwrap().unwrap().convert(SAMPLES.as_flattened(), &mut converted);
            let farthest = converted.iter().zip(shown.as_flattened()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(farthest <= Some(1), "{primaries} {transfer} {brightest}: {converted:?}");
        }
    }

    #[test]
    fn no_primaries_and_no_light_make_it_fail() {
        let points = [[0, 0], [30_000, 30_000], [u32::MAX, u32::MAX], [31_270, 32_900], [100_000, 0]];
        let transfers = [
            Transfer::Gamma(1),
            Transfer::Gamma(u32::MAX),
            Transfer::Pq(0),
            Transfer::Pq(u32::MAX),
            Transfer::Hlg(1),
        ];
        let mut spaces = 0;
        for white in points {
            for (red, green) in points.into_iter().flat_map(|red| points.map(|green| (red, green))) {
                for transfer in transfers {
                    let primaries = Primaries { white, red, green, blue: [15_000, 6_000] };
                    let Some(numbers) = Colorimetry::new(&ColorSpace { primaries, transfer }).unwrap() else {
                        continue;
                    };
                    numbers.convert(SAMPLES.as_flattened(), &mut [0; 21]);
                    spaces += 1;
                }
            }
        }
        assert!(spaces > 0);
        let flat = Primaries { red: [30_000; 2], green: [30_000; 2], blue: [30_000; 2], ..Primaries::BT709 };
        let flat = ColorSpace { primaries: flat, transfer: Transfer::Srgb };
        assert!(Colorimetry::new(&flat).unwrap().is_none());
    }
}
