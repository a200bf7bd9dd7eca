// Builds the Worker into target/edge: worker.mjs and slimpix_bg.wasm. wrangler runs this by itself.
//
// cargo → wasm-bindgen → wasm-opt → esbuild. The first two come with Rust (`cargo install wasm-bindgen-cli`), the
// others by `npm ci --ignore-scripts --prefix tests/edge`.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const ROOT = resolve(import.meta.dirname, "../..");
const TOOLS = join(ROOT, "tests/edge/node_modules");
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");
const RUST_TARGET = "wasm32-unknown-unknown";
const COMPILED = join(TARGET, RUST_TARGET, "release/slimpix.wasm");
// Not below OUT: wrangler takes every module that it finds there.
const GLUE = join(TARGET, "edge-glue");
const OUT = join(ROOT, "target/edge");
// Must be the version that Cargo.toml names: the two halves of the glue fit each other only then.
const BINDGEN = "0.2.129";
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

function checkTools() {
  if (!existsSync(TOOLS)) fail("run `npm ci --ignore-scripts --prefix tests/edge` first");
  let found = "";
  try {
    found = execFileSync("wasm-bindgen", ["--version"], { encoding: "utf8" }).trim();
  } catch {
    // Told below, with what to do about it.
  }
  if (found !== `wasm-bindgen ${BINDGEN}`) {
    fail(`run \`cargo install wasm-bindgen-cli --version ${BINDGEN} --locked\` first (found: ${found || "none"})`);
  }
}

function compile() {
  run("cargo", [
    "build", "--lib", "--release", "--locked", "--target", RUST_TARGET, "--no-default-features", "--features", "avif,edge",
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
    join(TOOLS, "binaryen/bin/wasm-opt"), "-O3", "--strip-debug", ...WASM_FEATURES.map((name) => `--enable-${name}`),
    join(GLUE, "slimpix_bg.wasm"), "-o", join(OUT, "slimpix_bg.wasm"),
  ]);
}

async function bundle() {
  // The runtime gives a compiled module for a plain import of a .wasm file, and doesn't know source-phase imports.
  const glue = join(GLUE, "slimpix.js");
  writeFileSync(glue, readFileSync(glue, "utf8").replace("import source wasmModule", "import wasmModule"));
  writeFileSync(join(GLUE, "shim.mjs"), readFileSync(join(import.meta.dirname, "shim.mjs")));
  const { build } = createRequire(join(TOOLS, "esbuild/package.json"))("esbuild");
  await build({
    entryPoints: [join(GLUE, "shim.mjs")],
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
  console.log(`target/edge: ${kb(raw)}, ${kb(packed)} gzip`);
}

// wrangler runs this at every turn, and optimising takes longer than all the rest.
function isFresh() {
  const made = join(OUT, "worker.mjs");
  const sources = [COMPILED, join(import.meta.dirname, "shim.mjs"), import.meta.filename];
  return existsSync(made) && sources.every((source) => statSync(source).mtimeMs < statSync(made).mtimeMs);
}

checkTools();
mkdirSync(OUT, { recursive: true });
// wrangler wants the folder of the demo page to be there, though it may be empty.
mkdirSync(join(ROOT, "www/dist"), { recursive: true });
compile();
if (!isFresh()) {
  glue();
  optimise();
  await bundle();
}
report();
