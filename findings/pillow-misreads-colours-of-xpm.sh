#!/usr/bin/env bash
# An XPM names a colour as X does, `#` with one to four hexadecimal digits each for red, green and blue (XPM Manual 3.4,
# chapter 2; XParseColor(3)): #FA3 and #FFFFAAAA3333 are #FFAA33. Twelve digits are what programs of X have written for
# decades, three what people write. Pillow 13.0.0 takes the digits for a single number, whatever their count, and its
# lowest 24 bits for red, green and blue: of twelve digits green is shown as red, and blue as both others; of three all
# move over, so that orange is a blue close to black. Nothing is raised, and six digits are right. Qt 6.12.0 (PyPI:
# PySide6-Essentials) knows all of them, SDL_image 2.8.12 (PyPI: pygame-ce 2.5.8) all but nine. But SDL_image goes by
# the first key of a colour: where a picture has `m`, for screens of black and white, ahead of `c`, for those with
# colours, as it may, there are only black and white. Qt and Pillow take `c`. Seen: below, in `expected`, of an orange
# (255, 170, 51). Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 pygame-ce==2.5.8 PySide6-Essentials==6.12.0
cat > show.py <<'PY'
import os

os.environ |= {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "QT_QPA_PLATFORM": "offscreen", "SDL_VIDEODRIVER": "dummy"}
import pygame
from PIL import Image
from PySide6.QtGui import QImage

COLOURS = {
    "6 digits": "c #FFAA33",
    "3 digits": "c #FA3",
    "9 digits": "c #FFFAAA333",
    "12 digits": "c #FFFFAAAA3333",
    "c, then m": "c #FFAA33 m white",
    "m, then c": "m white c #FFAA33",
    "m, g4, g and c": "m black g4 gray70 g gray75 c #FFAA33",
    "s, then c": "s sun c #FFAA33",
}


def by_pillow(path):
    with Image.open(path) as image:
        return image.convert("RGB").getpixel((0, 0))


def by_pygame(path):
    return tuple(pygame.image.load(path).get_at((0, 0)))[:3]


def by_qt(path):
    return QImage(path).pixelColor(0, 0).getRgb()[:3]


readers = {"Pillow": by_pillow, "SDL_image": by_pygame, "Qt": by_qt}
for name, colour in COLOURS.items():
    with open("sun.xpm", "w") as file:
        file.write(f'/* XPM */\nstatic char *sun[] = {{\n"2 2 1 1",\n"o {colour}",\n"oo",\n"oo"\n}};\n')
    seen = {}
    for reader, read in readers.items():
        seen.setdefault(" ".join(map(str, read("sun.xpm"))), []).append(reader)
    print(f"{name}:", "; ".join(f"{' and '.join(who)} {shown}" for shown, who in seen.items()))
PY
seen=$(venv/bin/python show.py)
expected='6 digits: Pillow and SDL_image and Qt 255 170 51
3 digits: Pillow 0 15 163; SDL_image and Qt 255 170 51
9 digits: Pillow 170 163 51; SDL_image 0 0 0; Qt 255 170 51
12 digits: Pillow 170 51 51; SDL_image and Qt 255 170 51
c, then m: Pillow and SDL_image and Qt 255 170 51
m, then c: Pillow and Qt 255 170 51; SDL_image 255 255 255
m, g4, g and c: Pillow and Qt 255 170 51; SDL_image 0 0 0
s, then c: Pillow and SDL_image and Qt 255 170 51'
echo "$seen"
[ "$seen" = "$expected" ]
