// Text in SVG is drawn with the fonts that lie in a bucket, and with no others: without them an SVG with text stays one. So it does
// in the Worker that draws no text, which is smaller.

import assert from "node:assert/strict";
import { test } from "node:test";
import { font } from "./font.mjs";
import { Origin, PHOTO, WEBP, start, until } from "./worker.mjs";

const SQUARE = [[100, 0], [900, 0], [900, 800], [100, 800]];
const SQUARES = font("Squares", { " ": [[0, 0], [0, 0], [0, 0]], A: SQUARE });
const svg = (inside) => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100">${inside}</svg>`);
const TEXT = svg('<text x="10" y="80" font-family="Squares" font-size="50">AA A</text>');
const ELSEWHERE = svg('<text x="10" y="80" font-family="Circles" font-size="50">AA</text>');
const SHAPES = svg('<rect width="90" height="50"/>');

const lines = (worker, text) => worker.log.filter((line) => line.includes(text));
const BUILD = { build: "edge-text" };
const BUCKETS = { ...BUILD, r2Buckets: ["STORE", "SOURCE_BUCKET"] };

async function fill(worker, name, objects) {
  const bucket = await worker.mf.getR2Bucket(name);
  for (const [key, bytes] of Object.entries(objects)) await bucket.put(key, bytes);
}

test("text is drawn with a font of the bucket, which is read once, when there is text", async () => {
  const origin = new Origin({ "/text.svg": TEXT, "/elsewhere.svg": ELSEWHERE, "/shapes.svg": SHAPES, "/a.jpg": PHOTO });
  const worker = start(origin, { FONTS: "fonts/" }, BUCKETS);
  await fill(worker, "SOURCE_BUCKET", { "fonts/deep/squares.TTF": SQUARES, "fonts/readme.txt": "no font", "fonts/none.otf": "no font" });
  // Not from here, where SOURCE_BUCKET is.
  await fill(worker, "STORE", { "fonts/more.ttf": SQUARES });
  for (const path of ["/a.jpg", "/shapes.svg?w=160"]) {
    assert.equal((await worker.get(path, { accept: WEBP })).type, "image/webp", path);
  }
  assert.deepEqual(lines(worker, "fonts:"), []);
  const answers = await Promise.all([160, 320, 480].map((width) => worker.get(`/text.svg?w=${width}&format=png`)));
  for (const { type, body } of answers) {
    assert.equal(type, "image/png");
    assert.ok(body.length > 100, "nothing is drawn");
  }
  assert.equal((await worker.get("/elsewhere.svg?w=160", { accept: WEBP })).type, "image/svg+xml");
  assert.deepEqual(lines(worker, "fonts:"), [`fonts: 2 files of ${SQUARES.length + 7} bytes below fonts/`]);
});

test("without fonts an SVG with text stays one", async () => {
  for (const options of [BUILD, {}]) {
    const worker = start(new Origin({ "/text.svg": TEXT }), {}, options);
    await fill(worker, "STORE", { "fonts/squares.ttf": SQUARES });
    assert.equal((await worker.get("/text.svg?w=160", { accept: WEBP })).type, "image/svg+xml");
    assert.deepEqual(lines(worker, "fonts:"), []);
  }
});

test("fonts are bounded in number and bytes, and what they take is taken from conversions", async () => {
  const origin = new Origin({ "/text.svg": TEXT });
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f/${String(at + 10)}.ttf`, SQUARES]));
  const few = start(origin, { FONTS: "f/" }, BUILD);
  await fill(few, "STORE", { ...many, "f/00.ttf": Buffer.alloc(9 << 20) });
  assert.equal((await few.get("/text.svg?w=160", { accept: WEBP })).type, "image/webp");
  assert.equal(lines(few, "is left out").length, 9);
  assert.equal(lines(few, `fonts: 32 files of ${32 * SQUARES.length} bytes below f/`).length, 1);
  // What a drawing with text states fits into what is there, and not into what is left of it.
  const stated = async (MEMORY, FONTS) => {
    const worker = start(origin, { MEMORY, FONTS, EXPLAIN: "true" }, BUILD);
    const answer = await worker.get("/text.svg?w=160&format=webp&explain");
    return JSON.parse(answer.body.toString()).bytes_reserved;
  };
  const bytes = await stated("88M", "");
  assert.ok(bytes > 1 << 20, String(bytes));
  const tight = `${Math.ceil(bytes / (1 << 10))}K`;
  assert.equal(await stated(tight, ""), bytes);
  assert.notEqual(await stated(tight, "f/"), bytes);
});

test("a bucket of fonts that isn't there is told of", async () => {
  const bare = start(new Origin({ "/text.svg": TEXT }), { FONTS: "fonts/" }, { ...BUILD, store: false });
  const { status, body } = await bare.get("/text.svg");
  assert.equal(status, 500);
  assert.match(body.toString(), /FONTS: there is no bucket for it: bind SOURCE_BUCKET or STORE/);
});
