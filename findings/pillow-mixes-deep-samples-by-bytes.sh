#!/usr/bin/env bash
# Pillow 13.0.0 opens 16-bit grey PNGs and TIFFs in mode I;16, and has I and F for samples of 32 bits. `paste` and
# `composite` with a soft mask (L, or the alpha of LA and RGBA) mix these byte by byte, as if each byte of a sample
# were a channel, and raise nothing: a half of 1000 over 0 is 628 in I;16 and I, and 3e-18 in F, instead of 500. In
# I;16 they end at half of the width, too, whatever the mask holds. (`blend` refuses all three modes.) `rotate` and
# `transform` of I;16 with Resampling.BILINEAR or BICUBIC make 64 and 155 of an even 40000; with NEAREST, and in I and
# F, the samples are right, as they are from resize, crop, transpose, and paste with a mask of mode 1. So a depth map
# straightened by a degree, or a plate faded into another by its alpha, is spoilt without a word. Seen: below, in
# `expected`. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
cat > show.py <<'PY'
from PIL import Image
from PIL.Image import Resampling

SIZE = (8, 8)


def row(picture):
    return " ".join(f"{picture.getpixel((x, 4)):.5g}" for x in range(picture.width))


def from_file(value):
    """A 16-bit grey picture as a PNG gives it back."""
    Image.new("I;16", SIZE, value).save("picture.png")
    picture = Image.open("picture.png")
    picture.load()
    return picture


def pasted(mode, mask):
    ground = from_file(0).convert(mode)
    ground.paste(from_file(1000).convert(mode), (0, 0), mask)
    return row(ground)


print("opened as", from_file(1000).mode)
whole, full, half = Image.new("1", SIZE, 1), Image.new("L", SIZE, 255), Image.new("L", SIZE, 128)
half_alpha = Image.new("RGBA", SIZE, (0, 0, 0, 128))
for mode in "I;16", "I", "F":
    for name, mask in ("1", whole), ("L 255", full), ("L 128", half), ("alpha 128", half_alpha):
        print(f"1000 over 0, {mode}, mask {name}: {pasted(mode, mask)}")
for mode in "I;16", "I", "F":
    for resample in Resampling.NEAREST, Resampling.BILINEAR, Resampling.BICUBIC:
        turned = from_file(40000).convert(mode).rotate(1, resample).crop((2, 0, 6, 8))
        print(f"40000 turned by a degree, {mode}, {resample.name}: {row(turned)}")
PY
seen=$(venv/bin/python show.py)
expected='opened as I;16
1000 over 0, I;16, mask 1: 1000 1000 1000 1000 1000 1000 1000 1000
1000 over 0, I;16, mask L 255: 1000 1000 1000 1000 0 0 0 0
1000 over 0, I;16, mask L 128: 628 628 628 628 0 0 0 0
1000 over 0, I;16, mask alpha 128: 628 628 628 628 0 0 0 0
1000 over 0, I, mask 1: 1000 1000 1000 1000 1000 1000 1000 1000
1000 over 0, I, mask L 255: 1000 1000 1000 1000 1000 1000 1000 1000
1000 over 0, I, mask L 128: 628 628 628 628 628 628 628 628
1000 over 0, I, mask alpha 128: 628 628 628 628 628 628 628 628
1000 over 0, F, mask 1: 1000 1000 1000 1000 1000 1000 1000 1000
1000 over 0, F, mask L 255: 1000 1000 1000 1000 1000 1000 1000 1000
1000 over 0, F, mask L 128: 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18
1000 over 0, F, mask alpha 128: 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18 2.5614e-18
40000 turned by a degree, I;16, NEAREST: 40000 40000 40000 40000
40000 turned by a degree, I;16, BILINEAR: 64 155 64 155
40000 turned by a degree, I;16, BICUBIC: 64 155 64 155
40000 turned by a degree, I, NEAREST: 40000 40000 40000 40000
40000 turned by a degree, I, BILINEAR: 40000 40000 40000 40000
40000 turned by a degree, I, BICUBIC: 40000 40000 40000 40000
40000 turned by a degree, F, NEAREST: 40000 40000 40000 40000
40000 turned by a degree, F, BILINEAR: 40000 40000 40000 40000
40000 turned by a degree, F, BICUBIC: 40000 40000 40000 40000'
echo "$seen"
[ "$seen" = "$expected" ]
