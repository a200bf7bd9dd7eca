// On a route of a whole site, what isn't a picture is the site's own: it goes to the origin and comes back untouched.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { before, test } from "node:test";
import { brotliDecompressSync, brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { get, send, site } from "./site.mjs";
import { Origin, PHOTO, WEBP, picture, start } from "./worker.mjs";

// Miniflare's own.
const { WebSocketServer } = createRequire(import.meta.resolve("miniflare"))("ws");

const PAGE = "<!doctype html><title>The site</title>".repeat(50);
const MODIFIED = "Tue, 10 Feb 2026 10:00:00 GMT";
const BLOB = Buffer.from(Uint8Array.from({ length: 5000 }, (_, index) => index % 251));

const reply = (status, headers, body) => (request, response) => response.writeHead(status, headers).end(body);

// A file with conditions and parts.
function file(request, response) {
  const headers = { "content-type": "video/mp4", etag: '"v1"', "last-modified": MODIFIED, "accept-ranges": "bytes" };
  if (request.headers["if-none-match"] === '"v1"') return response.writeHead(304, headers).end();
  const [, from, to] = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
  if (!from) return response.writeHead(200, { ...headers, "content-length": BLOB.length }).end(BLOB);
  const range = { "content-range": `bytes ${from}-${to}/${BLOB.length}` };
  return response.writeHead(206, { ...headers, ...range }).end(BLOB.subarray(+from, +to + 1));
}

// What came, told back.
async function echo(request, response) {
  const body = Buffer.concat(await request.toArray());
  const { method, url, headers } = request;
  response.writeHead(201, { "content-type": "application/json", location: "/made/1" });
  response.end(JSON.stringify({ method, url, headers, body: body.toString() }));
}

const secret = (request, response) =>
  request.headers.cookie === "session=1"
    ? response.writeHead(200, { "content-type": "image/jpeg", "cache-control": "private" }).end(PHOTO)
    : response.writeHead(401, { "www-authenticate": "Basic" }).end("who are you?");

const coded = (coding, bytes) => reply(200, { "content-type": "text/html", "content-encoding": coding, vary: "accept-encoding" }, bytes);

const pages = {
  "/": reply(200, { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=5", "x-own": "1" }, PAGE),
  "/style.css": reply(200, { "content-type": "text/css", etag: 'W/"7"' }, "body{}"),
  "/app.js": reply(200, { "content-type": "text/javascript" }, "1"),
  "/font.woff2": reply(200, { "content-type": "font/woff2", "access-control-allow-origin": "*" }, BLOB),
  "/healthz": reply(200, { "content-type": "application/json" }, "{}"),
  "/caf%E9/a%2fb": reply(200, { "content-type": "text/plain" }, "odd"),
  "/login": reply(302, { location: "https://elsewhere.test/in?x=1", "set-cookie": ["a=1; Path=/", "b=2; HttpOnly"] }),
  "/video.mp4": file,
  "/api": echo,
  "/gzip.html": coded("gzip", gzipSync(PAGE)),
  "/br.html": coded("br", brotliCompressSync(PAGE)),
  "/a.jpg": reply(200, { "content-length": PHOTO.length, "content-type": "image/jpeg" }, PHOTO),
  "/page.jpg": reply(200, { "content-type": "text/html", "x-own": "1" }, PAGE),
  "/chunked.jpg": (request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.write(PAGE);
    response.end(PAGE);
  },
  "/empty.jpg": reply(200, { "content-type": "image/jpeg", "content-length": 0 }),
  "/moved.jpg": reply(302, { location: "https://elsewhere.test/a.jpg" }),
  "/secret.jpg": secret,
  "/down.jpg": reply(503, { "retry-after": "60" }, "closed"),
};

let origin;
let worker;
let at;
before(async () => {
  origin = await site(pages);
  worker = start(null, { ORIGIN: origin.url }, { outboundService: undefined });
  at = (await worker.mf.ready).href;
});

const hits = (path) => origin.requests.filter(({ url }) => url === path).length;

test("a site's pages, styles, scripts and fonts are its own", async () => {
  for (const path of ["/", "/style.css", "/app.js", "/font.woff2", "/healthz", "/caf%E9/a%2fb", "/?utm=1&w=2|3", "/none"]) {
    const [own, passed] = [await get(origin.url, path), await get(at, path)];
    assert.deepEqual([passed.status, passed.body.toString("latin1")], [own.status, own.body.toString("latin1")], path);
    for (const name of ["content-type", "cache-control", "etag", "x-own", "x-page", "access-control-allow-origin", "vary"]) {
      assert.equal(passed.headers[name], own.headers[name], `${path}: ${name}`);
    }
    assert.equal(hits(path), 2, `${path} comes as it was written`);
  }
});

test("pictures of the site are converted all the while", async () => {
  const { type, body } = await get(at, "/a.jpg", { headers: { accept: WEBP } });
  assert.equal(type, "image/webp");
  assert.ok(body.length < PHOTO.length);
});

test("redirects and cookies are the client's", async () => {
  const { status, headers } = await get(at, "/login", { headers: { cookie: "c=3", authorization: "Basic eA==" } });
  assert.deepEqual([status, headers.location], [302, "https://elsewhere.test/in?x=1"]);
  assert.deepEqual(headers["set-cookie"], ["a=1; Path=/", "b=2; HttpOnly"]);
  const asked = origin.requests.findLast(({ url }) => url === "/login").headers;
  assert.deepEqual([asked.cookie, asked.authorization], ["c=3", "Basic eA=="]);
});

test("parts and conditions are the origin's to answer", async () => {
  const part = await get(at, "/video.mp4", { headers: { range: "bytes=10-19" } });
  assert.deepEqual([part.status, part.type, part.headers["content-range"]], [206, "video/mp4", "bytes 10-19/5000"]);
  assert.deepEqual(part.body, BLOB.subarray(10, 20));
  const same = await get(at, "/video.mp4", { headers: { "if-none-match": '"v1"' } });
  assert.deepEqual([same.status, same.headers.etag], [304, '"v1"']);
  const head = await get(at, "/video.mp4", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "5000", 0]);
});

test("other methods go on with their bodies, to names of pictures too", async () => {
  for (const [method, path] of [["POST", "/api?q=1"], ["PUT", "/api"], ["DELETE", "/api"], ["PATCH", "/api"], ["PROPFIND", "/api"]]) {
    const body = method === "DELETE" ? "" : "some=form";
    const headers = { "content-type": "text/x-form", connection: "close", te: "trailers", "x-mine": "1" };
    const answer = await get(at, path, { method, headers, body: body ? (request) => request.end(body) : undefined });
    const told = JSON.parse(answer.body);
    assert.deepEqual([answer.status, answer.headers.location], [201, "/made/1"]);
    assert.deepEqual([told.method, told.url, told.body, told.headers["x-mine"]], [method, path, body, "1"]);
    assert.equal(told.headers.te, undefined, "a header of the connection");
    assert.ok(told.headers["x-slimpix-hop"], "told to the origin, so that nothing goes round");
  }
  const posted = await get(at, "/none.jpg", { method: "POST", body: (request) => request.end("x") });
  assert.deepEqual([posted.status, posted.headers["x-page"]], [404, "404"]);
  const options = await get(at, "/a.jpg", { method: "OPTIONS" });
  assert.equal(options.status, 200);
  assert.equal(origin.requests.at(-1).method, "OPTIONS");
});

test("codings stay as they are", async () => {
  for (const [path, coding, decode] of [["/gzip.html", "gzip", gunzipSync], ["/br.html", "br", brotliDecompressSync]]) {
    const { headers, body } = await get(at, path, { headers: { "accept-encoding": coding } });
    assert.equal(headers["content-encoding"], coding);
    assert.equal(decode(body).toString(), PAGE);
    assert.equal(headers.vary, "accept-encoding");
  }
});

test("what has the name of a picture and isn't one is the site's own, too", async () => {
  const page = await get(at, "/page.jpg");
  assert.deepEqual([page.status, page.type, page.headers["x-own"], page.body.toString()], [200, "text/html", "1", PAGE]);
  const chunked = await get(at, "/chunked.jpg");
  assert.deepEqual([chunked.type, chunked.body.toString()], ["text/html", PAGE + PAGE]);
  const none = await get(at, "/none.jpg");
  assert.deepEqual([none.status, none.headers["x-page"]], [404, "404"]);
  const empty = await get(at, "/empty.jpg");
  assert.deepEqual([empty.status, empty.body.length], [200, 0]);
  const moved = await get(at, "/moved.jpg");
  assert.deepEqual([moved.status, moved.headers.location], [302, "https://elsewhere.test/a.jpg"]);
});

test("a picture for who is signed in reaches who is", async () => {
  const stranger = await get(at, "/secret.jpg");
  assert.deepEqual([stranger.status, stranger.headers["www-authenticate"]], [401, "Basic"]);
  const member = await get(at, "/secret.jpg", { headers: { cookie: "session=1" } });
  assert.deepEqual([member.status, member.headers["cache-control"]], [200, "private"]);
  assert.deepEqual(member.body, PHOTO);
  assert.equal((await get(at, "/secret.jpg")).status, 401, "and nobody else");
});

test("an origin that fails with a picture isn't asked once more for it", async () => {
  const { status } = await get(at, "/down.jpg");
  assert.deepEqual([status, hits("/down.jpg")], [502, 1]);
});

test("bodies go through as they come, in both directions", async () => {
  const [toClient, toOrigin] = [Promise.withResolvers(), Promise.withResolvers()];
  pages["/slow.mp4"] = async (request, response) => {
    response.writeHead(200, { "content-type": "video/mp4" });
    response.write("first");
    await toClient.promise;
    response.end("last");
  };
  pages["/upload"] = async (request, response) => {
    const [first] = await once(request, "data");
    toOrigin.resolve(String(first));
    const rest = await request.toArray();
    response.end(String(Buffer.concat(rest)));
  };
  const down = await send(at, "/slow.mp4");
  const [first] = await once(down, "data");
  assert.equal(String(first), "first");
  toClient.resolve();
  assert.equal(String(Buffer.concat(await down.toArray())), "last");

  const up = await get(at, "/upload", {
    method: "POST",
    body: async (request) => {
      request.write("first");
      assert.equal(await toOrigin.promise, "first");
      request.end("last");
    },
  });
  assert.equal(up.body.toString(), "last");
});

test("WebSockets reach the origin", async () => {
  const sockets = new WebSocketServer({ server: origin.server, path: "/socket" });
  sockets.on("connection", (socket) => socket.on("message", (message) => socket.send(`heard ${message}`)));
  const socket = new WebSocket(new URL("/socket", at));
  await once(socket, "open");
  socket.send("hello");
  const [{ data }] = await once(socket, "message");
  assert.equal(data, "heard hello");
  socket.close();
  sockets.close();
});

test("it goes to the origin alone, and never round", async () => {
  for (const path of ["/..%2f..%2fsecret", "/a/..%5csecret.css", "/%252e%252e/x"]) {
    const { status, body } = await get(at, path);
    assert.deepEqual([status, body.toString()], [404, "Image not found!"], path);
    assert.equal(hits(path), 0);
  }
  const asked = origin.requests.length;
  await get(at, "//elsewhere.test/x.html", { headers: { host: "elsewhere.test" } });
  assert.equal(origin.requests.length, asked + 1);
  assert.equal((await get(at, "/", { headers: { "x-slimpix-hop": "1" } })).status, 508);

  const alone = start(null, { ORIGIN: "http://127.0.0.1:1" }, { outboundService: undefined });
  const gone = await get((await alone.mf.ready).href, "/index.html");
  assert.deepEqual([gone.status, gone.body.toString()], [502, "Origin server failed!"]);
});

test("a Worker for pictures alone refuses the rest", async () => {
  const strict = start(null, { ORIGIN: origin.url, PASS: "false" }, { outboundService: undefined });
  const alone = (await strict.mf.ready).href;
  const asked = origin.requests.length;
  assert.equal((await get(alone, "/style.css")).status, 400);
  assert.equal((await get(alone, "/api", { method: "POST" })).status, 405);
  assert.equal((await get(alone, "/healthz")).body.toString(), "ok");
  assert.equal(origin.requests.length, asked);
  assert.equal((await get(alone, "/page.jpg")).status, 404);
  assert.equal((await get(alone, "/secret.jpg")).status, 502);
});

test("where every name may be a picture's, pages keep their types", async () => {
  const every = start(null, { ORIGIN: origin.url, ALLOWED: "*" }, { outboundService: undefined });
  const url = (await every.mf.ready).href;
  for (const path of ["/", "/style.css", "/video.mp4"]) assert.equal((await get(url, path)).type, (await get(origin.url, path)).type);
  pages["/photo"] = pages["/a.jpg"];
  assert.equal((await get(url, "/photo", { headers: { accept: WEBP } })).type, "image/webp");
});

test("a bucket's other objects come as they were put", async () => {
  const pictures = start(new Origin(), { ORIGIN: "" }, { store: true, r2Buckets: ["STORE", "SOURCE_BUCKET"] });
  const bucket = await pictures.mf.getR2Bucket("SOURCE_BUCKET");
  const httpMetadata = { contentType: "video/mp4", cacheControl: "max-age=7", contentDisposition: "inline" };
  await bucket.put("films/a b.mp4", BLOB, { httpMetadata });
  await bucket.put("bare", "");
  await bucket.put("small.js", gzipSync(PAGE), { httpMetadata: { contentType: "text/javascript", contentEncoding: "gzip" } });
  await bucket.put("page.jpg", PAGE, { httpMetadata: { contentType: "text/html" } });
  await bucket.put("logo.png", picture("logo-rgba.png"));
  const url = (await pictures.mf.ready).href;

  const film = await get(url, "/films/a%20b.mp4?v=1");
  assert.deepEqual([film.status, film.type, film.headers["cache-control"]], [200, "video/mp4", "max-age=7"]);
  assert.deepEqual([film.headers["content-length"], film.headers["content-disposition"]], ["5000", "inline"]);
  assert.deepEqual(film.body, BLOB);
  const part = await get(url, "/films/a%20b.mp4", { headers: { range: "bytes=-10" } });
  assert.deepEqual([part.status, part.headers["content-range"]], [206, "bytes 4990-4999/5000"]);
  assert.deepEqual(part.body, BLOB.subarray(-10));
  assert.equal((await get(url, "/films/a%20b.mp4", { headers: { range: "bytes=5000-" } })).status, 416);
  assert.equal((await get(url, "/films/a%20b.mp4", { headers: { "if-none-match": film.headers.etag } })).status, 304);
  const head = await get(url, "/films/a%20b.mp4", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "5000", 0]);
  assert.deepEqual([(await get(url, "/bare")).status, (await get(url, "/bare")).body.length], [200, 0]);

  const small = await get(url, "/small.js", { headers: { "accept-encoding": "gzip" } });
  assert.equal(small.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(small.body).toString(), PAGE);

  const page = await get(url, "/page.jpg");
  assert.deepEqual([page.status, page.type, page.body.toString()], [200, "text/html", PAGE]);
  assert.equal((await get(url, "/logo.png", { headers: { accept: WEBP } })).type, "image/webp");
  assert.deepEqual([(await get(url, "/none.html")).status, (await get(url, "/none.png")).status], [404, 404]);
  const post = await get(url, "/films/a%20b.mp4", { method: "POST" });
  assert.deepEqual([post.status, post.headers.allow], [405, "GET, HEAD"]);
});
