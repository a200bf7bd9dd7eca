#!/usr/bin/env bash
# weezl 0.1.12 decompresses the LZW of GIF and TIFF. Its documentation has `LzwStatus::NoProgress` say that neither input was taken
# nor output given, and that a caller without more input may take it for stuck. Yet `decode_bytes` returns it beside bytes that it has
# just written, where the call before ended with its output full and all input taken: it goes on from codes that it holds. A loop
# that stops there loses the last rows of a picture that is decoded row by row. `consumed_out` is right, and what a loop can go by.
# Seen: 15 of 42 bytes come with NoProgress, and only 12 had come before it was first said. Needs Rust. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
weezl = "=0.1.12"
TOML
cat > src/main.rs <<'RUST'
use weezl::{BitOrder, LzwStatus, decode::Decoder, encode::Encoder};

const ROW: usize = 6;

/// Decodes in rows. All bytes that came, those that came with NoProgress, and what had come when it was first said.
fn decode(data: &[u8]) -> (Vec<u8>, usize, usize) {
    let mut decoder = Decoder::new(BitOrder::Lsb, 2);
    let (mut rest, mut all, mut beside, mut until, mut idle) = (data, Vec::new(), 0, None, 0);
    while idle < 100 {
        let mut row = [0; ROW];
        let step = decoder.decode_bytes(rest, &mut row);
        rest = &rest[step.consumed_in..];
        match step.status.unwrap() {
            LzwStatus::Done => {
                all.extend_from_slice(&row[..step.consumed_out]);
                break;
            }
            LzwStatus::NoProgress => {
                until.get_or_insert(all.len());
                beside += step.consumed_out;
            }
            LzwStatus::Ok => {}
        }
        idle = if step.consumed_in + step.consumed_out > 0 { 0 } else { idle + 1 };
        all.extend_from_slice(&row[..step.consumed_out]);
    }
    let until = until.unwrap_or(all.len());
    (all, beside, until)
}

fn main() {
    // Rows of one index each, without the code that ends the data: a GIF's data end with its blocks.
    let pixels: Vec<u8> = (0..ROW * 7).map(|at| (at / ROW % 4) as u8).collect();
    let mut data = Encoder::new(BitOrder::Lsb, 2).encode(&pixels).unwrap();
    data.pop();
    let (all, beside, until) = decode(&data);
    println!("weezl 0.1.12: {} of {} bytes, {beside} of them with NoProgress, {until} before it", all.len(), pixels.len());
    if beside == 0 || until >= all.len() || !pixels.starts_with(&all) {
        eprintln!("this has changed");
        std::process::exit(1);
    }
}
RUST
cargo run --quiet
