//! What `run` needs beside slimpix: two scores, and peers that are written in Rust.
//!
//! ```text
//! avif-bench score [--butteraugli] <pairs      lines "reference.ppm<TAB>shown.ppm" to lines "SSIMULACRA2<TAB>Butteraugli"
//! avif-bench ravif|maroontree IN.ppm QUALITY SPEED OUT.avif
//! ```

use std::{env, fs, io, process::ExitCode};

use fast_ssim2::{PixelDescriptor, PixelSlice, compute_ssimulacra2};

type Error = Box<dyn std::error::Error>;

/// Pixels of three bytes, red, green and blue.
struct Image {
    pixels: Vec<u8>,
    width: u32,
    height: u32,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["score"] => score(false),
        ["score", "--butteraugli"] => score(true),
        ["ravif", from, quality, speed, to] => encode(from, quality, speed, to, ravif),
        ["maroontree", from, quality, speed, to] => encode(from, quality, speed, to, maroontree),
        _ => Err("see the head of src/main.rs".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("avif-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn score(with_butteraugli: bool) -> Result<(), Error> {
    for line in io::stdin().lines() {
        let line = line?;
        let (reference, shown) = line.split_once('\t').ok_or("two names a line")?;
        let (reference, shown) = (read(reference)?, read(shown)?);
        let similarity = compute_ssimulacra2(&slice(&reference), &slice(&shown))?;
        let distance = if with_butteraugli { butteraugli(&reference, &shown)? } else { 0.0 };
        println!("{similarity}\t{distance}");
    }
    Ok(())
}

/// The 3-norm of Butteraugli.
fn butteraugli(reference: &Image, shown: &Image) -> Result<f64, Error> {
    let image = |image: &Image| {
        let pixels = image.pixels.chunks_exact(3).map(|p| butteraugli::RGB8::new(p[0], p[1], p[2])).collect();
        butteraugli::Img::<Vec<_>>::new(pixels, image.width as usize, image.height as usize)
    };
    let (reference, shown) = (image(reference), image(shown));
    let params = butteraugli::ButteraugliParams::default();
    Ok(butteraugli::butteraugli(reference.as_ref(), shown.as_ref(), &params)?.pnorm_3)
}

fn slice(image: &Image) -> PixelSlice<'_> {
    let Image { pixels, width, height } = image;
    PixelSlice::new(pixels, *width, *height, *width as usize * 3, PixelDescriptor::RGB8_SRGB)
        .expect("as many pixels as the header says")
}

/// Reads a PPM of 8 bits.
fn read(path: &str) -> Result<Image, Error> {
    let file = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let mut at = 0;
    let mut field = || {
        let from = at;
        at += file[from..].iter().position(u8::is_ascii_whitespace).ok_or("no header")? + 1;
        Ok::<_, Error>(std::str::from_utf8(&file[from..at - 1])?.to_owned())
    };
    let (kind, width, height, most) = (field()?, field()?, field()?, field()?);
    if (kind.as_str(), most.as_str()) != ("P6", "255") {
        return Err(format!("{path}: not a PPM of 8 bits").into());
    }
    let (width, height) = (width.parse()?, height.parse()?);
    Ok(Image { pixels: file[at..].to_vec(), width, height })
}

fn encode(
    from: &str,
    quality: &str,
    speed: &str,
    to: &str,
    encoder: fn(&Image, u8, u8) -> Result<Vec<u8>, Error>,
) -> Result<(), Error> {
    Ok(fs::write(to, encoder(&read(from)?, quality.parse()?, speed.parse()?)?)?)
}

fn ravif(image: &Image, quality: u8, speed: u8) -> Result<Vec<u8>, Error> {
    let pixels: Vec<_> = image.pixels.chunks_exact(3).map(|p| rgb::RGB8::new(p[0], p[1], p[2])).collect();
    let picture = ravif::Img::new(pixels.as_slice(), image.width as usize, image.height as usize);
    let encoder = ravif::Encoder::new()
        .with_quality(quality.into())
        .with_speed(speed)
        .with_bit_depth(ravif::BitDepth::Eight)
        .with_num_threads(Some(1));
    Ok(encoder.encode_rgb(picture)?.avif_file)
}

/// Speeds of 0, the slowest, to 3.
fn maroontree(image: &Image, quality: u8, speed: u8) -> Result<Vec<u8>, Error> {
    use maroontree::{
        BitDepth, ChromaFormat, ChromaSamplePosition, Cicp, EncodeConfig, MatrixCoefficients, PlanarImage,
        Primaries, Speed, TransferFunction, encode_rgb8,
    };
    let plane = |channel| image.pixels.iter().skip(channel).step_by(3).copied().collect();
    let picture = PlanarImage {
        width: image.width as usize,
        height: image.height as usize,
        bit_depth: BitDepth::Eight,
        // Green, blue, red.
        planes: [plane(1), plane(2), plane(0), Vec::new()],
    };
    let speed = [Speed::ExtraSlow, Speed::Slow, Speed::Medium, Speed::Fast][usize::from(speed.min(3))];
    // Without this the planes are taken for those of another kind.
    let colors = Cicp {
        primaries: Primaries::Bt709,
        transfer: TransferFunction::Srgb,
        matrix: MatrixCoefficients::Bt470Bg,
        full_range: true,
        chroma_sample_position: ChromaSamplePosition::Unknown,
    };
    let config = EncodeConfig::new()
        .with_cicp(colors)
        .with_quality(quality)
        .with_chroma(ChromaFormat::Yuv420)
        .with_speed(speed)
        .with_threads(1);
    encode_rgb8(&picture, &config).map_err(|error| format!("{error:?}").into())
}
