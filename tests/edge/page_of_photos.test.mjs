// A page full of large photos in one isolate: every one is converted, and the memory stays what it may be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Response } from "miniflare";
import { noted, photo } from "../photo.mjs";
import { Origin, WEBP, Worker } from "./worker.mjs";

const PHOTOS = 50;
const CONNECTIONS = 6;
// Past this an instance is replaced as soon as it is idle: see src/edge/shim.mjs.
const MARK = 32 << 20;

test("a page of fifty photos of twelve megapixels, six connections at once", async () => {
  const jpeg = photo(4032, 3024);
  const serve = (request) => {
    const file = noted(jpeg, request.url);
    return new Response(file, { headers: { "content-length": String(file.length) } });
  };
  const paths = Array.from({ length: PHOTOS }, (_, number) => `/photo-${number}.jpg`);
  const origin = new Origin(Object.fromEntries(paths.map((path) => [path, serve])));
  // The fastest effort, for the time of the test: it takes no less memory than others. On a busy machine six may take
  // longer than requests wait by default.
  const worker = new Worker(origin, { FORMATS: "webp", EFFORT: "0", PATIENCE: "50", TIMEOUT: "50" });
  try {
    const rest = paths.values();
    const load = async () => {
      for (const path of rest) {
        const { status, type, body } = await worker.get(path, { accept: WEBP });
        assert.deepEqual([status, type], [200, "image/webp"], `${path}: ${worker.log.slice(-3)}`);
        assert.ok(body.length < jpeg.length, `${path}: ${body.length} bytes`);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, load));
    const told = worker.log.map((line) => line.match(/^converted .* (\d+) of memory$/)).filter(Boolean);
    const bytes = told.map(([, bytes]) => Number(bytes));
    console.log(`memory of the instance: ${Math.max(...bytes)} bytes at most, ${bytes.at(-1)} at the end`);
    assert.equal(worker.conversions, PHOTOS);
    assert.equal(origin.hits, PHOTOS, "each original is fetched once");
    assert.ok(!worker.log.some((line) => line.includes("Error")), `${worker.log}`);
    assert.ok(Math.max(...bytes) < MARK, `${bytes}`);
  } finally {
    await worker.close();
  }
});
