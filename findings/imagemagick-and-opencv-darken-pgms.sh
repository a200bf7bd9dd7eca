#!/usr/bin/env bash
# A PGM or PPM names the greatest sample, its maxval, after its size, any number up to 65535; 0 is black, and the maxval
# is white (Netpbm's pgm(5) and ppm(5)). ImageMagick 7.1.2-30 (npm: @imagemagick/magick-wasm 0.0.43) takes the maxvals
# 128 to 254 of binary files (P5, P6) for 255, and those from 32768 on for 65535: where 128 is white it shows a grey of
# 128, where 40000 is, one of 156. Smaller maxvals, and the same picture as text (P2, P3), are right. OpenCV 5.0.0
# (PyPI: opencv-python-headless 5.0.0.93) scales text with a maxval below 256 alone: binary files come as their samples
# stand, and of 16 bits IMREAD_COLOR takes the high byte, so that a picture of 12 bits (maxval 4095) is all but black,
# and one of 4 bits (15) as well. Nothing is said. Pillow 13.0.0 and FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1) show
# white at all of these. Seen: below, in `expected`: the maxvals whose white isn't 255, and what it is. Needs Node.js 20
# or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@imagemagick/magick-wasm": "0.0.43" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  imageio-ffmpeg==0.8.1 numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0
cat > by_magick.js <<'JS'
import { readFileSync, writeFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
const files = JSON.parse(readFileSync('files.json', 'utf8'));
const red = (image) => image.getPixels((pixels) => pixels.toByteArray(0, 0, 1, 1, 'RGB')[0]);
const white = (file) => ImageMagick.read(readFileSync(file), red);
writeFileSync('by_magick.json', JSON.stringify(files.map(white)));
JS
cat > show.py <<'PY'
import json, subprocess

import cv2
import imageio_ffmpeg
import numpy
from PIL import Image

GREATEST = [1, 15, 100, 127, 128, 200, 253, 255, 256, 1000, 4095, 32767, 32768, 40000, 50000, 65535]


def by_pillow(path):
    with Image.open(path) as image:
        white = image.getpixel((0, 0))
        return white[0] if isinstance(white, tuple) else white // (257 if image.mode.startswith("I") else 1)


def by_ffmpeg(path):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path]
    command = [*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout[0]


def by_opencv(path):
    return int(cv2.imread(path, cv2.IMREAD_COLOR)[0, 0, 0])


files = []
for kind, samples in ("P2", 1), ("P3", 3), ("P5", 1), ("P6", 3):
    for greatest in GREATEST:
        path = f"{kind}-{greatest}.pnm"
        whites = 4 * samples * [greatest]
        if kind in ("P2", "P3"):
            body = (" ".join(map(str, whites)) + "\n").encode()
        else:
            body = numpy.array(whites, ">u2" if greatest > 255 else "u1").tobytes()
        with open(path, "wb") as file:
            file.write(f"{kind}\n2 2\n{greatest}\n".encode() + body)
        files.append(path)
with open("files.json", "w") as listing:
    json.dump(files, listing)
subprocess.run(["node", "by_magick.js"], check=True)
with open("by_magick.json") as listing:
    by_magick = json.load(listing)
readers = {"Pillow": by_pillow, "FFmpeg": by_ffmpeg, "OpenCV": by_opencv}
seen = {"ImageMagick": by_magick} | {name: [read(path) for path in files] for name, read in readers.items()}
for name, whites in seen.items():
    for kind in "P2", "P3", "P5", "P6":
        dark = [f"{path[3:-4]} as {white}" for path, white in zip(files, whites) if path[:2] == kind and white != 255]
        print(f"{name}, {kind}: {', '.join(dark) or 'all white'}")
PY
seen=$(venv/bin/python show.py)
expected='ImageMagick, P2: all white
ImageMagick, P3: all white
ImageMagick, P5: 128 as 128, 200 as 200, 253 as 253, 32768 as 128, 40000 as 156, 50000 as 195
ImageMagick, P6: 128 as 128, 200 as 200, 253 as 253, 32768 as 128, 40000 as 156, 50000 as 195
Pillow, P2: all white
Pillow, P3: all white
Pillow, P5: all white
Pillow, P6: all white
FFmpeg, P2: all white
FFmpeg, P3: all white
FFmpeg, P5: all white
FFmpeg, P6: all white
OpenCV, P2: 256 as 1, 1000 as 3, 4095 as 15, 32767 as 127, 32768 as 128, 40000 as 156, 50000 as 195
OpenCV, P3: 256 as 1, 1000 as 3, 4095 as 15, 32767 as 127, 32768 as 128, 40000 as 156, 50000 as 195
OpenCV, P5: 1 as 1, 15 as 15, 100 as 100, 127 as 127, 128 as 128, 200 as 200, 253 as 253, 256 as 1, 1000 as 3, 4095 as 15, 32767 as 127, 32768 as 128, 40000 as 156, 50000 as 195
OpenCV, P6: 1 as 1, 15 as 15, 100 as 100, 127 as 127, 128 as 128, 200 as 200, 253 as 253, 256 as 1, 1000 as 3, 4095 as 15, 32767 as 127, 32768 as 128, 40000 as 156, 50000 as 195'
echo "$seen"
[ "$seen" = "$expected" ]
