//! A WebP, with loss, with alpha beside it, or without loss: what must hold of every file.

use slimpix::{
    codec::{self, Coding, Format, sniff},
    pixel::{Layout, Metadata, Picture},
};

use super::decode::{check, raster, with_choices};

pub fn target(data: &[u8]) {
    let Some((&choice, file)) = data.split_first() else { return };
    if sniff(file) == Some(Format::WebP) {
        check(choice, file);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for (width, height) in [(1, 1), (21, 18), (35, 9)] {
        for (layout, lossless, effort) in [
            (Layout::Rgb, false, 0),
            (Layout::Rgb, false, 5),
            (Layout::Rgba, false, 2),
            (Layout::Rgb, true, 1),
            (Layout::Rgba, true, 4),
        ] {
            let coding =
                Coding::new(Format::WebP).with_lossless(lossless).with_effort(effort).with_quality(60);
            let picture = Picture::Raster(raster(width, height, layout));
            let metadata = Metadata::default().with_xmp((effort == 2).then(|| b"<x/>".to_vec()));
            files.push(codec::encode(picture, &coding, &metadata).expect("a WebP"));
        }
    }
    // With alpha beside a frame that states a partition of 2.1 MB.
    files.push(
        b"RIFFj\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x0f\0\0\x0f\0\0ALPH#\0\0\0\x09\x17\x20\x20IC\xe0\xf0\x8a\x88X\x20\
          \x93\xb6\xd10Oa\xfe5\xed\x9d\x81\x88\xfe\x13L\xd2T\xdb1E\xa6\xdb\x01\0VP8 \x20\0\0\0p\x01\0\x9d\x01*\x10\0\
          \x10\0\x0f\xea\xfe%\xa0\x02t\x01G\0\0\xfe\xda&\x95z\xbc\xb9\x16\xc0\0\0"
            .to_vec(),
    );
    with_choices(&files)
}
