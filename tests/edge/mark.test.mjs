// A Worker's watermark is a picture in its bucket: where a URL asks for it, or on every picture, read once.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ramp } from "./png.mjs";
import { Origin, Worker, each, start } from "./worker.mjs";

const KEY = "marks/logo.png";
const MARK = ramp(64, 48);
// Their middles are as large as the mark, which covers them.
const ORIGIN = new Origin({ "/a.png": ramp(128, 48, 50_000), "/b.png": ramp(200, 48, 50_000) });
const PART = "w=64&h=48&fit=cover&format=png";

const put = async (worker, bytes, bucket = "STORE") => (await worker.mf.getR2Bucket(bucket)).put(KEY, bytes);
const png = async (worker, path) => {
  const { status, type, body } = await worker.get(path);
  assert.deepEqual([status, type], [200, "image/png"], path);
  return body;
};

test("a mark is put on where a URL asks for it, and is read once", async () => {
  const worker = start(ORIGIN, { WATERMARK: KEY, WIDTHS: "any" }, { r2Buckets: ["STORE", "SOURCE_BUCKET"] });
  await put(worker, MARK, "SOURCE_BUCKET");
  const paths = ["a", "b"].flatMap((name) => ["", "&watermark=1", "&watermark=0.5"].map((mark) => `/${name}.png?${PART}${mark}`));
  const [plainA, markedA, faintA, plainB, markedB, faintB] = await Promise.all(paths.map((path) => png(worker, path)));
  assert.ok(markedA.equals(markedB), "nothing of either is seen");
  const all = [plainA, markedA, faintA, plainB, faintB].map((body) => body.toString("base64"));
  assert.equal(new Set(all).size, all.length);
  const told = worker.log.filter((line) => line.startsWith("watermark: "));
  assert.deepEqual(told, [`watermark: ${KEY} of 64x48 pixels`]);
  const { status, body } = await worker.get("/a.png?watermark=2");
  assert.equal(status, 400);
  assert.match(body.toString(), /watermark: "2" is not allowed; it is an opacity from 0\.01 to 1/);
});

test("it is on every picture, and another one makes other variants", async () => {
  const keep = mkdtempSync(join(tmpdir(), "slimpix-mark-"));
  after(() => rmSync(keep, { recursive: true }));
  const variables = { WATERMARK: KEY, WATERMARK_ALWAYS: "1", WIDTHS: "any" };
  const bodies = [];
  for (const mark of [MARK, ramp(32, 24)]) {
    const worker = new Worker(ORIGIN, variables, { keep });
    await put(worker, mark);
    // What a URL says of it doesn't count.
    bodies.push(await png(worker, `/a.png?${PART}`), await png(worker, `/a.png?${PART}&watermark=0.1`));
    await worker.close();
  }
  const asked = start(ORIGIN, { WATERMARK: KEY, WIDTHS: "any" });
  await put(asked, MARK);
  assert.ok(bodies[0].equals(await png(asked, `/b.png?${PART}&watermark=1`)));
  assert.ok(bodies[0].equals(bodies[1]) && bodies[2].equals(bodies[3]));
  assert.ok(!bodies[2].equals(bodies[0]));
});

test("without a mark nothing is served, and it is told why", async () => {
  const [bare, alone, place] = await each(
    [{ WATERMARK: KEY }, { WATERMARK_ALWAYS: "1" }, { WATERMARK: KEY, WATERMARK_ALWAYS: "much" }],
    "/a.png",
  );
  assert.deepEqual([bare.status, alone.status, place.status], [500, 500, 500]);
  assert.match(bare.text, /WATERMARK: there is no bucket for it: bind SOURCE_BUCKET or STORE/);
  assert.match(alone.text, /WATERMARK_ALWAYS: "1" is not allowed; WATERMARK names no picture/);
  assert.match(place.text, /WATERMARK_ALWAYS: "much" is not allowed; it is an opacity/);
  const worker = start(ORIGIN, { WATERMARK: KEY });
  const told = async () => (await worker.get("/a.png")).body.toString();
  assert.match(await told(), /WATERMARK: "marks\/logo\.png" is not allowed; the bucket has no such object/);
  await put(worker, "no picture");
  assert.match(await told(), /WATERMARK: "marks\/logo\.png" is not allowed; /);
  // As soon as there is one.
  await put(worker, MARK);
  assert.equal((await worker.get("/a.png")).status, 200);
});

test("while the bucket fails the site goes on, with its originals and for a short time", async () => {
  // No object can have such a name.
  const worker = start(ORIGIN, { WATERMARK: "k".repeat(2000), WATERMARK_ALWAYS: "1" });
  for (const path of ["/a.png", "/a.png?w=64"]) {
    const { status, body, headers } = await worker.get(path);
    assert.equal(status, 200);
    assert.ok(body.equals(ORIGIN.pictures["/a.png"]), path);
    assert.equal(headers.get("cache-control"), "public, max-age=10");
  }
  assert.equal(worker.conversions, 0);
  assert.equal(worker.log.filter((line) => /^WATERMARK: "k+" can't be read/.test(line)).length, 2);
});
