#!/usr/bin/env bash
# A PCX says of how many bytes a plane's line is made, an even number, and readers are to go by that and not by the
# width (ZSoft's PCX Technical Reference Manual, "BytesPerLine"); what is beyond the width is left aside. pygame 2.6.1
# (SDL_image 2.0.5) reads 24 bits as if the planes were as long as the width: at odd widths, as Pillow and others write
# them, green and blue begin too early, and no pixel has its colour. pygame-ce 2.5.8 (SDL_image 2.8.12) has that right,
# but of 16 colours in four planes of a bit, as Paintbrush wrote them, and of two colours, both show ends of lines wrong
# where eight doesn't divide the width: each pixel of a line's last byte is its right neighbour, and the last one has
# the first colour. Nothing is raised, and the size is right. FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1) and Pillow
# 13.0.0 show all of them. Seen: below, in `expected`: how many pixels are wrong, and the first two of a picture that
# Pillow wrote, (0, 1, 2) and (3, 4, 5). Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 pillow==13.0.0 pygame==2.6.1
python3 -m venv other
other/bin/pip install --quiet --disable-pip-version-check pygame-ce==2.5.8
cat > by_pygame.py <<'PY'
import os, sys

os.environ |= {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy"}
import pygame

sys.stdout.buffer.write(pygame.image.tobytes(pygame.image.load(sys.argv[1]), "RGB"))
PY
cat > show.py <<'PY'
import struct, subprocess

import imageio_ffmpeg
from PIL import Image

HEIGHT = 6
PALETTE = [(17 * at, 255 - 17 * at, 85 * (at % 4)) for at in range(16)]
BLACK_AND_WHITE = [(0, 0, 0), (255, 255, 255)]


def packed(line):
    """Runs of one: bytes from 192 on need a count before them."""
    return b"".join(bytes([0xC1, byte]) if byte >= 0xC0 else bytes([byte]) for byte in line)


def pcx(width, bits, planes, pixels):
    """Lines of planes, each padded to an even number of bytes; of a bit a plane, plane p has bit p of the colours."""
    stride = (width * bits + 7) // 8
    stride += stride % 2
    body = b""
    for y in range(HEIGHT):
        for plane in range(planes):
            line = bytearray(stride)
            for x in range(width):
                if bits == 8:
                    line[x] = pixels[y][x][plane]
                else:
                    line[x // 8] |= (pixels[y][x] >> plane & 1) << (7 - x % 8)
            body += packed(line)
    colours = BLACK_AND_WHITE if planes == 1 else PALETTE
    palette = b"".join(bytes(colour) for colour in colours).ljust(48, b"\0") if bits == 1 else bytes(48)
    sides = struct.pack("<HHHHHH", 0, 0, width - 1, HEIGHT - 1, 72, 72)
    header = bytes([10, 5, 1, bits]) + sides + palette + bytes([0, planes]) + struct.pack("<HH", stride, 1)
    return header.ljust(128, b"\0") + body


def by_pillow(path):
    with Image.open(path) as image:
        return image.convert("RGB").tobytes()


def run(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def by_ffmpeg(path):
    return run(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")


readers = {
    "pygame": lambda path: run("venv/bin/python", "by_pygame.py", path),
    "pygame-ce": lambda path: run("other/bin/python", "by_pygame.py", path),
    "FFmpeg": by_ffmpeg,
    "Pillow": by_pillow,
}
for name, bits, planes in ("24 bits", 8, 3), ("16 colours", 1, 4), ("2 colours", 1, 1):
    for width in 15, 16, 23, 24, 31, 32:
        indices = [[(x + 3 * y) % (1 << planes) for x in range(width)] for y in range(HEIGHT)]
        colours = BLACK_AND_WHITE if planes == 1 else PALETTE
        right = [colours[index] for row in indices for index in row]
        pixels = [[colours[index] for index in row] for row in indices] if bits == 8 else indices
        with open("it.pcx", "wb") as file:
            file.write(pcx(width, bits, planes, pixels))
        wrong = []
        for reader, read in readers.items():
            samples = read("it.pcx")
            shown = [tuple(samples[at:at + 3]) for at in range(0, len(samples), 3)]
            wrong.append(f"{reader} {sum(a != b for a, b in zip(shown, right, strict=True))}")
        print(f"{name}, {width} wide: wrong of {len(right)}: {', '.join(wrong)}")
with Image.frombytes("RGB", (15, 1), bytes(range(45))) as image:
    image.save("pillow.pcx")
for reader, read in readers.items():
    print(f"by Pillow, 15 wide, {reader}: {list(read('pillow.pcx')[:6])}")
PY
seen=$(venv/bin/python show.py)
expected='24 bits, 15 wide: wrong of 90: pygame 90, pygame-ce 0, FFmpeg 0, Pillow 0
24 bits, 16 wide: wrong of 96: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
24 bits, 23 wide: wrong of 138: pygame 138, pygame-ce 0, FFmpeg 0, Pillow 0
24 bits, 24 wide: wrong of 144: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
24 bits, 31 wide: wrong of 186: pygame 186, pygame-ce 0, FFmpeg 0, Pillow 0
24 bits, 32 wide: wrong of 192: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
16 colours, 15 wide: wrong of 90: pygame 42, pygame-ce 42, FFmpeg 0, Pillow 0
16 colours, 16 wide: wrong of 96: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
16 colours, 23 wide: wrong of 138: pygame 42, pygame-ce 42, FFmpeg 0, Pillow 0
16 colours, 24 wide: wrong of 144: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
16 colours, 31 wide: wrong of 186: pygame 42, pygame-ce 42, FFmpeg 0, Pillow 0
16 colours, 32 wide: wrong of 192: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
2 colours, 15 wide: wrong of 90: pygame 39, pygame-ce 39, FFmpeg 0, Pillow 0
2 colours, 16 wide: wrong of 96: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
2 colours, 23 wide: wrong of 138: pygame 39, pygame-ce 39, FFmpeg 0, Pillow 0
2 colours, 24 wide: wrong of 144: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
2 colours, 31 wide: wrong of 186: pygame 39, pygame-ce 39, FFmpeg 0, Pillow 0
2 colours, 32 wide: wrong of 192: pygame 0, pygame-ce 0, FFmpeg 0, Pillow 0
by Pillow, 15 wide, pygame: [0, 0, 43, 3, 1, 0]
by Pillow, 15 wide, pygame-ce: [0, 1, 2, 3, 4, 5]
by Pillow, 15 wide, FFmpeg: [0, 1, 2, 3, 4, 5]
by Pillow, 15 wide, Pillow: [0, 1, 2, 3, 4, 5]'
echo "$seen"
[ "$seen" = "$expected" ]
