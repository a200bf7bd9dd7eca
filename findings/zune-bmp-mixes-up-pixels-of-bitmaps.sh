#!/usr/bin/env bash
# Each row of an uncompressed bitmap is padded to a multiple of four bytes, whatever its bits (Microsoft's documentation
# of BITMAPINFOHEADER). zune-bmp 0.5.2, below zune-image, "with battery included support for the esoteric parts of the
# spec", skips the padding at 8, 24 and 32 bits. At 1 and 4 bits it doesn't: each row but the lowest is read from the
# padding of the one below on, so that of 1 bit all widths but 25 to 32, 57 to 64 and so on come as a smear, which is
# most icons, and of 4 bits all but 7 and 8, 15 and 16. At 16 bits it works out a row's length by the picture's height,
# and shows little but even widths that are twice as large. There is no error, and the size is right. image 0.25.10
# reads all of them. Seen: below, in `expected`: how many pixels are others than they were made; samples of 5 and 6 bits
# may be 8 off. Needs Rust. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
image = { version = "=0.25.10", default-features = false, features = ["bmp"] }
zune-bmp = "=0.5.2"
zune-core = "=0.5.3"
TOML
cat > src/main.rs <<'RUST'
use zune_bmp::BmpDecoder;
use zune_core::bytestream::ZCursor;

const MASKS: [u32; 3] = [0xF800, 0x07E0, 0x001F];

/// What colour a pixel has, as a number of a palette whose colour n is n times 17 of all three samples.
fn index(x: usize, y: usize, bits: usize) -> u32 {
    ((x + 5 * y + x * y / 2) % (1 << bits.min(4))) as u32
}

/// A grey as red, green and blue of 5, 6 and 5 bits.
fn deep(grey: u32) -> u32 {
    grey >> 3 << 11 | grey >> 2 << 5 | grey >> 3
}

/// A bitmap from the bottom up; 16 bits have masks after the header of 40 bytes.
fn bitmap(width: usize, height: usize, bits: usize) -> Vec<u8> {
    let stride = (width * bits).div_ceil(32) * 4;
    let mut body = vec![0_u8; stride * height];
    for (y, row) in body.chunks_mut(stride).rev().enumerate() {
        for x in 0..width {
            match bits {
                16 => row[2 * x..][..2].copy_from_slice(&(deep(17 * index(x, y, 4)) as u16).to_le_bytes()),
                24 => row[3 * x..][..3].fill(17 * index(x, y, 4) as u8),
                _ => row[x * bits / 8] |= (index(x, y, bits) as u8) << (8 - bits - x * bits % 8),
            }
        }
    }
    let mut after = Vec::new();
    match bits {
        16 => MASKS.iter().for_each(|mask| after.extend(mask.to_le_bytes())),
        24 => {}
        _ => (0..1_u32 << bits).for_each(|n| after.extend((n % 16 * 0x11_1111).to_le_bytes())),
    }
    let start = (14 + 40 + after.len()) as u32;
    let mut file = b"BM".to_vec();
    file.extend((start + body.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    file.extend(start.to_le_bytes());
    file.extend(40_u32.to_le_bytes());
    file.extend((width as u32).to_le_bytes());
    file.extend((height as u32).to_le_bytes());
    file.extend([1, 0, bits as u8, 0]);
    file.extend((if bits == 16 { 3_u32 } else { 0 }).to_le_bytes());
    file.extend((body.len() as u32).to_le_bytes());
    file.extend([0; 16]);
    file.extend(after);
    file.extend(body);
    file
}

fn by_zune(file: &[u8]) -> Vec<u8> {
    let mut decoder = BmpDecoder::new(ZCursor::new(file));
    let samples = decoder.decode().unwrap();
    samples.chunks(decoder.colorspace().unwrap().num_components()).flat_map(|pixel| &pixel[..3]).copied().collect()
}

fn by_image(file: &[u8]) -> Vec<u8> {
    image::load_from_memory(file).unwrap().to_rgb8().into_raw()
}

fn main() {
    for bits in [1, 4, 8, 16, 24] {
        for (width, height) in [(16, 8), (17, 8), (32, 16), (32, 32)] {
            let file = bitmap(width, height, bits);
            let greys: Vec<u32> = (0..width * height).map(|at| 17 * index(at % width, at / width, bits)).collect();
            let wrong = |samples: Vec<u8>| {
                let is_right = |pixel: &[u8], grey: u32| pixel.iter().all(|sample| sample.abs_diff(grey as u8) <= 8);
                samples.chunks(3).zip(&greys).filter(|(pixel, grey)| !is_right(pixel, **grey)).count()
            };
            println!(
                "{bits} bits, {width} by {height}: wrong of {}: zune-bmp {}, image {}",
                greys.len(),
                wrong(by_zune(&file)),
                wrong(by_image(&file))
            );
        }
    }
}
RUST
seen=$(cargo run --quiet)
expected='1 bits, 16 by 8: wrong of 128: zune-bmp 40, image 0
1 bits, 17 by 8: wrong of 136: zune-bmp 47, image 0
1 bits, 32 by 16: wrong of 512: zune-bmp 0, image 0
1 bits, 32 by 32: wrong of 1024: zune-bmp 0, image 0
4 bits, 16 by 8: wrong of 128: zune-bmp 0, image 0
4 bits, 17 by 8: wrong of 136: zune-bmp 116, image 0
4 bits, 32 by 16: wrong of 512: zune-bmp 0, image 0
4 bits, 32 by 32: wrong of 1024: zune-bmp 0, image 0
8 bits, 16 by 8: wrong of 128: zune-bmp 0, image 0
8 bits, 17 by 8: wrong of 136: zune-bmp 0, image 0
8 bits, 32 by 16: wrong of 512: zune-bmp 0, image 0
8 bits, 32 by 32: wrong of 1024: zune-bmp 0, image 0
16 bits, 16 by 8: wrong of 128: zune-bmp 0, image 0
16 bits, 17 by 8: wrong of 136: zune-bmp 114, image 0
16 bits, 32 by 16: wrong of 512: zune-bmp 0, image 0
16 bits, 32 by 32: wrong of 1024: zune-bmp 920, image 0
24 bits, 16 by 8: wrong of 128: zune-bmp 0, image 0
24 bits, 17 by 8: wrong of 136: zune-bmp 0, image 0
24 bits, 32 by 16: wrong of 512: zune-bmp 0, image 0
24 bits, 32 by 32: wrong of 1024: zune-bmp 0, image 0'
echo "$seen"
[ "$seen" = "$expected" ]
