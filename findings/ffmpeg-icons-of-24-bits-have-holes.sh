#!/usr/bin/env bash
# A picture of an icon that isn't a PNG ends with a mask of one bit a pixel, a bitmap like any other: its rows are
# padded to four bytes. FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1) writes height times (width + 7) / 8 bytes of it,
# multiplied before they are divided: for the usual 16, 24 and 48 pixels too few, for 32 and 64 more than enough.
# Nothing is said. Pillow 13.0.0, which finds the mask from the end, shows opaque icons of 24 bits with transparent
# holes in their lower rows, of the 8 and 16 bits that FFmpeg can write as well; decode-ico 0.4.1 (npm) refuses them as
# truncated. FFmpeg leaves the mask aside when it reads one, so there all looks well. Way round: `-pix_fmt bgra`, whose
# mask these two don't need, or `-c:v png`. Seen: below, in `expected`. Needs Node.js 20 or newer, and Python 3.11 or
# newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "decode-ico": "0.4.1" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 pillow==13.0.0
cat > read.js <<'JS'
import { readFileSync } from 'node:fs';
import decode from 'decode-ico';

try {
  const { data } = decode(readFileSync('it.ico'))[0];
  console.log(`decode-ico ${data.filter((sample, at) => at % 4 === 3 && sample < 255).length}`);
} catch (error) {
  console.log(`decode-ico: ${error.message}`);
}
JS
cat > show.py <<'PY'
import struct, subprocess

from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

for side in (16, 24, 32, 48, 64):
    Image.new("RGB", (side, side), (200, 100, 40)).save("it.png")
    for pixels in ("bgr24", "bgra"):
        command = [get_ffmpeg_exe(), "-v", "error", "-y", "-i", "it.png", "-pix_fmt", pixels, "it.ico"]
        subprocess.run(command, check=True)
        with open("it.ico", "rb") as file:
            length = struct.unpack("<I", file.read()[14:18])[0]
        depth = {"bgr24": 3, "bgra": 4}[pixels]
        mask, needed = length - 40 - depth * side**2, (side + 31) // 32 * 4 * side
        alpha = Image.open("it.ico").convert("RGBA").getchannel("A")
        by_npm = subprocess.run(["node", "read.js"], check=True, capture_output=True, text=True).stdout.strip()
        holes = sum(count for count, value in alpha.getcolors() if value < 255)
        print(f"{side}, {pixels}: mask {mask} of {needed} bytes; transparent pixels: Pillow {holes}, {by_npm}")
PY
seen=$(venv/bin/python show.py)
expected='16, bgr24: mask 46 of 64 bytes; transparent pixels: Pillow 27, decode-ico: Truncated bitmap data
16, bgra: mask 46 of 64 bytes; transparent pixels: Pillow 0, decode-ico 0
24, bgr24: mask 93 of 96 bytes; transparent pixels: Pillow 8, decode-ico: Truncated bitmap data
24, bgra: mask 93 of 96 bytes; transparent pixels: Pillow 0, decode-ico 0
32, bgr24: mask 156 of 128 bytes; transparent pixels: Pillow 0, decode-ico 0
32, bgra: mask 156 of 128 bytes; transparent pixels: Pillow 0, decode-ico 0
48, bgr24: mask 330 of 384 bytes; transparent pixels: Pillow 112, decode-ico: Truncated bitmap data
48, bgra: mask 330 of 384 bytes; transparent pixels: Pillow 0, decode-ico 0
64, bgr24: mask 568 of 512 bytes; transparent pixels: Pillow 0, decode-ico 0
64, bgra: mask 568 of 512 bytes; transparent pixels: Pillow 0, decode-ico 0'
echo "$seen"
[ "$seen" = "$expected" ]
