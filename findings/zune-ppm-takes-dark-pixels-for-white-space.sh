#!/usr/bin/env bash
# In a binary PGM, PPM or PAM a single white space follows the maxval (or ENDHDR), and the next byte is the first pixel,
# whatever it is (Netpbm's pgm(5), ppm(5) and pam(5)). zune-ppm 0.5.1, below zune-image, skips all white space there,
# and comments: where the first samples are 9, 10, 12, 13 or 32, which are dark greys and colours, they are gone, and
# where one is 35, a `#`, all is gone to the next line feed. A single picture is refused then, as too short. Where
# something follows it, as the format allows and programs that pipe pictures do, there is no error: each sample is
# another's, and the last ones are the next picture's header. Of 16 bits the same holds for the first sample's high
# byte. The other samples may be anything. image 0.25.10 reads all of them. Way round: another format. Seen: below, in
# `expected`, of three pixels of grey. Needs Rust. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name show
cat >> Cargo.toml <<'TOML'
image = { version = "=0.25.10", default-features = false, features = ["pnm"] }
zune-core = "=0.5.3"
zune-ppm = "=0.5.1"
TOML
cat > src/main.rs <<'RUST'
use image::ImageFormat;
use zune_core::bytestream::ZCursor;
use zune_core::result::DecodingResult;
use zune_ppm::PPMDecoder;

fn by_zune(file: &[u8]) -> String {
    match PPMDecoder::new(ZCursor::new(file)).decode() {
        Ok(DecodingResult::U8(samples)) => format!("{samples:?}"),
        Ok(DecodingResult::U16(samples)) => format!("{samples:?}"),
        Ok(_) => "other samples".into(),
        Err(error) => format!("{error:?}").trim().into(),
    }
}

fn by_image(file: &[u8]) -> String {
    let image = image::load_from_memory_with_format(file, ImageFormat::Pnm).unwrap();
    match image.as_luma16() {
        Some(samples) => format!("{:?}", samples.as_raw()),
        None => format!("{:?}", image.as_bytes()),
    }
}

fn main() {
    let pgm = "P5\n3 1\n255\n".as_bytes();
    let pam = "P7\nWIDTH 3\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n".as_bytes();
    let deep = "P5\n3 1\n65535\n".as_bytes();
    let cases: [(&str, Vec<u8>); 9] = [
        ("8, 100, 200", [pgm, &[8, 100, 200]].concat()),
        ("10, 100, 200", [pgm, &[10, 100, 200]].concat()),
        ("13, 32, 200", [pgm, &[13, 32, 200]].concat()),
        ("35, 100, 200", [pgm, &[35, 100, 200]].concat()),
        ("100, 10, 200", [pgm, &[100, 10, 200]].concat()),
        ("10, 100, 200, as PAM", [pam, &[10, 100, 200]].concat()),
        ("10, 100, 200, two pictures", [pgm, &[10, 100, 200], pgm, &[1, 2, 3]].concat()),
        ("2600, 100, 200 of 16 bits", [deep, &[10, 40, 0, 100, 0, 200]].concat()),
        ("2900, 100, 200 of 16 bits", [deep, &[11, 84, 0, 100, 0, 200]].concat()),
    ];
    for (name, file) in cases {
        println!("{name}: zune-ppm {}; image {}", by_zune(&file), by_image(&file));
    }
}
RUST
seen=$(cargo run --quiet)
expected='8, 100, 200: zune-ppm [8, 100, 200]; image [8, 100, 200]
10, 100, 200: zune-ppm Not enough bytes, expected 3 but found 2; image [10, 100, 200]
13, 32, 200: zune-ppm Not enough bytes, expected 3 but found 1; image [13, 32, 200]
35, 100, 200: zune-ppm Not enough bytes, expected 3 but found 0; image [35, 100, 200]
100, 10, 200: zune-ppm [100, 10, 200]; image [100, 10, 200]
10, 100, 200, as PAM: zune-ppm Not enough bytes, expected 3 but found 2; image [10, 100, 200]
10, 100, 200, two pictures: zune-ppm [100, 200, 80]; image [10, 100, 200]
2600, 100, 200 of 16 bits: zune-ppm Not enough bytes, expected 2 but found 1; image [2600, 100, 200]
2900, 100, 200 of 16 bits: zune-ppm [2900, 100, 200]; image [2900, 100, 200]'
echo "$seen"
[ "$seen" = "$expected" ]
