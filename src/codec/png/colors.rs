//! The chunks of a PNG that say what its samples are as colours (third edition, section 11.3.2), and which of them
//! counts: cICP before iCCP before sRGB before gAMA and cHRM. What is damaged or says nothing counts as missing, as in
//! browsers.

use crate::{
    codec::bytes::be32,
    pixel::{BRIGHTEST, ColorSpace, Primaries, Transfer},
};

/// How far gAMA alone may be from 1/2.2 and mean sRGB, in hundredths of it.
const SAME_GAMMA: u64 = 5;

/// The first sound chunk of each kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Colors {
    cicp: Option<ColorSpace>,
    is_srgb: bool,
    gamma: Option<u32>,
    primaries: Option<Primaries>,
    /// The brightest light of the picture, and of the monitor on which it was made, in cd/m².
    brightest: [Option<u32>; 2],
}

impl Colors {
    /// True if the chunk is one of those, which are short.
    pub(super) fn are_in(name: &[u8; 4], length: u64) -> bool {
        matches!(name, b"cICP" | b"sRGB" | b"gAMA" | b"cHRM" | b"cLLI" | b"mDCV") && length <= 32
    }

    /// Notes one of those chunks, which stand before the pixels.
    pub(super) fn note(&mut self, name: &[u8; 4], payload: &[u8], is_after_palette: bool) {
        match name {
            b"cICP" if self.cicp.is_none() && !is_after_palette => self.cicp = read_cicp(payload),
            b"sRGB" => self.is_srgb |= matches!(payload, [0..=3]),
            b"gAMA" if self.gamma.is_none() && payload.len() == 4 => self.gamma = be32(payload, 0),
            b"cHRM" if self.primaries.is_none() => self.primaries = read_primaries(payload),
            b"cLLI" if payload.len() == 8 => self.brightest[0] = candelas(payload, 0),
            b"mDCV" if payload.len() == 24 => self.brightest[1] = candelas(payload, 16),
            _ => {}
        }
    }

    /// True if a profile doesn't count.
    pub(super) const fn come_before_a_profile(&self) -> bool {
        self.cicp.is_some()
    }

    /// The space that is described by numbers, where it is not sRGB.
    pub(super) fn space(&self) -> Option<ColorSpace> {
        let space = match (self.cicp, self.is_srgb) {
            (Some(space), _) => self.lit(space),
            (None, true) => return None,
            (None, false) => self.calibrated()?,
        };
        (space != ColorSpace::SRGB).then_some(space)
    }

    /// Adds the brightest light to a space: it stands in chunks of its own.
    fn lit(&self, mut space: ColorSpace) -> ColorSpace {
        if let Transfer::Pq(brightest) | Transfer::Hlg(brightest) = &mut space.transfer {
            let [picture, monitor] = self.brightest.map(|light| light.filter(|&light| light > 0));
            *brightest = picture.or(monitor).unwrap_or(BRIGHTEST);
        }
        space
    }

    /// What gAMA says, by the primaries of cHRM or those of sRGB. cHRM alone says nothing.
    fn calibrated(&self) -> Option<ColorSpace> {
        let gamma = self.gamma.filter(|&gamma| gamma > 0)?;
        let is_usual = (u64::from(gamma) * 22).abs_diff(1_000_000) <= SAME_GAMMA * 10_000;
        match self.primaries {
            None if is_usual => None,
            None => Some(ColorSpace { primaries: Primaries::BT709, transfer: Transfer::Gamma(gamma) }),
            Some(primaries) => Some(ColorSpace { primaries, transfer: Transfer::Gamma(gamma) }),
        }
    }
}

/// Colours by code points, of RGB in full range.
fn read_cicp(payload: &[u8]) -> Option<ColorSpace> {
    let &[primaries, transfer, 0, 1] = payload else { return None };
    ColorSpace::from_code_points(primaries, transfer, BRIGHTEST)
}

fn read_primaries(payload: &[u8]) -> Option<Primaries> {
    let point = |at: usize| Some([be32(payload, 8 * at)?, be32(payload, 8 * at + 4)?]);
    let is_whole = payload.len() == 32;
    is_whole.then_some(Primaries { white: point(0)?, red: point(1)?, green: point(2)?, blue: point(3)? })
}

/// Light in ten-thousandths of a candela.
fn candelas(payload: &[u8], at: usize) -> Option<u32> {
    be32(payload, at).map(|light| light / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(chunks: &[(&[u8; 4], &[u8])]) -> Option<ColorSpace> {
        let mut colors = Colors::default();
        chunks.iter().for_each(|(name, payload)| colors.note(name, payload, false));
        colors.space()
    }

    fn chromaticities(primaries: Primaries) -> Vec<u8> {
        let Primaries { white, red, green, blue } = primaries;
        [white, red, green, blue].as_flattened().iter().flat_map(|part| part.to_be_bytes()).collect()
    }

    /// What Chromium 156 shows of each.
    #[test]
    fn chunks_count_in_the_order_of_the_specification() {
        let gamma = |gamma: u32| gamma.to_be_bytes();
        let linear = Transfer::Gamma(100_000);
        let of = |primaries, transfer| Some(ColorSpace { primaries, transfer });
        let (wide, one) = (chromaticities(Primaries::BT2020), gamma(100_000));
        let (wide, one) = ((b"cHRM", wide.as_slice()), (b"gAMA", one.as_slice()));
        assert_eq!(space(&[]), None);
        assert_eq!(space(&[wide]), None);
        assert_eq!(space(&[one]), of(Primaries::BT709, linear));
        assert_eq!(space(&[one, wide]), of(Primaries::BT2020, linear));
        assert_eq!(space(&[one, wide, (b"sRGB", &[0])]), None);
        assert_eq!(space(&[one, wide, (b"sRGB", &[9])]), of(Primaries::BT2020, linear));
        assert_eq!(space(&[one, (b"gAMA", &gamma(45_455))]), of(Primaries::BT709, linear));
        assert_eq!(space(&[(b"gAMA", &gamma(0)), wide]), None);
        // Near to 1/2.2 gAMA alone is sRGB.
        for usual in [43_200, 45_455, 47_700] {
            assert_eq!(space(&[(b"gAMA", &gamma(usual))]), None, "{usual}");
            assert_eq!(
                space(&[(b"gAMA", &gamma(usual)), wide]),
                of(Primaries::BT2020, Transfer::Gamma(usual))
            );
        }
        for other in [43_000, 47_800] {
            assert_eq!(space(&[(b"gAMA", &gamma(other))]), of(Primaries::BT709, Transfer::Gamma(other)));
        }
        let cicp = |numbers: &[u8]| space(&[one, wide, (b"sRGB", &[0]), (b"cICP", numbers)]);
        assert_eq!(cicp(&[9, 13, 0, 1]), of(Primaries::BT2020, Transfer::Srgb));
        assert_eq!(cicp(&[1, 1, 0, 1]), of(Primaries::BT709, Transfer::Gamma(41_667)));
        assert_eq!(space(&[one, wide, (b"cICP", &[1, 13, 0, 1])]), None);
        // Limited range, planes of YCbCr, numbers without a meaning, and a wrong length.
        for broken in [&[9, 13, 0, 0][..], &[9, 13, 1, 1], &[2, 13, 0, 1], &[9, 2, 0, 1], &[9, 13, 0]] {
            assert_eq!(cicp(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn the_brightest_light_stands_in_chunks_of_its_own() {
        let pq = |chunks: &[(&[u8; 4], &[u8])]| {
            let transfer = space(&[&[(b"cICP", &[9, 16, 0, 1][..])], chunks].concat())?.transfer;
            if let Transfer::Pq(brightest) = transfer { Some(brightest) } else { None }
        };
        let light = |light: u32| [(light * 10_000).to_be_bytes(), [0; 4]].concat();
        let monitor = [vec![0; 16], light(4000)].concat();
        assert_eq!(pq(&[]), Some(1000));
        assert_eq!(pq(&[(b"mDCV", &monitor)]), Some(4000));
        assert_eq!(pq(&[(b"mDCV", &monitor), (b"cLLI", &light(400))]), Some(400));
        assert_eq!(pq(&[(b"cLLI", &light(0))]), Some(1000));
    }
}
