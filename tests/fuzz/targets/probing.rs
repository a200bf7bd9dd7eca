//! Looking at a file piece by piece: it ends, and finds what looking at all of it finds.
//!
//! The first byte of the data says what is known of the file's length; the rest is the file.

use slimpix::codec::{Looked, Prober, Probing, sniff};

pub fn target(data: &[u8]) {
    let Some((&first, file)) = data.split_first() else { return };
    // What is held of more than this may not be enough to go back to.
    let file = &file[..file.len().min(100 << 10)];
    let len = file.len() as u64;
    let length = match first % 4 {
        0 => None,
        1 | 2 => Some(len),
        _ => Some(len.wrapping_mul(u64::from(first)).wrapping_add(7)),
    };
    let pieces = look(file, length, first);
    let _ = Looked::at_beginning(file, length);
    let whole = Looked::at(file);
    assert_eq!(sniff(file), whole.format);
    if length.is_none_or(|said| said == len) {
        assert_eq!(pieces.0, whole.format, "the format by pieces and at once");
        match (pieces.1, whole.probe) {
            (Some(pieces), Ok(whole)) => assert_eq!(pieces, whole),
            (pieces, whole) => assert_eq!(pieces.is_none(), whole.is_err(), "{pieces:?}, {whole:?}"),
        }
    }
}

/// The format and what the header says, if anything.
fn look(
    file: &[u8],
    length: Option<u64>,
    first: u8,
) -> (Option<slimpix::codec::Format>, Option<slimpix::codec::Probe>) {
    let mut prober = Prober::new(length);
    for _ in 0..1 << 16 {
        match prober.next() {
            Ok(Probing::Known(probe)) => return (prober.format(), Some(*probe)),
            Err(_) => return (prober.format(), None),
            Ok(Probing::Need(need)) => {
                let start = usize::try_from(need.offset).unwrap_or(usize::MAX).min(file.len());
                let end = start.saturating_add(need.length).min(file.len());
                // Some hosts give more than they were asked for.
                let end = if first >= 128 { file.len() } else { end };
                prober.feed(&file[start..end]).expect("room for a piece");
            }
        }
    }
    panic!("it goes on for ever");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
    jpeg.extend(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    jpeg.extend([0xff, 0xc0, 0, 17, 8, 0, 48, 0, 64, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    jpeg.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0, 1, 2, 3, 0xff, 0xd9]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x08\x08\x06\0\0\0".to_vec();
    png.extend(b"\xbe\xe1\xe2\x66\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\xf3\x8d\x93\x70\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xaeB`\x82");
    let webp = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\x0f\0\0\x07\0\0VP8L\0\0\0\0".to_vec();
    let lossy = b"RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0\x10\0\0\x9d\x01\x2a\x10\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec();
    let mut bmp = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0".to_vec();
    bmp.resize(70, 0);
    let avif = b"\0\0\0\x18ftypavif\0\0\0\0avifmif1\0\0\0\x3cmeta\0\0\0\0\0\0\0\x0epitm\0\0\0\0\0\x01\0\0\0\x24iprp\0\0\0\x1cipco\0\0\0\x14ispe\0\0\0\0\0\0\0\x10\0\0\0\x08".to_vec();
    let tiff =
        b"II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x10\0\0\0\x01\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0"
            .to_vec();
    let ico = b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x28\0\0\0\x16\0\0\0\x28\0\0\0\x10\0\0\0\x20\0\0\0\x01\0\x20\0".to_vec();
    let svg = b"<?xml version='1.0'?><!-- x --><svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 20'/>"
        .to_vec();
    let spaced = [&[b' '; 300][..], b"<svg width='3'/>"].concat();
    let jxl =
        b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a\0\0\0\x14ftypjxl \0\0\0\0jxl \0\0\0\0jxlc\xff\x0a\x10\x20".to_vec();
    let files = [jpeg, png, webp, lossy, gif, bmp, avif, tiff, ico, svg, spaced, jxl];
    files.into_iter().enumerate().map(|(at, file)| [vec![at as u8], file].concat()).collect()
}
