#!/usr/bin/env bash
# png 0.18.1, the decoder of the image-rs family: `Limits::bytes` bounds the bytes that a `Reader` may take. Each frame of an animation
# is charged with the bytes of a row, which are given back to the allocator but never to the limit. So a limit is a number of
# frames: an animation of 64x64 pixels in RGBA (rows of 256 bytes) whose reader holds no more at its end than after its first frame
# is refused after 256 frames by a limit of 64 KiB, after 512 by one of 128 KiB.
# Seen: "65536: 256 frames, limits are exceeded; 131072: 512 frames, limits are exceeded". Needs Rust. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
png = "=0.18.1"
TOML
cat > src/main.rs <<'RUST'
use std::io::Cursor;
use png::{BitDepth, ColorType, Decoder, Encoder, Limits};

const SIDE: u32 = 64;

fn animation(frames: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, SIDE, SIDE);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_animated(frames, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for at in 0..frames {
        writer.write_image_data(&vec![at as u8; (SIDE * SIDE * 4) as usize]).unwrap();
    }
    writer.finish().unwrap();
    file
}

/// How many frames are read before the limit is said to be reached.
fn read(file: &[u8], frames: u32, bytes: usize) -> (u32, String) {
    let decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes });
    let mut reader = decoder.read_info().unwrap();
    let mut frame = vec![0; reader.output_buffer_size().unwrap()];
    for at in 0..frames {
        if let Err(error) = reader.next_frame(&mut frame) {
            return (at, error.to_string());
        }
    }
    (frames, String::new())
}

fn main() {
    let file = animation(600);
    let told: Vec<String> = [1 << 16, 1 << 17]
        .map(|bytes| {
            let (frames, error) = read(&file, 600, bytes);
            format!("{bytes}: {frames} frames, {error}")
        })
        .into();
    println!("png 0.18.1: {}", told.join("; "));
    if told != ["65536: 256 frames, limits are exceeded", "131072: 512 frames, limits are exceeded"] {
        eprintln!("this has changed");
        std::process::exit(1);
    }
}
RUST
cargo run --quiet
