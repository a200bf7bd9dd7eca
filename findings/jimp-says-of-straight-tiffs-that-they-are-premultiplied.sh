#!/usr/bin/env bash
# TIFF says by ExtraSamples (338) what a fourth sample is: 1 an alpha by which the colours are multiplied, 2 one by
# which they are not (TIFF 6.0, page 31). UTIF (utif2 4.1.0 and utif 3.1.0 on npm) and with it Jimp 1.6.1 write 1
# above colours that are not multiplied. Readers that go by the standard divide them: a half transparent orange of
# (200, 100, 40) is (255, 199, 79) in sharp 0.35.5 and in Pillow 13.0.0, soft edges with a bright rim. Jimp reads its
# own file as it was, for it leaves the tag aside. Jimp gives no way to choose the tag; UTIF.encodeImage takes { t338:
# [2] } as its fourth argument, and then all is right. Seen: below, in `expected`. Needs Node.js 20 or newer and
# Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "jimp": "1.6.1", "sharp": "0.35.5", "utif": "3.1.0", "utif2": "4.1.0" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
cat > show.js <<'JS'
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Jimp } from 'jimp';
import sharp from 'sharp';
import utif from 'utif';
import utif2 from 'utif2';

const side = 16;
const pixels = new Uint8Array(4 * side * side).map((_, at) => [200, 100, 40, 128][at % 4]);
const pillow = `
import sys
from PIL import Image
picture = Image.open(sys.argv[1])
print(f"ExtraSamples {picture.tag_v2[338][0]}; Pillow {','.join(map(str, picture.getpixel((3, 3))))}", end="")
`;

async function show(name, bytes) {
  const file = Buffer.from(bytes);
  writeFileSync('picture.tiff', file);
  const read = execFileSync('venv/bin/python', ['-c', pillow, 'picture.tiff'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const bySharp = [...(await sharp(file).raw().toBuffer()).subarray(0, 4)];
  const byJimp = [...(await Jimp.fromBuffer(file)).bitmap.data.subarray(0, 4)];
  console.log(`${name}: ${read}; sharp ${bySharp}; Jimp ${byJimp}`);
}

const picture = new Jimp({ width: side, height: side, data: Buffer.from(pixels) });
await show('Jimp', await picture.getBuffer('image/tiff'));
await show('utif2', utif2.encodeImage(pixels, side, side));
await show('utif', utif.encodeImage(pixels, side, side));
await show('utif2 with t338', utif2.encodeImage(pixels, side, side, { t338: [2] }));
JS
seen=$(node show.js)
expected='Jimp: ExtraSamples 1; Pillow 255,199,79,128; sharp 255,199,79,128; Jimp 200,100,40,128
utif2: ExtraSamples 1; Pillow 255,199,79,128; sharp 255,199,79,128; Jimp 200,100,40,128
utif: ExtraSamples 1; Pillow 255,199,79,128; sharp 255,199,79,128; Jimp 200,100,40,128
utif2 with t338: ExtraSamples 2; Pillow 200,100,40,128; sharp 200,100,40,128; Jimp 200,100,40,128'
echo "$seen"
[ "$seen" = "$expected" ]
