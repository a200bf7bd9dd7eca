#!/usr/bin/env bash
# A TIFF may hold each colour in a plane of its own, first all reds, then all greens and all blues (TIFF 6.0, page 38,
# PlanarConfiguration 2); GDAL writes it by INTERLEAVE=BAND, tifffile by `planarconfig`. Of 8 bits OpenCV 5.0.0 (PyPI:
# opencv-python-headless 5.0.0.93) and Pillow 13.0.0 put the planes together. Of 16 bits OpenCV's `imread` takes planes
# for pixels: the first three reds of a row come as the first pixel's red, green and blue, whatever the compression;
# only IMREAD_COLOR, which asks for 8 bits, gets the picture. Pillow, where the file isn't compressed, takes each byte
# for a sample: pixels come by turns of low bytes and of high ones, and a row is half a row. Mode and size are right,
# and nothing is said. sharp 0.35.5 (libtiff) reads all as tifffile 2026.3.3 wrote it. Seen: below, in `expected`: of
# each file the first two pixels. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  imagecodecs==2026.3.6 numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0 tifffile==2026.3.3
cat > by_sharp.js <<'JS'
import sharp from 'sharp';

const deep = (await sharp('it.tiff').metadata()).depth === 'ushort';
const picture = sharp('it.tiff').toColourspace(deep ? 'rgb16' : 'srgb').raw({ depth: deep ? 'ushort' : 'uchar' });
const bytes = await picture.toBuffer();
const samples = deep ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) : bytes;
console.log(JSON.stringify([Array.from(samples.subarray(0, 3)), Array.from(samples.subarray(3, 6))]));
JS
cat > show.py <<'PY'
import json, subprocess

import cv2
import numpy
import tifffile
from PIL import Image

# To the right red rises and green falls; blue is the same all over.
across = numpy.arange(40) + numpy.zeros((20, 1), int)
eight = numpy.stack([3 * across, 255 - 3 * across, 0 * across + 128], axis=-1).astype(numpy.uint8)
pictures = {"8 bits": eight, "16 bits": eight.astype(numpy.uint16) * 256 + 77}


def first(samples):
    return samples[0, :2].tolist()


def by_sharp():
    return json.loads(subprocess.run(["node", "by_sharp.js"], check=True, capture_output=True, text=True).stdout)


def by_opencv(flags):
    return first(cv2.imread("it.tiff", flags)[..., ::-1])


def by_pillow():
    with Image.open("it.tiff") as image:
        return f"{first(numpy.asarray(image))} of mode {image.mode}, {image.width} by {image.height}"


for name, samples in pictures.items():
    planes = numpy.moveaxis(samples, -1, 0)
    for layout, config, compression, stored in (
        ("pixels", "contig", None, samples),
        ("planes", "separate", None, planes),
        ("planes", "separate", "deflate", planes),
    ):
        tifffile.imwrite("it.tiff", stored, photometric="rgb", planarconfig=config, compression=compression)
        print(f"{layout} of {name}, {compression or 'uncompressed'}: {first(samples)}; sharp {by_sharp()}")
        print(f"  OpenCV {by_opencv(cv2.IMREAD_UNCHANGED)}, by IMREAD_COLOR {by_opencv(cv2.IMREAD_COLOR)}")
        print(f"  Pillow {by_pillow()}")
PY
seen=$(venv/bin/python show.py)
expected='pixels of 8 bits, uncompressed: [[0, 255, 128], [3, 252, 128]]; sharp [[0, 255, 128], [3, 252, 128]]
  OpenCV [[0, 255, 128], [3, 252, 128]], by IMREAD_COLOR [[0, 255, 128], [3, 252, 128]]
  Pillow [[0, 255, 128], [3, 252, 128]] of mode RGB, 40 by 20
planes of 8 bits, uncompressed: [[0, 255, 128], [3, 252, 128]]; sharp [[0, 255, 128], [3, 252, 128]]
  OpenCV [[0, 255, 128], [3, 252, 128]], by IMREAD_COLOR [[0, 255, 128], [3, 252, 128]]
  Pillow [[0, 255, 128], [3, 252, 128]] of mode RGB, 40 by 20
planes of 8 bits, deflate: [[0, 255, 128], [3, 252, 128]]; sharp [[0, 255, 128], [3, 252, 128]]
  OpenCV [[0, 255, 128], [3, 252, 128]], by IMREAD_COLOR [[0, 255, 128], [3, 252, 128]]
  Pillow [[0, 255, 128], [3, 252, 128]] of mode RGB, 40 by 20
pixels of 16 bits, uncompressed: [[77, 65357, 32845], [845, 64589, 32845]]; sharp [[77, 65357, 32845], [845, 64589, 32845]]
  OpenCV [[77, 65357, 32845], [845, 64589, 32845]], by IMREAD_COLOR [[0, 254, 128], [3, 251, 128]]
  Pillow [[0, 255, 128], [3, 252, 128]] of mode RGB, 40 by 20
planes of 16 bits, uncompressed: [[77, 65357, 32845], [845, 64589, 32845]]; sharp [[77, 65357, 32845], [845, 64589, 32845]]
  OpenCV [[77, 845, 1613], [2381, 3149, 3917]], by IMREAD_COLOR [[0, 254, 128], [3, 251, 128]]
  Pillow [[77, 77, 77], [0, 255, 128]] of mode RGB, 40 by 20
planes of 16 bits, deflate: [[77, 65357, 32845], [845, 64589, 32845]]; sharp [[77, 65357, 32845], [845, 64589, 32845]]
  OpenCV [[77, 845, 1613], [2381, 3149, 3917]], by IMREAD_COLOR [[0, 254, 128], [3, 251, 128]]
  Pillow [[0, 255, 128], [3, 252, 128]] of mode RGB, 40 by 20'
echo "$seen"
[ "$seen" = "$expected" ]
