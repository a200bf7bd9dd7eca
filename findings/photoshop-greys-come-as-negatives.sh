#!/usr/bin/env bash
# In a Photoshop file of mode Grayscale 0 is black, as in RGB, and one of mode Bitmap has a bit for each pixel that is 1
# where it is black (Adobe Photoshop File Formats Specification, "File Header" and "Image Data"). MuPDF (PyPI: PyMuPDF
# 2.0) opens grey ones, of 8 and of 16 bits, with all greys turned over: black is white. RGB is right, as are the grey
# files that it writes: saved as PSD and opened again, a picture is its own negative. Pillow 13.0.0 has greys right, and
# turns those of mode Bitmap over, scans and line drawings as a rule. Nothing is said, and mode and size are right.
# FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1) and ImageMagick 7.1.2-30 (npm: @imagemagick/magick-wasm 0.0.43) agree on all
# of them. Way round: RGB. Seen: below, in `expected`: a row of pixels, from black to white. Needs Node.js 20 or newer,
# and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@imagemagick/magick-wasm": "0.0.43" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 pillow==13.0.0 pymupdf==2.0
cat > by_magick.js <<'JS'
import { readFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
const reds = (image) => image.getPixels((pixels) => [...pixels.toByteArray(0, 0, 8, 1, 'R')]);
console.log(JSON.stringify(process.argv.slice(2).map((path) => ImageMagick.read(readFileSync(path), reds))));
JS
cat > show.py <<'PY'
import json, struct, subprocess

import imageio_ffmpeg
import pymupdf
from PIL import Image

GREYS = [0, 32, 64, 96, 128, 160, 192, 255]


def psd(mode, depth, rows, colours=b""):
    """A picture of 8 pixels, without layers: each row is a channel."""
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(rows), 1, 8, depth, mode)
    return header + struct.pack(">I", len(colours)) + colours + struct.pack(">IIH", 0, 0, 0) + b"".join(rows)


def by_pymupdf(path):
    pixmap = pymupdf.Pixmap(path)
    return [pixmap.pixel(x, 0)[0] for x in range(8)]


def by_pillow(path):
    with Image.open(path) as image:
        return [image.convert("RGB").getpixel((x, 0))[0] for x in range(8)]


def by_ffmpeg(path):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path]
    run = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True)
    return list(run.stdout[::3])


grey = bytes(GREYS)
cases = {
    "RGB of 8 bits": psd(3, 8, [grey] * 3),
    "Grayscale of 8 bits": psd(1, 8, [grey]),
    "Grayscale of 16 bits": psd(1, 16, [struct.pack(">8H", *(257 * level for level in GREYS))]),
    "Bitmap, 1 1 1 1 0 0 0 0": psd(0, 1, [b"\xf0"]),
    "Indexed": psd(2, 8, [bytes(range(8))], (grey + bytes(248)) * 3),
}
pymupdf.Pixmap(pymupdf.csGRAY, 8, 1, grey, False).save("written.psd")
with open("written.psd", "rb") as file:
    cases["Grayscale, written by PyMuPDF"] = file.read()
paths = []
for at, file in enumerate(cases.values()):
    paths.append(f"{at}.psd")
    with open(paths[-1], "wb") as out:
        out.write(file)
readers = {"PyMuPDF": by_pymupdf, "Pillow": by_pillow, "FFmpeg": by_ffmpeg}
pymupdf.TOOLS.mupdf_display_errors(False)
shown = {}
for name, read in readers.items():
    shown[name] = []
    for path in paths:
        try:
            shown[name].append(read(path))
        except Exception:
            shown[name].append(["refused"])
run = subprocess.run(["node", "by_magick.js", *paths], check=True, capture_output=True, text=True)
shown["ImageMagick"] = json.loads(run.stdout)
for at, case in enumerate(cases):
    seen = {}
    for name, pictures in shown.items():
        seen.setdefault(" ".join(map(str, pictures[at])), []).append(name)
    print(f"{case}:", "; ".join(f"{' and '.join(names)} {levels}" for levels, names in seen.items()))
PY
seen=$(venv/bin/python show.py)
expected='RGB of 8 bits: PyMuPDF and Pillow and FFmpeg and ImageMagick 0 32 64 96 128 160 192 255
Grayscale of 8 bits: PyMuPDF 255 223 191 159 127 95 63 0; Pillow and FFmpeg and ImageMagick 0 32 64 96 128 160 192 255
Grayscale of 16 bits: PyMuPDF 255 223 191 159 127 95 63 0; Pillow refused; FFmpeg 0 32 64 96 129 161 193 255; ImageMagick 0 32 64 96 128 160 192 255
Bitmap, 1 1 1 1 0 0 0 0: PyMuPDF refused; Pillow 255 255 255 255 0 0 0 0; FFmpeg and ImageMagick 0 0 0 0 255 255 255 255
Indexed: PyMuPDF refused; Pillow and FFmpeg and ImageMagick 0 32 64 96 128 160 192 255
Grayscale, written by PyMuPDF: PyMuPDF 255 223 191 159 127 95 63 0; Pillow and FFmpeg and ImageMagick 0 32 64 96 128 160 192 255'
echo "$seen"
[ "$seen" = "$expected" ]
