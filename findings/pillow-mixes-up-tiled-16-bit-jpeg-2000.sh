#!/usr/bin/env bash
# Pillow 13.0.0 writes a 16-bit grey picture (mode I;16) as lossless JPEG 2000 without an error, but with `tile_size`
# narrower than the picture all tiles except those of the first column hold other pixels: the tile that begins at
# column x has what stands from column x / 2 on, as if a pixel were one byte. The documentation of tile_size makes no
# exception. The file is wrong, not its reading: OpenJPEG by way of imagecodecs 2026.3.6 reads the same. Without
# tiles, with tiles of whole rows, and with 8 bits everything comes back as it was. Seen: below, in `expected`. Needs
# Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0 imagecodecs==2026.3.6 numpy==2.4.6
cat > show.py <<'PY'
import io
import PIL
import imagecodecs
import numpy
from PIL import Image

print(f"Pillow {PIL.__version__}")
# Each pixel is the number of its column.
for bits, sort in ((8, numpy.uint8), (16, numpy.uint16)):
    picture = numpy.tile(numpy.arange(64, dtype=sort), (32, 1))
    for tile in (None, (64, 16), (16, 32)):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG2000", irreversible=False, tile_size=tile)
        by_pillow = numpy.asarray(Image.open(file))
        by_imagecodecs = imagecodecs.jpeg2k_decode(file.getvalue())
        assert (by_pillow == by_imagecodecs).all(), "the readers differ"
        columns = ", ".join(f"{at}: {by_pillow[5, at]}" for at in (0, 15, 16, 17, 32, 48))
        print(f"{bits} bits, tiles {tile}: {'same' if (by_pillow == picture).all() else columns}")
PY
seen=$(venv/bin/python show.py)
expected='Pillow 13.0.0
8 bits, tiles None: same
8 bits, tiles (64, 16): same
8 bits, tiles (16, 32): same
16 bits, tiles None: same
16 bits, tiles (64, 16): same
16 bits, tiles (16, 32): 0: 0, 15: 15, 16: 8, 17: 9, 32: 16, 48: 24'
echo "$seen"
[ "$seen" = "$expected" ]
