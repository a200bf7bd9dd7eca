//! A conversion never takes more memory than its plan states, and not much less. Counted: every byte that the
//! converting threads allocate beside the source file.

use std::{env, io::Write, process::Command};

use slimpix::{
    codec::{self, Format, Probe},
    convert::{Mode, Outcome, Params, Resize, convert, plan},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster, Size, Subsampling},
};

use crate::{
    corpus::Corpus,
    pictures::{coding, encode, raster},
    support::heap::{peak_of, peak_of_all_threads},
};

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

/// What a statement may have too much beside a share of what is measured.
const SLACK: u64 = 512 << 10;

/// The header says that there is an ICC profile, not what it is: room for reading a large one, and for each column or pixel of
/// the source what changing its colours takes.
const PROFILE: u64 = 2 << 20;
const RECOLORED: u64 = 600;

/// What may be stated of what is measured, in hundredths; of noise, whose file is not bounded.
const CLOSE: u64 = 120;
const NOISE: u64 = 150;

/// What a conversion took, and what its plan stated.
struct Statement {
    peak: u64,
    stated: u64,
    /// False for one that ended before its time.
    is_made: bool,
    /// What pictures of its kind may be stated with too much.
    slack: u64,
}

impl Statement {
    /// With room for a file as long as pictures have, and if it is longer with room for any, as the hosts do it. `None` for
    /// what can't be planned.
    fn of(bytes: &[u8], params: &Params, limits: &Limits) -> Option<Self> {
        let probe = codec::probe(bytes).ok()?;
        let likely = plan(&probe, params).ok()?.within(limits).likely_file_bytes();
        let bounded = likely.map(|likely| {
            let mut bounded = limits.clone();
            bounded.max_output_bytes = likely;
            Self::within(bytes, params, &bounded)
        });
        let is_enough =
            |statement: &Option<Self>| statement.as_ref().is_none_or(|statement| statement.is_made);
        bounded.filter(is_enough).unwrap_or_else(|| Self::within(bytes, params, limits))
    }

    fn within(bytes: &[u8], params: &Params, limits: &Limits) -> Option<Self> {
        let probe = codec::probe(bytes).ok()?;
        let stated = plan(&probe, params).ok()?.within(limits).peak_bytes;
        let (peak, outcome) = peak_of(|| convert(bytes, params, limits));
        let width = u64::from(probe.size.width.max(probe.size.height));
        let profile = if probe.icc { PROFILE + RECOLORED * width + 8 * probe.size.pixels() } else { 0 };
        // Samples of up to 64 bits are stated for some, most have 8; the `png` decoder's window and metadata.
        let decoder = match probe.format {
            Format::Tiff | Format::Bmp | Format::Ico => 12 * probe.size.pixels(),
            Format::Png => 256 << 10,
            // Ink, or samplings that are no usual ones.
            Format::Jpeg if probe.color && probe.subsampling.is_none() => 4 * probe.size.pixels(),
            _ => 0,
        };
        let unused = match &outcome {
            Ok(Outcome::Made(made)) if params.format == Format::WebP && params.mode != Mode::Lossy => {
                unused_bytes(&made.bytes)
            }
            _ => 0,
        };
        let is_made = matches!(outcome, Ok(Outcome::Made(_)));
        Some(Self { peak, stated, is_made, slack: SLACK + profile + decoder + unused })
    }

    /// Never less, and no more than so many hundredths of what is measured.
    const fn is_close(&self, hundredths: u64) -> bool {
        self.peak <= self.stated
            && (!self.is_made || self.stated <= self.peak * hundredths / 100 + self.slack)
    }

    /// Stated to measured, beside what is allowed for.
    fn ratio(&self) -> f64 {
        self.stated.saturating_sub(self.slack) as f64 / self.peak as f64
    }
}

/// What is stated for colour and alpha that a result doesn't have: its samples, and their room in a file.
fn unused_bytes(file: &[u8]) -> u64 {
    let picture = codec::decode(file, &Limits::default()).unwrap().picture;
    let pixels = picture.size().pixels();
    let raster = crate::corpus::rgba(&picture);
    let pixel = |is: fn(&[u8; 4]) -> bool| raster.data().as_chunks().0.iter().any(is);
    let colors = if pixel(|[r, g, b, _]| r != g || g != b) { 3 } else { 1 };
    2 * (4 - colors - u64::from(pixel(|[.., a]| *a < 255))) * pixels
}

const fn is_close(peak: u64, stated: u64, hundredths: u64) -> bool {
    Statement { peak, stated, is_made: true, slack: SLACK }.is_close(hundredths)
}

/// The width of the result: the source's, smaller, larger.
fn resizes(width: u32) -> [Option<Resize>; 3] {
    let to = |width, enlarge| Resize { width: Some(width), enlarge, ..Resize::default() };
    [None, Some(to(width / 2 + 1, false)), Some(to(width * 5 / 4, true))]
}

/// Photos to lossy WebP: all of the corpus, noise of full contrast, tall, wide and of full chroma, at every quality;
/// with room for any length, and for no more than the source has.
#[test]
fn photos_by_rows_are_stated_closely() {
    let corpus = Corpus::find();
    let is_photo = |path: &str| path.ends_with(".jpg") || path.ends_with(".jpeg");
    let mut photos: Vec<(String, Vec<u8>)> = corpus
        .rows
        .iter()
        .filter(|row| row.expected == "ok" && is_photo(&row.path))
        .map(|row| (row.path.clone(), corpus.read(row)))
        .collect();
    for (width, height) in [(97, 4_000), (3_000, 90), (700, 600)] {
        for subsampling in [Subsampling::Yuv420, Subsampling::Yuv444] {
            photos
                .push((format!("noise {width}x{height} {subsampling:?}"), noise(width, height, subsampling)));
        }
    }
    let (mut ratios, mut failures) = (Vec::new(), Vec::new());
    for (at, (path, bytes)) in photos.iter().enumerate() {
        let Ok(probe) = codec::probe(bytes) else { continue };
        // Each picture at some qualities, all pictures together at all of them.
        let quality = if path.starts_with("noise") { [0, 80, 100] } else { [10 * (at as u8 % 8), 80, 100] };
        for (quality, resize) in quality.into_iter().zip(resizes(probe.size.width)) {
            for most in [u64::MAX, bytes.len() as u64] {
                let mut params = Params::default();
                (params.mode, params.effort, params.quality) = (Mode::Lossy, 0, quality);
                params.resize = resize;
                let mut limits = Limits::default();
                limits.max_output_bytes = most;
                if !plan(&probe, &params).is_ok_and(|plan| plan.streams) {
                    continue;
                }
                let Some(statement) = Statement::of(bytes, &params, &limits) else { continue };
                if statement.is_made {
                    ratios.push(statement.ratio());
                }
                let hundredths = if path.starts_with("noise") { NOISE } else { CLOSE };
                if !statement.is_close(hundredths) {
                    let Statement { peak, stated, .. } = statement;
                    failures
                        .push(format!("{path} at {quality} to {resize:?}: {peak} bytes, {stated} stated"));
                }
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let [least, median, most] = [0, ratios.len() / 2, ratios.len() - 1].map(|at| ratios[at]);
    println!("{} conversions, stated to measured: {least:.2}, {median:.2}, {most:.2}", ratios.len());
    assert!(ratios.len() > 20);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Dots of full contrast, a JPEG of one scan at quality 100.
fn noise(width: u32, height: u32, subsampling: Subsampling) -> Vec<u8> {
    let mut state = 1_u32;
    let samples = (0..width * height * 3).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 1 { 255 } else { 0 }
    });
    let samples: Vec<u8> = samples.collect();
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 100);
    encoder.set_sampling_factor(match subsampling {
        Subsampling::Yuv420 => jpeg_encoder::SamplingFactor::F_2_2,
        _ => jpeg_encoder::SamplingFactor::F_1_1,
    });
    encoder.encode(&samples, width as u16, height as u16, jpeg_encoder::ColorType::Ycbcr).unwrap();
    file
}

/// What a statement may be of what is measured, in hundredths, where a picture's content or others' codecs decide.
///
/// The header can't tell whether colour and alpha are used: up to four samples a pixel are stated, one may be enough. Nor
/// how well a picture packs, and the files of `png` and `jpeg-encoder` grow inside of them: room for noise
/// is stated. With `Mode::Auto` it can't tell a graphic, which is coded twice, from a photo. `rav1e` takes 20 to 31 bytes
/// a pixel.
const fn looseness(probe: &Probe, format: Format, mode: Mode) -> u64 {
    let is_lossy_webp = matches!(probe.format, Format::WebP) && probe.subsampling.is_some();
    let is_opaque = !probe.alpha;
    let by_rows =
        is_opaque && (is_lossy_webp || matches!(probe.format, Format::Jpeg | Format::Png | Format::Bmp));
    match (format, mode) {
        (Format::WebP, Mode::Lossy) if by_rows => CLOSE,
        (Format::WebP, Mode::Lossy) => 160,
        (Format::WebP, Mode::Auto) => 160,
        (Format::Jpeg, _) => 275,
        (Format::WebP, Mode::Lossless) if is_opaque => CLOSE,
        (Format::WebP, Mode::Lossless) => 145,
        (Format::Avif, _) => 350,
        _ => 675,
    }
}

/// Pictures of every kind in the corpus, to every format, at three sizes.
#[test]
fn every_kind_is_stated_as_closely_as_can_be() {
    let corpus = Corpus::find();
    let mut kinds = std::collections::BTreeMap::new();
    for row in corpus.rows.iter().filter(|row| row.expected == "ok") {
        let bytes = corpus.read(row);
        let Ok(probe) = codec::probe(&bytes) else { continue };
        if probe.format.can_decode() && probe.animated != Some(true) && probe.size.pixels() <= 1_000_000 {
            // The largest of each kind.
            let kind = format!(
                "{:?} {:?} {} {} {} {} {} {:?}",
                probe.format,
                probe.subsampling,
                probe.depth,
                probe.alpha,
                probe.color,
                probe.progressive,
                probe.icc,
                probe.orientation
            );
            let pixels = probe.size.pixels();
            if kinds.get(&kind).is_none_or(|(_, best, _): &(String, u64, Vec<u8>)| *best < pixels) {
                kinds.insert(kind, (row.path.clone(), pixels, bytes));
            }
        }
    }
    let (mut groups, mut failures) = (std::collections::BTreeMap::<_, Vec<f64>>::new(), Vec::new());
    for (at, (path, pixels, bytes)) in kinds.values().enumerate() {
        let probe = codec::probe(bytes).unwrap();
        let width = probe.size.width;
        for (target, params) in targets().into_iter().step_by(3) {
            for (place, resize) in resizes(width).into_iter().enumerate() {
                // AVIF takes its time.
                let is_slow = params.format == Format::Avif;
                if is_slow && (*pixels > 60_000 || (at + place) % 3 != 0)
                    || *pixels > 300_000 && (at + place) % 3 != 0
                {
                    continue;
                }
                let mut params = params.clone();
                params.resize = resize;
                if params.mode == Mode::Lossy {
                    params.effort = 0;
                }
                let Some(statement) = Statement::of(bytes, &params, &Limits::default()) else { continue };
                if statement.is_made {
                    let group = format!("{:?} {:?}", params.format, params.mode);
                    groups.entry(group).or_default().push(statement.ratio());
                }
                if !statement.is_close(looseness(&probe, params.format, params.mode)) {
                    let Statement { peak, stated, .. } = statement;
                    failures.push(format!("{path} to {target}, {resize:?}: {peak} bytes, {stated} stated"));
                }
            }
        }
    }
    for (group, mut ratios) in groups {
        ratios.sort_by(f64::total_cmp);
        println!("{group}: {} conversions, at the most {:.2}", ratios.len(), ratios[ratios.len() - 1]);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The same test, run by itself in a process of its own, counts what all threads hold.
#[test]
fn what_more_threads_hold_is_stated() {
    const ALONE: &str = "SLIMPIX_TEST_ALONE";
    if env::var_os(ALONE).is_none() {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "memory_is_stated::what_more_threads_hold_is_stated", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&child.stdout);
        println!("{told}");
        assert!(
            child.status.success() && told.contains("8 threads"),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        return;
    }
    for subsampling in [Subsampling::Yuv420, Subsampling::Yuv444] {
        let bytes = noise(1_600, 1_200, subsampling);
        for threads in [1, 2, 8] {
            let mut params = Params::default();
            (params.mode, params.effort) = (Mode::Lossy, 0);
            let mut limits = Limits::default();
            limits.threads = threads;
            let stated = plan(&codec::probe(&bytes).unwrap(), &params).unwrap().within(&limits).peak_bytes;
            let (peak, outcome) = peak_of_all_threads(|| convert(&bytes, &params, &limits));
            assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
            println!("{subsampling:?}, {threads} threads: {peak} bytes, {stated} stated");
            assert!(is_close(peak, stated, 200), "{threads} threads: {peak} bytes, {stated} stated");
        }
    }
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
        [((4032, 3024), None, 7), ((4032, 3024), Some(800), 2), ((11_500, 8_600), Some(1600), 3)]
    {
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, 85);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        encoder.encode_image(Sky(size.0, size.1)).unwrap();
        let mut params = Params::default();
        params.effort = 0;
        params.resize = width.map(|width| Resize { width: Some(width), ..Resize::default() });
        // As the server asks for it: no longer than the source, or than is likely.
        let mut limits = Limits::default();
        limits.max_output_bytes = file.len() as u64;
        let plan = plan(&codec::probe(&file).unwrap(), &params).unwrap().within(&limits);
        limits.max_output_bytes = plan.likely_file_bytes().unwrap_or(limits.max_output_bytes);
        let stated = plan.within(&limits).peak_bytes;
        let (peak, outcome) = peak_of(|| convert(&file, &params, &limits));
        assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
        println!("{size:?} to {width:?}: {peak} bytes, {stated} stated, {} read", file.len());
        assert!(peak <= most * 1_000_000, "{size:?} to {width:?}: {peak} bytes");
        assert!(is_close(peak, stated, CLOSE), "{size:?} to {width:?}: {peak} bytes, {stated} stated");
    }
}

/// Black and white at random, of which nothing can be predicted: the longest file that there is.
fn checks(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u64;
    let samples = (0..width * height * 3).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state.is_multiple_of(2) { 0 } else { 255 }
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
        let file = checks(width, height);
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

/// Lossless WebP of large pictures, with all that it takes at high efforts.
#[test]
fn large_lossless_pictures_are_stated_closely() {
    for (file, name) in [
        (grainy_png(1_300, 1_000, png::ColorType::Rgba), "grainy"),
        (crate::pictures::png(1_300, 1_000, Layout::Rgba), "drawn"),
        (checks(700, 600), "noise"),
    ] {
        for effort in [0, 2, 4, 6] {
            let mut params = Params::default();
            (params.mode, params.effort) = (Mode::Lossless, effort);
            let statement = Statement::of(&file, &params, &Limits::default()).unwrap();
            println!("{name} at {effort}: {} bytes, {} stated", statement.peak, statement.stated);
            assert!(statement.is_made);
            assert!(statement.is_close(CLOSE), "{name} at {effort}");
        }
    }
}

/// The same of PNGs.
#[test]
fn a_png_is_converted_by_rows() {
    for (color, mode, width, most) in [
        (png::ColorType::Rgb, Mode::Auto, None, 12),
        (png::ColorType::Rgb, Mode::Lossy, None, 12),
        (png::ColorType::Rgb, Mode::Auto, Some(800), 3),
        (png::ColorType::Rgb, Mode::Lossy, Some(800), 2),
        // The plane of alpha is held.
        (png::ColorType::Rgba, Mode::Auto, None, 32),
        (png::ColorType::Rgba, Mode::Auto, Some(800), 4),
        (png::ColorType::Rgba, Mode::Lossy, Some(800), 6),
    ] {
        let file = grainy_png(4032, 3024, color);
        let mut params = Params::default();
        (params.mode, params.effort) = (mode, 0);
        params.resize = width.map(|width| Resize { width: Some(width), ..Resize::default() });
        let plan = plan(&codec::probe(&file).unwrap(), &params).unwrap();
        let mut limits = Limits::default();
        limits.max_output_bytes = plan.likely_file_bytes().unwrap();
        let plan = plan.within(&limits);
        let (peak, outcome) = peak_of(|| convert(&file, &params, &limits));
        let Ok(Outcome::Made(made)) = outcome else { panic!("{outcome:?}") };
        println!(
            "{color:?} {mode:?} to {width:?}: {peak} bytes, {} stated, {} made",
            plan.photo_bytes,
            made.bytes.len()
        );
        assert!(peak <= most * 1_000_000, "{color:?} {mode:?} to {width:?}: {peak} bytes");
        // What is small and may be a graphic is held as a whole, and coded twice if it is one.
        let is_open = color == png::ColorType::Rgba || !plan.streams;
        let hundredths = if is_open { 300 } else { CLOSE };
        assert!(
            is_close(peak, plan.photo_bytes, hundredths),
            "{color:?} {mode:?} to {width:?}: {peak} bytes, {} stated",
            plan.photo_bytes
        );
    }
}
