// The rules of HTTP hold at the edge as in the native server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ramp } from "./png.mjs";
import { Origin, PHOTO, WEBP, Worker } from "./worker.mjs";

const large = ramp(5000, 4000);
const origin = new Origin({ "/a.jpg": PHOTO, "/large.png": large });
let worker;
before(() => {
  worker = new Worker(origin, { EXPLAIN: "true", MEMORY: "4M" });
});
after(() => worker.close());

// A converted picture, and an original that can't be converted in so little memory.
const cases = [
  ["/a.jpg", "image/webp"],
  ["/large.png", "image/png"],
];

for (const [path, type] of cases) {
  test(`${type}: the head says what the body is`, async () => {
    const whole = await worker.get(path, { accept: WEBP });
    assert.deepEqual([whole.status, whole.type], [200, type]);
    assert.equal(whole.headers.get("content-length"), String(whole.body.length));
    assert.equal(whole.headers.get("vary"), "Accept");
    assert.equal(whole.headers.get("accept-ranges"), "bytes");
    assert.equal(whole.headers.get("x-content-type-options"), "nosniff");
    assert.match(whole.headers.get("etag"), /^"[^"]+"$/);

    const head = await worker.get(path, { accept: WEBP }, "HEAD");
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    for (const name of ["content-length", "content-type", "etag", "vary"]) {
      assert.equal(head.headers.get(name), whole.headers.get(name), name);
    }
  });

  test(`${type}: conditions and ranges`, async () => {
    const whole = await worker.get(path, { accept: WEBP });
    const etag = whole.headers.get("etag");
    const same = await worker.get(path, { accept: WEBP, "if-none-match": etag });
    assert.deepEqual([same.status, same.body.length], [304, 0]);
    assert.equal(same.headers.get("etag"), etag);
    assert.equal(same.headers.get("vary"), "Accept");
    assert.equal((await worker.get(path, { accept: WEBP, "if-none-match": '"other"' })).status, 200);

    const part = await worker.get(path, { accept: WEBP, range: "bytes=10-29" });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes 10-29/${whole.body.length}`);
    assert.deepEqual(part.body, whole.body.subarray(10, 30));
    const tail = await worker.get(path, { accept: WEBP, range: "bytes=-7", "if-range": etag });
    assert.deepEqual([tail.status, tail.body], [206, whole.body.subarray(-7)]);
    const past = await worker.get(path, { accept: WEBP, range: `bytes=${whole.body.length}-` });
    assert.equal(past.status, 416);
  });
}

test("a client that sends strange headers gets its picture", async () => {
  const answer = await worker.get("/a.jpg", { accept: WEBP, "x-odd": "caf\u00e9", range: "lines=1-2" });
  assert.deepEqual([answer.status, answer.type], [200, "image/webp"]);
});

test("an explanation says what was chosen and why", async () => {
  const { status, type, body } = await worker.get("/a.jpg?explain", { accept: WEBP });
  assert.deepEqual([status, type], [200, "application/json"]);
  assert.ok(body.toString().includes("webp"));
});
