#!/usr/bin/env bash
# A gradient or pattern of userSpaceOnUse lies in the coordinates of the element that is painted with it, its
# `transform` included (SVG 2, 14.2.2 and 14.3.1), wherever its `fill` comes from. SVGO 4.1.0 as it comes works a
# path's `transform` into its points (applyTransforms of convertPathData), unless the path's own attributes name a
# gradient, pattern or clip; what it has from its group or by a class it doesn't look at. So a row of buttons with one
# gradient on their group slides along it until the last is of one colour, and patterns and clips stay behind. Of
# strokes that a transform enlarges, the group's dashes stay as small as they were, and a width by a class stays thin,
# for SVGO's new attribute yields to the class. The same attributes on the paths are right. scour 0.38.2 changes
# nothing; resvg-js 2.6.2 and sharp 0.35.5 (librsvg) agree on how many pixels change. Way round: applyTransforms off.
# Seen: below, in `expected`. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
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

const gradient =
  '<linearGradient id="g" gradientUnits="userSpaceOnUse" x2="40">' +
  '<stop stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient>';
const pattern =
  '<pattern id="p" patternUnits="userSpaceOnUse" width="8" height="8"><path fill="red" d="M0 0h4v8H0z"/></pattern>';
const clip = '<clipPath id="c"><circle cx="20" cy="20" r="20"/></clipPath>';
const buttons = (own) =>
  [0, 50, 100].map((x) => `<path ${own} transform="translate(${x} 0)" d="M0 0h40v40H0z"/>`).join('');
const lines = (own) => [1, 3].map((y) => `<path ${own} transform="scale(5)" d="M0 ${2 * y}h28"/>`).join('');
const drawings = {
  'gradient on the group': `${gradient}<g fill="url(#g)">${buttons('')}</g>`,
  'gradient by a class': `<style>.b{fill:url(#g)}</style>${gradient}${buttons('class="b"')}`,
  'gradient on the paths': `${gradient}${buttons('fill="url(#g)"')}`,
  'pattern on the group': `${pattern}<g fill="url(#p)">${buttons('')}</g>`,
  'pattern on the paths': `${pattern}${buttons('fill="url(#p)"')}`,
  'clip by a class': `<style>.b{clip-path:url(#c)}</style>${clip}${buttons('class="b"')}`,
  'clip on the paths': `${clip}${buttons('clip-path="url(#c)"')}`,
  'dashes on the group': `<g stroke-dasharray="4 2">${lines('stroke="red"')}</g>`,
  'dashes on the paths': lines('stroke="red" stroke-dasharray="4 2"'),
  'width by a class': `<style>.l{stroke-width:2}</style>${lines('class="l" stroke="red"')}`,
  'width on the paths': lines('stroke="red" stroke-width="2"'),
};
const renderers = [
  (svg) => sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer(),
  (svg) => new Resvg(svg).render().pixels,
];
// Of every hundred pixels, those that differ by more than an eighth in red, green, blue or alpha.
const changed = async (before, after) => {
  const parts = new Set();
  for (const render of renderers) {
    const [one, other] = [await render(before), await render(after)];
    const wrong = new Set();
    for (let at = 0; at < one.length; at++) if (Math.abs(one[at] - other[at]) > 32) wrong.add(at >> 2);
    parts.add(`${Math.round((400 * wrong.size) / one.length)} %`);
  }
  return [...parts].join(' or ');
};
const params = { overrides: { convertPathData: { applyTransforms: false } } };
for (const [name, content] of Object.entries(drawings)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="140" height="40" viewBox="0 0 140 40">${content}</svg>`;
  const byScour = execFileSync('venv/bin/scour', ['--quiet'], { input: svg, encoding: 'utf8' });
  const without = optimize(svg, { plugins: [{ name: 'preset-default', params }] }).data;
  console.log(
    `${name}: changed by SVGO ${await changed(svg, optimize(svg).data)},`,
    `without applyTransforms ${await changed(svg, without)}, by scour ${await changed(svg, byScour)}`,
  );
}
JS
seen=$(node show.js)
expected='gradient on the group: changed by SVGO 50 %, without applyTransforms 0 %, by scour 0 %
gradient by a class: changed by SVGO 50 %, without applyTransforms 0 %, by scour 0 %
gradient on the paths: changed by SVGO 0 %, without applyTransforms 0 %, by scour 0 %
pattern on the group: changed by SVGO 43 %, without applyTransforms 0 %, by scour 0 %
pattern on the paths: changed by SVGO 0 %, without applyTransforms 0 %, by scour 0 %
clip by a class: changed by SVGO 46 %, without applyTransforms 0 %, by scour 0 %
clip on the paths: changed by SVGO 0 %, without applyTransforms 0 %, by scour 0 %
dashes on the group: changed by SVGO 12 %, without applyTransforms 0 %, by scour 0 %
dashes on the paths: changed by SVGO 0 %, without applyTransforms 0 %, by scour 0 %
width by a class: changed by SVGO 40 %, without applyTransforms 0 %, by scour 0 %
width on the paths: changed by SVGO 0 %, without applyTransforms 0 %, by scour 0 %'
echo "$seen"
[ "$seen" = "$expected" ]
