#!/usr/bin/env bash
# An AVIF (or any HEIF) may hold its colours multiplied by alpha, and says so by an item reference `prem` from the colour picture to its
# alpha (MIAF, ISO/IEC 23000-22). sharp 0.35.5 (libvips 8.18.7, libheif 1.23.5) reads such a file without an error, yet hands out
# the multiplied samples beside alpha as if they were straight, in raw pixels and in what it writes: a half transparent
# orange of (200, 100, 40) comes out as (101, 50, 19), and a page shows it half as bright, soft edges with a dark rim. libavif divides:
# pillow-avif-plugin 1.6.0, which also writes these files (`alpha_premultiplied`), reads its own as (202, 100, 40).
# Needs Python 3 with venv and Node.js 20 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==12.0.0 pillow-avif-plugin==1.6.0
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
cat > make.py <<'PY'
import pillow_avif
from PIL import Image

picture = Image.new("RGBA", (64, 64), (200, 100, 40, 128))
for name, multiplied in (("straight", False), ("premultiplied", True)):
    picture.save(f"{name}.avif", quality=95, subsampling="4:4:4", alpha_premultiplied=multiplied)
    has_prem = b"prem" in open(f"{name}.avif", "rb").read()
    assert has_prem == multiplied, f"{name}: another file than was wanted"
    read = Image.open(f"{name}.avif").convert("RGBA").getpixel((32, 32))
    print(f"pillow-avif-plugin 1.6.0, {name}: {read}")
    assert abs(read[0] - 200) < 6, "this has changed"
PY
venv/bin/python make.py
cat > read.js <<'JS'
import sharp from 'sharp';

const at = async (image) => [...(await image.ensureAlpha().raw().toBuffer()).subarray(4 * (32 * 64 + 32)).subarray(0, 4)];
const seen = {};
for (const name of ['straight', 'premultiplied']) {
  const file = `${name}.avif`;
  seen[name] = { raw: await at(sharp(file)), png: await at(sharp(await sharp(file).png().toBuffer())) };
  console.log(`sharp ${sharp.versions.sharp}, ${name}: raw (${seen[name].raw}), by way of PNG (${seen[name].png})`);
}
const isNear = ([red], value) => Math.abs(red - value) < 8;
const { straight, premultiplied } = seen;
if (![straight.raw, straight.png].every((pixel) => isNear(pixel, 200))
  || ![premultiplied.raw, premultiplied.png].every((pixel) => isNear(pixel, 100))) {
  console.error('this has changed');
  process.exit(1);
}
JS
node read.js
