#!/usr/bin/env bash
# A TIFF that begins with `MM` has the high byte of each sample first (TIFF 6.0, section 2), compressed or not. Of
# uncompressed ones Pillow 13.0.0 goes by that in every mode. Where it has libtiff decompress, be it Deflate, LZW or
# PackBits, the samples come in the machine's own order, and Pillow turns their bytes once more if they are floats or
# signed integers of 16 or 32 bits: -500.0 becomes 9e-41, and an int16 of -500 becomes 3326. Nothing is raised, and mode
# and size are right. Unsigned 16 bits, which have a case of their own, are read right, and so is all that begins with
# `II`. Heights, depths and measurements come so from whoever writes big-endian, as Java's libraries do. tifffile
# 2026.3.3, which writes the files here, and OpenCV 5.0.0 (opencv-python-headless 5.0.0.93) read all of them as they
# were. Seen: below, in `expected`, of the first two samples. Needs Python 3.11 or newer with venv, and a little-endian
# machine. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  imagecodecs==2026.3.6 numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0 tifffile==2026.3.3
cat > show.py <<'PY'
import cv2
import numpy
import tifffile
from PIL import Image

readers = {
    "Pillow": lambda: numpy.asarray(Image.open("it.tif")),
    "tifffile": lambda: tifffile.imread("it.tif"),
    "OpenCV": lambda: cv2.imread("it.tif", cv2.IMREAD_UNCHANGED),
}
ramp = 37 * numpy.arange(64).reshape(8, 8)
kinds = [
    ("little-endian float32", "float32", "<", ("zlib",)),
    ("big-endian float32", "float32", ">", (None, "zlib", "lzw", "packbits")),
    ("big-endian int16", "int16", ">", (None, "zlib")),
    ("big-endian int32", "int32", ">", (None, "zlib")),
    ("big-endian uint16", "uint16", ">", (None, "zlib")),
]
for name, kind, order, compressions in kinds:
    written = (ramp + (500 if kind == "uint16" else -500)).astype(kind)
    for compression in compressions:
        tifffile.imwrite("it.tif", written, byteorder=order, compression=compression, photometric="minisblack")
        seen = {}
        for reader, read in readers.items():
            first, second = read()[0, :2]
            seen.setdefault(f"{first:.6g}, {second:.6g}", []).append(reader)
        said = "; ".join(f"{', '.join(by)}: {samples}" for samples, by in seen.items())
        print(f"{name}, {compression or 'uncompressed'}: {said}")
PY
seen=$(venv/bin/python show.py)
expected='little-endian float32, zlib: Pillow, tifffile, OpenCV: -500, -463
big-endian float32, uncompressed: Pillow, tifffile, OpenCV: -500, -463
big-endian float32, zlib: Pillow: 8.99564e-41, 1.18381e-38; tifffile, OpenCV: -500, -463
big-endian float32, lzw: Pillow: 8.99564e-41, 1.18381e-38; tifffile, OpenCV: -500, -463
big-endian float32, packbits: Pillow: 8.99564e-41, 1.18381e-38; tifffile, OpenCV: -500, -463
big-endian int16, uncompressed: Pillow, tifffile, OpenCV: -500, -463
big-endian int16, zlib: Pillow: 3326, 12798; tifffile, OpenCV: -500, -463
big-endian int32, uncompressed: Pillow, tifffile, OpenCV: -500, -463
big-endian int32, zlib: Pillow: 2.18038e+08, 8.38795e+08; tifffile, OpenCV: -500, -463
big-endian uint16, uncompressed: Pillow, tifffile, OpenCV: 500, 537
big-endian uint16, zlib: Pillow, tifffile, OpenCV: 500, 537'
echo "$seen"
[ "$seen" = "$expected" ]
