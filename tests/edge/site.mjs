// A real web site on a port of its own, and a client that changes nothing of what it sends and gets: no coding is undone,
// no redirect followed.

import http from "node:http";
import { once } from "node:events";
import { after } from "node:test";

const closers = [];
after(() => Promise.all(closers.map((close) => close())));

// A server whose answers are the functions of `pages` by path. What it was asked stands in `requests`.
export async function site(pages) {
  const requests = [];
  const server = http.createServer((request, response) => {
    const { method, url, headers, rawHeaders } = request;
    requests.push({ method, url, headers, rawHeaders });
    const page = pages[url.split("?")[0]] ?? pages["*"];
    if (page) return page(request, response);
    response.writeHead(404, { "content-type": "text/html", "x-page": "404" }).end("<h1>The site's own 404</h1>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => (server.closeAllConnections(), server.close()));
  return { server, requests, url: `http://127.0.0.1:${server.address().port}` };
}

// Sends a request, with `body` as it comes, and gives the response as it comes.
export async function send(base, path, { method = "GET", headers = {}, body } = {}) {
  const { hostname, port } = new URL(base);
  const request = http.request({ hostname, port, path, method, headers, agent: false, timeout: 60_000 });
  if (body) body(request);
  else request.end();
  const [response] = await once(request, "response");
  return response;
}

// The same with the whole body.
export async function get(...request) {
  const response = await send(...request);
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode, headers: response.headers, type: response.headers["content-type"], body };
}
