#!/usr/bin/env bash
# pillow-jxl-plugin 1.3.8 with Pillow 13.0.0: an image that was opened from a JPEG file and changed in place is saved as
# JPEG XL without the change. The plugin asks whether `image.format` is JPEG and has a name, and then repacks that file's
# bytes; Pillow keeps both through `thumbnail`, `paste`, `putpixel` and `ImageDraw`.
# So a thumbnail of 16x12 is a file of 64x48 that is no smaller, what was drawn isn't there, and `quality` counts for
# nothing: all that is told is a warning of "JPEG reconstruction". With `lossless_jpeg=False`, or of `image.copy()`, what is
# seen is saved; the same calls save the changes as WebP. Even a file that was written anew since it was opened is taken:
# its new pixels are what is saved.
# Seen: below, in `expected`. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 pillow-jxl-plugin==1.3.8
cat > show.py <<'PY'
import io
import warnings

import pillow_jxl
from PIL import Image, ImageDraw

warnings.simplefilter("ignore")
GREY, RED = (120, 120, 120), (255, 0, 0)


def jpeg(color=GREY):
    Image.new("RGB", (64, 48), color).save("photo.jpg", quality=95)
    image = Image.open("photo.jpg")
    image.load()
    return image


def shrink(image):
    image.thumbnail((16, 16))


def hide(image):
    ImageDraw.Draw(image).rectangle((0, 0, 63, 47), fill=RED)


def cover(image):
    image.paste(RED, (0, 0, 64, 48))


def dot(image):
    for y in range(48):
        for x in range(64):
            image.putpixel((x, y), RED)


def rewrite(image):
    jpeg(color=RED)


def seen(image, **how):
    file = io.BytesIO()
    image.save(file, **how)
    again = Image.open(io.BytesIO(file.getvalue()))
    pixel = again.convert("RGB").getpixel((again.width // 2, again.height // 2))
    return f"{again.width}x{again.height} {'red' if pixel[0] > 200 else 'grey'}"


for what, change in [
    ("thumbnail", shrink), ("ImageDraw", hide), ("paste", cover), ("putpixel", dot), ("the file written anew", rewrite),
]:
    image = jpeg()
    change(image)
    print(f"{what}: WebP {seen(image, format='WEBP')}, JPEG XL {seen(image, format='JXL')}, "
          f"without lossless_jpeg {seen(image, format='JXL', lossless_jpeg=False)}, "
          f"of a copy {seen(image.copy(), format='JXL')}")
PY
seen=$(venv/bin/python show.py)
expected='thumbnail: WebP 16x12 grey, JPEG XL 64x48 grey, without lossless_jpeg 16x12 grey, of a copy 16x12 grey
ImageDraw: WebP 64x48 red, JPEG XL 64x48 grey, without lossless_jpeg 64x48 red, of a copy 64x48 red
paste: WebP 64x48 red, JPEG XL 64x48 grey, without lossless_jpeg 64x48 red, of a copy 64x48 red
putpixel: WebP 64x48 red, JPEG XL 64x48 grey, without lossless_jpeg 64x48 red, of a copy 64x48 red
the file written anew: WebP 64x48 grey, JPEG XL 64x48 red, without lossless_jpeg 64x48 grey, of a copy 64x48 grey'
echo "$seen"
[ "$seen" = "$expected" ]
