// Measures: see `run`, which builds what this needs.
//
// Both sides work in this one process on the same pixels, in turns, and each turn's CPU time is that of the whole
// process: compiling and collecting garbage count for whoever causes them. What is shown is the median of the turns.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import decodeJpeg, { init as initJpeg } from "@jsquash/jpeg/decode.js";
import resize, { initResize } from "@jsquash/resize";
import encodeWebp, { init as initWebp } from "@jsquash/webp/encode.js";

import { photo } from "../../tests/photo.mjs";
import { bmp, crop } from "./picture.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const QUALITY = 80;
const WIDTH = 800;
const ROUNDS = Number(process.argv[2] ?? 7);

// What the peers expect of a browser.
globalThis.ImageData ??= class ImageData {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
};

const compiled = (path) => new WebAssembly.Module(readFileSync(path));

// The engine as www/build made it. Its script is a module by its use, not by its name.
async function slimpix() {
  // In the folder that is named after its content.
  const dist = join(ROOT, "www/dist");
  const folder = join(dist, readdirSync(dist).find((name) => /^[0-9a-f]{16}$/.test(name)));
  const script = readFileSync(join(folder, "slimpix.js"), "base64");
  const engine = await import(`data:text/javascript;base64,${script}`);
  engine.initSync({ module: compiled(join(folder, "slimpix_bg.wasm")) });
  return engine;
}

async function peers() {
  const inside = (path) => compiled(join(import.meta.dirname, "node_modules/@jsquash", path));
  await initJpeg(inside("jpeg/codec/dec/mozjpeg_dec.wasm"));
  await initResize(inside("resize/lib/resize/pkg/squoosh_resize_bg.wasm"));
  await initWebp(inside("webp/codec/enc/webp_enc_simd.wasm"));
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

// Milliseconds of CPU of each side, in turns.
async function compare(name, sides) {
  const times = sides.map(() => []);
  const sizes = sides.map(() => 0);
  for (let round = -2; round < ROUNDS; round++) {
    for (const [at, side] of sides.entries()) {
      const begun = process.cpuUsage();
      const file = await side();
      const { user, system } = process.cpuUsage(begun);
      // In the first rounds the code is still being compiled.
      if (round >= 0) times[at].push((user + system) / 1000);
      sizes[at] = file.byteLength;
    }
  }
  const [ours, theirs] = times.map(median);
  const ratio = median(times[0].map((time, round) => time / times[1][round]));
  const figures = `slimpix ${ours.toFixed(0)} ms, ${sizes[0]} bytes; @jsquash ${theirs.toFixed(0)} ms, ${sizes[1]} bytes`;
  console.log(`${name}: CPU ${ratio.toFixed(2)}, size ${(sizes[0] / sizes[1]).toFixed(3)} of @jsquash's (${figures})`);
}

const { convert } = await slimpix();
await peers();

const corpus = process.env.SLIMPIX_CORPUS ?? join(ROOT, "../shared/corpus");
const bus = join(corpus, "quality/jpeg-original/012mp-bus.jpg");
const large = new Uint8Array(existsSync(bus) ? readFileSync(bus) : photo(4032, 3024));
const decoded = await decodeJpeg(large);
const height = Math.round((decoded.height * WIDTH) / decoded.width);
const webp = { quality: QUALITY, method: 4 };

// The engine takes files: reading the bitmap, some percent of the whole, counts against it.
const middle = crop(decoded, 1632, 1224);
const bitmap = bmp(middle);
await compare("encode 2 MP, effort 4", [
  () => convert(bitmap, { quality: QUALITY, effort: 4, lossless: false }).bytes,
  () => encodeWebp(middle, webp),
]);
// Scaled in the colours as they are, as the engine does: the peer is faster so than by its defaults.
const scaling = { width: WIDTH, height, method: "lanczos3", premultiply: false, linearRGB: false };
await compare("12 MP JPEG to 800 pixels", [
  () => convert(large, { quality: QUALITY, effort: 4, width: WIDTH }).bytes,
  async () => encodeWebp(await resize(await decodeJpeg(large), scaling), webp),
]);
await compare("12 MP JPEG at its size", [
  () => convert(large, { quality: QUALITY, effort: 4 }).bytes,
  async () => encodeWebp(await decodeJpeg(large), webp),
]);
