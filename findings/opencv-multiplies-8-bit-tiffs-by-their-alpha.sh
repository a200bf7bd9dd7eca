#!/usr/bin/env bash
# OpenCV (opencv-python-headless 5.0.0.93 on PyPI) gives colours as they stand in the file, not multiplied by alpha:
# so of PNGs, of 16-bit TIFFs, and of the TIFFs that it writes itself. Of an 8-bit TIFF whose ExtraSamples (338) says
# 2, unassociated alpha, as Pillow, libvips and ImageMagick write it, `imread` gives them multiplied, with
# IMREAD_UNCHANGED, too: a half transparent orange of (200, 100, 40) is (100, 50, 20) beside an alpha of 128.
# IMREAD_COLOR gives the same without the alpha, of 16 bits as well, so that every soft edge and what is transparent
# turns black. Nothing tells which kind a picture was: one with ExtraSamples 1, whose colours are multiplied in the
# file, comes out as it stands. Who blends by the alpha afterwards multiplies twice. Way around: PNG. Seen: below, in
# `expected`. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  opencv-python-headless==5.0.0.93 numpy==2.4.6 pillow==13.0.0 tifffile==2026.3.3
cat > show.py <<'PY'
import os

os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
import cv2
import numpy
import tifffile
from PIL import Image

orange = (200, 100, 40, 128)
picture = numpy.full((16, 16, 4), orange, numpy.uint8)


def show(name, path):
    whole, colour = cv2.imread(path, cv2.IMREAD_UNCHANGED), cv2.imread(path, cv2.IMREAD_COLOR)
    blue, green, red, alpha = whole[8, 8].tolist()
    scale = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[whole.dtype.name]
    samples = [round(sample / scale) for sample in (red, green, blue, alpha)]
    print(f"{name}: {whole.dtype}, {samples}; IMREAD_COLOR {colour[8, 8, ::-1].tolist() if colour is not None else None}")


Image.fromarray(picture).save("pillow.png")
show("PNG by Pillow", "pillow.png")
Image.fromarray(picture).save("pillow.tiff")
show("TIFF by Pillow", "pillow.tiff")
for kind in "unassalpha", "assocalpha":
    for name, samples in (
        ("8 bits", picture),
        ("16 bits", picture.astype(numpy.uint16) * 257),
    ):
        tifffile.imwrite("picture.tiff", samples, photometric="rgb", extrasamples=[kind])
        show(f"TIFF, {kind}, {name}", "picture.tiff")
cv2.imwrite("own.tiff", cv2.imread("pillow.png", cv2.IMREAD_UNCHANGED))
show("TIFF by OpenCV", "own.tiff")
PY
seen=$(venv/bin/python show.py)
expected='PNG by Pillow: uint8, [200, 100, 40, 128]; IMREAD_COLOR [200, 100, 40]
TIFF by Pillow: uint8, [100, 50, 20, 128]; IMREAD_COLOR [100, 50, 20]
TIFF, unassalpha, 8 bits: uint8, [100, 50, 20, 128]; IMREAD_COLOR [100, 50, 20]
TIFF, unassalpha, 16 bits: uint16, [200, 100, 40, 128]; IMREAD_COLOR [100, 50, 20]
TIFF, assocalpha, 8 bits: uint8, [200, 100, 40, 128]; IMREAD_COLOR [200, 100, 40]
TIFF, assocalpha, 16 bits: uint16, [200, 100, 40, 128]; IMREAD_COLOR [200, 100, 40]
TIFF by OpenCV: uint8, [200, 100, 40, 128]; IMREAD_COLOR [200, 100, 40]'
echo "$seen"
[ "$seen" = "$expected" ]
