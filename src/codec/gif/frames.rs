//! All frames of a GIF, in order, as browsers play them.

use super::{
    blocks::{
        Blocks, EXTENSION_INTRODUCER, GRAPHIC_CONTROL, IMAGE_SEPARATOR, Image, TRAILER, transparent_index,
    },
    indices::{Indices, SubBlocks, colors, row_order},
};
use crate::{
    codec::{
        animation::{Area, Disposal, FrameHead, FrameReader, Head},
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
        let at = usize::try_from(self.blocks.at + 2).unwrap_or(usize::MAX);
        let mut blocks = SubBlocks::new(self.bytes, at);
        let first = blocks.next().filter(|_| !blocks.is_cut);
        match (label, first) {
            (GRAPHIC_CONTROL, Some(control)) => self.note_control(control),
            (APPLICATION, Some(name)) if LOOPING.iter().any(|known| name == known.as_slice()) => {
                if let [3..=u8::MAX, 1, low, high] =
                    self.bytes.get(blocks.at..blocks.at + 4).unwrap_or_default()
                {
                    self.repeats = Some(u16::from_le_bytes([*low, *high]));
                }
            }
            _ => {}
        }
        self.skip(blocks)
    }

    /// Goes behind sub-blocks.
    fn skip(&mut self, mut blocks: SubBlocks<'a>) -> Result<()> {
        blocks.by_ref().for_each(drop);
        if blocks.is_cut {
            return Err(cut());
        }
        self.blocks.at = blocks.at as u64;
        Ok(())
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
            self.skip(SubBlocks::new(self.bytes, usize::try_from(image.blocks).unwrap_or(usize::MAX)))?;
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
        let indices = Indices::new(&image, self.bytes).filter(|_| image.size.pixels() > 0);
        let mut indices = indices.ok_or_else(|| Error::malformed("a frame of the GIF has no pixels"))?;
        let colors = colors(image.color_table.up_to(View::whole(self.bytes)), image.transparent);
        let width = image.size.width as usize;
        let shown = width.min(self.blocks.canvas.width as usize);
        let (mut row, mut line) = (try_zeroed(width)?, try_zeroed(4 * shown)?);
        for y in row_order(image.size.height as usize, image.interlaced) {
            let filled = indices.read(&mut row);
            for (pixel, &index) in line.as_chunks_mut::<4>().0.iter_mut().zip(&row[..filled]) {
                *pixel = colors[usize::from(index)];
            }
            take(y as u32, &line[..4 * filled.min(shown)])?;
            if filled < width {
                break;
            }
        }
        self.skip(indices.into_blocks())
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

fn cut() -> Error {
    Error::malformed("the GIF is cut short in a frame")
}
