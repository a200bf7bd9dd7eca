//! A JPEG: what must hold of every file, and that threads change nothing.

use slimpix::{
    codec::{self, Coding, Format, sniff},
    convert::{Mode, Outcome, Params, convert},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Subsampling},
};

use super::decode::{check, raster, with_choices};

pub fn target(data: &[u8]) {
    let Some((&choice, file)) = data.split_first() else { return };
    if sniff(file) != Some(Format::Jpeg) {
        return;
    }
    check(choice, file);
    if choice >= 0xc0 {
        let made = [1, 3].map(|threads| made(file, threads));
        assert!(made[0] == made[1], "by one thread and by three");
    }
}

fn made(file: &[u8], threads: usize) -> Option<Vec<u8>> {
    let params = Params::default().with_mode(Mode::Lossy).with_effort(0);
    let limits = Limits::default().with_max_pixels(1 << 13).with_threads(threads);
    match convert(file, &params, &limits) {
        Ok(Outcome::Made(made)) => Some(made.bytes),
        _ => None,
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let coding = Coding::new(Format::Jpeg).with_effort(1).with_quality(70);
    let rgb = raster(21, 18, Layout::Rgb);
    let planes = |subsampling| Picture::Planes(rgb.to_planes(subsampling).expect("planes"));
    let samplings = [Subsampling::Yuv420, Subsampling::Yuv422, Subsampling::Yuv440, Subsampling::Yuv444];
    let mut pictures = samplings.map(planes).to_vec();
    pictures.push(Picture::Raster(raster(9, 11, Layout::Gray)));
    let made = |picture| codec::encode(picture, &coding, &Metadata::default()).expect("a JPEG");
    let mut files: Vec<Vec<u8>> = pictures.into_iter().map(made).collect();
    let samples: [&[u8]; 6] = [
        include_bytes!("../../data/shown/restart-progressive-missing.jpg"),
        include_bytes!("../../data/shown/restart-band-doubled.jpg"),
        include_bytes!("../../data/shown/restart-420-ahead.jpg"),
        include_bytes!("../../data/shown/sampling-rgb.jpg"),
        include_bytes!("../../data/shown/sampling-ycck.jpg"),
        include_bytes!("../../data/shown/sampling-410.jpg"),
    ];
    files.extend(samples.map(<[u8]>::to_vec));
    with_choices(&files)
}
