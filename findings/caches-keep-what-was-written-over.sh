#!/usr/bin/env bash
# A cache that sees an unsafe method succeed, PUT, POST, PATCH or DELETE, must take what it has of that address for
# invalid (RFC 9111, 4.4), for it is likely to be something else now. got 14.6.6 with `cache` ("RFC compliant caching",
# says its README), and requests-cache 1.3.3 with cache_control=True keep it and go on to answer from it: who saves a
# picture by PUT and looks at it sees the old one, for as long as the first answer's max-age lasts, and what was deleted
# is there still. CacheControl 0.14.4, which pip has within itself, asks again after PUT, PATCH and DELETE, but not
# after POST, by which forms are sent. hishel 2.0.0, undici 7.30.2 with interceptors.cache(), and make-fetch-happen
# 15.0.6 ask again after all of them. Way round: an address of its own for each version. Seen: below, in `expected`: how
# often the origin is asked by GET, where another GET, with that method between them, follows the first. Needs Node.js
# 20.18 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "got": "14.6.6", "make-fetch-happen": "15.0.6", "undici": "7.30.2" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cachecontrol==0.14.4 hishel==2.0.0 httpx==0.28.1 \
  msgpack==1.2.2 requests==2.34.2 requests-cache==1.3.3 anysqlite==0.0.5 anyio==4.14.2
cat > by_python.py <<'PY'
import sys

import cachecontrol
import hishel
import hishel.httpx
import requests
import requests_cache

clients = {
    "CacheControl": lambda: cachecontrol.CacheControl(requests.Session()),
    "requests-cache": lambda: requests_cache.CachedSession(backend="memory", cache_control=True),
    "hishel": lambda: hishel.httpx.CacheClient(storage=hishel.SqliteStorage(database_path="hishel.db"), rfc=True),
}
base = sys.argv[1]
for name, make in clients.items():
    for method in "GET", "PUT", "POST", "PATCH", "DELETE":
        client = make()
        address = f"{base}/{name}/{method}"
        client.get(address)
        client.request(method, address)
        client.get(address)
PY
cat > show.js <<'JS'
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import got from 'got';
import makeFetchHappen from 'make-fetch-happen';
import { Agent, fetch as undiciFetch, interceptors } from 'undici';

const asked = new Map();
const server = createServer((request, response) => {
  request.resume();
  if (request.method === 'GET') {
    asked.set(request.url, (asked.get(request.url) ?? 0) + 1);
    response.setHeader('cache-control', 'max-age=3600');
  }
  response.setHeader('content-type', 'text/plain');
  response.end('a picture');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${server.address().port}`;
await promisify(execFile)('venv/bin/python', ['by_python.py', base]);
const clients = {
  undici: () => {
    const dispatcher = new Agent().compose(interceptors.cache());
    return async (method, url) => (await undiciFetch(url, { method, dispatcher })).text();
  },
  got: () => {
    const cache = new Map();
    return (method, url) => got(url, { cache, method }).text();
  },
  'make-fetch-happen': (method) => {
    const fetch = makeFetchHappen.defaults({ cachePath: `cache/${method}` });
    return async (method, url) => (await fetch(url, { method })).text();
  },
};
const methods = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'];
for (const [name, make] of Object.entries(clients)) {
  for (const method of methods) {
    const ask = make(method);
    const url = `${base}/${name}/${method}`;
    await ask('GET', url);
    await ask(method, url);
    await ask('GET', url);
  }
}
for (const name of ['CacheControl', 'requests-cache', 'hishel', ...Object.keys(clients)]) {
  const counts = methods.map((method) => `${method} ${asked.get(`/${name}/${method}`)}`);
  console.log(`${name}: ${counts.join(', ')}`);
}
server.close();
server.closeAllConnections();
JS
seen=$(node show.js)
expected='CacheControl: GET 1, PUT 2, POST 1, PATCH 2, DELETE 2
requests-cache: GET 1, PUT 1, POST 1, PATCH 1, DELETE 1
hishel: GET 1, PUT 2, POST 2, PATCH 2, DELETE 2
undici: GET 1, PUT 2, POST 2, PATCH 2, DELETE 2
got: GET 1, PUT 1, POST 1, PATCH 1, DELETE 1
make-fetch-happen: GET 1, PUT 2, POST 2, PATCH 2, DELETE 2'
echo "$seen"
[ "$seen" = "$expected" ]
