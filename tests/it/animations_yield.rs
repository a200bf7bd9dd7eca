//! An animation of many pixels lets others go first between its frames, where there is one place for all, and is
//! converted all the same.

use std::thread;

use slimpix::codec;

use crate::support::{
    http::{self, WEBP},
    pictures,
    server::Place,
};

/// Fifty frames of a megapixel, in which all of it changes: bands that move.
fn moving() -> Vec<u8> {
    let (width, height) = (1250_u16, 800_u16);
    let mut file = Vec::new();
    let palette = [20, 90, 160, 240, 200, 40];
    let mut encoder = gif::Encoder::new(&mut file, width, height, &palette).unwrap();
    for frame in 0..50 {
        let row: Vec<u8> = (0..width).map(|x| ((x / 25 + frame) % 2) as u8).collect();
        let pixels = row.repeat(height.into());
        encoder.write_frame(&gif::Frame::from_indexed_pixels(width, height, pixels, None)).unwrap();
    }
    drop(encoder);
    file
}

#[test]
fn others_are_converted_while_an_animation_of_fifty_megapixels_is() {
    let names: Vec<String> = (0..12).map(|number| format!("{number}.jpg")).collect();
    let mut files: Vec<(&str, Vec<u8>)> =
        names.iter().zip(1..).map(|(name, seed)| (name.as_str(), pictures::jpeg(64, 48, seed))).collect();
    files.push(("moving.gif", moving()));
    let place = Place::new(&files);
    let server = place.serve(&["--jobs", "1", "--wait", "60"]);
    thread::scope(|scope| {
        let long = scope.spawn(|| http::get(server.address, "/moving.gif", &[WEBP]));
        // The first ones may be there before it.
        for name in &names {
            assert!(server.get(&format!("/{name}"), WEBP).is_webp(), "{name}");
        }
        assert!(!long.is_finished(), "it was converted at once, and they after it");
        let long = long.join().unwrap();
        assert!(long.is_webp());
        assert_eq!(codec::probe(&long.body).unwrap().animated, Some(true));
    });
    assert_eq!(server.conversions(), names.len() + 1);
}
