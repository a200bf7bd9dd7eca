//! All frames of an APNG, in order. A still picture that isn't one of them is passed over.

use png::{BitDepth, BlendOp, DisposeOp, FrameControl};

use super::{
    decode::layout,
    header::Header,
    reader::{PngReader, failed, give_rows, metadata, narrow, open_moving},
};
use crate::{
    codec::animation::{Area, Disposal, FrameHead, FrameReader, Head},
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Size},
};

/// Reads the frames of an APNG.
pub(in crate::codec) struct Frames<'a> {
    reader: PngReader<'a>,
    canvas: Size,
    layout: Layout,
    depth: BitDepth,
    is_interlaced: bool,
    orientation: Orientation,
    metadata: Metadata,
    /// Frames that are still to come, and the one that is next to be read.
    left: u32,
    frame: Option<Size>,
    is_first: bool,
    plays: u32,
}

impl<'a> Frames<'a> {
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for a file that is damaged or doesn't move,
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for one that asks for more than is allowed.
    pub(in crate::codec) fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let header = Header::read(bytes)?;
        limits.check_size(header.size)?;
        let reader = open_moving(bytes, &header, limits)?;
        let control = reader.info().animation_control.filter(|control| control.num_frames > 0);
        let control = control.ok_or_else(|| Error::malformed("the PNG doesn't move"))?;
        let (layout, depth) = layout(&reader, &header)?;
        Ok(Self {
            canvas: header.size,
            layout,
            depth,
            is_interlaced: header.interlaced,
            orientation: header.orientation(),
            metadata: metadata(&header),
            left: control.num_frames,
            frame: None,
            is_first: true,
            plays: control.num_plays,
            reader,
        })
    }

    /// Rows come in seven passes, and are held until they are whole.
    fn give_interlaced(&mut self, size: Size, take: &mut dyn FnMut(u32, &[u8]) -> Result<()>) -> Result<()> {
        let is_wide = self.depth == BitDepth::Sixteen;
        let row_bytes = area_bytes(Size::new(size.width, 1), self.layout.channels())?;
        let sample = if is_wide { 2 } else { 1 };
        let mut pixels = try_zeroed(area_bytes(size, sample * self.layout.channels())?)?;
        self.reader.next_frame(&mut pixels).map_err(failed)?;
        let mut line = try_zeroed(row_bytes)?;
        for (y, row) in (0..).zip(pixels.chunks_exact(row_bytes * sample as usize)) {
            if is_wide {
                narrow(row, &mut line);
                take(y, &line)?;
            } else {
                take(y, row)?;
            }
        }
        Ok(())
    }
}

impl FrameReader for Frames<'_> {
    fn head(&self) -> Head {
        Head {
            canvas: self.canvas,
            layout: self.layout,
            orientation: self.orientation,
            metadata: self.metadata.clone(),
        }
    }

    fn next(&mut self) -> Result<Option<FrameHead>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let own = self.reader.info().frame_control.filter(|_| self.is_first);
        self.is_first = false;
        let control = match own {
            Some(control) => control,
            None => *self.reader.next_frame_info().map_err(failed)?,
        };
        let head = head(&control);
        self.frame = Some(head.area.size);
        Ok(Some(head))
    }

    fn rows(&mut self, take: &mut dyn FnMut(u32, &[u8]) -> Result<()>) -> Result<()> {
        match self.frame.take() {
            None => Ok(()),
            Some(size) if self.is_interlaced => self.give_interlaced(size, take),
            Some(size) => give_rows(&mut self.reader, size, (self.layout, self.depth), take),
        }
    }

    fn plays(&self) -> u32 {
        self.plays
    }
}

fn head(control: &FrameControl) -> FrameHead {
    // A denominator of zero is one of a hundred.
    let (seconds, parts) = (u32::from(control.delay_num), u32::from(control.delay_den));
    let parts = if parts == 0 { 100 } else { parts };
    FrameHead {
        area: Area {
            left: control.x_offset,
            top: control.y_offset,
            size: Size::new(control.width, control.height),
        },
        delay: (seconds * 1000 + parts / 2) / parts,
        disposal: match control.dispose_op {
            DisposeOp::None => Disposal::Keep,
            DisposeOp::Background => Disposal::Background,
            DisposeOp::Previous => Disposal::Previous,
        },
        is_blended: control.blend_op == BlendOp::Over,
    }
}
