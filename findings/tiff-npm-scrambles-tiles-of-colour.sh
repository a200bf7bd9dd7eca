#!/usr/bin/env bash
# The npm package tiff 7.1.3, which image-js reads TIFFs with, takes tiles: grey ones come out right. Of tiled RGB
# nearly all samples are others, whether compressed or not, and of grey tiles with the horizontal predictor (317: 2)
# those of all but the first column of tiles. Nothing is thrown, and the size is right. The same pictures in strips
# are read right, with the predictor as well, and geotiff 3.0.5 reads all of them as tifffile 2026.3.3 wrote them.
# Seen: below, in `expected`, of 64 by 32 pixels in tiles of 16. Needs Node.js 20 or newer, and Python 3.11 or newer
# with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "geotiff": "3.0.5", "tiff": "7.1.3" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imagecodecs==2026.3.6 numpy==2.4.6 tifffile==2026.3.3
cat > make.py <<'PY'
import numpy
import tifffile

across, down = numpy.arange(64), numpy.arange(32)[:, None]
grey = ((3 * across + 5 * down) % 256).astype(numpy.uint8)
colour = numpy.stack([grey, 255 - grey, grey // 2], axis=-1)
for name, samples, photometric in ("grey", grey, "minisblack"), ("colour", colour, "rgb"):
    samples.tofile(f"{name}.raw")
    for layout, tile in ("strips", None), ("tiles", (16, 16)):
        for coding, options in (
            ("plain", {}),
            ("deflate", {"compression": "deflate"}),
            ("predictor", {"compression": "deflate", "predictor": 2}),
        ):
            tifffile.imwrite(f"{name}-{layout}-{coding}.tiff", samples, photometric=photometric, tile=tile, **options)
PY
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { fromArrayBuffer } from 'geotiff';
import { decode } from 'tiff';

for (const name of ['grey', 'colour']) {
  const right = readFileSync(`${name}.raw`);
  const wrong = (samples) => right.filter((sample, at) => sample !== samples[at]).length;
  for (const layout of ['strips', 'tiles']) {
    for (const coding of ['plain', 'deflate', 'predictor']) {
      const file = new Uint8Array(readFileSync(`${name}-${layout}-${coding}.tiff`));
      const [image] = decode(file);
      const byGeotiff = await (await (await fromArrayBuffer(file.buffer)).getImage()).readRasters({ interleave: true });
      console.log(
        `${name}, ${layout}, ${coding}: ${image.width} by ${image.height}; wrong of ${right.length}:`,
        `tiff ${wrong(image.data)}, geotiff ${wrong(byGeotiff)}`,
      );
    }
  }
}
JS
venv/bin/python make.py
seen=$(node show.js)
expected='grey, strips, plain: 64 by 32; wrong of 2048: tiff 0, geotiff 0
grey, strips, deflate: 64 by 32; wrong of 2048: tiff 0, geotiff 0
grey, strips, predictor: 64 by 32; wrong of 2048: tiff 0, geotiff 0
grey, tiles, plain: 64 by 32; wrong of 2048: tiff 0, geotiff 0
grey, tiles, deflate: 64 by 32; wrong of 2048: tiff 0, geotiff 0
grey, tiles, predictor: 64 by 32; wrong of 2048: tiff 1536, geotiff 0
colour, strips, plain: 64 by 32; wrong of 6144: tiff 0, geotiff 0
colour, strips, deflate: 64 by 32; wrong of 6144: tiff 0, geotiff 0
colour, strips, predictor: 64 by 32; wrong of 6144: tiff 0, geotiff 0
colour, tiles, plain: 64 by 32; wrong of 6144: tiff 6106, geotiff 0
colour, tiles, deflate: 64 by 32; wrong of 6144: tiff 6106, geotiff 0
colour, tiles, predictor: 64 by 32; wrong of 6144: tiff 6114, geotiff 0'
echo "$seen"
[ "$seen" = "$expected" ]
