#!/usr/bin/env bash
# sharp 0.35.5 (libvips with libtiff) reads a valid uncompressed TIFF of YCbCr without subsampling (PhotometricInterpretation 6,
# YCbCrSubSampling 1,1) as if its samples were red, green and blue, and names its colours srgb. The same picture with
# subsampling 2,2 is converted. So a red page comes out violet-blue by the one and red by the other.
# Seen: 1x1 -> 76,85,255; 2x2 -> red. Needs Node.js with npm. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
cat > show.cjs <<'JS'
const sharp = require("sharp");

// A TIFF 6.0 of 16x16 pixels of red as YCbCr (BT.601, full range), in one strip. Section 21: a unit has the lumas of
// across x down pixels, then one Cb and one Cr.
function tiff(across, down) {
  const [y, cb, cr] = [76, 85, 255];
  const unit = [...Array(across * down).fill(y), cb, cr];
  const strip = Buffer.from(Array((16 * 16) / (across * down)).fill(unit).flat());
  const entries = [
    [256, 3, 1, 16], [257, 3, 1, 16], [258, 3, 3, 0], [259, 3, 1, 1], [262, 3, 1, 6], [273, 4, 1, 0], [277, 3, 1, 3],
    [278, 3, 1, 16], [279, 4, 1, strip.length], [284, 3, 1, 1], [530, 3, 2, across | (down << 16)],
  ];
  const end = 8 + 2 + 12 * entries.length + 4;
  entries[2][3] = end;
  entries[5][3] = end + 6;
  const head = Buffer.alloc(end + 6);
  head.write("II*\0", 0, "latin1");
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], number) => {
    const at = 10 + 12 * number;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8);
  });
  [8, 8, 8].forEach((bits, sample) => head.writeUInt16LE(bits, end + 2 * sample));
  return Buffer.concat([head, strip]);
}

(async () => {
  const shown = {};
  for (const [across, down] of [[1, 1], [2, 2]]) {
    const { space } = await sharp(tiff(across, down)).metadata();
    const raw = await sharp(tiff(across, down)).removeAlpha().raw().toBuffer();
    shown[`${across}x${down}`] = [...raw.subarray(0, 3)];
    console.log(`sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}: ${across}x${down}, ${space}: ${[...raw.subarray(0, 3)]}`);
  }
  const isRed = ([r, g, b]) => r > 245 && g < 10 && b < 10;
  if (String(shown["1x1"]) !== "76,85,255" || !isRed(shown["2x2"])) {
    console.error("this has changed");
    process.exit(1);
  }
})();
JS
node show.cjs
