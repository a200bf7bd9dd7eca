#!/usr/bin/env bash
# Whether a GIF's picture has transparent pixels says the graphic control extension before it, and only for the one
# picture that follows (GIF89a, section 23). OpenCV 5.0.0 (PyPI: opencv-python-headless 5.0.0.93) goes through a whole
# animation before it reads any of it, and keeps what the last frame said: where that one is opaque, IMREAD_UNCHANGED
# gives all frames three channels and no alpha, imread of the first one included, and what was transparent has the
# background's colour, here black. So a sticker that ends in a full picture comes in a black box, and the same sticker
# without that end has its alpha. Nothing is said. Pillow 13.0.0, which writes the files, and sharp 0.35.5 show all
# frames as they were. Way round: an animated PNG or WebP. Seen: below, in `expected`: of each frame a corner and the
# middle. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 pillow==13.0.0
cat > by_sharp.js <<'JS'
import sharp from 'sharp';

const frames = sharp('it.gif', { animated: true }).ensureAlpha().raw();
const { data, info } = await frames.toBuffer({ resolveWithObject: true });
const { pages, pageHeight: height, width } = info;
const at = (page, x, y) => Array.from(data.subarray(4 * ((page * height + y) * width + x)).subarray(0, 4));
console.log(JSON.stringify(Array.from({ length: pages ?? 1 }, (_, page) => [at(page, 0, 0), at(page, 16, 16)])));
JS
cat > show.py <<'PY'
import json, subprocess

import cv2
from PIL import Image, ImageDraw, ImageSequence


def sticker(side):
    frame = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    ImageDraw.Draw(frame).rectangle((16 - side, 16 - side, 15 + side, 15 + side), fill=(200, 100, 40, 255))
    return frame


def by_pillow():
    with Image.open("it.gif") as gif:
        frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(gif)]
    return [[list(frame.getpixel(at)) for at in ((0, 0), (16, 16))] for frame in frames]


def by_sharp():
    return json.loads(subprocess.run(["node", "by_sharp.js"], check=True, capture_output=True, text=True).stdout)


def pixel(samples):
    blue, green, red, *alpha = samples.tolist()
    return [red, green, blue, *alpha]


def by_opencv():
    _, frames = cv2.imreadmulti("it.gif", flags=cv2.IMREAD_UNCHANGED)
    return [[pixel(frame[0, 0]), pixel(frame[16, 16])] for frame in frames]


full = Image.new("RGBA", (32, 32), (0, 90, 200, 255))
animations = {
    "sticker, sticker": [sticker(4), sticker(8)],
    "sticker, sticker, full": [sticker(4), sticker(8), full],
}
for name, frames in animations.items():
    frames[0].save("it.gif", save_all=True, append_images=frames[1:], duration=100, disposal=2)
    seen = {}
    for reader, read in (("Pillow", by_pillow), ("sharp", by_sharp), ("OpenCV", by_opencv)):
        seen.setdefault(str(read()), []).append(reader)
    channels = cv2.imread("it.gif", cv2.IMREAD_UNCHANGED).shape[2]
    print(f"{name}: channels of imread: {channels}")
    for pixels, by in seen.items():
        print(f"  {', '.join(by)}: {pixels}")
PY
seen=$(venv/bin/python show.py)
expected='sticker, sticker: channels of imread: 4
  Pillow, sharp, OpenCV: [[[0, 0, 0, 0], [200, 100, 40, 255]], [[0, 0, 0, 0], [200, 100, 40, 255]]]
sticker, sticker, full: channels of imread: 3
  Pillow, sharp: [[[0, 0, 0, 0], [200, 100, 40, 255]], [[0, 0, 0, 0], [200, 100, 40, 255]], [[0, 90, 200, 255], [0, 90, 200, 255]]]
  OpenCV: [[[0, 0, 0], [200, 100, 40]], [[0, 0, 0], [200, 100, 40]], [[0, 90, 200], [0, 90, 200]]]'
echo "$seen"
[ "$seen" = "$expected" ]
