//! Writes a JPEG, by `jpeg-encoder`: from planes as they are, 4:2:0 where chroma need not keep its size, with
//! Huffman tables made for the picture, and progressive except where that is larger (small pictures).

use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor};

use super::memory::most_bytes;
use crate::{
    codec::{Coding, file_buffer::FileBuffer},
    error::{Error, Result},
    pixel::{Layout, Metadata, Picture, Planes, Raster, Subsampling},
};

/// Below this many pixels the headers of ten scans cost more than the scans save.
const PROGRESSIVE_PIXELS: u64 = 10_000;

/// The most bytes of a segment's payload, its 16-bit length included in the 65,535.
const SEGMENT: usize = 65_533;
const EXIF_NAME: &[u8] = b"Exif\0\0";
const XMP_NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Encodes a picture. JPEG has no alpha: what is transparent is shown over white. EXIF or XMP too long for a
/// segment is left out.
///
/// # Errors
/// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when a side is longer than JPEG can say,
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let size = picture.size();
    let (Ok(width), Ok(height)) = (u16::try_from(size.width), u16::try_from(size.height)) else {
        let what = format!("{}x{} is past JPEG's longest side of 65535", size.width, size.height);
        return Err(Error::limit(what));
    };
    let components = Components::new(picture, coding.full_chroma)?;
    let subsampling = components.subsampling();
    let noise = most_bytes(size, subsampling, coding.quality);
    let mut buffer = FileBuffer::new(noise + metadata.len(), coding.max_bytes)?;
    let coded = write(Source { components, width, height }, coding, metadata, &mut buffer);
    buffer.finish(coded, "JPEG")
}

fn write(
    source: Source,
    coding: &Coding,
    metadata: &Metadata,
    buffer: &mut FileBuffer,
) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(buffer, coding.quality.clamp(1, 100));
    encoder.set_sampling_factor(source.components.sampling_factor());
    encoder.set_optimized_huffman_tables(true);
    let pixels = u64::from(source.width) * u64::from(source.height);
    encoder.set_progressive(pixels >= PROGRESSIVE_PIXELS);
    if let Some(icc) = &metadata.icc {
        encoder.add_icc_profile(icc)?;
    }
    for (name, payload) in [(EXIF_NAME, &metadata.exif), (XMP_NAME, &metadata.xmp)] {
        if let Some(payload) = payload.as_ref().filter(|payload| name.len() + payload.len() <= SEGMENT) {
            encoder.add_app_segment(1, [name, payload].concat())?;
        }
    }
    encoder.encode_image(source)
}

/// What is coded: one component or three.
enum Components {
    Gray(Vec<u8>),
    Color(Planes),
}

impl Components {
    fn new(picture: Picture, full_chroma: bool) -> Result<Self> {
        match picture {
            Picture::Planes(planes) if full_chroma => Ok(Self::Color(planes)),
            Picture::Planes(planes) => planes.into_yuv420().map(Self::Color),
            other => {
                let mut raster = other.into_raster()?;
                over_white(&mut raster);
                match raster.layout() {
                    Layout::Gray => Ok(Self::Gray(raster.into_data())),
                    Layout::GrayAlpha => {
                        let mut samples = raster.into_data();
                        let pixels = samples.len() / 2;
                        (0..pixels).for_each(|at| samples[at] = samples[2 * at]);
                        samples.truncate(pixels);
                        samples.shrink_to_fit();
                        Ok(Self::Gray(samples))
                    }
                    Layout::Rgb | Layout::Rgba => {
                        let subsampling = if full_chroma { Subsampling::Yuv444 } else { Subsampling::Yuv420 };
                        raster.to_planes(subsampling).map(Self::Color)
                    }
                }
            }
        }
    }

    const fn subsampling(&self) -> Option<Subsampling> {
        match self {
            Self::Gray(_) => None,
            Self::Color(planes) => Some(planes.subsampling()),
        }
    }

    fn sampling_factor(&self) -> SamplingFactor {
        match self {
            Self::Gray(_) => SamplingFactor::F_1_1,
            Self::Color(planes) => match planes.subsampling() {
                Subsampling::Yuv444 => SamplingFactor::F_1_1,
                Subsampling::Yuv422 => SamplingFactor::F_2_1,
                Subsampling::Yuv440 => SamplingFactor::F_1_2,
                Subsampling::Yuv420 => SamplingFactor::F_2_2,
            },
        }
    }
}

/// The colour over white, as a page shows it. Alpha stays, without a meaning.
fn over_white(raster: &mut Raster) {
    if !raster.layout().has_alpha() {
        return;
    }
    let channels = raster.layout().channels() as usize;
    for pixel in raster.data_mut().chunks_exact_mut(channels) {
        let alpha = u32::from(pixel[channels - 1]);
        for sample in &mut pixel[..channels - 1] {
            *sample = ((u32::from(*sample) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
}

/// Rows as the encoder asks for them. It takes the top left one of the pixels that share a chroma sample, so
/// repeating the sample gives back the plane exactly.
struct Source {
    components: Components,
    width: u16,
    height: u16,
}

impl ImageBuffer for Source {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        match self.components {
            Components::Gray(_) => JpegColorType::Luma,
            Components::Color(_) => JpegColorType::Ycbcr,
        }
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (width, y) = (usize::from(self.width), usize::from(y));
        match &self.components {
            Components::Gray(plane) => buffers[0].extend_from_slice(&plane[y * width..(y + 1) * width]),
            Components::Color(planes) => {
                let (across, down) = planes.subsampling().factors();
                let chroma = planes.subsampling().chroma_size(planes.size()).width as usize;
                let [luma, blue, red] = planes.planes();
                buffers[0].extend_from_slice(&luma[y * width..(y + 1) * width]);
                let start = y / down as usize * chroma;
                for (plane, buffer) in [blue, red].into_iter().zip(&mut buffers[1..3]) {
                    let row = &plane[start..start + chroma];
                    if across == 1 {
                        buffer.extend_from_slice(row);
                    } else {
                        buffer.extend(row.iter().flat_map(|&sample| [sample; 2]).take(width));
                    }
                }
            }
        }
    }
}
