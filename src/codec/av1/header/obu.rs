//! OBUs (sections 5.3, 5.9.1, 5.10 and 5.11.1): finds the intra frame that a still picture shows, with the bytes of its
//! tiles; and puts such a frame into OBUs.

use super::bits::{Bits, Reader};
use super::frame::{FrameHeader, Start};
use super::sequence::SequenceHeader;
use crate::error::{Error, Result};

const OBU_SEQUENCE_HEADER: u8 = 1;
const OBU_TEMPORAL_DELIMITER: u8 = 2;
const OBU_FRAME_HEADER: u8 = 3;
const OBU_TILE_GROUP: u8 = 4;
const OBU_FRAME: u8 = 6;

/// Which of several layers is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// AVIF's `a1op`.
    pub operating_point: u8,
    /// AVIF's `lsel`: a `spatial_id`; `None` for the last frame shown, which is the highest layer's.
    pub spatial_id: Option<u8>,
}

/// A coded intra picture.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    pub sequence: SequenceHeader,
    pub frame: FrameHeader,
    /// The coded bytes of each tile, in the order of `TileNum`.
    pub tiles: Vec<&'a [u8]>,
}

/// What the first bytes of a coded picture say of it.
#[derive(Clone, Debug)]
pub struct Head {
    pub sequence: SequenceHeader,
    /// The header of the first intra frame.
    pub frame: FrameHeader,
    /// True where the frame is the picture: there are no other layers, and it is shown.
    pub is_picture: bool,
}

impl Head {
    /// Reads the first headers; the data may end behind them.
    ///
    /// # Errors
    /// Where the data is damaged, or has no intra frame at its beginning.
    pub fn parse(mut data: &[u8], layers: Layers) -> Result<Self> {
        let mut search = Search::new(layers);
        while !data.is_empty() {
            let obu = Obu::next_cut(&mut data)?;
            match obu.kind {
                OBU_FRAME_HEADER | OBU_FRAME if !obu.is_dropped(search.operating_point_idc) => {
                    let Some(sequence) = search.sequence.take() else { break };
                    let Start::Intra = Start::parse(obu.payload, &sequence)? else { break };
                    let layer = obu.layer.unwrap_or((0, 0));
                    let (frame, _) = FrameHeader::parse(obu.payload, &sequence, layer)?;
                    let is_single =
                        !search.has_several_layers() && layers.spatial_id.is_none_or(|id| id == layer.1);
                    let is_picture = is_single && frame.show_frame;
                    return Ok(Self { sequence, frame, is_picture });
                }
                OBU_SEQUENCE_HEADER => {
                    search.take(&obu)?;
                }
                _ => {}
            }
        }
        Err(Error::malformed("AV1: no picture begins the data"))
    }
}

/// One OBU: its type, its layer and its payload.
struct Obu<'a> {
    kind: u8,
    /// `temporal_id`, `spatial_id`; `None` without an extension.
    layer: Option<(u8, u8)>,
    payload: &'a [u8],
}

impl<'a> Obu<'a> {
    /// Takes the first OBU off `data`.
    fn next(data: &mut &'a [u8]) -> Result<Self> {
        let left = data.len();
        let (obu, size) = Self::next_sized(data)?;
        if obu.payload.len() < size {
            return Err(Error::malformed(format!("AV1: an OBU of {size} bytes in {left}")));
        }
        Ok(obu)
    }

    /// The same of data that may end within it.
    fn next_cut(data: &mut &'a [u8]) -> Result<Self> {
        Ok(Self::next_sized(data)?.0)
    }

    /// The first OBU, as far as it is there, and the bytes that its payload should have.
    fn next_sized(data: &mut &'a [u8]) -> Result<(Self, usize)> {
        let mut bits = Reader::new(data);
        let forbidden = bits.flag(false)?;
        let kind = bits.byte(4, 0)?;
        let extension = bits.flag(false)?;
        let has_size = bits.flag(false)?;
        bits.flag(false)?;
        if forbidden {
            return Err(Error::malformed("AV1: what should be an OBU is none"));
        }
        let layer = if extension {
            let layer = (bits.byte(3, 0)?, bits.byte(2, 0)?);
            bits.f(3, 0)?;
            Some(layer)
        } else {
            None
        };
        let mut size = None;
        if has_size {
            size = Some(leb128(&mut bits)?);
        }
        let rest = bits.rest();
        let size = size.unwrap_or(rest.len());
        let (payload, rest) = rest.split_at(size.min(rest.len()));
        *data = rest;
        Ok((Self { kind, layer, payload }, size))
    }

    /// True where an operating point leaves the OBU out.
    fn is_dropped(&self, operating_point_idc: u16) -> bool {
        let Some((temporal_id, spatial_id)) = self.layer else { return false };
        operating_point_idc != 0
            && (operating_point_idc >> temporal_id & 1 == 0
                || operating_point_idc >> (spatial_id + 8) & 1 == 0)
    }
}

fn leb128(bits: &mut Reader) -> Result<usize> {
    let mut value = 0_u64;
    for i in 0..8 {
        let byte = bits.f(8, 0)?;
        value |= u64::from(byte & 0x7F) << (i * 7);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).ok().and_then(|value| usize::try_from(value).ok());
            return value.ok_or_else(|| Error::malformed("AV1: an OBU of more than 4 GB"));
        }
    }
    Err(Error::malformed("AV1: a size of an OBU has more than 8 bytes"))
}

/// A frame whose tiles are being gathered.
enum Pending<'a> {
    Intra(Box<Picture<'a>>),
    /// Its tiles are passed over.
    Other,
}

/// What has been found up to an OBU.
struct Search<'a> {
    layers: Layers,
    sequence: Option<SequenceHeader>,
    operating_point_idc: u16,
    pending: Option<Pending<'a>>,
    /// The last picture shown in the layer wanted, or what it is where it can't be decoded here.
    found: Option<Result<Box<Picture<'a>>>>,
    /// The last picture coded and not shown yet.
    hidden: Option<Box<Picture<'a>>>,
}

impl<'a> Picture<'a> {
    /// Finds the picture of an AV1 image item: that of the layer wanted in the first temporal unit.
    ///
    /// # Errors
    /// Where the data is damaged, lacks the picture, or has it predicted from other frames.
    pub fn parse(mut data: &'a [u8], layers: Layers) -> Result<Self> {
        let mut search = Search::new(layers);
        while !data.is_empty() {
            let obu = match Obu::next(&mut data) {
                Ok(obu) => obu,
                // Whatever follows a whole picture is not asked for.
                Err(_) if search.found.is_some() && search.pending.is_none() => break,
                Err(error) => return Err(error),
            };
            if search.take(&obu)? {
                break;
            }
        }
        if search.pending.is_some() {
            return Err(Error::malformed("AV1: tiles of the picture are missing"));
        }
        match search.found {
            Some(found) => found.map(|picture| *picture),
            None => Err(Error::malformed("AV1: there is no picture in the data")),
        }
    }

    /// Adds the tiles of a tile group; true where they are the frame's last.
    fn add_tiles(&mut self, data: &'a [u8]) -> Result<bool> {
        let info = &self.frame.tile_info;
        let count = info.tile_cols * info.tile_rows;
        let mut bits = Reader::new(data);
        let (mut start, mut end) = (0, count - 1);
        if count > 1 && bits.flag(false)? {
            let n = u32::from(info.tile_cols_log2 + info.tile_rows_log2);
            start = bits.f(n, 0)? as usize;
            end = bits.f(n, 0)? as usize;
        }
        if start != self.tiles.len() || end < start || end >= count {
            return Err(Error::malformed(format!(
                "AV1: tiles {start} to {end} of {count} where tile {} is due",
                self.tiles.len()
            )));
        }
        let mut rest = bits.rest();
        self.tiles.try_reserve(end + 1 - start)?;
        for tile in start..=end {
            let mut size = rest.len();
            if tile < end {
                let bytes = usize::from(info.tile_size_bytes);
                let (coded, after) = rest.split_at_checked(bytes).ok_or_else(|| cut(tile))?;
                rest = after;
                let value = coded.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
                size = (value as usize).saturating_add(1);
            }
            let (bytes, after) = rest.split_at_checked(size).ok_or_else(|| cut(tile))?;
            if bytes.is_empty() {
                return Err(cut(tile));
            }
            self.tiles.push(bytes);
            rest = after;
        }
        Ok(end + 1 == count)
    }
}

fn cut(tile: usize) -> Error {
    Error::malformed(format!("AV1: tile {tile} is cut short"))
}

impl<'a> Search<'a> {
    const fn new(layers: Layers) -> Self {
        Self { layers, sequence: None, operating_point_idc: 0, pending: None, found: None, hidden: None }
    }

    /// True where the operating point has more than one spatial layer.
    const fn has_several_layers(&self) -> bool {
        (self.operating_point_idc >> 8).count_ones() > 1
    }

    /// Takes one OBU; true where nothing more is needed.
    fn take(&mut self, obu: &Obu<'a>) -> Result<bool> {
        match obu.kind {
            OBU_SEQUENCE_HEADER => {
                let sequence = SequenceHeader::parse(obu.payload)?;
                let point = self.layers.operating_point;
                if point > sequence.operating_points_cnt_minus_1 {
                    return Err(Error::malformed(format!("AV1: there is no operating point {point}")));
                }
                self.operating_point_idc = sequence.operating_point_idc[usize::from(point)];
                self.sequence = Some(sequence);
            }
            OBU_TEMPORAL_DELIMITER => {
                self.pending = None;
                return Ok(self.found.is_some());
            }
            _ if obu.is_dropped(self.operating_point_idc) => {}
            OBU_FRAME_HEADER | OBU_FRAME if matches!(self.pending, Some(Pending::Intra(_))) => {
                return Err(Error::malformed("AV1: a frame starts within another"));
            }
            OBU_FRAME_HEADER | OBU_FRAME => return self.start(obu),
            OBU_TILE_GROUP => return self.add_tiles(obu.payload, obu.layer),
            // Copies of a frame header, metadata, padding, tile lists and what is reserved.
            _ => {}
        }
        Ok(false)
    }

    /// Takes a frame header, and what follows it in the same OBU.
    fn start(&mut self, obu: &Obu<'a>) -> Result<bool> {
        let Some(sequence) = &self.sequence else {
            return Err(Error::malformed("AV1: a frame before the sequence header"));
        };
        let layer = obu.layer.unwrap_or((0, 0));
        match Start::parse(obu.payload, sequence)? {
            Start::Intra => {
                let (frame, rest) = FrameHeader::parse(obu.payload, sequence, layer)?;
                let picture = Picture { sequence: sequence.clone(), frame, tiles: Vec::new() };
                self.pending = Some(Pending::Intra(Box::new(picture)));
                if obu.kind == OBU_FRAME {
                    return self.add_tiles(rest, obu.layer);
                }
            }
            Start::Inter(shown) => {
                if shown {
                    self.show(
                        Err(Error::unsupported("AV1: the picture is predicted from others")),
                        obu.layer,
                    );
                }
                self.hidden = None;
                self.pending = (obu.kind == OBU_FRAME_HEADER).then_some(Pending::Other);
            }
            Start::ShowExisting(slot) => {
                let shown = self.hidden.take_if(|hidden| hidden.frame.refresh_frame_flags >> slot & 1 == 1);
                let missing = || Error::unsupported("AV1: the picture shows a frame decoded before");
                self.show(shown.ok_or_else(missing), obu.layer);
            }
        }
        Ok(self.is_done())
    }

    fn add_tiles(&mut self, data: &'a [u8], layer: Option<(u8, u8)>) -> Result<bool> {
        match self.pending.take() {
            Some(Pending::Intra(mut picture)) => {
                if !picture.add_tiles(data)? {
                    self.pending = Some(Pending::Intra(picture));
                } else if picture.frame.show_frame {
                    self.show(Ok(picture), layer);
                } else {
                    self.hidden = Some(picture);
                }
            }
            Some(Pending::Other) => self.pending = Some(Pending::Other),
            None => {}
        }
        Ok(self.pending.is_none() && self.is_done())
    }

    /// A picture is shown: it is the one wanted if its layer is.
    fn show(&mut self, picture: Result<Box<Picture<'a>>>, layer: Option<(u8, u8)>) {
        let spatial_id = layer.map_or(0, |layer| layer.1);
        if self.layers.spatial_id.is_none_or(|wanted| wanted == spatial_id) {
            self.found = Some(picture);
        }
    }

    /// True where no later frame can be the one wanted: there is but one layer, or a certain one is wanted.
    fn is_done(&self) -> bool {
        self.found.is_some() && (self.layers.spatial_id.is_some() || !self.has_several_layers())
    }
}

/// Appends the header of an OBU whose payload has `size` bytes.
fn write_obu_header(kind: u8, size: usize, out: &mut Vec<u8>) {
    out.push(kind << 3 | 2);
    let mut rest = size;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The OBU of a sequence header, as AVIF's `av1C` and the item itself hold it.
///
/// # Errors
/// Where a value is out of its range.
pub fn sequence_header_obu(sequence: &SequenceHeader) -> Result<Vec<u8>> {
    let payload = sequence.write()?;
    let mut out = Vec::new();
    write_obu_header(OBU_SEQUENCE_HEADER, payload.len(), &mut out);
    out.extend(payload);
    Ok(out)
}

/// The OBUs of a still picture up to the data of its tiles, which take so many bytes: sequence header and frame (see
/// [`FrameHeader::for_still`]; what follows from other fields is worked out anew). Each tile but the last stands behind
/// its [`tile_size`].
///
/// # Errors
/// Where a value is out of its range.
pub fn before_tiles(sequence: &SequenceHeader, frame: &FrameHeader, tiles: usize) -> Result<Vec<u8>> {
    let mut frame = frame.clone();
    let mut head = frame.write(sequence)?;
    if frame.tile_info.tile_cols * frame.tile_info.tile_rows > 1 {
        // tile_start_and_end_present_flag and the alignment after it.
        head.push(0);
    }
    let mut out = sequence_header_obu(sequence)?;
    write_obu_header(OBU_FRAME, head.len() + tiles, &mut out);
    out.extend(head);
    Ok(out)
}

/// `tile_size_minus_1` of a tile that is not the last, by the default [`TileInfo::tile_size_bytes`].
///
/// [`TileInfo::tile_size_bytes`]: super::TileInfo::tile_size_bytes
pub const fn tile_size(bytes: usize) -> [u8; 4] {
    (bytes as u32 - 1).to_le_bytes()
}
