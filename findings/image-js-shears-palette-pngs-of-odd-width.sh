#!/usr/bin/env bash
# A PNG's rows begin at whole bytes: where pixels are smaller than a byte, the last bits of a row stand for nothing
# (PNG specification, 7.2). image-js 1.7.0 counts on over them in pictures with a palette, as if all rows were one
# string of bits. Where a row doesn't fill its last byte (4 bits and an odd width, 2 bits and a width that four
# doesn't divide, 1 bit and one that eight doesn't), each row is shown further to the right than the one above, by
# what was left over: a straight line comes out slanted, without an error. Its own decoder, fast-png 8.0.0, gives the
# rows right, and its convertIndexedToRgb keeps them; sharp 0.35.5 shows them right. Seen: below, in `expected`: a
# white column at the left edge, as `#`. Needs Node.js 20.15 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "fast-png": "8.0.0", "image-js": "1.7.0", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
cat > show.js <<'JS'
import { crc32, deflateSync } from 'node:zlib';
import { convertIndexedToRgb, decode as decodePng } from 'fast-png';
import { decode } from 'image-js';
import sharp from 'sharp';

const height = 3;

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** Black, with a white column at the left edge. */
function picture(width, bits) {
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, bits, 3, 0, 0, 0]);
  const row = Buffer.alloc(1 + Math.ceil((width * bits) / 8));
  row[1] = 1 << (8 - bits);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from([0, 0, 0, 255, 255, 255])),
    chunk('IDAT', deflateSync(Buffer.concat(Array(height).fill(row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function drawn(width, samples, channels) {
  const mark = (at) => (samples[at * channels] > 128 ? '#' : '.');
  const rows = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => mark(y * width + x)));
  return rows.map((row) => row.join('')).join(' ');
}

for (const [bits, width] of [[4, 6], [4, 7], [2, 8], [2, 6], [1, 8], [1, 9], [8, 7]]) {
  const file = picture(width, bits);
  const image = decode(file);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const right = drawn(width, data, info.channels);
  const byFastPng = drawn(width, convertIndexedToRgb(decodePng(file)), 3);
  if (byFastPng !== right) throw new Error('fast-png and sharp differ');
  console.log(`${bits} bits, width ${width}: sharp ${right}; image-js ${drawn(width, image.getRawImage().data, 3)}`);
}
JS
seen=$(node show.js)
expected='4 bits, width 6: sharp #..... #..... #.....; image-js #..... #..... #.....
4 bits, width 7: sharp #...... #...... #......; image-js #...... .#..... ..#....
2 bits, width 8: sharp #....... #....... #.......; image-js #....... #....... #.......
2 bits, width 6: sharp #..... #..... #.....; image-js #..... ..#... ....#.
1 bits, width 8: sharp #....... #....... #.......; image-js #....... #....... #.......
1 bits, width 9: sharp #........ #........ #........; image-js #........ .......#. .........
8 bits, width 7: sharp #...... #...... #......; image-js #...... #...... #......'
echo "$seen"
[ "$seen" = "$expected" ]
