// Of isolates that share a bucket and the Durable Object ONCE, one makes a result, and the others send what it has made. One
// that is gone is replaced.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ramp } from "./png.mjs";
import { Isolates, LAYERS, ORIGIN, Origin, PHOTO, WEBP, inTwoParts, start, until } from "./worker.mjs";

const BOTH = ["one", "two"];
const PICTURE = ramp(640, 480, 300_000);

// How long an isolate has its turn without saying so again, in milliseconds: `LEASE` in src/edge/once.rs.
const LEASE = 6_000;

// The object of a picture's WebP.
async function objectOf(isolates, path) {
  const id = createHash("sha256").update(`${ORIGIN}${path}`).digest("hex").slice(0, 32);
  const objects = await isolates.mf.getDurableObjectNamespace("ONCE", BOTH[0]);
  const object = objects.get(objects.idFromName(`origin.test/${id}.webp`));
  return async (words) => (await object.fetch(`https://once/${words}`)).text();
}

test("of two isolates one converts, however many ask both at once", async () => {
  // The second half of the picture comes when both have seen the first one, and so know what is to be made.
  const both = Promise.withResolvers();
  const origin = new Origin({
    "/a.png": () => {
      if (origin.hits === BOTH.length) both.resolve();
      return inTwoParts(PICTURE, both.promise);
    },
  });
  const isolates = new Isolates(origin, BOTH);
  const names = Array.from({ length: 16 }, (_, index) => BOTH[index % 2]);
  const answers = await Promise.all(names.map((name) => isolates.get(name, "/a.png", { accept: WEBP })));
  for (const { status, type, body } of answers) {
    assert.deepEqual([status, type], [200, "image/webp"]);
    assert.deepEqual(body, answers[0].body);
  }
  assert.deepEqual([isolates.conversions, origin.hits], [1, 2], isolates.log.join("\n"));
});

test("an isolate that lives keeps its turn, and one that is killed is replaced", async () => {
  const registry = mkdtempSync(join(tmpdir(), "slimpix-registry-"));
  const isolates = new Isolates(new Origin({ "/a.png": PICTURE }), BOTH, {}, { unsafeDevRegistryPath: registry });
  await isolates.mf.ready;
  const ask = await objectOf(isolates, "/a.png");
  const script = join(import.meta.dirname, "isolate_that_dies.mjs");
  const doomed = spawn(process.execPath, [script, registry, BOTH[0]], { stdio: "ignore", detached: true });
  const kill = () => process.kill(-doomed.pid, "SIGKILL");
  try {
    const isHeld = async () => (await ask("take?who=test&lease=0&patience=0")) === "late";
    await until(isHeld, "the other process has its turn");
    const since = Date.now();
    await until(async () => !(await isHeld()) || Date.now() - since > LEASE + 1_000, "longer than a lease");
    assert.ok(await isHeld(), "it is taken for gone");
    const answer = isolates.get("two", "/a.png", { accept: WEBP });
    kill();
    await once(doomed, "exit");
    assert.equal((await answer).type, "image/webp");
    assert.equal(isolates.conversions, 1);
    assert.match(isolates.log.join("\n"), /once: another isolate is gone, and what it was making is made here/);
  } finally {
    if (doomed.exitCode === null && doomed.signalCode === null) kill();
    rmSync(registry, { recursive: true });
  }
});

test("whose turn it is goes from one to the next, and what is made ends it for all", async () => {
  const ask = await objectOf(new Isolates(new Origin(), BOTH), "/b.png");
  assert.equal(await ask("take?who=a&lease=60000&patience=0"), "yours");
  assert.equal(await ask("take?who=a&lease=60000&patience=0"), "yours");
  assert.equal(await ask("take?who=b&lease=60000&patience=0"), "late");
  assert.equal(await ask("take?who=b&lease=60000&patience=50"), "late");
  const next = ask("take?who=b&lease=60000&patience=60000");
  const after = ["c", "d"].map((who) => ask(`take?who=${who}&lease=60000&patience=60000`));
  await ask("end?who=x&made=1");
  await ask("end?who=a&made=0");
  assert.equal(await next, "yours");
  await ask("end?who=a&made=1");
  await ask("end?who=b&made=1");
  assert.deepEqual(await Promise.all(after), ["made", "made"]);
  assert.equal(await ask("take?who=c&lease=100&patience=0"), "yours");
  assert.equal(await ask("take?who=d&lease=60000&patience=60000"), "overdue");
});

test("without a bucket, or where the object fails, pictures are made as without it", async () => {
  const origin = new Origin({ "/a.jpg": PHOTO });
  const bare = start(origin, {}, { store: false, durableObjects: { ONCE: "Once" } });
  assert.equal((await bare.get("/a.jpg", { accept: WEBP })).type, "image/webp");
  assert.match(bare.log.join("\n"), /ONCE and LATER are of no use without the bucket STORE/);
  const script = "export class Once { fetch() { throw new Error('broken'); } } export default {}";
  const broken = { name: "broken", modules: true, script, durableObjects: { ITS_OWN: "Once" } };
  const isolates = new Isolates(origin, ["one"], {}, { owner: broken.name, more: [broken] });
  assert.equal((await isolates.get("one", "/a.jpg", { accept: WEBP })).type, "image/webp");
  assert.match(isolates.log.join("\n"), /once: ONCE can't be asked about .*broken/);
});

test("a request whose instance is lost doesn't wait for itself", async () => {
  const variables = { MEMORY: "2000M", FORMATS: "avif" };
  const worker = start(new Origin({ "/layers.svg": LAYERS }), variables, { durableObjects: { ONCE: "Once" } });
  const answer = await worker.get("/layers.svg?w=3840&format=png");
  assert.deepEqual([answer.type, answer.body.length], ["image/svg+xml", LAYERS.length]);
  assert.ok(worker.log.some((line) => line.includes("RuntimeError")), `no trap: ${worker.log}`);
  assert.deepEqual(worker.log.filter((line) => line.startsWith("once:")), []);
});
