//! A conversion never takes more memory than its plan states. Counted: every byte that the converting thread
//! allocates. The test prints measured ÷ stated, so that a statement that is too careful is seen.

#![allow(unsafe_code, reason = "an allocator can't be written without")]

use std::{
    alloc::{GlobalAlloc, Layout as Block, System},
    cell::Cell,
    io::Write,
    ptr,
};

use slimpix::{
    codec::{self, Format},
    convert::{Mode, Outcome, Params, Resize, convert, plan},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster, Size, Subsampling},
};

use crate::{
    corpus::Corpus,
    pictures::{coding, encode, raster},
};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static HELD: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
    /// How many more buffers this thread is granted, where one is to be refused.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

fn count(bytes: i64) {
    // A thread that ends may free after its counters are gone.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: all work is left to the system's allocator; beside it only numbers are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, block: Block) -> *mut u8 {
        if is_refused(block.size()) {
            return ptr::null_mut();
        }
        count(block.size() as i64);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(block) }
    }

    unsafe fn alloc_zeroed(&self, block: Block) -> *mut u8 {
        if is_refused(block.size()) {
            return ptr::null_mut();
        }
        count(block.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(block) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, block: Block) {
        count(-(block.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, block) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, block: Block, size: usize) -> *mut u8 {
        if size > block.size() && is_refused(size) {
            return ptr::null_mut();
        }
        // The old block and the new one may both be held while bytes are moved.
        count(size as i64);
        count(-(block.size() as i64));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, block, size) }
    }
}

/// Buffers, the sizes of which come from a picture: what is smaller is small whatever the picture.
const BUFFER: usize = 16 << 10;

/// True for the one buffer that this thread is to be refused.
fn is_refused(size: usize) -> bool {
    if size < BUFFER {
        return false;
    }
    LEFT.try_with(|left| {
        let Some(more) = left.get() else { return false };
        left.set(more.checked_sub(1));
        more == 0
    })
    .unwrap_or(false)
}

/// Does `work`, with a refusal of the buffer after `granted` others; true if there was such a one.
pub fn without_room_for<T>(granted: u64, work: impl FnOnce() -> T) -> (bool, T) {
    LEFT.set(Some(granted));
    let result = work();
    (LEFT.replace(None).is_none(), result)
}

/// The most bytes that `work` held beyond what was held before.
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = HELD.get();
    PEAK.set(before);
    let result = work();
    ((PEAK.get() - before) as u64, result)
}

fn sources(width: u32, height: u32) -> Vec<(String, Vec<u8>)> {
    let mut sources = Vec::new();
    for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
        sources.push((format!("PNG {layout:?}"), crate::pictures::png(width, height, layout)));
    }
    for layout in [Layout::Gray, Layout::Rgb] {
        // From 10,000 pixels on they are progressive.
        sources.push((
            format!("JPEG {layout:?}"),
            encode(raster(width, height, layout), &coding(Format::Jpeg, 85, false)),
        ));
    }
    sources.push(("baseline JPEG".to_owned(), baseline(width, height)));
    sources.push(("BMP".to_owned(), bitmap(width, height)));
    for (layout, lossless) in [(Layout::Rgb, false), (Layout::Rgba, false), (Layout::Rgba, true)] {
        let coding = coding(Format::WebP, 90, lossless);
        sources.push((format!("WebP {layout:?} {lossless}"), encode(raster(width, height, layout), &coding)));
    }
    let planes = raster(width, height, Layout::Rgb).to_planes(Subsampling::Yuv444).unwrap();
    let full = slimpix::codec::Coding::new(Format::Jpeg, 95, 2, false);
    let file = codec::encode(Picture::Planes(planes), &full, &Metadata::default()).unwrap();
    sources.push(("JPEG 4:4:4".to_owned(), file));
    sources
}

/// A bitmap of 32 bits a pixel.
fn bitmap(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend([width, height].into_iter().flat_map(u32::to_le_bytes));
    file.extend([1, 0, 32, 0]);
    file.extend([0; 24]);
    file.extend(raster(width, height, Layout::Rgba).data());
    file
}

/// A photo as cameras write it: one scan, 4:2:0.
fn baseline(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 95);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    let pixels = raster(width, height, Layout::Rgb).into_data();
    encoder.encode(&pixels, width as u16, height as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    file
}

fn targets() -> Vec<(String, Params)> {
    let mut targets = Vec::new();
    for (format, mode) in [
        (Format::WebP, Mode::Auto),
        (Format::WebP, Mode::Lossy),
        (Format::WebP, Mode::Lossless),
        (Format::Avif, Mode::Auto),
        (Format::Jpeg, Mode::Auto),
        (Format::Png, Mode::Auto),
    ] {
        for (width, enlarge) in [(None, false), (Some(90), false), (Some(700), true)] {
            let mut params = Params::default();
            (params.format, params.mode, params.effort) = (format, mode, 1);
            params.resize = width.map(|width| Resize { width: Some(width), enlarge, ..Resize::default() });
            targets.push((format!("{format:?} {mode:?} {width:?}"), params));
        }
    }
    let mut finest = Params::default();
    (finest.mode, finest.quality, finest.effort) = (Mode::Lossy, 100, 6);
    targets.push(("WebP as fine as can be".to_owned(), finest));
    targets
}

#[test]
fn no_conversion_takes_more_than_its_plan_states() {
    let limits = Limits::default();
    let mut highest: f64 = 0.0;
    for (width, height) in [(64, 48), (501, 333)] {
        for (source, bytes) in sources(width, height) {
            for (target, params) in targets() {
                let stated = plan(&codec::probe(&bytes).unwrap(), &params).unwrap().peak_bytes;
                let (peak, outcome) = peak_of(|| convert(&bytes, &params, &limits));
                assert!(matches!(outcome, Ok(Outcome::Made(_))), "{source} to {target}: {outcome:?}");
                let ratio = peak as f64 / stated as f64;
                highest = highest.max(ratio);
                let pixels = f64::from(width * height);
                println!(
                    "{width}x{height} {source} to {target}: {ratio:.2} of {stated}, {:.1} B/px",
                    peak as f64 / pixels
                );
                assert!(
                    peak <= stated,
                    "{width}x{height} {source} to {target}: {peak} bytes, {stated} stated"
                );
            }
        }
    }
    println!("at the most {highest:.2} of what is stated");
}

/// Sound, odd and hostile files alike.
#[test]
fn no_file_of_the_corpus_takes_more_than_its_plan_states() {
    let corpus = Corpus::find();
    let mut limits = Limits::default();
    limits.max_memory = 256 << 20;
    let (mut tried, mut made, mut failures) = (0, 0, Vec::new());
    for row in corpus.rows.iter().filter(|row| row.format != "tar") {
        let bytes = corpus.read(row);
        let Ok(probe) = codec::probe(&bytes) else { continue };
        for width in [None, Some(90)] {
            let mut params = Params::default();
            (params.mode, params.effort) = (Mode::Lossy, 0);
            params.resize = width.map(|width| Resize { width: Some(width), ..Resize::default() });
            let Ok(plan) = plan(&probe, &params) else { continue };
            let (peak, outcome) = peak_of(|| convert(&bytes, &params, &limits));
            tried += 1;
            made += usize::from(outcome.is_ok());
            if peak > plan.peak_bytes {
                failures.push(format!("{} to {width:?}: {peak} bytes, {} stated", row.path, plan.peak_bytes));
            }
        }
    }
    println!("{tried} tried, {made} made");
    assert!(made > 0);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A photo of any size, made row by row.
pub struct Sky(pub u16, pub u16);

impl jpeg_encoder::ImageBuffer for Sky {
    fn get_jpeg_color_type(&self) -> jpeg_encoder::JpegColorType {
        jpeg_encoder::JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.0
    }

    fn height(&self) -> u16 {
        self.1
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        for x in 0..self.0 {
            let (x, y) = (u32::from(x), u32::from(y));
            let grain = (x * x + y * 7 + x * y / 5) % 23;
            let samples = [(x / 16 + y / 12) % 200 + grain, 90 + x / 200, 150 - y / 200];
            buffers.iter_mut().zip(samples).for_each(|(buffer, sample)| buffer.push(sample as u8));
        }
    }
}

/// The heap that a baseline 4:2:0 photo takes beside its file, in megabytes of a million bytes at the most.
#[test]
fn a_photo_is_converted_by_rows() {
    for (size, width, most) in
        [((4032, 3024), None, 7), ((4032, 3024), Some(800), 3), ((11_500, 8_600), Some(1600), 8)]
    {
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, 85);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        encoder.encode_image(Sky(size.0, size.1)).unwrap();
        let mut params = Params::default();
        params.effort = 0;
        params.resize = width.map(|width| Resize { width: Some(width), ..Resize::default() });
        let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
        let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
        assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
        println!("{size:?} to {width:?}: {peak} bytes, {stated} stated, {} read", file.len());
        assert!(peak <= most * 1_000_000, "{size:?} to {width:?}: {peak} bytes");
        assert!(peak <= stated, "{size:?} to {width:?}: {peak} bytes, {stated} stated");
    }
}

/// Black and white at random, of which nothing can be predicted: the longest file that there is.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u64;
    let samples = (0..width * height * 3).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state % 2 == 0 { 0 } else { 255 }
    });
    let raster = Raster::new(Size::new(width, height), Layout::Rgb, samples.collect()).unwrap();
    encode(raster, &coding(Format::Png, 0, true))
}

/// What the AV1 encoder holds depends on the content; tiles bound it. The larger pictures are cut into some.
#[test]
fn noise_as_avif_stays_within_its_statement() {
    for ((width, height), qualities, effort) in [
        ((200, 136), [30, 60, 80, 92, 96, 100].as_slice(), 0),
        ((200, 136), &[80, 100], 6),
        ((600, 520), &[80, 100], 0),
    ] {
        let file = noise(width, height);
        for &quality in qualities {
            let mut params = Params::default();
            (params.format, params.mode) = (Format::Avif, Mode::Lossy);
            (params.quality, params.effort) = (quality, effort);
            let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
            let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
            assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
            let case = format!("{width}x{height}, quality {quality}, effort {effort}");
            println!("{case}: {peak} of {stated}");
            assert!(peak <= stated, "{case}: {peak} bytes, {stated} stated");
        }
    }
}

/// Bytes a pixel that a photo takes as AVIF, the whole of it included, at the most.
#[test]
fn a_photo_as_avif_takes_few_bytes_a_pixel() {
    let size = (3200, 2400);
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 85);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode_image(Sky(size.0, size.1)).unwrap();
    let mut params = Params::default();
    (params.format, params.quality, params.effort) = (Format::Avif, 60, 0);
    let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
    let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
    assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
    let a_pixel = |bytes: u64| bytes as f64 / (f64::from(size.0) * f64::from(size.1));
    println!("{:.2} bytes a pixel, {:.2} stated", a_pixel(peak), a_pixel(stated));
    assert!(peak <= stated);
    assert!(a_pixel(peak) < 15.0);
    assert!(a_pixel(stated) < 18.0);
}

/// A PNG of any size, made row by row: grainy as a photo, and half seen through where there is alpha.
fn grainy_png(width: u32, height: u32, color: png::ColorType) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    let mut rows = writer.stream_writer().unwrap();
    for y in 0..height {
        let row = (0..width).flat_map(|x| {
            let grain = (x * x + y * 7 + x * y / 5) % 23;
            let alpha = if (x / 300 + y / 200) % 2 == 0 { 255 } else { 20 + x % 100 };
            let pixel = [(x / 16 + y / 12) % 200 + grain, 90 + x / 40 + grain, 150 - y / 40, alpha];
            pixel.map(|sample| sample as u8).into_iter().take(color.samples())
        });
        rows.write_all(&row.collect::<Vec<u8>>()).unwrap();
    }
    rows.finish().unwrap();
    writer.finish().unwrap();
    file
}

/// The same of PNGs.
#[test]
fn a_png_is_converted_by_rows() {
    for (color, mode, width, most) in [
        (png::ColorType::Rgb, Mode::Auto, None, 6),
        (png::ColorType::Rgb, Mode::Lossy, None, 6),
        (png::ColorType::Rgb, Mode::Auto, Some(800), 3),
        (png::ColorType::Rgb, Mode::Lossy, Some(800), 2),
        // The plane of alpha is held, and the coder of it takes four bytes a pixel.
        (png::ColorType::Rgba, Mode::Auto, None, 66),
        (png::ColorType::Rgba, Mode::Auto, Some(800), 4),
        (png::ColorType::Rgba, Mode::Lossy, Some(800), 6),
    ] {
        let file = grainy_png(4032, 3024, color);
        let mut params = Params::default();
        (params.mode, params.effort) = (mode, 0);
        params.resize = width.map(|width| Resize { width: Some(width), ..Resize::default() });
        let plan = plan(&codec::probe(&file).unwrap(), &params).unwrap();
        let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
        let Ok(Outcome::Made(made)) = outcome else { panic!("{outcome:?}") };
        println!(
            "{color:?} {mode:?} to {width:?}: {peak} bytes, {} stated, {} made",
            plan.photo_bytes,
            made.bytes.len()
        );
        assert!(peak <= most * 1_000_000, "{color:?} {mode:?} to {width:?}: {peak} bytes");
        assert!(
            peak <= plan.photo_bytes,
            "{color:?} {mode:?} to {width:?}: {peak} bytes, {} stated",
            plan.peak_bytes
        );
    }
}
