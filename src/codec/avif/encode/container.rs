//! The boxes around AV1 pictures: a still AVIF (AV1 Image File Format 1.1, MIAF, HEIF: ISO/IEC 23008-12).
//!
//! Our own, because no permissive crate writes ICC profiles and XMP beside the picture.

use crate::{
    error::{Error, Kind, Result},
    pixel::{Metadata, Size, Subsampling},
};

/// A still picture to be put into boxes.
pub(super) struct Still<'a> {
    pub(super) size: Size,
    /// The chroma of the colour picture; `None` for grey.
    pub(super) subsampling: Option<Subsampling>,
    /// The colour picture, an AV1 key frame.
    pub(super) color: &'a [u8],
    /// The alpha picture, a monochrome AV1 key frame of the same size.
    pub(super) alpha: Option<&'a [u8]>,
    pub(super) metadata: &'a Metadata,
}

/// One item of the `meta` box and its bytes.
struct Item<'a> {
    kind: &'a [u8; 4],
    /// What stands after the item's empty name.
    suffix: &'a [u8],
    /// How it refers to the colour picture.
    reference: Option<&'a [u8; 4]>,
    /// Its properties: indices from 1, essential ones with the high bit set.
    properties: Vec<u8>,
    /// Before `data`.
    prefix: &'a [u8],
    data: &'a [u8],
}

/// The colour picture comes first.
const COLOR_ID: u16 = 1;
const ALPHA_URN: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
const ESSENTIAL: u8 = 0x80;

/// Writes the file.
///
/// # Errors
/// [`Kind::LimitExceeded`] when a part is longer than 32 bits can say.
pub(super) fn write(still: &Still<'_>) -> Result<Vec<u8>> {
    let mut properties = Vec::new();
    let items = items(still, &mut properties)?;
    let file_type = file_type(still.size, still.subsampling)?;
    // The places of the data depend on the length of the boxes before it, which doesn't depend on the places.
    let before = file_type.len() + meta(&items, &properties, 0)?.len() + 8;
    let data: usize = items.iter().map(Item::len).sum();
    let mut file = Vec::new();
    file.try_reserve_exact(before + data)?;
    file.extend(file_type);
    file.extend(meta(&items, &properties, before)?);
    file.extend(length(data + 8)?);
    file.extend(b"mdat");
    for item in &items {
        file.extend(item.prefix);
        file.extend(item.data);
    }
    Ok(file)
}

impl Item<'_> {
    const fn len(&self) -> usize {
        self.prefix.len() + self.data.len()
    }
}

/// All items, the colour picture first. Adds their properties to `properties`.
fn items<'a>(still: &Still<'a>, properties: &mut Vec<Vec<u8>>) -> Result<Vec<Item<'a>>> {
    let mut add = |property: Vec<u8>| {
        properties.push(property);
        properties.len() as u8
    };
    let Metadata { icc, exif, xmp, .. } = still.metadata;
    let extents = add(boxed(b"ispe", &full(&[sides(still.size)]))?);
    let mut of_color = vec![
        extents,
        add(pixels(if still.subsampling.is_some() { 3 } else { 1 })?),
        add(decoder_configuration(still.subsampling)?) | ESSENTIAL,
        add(boxed(b"colr", COLORS)?),
    ];
    if let Some(icc) = icc {
        of_color.push(add(boxed(b"colr", &[b"prof".as_slice(), icc].concat())?));
    }
    let picture = Item {
        kind: b"av01",
        suffix: b"",
        reference: None,
        properties: of_color,
        prefix: b"",
        data: still.color,
    };
    let mut items = vec![picture];
    if let Some(data) = still.alpha {
        let properties = vec![
            extents,
            add(pixels(1)?),
            add(decoder_configuration(None)?) | ESSENTIAL,
            add(boxed(b"auxC", &full(&[ALPHA_URN.to_vec()]))?),
        ];
        items.push(Item {
            kind: b"av01",
            suffix: b"",
            reference: Some(b"auxl"),
            properties,
            prefix: b"",
            data,
        });
    }
    let beside = |kind, suffix, prefix, data| Item {
        kind,
        suffix,
        reference: Some(b"cdsc"),
        properties: Vec::new(),
        prefix,
        data,
    };
    if let Some(exif) = exif {
        // The four bytes say how far from here the TIFF header is.
        items.push(beside(b"Exif", b"", &[0; 4], exif.as_slice()));
    }
    if let Some(xmp) = xmp {
        items.push(beside(b"mime", b"application/rdf+xml\0", b"", xmp.as_slice()));
    }
    Ok(items)
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
fn meta(items: &[Item<'_>], properties: &[Vec<u8>], data_at: usize) -> Result<Vec<u8>> {
    let handler = boxed(b"hdlr", &full(&[vec![0; 4], b"pict".to_vec(), vec![0; 13]]))?;
    let primary = boxed(b"pitm", &full(&[COLOR_ID.to_be_bytes().to_vec()]))?;
    let mut parts = vec![handler, primary, locations(items, data_at)?, infos(items)?];
    parts.extend(references(items)?);
    parts.push(boxed(b"iprp", &[boxed(b"ipco", &properties.concat())?, associations(items)?].concat())?);
    boxed(b"meta", &full(&parts))
}

/// `iloc`: where each item's bytes are.
fn locations(items: &[Item<'_>], data_at: usize) -> Result<Vec<u8>> {
    let mut body = vec![0, 0, 0, 0, 0x44, 0];
    body.extend((items.len() as u16).to_be_bytes());
    let mut at = data_at;
    for (id, item) in (COLOR_ID..).zip(items) {
        body.extend(id.to_be_bytes());
        body.extend([0, 0, 0, 1]);
        body.extend(length(at)?);
        body.extend(length(item.len())?);
        at += item.len();
    }
    boxed(b"iloc", &body)
}

/// `iinf`: what each item is.
fn infos(items: &[Item<'_>]) -> Result<Vec<u8>> {
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
fn references(items: &[Item<'_>]) -> Result<Option<Vec<u8>>> {
    let mut body = full(&[]);
    for (id, item) in (COLOR_ID..).zip(items) {
        if let Some(kind) = item.reference {
            body.extend(boxed(kind, &[id.to_be_bytes(), [0, 1], COLOR_ID.to_be_bytes()].concat())?);
        }
    }
    if body.len() == full(&[]).len() { Ok(None) } else { boxed(b"iref", &body).map(Some) }
}

/// `ipma`: which properties belong to which item.
fn associations(items: &[Item<'_>]) -> Result<Vec<u8>> {
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
