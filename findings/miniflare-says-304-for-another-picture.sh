#!/usr/bin/env bash
# Where a request has If-None-Match, If-Modified-Since is to be ignored (RFC 9110, 13.1.3), and Range is to be ignored
# where an If-Range names another tag (13.1.5, 14.2). `caches.default.match()` of miniflare 4.20260730.0, in which
# `wrangler dev` and tests of Workers run, does neither: who asks with the tag of another picture and a time that isn't
# before the cached one's, as browsers do after a file with an older date took its place, is told by 304 to keep the
# other one; and who goes on with a download of the other one gets 206 with a part of this one. For two ranges the
# answer has the Content-Length of the whole file beside a body of another length. fresh 2.0.0 (npm, below Express) says
# of the same headers what the RFC does. Each condition by itself is right, and so are single ranges. Seen: below, in
# `expected`. Needs Node.js 20 or newer with npm, which brings the 22 that miniflare wants. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "fresh": "2.0.0", "miniflare": "4.20260730.0", "node": "22.23.3" } }
JSON
npm install --silent --no-audit --no-fund --engine-strict=false
cat > show.js <<'JS'
import fresh from 'fresh';
import { Miniflare } from 'miniflare';

const time = 'Mon, 01 Jan 2024 00:00:00 GMT';
const headers = { 'cache-control': 'max-age=100', etag: '"new"', 'last-modified': time };
const requests = [
  { 'if-none-match': '"new"' },
  { 'if-none-match': '"old"' },
  { 'if-none-match': '"old"', 'if-modified-since': time },
  { range: 'bytes=100-199' },
  { range: 'bytes=100-199', 'if-range': '"old"' },
  { range: 'bytes=0-9,100-109' },
];
const script = `export default {
  async fetch(request) {
    const { headers, requests } = await request.json();
    const address = 'http://pictures.test/a.png';
    await caches.default.put(address, new Response(new Uint8Array(2000), { headers }));
    const answers = [];
    for (const asked of requests) {
      const answer = await caches.default.match(new Request(address, { headers: asked }));
      const length = (await answer.arrayBuffer()).byteLength;
      answers.push({ status: answer.status, stated: answer.headers.get('content-length'), length });
    }
    return Response.json(answers);
  },
};`;
const miniflare = new Miniflare({ modules: true, script, compatibilityDate: '2025-09-01', cachePersist: false });
const body = JSON.stringify({ headers, requests });
const answers = await (await miniflare.dispatchFetch('http://localhost/', { method: 'POST', body })).json();
for (const [at, { status, stated, length }] of answers.entries()) {
  const asked = Object.entries(requests[at]).map((pair) => pair.join(': ')).join(', ');
  const said = requests[at].range ? `, ${length === Number(stated) ? 'all' : 'not all'} of the stated length`
    : `; fresh: ${fresh(requests[at], headers) ? 304 : 200}`;
  console.log(`${asked}: ${status}${said}`);
}
await miniflare.dispose();
JS
seen=$(node_modules/.bin/node show.js)
expected='if-none-match: "new": 304; fresh: 304
if-none-match: "old": 200; fresh: 200
if-none-match: "old", if-modified-since: Mon, 01 Jan 2024 00:00:00 GMT: 304; fresh: 200
range: bytes=100-199: 206, all of the stated length
range: bytes=100-199, if-range: "old": 206, all of the stated length
range: bytes=0-9,100-109: 206, not all of the stated length'
echo "$seen"
[ "$seen" = "$expected" ]
