#!/usr/bin/env bash
# `density` of sharp 0.35.5 (libvips 8.18.7 with librsvg) says at how many pixels to the inch a drawing is to be made.
# libvips has librsvg make that many of each inch, and then enlarges what it gets by density / 72 once more: a drawing
# of 50.8 by 25.4 mm, two inches by one, has 144x72 pixels at 72, yet 576x288 at 144, and at 300 17 times the pixels
# that were asked for. Drawings in px grow as they should, so within one that has both the inches outgrow the pixels:
# CSS has 96 px to the inch (CSS Values 3, 6.2; SVG 2, 8.9), so that an inch is 48 % of 200 px at any density; sharp
# shows 36 % at 72 and 72 % at 144. resvg-js 2.6.2 and PyMuPDF 2.0 make two inches of two inches. Way round: a viewBox,
# and sizes in px or none at all. Seen: below, in `expected`. Needs Node.js 20 or newer, and Python 3.11 or newer with
# venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@resvg/resvg-js": "2.6.2", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-deps pymupdf==2.0
cat > by_mupdf.py <<'PY'
import sys

import pymupdf

picture = pymupdf.open("it.svg")[0].get_pixmap(dpi=int(sys.argv[1]))
print(f"{picture.width}x{picture.height}")
PY
cat > show.js <<'JS'
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';

const open = '<svg xmlns="http://www.w3.org/2000/svg"';
const millimetres = `${open} width="50.8mm" height="25.4mm" viewBox="0 0 2 1"><rect width="2" height="1"/></svg>`;
const pixels = `${open} width="200" height="100"><rect width="200" height="100"/></svg>`;
const mixed = `${open} width="200" height="100"><rect width="1in" height="100"/></svg>`;
writeFileSync('it.svg', millimetres);

const size = ({ width, height }) => `${width}x${height}`;
const bySharp = (svg, density) => sharp(Buffer.from(svg), { density }).raw().toBuffer({ resolveWithObject: true });
const share = (samples) => {
  const opaque = samples.filter((sample, at) => at % 4 === 3 && sample === 255).length;
  return `${Math.round((400 * opaque) / samples.length)} %`;
};
for (const density of [72, 144, 300]) {
  const mupdf = execFileSync('venv/bin/python', ['by_mupdf.py', density], { encoding: 'utf8' }).trim();
  const resvg = new Resvg(millimetres, { dpi: density }).render();
  const { info } = await bySharp(millimetres, density);
  console.log(`50.8mm x 25.4mm at ${density}: sharp ${size(info)}, resvg ${size(resvg)}, PyMuPDF ${mupdf}`);
}
for (const density of [72, 144]) {
  const { info } = await bySharp(pixels, density);
  const { data } = await bySharp(mixed, density);
  const resvg = new Resvg(mixed, { fitTo: { mode: 'zoom', value: density / 72 } }).render();
  const shares = `sharp ${share(data)}, resvg ${share(resvg.pixels)}`;
  console.log(`200 x 100 at ${density}: sharp ${size(info)}; of an inch in it: ${shares}`);
}
JS
seen=$(node show.js)
expected='50.8mm x 25.4mm at 72: sharp 144x72, resvg 144x72, PyMuPDF 144x72
50.8mm x 25.4mm at 144: sharp 576x288, resvg 288x144, PyMuPDF 288x144
50.8mm x 25.4mm at 300: sharp 2500x1250, resvg 600x300, PyMuPDF 600x300
200 x 100 at 72: sharp 200x100; of an inch in it: sharp 36 %, resvg 48 %
200 x 100 at 144: sharp 400x200; of an inch in it: sharp 72 %, resvg 48 %'
echo "$seen"
[ "$seen" = "$expected" ]
