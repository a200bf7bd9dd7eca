//! A colour profile, EXIF and XMP take what the plan of a conversion states: a profile of curves little, one of
//! tables more, and what is made to take much no more than that.

use slimpix::{
    codec::{self, Coding, Format},
    convert::{Mode, Outcome, Params, convert, plan},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

use crate::support::heap::peak_of;

/// A profile of RGB with these tags; several may stand at the same place.
fn profile(tags: &[(&[u8; 4], usize)], contents: &[Vec<u8>]) -> Vec<u8> {
    let mut places = Vec::new();
    let mut at = 132 + 12 * tags.len();
    for content in contents {
        places.push(at);
        at += content.len();
    }
    let mut profile = vec![0; 128];
    profile[..4].copy_from_slice(&(at as u32).to_be_bytes());
    profile[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    profile[12..24].copy_from_slice(b"scnrRGB Lab ");
    profile[36..40].copy_from_slice(b"acsp");
    for (place, value) in [(68, 63_190_u32), (72, 65_536), (76, 54_061)] {
        profile[place..place + 4].copy_from_slice(&value.to_be_bytes());
    }
    profile.extend((tags.len() as u32).to_be_bytes());
    for (name, content) in tags {
        profile.extend_from_slice(*name);
        profile.extend((places[*content] as u32).to_be_bytes());
        profile.extend((contents[*content].len() as u32).to_be_bytes());
    }
    contents.iter().for_each(|content| profile.extend_from_slice(content));
    profile
}

/// Tables of 8 bits (`mft1`, ICC.1:2022 section 10.11) of so many steps a side: greyer than the colours that go in.
fn tables(steps: u32) -> Vec<u8> {
    tables_of(3, steps)
}

fn tables_of(inputs: u8, steps: u32) -> Vec<u8> {
    let mut tables = b"mft1\0\0\0\0".to_vec();
    tables.extend([inputs, 3, steps as u8, 0]);
    for at in 0..9_u32 {
        tables.extend((if at % 4 == 0 { 65_536_u32 } else { 0 }).to_be_bytes());
    }
    (0..inputs).for_each(|_| tables.extend(0..=255));
    for at in 0..steps.pow(inputs.into()) {
        let [r, g, b] =
            [at / steps / steps, at / steps % steps, at % steps].map(|step| step * 255 / (steps - 1));
        tables.extend([((r + g + b) / 3) as u8, (128 + r / 8 - g / 8) as u8, (128 + g / 8 - b / 8) as u8]);
    }
    (0..3).for_each(|_| tables.extend(0..=255));
    tables
}

fn white() -> Vec<u8> {
    [
        b"XYZ \0\0\0\0".as_slice(),
        &63_190_u32.to_be_bytes(),
        &65_536_u32.to_be_bytes(),
        &54_061_u32.to_be_bytes(),
    ]
    .concat()
}

fn file(format: Format, icc: Option<Vec<u8>>) -> Vec<u8> {
    let data = (0..24 * 24 * 3_u32).map(|at| (at * 37) as u8).collect();
    let picture = Picture::Raster(Raster::new(Size::new(24, 24), Layout::Rgb, data).unwrap());
    let coding = Coding::new(format).with_quality(90).with_effort(1).with_lossless(format != Format::Jpeg);
    codec::encode(picture, &coding, &Metadata::default().with_icc(icc)).unwrap()
}

/// What a conversion takes, what is stated, and the file.
fn measure(bytes: &[u8]) -> (u64, u64, Vec<u8>) {
    let params = Params::default().with_mode(Mode::Lossy).with_effort(0);
    let stated = plan(&codec::probe(bytes).unwrap(), &params).unwrap().peak_bytes;
    let (peak, outcome) = peak_of(|| convert(bytes, &params, &Limits::default()));
    let Ok(Outcome::Made(made)) = outcome else { panic!("{outcome:?}") };
    (peak, stated, made.bytes)
}

#[test]
fn tables_of_any_size_stay_within_what_is_stated() {
    for steps in [2, 9, 33, 65, 90] {
        let profile = profile(&[(b"wtpt", 0), (b"A2B0", 1)], &[white(), tables(steps)]);
        for format in [Format::WebP, Format::Png, Format::Jpeg] {
            let (peak, stated, made) = measure(&file(format, Some(profile.clone())));
            println!("{steps} steps, {} bytes, in {format:?}: {peak} of {stated}", profile.len());
            assert!(peak <= stated, "{steps} steps in {format:?}: {peak} bytes, {stated} stated");
            let (_, _, plain) = measure(&file(format, None));
            assert!(made != plain, "{steps} steps in {format:?}: the profile changed nothing");
        }
    }
}

/// A JPEG of inks with a profile.
fn inks(profile: &[u8], size: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    if !profile.is_empty() {
        encoder.add_icc_profile(profile).unwrap();
    }
    let data: Vec<u8> = (0..u32::from(size).pow(2) * 4).map(|at| (at * 37 / 5) as u8).collect();
    encoder.encode(&data, size, size, jpeg_encoder::ColorType::CmykAsYcck).unwrap();
    file
}

#[test]
fn tables_of_inks_are_stated_closely() {
    for steps in [2, 9, 17, 25] {
        let mut profile = profile(&[(b"wtpt", 0), (b"A2B0", 1)], &[white(), tables_of(4, steps)]);
        profile[12..20].copy_from_slice(b"prtrCMYK");
        for size in [24, 300] {
            let (peak, stated, made) = measure(&inks(&profile, size));
            println!("{steps} steps, {} bytes, {size} pixels: {peak} of {stated}", profile.len());
            // The tables are made when the planes are gone, and are stated beside them.
            assert!(
                peak <= stated && stated <= peak * 6 / 5 + (1 << 20),
                "{steps} steps, {size} pixels: {peak} bytes, {stated} stated"
            );
            assert!(made != measure(&inks(&[], size)).2, "{steps} steps: the profile changed nothing");
        }
    }
}

#[test]
fn a_profile_of_curves_is_stated_closely() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    for format in [Format::WebP, Format::Png, Format::Jpeg] {
        let (peak, stated, _) = measure(&file(format, Some(wide.clone())));
        println!("{} bytes in {format:?}: {peak} of {stated}", wide.len());
        assert!(
            peak <= stated && stated <= peak * 6 / 5 + (512 << 10),
            "{format:?}: {peak} bytes, {stated} stated"
        );
    }
}

/// Many tags at the same place, each of which a reader would take for a table of its own.
#[test]
fn what_is_listed_many_times_is_read_once() {
    let names: [&[u8; 4]; 7] = [b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt"];
    let tags: Vec<_> = names.into_iter().cycle().take(700).map(|name| (name, 0)).collect();
    let (peak, stated, _) = measure(&file(Format::WebP, Some(profile(&tags, &[tables(60)]))));
    println!("{peak} of {stated}");
    assert!(peak <= stated, "{peak} bytes, {stated} stated");
}

/// Zeros behind a header pack to a thousandth.
#[test]
fn a_profile_that_inflates_to_much_is_ignored() {
    let bomb = profile(&[(b"wtpt", 0), (b"A2B0", 1)], &[white(), [tables(9), vec![0; 30 << 20]].concat()]);
    let file = file(Format::Png, Some(bomb));
    assert!(file.len() < 200_000);
    let (peak, stated, made) = measure(&file);
    println!("{peak} of {stated}");
    assert!(peak <= stated && peak < 4 << 20, "{peak} bytes, {stated} stated");
    assert!(made == measure(&self::file(Format::Png, None)).2);
}

/// A chunk of a WebP or a PNG before the last twelve bytes, or at the place where pixels begin.
fn with_chunk(mut file: Vec<u8>, format: Format, name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u32;
    if format == Format::WebP {
        file[20] |= if name == b"EXIF" { 8 } else { 4 };
        file.extend([name.as_slice(), &length.to_le_bytes(), payload].concat());
        let all = (file.len() as u32 - 8).to_le_bytes();
        file[4..8].copy_from_slice(&all);
    } else {
        let at = file.windows(4).position(|four| four == b"IDAT").unwrap() - 4;
        let mut checked = name.to_vec();
        checked.extend_from_slice(payload);
        let sum = checked.iter().fold(!0_u32, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
        });
        let chunk = [&length.to_be_bytes(), checked.as_slice(), &(!sum).to_be_bytes()].concat();
        file.splice(at..at, chunk);
    }
    file
}

/// EXIF and XMP of any length, kept or not.
#[test]
fn long_metadata_takes_no_more_than_is_stated() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    for kilobytes in [1, 60, 100, 3_000] {
        let packet = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &vec![b' '; kilobytes << 10]].concat();
        let exif = [b"II*\0\x08\0\0\0\0\0\0\0".as_slice(), &vec![0; kilobytes << 10]].concat();
        for (format, name, payload) in [
            (Format::WebP, b"EXIF", &exif),
            (Format::WebP, b"XMP ", &packet),
            (Format::Png, b"eXIf", &exif),
            (Format::Png, b"iTXt", &packet),
        ] {
            let mut bytes = with_chunk(file(format, Some(wide.clone())), format, name, payload);
            if format == Format::Png && name == b"iTXt" && kilobytes < 64 {
                bytes = with_chunk(bytes, format, b"eXIf", &exif);
            } else if format == Format::WebP && name == b"XMP " {
                bytes = with_chunk(bytes, format, b"EXIF", &exif);
            }
            for target in [Format::WebP, Format::Png, Format::Jpeg] {
                for keep_metadata in [false, true] {
                    let params = Params::default()
                        .with_format(target)
                        .with_effort(0)
                        .with_keep_metadata(keep_metadata);
                    let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
                    let limits =
                        Limits::default().with_max_output_bytes(plan.likely_file_bytes().unwrap_or(u64::MAX));
                    let stated = plan.within(&limits).peak_bytes;
                    let (peak, outcome) = peak_of(|| convert(&bytes, &params, &limits));
                    let case =
                        format!("{kilobytes} KB of {} to {target:?}, {keep_metadata}", name.escape_ascii());
                    assert!(peak <= stated, "{case}: {peak} bytes, {stated} stated");
                    let Ok(Outcome::Made(made)) = outcome else { panic!("{case}: {outcome:?}") };
                    let metadata = codec::decode(&made.bytes, &Limits::default()).unwrap().metadata;
                    let is_kept = metadata.exif.is_some() || metadata.xmp.is_some();
                    // A segment of a JPEG has no room for more.
                    let has_room = target != Format::Jpeg || kilobytes <= 60;
                    assert_eq!(is_kept, keep_metadata && has_room, "{case}");
                }
            }
        }
    }
}
