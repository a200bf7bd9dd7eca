#!/usr/bin/env bash
# A PAM of tuple type RGB holds red, green and blue in this order, RGB_ALPHA alpha after them, and BLACKANDWHITE a byte
# for each pixel, 1 where it is white (Netpbm's pam(5)). OpenCV 5.0.0 (PyPI: opencv-python-headless 5.0.0.93) keeps its
# pixels as blue, green and red, and turns them for its other formats, not for this one: `imread` takes red for blue, of
# 8 and of 16 bits, and `imwrite` with IMWRITE_PAM_FORMAT_RGB writes blue first into a file that says RGB. So its own
# files look right in OpenCV alone; red is blue for all others, and the other way round. A picture of BLACKANDWHITE
# comes all black. Nothing is said. ImageMagick 7.1.2-30 (npm: @imagemagick/magick-wasm 0.0.43) and FFmpeg 9.0.2 (PyPI:
# imageio-ffmpeg 0.8.1) agree on all of them. Way round: PPM and PNG, which are right. Seen: below, in `expected`, of a
# picture that is red, and of three pixels of 1, 0 and 1. Needs Node.js 20 or newer, and Python 3.11 or newer with venv.
# Fails if that changes.
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
  imageio-ffmpeg==0.8.1 numpy==2.4.6 opencv-python-headless==5.0.0.93
cat > by_magick.js <<'JS'
import { readFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
ImageMagick.read(readFileSync(process.argv[2]), (image) =>
  image.getPixels((pixels) => console.log(JSON.stringify(Array.from(pixels.toByteArray(0, 0, 3, 1, 'RGB'))))),
);
JS
cat > show.py <<'PY'
import json, subprocess

import cv2
import imageio_ffmpeg
import numpy


def pixels(samples):
    """The first pixel, or all three where they differ."""
    three = [list(samples[at : at + 3]) for at in (0, 3, 6)]
    return three[0] if three[0] == three[1] == three[2] else [pixel[0] for pixel in three]


def by_magick(path):
    return pixels(json.loads(subprocess.run(["node", "by_magick.js", path], check=True, capture_output=True).stdout))


def by_ffmpeg(path):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path]
    command = [*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return pixels(subprocess.run(command, check=True, capture_output=True).stdout)


def by_opencv(path):
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    colours = image[..., 2::-1] if image.ndim == 3 else numpy.dstack([image] * 3)
    return pixels((colours // (257 if colours.dtype == numpy.uint16 else 1)).ravel().tolist())


def write(path, depth, greatest, kind, samples):
    header = f"P7\nWIDTH 3\nHEIGHT 1\nDEPTH {depth}\nMAXVAL {greatest}\nTUPLTYPE {kind}\nENDHDR\n"
    with open(path, "wb") as file:
        file.write(header.encode() + samples)


def show(name, path):
    seen = {}
    for reader, read in (("ImageMagick", by_magick), ("FFmpeg", by_ffmpeg), ("OpenCV", by_opencv)):
        seen.setdefault(str(read(path)), []).append(reader)
    print(f"{name}: {'; '.join(', '.join(readers) + ' ' + pixel for pixel, readers in seen.items())}")


red = [255, 0, 0]
write("rgb.pam", 3, 255, "RGB", bytes(3 * red))
write("rgba.pam", 4, 255, "RGB_ALPHA", bytes(3 * [*red, 255]))
write("rgb16.pam", 3, 65535, "RGB", (numpy.array(3 * red, ">u2") * 257).tobytes())
write("bw.pam", 1, 1, "BLACKANDWHITE", bytes([1, 0, 1]))
picture = numpy.full((1, 3, 3), red[::-1], numpy.uint8)
cv2.imwrite("opencv.pam", picture, [cv2.IMWRITE_PAM_TUPLETYPE, cv2.IMWRITE_PAM_FORMAT_RGB])
cv2.imwrite("opencv.ppm", picture)
show("RGB", "rgb.pam")
show("RGB_ALPHA", "rgba.pam")
show("RGB of 16 bits", "rgb16.pam")
show("BLACKANDWHITE", "bw.pam")
show("RGB by OpenCV", "opencv.pam")
show("PPM by OpenCV", "opencv.ppm")
PY
seen=$(venv/bin/python show.py)
expected='RGB: ImageMagick, FFmpeg [255, 0, 0]; OpenCV [0, 0, 255]
RGB_ALPHA: ImageMagick, FFmpeg [255, 0, 0]; OpenCV [0, 0, 255]
RGB of 16 bits: ImageMagick, FFmpeg [255, 0, 0]; OpenCV [0, 0, 255]
BLACKANDWHITE: ImageMagick, FFmpeg [255, 0, 255]; OpenCV [0, 0, 0]
RGB by OpenCV: ImageMagick, FFmpeg [0, 0, 255]; OpenCV [255, 0, 0]
PPM by OpenCV: ImageMagick, FFmpeg, OpenCV [255, 0, 0]'
echo "$seen"
[ "$seen" = "$expected" ]
