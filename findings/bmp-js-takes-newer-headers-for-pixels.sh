#!/usr/bin/env bash
# A bitmap says where its pixels begin (bfOffBits of BITMAPFILEHEADER) and how long its header is: 40 bytes at first,
# 108 and 124 since Windows 95 and 98 (BITMAPV4HEADER, BITMAPV5HEADER); ImageMagick writes 124. bmp-js 0.1.0 on npm, and
# with it sharp-bmp 0.1.5, which teaches sharp to read bitmaps, reads both numbers and goes on after 40 bytes whatever
# they are: the rest of the header is taken for the first pixels, or for the first colours of a palette, all others move
# on, and the last ones are lost. Nothing is thrown, and the size is right. decode-bmp 0.2.1, below icojs and
# decode-ico, reads all of these, but of 32 bits without masks, whose fourth byte is unused (BITMAPINFOHEADER), it takes
# that byte for alpha: it is 0 as a rule, and the picture is gone. Jimp 1.6.1 (bmp-ts 1.0.9) shows black for 32 bits
# after the newer headers, by masks of 0 that don't count here, for there is no BI_BITFIELDS (BITMAPV4HEADER). Skia
# (@napi-rs/canvas 1.1.1), which Chromium paints with, shows every one. Seen: below, in `expected`: how many of 1600
# pixels are wrong, and the first one, which is (10, 20, 30). Needs Node.js 20 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@imagemagick/magick-wasm": "0.0.43", "@napi-rs/canvas": "1.1.1",
  "bmp-js": "0.1.0", "decode-bmp": "0.2.1", "jimp": "1.6.1", "sharp": "0.35.5", "sharp-bmp": "0.1.5" } }
JSON
npm install --silent --no-audit --no-fund
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick, MagickReadSettings } from '@imagemagick/magick-wasm';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import bmp from 'bmp-js';
import decodeBmp from 'decode-bmp';
import { Jimp } from 'jimp';
import { sharpFromBmp } from 'sharp-bmp';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
const width = 40;
const height = 40;
const pixels = Array.from({ length: width * height }, (_, at) => {
  const step = (at % width) + Math.floor(at / width) * 3;
  return [(10 + step) % 256, (20 + 2 * step) % 256, (30 + 3 * step) % 256];
});

/** From the bottom up, after a header of `size` bytes; of 8 bits the palette is that of the steps 0 to 255. */
function bitmap(bits, size) {
  const body = [];
  for (let y = height - 1; y >= 0; y -= 1) {
    for (let x = 0; x < width; x += 1) {
      const [red, green, blue] = pixels[y * width + x];
      body.push(...(bits === 8 ? [x + 3 * y] : [blue, green, red, 0].slice(0, bits / 8)));
    }
  }
  const colours = bits === 8 ? Array.from({ length: 256 }, (_, n) => [30 + 3 * n, 20 + 2 * n, 10 + n, 0]).flat() : [];
  const header = Buffer.alloc(14 + size);
  header.write('BM');
  header.writeUInt32LE(header.length + colours.length + body.length, 2);
  header.writeUInt32LE(header.length + colours.length, 10);
  header.writeUInt32LE(size, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(body.length, 34);
  if (size > 40) header.write('BGRs', 70);
  return Buffer.concat([header, Buffer.from(colours.map((sample) => sample % 256)), Buffer.from(body)]);
}

function byMagick() {
  const raw = new Uint8Array(pixels.flat());
  const settings = new MagickReadSettings({ depth: 8, format: 'RGB', height, width });
  return ImageMagick.read(raw, settings, (image) => image.write('BMP', (file) => Buffer.from(file)));
}

const readers = {
  'bmp-js': (file) => {
    const { data } = bmp.decode(file);
    return pixels.flatMap((_, at) => [data[4 * at + 3], data[4 * at + 2], data[4 * at + 1], 255]);
  },
  'sharp-bmp': (file) => sharpFromBmp(file).ensureAlpha().raw().toBuffer(),
  'decode-bmp': (file) => decodeBmp(file).data,
  Jimp: async (file) => (await Jimp.fromBuffer(file)).bitmap.data,
  Skia: async (file) => {
    const context = createCanvas(width, height).getContext('2d');
    context.drawImage(await loadImage(file), 0, 0);
    return context.getImageData(0, 0, width, height).data;
  },
};
const cases = [8, 24, 32].flatMap((bits) => [40, 108, 124].map((size) => [bits, bitmap(bits, size)]));
for (const [bits, file] of [...cases, ['ImageMagick', byMagick()]]) {
  const seen = [];
  for (const [name, read] of Object.entries(readers)) {
    const data = await read(Buffer.from(file));
    const right = ([red, green, blue], at) =>
      data[4 * at] === red && data[4 * at + 1] === green && data[4 * at + 2] === blue && data[4 * at + 3] === 255;
    const wrong = pixels.filter((pixel, at) => !right(pixel, at)).length;
    seen.push(`${name} ${wrong === 0 ? 'right' : `${wrong} (${[...data.slice(0, 4)]})`}`);
  }
  console.log(`${bits}${bits > 0 ? ' bits' : ''}, header of ${file[14]} bytes: ${seen.join(', ')}`);
}
JS
seen=$(node show.js)
expected='8 bits, header of 40 bytes: bmp-js right, sharp-bmp right, decode-bmp right, Jimp right, Skia right
8 bits, header of 108 bytes: bmp-js 1600 (11,22,33,255), sharp-bmp 1600 (11,22,33,255), decode-bmp right, Jimp right, Skia right
8 bits, header of 124 bytes: bmp-js 1600 (34,68,102,255), sharp-bmp 1600 (34,68,102,255), decode-bmp right, Jimp right, Skia right
24 bits, header of 40 bytes: bmp-js right, sharp-bmp right, decode-bmp right, Jimp right, Skia right
24 bits, header of 108 bytes: bmp-js 1600 (93,30,60,255), sharp-bmp 1600 (93,30,60,255), decode-bmp right, Jimp right, Skia right
24 bits, header of 124 bytes: bmp-js 1600 (25,50,75,255), sharp-bmp 1600 (25,50,75,255), decode-bmp right, Jimp right, Skia right
32 bits, header of 40 bytes: bmp-js right, sharp-bmp right, decode-bmp 1600 (10,20,30,0), Jimp right, Skia right
32 bits, header of 108 bytes: bmp-js 1600 (36,72,108,255), sharp-bmp 1600 (36,72,108,255), decode-bmp 1600 (10,20,30,0), Jimp 1600 (0,0,0,255), Skia right
32 bits, header of 124 bytes: bmp-js 1600 (32,64,96,255), sharp-bmp 1600 (32,64,96,255), decode-bmp 1600 (10,20,30,0), Jimp 1600 (0,0,0,255), Skia right
ImageMagick, header of 124 bytes: bmp-js 1600 (25,50,75,255), sharp-bmp 1600 (25,50,75,255), decode-bmp right, Jimp right, Skia right'
echo "$seen"
[ "$seen" = "$expected" ]
