#!/usr/bin/env bash
# Rows of an uncompressed BMP are padded to four bytes; RLE8 ends each row by a code of its own and needs no padding.
# ImageMagick 7.1.2-30 (npm: @imagemagick/magick-wasm 0.0.43) pads before it compresses, so its RLE8 BMPs, which it
# writes of palettes by `-compress RLE`, hold rows of 8 pixels where the width is 5, 6 or 7. Pillow 13.0.0 leaves what
# is beyond the width. OpenCV 5.0.0 (PyPI: opencv-python-headless 5.0.0.93) goes on in the next row, and ends that by
# the row's code: each row takes two, the upper half of the picture is lost, and nothing is said. Pictures whose width
# four divides are right in both. Seen: below, in `expected`, of six rows that are 0, 40, 80, 120, 160 and 200. Needs
# Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@imagemagick/magick-wasm": "0.0.43" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 numpy==2.4.6 pillow==13.0.0
cat > make.js <<'JS'
import { readFileSync, writeFileSync } from 'node:fs';
import {
  CompressionMethod, ImageMagick, initializeImageMagick, MagickFormat, QuantizeSettings,
} from '@imagemagick/magick-wasm';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
for (const width of [8, 7, 6, 5]) {
  const rows = [0, 40, 80, 120, 160, 200].map((red) => `${red} 0 0\n`.repeat(width));
  const picture = new TextEncoder().encode(`P3\n${width} 6\n255\n${rows.join('')}`);
  ImageMagick.read(picture, MagickFormat.Ppm, (image) => {
    const palette = new QuantizeSettings();
    palette.colors = 16;
    image.quantize(palette);
    image.settings.compression = CompressionMethod.RLE;
    image.write(MagickFormat.Bmp3, (file) => writeFileSync(`${width}.bmp`, file));
  });
}
JS
cat > show.py <<'PY'
import cv2
from PIL import Image


def lengths(path):
    """The pixels of each row, as its codes say (BMP, RLE8)."""
    file = open(path, "rb").read()
    codes, rows, pixels = file[int.from_bytes(file[10:14], "little"):], [], 0
    while codes[:2] != b"\0\1":
        count, value = codes[:2]
        assert count or value == 0, "runs and ends of rows are all that these files hold"
        codes = codes[2:]
        pixels += count
        if count == 0:
            rows.append(pixels)
            pixels = 0
    return rows


for width in 8, 7, 6, 5:
    path = f"{width}.bmp"
    pillow = Image.open(path).convert("RGB")
    print(f"width {width}, rows of {lengths(path)}")
    print("  Pillow:", *(pillow.getpixel((0, y))[0] for y in range(6)))
    print("  OpenCV:", *cv2.imread(path)[:, 0, 2].tolist())
PY
node make.js
seen=$(venv/bin/python show.py)
expected='width 8, rows of [8, 8, 8, 8, 8, 8]
  Pillow: 0 40 80 120 160 200
  OpenCV: 0 40 80 120 160 200
width 7, rows of [8, 8, 8, 8, 8, 8]
  Pillow: 0 40 80 120 160 200
  OpenCV: 0 120 0 160 0 200
width 6, rows of [8, 8, 8, 8, 8, 8]
  Pillow: 0 40 80 120 160 200
  OpenCV: 0 120 0 160 0 200
width 5, rows of [8, 8, 8, 8, 8, 8]
  Pillow: 0 40 80 120 160 200
  OpenCV: 0 120 0 160 0 200'
echo "$seen"
[ "$seen" = "$expected" ]
