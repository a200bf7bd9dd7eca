#!/usr/bin/env bash
# A JPEG of three components holds YCbCr, unless its APP14 segment says by a transform flag of 0 that they are red,
# green and blue (ITU-T T.872, 6.1 and 6.5.3). Pillow writes such files by `keep_rgb=True` and libjpeg-turbo's cjpeg by
# `-rgb`, where colours are to be kept from rounding, and so do microscopes. jpeg-js 0.4.4 on npm reads the flag, and of
# three components takes 0 for not said: it converts what is RGB already. With it Jimp 1.6.1 and image-js 1.7.0 show red
# as green, green as blue, blue as dark red and white as pink, and throw nothing. `colorTransform: false` helps for such
# files, and spoils all others, so a caller has to read the segment first. sharp 0.35.5 (libjpeg-turbo) and Skia
# (@napi-rs/canvas 1.1.1), which Chromium paints with, go by the flag. Seen: below, in `expected`. Needs Node.js 20 or
# newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "type": "module",
  "dependencies": {
    "@napi-rs/canvas": "1.1.1", "image-js": "1.7.0", "jimp": "1.6.1", "jpeg-js": "0.4.4", "sharp": "0.35.5"
  },
  "overrides": { "jpeg-js": "$jpeg-js" }
}
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
cat > make.py <<'PY'
from PIL import Image

for name, colour in (("red", (255, 0, 0)), ("green", (0, 255, 0)), ("blue", (0, 0, 255)), ("white", (255, 255, 255))):
    for kind, keep_rgb in ("YCbCr", False), ("RGB", True):
        Image.new("RGB", (16, 16), colour).save(f"{name}-{kind}.jpg", quality=100, keep_rgb=keep_rgb)
PY
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { decode as decodeByImageJs } from 'image-js';
import { Jimp } from 'jimp';
import jpeg from 'jpeg-js';
import sharp from 'sharp';

const readers = {
  sharp: (file) => sharp(file).raw().toBuffer(),
  Skia: async (file) => {
    const context = createCanvas(16, 16).getContext('2d');
    context.drawImage(await loadImage(file), 0, 0);
    return context.getImageData(0, 0, 16, 16).data;
  },
  'jpeg-js': (file) => jpeg.decode(file, { useTArray: true }).data,
  Jimp: async (file) => (await Jimp.fromBuffer(file)).bitmap.data,
  'image-js': (file) => decodeByImageJs(file).getRawImage().data,
};
for (const kind of ['YCbCr', 'RGB']) {
  for (const name of ['red', 'green', 'blue', 'white']) {
    const seen = {};
    for (const [reader, read] of Object.entries(readers)) {
      const pixels = await read(readFileSync(`${name}-${kind}.jpg`));
      // To the next multiple of five, for decoders may round as they like.
      const colour = Array.from(pixels.subarray(0, 3)).map((sample) => 5 * Math.round(sample / 5));
      (seen[colour.join()] ??= []).push(reader);
    }
    const answers = Object.entries(seen).map(([colour, by]) => `${by.join(', ')} ${colour}`);
    console.log(`${name} of ${kind}: ${answers.join('; ')}`);
  }
}
JS
venv/bin/python make.py
seen=$(node show.js)
expected='red of YCbCr: sharp, Skia, jpeg-js, Jimp, image-js 255,0,0
green of YCbCr: sharp, Skia, jpeg-js, Jimp, image-js 0,255,0
blue of YCbCr: sharp, Skia, jpeg-js, Jimp, image-js 0,0,255
white of YCbCr: sharp, Skia, jpeg-js, Jimp, image-js 255,255,255
red of RGB: sharp, Skia 255,0,0; jpeg-js, Jimp, image-js 75,255,30
green of RGB: sharp, Skia 0,255,0; jpeg-js, Jimp, image-js 0,45,225
blue of RGB: sharp, Skia 0,0,255; jpeg-js, Jimp, image-js 180,0,0
white of RGB: sharp, Skia 255,255,255; jpeg-js, Jimp, image-js 255,120,255'
echo "$seen"
[ "$seen" = "$expected" ]
