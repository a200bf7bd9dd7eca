#!/usr/bin/env bash
# TIFF's predictors (tag 317: 1 none, 2 horizontal, 3 floating point) prepare samples for the compressor, and readers
# take them back: they change no picture. `.tiff({ predictor: 'float' })` of sharp 0.35.5 does: it writes 8-bit
# samples as 32-bit floats of 0 to 255, which its own reader takes for scRGB, where 1 is white, so that all but black
# is white when the file is opened again. A TIFF of floats that passes through sharp to one of floats ends like that,
# too. With `toColourspace('scrgb')` before it the floats are of 0 to 1, and the picture is as it was; `horizontal`
# and `none` keep 8 bits, and are right. tifffile 2026.3.3 shows what stands in the files. Seen: below, in `expected`.
# Needs Node.js 20 or newer and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
cat > show.js <<'JS'
import sharp from 'sharp';

const raw = { width: 4, height: 1, channels: 3 };
const bytes = Buffer.from([0, 20, 40, 60, 80, 100, 120, 140, 160, 200, 240, 255]);

async function show(name, picture, options) {
  await picture.tiff({ compression: 'deflate', ...options }).toFile(`${name}.tiff`);
  const { depth, space } = await sharp(`${name}.tiff`).metadata();
  const samples = [...(await sharp(`${name}.tiff`).raw().toBuffer())];
  console.log(`${name}: ${depth}, ${space}; read back ${samples.join(' ')}`);
}

await show('none', sharp(bytes, { raw }), { predictor: 'none' });
await show('horizontal', sharp(bytes, { raw }), { predictor: 'horizontal' });
await show('float', sharp(bytes, { raw }), { predictor: 'float' });
await show('scrgb', sharp(bytes, { raw }).toColourspace('scrgb'), { predictor: 'float' });
await show('again', sharp('scrgb.tiff'), { predictor: 'float' });
JS
cat > show.py <<'PY'
import tifffile

for name in "float", "scrgb", "again":
    samples = tifffile.imread(f"{name}.tiff").flatten().tolist()
    print(f"{name} holds", *(f"{sample:.3g}" for sample in samples))
PY
seen=$(node show.js && venv/bin/python show.py)
expected='none: uchar, srgb; read back 0 20 40 60 80 100 120 140 160 200 240 255
horizontal: uchar, srgb; read back 0 20 40 60 80 100 120 140 160 200 240 255
float: float, scrgb; read back 0 255 255 255 255 255 255 255 255 255 255 255
scrgb: float, scrgb; read back 0 20 40 60 80 100 120 140 160 200 240 255
again: float, scrgb; read back 0 255 255 255 255 255 255 255 255 255 255 255
float holds 0 20 40 60 80 100 120 140 160 200 240 255
scrgb holds 0 0.007 0.0212 0.0452 0.0802 0.127 0.188 0.262 0.352 0.578 0.871 1
again holds 0 20 40 60 80 100 120 140 160 200 240 255'
echo "$seen"
[ "$seen" = "$expected" ]
