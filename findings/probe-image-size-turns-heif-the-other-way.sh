#!/usr/bin/env bash
# HEIF turns a picture by the property `irot`, in quarters anticlockwise (ISO/IEC 23008-12, 6.5.10); EXIF's orientation 6 is a quarter
# clockwise, so an AVIF with `irot` 3 is what a JPEG of orientation 6 is. probe-image-size 7.5.0 gives the sides as they are stored, and an
# `orientation` for who wants them as they are shown. For the two plain quarter turns that is the other one's: 8 for a picture that is
# turned clockwise, and 6 for one that is turned anticlockwise; whoever turns by it gets pictures that stand on their heads. The other six
# are right, the quarter turns with a mirror among them. Written by libavif (pillow-avif-plugin 1.6.0) from EXIF; shown by
# sharp 0.35.5, whose pixels say where the red corner is. Needs Python 3 with venv and Node.js 20 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==12.0.0 pillow-avif-plugin==1.6.0
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "probe-image-size": "7.5.0", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
cat > make.py <<'PY'
import pillow_avif
from PIL import Image

# Red in the upper left corner, blue in the upper right one, black below.
picture = Image.new("RGB", (80, 48))
picture.paste((255, 0, 0), (0, 0, 40, 24))
picture.paste((0, 0, 255), (40, 0, 80, 24))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x112] = orientation
    picture.save(f"{orientation}.avif", quality=90, exif=exif.tobytes())
PY
venv/bin/python make.py
cat > read.js <<'JS'
import { readFileSync } from 'node:fs';
import probe from 'probe-image-size';
import sharp from 'sharp';

// Where red and blue are seen with each orientation of EXIF: u(pper) or l(ower), l(eft) or r(ight).
const places = ['ul ur', 'ur ul', 'lr ll', 'll lr', 'ul ll', 'ur lr', 'lr ur', 'll ul'];

/** The EXIF orientation of which the picture looks. */
async function shown(file) {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const place = (channel) => {
    for (const [name, x, y] of [['ul', 1, 1], ['ur', 3, 1], ['ll', 1, 3], ['lr', 3, 3]]) {
      const at = Math.floor((y * info.height) / 4) * info.width + Math.floor((x * info.width) / 4);
      if (data[3 * at + channel] > 128) return name;
    }
  };
  return places.indexOf(`${place(0)} ${place(2)}`) + 1;
}

let told = '';
for (let orientation = 1; orientation <= 8; orientation += 1) {
  const bytes = readFileSync(`${orientation}.avif`);
  const irot = bytes.indexOf('irot');
  const said = probe.sync(bytes).orientation ?? 1;
  const seen = await shown(`${orientation}.avif`);
  console.log(`irot ${irot < 0 ? 'absent' : bytes[irot + 4]}${bytes.includes('imir') ? ' and imir' : ''}: shown as EXIF's ${seen}, said to be ${said}`);
  if (seen !== orientation) throw new Error('another file than was wanted');
  told += said;
}
if (told !== '12345876') {
  console.error(`this has changed: ${told}`);
  process.exit(1);
}
JS
node read.js
