//! Blurs by rows: three boxes after each other, whose edges count for a part, are a Gaussian within some hundredths, and
//! take the same time for any width of it (P. Gwosdek et al., "Theoretical Foundations of Gaussian Convolution by
//! Extended Box Filtering"). All in whole numbers, so the same bytes come of it everywhere.
//!
//! Samples have eight bits after the point between the boxes. What is beyond a side is as what stands at it.

use std::ops::RangeInclusive;

use crate::{
    error::{Error, Kind, Result},
    limits::{try_filled, try_zeroed},
    pixel::{Layout, Size},
};

/// Standard deviations, in tenths of a pixel.
pub(super) const BLURS: RangeInclusive<u16> = 3..=1000;
pub(super) const SHARPENS: RangeInclusive<u16> = 3..=100;

/// Sees that what is wanted is done here.
///
/// # Errors
/// [`Kind::Parameter`] with the range.
pub(super) fn check(blur: u16, sharpen: u16) -> Result<()> {
    for (name, sigma, allowed) in [("blur", blur, BLURS), ("sharpen", sharpen, SHARPENS)] {
        if sigma > 0 && !allowed.contains(&sigma) {
            let what = format!(
                "{name} is {sigma} tenths of a pixel, and may be {} to {}",
                allowed.start(),
                allowed.end()
            );
            return Err(Error::new(Kind::Parameter, what));
        }
    }
    Ok(())
}

/// Reads a standard deviation; 0 is none.
pub(super) fn parse(text: &str, allowed: &RangeInclusive<u16>) -> Result<u16, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = text.parse().ok().filter(|number: &f32| is_number && *number < 1e4);
    let tenths = number.map(|number| (number * 10.0).round() as u16);
    tenths.filter(|tenths| *tenths == 0 || allowed.contains(tenths)).ok_or_else(|| {
        let [least, most] = [*allowed.start(), *allowed.end()].map(|tenths| f32::from(tenths) / 10.0);
        format!("0, or pixels from {least} to {most}, in tenths")
    })
}

/// Boxes after each other.
const BOXES: usize = 3;

/// Bits of a weight.
const WEIGHT_BITS: u32 = 32;

/// A box: `radius` samples to each side count whole, and one more for a part.
#[derive(Debug, Clone, Copy)]
struct Kernel {
    radius: usize,
    /// Of a sample that counts whole, and of one that counts in part; together one.
    whole: u64,
    part: u64,
}

impl Kernel {
    /// For a standard deviation in tenths.
    fn new(sigma: u16) -> Self {
        // In hundredths, of one of the boxes: their variances add up.
        let variance = u64::from(sigma) * u64::from(sigma) / BOXES as u64;
        // The largest box of whole samples that isn't wider: its variance is r(r + 1)/3.
        let mut radius = 0_u64;
        while (radius + 1) * (radius + 2) * 100 <= 3 * variance {
            radius += 1;
        }
        // The part a for which (2 Σk² + 2a(r + 1)²)/(2r + 1 + 2a) is the variance, as a fraction.
        let (length, next) = (2 * radius + 1, (radius + 1) * (radius + 1));
        let spare = 3 * variance - radius * (radius + 1) * 100;
        let (above, below) = (length * spare, 6 * (next * 100 - variance));
        // Weights of below/(length × below + 2 × above), and above of that.
        let sum = u128::from(length * below + 2 * above);
        let weight = |share: u64| ((u128::from(share) << WEIGHT_BITS) / sum) as u64;
        let part = weight(above);
        Self { radius: radius as usize, whole: ((1 << WEIGHT_BITS) - 2 * part) / length, part }
    }

    fn apply(&self, sum: u32, ends: u32) -> u16 {
        let weighed = u64::from(sum) * self.whole + u64::from(ends) * self.part;
        // No weight is rounded up, so nothing is brighter than it was.
        ((weighed + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS) as u16
    }

    /// Rows that are held.
    fn rows(&self, height: u32) -> usize {
        (2 * self.radius + 3).min(height as usize)
    }
}

/// Rows on their way through a box from top to bottom.
struct Down {
    kernel: Kernel,
    height: usize,
    columns: usize,
    /// The last rows that came, each in the place of its number.
    ring: Vec<u16>,
    sums: Vec<u32>,
    row: Vec<u16>,
    come: usize,
    given: usize,
}

impl Down {
    fn new(kernel: Kernel, columns: usize, height: u32) -> Result<Self> {
        Ok(Self {
            kernel,
            height: height as usize,
            columns,
            ring: try_filled(kernel.rows(height) * columns, 0)?,
            sums: try_filled(columns, 0)?,
            row: try_filled(columns, 0)?,
            come: 0,
            given: 0,
        })
    }

    fn push(&mut self, row: &[u16], sink: &mut dyn FnMut(&[u16]) -> Result<()>) -> Result<()> {
        let at = self.come % (self.ring.len() / self.columns);
        self.ring[at * self.columns..(at + 1) * self.columns].copy_from_slice(row);
        self.come += 1;
        while self.given < self.height && self.come >= (self.given + self.kernel.radius + 2).min(self.height)
        {
            self.make();
            self.given += 1;
            sink(&self.row)?;
        }
        Ok(())
    }

    /// The next row.
    fn make(&mut self) {
        let Self { kernel, height, columns, ring, sums, row, given, .. } = self;
        let rows = ring.len() / *columns;
        let at = |y: usize| {
            let start = y.min(*height - 1) % rows * *columns;
            &ring[start..start + *columns]
        };
        let (y, radius) = (*given, kernel.radius);
        if y == 0 {
            for (k, own) in (0..=radius).map(|k| (k, at(k))) {
                // What is above the first row is as that.
                let times = if k == 0 { radius as u32 + 1 } else { 1 };
                sums.iter_mut().zip(own).for_each(|(sum, sample)| *sum += times * u32::from(*sample));
            }
        } else {
            let (new, old) = (at(y + radius), at((y - 1).saturating_sub(radius)));
            for ((sum, new), old) in sums.iter_mut().zip(new).zip(old) {
                *sum = *sum + u32::from(*new) - u32::from(*old);
            }
        }
        let (above, below) = (at(y.saturating_sub(radius + 1)), at(y + radius + 1));
        for (((to, sum), above), below) in row.iter_mut().zip(sums.iter()).zip(above).zip(below) {
            *to = kernel.apply(*sum, u32::from(*above) + u32::from(*below));
        }
    }
}

/// A row through a box from left to right.
fn across(kernel: &Kernel, channels: usize, from: &[u16], to: &mut [u16]) {
    let width = from.len() / channels;
    for channel in 0..channels {
        let at = |x: usize| u32::from(from[x.min(width - 1) * channels + channel]);
        let radius = kernel.radius;
        let mut sum = (radius as u32 + 1) * at(0) + (1..=radius).map(at).sum::<u32>();
        for (x, to) in to.iter_mut().skip(channel).step_by(channels).enumerate() {
            *to = kernel.apply(sum, at(x.saturating_sub(radius + 1)) + at(x + radius + 1));
            sum = sum + at(x + radius + 1) - at(x.saturating_sub(radius));
        }
    }
}

/// Blurs rows of a picture, colours weighed with their alpha.
pub(super) struct Blur {
    kernel: Kernel,
    layout: Layout,
    lines: [Vec<u16>; 2],
    down: [Down; BOXES],
    row: Vec<u8>,
}

impl Blur {
    /// By a standard deviation in tenths of a pixel.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(super) fn new(sigma: u16, layout: Layout, size: Size) -> Result<Self> {
        let kernel = Kernel::new(sigma);
        let columns = size.width as usize * layout.channels() as usize;
        let down = || Down::new(kernel, columns, size.height);
        Ok(Self {
            kernel,
            layout,
            lines: [try_filled(columns, 0)?, try_filled(columns, 0)?],
            down: [down()?, down()?, down()?],
            row: try_zeroed(columns)?,
        })
    }

    /// The bytes that it holds of rows of so many samples a pixel.
    pub(super) fn heap_bytes(sigma: u16, size: Size, channels: u32) -> u64 {
        let down = Kernel::new(sigma).rows(size.height) as u64 * 2 + 4 + 2;
        u64::from(channels) * u64::from(size.width) * (BOXES as u64 * down + 2 * 2 + 1)
    }

    /// Rows that come before the first is given.
    fn delay(sigma: u16, height: u32) -> u32 {
        (BOXES as u32 * (Kernel::new(sigma).radius as u32 + 1)).min(height)
    }

    /// Takes a row; gives those that are done, the last with the last.
    ///
    /// # Errors
    /// What `sink` says.
    pub(super) fn push(&mut self, row: &[u8], sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let Self { kernel, layout, lines: [one, other], down: [first, second, third], row: done } = self;
        let (layout, channels) = (*layout, layout.channels() as usize);
        weigh(layout, row, one);
        across(kernel, channels, one, other);
        across(kernel, channels, other, one);
        across(kernel, channels, one, other);
        let mut last = |row: &[u16]| {
            straighten(layout, row, done);
            sink(done)
        };
        first.push(other, &mut |row| second.push(row, &mut |row| third.push(row, &mut last)))
    }
}

/// Samples with eight bits after the point, multiplied with alpha.
fn weigh(layout: Layout, from: &[u8], to: &mut [u16]) {
    if !layout.has_alpha() {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = u16::from(*from) << 8);
        return;
    }
    let channels = layout.channels() as usize;
    for (to, from) in to.chunks_exact_mut(channels).zip(from.chunks_exact(channels)) {
        let [to @ .., to_alpha] = to else { continue };
        let [from @ .., alpha] = from else { continue };
        *to_alpha = u16::from(*alpha) << 8;
        for (to, from) in to.iter_mut().zip(from) {
            *to = ((u32::from(*from) * u32::from(*alpha) * 256 + 127) / 255) as u16;
        }
    }
}

/// Samples as they are stored.
fn straighten(layout: Layout, from: &[u16], to: &mut [u8]) {
    let rounded = |sample: u16| ((u32::from(sample) + 128) >> 8).min(255) as u8;
    if !layout.has_alpha() {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = rounded(*from));
        return;
    }
    let channels = layout.channels() as usize;
    for (to, from) in to.chunks_exact_mut(channels).zip(from.chunks_exact(channels)) {
        let [to @ .., to_alpha] = to else { continue };
        let [from @ .., alpha] = from else { continue };
        *to_alpha = rounded(*alpha);
        let alpha = u32::from(*alpha);
        for (to, from) in to.iter_mut().zip(from) {
            let straight = (u32::from(*from) * 255 + alpha / 2).checked_div(alpha);
            *to = straight.unwrap_or(0).min(255) as u8;
        }
    }
}

/// Sharpens rows: what blurring takes from them is added once more (unsharp mask). Alpha stays.
pub(super) struct Sharpen {
    blur: Blur,
    /// Rows that wait for their blurred ones, each in the place of its number.
    ring: Vec<u8>,
    come: usize,
    given: usize,
    row: Vec<u8>,
}

impl Sharpen {
    /// By a standard deviation in tenths of a pixel.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(super) fn new(sigma: u16, layout: Layout, size: Size) -> Result<Self> {
        let columns = size.width as usize * layout.channels() as usize;
        let rows = Blur::delay(sigma, size.height) as usize + 1;
        let (ring, row) = (try_zeroed(rows * columns)?, try_zeroed(columns)?);
        Ok(Self { blur: Blur::new(sigma, layout, size)?, ring, come: 0, given: 0, row })
    }

    /// The bytes that it holds of rows of so many samples a pixel.
    pub(super) fn heap_bytes(sigma: u16, size: Size, channels: u32) -> u64 {
        let rows = u64::from(Blur::delay(sigma, size.height)) + 2;
        Blur::heap_bytes(sigma, size, channels) + u64::from(channels) * u64::from(size.width) * rows
    }

    /// Takes a row; gives those that are done, the last with the last.
    ///
    /// # Errors
    /// What `sink` says.
    pub(super) fn push(&mut self, row: &[u8], sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let Self { blur, ring, come, given, row: done } = self;
        let (columns, layout) = (done.len(), blur.layout);
        let rows = ring.len() / columns;
        let at = *come % rows * columns;
        ring[at..at + columns].copy_from_slice(row);
        *come += 1;
        blur.push(row, &mut |blurred| {
            let at = *given % rows * columns;
            *given += 1;
            sharpen(layout, &ring[at..at + columns], blurred, done);
            sink(done)
        })
    }
}

fn sharpen(layout: Layout, own: &[u8], blurred: &[u8], to: &mut [u8]) {
    for ((to, own), blurred) in to.iter_mut().zip(own).zip(blurred) {
        *to = (2 * i32::from(*own) - i32::from(*blurred)).clamp(0, 255) as u8;
    }
    if layout.has_alpha() {
        let channels = layout.channels() as usize;
        let alpha = |row: usize| row + channels - 1;
        (0..to.len()).step_by(channels).map(alpha).for_each(|at| to[at] = own[at]);
    }
}

#[cfg(test)]
mod tests;
