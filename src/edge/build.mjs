// Builds the Worker into target/edge (worker.mjs and slimpix_bg.wasm), and the page for its assets into
// target/edge-assets/_demo, when `www/build` has made that. wrangler runs this by itself. With `--text` it is the Worker that
// draws text in SVG, into target/edge-text: that is a fifth larger.
//
// cargo → wasm-bindgen → wasm-opt → esbuild. The first two come with Rust (`cargo install wasm-bindgen-cli`), the
// others by `npm ci --ignore-scripts --prefix tests/edge`. What is missing of all that is told at once.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

// Not `import.meta.dirname`: a Node.js that is too old to have it is told so below.
const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = resolve(HERE, "../..");
const TOOLS = join(ROOT, "tests/edge/node_modules");
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");
const RUST_TARGET = "wasm32-unknown-unknown";
const COMPILED = join(TARGET, RUST_TARGET, "wasm/slimpix.wasm");
const TEXT = process.argv.includes("--text");
const OUT = join(ROOT, TEXT ? "target/edge-text" : "target/edge");
// Not below OUT: wrangler takes every module that it finds there.
const GLUE = join(TARGET, "edge-glue");
// Beside the glue in the bundle; the first is the entry.
const MODULES = ["shim.mjs", "once.mjs"];
const ASSETS = join(ROOT, "target/edge-assets");
const PAGE = join(ROOT, "www/dist");
// wrangler's own demand.
const NODE = 22;
// The two halves of the glue fit each other only when the tool's version is the crate's.
const BINDGEN = readFileSync(join(ROOT, "Cargo.toml"), "utf8").match(/^wasm-bindgen = .*version = "=([^"]+)"/m)[1];
// The wall of the Worker's linear memory, in bytes, in whole pages of 64 KiB. A Cloudflare isolate has 128 MB for
// everything: this module's linear memory, JavaScript's heap and the bodies on their way. An allocation that would
// pass the wall fails inside the module, where it can be answered, and not outside, where the isolate is killed with
// all that it serves.
const MAX_MEMORY = 96 << 20;
// What rustc may emit; wasm-opt refuses what it isn't told of.
const WASM_FEATURES = [
  "simd", "mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory", "multivalue", "reference-types",
  "exception-handling",
];

function fail(message) {
  console.error(`slimpix: ${message}`);
  process.exit(1);
}

function run(program, args) {
  // RUSTFLAGS would replace the flags of .cargo/config.toml, and the SIMD kernels with them.
  const { RUSTFLAGS: _, ...env } = process.env;
  try {
    execFileSync(program, args, { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    fail(error.code === "ENOENT" ? `${program} isn't installed` : `${program} failed`);
  }
}

// What a program says, or nothing when it isn't there.
function ask(program, args) {
  try {
    return execFileSync(program, args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

function checkTools() {
  const missing = [];
  if (Number.parseInt(process.versions.node, 10) < NODE) {
    missing.push(`Node.js ${NODE} or newer (this is ${process.versions.node}): see https://nodejs.org`);
  }
  if (!["binaryen", "esbuild"].every((name) => existsSync(join(TOOLS, name)))) {
    missing.push("npm packages: run `npm ci --ignore-scripts --prefix tests/edge`");
  }
  if (!ask("cargo", ["--version"])) missing.push("Rust: see https://rustup.rs");
  const libraries = ask("rustc", ["--print", "target-libdir", "--target", RUST_TARGET]);
  if (!libraries || !existsSync(libraries)) missing.push(`Rust's target for it: run \`rustup target add ${RUST_TARGET}\``);
  const bindgen = ask("wasm-bindgen", ["--version"]).replace("wasm-bindgen ", "");
  if (bindgen !== BINDGEN) {
    const found = bindgen ? ` (this is ${bindgen})` : "";
    missing.push(`wasm-bindgen ${BINDGEN}${found}: run \`cargo install wasm-bindgen-cli --version ${BINDGEN} --locked\``);
  }
  if (missing.length === 0) return;
  fail(`to build the Worker, this is missing:\n${missing.map((line) => `  ${line}\n`).join("")}\
A packed Worker (slimpix-worker-VERSION.tgz) needs nothing of Rust.`);
}

function compile() {
  run("cargo", [
    "rustc", "--lib", "--crate-type", "cdylib", "--profile", "wasm", "--locked", "--target", RUST_TARGET, "--no-default-features",
    "--features", `avif,heic,jxl,svg,edge${TEXT ? ",svg-text" : ""}`, "--", `-Clink-arg=--max-memory=${MAX_MEMORY}`,
  ]);
}

function glue() {
  rmSync(GLUE, { recursive: true, force: true });
  run("wasm-bindgen", [
    "--target", "module", "--no-typescript", "--experimental-reset-state-function", "--force-enable-abort-handler",
    "--remove-producers-section", "--out-dir", GLUE, "--out-name", "slimpix",
    COMPILED,
  ]);
}

function optimise() {
  run(process.execPath, [
    join(TOOLS, "binaryen/bin/wasm-opt"), process.env.WASM_OPT_LEVEL ?? "-O3", "--strip-debug", ...WASM_FEATURES.map((name) => `--enable-${name}`),
    join(GLUE, "slimpix_bg.wasm"), "-o", join(OUT, "slimpix_bg.wasm"),
  ]);
}

async function bundle() {
  // The runtime gives a compiled module for a plain import of a .wasm file, and doesn't know source-phase imports.
  const glue = join(GLUE, "slimpix.js");
  writeFileSync(glue, readFileSync(glue, "utf8").replace("import source wasmModule", "import wasmModule"));
  for (const name of MODULES) writeFileSync(join(GLUE, name), readFileSync(join(HERE, name)));
  const { build } = createRequire(join(TOOLS, "esbuild/package.json"))("esbuild");
  await build({
    entryPoints: [join(GLUE, MODULES[0])],
    outfile: join(OUT, "worker.mjs"),
    bundle: true,
    format: "esm",
    target: "es2024",
    minify: true,
    external: ["*.wasm"],
    logLevel: "warning",
  });
}

function report() {
  const files = ["worker.mjs", "slimpix_bg.wasm"].map((name) => readFileSync(join(OUT, name)));
  const kb = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
  const raw = files.reduce((sum, file) => sum + file.length, 0);
  const packed = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  console.log(`${relative(ROOT, OUT)}: ${kb(raw)}, ${kb(packed)} gzip`);
}

// wrangler runs this at every turn, and optimising takes longer than all the rest.
function isFresh() {
  const made = join(OUT, "worker.mjs");
  const sources = [COMPILED, ...MODULES.map((name) => join(HERE, name)), fileURLToPath(import.meta.url)];
  return existsSync(made) && sources.every((source) => statSync(source).mtimeMs < statSync(made).mtimeMs);
}

// Below `_demo`, as on the server: at the root its files would take the place of the site's own. The folder must be
// there for wrangler, though it may be empty.
function assets() {
  rmSync(ASSETS, { recursive: true, force: true });
  mkdirSync(ASSETS, { recursive: true });
  if (!existsSync(join(PAGE, "index.html"))) {
    console.log("target/edge-assets: empty; `www/build` makes the page at /_demo/");
    return;
  }
  // Cloudflare compresses by itself.
  cpSync(PAGE, join(ASSETS, "_demo"), { recursive: true, filter: (path) => !/\.(d\.ts|gz|br)$/.test(path) });
}

checkTools();
mkdirSync(OUT, { recursive: true });
assets();
compile();
if (!isFresh()) {
  glue();
  optimise();
  await bundle();
}
report();
