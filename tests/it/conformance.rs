//! Every picture of the conformance corpus comes out as its manifest says.

use std::panic::catch_unwind;

use slimpix::{
    codec::{Decoded, Format, decode, probe},
    convert::{Fit, Mode, Outcome, Params, Resize, convert},
    error::ErrorKind,
    limits::Limits,
    pixel::{Raster, Size},
};

use crate::corpus::{Corpus, Row, difference, grid4, rgba, sha256, unhex};

const FORMATS: [&str; 11] =
    ["jpeg", "png", "gif", "bmp", "webp", "ico", "tiff", "avif", "heic", "jxl", "svg"];

/// Rows that the manifest wants exact, because its decoders share libjpeg.
const JPEG_IN_TIFF: [&str; 3] = ["tiff-jpeg.tif", "quad-tile.jpg.tiff", "tiled-jpeg-rgb-u8.tif"];

/// Drawings of which the manifest's renderers leave something out that browsers show: a picture in a file beside it,
/// and geometry in style; and one whose light each renderer has fall otherwise. The SVG itself is the answer.
const SHOWN_OTHERWISE: [&str; 3] = [
    "structure__image__no-width.svg",
    "structure__style__non-presentational-attribute.svg",
    "filters__feDiffuseLighting__complex-transform.svg",
];

/// Layers of AVIF that are predicted from others: they are passed through.
const PREDICTED: [&str; 3] =
    ["abandoned_filmgrain.avif", "draw_points_idat_progressive.avif", "tiger_3layer_3res.avif"];

/// Rows whose decoders leave alpha out of account that Chromium 156 shows, or stretch it where an AVIF's has the full
/// range, as libavif 1.4 doesn't; and what these show.
const WITH_ALPHA: [(&str, &str); 6] = [
    (
        "V5_A8_R8_G8_B8_Rgb.bmp",
        "ff0000ffff0000ff0080008000800080ff0000ffff0000ff0080008000800080\
         0000404000004040000000000000000000004040000040400000000000000000",
    ),
    (
        "clop_irot_imor.avif",
        "000f001c0018002d0120003e0628044d0626044b122f0f5c2638246e3f403f7e\
         3b3e3b7c5b465e8d804e859fa256a7b09e54a3aebb5cbdbfd164d1d1e16be1e1",
    ),
    (
        "color_grid_gainmap_different_grid.avif",
        "3536356c3536356c3536356c3536356c4b3c4b794b3c4b794b3c4b794b3c4b79\
         604261866042618660426186604261866b496c936b496c936b496c936b496c93",
    ),
    (
        "draw_points_idat.avif",
        "ff0000ffa90055ff590088e100008788ff0000ffa90055ff590088e100008788\
         ff0000ffa90055ff590088e100008788ff0000ffa90055ff590088e100008788",
    ),
    (
        "unsupported_gainmap_version.avif",
        "0010001e0120003f1430105f4140417f0121003f153111604140417f824f88a0\
         1430105f4140417f804f869fbe5dbfc04140417f824f88a0bd5dbfc0e16be1e1",
    ),
    (
        "avif-alpha.avif",
        "1010091f292b195f373d239f535d31df0a0b061f2427155f2e34219f464d30df\
         090a061f2628175f3e46269f545736df0b0c071f2c291e5f4852279f7a744adf",
    ),
];

#[test]
fn core_rows_come_out_as_the_manifest_says() {
    let corpus = Corpus::find();
    let mut failures = Vec::new();
    let (mut checked, mut others, mut others_right) = (0, 0, 0);
    for row in &corpus.rows {
        if !FORMATS.contains(&row.format.as_str()) {
            continue;
        }
        let bytes = corpus.read(row);
        let outcome = catch_unwind(|| check(row, &bytes)).unwrap_or_else(|_| Err("a panic".to_owned()));
        if row.tier == "core" {
            checked += 1;
            if let Err(failure) = outcome {
                failures.push(format!("{}: {failure}", row.path));
            }
        } else {
            others += 1;
            others_right += u32::from(outcome.is_ok());
            match outcome {
                Err(failure) if failure == "a panic" => failures.push(format!("{}: {failure}", row.path)),
                Err(failure) => println!("{} {}: {failure}", row.tier, row.path),
                Ok(()) => {}
            }
        }
    }
    println!(
        "{checked} core rows, {others_right} of {others} extended and optional rows as the manifest says"
    );
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

fn check(row: &Row, bytes: &[u8]) -> Result<(), String> {
    if let ("svg", "ok", Some(size)) = (row.format.as_str(), row.expected.as_str(), row.size) {
        return check_drawing(row, bytes, size);
    }
    let decoded = decode(bytes, &Limits::default());
    match (row.expected.as_str(), decoded) {
        ("error", Ok(_)) => Err("decoded, but must be refused".to_owned()),
        ("error" | "any", Err(error)) if error.kind() == ErrorKind::Internal => {
            Err(format!("not clean: {error}"))
        }
        ("error" | "any", _) => Ok(()),
        (_, Err(error))
            if error.kind() == ErrorKind::Unsupported
                && PREDICTED.iter().any(|name| row.path.ends_with(name)) =>
        {
            Ok(())
        }
        (_, Err(error)) => Err(error.to_string()),
        (_, Ok(decoded)) => check_pixels(row, bytes, &decoded),
    }
}

/// A drawing at the manifest's size, which for many is not what browsers take for its own.
fn check_drawing(row: &Row, bytes: &[u8], size: Size) -> Result<(), String> {
    let resize = Resize::new(size.width, size.height).with_fit(Fit::Fill);
    let params = Params::default().with_format(Format::Png).with_effort(0).with_resize(resize);
    let made = match convert(bytes, &params, &Limits::default()) {
        Ok(Outcome::Made(made)) => made,
        Err(error)
            if error.kind() == ErrorKind::Unsupported
                && SHOWN_OTHERWISE.iter().any(|name| row.path.ends_with(name)) =>
        {
            return Ok(());
        }
        other => return Err(format!("{other:?}")),
    };
    let decoded = decode(&made.bytes, &Limits::default()).map_err(|error| error.to_string())?;
    match difference(&grid4(&rgba(&decoded.picture)), &row.grid4) {
        off if off > 6 => Err(format!("the grid is off by {off}")),
        _ => Ok(()),
    }
}

fn check_pixels(row: &Row, bytes: &[u8], decoded: &Decoded) -> Result<(), String> {
    let probe = probe(bytes).map_err(|error| format!("probe: {error}"))?;
    if probe.size != decoded.picture.size() || probe.orientation != decoded.orientation {
        return Err(format!("the probe says {probe:?}"));
    }
    let can_move = matches!(row.format.as_str(), "gif" | "png" | "webp");
    if can_move && probe.animated != Some(row.frames > 1) {
        return Err(format!("{} frames, but the probe says {:?}", row.frames, probe.animated));
    }
    let pixels = rgba(&decoded.picture);
    if let Some((_, grid)) = WITH_ALPHA.iter().find(|(name, _)| row.path.ends_with(name)) {
        let off = difference(&grid4(&pixels), &unhex(grid));
        return if off > 1 { Err(format!("the grid is off by {off}")) } else { Ok(()) };
    }
    // Of 16 bits a sample the manifest keeps the upper 8, we round; a JPEG's transform is exact to one step only.
    let is_rounded = row.depth16 || JPEG_IN_TIFF.iter().any(|name| row.path.ends_with(name));
    if row.exact && !is_rounded {
        if sha256(pixels.data()) == row.rgba8_sha256 {
            return Ok(());
        }
        let difference = difference(&grid4(&pixels), &row.grid4);
        return Err(format!("other pixels than the manifest's, the grid off by {difference}"));
    }
    let tolerance = if is_rounded { 1 } else { 3 };
    match difference(&grid4(&pixels), &row.grid4) {
        off if off > tolerance => Err(format!("the grid is off by {off}")),
        _ => Ok(()),
    }
}

#[test]
fn pictures_are_turned_and_their_colours_converted() {
    let corpus = Corpus::find();
    let mut failures = Vec::new();
    let (mut turned, mut recolored) = (0, 0);
    for row in &corpus.rows {
        let is_read = FORMATS.contains(&row.format.as_str()) && row.tier == "core" && row.expected == "ok";
        let wanted = match (row.grid4_oriented.is_empty(), row.grid4_srgb.is_empty()) {
            (false, true) => &row.grid4_oriented,
            (true, false) => &row.grid4_srgb,
            // Both at once have no row of their own in the manifest.
            _ => continue,
        };
        let is_wrong = WITH_ALPHA.iter().any(|(name, _)| row.path.ends_with(name));
        if !is_read || row.frames > 1 || is_wrong {
            continue;
        }
        turned += u32::from(!row.grid4_oriented.is_empty());
        recolored += u32::from(!row.grid4_srgb.is_empty());
        let off = converted(&corpus.read(row)).map(|pixels| difference(&grid4(&pixels), wanted));
        if !off.as_ref().is_ok_and(|&off| off <= 3) {
            failures.push(format!("{}: {off:?}", row.path));
        }
    }
    println!("{turned} pictures turned, {recolored} converted to sRGB");
    assert!(turned > 0 && recolored > 0);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// The pixels after a conversion that loses nothing.
fn converted(bytes: &[u8]) -> Result<Raster, String> {
    let params = Params::default().with_format(Format::Png).with_mode(Mode::Lossless).with_effort(0);
    let outcome = convert(bytes, &params, &Limits::default()).map_err(|error| error.to_string())?;
    let Outcome::Made(made) = outcome else { return Err("kept as it is".to_owned()) };
    let decoded = decode(&made.bytes, &Limits::default()).map_err(|error| error.to_string())?;
    Ok(rgba(&decoded.picture))
}

#[test]
fn formats_that_are_not_decoded_still_state_their_size() {
    let corpus = Corpus::find();
    let mut failures = Vec::new();
    let mut checked = 0;
    for row in &corpus.rows {
        let is_known = matches!(row.format.as_str(), "avif" | "heic" | "jxl") && row.expected == "ok";
        let (true, Some(size)) = (is_known, row.size) else { continue };
        checked += 1;
        let bytes = corpus.read(row);
        match probe(&bytes) {
            // The manifest's decoders turn some of them and not others.
            Ok(probe) if probe.size == size || probe.oriented_size() == size => {
                // Of JPEG XL the manifest counts the first frame only.
                if row.format == "avif" && probe.animated != Some(row.frames > 1) {
                    failures.push(format!("{}: {} frames, but {probe:?}", row.path, row.frames));
                }
            }
            other => failures.push(format!("{}: {size:?}, but {other:?}", row.path)),
        }
    }
    println!("{checked} sizes of AVIF, HEIC and JPEG XL");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
