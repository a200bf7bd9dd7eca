#!/usr/bin/env bash
# Two kinds of ordinary bitmaps that Jimp 1.6.1 (bmp-ts 1.0.9) opens without an error and shows wrong: with 4 bits a
# pixel and an odd width, of a picture that is stored from the bottom up only the lowest row is there, of one from the
# top down the uppermost, and all others are black; and RLE8 of any width comes in other colours, the palette's blue
# as green and no red or blue at all. 4 bits with an even width, 1 bit, and 8 bits without compression are right.
# Pillow 13.0.0 shows all of them right. Seen: below, in `expected`: of each file the pixels that are wrong, and the
# first pixel, whose colour is (1, 5, 10). Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if
# that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "bmp-ts": "1.0.9", "jimp": "1.6.1" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
cat > show.js <<'JS'
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Jimp } from 'jimp';

const height = 5;
const index = (x, y, bits) => 1 + ((x >> 1) + 3 * y) % ((1 << bits) - 1);
const colour = (at) => [at, (5 * at) % 256, (10 * at) % 256, 255];

/** A bitmap with a header of 40 bytes; compression 0 is none, 1 is RLE8. */
function bitmap(bits, compression, body, width, isTopDown) {
  const colours = 1 << bits;
  const palette = Array.from({ length: colours }, (_, at) => [...colour(at).slice(0, 3).reverse(), 0]).flat();
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + palette.length + body.length, 2);
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(isTopDown ? -height : height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(body.length, 34);
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(body)]);
}

function plain(bits, width, isTopDown = false) {
  const stride = Math.ceil((width * bits) / 32) * 4;
  const body = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const row = stride * (isTopDown ? y : height - 1 - y);
    for (let x = 0; x < width; x += 1) {
      const bit = x * bits;
      body[row + (bit >> 3)] |= index(x, y, bits) << (8 - bits - (bit & 7));
    }
  }
  return bitmap(bits, 0, body, width, isTopDown);
}

function runs(width) {
  const codes = [];
  for (let y = height - 1; y >= 0; y -= 1) {
    for (let x = 0; x < width; x += 2) codes.push(2, index(x, y, 8));
    codes.push(0, 0);
  }
  codes.push(0, 1);
  return bitmap(8, 1, codes, width, false);
}

const pillow = 'import sys; from PIL import Image; sys.stdout.buffer.write(Image.open("picture.bmp").convert("RGBA").tobytes())';

async function show(name, file, bits, width) {
  writeFileSync('picture.bmp', file);
  const right = Array.from({ length: width * height }, (_, at) => colour(index(at % width, Math.floor(at / width), bits)));
  const byJimp = (await Jimp.read('picture.bmp')).bitmap.data;
  const byPillow = execFileSync('venv/bin/python', ['-c', pillow]);
  const wrong = (data) => right.filter((pixel, at) => pixel.some((sample, of) => data[4 * at + of] !== sample)).length;
  const first = [...byJimp.subarray(0, 3)];
  console.log(`${name}, ${width} wide: wrong in Jimp ${wrong(byJimp)} of ${right.length}, in Pillow ${wrong(byPillow)}; first ${first}`);
}

for (const width of [8, 9]) {
  await show('1 bit', plain(1, width), 1, width);
  await show('4 bits', plain(4, width), 4, width);
  await show('4 bits, from the top', plain(4, width, true), 4, width);
  await show('8 bits', plain(8, width), 8, width);
}
await show('RLE8', runs(8), 8, 8);
await show('RLE8', runs(16), 8, 16);
JS
seen=$(node show.js)
expected='1 bit, 8 wide: wrong in Jimp 0 of 40, in Pillow 0; first 1,5,10
4 bits, 8 wide: wrong in Jimp 0 of 40, in Pillow 0; first 1,5,10
4 bits, from the top, 8 wide: wrong in Jimp 0 of 40, in Pillow 0; first 1,5,10
8 bits, 8 wide: wrong in Jimp 0 of 40, in Pillow 0; first 1,5,10
1 bit, 9 wide: wrong in Jimp 0 of 45, in Pillow 0; first 1,5,10
4 bits, 9 wide: wrong in Jimp 36 of 45, in Pillow 0; first 0,0,0
4 bits, from the top, 9 wide: wrong in Jimp 36 of 45, in Pillow 0; first 1,5,10
8 bits, 9 wide: wrong in Jimp 0 of 45, in Pillow 0; first 1,5,10
RLE8, 8 wide: wrong in Jimp 40 of 40, in Pillow 0; first 0,10,0
RLE8, 16 wide: wrong in Jimp 80 of 80, in Pillow 0; first 0,10,0'
echo "$seen"
[ "$seen" = "$expected" ]
