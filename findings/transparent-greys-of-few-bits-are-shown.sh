#!/usr/bin/env bash
# A grey PNG may name one grey as transparent: its tRNS chunk holds that level in as many bits as the samples have, 0 to
# 3 where they have 2 (PNG, third edition, 11.3.1.1). Pillow 13.0.0 and FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1) first
# spread the samples to 8 bits, so that 1 of 2 bits is 85, and then look for the level as it stood in the chunk: of 2
# and 4 bits only black is ever found. What was to be transparent, white as a rule, is opaque, and nothing is said:
# Pillow's image has a `transparency` in its info, and FFmpeg's frame an alpha, of 255 everywhere. FFmpeg shows all at 1
# bit, too. OpenCV 5.0.0 (PyPI: opencv-python-headless 5.0.0.93) leaves the tRNS of greys aside at any depth: with
# IMREAD_UNCHANGED they have one channel, while palettes and RGB with tRNS get an alpha. sharp 0.35.5, Qt 6.12.0 (PyPI:
# PySide6-Essentials) and pngjs 7.0.0 show all as it was made. Way round: 8 bits, or an alpha. Seen: below, in
# `expected`: of pictures that have black, dark, light and white, and name one of them, what is transparent. Needs
# Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "pngjs": "7.0.0", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  imageio-ffmpeg==0.8.1 numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0 PySide6-Essentials==6.12.0
cat > by_node.js <<'JS'
import { readFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import sharp from 'sharp';

const alphas = (pixels) => [3, 7, 11, 15].map((at) => pixels[at]);
const shown = { sharp: [], pngjs: [] };
for (const path of process.argv.slice(2)) {
  shown.sharp.push(alphas(await sharp(path).toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer()));
  shown.pngjs.push(alphas(PNG.sync.read(readFileSync(path)).data));
}
console.log(JSON.stringify(shown));
JS
cat > show.py <<'PY'
import json, os, struct, subprocess, zlib

os.environ["QT_QPA_PLATFORM"] = "offscreen"
import cv2
import imageio_ffmpeg
from PIL import Image
from PySide6.QtGui import QImage

NAMES = ["black", "dark", "light", "white"]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(bits, named):
    """Four pixels: black, a third of white, two thirds, and white; of 1 bit the greys are black, too."""
    greatest = (1 << bits) - 1
    levels = [third * greatest // 3 for third in range(4)]
    row = 0
    for level in levels:
        row = row << bits | level
    row <<= -4 * bits % 8
    header = struct.pack(">IIBBBBB", 4, 1, bits, 0, 0, 0, 0)
    data = zlib.compress(b"\x00" + row.to_bytes((4 * bits + 7) // 8, "big"))
    transparent = chunk(b"tRNS", struct.pack(">H", levels[named]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + transparent + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def by_pillow(path):
    with Image.open(path) as image:
        return list(image.convert("RGBA").getchannel("A").tobytes())


def by_ffmpeg(path):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path]
    run = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgba", "-"], check=True, capture_output=True)
    return list(run.stdout[3::4])


def by_opencv(path):
    samples = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    return [255] * 4 if samples.ndim == 2 else samples[0, :, 3].tolist()


def by_qt(path):
    image = QImage(path)
    return [image.pixelColor(x, 0).alpha() for x in range(4)]


cases = [(1, 3), *((bits, named) for bits in (2, 4, 8) for named in (0, 1, 3))]
paths = []
for bits, named in cases:
    paths.append(f"{bits}-{named}.png")
    with open(paths[-1], "wb") as file:
        file.write(png(bits, named))
run = subprocess.run(["node", "by_node.js", *paths], check=True, capture_output=True, text=True)
readers = {"Pillow": by_pillow, "FFmpeg": by_ffmpeg, "OpenCV": by_opencv, "Qt": by_qt}
shown = {name: [read(path) for path in paths] for name, read in readers.items()} | json.loads(run.stdout)
for at, (bits, named) in enumerate(cases):
    seen = {}
    for reader, alphas in shown.items():
        gone = " ".join(name for name, alpha in zip(NAMES, alphas[at]) if alpha == 0) or "nothing"
        seen.setdefault(gone, []).append(reader)
    print(f"{bits} bits, {NAMES[named]}:", ", ".join(f"{gone} in {' and '.join(who)}" for gone, who in seen.items()))
PY
seen=$(venv/bin/python show.py)
expected='1 bits, white: white in Pillow and Qt and sharp and pngjs, nothing in FFmpeg and OpenCV
2 bits, black: black in Pillow and FFmpeg and Qt and sharp and pngjs, nothing in OpenCV
2 bits, dark: nothing in Pillow and FFmpeg and OpenCV, dark in Qt and sharp and pngjs
2 bits, white: nothing in Pillow and FFmpeg and OpenCV, white in Qt and sharp and pngjs
4 bits, black: black in Pillow and FFmpeg and Qt and sharp and pngjs, nothing in OpenCV
4 bits, dark: nothing in Pillow and FFmpeg and OpenCV, dark in Qt and sharp and pngjs
4 bits, white: nothing in Pillow and FFmpeg and OpenCV, white in Qt and sharp and pngjs
8 bits, black: black in Pillow and FFmpeg and Qt and sharp and pngjs, nothing in OpenCV
8 bits, dark: dark in Pillow and FFmpeg and Qt and sharp and pngjs, nothing in OpenCV
8 bits, white: white in Pillow and FFmpeg and Qt and sharp and pngjs, nothing in OpenCV'
echo "$seen"
[ "$seen" = "$expected" ]
