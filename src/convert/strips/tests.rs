//! Pictures by rows against whole ones.

mod turned;

use super::*;
use crate::{
    codec::{Coding, Format, rows},
    convert::{Fit, Interest, Mode, Params, Resize, plan},
    pixel::Subsampling,
};

fn raster(width: u32, height: u32, layout: Layout) -> Raster {
    let mut noise = 1_u32;
    let length = width * height * layout.channels();
    let data = (0..length).map(|at| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (at / 7 + (noise >> 27)) as u8
    });
    Raster::new(Size::new(width, height), layout, data.collect()).unwrap()
}

/// A Windows bitmap of 32 bits a pixel.
fn bitmap(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend([width, height].into_iter().flat_map(u32::to_le_bytes));
    file.extend([1, 0, 32, 0]);
    file.extend([0; 24]);
    file.extend(raster(width, height, Layout::Rgba).data());
    file
}

/// JPEGs of all kinds that come by rows, PNGs and bitmaps.
fn sources() -> Vec<Vec<u8>> {
    let mut sources = Vec::new();
    for (width, height) in [(1, 1), (67, 45), (130, 96)] {
        for subsampling in
            [Subsampling::Yuv420, Subsampling::Yuv422, Subsampling::Yuv440, Subsampling::Yuv444]
        {
            let picture = raster(width, height, Layout::Rgb).to_planes(subsampling).unwrap();
            let coding = Coding::new(Format::Jpeg).with_quality(90).with_effort(1);
            sources.push(codec::encode(Picture::Planes(picture), &coding, &Metadata::default()).unwrap());
        }
        sources.push(bitmap(width, height));
        let layouts = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];
        for (format, layout) in
            layouts.map(|layout| (Format::Png, layout)).into_iter().chain([(Format::Jpeg, Layout::Gray)])
        {
            let coding = Coding::new(format).with_quality(90).with_effort(1);
            let picture = Picture::Raster(raster(width, height, layout));
            sources.push(codec::encode(picture, &coding, &Metadata::default()).unwrap());
        }
    }
    sources
}

fn params() -> Vec<Params> {
    let resize = |width, height, fit| Resize { width, height, fit, enlarge: true, ..Resize::default() };
    let resizes = [
        None,
        Some(resize(Some(20), None, Fit::Contain)),
        Some(resize(Some(33), Some(31), Fit::Cover)),
        Some(resize(Some(150), Some(8), Fit::Fill)),
        Some(Resize { interest: Interest::Entropy, ..resize(Some(9), Some(30), Fit::Cover) }),
    ];
    let params = |resize| Params { resize, mode: Mode::Lossy, effort: 0, ..Params::default() };
    resizes.into_iter().map(params).collect()
}

/// What the rows are wanted for at first.
fn goal(plan: &Plan) -> Goal {
    if plan.coding.is_surveyed() { Goal::Survey } else { Goal::Photo { ends_early: false } }
}

/// The differences of two pictures' samples.
fn differences(a: &Picture, b: &Picture) -> Vec<u8> {
    let samples = |picture: &Picture| match picture {
        Picture::Planes(planes) => planes.planes().concat(),
        Picture::Raster(raster) => raster.data().to_vec(),
        Picture::Inks(inks) => inks.data().to_vec(),
    };
    let (a, b) = (samples(a), samples(b));
    assert_eq!(a.len(), b.len());
    a.iter().zip(&b).map(|(a, b)| a.abs_diff(*b)).collect()
}

/// Their mean.
fn distance(a: &Picture, b: &Picture) -> f64 {
    let all = differences(a, b);
    all.iter().map(|&one| u32::from(one)).sum::<u32>() as f64 / all.len() as f64
}

fn farthest(a: &Picture, b: &Picture) -> u8 {
    differences(a, b).into_iter().max().unwrap_or(0)
}

#[test]
fn rows_give_what_the_whole_picture_gives() {
    let limits = Limits::default();
    let mut streamed = 0;
    for source in sources() {
        for params in params() {
            let probe = codec::probe(&source).unwrap();
            let plan = plan(&probe, &params).unwrap();
            let Decoded { picture, orientation, .. } = codec::decode(&source, &limits).unwrap();
            let whole = resize::resize(picture, orientation, &plan.frame).unwrap();
            let scaled = decode_to_size(&source, &plan.probe, &limits, &plan.frame).unwrap().picture;
            // A source that is scaled while it is decoded is another picture, if hardly.
            let is_full =
                plan.frame.scale_num(rows::scales(&probe)) == 8 || !plan.frame.is_placed(plan.source);
            assert!(if is_full { scaled == whole } else { distance(&scaled, &whole) < 2.5 }, "{params:?}");
            if plan.streams {
                let coded = codec::encode(scaled, &plan.coding, &Metadata::default()).unwrap();
                let photo = photo_to_file(&source, &plan, goal(&plan)).unwrap().unwrap();
                assert!(photo.file == coded && !photo.may_be_graphic, "{params:?}");
                streamed += 1;
            }
        }
    }
    assert!(streamed >= 100, "{streamed}");
}

#[test]
fn threads_change_no_byte_and_are_paid_for() {
    let file = |layout, format| {
        let coding = Coding::new(format).with_quality(90).with_effort(1);
        let picture = Picture::Raster(raster(300, 200, layout));
        codec::encode(picture, &coding, &Metadata::default()).unwrap()
    };
    let alone = Limits::default();
    let many = Limits { threads: 5, ..Limits::default() };
    let params = Params { mode: Mode::Lossy, effort: 1, ..Params::default() };
    for source in [file(Layout::Rgb, Format::Jpeg), file(Layout::Rgba, Format::Png)] {
        let bytes = |limits| match crate::convert::convert(&source, &params, limits) {
            Ok(crate::convert::Outcome::Made(made)) => made.bytes,
            other => panic!("{other:?}"),
        };
        assert!(bytes(&alone) == bytes(&many));
        let plan = plan(&codec::probe(&source).unwrap(), &params).unwrap();
        assert_eq!(plan.clone().within(&alone).peak_bytes, plan.peak_bytes);
        assert!(plan.clone().within(&many).peak_bytes > plan.peak_bytes);
    }
}
