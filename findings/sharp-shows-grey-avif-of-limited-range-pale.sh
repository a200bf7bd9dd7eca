#!/usr/bin/env bash
# An AVIF may have luma alone, of full range or of limited range (16 is black and 235 is white), as its `colr` box and
# the AV1 stream's color_range say (AV1 specification, 6.4.2: 0 is the studio swing). sharp 0.35.5 (libvips 8.18.7,
# libheif 1.23.5) goes by that where there is chroma, but hands out the luma of monochrome files as it stands: of
# limited range black comes as 16 and white as 235, and what sharp writes of it is as pale. Pillow 13.0.0 (libavif),
# which makes the files (`subsampling="4:0:0"`, `range="limited"`), reads them back as they were. Seen: below, in
# `expected`, of 0, 64, 128 and 255. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
cat > make.py <<'PY'
from PIL import Image

picture = Image.new("L", (64, 64))
for at, grey in enumerate((0, 64, 128, 255)):
    picture.paste(grey, (16 * at, 0, 16 * at + 16, 64))
for subsampling in ("4:0:0", "4:4:4"):
    for swing in ("full", "limited"):
        name = f"{subsampling.replace(':', '')}-{swing}.avif"
        picture.save(name, quality=95, subsampling=subsampling, range=swing)
        read = Image.open(name).convert("L")
        print(f"Pillow, {name}: {' '.join(str(read.getpixel((16 * at + 8, 30))) for at in range(4))}")
PY
cat > read.js <<'JS'
import sharp from 'sharp';

for (const name of ['400-full', '400-limited', '444-full', '444-limited']) {
  const { data, info } = await sharp(`${name}.avif`).raw().toBuffer({ resolveWithObject: true });
  const greys = [8, 24, 40, 56].map((x) => data[(30 * info.width + x) * info.channels]);
  console.log(`sharp, ${name}.avif: ${greys.join(' ')}`);
}
JS
seen=$(venv/bin/python make.py && node read.js)
expected='Pillow, 400-full.avif: 0 64 128 255
Pillow, 400-limited.avif: 0 64 128 255
Pillow, 444-full.avif: 0 64 128 255
Pillow, 444-limited.avif: 0 64 128 255
sharp, 400-full.avif: 0 64 128 255
sharp, 400-limited.avif: 16 71 126 235
sharp, 444-full.avif: 0 64 128 255
sharp, 444-limited.avif: 0 64 129 255'
echo "$seen"
[ "$seen" = "$expected" ]
