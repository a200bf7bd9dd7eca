//! Straight alpha: colours into which it was multiplied, without that, and the other way round; pixels over others.

/// A sample without the alpha that was multiplied into it, at 8 bits: both are of the same depth, up to 16 bits. 0 where
/// alpha is. Of a plain sample the depth's largest number is the alpha.
pub(crate) fn straight(sample: u16, alpha: u16) -> u8 {
    let [sample, alpha] = [sample, alpha].map(u32::from);
    (sample * 255 + alpha / 2).checked_div(alpha).map_or(0, |straight| straight.min(255) as u8)
}

/// A sample of a pixel over one of an opaque pixel, rounded.
#[inline(always)]
pub(crate) fn over_opaque(above: u8, alpha: u8, below: u8) -> u8 {
    let alpha = u32::from(alpha);
    ((u32::from(above) * alpha + u32::from(below) * (255 - alpha) + 127) / 255) as u8
}

/// A pixel with its alpha multiplied in, rounded.
pub(crate) fn premultiplied([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let multiply = |color| over_opaque(color, a, 0);
    [multiply(r), multiply(g), multiply(b), a]
}

/// A pixel over another one, straight alpha, rounded; where neither is seen all samples are 0.
pub(crate) fn over(above: [u8; 4], below: [u8; 4]) -> [u8; 4] {
    // In parts of 255².
    let (of_above, of_below) = (u32::from(above[3]) * 255, u32::from(below[3]) * (255 - u32::from(above[3])));
    let sum = of_above + of_below;
    let color = |at: usize| {
        let mixed = u32::from(above[at]) * of_above + u32::from(below[at]) * of_below;
        (mixed + sum / 2).checked_div(sum).unwrap_or(0) as u8
    };
    [color(0), color(1), color(2), ((sum + 127) / 255) as u8]
}

#[cfg(test)]
mod tests {
    use super::{over, straight};

    #[test]
    fn samples_are_divided_by_their_alpha() {
        for ((sample, alpha), color) in
            [((0, 0), 0), ((9, 0), 0), ((64, 128), 128), ((128, 128), 255), ((200, 128), 255), ((7, 255), 7)]
        {
            assert_eq!(straight(sample, alpha), color);
        }
        assert_eq!(
            [(1023, 1023), (65_535, 65_535), (256, 65_535)].map(|(s, a)| straight(s, a)),
            [255, 255, 1]
        );
    }

    #[test]
    fn colours_mix_as_their_alpha_says() {
        assert_eq!(over([200, 100, 50, 128], [9, 9, 9, 0]), [200, 100, 50, 128]);
        assert_eq!(over([200, 100, 0, 51], [100, 0, 0, 255]), [120, 20, 0, 255]);
        assert_eq!(over([200, 100, 0, 254], [100, 0, 0, 255])[3], 255);
        assert_eq!(over([255, 255, 255, 100], [0, 0, 0, 100]), [159, 159, 159, 161]);
    }
}
