// Each variable is told of in wrangler.toml with a comment, and a wrong value is refused with what is right. That wrangler.toml
// tells of exactly the variables that there are, with their defaults, is held by src/settings/tests.rs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { Origin, PHOTO, ROOT, WEBP, each, start, until } from "./worker.mjs";

const toml = readFileSync(resolve(ROOT, "wrangler.toml"), "utf8");
const told = [/^(?:# )?([A-Z_]+) = ".*"$/gm, /^# (?:binding|name) = "([A-Z_]+)"$/gm].flatMap((line) => [...toml.matchAll(line)].map(([, name]) => name));

test("each variable has a comment above it", () => {
  const lines = toml.split("\n");
  let commented = 0;
  for (const [index, line] of lines.entries()) {
    if (!/^(# )?[A-Z_]+ = "/.test(line)) continue;
    // A comment may be for several in a row.
    const above = lines.slice(0, index).findLast((line) => !/^(# )?[A-Z_]+ = "/.test(line));
    assert.match(above, /^# \S/, line);
    commented += 1;
  }
  assert.ok(commented >= 22, String(commented));
});

const WRONG = [
  [{ ORIGIN: "" }, /ORIGIN isn't set.*\[vars\].*https:\/\/www\.example\.com.*SOURCE_BUCKET/],
  [{ ORIGIN: "ftp://x" }, /ORIGIN: "ftp:\/\/x" is no http\(s\):\/\/host.*wrangler\.toml/],
  [{ ORIGIN: "www.example.com" }, /ORIGIN.*is no http.*set it/],
  [{ ORIGIN: "https://me:secret@x.test" }, /ORIGIN/],
  [{ ORIGIN: "https://x.test/?a=b" }, /ORIGIN/],
  [{ FORMATS: "webp,jxl" }, /FORMATS: "jxl" is not allowed; it is a list of webp or avif/],
  [{ FORMATS: ["webp", "jxl"] }, /FORMATS: "jxl" is not allowed/],
  [{ QUALITY: "101" }, /QUALITY: "101" is not allowed; it is a whole number from 0 to 100/],
  [{ QUALITY: 80.5 }, /QUALITY: 80\.5 is not allowed; it is a whole number from 0 to 100/],
  [{ QUALITY: { high: 1 } }, /QUALITY is neither a text nor a number/],
  [{ EFFORT: "7" }, /EFFORT.*0 to 6/],
  [{ MODE: "best" }, /MODE: "best" is not allowed; it is auto, lossy or lossless/],
  [{ SVG: "often" }, /SVG: "often" is not allowed; it is smaller, always or never/],
  [{ WIDTHS: "0" }, /WIDTHS.*1 to 65535/],
  [{ WIDTHS: "640,wide" }, /WIDTHS: "wide".*1 to 65535/],
  [{ SIZES_KEPT: "-1" }, /SIZES_KEPT.*0 to 1000000000/],
  [{ ALLOWED: "jpg,*.png" }, /ALLOWED: "\*\.png" is not allowed; it is a list of file extensions, such as jpg, or \*/],
  [{ MAX_AGE: "1d" }, /MAX_AGE.*0 to 4294967295/],
  [{ REVALIDATE: "-1" }, /REVALIDATE.*0 to/],
  [{ TIMEOUT: "0" }, /TIMEOUT.*1 to 300/],
  [{ PATIENCE: "1000" }, /PATIENCE.*0 to 300/],
  [{ MEMORY: "much" }, /MEMORY: "much" is not allowed; it is a size from 1M to 4095M, such as 88M/],
  [{ MEMORY: "88" }, /MEMORY.*from 1M/],
  [{ MAX_INPUT: "5G" }, /MAX_INPUT.*to 4095M/],
  [{ MAX_PIXELS: "0" }, /MAX_PIXELS.*1 to 1000000000/],
  [{ AVIF_MAX_PIXELS: "x" }, /AVIF_MAX_PIXELS.*0 to 1000000000/],
  [{ ALLOW_ORIGIN: "example.com" }, /ALLOW_ORIGIN: "example.com" is not allowed; it is \* or an origin/],
  [{ TIMING_ALLOW_ORIGIN: "https://a b" }, /TIMING_ALLOW_ORIGIN.*is not allowed/],
  ...["QUALITY_WEBP", "QUALITY_AVIF", "QUALITY_JPEG"].map((name) => [{ [name]: "101" }, new RegExp(`${name}.*0 to 100`)]),
  [{ SIGN_KEYS: "00" }, /SIGN_KEYS: "key 1" is not allowed; it is one or two of KEY or KEY:SALT/],
  [{ SIGN: "some" }, /SIGN: "some" is not allowed; it is params or all/],
  [{ ADMIN_TOKEN: "fifteen-letters" }, /ADMIN_TOKEN: "what is written" is not allowed; it is 16 letters or more, all of ASCII and none a space/],
  [{ ADMIN_TOKEN: "sixteen-letters-" }, /ADMIN_TOKEN: .*bucket STORE: bind one with \[\[r2_buckets\]\]/],
  [{ STORE: "photos" }, /STORE is no R2 bucket.*r2_buckets/],
  [{ FONTS: "fonts/" }, /FONTS: this Worker draws no text.*--text/],
  [{ WATERMARK: "logo.png" }, /WATERMARK: there is no bucket for it.*r2_buckets/],
  [{ WATERMARK_ALWAYS: "0.5" }, /WATERMARK_ALWAYS: "0\.5" is not allowed; WATERMARK names no picture/],
  [{ LATER: "later" }, /LATER is no queue.*queues\.producers/],
  [{ ONCE: "once" }, /ONCE is no Durable Object.*durable_objects\.bindings/],
  ...["KEEP_METADATA", "PARAMS", "PASS", "OVERRULE_ORIGIN", "LAZY", "EXPLAIN", "CLIENT_HINTS", "IMGPROXY_URLS", "CLOUDFLARE_URLS"].map((name) => [
    { [name]: "maybe" },
    new RegExp(`${name}: "maybe" is not allowed; it is true or false`),
  ]),
];

test("a wrong value is named with what is right", async () => {
  const answers = await each(WRONG.map(([variables]) => variables), "/a.jpg");
  for (const [index, [, words]] of WRONG.entries()) {
    const { status, text } = answers[index];
    assert.equal(status, 500, text);
    assert.match(text, words);
  }
  const tried = new Set(WRONG.flatMap(([variables]) => Object.keys(variables)));
  const untried = told.filter((name) => !tried.has(name) && name !== "SOURCE_BUCKET");
  assert.deepEqual(untried, []);
});

test("a variable that nobody reads is told of, with the one that is meant", async () => {
  const worker = start(new Origin({ "/a.jpg": PHOTO }), { QUALTY: "30", CF_VERSION: "1", NUMBER: 1 });
  await worker.get("/a.jpg", { accept: WEBP });
  const lines = () => worker.log.filter((line) => line.includes("is no variable"));
  await until(() => lines().length >= 2, "the log");
  assert.deepEqual(lines().sort(), ["NUMBER is no variable of slimpix", "QUALTY is no variable of slimpix; QUALITY is near"]);
});

test("numbers, switches and lists may stand in wrangler.toml as what they are", async () => {
  const variables = { QUALITY: 30, WIDTHS: [16, 32], EXPLAIN: true, FORMATS: ["webp"], PASS: false };
  const worker = start(new Origin({ "/a.jpg": PHOTO }), variables);
  const low = await worker.get("/a.jpg", { accept: WEBP });
  const same = await start(new Origin({ "/a.jpg": PHOTO }), { QUALITY: "30", FORMATS: "webp" }).get("/a.jpg", { accept: WEBP });
  assert.deepEqual(low.body, same.body);
  assert.equal((await worker.get("/a.jpg?explain")).type, "application/json");
  assert.equal((await worker.get("/a.css")).status, 400);
});

test("the pages of other origins are told what they may do, by answers from the cache, too", async () => {
  const worker = start(new Origin({ "/a.jpg": PHOTO }), { ALLOW_ORIGIN: "https://www.example.com", TIMING_ALLOW_ORIGIN: "*" });
  for (let time = 0; time < 3; time += 1) {
    const { headers } = await worker.get("/a.jpg", { accept: WEBP });
    assert.equal(headers.get("access-control-allow-origin"), "https://www.example.com");
    assert.equal(headers.get("timing-allow-origin"), "*");
  }
});
