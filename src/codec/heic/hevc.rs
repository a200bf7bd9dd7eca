//! HEVC still pictures, decoded by the `heic-decoder` crate: what the parameter sets say, and samples.
//!
//! The crate parses and decodes without `unsafe`, and gives up with an error. It trusts the size that the parameter
//! sets state, and lists all entry points of a slice: both are looked at here first.

use heic_decoder::{
    HeifError,
    bitreader::strip_emulation_prevention,
    decode_one_image,
    hevc::{
        nal::{NAL_PPS, NAL_SPS, is_slice_nal, parse_nal_header},
        params::{Pps, Sps, parse_pps, parse_sps},
        slice::parse_slice_header,
    },
    isobmff::{HevcDecoderConfig, HevcNalArray, ResolvedImage},
};

use crate::{
    codec::{
        bytes::be16,
        heif::{self, Chroma, Nclx},
        span::Span,
        view::View,
    },
    error::{Error, Kind, Result},
    pixel::Size,
};

/// The longest configuration that is read; those of cameras have some hundred bytes.
const MOST_CONFIGURATION: u64 = 16 << 10;

/// The bytes of a configuration (ISO 14496-15, 8.3.3.1) before its arrays, and where the length of lengths stands.
const FIXED: usize = 23;
const LENGTH_SIZE: usize = 21;

/// What the sequence parameter set says of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The size as coded: whole coding blocks.
    pub coded: Size,
    /// Where the part of it that is the picture begins.
    pub left: u32,
    pub top: u32,
    pub samples: heif::Facts,
}

/// A decoder's configuration: the parameter sets.
pub struct Configuration {
    pub facts: Facts,
    sets: HevcDecoderConfig,
    sps: Sps,
    pps: Pps,
}

impl Configuration {
    /// Reads an `hvcC` box.
    ///
    /// # Errors
    /// [`Kind::Malformed`] when it makes no sense, [`Kind::Unsupported`] for what isn't decoded here.
    pub fn read(payload: &[u8]) -> Result<Self> {
        let sets =
            parameter_sets(payload).ok_or_else(|| Error::malformed("HEVC's configuration is cut short"))?;
        let first = |kind: u8| {
            let nals =
                sets.arrays.iter().filter(|array| array.nal_unit_type == kind).flat_map(|array| &array.nalus);
            let payloads = nals.filter_map(|nal| parse_nal_header(nal).ok());
            let own = payloads.filter(|(header, _)| header.nuh_layer_id == 0 && header.nal_unit_type == kind);
            own.map(|(_, payload)| strip_emulation_prevention(payload)).next()
        };
        let missing = || Error::malformed("HEVC's configuration has no parameter sets");
        let sps = parse_sps(&first(NAL_SPS).ok_or_else(missing)?).map_err(failed)?;
        let pps = parse_pps(&first(NAL_PPS).ok_or_else(missing)?).map_err(failed)?;
        Ok(Self { facts: facts(&sps)?, sets, sps, pps })
    }

    /// Decodes a picture of this configuration: luma, and chroma unless it is monochrome.
    ///
    /// # Errors
    /// [`Kind::Malformed`] when it is damaged, [`Kind::Unsupported`] for what isn't decoded here.
    pub fn decode(&self, data: Vec<u8>) -> Result<[Vec<i32>; 3]> {
        self.check_slices(&data)?;
        let image = ResolvedImage { hevc_config: self.sets.clone(), data };
        let (_, picture) = decode_one_image(&image).map_err(failed)?;
        Ok([picture.y, picture.cb, picture.cr].map(|plane| plane.into_samples()))
    }

    /// Slices state how many entry points they have, a row of coding blocks each at the most: a header is read that has
    /// no more room than for these.
    fn check_slices(&self, data: &[u8]) -> Result<()> {
        let rows = self.facts.coded.height.div_ceil(1 << self.sps.ctb_log2_size_y()) as usize;
        let most = 512 + 4 * rows;
        let length_size = usize::from(self.sets.length_size_minus_one) + 1;
        let cut = || Error::malformed("a picture of HEVC is cut short");
        let mut rest = data;
        while !rest.is_empty() {
            let (length, after) = rest.split_at_checked(length_size).ok_or_else(cut)?;
            let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            let (nal, after) = after.split_at_checked(length).ok_or_else(cut)?;
            rest = after;
            let (header, payload) = parse_nal_header(nal).map_err(failed)?;
            if is_slice_nal(header.nal_unit_type) && header.nuh_layer_id == 0 {
                let begins = strip_emulation_prevention(&payload[..payload.len().min(most)]);
                parse_slice_header(&begins, header.nal_unit_type, &self.sps, &self.pps).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// Reads a decoder's configuration.
///
/// # Errors
/// As [`Configuration::read`], [`Kind::LimitExceeded`] for one that is far too long.
pub fn read_configuration(view: View<'_>, place: Span) -> Result<Configuration> {
    if place.length > MOST_CONFIGURATION {
        return Err(Error::limit(format!("{} bytes of HEVC parameters", place.length)));
    }
    Configuration::read(place.up_to(view))
}

/// The arrays of parameter sets of an `hvcC` box.
fn parameter_sets(payload: &[u8]) -> Option<HevcDecoderConfig> {
    let (fixed, mut rest) = payload.split_at_checked(FIXED)?;
    let mut sets =
        HevcDecoderConfig { length_size_minus_one: fixed[LENGTH_SIZE] & 3, ..HevcDecoderConfig::default() };
    for _ in 0..fixed[FIXED - 1] {
        let (head, mut after) = rest.split_at_checked(3)?;
        let mut array = HevcNalArray { nal_unit_type: head[0] & 0x3f, nalus: Vec::new() };
        for _ in 0..be16(head, 1)? {
            let (length, nal) = after.split_at_checked(2)?;
            let (nal, next) = nal.split_at_checked(be16(length, 0)?.into())?;
            array.nalus.push(nal.to_vec());
            after = next;
        }
        sets.arrays.push(array);
        rest = after;
    }
    Some(sets)
}

fn facts(sps: &Sps) -> Result<Facts> {
    let coded = Size::new(sps.pic_width_in_luma_samples, sps.pic_height_in_luma_samples);
    let [left, right, top, bottom] = sps.conformance_window;
    let width = coded.width.checked_sub(left).and_then(|rest| rest.checked_sub(right));
    let height = coded.height.checked_sub(top).and_then(|rest| rest.checked_sub(bottom));
    let visible = width.zip(height).filter(|&(width, height)| width > 0 && height > 0);
    let (width, height) = visible.ok_or_else(|| Error::malformed("a picture of HEVC shows nothing"))?;
    let chroma = match sps.chroma_format_idc {
        0 => Chroma::Mono,
        1 => Chroma::Yuv420,
        2 => Chroma::Yuv422,
        3 => Chroma::Yuv444,
        other => return Err(Error::malformed(format!("HEVC has no chroma format {other}"))),
    };
    let colors = sps.color_info.map(|info| Nclx {
        primaries: info.color_primaries,
        transfer: info.transfer_characteristics,
        matrix: info.matrix_coefficients,
        full_range: info.full_range,
    });
    let depths = [sps.bit_depth_luma, sps.bit_depth_chroma];
    let samples = heif::Facts { visible: Size::new(width, height), depths, chroma, colors };
    Ok(Facts { coded, left, top, samples })
}

fn failed(error: HeifError) -> Error {
    let kind = match error {
        HeifError::Unsupported(_) => Kind::Unsupported,
        HeifError::LimitExceeded(_) => Kind::LimitExceeded,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the HEIC can't be decoded", error)
}
