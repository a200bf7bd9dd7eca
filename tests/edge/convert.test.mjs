// Pictures are converted once, and come out as everywhere else.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Response } from "miniflare";
import { CHROME, Origin, PHOTO, ROOT, WEBP, picture, start, until } from "./worker.mjs";

// A stored record ends what a request does in the background.
const stored = (worker) =>
  until(async () => {
    const bucket = await worker.mf.getR2Bucket("STORE");
    const { objects } = await bucket.list({ prefix: "metadata/" });
    return objects.length > 0 && objects;
  }, "the record is stored");

test("the first request converts, the second is a cache hit", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const worker = start(origin);
  const first = await worker.get("/a.jpg", { accept: WEBP });
  assert.equal(first.status, 200);
  assert.equal(first.type, "image/webp");
  assert.equal(first.body.toString("latin1", 8, 12), "WEBP");
  assert.ok(first.body.length < PHOTO.length);
  assert.deepEqual([worker.conversions, origin.hits], [1, 1]);

  await stored(worker);
  const second = await worker.get("/a.jpg", { accept: WEBP });
  assert.deepEqual(second.body, first.body);
  assert.equal(second.headers.get("etag"), first.headers.get("etag"));
  assert.deepEqual([worker.conversions, origin.hits], [1, 1]);
  // Written differently, but the same to us.
  await worker.get("/a.jpg?w=0&dpr=2", { accept: "image/webp;q=0.9, */*" });
  assert.deepEqual([worker.conversions, origin.hits], [1, 1]);
});

test("without a bucket the cache alone spares conversions", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const worker = start(origin, {}, { store: false });
  const first = await worker.get("/a.jpg", { accept: WEBP });
  await until(async () => (await worker.get("/a.jpg", { accept: WEBP })).headers.has("age"), "a cache hit");
  const hits = origin.hits;
  const { body } = await worker.get("/a.jpg", { accept: WEBP });
  assert.deepEqual(body, first.body);
  assert.equal(origin.hits, hits);
});

test("the cache's entries carry tags to purge them by, which no client sees", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slimpix-cache-"));
  const worker = start(new Origin({ "/album/a,b.jpg": PHOTO }), {}, { store: false, keep: folder });
  await worker.get("/album/a,b.jpg?v=1", { accept: WEBP });
  const cached = await until(async () => {
    const answer = await worker.get("/album/a,b.jpg?v=1", { accept: WEBP });
    return answer.headers.has("age") && answer;
  }, "a cache hit");
  assert.equal(cached.headers.get("cache-tag"), null);
  await worker.close();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
  assert.ok(texts.some((text) => text.includes("slimpix,http://origin.test/album/a%2Cb.jpg")), "no tags");
  rmSync(folder, { recursive: true });
});

test("a cold cache with a warm bucket converts nothing", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const warm = start(origin);
  const first = await warm.get("/a.jpg", { accept: WEBP });
  await stored(warm);

  const cold = start(origin);
  const [from, to] = [await warm.mf.getR2Bucket("STORE"), await cold.mf.getR2Bucket("STORE")];
  const { objects } = await from.list({ include: ["customMetadata"] });
  assert.equal(objects.length, 2);
  for (const { key, customMetadata } of objects) {
    const object = await from.get(key);
    await to.put(key, await object.arrayBuffer(), { customMetadata });
  }
  const again = await cold.get("/a.jpg", { accept: WEBP });
  assert.deepEqual(again.body, first.body);
  assert.deepEqual([cold.conversions, origin.hits], [0, 1]);

  // A variant that isn't what its record says is made again.
  const variant = objects.find(({ key }) => key.startsWith("exhaust/"));
  const broken = start(origin);
  const bucket = await broken.mf.getR2Bucket("STORE");
  const record = objects.find(({ key }) => key.startsWith("metadata/"));
  await bucket.put(record.key, await (await from.get(record.key)).arrayBuffer());
  await bucket.put(variant.key, "nonsense", { customMetadata: variant.customMetadata });
  const healed = await broken.get("/a.jpg", { accept: WEBP });
  assert.deepEqual(healed.body, first.body);
  assert.equal(broken.conversions, 1);
});

test("eight requests at once convert once", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const worker = start(origin);
  const answers = await Promise.all(Array.from({ length: 8 }, () => worker.get("/a.jpg", { accept: WEBP })));
  for (const { status, type, body } of answers) {
    assert.deepEqual([status, type], [200, "image/webp"]);
    assert.deepEqual(body, answers[0].body);
  }
  assert.deepEqual([worker.conversions, origin.hits], [1, 1]);
});

test("eight requests at once ask the origin once, whatever they get", async () => {
  for (const store of [true, false]) {
    const origin = new Origin({ "/a.jpg": PHOTO });
    const worker = start(origin, {}, { store });
    const accepts = Array.from({ length: 8 }, (_, index) => (store || index % 2 ? "image/jpeg" : WEBP));
    const answers = await Promise.all(accepts.map((accept) => worker.get("/a.jpg", { accept })));
    answers.forEach(({ status, type, body }, index) => {
      const isJpeg = accepts[index] === "image/jpeg";
      assert.deepEqual([status, type], [200, isJpeg ? "image/jpeg" : "image/webp"]);
      if (isJpeg) assert.deepEqual(body, PHOTO);
    });
    assert.equal(origin.hits, 1, `store: ${store}`);
  }
  // A failure is told to all, too.
  const origin = new Origin({ "/down.jpg": () => new Response("oops", { status: 503 }) });
  const worker = start(origin);
  const answers = await Promise.all(Array.from({ length: 8 }, () => worker.get("/down.jpg")));
  for (const { status } of answers) assert.equal(status, 502);
  assert.equal(origin.hits, 1);
});

test("a query reaches the origin and names the picture", async () => {
  const small = picture("logo-rgba.png");
  const pick = (request) => {
    const bytes = new URL(request.url).search.includes("v=2") ? small : PHOTO;
    return new Response(bytes, { headers: { "content-length": String(bytes.length) } });
  };
  const origin = new Origin({ "/a.jpg": pick });
  const worker = start(origin);
  const one = await worker.get("/a.jpg?v=1&w=160&sig=%2Fx", { accept: WEBP });
  const two = await worker.get("/a.jpg?v=2", { accept: "image/png" });
  assert.deepEqual([one.type, two.type], ["image/webp", "image/png"]);
  assert.deepEqual(two.body, small);
  assert.deepEqual(origin.requests.map(({ search }) => search), ["?v=1&sig=%2Fx", "?v=2"]);
});

test("what the origin says is private is neither kept nor shared", async () => {
  for (const [name, value, told] of [
    ["cache-control", "private, max-age=5", "private, max-age=5"],
    ["cache-control", "no-store", "no-store"],
    ["set-cookie", "a=b", "private, max-age=0"],
  ]) {
    const page = () => new Response(PHOTO, { headers: { [name]: value, "content-length": String(PHOTO.length) } });
    const origin = new Origin({ "/a.jpg": page });
    const worker = start(origin);
    const answers = await Promise.all(Array.from({ length: 3 }, () => worker.get("/a.jpg", { accept: WEBP })));
    answers.push(await worker.get("/a.jpg", { accept: WEBP }));
    for (const { type, headers } of answers) {
      assert.deepEqual([type, headers.get("cache-control"), headers.get("set-cookie")], ["image/webp", told, null]);
    }
    assert.deepEqual([worker.conversions, origin.hits], [4, 4], value);
    const bucket = await worker.mf.getR2Bucket("STORE");
    assert.equal((await bucket.list()).objects.length, 0);

    const overruled = start(origin, { OVERRULE_ORIGIN: "true" });
    const first = await overruled.get("/a.jpg", { accept: WEBP });
    assert.equal(first.headers.get("cache-control"), "public, max-age=86400");
    await stored(overruled);
    await overruled.get("/a.jpg", { accept: WEBP });
    assert.equal(origin.hits, 5, value);
  }
});

test("sixteen different conversions at once share the memory", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  // Room for about one at a time.
  const worker = start(origin, { MEMORY: "3M", WIDTHS: "any" });
  const widths = Array.from({ length: 16 }, (_, index) => 20 + index);
  const answers = await Promise.all(widths.map((width) => worker.get(`/a.jpg?w=${width}`, { accept: WEBP })));
  for (const { status, type } of answers) assert.deepEqual([status, type], [200, "image/webp"]);
  assert.equal(worker.conversions, 16);
});

test("the bucket keeps so many sizes of a picture, however many are asked for", async () => {
  const worker = start(new Origin({ "/a.jpg": PHOTO }), { WIDTHS: "any", SIZES_KEPT: "3" });
  const bucket = await worker.mf.getR2Bucket("STORE");
  const count = async (prefix) => (await bucket.list({ prefix })).objects.length;
  const listed = async () => {
    const { objects } = await bucket.list({ prefix: "metadata/" });
    const texts = await Promise.all(objects.map(async ({ key }) => (await bucket.get(key))?.text()));
    const records = texts.filter((text) => text).map((text) => JSON.parse(text));
    const source = records.find(({ path }) => path === "http://origin.test/a.jpg");
    return JSON.stringify(source?.slimpix?.sizes ?? []);
  };
  let before = "[]";
  for (let width = 20; width < 28; width++) {
    assert.equal((await worker.get(`/a.jpg?w=${width}`, { accept: WEBP })).type, "image/webp");
    const last = before;
    before = await until(async () => {
      const now = await listed();
      return now !== "[]" && now !== last && now;
    }, `width ${width} is listed`);
  }
  assert.equal(JSON.parse(before).length, 3);
  const isBounded = async () => (await count("metadata/")) === 4 && (await count("exhaust/")) === 3;
  await until(isBounded, "the oldest are gone");
});

test("a lazy Worker sends the original, and converts after that", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const worker = start(origin, { LAZY: "true" });
  const first = await worker.get("/a.jpg", { accept: WEBP });
  assert.equal(first.type, "image/jpeg");
  assert.equal(first.headers.get("cache-control"), "public, max-age=10");
  await until(() => worker.conversions === 1, "the conversion");
});

test("the bytes are those of the golden list", async () => {
  const rows = readFileSync(`${ROOT}/tests/data/golden.tsv`, "utf8").trim().split("\n");
  const pictures = {};
  const workers = new Map();
  let compared = 0;
  for (const row of rows) {
    const [name, words, hash] = row.split("\t");
    const { quality, effort, lossless, keepMetadata, ...asked } = Object.fromEntries(
      words.split(" ").map((word) => word.split("=")),
    );
    const { format, width, height } = asked;
    // A picture that already has the named format and size is served as it is: there is nothing to compare.
    const isSource = name.endsWith(format.replace("jpeg", "jpg")) && !width && !height;
    if (isSource) continue;
    pictures[`/${name}`] ??= picture(name);
    const mode = { true: "lossless", false: "lossy", undefined: "auto" }[lossless];
    const variables = { QUALITY: quality ?? "", EFFORT: effort ?? "", MODE: mode, KEEP_METADATA: keepMetadata ?? "" };
    const key = JSON.stringify(variables);
    if (!workers.has(key)) workers.set(key, start(new Origin(pictures), { WIDTHS: "any", ...variables }));
    const query = new URLSearchParams(asked);
    const { status, body } = await workers.get(key).get(`/${name}?${query}`);
    const found = createHash("sha256").update(body).digest("hex");
    assert.deepEqual([status, found], [200, hash], row);
    compared += 1;
  }
  assert.ok(compared >= 30, `${compared} rows`);
});

test("the smallest of the accepted formats wins", async () => {
  const worker = start(new Origin({ "/a.jpg": PHOTO }));
  const both = await worker.get("/a.jpg", { accept: CHROME });
  const webp = await worker.get("/a.jpg", { accept: WEBP });
  const none = await worker.get("/a.jpg", { accept: "*/*" });
  assert.ok(both.body.length <= webp.body.length);
  assert.deepEqual(none.body, PHOTO);
  assert.equal(none.type, "image/jpeg");
  const refused = await worker.get("/a.jpg", { accept: "image/webp;q=0, image/avif;q=0, */*" });
  assert.equal(refused.type, "image/jpeg");
});
