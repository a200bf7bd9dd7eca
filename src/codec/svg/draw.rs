//! Draws an SVG at a size.

use std::borrow::Cow;

use resvg::{
    tiny_skia::{IntSize, Pixmap, Transform},
    usvg::Tree,
};

use super::{
    Embedded, cost, document, expansion, images::Images, memory::Demands, paint, probe, regions, scan,
    sheet::differing, text, values,
};
use crate::{
    codec::Decoded,
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size, straight},
};

/// Draws a picture at a size, of whatever shape: RGBA with straight alpha.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) when browsers show it otherwise than it would be drawn,
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when it takes more memory or time than is stated,
/// [`Malformed`](crate::ErrorKind::Malformed) when it is no SVG.
pub(in crate::codec) fn draw(
    file: &[u8],
    size: Size,
    limits: &Limits,
    embedded: Embedded,
) -> Result<Decoded> {
    limits.check_size(size)?;
    let head = &file[..file.len().min(text::LOOKED_AT)];
    let demands = Demands::new(&text::beginning(head, text::LOOKED_AT), head, file.len() as u64);
    let text = with_size(text::whole(file, text::MAX_TEXT)?)?;
    let images = Images::new(embedded, limits);
    let tree = {
        let parsed = document::parse(&text)?;
        let has_text = scan::check(&parsed, images.fonts().are_there())?;
        expansion::check(&parsed, &demands)?;
        let tree = Tree::from_xmltree(&parsed, &images.options(has_text.then_some(&parsed)))
            .map_err(document::refused)?;
        images.fonts().check(&tree, demands.outlines())?;
        tree
    };
    drop(text);
    let pictures = images.finish()?;
    let scale = Transform::from_scale(
        size.width as f32 / tree.size().width(),
        size.height as f32 / tree.size().height(),
    );
    let layers = demands.layers.saturating_mul(4 * size.pixels());
    paint::check(&tree)?;
    cost::check(&tree, scale, size, layers + demands.path)?;
    regions::check(tree.root())?;
    limits.check_memory(demands.bytes() + layers + 4 * size.pixels() + file.len() as u64)?;
    let pixels = try_zeroed(area_bytes(size, 4)?)?;
    let mut pixmap = IntSize::from_wh(size.width, size.height)
        .and_then(|size| Pixmap::from_vec(pixels, size))
        .ok_or_else(|| Error::limit("no picture of that size can be drawn"))?;
    paint::tree(&tree, scale, &pictures, &mut pixmap);
    drop((tree, pictures));
    let mut pixels = pixmap.take();
    for [colors @ .., alpha] in pixels.as_chunks_mut::<4>().0.iter_mut().filter(|pixel| pixel[3] < 255) {
        colors.iter_mut().for_each(|color| *color = straight((*color).into(), (*alpha).into()));
    }
    Ok(Decoded {
        picture: Picture::Raster(Raster::new(size, Layout::Rgba, pixels)?),
        orientation: Orientation::Upright,
        metadata: Metadata::default(),
    })
}

/// The text with a size in its root element that browsers and `usvg` take for the same.
fn with_size(text: Cow<'_, str>) -> Result<Cow<'_, str>> {
    let tag = probe::root_tag(text.as_bytes()).ok_or_else(|| Error::malformed("no svg element"))?;
    let stated = [b"width".as_slice(), b"height"].map(|name| probe::attribute(tag, name));
    let is_plain = |side: &Option<String>| {
        side.as_ref().is_some_and(|side| side.trim_end_matches("px").parse::<f64>().is_ok_and(|it| it > 0.0))
    };
    if stated.iter().flatten().any(|side| values::is_nothing(side)) {
        return Err(differing("a size of nothing"));
    }
    if stated.iter().all(is_plain) {
        return Ok(text);
    }
    let [width, height] = probe::own_size(tag);
    let mut sized = String::new();
    sized.try_reserve_exact(text.len() + 64)?;
    sized.push_str(&text[..text.len() - tag.len()]);
    sized.push_str(&format!(" width=\"{width}\" height=\"{height}\""));
    let mut left = tag;
    while let Some((name, _, rest)) = probe::first_attribute(left) {
        if name != b"width" && name != b"height" {
            sized.push_str(&text[text.len() - left.len()..text.len() - rest.len()]);
        }
        left = rest;
    }
    sized.push_str(&text[text.len() - left.len()..]);
    Ok(Cow::Owned(sized))
}
