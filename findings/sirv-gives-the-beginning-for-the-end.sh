#!/usr/bin/env bash
# `Range: bytes=-100` asks for a file's last 100 bytes, and `bytes=0-0` for its first one (RFC 9110, 14.1.2). sirv
# 3.0.2, which Vite has within itself, answers the one with the first 101 bytes and the other with the whole file, each
# as a 206 whose Content-Range says so. Players and readers of archives, whose index stands at the end, get the wrong
# part, and who asks for one byte to learn the size is sent all of them. Where more is asked for than the file has, the
# whole of it is due: serve-static 2.2.1 (send 1.2.1 with range-parser 1.3.0, below Express) says 416 instead, so a
# reader that always asks for the last 64 KiB fails on small files alone. srvx 1.0.8 and @hono/node-server 2.1.9 do all
# of it right. Seen: below, in `expected`, of a file of 1000 bytes. Needs Node.js 20 or newer. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "type": "module",
  "dependencies": {
    "@hono/node-server": "2.1.9", "hono": "4.13.19", "serve-static": "2.2.1", "sirv": "3.0.2", "srvx": "1.0.8"
  },
  "overrides": { "range-parser": "1.3.0", "send": "1.2.1" }
}
JSON
npm install --silent --no-audit --no-fund
mkdir public
cat > show.js <<'JS'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import serveStaticOfExpress from 'serve-static';
import sirv from 'sirv';
import { toNodeHandler } from 'srvx/node';
import { staticMiddleware } from 'srvx/static';

// Every two bytes say their own place, so a body tells which part of the file it is.
const file = Buffer.alloc(1000);
for (let at = 0; at < file.length; at += 2) file.writeUInt16BE(at, at);
writeFileSync('public/it.bin', file);

const hono = new Hono().use('/*', serveStatic({ root: './public' }));
const srvx = staticMiddleware({ dir: 'public' });
const handlers = {
  sirv: sirv('public'),
  'sirv, dev': sirv('public', { dev: true }),
  'serve-static': serveStaticOfExpress('public', { fallthrough: false }),
  srvx: toNodeHandler((request) => srvx(request, () => new Response(null, { status: 404 }))),
  '@hono/node-server': getRequestListener(hono.fetch),
};
for (const [name, handler] of Object.entries(handlers)) {
  const answers = [];
  const server = createServer((request, response) => {
    handler(request, response, (error) => {
      response.statusCode = error?.status ?? 404;
      response.end();
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  for (const range of ['bytes=-100', 'bytes=0-0', 'bytes=-5000']) {
    const url = `http://127.0.0.1:${server.address().port}/it.bin`;
    const response = await fetch(url, { headers: { range, 'accept-encoding': 'identity' } });
    const body = Buffer.from(await response.arrayBuffer());
    const from = response.status === 206 ? file.indexOf(body) : -1;
    answers.push(`${range}: ${response.status}${from < 0 ? '' : ` with ${from} to ${from + body.length - 1}`}`);
  }
  console.log(`${name}: ${answers.join(', ')}`);
  server.close();
  server.closeAllConnections();
}
JS
seen=$(node show.js)
expected='sirv: bytes=-100: 206 with 0 to 100, bytes=0-0: 206 with 0 to 999, bytes=-5000: 206 with 0 to 999
sirv, dev: bytes=-100: 206 with 0 to 100, bytes=0-0: 206 with 0 to 999, bytes=-5000: 206 with 0 to 999
serve-static: bytes=-100: 206 with 900 to 999, bytes=0-0: 206 with 0 to 0, bytes=-5000: 416
srvx: bytes=-100: 206 with 900 to 999, bytes=0-0: 206 with 0 to 0, bytes=-5000: 206 with 0 to 999
@hono/node-server: bytes=-100: 206 with 900 to 999, bytes=0-0: 206 with 0 to 0, bytes=-5000: 206 with 0 to 999'
echo "$seen"
[ "$seen" = "$expected" ]
