use super::*;
use crate::error::Kind;

/// A frame, and the bytes it was made of.
struct Vector {
    name: &'static str,
    frame: &'static [u8],
    content: Vec<u8>,
}

macro_rules! vector {
    ($name:literal, $content:expr) => {
        Vector {
            name: $name,
            frame: include_bytes!(concat!("../../../../tests/data/zstd/", $name, ".zst")),
            content: $content,
        }
    };
}

/// Frames of libzstd: each kind of block, of literals and of tables, at its levels.
fn vectors() -> Vec<Vector> {
    vec![
        // Sequences alone, in one block and in nine, which use tables again and the usual ones.
        vector!("words-fast", words(3000)),
        vector!("words-9", words(3000)),
        vector!("words-22", words(3000)),
        vector!("words-blocks", words(9000)),
        vector!("pieces-blocks", pieces(8000)),
        // Huffman codes: four streams; codes that are used again; one stream, and weights without compression.
        vector!("skewed-3", skewed(900)),
        vector!("skewed-blocks", skewed(8000)),
        vector!("flat-3", noise(3000).iter().map(|byte| byte / 224 * (byte & 3)).collect()),
        // A match of 300 bytes, 200,300 bytes ago.
        vector!("far-19", [noise(300), vec![0; 200_000], noise(300)].concat()),
        // Blocks that aren't compressed, and of one byte.
        vector!("noise-3", noise(300)),
        vector!("zeros-3", vec![0; 300_000]),
        vector!("one", noise(1)),
    ]
}

fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn words(count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for byte in noise(count) {
        let word = u32::from(byte >> 4);
        bytes.extend((0..3 + word).map(|at| (37 * word + at * at) as u8));
        bytes.extend((byte & 8 != 0).then_some(byte));
    }
    bytes.truncate(count);
    bytes
}

fn pieces(count: usize) -> Vec<u8> {
    let all = noise(64);
    let mut bytes = all.clone();
    for byte in noise(count / 17) {
        let from = usize::from(byte >> 3);
        bytes.push(7);
        bytes.extend(&all[from..from + 16]);
    }
    bytes.truncate(count);
    bytes
}

fn skewed(count: usize) -> Vec<u8> {
    let square = |byte: u32| (byte * byte) >> 8;
    noise(count).into_iter().map(|byte| square(square(square(byte.into()))) as u8).collect()
}

/// The first bytes of a frame, row by row.
fn unpacked(frame: &[u8], is_lsb_first: bool, count: usize, row: usize) -> Result<Vec<u8>> {
    let mut zstd = Zstd::new(Packed::new(frame, is_lsb_first), count as u64)?;
    let mut bytes = vec![0; count];
    bytes.chunks_mut(row).try_for_each(|row| zstd.fill(row))?;
    let held = [zstd.turned.capacity(), zstd.literals.heap_bytes(), zstd.output.heap_bytes()];
    let stated = Zstd::heap_bytes(count as u64, is_lsb_first);
    assert!(
        (held.iter().sum::<usize>() + size_of::<Zstd<'_>>()) as u64 <= stated,
        "{held:?}, {stated} stated"
    );
    Ok(bytes)
}

#[test]
fn frames_become_what_they_were_made_of() {
    for Vector { name, frame, content } in vectors() {
        let length = content.len();
        assert!(unpacked(frame, false, length, 1000).unwrap() == content, "{name}");
        let turned: Vec<u8> = frame.iter().map(|byte| byte.reverse_bits()).collect();
        assert!(unpacked(&turned, true, length, 77).unwrap() == content, "{name}, its bits turned");
        // More than there is, and of a frame that is cut short.
        assert_eq!(unpacked(frame, false, length + 1, 1000).unwrap_err().kind(), Kind::Malformed, "{name}");
        let cut = unpacked(&frame[..frame.len() / 2], false, length, 1000).unwrap_err();
        assert_eq!(cut.to_string(), "a part of the TIFF is cut short", "{name}");
    }
}

#[test]
fn of_a_longer_frame_the_first_bytes_are_read() {
    // A tile may be higher than the picture.
    for Vector { name, frame, content } in vectors() {
        for count in (1..content.len()).step_by(content.len() / 40 + 1) {
            assert!(unpacked(frame, false, count, 500).unwrap() == content[..count], "{count} of {name}");
        }
    }
}

#[test]
fn damaged_frames_end() {
    let mut failed = 0;
    for Vector { frame, content, .. } in vectors().iter().filter(|vector| vector.content.len() < 10_000) {
        for at in 0..frame.len() {
            let mut frame = frame.to_vec();
            for change in [1, 0x80, 0xff] {
                frame[at] ^= change;
                failed += usize::from(unpacked(&frame, false, content.len(), 1000).is_err());
            }
        }
    }
    assert!(failed > 10_000, "{failed}");
}

/// A frame that states its window by a byte and nothing else.
fn frame(window: u8, blocks: &[(u32, usize, &[u8])]) -> Vec<u8> {
    let mut frame = [&MAGIC[..], &[0, window]].concat();
    for (at, &(kind, size, bytes)) in blocks.iter().enumerate() {
        let is_last = u32::from(at + 1 == blocks.len());
        frame.extend(&((size as u32) << 3 | kind << 1 | is_last).to_le_bytes()[..3]);
        frame.extend(bytes);
    }
    frame
}

/// A block of one literal that is repeated 16 times 65,539 times.
fn long_block() -> Vec<u8> {
    // Each table has one code: one literal, the last offset, the longest match with 16 bits that are zeros.
    let sequences = [16, 0b0101_0100, 1, 0, 52];
    [&[1 | 16 << 3, 9][..], &sequences, &[0; 32], &[1]].concat()
}

#[test]
fn a_block_that_regenerates_too_much_is_refused() {
    let block = long_block();
    let blocks = [(2, block.len(), &block[..])];
    // A window of 1 KB bounds its blocks.
    let error = unpacked(&frame(0, &blocks), false, 1 << 12, 64).unwrap_err();
    assert_eq!(error.to_string(), "a block of Zstandard in the TIFF regenerates more than it may");
    // One of 2 TB bounds nothing: of a block there are 128 KB, and no more than are wanted.
    let error = unpacked(&frame(0xff, &blocks), false, 1 << 20, 4096).unwrap_err();
    assert_eq!(error.to_string(), "a block of Zstandard in the TIFF regenerates more than it may");
    assert_eq!(unpacked(&frame(0xff, &blocks), false, 1 << 10, 64).unwrap(), [9; 1 << 10]);
    // A single segment of 200 bytes.
    let mut stated = frame(200, &blocks);
    stated[4] = 0x20;
    assert!(unpacked(&stated, false, 200, 200).is_err());
    // Other blocks.
    let too_long = |block| unpacked(&frame(0, &[block]), false, 4096, 64).unwrap_err().to_string();
    assert_eq!(too_long((1, 1025, &[7])), "a block of Zstandard in the TIFF is longer than it may be");
    assert_eq!(too_long((0, 2000, &[7; 2000])), "a block of Zstandard in the TIFF is longer than it may be");
    let literals = [0b1101 | 0xf0, 0xff, 0xff, 7, 0];
    assert_eq!(too_long((2, 5, &literals)), "a block of Zstandard in the TIFF regenerates more than it may");
}

#[test]
fn many_sequences_need_few_bytes() {
    // 0x7f00 matches of three bytes, without literals: the last two offsets take turns.
    let block = [0, 255, 0, 0, 0b0101_0100, 0, 0, 0, 1];
    let frame = frame(0x50, &[(0, 8, b"abcdefgh"), (2, block.len(), &block)]);
    let mut content = b"abcdefgh".to_vec();
    for sequence in 0..0x7f00 {
        let offset = [4, 1][sequence % 2];
        (0..3).for_each(|_| content.push(content[content.len() - offset]));
    }
    assert!(unpacked(&frame, false, content.len(), 999).unwrap() == content);
}

#[test]
fn frame_headers_are_read() {
    let read = |bytes: &[u8]| {
        let bytes = [&MAGIC, bytes].concat();
        Frame::read(&mut Packed::new(&bytes, false)).map_err(|error| error.to_string())
    };
    assert_eq!(read(&[0, 17 << 3 | 4]), Ok(Frame { window: (128 << 20) * 3 / 2, content: None }));
    assert_eq!(read(&[0x20, 200]), Ok(Frame { window: 200, content: Some(200) }));
    assert_eq!(read(&[0x60, 1, 1]), Ok(Frame { window: 513, content: Some(513) }));
    assert_eq!(read(&[0x80, 0, 1, 2, 0, 0]), Ok(Frame { window: 1024, content: Some(513) }));
    assert_eq!(
        read(&[0xe1, 0, 1, 0, 0, 0, 0, 0, 0, 1]),
        Ok(Frame { window: 1 << 56 | 1, content: Some(1 << 56 | 1) })
    );
    assert_eq!(read(&[0x21, 1, 200]), Err("a TIFF of Zstandard with a dictionary".to_owned()));
    assert_eq!(read(&[0x28, 200]), Err("a TIFF of a later Zstandard".to_owned()));
    assert_eq!(read(&[0x60, 1]), Err("a part of the TIFF is cut short".to_owned()));
}
