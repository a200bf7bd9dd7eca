#!/usr/bin/env bash
# An interlaced PNG has seven small pictures, each with rows of its own that begin at whole bytes (PNG, third edition,
# 7.2 and 8.1), and pixels of 1, 2 and 4 bits are packed in them as elsewhere. fast-png 8.0.0 on npm, which image-js
# reads by, counts a byte for each pixel of these rows: it takes pixels for the filter of the next row, and throws
# "Unsupported filter". PDFKit 0.20.2 (png-js 2.0.0) puts whole bytes where single pixels belong, at 1, 2 and 4 bits,
# and upng-js 2.1.0 at 1 bit: a quarter to a half of the pixels are others, and nothing is thrown. So logos and maps of
# few colours that were saved to appear early come out as a rug. The same pictures without interlacing, and interlaced
# ones of 8 bits, are right in all. pngjs 7.0.0, pdf-lib 1.17.1 (@pdf-lib/upng 1.0.1), and sharp 0.35.5, which writes
# the files, have them right; so has Pillow 13.0.0, by which they are measured, PDFs as PyMuPDF 2.0 shows them. Seen:
# below, in `expected`. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "type": "module",
  "dependencies": {
    "fast-png": "8.0.0", "pdf-lib": "1.17.1", "pdfkit": "0.20.2", "pngjs": "7.0.0", "sharp": "0.35.5",
    "upng-js": "2.1.0"
  },
  "overrides": { "@pdf-lib/upng": "1.0.1", "png-js": "2.0.0" }
}
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 pymupdf==2.0
cat > make.js <<'JS'
import { writeFileSync } from 'node:fs';
import { convertIndexedToRgb, decode } from 'fast-png';
import { PDFDocument } from 'pdf-lib';
import PDFKit from 'pdfkit';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import UPNG from 'upng-js';

const side = 64;
const picture = Buffer.alloc(3 * side * side);
for (let at = 0; at < side * side; at++) picture.set([4 * (at % side), 4 * Math.floor(at / side), 90], 3 * at);
const rgb = (pixels, channels) => Buffer.from(pixels.filter((_, at) => channels === 3 || at % 4 !== 3));
const makers = {
  'fast-png': (png) => {
    const image = decode(png);
    return rgb(convertIndexedToRgb(image), image.palette[0].length);
  },
  'upng-js': (png) => rgb(new Uint8Array(UPNG.toRGBA8(UPNG.decode(new Uint8Array(png).buffer))[0]), 4),
  pngjs: (png) => rgb(PNG.sync.read(png).data, 4),
  'pdf-lib': async (png) => {
    const pdf = await PDFDocument.create();
    pdf.addPage([side, side]).drawImage(await pdf.embedPng(png), { x: 0, y: 0, width: side, height: side });
    return pdf.save();
  },
  PDFKit: (png) =>
    new Promise((done) => {
      const parts = [];
      const pdf = new PDFKit({ size: [side, side], margin: 0 });
      pdf.on('data', (part) => parts.push(part)).on('end', () => done(Buffer.concat(parts)));
      pdf.image(png, 0, 0, { width: side, height: side });
      pdf.end();
    }),
};
const said = {};
for (const [depth, colours] of Object.entries({ 1: 2, 2: 4, 4: 16, 8: 200 })) {
  for (const progressive of [false, true]) {
    const name = `depth ${depth}, ${progressive ? 'interlaced' : 'not interlaced'}`;
    const png = await sharp(picture, { raw: { width: side, height: side, channels: 3 } })
      .png({ palette: true, colours, dither: 0, progressive })
      .toBuffer();
    if (png[24] !== Number(depth) || png[28] !== Number(progressive)) throw new Error(name);
    writeFileSync(`${name}.png`, png);
    said[name] = {};
    for (const [maker, make] of Object.entries(makers)) {
      try {
        writeFileSync(`${name}.${maker}`, await make(png));
      } catch (error) {
        said[name][maker] = error.message.replace(/\d+/, 'N');
      }
    }
  }
}
writeFileSync('said.json', JSON.stringify([said, Object.keys(makers)]));
JS
cat > show.py <<'PY'
import json

import numpy
import pymupdf
from PIL import Image

with open("said.json") as file:
    said, makers = json.load(file)
for name, errors in said.items():
    with Image.open(f"{name}.png") as image:
        right = numpy.asarray(image.convert("RGB")).astype(int)
    wrong = {}
    for maker in makers:
        if maker in errors:
            answer = f'"{errors[maker]}"'
        else:
            if maker in ("pdf-lib", "PDFKit"):
                pixels = pymupdf.open(f"{name}.{maker}", filetype="pdf")[0].get_pixmap().samples
            else:
                with open(f"{name}.{maker}", "rb") as file:
                    pixels = file.read()
            shown = numpy.frombuffer(pixels, numpy.uint8).reshape(right.shape)
            answer = f"{round(100 * (abs(shown - right).max(axis=2) > 3).mean())} % wrong"
        wrong.setdefault(answer, []).append(maker)
    print(f"{name}: {'; '.join(', '.join(by) + ' ' + answer for answer, by in wrong.items())}")
PY
node make.js
seen=$(venv/bin/python show.py)
expected='depth 1, not interlaced: fast-png, upng-js, pngjs, pdf-lib, PDFKit 0 % wrong
depth 1, interlaced: fast-png "Unsupported filter: N"; upng-js, PDFKit 23 % wrong; pngjs, pdf-lib 0 % wrong
depth 2, not interlaced: fast-png, upng-js, pngjs, pdf-lib, PDFKit 0 % wrong
depth 2, interlaced: fast-png "Unsupported filter: N"; upng-js, pngjs, pdf-lib 0 % wrong; PDFKit 35 % wrong
depth 4, not interlaced: fast-png, upng-js, pngjs, pdf-lib, PDFKit 0 % wrong
depth 4, interlaced: fast-png "Unsupported filter: N"; upng-js, pngjs, pdf-lib 0 % wrong; PDFKit 46 % wrong
depth 8, not interlaced: fast-png, upng-js, pngjs, pdf-lib, PDFKit 0 % wrong
depth 8, interlaced: fast-png, upng-js, pngjs, pdf-lib, PDFKit 0 % wrong'
echo "$seen"
[ "$seen" = "$expected" ]
