//! Draws a tree: all that has no pictures in it by `resvg`, and what stands around pictures here.
//!
//! `resvg` decodes pictures by other decoders than ours, or, as it is built here, draws none. A group in which one
//! stands is drawn on a layer as large as the picture, and clipped and masked there. Where a picture stands in a
//! pattern, a mask or a filter, the SVG is refused.

use resvg::{
    tiny_skia::{
        BlendMode, FillRule, FilterQuality, Mask, MaskType, Paint, PathBuilder, Pattern, Pixmap, PixmapPaint,
        Rect, SpreadMode, Transform,
    },
    usvg::{self, Group, Image, ImageKind, ImageRendering, Node, Tree},
};

use super::images;
use crate::error::{Error, Result};

/// Checks that each picture stands where it can be drawn.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) for one in a pattern, a mask, a clip path or a filter, or with a
/// filter on it.
pub(super) fn check(tree: &Tree) -> Result<()> {
    check_group(tree.root())
}

fn check_group(group: &Group) -> Result<()> {
    for node in group.children() {
        let mut is_hidden = false;
        node.subroots(|root| is_hidden |= has_pictures(root) || check_group(root).is_err());
        if let Node::Group(group) = node {
            let is_odd =
                !group.filters().is_empty() || group.clip_path().is_some_and(|clip| !is_plain(clip.root()));
            is_hidden |= is_odd && has_pictures(group);
            check_group(group)?;
        }
        if is_hidden {
            return Err(Error::unsupported("a picture stands in a pattern, a mask or a filter of the SVG"));
        }
        if let Node::Image(image) = node
            && let ImageKind::SVG(tree) = image.kind()
        {
            check(tree)?;
        }
    }
    Ok(())
}

/// True if a clip path's children have none of their own.
fn is_plain(clip: &Group) -> bool {
    clip.children().iter().all(|node| match node {
        Node::Path(_) => true,
        Node::Group(group) => group.clip_path().is_none() && is_plain(group),
        _ => false,
    })
}

/// True if a picture stands in a group, or in an SVG in it.
pub(super) fn has_pictures(group: &Group) -> bool {
    group.children().iter().any(has_picture)
}

fn has_picture(node: &Node) -> bool {
    match node {
        Node::Group(group) => has_pictures(group),
        Node::Image(image) => match image.kind() {
            ImageKind::SVG(tree) => has_pictures(tree.root()),
            _ => true,
        },
        Node::Path(_) | Node::Text(_) => false,
    }
}

/// Draws a tree with its pictures.
pub(super) fn tree(tree: &Tree, transform: Transform, pictures: &[Pixmap], canvas: &mut Pixmap) {
    if pictures.is_empty() {
        resvg::render(tree, transform, &mut canvas.as_mut());
    } else {
        Painter { pictures }.group_nodes(tree.root(), transform, canvas);
    }
}

struct Painter<'a> {
    pictures: &'a [Pixmap],
}

impl Painter<'_> {
    fn group_nodes(&self, group: &Group, transform: Transform, canvas: &mut Pixmap) {
        for node in group.children() {
            match node {
                Node::Group(group) if has_pictures(group) => self.group(group, transform, canvas),
                Node::Image(image) if has_picture(node) => self.image(image, transform, canvas),
                // It is drawn as if the corner of its box were the origin.
                node => {
                    if let Some(corner) = node.abs_layer_bounding_box() {
                        let transform = transform.pre_translate(corner.x(), corner.y());
                        let _ = resvg::render_node(node, transform, &mut canvas.as_mut());
                    }
                }
            }
        }
    }

    fn group(&self, group: &Group, transform: Transform, canvas: &mut Pixmap) {
        let transform = transform.pre_concat(group.transform());
        if !group.should_isolate() {
            return self.group_nodes(group, transform, canvas);
        }
        let Some(mut layer) = Pixmap::new(canvas.width(), canvas.height()) else { return };
        self.group_nodes(group, transform, &mut layer);
        if let Some(clip) = group.clip_path() {
            cut(clip, transform, &mut layer);
        }
        if let Some(mask) = group.mask() {
            self.mask(mask, transform, &mut layer);
        }
        let paint = PixmapPaint {
            opacity: group.opacity().get(),
            blend_mode: blend_mode(group.blend_mode()),
            quality: FilterQuality::Nearest,
        };
        canvas.draw_pixmap(0, 0, layer.as_ref(), &paint, Transform::identity(), None);
    }

    fn image(&self, image: &Image, transform: Transform, canvas: &mut Pixmap) {
        if !image.is_visible() {
            return;
        }
        if let ImageKind::SVG(tree) = image.kind() {
            return self.group_nodes(tree.root(), transform, canvas);
        }
        let Some(pixels) = images::number(image.kind()).and_then(|number| self.pictures.get(number)) else {
            return;
        };
        let Some(area) = Rect::from_xywh(0.0, 0.0, pixels.width() as f32, pixels.height() as f32) else {
            return;
        };
        let quality = match image.rendering_mode() {
            ImageRendering::OptimizeSpeed | ImageRendering::CrispEdges | ImageRendering::Pixelated => {
                FilterQuality::Nearest
            }
            ImageRendering::Smooth => FilterQuality::Bilinear,
            ImageRendering::OptimizeQuality | ImageRendering::HighQuality => FilterQuality::Bicubic,
        };
        let shader = Pattern::new(pixels.as_ref(), SpreadMode::Pad, quality, 1.0, Transform::identity());
        canvas.fill_rect(area, &Paint { shader, ..Paint::default() }, transform, None);
    }

    fn mask(&self, mask: &usvg::Mask, transform: Transform, layer: &mut Pixmap) {
        let (width, height) = (layer.width(), layer.height());
        let (Some(mut drawn), Some(mut region)) = (Pixmap::new(width, height), Mask::new(width, height))
        else {
            return;
        };
        self.group_nodes(mask.root(), transform, &mut drawn);
        let area = PathBuilder::from_rect(mask.rect().to_rect());
        region.fill_path(&area, FillRule::Winding, true, transform);
        drawn.apply_mask(&region);
        if let Some(mask) = mask.mask() {
            self.mask(mask, transform, layer);
        }
        let kind = match mask.kind() {
            usvg::MaskType::Luminance => MaskType::Luminance,
            usvg::MaskType::Alpha => MaskType::Alpha,
        };
        layer.apply_mask(&Mask::from_pixmap(drawn.as_ref(), kind));
    }
}

/// Cuts a layer to a clip path.
fn cut(clip: &usvg::ClipPath, transform: Transform, layer: &mut Pixmap) {
    let Some(mut shape) = Pixmap::new(layer.width(), layer.height()) else { return };
    fill(clip.root(), transform.pre_concat(clip.transform()), &mut shape);
    layer.apply_mask(&Mask::from_pixmap(shape.as_ref(), MaskType::Alpha));
    if let Some(clip) = clip.clip_path() {
        cut(clip, transform, layer);
    }
}

fn fill(group: &Group, transform: Transform, shape: &mut Pixmap) {
    for node in group.children() {
        match node {
            Node::Path(path) if path.is_visible() => {
                let rule = match path.fill().map(usvg::Fill::rule) {
                    Some(usvg::FillRule::EvenOdd) => FillRule::EvenOdd,
                    _ => FillRule::Winding,
                };
                let anti_alias = path.rendering_mode().use_shape_antialiasing();
                shape.fill_path(
                    path.data(),
                    &Paint { anti_alias, ..Paint::default() },
                    rule,
                    transform,
                    None,
                );
            }
            Node::Group(group) => fill(group, transform.pre_concat(group.transform()), shape),
            _ => {}
        }
    }
}

const fn blend_mode(mode: usvg::BlendMode) -> BlendMode {
    match mode {
        usvg::BlendMode::Normal => BlendMode::SourceOver,
        usvg::BlendMode::Multiply => BlendMode::Multiply,
        usvg::BlendMode::Screen => BlendMode::Screen,
        usvg::BlendMode::Overlay => BlendMode::Overlay,
        usvg::BlendMode::Darken => BlendMode::Darken,
        usvg::BlendMode::Lighten => BlendMode::Lighten,
        usvg::BlendMode::ColorDodge => BlendMode::ColorDodge,
        usvg::BlendMode::ColorBurn => BlendMode::ColorBurn,
        usvg::BlendMode::HardLight => BlendMode::HardLight,
        usvg::BlendMode::SoftLight => BlendMode::SoftLight,
        usvg::BlendMode::Difference => BlendMode::Difference,
        usvg::BlendMode::Exclusion => BlendMode::Exclusion,
        usvg::BlendMode::Hue => BlendMode::Hue,
        usvg::BlendMode::Saturation => BlendMode::Saturation,
        usvg::BlendMode::Color => BlendMode::Color,
        usvg::BlendMode::Luminosity => BlendMode::Luminosity,
        usvg::BlendMode::PlusLighter => BlendMode::Plus,
    }
}
