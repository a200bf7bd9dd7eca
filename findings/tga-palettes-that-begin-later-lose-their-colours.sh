#!/usr/bin/env bash
# A TGA with a palette says which index the first of its colours has (First Entry Index), so that a file needn't hold
# those that no pixel has (Truevision TGA File Format Specification 2.0, field 4.1); what its pixels hold are indices of
# the whole palette. SDL_image 2.8.12 (PyPI: pygame-ce 2.5.8), and tga 1.0.7 and @lunapaint/tga-codec 0.2.0 on npm,
# leave that number aside, and count from the first colour in the file: each pixel has a later colour, and those near
# the end white, nothing, or what the pixels' bytes happen to be. No error is raised, but by @lunapaint/tga-codec where
# there are no such bytes, and the size is right. Where the first index is 0 all are right. ImageMagick 7.1.2-30 (npm:
# @imagemagick/magick-wasm 0.0.43), FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1), three 0.187.0 (TGALoader) and Pillow
# 13.0.0 go by it. Seen: below, in `expected`, of a row of red, green, blue and orange. Needs Node.js 20 or newer, and
# Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": {
  "@imagemagick/magick-wasm": "0.0.43", "@lunapaint/tga-codec": "0.2.0", "three": "0.187.0", "tga": "1.0.7" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 pillow==13.0.0 pygame-ce==2.5.8
cat > by_node.js <<'JS'
import { readFileSync } from 'node:fs';
import { ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';
import { decodeTga } from '@lunapaint/tga-codec';
import TGA from 'tga';
import { TGALoader } from 'three/examples/jsm/loaders/TGALoader.js';

await initializeImageMagick(readFileSync('node_modules/@imagemagick/magick-wasm/dist/x86/magick.wasm'));
const pixelsOf = (image) => image.getPixels((pixels) => pixels.toByteArray(0, 0, 4, 1, 'RGBA'));
const readers = {
  tga: (file) => new TGA(file).pixels,
  '@lunapaint/tga-codec': async (file) => (await decodeTga(new Uint8Array(file))).image.data,
  three: (file) => new TGALoader().parse(file.buffer.slice(file.byteOffset, file.byteOffset + file.length)).data,
  ImageMagick: (file) => ImageMagick.read(file, 'TGA', pixelsOf),
};
const shown = {};
for (const [name, read] of Object.entries(readers)) {
  shown[name] = [];
  for (const path of process.argv.slice(2)) {
    try {
      shown[name].push([...(await read(readFileSync(path)))]);
    } catch {
      shown[name].push([]);
    }
  }
}
console.log(JSON.stringify(shown));
JS
cat > show.py <<'PY'
import json, os, struct, subprocess

os.environ |= {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy"}
import imageio_ffmpeg
import pygame
from PIL import Image

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "orange": (255, 160, 0)}
NAMES = {colour: name for name, colour in COLOURS.items()} | {(255, 255, 255): "white", (0, 0, 0): "black"}


def tga(first, is_packed):
    """Four pixels from the top, of the four colours; packed ones are one run of four that aren't alike."""
    kind = 9 if is_packed else 1
    header = struct.pack("<BBBHHBHHHHBB", 0, 1, kind, first, 4, 24, 0, 0, 4, 1, 8, 0x20)
    palette = b"".join(bytes(colour[::-1]) for colour in COLOURS.values())
    return header + palette + (b"\x03" if is_packed else b"") + bytes(range(first, first + 4))


def by_pillow(path):
    with Image.open(path) as image:
        return list(image.convert("RGBA").tobytes())


def by_pygame(path):
    return list(pygame.image.tobytes(pygame.image.load(path), "RGBA"))


def by_ffmpeg(path):
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path]
    run = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgba", "-"], check=True, capture_output=True)
    return list(run.stdout)


cases = [(first, is_packed) for first in (0, 1, 2) for is_packed in (False, True)]
paths = []
for first, is_packed in cases:
    paths.append(f"{first}-{is_packed}.tga")
    with open(paths[-1], "wb") as file:
        file.write(tga(first, is_packed))
run = subprocess.run(["node", "by_node.js", *paths], check=True, capture_output=True, text=True)
readers = {"SDL_image": by_pygame, "FFmpeg": by_ffmpeg, "Pillow": by_pillow}
shown = {name: [read(path) for path in paths] for name, read in readers.items()} | json.loads(run.stdout)
for at, (first, is_packed) in enumerate(cases):
    seen = {}
    for reader, pictures in shown.items():
        pixels = [pictures[at][start:start + 4] for start in range(0, 16, 4)]
        names = [NAMES.get(tuple(pixel[:3]), "another") if pixel[3:] == [255] else "none" for pixel in pixels]
        seen.setdefault(" ".join(names) if pictures[at] else "refused", []).append(reader)
    kind = ", run-length" if is_packed else ""
    print(f"first is {first}{kind}:", "; ".join(f"{', '.join(who)}: {names}" for names, who in seen.items()))
PY
seen=$(venv/bin/python show.py)
expected='first is 0: SDL_image, FFmpeg, Pillow, tga, @lunapaint/tga-codec, three, ImageMagick: red green blue orange
first is 0, run-length: SDL_image, FFmpeg, Pillow, tga, @lunapaint/tga-codec, three, ImageMagick: red green blue orange
first is 1: SDL_image: green blue orange white; FFmpeg, Pillow, three, ImageMagick: red green blue orange; tga: green blue orange none; @lunapaint/tga-codec: green blue orange another
first is 1, run-length: SDL_image: green blue orange white; FFmpeg, Pillow, three, ImageMagick: red green blue orange; tga: green blue orange none; @lunapaint/tga-codec: green blue orange another
first is 2: SDL_image: blue orange white white; FFmpeg, Pillow, three, ImageMagick: red green blue orange; tga: blue orange none none; @lunapaint/tga-codec: refused
first is 2, run-length: SDL_image: blue orange white white; FFmpeg, Pillow, three, ImageMagick: red green blue orange; tga: blue orange none none; @lunapaint/tga-codec: refused'
echo "$seen"
[ "$seen" = "$expected" ]
