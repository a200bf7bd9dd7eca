//! Which part of a picture is left when its border goes, found row by row.

use super::Trim;
use crate::{
    codec::animation::Area,
    pixel::{Layout, Size, premultiplied},
};

/// A border that is being looked for.
pub(super) struct Border {
    threshold: u8,
    /// RGBA, alpha multiplied in.
    color: Option<[u8; 4]>,
    /// What has been found that isn't border.
    left: Option<Area>,
}

impl Border {
    /// Of the colour that is asked for, if there is one.
    pub(super) fn new(trim: Trim) -> Self {
        let color = trim.color.map(|[r, g, b]| [r, g, b, 255]);
        Self { threshold: trim.threshold, color, left: None }
    }

    /// True if it isn't known what colour it has.
    pub(super) const fn wants_color(&self) -> bool {
        self.color.is_none()
    }

    /// Says that it has the colour of a pixel, RGB or RGBA.
    pub(super) fn set_color(&mut self, layout: Layout, pixel: &[u8]) {
        self.color = Some(premultiplied(layout.rgba(pixel)));
    }

    /// Looks at a row of RGB or RGBA.
    pub(super) fn look(&mut self, y: u32, layout: Layout, row: &[u8]) {
        let color = self.color.unwrap_or_default();
        let least = self.threshold;
        let is_near = |one: u8, other: u8| one.abs_diff(other) <= least;
        let found = match layout {
            Layout::Rgba => ends(row.as_chunks::<4>().0, |pixel| {
                // What isn't seen has no colour.
                let pixel = premultiplied(*pixel);
                pixel[3] <= least || pixel.iter().zip(color).all(|(one, other)| is_near(*one, other))
            }),
            _ => {
                let [r, g, b, a] = color;
                let is_opaque = is_near(255, a);
                ends(row.as_chunks::<3>().0, |pixel| {
                    is_opaque && is_near(pixel[0], r) && is_near(pixel[1], g) && is_near(pixel[2], b)
                })
            }
        };
        if let Some((first, last)) = found {
            let own = Area { left: first as u32, top: y, size: Size::new((last - first) as u32 + 1, 1) };
            self.left = Some(self.left.map_or(own, |left| left.with(own)));
        }
    }

    /// What is left of a picture of `size`; `None` for all of it, also where all is border.
    pub(super) fn left(self, size: Size) -> Option<Area> {
        self.left.filter(|left| left.size != size)
    }
}

/// The first and the last pixel that isn't border.
fn ends<const N: usize>(row: &[[u8; N]], is_border: impl Fn(&[u8; N]) -> bool) -> Option<(usize, usize)> {
    let first = row.iter().position(|pixel| !is_border(pixel))?;
    let last = row.iter().rposition(|pixel| !is_border(pixel)).unwrap_or(first);
    Some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(trim: Trim, layout: Layout, width: u32, data: &[u8]) -> Option<Area> {
        let mut border = Border::new(trim);
        let bytes = (width * layout.channels()) as usize;
        if border.wants_color() {
            border.set_color(layout, data);
        }
        for (y, row) in (0..).zip(data.chunks_exact(bytes)) {
            border.look(y, layout, row);
        }
        border.left(Size::new(width, (data.len() / bytes) as u32))
    }

    #[test]
    fn what_differs_by_more_than_the_threshold_is_left() {
        let (white, near, dark) = ([255, 255, 255], [245, 250, 255], [244, 255, 255]);
        let rows = [[white, near, near], [near, dark, near], [white, near, white]];
        let data = rows.as_flattened().as_flattened();
        let middle = Area { left: 1, top: 1, size: Size::new(1, 1) };
        assert_eq!(left(Trim::default(), Layout::Rgb, 3, data), Some(middle));
        // All of it is border, or nothing.
        assert_eq!(left(Trim::default().with_threshold(11), Layout::Rgb, 3, data), None);
        assert_eq!(left(Trim::default().with_color([0; 3]), Layout::Rgb, 3, data), None);
        let exact = left(Trim::default().with_threshold(0), Layout::Rgb, 3, data);
        assert_eq!(exact, None, "its first and its last row have others than white, and each side");
    }

    #[test]
    fn what_is_transparent_is_border() {
        let (clear, faint, white, seen) = ([9, 200, 3, 0], [0, 0, 0, 10], [255; 4], [0, 0, 0, 11]);
        let rows = [[clear, white, faint], [faint, seen, clear], [clear, clear, white]];
        let data = rows.as_flattened().as_flattened();
        let trim = |trim: Trim| left(trim, Layout::Rgba, 3, data);
        assert_eq!(trim(Trim::default()), Some(Area { left: 1, top: 0, size: Size::new(2, 3) }));
        let middle = Some(Area { left: 1, top: 1, size: Size::new(1, 1) });
        assert_eq!(trim(Trim::default().with_color([250; 3])), middle);
    }
}
