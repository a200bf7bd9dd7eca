//! Puts frames on a screen as browsers do: the last frame is disposed of, the next one replaces what is there or is put
//! over it.
//!
//! Both are done row by row in one go, so that the screen notes as changed only what looks different afterwards.

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
    /// The most bytes that may be kept of what was there before a frame.
    most_saved: u64,
    row: Vec<u8>,
}

/// How an area is disposed of.
struct Dispose {
    area: Area,
    /// What was there before; `None` for the background.
    saved: Option<Vec<u8>>,
}

impl Compositor {
    /// The most bytes that a compositor holds beside its screen and what it saves.
    pub(crate) fn heap_bytes(size: Size) -> u64 {
        4 * u64::from(size.width) + u64::from(size.height)
    }

    /// A transparent screen. Frames after which what was there before is to be seen again are refused if that takes
    /// more than `most_saved` bytes.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) or
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
    pub(crate) fn new(size: Size, most_saved: u64) -> Result<Self> {
        let row = try_zeroed(4 * size.width as usize)?;
        Ok(Self { screen: Screen::new(size)?, last: None, is_first: true, most_saved, row })
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
        saved.map_or(0, |saved| saved.len() as u64)
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
        let last = self.last.take();
        let saves = frame.disposal == Disposal::Previous && !self.is_first;
        let held = last.as_ref().and_then(|last| Some((last.area, last.saved.as_ref()?.len() as u64)));
        // What comes back is there before this frame as well.
        let is_same = saves && held.is_some_and(|(of, _)| of == area);
        let held = held.map_or(0, |(_, bytes)| bytes);
        let mut saved = if saves && !is_same { Some(self.room_for(area, held)?) } else { None };
        let mut done = try_filled(area.size.height as usize, false)?;
        let mut step = Step { frame, area, last: last.as_ref(), saved: saved.as_deref_mut() };
        draw(&mut |y, pixels| {
            if let Some(done) = done.get_mut(y as usize)
                && !*done
            {
                *done = true;
                step.compose(&mut self.screen, &mut self.row, (area.top + y) as usize, pixels);
            }
            Ok(())
        })?;
        let rows = last.as_ref().map_or(area.top..area.bottom(), |last| {
            last.area.top.min(area.top)..last.area.bottom().max(area.bottom())
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
            _ if is_same => last,
            _ => Some(Dispose { area, saved }),
        };
        self.is_first = false;
        Ok(())
    }

    /// Room to save an area, beside what is saved already.
    fn room_for(&self, area: Area, held: u64) -> Result<Vec<u8>> {
        let bytes = 4 * area.size.pixels();
        if bytes + held > self.most_saved {
            return Err(Error::limit(format!("a frame of {bytes} bytes covers what is to be shown again")));
        }
        try_zeroed(bytes as usize)
    }
}

/// From one frame to the next.
struct Step<'a> {
    frame: &'a FrameHead,
    /// Of the frame, on the canvas.
    area: Area,
    last: Option<&'a Dispose>,
    /// Takes what is there before the frame.
    saved: Option<&'a mut [u8]>,
}

impl Step<'_> {
    /// Shows a row: of the frame are there as many pixels as are given.
    fn compose(&mut self, screen: &mut Screen, row: &mut [u8], y: usize, pixels: &[u8]) {
        let within = |area: Area| {
            let is_there = (area.top as usize..area.bottom() as usize).contains(&y) && area.size.width > 0;
            is_there.then_some([4 * area.left as usize, 4 * area.right() as usize])
        };
        let disposed = self.last.and_then(|last| Some((last, within(last.area)?)));
        let drawn = within(self.area);
        let (left, right) = match (disposed, drawn) {
            (Some((_, disposed)), Some(drawn)) => (disposed[0].min(drawn[0]), disposed[1].max(drawn[1])),
            (Some((_, [left, right])), None) | (None, Some([left, right])) => (left, right),
            (None, None) => return,
        };
        row[left..right].copy_from_slice(&screen.row(y)[left..right]);
        if let Some((Dispose { area, saved }, [from, to])) = disposed {
            match saved {
                Some(saved) => {
                    let at = (y - area.top as usize) * (to - from);
                    row[from..to].copy_from_slice(&saved[at..at + to - from]);
                }
                None => row[from..to].fill(0),
            }
        }
        if let Some([from, to]) = drawn {
            let under = &mut row[from..to];
            if let Some(saved) = &mut self.saved {
                let at = (y - self.area.top as usize) * under.len();
                saved[at..at + under.len()].copy_from_slice(under);
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
        let mut compositor = Compositor::new(Size::new(4, 1), 100).unwrap();
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
    fn frames_past_the_corner_and_ones_without_rows_are_shown_as_far_as_they_go() {
        let mut compositor = Compositor::new(Size::new(2, 2), 0).unwrap();
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
