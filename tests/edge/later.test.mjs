// With the queue LATER a lazy Worker sends the original at once, and a message has the variant made for the next visitor. A
// message is a request and no more: what no visitor could have made, none can.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { Response } from "miniflare";
import { Isolates, Origin, PHOTO, WEBP, start, until } from "./worker.mjs";

const LAZY = { LAZY: "true" };
const PRODUCER = { queueProducers: { LATER: "later" } };
const QUEUE = { ...PRODUCER, queueConsumers: { later: { maxBatchSize: 1 } } };

const lines = (worker, text) => worker.log.filter((line) => line.includes(text));

test("the original goes out at once, and the next visitor gets what the queue had made", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const worker = start(origin, LAZY, QUEUE);
  const first = await worker.get("/a.jpg?w=32", { accept: WEBP });
  assert.deepEqual([first.status, first.type, first.body], [200, "image/jpeg", PHOTO]);
  assert.deepEqual([first.headers.get("cache-control"), first.headers.get("vary")], ["public, max-age=10", "Accept"]);
  await until(() => lines(worker, "later: /a.jpg?w=32 is there as webp, ").length === 1, "the message has come");
  const next = await worker.get("/a.jpg?w=32", { accept: WEBP });
  assert.equal(next.type, "image/webp");
  assert.match(next.headers.get("cache-control"), /max-age=86[34]\d\d$/);
  assert.deepEqual([worker.conversions, lines(worker, "is in the queue").length], [1, 1]);
});

test("many visitors of many isolates are one message", async () => {
  const names = ["one", "two"];
  const isolates = new Isolates(new Origin({ "/a.jpg": PHOTO }), names, LAZY, { each: [QUEUE, PRODUCER] });
  const get = (index) => isolates.get(names[index % 2], "/a.jpg", { accept: WEBP });
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => get(index)));
  for (const { status } of answers) assert.equal(status, 200);
  await until(() => lines(isolates, "is there as webp").length > 0, "the message has come");
  for (const name of names) assert.equal((await isolates.get(name, "/a.jpg", { accept: WEBP })).type, "image/webp");
  assert.deepEqual([isolates.conversions, lines(isolates, "is in the queue").length], [1, 1]);
});

test("without a bucket, or with a queue that fails, the isolate makes it after answering", async () => {
  const bare = start(new Origin({ "/a.jpg": PHOTO }), LAZY, { store: false, ...QUEUE });
  const script = "export default { fetch() { throw new Error('full'); } }";
  const full = { modules: true, script, name: "full" };
  const broken = new Isolates(new Origin({ "/a.jpg": PHOTO }), ["one"], LAZY, {
    more: [full],
    each: [{ serviceBindings: { LATER: "full" } }],
  });
  assert.equal((await bare.get("/a.jpg", { accept: WEBP })).type, "image/jpeg");
  assert.equal((await broken.get("one", "/a.jpg", { accept: WEBP })).type, "image/jpeg");
  for (const worker of [bare, broken]) {
    await until(() => worker.conversions === 1, "the conversion");
    assert.equal(lines(worker, "is in the queue").length, 0);
  }
  assert.equal(lines(broken, "later: the queue doesn't take /a.jpg").length, 1);
});

// What a lazy Worker puts into its queue for a request, seen by another one that takes it out.
async function messageOf(origin, variables, path) {
  const script = "export default { queue({ messages }) { for (const { body } of messages) console.log(`message ${body}`); } }";
  const sink = { name: "sink", modules: true, script, queueConsumers: ["later"] };
  const isolates = new Isolates(origin, ["one"], { ...LAZY, ...variables }, { more: [sink], each: [PRODUCER] });
  await isolates.get("one", path, { accept: WEBP });
  const [line] = await until(() => lines(isolates, "message ").length > 0 && lines(isolates, "message "), "a message");
  return JSON.parse(line.slice("message ".length));
}

// Hands a message to the Worker as the runtime does, and tells what became of it.
async function deliver(worker, body, { age = 0, attempts = 1 } = {}) {
  const fetcher = await worker.mf.getWorker();
  const message = { id: "1", timestamp: new Date(Date.now() - age), attempts, body };
  const { outcome, explicitAcks, retryMessages } = await fetcher.queue("later", [message]);
  assert.equal(outcome, "ok");
  return explicitAcks.length === 1 ? "done" : retryMessages.length === 1 ? "again" : "lost";
}

test("a message that nobody wrote, or that has come too late, does nothing", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const good = await messageOf(origin, {}, "/a.jpg");
  assert.deepEqual(Object.keys(good).sort(), ["fields", "settings", "url"]);
  const worker = start(origin, LAZY, QUEUE);
  const { hits } = origin;
  const text = JSON.stringify;
  const bad = [
    null, 7, {}, good, "", "nonsense", "[]", "{}", new Uint8Array(9),
    text({ ...good, more: 1 }), text({ ...good, url: 1 }), text({ ...good, settings: "0" }),
    text({ ...good, url: "http://elsewhere.test/a.jpg" }), text({ ...good, url: "//elsewhere.test/a.jpg\n" }),
    text({ ...good, url: "" }), text({ ...good, fields: { host: "a\nb" } }), text({ ...good, url: `/a.jpg?${"x".repeat(9_000)}` }),
  ];
  for (const body of bad) assert.equal(await deliver(worker, body), "done", String(body));
  assert.equal(await deliver(worker, text(good), { age: 2 * 3_600_000 }), "done");
  assert.equal(lines(worker, "later: a message is dropped: ").length, bad.length + 1, worker.log.join("\n"));
  // What a visitor may ask, and get an error for.
  for (const url of ["/a.php", "/none.jpg", "/..%2f..%2fsecret.jpg", "//elsewhere.test/a.jpg"]) {
    assert.equal(await deliver(worker, text({ ...good, url })), "done", url);
  }
  assert.deepEqual([worker.conversions, origin.requests.slice(hits).every(({ host }) => host === "origin.test")], [0, true]);
  const fields = { ...good.fields, cookie: "a=b", range: "bytes=0-1" };
  assert.equal(await deliver(worker, text({ ...good, fields })), "done");
  assert.equal(worker.conversions, 1);
});

test("a message can't do without the signature that its request had", async () => {
  const key = "00112233445566778899aabbccddeeff";
  const variables = { SIGN_KEYS: key, SIGN: "all" };
  const signed = (path) => `${path}?signature=${createHmac("sha256", Buffer.from(key, "hex")).update(path).digest("base64url")}`;
  const origin = new Origin({ "/a.jpg": PHOTO, "/b.jpg": PHOTO });
  const good = await messageOf(origin, variables, signed("/a.jpg"));
  const worker = start(origin, { ...LAZY, ...variables }, QUEUE);
  for (const url of ["/a.jpg", "/b.jpg", good.url.replace("a.jpg", "b.jpg")]) {
    assert.equal(await deliver(worker, JSON.stringify({ ...good, url })), "done");
  }
  assert.equal(worker.conversions, 0);
  assert.equal(await deliver(worker, JSON.stringify(good)), "done");
  assert.equal(worker.conversions, 1);
});

test("what fails for now is tried some times", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const good = JSON.stringify(await messageOf(origin, {}, "/a.jpg"));
  origin.pictures["/a.jpg"] = () => new Response("oops", { status: 503 });
  const worker = start(origin, LAZY, QUEUE);
  assert.equal(await deliver(worker, good), "again");
  assert.equal(await deliver(worker, good, { attempts: 3 }), "done");
  assert.equal(lines(worker, "later: a message is dropped after 3 tries").length, 1);
  origin.pictures["/a.jpg"] = PHOTO;
  await until(async () => (await deliver(worker, good)) === "done", "the origin is asked again");
  assert.equal(worker.conversions, 1);
});
