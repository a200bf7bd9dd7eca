//! All frames of a GIF, in order, as browsers play them.

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::blocks::{
    Blocks, EXTENSION_INTRODUCER, GRAPHIC_CONTROL, IMAGE_SEPARATOR, Image, TRAILER, transparent_index,
};
use crate::{
    codec::{
        animation::{Area, Disposal, FrameHead, FrameReader, Head},
        bytes::u8_at,
        view::View,
    },
    error::{Error, Result},
    limits::{Limits, try_zeroed},
    pixel::{Layout, Metadata, Orientation},
};

/// The label of an application extension, and the applications of which it says how often the frames are played.
const APPLICATION: u8 = 0xff;
const LOOPING: [&[u8; 11]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

/// Reads the frames of a GIF.
pub(in crate::codec) struct Frames<'a> {
    bytes: &'a [u8],
    /// Where the next block stands, and what counts for the next image.
    blocks: Blocks,
    delay: u32,
    disposal: Disposal,
    image: Option<Image>,
    /// How often the frames are repeated, 0 for without end; `None` where the file doesn't say it.
    repeats: Option<u16>,
}

impl<'a> Frames<'a> {
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the header is not all there,
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for a canvas that is larger than allowed.
    pub(in crate::codec) fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let view = View::whole(bytes);
        let mut blocks = Blocks::begin(view)?;
        let start = blocks.at;
        blocks.read(view);
        limits.check_size(blocks.canvas)?;
        (blocks.at, blocks.transparent) = (start, None);
        Ok(Self { bytes, blocks, delay: 0, disposal: Disposal::Keep, image: None, repeats: None })
    }

    fn byte(&self, at: u64) -> Result<u8> {
        View::whole(self.bytes).u8(at).ok_or_else(cut)
    }

    /// Reads an extension whose introducer is next.
    fn read_extension(&mut self) -> Result<()> {
        let label = self.byte(self.blocks.at + 1)?;
        let mut at = usize::try_from(self.blocks.at + 2).unwrap_or(usize::MAX);
        let first = self.next_block(&mut at)?;
        match (label, first) {
            (GRAPHIC_CONTROL, Some(control)) => self.note_control(control),
            (APPLICATION, Some(name)) if LOOPING.iter().any(|known| name == known.as_slice()) => {
                if let [3..=u8::MAX, 1, low, high] = self.bytes.get(at..at + 4).unwrap_or_default() {
                    self.repeats = Some(u16::from_le_bytes([*low, *high]));
                }
            }
            _ => {}
        }
        if first.is_some() {
            return self.skip_blocks(at);
        }
        self.blocks.at = at as u64;
        Ok(())
    }

    /// Goes behind the sub-blocks of which the next stands at a place.
    fn skip_blocks(&mut self, mut at: usize) -> Result<()> {
        while self.next_block(&mut at)?.is_some() {}
        self.blocks.at = at as u64;
        Ok(())
    }

    /// The sub-block at a place, which is moved past it; `None` for the empty one that ends them.
    fn next_block(&self, at: &mut usize) -> Result<Option<&'a [u8]>> {
        let length = usize::from(u8_at(self.bytes, *at).ok_or_else(cut)?);
        let start = *at + 1;
        *at = start + length;
        let block = self.bytes.get(start..*at).ok_or_else(cut)?;
        Ok((length > 0).then_some(block))
    }

    fn note_control(&mut self, control: &[u8]) {
        self.blocks.transparent = transparent_index(control);
        if let [flags, low, high, ..] = control {
            self.delay = u32::from(u16::from_le_bytes([*low, *high])) * 10;
            self.disposal = match flags >> 2 & 7 {
                2 => Disposal::Background,
                // Some writers took the bits as flags.
                3 | 4 => Disposal::Previous,
                _ => Disposal::Keep,
            };
        }
    }

    /// Unpacks the data of an image that begin at a place, row by row; returns where the next block stands.
    fn unpack(
        &self,
        image: &Image,
        mut at: usize,
        mut give: impl FnMut(u32, &[u8]) -> Result<()>,
    ) -> Result<usize> {
        let width = image.size.width as usize;
        let mut order = row_order(image.size.height as usize, image.interlaced).into_iter();
        let mut indices = try_zeroed(width)?;
        let mut decoder = Decoder::new(BitOrder::Lsb, image.code_size);
        let (mut data, mut filled, mut idle, mut has_more): (&[u8], _, _, _) = (&[], 0, 0, true);
        let mut row = order.next();
        while let Some(y) = row {
            let step = decoder.decode_bytes(data, &mut indices[filled..]);
            data = &data[step.consumed_in..];
            filled += step.consumed_out;
            let has_moved = step.consumed_in + step.consumed_out > 0;
            idle = if has_moved { 0 } else { idle + 1 };
            let is_end = match step.status {
                Ok(LzwStatus::Done) | Err(_) => true,
                // It may say that nothing moved when something did.
                Ok(_) if has_moved => false,
                // It takes codes from its own bits, of which it holds at most 64.
                Ok(status) if has_more && (matches!(status, LzwStatus::NoProgress) || idle > 64) => {
                    let next = self.next_block(&mut at)?;
                    (data, has_more, idle) = (next.unwrap_or_default(), next.is_some(), 0);
                    false
                }
                Ok(_) => idle > 64,
            };
            if filled == width || is_end {
                give(y as u32, &indices[..filled])?;
                (filled, row) = (0, order.next().filter(|_| !is_end));
            }
        }
        while has_more {
            has_more = self.next_block(&mut at)?.is_some();
        }
        Ok(at)
    }
}

impl FrameReader for Frames<'_> {
    fn head(&self) -> Head {
        Head {
            canvas: self.blocks.canvas,
            layout: Layout::Rgba,
            orientation: Orientation::Upright,
            metadata: Metadata::default(),
        }
    }

    fn next(&mut self) -> Result<Option<FrameHead>> {
        if let Some(image) = self.image.take() {
            // Its rows were not read.
            self.skip_blocks(usize::try_from(image.blocks).unwrap_or(usize::MAX))?;
        }
        while let Some(byte) = View::whole(self.bytes).u8(self.blocks.at) {
            match byte {
                IMAGE_SEPARATOR => {
                    let image = self.blocks.read_image(View::whole(self.bytes)).ok_or_else(cut)?;
                    let head = FrameHead {
                        area: Area { left: image.left, top: image.top, size: image.size },
                        delay: self.delay,
                        disposal: self.disposal,
                        is_blended: true,
                    };
                    self.image = Some(image);
                    (self.delay, self.disposal, self.blocks.transparent) = (0, Disposal::Keep, None);
                    return Ok(Some(head));
                }
                EXTENSION_INTRODUCER => self.read_extension()?,
                TRAILER => return Ok(None),
                _ => self.blocks.at += 1,
            }
        }
        Ok(None)
    }

    fn rows(&mut self, take: &mut dyn FnMut(u32, &[u8]) -> Result<()>) -> Result<()> {
        let Some(image) = self.image.take() else { return Ok(()) };
        if !(1..=11).contains(&image.code_size) || image.size.pixels() == 0 {
            return Err(Error::malformed("a frame of the GIF has no pixels"));
        }
        let mut colors = [[0, 0, 0, 255]; 256];
        let table = image.color_table.up_to(View::whole(self.bytes));
        for (color, entry) in colors.iter_mut().zip(table.as_chunks::<3>().0) {
            color[..3].copy_from_slice(entry);
        }
        if let Some(index) = image.transparent {
            colors[usize::from(index)] = [0; 4];
        }
        let mut row = try_zeroed(4 * image.size.width as usize)?;
        let at = usize::try_from(image.blocks).unwrap_or(usize::MAX);
        let at = self.unpack(&image, at, |y, indices| {
            for (pixel, &index) in row.as_chunks_mut::<4>().0.iter_mut().zip(indices) {
                *pixel = colors[usize::from(index)];
            }
            take(y, &row[..4 * indices.len()])
        })?;
        self.blocks.at = at as u64;
        Ok(())
    }

    /// Browsers count a GIF's repeats, and play a file that doesn't speak of any once.
    fn plays(&self) -> u32 {
        match self.repeats {
            None => 1,
            Some(0) => 0,
            Some(repeats) => u32::from(repeats) + 1,
        }
    }
}

/// The rows of an image in the order in which the file has them: interlaced, every eighth first.
fn row_order(height: usize, interlaced: bool) -> Vec<usize> {
    if !interlaced {
        return (0..height).collect();
    }
    [(0, 8), (4, 8), (2, 4), (1, 2)].iter().flat_map(|&(first, step)| (first..height).step_by(step)).collect()
}

fn cut() -> Error {
    Error::malformed("the GIF is cut short in a frame")
}
