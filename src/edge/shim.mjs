// The Worker's entry: hands each event to the engine, and owns the life of the engine's instance.
//
// An allocation that meets the memory wall, or a fault of ours, traps: the instance is lost with every request that
// it was serving. The runtime reports a trap as a global `error` event. Then a fresh instance is made at once, and
// each of those requests is answered by `rescue`, which sends originals and converts nothing.
//
// What isn't for a picture goes on to the origin from here, and no byte of it passes through the engine.
//
// Linear memory never shrinks, so an instance that has grown past a mark is replaced too, when nothing is in flight.

export { Once } from "./once.mjs";
import { __wbg_reset_state as renew, answer, make, memory_bytes, rescue } from "./slimpix.js";

const MEMORY_MARK = 32 << 20;

// A task older than this belongs to a request that the runtime has cancelled, in milliseconds: no wait can be set to
// more. To be wrong loses the request, so it is longer than `LEAD_LIFETIME` in `flight.rs`, where to be wrong only
// costs work.
const TASK_LIFETIME = 300_000;

// What the present instance is busy with: a task for each event and each `waitUntil` promise, with the time at which
// it began. A task is the function that tells its owner of a trap. Those of a lost instance are forgotten with it.
let tasks = new Map();

addEventListener("error", (event) => {
  // Callbacks of a lost instance that come late are refused with an ordinary Error: no reason to renew again.
  const trapped = event.error instanceof WebAssembly.RuntimeError || event.error instanceof RangeError;
  if (trapped) replace(event.error);
});

function replace(error) {
  const lost = tasks;
  tasks = new Map();
  renew();
  for (const fail of lost.keys()) fail(error);
}

function isIdle() {
  const now = Date.now();
  return tasks.values().every((begun) => now - begun > TASK_LIFETIME);
}

// Runs one piece of work of the present instance. Fails when the instance is lost.
async function attend(work) {
  const owner = tasks;
  const { promise: trap, reject: fail } = Promise.withResolvers();
  owner.set(fail, Date.now());
  try {
    return await Promise.race([work(), trap]);
  } finally {
    owner.delete(fail);
  }
}

// A response, or the URL to which the request goes on.
async function decide(request, env, context) {
  // The event's context, with its background work attended.
  const attended = { waitUntil: (promise) => context.waitUntil(attend(() => promise)) };
  try {
    return await attend(() => answer(request, env, attended));
  } catch (error) {
    console.error(`${request.url}: ${error}; sending the original`);
    return await attend(() => rescue(request, env, attended));
  }
}

async function respond(request, env, context) {
  const decided = await decide(request, env, context);
  return typeof decided === "string" ? pass(request, decided) : decided;
}

// What concerns one connection alone (RFC 9110 §7.6.1).
const OF_THE_CONNECTION = [
  "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
  "transfer-encoding", "upgrade",
];

// Known to `origin.rs`: an origin that leads back to this Worker would never end.
const LOOP_HEADER = "x-slimpix-hop";

// Sends a request on as it came, and gives what comes back as it comes: redirects, cookies, parts, codings and all.
async function pass(request, url) {
  const headers = new Headers(request.headers);
  for (const name of OF_THE_CONNECTION) headers.delete(name);
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket") headers.set("upgrade", "websocket");
  headers.set(LOOP_HEADER, "1");
  try {
    return await fetch(new Request(url, request), { headers, redirect: "manual" });
  } catch (error) {
    console.error(`${request.method} ${request.url}: ${error}`);
    return new Response("Origin server failed!", { status: 502, headers: { "cache-control": "no-store" } });
  }
}

// How often a message is tried, and the seconds until it is tried again.
const TRIES = 3;
const RETRY_DELAY = 5;

// Makes what a message asks for. One whose conversion takes the instance with it is not tried again.
async function attendTo(message, env) {
  const { body, timestamp, attempts } = message;
  try {
    const isDone = await attend(() => make(body, timestamp.getTime(), env));
    if (!isDone && attempts < TRIES) return message.retry({ delaySeconds: RETRY_DELAY });
    if (!isDone) console.log(`later: a message is dropped after ${attempts} tries`);
  } catch (error) {
    console.error(`later: a message is dropped: ${error}`);
  }
  message.ack();
}

function renewIfGrown() {
  if (memory_bytes() > MEMORY_MARK && isIdle()) renew();
}

export default {
  async queue({ messages }, env) {
    // One after the other: they would wait for the same memory.
    for (const message of messages) {
      renewIfGrown();
      await attendTo(message, env);
    }
  },
  fetch(request, env, context) {
    renewIfGrown();
    const response = respond(request, env, context);
    // A client that goes away mustn't end what others wait for.
    context.waitUntil(response);
    return response;
  },
};
