//! Gives a HEIF's rows: the part that is shown, in RGB or grey, with alpha where there is some.

use super::{
    coding::{Chroma, Coding, Facts, TileRows, Tiles},
    picture::Still,
    ycbcr::Painter,
};
use crate::{
    codec::{
        Decoded, icc,
        rows::{FULL_SIZE, Form, Head, Rows, Sink},
        view::View,
    },
    error::{Error, Result},
    limits::{Limits, area_bytes, try_copy, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size, straight},
};

/// Decodes a HEIF file.
///
/// # Errors
/// [`Unsupported`](crate::error::Kind::Unsupported) for another coding and for what isn't decoded of this one,
/// [`LimitExceeded`](crate::error::Kind::LimitExceeded), [`Malformed`](crate::error::Kind::Malformed).
pub fn decode<C: Coding>(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let mut whole = Whole { samples: Vec::new(), head: None };
    decode_rows::<C>(bytes, limits, &mut whole)?;
    let (size, layout, orientation, metadata) =
        whole.head.ok_or_else(|| Error::malformed("the HEIF has no rows"))?;
    Ok(Decoded { picture: Picture::Raster(Raster::new(size, layout, whole.samples)?), orientation, metadata })
}

/// Gives a HEIF file to a sink, row by row. `false` when the sink asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub fn decode_rows<C: Coding>(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let view = View::whole(bytes);
    let still = Still::<C>::read(view)?;
    still.check(limits, bytes.len() as u64)?;
    let layout = Layout::of(still.picture.facts().chroma != Chroma::Mono, still.alpha.is_some());
    let head = Head {
        size: still.shown,
        scales: FULL_SIZE,
        form: Form::Raster(layout),
        orientation: still.orientation,
        can_turn: false,
        metadata: metadata(view, &still),
    };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    give_rows(&still, layout, sink)?;
    Ok(true)
}

fn metadata<C: Coding>(view: View<'_>, still: &Still<'_, C>) -> Metadata {
    let copy = |bytes: &[u8]| try_copy(bytes).ok();
    let profile = still.icc.map(|profile| profile.up_to(view));
    Metadata {
        icc: profile.filter(|profile| profile.len() as u64 <= icc::most_bytes(profile)).and_then(copy),
        colors: still.colors(),
        exif: still.exif.and_then(|block| copy(block.up_to(view))),
        xmp: still.xmp.and_then(|packet| copy(packet.up_to(view))),
    }
}

fn give_rows<C: Coding>(still: &Still<'_, C>, layout: Layout, sink: &mut dyn Sink) -> Result<()> {
    let ((left, top), size) = (still.begins, still.shown);
    let whole = still.picture.size;
    let mut colors = C::rows(still.source(), &still.picture)?;
    let mut painter = Painter::new(&still.picture.facts(), still.nclx, whole.width)?;
    let alpha = still.alpha.as_ref();
    let mut alpha = alpha.map(|tiles| Alpha::new(still, tiles, whole)).transpose()?;
    let parts = if layout.channels() < 3 { 1 } else { 3 };
    let mut painted = try_zeroed(area_bytes(Size::new(whole.width, 1), parts)?)?;
    let mut row = try_zeroed(match alpha {
        Some(_) => area_bytes(Size::new(size.width, 1), layout.channels())?,
        None => 0,
    })?;
    let shown = left as usize..(left + size.width) as usize;
    for y in top..top + size.height {
        if parts == 3 {
            painter.take_chroma(0, colors.chroma(1, y)?);
            painter.take_chroma(1, colors.chroma(2, y)?);
            painter.paint(colors.luma(y)?, &mut painted);
        } else {
            painter.paint_gray(colors.luma(y)?, &mut painted);
        }
        let parts = parts as usize;
        let own = &painted[shown.start * parts..shown.end * parts];
        let Some(alpha) = &mut alpha else {
            sink.take(Rows::Raster(own))?;
            continue;
        };
        let levels = &alpha.row(y)?[shown.clone()];
        for ((to, own), level) in row.chunks_exact_mut(parts + 1).zip(own.chunks_exact(parts)).zip(levels) {
            to[..parts].copy_from_slice(own);
            to[parts] = *level;
            if still.is_premultiplied {
                to[..parts]
                    .iter_mut()
                    .for_each(|sample| *sample = straight((*sample).into(), (*level).into()));
            }
        }
        sink.take(Rows::Raster(&row))?;
    }
    Ok(())
}

/// Rows of alpha, as wide as the picture.
struct Alpha<'a, C: Coding + 'a> {
    rows: C::Rows<'a>,
    facts: Facts,
    own: Size,
    picture: Size,
    levels: Vec<u8>,
}

impl<'a, C: Coding> Alpha<'a, C> {
    fn new(still: &'a Still<'_, C>, tiles: &'a Tiles<C>, picture: Size) -> Result<Self> {
        let levels = try_zeroed(picture.width as usize)?;
        let rows = C::rows(still.source(), tiles)?;
        Ok(Self { rows, facts: tiles.facts(), own: tiles.size, picture, levels })
    }

    /// Levels of a row of the picture; where alpha has another size those that are nearest.
    fn row(&mut self, y: u32) -> Result<&[u8]> {
        let scaled = |at: u32, own: u32, whole: u32| u64::from(at) * u64::from(own) / u64::from(whole);
        let (own, picture) = (self.own, self.picture);
        // Of the full range, whatever its coding says.
        let most = (1_u32 << self.facts.depths[0]) - 1;
        let samples = self.rows.luma(scaled(y, own.height, picture.height) as u32)?;
        for (x, level) in (0..).zip(&mut self.levels) {
            let sample = samples[scaled(x, own.width, picture.width) as usize];
            *level = ((u32::from(sample) * 255 + most / 2) / most).min(255) as u8;
        }
        Ok(&self.levels)
    }
}

/// Gathers all rows.
struct Whole {
    samples: Vec<u8>,
    head: Option<(Size, Layout, Orientation, Metadata)>,
}

impl Sink for Whole {
    fn begin(&mut self, head: Head) -> Result<Option<u32>> {
        let Form::Raster(layout) = head.form else { return Ok(None) };
        self.samples.try_reserve_exact(area_bytes(head.size, layout.channels())?)?;
        self.head = Some((head.size, layout, head.orientation, head.metadata));
        Ok(Some(8))
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        if let Rows::Raster(rows) = rows {
            self.samples.extend_from_slice(rows);
        }
        Ok(())
    }
}
