#!/usr/bin/env bash
# Before any marker of a JPEG there may be any number of fill bytes, 0xFF (ITU-T T.81, B.1.1.2). image-size 2.1.0 on
# npm, by which Docusaurus and many others learn the sides of pictures, takes the second 0xFF for the marker, and what
# comes after it for a length of 49152 and more: it throws "Corrupt JPG, exceeded buffer limits" where a single fill
# byte stands before the frame header, and, in files shorter than that length, where one stands before any segment ahead
# of it, so that small pictures fail where large ones don't. A build that asks for the sizes of all of a site's pictures
# stops there. sharp 0.35.5 (libjpeg-turbo) and Pillow 13.0.0 show the pixels that they were, and probe-image-size
# 7.5.0, image-dimensions 2.6.0 and image-meta 0.3.0 say the size. Seen: below, in `expected`, of a small and a large
# picture. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
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
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
cat > make.py <<'PY'
import io, random

from PIL import Image

for name, size in ("small", (64, 48)), ("large", (800, 600)):
    image = Image.frombytes("RGB", size, random.Random(1).randbytes(3 * size[0] * size[1]))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    jpeg = buffer.getvalue()
    for place, marker in ("none", None), ("tables", b"\xff\xdb"), ("frame", b"\xff\xc0"), ("scan", b"\xff\xda"):
        at = jpeg.index(marker) if marker else 0
        filled = jpeg[:at] + b"\xff" + jpeg[at:] if marker else jpeg
        with open(f"{name}-{place}.jpg", "wb") as file:
            file.write(filled)
        assert Image.open(io.BytesIO(filled)).tobytes() == Image.open(io.BytesIO(jpeg)).tobytes()
PY
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { imageDimensionsFromData } from 'image-dimensions';
import { imageMeta } from 'image-meta';
import { imageSize } from 'image-size';
import probe from 'probe-image-size';
import sharp from 'sharp';

const readers = {
  'image-size': imageSize,
  'probe-image-size': probe.sync,
  'image-dimensions': imageDimensionsFromData,
  'image-meta': imageMeta,
  sharp: async (bytes) => (await sharp(bytes).raw().toBuffer({ resolveWithObject: true })).info,
};
for (const name of ['small', 'large']) {
  for (const place of ['none', 'tables', 'frame', 'scan']) {
    const seen = {};
    for (const [reader, read] of Object.entries(readers)) {
      let said;
      try {
        const { width, height } = await read(readFileSync(`${name}-${place}.jpg`));
        said = `${width}x${height}`;
      } catch (error) {
        said = error.message;
      }
      (seen[said] ??= []).push(reader);
    }
    const answers = Object.entries(seen).map(([said, by]) => `${by.join(', ')}: ${said}`);
    console.log(`${name}, fill byte before ${place}: ${answers.join('; ')}`);
  }
}
JS
venv/bin/python make.py
seen=$(node show.js)
expected='small, fill byte before none: image-size, probe-image-size, image-dimensions, image-meta, sharp: 64x48
small, fill byte before tables: image-size: Corrupt JPG, exceeded buffer limits; probe-image-size, image-dimensions, image-meta, sharp: 64x48
small, fill byte before frame: image-size: Corrupt JPG, exceeded buffer limits; probe-image-size, image-dimensions, image-meta, sharp: 64x48
small, fill byte before scan: image-size, probe-image-size, image-dimensions, image-meta, sharp: 64x48
large, fill byte before none: image-size, probe-image-size, image-dimensions, image-meta, sharp: 800x600
large, fill byte before tables: image-size, probe-image-size, image-dimensions, image-meta, sharp: 800x600
large, fill byte before frame: image-size: Corrupt JPG, exceeded buffer limits; probe-image-size, image-dimensions, image-meta, sharp: 800x600
large, fill byte before scan: image-size, probe-image-size, image-dimensions, image-meta, sharp: 800x600'
echo "$seen"
[ "$seen" = "$expected" ]
