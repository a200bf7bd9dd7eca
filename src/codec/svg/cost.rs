//! What drawing a tree takes, reckoned before it is drawn: the bytes of the layers that are there at once, and time.
//!
//! The tree is walked as `resvg` draws it. Time is in nanoseconds of a core of today, roughly: what counts is that
//! nothing which takes minutes is taken for a second.

use resvg::{
    tiny_skia::{Path, PathSegment, Rect, Transform},
    usvg::{ClipPath, Group, ImageKind, Mask, Node, Paint, Pattern, Stroke, Tree},
};

use super::{filter_cost, paint};
use crate::{
    error::{Error, Result},
    pixel::Size,
};

/// The longest that a drawing may take, in nanoseconds as they are reckoned here.
const MOST_TIME: f64 = 2e9;
/// The most dashes of one stroke.
const MOST_DASHES: f64 = 10_000.0;
/// Bytes of a point of an outline, and of the edge that is made of it.
const SEGMENT_BYTES: f64 = 90.0;

/// Nanoseconds: a pixel of one colour, of a gradient or a picture, of a layer that is put on another.
const PIXEL: f64 = 1.5;
const SHADED_PIXEL: f64 = 12.0;
const LAYER_PIXEL: f64 = 14.0;
/// Nanoseconds: a segment, a row that an edge crosses, and a swap of two edges.
const SEGMENT: f64 = 120.0;
const EDGE_ROW: f64 = 12.0;
const SWAP: f64 = 3.0;
/// What drawing the least of elements takes.
const NODE: f64 = 300.0;

/// Checks what drawing a tree takes, in bytes beside the picture itself.
///
/// # Errors
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when it is more than `most_bytes`, or takes too long.
pub(super) fn check(tree: &Tree, transform: Transform, size: Size, most_bytes: u64) -> Result<()> {
    let mut cost = Cost { time: 0.0 };
    let bytes = cost.tree(tree, transform, [size.width as f32, size.height as f32])?;
    if bytes > most_bytes as f64 {
        let bytes = bytes as u64;
        return Err(Error::limit(format!("the SVG's layers take {bytes} bytes, more than {most_bytes}")));
    }
    Ok(())
}

/// Where something is drawn: the size of the layer, and the part of the plane that any layer in it is cut to.
#[derive(Clone, Copy)]
struct Canvas {
    size: [f32; 2],
    bounds: Rect,
}

impl Canvas {
    fn pixels(&self) -> f64 {
        f64::from(self.size[0]) * f64::from(self.size[1])
    }

    fn bytes(&self) -> f64 {
        4.0 * self.pixels()
    }
}

struct Cost {
    time: f64,
}

/// Bytes, or why it is too much.
type Bytes = Result<f64>;

impl Cost {
    fn spend(&mut self, time: f64) -> Result<()> {
        self.time += time;
        // Not a number is too much, too.
        if self.time < MOST_TIME { Ok(()) } else { Err(Error::limit("the SVG takes too long to draw")) }
    }

    fn tree(&mut self, tree: &Tree, transform: Transform, size: [f32; 2]) -> Bytes {
        let [width, height] = size;
        let bounds = Rect::from_ltrb(-2.0 * width, -2.0 * height, 3.0 * width, 3.0 * height);
        let bounds = bounds.ok_or_else(|| Error::limit("no picture of that size can be drawn"))?;
        self.nodes(tree.root(), transform, &Canvas { size, bounds })
    }

    fn nodes(&mut self, group: &Group, transform: Transform, canvas: &Canvas) -> Bytes {
        let mut most = 0.0_f64;
        for node in group.children() {
            most = most.max(self.node(node, transform, canvas)?);
        }
        Ok(most)
    }

    fn node(&mut self, node: &Node, transform: Transform, canvas: &Canvas) -> Bytes {
        self.spend(NODE)?;
        match node {
            Node::Group(group) => self.group(group, transform, canvas),
            Node::Text(text) => self.group(text.flattened(), transform, canvas),
            Node::Path(path) if !path.is_visible() => Ok(0.0),
            Node::Path(path) => {
                let fill = path.fill().map(|fill| (fill.paint(), None));
                let stroke = path.stroke().map(|stroke| (stroke.paint(), Some(stroke)));
                let mut most = 0.0_f64;
                for (paint, stroke) in [fill, stroke].into_iter().flatten() {
                    most = most.max(self.path(path.data(), paint, stroke, transform, canvas)?);
                }
                Ok(most)
            }
            Node::Image(image) => match image.kind() {
                ImageKind::SVG(tree) => {
                    self.spend(canvas.pixels() * LAYER_PIXEL)?;
                    Ok(canvas.bytes() + self.tree(tree, transform, canvas.size)?)
                }
                _ => {
                    // Its own bytes are counted where it is decoded.
                    let pixels = f64::from(image.size().width()) * f64::from(image.size().height());
                    self.spend(pixels * 10.0 + canvas.pixels() * 6.0 * SHADED_PIXEL)?;
                    Ok(0.0)
                }
            },
        }
    }

    fn group(&mut self, group: &Group, transform: Transform, canvas: &Canvas) -> Bytes {
        let transform = transform.pre_concat(group.transform());
        if !group.should_isolate() {
            return self.nodes(group, transform, canvas);
        }
        if transform.has_skew() && group.filters().iter().any(|filter| filter_cost::has_light(filter)) {
            // Which way it falls is each renderer's own idea.
            return Err(Error::unsupported("light falls on what is turned in the SVG"));
        }
        // Filters are applied to an upright layer, which is turned later.
        let (transform, bounds) = match group.filters().is_empty() {
            true => (transform, canvas.bounds),
            false => {
                let (across, down) = (transform.sx.hypot(transform.ky), transform.kx.hypot(transform.sy));
                let rest = Transform::from_row(
                    transform.sx / across,
                    transform.ky / across,
                    transform.kx / down,
                    transform.sy / down,
                    0.0,
                    0.0,
                );
                // Such a group isn't drawn.
                let Some(upright) = rest.invert() else { return Ok(0.0) };
                let Some(bounds) = canvas.bounds.transform(upright) else { return Ok(0.0) };
                (upright.pre_concat(transform), bounds)
            }
        };
        let Some(area) = group.layer_bounding_box().transform(transform) else { return Ok(0.0) };
        let area =
            Rect::from_ltrb(area.left() - 3.0, area.top() - 3.0, area.right() + 4.0, area.bottom() + 4.0);
        let Some(area) = area.and_then(|area| area.intersect(&bounds)) else { return Ok(0.0) };
        let (layer, transform) = if paint::has_pictures(group) {
            (*canvas, transform)
        } else {
            let shift = Transform::from_translate(-area.left(), -area.top());
            let size = [area.width().ceil(), area.height().ceil()];
            (Canvas { size, bounds }, shift.pre_concat(transform))
        };
        self.spend(layer.pixels() * LAYER_PIXEL)?;
        let mut most = self.nodes(group, transform, &layer)?;
        for filter in group.filters() {
            let (bytes, time, links) = filter_cost::filter(filter, transform, layer.size);
            self.spend(time)?;
            let mut linked = 0.0_f64;
            for root in links {
                linked = linked.max(self.nodes(root, transform, &layer)?);
            }
            most = most.max(bytes + linked);
        }
        if let Some(clip) = group.clip_path() {
            most = most.max(self.clip(clip, transform, &layer)?);
        }
        if let Some(mask) = group.mask() {
            most = most.max(self.mask(mask, transform, &layer)?);
        }
        Ok(layer.bytes() + most)
    }

    /// A clip path is drawn on a layer as large as what is clipped, of which a mask is made.
    fn clip(&mut self, clip: &ClipPath, transform: Transform, layer: &Canvas) -> Bytes {
        self.spend(layer.pixels() * LAYER_PIXEL)?;
        let inner = self.clip_children(clip.root(), transform.pre_concat(clip.transform()), layer)?;
        let own = clip.clip_path().map_or(Ok(0.0), |clip| self.clip(clip, transform, layer))?;
        Ok(layer.bytes() + (layer.pixels() * 2.0).max(inner).max(own))
    }

    fn clip_children(&mut self, group: &Group, transform: Transform, layer: &Canvas) -> Bytes {
        let mut most = 0.0_f64;
        for node in group.children() {
            let bytes = match node {
                Node::Group(group) => {
                    let transform = transform.pre_concat(group.transform());
                    let inner = self.clip_children(group, transform, layer)?;
                    match group.clip_path() {
                        Some(clip) => {
                            self.spend(layer.pixels() * LAYER_PIXEL)?;
                            layer.bytes() + inner.max(self.clip(clip, transform, layer)?)
                        }
                        None => inner,
                    }
                }
                Node::Text(text) => self.clip_children(text.flattened(), transform, layer)?,
                node => self.node(node, transform, layer)?,
            };
            most = most.max(bytes);
        }
        Ok(most)
    }

    fn mask(&mut self, mask: &Mask, transform: Transform, layer: &Canvas) -> Bytes {
        self.spend(layer.pixels() * 2.0 * LAYER_PIXEL)?;
        let inner = self.nodes(mask.root(), transform, layer)?;
        let own = mask.mask().map_or(Ok(0.0), |mask| self.mask(mask, transform, layer))?;
        Ok(layer.bytes() + 2.0 * layer.pixels() + inner.max(own))
    }

    fn path(
        &mut self,
        path: &Path,
        paint: &Paint,
        stroke: Option<&Stroke>,
        transform: Transform,
        canvas: &Canvas,
    ) -> Bytes {
        let Some(area) = path.bounds().transform(transform) else { return Ok(0.0) };
        let (across, down) = transform.get_scale();
        let margin = stroke.map_or(0.0, |stroke| {
            let reach = stroke.miterlimit().get().max(1.5);
            stroke.width().get() * across.max(down) * reach
        });
        let visible = |low: f32, high: f32, side: f32| {
            f64::from(((high + margin).min(side) - (low - margin).max(0.0)).max(0.0))
        };
        let rows = visible(area.top(), area.bottom(), canvas.size[1]);
        let pixels = rows * visible(area.left(), area.right(), canvas.size[0]);
        let outline = Outline::of(path, transform, rows, f64::from(area.width()));
        let (mut segments, mut edge_rows) = (outline.segments, outline.edge_rows);
        if let Some(stroke) = stroke {
            // Two sides, joins and caps; a dash has all of these.
            let dashes = dashes(stroke, &outline)?;
            segments = (segments + dashes) * 6.0;
            edge_rows = 2.0 * edge_rows + segments * (2.0 + 2.0 * f64::from(margin).min(rows));
        }
        // Of the edges that are in work at the same row, each crosses those over which it leans.
        let crossings = edge_rows / rows.max(1.0) * outline.leaning;
        self.spend(segments * SEGMENT + edge_rows * 4.0 * EDGE_ROW + crossings * SWAP)?;
        let (shade, bytes) = match paint {
            Paint::Color(_) => (PIXEL, 0.0),
            Paint::LinearGradient(_) | Paint::RadialGradient(_) => (SHADED_PIXEL, 0.0),
            Paint::Pattern(pattern) => (5.0 * SHADED_PIXEL, self.pattern(pattern, transform, canvas)?),
        };
        self.spend(pixels * shade)?;
        Ok(bytes + segments * SEGMENT_BYTES)
    }

    /// A tile is drawn for each path, at the scale at which it is seen.
    fn pattern(&mut self, pattern: &Pattern, transform: Transform, canvas: &Canvas) -> Bytes {
        let (across, down) = transform.pre_concat(pattern.transform()).get_scale();
        let size = [pattern.rect().width() * across, pattern.rect().height() * down]
            .map(|side| side.round().max(1.0));
        let tile = Canvas { size, bounds: canvas.bounds };
        self.spend(tile.pixels() * PIXEL)?;
        // A tile larger than any memory fails here.
        Ok(tile.bytes() + self.nodes(pattern.root(), Transform::from_scale(across, down), &tile)?)
    }
}

/// What filling a path takes.
struct Outline {
    segments: f64,
    /// Rows that its edges cross.
    edge_rows: f64,
    /// How far edges lean to the side, as parts of the width of all: the sum.
    leaning: f64,
    /// Its length in its own units, no less than it is.
    length: f64,
}

impl Outline {
    fn of(path: &Path, transform: Transform, rows: f64, width: f64) -> Self {
        let mut outline = Self { segments: 0.0, edge_rows: 0.0, leaning: 0.0, length: 0.0 };
        let mut from = None;
        let mut edge = |parts: f64, to: &[resvg::tiny_skia::Point], from: &mut Option<_>| {
            outline.segments += parts;
            for &point in to {
                if let Some(last) = from.replace(point) {
                    outline.length += f64::from(last.distance(point));
                    let mut ends = [last, point];
                    transform.map_points(&mut ends);
                    let [across, down] =
                        [ends[0].x - ends[1].x, ends[0].y - ends[1].y].map(|it| f64::from(it.abs()));
                    if down > 0.0 {
                        outline.edge_rows += down.min(rows) + 1.0;
                        outline.leaning += (across / width.max(1.0)).min(1.0);
                    }
                }
            }
        };
        let mut start = None;
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(point) => {
                    (from, start) = (Some(point), Some(point));
                }
                PathSegment::LineTo(point) => edge(1.0, &[point], &mut from),
                PathSegment::QuadTo(a, b) => edge(3.0, &[a, b], &mut from),
                PathSegment::CubicTo(a, b, c) => edge(6.0, &[a, b, c], &mut from),
                PathSegment::Close => {
                    if let Some(start) = start {
                        edge(1.0, &[start], &mut from);
                    }
                }
            }
        }
        outline
    }
}

/// How many dashes a stroke has.
fn dashes(stroke: &Stroke, outline: &Outline) -> Bytes {
    let Some(dashes) = stroke.dasharray() else { return Ok(0.0) };
    let interval: f64 = dashes.iter().copied().map(f64::from).sum();
    let count = outline.length / interval * dashes.len() as f64 / 2.0;
    if count <= MOST_DASHES {
        Ok(count)
    } else {
        Err(Error::limit("a stroke of the SVG has too many dashes"))
    }
}
