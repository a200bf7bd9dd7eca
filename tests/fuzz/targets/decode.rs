//! A file of any kind, decoded and converted: it ends in a picture or in a clean error, within the memory that is
//! allowed and the memory that is stated; by rows it is the same picture as in one piece.
//!
//! The first byte of the data chooses what is done with the file, which is the rest. What JPEGs and WebPs are given
//! besides stands in the targets of these.

use slimpix::{
    Decoder,
    codec::{self, Coding, Decoded, Format, decode, probe},
    convert::{Fit, Mode, Outcome, Params, Resize, convert, plan},
    error::{ErrorKind, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

use super::heap::peak_of;

pub fn target(data: &[u8]) {
    if let Some((&choice, file)) = data.split_first() {
        check(choice, file);
    }
}

/// What the first byte chooses.
#[derive(Clone, Copy)]
struct Choice(u8);

impl Choice {
    /// So few pixels that each file is soon done, and little memory or plenty.
    fn limits(self) -> Limits {
        let memory = [1 << 18, 1 << 20, 4 << 20, 256 << 20][usize::from(self.0 & 3)];
        Limits::default().with_max_pixels(1 << 13).with_max_memory(memory)
    }

    /// Of a size and shape of its own in some cases, and with the metadata in others.
    fn params(self) -> Params {
        let resize = match self.0 >> 2 & 3 {
            0 | 1 => None,
            2 => Some(Resize::to_width(9)),
            _ => Some(Resize::new(40, 11).with_fit(Fit::Cover).with_enlarge(true).with_linear(true)),
        };
        Params::default()
            .with_mode(Mode::Lossy)
            .with_effort(0)
            .with_resize(resize)
            .with_keep_metadata(self.0 & 16 != 0)
    }

    /// The part of a file that is there when it is cut short.
    fn cut(self, file: &[u8]) -> &[u8] {
        &file[..file.len() * usize::from(self.0) / 256]
    }
}

/// Reads a file in every way.
pub fn check(choice: u8, file: &[u8]) {
    let choice = Choice(choice);
    let limits = choice.limits();
    let (peak, whole) = peak_of(|| decode(file, &limits));
    check_memory(peak, file, &limits);
    assert!(!is_of_kind(&whole, ErrorKind::Internal), "{whole:?}");
    if let Ok(Decoded { picture, orientation, .. }) = &whole {
        let probe = probe(file).expect("what is decoded has a header");
        assert_eq!((picture.size(), *orientation), (probe.size, probe.orientation), "decoded and stated");
    }
    check_rows(file, &limits, &whole);
    check_conversion(file, choice.params(), &limits, &whole);
    check_cut(file, choice, &limits);
    if let Ok(Decoded { picture: Picture::Raster(raster), .. }) = whole
        && raster.size().pixels() <= 1 << 10
    {
        check_lossless(raster);
    }
}

/// The file and what decoding it took are within the limits.
fn check_memory(peak: u64, file: &[u8], limits: &Limits) {
    let allowed = limits.max_memory;
    assert!(peak + file.len() as u64 <= allowed, "{peak} bytes for a file of {}, not {allowed}", file.len());
}

fn is_of_kind<T>(result: &Result<T>, kind: ErrorKind) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == kind)
}

/// Nothing about the picture that changes how its samples are shown.
fn is_plain(picture: &Decoded) -> bool {
    picture.orientation == Orientation::Upright
        && picture.metadata == Metadata::default()
        && !matches!(picture.picture, Picture::Inks(_))
}

/// All rows come, with the pixels of the whole picture.
fn check_rows(file: &[u8], limits: &Limits, whole: &Result<Decoded>) {
    let rows = || {
        let decoder = Decoder::new(file, limits)?;
        let (size, layout) = (decoder.size(), decoder.layout());
        let mut pixels = Vec::new();
        decoder.rows(|row| {
            assert_eq!(row.len() as u64, u64::from(size.width) * u64::from(layout.channels()), "a row");
            pixels.extend_from_slice(row);
            Ok(())
        })?;
        Ok(Raster::new(size, layout, pixels).expect("all rows"))
    };
    let rows = rows();
    assert!(!is_of_kind(&rows, ErrorKind::Internal), "{rows:?}");
    if is_of_kind(&rows, ErrorKind::LimitExceeded) || is_of_kind(whole, ErrorKind::LimitExceeded) {
        return;
    }
    match (rows, whole) {
        (Ok(rows), Ok(whole)) if is_plain(whole) => {
            let raster = whole.picture.clone().into_raster().expect("pixels");
            assert!(in_colors(&raster, rows.layout()) == rows.into_data(), "by rows and in one piece");
        }
        (Ok(_), Ok(_)) => {}
        // A header may be refused for another reason than its format.
        (Err(rows), Err(whole)) => {
            assert!(rows.kind() == whole.kind() || probe(file).is_err(), "{rows}, {whole}");
        }
        (rows, whole) => panic!("by rows {:?}, in one piece {:?}", rows.err(), whole.as_ref().err()),
    }
}

/// The samples as RGB or RGBA.
fn in_colors(raster: &Raster, layout: Layout) -> Vec<u8> {
    let shown = |pixel: &[u8]| match *pixel {
        [gray] => [gray, gray, gray, 255],
        [gray, alpha] => [gray, gray, gray, alpha],
        [red, green, blue] => [red, green, blue, 255],
        [red, green, blue, alpha] => [red, green, blue, alpha],
        _ => panic!("{} samples a pixel", pixel.len()),
    };
    let pixels = raster.data().chunks_exact(raster.layout().channels() as usize);
    pixels.flat_map(|pixel| shown(pixel).into_iter().take(layout.channels() as usize)).collect()
}

/// Where it can, a conversion takes the picture by rows.
fn check_conversion(file: &[u8], params: Params, limits: &Limits, whole: &Result<Decoded>) {
    let (peak, outcome) = peak_of(|| convert(file, &params, limits));
    assert!(!is_of_kind(&outcome, ErrorKind::Internal), "{outcome:?}");
    let made = match outcome {
        Ok(Outcome::Made(made)) => Ok(made),
        Err(error) => Err(error),
        // It moves.
        Ok(_) => return,
    };
    let Ok((probe, plan)) = probe(file).and_then(|probe| Ok((probe.clone(), plan(&probe, &params)?))) else {
        assert!(made.is_err());
        return;
    };
    let plan = plan.within(limits);
    let moves = plan.moves && probe.animated == Some(true);
    let stated = plan.peak_bytes;
    assert!(peak <= stated, "{peak} bytes, {stated} stated: {plan:?}");
    if is_of_kind(&made, ErrorKind::LimitExceeded) || is_of_kind(whole, ErrorKind::LimitExceeded) {
        return;
    }
    match (&made, whole) {
        (Ok(made), Ok(whole)) => {
            let shown = decode(&made.bytes, &Limits::default()).expect("what was made is a picture");
            assert_eq!((made.size, shown.picture.size()), (plan.output, plan.output));
            if plan.streams && is_plain(whole) && params.resize.is_none() {
                let expected = codec::encode(whole.picture.clone(), &plan.coding, &whole.metadata);
                assert!(made.bytes == expected.expect("it was made by rows"), "by rows and in one piece");
            }
        }
        // One frame is sound, and another isn't.
        (Err(error), Ok(_)) | (Ok(_), Err(error)) if moves => {
            assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        }
        (Err(by_rows), Err(whole)) => assert_eq!(by_rows.kind(), whole.kind(), "{by_rows}, {whole}"),
        (made, whole) => panic!(
            "by conversion {:?}, decoded {:?}",
            made.as_ref().map(|made| made.size),
            whole.as_ref().map(|whole| whole.picture.size())
        ),
    }
}

/// A file that is cut short is no other picture.
fn check_cut(file: &[u8], choice: Choice, limits: &Limits) {
    let cut = choice.cut(file);
    let (peak, part) = peak_of(|| decode(cut, limits));
    check_memory(peak, cut, limits);
    assert!(!is_of_kind(&part, ErrorKind::Internal), "{part:?}");
    if let (Ok(part), Ok(probe)) = (part, probe(file)) {
        assert_eq!(part.picture.size(), probe.size, "cut short and whole");
    }
}

/// Without loss a picture comes back as it was.
fn check_lossless(mut raster: Raster) {
    for format in [Format::WebP, Format::Png] {
        let coding = Coding::new(format).with_lossless(true).with_effort(1);
        let file = codec::encode(Picture::Raster(raster.clone()), &coding, &Metadata::default());
        let back = decode(&file.expect("a file"), &Limits::default()).expect("a picture");
        let Picture::Raster(mut back) = back.picture else { panic!("no pixels: {:?}", back.picture) };
        // The colour of what can't be seen is of no account.
        back.clear_hidden();
        raster.clear_hidden();
        let [back, sent] = [back, raster.clone()].map(|raster| raster.reduced().expect("pixels"));
        assert!(back == sent, "{format} without loss");
    }
}

/// Pixels that are a ramp, a pattern and some noise.
pub fn raster(width: u32, height: u32, layout: Layout) -> Raster {
    let sample = |at: u32| (at / 3 * 5 + (at % 7) * (at % 11) * 3) as u8;
    let data = (0..width * height * layout.channels()).map(sample).collect();
    Raster::new(Size::new(width, height), layout, data).expect("as many samples as it needs")
}

/// Each file after a byte that chooses, for each another.
pub fn with_choices(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    files.iter().enumerate().map(|(at, file)| [&[(3 + 20 * at) as u8], &file[..]].concat()).collect()
}

pub fn seeds() -> Vec<Vec<u8>> {
    let made = |layout| {
        let coding = Coding::new(Format::Png).with_effort(1);
        codec::encode(Picture::Raster(raster(9, 7, layout)), &coding, &Metadata::default()).expect("a PNG")
    };
    let layouts = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];
    let mut files: Vec<Vec<u8>> = layouts.map(made).to_vec();
    let mut bitmap = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0".to_vec();
    bitmap.resize(70, 0);
    files.push(bitmap);
    let mut icon = b"\0\0\x01\0\x01\0\x09\x07\0\0\x01\0\x20\0".to_vec();
    icon.extend((files[3].len() as u32).to_le_bytes());
    icon.extend(22_u32.to_le_bytes());
    icon.extend(&files[3]);
    files.push(icon);
    let samples: [&[u8]; 7] = [
        include_bytes!("../../data/pictures/mixed-disposal.gif"),
        include_bytes!("../../data/pictures/seq-3c-8b-lzw-8743c999.tiff"),
        include_bytes!("../../data/tiff/fax-group3-2d.tif"),
        include_bytes!("../../data/tiff/fax-group4-lsb.tif"),
        include_bytes!("../../data/tiff/rgb16-deflate-be.tif"),
        include_bytes!("../../data/tiff/rgb-zstd-tiles.tif"),
        include_bytes!("../../data/tiff/rgb-lzma-planes.tif"),
    ];
    files.extend(samples.map(<[u8]>::to_vec));
    // Of no pixels.
    files.push(b"GIF89a\0\0\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec());
    let mut seeds = with_choices(&files);
    // Zstandard whose tiles would be far longer than their rows.
    let mut longer = [&[0xdf], samples[5]].concat();
    longer.insert(635, 0x3d);
    seeds.push(longer);
    seeds
}
