//! A file's pixels come out upright and in sRGB, by rows or at once, in little memory; and a caller's own errors and
//! panics come back as they were.

use std::{fs, panic, path::Path};

use slimpix::{
    Decoder, Error, ErrorKind, Format, Layout, Limits, Outcome, Params, Resize, codec, convert,
    pixel::{Picture, Raster},
    webp::Encoder,
};

use crate::{
    pictures::png,
    support::{heap::peak_of, pictures::photo},
};

/// RGBA, without what can't be seen.
fn shown(raster: &Raster) -> Vec<[u8; 4]> {
    let pixel = |p: &[u8]| match *p {
        [v] => [v, v, v, 255],
        [v, a] => [v, v, v, a],
        [r, g, b] => [r, g, b, 255],
        ref p => [p[0], p[1], p[2], p[3]],
    };
    let pixels = raster.data().chunks(raster.layout().channels() as usize).map(pixel);
    pixels.map(|p| if p[3] == 0 { [0; 4] } else { p }).collect()
}

/// What a lossless conversion makes of a file; of a drawing at its own size, which is else twice that.
fn converted(bytes: &[u8]) -> Option<Raster> {
    let probe = codec::probe(bytes).ok()?;
    let own = probe.format.info().is_vector.then(|| Resize::to_width(probe.size.width));
    let params = Params::default().with_format(Format::Png).with_effort(0).with_resize(own);
    let Ok(Outcome::Made(made)) = convert(bytes, &params, &Limits::default()) else { return None };
    match codec::decode(&made.bytes, &Limits::default()).unwrap().picture {
        Picture::Raster(raster) => Some(raster),
        other => panic!("{:?}", other.size()),
    }
}

#[test]
fn pixels_are_those_of_a_lossless_conversion() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let folders = ["golden", "pictures", "shown", "tiff"].map(|name| fs::read_dir(data.join(name)).unwrap());
    let mut compared = 0;
    for entry in folders.into_iter().flatten() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let (Ok(decoder), Some(expected)) = (Decoder::new(&bytes, &Limits::default()), converted(&bytes))
        else {
            continue;
        };
        let whole = decoder.decode().unwrap();
        assert_eq!((whole.size(), whole.layout()), (decoder.size(), decoder.layout()), "{path:?}");
        assert_eq!(whole.size(), expected.size(), "{path:?}");
        assert!(shown(&whole) == shown(&expected), "{path:?}");
        let mut rows = Vec::new();
        decoder
            .rows(|row| {
                assert_eq!(row.len() as u32, decoder.size().width * decoder.layout().channels());
                rows.extend_from_slice(row);
                Ok(())
            })
            .unwrap();
        assert!(rows == whole.data(), "{path:?}");
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn what_cannot_be_decoded_is_refused_at_once() {
    let file = png(60, 40, Layout::Rgb);
    let kind = |bytes: &[u8], limits: &Limits| Decoder::new(bytes, limits).unwrap_err().kind();
    let limits = Limits::default();
    assert_eq!(kind(&file, &limits.clone().with_max_pixels(2399)), ErrorKind::LimitExceeded);
    assert_eq!(kind(&file, &limits.clone().with_max_input_bytes(100)), ErrorKind::LimitExceeded);
    assert_eq!(kind(b"", &limits), ErrorKind::Unsupported);
    // What viewers show of half a file comes as a whole picture; what they refuse is an error.
    let (cut, mut height) = (&file[..file.len() / 2], 0);
    let result = Decoder::new(cut, &limits).unwrap().rows(|_| {
        height += 1;
        Ok(())
    });
    assert!(result.is_err() || height == 40, "{result:?}, {height} rows");
    let photo = photo();
    let poor = limits.with_max_memory(photo.len() as u64);
    let error = Decoder::new(&photo, &poor).unwrap().decode().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn a_wrong_checksum_is_found_by_rows_as_at_once() {
    for layout in [Layout::Gray, Layout::Rgba] {
        let mut file = png(20, 10, layout);
        // That of the last piece of the picture, before the chunk that ends the file.
        let checksum = file.len() - 12 - 1;
        file[checksum] ^= 1;
        let by_rows = Decoder::new(&file, &Limits::default()).and_then(|decoder| decoder.rows(|_| Ok(())));
        assert_eq!(by_rows.unwrap_err().kind(), ErrorKind::Malformed, "{layout:?}");
        let whole = codec::decode(&file, &Limits::default());
        assert_eq!(whole.unwrap_err().kind(), ErrorKind::Malformed, "{layout:?}");
    }
}

#[test]
fn the_takers_errors_and_panics_are_its_own() {
    let file = png(60, 40, Layout::Rgba);
    let decoder = Decoder::new(&file, &Limits::default()).unwrap();
    let mut taken = 0;
    let error = decoder.rows(|_| {
        taken += 1;
        if taken < 3 { Ok(()) } else { Err(Error::new(ErrorKind::Io, "the disk is full")) }
    });
    assert_eq!((error.unwrap_err().to_string().as_str(), taken), ("the disk is full", 3));
    let panic = panic::catch_unwind(|| decoder.rows(|_| panic!("own")));
    assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"own"));
}

#[test]
fn twelve_megapixels_take_little() {
    let file = photo();
    let (peak, height) = peak_of(|| {
        let decoder = Decoder::new(&file, &Limits::default()).unwrap();
        let mut height = 0;
        decoder
            .rows(|_| {
                height += 1;
                Ok(())
            })
            .unwrap();
        height
    });
    println!("{peak} bytes");
    assert_eq!(height, 3024);
    assert!(peak <= 3_000_000, "{peak} bytes");

    let (peak, webp) = peak_of(|| {
        let decoder = Decoder::new(&file, &Limits::default()).unwrap();
        let size = decoder.size();
        let encoder = Encoder::new(80).with_effort(0);
        let mut encoder = encoder.rows(size.width, size.height, decoder.layout()).unwrap();
        decoder.rows(|row| encoder.push_rows(row)).unwrap();
        encoder.finish().unwrap()
    });
    println!("{peak} bytes, {} made", webp.len());
    assert!(peak <= 10_000_000, "{peak} bytes");
}
