// What an origin answers is believed for as long as it says and deserves: bad answers are remembered for seconds and take
// no good one's place.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Response } from "miniflare";
import { Origin, PHOTO, WEBP, start, until } from "./worker.mjs";

const HALF = PHOTO.subarray(0, PHOTO.length >> 1);
const html = () => new Response("<!doctype html><h1>Soon back</h1>", { headers: { "content-type": "text/html" } });

const lifetime = (answer) => Number(answer.headers.get("cache-control").match(/^public, max-age=(\d+)$/)[1]);

test("what is of no use is remembered for seconds", async () => {
  for (const [bad, status] of [
    [html, 404],
    [() => new Response(""), 404],
    [undefined, 404],
    [() => new Response("oops", { status: 500 }), 502],
    [() => new Response(PHOTO, { encodeBody: "manual", headers: { "content-encoding": "zstd" } }), 502],
  ]) {
    const origin = new Origin({ "/x.jpg": bad });
    const worker = start(origin, { PASS: "false" });
    const began = Date.now();
    for (let i = 0; i < 10; i += 1) assert.equal((await worker.get("/x.jpg", { accept: WEBP })).status, status);
    const most = 2 + Math.log2(1 + (Date.now() - began) / 1000);
    assert.ok(origin.hits <= most, `${bad}: ${origin.hits} of ${most}`);
    origin.pictures["/x.jpg"] = PHOTO;
    const look = async () => (await worker.get("/x.jpg", { accept: WEBP })).type === "image/webp";
    await until(look, "healed");
  }
});

test("a bad answer takes no good one's place", async () => {
  const origin = new Origin({ "/x.jpg": PHOTO });
  const worker = start(origin, { MAX_AGE: "2", REVALIDATE: "1" });
  const first = await worker.get("/x.jpg", { accept: WEBP });
  assert.equal(first.type, "image/webp");
  const bucket = await worker.mf.getR2Bucket("STORE");
  const kept = async (prefix) => (await bucket.list({ prefix })).objects;
  await until(async () => (await kept("exhaust/")).length > 0 && (await kept("metadata/")).length > 0, "stored");
  origin.pictures["/x.jpg"] = html;
  const hits = origin.hits;
  await until(async () => {
    const answer = await worker.get("/x.jpg", { accept: WEBP });
    assert.deepEqual([answer.status, answer.body], [200, first.body]);
    return origin.hits > hits;
  }, "asked again");
  const [{ key }] = await kept("metadata/");
  assert.equal(JSON.parse(await (await bucket.get(key)).text()).slimpix.source.stamp.len, PHOTO.length);
});

test("half a picture is shown, and asked about again", async () => {
  const origin = new Origin({ "/x.jpg": HALF });
  const worker = start(origin);
  const half = await worker.get("/x.jpg", { accept: WEBP });
  assert.equal(half.status, 200);
  assert.ok(lifetime(half) <= 10, half.headers.get("cache-control"));
  origin.pictures["/x.jpg"] = PHOTO;
  const whole = await until(async () => {
    const answer = await worker.get("/x.jpg", { accept: WEBP });
    return lifetime(answer) > 10 && answer;
  }, "healed");
  assert.equal(whole.type, "image/webp");
  assert.notDeepEqual(whole.body, half.body);
  assert.ok(origin.requests.every(({ headers }) => !headers["if-none-match"]), "half a picture is not asked about by its tag");
});

test("a coded picture is a picture", async () => {
  // Miniflare codes it by itself.
  const coded = () => new Response(PHOTO, { headers: { "content-encoding": "gzip" } });
  const worker = start(new Origin({ "/x.jpg": coded }));
  const answer = await worker.get("/x.jpg", { accept: WEBP });
  assert.deepEqual([answer.status, answer.type], [200, "image/webp"]);
  const original = await worker.get("/x.jpg", { accept: "image/jpeg" });
  assert.deepEqual(original.body, PHOTO);
});

test("the origin's lifetimes count", async () => {
  for (const [headers, said, hits] of [
    [{ "cache-control": "max-age=60" }, 60, 1],
    [{ "cache-control": "max-age=60, s-maxage=9" }, 9, 1],
    [{ "cache-control": "max-age=60", age: "50" }, 10, 1],
    [{ "cache-control": "no-cache" }, 0, 2],
    [{ vary: "*" }, 0, 2],
    [{ expires: "0" }, 0, 2],
  ]) {
    const answer = (request) => {
      const etag = '"1"';
      if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers: { etag, ...headers } });
      return new Response(PHOTO, { headers: { etag, "content-length": String(PHOTO.length), ...headers } });
    };
    const origin = new Origin({ "/x.jpg": answer });
    const worker = start(origin);
    const first = await worker.get("/x.jpg", { accept: WEBP });
    assert.equal(first.type, "image/webp");
    const about = JSON.stringify(headers);
    assert.ok(lifetime(first) <= said && lifetime(first) >= said - 5, `${about}: ${first.headers.get("cache-control")}`);
    const bucket = await worker.mf.getR2Bucket("STORE");
    await until(async () => (await bucket.list({ prefix: "exhaust/" })).objects.length > 0, "stored");
    const again = await worker.get("/x.jpg", { accept: WEBP });
    assert.deepEqual(again.body, first.body, about);
    assert.equal(origin.hits, hits, about);
    assert.equal(worker.conversions, 1, about);
  }
});

test("relative redirects are followed", async () => {
  const to = (location) => () => new Response(null, { status: 302, headers: { location } });
  const worker = start(new Origin({ "/a/x.jpg": PHOTO, "/a/1.jpg": to("x.jpg"), "/2.jpg": to("./b/../a/x.jpg#top") }));
  for (const path of ["/a/1.jpg", "/2.jpg"]) assert.equal((await worker.get(path, { accept: WEBP })).type, "image/webp");
});
