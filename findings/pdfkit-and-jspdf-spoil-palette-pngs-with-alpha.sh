#!/usr/bin/env bash
# A PNG with a palette of up to 16 colours has 4 bits a pixel or fewer, each row beginning at a whole byte (PNG, third
# edition, 7.2), and by tRNS an alpha for each colour (11.3.1.1): small logos are such files, and sharp and pngquant
# write them. In a PDF, alpha is a picture of its own. PDFKit 0.20.2 (png-js 2.0.0) makes it as if each byte were one
# pixel, of 8 bits alone rightly: a half and more of the pixels have another pixel's alpha, or none. jsPDF 4.2.1
# (fast-png 6.4.0) does soft alpha right at widths that fill whole bytes, and at others loses its way from row to row;
# 16-bit RGBA it spoils at any width. Nothing is thrown. Opaque palettes, and 8-bit RGBA, are right in both. pdf-lib
# 1.17.1 (@pdf-lib/upng 1.0.1) puts all of them on paper as they are. Way round: RGBA of 8 bits. Seen: below, in
# `expected`: how many of the pixels that PyMuPDF 2.0 shows of each PDF are others than Pillow 13.0.0 shows of the PNG
# on white. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "type": "module",
  "dependencies": { "jspdf": "4.2.1", "pdf-lib": "1.17.1", "pdfkit": "0.20.2", "sharp": "0.35.5" },
  "overrides": { "@pdf-lib/upng": "1.0.1", "fast-png": "6.4.0", "png-js": "2.0.0" }
}
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 pymupdf==2.0
cat > make.js <<'JS'
import { writeFileSync } from 'node:fs';
import { jsPDF } from 'jspdf';
import { PDFDocument } from 'pdf-lib';
import PDFKit from 'pdfkit';
import sharp from 'sharp';

// A disc with a soft edge, and one with a hard edge, on nothing.
const disc = (side, soft) => {
  const pixels = Buffer.alloc(4 * side * side);
  for (let at = 0; at < side * side; at++) {
    const far = Math.hypot((at % side) - side / 2, Math.floor(at / side) - side / 2);
    const alpha = Math.round(255 * Math.min(1, Math.max(0, (side / 2 - 2 - far) / soft)));
    pixels.set([200, 100, 40, alpha], 4 * at);
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 4 } });
};
const makePng = {
  'palette of 8 bits': (side) => disc(side, 10).png({ palette: true, colours: 200 }),
  'palette of 4 bits': (side) => disc(side, 10).png({ palette: true, colours: 16 }),
  'palette of 1 bit': (side) => disc(side, 0.01).png({ palette: true, colours: 2 }),
  'palette of 4 bits, opaque': (side) => disc(side, 10).flatten().png({ palette: true, colours: 16 }),
  'RGBA of 8 bits': (side) => disc(side, 10).png(),
  'RGBA of 16 bits': (side) => disc(side, 10).toColourspace('rgb16').png(),
};
const makers = {
  PDFKit: (png, side) =>
    new Promise((done) => {
      const parts = [];
      const pdf = new PDFKit({ size: [side, side], margin: 0 });
      pdf.on('data', (part) => parts.push(part)).on('end', () => done(Buffer.concat(parts)));
      pdf.image(png, 0, 0, { width: side, height: side });
      pdf.end();
    }),
  jsPDF: (png, side) => {
    const pdf = new jsPDF({ unit: 'pt', format: [side, side] });
    pdf.addImage(new Uint8Array(png), 'PNG', 0, 0, side, side);
    return Buffer.from(pdf.output('arraybuffer'));
  },
  'pdf-lib': async (png, side) => {
    const pdf = await PDFDocument.create();
    pdf.addPage([side, side]).drawImage(await pdf.embedPng(png), { x: 0, y: 0, width: side, height: side });
    return pdf.save();
  },
};
const files = [];
for (const [kind, make] of Object.entries(makePng)) {
  for (const side of [64, 61]) {
    const name = `${kind}, ${side}x${side}`;
    const png = await make(side).toBuffer();
    writeFileSync(`${name}.png`, png);
    for (const [maker, put] of Object.entries(makers)) writeFileSync(`${name}.${maker}.pdf`, await put(png, side));
    files.push(name);
  }
}
writeFileSync('names.json', JSON.stringify([files, Object.keys(makers)]));
JS
cat > show.py <<'PY'
import json

import numpy
import pymupdf
from PIL import Image

with open("names.json") as names:
    files, makers = json.load(names)
for name in files:
    with open(f"{name}.png", "rb") as file:
        header = file.read(26)
    with Image.open(f"{name}.png") as image:
        paper = Image.new("RGBA", image.size, "white")
        right = numpy.asarray(Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")).astype(int)
    wrong = []
    for maker in makers:
        page = pymupdf.open(f"{name}.{maker}.pdf")[0].get_pixmap()
        shown = numpy.frombuffer(page.samples, numpy.uint8).reshape(page.height, page.width, page.n)[..., :3]
        wrong.append(f"{maker} {round(100 * (abs(shown - right).max(axis=2) > 16).mean())} %")
    print(f"{name} (bit depth {header[24]}, colour type {header[25]}): wrong of {', '.join(wrong)}")
PY
node make.js
seen=$(venv/bin/python show.py)
expected='palette of 8 bits, 64x64 (bit depth 8, colour type 3): wrong of PDFKit 0 %, jsPDF 0 %, pdf-lib 0 %
palette of 8 bits, 61x61 (bit depth 8, colour type 3): wrong of PDFKit 0 %, jsPDF 0 %, pdf-lib 0 %
palette of 4 bits, 64x64 (bit depth 4, colour type 3): wrong of PDFKit 67 %, jsPDF 0 %, pdf-lib 0 %
palette of 4 bits, 61x61 (bit depth 4, colour type 3): wrong of PDFKit 64 %, jsPDF 64 %, pdf-lib 0 %
palette of 1 bit, 64x64 (bit depth 1, colour type 3): wrong of PDFKit 70 %, jsPDF 0 %, pdf-lib 0 %
palette of 1 bit, 61x61 (bit depth 1, colour type 3): wrong of PDFKit 69 %, jsPDF 0 %, pdf-lib 0 %
palette of 4 bits, opaque, 64x64 (bit depth 4, colour type 3): wrong of PDFKit 0 %, jsPDF 0 %, pdf-lib 0 %
palette of 4 bits, opaque, 61x61 (bit depth 4, colour type 3): wrong of PDFKit 0 %, jsPDF 0 %, pdf-lib 0 %
RGBA of 8 bits, 64x64 (bit depth 8, colour type 6): wrong of PDFKit 0 %, jsPDF 0 %, pdf-lib 0 %
RGBA of 8 bits, 61x61 (bit depth 8, colour type 6): wrong of PDFKit 0 %, jsPDF 0 %, pdf-lib 0 %
RGBA of 16 bits, 64x64 (bit depth 16, colour type 6): wrong of PDFKit 0 %, jsPDF 67 %, pdf-lib 0 %
RGBA of 16 bits, 61x61 (bit depth 16, colour type 6): wrong of PDFKit 0 %, jsPDF 68 %, pdf-lib 0 %'
echo "$seen"
[ "$seen" = "$expected" ]
