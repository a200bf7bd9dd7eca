#!/usr/bin/env bash
# A grey PNG may name one grey as transparent by a tRNS chunk of two bytes (PNG, third edition, 11.3.1.1), which leaves
# all others as they are. pygame 2.6.1 (SDL_image 2.0.5) opens such a file as a surface of 16 bits, 5, 6 and 5 of them
# for red, green and blue, and takes each grey for the low byte of a pixel whose high byte is full: black and white stay
# what they are, and all between is yellow and orange. So it is at 2, 4, 8 and 16 bits, and nothing is raised. What was
# named is transparent, so that the picture has its shape. Grey without tRNS, RGB with one, and grey with an alpha are
# right. pygame-ce 2.5.8 (SDL_image 2.8.12), Pillow 13.0.0 and sharp 0.35.5 show grey everywhere. Way round: a palette,
# or an alpha. Seen: below, in `expected`: of each picture the first pixel, which is black, and transparent (`-`) where
# tRNS names it, then a third and two thirds of white, and white. Needs Node.js 20 or newer, and Python 3.11 or newer
# with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 pygame==2.6.1
python3 -m venv other
other/bin/pip install --quiet --disable-pip-version-check pygame-ce==2.5.8
cat > make.py <<'PY'
"""PNGs of 4 pixels: black, a third and two thirds of white, and white."""
import struct, zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(bits, colour, named):
    greatest = (1 << bits) - 1
    samples = {0: 1, 2: 3, 4: 2}[colour]
    whole = 0
    for third in range(4):
        levels = (2 if colour == 4 else samples) * [third * greatest // 3]
        if colour == 4:
            levels[1] = greatest if third else 0
        for level in levels:
            whole = whole << bits | level
    row = b"\x00" + whole.to_bytes(4 * samples * bits // 8, "big")
    header = struct.pack(">IIBBBBB", 4, 1, bits, colour, 0, 0, 0)
    transparent = chunk(b"tRNS", bytes(2 * samples)) if named else b""
    body = chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + transparent + body


CASES = [(f"grey of {bits} bits, tRNS", png(bits, 0, True)) for bits in (2, 4, 8, 16)] + [
    ("grey of 8 bits", png(8, 0, False)),
    ("RGB of 8 bits, tRNS", png(8, 2, True)),
    ("grey and alpha of 8 bits", png(8, 4, False)),
]
PY
cat > by_pygame.py <<'PY'
import json, os

os.environ |= {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy"}
import pygame
from make import CASES

shown = []
for at in range(len(CASES)):
    surface = pygame.image.load(f"{at}.png")
    shown.append(list(pygame.image.tobytes(surface, "RGBA")))
print(json.dumps(shown))
PY
cat > by_sharp.js <<'JS'
import sharp from 'sharp';

const shown = [];
for (const file of process.argv.slice(2)) {
  shown.push([...(await sharp(file).toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer())]);
}
console.log(JSON.stringify(shown));
JS
cat > show.py <<'PY'
import json, subprocess

from make import CASES
from PIL import Image


def by_pillow(path):
    with Image.open(path) as image:
        if image.mode.startswith("I"):
            image = image.point(lambda level: level / 257).convert("L")
        return list(image.convert("RGBA").tobytes())


def run(*command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def name(pixel):
    red, green, blue, alpha = pixel
    if alpha == 0:
        return "-"
    return f"{red}" if red == green == blue else f"({red} {green} {blue})"


paths = []
for at, (_, file) in enumerate(CASES):
    paths.append(f"{at}.png")
    with open(paths[-1], "wb") as out:
        out.write(file)
shown = {
    "pygame": run("venv/bin/python", "by_pygame.py"),
    "pygame-ce": run("other/bin/python", "by_pygame.py"),
    "Pillow": [by_pillow(path) for path in paths],
    "sharp": run("node", "by_sharp.js", *paths),
}
for at, (case, _) in enumerate(CASES):
    rows = {reader: pictures[at] for reader, pictures in shown.items()}
    seen = {}
    for reader, row in rows.items():
        seen.setdefault(" ".join(name(row[i:i + 4]) for i in range(0, 16, 4)), []).append(reader)
    print(f"{case}:", "; ".join(f"{' and '.join(readers)} {row}" for row, readers in seen.items()))
PY
seen=$(venv/bin/python show.py)
expected='grey of 2 bits, tRNS: pygame - (248 232 168) (248 244 80) (248 252 248); pygame-ce and Pillow and sharp - 85 170 255
grey of 4 bits, tRNS: pygame - (248 232 168) (248 244 80) (248 252 248); pygame-ce and Pillow and sharp - 85 170 255
grey of 8 bits, tRNS: pygame - (248 232 168) (248 244 80) (248 252 248); pygame-ce and Pillow and sharp - 85 170 255
grey of 16 bits, tRNS: pygame - (248 232 168) (248 244 80) (248 252 248); pygame-ce and Pillow and sharp - 85 170 255
grey of 8 bits: pygame and pygame-ce and Pillow and sharp 0 85 170 255
RGB of 8 bits, tRNS: pygame and pygame-ce and Pillow and sharp - 85 170 255
grey and alpha of 8 bits: pygame and pygame-ce and Pillow and sharp - 85 170 255'
echo "$seen"
[ "$seen" = "$expected" ]
