#!/usr/bin/env bash
# pillow-jxl-plugin 1.3.8 with Pillow 13.0.0 copies a photo's EXIF into the JPEG XL that it encodes, its orientation
# included, and leaves the orientation of the codestream at 1. JPEG XL goes by the latter alone, so a phone's portrait photo
# that is saved with a quality lies on its side in whatever shows it by libjxl; in Pillow, which goes by EXIF, it stands, so
# that nothing is seen where it was made. The same photo repacked without loss by the same plugin (the default for JPEG files)
# has its orientation in the codestream and stands in both.
# Seen: below, in `expected`: a photo of 64x32 pixels that EXIF turns to 32x64, its size as Pillow's `exif_transpose` and as
# libjxl 0.11.2 (imagecodecs 2026.3.6) give it. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 pillow-jxl-plugin==1.3.8 imagecodecs==2026.3.6
cat > show.py <<'PY'
import warnings

import imagecodecs
import pillow_jxl
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
exif = Image.Exif()
exif[274] = 6
Image.new("RGB", (64, 32), (255, 90, 0)).save("photo.jpg", exif=exif, quality=95)

for what, how in [
    ("repacked", {}), ("encoded", {"lossless_jpeg": False, "quality": 90}),
    ("encoded without loss", {"lossless_jpeg": False, "lossless": True}),
]:
    Image.open("photo.jpg").save("photo.jxl", **how)
    again = ImageOps.exif_transpose(Image.open("photo.jxl"))
    height, width = imagecodecs.jpegxl_decode(open("photo.jxl", "rb").read()).shape[:2]
    print(f"JPEG XL {what}: Pillow {again.width}x{again.height}, libjxl {width}x{height}")
PY
seen=$(venv/bin/python show.py)
expected='JPEG XL repacked: Pillow 32x64, libjxl 32x64
JPEG XL encoded: Pillow 32x64, libjxl 64x32
JPEG XL encoded without loss: Pillow 32x64, libjxl 64x32'
echo "$seen"
[ "$seen" = "$expected" ]
