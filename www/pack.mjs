// Packs the engine for npm: `node www/pack.mjs` makes target/npm/slimpix-VERSION.tgz of what `www/build` has built. What is
// written by hand lies in www/package, and the types of options and results in src/browser/types.d.ts.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const OUT = join(ROOT, 'target/npm');
const PACKAGE = join(OUT, 'slimpix');

// The page's files lie in a folder that is named after their content.
function built() {
  const dist = join(ROOT, 'www/dist');
  const folder = existsSync(dist) && readdirSync(dist).find((name) => existsSync(join(dist, name, 'slimpix_bg.wasm')));
  if (folder) return join(dist, folder);
  console.error('www/pack.mjs: there is no www/dist: run www/build');
  process.exit(1);
}

function manifest() {
  const [, version] = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8').match(/^version = "([^"]+)"/m);
  const { name, ...rest } = JSON.parse(readFileSync(join(ROOT, 'www/package/package.json')));
  return `${JSON.stringify({ name, version, ...rest }, undefined, 2)}\n`;
}

const engine = built();
rmSync(OUT, { recursive: true, force: true });
mkdirSync(PACKAGE, { recursive: true });
cpSync(join(ROOT, 'www/package'), PACKAGE, { recursive: true });
for (const name of ['slimpix.js', 'slimpix_bg.wasm']) cpSync(join(engine, name), join(PACKAGE, name));
for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) cpSync(join(ROOT, name), join(PACKAGE, name));
cpSync(join(ROOT, 'src/browser/types.d.ts'), join(PACKAGE, 'types.d.ts'));
writeFileSync(join(PACKAGE, 'package.json'), manifest());
const isWindows = process.platform === 'win32';
const options = { cwd: OUT, encoding: 'utf8', shell: isWindows };
const name = execFileSync('npm', ['pack', './slimpix', '--silent'], options).trim();
console.log(`target/npm/${name}`);
