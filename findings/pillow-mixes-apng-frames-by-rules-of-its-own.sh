#!/usr/bin/env bash
# A frame of an APNG with `blend_op` 1 is put over the canvas by its alpha as the PNG specification has it (third
# edition, 11.3.6.2 and 13.16), and `dispose_op` 2 brings back what was there before the frame. Pillow 13.0.0 does
# neither: it mixes alpha as if it were a colour, so that a half transparent orange (200, 100, 40, 128) on an empty
# canvas comes as (100, 50, 20, 64), soft edges are faint and dark, and two half transparent layers are thinner than the
# upper one was; and with `blend_op` 1 a frame that is to be taken back stays, for it was painted into the copy that was
# to be brought back. `blend_op` 0 is right. It plays its own files so, as here, and what is converted from them, to
# WebP or GIF, has these pixels. FFmpeg 9.0.2 (PyPI: imageio-ffmpeg 0.8.1) shows them by the specification. Seen: below,
# in `expected`. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 pillow==13.0.0
cat > show.py <<'PY'
import subprocess

from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

SIZE = (8, 8)
ORANGE, BLUE, WHITE, RED = (200, 100, 40, 128), (20, 100, 240, 100), (255,) * 4, (255, 0, 0, 255)


def picture(color, box=(0, 0, 8, 8)):
    picture = Image.new("RGBA", SIZE)
    picture.paste(color, box)
    return picture


def play(name, frames, **options):
    first, *others = frames
    first.save("it.png", save_all=True, append_images=others, duration=100, **options)
    moving = Image.open("it.png")
    by_pillow = []
    for at in range(moving.n_frames):
        moving.seek(at)
        by_pillow.append(moving.convert("RGBA").getpixel((1, 1)))
    command = [get_ffmpeg_exe(), "-v", "error", "-i", "it.png", "-fps_mode", "passthrough"]
    command += ["-pix_fmt", "rgba", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    pixel = 4 * (SIZE[0] + 1)
    by_ffmpeg = [tuple(raw[at + pixel : at + pixel + 4]) for at in range(0, len(raw), 256)]
    print(f"{name}: Pillow {by_pillow[-1]}, FFmpeg {by_ffmpeg[-1]}")


play("over an empty canvas", [picture((0, 0, 0, 0)), picture(ORANGE)], blend=1)
play("over what is half transparent", [picture(ORANGE), picture(BLUE)], blend=1)
play("instead of it", [picture(ORANGE), picture(BLUE)], blend=0)
# A red frame is taken back, and the last one changes a corner only.
taken_back = [picture(WHITE), picture(RED), picture(BLUE[:3] + (255,), (6, 6, 8, 8))]
play("taken back, frames put over", taken_back, disposal=[0, 2, 0], blend=1)
corner = picture(WHITE)
corner.paste(BLUE, (6, 6, 8, 8))
play("taken back, frames put instead", taken_back[:2] + [corner], disposal=[0, 2, 0], blend=0)
PY
seen=$(venv/bin/python show.py)
expected='over an empty canvas: Pillow (100, 50, 20, 64), FFmpeg (200, 100, 40, 128)
over what is half transparent: Pillow (129, 100, 118, 117), FFmpeg (98, 99, 152, 178)
instead of it: Pillow (20, 100, 240, 100), FFmpeg (20, 100, 240, 100)
taken back, frames put over: Pillow (255, 0, 0, 255), FFmpeg (255, 255, 255, 255)
taken back, frames put instead: Pillow (255, 255, 255, 255), FFmpeg (255, 255, 255, 255)'
echo "$seen"
[ "$seen" = "$expected" ]
