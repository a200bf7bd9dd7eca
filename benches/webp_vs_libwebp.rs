//! Our lossy WebP against libwebp's: size at equal SSIMULACRA2, and CPU time of the same thread.
//!
//! `cargo bench --bench webp_vs_libwebp [-- effort=4 method=4 class=photo side=1024]`: ours at an effort against
//! libwebp at a method, on one class of the corpus or all of them, pictures cropped to a square of at most `side`.
//! Pictures come from `quality/` of the corpus (`SLIMPIX_CORPUS`, else `../shared/corpus`), transparent ones on
//! white. Both encoders get the same RGB and both files go through libwebp's decoder. Sizes are interpolated over
//! a ladder of qualities at the scores 60, 70, 80 and 90; a picture that doesn't reach a score isn't counted there.
#![allow(unsafe_code, reason = "libwebp is C")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops there")]

use std::{env, fs, path::PathBuf, slice};

use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};
use slimpix::{
    codec::{self, Coding, Format},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

const QUALITIES: [u8; 11] = [20, 30, 40, 50, 60, 70, 78, 86, 92, 96, 100];
const SCORES: [f64; 4] = [60.0, 70.0, 80.0, 90.0];

struct Options {
    effort: u8,
    method: i32,
    class: Option<String>,
    side: u32,
}

fn options() -> Options {
    let mut options = Options { effort: 4, method: 4, class: None, side: 1024 };
    for argument in env::args().skip(1) {
        match argument.split_once('=') {
            Some(("effort", value)) => options.effort = value.parse().unwrap(),
            Some(("method", value)) => options.method = value.parse().unwrap(),
            Some(("class", value)) => options.class = Some(value.to_owned()),
            Some(("side", value)) => options.side = value.parse().unwrap(),
            // What cargo adds.
            _ => assert!(argument.starts_with("--"), "unknown: {argument}"),
        }
    }
    options
}

fn main() {
    let options = options();
    let corpus =
        env::var_os("SLIMPIX_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let Ok(classes) = fs::read_dir(corpus.join("quality")) else {
        println!("no corpus at {}: nothing is measured", corpus.display());
        return;
    };
    let mut names: Vec<String> =
        classes.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| options.class.as_ref().is_none_or(|class| class == name));
    names.sort();
    println!(
        "effort {} against method {}; sizes at scores of {SCORES:?}, CPU",
        options.effort, options.method
    );
    for class in names {
        let mut files: Vec<PathBuf> = fs::read_dir(corpus.join("quality").join(&class))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let results: Vec<Ratios> = files.iter().map(|file| measure(file, &options)).collect();
        print_line(&format!("{class} (mean)"), &Ratios::mean(&results));
    }
}

/// Ours over libwebp's.
struct Ratios {
    sizes: [Option<f64>; 4],
    cpu: f64,
}

impl Ratios {
    /// Geometric means.
    fn mean(all: &[Self]) -> Self {
        let mean = |values: Vec<f64>| {
            let count = values.len() as f64;
            (count > 0.0).then(|| (values.iter().map(|value| value.ln()).sum::<f64>() / count).exp())
        };
        Self {
            sizes: [0, 1, 2, 3].map(|score| mean(all.iter().filter_map(|one| one.sizes[score]).collect())),
            cpu: mean(all.iter().map(|one| one.cpu).collect()).unwrap_or(f64::NAN),
        }
    }
}

fn print_line(name: &str, ratios: &Ratios) {
    let sizes = ratios.sizes.map(|size| size.map_or_else(|| "  -  ".to_owned(), |size| format!("{size:.3}")));
    println!("{name:50} {}  {:.3}", sizes.join(" "), ratios.cpu);
}

fn measure(path: &PathBuf, options: &Options) -> Ratios {
    let source = crop(&rgb(&fs::read(path).unwrap()), options.side);
    let reference = Ssimulacra2Reference::new(&slice_of(&source)).unwrap();
    let (mut ours, mut theirs) = (Ladder::default(), Ladder::default());
    for quality in QUALITIES {
        // By turns, so that both see the same machine.
        ours.step(&reference, &source, || ours_at(&source, quality, options.effort));
        theirs.step(&reference, &source, || libwebp_at(&source, quality, options.method));
    }
    let sizes = SCORES.map(|score| Some((ours.size_at(score)? - theirs.size_at(score)?).exp()));
    let ratios = Ratios { sizes, cpu: ours.cpu / theirs.cpu };
    print_line(&path.file_name().unwrap().to_string_lossy(), &ratios);
    ratios
}

/// An encoder over all qualities.
#[derive(Default)]
struct Ladder {
    /// Score and logarithm of the size.
    steps: Vec<(f64, f64)>,
    cpu: f64,
}

impl Ladder {
    fn step(&mut self, reference: &Ssimulacra2Reference, source: &Raster, encode: impl FnOnce() -> Vec<u8>) {
        let start = cpu_seconds();
        let file = encode();
        self.cpu += cpu_seconds() - start;
        let decoded = libwebp_decode(&file, source.size());
        let score = reference.compare(&slice_of(&decoded)).unwrap();
        self.steps.push((score, (file.len() as f64).ln()));
    }

    /// The logarithm of the size at a score between two steps.
    fn size_at(&self, score: f64) -> Option<f64> {
        let pair = self.steps.windows(2).find(|pair| pair[0].0 <= score && score <= pair[1].0)?;
        let (low, high) = (pair[0], pair[1]);
        Some(low.1 + (high.1 - low.1) * (score - low.0) / (high.0 - low.0).max(1e-9))
    }
}

fn rgb(file: &[u8]) -> Raster {
    let picture = codec::decode(file, &Limits::default()).unwrap().picture;
    let raster = picture.into_raster().unwrap();
    let channels = raster.layout().channels() as usize;
    let mut data = Vec::new();
    for pixel in raster.data().chunks_exact(channels) {
        let alpha = if raster.layout().has_alpha() { u32::from(pixel[channels - 1]) } else { 255 };
        let on_white = |value: u8| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        let color = if channels < 3 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] };
        data.extend(color.map(on_white));
    }
    Raster::new(raster.size(), Layout::Rgb, data).unwrap()
}

/// The middle.
fn crop(raster: &Raster, side: u32) -> Raster {
    let Size { width, height } = raster.size();
    let size = Size::new(width.min(side), height.min(side));
    let (left, top) = ((width - size.width) / 2, (height - size.height) / 2);
    let mut data = Vec::new();
    for row in raster.data().chunks_exact(width as usize * 3).skip(top as usize).take(size.height as usize) {
        data.extend_from_slice(&row[left as usize * 3..(left + size.width) as usize * 3]);
    }
    Raster::new(size, Layout::Rgb, data).unwrap()
}

fn slice_of(raster: &Raster) -> PixelSlice<'_> {
    let Size { width, height } = raster.size();
    PixelSlice::new(raster.data(), width, height, width as usize * 3, PixelDescriptor::RGB8_SRGB).unwrap()
}

fn ours_at(source: &Raster, quality: u8, effort: u8) -> Vec<u8> {
    let coding = Coding::new(Format::WebP, quality, effort, false);
    codec::encode(Picture::Raster(source.clone()), &coding, &Metadata::default()).unwrap()
}

fn libwebp_at(source: &Raster, quality: u8, method: i32) -> Vec<u8> {
    let mut config = libwebp_sys::WebPConfig::new().unwrap();
    config.quality = f32::from(quality);
    config.method = method;
    let mut picture = libwebp_sys::WebPPicture::new().unwrap();
    picture.width = source.size().width as i32;
    picture.height = source.size().height as i32;
    // SAFETY: the picture has the size of the samples, which outlive the import; the writer outlives the encoding.
    unsafe {
        let stride = source.size().width as i32 * 3;
        assert_ne!(libwebp_sys::WebPPictureImportRGB(&mut picture, source.data().as_ptr(), stride), 0);
        let mut writer = std::mem::zeroed::<libwebp_sys::WebPMemoryWriter>();
        libwebp_sys::WebPMemoryWriterInit(&mut writer);
        picture.writer = Some(libwebp_sys::WebPMemoryWrite);
        picture.custom_ptr = (&raw mut writer).cast();
        assert_ne!(libwebp_sys::WebPEncode(&config, &mut picture), 0);
        let file = slice::from_raw_parts(writer.mem, writer.size).to_vec();
        libwebp_sys::WebPPictureFree(&mut picture);
        libwebp_sys::WebPMemoryWriterClear(&mut writer);
        file
    }
}

fn libwebp_decode(file: &[u8], size: Size) -> Raster {
    let mut data = vec![0; size.width as usize * size.height as usize * 3];
    // SAFETY: both buffers are given with their lengths.
    let decoded = unsafe {
        let (stride, length) = (size.width as i32 * 3, data.len());
        libwebp_sys::WebPDecodeRGBInto(file.as_ptr(), file.len(), data.as_mut_ptr(), length, stride)
    };
    assert!(!decoded.is_null());
    Raster::new(size, Layout::Rgb, data).unwrap()
}

/// CPU time of this thread in seconds. Not a number where Linux doesn't tell it.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.map_or(f64::NAN, |nanoseconds| nanoseconds / 1e9)
}
