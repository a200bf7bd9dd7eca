//! A stream of entropy-coded pixels (RFC 9649 section 3.7): what stands before the tokens, and their prefix codes.

use super::{
    super::bits::{BitWriter, HeaderBits},
    analysis::{self, SAMPLED_PIXELS},
    histogram::{Histogram, PrefixCodeGroup},
    match_finder::MatchEffort,
    meta_prefix::{EntropyImage, Position},
    parse,
    pixels::{OPAQUE, Pixels},
    token::PixelToken,
};
use crate::error::Result;

/// How a picture's stream is written.
pub struct StreamPlan {
    /// All that stands before the tokens.
    pub header: HeaderBits,
    pub entropy_image: EntropyImage,
    /// By meta prefix code.
    pub groups: Vec<PrefixCodeGroup>,
    /// The length of the stream.
    pub bits: u64,
}

impl StreamPlan {
    /// Appends to the header the colour cache, the entropy image and the prefix codes, one group for each histogram.
    pub fn new(
        mut header: HeaderBits,
        cache_bits: u32,
        entropy_image: EntropyImage,
        histograms: &[Histogram],
    ) -> Result<Self> {
        header.put((cache_bits > 0).into(), 1);
        if cache_bits > 0 {
            header.put(cache_bits, 4);
        }
        header.put((entropy_image.count > 1).into(), 1);
        if entropy_image.count > 1 {
            let EntropyImage { tiles, meta_codes, .. } = &entropy_image;
            header.put(tiles.bits - 2, 3);
            write_subimage(Pixels::<1>::new(meta_codes, tiles.across, OPAQUE), &mut header)?;
        }
        let (mut groups, mut bits) = (Vec::new(), 0);
        for histogram in histograms {
            let (group, more) = PrefixCodeGroup::new(histogram, &mut header);
            groups.push(group);
            bits += more;
        }
        bits += header.bits();
        Ok(Self { header, entropy_image, groups, bits })
    }

    /// Writes the token at a place, which moves on.
    #[inline(always)]
    pub fn write(&self, token: PixelToken, place: &mut Position, writer: &mut BitWriter, out: &mut [u8]) {
        let group = &self.groups[self.entropy_image.at(place)];
        group.put(token, |value, count| writer.put(out, value, count));
        place.advance(token.pixels());
    }

    /// A buffer of the stream's length, with at least `capacity`, and `around` for what comes around it.
    pub fn buffer(&self, capacity: u64, around: u64) -> Result<Vec<u8>> {
        let (mut out, bytes) = (Vec::new(), self.bits.div_ceil(8));
        out.try_reserve_exact((capacity.max(bytes) + around) as usize)?;
        out.resize(bytes as usize, 0);
        Ok(out)
    }
}

/// Writes a small picture that a larger one needs (the RFC's "entropy-coded image"): without a colour cache, and with
/// one prefix code group.
pub fn write_subimage<const C: usize>(pixels: Pixels<C>, header: &mut HeaderBits) -> Result<()> {
    header.put(0, 1);
    let effort = MatchEffort { chain_limit: 8, good_length: 64 };
    let costs = analysis::first_costs(pixels, SAMPLED_PIXELS)?;
    let mut histogram = Histogram::new(0)?;
    parse::each(pixels, &costs, effort, 0, |_, token| histogram.add(token))?;
    let costs = histogram.costs();
    let mut histogram = Histogram::new(0)?;
    parse::each(pixels, &costs, effort, 0, |_, token| histogram.add(token))?;
    let (group, _) = PrefixCodeGroup::new(&histogram, header);
    parse::each(pixels, &costs, effort, 0, |_, token| {
        group.put(token, |value, count| header.put(value, count));
    })?;
    Ok(())
}
