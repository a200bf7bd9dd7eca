#!/usr/bin/env bash
# What an element says by a presentation attribute holds for it, whatever its group says by `style`, for that is only
# inherited; yet where both are on one element, `style` wins (SVG 2, 6.6: attributes have specificity 0). SVGO 4.1.0 as
# it comes puts attributes that all children of a group share on the group (moveElemsAttrsToGroup), beside a `style`
# that says otherwise of the same property: two blue circles in a group of `style="fill:red"` are red afterwards. A
# group that is merged with its only child does the same (collapseGroups). Where a picture has a <style>, the first
# plugin is to do nothing, but by then inlineStyles has made a `style` attribute of it. scour 0.38.2 does wrong by a
# class alone. Children that have a `style` keep their colour, and so do all where the group has an attribute. resvg-js
# 2.6.2 and sharp 0.35.5 (librsvg) show each picture alike. Way round: both plugins off. Seen: below, in `expected`, of
# both circles. Needs Node.js 20 or newer, and Python 3.11 or newer with venv. Fails if that changes.
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

const drawing = (content) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50" viewBox="0 0 100 50">${content}</svg>`;
const circles = (own) => [25, 75].map((x) => `<circle cx="${x}" cy="25" r="20" ${own}/>`).join('');
const drawings = {
  'style on the group, attributes below': drawing(`<g style="fill:red">${circles('fill="blue"')}</g>`),
  'class on the group, attributes below': drawing(
    `<style>.warm{fill:red}</style><g class="warm">${circles('fill="blue"')}</g>`,
  ),
  'style on the group, a group below': drawing(`<g style="fill:red"><g fill="blue">${circles('')}</g></g>`),
  'style on the group, style below': drawing(`<g style="fill:red">${circles('style="fill:blue"')}</g>`),
  'attribute on the group, attributes below': drawing(`<g fill="red">${circles('fill="blue"')}</g>`),
};
const names = { '255,0,0': 'red', '0,0,255': 'blue' };
const colours = (pixels) =>
  [25, 75].map((x) => names[pixels.subarray(4 * (25 * 100 + x)).subarray(0, 3).join()]).join(' ');
const shown = async (svg) => {
  const bySharp = colours(await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer());
  const byResvg = colours(new Resvg(svg).render().pixels);
  return bySharp === byResvg ? bySharp : `sharp ${bySharp}, resvg ${byResvg}`;
};
const overrides = { collapseGroups: false, moveElemsAttrsToGroup: false };
const withoutBoth = { plugins: [{ name: 'preset-default', params: { overrides } }] };
for (const [name, svg] of Object.entries(drawings)) {
  const byScour = execFileSync('venv/bin/scour', ['--quiet'], { input: svg, encoding: 'utf8' });
  console.log(
    `${name}: ${await shown(svg)}; SVGO ${await shown(optimize(svg).data)}, scour ${await shown(byScour)},`,
    `SVGO without both ${await shown(optimize(svg, withoutBoth).data)}`,
  );
}
JS
seen=$(node show.js)
expected='style on the group, attributes below: blue blue; SVGO red red, scour blue blue, SVGO without both blue blue
class on the group, attributes below: blue blue; SVGO red red, scour red red, SVGO without both blue blue
style on the group, a group below: blue blue; SVGO red red, scour blue blue, SVGO without both blue blue
style on the group, style below: blue blue; SVGO blue blue, scour blue blue, SVGO without both blue blue
attribute on the group, attributes below: blue blue; SVGO blue blue, scour blue blue, SVGO without both blue blue'
echo "$seen"
[ "$seen" = "$expected" ]
