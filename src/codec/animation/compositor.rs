//! Puts frames on a screen as browsers do: the last frame is disposed of, the next one replaces what is there or is put
//! over it.
//!
//! Both are done row by row in one go, so that the screen notes as changed only what looks different afterwards.

use std::ops::Range;

use super::{Area, Disposal, FrameHead, Screen};
use crate::{
    error::{Error, Result},
    limits::{try_filled, try_zeroed},
    pixel::{self, Size},
};

/// What is shown, frame after frame.
pub(crate) struct Compositor {
    screen: Screen,
    /// What must be done before the next frame.
    last: Option<Dispose>,
    is_first: bool,
    room: Saving,
    row: Vec<u8>,
}

/// The most bytes that may be kept of what was there before a frame: beside the coding of a frame, and while one is
/// put on the screen, where two such areas are held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saving {
    pub kept: u64,
    pub at_once: u64,
}

impl Saving {
    /// As much as there is to be kept.
    pub(crate) const UNBOUNDED: Self = Self { kept: u64::MAX, at_once: u64::MAX };
}

/// How an area is disposed of.
struct Dispose {
    area: Area,
    /// What was there before; `None` for the background.
    saved: Option<Saved>,
}

/// What an area showed, its rows one after the other. It may be larger than what is disposed of.
struct Saved {
    area: Area,
    pixels: Vec<u8>,
}

impl Saved {
    /// Where a row's bytes lie, from a column to another on the canvas, counted in bytes.
    fn bytes(&self, y: usize, [from, to]: [usize; 2]) -> Range<usize> {
        let left = 4 * self.area.left as usize;
        let start = (y - self.area.top as usize) * 4 * self.area.size.width as usize;
        start + from - left..start + to - left
    }
}

impl Compositor {
    /// The most bytes that a compositor holds beside its screen and what it saves.
    pub(crate) fn heap_bytes(size: Size) -> u64 {
        4 * u64::from(size.width) + u64::from(size.height)
    }

    /// A transparent screen. Frames after which what was there before is to be seen again are refused if that takes
    /// more than `room`.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) or
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
    pub(crate) fn new(size: Size, room: Saving) -> Result<Self> {
        let row = try_zeroed(4 * size.width as usize)?;
        Ok(Self { screen: Screen::new(size)?, last: None, is_first: true, room, row })
    }

    /// What is shown.
    pub(crate) const fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Begins anew to note what changes.
    pub(crate) fn settle(&mut self) {
        self.screen.settle();
    }

    /// Bytes that are kept of what was there before the last frame.
    pub(crate) fn saved_bytes(&self) -> u64 {
        let saved = self.last.as_ref().and_then(|last| last.saved.as_ref());
        saved.map_or(0, |saved| saved.pixels.len() as u64)
    }

    /// How many pixels [`Self::show`] works on for a frame, at the most.
    pub(crate) fn work(&self, frame: &FrameHead) -> u64 {
        let disposed = self.last.as_ref().map_or(0, |last| last.area.size.pixels());
        disposed + frame.area.size.pixels()
    }

    /// Shows the next frame, whose rows of RGBA `draw` gives to what it is called with, each with its number.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when more would have to be saved than may be,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room, and those of `draw`.
    pub(crate) fn show(
        &mut self,
        frame: &FrameHead,
        draw: impl FnOnce(&mut dyn FnMut(u32, &[u8]) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        let area = frame.area.on(self.screen.size());
        let saves = frame.disposal == Disposal::Previous && !self.is_first;
        let held = self.saved_bytes();
        let last = self.last.take();
        // What comes back is there before this frame as well.
        let saved_before = last.as_ref().and_then(|last| last.saved.as_ref());
        let is_saved = saves && saved_before.is_some_and(|saved| saved.area.with(area) == saved.area);
        let mut saved = if saves && !is_saved { Some(self.room_for(area, held)?) } else { None };
        let mut done = try_filled(area.size.height as usize, false)?;
        let disposed = last.as_ref().map(|last| last.area);
        let mut step = Step { frame, area, last: last.as_ref(), saved: saved.as_mut() };
        draw(&mut |y, pixels| {
            if let Some(done) = done.get_mut(y as usize)
                && !*done
            {
                *done = true;
                step.compose(&mut self.screen, &mut self.row, (area.top + y) as usize, pixels);
            }
            Ok(())
        })?;
        let rows = disposed.map_or(area.top..area.bottom(), |disposed| {
            disposed.top.min(area.top)..disposed.bottom().max(area.bottom())
        });
        for y in rows.start..rows.end.min(self.screen.size().height) {
            let is_done =
                y.checked_sub(area.top).and_then(|y| done.get(y as usize)).is_some_and(|done| *done);
            if !is_done {
                step.compose(&mut self.screen, &mut self.row, y as usize, &[]);
            }
        }
        self.last = match frame.disposal {
            Disposal::Keep => None,
            _ if is_saved => last.map(|last| Dispose { area, ..last }),
            _ => Some(Dispose { area, saved }),
        };
        self.is_first = false;
        Ok(())
    }

    /// Room to save an area, beside what is saved already.
    fn room_for(&self, area: Area, held: u64) -> Result<Saved> {
        let bytes = 4 * area.size.pixels();
        if bytes > self.room.kept || bytes + held > self.room.at_once {
            return Err(Error::limit(format!("a frame of {bytes} bytes covers what is to be shown again")));
        }
        Ok(Saved { area, pixels: try_zeroed(bytes as usize)? })
    }
}

/// From one frame to the next.
struct Step<'a> {
    frame: &'a FrameHead,
    /// Of the frame, on the canvas.
    area: Area,
    last: Option<&'a Dispose>,
    /// Takes what is there before the frame.
    saved: Option<&'a mut Saved>,
}

impl Step<'_> {
    /// Shows a row: of the frame are there as many pixels as are given.
    fn compose(&mut self, screen: &mut Screen, row: &mut [u8], y: usize, pixels: &[u8]) {
        let within = |area: Area| {
            let is_there = (area.top as usize..area.bottom() as usize).contains(&y) && area.size.width > 0;
            is_there.then_some([4 * area.left as usize, 4 * area.right() as usize])
        };
        let disposed = self.last.and_then(|last| Some((within(last.area)?, &last.saved)));
        let drawn = within(self.area);
        let (left, right) = match (disposed, drawn) {
            (Some((disposed, _)), Some(drawn)) => (disposed[0].min(drawn[0]), disposed[1].max(drawn[1])),
            (Some(([left, right], _)), None) | (None, Some([left, right])) => (left, right),
            (None, None) => return,
        };
        row[left..right].copy_from_slice(&screen.row(y)[left..right]);
        if let Some((disposed, saved)) = disposed {
            let area = &mut row[disposed[0]..disposed[1]];
            match saved {
                Some(saved) => area.copy_from_slice(&saved.pixels[saved.bytes(y, disposed)]),
                None => area.fill(0),
            }
        }
        if let Some(drawn) = drawn {
            let under = &mut row[drawn[0]..drawn[1]];
            if let Some(saved) = &mut self.saved {
                let bytes = saved.bytes(y, drawn);
                saved.pixels[bytes].copy_from_slice(under);
            }
            draw(under, pixels, self.frame.is_blended);
        }
        screen.put(left / 4, y, &mut row[left..right]);
    }
}

/// Puts pixels over what is there, or instead of it.
fn draw(under: &mut [u8], pixels: &[u8], is_blended: bool) {
    let count = under.len().min(pixels.len());
    if !is_blended {
        under[..count].copy_from_slice(&pixels[..count]);
        return;
    }
    for (under, over) in under.as_chunks_mut::<4>().0.iter_mut().zip(pixels.as_chunks::<4>().0) {
        match over[3] {
            0 => {}
            255 => *under = *over,
            _ => *under = pixel::over(*over, *under),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];
    const NONE: [u8; 4] = [0; 4];

    fn show(compositor: &mut Compositor, left: u32, disposal: Disposal, is_blended: bool, row: &[[u8; 4]]) {
        let area = Area { left, top: 0, size: Size::new(row.len() as u32, 1) };
        let frame = FrameHead { area, delay: 40, disposal, is_blended };
        compositor.show(&frame, |take| take(0, &row.concat())).unwrap();
    }

    fn shown(compositor: &Compositor) -> Vec<[u8; 4]> {
        compositor.screen().pixels().as_chunks::<4>().0.to_vec()
    }

    #[test]
    fn frames_are_disposed_of_as_they_say() {
        let mut compositor = Compositor::new(Size::new(4, 1), Saving::UNBOUNDED).unwrap();
        // What was there before the first frame is nothing.
        show(&mut compositor, 0, Disposal::Previous, true, &[RED, RED, RED]);
        assert_eq!(shown(&compositor), [RED, RED, RED, NONE]);
        show(&mut compositor, 1, Disposal::Keep, true, &[BLUE, NONE]);
        assert_eq!(shown(&compositor), [NONE, BLUE, NONE, NONE]);
        show(&mut compositor, 1, Disposal::Previous, false, &[NONE, RED, RED, RED]);
        assert_eq!(shown(&compositor), [NONE, NONE, RED, RED]);
        assert_eq!(compositor.saved_bytes(), 12);
        show(&mut compositor, 0, Disposal::Background, true, &[RED]);
        assert_eq!(shown(&compositor), [RED, BLUE, NONE, NONE]);
        compositor.settle();
        // What is disposed of and drawn again has not changed.
        show(&mut compositor, 0, Disposal::Keep, true, &[RED, BLUE]);
        assert_eq!(compositor.screen().changed_area(), None);
    }

    #[test]
    fn what_comes_back_is_kept_once_for_frames_of_any_area() {
        let room = Saving { kept: 16, at_once: 24 };
        let mut compositor = Compositor::new(Size::new(4, 1), room).unwrap();
        show(&mut compositor, 0, Disposal::Keep, false, &[RED, BLUE, RED, BLUE]);
        show(&mut compositor, 2, Disposal::Previous, false, &[NONE, RED]);
        // Another area: what was kept is still needed while the screen is drawn.
        show(&mut compositor, 0, Disposal::Previous, false, &[BLUE, RED, BLUE, RED]);
        assert_eq!(compositor.saved_bytes(), 16);
        // Parts of what is kept already take nothing.
        for left in [1, 2, 0] {
            show(&mut compositor, left, Disposal::Previous, false, &[NONE, NONE]);
            let mut expected = [RED, BLUE, RED, BLUE];
            expected[left as usize..][..2].fill(NONE);
            assert_eq!((shown(&compositor), compositor.saved_bytes()), (expected.to_vec(), 16));
        }
        show(&mut compositor, 3, Disposal::Background, false, &[RED]);
        assert_eq!(shown(&compositor), [RED, BLUE, RED, RED]);
        assert_eq!(compositor.saved_bytes(), 0);
    }

    #[test]
    fn frames_past_the_corner_and_ones_without_rows_are_shown_as_far_as_they_go() {
        let mut compositor = Compositor::new(Size::new(2, 2), Saving { kept: 0, at_once: 0 }).unwrap();
        let head = |left, top, disposal| FrameHead {
            area: Area { left, top, size: Size::new(3, 3) },
            delay: 0,
            disposal,
            is_blended: true,
        };
        let rows = |take: &mut dyn FnMut(u32, &[u8]) -> Result<()>| {
            // As an interlaced GIF has them.
            [0, 2, 1].into_iter().try_for_each(|y| take(y, &[RED; 3].concat()))
        };
        compositor.show(&head(1, 1, Disposal::Background), rows).unwrap();
        assert_eq!(shown(&compositor), [NONE, NONE, NONE, RED]);
        compositor.show(&head(7, 7, Disposal::Keep), rows).unwrap();
        assert_eq!(shown(&compositor), [NONE; 4]);
        compositor.show(&head(0, 0, Disposal::Background), |take| take(1, &BLUE)).unwrap();
        assert_eq!(shown(&compositor), [NONE, NONE, BLUE, NONE]);
        compositor.show(&head(0, 0, Disposal::Keep), |_| Ok(())).unwrap();
        assert_eq!(shown(&compositor), [NONE; 4]);
        let error = compositor.show(&head(0, 0, Disposal::Previous), rows).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::LimitExceeded);
    }
}
