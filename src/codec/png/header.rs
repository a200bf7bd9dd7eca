//! The chunks of a PNG, and what they say about it. They are passed over by their length: of most only the place is
//! noted.

use super::colors::Colors;
use crate::{
    codec::{Demands, Format, Probe, exif, icc, probing, span::Span, view::View},
    error::{Error, Result},
    pixel::{ColorSpace, Orientation, Size},
};

const SIGNATURE: u64 = 8;

/// How an uncompressed XMP packet begins: keyword, no compression, method, language, translated keyword.
const XMP: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";

/// The most bytes of a profile that is inflated only to see how much it is, and what inflating holds.
const SHORT_PROFILE: u64 = 16 << 10;
const INFLATING: u64 = 64 << 10;

/// Chunks that are looked at: pixels come in chunks of 8 KiB and more.
const MOST_CHUNKS: u32 = 30_000;

/// The most bytes of a profile's name.
const MOST_NAME: usize = 79;

/// What the chunks say; a chunk after the pixels (eXIf, iTXt may stand there) counts as well.
#[derive(Debug, Clone)]
pub(super) struct Chunks {
    /// Where the next chunk stands, and how many were read.
    at: u64,
    count: u32,
    pub(super) size: Size,
    /// Bits a sample; of the index for a palette.
    pub(super) depth: u8,
    /// 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.
    pub(super) color_type: u8,
    pub(super) interlaced: bool,
    transparency: bool,
    /// An acTL was met of two frames or more, or of one that isn't the still picture: that one is shown.
    animated: bool,
    /// An acTL of a single frame was met, and no fcTL that takes the still picture for it.
    is_apart: bool,
    /// The pixels were reached: an acTL would have stood before them.
    complete: bool,
    has_palette: bool,
    colors: Colors,
    icc: Option<Span>,
    exif: Option<Span>,
    /// An uncompressed XMP packet; a compressed one is passed over.
    xmp: Option<Span>,
}

/// The chunks, and the file in which they stand.
#[derive(Debug)]
pub(super) struct Header<'a> {
    chunks: Chunks,
    view: View<'a>,
}

impl std::ops::Deref for Header<'_> {
    type Target = Chunks;

    fn deref(&self) -> &Chunks {
        &self.chunks
    }
}

/// Reads what a PNG's chunks say about it, and goes on where it was.
#[derive(Debug, Default)]
pub(in crate::codec) struct Walk {
    chunks: Option<Chunks>,
}

impl probing::Walk for Walk {
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        let chunks = match &mut self.chunks {
            Some(chunks) => chunks,
            chunks => chunks.insert(Chunks::begin(view)?),
        };
        chunks.read(view);
        let header = Header { chunks: chunks.clone(), view };
        let animated = (header.complete || header.animated).then_some(header.animated);
        Ok(Probe {
            depth: if header.color_type == 3 { 8 } else { header.depth },
            // A tRNS may stand past the bytes seen.
            alpha: header.transparency || !header.complete || matches!(header.color_type, 4 | 6),
            color: !matches!(header.color_type, 0 | 4),
            animated,
            orientation: header.orientation(),
            progressive: header.interlaced,
            icc: header.icc().is_some(),
            described: header.colors.space().is_some(),
            demands: Demands {
                icc_bytes: header.icc_bytes(),
                metadata_bytes: header.metadata_bytes(),
                part_bytes: if header.interlaced { header.stored_bytes() } else { 0 },
                ..Demands::default()
            },
            ..Probe::new(Format::Png, header.size)
        })
    }
}

impl Chunks {
    /// Reads the IHDR.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) without an IHDR that makes sense.
    fn begin(view: View<'_>) -> Result<Self> {
        let chunk = Chunk::at(view, SIGNATURE).ok_or_else(|| Error::malformed("no IHDR"))?;
        let first: [u8; 13] = view
            .array(chunk.payload.start)
            .filter(|_| chunk.payload.length >= 13)
            .ok_or_else(|| Error::malformed("a short IHDR"))?;
        let [w3, w2, w1, w0, h3, h2, h1, h0, depth, color_type, _, _, interlace] = first;
        let is_legal = match color_type {
            0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
            3 => matches!(depth, 1 | 2 | 4 | 8),
            2 | 4 | 6 => matches!(depth, 8 | 16),
            _ => false,
        };
        if chunk.name != *b"IHDR" || !is_legal || interlace > 1 {
            return Err(Error::malformed(format!("an IHDR of colour type {color_type} and {depth} bits")));
        }
        Ok(Self {
            at: chunk.next(),
            count: 1,
            size: Size::new(u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0])),
            depth,
            color_type,
            interlaced: interlace == 1,
            transparency: false,
            animated: false,
            is_apart: false,
            complete: false,
            has_palette: false,
            colors: Colors::default(),
            icc: None,
            exif: None,
            xmp: None,
        })
    }

    /// Reads the chunks that are there, up to IEND.
    fn read(&mut self, view: View<'_>) {
        while self.count < MOST_CHUNKS
            && let Some(chunk) = Chunk::at(view, self.at)
        {
            self.note(&chunk, view);
            if view.is_waiting() {
                return;
            }
            if &chunk.name == b"IEND" {
                break;
            }
            self.at = chunk.next();
            self.count += 1;
        }
    }

    /// Notes what a chunk says.
    fn note(&mut self, chunk: &Chunk, view: View<'_>) {
        let Chunk { name, payload } = *chunk;
        match &name {
            b"acTL" if !self.complete => {
                let frames = view.be32(payload.start);
                self.animated = frames > Some(1);
                self.is_apart = frames == Some(1);
            }
            b"fcTL" if !self.complete => self.is_apart = false,
            b"IDAT" if !self.complete => {
                self.animated |= self.is_apart;
                self.complete = true;
            }
            b"tRNS" if !self.complete => self.transparency = true,
            b"PLTE" => self.has_palette = true,
            name if !self.complete && Colors::are_in(name, payload.length) => {
                if let Some(payload) = checked(view, payload) {
                    self.colors.note(name, payload, self.has_palette);
                }
            }
            b"iCCP" if !self.complete && self.icc.is_none() => self.icc = Some(payload),
            b"eXIf" if self.exif.is_none() => {
                // Some writers put JPEG's prefix before the block.
                let has_prefix = payload.length >= 6 && view.up_to(payload.start, 6) == b"Exif\0\0";
                self.exif = Some(if has_prefix { payload.skip(6) } else { payload });
            }
            b"iTXt" if self.xmp.is_none() => {
                let is_xmp = view.up_to(payload.start, (payload.length as usize).min(XMP.len())) == XMP;
                self.xmp = is_xmp.then(|| payload.skip(XMP.len() as u64));
            }
            _ => {}
        }
    }
}

impl<'a> Header<'a> {
    /// Reads all chunks that are there.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) without an IHDR that makes sense.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let view = View::whole(bytes);
        let mut chunks = Chunks::begin(view)?;
        chunks.read(view);
        Ok(Self { chunks, view })
    }

    /// The samples of a decoded pixel: a palette is expanded, a transparent colour becomes alpha.
    pub(super) fn channels(&self) -> u32 {
        let alpha = u32::from(self.transparency);
        match self.color_type {
            0 => 1 + alpha,
            4 => 2,
            2 | 3 => 3 + alpha,
            _ => 4,
        }
    }

    /// Bytes of all rows as they are stored: of indices, or of samples of up to 16 bits.
    pub(super) fn stored_bytes(&self) -> u64 {
        let samples = match self.color_type {
            0 | 3 => 1,
            4 => 2,
            2 => 3,
            _ => 4,
        };
        (u64::from(self.size.width) * samples * u64::from(self.depth))
            .div_ceil(8)
            .saturating_mul(self.size.height.into())
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.exif.map_or(Orientation::Upright, |exif| exif::orientation(self.view.from(exif.start)))
    }

    /// The EXIF block, as far as it is there.
    pub(super) fn exif(&self) -> Option<&'a [u8]> {
        self.exif.map(|exif| exif.up_to(self.view))
    }

    /// The XMP packet, as far as it is there.
    pub(super) fn xmp(&self) -> Option<&'a [u8]> {
        self.xmp.map(|xmp| xmp.up_to(self.view))
    }

    /// The profile where it counts.
    fn icc(&self) -> Option<Span> {
        self.icc.filter(|_| !self.colors.come_before_a_profile())
    }

    /// The profile; `None` when it is damaged, or inflates to more than profiles do.
    pub(super) fn profile(&self) -> Option<Vec<u8>> {
        let chunk = self.icc()?;
        let profile = inflate(checked(self.view, chunk)?, most_profile_bytes(chunk.length))?;
        icc::is_profile(&profile).then_some(profile)
    }

    /// What the samples mean where there is no profile and they are not sRGB.
    pub(super) fn space(&self) -> Option<ColorSpace> {
        self.colors.space()
    }

    /// The most bytes that the profile has; 0 without one.
    pub(super) fn most_profile_bytes(&self) -> u64 {
        self.icc().map_or(0, |chunk| most_profile_bytes(chunk.length))
    }

    /// What the profile takes: exactly known of a short one.
    fn icc_bytes(&self) -> u64 {
        let Some(chunk) = self.icc() else { return 0 };
        let is_short = chunk.length <= SHORT_PROFILE;
        let profile = if is_short { inflate(chunk.up_to(self.view), SHORT_PROFILE) } else { None };
        match profile {
            Some(profile) => {
                INFLATING
                    + icc::peak_bytes(&|at, bytes| View::whole(&profile).get(at, bytes), profile.len() as u64)
            }
            None => INFLATING + icc::peak_bytes(&|_, _| None, most_profile_bytes(chunk.length)),
        }
    }

    /// Bytes of EXIF and XMP.
    pub(super) fn metadata_bytes(&self) -> u64 {
        [self.exif, self.xmp].iter().flatten().map(|part| part.length_in(self.view)).sum()
    }
}

/// The most bytes of a profile in a chunk of such a length: real ones are packed to a half or a quarter.
const fn most_profile_bytes(length: u64) -> u64 {
    let most = 16 * length + (64 << 10);
    if most < icc::MOST_BYTES { most } else { icc::MOST_BYTES }
}

/// The profile behind its name and a byte for the method, of which there is one.
fn inflate(payload: &[u8], most: u64) -> Option<Vec<u8>> {
    let name = payload.iter().take(MOST_NAME + 1).position(|&byte| byte == 0).filter(|&name| name > 0)?;
    let packed = payload.get(name + 1..)?.strip_prefix(&[0])?;
    let mut profile = fdeflate::decompress_to_vec_bounded(packed, usize::try_from(most).ok()?).ok()?;
    profile.shrink_to_fit();
    Some(profile)
}

/// A chunk (third edition, section 5.3): its name, and where its payload stands.
struct Chunk {
    name: [u8; 4],
    payload: Span,
}

impl Chunk {
    /// The chunk at a place of the file.
    fn at(view: View<'_>, at: u64) -> Option<Self> {
        let length = u64::from(view.be32(at)?);
        Some(Self { name: view.array(at + 4)?, payload: Span { start: at + 8, length } })
    }

    /// Where the next one begins: behind the checksum.
    const fn next(&self) -> u64 {
        self.payload.start + self.payload.length + 4
    }
}

/// A chunk's payload if its checksum, which stands behind it, is right.
fn checked(view: View<'_>, payload: Span) -> Option<&[u8]> {
    let length = usize::try_from(payload.length).ok()?.checked_add(8)?;
    let whole = view.get(payload.start.checked_sub(4)?, length)?;
    let (named, checksum) = whole.split_last_chunk::<4>()?;
    (crc32fast::hash(named) == u32::from_be_bytes(*checksum)).then(|| &named[4..])
}
