#!/usr/bin/env bash
# A bitmap's header has 12 bytes where it is as old as OS/2 and Windows 2 (BITMAPCOREHEADER; ImageMagick's `bmp2:`), and
# 24 bits or a palette are colours in it as in all later ones. OpenCV 5.0.0 (PyPI: opencv-python-headless 5.0.0.93) has
# grey of one channel for them where it is asked for what is in the file (IMREAD_UNCHANGED, IMREAD_ANYCOLOR). After a
# header of 40 bytes with BI_BITFIELDS come three masks, that say which bits of 32 are red, green and blue
# (BITMAPINFOHEADER): OpenCV goes by them at 16 bits, and at 32 where they are within a header of 56, 108 or 124 bytes.
# After one of 40 it leaves them aside: blue and red change places, or each channel is another; and IMREAD_UNCHANGED has
# an alpha of 0, where the file has none, so that all is transparent. Nothing is said. FFmpeg 9.0.2 (PyPI:
# imageio-ffmpeg 0.8.1) and Skia (@napi-rs/canvas 1.1.1), which Chromium paints with, show all in their colours. Way
# round: IMREAD_COLOR for the old ones. Seen: below, in `expected`, of an orange (200, 100, 40). Needs Node.js 20 or
# newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@napi-rs/canvas": "1.1.1" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  imageio-ffmpeg==0.8.1 numpy==2.4.6 opencv-python-headless==5.0.0.93
cat > by_skia.js <<'JS'
import { createCanvas, loadImage } from '@napi-rs/canvas';

const shown = [];
for (const path of process.argv.slice(2)) {
  const context = createCanvas(2, 2).getContext('2d');
  context.drawImage(await loadImage(path), 0, 0);
  shown.push([...context.getImageData(0, 0, 1, 1).data]);
}
console.log(JSON.stringify(shown));
JS
cat > show.py <<'PY'
import json, struct, subprocess

import cv2
import imageio_ffmpeg

RED, GREEN, BLUE = 200, 100, 40
USUAL = [0xFF0000, 0xFF00, 0xFF]
TURNED = [0xFF, 0xFF00, 0xFF0000]
HIGH = [0xFF000000, 0xFF0000, 0xFF00]


def file_of(header, between, body):
    start = 14 + len(header) + len(between)
    return b"BM" + struct.pack("<III", start + len(body), 0, start) + header + between + body


def old(bits):
    """Two pixels by two after a header of 12 bytes; rows take four bytes, or eight at 24 bits."""
    header = struct.pack("<IHHHH", 12, 2, 2, 1, bits)
    palette = b"" if bits == 24 else bytes([0, 0, 0, BLUE, GREEN, RED]) + bytes(3 * ((1 << bits) - 2))
    row = bytes([BLUE, GREEN, RED] * 2 + [0, 0]) if bits == 24 else bytes([{1: 0xC0, 4: 0x11, 8: 1}[bits], 1, 0, 0])
    return file_of(header, palette, row * 2)


def masked(size, masks):
    """Two pixels by two of 32 bits, whose masks come after a header of 40 bytes, or within a longer one."""
    pixel = sum(sample * (mask & -mask) for sample, mask in zip((RED, GREEN, BLUE), masks))
    body = struct.pack("<I", pixel) * 4
    header = struct.pack("<IiiHHIIiiII", size, 2, 2, 1, 32, 3, len(body), 0, 0, 0, 0)
    after = struct.pack("<III", *masks)
    return file_of(header + (after + bytes(size - 52) if size > 40 else b""), after if size == 40 else b"", body)


def by_opencv(flag):
    def read(path):
        pixel = cv2.imread(path, flag)[0, 0]
        return [int(pixel)] if pixel.ndim == 0 else [int(sample) for sample in (*pixel[2::-1], *pixel[3:])]
    return read


def by_ffmpeg(path):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path]
    run = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True)
    return list(run.stdout[:3])


cases = {f"header of 12 bytes, {bits} bits": old(bits) for bits in (1, 4, 8, 24)}
for size in 40, 56, 108:
    for name, masks in ("usual", USUAL), ("turned", TURNED), ("high", HIGH):
        cases[f"header of {size} bytes, {name} masks"] = masked(size, masks)
paths = []
for at, file in enumerate(cases.values()):
    paths.append(f"{at}.bmp")
    with open(paths[-1], "wb") as out:
        out.write(file)
readers = {
    "IMREAD_UNCHANGED": by_opencv(cv2.IMREAD_UNCHANGED),
    "IMREAD_COLOR": by_opencv(cv2.IMREAD_COLOR),
    "FFmpeg": by_ffmpeg,
}
shown = {name: [read(path) for path in paths] for name, read in readers.items()}
run = subprocess.run(["node", "by_skia.js", *paths], check=True, capture_output=True, text=True)
shown["Skia"] = [pixel[:3] for pixel in json.loads(run.stdout)]
for at, case in enumerate(cases):
    print(f"{case}:", "; ".join(f"{name} {' '.join(map(str, pixels[at]))}" for name, pixels in shown.items()))
PY
seen=$(venv/bin/python show.py)
expected='header of 12 bytes, 1 bits: IMREAD_UNCHANGED 123; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 12 bytes, 4 bits: IMREAD_UNCHANGED 123; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 12 bytes, 8 bits: IMREAD_UNCHANGED 123; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 12 bytes, 24 bits: IMREAD_UNCHANGED 123; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 40 bytes, usual masks: IMREAD_UNCHANGED 200 100 40 0; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 40 bytes, turned masks: IMREAD_UNCHANGED 40 100 200 0; IMREAD_COLOR 40 100 200; FFmpeg 200 100 40; Skia 200 100 40
header of 40 bytes, high masks: IMREAD_UNCHANGED 100 40 0 200; IMREAD_COLOR 100 40 0; FFmpeg 200 100 40; Skia 200 100 40
header of 56 bytes, usual masks: IMREAD_UNCHANGED 200 100 40 255; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 56 bytes, turned masks: IMREAD_UNCHANGED 200 100 40 255; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 56 bytes, high masks: IMREAD_UNCHANGED 200 100 40 255; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 108 bytes, usual masks: IMREAD_UNCHANGED 200 100 40 255; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 108 bytes, turned masks: IMREAD_UNCHANGED 200 100 40 255; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40
header of 108 bytes, high masks: IMREAD_UNCHANGED 200 100 40 255; IMREAD_COLOR 200 100 40; FFmpeg 200 100 40; Skia 200 100 40'
echo "$seen"
[ "$seen" = "$expected" ]
