//! Decodes a coded image by rows, VP8 with its alpha or VP8L, to RGB or RGBA.

use super::{
    alpha::AlphaRows,
    header::Payloads,
    vp8,
    vp8l::{self, decoder::Framing},
};
use crate::{
    codec::rows::Take,
    error::{Error, Result},
    limits::{area_bytes, try_zeroed},
    pixel::{Layout, Size, straight},
};

/// The most bytes that decoding holds beside the file, of an image that is coded without loss, or with alpha beside it.
pub(super) fn heap_bytes(size: Size, is_lossless: bool, has_alpha: bool) -> u64 {
    let line = 4 * u64::from(size.width);
    match (is_lossless, has_alpha) {
        (true, _) => vp8l::decoder::heap_bytes(size) + line,
        (false, true) => vp8::decoder::heap_bytes(size.width) + AlphaRows::heap_bytes(size) + line,
        (false, false) => vp8::decoder::heap_bytes(size.width),
    }
}

/// An image that is being decoded.
pub(super) struct Frame<'a> {
    decoder: Decoder<'a>,
    pub(super) layout: Layout,
    is_multiplied: bool,
    /// A row in work; empty where none is needed.
    line: Vec<u8>,
}

enum Decoder<'a> {
    Lossy(vp8::decoder::Decoder<'a>),
    LossyWithAlpha(vp8::decoder::Decoder<'a>, Box<AlphaRows<'a>>),
    Lossless(vp8l::decoder::Decoder<'a>),
}

impl<'a> Frame<'a> {
    /// Begins to decode an image.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for one that can't be decoded,
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for a VP8 frame that is no key frame,
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when a VP8L stream asks for more than
    /// [`heap_bytes`] has for it, [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(super) fn new(payloads: &Payloads<'a>) -> Result<Self> {
        let Payloads { image, picture, alpha, is_multiplied } = *payloads;
        let decoder = match alpha {
            _ if image.lossless => {
                Decoder::Lossless(vp8l::decoder::Decoder::new(picture, Framing::Headed, image.size)?)
            }
            Some(alpha) => Decoder::LossyWithAlpha(
                vp8::decoder::Decoder::new(picture)?,
                Box::new(AlphaRows::new(alpha, image.size)?),
            ),
            None => Decoder::Lossy(vp8::decoder::Decoder::new(picture)?),
        };
        let has_alpha = image.alpha || matches!(decoder, Decoder::LossyWithAlpha(..));
        let layout = if has_alpha { Layout::Rgba } else { Layout::Rgb };
        let line = match decoder {
            Decoder::Lossy(_) => Vec::new(),
            _ => try_zeroed(area_bytes(Size::new(image.size.width, 1), layout.channels())?)?,
        };
        Ok(Self { decoder, layout, is_multiplied, line })
    }

    /// Gives all rows to `take`, one by one.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the image is damaged or cut short, and those of `take`.
    pub(super) fn rows(self, take: Take<'_>) -> Result<()> {
        let Self { decoder, layout, is_multiplied, mut line } = self;
        match decoder {
            Decoder::Lossy(decoder) => decoder.decode(take),
            Decoder::LossyWithAlpha(decoder, mut alpha) => decoder.decode(&mut |row| {
                let alpha = alpha.next_row()?.ok_or_else(|| Error::malformed("rows of alpha are missing"))?;
                for ((pixel, color), alpha) in
                    line.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<3>().0).zip(alpha)
                {
                    *pixel = [color[0], color[1], color[2], *alpha];
                }
                take(&line)
            }),
            Decoder::Lossless(mut decoder) => {
                while let Some(row) = decoder.next_row()? {
                    to_bytes(row, layout, &mut line);
                    if is_multiplied {
                        divide(&mut line);
                    }
                    take(&line)?;
                }
                Ok(())
            }
        }
    }
}

/// Brings ARGB into a layout.
fn to_bytes(row: &[u32], layout: Layout, line: &mut [u8]) {
    if layout.has_alpha() {
        let pixels = line.as_chunks_mut::<4>().0;
        pixels.iter_mut().zip(row).for_each(|(pixel, argb)| *pixel = argb.rotate_left(8).to_be_bytes());
    } else {
        let pixels = line.as_chunks_mut::<3>().0;
        pixels.iter_mut().zip(row).for_each(|(pixel, argb)| {
            let [_, red, green, blue] = argb.to_be_bytes();
            *pixel = [red, green, blue];
        });
    }
}

/// Takes the colours of RGBA as multiplied with alpha.
fn divide(line: &mut [u8]) {
    for [colors @ .., alpha] in line.as_chunks_mut::<4>().0 {
        colors.iter_mut().for_each(|color| *color = straight((*color).into(), (*alpha).into()));
    }
}
