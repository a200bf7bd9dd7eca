#!/usr/bin/env bash
# An RGB PNG may name one colour as transparent by a tRNS chunk of three two-byte samples, of 8 bits as well as of 16
# (PNG, third edition, 11.3.1.1). QImage of Qt 6.12.0 (PyPI: PySide6-Essentials) makes room for red, green, blue and
# alpha of 16 bits each, yet has libpng fill it with three samples a pixel: each pixel begins where the one before ends,
# so of a row three quarters are filled, with the next pixel's red as this one's alpha, and a picture comes as coloured
# noise, half transparent. Nothing is said: format and size are right, isNull() is false. 8 bits with the same tRNS, and
# 16 bits without it or with an alpha, are right. Viewers, thumbnails and maps that open pictures by Qt have it. Pillow
# 13.0.0, sharp 0.35.5 and pngjs 7.0.0 show what was written. Way round: RGBA. Seen: below, in `expected`: a row's first
# three pixels as 8 bits, `-` where one is transparent. Needs Node.js 20 or newer, and Python 3.11 or newer with venv.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "pngjs": "7.0.0", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 PySide6-Essentials==6.12.0
cat > show.py <<'PY'
import json, os, struct, subprocess, zlib

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PIL import Image
from PySide6.QtGui import QImage

WIDTH = 8
COLOURS = [(10, 20, 30), (200, 100, 40), (0, 128, 255), (90, 80, 70)]
NAMED = COLOURS[0]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(bits, kind):
    scale = 257 if bits == 16 else 1
    row = b"\x00"
    for x in range(WIDTH):
        colour = COLOURS[x % 4]
        alpha = () if kind != "alpha" else (0,) if colour == NAMED else (255,)
        for sample in colour + alpha:
            row += (sample * scale).to_bytes(bits // 8, "big")
    header = struct.pack(">IIBBBBB", WIDTH, 1, bits, 6 if kind == "alpha" else 2, 0, 0, 0)
    transparent = chunk(b"tRNS", struct.pack(">3H", *(sample * scale for sample in NAMED))) if kind == "tRNS" else b""
    body = chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + transparent + body


def by_qt(path):
    image = QImage(path)
    return [list(image.pixelColor(x, 0).getRgb()) for x in range(3)]


def by_pillow(path):
    with Image.open(path) as image:
        return [list(image.convert("RGBA").getpixel((x, 0))) for x in range(3)]


def by_node(script):
    def read(path):
        run = subprocess.run(["node", script, path], check=True, capture_output=True, text=True)
        pixels = json.loads(run.stdout)
        return [pixels[4 * x:4 * x + 4] for x in range(3)]
    return read


readers = {"Qt": by_qt, "Pillow": by_pillow, "sharp": by_node("by_sharp.js"), "pngjs": by_node("by_pngjs.js")}
for bits in 8, 16:
    for kind in "plain", "tRNS", "alpha":
        path = f"{kind}-{bits}.png"
        with open(path, "wb") as file:
            file.write(png(bits, kind))
        shown = {}
        for name, read in readers.items():
            pixels = [pixel if pixel[3] else "-" for pixel in read(path)]
            shown.setdefault(" ".join(str(pixel).replace(" ", "") for pixel in pixels), []).append(name)
        print(f"{kind}, {bits} bits:", "; ".join(f"{' and '.join(names)} {pixels}" for pixels, names in shown.items()))
PY
cat > by_sharp.js <<'JS'
import sharp from 'sharp';

const raw = await sharp(process.argv[2]).toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer();
console.log(JSON.stringify([...raw]));
JS
cat > by_pngjs.js <<'JS'
import { readFileSync } from 'node:fs';
import { PNG } from 'pngjs';

console.log(JSON.stringify([...PNG.sync.read(readFileSync(process.argv[2])).data]));
JS
seen=$(venv/bin/python show.py)
expected='plain, 8 bits: Qt and Pillow and sharp and pngjs [10,20,30,255] [200,100,40,255] [0,128,255,255]
tRNS, 8 bits: Qt and Pillow and sharp and pngjs - [200,100,40,255] [0,128,255,255]
alpha, 8 bits: Qt and Pillow and sharp and pngjs - [200,100,40,255] [0,128,255,255]
plain, 16 bits: Qt and Pillow and sharp and pngjs [10,20,30,255] [200,100,40,255] [0,128,255,255]
tRNS, 16 bits: Qt [10,20,30,200] [100,40,0,128] [255,90,80,70]; Pillow and sharp and pngjs - [200,100,40,255] [0,128,255,255]
alpha, 16 bits: Qt and Pillow and sharp and pngjs - [200,100,40,255] [0,128,255,255]'
echo "$seen"
[ "$seen" = "$expected" ]
