//! The boxes around AV1 pictures: a still AVIF (AV1 Image File Format 1.1, MIAF, HEIF: ISO/IEC 23008-12).
//!
//! Our own, because no permissive crate writes ICC profiles and XMP beside the picture.

use crate::{
    codec::av1::encoder::Obus,
    error::{Error, Kind, Result},
    pixel::{Metadata, Size, Subsampling},
};

/// A still picture to be put into boxes.
pub(super) struct Still<'a> {
    pub(super) size: Size,
    /// The chroma of the colour picture; `None` for grey.
    pub(super) subsampling: Option<Subsampling>,
    /// The colour picture, an AV1 key frame.
    pub(super) color: Obus,
    /// The alpha picture, a monochrome AV1 key frame of the same size.
    pub(super) alpha: Option<Obus>,
    pub(super) metadata: &'a Metadata,
}

/// One item of the `meta` box.
struct Item {
    kind: &'static [u8; 4],
    /// What stands after the item's empty name.
    suffix: &'static [u8],
    /// How it refers to the colour picture.
    reference: Option<&'static [u8; 4]>,
    /// Its properties: indices from 1, essential ones with the high bit set.
    properties: Vec<u8>,
    /// Its bytes.
    length: usize,
}

/// The colour picture comes first.
const COLOR_ID: u16 = 1;
const ALPHA_URN: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
const ESSENTIAL: u8 = 0x80;

/// Before the TIFF header of EXIF: how far that is from here.
const EXIF_PREFIX: [u8; 4] = [0; 4];

impl Still<'_> {
    /// The file, in the room of the colour picture's data.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`] when a part is longer than 32 bits can say; [`Kind::OutOfMemory`].
    pub(super) fn into_file(self) -> Result<Vec<u8>> {
        let mut properties = Vec::new();
        let items = self.items(&mut properties)?;
        let mut before = file_type(self.size, self.subsampling)?;
        // The places of the data depend on the length of the boxes before it, which doesn't depend on the places.
        let data_at = before.len() + meta(&items, &properties, 0)?.len() + 8;
        before.extend(meta(&items, &properties, data_at)?);
        let data: usize = items.iter().map(|item| item.length).sum();
        before.extend(length(data + 8)?);
        before.extend(b"mdat");
        before.extend(&self.color.head);

        let Metadata { exif, xmp, .. } = self.metadata;
        let exif = exif.iter().flat_map(|exif| [EXIF_PREFIX.as_slice(), exif]);
        let alpha = self.alpha.iter().flat_map(|alpha| [alpha.head.as_slice(), &alpha.tiles]);
        let mut file = self.color.tiles;
        file.try_reserve_exact((data_at + data).saturating_sub(file.len()))?;
        file.splice(..0, before);
        for part in alpha.chain(exif).chain(xmp.as_deref()) {
            file.extend_from_slice(part);
        }
        file.shrink_to_fit();
        Ok(file)
    }

    /// All items, the colour picture first. Adds their properties to `properties`.
    fn items(&self, properties: &mut Vec<Vec<u8>>) -> Result<Vec<Item>> {
        let mut add = |property: Vec<u8>| {
            properties.push(property);
            properties.len() as u8
        };
        let Metadata { icc, exif, xmp, .. } = self.metadata;
        let extents = add(boxed(b"ispe", &full(&[sides(self.size)]))?);
        let mut of_color = vec![
            extents,
            add(pixels(if self.subsampling.is_some() { 3 } else { 1 })?),
            add(decoder_configuration(self.subsampling)?) | ESSENTIAL,
            add(boxed(b"colr", COLORS)?),
        ];
        if let Some(icc) = icc {
            of_color.push(add(boxed(b"colr", &[b"prof".as_slice(), icc].concat())?));
        }
        let picture = |reference, properties, obus: &Obus| Item {
            kind: b"av01",
            suffix: b"",
            reference,
            properties,
            length: obus.head.len() + obus.tiles.len(),
        };
        let mut items = vec![picture(None, of_color, &self.color)];
        if let Some(alpha) = &self.alpha {
            let properties = vec![
                extents,
                add(pixels(1)?),
                add(decoder_configuration(None)?) | ESSENTIAL,
                add(boxed(b"auxC", &full(&[ALPHA_URN.to_vec()]))?),
            ];
            items.push(picture(Some(b"auxl"), properties, alpha));
        }
        let beside = |kind, suffix, length| Item {
            kind,
            suffix,
            reference: Some(b"cdsc"),
            properties: Vec::new(),
            length,
        };
        if let Some(exif) = exif {
            items.push(beside(b"Exif", b"", EXIF_PREFIX.len() + exif.len()));
        }
        if let Some(xmp) = xmp {
            items.push(beside(b"mime", b"application/rdf+xml\0", xmp.len()));
        }
        Ok(items)
    }
}

/// `ftyp`. The brands of profiles are for AV1's main profile up to level 5.1 and for its high profile up to 6.0 (AVIF 1.1,
/// section 8); what is larger has none of them.
fn file_type(size: Size, subsampling: Option<Subsampling>) -> Result<Vec<u8>> {
    let is_within =
        |pixels, width, height| size.pixels() <= pixels && size.width <= width && size.height <= height;
    let is_full = subsampling == Some(Subsampling::Yuv444);
    let profile: &[u8] = match is_full {
        false if is_within(8_912_896, 8192, 4352) => b"MA1B",
        true if is_within(35_651_584, 16_384, 8704) => b"MA1A",
        _ => b"",
    };
    boxed(b"ftyp", &[b"avif\0\0\0\0avifmif1miaf".as_slice(), profile].concat())
}

/// The `meta` box, for data that begins `data_at` bytes into the file.
fn meta(items: &[Item], properties: &[Vec<u8>], data_at: usize) -> Result<Vec<u8>> {
    let handler = boxed(b"hdlr", &full(&[vec![0; 4], b"pict".to_vec(), vec![0; 13]]))?;
    let primary = boxed(b"pitm", &full(&[COLOR_ID.to_be_bytes().to_vec()]))?;
    let mut parts = vec![handler, primary, locations(items, data_at)?, infos(items)?];
    parts.extend(references(items)?);
    parts.push(boxed(b"iprp", &[boxed(b"ipco", &properties.concat())?, associations(items)?].concat())?);
    boxed(b"meta", &full(&parts))
}

/// `iloc`: where each item's bytes are.
fn locations(items: &[Item], data_at: usize) -> Result<Vec<u8>> {
    let mut body = vec![0, 0, 0, 0, 0x44, 0];
    body.extend((items.len() as u16).to_be_bytes());
    let mut at = data_at;
    for (id, item) in (COLOR_ID..).zip(items) {
        body.extend(id.to_be_bytes());
        body.extend([0, 0, 0, 1]);
        body.extend(length(at)?);
        body.extend(length(item.length)?);
        at += item.length;
    }
    boxed(b"iloc", &body)
}

/// `iinf`: what each item is.
fn infos(items: &[Item]) -> Result<Vec<u8>> {
    let mut body = full(&[(items.len() as u16).to_be_bytes().to_vec()]);
    for (id, item) in (COLOR_ID..).zip(items) {
        let mut info = vec![2, 0, 0, 0];
        info.extend(id.to_be_bytes());
        info.extend([0, 0]);
        info.extend(item.kind);
        info.push(0);
        info.extend(item.suffix);
        body.extend(boxed(b"infe", &info)?);
    }
    boxed(b"iinf", &body)
}

/// `iref`: what each item is to the colour picture. Nothing if there is no other item.
fn references(items: &[Item]) -> Result<Option<Vec<u8>>> {
    let mut body = full(&[]);
    for (id, item) in (COLOR_ID..).zip(items) {
        if let Some(kind) = item.reference {
            body.extend(boxed(kind, &[id.to_be_bytes(), [0, 1], COLOR_ID.to_be_bytes()].concat())?);
        }
    }
    if body.len() == full(&[]).len() { Ok(None) } else { boxed(b"iref", &body).map(Some) }
}

/// `ipma`: which properties belong to which item.
fn associations(items: &[Item]) -> Result<Vec<u8>> {
    let with_properties = (COLOR_ID..).zip(items).filter(|(_, item)| !item.properties.is_empty());
    let mut body = full(&[(with_properties.clone().count() as u32).to_be_bytes().to_vec()]);
    for (id, item) in with_properties {
        body.extend(id.to_be_bytes());
        body.push(item.properties.len() as u8);
        body.extend(&item.properties);
    }
    boxed(b"ipma", &body)
}

/// `pixi`: the depth of each channel.
fn pixels(channels: u8) -> Result<Vec<u8>> {
    boxed(b"pixi", &full(&[vec![channels], vec![8; usize::from(channels)]]))
}

/// `av1C` (AV1 in ISOBMFF 1.2, section 2.3.3) of an 8-bit picture. Level 31 states no bound, as the encoder does.
fn decoder_configuration(subsampling: Option<Subsampling>) -> Result<Vec<u8>> {
    let (profile, kind) = match subsampling {
        // Monochrome counts as 4:2:0.
        None => (0, 0b0001_1100),
        Some(Subsampling::Yuv444) => (1, 0),
        Some(_) => (0, 0b0000_1100),
    };
    boxed(b"av1C", &[0x81, profile << 5 | 31, kind, 0])
}

/// `colr` of BT.709 primaries, sRGB's curve, BT.601's matrix and the full range (ITU-T H.273).
const COLORS: &[u8] = b"nclx\0\x01\0\x0d\0\x06\x80";

fn sides(size: Size) -> Vec<u8> {
    [size.width.to_be_bytes(), size.height.to_be_bytes()].concat()
}

/// The body of a box with version 0 and no flags.
fn full(parts: &[Vec<u8>]) -> Vec<u8> {
    [vec![0; 4], parts.concat()].concat()
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Result<Vec<u8>> {
    Ok([length(body.len() + 8)?.as_slice(), kind, body].concat())
}

fn length(bytes: usize) -> Result<[u8; 4]> {
    let too_long = |error| Error::with_source(Kind::LimitExceeded, "a part of the AVIF is past 4 GiB", error);
    u32::try_from(bytes).map(u32::to_be_bytes).map_err(too_long)
}
