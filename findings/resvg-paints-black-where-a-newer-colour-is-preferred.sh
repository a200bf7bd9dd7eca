#!/usr/bin/env bash
# A declaration whose value isn't known is ignored, and the one before it stands (CSS 2.1, 4.2; CSS Syntax 3, section 9).
# So style sheets name a colour that everybody knows, and after it one that newer browsers show better:
# `fill: rebeccapurple; fill: oklch(44% .16 304)`. resvg 0.49.0 takes the later declaration before it looks at the colour,
# doesn't know it, and then has neither the earlier one nor what is inherited: it paints black. So it does for
# `fill: unset` in a coloured group, which inherits, and for opacity in percent, `rgb(102 51 153 / 20%)` (CSS Color 4,
# section 5). sharp 0.35.5 (librsvg) falls back, @napi-rs/canvas 1.1.1 (Skia) even knows oklch, and both know the others.
# Logos that were exported with such fallbacks turn black on the way through resvg. Seen: below, in `expected`; each
# colour is that of a pixel in red, green, blue, alpha. Needs Rust and Node.js 20 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "paint"
version = "0.1.0"
edition = "2024"

[dependencies]
resvg = { version = "=0.49.0", default-features = false }
TOML
cat > src/main.rs <<'RUST'
use resvg::{tiny_skia::{Pixmap, Transform}, usvg::{Options, Tree}};

fn main() {
    for name in std::env::args().skip(1) {
        let tree = Tree::from_str(&std::fs::read_to_string(name).unwrap(), &Options::default()).unwrap();
        let mut drawn = Pixmap::new(8, 8).unwrap();
        resvg::render(&tree, Transform::identity(), &mut drawn.as_mut());
        let pixel = drawn.pixel(4, 4).unwrap().demultiply();
        println!("{},{},{},{}", pixel.red(), pixel.green(), pixel.blue(), pixel.alpha());
    }
}
RUST
svg() {
  echo "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'>$2</svg>" >"$1.svg"
}
svg plain "<rect width='8' height='8' style='fill:#639'/>"
svg fallback "<rect width='8' height='8' style='fill:#639;fill:oklch(44% .16 304)'/>"
svg sheet "<style>.a{fill:#639} #b{fill:oklch(44% .16 304)}</style><rect class='a' id='b' width='8' height='8'/>"
svg unset "<g fill='#639'><rect width='8' height='8' style='fill:unset'/></g>"
svg percent "<rect width='8' height='8' style='fill:rgb(102 51 153 / 20%)'/>"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@napi-rs/canvas": "1.1.1", "sharp": "0.35.5" } }
JSON
npm install --silent --no-audit --no-fund
cat > show.js <<'JS'
import { readFileSync } from 'node:fs';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import sharp from 'sharp';

const resvg = readFileSync(0, 'utf8').trim().split('\n');
for (const name of process.argv.slice(2)) {
  const svg = readFileSync(name);
  const context = createCanvas(8, 8).getContext('2d');
  context.drawImage(await loadImage(svg), 0, 0);
  const skia = context.getImageData(4, 4, 1, 1).data.join();
  const at = 4 * (4 * 8 + 4);
  const librsvg = (await sharp(svg).ensureAlpha().raw().toBuffer()).subarray(at, at + 4).join();
  console.log(`${name}: resvg ${resvg.shift()}, sharp ${librsvg}, canvas ${skia}`);
}
JS
files=(plain.svg fallback.svg sheet.svg unset.svg percent.svg)
seen=$(cargo run --quiet -- "${files[@]}" | node show.js "${files[@]}")
expected='plain.svg: resvg 102,51,153,255, sharp 102,51,153,255, canvas 102,51,153,255
fallback.svg: resvg 0,0,0,255, sharp 102,51,153,255, canvas 103,51,152,255
sheet.svg: resvg 0,0,0,255, sharp 102,51,153,255, canvas 103,51,152,255
unset.svg: resvg 0,0,0,255, sharp 102,51,153,255, canvas 102,51,153,255
percent.svg: resvg 0,0,0,255, sharp 100,50,150,51, canvas 100,50,155,51'
echo "$seen"
[ "$seen" = "$expected" ]
