#!/usr/bin/env bash
# Grey TIFFs have 4 or 8 bits a sample, and 0 is black or white, as PhotometricInterpretation says; each reader is to
# know all four (TIFF 6.0, section 4). Jimp 1.6.1, which reads TIFFs by UTIF (utif2 4.1.0 on npm), opens those of 4 bits
# where 0 is black, as most are, and shows nothing but transparent black; so it does at 2 bits where 0 is white. Of grey
# with an alpha (ExtraSamples 2, page 31) the alpha is gone, so that what was transparent is opaque. And of RGB in
# planes (PlanarConfiguration 2, page 38) the first three reds of a row come as the first pixel's red, green and blue.
# Nothing is thrown, and the size is right. Grey of 1 and 8 bits and RGB in pixels are right. sharp 0.35.5 (libtiff) and
# Pillow 13.0.0 read all of them right. Seen: below, in `expected`: of each file the first, the third and the last pixel
# of a row. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "jimp": "1.6.1", "sharp": "0.35.5" }, "overrides": { "utif2": "4.1.0" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
cat > make.py <<'PY'
import json, struct

from PIL import Image

WIDTH, HEIGHT = 16, 4


def write(path, bits, photometric, channels, planar=1, extra=None):
    """Rows that are alike; `channels` has a list of samples for each."""
    count = len(channels)
    strips = [[channel] for channel in channels] if planar == 2 else [channels]
    data = b""
    for strip in strips:
        row = "".join(f"{sample:0{bits}b}" for pixel in zip(*strip) for sample in pixel)
        data += HEIGHT * bytes(int(row[at : at + 8], 2) for at in range(0, len(row), 8))
    size = len(data) // len(strips)
    lists = {258: [bits] * count, 273: [8 + at * size for at in range(len(strips))], 279: [size] * len(strips)}
    single = {256: WIDTH, 257: HEIGHT, 259: 1, 262: photometric, 277: count, 278: HEIGHT, 284: planar}
    tags = {tag: [value] for tag, value in single.items()} | lists | ({338: [extra]} if extra else {})
    start = 8 + len(data)
    end = start + 2 + 12 * len(tags) + 4
    entries, beyond = b"", b""
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}H", *values)
        if len(packed) > 4:
            place, beyond = struct.pack("<I", end + len(beyond)), beyond + packed
        else:
            place = packed.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, 3, len(values)) + place
    with open(path, "wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, start) + data)
        file.write(struct.pack("<H", len(tags)) + entries + bytes(4) + beyond)


files = []
for bits in 1, 2, 4, 8:
    greatest = (1 << bits) - 1
    ramp = [greatest * (x + 1) // WIDTH for x in range(WIDTH)]
    for photometric, zero in (1, "black"), (0, "white"):
        name = f"grey of {bits} bits, 0 is {zero}"
        files.append(name)
        write(f"{name}.tiff", bits, photometric, [ramp])
rising, falling, half = [16 * x for x in range(WIDTH)], [255 - 16 * x for x in range(WIDTH)], [128] * WIDTH
for name, channels, photometric, planar, extra in (
    ("grey with alpha", [rising, falling], 1, 1, 2),
    ("RGB in pixels", [rising, falling, half], 2, 1, None),
    ("RGB in planes", [rising, falling, half], 2, 2, None),
):
    files.append(name)
    write(f"{name}.tiff", 8, photometric, channels, planar, extra)


def by_pillow(name):
    with Image.open(f"{name}.tiff") as image:
        return [list(image.convert("RGBA").getpixel((x, 1))) for x in (0, 2, WIDTH - 1)]


with open("files.json", "w") as listing:
    json.dump({name: by_pillow(name) for name in files}, listing)
PY
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { Jimp } from 'jimp';
import sharp from 'sharp';

const at = (pixels) => [0, 2, 15].map((x) => Array.from(pixels.subarray(4 * (16 + x))).slice(0, 4));
for (const [name, byPillow] of Object.entries(JSON.parse(readFileSync('files.json', 'utf8')))) {
  const bytes = readFileSync(`${name}.tiff`);
  const readers = {
    sharp: at(await sharp(bytes).toColourspace('srgb').ensureAlpha().raw().toBuffer()),
    Pillow: byPillow,
    Jimp: at((await Jimp.fromBuffer(bytes)).bitmap.data),
  };
  const seen = {};
  for (const [reader, pixels] of Object.entries(readers)) (seen[JSON.stringify(pixels)] ??= []).push(reader);
  console.log(`${name}: ${Object.entries(seen).map(([pixels, by]) => `${by.join(', ')} ${pixels}`).join('; ')}`);
}
JS
venv/bin/python make.py
seen=$(node show.js)
expected='grey of 1 bits, 0 is black: sharp, Pillow, Jimp [[0,0,0,255],[0,0,0,255],[255,255,255,255]]
grey of 1 bits, 0 is white: sharp, Pillow, Jimp [[255,255,255,255],[255,255,255,255],[0,0,0,255]]
grey of 2 bits, 0 is black: sharp, Pillow, Jimp [[0,0,0,255],[0,0,0,255],[255,255,255,255]]
grey of 2 bits, 0 is white: sharp, Pillow [[255,255,255,255],[255,255,255,255],[0,0,0,255]]; Jimp [[0,0,0,0],[0,0,0,0],[0,0,0,0]]
grey of 4 bits, 0 is black: sharp, Pillow [[0,0,0,255],[34,34,34,255],[255,255,255,255]]; Jimp [[0,0,0,0],[0,0,0,0],[0,0,0,0]]
grey of 4 bits, 0 is white: sharp, Pillow, Jimp [[255,255,255,255],[221,221,221,255],[0,0,0,255]]
grey of 8 bits, 0 is black: sharp, Pillow, Jimp [[15,15,15,255],[47,47,47,255],[255,255,255,255]]
grey of 8 bits, 0 is white: sharp, Pillow, Jimp [[240,240,240,255],[208,208,208,255],[0,0,0,255]]
grey with alpha: sharp, Pillow [[0,0,0,255],[32,32,32,223],[240,240,240,15]]; Jimp [[0,0,0,255],[32,32,32,255],[240,240,240,255]]
RGB in pixels: sharp, Pillow, Jimp [[0,255,128,255],[32,223,128,255],[240,15,128,255]]
RGB in planes: sharp, Pillow [[0,255,128,255],[32,223,128,255],[240,15,128,255]]; Jimp [[0,16,32,255],[96,112,128,255],[0,0,0,255]]'
echo "$seen"
[ "$seen" = "$expected" ]
