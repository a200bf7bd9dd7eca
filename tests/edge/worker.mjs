// The Worker as it is deployed, in a real workerd, before an origin that counts.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { after } from "node:test";
import { Miniflare, Response, convertV4MiniflareOptions } from "miniflare";

export const ROOT = resolve(import.meta.dirname, "../..");
export const ORIGIN = "http://origin.test";
export const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
export const WEBP = "image/webp,*/*;q=0.8";

export const picture = (name) => readFileSync(resolve(ROOT, "tests/data/golden", name));
export const PHOTO = picture("photo-420.jpg");
// Drawn 3840 pixels wide, its canvas is held, but the layer behind it meets the wall of the instance's memory, and the library
// that takes it can't be told so: where the budget is past the wall, that is a trap.
export const LAYERS = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="6000" height="6000">\
<g opacity="0.5"><rect width="6000" height="5000" fill="red"/><circle cx="3000" cy="3000" r="2000"/></g></svg>`);

// An origin server: its pictures by path, what it was asked, and how it answers.
export class Origin {
  constructor(pictures = {}) {
    this.pictures = pictures;
    this.requests = [];
  }

  get hits() {
    return this.requests.length;
  }

  async answer(request) {
    const { pathname, search, host } = new URL(request.url);
    this.requests.push({ host, pathname, search, headers: Object.fromEntries(request.headers) });
    const served = this.pictures[pathname];
    if (typeof served === "function") return served(request);
    if (!served) return new Response("no such picture", { status: 404 });
    const etag = `"${served.length}"`;
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers: { etag } });
    // The type is wrong on purpose: what a picture is must be seen by its content.
    return new Response(served, {
      headers: { etag, "content-length": String(served.length), "content-type": "application/octet-stream" },
    });
  }
}

function script(variables, store, build = "edge") {
  const built = resolve(ROOT, "target", build);
  return {
    modules: [
      { type: "ESModule", path: `${built}/worker.mjs` },
      { type: "CompiledWasm", path: `${built}/slimpix_bg.wasm` },
    ],
    modulesRoot: built,
    compatibilityDate: "2026-10-30",
    bindings: { ORIGIN, ...variables },
    r2Buckets: store ? ["STORE"] : [],
  };
}

// Before the Worker: a bucket of which a method fails that the last request names. The Worker keeps the first bucket that it gets.
const FAILING = `
import worker from "./worker.mjs";
export * from "./worker.mjs";
const fail = async () => { throw new Error("We encountered an internal error. Please try again. (10001)"); };
let failing;
export default {
  fetch(request, env, context) {
    failing = request.headers.get("x-fails");
    const get = (bucket, name) => {
      const member = Reflect.get(bucket, name);
      if (name === "constructor" || typeof member !== "function") return member;
      return name === failing ? fail : member.bind(bucket);
    };
    return worker.fetch(request, { ...env, STORE: new Proxy(env.STORE, { get }) }, context);
  },
};
`;

// Options for a Worker whose bucket fails in the method that a request's header `x-fails` has.
export function withFailingBucket() {
  const { modules, modulesRoot } = script();
  const path = `${modulesRoot}/failing.mjs`;
  return { modules: [{ type: "ESModule", path, contents: FAILING }, ...modules] };
}

// A Worker with variables of its own, of the folder `build` below target, whose caches and buckets lie in the folder `keep` if one is
// named. Close it at the end of the test.
export class Worker {
  constructor(origin, variables = {}, { store = true, keep, build, ...options } = {}) {
    this.log = [];
    const converted = convertV4MiniflareOptions({
      ...script(variables, store, build),
      outboundService: (request) => origin.answer(request),
      handleStructuredLogs: ({ message }) => this.log.push(message),
      ...options,
    });
    this.mf = new Miniflare(keep ? { ...converted, resourcePersistencePath: keep } : converted);
  }

  // Conversions that the log tells of.
  get conversions() {
    return this.log.filter((line) => line.startsWith("converted ")).length;
  }

  async get(path, { accept = CHROME, ...headers } = {}, method = "GET") {
    const signal = AbortSignal.timeout(60_000);
    const response = await this.mf.dispatchFetch(`http://worker.test${path}`, {
      method,
      signal,
      redirect: "manual",
      headers: { accept, ...headers },
    });
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body, type: response.headers.get("content-type") };
  }

  async close() {
    await this.mf.dispose();
  }
}

// An answer whose second half comes when `rest` is settled.
export function inTwoParts(bytes, rest) {
  const half = bytes.length >> 1;
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes.subarray(0, half));
      await rest;
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
  return new Response(body, { headers: { etag: '"1"', "content-length": String(bytes.length) } });
}

// Workers of these names as so many isolates of one: in one runtime, with one bucket, one log, and the Durable Object that `owner`
// has. `more` Workers may stand beside them, and `each` of them have more options.
export class Isolates {
  constructor(origin, names, variables = {}, { owner = names[0], more = [], each = [], ...options } = {}) {
    this.log = [];
    const workers = names.map((name, index) => ({
      name,
      ...script(variables, false),
      r2Buckets: { STORE: "store" },
      durableObjects: { ONCE: { className: "Once", scriptName: owner } },
      outboundService: (request) => origin.answer(request),
      ...each[index],
    }));
    const handleStructuredLogs = ({ message }) => this.log.push(message);
    this.mf = new Miniflare(convertV4MiniflareOptions({ workers: [...workers, ...more], handleStructuredLogs, ...options }));
    started.push(this);
  }

  get conversions() {
    return this.log.filter((line) => line.startsWith("converted ")).length;
  }

  async get(name, path, headers = {}) {
    const worker = await this.mf.getWorker(name);
    const response = await worker.fetch(`http://worker.test${path}`, { headers });
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body, type: response.headers.get("content-type") };
  }

  async close() {
    await this.mf.dispose();
  }
}

const started = [];

// A Worker that is closed when the file's tests have ended.
export function start(...options) {
  const worker = new Worker(...options);
  started.push(worker);
  return worker;
}
after(() => Promise.all(started.map((worker) => worker.close())));

// Workers in one runtime, one for each of these sets of variables, without a bucket: what each answers to a request.
export async function each(list, path) {
  const workers = list.map((variables, index) => ({ name: `worker-${index}`, ...script(variables, false) }));
  const mf = new Miniflare(convertV4MiniflareOptions({ workers }));
  started.push({ close: () => mf.dispose() });
  const answers = [];
  for (const { name } of workers) {
    const worker = await mf.getWorker(name);
    const response = await worker.fetch(`http://worker.test${path}`);
    answers.push({ status: response.status, text: await response.text() });
  }
  return answers;
}

// Looks until it is so. What a Worker stores after it has answered is there a little later.
export async function until(look, what) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
