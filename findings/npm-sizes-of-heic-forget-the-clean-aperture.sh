#!/usr/bin/env bash
# HEVC codes pictures of even sides, and encoders pad small ones to 64 pixels: which part of that is shown says the
# property `clap` (clean aperture, ISO/IEC 14496-12, 12.1.4, and 23008-12), with its width and height as fractions,
# beside `ispe`, the size as it was coded. image-size 2.1.0 on npm takes the denominator of the width's fraction off the
# coded width, and leaves the height: of 640x481 pixels it says 639x482, of 20x20 even 63x64, sizes that nothing in the
# file has; with an odd width and an even height it happens to be right. probe-image-size 7.5.0 and image-dimensions
# 2.6.0 say what was coded. image-meta 0.3.0 says what sharp 0.35.5 (libheif) shows, and Pillow by pillow-heif 1.8.1,
# which made the files. Pages that reserve room by such numbers jump or distort the picture. Seen: below, in `expected`.
# Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "type": "module",
  "dependencies": {
    "image-dimensions": "2.6.0", "image-meta": "0.3.0", "image-size": "2.1.0", "probe-image-size": "7.5.0",
    "sharp": "0.35.5"
  }
}
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 pillow-heif==1.8.1
cat > make.py <<'PY'
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
for size in ((640, 480), (640, 481), (641, 480), (20, 20)):
    name = f"{size[0]}x{size[1]}.heic"
    Image.new("RGB", size, (200, 100, 40)).save(name)
    assert Image.open(name).size == size
PY
venv/bin/python make.py
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { imageDimensionsFromData } from 'image-dimensions';
import { imageMeta } from 'image-meta';
import { imageSize } from 'image-size';
import probe from 'probe-image-size';
import sharp from 'sharp';

for (const name of ['640x480', '640x481', '641x480', '20x20']) {
  const file = readFileSync(`${name}.heic`);
  const said = {
    sharp: await sharp(file).metadata(),
    'image-meta': imageMeta(file),
    'image-size': imageSize(file),
    'image-dimensions': imageDimensionsFromData(file),
    'probe-image-size': probe.sync(file),
  };
  const words = Object.entries(said).map(([by, { width, height }]) => `${by} ${width}x${height}`);
  console.log(`${name}: ${words.join(', ')}`);
}
JS
seen=$(node show.js)
expected='640x480: sharp 640x480, image-meta 640x480, image-size 640x480, image-dimensions 640x480, probe-image-size 640x480
640x481: sharp 640x481, image-meta 640x481, image-size 639x482, image-dimensions 640x482, probe-image-size 640x482
641x480: sharp 641x480, image-meta 641x480, image-size 641x480, image-dimensions 642x480, probe-image-size 642x480
20x20: sharp 20x20, image-meta 20x20, image-size 63x64, image-dimensions 64x64, probe-image-size 64x64'
echo "$seen"
[ "$seen" = "$expected" ]
