#!/usr/bin/env bash
# A Photoshop file without compression has all reds of its merged picture first, then all greens, and all blues, as a
# packed one has (Adobe Photoshop File Formats Specification, "Image Data"). zune-psd 0.5.1, below zune-image, which
# "only reads Grayscale, RGB and RGBA", reads packed ones so; of uncompressed ones of 8 bits it reads a third of the
# bytes it should: pixels of the first third have reds of three places as their red, green and blue, and all others are
# black. There is no error, and the size is right. Scripts that write PSD themselves don't compress as a rule. psd 0.3.5
# reads both. And of farbfeld, whose header is followed by four samples of 16 bits for each pixel and nothing else
# (farbfeld(5)), zune-farbfeld 0.5.2 opens no picture at all: decode() makes a buffer of its own, and finds it too
# small. image 0.25.10 reads it. Seen: below, in `expected`, of a row of four pixels. Needs Rust. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
image = { version = "=0.25.10", default-features = false, features = ["ff"] }
psd = "=0.3.5"
zune-core = "=0.5.3"
zune-farbfeld = "=0.5.2"
zune-psd = "=0.5.1"
TOML
cat > src/main.rs <<'RUST'
use image::ImageFormat;
use psd::Psd;
use zune_core::bytestream::ZCursor;
use zune_core::result::DecodingResult;
use zune_farbfeld::FarbFeldDecoder;
use zune_psd::PSDDecoder;

const PIXELS: [[u8; 4]; 4] = [[200, 100, 40, 255], [10, 20, 30, 255], [0, 128, 255, 128], [90, 80, 70, 0]];

/// A row of four pixels of red, green and blue, without layers; packed, each plane is one literal run.
fn photoshop(is_packed: bool) -> Vec<u8> {
    let mut file = b"8BPS\0\x01\0\0\0\0\0\0".to_vec();
    file.extend([0, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 8, 0, 3]);
    file.extend([0; 12]);
    file.extend([0, u8::from(is_packed)]);
    if is_packed {
        file.extend([0, 5].repeat(3));
    }
    for channel in 0..3 {
        if is_packed {
            file.push(3);
        }
        file.extend(PIXELS.map(|pixel| pixel[channel]));
    }
    file
}

fn farbfeld() -> Vec<u8> {
    let mut file = b"farbfeld\0\0\0\x04\0\0\0\x01".to_vec();
    PIXELS.iter().flatten().for_each(|sample| file.extend([*sample, *sample]));
    file
}

fn shown(samples: &[u8], channels: usize) -> String {
    samples.chunks(channels).map(|pixel| format!("{pixel:?}").replace(' ', "")).collect::<Vec<_>>().join(" ")
}

fn told(result: Result<DecodingResult, String>, channels: usize) -> String {
    match result {
        Ok(DecodingResult::U8(samples)) => shown(&samples, channels),
        Ok(DecodingResult::U16(samples)) => {
            shown(&samples.iter().map(|sample| (sample >> 8) as u8).collect::<Vec<_>>(), channels)
        }
        Ok(_) => "other samples".into(),
        Err(error) => error.trim().into(),
    }
}

fn main() {
    for is_packed in [true, false] {
        let file = photoshop(is_packed);
        let name = if is_packed { "PackBits" } else { "uncompressed" };
        let by_zune = PSDDecoder::new(ZCursor::new(&file[..])).decode().map_err(|error| format!("{error:?}"));
        println!("PSD, {name}, zune-psd: {}", told(by_zune, 3));
        println!("PSD, {name}, psd: {}", shown(&Psd::from_bytes(&file).unwrap().rgba(), 4));
    }
    let file = farbfeld();
    let by_zune = FarbFeldDecoder::new(ZCursor::new(&file[..])).decode().map_err(|error| format!("{error:?}"));
    println!("farbfeld, zune-farbfeld: {}", told(by_zune.map(DecodingResult::U16), 4));
    let image = image::load_from_memory_with_format(&file, ImageFormat::Farbfeld).unwrap();
    println!("farbfeld, image: {}", shown(&image.to_rgba8(), 4));
}
RUST
seen=$(cargo run --quiet)
expected='PSD, PackBits, zune-psd: [200,100,40] [10,20,30] [0,128,255] [90,80,70]
PSD, PackBits, psd: [200,100,40,255] [10,20,30,255] [0,128,255,255] [90,80,70,255]
PSD, uncompressed, zune-psd: [200,0,90] [10,0,0] [0,0,0] [0,0,0]
PSD, uncompressed, psd: [200,100,40,255] [10,20,30,255] [0,128,255,255] [90,80,70,255]
farbfeld, zune-farbfeld: Generic: Too small output buffer size
farbfeld, image: [200,100,40,255] [10,20,30,255] [0,128,255,128] [90,80,70,0]'
echo "$seen"
[ "$seen" = "$expected" ]
