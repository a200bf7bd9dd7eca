#!/usr/bin/env bash
# A TIFF of a bit for each pixel may have the leftmost pixel of eight in a byte's lowest bit, and says so by FillOrder
# (266) 2 (TIFF 6.0, page 32, for bilevel pictures without compression or with CCITT's), as fax boards and scanners of
# documents write it. A reader needn't know it, but five read such a file as if it said 1: UTIF (utif2 4.1.0 on npm) and
# with it Jimp 1.6.1, tiff 7.1.3, which image-js reads by, geotiff 3.0.5, and @napi-rs/image 1.15.0 with Rust's crate
# image below it. Each eight pixels come mirrored, at the right places as groups: pages look like themselves from afar,
# and no letter or thin line can be read. Nothing is thrown, and the size is right. sharp 0.35.5 (libtiff) and
# ImageMagick 7.1.2-30 (npm: @imagemagick/magick-wasm 0.0.43) show what was written. Seen: below, in `expected`, of
# three rows. Needs Node.js 20 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": {
  "@imagemagick/magick-wasm": "0.0.43", "@napi-rs/image": "1.15.0", "geotiff": "3.0.5", "jimp": "1.6.1",
  "pngjs": "7.0.0", "sharp": "0.35.5", "tiff": "7.1.3", "utif2": "4.1.0" } }
JSON
npm install --silent --no-audit --no-fund
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';
import { Transformer } from '@napi-rs/image';
import { fromArrayBuffer } from 'geotiff';
import { Jimp } from 'jimp';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { decode } from 'tiff';
import UTIF from 'utif2';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
const width = 24;
const rows = ['####....................', '......##########........', '#.#.#.#.............#..#'];

/** Black on white, a bit for each pixel: 0 is black (PhotometricInterpretation 1). */
function tiff(fillOrder) {
  const bits = rows.map((row) => [...row].map((pixel) => (pixel === '#' ? 0 : 1)));
  const bytes = bits.flatMap((row) => [0, 8, 16].map((start) => {
    const eight = row.slice(start, start + 8);
    return parseInt((fillOrder === 2 ? eight.reverse() : eight).join(''), 2);
  }));
  const body = Buffer.from(bytes);
  const tags = [
    [256, width], [257, rows.length], [258, 1], [259, 1], [262, 1], [266, fillOrder], [273, 8],
    [277, 1], [278, rows.length], [279, body.length],
  ];
  const start = 8 + body.length + (body.length % 2);
  const file = Buffer.alloc(start + 2 + 12 * tags.length + 4);
  file.write('II*\0');
  file.writeUInt32LE(start, 4);
  body.copy(file, 8);
  file.writeUInt16LE(tags.length, start);
  tags.forEach(([tag, value], at) => {
    const entry = start + 2 + 12 * at;
    const isLong = tag === 273 || tag === 279;
    file.writeUInt16LE(tag, entry);
    file.writeUInt16LE(isLong ? 4 : 3, entry + 2);
    file.writeUInt32LE(1, entry + 4);
    if (isLong) file.writeUInt32LE(value, entry + 8);
    else file.writeUInt16LE(value, entry + 8);
  });
  return file;
}

const apart = (file) => file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
const isRed = (_, at) => at % 4 === 0;
const readers = {
  utif2: (file) => {
    const [page] = UTIF.decode(apart(file));
    UTIF.decodeImage(apart(file), page);
    return UTIF.toRGBA8(page).filter(isRed);
  },
  Jimp: async (file) => (await Jimp.fromBuffer(file)).bitmap.data.filter(isRed),
  '@napi-rs/image': async (file) => PNG.sync.read(await new Transformer(file).png()).data.filter(isRed),
  geotiff: async (file) => (await (await (await fromArrayBuffer(apart(file))).getImage()).readRasters())[0],
  tiff: (file) => decode(file)[0].data,
  sharp: (file) => sharp(file).toColourspace('b-w').raw().toBuffer(),
  ImageMagick: (file) =>
    ImageMagick.read(file, (image) => image.getPixels((pixels) => pixels.toByteArray(0, 0, width, rows.length, 'R'))),
};
for (const fillOrder of [1, 2]) {
  const seen = new Map();
  for (const [name, read] of Object.entries(readers)) {
    const samples = await read(tiff(fillOrder));
    const lines = rows.map((_, y) => [...samples.slice(y * width, (y + 1) * width)]);
    const shown = lines.map((line) => line.map((sample) => (sample ? '.' : '#')).join('')).join(' ');
    seen.set(shown, [...(seen.get(shown) ?? []), name]);
  }
  for (const [shown, names] of seen) {
    console.log(`FillOrder ${fillOrder}: ${names.join(', ')}: ${shown}`);
  }
}
JS
seen=$(node show.js)
expected='FillOrder 1: utif2, Jimp, @napi-rs/image, geotiff, tiff, sharp, ImageMagick: ####.................... ......##########........ #.#.#.#.............#..#
FillOrder 2: utif2, Jimp, @napi-rs/image, geotiff, tiff: ....####................ ##......########........ .#.#.#.#........#..#....
FillOrder 2: sharp, ImageMagick: ####.................... ......##########........ #.#.#.#.............#..#'
echo "$seen"
[ "$seen" = "$expected" ]
