//! Pictures that are embedded in a drawing as data: decoded here, by our own decoders, within a bound.
//!
//! `usvg` is given the head of a PNG of the same size for each, with a number by which the pixels are found when it is
//! drawn (`paint`). Of files and addresses it is given nothing.

use std::sync::{Arc, Mutex, PoisonError};

use resvg::{
    tiny_skia::{IntSize, Pixmap},
    usvg::{ImageHrefResolver, ImageKind, Options, Tree, roxmltree::Document},
};

use super::{
    Embedded, document, expansion,
    fonts::Fonts,
    memory::{self, Demands},
    scan, text,
};
use crate::{
    codec::Format,
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{self, Orientation, Picture, Raster},
};

/// SVG in SVG in SVG is drawn no deeper than that.
const MAX_NESTED: usize = 2;
/// What an embedded pixel takes: its samples, and what its decoder holds.
const PIXEL_BYTES: u64 = 12;

/// The head of a PNG of 8 bits a sample, of no size yet (PNG 3, 11.2.1).
const PNG_HEAD: [u8; 33] = *b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\0\0\0\0\0\x08\x06\0\0\0\0\0\0\0";
const SIZE_AT: usize = 16;

/// What became of the embedded pictures of a drawing.
pub(super) struct Images {
    embedded: Embedded,
    limits: Limits,
    fonts: Fonts,
    state: Mutex<State>,
}

struct State {
    /// Bytes that may still be taken.
    left: u64,
    /// The first that can't be drawn as browsers do.
    refused: Option<Error>,
    depth: usize,
    pixels: Vec<Pixmap>,
}

impl Images {
    pub(super) fn new(embedded: Embedded, limits: &Limits) -> Self {
        let state = State { left: memory::IMAGES, refused: None, depth: 0, pixels: Vec::new() };
        let fonts = Fonts::new(limits);
        Self { embedded, limits: limits.clone(), fonts, state: Mutex::new(state) }
    }

    pub(super) fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// The pixels of all, by number.
    ///
    /// # Errors
    /// Why one of them can't be drawn.
    pub(super) fn finish(self) -> Result<Vec<Pixmap>> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.refused.map_or(Ok(state.pixels), Err)
    }

    /// How `usvg` reads a document: the same on each machine, in English, with browsers' em; with fonts for one that has
    /// text.
    pub(super) fn options(&self, with_text: Option<&Document<'_>>) -> Options<'_> {
        let mut options =
            Options { font_size: 16.0, image_href_resolver: self.resolver(), ..Options::default() };
        if let Some(document) = with_text {
            self.fonts.set(&mut options, document);
        }
        options
    }

    fn resolver(&self) -> ImageHrefResolver<'_> {
        ImageHrefResolver {
            resolve_data: Box::new(|media_type, data, _| {
                let resolved = match media_type {
                    "image/svg+xml" => self.nested(&data),
                    _ => self.raster(&data),
                };
                resolved.map_err(|error| self.refuse(error)).ok()
            }),
            // `scan` has refused these.
            resolve_string: Box::new(|_, _| None),
        }
    }

    fn refuse(&self, error: Error) {
        self.with(|state| state.refused.get_or_insert(error).kind());
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self, bytes: u64) -> Result<()> {
        self.with(|state| match state.left.checked_sub(bytes) {
            Some(left) => {
                state.left = left;
                Ok(())
            }
            None => Err(Error::limit("the pictures inside the SVG take too much memory")),
        })
    }

    fn nested(&self, data: &[u8]) -> Result<ImageKind> {
        let is_too_deep = self.with(|state| {
            state.depth += 1;
            state.depth > MAX_NESTED
        });
        if is_too_deep {
            return Err(Error::limit("an SVG is embedded in an SVG in an SVG"));
        }
        let text = text::whole(data, text::MAX_TEXT)?;
        let demands = Demands::new(text.as_bytes(), text.as_bytes(), text.len() as u64);
        self.take(demands.tree + demands.path)?;
        let parsed = document::parse(&text)?;
        // A text in a picture in a drawing would be stated nowhere.
        scan::check(&parsed, false)?;
        expansion::check(&parsed, &demands)?;
        let tree = Tree::from_xmltree(&parsed, &self.options(None)).map_err(document::refused)?;
        self.with(|state| state.depth -= 1);
        Ok(ImageKind::SVG(tree))
    }

    fn raster(&self, data: &[u8]) -> Result<ImageKind> {
        let probe = (self.embedded.probe)(data)?;
        let format = probe.format;
        if !matches!(format, Format::Jpeg | Format::Png | Format::Gif | Format::WebP | Format::Bmp) {
            return Err(Error::unsupported(format!("a picture inside the SVG is {format}")));
        }
        if probe.animated == Some(true)
            || probe.orientation != Orientation::Upright
            || probe.may_need_conversion()
        {
            let what = "a picture inside the SVG moves, is turned or has a profile";
            return Err(Error::unsupported(what));
        }
        self.limits.check_size(probe.size)?;
        self.take(probe.size.pixels().saturating_mul(PIXEL_BYTES) + data.len() as u64)?;
        let raster = match (self.embedded.decode)(format, data, &self.limits)?.picture {
            Picture::Raster(raster) => raster,
            Picture::Planes(planes) => planes.to_rgb()?,
            Picture::Inks(_) => return Err(Error::unsupported("a picture inside the SVG is in inks")),
        };
        let pixmap = premultiplied(&raster)?;
        let mut head = PNG_HEAD.to_vec();
        head[SIZE_AT..SIZE_AT + 4].copy_from_slice(&pixmap.width().to_be_bytes());
        head[SIZE_AT + 4..SIZE_AT + 8].copy_from_slice(&pixmap.height().to_be_bytes());
        let number = self.with(|state| {
            state.pixels.push(pixmap);
            state.pixels.len() as u32 - 1
        });
        head.extend(number.to_be_bytes());
        Ok(ImageKind::PNG(Arc::new(head)))
    }
}

/// The number of a picture that [`Images::resolver`] has given.
pub(super) fn number(kind: &ImageKind) -> Option<usize> {
    match kind {
        ImageKind::PNG(head) => head.last_chunk().map(|number| u32::from_be_bytes(*number) as usize),
        _ => None,
    }
}

/// The pixels as they are drawn.
fn premultiplied(raster: &Raster) -> Result<Pixmap> {
    let channels = raster.layout().channels() as usize;
    let mut pixels = try_zeroed(area_bytes(raster.size(), 4)?)?;
    for (to, from) in pixels.as_chunks_mut::<4>().0.iter_mut().zip(raster.data().chunks_exact(channels)) {
        *to = pixel::premultiplied(raster.layout().rgba(from));
    }
    let size = IntSize::from_wh(raster.size().width, raster.size().height);
    size.and_then(|size| Pixmap::from_vec(pixels, size))
        .ok_or_else(|| Error::limit("a picture inside the SVG is too large"))
}
