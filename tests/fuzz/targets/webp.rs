//! A WebP, with loss, with alpha beside it, or without loss: what must hold of every file.

use slimpix::{
    codec::{self, Coding, Format, sniff},
    pixel::{Layout, Metadata, Picture},
};

use super::decode::{check, raster, seed};

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
    files.iter().zip((3..=255).step_by(17)).map(|(file, choice)| seed(choice, file)).collect()
}
