#!/usr/bin/env bash
# A grey TIFF says whether 0 is black or white (PhotometricInterpretation 1 or 0; TIFF 6.0, section 8), and readers of
# grey pictures are to know both, at 4 and 8 bits a sample (section 4); 16 bits are what scanners of films and gels
# write. Pillow 13.0.0 and OpenCV 5.0.0 (PyPI: opencv-python-headless 5.0.0.93) turn the samples over at 8 bits, so that
# 0 is black in what they return; at 16 bits they don't, and say nothing: what goes on to PNG, to a model or to the
# screen is a negative. In OpenCV that's so for IMREAD_UNCHANGED and IMREAD_ANYDEPTH; with IMREAD_GRAYSCALE the same
# file is right. ImageMagick 7.1.2-30 (npm: @imagemagick/magick-wasm 0.0.43) shows negatives at 2 and 4 bits, and is
# right at all others. sharp 0.35.5 (libtiff) is right everywhere. OpenCV doesn't read 2 and 4 bits. Seen: below, in
# `expected`: four samples as 8 bits. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@imagemagick/magick-wasm": "0.0.43", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 pillow==13.0.0
cat > by_node.js <<'JS'
import { readFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';
import sharp from 'sharp';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
const file = process.argv[2];
const bySharp = await sharp(file).toColourspace('b-w').raw().toBuffer();
const byMagick = ImageMagick.read(readFileSync(file), (image) =>
  image.getPixels((pixels) => pixels.toByteArray(0, 0, 4, 1, 'RGB').filter((_, at) => at % 3 === 0)),
);
console.log(JSON.stringify({ sharp: Array.from(bySharp.subarray(0, 4)), ImageMagick: Array.from(byMagick) }));
JS
cat > show.py <<'PY'
import json, struct, subprocess

import cv2
import numpy
from PIL import Image


def write(path, bits, photometric):
    """Four samples, from 0 to the greatest one, in two rows."""
    greatest = (1 << bits) - 1
    samples = [0, greatest // 3, greatest - greatest // 3, greatest]
    if bits == 16:
        row = struct.pack("<4H", *samples)
    else:
        packed = "".join(f"{sample:0{bits}b}" for sample in samples).ljust(8, "0")
        row = bytes(int(packed[at : at + 8], 2) for at in range(0, len(packed), 8))
    tags = {256: 4, 257: 2, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1, 278: 2, 279: 2 * len(row)}
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags.items())
    strip = 2 * row
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    with open(path, "wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + directory)


def levels(samples):
    samples = numpy.asarray(samples)
    return (samples[0].astype(int) * 255 // (65535 if samples.dtype == numpy.uint16 else 255)).tolist()


def by_pillow(path):
    with Image.open(path) as image:
        return levels(numpy.asarray(image.convert("L") if image.mode == "1" else image))


def by_opencv(path, flag):
    image = cv2.imread(path, flag)
    return None if image is None else levels(image)


for bits in 1, 2, 4, 8, 16:
    for photometric, zero in (1, "black"), (0, "white"):
        path = f"{bits}-{zero}.tiff"
        write(path, bits, photometric)
        by = json.loads(subprocess.run(["node", "by_node.js", path], check=True, capture_output=True, text=True).stdout)
        by["Pillow"] = by_pillow(path)
        for flag in "UNCHANGED", "ANYDEPTH", "GRAYSCALE":
            by[f"OpenCV {flag}"] = by_opencv(path, getattr(cv2, f"IMREAD_{flag}"))
        seen = {}
        for reader, level in by.items():
            if level:
                seen.setdefault(str(level), []).append(reader)
        groups = [f"{', '.join(readers)} {level}" for level, readers in seen.items()]
        print(f"{bits} bits, 0 is {zero}: {'; '.join(groups)}")
PY
seen=$(OPENCV_LOG_LEVEL=SILENT venv/bin/python show.py)
expected='1 bits, 0 is black: sharp, ImageMagick, Pillow, OpenCV UNCHANGED, OpenCV ANYDEPTH, OpenCV GRAYSCALE [0, 0, 255, 255]
1 bits, 0 is white: sharp, ImageMagick, Pillow, OpenCV UNCHANGED, OpenCV ANYDEPTH, OpenCV GRAYSCALE [255, 255, 0, 0]
2 bits, 0 is black: sharp, ImageMagick, Pillow [0, 85, 170, 255]
2 bits, 0 is white: sharp, Pillow [255, 170, 85, 0]; ImageMagick [0, 85, 170, 255]
4 bits, 0 is black: sharp, ImageMagick, Pillow [0, 85, 170, 255]
4 bits, 0 is white: sharp, Pillow [255, 170, 85, 0]; ImageMagick [0, 85, 170, 255]
8 bits, 0 is black: sharp, ImageMagick, Pillow, OpenCV UNCHANGED, OpenCV ANYDEPTH, OpenCV GRAYSCALE [0, 85, 170, 255]
8 bits, 0 is white: sharp, ImageMagick, Pillow, OpenCV UNCHANGED, OpenCV ANYDEPTH, OpenCV GRAYSCALE [255, 170, 85, 0]
16 bits, 0 is black: sharp, ImageMagick, Pillow, OpenCV UNCHANGED, OpenCV ANYDEPTH, OpenCV GRAYSCALE [0, 85, 170, 255]
16 bits, 0 is white: sharp, ImageMagick, OpenCV GRAYSCALE [255, 170, 85, 0]; Pillow, OpenCV UNCHANGED, OpenCV ANYDEPTH [0, 85, 170, 255]'
echo "$seen"
[ "$seen" = "$expected" ]
