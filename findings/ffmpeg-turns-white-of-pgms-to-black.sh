#!/usr/bin/env bash
# A PGM or PPM names the greatest sample, its maxval, after its size, any number up to 65535; 0 is black, and the maxval
# is white (Netpbm's pgm(5) and ppm(5)). FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1) scales the samples of binary files
# (P5, P6) to 255 or 65535, and at some maxvals the greatest comes out one above that, and is 0: at 25 of those up to
# 255, 250, 252 and 254 among them, and of 16 bits at 65000, 65500 and 65534, for instance. All that is darker than
# white is right, so it's the brightest spots of a picture that turn black, and no others; in colours each channel by
# itself, a warm white becomes blue. Nothing is said. The same pictures as text (P2, P3) are right, and Pillow 13.0.0
# shows white at all maxvals. Seen: below, in `expected`, with the last three levels of some maxvals; of 16 bits the
# high byte. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 pillow==13.0.0
cat > show.py <<'PY'
import io, subprocess

import imageio_ffmpeg
from PIL import Image


def file(kind, greatest, samples):
    """Samples in one row, in P6 and P3 each three times."""
    width = len(samples)
    samples = [sample for sample in samples for _ in range(3 if kind in ("P3", "P6") else 1)]
    if kind in ("P2", "P3"):
        body = " ".join(map(str, samples)).encode() + b"\n"
    else:
        body = b"".join(sample.to_bytes(2 if greatest > 255 else 1, "big") for sample in samples)
    return f"{kind}\n{width} 1\n{greatest}\n".encode() + body


def by_ffmpeg(files, form):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "pgm_pipe", "-i", "-", "-fps_mode", "passthrough"]
    command += ["-f", "rawvideo", "-pix_fmt", form, "-"]
    return subprocess.run(command, input=b"".join(files), check=True, capture_output=True).stdout


def by_pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.getpixel((image.width - 1, 0))


for kind, form, step in (("P2", "gray", 1), ("P3", "rgb24", 3), ("P5", "gray", 1), ("P6", "rgb24", 3)):
    files = [file(kind, greatest, [greatest]) for greatest in range(1, 256)]
    black = [at + 1 for at, white in enumerate(by_ffmpeg(files, form)[::step]) if white == 0]
    others = {str(by_pillow(data)) for data in files}
    print(f"{kind}: white is black at {len(black)} maxvals up to 255 {black}; by Pillow it is {', '.join(others)}")
for greatest in 250, 251, 254, 40000, 65000, 65500, 65534, 65535:
    row = [greatest - 2, greatest - 1, greatest]
    data = file("P5", greatest, row)
    levels = list(by_ffmpeg([data], "gray16be")[::2] if greatest > 255 else by_ffmpeg([data], "gray"))
    print(f"maxval {greatest}: {row} are {levels}; by Pillow white is {by_pillow(data)}")
PY
seen=$(venv/bin/python show.py)
expected='P2: white is black at 0 maxvals up to 255 []; by Pillow it is 255
P3: white is black at 0 maxvals up to 255 []; by Pillow it is (255, 255, 255)
P5: white is black at 25 maxvals up to 255 [138, 146, 148, 155, 158, 174, 175, 187, 188, 196, 202, 207, 211, 214, 221, 224, 229, 232, 237, 239, 246, 248, 250, 252, 254]; by Pillow it is 255
P6: white is black at 25 maxvals up to 255 [138, 146, 148, 155, 158, 174, 175, 187, 188, 196, 202, 207, 211, 214, 221, 224, 229, 232, 237, 239, 246, 248, 250, 252, 254]; by Pillow it is (255, 255, 255)
maxval 250: [248, 249, 250] are [254, 255, 0]; by Pillow white is 255
maxval 251: [249, 250, 251] are [253, 254, 255]; by Pillow white is 255
maxval 254: [252, 253, 254] are [254, 255, 0]; by Pillow white is 255
maxval 40000: [39998, 39999, 40000] are [255, 255, 255]; by Pillow white is 65535
maxval 65000: [64998, 64999, 65000] are [255, 255, 0]; by Pillow white is 65535
maxval 65500: [65498, 65499, 65500] are [255, 255, 0]; by Pillow white is 65535
maxval 65534: [65532, 65533, 65534] are [255, 255, 0]; by Pillow white is 65535
maxval 65535: [65533, 65534, 65535] are [255, 255, 255]; by Pillow white is 65535'
echo "$seen"
[ "$seen" = "$expected" ]
