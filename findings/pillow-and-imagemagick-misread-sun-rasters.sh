#!/usr/bin/env bash
# A Sun raster of 24 or 32 bits has blue, green and red of a pixel, at 32 after a byte of padding, its lines rounded up
# to 16 bits; of type 2 (RT_BYTE_ENCODED) the same bytes are run-length encoded, the padding of lines among them
# (rasterfile(5) and Sun's rasterfile.h: "XBGR or BGR"). Pillow 13.0.0 looks for the padding behind the colours: at 32
# bits it shows green as red, blue as green, and no blue. Encoded, it takes the padding of odd widths for pixels, and
# each line is further off. ImageMagick 7.1.2-30 (npm: @imagemagick/magick-wasm 0.0.43) shows red and blue in each
# other's place where 24 or 32 bits are encoded, takes the padding of 32 bits for an alpha, so that all is transparent,
# and at 8 bits and odd widths loses the last pixel of some lines. Nothing is said. FFmpeg 9.0.2 (PyPI: imageio-ffmpeg
# 0.8.1) reads all of them. Seen: below, in `expected`: how many pixels are wrong, and the first one where it is, which
# is (10, 200, 60). Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@imagemagick/magick-wasm": "0.0.43" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 pillow==13.0.0
cat > by_magick.js <<'JS'
import { readFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
const samples = (image) =>
  image.getPixels((pixels) => [...pixels.toByteArray(0, 0, image.width, image.height, 'RGBA')]);
console.log(JSON.stringify(process.argv.slice(2).map((path) => ImageMagick.read(readFileSync(path), 'SUN', samples))));
JS
cat > show.py <<'PY'
import json, struct, subprocess

import imageio_ffmpeg
from PIL import Image

HEIGHT = 4


def colour(x, y):
    return (10 + 3 * (x // 2) + 40 * y, 200 - 5 * (x // 2), 60 + 30 * y)


def encoded(data):
    """Runs of three and more are 0x80, their length less one, and the byte; a 0x80 by itself is 0x80 and 0."""
    out, at = b"", 0
    while at < len(data):
        run = 1
        while at + run < len(data) and data[at + run] == data[at] and run < 256:
            run += 1
        if run > 2:
            out += bytes([0x80, run - 1, data[at]])
        else:
            run = 1
            out += b"\x80\x00" if data[at] == 0x80 else data[at:at + 1]
        at += run
    return out


def raster(width, depth, kind):
    """Kind 1 is as it stands, 2 is encoded; pixels are blue, green, red, of 32 bits after a byte of padding."""
    rows = []
    for y in range(HEIGHT):
        if depth == 8:
            row = bytes(colour(x, y)[0] for x in range(width))
        else:
            row = b"".join(bytes(depth // 8 - 3) + bytes(colour(x, y)[::-1]) for x in range(width))
        rows.append(row + bytes(len(row) % 2))
    body = b"".join(map(encoded, rows)) if kind == 2 else b"".join(rows)
    return struct.pack(">8I", 0x59A66A95, width, HEIGHT, depth, len(body), kind, 0, 0) + body


def by_pillow(path):
    with Image.open(path) as image:
        return image.convert("RGB").tobytes()


def by_ffmpeg(path):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path]
    run = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True)
    return run.stdout


cases = [(width, depth, kind) for depth in (8, 24, 32) for kind in (1, 2) for width in (16, 17)]
paths = []
for case in cases:
    paths.append("-".join(map(str, case)) + ".ras")
    with open(paths[-1], "wb") as file:
        file.write(raster(*case))
run = subprocess.run(["node", "by_magick.js", *paths], check=True, capture_output=True, text=True)
by_magick = json.loads(run.stdout)
for at, (width, depth, kind) in enumerate(cases):
    right = [colour(x, y) if depth > 8 else 3 * colour(x, y)[:1] for y in range(HEIGHT) for x in range(width)]
    magick = by_magick[at]
    shown = {
        "Pillow": by_pillow(paths[at]),
        "ImageMagick": bytes(sample for start in range(0, len(magick), 4) for sample in magick[start:start + 3]),
        "FFmpeg": by_ffmpeg(paths[at]),
    }
    wrong = []
    for reader, samples in shown.items():
        pixels = [tuple(samples[start:start + 3]) for start in range(0, len(samples), 3)]
        others = sum(a != b for a, b in zip(pixels, right, strict=True))
        wrong.append(f"{reader} {others}" + (f" {pixels[0]}" if pixels[0] != right[0] else ""))
    alphas = sum(alpha != 255 for alpha in magick[3::4])
    name = "encoded" if kind == 2 else "standard"
    told = f"{', '.join(wrong)}; transparent in ImageMagick {alphas}"
    print(f"{depth} bits, {name}, {width} wide: wrong of {len(right)}: {told}")
PY
seen=$(venv/bin/python show.py)
expected='8 bits, standard, 16 wide: wrong of 64: Pillow 0, ImageMagick 0, FFmpeg 0; transparent in ImageMagick 0
8 bits, standard, 17 wide: wrong of 68: Pillow 0, ImageMagick 0, FFmpeg 0; transparent in ImageMagick 0
8 bits, encoded, 16 wide: wrong of 64: Pillow 0, ImageMagick 0, FFmpeg 0; transparent in ImageMagick 0
8 bits, encoded, 17 wide: wrong of 68: Pillow 43, ImageMagick 3, FFmpeg 0; transparent in ImageMagick 0
24 bits, standard, 16 wide: wrong of 64: Pillow 0, ImageMagick 0, FFmpeg 0; transparent in ImageMagick 0
24 bits, standard, 17 wide: wrong of 68: Pillow 0, ImageMagick 0, FFmpeg 0; transparent in ImageMagick 0
24 bits, encoded, 16 wide: wrong of 64: Pillow 0, ImageMagick 64 (60, 200, 10), FFmpeg 0; transparent in ImageMagick 0
24 bits, encoded, 17 wide: wrong of 68: Pillow 43, ImageMagick 68 (60, 200, 10), FFmpeg 0; transparent in ImageMagick 0
32 bits, standard, 16 wide: wrong of 64: Pillow 64 (200, 60, 0), ImageMagick 0, FFmpeg 0; transparent in ImageMagick 64
32 bits, standard, 17 wide: wrong of 68: Pillow 68 (200, 60, 0), ImageMagick 0, FFmpeg 0; transparent in ImageMagick 68
32 bits, encoded, 16 wide: wrong of 64: Pillow 64 (200, 60, 0), ImageMagick 64 (60, 200, 10), FFmpeg 0; transparent in ImageMagick 64
32 bits, encoded, 17 wide: wrong of 68: Pillow 68 (200, 60, 0), ImageMagick 68 (60, 200, 10), FFmpeg 0; transparent in ImageMagick 68'
echo "$seen"
[ "$seen" = "$expected" ]
