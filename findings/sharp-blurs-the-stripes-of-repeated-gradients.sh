#!/usr/bin/env bash
# `spreadMethod="repeat"` lays a gradient's pattern from start to end again and again (SVG 2, 14.2.2): what `pad` shows
# between 0 and 100 %. With two stops at 50 % that makes stripes. sharp 0.35.5 (librsvg, which paints by cairo and
# pixman) goes from the last stop of one length to the first stop of the next by a slope: red and white stripes
# come as a soft saw of pinks, in which no pixel is red. With `pad` and `reflect` the same stops are right. And where a
# gradient's two points are one, all is to have the last stop's colour (14.2.2, notes), and sharp paints the mean of
# first and last. resvg-js 2.6.2 and Skia (@napi-rs/canvas 1.1.1), which Chromium paints with, do both by the standard.
# Way round: stops at 0 and 1, too, of the same colours. Seen: below, in `expected`, with ten pixels to the length, the
# green samples (0 is red, 255 white). Needs Node.js 20 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "type": "module",
  "dependencies": { "@napi-rs/canvas": "1.1.1", "@resvg/resvg-js": "2.6.2", "sharp": "0.35.5" }
}
JSON
npm install --silent --no-audit --no-fund
cat > show.js <<'JS'
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';

const by = {
  sharp: (svg) => sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer(),
  resvg: (svg) => new Resvg(svg).render().pixels,
  Skia: async (svg) => {
    const context = createCanvas(20, 1).getContext('2d');
    context.drawImage(await loadImage(Buffer.from(svg)), 0, 0);
    return context.getImageData(0, 0, 20, 1).data;
  },
};
const stop = (offset, colour) => `<stop offset="${offset}" stop-color="${colour}"/>`;
const stripes = stop(0.5, 'red') + stop(0.5, 'white');
const ends = stop(0, 'red') + stripes + stop(1, 'white');
for (const [name, method, length, stops] of [
  ['pad', 'pad', 10, stripes],
  ['reflect', 'reflect', 10, stripes],
  ['repeat', 'repeat', 10, stripes],
  ['repeat, with stops at 0 and 1', 'repeat', 10, ends],
  ['no length', 'pad', 0, ends],
]) {
  const vector = `gradientUnits="userSpaceOnUse" x2="${length}" y2="0" spreadMethod="${method}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="1">
    <linearGradient id="it" ${vector}>${stops}</linearGradient>
    <rect width="20" height="1" fill="url(#it)"/></svg>`;
  const seen = new Map();
  for (const [reader, draw] of Object.entries(by)) {
    const greens = Array.from(await draw(svg)).filter((sample, at) => at % 4 === 1).join(' ');
    seen.set(greens, [...(seen.get(greens) ?? []), reader]);
  }
  console.log(`${name}:`);
  for (const [greens, readers] of seen) console.log(`  ${readers.join(', ')}: ${greens}`);
}
JS
seen=$(node show.js)
expected='pad:
  sharp, resvg, Skia: 0 0 0 0 0 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255
reflect:
  sharp, resvg, Skia: 0 0 0 0 0 255 255 255 255 255 255 255 255 255 255 0 0 0 0 0
repeat:
  sharp: 115 89 64 38 13 242 217 191 166 140 115 89 64 38 13 242 217 191 166 140
  resvg, Skia: 0 0 0 0 0 255 255 255 255 255 0 0 0 0 0 255 255 255 255 255
repeat, with stops at 0 and 1:
  sharp, resvg, Skia: 0 0 0 0 0 255 255 255 255 255 0 0 0 0 0 255 255 255 255 255
no length:
  sharp: 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128
  resvg, Skia: 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255'
echo "$seen"
[ "$seen" = "$expected" ]
