//! The other encoder, and the decoder of both.

use std::slice;

use slimpix::pixel::{Layout, Raster, Size};

/// libwebp's file of RGB or RGBA, by one thread.
pub fn encode(source: &Raster, quality: u8, method: i32) -> Vec<u8> {
    let mut config = libwebp_sys::WebPConfig::new().unwrap();
    config.quality = f32::from(quality);
    config.method = method;
    encode_with(source, &config)
}

/// The same without loss, at the quality that `cwebp` takes then.
pub fn encode_lossless(source: &Raster, method: i32) -> Vec<u8> {
    let mut config = libwebp_sys::WebPConfig::new().unwrap();
    config.lossless = 1;
    config.quality = 75.0;
    config.method = method;
    encode_with(source, &config)
}

/// Samples as libwebp takes them: with alpha or without.
fn encode_with(source: &Raster, config: &libwebp_sys::WebPConfig) -> Vec<u8> {
    let mut picture = libwebp_sys::WebPPicture::new().unwrap();
    picture.width = source.size().width as i32;
    picture.height = source.size().height as i32;
    picture.use_argb = config.lossless;
    let expanded: Vec<u8>;
    let (samples, channels) = match source.layout() {
        Layout::Rgb => (source.data(), 3),
        Layout::Rgba => (source.data(), 4),
        Layout::Gray => {
            expanded = source.data().iter().flat_map(|&grey| [grey; 3]).collect();
            (expanded.as_slice(), 3)
        }
        Layout::GrayAlpha => {
            let pixels = source.data().chunks_exact(2);
            expanded = pixels.flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect();
            (expanded.as_slice(), 4)
        }
    };
    // SAFETY: the picture has the size of the samples, which outlive the import; the writer outlives the encoding.
    unsafe {
        let stride = source.size().width as i32 * channels;
        let imported = match channels {
            3 => libwebp_sys::WebPPictureImportRGB(&mut picture, samples.as_ptr(), stride),
            _ => libwebp_sys::WebPPictureImportRGBA(&mut picture, samples.as_ptr(), stride),
        };
        assert_ne!(imported, 0);
        let mut writer = std::mem::zeroed::<libwebp_sys::WebPMemoryWriter>();
        libwebp_sys::WebPMemoryWriterInit(&mut writer);
        picture.writer = Some(libwebp_sys::WebPMemoryWrite);
        picture.custom_ptr = (&raw mut writer).cast();
        assert_ne!(libwebp_sys::WebPEncode(config, &mut picture), 0);
        let file = slice::from_raw_parts(writer.mem, writer.size).to_vec();
        libwebp_sys::WebPPictureFree(&mut picture);
        libwebp_sys::WebPMemoryWriterClear(&mut writer);
        file
    }
}

/// A file's RGBA.
pub fn decode_alpha(file: &[u8], size: Size) -> Raster {
    let mut data = vec![0; size.width as usize * size.height as usize * 4];
    // SAFETY: both buffers are given with their lengths.
    let decoded = unsafe {
        let (stride, length) = (size.width as i32 * 4, data.len());
        libwebp_sys::WebPDecodeRGBAInto(file.as_ptr(), file.len(), data.as_mut_ptr(), length, stride)
    };
    assert!(!decoded.is_null());
    Raster::new(size, Layout::Rgba, data).unwrap()
}

/// A file's RGB.
pub fn decode(file: &[u8], size: Size) -> Raster {
    let mut data = vec![0; size.width as usize * size.height as usize * 3];
    // SAFETY: both buffers are given with their lengths.
    let decoded = unsafe {
        let (stride, length) = (size.width as i32 * 3, data.len());
        libwebp_sys::WebPDecodeRGBInto(file.as_ptr(), file.len(), data.as_mut_ptr(), length, stride)
    };
    assert!(!decoded.is_null());
    Raster::new(size, Layout::Rgb, data).unwrap()
}
