#!/usr/bin/env bash
# A range whose end lies behind the file's ends with the file, and a suffix longer than the file asks for all of it; 416
# is for ranges that begin behind the end (RFC 9110, 14.1.2 and 15.5.17); Range counts only where the answer would be
# 200 (14.2), and a false If-Range has it ignored (13.1.5). workbox-range-requests 7.4.1, by which service workers cut
# cached films and archives (createPartialResponse, RangeRequestsPlugin), says 416 where the end lies behind the file's
# by two or more, and where a suffix is longer; where the end is just behind, it says 206 with `bytes 900-1000/1000`, a
# byte that isn't there; and a range that begins behind the end gets 206 with `bytes 2000-999/1000` and nothing. A
# cached 404 becomes 416 without a body, and who goes on with an older file by If-Range gets a part of the newer one. So
# players and readers that ask for a megabyte at a time work online, and offline the last piece or a small file fails.
# srvx 1.0.8 answers all of it by the RFC. Seen: below, in `expected`, of 1000 bytes. Needs Node.js 20 or newer. Fails
# if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "srvx": "1.0.8", "workbox-core": "7.4.1", "workbox-range-requests": "7.4.1" } }
JSON
npm install --silent --no-audit --no-fund
mkdir public
cat > show.js <<'JS'
import { writeFileSync } from 'node:fs';
import { staticMiddleware } from 'srvx/static';

process.env.NODE_ENV = 'production';
globalThis.self = globalThis;
const { createPartialResponse } = await import('workbox-range-requests/createPartialResponse.js');

writeFileSync('public/it.bin', Buffer.alloc(1000, 1));
const serve = staticMiddleware({ dir: 'public' });
const missing = () => new Response('There is no such file.', { status: 404 });
const cached = () => new Response(Buffer.alloc(1000, 1), { headers: { 'content-length': '1000', etag: '"new"' } });
const ask = (path, headers) => new Request(`http://localhost/${path}`, { headers });
async function told(response) {
  const range = response.headers.get('content-range');
  const { byteLength } = await response.arrayBuffer();
  return `${response.status}${range ? `, ${range}` : ''}, ${byteLength} bytes`;
}
const cases = [
  ['it.bin', { range: 'bytes=0-99' }],
  ['it.bin', { range: 'bytes=-100' }],
  ['it.bin', { range: 'bytes=900-999' }],
  ['it.bin', { range: 'bytes=900-1000' }],
  ['it.bin', { range: 'bytes=900-1899' }],
  ['it.bin', { range: 'bytes=0-1048575' }],
  ['it.bin', { range: 'bytes=-65536' }],
  ['it.bin', { range: 'bytes=1000-' }],
  ['it.bin', { range: 'bytes=2000-' }],
  ['missing.bin', { range: 'bytes=0-99' }],
  ['it.bin', { range: 'bytes=500-', 'if-range': '"old"' }],
];
for (const [path, headers] of cases) {
  const byWorkbox = await createPartialResponse(ask(path, headers), path === 'it.bin' ? cached() : missing());
  const bySrvx = await serve(ask(path, headers), missing);
  const name = [path, ...Object.values(headers)].join(' ');
  console.log(`${name}: Workbox ${await told(byWorkbox)}; srvx ${await told(bySrvx)}`);
}
JS
seen=$(node show.js)
expected='it.bin bytes=0-99: Workbox 206, bytes 0-99/1000, 100 bytes; srvx 206, bytes 0-99/1000, 100 bytes
it.bin bytes=-100: Workbox 206, bytes 900-999/1000, 100 bytes; srvx 206, bytes 900-999/1000, 100 bytes
it.bin bytes=900-999: Workbox 206, bytes 900-999/1000, 100 bytes; srvx 206, bytes 900-999/1000, 100 bytes
it.bin bytes=900-1000: Workbox 206, bytes 900-1000/1000, 100 bytes; srvx 206, bytes 900-999/1000, 100 bytes
it.bin bytes=900-1899: Workbox 416, 0 bytes; srvx 206, bytes 900-999/1000, 100 bytes
it.bin bytes=0-1048575: Workbox 416, 0 bytes; srvx 206, bytes 0-999/1000, 1000 bytes
it.bin bytes=-65536: Workbox 416, 0 bytes; srvx 206, bytes 0-999/1000, 1000 bytes
it.bin bytes=1000-: Workbox 206, bytes 1000-999/1000, 0 bytes; srvx 416, bytes */1000, 0 bytes
it.bin bytes=2000-: Workbox 206, bytes 2000-999/1000, 0 bytes; srvx 416, bytes */1000, 0 bytes
missing.bin bytes=0-99: Workbox 416, 0 bytes; srvx 404, 22 bytes
it.bin bytes=500- "old": Workbox 206, bytes 500-999/1000, 500 bytes; srvx 200, 1000 bytes'
echo "$seen"
[ "$seen" = "$expected" ]
