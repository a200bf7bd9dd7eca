#!/usr/bin/env bash
# A TIFF's horizontal predictor (tag 317: 2) keeps of each sample the difference to its neighbour, and differences are
# of whole samples (TIFF 6.0, section 14), whichever byte comes first in the file; the floating point predictor (3) has
# an order of bytes of its own, the same in all files (Adobe Photoshop TIFF Technical Note 3). geotiff 3.0.5 on npm,
# which maps in browsers read heights with, takes back both before it turns the bytes of a big-endian file: of 16 and 32
# bits what a low byte carries over to the high one is lost, so a slope falls by 256 at every such step, and of floats
# nothing is right. Nothing is thrown. Little-endian files are read right, and so are big-endian ones without a
# predictor. sharp 0.35.5 (libtiff) and tifffile 2026.3.3, which wrote the files, read all of them as they were. Seen:
# below, in `expected`, of the first eight samples. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails
# if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "geotiff": "3.0.5", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imagecodecs==2026.3.6 numpy==2.4.6 tifffile==2026.3.3
cat > make.py <<'PY'
import numpy
import tifffile

slope = 180 + 37 * numpy.arange(256).reshape(16, 16)
for kind, predictor in (("uint16", 2), ("uint32", 2), ("float32", 3)):
    for order, name in (("<", "little-endian"), (">", "big-endian")):
        for coded in (1, predictor):
            file = f"{kind}, {name}, {f'predictor {coded}' if coded > 1 else 'no predictor'}.tif"
            written = slope.astype(kind)
            options = {"byteorder": order, "compression": "zlib", "photometric": "minisblack"}
            tifffile.imwrite(file, written, predictor=coded, **options)
            assert (tifffile.imread(file) == written).all()
PY
venv/bin/python make.py
cat > show.js <<'JS'
import { readdirSync, readFileSync } from 'node:fs';
import { fromArrayBuffer } from 'geotiff';
import sharp from 'sharp';

const RAW = {
  uint16: ['grey16', 'ushort', Uint16Array],
  float32: ['b-w', 'float', Float32Array],
};

const slope = Array.from({ length: 256 }, (_, at) => 180 + 37 * at);
for (const name of readdirSync('.').filter((file) => file.endsWith('.tif')).sort()) {
  const file = new Uint8Array(readFileSync(name));
  const image = await (await fromArrayBuffer(file.buffer)).getImage();
  const said = { geotiff: await image.readRasters({ interleave: true }) };
  const [space, depth, Samples] = RAW[name.split(',')[0]] ?? [];
  if (space) {
    const { data } = await sharp(file).toColourspace(space).raw({ depth }).toBuffer({ resolveWithObject: true });
    said.sharp = new Samples(Uint8Array.from(data).buffer);
  }
  const words = Object.entries(said).map(([by, samples]) => {
    const wrong = slope.filter((sample, at) => samples[at] !== sample).length;
    const first = Array.from(samples.slice(0, 8), (sample) => Number(sample.toPrecision(3)));
    return `${by} ${wrong ? `${wrong} of 256 wrong, ${first.join(' ')}` : 'right'}`;
  });
  console.log(`${name.replace('.tif', '')}: ${words.join('; ')}`);
}
JS
seen=$(node show.js)
expected='float32, big-endian, no predictor: geotiff right; sharp right
float32, big-endian, predictor 3: geotiff 256 of 256 wrong, 1.87e-41 3.2e-41 4.53e-41 1.18e-38 5.89e-41 1.18e-38 7.22e-41 1.18e-38; sharp right
float32, little-endian, no predictor: geotiff right; sharp right
float32, little-endian, predictor 3: geotiff right; sharp right
uint16, big-endian, no predictor: geotiff right; sharp right
uint16, big-endian, predictor 2: geotiff 191 of 256 wrong, 180 217 254 35 72 109 146 183; sharp right
uint16, little-endian, no predictor: geotiff right; sharp right
uint16, little-endian, predictor 2: geotiff right; sharp right
uint32, big-endian, no predictor: geotiff right
uint32, big-endian, predictor 2: geotiff 191 of 256 wrong, 180 217 254 35 72 109 146 183
uint32, little-endian, no predictor: geotiff right
uint32, little-endian, predictor 2: geotiff right'
echo "$seen"
[ "$seen" = "$expected" ]
