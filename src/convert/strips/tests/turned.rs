//! Photos that are turned while they come by rows, and light that is scaled, against whole pictures.

use super::*;
use crate::convert::{color, orient};

/// A turned source: EXIF with an orientation, and perhaps a profile.
fn turned_source(
    size: (u32, u32),
    subsampling: Option<Subsampling>,
    orientation: u8,
    icc: Option<Vec<u8>>,
) -> Vec<u8> {
    let exif = [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation], &[0; 6]];
    let metadata = Metadata { exif: Some(exif.concat()), icc, ..Metadata::default() };
    let coding = Coding::new(Format::Jpeg).with_quality(90).with_effort(1);
    let picture = match subsampling {
        Some(subsampling) => {
            let picture = raster(size.0, size.1, Layout::Rgb).to_planes(subsampling).unwrap();
            Picture::Planes(picture)
        }
        None => Picture::Raster(raster(size.0, size.1, Layout::Gray)),
    };
    codec::encode(picture, &coding, &metadata).unwrap()
}

/// Gathers rows that come turned.
struct Turned<'a> {
    frame: &'a Frame,
    scaling: Option<Scaling>,
}

impl Sink for Turned<'_> {
    fn begin(&mut self, head: Head) -> Result<Option<u32>> {
        let (scaling, scale_num) = Scaling::new(&head, self.frame, true)?;
        self.scaling = Some(scaling);
        Ok(Some(scale_num))
    }

    fn turn(&self, stored: Orientation) -> Orientation {
        stored
    }

    fn take(&mut self, rows: Rows<'_>) -> Result<()> {
        self.scaling.as_mut().unwrap().take(rows)
    }
}

#[test]
fn a_photo_that_is_turned_by_rows_is_the_one_that_is_turned_as_a_whole() {
    let limits = Limits::default();
    let kinds = [
        Some(Subsampling::Yuv420),
        Some(Subsampling::Yuv422),
        Some(Subsampling::Yuv440),
        Some(Subsampling::Yuv444),
        None,
    ];
    // Below 10,000 pixels files are baseline.
    for (size, kind) in [(67, 45), (130, 96), (1, 33)].into_iter().flat_map(|s| kinds.map(|k| (s, k))) {
        for orientation in 1..=8 {
            let source = turned_source(size, kind, orientation, None);
            let probe = codec::probe(&source).unwrap();
            assert_eq!(probe.orientation, Orientation::from_exif(orientation.into()));
            for params in params() {
                let plan = plan(&probe, &params).unwrap();
                let case = format!("{size:?} {kind:?} {:?} {:?}", probe.orientation, params.resize);
                let Framed { picture, orientation, .. } =
                    decode_to_size(&source, &plan.probe, &limits, &plan.frame).unwrap();
                let whole = orient::upright(picture, orientation).unwrap();
                if params.resize.is_none() {
                    assert!(plan.streams, "{case}");
                    let coded = codec::encode(whole, &plan.coding, &Metadata::default()).unwrap();
                    let photo = photo_to_file(&source, &plan, goal(&plan)).unwrap();
                    assert!(photo.is_some_and(|photo| photo.file == coded), "{case}");
                } else if plan.frame.is_placed(plan.source) {
                    let mut sink = Turned { frame: &plan.frame, scaling: None };
                    assert!(codec::decode_rows(plan.probe.format, &source, &limits, &mut sink).unwrap());
                    let turned = sink.scaling.unwrap().into_picture().unwrap();
                    assert!(farthest(&turned, &whole) <= 2, "{case}: {}", farthest(&turned, &whole));
                }
            }
        }
    }
}

#[test]
fn a_photo_of_other_colours_is_turned_by_rows() {
    let limits = Limits::default();
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    for kind in [Subsampling::Yuv420, Subsampling::Yuv422, Subsampling::Yuv440] {
        for orientation in 1..=8 {
            let source = turned_source((67, 45), Some(kind), orientation, Some(profile.clone()));
            let params = &params()[0];
            let plan = plan(&codec::probe(&source).unwrap(), params).unwrap();
            let Decoded { picture, orientation, metadata } = codec::decode(&source, &limits).unwrap();
            let whole = orient::upright(picture, orientation).unwrap();
            // By rows it stays the RGB that colours are converted in.
            let whole = Picture::Raster(whole.into_raster().unwrap());
            let whole = color::to_srgb(whole, &metadata).unwrap();
            let coded = codec::encode(whole, &plan.coding, &Metadata::default()).unwrap();
            let photo = photo_to_file(&source, &plan, goal(&plan)).unwrap();
            assert!(photo.is_some_and(|photo| photo.file == coded), "{kind:?} {orientation:?}");
        }
    }
}

#[test]
fn light_is_scaled_by_rows_as_in_the_whole_picture() {
    let limits = Limits::default();
    for source in sources() {
        for mut params in params() {
            let Some(resize) = &mut params.resize else { continue };
            resize.linear = true;
            let plan = plan(&codec::probe(&source).unwrap(), &params).unwrap();
            let Decoded { picture, orientation, .. } = codec::decode(&source, &limits).unwrap();
            let whole = resize::resize(picture, orientation, &plan.frame).unwrap();
            let scaled = decode_to_size(&source, &plan.probe, &limits, &plan.frame).unwrap().picture;
            assert!(scaled == whole, "{params:?}");
        }
    }
}
