//! The heap that photos take beside their file, the result included, in megabytes of a million bytes at the most:
//! turned ones, progressive ones, and very large ones. `memory_is_stated` counts.

use jpeg_encoder::{Encoder, SamplingFactor};
use slimpix::{
    Format, codec,
    convert::{Outcome, Params, Resize, convert, plan},
    limits::Limits,
};

use crate::support::{heap::peak_of, pictures::Sky};

const PHONE: (u16, u16) = (4032, 3024);
const LARGE: (u16, u16) = (11_500, 8_600);

/// A 4:2:0 photo of an orientation, 1 to 8.
fn photo(size: (u16, u16), is_progressive: bool, orientation: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 85);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_progressive(is_progressive);
    let tag = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    let exif = [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".as_slice(), &tag, &[0; 4]].concat();
    encoder.add_app_segment(1, exif).unwrap();
    encoder.encode_image(Sky(size.0, size.1)).unwrap();
    file
}

/// The same progressive, with scans that correct its coefficients, as libjpeg writes them: of these a decoder must know
/// more. They say that nothing changes: a code of one zero ends a block, and a zero for each coefficient leaves it.
fn corrected(size: (u16, u16), orientation: u8) -> Vec<u8> {
    let mut file = photo(size, true, orientation);
    file.truncate(file.len() - 2);
    file.extend([0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for component in 0..3 {
        file.extend([0xff, 0xda, 0, 8, 1, component, 0, 1, 63, 0x10]);
        file.resize(file.len() + usize::from(size.0) * usize::from(size.1) / 8, 0);
    }
    file.extend([0xff, 0xd9]);
    file
}

/// Converts with the least effort to a width, or as it is.
fn check(file: &[u8], width: Option<u32>, most: f64) {
    check_resize(file, width.map(Resize::to_width), most);
}

fn check_resize(file: &[u8], resize: Option<Resize>, most: f64) {
    check_params(file, &Params::default().with_resize(resize), most);
}

fn check_params(file: &[u8], params: &Params, most: f64) {
    let params = params.clone().with_effort(0);
    let resize = params.resize;
    let probe = codec::probe(file).unwrap();
    let stated = plan(&probe, &params).unwrap().peak_bytes;
    let (peak, outcome) = peak_of(|| convert(file, &params, &Limits::default()));
    let Ok(Outcome::Made(made)) = outcome else { panic!("{outcome:?}") };
    let width = resize.and_then(|resize| resize.width);
    let case = format!("{:?} {:?} to {width:?}", probe.size, probe.orientation);
    println!("{case}: {peak} bytes, {stated} stated, {} read, {} made", file.len(), made.bytes.len());
    assert!(peak as f64 <= most * 1e6, "{case}: {peak} bytes");
    assert!(peak <= stated, "{case}: {peak} bytes, {stated} stated");
}

#[test]
fn a_photo_that_becomes_an_avif() {
    let params = Params::default().with_format(Format::Avif);
    check_params(&photo(PHONE, false, 1), &params, 10.0);
    check_params(&photo(PHONE, true, 1), &params.with_resize(Resize::to_width(800)), 8.0);
}

#[test]
fn a_turned_photo() {
    for orientation in [2, 3, 4, 6, 7] {
        check(&photo(PHONE, false, orientation), None, 8.0);
    }
    for (width, most) in [(800, 4.0), (1600, 4.0)] {
        check(&photo(PHONE, false, 8), Some(width), most);
    }
}

#[test]
fn a_progressive_photo() {
    for (orientation, width) in [(1, 800), (3, 800), (6, 600)] {
        check(&corrected(PHONE, orientation), Some(width), 8.0);
    }
}

#[test]
fn a_photo_whose_light_is_scaled() {
    for orientation in [1, 6] {
        let resize = Resize::to_width(800).with_linear(true);
        check_resize(&photo(PHONE, false, orientation), Some(resize), 8.0);
    }
}

#[test]
fn a_photo_of_a_hundred_megapixels() {
    let file = photo(LARGE, false, 1);
    check(&file, Some(1600), 16.0);
    check(&file, None, 40.0);
}
