//! Straight alpha: colours into which it was multiplied, without that.

/// A sample without the alpha that was multiplied into it, at 8 bits: both are of the same depth, up to 16 bits. 0 where
/// alpha is. Of a plain sample the depth's largest number is the alpha.
pub(crate) fn straight(sample: u16, alpha: u16) -> u8 {
    let [sample, alpha] = [sample, alpha].map(u32::from);
    (sample * 255 + alpha / 2).checked_div(alpha).map_or(0, |straight| straight.min(255) as u8)
}

#[cfg(test)]
mod tests {
    use super::straight;

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
}
