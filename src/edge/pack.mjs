// Packs the built Worker for people without Rust: `node src/edge/pack.mjs` makes
// target/edge-package/slimpix-worker-VERSION.tgz, with the page in it when `www/build` has made that. With `--text` the Worker in
// it draws text in SVG.
//
// wrangler.toml goes in as it is here, but for what belongs to building. The Worker has a folder of its own there,
// since wrangler takes every module beside its entry for a part of it.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const HERE = import.meta.dirname;
const ROOT = resolve(HERE, "../..");
const OUT = join(ROOT, "target/edge-package");
const PACKAGE = join(OUT, "slimpix-worker");

const read = (...path) => readFileSync(join(ROOT, ...path), "utf8");

// Replaces what must be there once.
function replace(text, from, to) {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`wrangler.toml has ${parts.length - 1} times ${from}`);
  return parts.join(to);
}

function settings() {
  let text = read("wrangler.toml");
  text = replace(text, /^# slimpix as a Cloudflare Worker[^]*?\n\n/, "# slimpix as a Cloudflare Worker: see README.md.\n\n");
  text = replace(text, /^\[build\]\n(?:.+\n)+\n/m, "");
  text = replace(text, "target/edge/worker.mjs", "worker/worker.mjs");
  text = replace(text, ", when `www/build` has made it", "");
  return replace(text, "target/edge-assets", "assets");
}

function manifest() {
  const version = read("Cargo.toml").match(/^version = "([^"]+)"/m)[1];
  const { wrangler } = JSON.parse(read("tests/edge/package.json")).devDependencies;
  const text = JSON.parse(read("src/edge/package/package.json"));
  return `${JSON.stringify({ ...text, version, dependencies: { wrangler } }, undefined, 2)}\n`;
}

const words = process.argv.slice(2);
const BUILT = words.includes("--text") ? "target/edge-text" : "target/edge";
execFileSync(process.execPath, [join(HERE, "build.mjs"), ...words], { stdio: "inherit" });
rmSync(OUT, { recursive: true, force: true });
mkdirSync(join(PACKAGE, "worker"), { recursive: true });
for (const name of ["worker.mjs", "slimpix_bg.wasm"]) cpSync(join(ROOT, BUILT, name), join(PACKAGE, "worker", name));
cpSync(join(ROOT, "target/edge-assets"), join(PACKAGE, "assets"), { recursive: true });
// A package has no empty folders, and wrangler wants this one.
writeFileSync(join(PACKAGE, "assets/.assetsignore"), "# Files here are served as they are.\n");
for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) cpSync(join(ROOT, name), join(PACKAGE, name));
cpSync(join(HERE, "package/README.md"), join(PACKAGE, "README.md"));
cpSync(join(HERE, "dev.mjs"), join(PACKAGE, "dev.mjs"));
writeFileSync(join(PACKAGE, "wrangler.toml"), settings());
writeFileSync(join(PACKAGE, "package.json"), manifest());
const isWindows = process.platform === "win32";
const options = { cwd: OUT, encoding: "utf8", shell: isWindows };
const name = execFileSync("npm", ["pack", "./slimpix-worker", "--silent"], options).trim();
console.log(`target/edge-package/${name}`);
