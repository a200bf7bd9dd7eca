//! A WebP comes by rows: of a lossy frame no more than some rows are held, of a lossless one and of alpha a million
//! pixels, and its pixels are those that `image-webp` and libwebp have. Frames by our encoder and by chance are in
//! the decoders' own tests.

#![allow(unsafe_code, reason = "libwebp is C")]

use std::io::Cursor;

use image_webp::WebPDecoder;
use slimpix::{
    codec::{self, Format},
    convert::{Mode, Outcome, Params, Resize, convert, plan},
    error::ErrorKind,
    limits::Limits,
    pixel::{Layout, Picture, Raster, Size},
};

use crate::{
    corpus::Corpus,
    lossy_webp_decodes_alike::by_libwebp,
    pictures::{coding, encode, raster},
    support::heap::peak_of,
};

/// What libwebp's encoder is told.
#[derive(Debug, Clone, Copy)]
struct Settings {
    quality: u8,
    method: i32,
    segments: i32,
    /// The exponent of the number of token partitions.
    partitions: i32,
    is_strong: bool,
    filter: i32,
    sharpness: i32,
    is_lossless: bool,
    /// How alpha is filtered, and whether it is compressed.
    alpha: [i32; 2],
}

fn by_libwebps_encoder(raster: &Raster, settings: Settings) -> Vec<u8> {
    let mut config = libwebp_sys::WebPConfig::new().unwrap();
    config.quality = f32::from(settings.quality);
    config.method = settings.method;
    config.segments = settings.segments;
    config.partitions = settings.partitions;
    config.filter_type = i32::from(settings.is_strong);
    config.filter_strength = settings.filter;
    config.filter_sharpness = settings.sharpness;
    config.lossless = settings.is_lossless.into();
    config.exact = 1;
    [config.alpha_filtering, config.alpha_compression] = settings.alpha;
    let mut picture = libwebp_sys::WebPPicture::new().unwrap();
    picture.width = raster.size().width as i32;
    picture.height = raster.size().height as i32;
    // SAFETY: the picture has the size of the samples, which outlive the import; the writer outlives the encoding.
    unsafe {
        let samples = raster.data().as_ptr();
        picture.use_argb = settings.is_lossless.into();
        let is_taken = match raster.layout() {
            Layout::Rgba => libwebp_sys::WebPPictureImportRGBA(&mut picture, samples, picture.width * 4),
            _ => libwebp_sys::WebPPictureImportRGB(&mut picture, samples, picture.width * 3),
        };
        assert_ne!(is_taken, 0);
        let mut writer = std::mem::zeroed::<libwebp_sys::WebPMemoryWriter>();
        libwebp_sys::WebPMemoryWriterInit(&mut writer);
        picture.writer = Some(libwebp_sys::WebPMemoryWrite);
        picture.custom_ptr = (&raw mut writer).cast();
        assert_ne!(libwebp_sys::WebPEncode(&config, &mut picture), 0);
        let file = std::slice::from_raw_parts(writer.mem, writer.size).to_vec();
        libwebp_sys::WebPPictureFree(&mut picture);
        libwebp_sys::WebPMemoryWriterClear(&mut writer);
        file
    }
}

/// RGB, or `None` if the file is refused. That EXIF and XMP are announced and not there is no reason to.
fn by_image_webp(file: &[u8]) -> Option<Vec<u8>> {
    let mut file = file.to_vec();
    if file.get(12..16) == Some(b"VP8X") && file.len() > 20 {
        file[20] &= !0x0c;
    }
    let mut decoder = WebPDecoder::new(Cursor::new(file)).ok()?;
    let mut data = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut data).ok()?;
    Some(data)
}

/// RGB, as above.
fn by_us(file: &[u8]) -> Option<Vec<u8>> {
    match codec::decode(file, &Limits::default()) {
        Ok(decoded) => match decoded.picture {
            Picture::Raster(raster) => Some(raster.into_data()),
            _ => unreachable!("a WebP becomes RGB"),
        },
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported), "{error}");
            None
        }
    }
}

struct Random(u32);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % limit
    }
}

#[test]
fn files_by_libwebp_have_the_same_pixels() {
    let mut random = Random(1);
    let sides = [1, 2, 3, 8, 15, 16, 17, 18, 31, 32, 33, 48, 63, 64, 65];
    let small = sides.iter().flat_map(|&width| sides.map(|height| (width, height)));
    for (width, height) in small.chain([(300, 200), (257, 513), (1_000, 40), (33, 1_100)]) {
        let settings = Settings {
            quality: random.below(101) as u8,
            method: random.below(7) as i32,
            segments: 1 + random.below(4) as i32,
            partitions: random.below(4) as i32,
            is_strong: random.below(2) == 1,
            filter: random.below(101) as i32,
            sharpness: random.below(8) as i32,
            is_lossless: random.below(2) == 1,
            alpha: [random.below(3) as i32, random.below(2) as i32],
        };
        let layout = [Layout::Rgb, Layout::Rgba][random.below(2) as usize];
        let source = match random.below(2) {
            0 => raster(width, height, layout),
            _ => {
                let noise =
                    (0..width * height * layout.channels()).map(|_| random.below(256) as u8).collect();
                Raster::new(Size::new(width, height), layout, noise).unwrap()
            }
        };
        let file = by_libwebps_encoder(&source, settings);
        let pixels = by_us(&file);
        assert!(pixels.is_some() && pixels == by_image_webp(&file), "{width}x{height} {settings:?}");
        let channels = if codec::probe(&file).unwrap().alpha { 4 } else { 3 };
        let theirs = by_libwebp(&file).2;
        let theirs = theirs.chunks_exact(4).flat_map(|pixel| &pixel[..channels]).copied().collect();
        assert!(pixels == Some(theirs), "{width}x{height} {settings:?}: libwebp has other pixels");
    }
}

/// Each file as it is, cut short and damaged: what is refused is refused by both.
#[test]
fn the_corpus_decodes_as_before() {
    let corpus = Corpus::find();
    let mut random = Random(2);
    let mut counts = [0; 2];
    for row in corpus.rows.iter().filter(|row| row.format == "webp") {
        let bytes = corpus.read(row);
        let probe = codec::probe(&bytes);
        if !probe.is_ok_and(|probe| probe.animated == Some(false)) || bytes.len() > 1 << 20 {
            continue;
        }
        let check = |file: &[u8], what: &str| {
            let (ours, theirs) = (by_us(file), by_image_webp(file));
            assert_eq!(ours.is_some(), theirs.is_some(), "{} {what}", row.path);
            assert!(ours == theirs, "{} {what}: other pixels", row.path);
            ours.is_some()
        };
        counts[usize::from(check(&bytes, "as it is"))] += 1;
        for _ in 0..4 {
            let length = random.below(bytes.len() as u32) as usize;
            check(&bytes[..length], &format!("cut at {length}"));
            // The chunks' own lengths and what they hold; a size may not be another.
            let at = 40 + random.below(bytes.len() as u32) as usize;
            if at < bytes.len() {
                let mut damaged = bytes.clone();
                damaged[at] = random.below(255) as u8;
                check(&damaged, &format!("damaged at {at}"));
            }
        }
    }
    println!("{} files have pixels, {} are refused", counts[1], counts[0]);
    assert!(counts[1] > 0);
}

/// A file with chunks before and behind the image.
fn extended(frame: &[u8], chunks: &[(&[u8; 4], &[u8])], flags: u8) -> Vec<u8> {
    let size = codec::probe(frame).unwrap().size;
    let mut body = b"WEBPVP8X\x0a\0\0\0".to_vec();
    body.extend([flags, 0, 0, 0]);
    body.extend(
        [size.width, size.height].into_iter().flat_map(|side| (side - 1).to_le_bytes()[..3].to_vec()),
    );
    let image = &frame[20..];
    for (name, payload) in [(b"VP8 ", image)].iter().chain(chunks) {
        body.extend(*name);
        body.extend((payload.len() as u32).to_le_bytes());
        body.extend(*payload);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    let mut file = b"RIFF".to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(body);
    file
}

#[test]
fn what_stands_beside_the_image_is_kept() {
    let frame = encode(raster(40, 30, Layout::Rgb), &coding(Format::WebP, 80, false));
    let tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let xmp = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>";
    let file = extended(&frame, &[(b"EXIF", tiff), (b"XMP ", xmp)], 0x0c);
    let decoded = codec::decode(&file, &Limits::default()).unwrap();
    assert_eq!(decoded.metadata.exif.as_deref(), Some(&tiff[..]));
    assert_eq!(decoded.metadata.xmp.as_deref(), Some(&xmp[..]));
    assert_eq!(decoded.orientation, codec::probe(&file).unwrap().orientation);
    assert_ne!(decoded.orientation, slimpix::pixel::Orientation::Upright);
    assert!(by_us(&file) == by_us(&frame));
    // Promised, but taken out.
    assert!(by_us(&extended(&frame, &[], 0x0c)) == by_us(&frame));
    // Frames of an animation are none where nothing moves.
    assert!(by_us(&extended(&frame, &[(b"ANMF", &[0; 40])], 0)) == by_us(&frame));
}

/// Rows that come go the same way as those of a PNG of the same pixels.
#[test]
fn what_is_made_of_it_is_what_is_made_of_its_pixels() {
    for (width, height) in [(1, 1), (50, 33), (333, 270)] {
        let file = encode(raster(width, height, Layout::Rgb), &coding(Format::WebP, 70, false));
        let decoded = codec::decode(&file, &Limits::default()).unwrap().picture;
        let same = codec::encode(decoded, &coding(Format::Png, 0, true), &Default::default()).unwrap();
        for (format, width) in [(Format::WebP, None), (Format::WebP, Some(40)), (Format::Jpeg, Some(40))] {
            let params = Params::default()
                .with_format(format)
                .with_mode(Mode::Lossy)
                .with_effort(1)
                .with_resize(width.map(Resize::to_width));
            assert!(made(&file, &params) == made(&same, &params), "{width:?} {format:?}");
        }
    }
}

fn made(file: &[u8], params: &Params) -> Vec<u8> {
    match convert(file, params, &Limits::default()) {
        Ok(Outcome::Made(made)) => made.bytes,
        other => panic!("{other:?}"),
    }
}

/// A photo of twelve megapixels, of which some ten bytes are held for each column of pixels and row of macroblocks.
#[test]
fn a_large_photo_takes_little() {
    let file = encode(raster(4_000, 3_000, Layout::Rgb), &coding(Format::WebP, 40, false));
    for (width, quality, most) in [(Some(800), 60, 3 << 20), (None, 20, 6 << 20)] {
        takes_little(&file, width, quality, most);
    }
}

/// A million pixels are held of what is coded without loss, picture or alpha, and what a result takes whose alpha is
/// held.
#[test]
fn a_large_lossless_picture_takes_little() {
    for (layout, lossless, widths) in [
        (Layout::Rgb, true, [(Some(800), 60, 8 << 20), (None, 20, 16 << 20)]),
        (Layout::Rgba, true, [(Some(800), 60, 9 << 20), (None, 20, 28 << 20)]),
        (Layout::Rgba, false, [(Some(800), 60, 9 << 20), (None, 20, 28 << 20)]),
    ] {
        let mut coding = coding(Format::WebP, 40, lossless);
        coding.effort = 0;
        let file = encode(raster(4_000, 3_000, layout), &coding);
        for (width, quality, most) in widths {
            takes_little(&file, width, quality, most);
        }
    }
}

fn takes_little(file: &[u8], width: Option<u32>, quality: u8, most: u64) {
    let probe = codec::probe(file).unwrap();
    let params = Params::default()
        .with_mode(Mode::Lossy)
        .with_effort(0)
        .with_quality(quality)
        .with_resize(width.map(Resize::to_width));
    let plan = plan(&probe, &params).unwrap();
    let likely = plan.likely_file_bytes().unwrap().min(file.len() as u64);
    let limits = Limits::default().with_max_output_bytes(likely);
    let plan = plan.within(&limits);
    assert!(plan.streams);
    let (peak, outcome) = peak_of(|| convert(file, &params, &limits));
    assert!(matches!(outcome, Ok(Outcome::Made(_))), "{width:?}: {outcome:?}");
    println!("{width:?}: {peak} bytes, {} stated, of a file of {}", plan.peak_bytes, file.len());
    assert!(peak <= plan.peak_bytes, "{width:?}: {peak} bytes, {} stated", plan.peak_bytes);
    assert!(peak < most, "{width:?}: {peak} bytes");
}

/// What decoding takes is stated closely: of all sizes, the picture itself and what stands beside it.
#[test]
fn decoding_is_stated_closely() {
    for (width, height) in [(16, 16), (700, 500), (16_383, 40), (2_000, 1_500)] {
        let file = encode(raster(width, height, Layout::Rgb), &coding(Format::WebP, 50, false));
        let probe = codec::probe(&file).unwrap();
        // So small that nearly all is the decoder's.
        let params = Params::default()
            .with_mode(Mode::Lossy)
            .with_effort(0)
            .with_format(Format::WebP)
            .with_resize(Resize::to_width(16));
        let limits = Limits::default().with_max_output_bytes(1_000);
        let stated = plan(&probe, &params).unwrap().within(&limits).peak_bytes;
        let (peak, _) = peak_of(|| convert(&file, &params, &limits));
        println!("{width}x{height}: {peak} bytes, {stated} stated");
        assert!(peak <= stated, "{width}x{height}: {peak} bytes, {stated} stated");
        assert!(stated <= peak * 6 / 5 + (512 << 10), "{width}x{height}: {peak} bytes, {stated} stated");
        // As a whole there is the picture beside it.
        let (peak, decoded) = peak_of(|| codec::decode(&file, &limits));
        assert!(decoded.is_ok());
        let most = u64::from(width) * u64::from(height) * 3 + u64::from(width) * 60 + (64 << 10);
        assert!(peak <= most, "{width}x{height}: {peak} bytes, not {most}");
    }
}

/// The header's size is not believed before it is within the limits.
#[test]
fn a_frame_that_says_too_much_is_refused() {
    let mut file = encode(raster(40, 30, Layout::Rgb), &coding(Format::WebP, 80, false));
    file[26..30].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let mut limits = Limits::default();
    let kind = |limits: &Limits| codec::decode(&file, limits).unwrap_err().kind();
    assert_eq!(kind(&limits), ErrorKind::LimitExceeded);
    limits.max_pixels = u64::MAX;
    limits.max_memory = 16 << 20;
    assert_eq!(kind(&limits), ErrorKind::LimitExceeded);
    limits.max_memory = 1 << 30;
    let (peak, result) =
        peak_of(|| convert(&file, &Params::default(), &limits).err().map(|error| error.kind()));
    assert_eq!(result, Some(ErrorKind::Malformed));
    assert!(peak < 8 << 20, "{peak}");
}
