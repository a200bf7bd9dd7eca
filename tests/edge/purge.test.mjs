// With ADMIN_TOKEN a call takes away what is kept: out of the bucket at once, and out of the caches of all data centres in so far as what
// they have counts as missing from then on, for other isolates half a minute later. What was on its way doesn't bring it back.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Response } from "miniflare";
import { Isolates, ORIGIN, Origin, PHOTO, WEBP, inTwoParts, picture, start, until, withFailingBucket } from "./worker.mjs";

const TOKEN = "a-token-that-nobody-guesses";
const GUARDED = { ADMIN_TOKEN: TOKEN };
const NEW = picture("logo-rgba.png");
const BEARER = { authorization: `Bearer ${TOKEN}` };

const purge = (worker, query, headers = BEARER) => worker.get(`/_admin/purge?${query}`, headers, "POST");
const told = ({ status, body }) => [status, body.toString()];

async function names(worker, prefix) {
  const bucket = await worker.mf.getR2Bucket("STORE");
  return (await bucket.list({ prefix })).objects.map(({ key }) => key);
}

// Looks until there are so many records and variants.
async function stored(worker, records, variants) {
  const counts = async () => [(await names(worker, "metadata/")).length, (await names(worker, "exhaust/")).length];
  await until(async () => `${await counts()}` === `${[records, variants]}`, `${records} records and ${variants} variants`);
}

// A picture out of the cache of answers, where it has an age.
async function cached(worker, path) {
  const answer = await worker.get(path, { accept: WEBP });
  assert.ok(answer.headers.has("age"), path);
  return answer;
}

// The same data centre once more, with isolates that know of nothing: what it keeps goes by its address.
async function again(worker, origin, keep) {
  const { port } = await worker.mf.ready;
  await worker.close();
  return start(origin, GUARDED, { keep, port: Number(port) });
}

test("who has no token is refused, as is what can't be meant", async () => {
  const worker = start(new Origin({ "/a.jpg": PHOTO }), GUARDED);
  for (const headers of [{}, { authorization: `Bearer ${TOKEN}x` }, { authorization: TOKEN }, { authorization: `Basic ${btoa(`:${TOKEN}`)}` }]) {
    for (const method of ["POST", "GET"]) {
      const answer = await worker.get("/_admin/purge?all", headers, method);
      assert.deepEqual(told(answer), [401, "Authorization: Bearer with ADMIN_TOKEN is wanted.\n"]);
      assert.deepEqual([answer.headers.get("www-authenticate"), answer.headers.get("cache-control")], ["Bearer", "no-store"]);
    }
  }
  for (const method of ["GET", "PUT", "DELETE"]) {
    const answer = await worker.get("/_admin/purge?all", BEARER, method);
    assert.deepEqual([answer.status, answer.headers.get("allow"), answer.headers.get("cache-control")], [405, "POST", "no-store"]);
  }
  for (const [query, what] of [
    ["", "say what: source=/a.jpg, prefix=/photos/ or all"],
    ["everything", '"everything" is none of source=, prefix= and all'],
    ["source=a.jpg", '"a.jpg" is no path such as /a.jpg, and no URL'],
    ["prefix=/../x", '"/../x" is no path such as /a.jpg, and no URL'],
    ["all&cursor=purges.json", '"purges.json" is nothing to go on after'],
  ]) {
    const answer = await purge(worker, query);
    assert.deepEqual(told(answer), [400, `${what}\n`]);
    assert.equal(answer.headers.get("cache-control"), "no-store");
  }
  assert.deepEqual(await names(worker), []);
  assert.deepEqual(told(await purge(worker, "all")), [200, "purged: 0 files, 0 bytes\n"]);
});

test("without a token the call is the origin's, and nothing is said of times", async () => {
  const answer = (request) => new Response(`${request.method} here`, { status: 418 });
  const origin = new Origin({ "/_admin/purge": answer, "/a.jpg": PHOTO });
  const worker = start(origin);
  assert.deepEqual(told(await purge(worker, "all")), [418, "POST here"]);
  await worker.get("/a.jpg", { accept: WEBP });
  await stored(worker, 1, 1);
  const bucket = await worker.mf.getR2Bucket("STORE");
  const { objects } = await bucket.list({ include: ["customMetadata"] });
  assert.ok(objects.every(({ customMetadata }) => !("made" in customMetadata)));
  // Beside it, all other paths are the origin's with a token, too.
  const guarded = start(new Origin({ "/_admin/": () => new Response("mine") }), GUARDED);
  assert.deepEqual(told(await guarded.get("/_admin/", BEARER)), [200, "mine"]);
});

test("a picture goes with all its sizes and queries, and others stay", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO, "/a.jpgx.jpg": PHOTO, "/sub/b.jpg": PHOTO });
  const worker = start(origin, { ...GUARDED, WIDTHS: "any" });
  const [first, other] = [await worker.get("/a.jpg", { accept: WEBP }), await worker.get("/sub/b.jpg", { accept: WEBP })];
  await stored(worker, 2, 2);
  for (const path of ["/a.jpg?w=40", "/a.jpg?v=1", "/a.jpgx.jpg"]) assert.equal((await worker.get(path, { accept: WEBP })).type, "image/webp");
  // A record of its own for each size.
  await stored(worker, 5, 5);
  assert.deepEqual((await cached(worker, "/a.jpg")).body, first.body);
  origin.pictures["/a.jpg"] = NEW;
  const { hits } = origin;
  assert.deepEqual((await worker.get("/a.jpg", { accept: WEBP })).body, first.body);

  const bucket = await worker.mf.getR2Bucket("STORE");
  const { objects } = await bucket.list({ include: ["customMetadata"] });
  const ofA = objects.filter(({ customMetadata: { path } }) => path?.startsWith(`${ORIGIN}/a.jpg`) && !path.startsWith(`${ORIGIN}/a.jpgx`));
  const ids = ofA.map(({ key }) => key.match(/([^/]+)\.json$/)[1]);
  const gone = objects.filter(({ key }) => ids.some((id) => key.includes(id)));
  assert.deepEqual([ofA.length, gone.length], [3, 6]);
  const bytes = gone.reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual(told(await purge(worker, "source=/a.jpg")), [200, `purged: 6 files, ${bytes} bytes\n`]);
  await stored(worker, 2, 2);

  const fresh = await worker.get("/a.jpg", { accept: WEBP });
  assert.deepEqual([fresh.type, origin.hits], ["image/webp", hits + 1]);
  assert.notDeepEqual(fresh.body, first.body);
  for (const path of ["/a.jpg?w=40", "/a.jpg?v=1"]) await worker.get(path, { accept: WEBP });
  assert.deepEqual((await worker.get("/sub/b.jpg", { accept: WEBP })).body, other.body);
  await worker.get("/a.jpgx.jpg", { accept: WEBP });
  // Of what was purged each is asked for once more, and each size converts.
  assert.equal(origin.hits, hits + 3);
  assert.deepEqual((await cached(worker, "/a.jpg")).body, fresh.body);
  assert.equal(fresh.headers.get("x-slimpix-begun"), null);
  assert.equal((await worker.get("/a.jpg", { accept: WEBP })).headers.get("x-slimpix-begun"), null);

  // Below a folder, and all that is there.
  assert.match(told(await purge(worker, "prefix=/sub/&source=/none.jpg"))[1], /^purged: 2 files, \d+ bytes\n$/);
  await stored(worker, 4, 4);
  await bucket.put("exhaust/origin.test/left-over.webp", "x");
  await bucket.put("fonts/mine.ttf", "x");
  assert.match(told(await purge(worker, "all"))[1], /^purged: 9 files, \d+ bytes\n$/);
  assert.deepEqual(await names(worker), ["fonts/mine.ttf", "purges.json"]);
  const converted = worker.conversions;
  await worker.get("/sub/b.jpg", { accept: WEBP });
  assert.equal(worker.conversions, converted + 1);
});

test("another isolate knows of it half a minute later", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  // Under other settings it has a cache of answers of its own, as in another data centre.
  const elsewhere = { bindings: { ORIGIN, ...GUARDED, MAX_AGE: "80000" } };
  const isolates = new Isolates(origin, ["one", "two"], GUARDED, { each: [{}, elsewhere] });
  const get = async (name) => (await isolates.get(name, "/a.jpg", { accept: WEBP })).body;
  const bucket = await isolates.mf.getR2Bucket("STORE", "one");
  const old = await get("two");
  // The answer is kept before anything is stored.
  await until(async () => (await bucket.list({ prefix: "metadata/" })).objects.length === 1, "stored");
  assert.deepEqual(await get("one"), old);
  origin.pictures["/a.jpg"] = NEW;
  const { hits } = origin;
  const one = await isolates.mf.getWorker("one");
  const since = Date.now();
  const answer = await one.fetch("http://worker.test/_admin/purge?source=/a.jpg", { method: "POST", headers: BEARER });
  assert.equal(answer.status, 200);
  const fresh = await get("one");
  assert.notDeepEqual(fresh, old);
  assert.deepEqual([await get("two"), origin.hits], [old, hits + 1], "the other one doesn't know yet");
  while ((await get("two")).equals(old)) {
    assert.ok(Date.now() < since + 33_000, "the other one has the old picture for longer than half a minute");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.deepEqual([await get("two"), await get("one")], [fresh, fresh]);
  assert.equal(origin.hits, hits + 1);
});

test("what a data centre's cache had before is missing for isolates that come after", async () => {
  const keep = mkdtempSync(join(tmpdir(), "slimpix-purge-"));
  try {
    const origin = new Origin({ "/a.jpg": PHOTO, "/b.jpg": PHOTO });
    const first = start(origin, GUARDED, { keep });
    const old = await first.get("/a.jpg", { accept: WEBP });
    await first.get("/b.jpg", { accept: WEBP });
    await stored(first, 2, 2);
    origin.pictures = { "/a.jpg": NEW, "/b.jpg": NEW };
    const second = await again(first, origin, keep);
    for (const path of ["/a.jpg", "/b.jpg"]) assert.deepEqual((await cached(second, path)).body, old.body);
    assert.equal((await purge(second, "source=/a.jpg")).status, 200);
    const third = await again(second, origin, keep);
    const fresh = await third.get("/a.jpg", { accept: WEBP });
    assert.deepEqual([fresh.type, fresh.headers.has("age")], ["image/webp", false]);
    assert.notDeepEqual(fresh.body, old.body);
    assert.deepEqual((await cached(third, "/b.jpg")).body, old.body);
    await stored(third, 2, 2);
    const fourth = await again(third, origin, keep);
    assert.deepEqual((await cached(fourth, "/a.jpg")).body, fresh.body);
    await fourth.close();
  } finally {
    rmSync(keep, { recursive: true });
  }
});

test("what is under way when it is purged is for who asked, and for nobody after that", async () => {
  const rest = Promise.withResolvers();
  const origin = new Origin({ "/a.jpg": () => inTwoParts(PHOTO, rest.promise) });
  const worker = start(origin, GUARDED);
  const early = worker.get("/a.jpg", { accept: WEBP });
  await until(() => origin.hits === 1, "the origin is asked");
  assert.equal((await purge(worker, "source=/a.jpg")).status, 200);
  origin.pictures["/a.jpg"] = NEW;
  // It doesn't wait for what began before.
  const fresh = await worker.get("/a.jpg", { accept: WEBP });
  rest.resolve();
  const old = await early;
  assert.deepEqual([old.type, fresh.type, origin.hits], ["image/webp", "image/webp", 2]);
  assert.notDeepEqual(old.body, fresh.body);
  await until(() => worker.log.some((line) => line.includes("was purged meanwhile, and isn't stored")), "it isn't stored");
  await stored(worker, 1, 1);
  assert.deepEqual((await cached(worker, "/a.jpg")).body, fresh.body);
});

test("who waits for another isolate's conversion of what is purged makes it anew", async () => {
  const rest = Promise.withResolvers();
  const origin = new Origin({ "/a.jpg": () => inTwoParts(PHOTO, rest.promise) });
  const isolates = new Isolates(origin, ["one", "two"], GUARDED);
  const get = (name) => isolates.get(name, "/a.jpg", { accept: WEBP });
  const early = get("one");
  await until(() => origin.hits === 1, "the origin is asked");
  const one = await isolates.mf.getWorker("one");
  await one.fetch("http://worker.test/_admin/purge?all", { method: "POST", headers: BEARER });
  origin.pictures["/a.jpg"] = NEW;
  const late = get("two");
  await until(() => origin.hits === 2, "the other one asks, too");
  rest.resolve();
  const [old, fresh] = [(await early).body, (await late).body];
  assert.notDeepEqual(old, fresh);
  assert.equal(isolates.conversions, 2);
  const bucket = await isolates.mf.getR2Bucket("STORE", "one");
  const [variant] = await until(async () => {
    const { objects } = await bucket.list({ prefix: "exhaust/" });
    return objects.length === 1 && objects;
  }, "stored");
  assert.deepEqual(Buffer.from(await (await bucket.get(variant.key)).arrayBuffer()), fresh);
});

test("what a bucket has more than a call can look at is purged by several", async () => {
  const worker = start(new Origin(), GUARDED);
  const bucket = await worker.mf.getR2Bucket("STORE");
  // Records of before say nothing of themselves without being read.
  const record = (index) => JSON.stringify({ id: `${index}`, path: `${ORIGIN}/${index % 2 ? "odd" : "even"}/${index}.jpg` });
  for (let index = 100; index < 200; index += 1) {
    await bucket.put(`metadata/origin.test/${index}.json`, record(index));
    await bucket.put(`exhaust/origin.test/${index}.webp`, "x");
  }
  let [target, files, calls] = ["/_admin/purge?prefix=/odd/", 0, 0];
  while (target) {
    const answer = await worker.get(target, BEARER, "POST");
    const [, count] = answer.body.toString().match(/^purged: (\d+) files, \d+ bytes/);
    [files, calls] = [files + Number(count), calls + 1];
    const link = answer.headers.get("link");
    assert.equal(answer.status, link ? 202 : 200);
    target = link?.match(/^<(\/_admin\/purge\?prefix=\/odd\/&cursor=[\w%]+)>; rel="next"$/)[1];
  }
  assert.ok(calls > 2 && calls < 6, `${calls} calls`);
  // They know of no variants, and these go all the same.
  assert.equal(files, 50);
  await stored(worker, 50, 50);
  assert.ok((await names(worker, "exhaust/")).every((name) => Number(name.match(/(\d+)\.webp$/)[1]) % 2 === 0));
  const { purges } = await (await bucket.get("purges.json")).json();
  assert.deepEqual(purges.map(({ query }) => query), ["prefix=/odd/"]);
});

test("purges at once don't lose each other", async () => {
  const isolates = new Isolates(new Origin(), ["one", "two"], GUARDED);
  const places = ["/a.jpg", "/b.jpg", "/c.jpg"];
  const calls = places.map(async (place, index) => {
    const worker = await isolates.mf.getWorker(["one", "two"][index % 2]);
    return (await worker.fetch(`http://worker.test/_admin/purge?source=${place}`, { method: "POST", headers: BEARER })).status;
  });
  assert.deepEqual(await Promise.all(calls), [200, 200, 200]);
  const bucket = await isolates.mf.getR2Bucket("STORE", "one");
  const { purges } = await (await bucket.get("purges.json")).json();
  assert.deepEqual(purges.map(({ query }) => query).sort(), places.map((place) => `source=${place}`));
  assert.ok(purges.every(({ at }) => Math.abs(Date.now() - at) < 60_000));
});

test("where the bucket fails it is said, and what is there stays", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const worker = start(origin, GUARDED, withFailingBucket());
  const first = await worker.get("/a.jpg", { accept: WEBP });
  await stored(worker, 1, 1);
  const fails = (method, query) => purge(worker, query, { ...BEARER, "x-fails": method });
  // Others couldn't know of it.
  for (const method of ["get", "put"]) {
    const answer = await fails(method, "source=/a.jpg");
    assert.deepEqual(told(answer), [502, "nothing is purged: purges.json can't be written\n"]);
    assert.equal(answer.headers.get("cache-control"), "no-store");
  }
  assert.equal((await names(worker, "")).length, 2);
  assert.deepEqual((await cached(worker, "/a.jpg")).body, first.body);
  // They know, and it is still there: it counts as missing.
  for (const method of ["list", "delete"]) {
    assert.deepEqual(told(await fails(method, "source=/a.jpg")), [502, "not all is purged: 0 files, 0 bytes: the bucket failed\n"]);
    assert.equal((await names(worker, "metadata/")).length, 1);
    assert.equal(worker.log.filter((line) => line.startsWith("purge: source=/a.jpg: not all is purged: 0 files")).length, method === "list" ? 1 : 2);
  }
  const { hits } = origin;
  const answers = [await worker.get("/a.jpg", { accept: WEBP, "x-fails": "get" }), await worker.get("/a.jpg", { accept: WEBP })];
  assert.deepEqual([...answers.map(({ type }) => type), origin.hits > hits], ["image/webp", "image/webp", true]);
  assert.match(told(await purge(worker, "source=/a.jpg"))[1], /^purged: 2 files, /);
  assert.deepEqual(await names(worker, "metadata/"), []);
});

test("a list that makes no sense is a purge of everything until now", async () => {
  const keep = mkdtempSync(join(tmpdir(), "slimpix-purge-"));
  try {
    const origin = new Origin({ "/a.jpg": PHOTO });
    const first = start(origin, GUARDED, { keep });
    await first.get("/a.jpg", { accept: WEBP });
    await stored(first, 1, 1);
    await cached(first, "/a.jpg");
    const bucket = await first.mf.getR2Bucket("STORE");
    await bucket.put("purges.json", "{nonsense");
    for (const { key } of (await bucket.list({ prefix: "metadata/" })).objects) await bucket.delete(key);
    const second = await again(first, origin, keep);
    const { hits } = origin;
    await second.get("/a.jpg", { accept: WEBP });
    assert.equal(origin.hits, hits + 1);
    assert.equal(second.log.filter((line) => line.includes("purges.json makes no sense")).length, 1);
    const { before, purges } = await (await (await second.mf.getR2Bucket("STORE")).get("purges.json")).json();
    assert.deepEqual([purges, Math.abs(Date.now() - before) < 60_000], [[], true]);
    await second.close();
  } finally {
    rmSync(keep, { recursive: true });
  }
});
