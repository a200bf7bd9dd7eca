#!/usr/bin/env bash
# The two flags of an arc are a 0 or a 1 each, and what follows needs no space: `a5 5 0 1 110 0` is `a5 5 0 1 1 10 0`
# (SVG 2, 9.3.9, grammar), as SVGO and others write it to save bytes. svg-path-properties 2.1.0, by which drawings are
# measured and animated, takes some of these for numbers: a half circle of 15.7 is 172.8 long, and other arcs are NaN.
# Where a radius is 0, the arc is a straight line (9.5.1): it has a length of 0 there, and in svg-path-commander 2.3.3
# as well. And getPointAtLength goes along an ellipse by its angle, not by its length: of one below, the point at 3 is
# 3.47 away from the start, so that dashes, labels and whatever moves along a path are at other places than in a
# browser, too fast here and too slow there. Nothing is thrown. Circles, lines and curves are right. svgpathtools 1.8.0
# (PyPI) is right everywhere, and svg-path-commander but for the radii of 0. Seen: below, in `expected`: the length, the
# point at a length of 3, or the end, and how far that is from the start. Needs Node.js 20 or newer, and Python 3.11 or
# newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "svg-path-commander": "2.3.3", "svg-path-properties": "2.1.0" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check svgpathtools==1.8.0
cat > by_python.py <<'PY'
import json, sys

from svgpathtools import parse_path

told = []
for data in sys.argv[1:]:
    path = parse_path(data)
    length = path.length()
    point = path.point(path.ilength(3)) if length > 3 else path.end
    told.append([float(length), float(point.real), float(point.imag)])
print(json.dumps(told))
PY
cat > show.js <<'JS'
import { execFileSync } from 'node:child_process';
import SVGPathCommander from 'svg-path-commander';
import { svgPathProperties } from 'svg-path-properties';

const paths = {
  'half a circle': 'M0 0a5 5 0 1 1 10 0',
  'the same, flags packed': 'M0 0a5 5 0 1110 0',
  'the same, one flag packed': 'M0 0a5 5 0 1 110 0',
  'a small part': 'M0 0a5 5 0 0 1 .5 .5',
  'the same, packed': 'M0 0a5 5 0 01.5.5',
  'no radius across': 'M0 0A0 5 0 0 1 6 8',
  'no radius at all': 'M0 0A0 0 0 0 1 6 8',
  'half an ellipse': 'M0 0A20 5 0 0 1 40 0',
  'part of a turned one': 'M0 0A10 5 30 0 1 10 10',
  'a curve': 'M0 0C0 10 10 10 10 0',
};
const properties = (data) => {
  const path = new svgPathProperties(data);
  const { x, y } = path.getPointAtLength(3);
  return [path.getTotalLength(), x, y];
};
const commander = (data) => {
  const { x, y } = SVGPathCommander.getPointAtLength(data, 3);
  return [SVGPathCommander.getTotalLength(data), x, y];
};
const python = ['-W', 'ignore', 'by_python.py', ...Object.values(paths)];
const byPython = JSON.parse(execFileSync('venv/bin/python', python, { encoding: 'utf8' }));
for (const [at, [name, data]] of Object.entries(paths).entries()) {
  const told = {
    'svg-path-properties': properties(data),
    'svg-path-commander': commander(data),
    svgpathtools: byPython[at],
  };
  for (const [reader, [length, ...point]] of Object.entries(told)) {
    const [x, y, away] = [...point, Math.hypot(...point)].map((at) => (Math.abs(at) < 0.005 ? 0 : at).toFixed(2));
    console.log(`${name}, ${reader}: ${length.toFixed(1)} long, at 3 (${x}, ${y}), ${away} away`);
  }
}
JS
seen=$(node show.js)
expected='half a circle, svg-path-properties: 15.7 long, at 3 (0.87, -2.82), 2.96 away
half a circle, svg-path-commander: 15.7 long, at 3 (0.87, -2.82), 2.96 away
half a circle, svgpathtools: 15.7 long, at 3 (0.87, -2.82), 2.96 away
the same, flags packed, svg-path-properties: 15.7 long, at 3 (0.87, -2.82), 2.96 away
the same, flags packed, svg-path-commander: 15.7 long, at 3 (0.87, -2.82), 2.96 away
the same, flags packed, svgpathtools: 15.7 long, at 3 (0.87, -2.82), 2.96 away
the same, one flag packed, svg-path-properties: 172.8 long, at 3 (-3.00, 0.08), 3.00 away
the same, one flag packed, svg-path-commander: 15.7 long, at 3 (0.87, -2.82), 2.96 away
the same, one flag packed, svgpathtools: 15.7 long, at 3 (0.87, -2.82), 2.96 away
a small part, svg-path-properties: 0.7 long, at 3 (0.50, 0.50), 0.71 away
a small part, svg-path-commander: 0.7 long, at 3 (0.50, 0.50), 0.71 away
a small part, svgpathtools: 0.7 long, at 3 (0.50, 0.50), 0.71 away
the same, packed, svg-path-properties: NaN long, at 3 (0.00, 0.00), 0.00 away
the same, packed, svg-path-commander: 0.7 long, at 3 (0.50, 0.50), 0.71 away
the same, packed, svgpathtools: 0.7 long, at 3 (0.50, 0.50), 0.71 away
no radius across, svg-path-properties: 0.0 long, at 3 (0.00, 0.00), 0.00 away
no radius across, svg-path-commander: 0.0 long, at 3 (6.00, 8.00), 10.00 away
no radius across, svgpathtools: 10.0 long, at 3 (1.80, 2.40), 3.00 away
no radius at all, svg-path-properties: 0.0 long, at 3 (0.00, 0.00), 0.00 away
no radius at all, svg-path-commander: 0.0 long, at 3 (6.00, 8.00), 10.00 away
no radius at all, svgpathtools: 10.0 long, at 3 (1.80, 2.40), 3.00 away
half an ellipse, svg-path-properties: 42.9 long, at 3 (0.48, -1.09), 1.19 away
half an ellipse, svg-path-commander: 42.9 long, at 3 (1.91, -2.13), 2.87 away
half an ellipse, svgpathtools: 42.9 long, at 3 (1.91, -2.13), 2.87 away
part of a turned one, svg-path-properties: 15.0 long, at 3 (3.17, 1.39), 3.47 away
part of a turned one, svg-path-commander: 15.0 long, at 3 (2.76, 1.17), 3.00 away
part of a turned one, svgpathtools: 15.0 long, at 3 (2.76, 1.17), 3.00 away
a curve, svg-path-properties: 20.0 long, at 3 (0.34, 2.96), 2.98 away
a curve, svg-path-commander: 20.0 long, at 3 (0.35, 2.97), 2.99 away
a curve, svgpathtools: 20.0 long, at 3 (0.35, 2.97), 2.99 away'
echo "$seen"
[ "$seen" = "$expected" ]
