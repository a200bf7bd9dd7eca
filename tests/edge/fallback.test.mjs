// Whatever goes wrong, the answer is the original or an honest error, and the next request is served.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Response } from "miniflare";
import { bitmap } from "../photo.mjs";
import { ramp } from "./png.mjs";
import { LAYERS, ORIGIN, Origin, PHOTO, WEBP, picture, start, until } from "./worker.mjs";

test("a picture past the budget is sent as it is", async () => {
  const large = ramp(5000, 4000);
  const worker = start(new Origin({ "/large.png": large }), { MEMORY: "4M" });
  const answer = await worker.get("/large.png", { accept: WEBP });
  assert.deepEqual([answer.status, answer.type], [200, "image/png"]);
  assert.deepEqual(answer.body, large);
  assert.equal(answer.headers.get("vary"), "Accept");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  // It will never fit, so this is the final answer.
  assert.equal(answer.headers.get("cache-control"), "public, max-age=86400");
  assert.equal(worker.conversions, 0);
});

test("a file past the input limit goes through without being held", async () => {
  const long = ramp(640, 480, 40 << 20);
  const worker = start(new Origin({ "/long.png": long }));
  const answer = await worker.get("/long.png", { accept: WEBP });
  assert.deepEqual([answer.status, answer.type, answer.body.length], [200, "image/png", long.length]);
  const part = await worker.get("/long.png", { accept: WEBP, range: "bytes=0-9" });
  assert.deepEqual([part.status, part.body.length], [200, long.length], "a range of it is ignored");
});

test("a trap answers with the original, and the next request has a fresh instance", async () => {
  const origin = new Origin({ "/layers.svg": LAYERS, "/large.png": ramp(7000, 6000), "/a.jpg": PHOTO });
  const worker = start(origin, { MEMORY: "2000M", FORMATS: "avif" });
  const accept = "image/avif,*/*";
  const [answer, bystander] = await Promise.all([
    worker.get("/layers.svg?w=3840&format=png", { accept }),
    worker.get("/large.png?w=1920", { accept: "image/png" }),
  ]);
  assert.ok(worker.log.some((line) => line.includes("RuntimeError")), `no trap: ${worker.log}`);
  assert.deepEqual([answer.status, answer.type], [200, "image/svg+xml"]);
  assert.deepEqual(answer.body, LAYERS);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=10");
  assert.equal(bystander.status, 200);

  const next = await worker.get("/a.jpg", { accept });
  assert.deepEqual([next.status, next.type], [200, "image/avif"]);
  const memory = Number(worker.log.findLast((line) => line.startsWith("converted ")).match(/(\d+) of memory/)[1]);
  assert.ok(memory < 32 << 20, `${memory} bytes: not a fresh instance`);
});

test("an instance that has grown is replaced when it is idle", async () => {
  const origin = new Origin({ "/large.bmp": bitmap(3300, 3300), "/a.jpg": PHOTO });
  const worker = start(origin, { FORMATS: "webp", MEMORY: "400M" });
  const memory = () => Number(worker.log.findLast((line) => line.startsWith("converted ")).match(/(\d+) of memory/)[1]);
  // The file is held as a whole.
  const large = await worker.get("/large.bmp", { accept: WEBP });
  assert.equal(large.type, "image/webp");
  const grown = memory();
  assert.ok(grown > 32 << 20, `only ${grown} bytes`);
  // What is stored after answering counts as busy, so it may take some requests.
  const quality = [10, 20, 30, 40, 50, 60, 70, 90, 100].values();
  await until(async () => {
    const { value } = quality.next();
    assert.ok(value, "never replaced");
    await worker.get(`/a.jpg?q=${value}`, { accept: WEBP });
    return memory() < grown;
  }, "a fresh instance");
});

test("what is no picture, or isn't there, is not found", async () => {
  const origin = new Origin({
    "/page.jpg": Buffer.from("<!doctype html><script>alert(1)</script>"),
    "/empty.jpg": Buffer.alloc(0),
    "/torn.jpg": PHOTO.subarray(0, 2000),
  });
  const worker = start(origin, { PASS: "false" });
  for (const path of ["/none.jpg", "/page.jpg", "/empty.jpg", "/..%2f..%2fsecret.jpg"]) {
    const { status } = await worker.get(path);
    assert.equal(status, 404, path);
  }
  const torn = await worker.get("/torn.jpg", { accept: "image/avif,image/webp,*/*" });
  assert.deepEqual([torn.status, torn.type], [200, "image/jpeg"]);
  assert.equal((await worker.get("/a.php")).status, 400);
  const post = await worker.get("/page.jpg", {}, "POST");
  assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
});

test("an origin that fails gives 502, or what is known", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const worker = start(origin, { MAX_AGE: "0", REVALIDATE: "1" });
  const first = await worker.get("/a.jpg", { accept: WEBP });
  assert.equal(first.type, "image/webp");

  origin.pictures["/down.jpg"] = () => new Response("oops", { status: 503 });
  origin.pictures["/gone.jpg"] = () => Promise.reject(new Error("no route to host"));
  for (const path of ["/down.jpg", "/gone.jpg"]) {
    const { status, headers } = await worker.get(path);
    assert.deepEqual([status, headers.get("cache-control")], [502, "no-store"], path);
  }
});

test("only the origin's own host is asked", async () => {
  const origin = new Origin({
    "/away.jpg": () => Response.redirect("http://elsewhere.test/a.jpg", 302),
    "/near.jpg": () => Response.redirect(`${ORIGIN}/a.jpg`, 302),
    "/round.jpg": () => Response.redirect(`${ORIGIN}/round.jpg`, 302),
    "/a.jpg": PHOTO,
  });
  const [worker, strict] = [start(origin), start(origin, { PASS: "false" })];
  for (const path of ["/away.jpg", "/round.jpg"]) {
    assert.equal((await strict.get(path)).status, 502);
    assert.equal((await worker.get(path)).status, 302, "that is the client's to follow");
  }
  assert.equal((await worker.get("/near.jpg", { accept: WEBP })).type, "image/webp");
  assert.ok(origin.requests.every(({ host }) => host === "origin.test"));
  assert.ok(origin.requests.every(({ headers }) => !headers.cookie && !headers.authorization));
});

test("a Worker whose origin is itself says so", async () => {
  const loop = { answer: (request) => worker.mf.dispatchFetch(request.url, { headers: [...request.headers] }) };
  const worker = start(loop);
  assert.equal((await worker.get("/a.jpg")).status, 502);
  assert.equal((await worker.get("/a.jpg", { "x-slimpix-hop": "1" })).status, 508);
});

test("originals come from a bucket too", async () => {
  const worker = start(new Origin(), { ORIGIN: "" }, { store: true, r2Buckets: ["STORE", "SOURCE_BUCKET"] });
  const bucket = await worker.mf.getR2Bucket("SOURCE_BUCKET");
  await bucket.put("album/ä b.png", picture("logo-rgba.png"));
  const answer = await worker.get("/album/%C3%A4%20b.png", { accept: WEBP });
  assert.deepEqual([answer.status, answer.type], [200, "image/webp"]);
  // A bucket knows no queries.
  const again = await worker.get("/album/%C3%A4%20b.png?v=1", { accept: WEBP });
  assert.deepEqual([again.body, worker.conversions], [answer.body, 1]);
  assert.equal((await worker.get("/album/none.png")).status, 404);
});
