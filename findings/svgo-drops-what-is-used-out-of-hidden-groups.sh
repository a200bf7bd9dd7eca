#!/usr/bin/env bash
# What isn't shown itself may be shown by others: `display: none` doesn't keep an element from being referenced (SVG 2,
# 3.2.3), and gradients and patterns may be used whatever `display` their ancestors have (14.1). SVGO 4.1.0 as it comes
# (removeHiddenElems) throws away what is hidden by `display`, `visibility` or `opacity`, with all that is within, and
# doesn't ask whether it is used: shapes lose the gradient that paints them or the clip that cuts them, `use` shows
# nothing, symbols in an <svg> of `display:none` are gone, even gradients in <defs> of `display:none`. Hidden layers of
# drawing programs hold originals of clones and gradients that visible layers share, so that a logo comes back empty.
# The reference stays, to an id that nothing has. Within plain <defs> all is right. scour 0.38.2 changes nothing;
# resvg-js 2.6.2 and sharp 0.35.5 (librsvg) show each picture alike. Way round: removeHiddenElems off. Seen: below, in
# `expected`: a square's left and right half, `#` where there is something. Needs Node.js 20 or newer, and Python 3.11
# or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "@resvg/resvg-js": "2.6.2", "sharp": "0.35.5", "svgo": "4.1.0" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scour==0.38.2
cat > show.js <<'JS'
import { execFileSync } from 'node:child_process';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';
import { optimize } from 'svgo';

const square = '<rect width="40" height="40"';
const uses = {
  gradient: [
    '<linearGradient id="it"><stop stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient>',
    `${square} fill="url(#it)"/>`,
  ],
  clip: ['<clipPath id="it"><rect width="20" height="40"/></clipPath>', `${square} clip-path="url(#it)"/>`],
  symbol: [`<symbol id="it">${square}/></symbol>`, '<use xlink:href="#it"/>'],
  shape: [`${square} id="it"/>`, '<use xlink:href="#it"/>'],
};
const places = {
  defs: (it) => `<defs>${it}</defs>`,
  'defs, display none': (it) => `<defs style="display:none">${it}</defs>`,
  'svg, display none': (it) => `<svg style="display:none">${it}</svg>`,
  'g, display none': (it) => `<g display="none">${it}</g>`,
  'g, opacity 0': (it) => `<g opacity="0">${it}</g>`,
  'g, visibility hidden': (it) => `<g visibility="hidden">${it}</g>`,
};
const shown = async (svg) => {
  const halves = new Set();
  for (const pixels of [await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer(), new Resvg(svg).render().pixels]) {
    halves.add([10, 30].map((x) => (pixels[4 * (20 * 40 + x) + 3] > 0 ? '#' : '.')).join(''));
  }
  return [...halves].join(' or ');
};
const namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
for (const [place, put] of Object.entries(places)) {
  const seen = { before: [], SVGO: [], scour: [] };
  for (const [definition, use] of Object.values(uses)) {
    const svg = `<svg ${namespaces} width="40" height="40" viewBox="0 0 40 40">${put(definition)}${use}</svg>`;
    seen.before.push(await shown(svg));
    seen.SVGO.push(await shown(optimize(svg).data));
    seen.scour.push(await shown(execFileSync('venv/bin/scour', ['--quiet'], { input: svg, encoding: 'utf8' })));
  }
  const lists = Object.entries(seen).map(([by, halves]) => `${by} ${halves.join(' ')}`);
  console.log(`${Object.keys(uses).join(', ')} in ${place}: ${lists.join('; ')}`);
}
JS
seen=$(node show.js)
expected='gradient, clip, symbol, shape in defs: before ## #. ## ##; SVGO ## #. ## ##; scour ## #. ## ##
gradient, clip, symbol, shape in defs, display none: before ## #. ## ##; SVGO .. ## .. ..; scour ## #. ## ##
gradient, clip, symbol, shape in svg, display none: before ## #. ## ##; SVGO .. ## .. ..; scour ## #. ## ##
gradient, clip, symbol, shape in g, display none: before ## #. ## ##; SVGO .. ## .. ..; scour ## #. ## ##
gradient, clip, symbol, shape in g, opacity 0: before ## #. ## ##; SVGO .. ## .. ..; scour ## #. ## ##
gradient, clip, symbol, shape in g, visibility hidden: before ## .. ## ##; SVGO .. ## .. ..; scour ## .. ## ##'
echo "$seen"
[ "$seen" = "$expected" ]
