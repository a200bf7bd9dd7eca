//! Intra block copy (section 7.11.3 of the AV1 specification, as far as it applies to copies within a frame): whole
//! samples, in subsampled planes halves too, which take the mean of two or of four.

use crate::codec::av1::{syntax::Mv, window::Window};

/// Copies a block of `(width, height)` samples to `(x, y)` of a plane, from where a vector in eighths of luma samples
/// says.
///
/// - `subsampling`: the plane's shifts.
/// - `limits`: columns and rows of the plane; samples beyond are those at the edge.
pub fn copy(
    plane: &mut Window,
    (x, y): (usize, usize),
    (width, height): (usize, usize),
    mv: Mv,
    subsampling: (usize, usize),
    limits: (usize, usize),
) {
    // In halves of samples: an eighth of luma is an eighth of a plane's sample, or a sixteenth.
    let offset = |mv: i32, shift: usize| (mv >> 2) >> shift;
    let (dx, dy) = (offset(mv.col, subsampling.0), offset(mv.row, subsampling.1));
    let (left, top) = (x as i32 + (dx >> 1), y as i32 + (dy >> 1));
    let (half_x, half_y) = (dx & 1 != 0, dy & 1 != 0);
    let column = |x: i32| x.clamp(0, limits.0 as i32 - 1) as usize;
    let held = (plane.first(), plane.end() - 1);
    let row = |y: i32| (y.clamp(0, limits.1 as i32 - 1) as usize).clamp(held.0, held.1);
    let mut line = [0u16; 128];
    for i in 0..height.min(plane.end() - y) {
        let first = row(top + i as i32);
        {
            let above = plane.row(first);
            let below = plane.row(if half_y { row(top + i as i32 + 1) } else { first });
            for (j, sample) in line[..width].iter_mut().enumerate() {
                let here = column(left + j as i32);
                let next = column(left + j as i32 + i32::from(half_x));
                let sum = u32::from(above[here])
                    + u32::from(above[next])
                    + u32::from(below[here])
                    + u32::from(below[next]);
                *sample = ((sum + 2) >> 2) as u16;
            }
        }
        let to = plane.row_mut(y + i);
        let width = width.min(to.len() - x);
        to[x..x + width].copy_from_slice(&line[..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane whose sample at (x, y) is 100 y + x * x.
    fn plane() -> Window {
        let mut window = Window::new(24, 16).unwrap();
        for y in 0..16 {
            window
                .row_mut(y)
                .iter_mut()
                .enumerate()
                .for_each(|(x, sample)| *sample = (100 * y + x * x) as u16);
        }
        window
    }

    #[test]
    fn whole_samples_are_copied() {
        let mut window = plane();
        copy(&mut window, (8, 8), (4, 2), Mv { row: -5 * 8, col: -6 * 8 }, (0, 0), (24, 16));
        assert_eq!(window.row(8)[8..12], [304, 309, 316, 325]);
        assert_eq!(window.row(9)[7..13], [949, 404, 409, 416, 425, 1044]);
    }

    #[test]
    fn halves_are_means() {
        // Three samples of luma are one and a half of chroma.
        let mut window = plane();
        copy(&mut window, (8, 8), (2, 1), Mv { row: -4 * 8, col: -3 * 8 }, (1, 1), (24, 16));
        assert_eq!(window.row(8)[8..10], [600 + (36_u16 + 49).div_ceil(2), 600 + (49_u16 + 64).div_ceil(2)]);
        let mut window = plane();
        copy(&mut window, (8, 8), (2, 1), Mv { row: -3 * 8, col: -3 * 8 }, (1, 1), (24, 16));
        assert_eq!(window.row(8)[8..10], [650 + (36_u16 + 49).div_ceil(2), 650 + (49_u16 + 64).div_ceil(2)]);
        // Where only columns are halved, rows move by whole samples.
        let mut window = plane();
        copy(&mut window, (8, 8), (1, 1), Mv { row: -3 * 8, col: -3 * 8 }, (1, 0), (24, 16));
        assert_eq!(window.row(8)[8], 500 + (36_u16 + 49).div_ceil(2));
    }

    #[test]
    fn beyond_the_edge_is_the_edge() {
        let mut window = plane();
        copy(&mut window, (0, 8), (2, 1), Mv { row: -6 * 8, col: 19 * 8 }, (0, 0), (20, 16));
        assert_eq!(window.row(8)[..2], [200 + 19 * 19; 2]);
    }
}
