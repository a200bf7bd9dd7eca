// What a picture is may stand anywhere in its file: it is read on, or the piece that says it is asked for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Response } from "miniflare";
import { Origin, PHOTO, WEBP, start } from "./worker.mjs";

// A TIFF of 3 MB whose directory follows its pixels.
function tiff(width, height) {
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (at / 700) & 255;
  const directory = 8 + pixels.length + 6;
  const entries = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 3, directory - 6],
    [259, 3, 1, 1],
    [262, 3, 1, 2],
    [273, 4, 1, 8],
    [277, 3, 1, 3],
    [278, 4, 1, height],
    [279, 4, 1, pixels.length],
  ];
  const end = Buffer.alloc(6 + 2 + 12 * entries.length + 4);
  [8, 8, 8].forEach((bits, at) => end.writeUInt16LE(bits, 2 * at));
  end.writeUInt16LE(entries.length, 6);
  entries.forEach(([tag, kind, count, value], number) => {
    const at = 8 + 12 * number;
    end.writeUInt16LE(tag, at);
    end.writeUInt16LE(kind, at + 2);
    end.writeUInt32LE(count, at + 4);
    end.writeUInt32LE(value, at + 8);
  });
  const head = Buffer.from("II*\0....", "latin1");
  head.writeUInt32LE(directory, 4);
  return Buffer.concat([head, pixels, end]);
}

// A photo whose frame stands behind two megabytes of blocks that nobody needs.
function photoOfThePress() {
  const segment = Buffer.alloc(2 + 65_535, 7);
  segment.writeUInt16BE(0xffed, 0);
  segment.writeUInt16BE(65_535, 2);
  return Buffer.concat([PHOTO.subarray(0, 2), ...Array(32).fill(segment), PHOTO.subarray(2)]);
}

const TIFF = tiff(1200, 900);
const PRESS = photoOfThePress();

// Answers a range of bytes, as origins do for whom files are files.
function inRanges(bytes) {
  const etag = '"it"';
  return (request) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
    if (!range) return new Response(bytes, { headers: { etag, "content-length": String(bytes.length) } });
    const [first, last] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
    const piece = bytes.subarray(first, last + 1);
    const headers = { etag, "content-range": `bytes ${first}-${last}/${bytes.length}` };
    return new Response(piece, { status: 206, headers });
  };
}

test("an origin is asked for the piece in which a directory stands", async () => {
  const origin = new Origin({ "/late.png": inRanges(TIFF) });
  const worker = start(origin);
  const made = await worker.get("/late.png", { accept: WEBP });
  assert.deepEqual([made.status, made.type], [200, "image/webp"]);
  const ranges = origin.requests.map(({ headers }) => headers.range).filter(Boolean);
  assert.ok(ranges.length > 0 && ranges.length <= 4, `${ranges}`);
});

test("an origin without ranges is read on", async () => {
  const origin = new Origin({ "/late.png": TIFF, "/press.jpg": PRESS });
  const worker = start(origin);
  for (const path of ["/late.png", "/press.jpg"]) {
    const made = await worker.get(path, { accept: WEBP });
    assert.deepEqual([made.status, made.type], [200, "image/webp"], path);
  }
});

test("a bucket answers pieces", async () => {
  const worker = start(new Origin(), { ORIGIN: "" }, { r2Buckets: ["STORE", "SOURCE_BUCKET"] });
  const bucket = await worker.mf.getR2Bucket("SOURCE_BUCKET");
  await bucket.put("late.png", TIFF);
  await bucket.put("press.jpg", PRESS);
  for (const path of ["/late.png", "/press.jpg"]) {
    const made = await worker.get(path, { accept: WEBP });
    assert.deepEqual([made.status, made.type], [200, "image/webp"], path);
  }
});
