#!/usr/bin/env bash
# An interlaced GIF has its rows in four passes: every 8th from row 0, every 8th from row 4, every 4th from row 2, every
# 2nd from row 1 (GIF89a, Appendix E). A pass whose first row lies below the picture has no rows, and the next one
# follows: of four rows the order is 0, 2, 1, 3. Frames so low are what animations are made of where only a line
# changes. omggif 1.0.10 on npm, and with it gifwrap 0.10.1 and Jimp 1.6.1, take a row of the second pass where there
# is none, and count on from there: at heights of 2 to 4 rows are lost, and others are shown elsewhere. Qt 6.12.0 (PyPI:
# PySide6-Essentials) shows one row for another at 3 and 4; SDL_image 2.8.12 (PyPI: pygame-ce 2.5.8) has only one row.
# Nothing is thrown, and size and colours look right. From five rows on all are right, and so are low pictures that
# aren't interlaced. gifuct-js 2.1.2, Pillow 13.0.0 and sharp 0.35.5 show every height right. Seen: below, in
# `expected`: of the files that come out wrong the rows as they are shown, `-` for one that isn't there. Needs Node.js
# 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": {
  "gifuct-js": "2.1.2", "gifwrap": "0.10.1", "jimp": "1.6.1", "omggif": "1.0.10", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 pygame-ce==2.5.8 PySide6-Essentials==6.12.0
cat > make.py <<'PY'
"""GIFs of 8 rows at most, 4 pixels wide: row y has colour y + 1, which is 20 * (y + 1) of all three samples."""


def codes(samples):
    """LZW that clears its table before codes would grow: 4 bits each, at 8 colours."""
    clear, end, out = 8, 9, []
    for at, sample in enumerate(samples):
        if at % 5 == 0:
            out.append(clear)
        out.append(sample)
    bits = sum(code << 4 * at for at, code in enumerate([*out, end]))
    data = bits.to_bytes((4 * len(out) + 11) // 8, "little")
    return b"\x03" + bytes([len(data)]) + data + b"\x00"


def gif(height, interlaced):
    passes = (0, 8), (4, 8), (2, 4), (1, 2)
    rows = [y for start, step in passes for y in range(start, height, step)] if interlaced else range(height)
    colours = bytes(20 * at for at in range(8) for _ in range(3))
    sides = b"\x04\x00" + bytes([height, 0])
    frame = b"," + bytes(4) + sides + bytes([0x40 if interlaced else 0])
    samples = [y + 1 for y in rows for _ in range(4)]
    return b"GIF89a" + sides + b"\xf2\x00\x00" + colours + frame + codes(samples) + b";"


for height in range(1, 8):
    for kind in "plain", "interlaced":
        with open(f"{kind}-{height}.gif", "wb") as file:
            file.write(gif(height, kind == "interlaced"))
PY
cat > show.py <<'PY'
import json, os

os.environ |= {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "QT_QPA_PLATFORM": "offscreen", "SDL_VIDEODRIVER": "dummy"}
import pygame
from PIL import Image
from PySide6.QtGui import QImage


def by_pillow(path, height):
    with Image.open(path) as image:
        return [image.convert("RGB").getpixel((0, y))[0] for y in range(height)]


def by_qt(path, height):
    image = QImage(path)
    return [image.pixelColor(0, y).red() for y in range(height)]


def by_pygame(path, height):
    image = pygame.image.load(path)
    return [image.get_at((0, y))[0] for y in range(height)]


readers = {"Pillow": by_pillow, "Qt": by_qt, "pygame": by_pygame}
paths = [f"{kind}-{height}.gif" for kind in ("plain", "interlaced") for height in range(1, 8)]
print(json.dumps({name: [read(path, int(path[-5])) for path in paths] for name, read in readers.items()}))
PY
cat > show.js <<'JS'
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import gifuct from 'gifuct-js';
import gifwrap from 'gifwrap';
import { Jimp } from 'jimp';
import omggif from 'omggif';
import sharp from 'sharp';

const reds = (pixels, height) => Array.from({ length: height }, (_, y) => pixels[4 * 4 * y]);
const readers = {
  omggif: (file, height) => {
    const pixels = new Uint8Array(4 * 4 * height);
    new omggif.GifReader(file).decodeAndBlitFrameRGBA(0, pixels);
    return reds(pixels, height);
  },
  gifwrap: async (file, height) => reds((await new gifwrap.GifCodec().decodeGif(file)).frames[0].bitmap.data, height),
  Jimp: async (file, height) => reds((await Jimp.fromBuffer(file)).bitmap.data, height),
  'gifuct-js': (file, height) => {
    const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
    return reds(gifuct.decompressFrames(gifuct.parseGIF(bytes), true)[0].patch, height);
  },
  sharp: async (file, height) => reds(await sharp(file).ensureAlpha().raw().toBuffer(), height),
};
const files = ['plain', 'interlaced'].flatMap((kind) => [1, 2, 3, 4, 5, 6, 7].map((height) => [kind, height]));
const seen = {};
for (const [name, read] of Object.entries(readers)) {
  seen[name] = [];
  for (const [kind, height] of files) seen[name].push(await read(readFileSync(`${kind}-${height}.gif`), height));
}
Object.assign(seen, JSON.parse(execFileSync('venv/bin/python', ['show.py'], { stdio: ['ignore', 'pipe', 'ignore'] })));
for (const [name, pictures] of Object.entries(seen)) {
  const wrong = files.flatMap(([kind, height], at) => {
    const rows = pictures[at].map((red) => (red > 0 && red % 20 === 0 ? red / 20 - 1 : '-')).join('');
    return rows === '0123456'.slice(0, height) ? [] : [`${kind} ${rows}`];
  });
  console.log(`${name}: ${wrong.join(', ') || 'all right'}`);
}
JS
venv/bin/python make.py
seen=$(node show.js)
expected='omggif: interlaced 0-, interlaced 0-1, interlaced 031-
gifwrap: interlaced 0-, interlaced 0-1, interlaced 031-
Jimp: interlaced 0-, interlaced 0-1, interlaced 031-
gifuct-js: all right
sharp: all right
Pillow: all right
Qt: interlaced 001, interlaced 0311
pygame: interlaced 0-, interlaced 0--, interlaced 0---'
echo "$seen"
[ "$seen" = "$expected" ]
