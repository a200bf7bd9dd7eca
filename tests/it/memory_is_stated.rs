//! A conversion never takes more memory than its plan states, and not much less. Counted: every byte that the
//! converting threads allocate beside the source file.

use std::{env, process::Command};

use slimpix::{
    Mark, Placement, Watermark,
    codec::{self, Format, Probe},
    convert::{Fit, Mode, Outcome, Params, Resize, Trim, convert, convert_each, plan, together_bytes},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Subsampling},
};

use crate::{
    colours::linear_png,
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
    sources.push(("JPEG of inks".to_owned(), inks(width, height)));
    for layout in [Layout::Gray, Layout::Rgba] {
        sources.push((format!("PNG {layout:?} of linear light"), linear_png(width, height, layout)));
    }
    sources.push(("BMP".to_owned(), bitmap(width, height)));
    sources.push(("SVG".to_owned(), drawing(width, height)));
    for (layout, lossless) in [(Layout::Rgb, false), (Layout::Rgba, false), (Layout::Rgba, true)] {
        let coding = coding(Format::WebP, 90, lossless);
        sources.push((format!("WebP {layout:?} {lossless}"), encode(raster(width, height, layout), &coding)));
    }
    for layout in [Layout::Gray, Layout::Rgb, Layout::Rgba] {
        let file = encode(raster(width, height, layout), &coding(Format::Avif, 60, false));
        sources.push((format!("AVIF {layout:?}"), file));
    }
    let planes = raster(width, height, Layout::Rgb).to_planes(Subsampling::Yuv444).unwrap();
    let full = slimpix::codec::Coding::new(Format::Jpeg).with_quality(95).with_effort(2);
    let file = codec::encode(Picture::Planes(planes), &full, &Metadata::default()).unwrap();
    sources.push(("JPEG 4:4:4".to_owned(), file));
    sources
}

/// Layers in layers, a shadow, a mask, strokes, and a picture in it.
fn drawing(width: u32, height: u32) -> Vec<u8> {
    let picture = crate::pictures::png(40, 30, Layout::Rgba);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let text = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 90 60'>
        <filter id='s'><feGaussianBlur in='SourceAlpha' stdDeviation='2'/><feOffset dx='1' result='o'/>
        <feMerge><feMergeNode in='o'/><feMergeNode in='SourceGraphic'/></feMerge></filter>
        <mask id='m'><circle cx='45' cy='30' r='30' fill='#fff'/></mask>
        <g opacity='.8'><g opacity='.9' mask='url(#m)'><rect width='90' height='60' fill='#27c'/></g></g>
        <path d='M10 10C80 10 10 50 80 50' fill='none' stroke='red' stroke-width='4' stroke-dasharray='2 1'/>
        <circle cx='45' cy='30' r='20' filter='url(#s)' fill='#fc3'/>
        <image href='data:image/png,{}' x='5' y='5' width='20' height='15'/></svg>",
        hex(&picture)
    );
    text.into_bytes()
}

/// What is drawn is stated by words of its text. For logos, and the size at which they are wanted, that is not much.
#[test]
fn logos_are_stated_modestly() {
    let paths: String = (0..40)
        .map(|at| format!("<path d='M{at} 10c1.5 2 3-4 5 6v3h-9z' fill='#{:03x}' stroke='#fff'/>", at * 50))
        .collect();
    let logo =
        format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 60 30'>{paths}</svg>").into_bytes();
    let params = Params::default().with_effort(1).with_resize(Resize::to_width(800));
    let stated = plan(&codec::probe(&logo).unwrap(), &params).unwrap().peak_bytes;
    let (peak, outcome) = peak_of(|| convert(&logo, &params, &Limits::default()));
    assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
    println!("{peak} bytes, {stated} stated");
    assert!(peak <= stated && stated < 2 * peak + (2 << 20), "{peak} bytes, {stated} stated");
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

/// CMYK as print programs write it.
fn inks(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels = raster(width, height, Layout::Rgba).into_data();
    let encoder = jpeg_encoder::Encoder::new(&mut file, 95);
    encoder.encode(&pixels, width as u16, height as u16, jpeg_encoder::ColorType::CmykAsYcck).unwrap();
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
            let params = Params::default()
                .with_format(format)
                .with_mode(mode)
                .with_effort(1)
                .with_resize(width.map(|width| Resize::to_width(width).with_enlarge(enlarge)));
            targets.push((format!("{format:?} {mode:?} {width:?}"), params));
        }
    }
    let linear = Params::default()
        .with_mode(Mode::Lossy)
        .with_effort(0)
        .with_resize(Resize::to_width(90).with_linear(true));
    targets.push(("WebP in linear light".to_owned(), linear));
    for (name, params) in changed() {
        targets.push((format!("WebP {name}"), params.clone().with_mode(Mode::Lossy)));
        targets.push((format!("PNG {name}"), params.with_format(Format::Png)));
    }
    let finest = Params::default().with_mode(Mode::Lossy).with_quality(100).with_effort(6);
    targets.push(("WebP as fine as can be".to_owned(), finest));
    for (name, params) in cut().into_iter().chain(stamped()) {
        targets.push((format!("WebP {name}"), params.clone().with_mode(Mode::Lossy)));
        targets.push((format!("PNG {name}"), params.with_format(Format::Png)));
    }
    targets
}

/// What is done to pictures beside scaling.
fn changed() -> Vec<(&'static str, Params)> {
    let box_of = |width, height| Resize::new(width, height).with_fit(Fit::Pad);
    let params = Params::default().with_effort(1);
    vec![
        ("turned", params.clone().with_turn(Orientation::Rotate90)),
        (
            "mirrored and smaller",
            params.clone().with_turn(Orientation::MirrorVertical).with_resize(Resize::to_width(90)),
        ),
        ("blurred", params.clone().with_blur(60)),
        (
            "blurred and sharpened in rims",
            params.clone().with_blur(3).with_sharpen(20).with_resize(box_of(400, 90)),
        ),
        ("on orange", params.clone().with_background([255, 128, 0])),
        ("with rims", params.clone().with_resize(box_of(400, 90))),
        ("with large orange rims", params.with_background([255, 128, 0]).with_resize(box_of(90, 700))),
    ]
}

/// What is cut off isn't known before: what is left is stated as what takes most.
fn cut() -> Vec<(&'static str, Params)> {
    let params = Params::default().with_effort(1);
    let dark = Trim::default().with_color([70; 3]).with_threshold(80);
    vec![
        ("without a border", params.clone().with_trim(Trim::default().with_threshold(90))),
        ("without a border, wider", params.with_trim(dark).with_resize(Resize::to_width(90))),
    ]
}

fn stamped() -> Vec<(&'static str, Params)> {
    let params = Params::default().with_effort(1);
    let rims = Resize::new(400, 90).with_fit(Fit::Pad);
    vec![
        ("marked", params.clone().with_watermark(marked(40, 30, "0.5:top:0:0:1"))),
        ("marked in rims", params.with_watermark(marked(90, 900, "1:left")).with_resize(rims)),
    ]
}

fn marked(width: u32, height: u32, place: &str) -> Watermark {
    Watermark::new(Mark::new(raster(width, height, Layout::Rgba)), Placement::parse(place).unwrap())
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

/// Of one decoding, results take what is stated for all of them.
#[test]
fn results_of_one_decoding_take_no_more_than_is_stated() {
    let widths = |widths: &[u32], format, mode| -> Vec<Params> {
        let params = Params::default().with_format(format).with_mode(mode).with_effort(1);
        widths.iter().map(|width| params.clone().with_resize(Resize::to_width(*width))).collect()
    };
    let lists = [
        widths(&[300, 500, 501], Format::WebP, Mode::Lossy),
        [
            widths(&[90, 300], Format::WebP, Mode::Auto),
            widths(&[90, 300], Format::Avif, Mode::Auto),
            widths(&[300], Format::Png, Mode::Auto),
        ]
        .concat(),
        widths(&[90, 110], Format::Jpeg, Mode::Auto),
        [widths(&[480], Format::WebP, Mode::Auto), widths(&[480], Format::Avif, Mode::Auto)].concat(),
    ];
    let mut together = 0;
    let size = (1501, 1333);
    for (source, bytes) in sources(size.0, size.1) {
        let probe = codec::probe(&bytes).unwrap();
        for (at, list) in lists.iter().enumerate() {
            let plans: Vec<_> = list.iter().map(|params| plan(&probe, params).unwrap()).collect();
            let Some(stated) = together_bytes(&plans) else { continue };
            let (peak, made) = peak_of(|| convert_each(&bytes, list, &Limits::default()));
            assert!(made.iter().all(|made| matches!(made, Ok(Outcome::Made(_)))), "{source} {at}");
            println!("{source} {at}: {peak} of {stated}");
            assert!(peak <= stated, "{source} {at}: {peak} bytes, {stated} stated");
            together += 1;
        }
    }
    assert!(together > 20, "{together}");
}

/// What a statement may have too much beside a share of what is measured.
const SLACK: u64 = 512 << 10;

/// What a profile takes of which the header doesn't say that it changes nothing.
const PROFILE: u64 = 192 << 10;

/// What finding copies takes in a lossless WebP, where there is more than one colour.
const TABLES: u64 = 720 << 10;

/// What may be stated of what is measured, in hundredths; of noise, whose file is not bounded.
pub const CLOSE: u64 = 120;
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
    /// With room for a file as long as pictures have, and if it is longer with room for any, as the hosts do it.
    /// `None` for what can't be planned.
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
        // Samples of up to 64 bits are stated for some, most have 8; the `png` decoder's window and metadata.
        let decoder = match probe.format {
            Format::Tiff | Format::Bmp | Format::Ico => 12 * probe.size.pixels(),
            // Tables that are made once, a profile, and what frames without loss or with alpha may take.
            Format::Jxl => (5 << 20) + 14 * probe.size.pixels(),
            Format::Png => 256 << 10,
            // A window and tables for the alpha beside a lossy picture, which may be stored as it is.
            Format::WebP if probe.alpha && probe.subsampling.is_some() => 5 * probe.size.pixels(),
            // The other pictures of a grid might copy within themselves, as the first one doesn't; a photo might be a graphic.
            Format::Avif => 8 * probe.size.pixels(),
            // What a text might hold that is as long.
            Format::Svg => stated,
            // Ink, or samplings that are no usual ones.
            Format::Jpeg if probe.color && probe.subsampling.is_none() => 4 * probe.size.pixels(),
            _ => 0,
        };
        let profile = if probe.icc { PROFILE } else { 0 };
        let tables = if params.mode == Mode::Lossless { TABLES } else { 0 };
        // Pictures of hard edges have more symbols, and longer files.
        let symbols = match &outcome {
            Ok(Outcome::Made(made)) if made.format == Format::Jpeg => (512 << 10) + made.size.pixels(),
            _ => 0,
        };
        let is_made = matches!(outcome, Ok(Outcome::Made(_)));
        Some(Self { peak, stated, is_made, slack: SLACK + decoder + profile + tables + symbols })
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

pub const fn is_close(peak: u64, stated: u64, hundredths: u64) -> bool {
    Statement { peak, stated, is_made: true, slack: SLACK }.is_close(hundredths)
}

/// The width of the result: the source's, smaller, larger.
fn resizes(width: u32) -> [Option<Resize>; 3] {
    let to = |width, enlarge| Resize::to_width(width).with_enlarge(enlarge);
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
                let params = Params::default()
                    .with_mode(Mode::Lossy)
                    .with_effort(0)
                    .with_quality(quality)
                    .with_resize(resize);
                let limits = Limits::default().with_max_output_bytes(most);
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

/// The same of lossy AVIF: a photo, noise, and pictures with alpha, of half a megapixel and more.
#[test]
fn avifs_by_rows_are_stated_closely() {
    let sources = [
        ("photo", baseline(1_100, 700), CLOSE),
        ("alpha", crate::pictures::png(1_000, 600, Layout::Rgba), CLOSE),
        ("noise", noise(800, 700, Subsampling::Yuv444), NOISE),
    ];
    let mut failures = Vec::new();
    for (name, bytes, hundredths) in &sources {
        for quality in [20, 80, 100] {
            let params = Params::default()
                .with_format(Format::Avif)
                .with_mode(Mode::Lossy)
                .with_effort(0)
                .with_quality(quality);
            let statement = Statement::of(bytes, &params, &Limits::default()).unwrap();
            let Statement { peak, stated, .. } = statement;
            println!("{name} at {quality}: {peak} bytes, {stated} stated");
            if !statement.is_made || !statement.is_close(*hundredths) {
                failures.push(format!("{name} at {quality}: {peak} bytes, {stated} stated"));
            }
        }
    }
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

/// What a statement may be of what is measured, in hundredths, where others' codecs or a picture's content decide.
///
/// With `Mode::Auto` the header can't tell a graphic, which is coded twice or by more tools, from a photo. Nor can it tell
/// whether the colour and alpha are used of which there are samples: `is_used`.
const fn looseness(probe: &Probe, format: Format, mode: Mode, is_used: bool) -> u64 {
    // Others' decoders hold what is in a file.
    let is_open = matches!(probe.format, Format::Gif)
        || matches!(probe.format, Format::WebP | Format::Jpeg) && probe.color && probe.subsampling.is_none();
    match (format, mode) {
        // A sample may say that only one of the two files is worth making.
        (Format::WebP, Mode::Auto) if probe.alpha => 275,
        // An alpha that isn't used would have had an encoder of its own.
        (Format::Avif, Mode::Auto) if !is_used => 200,
        (Format::WebP | Format::Avif, Mode::Auto) => 175,
        _ if !is_used => 275,
        _ if is_open => 170,
        // Alpha is coded as a lossless picture.
        (Format::WebP, _) if probe.alpha => 145,
        _ => CLOSE,
    }
}

/// True if a picture has the colours and the alpha of which its header tells.
fn is_used(probe: &Probe, bytes: &[u8]) -> bool {
    let decoded = codec::decode(bytes, &Limits::default());
    let raster = decoded.and_then(|decoded| decoded.picture.into_raster()).and_then(Raster::reduced);
    raster.is_ok_and(|raster| {
        let layout = raster.layout();
        layout.has_alpha() == probe.alpha && (layout.channels() >= 3) == probe.color
    })
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
        let (width, is_used) = (probe.size.width, is_used(&probe, bytes));
        let is_known = |(_, params): &(String, Params)| params.trim.is_none();
        for (target, params) in targets().into_iter().filter(is_known).step_by(3) {
            for (place, resize) in resizes(width).into_iter().enumerate() {
                // AVIF takes its time.
                let is_slow = params.format == Format::Avif;
                if is_slow && (*pixels > 60_000 || (at + place) % 3 != 0)
                    || *pixels > 300_000 && (at + place) % 3 != 0
                {
                    continue;
                }
                let mut params = params.clone().with_resize(resize);
                if params.mode == Mode::Lossy {
                    params.effort = 0;
                }
                let Some(statement) = Statement::of(bytes, &params, &Limits::default()) else { continue };
                if statement.is_made {
                    let used = if is_used { "used" } else { "unused" };
                    let group = format!("{:?} {:?} {used}", params.format, params.mode);
                    groups.entry(group).or_default().push(statement.ratio());
                }
                // A mark's rows wait in a buffer that grows by doubling.
                let marked = if params.watermark.is_some() { 135 } else { CLOSE };
                if !statement.is_close(looseness(&probe, params.format, params.mode, is_used).max(marked)) {
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
            let params = Params::default().with_mode(Mode::Lossy).with_effort(0);
            let limits = Limits::default().with_threads(threads);
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
    let limits = Limits::default().with_max_memory(256 << 20);
    let (mut tried, mut made, mut failures) = (0, 0, Vec::new());
    for row in corpus.rows.iter().filter(|row| row.format != "tar") {
        let bytes = corpus.read(row);
        let Ok(probe) = codec::probe(&bytes) else { continue };
        for width in [None, Some(90)] {
            let params = Params::default()
                .with_mode(Mode::Lossy)
                .with_effort(0)
                .with_resize(width.map(Resize::to_width));
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
