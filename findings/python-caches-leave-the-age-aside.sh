#!/usr/bin/env bash
# What a cache on the way has kept says by `Age` for how many seconds: they count against `max-age` (RFC 9111, 4.2.3),
# so an answer with `max-age=60` and `Age: 3600` is stale as it comes. Of four private caches for Python and Node.js
# that go by Cache-Control, three take it for fresh for another 60 seconds: CacheControl 0.14.4 (which pip has within
# itself), requests-cache 1.3.3 with cache_control=True, and hishel 2.0.0 with rfc=True, which leave Age aside. Behind a
# CDN things live for twice as long as their origin allows, and a purge at the CDN isn't the end of it. undici 7.30.2
# with interceptors.cache() asks again. Seen: below, in `expected`: how often the origin is asked by three requests.
# Needs Node.js 20.18 or newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "undici": "7.30.2" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cachecontrol==0.14.4 hishel==2.0.0 httpx==0.28.1 \
  msgpack==1.2.2 requests==2.34.2 requests-cache==1.3.3 anysqlite==0.0.5 anyio==4.14.2
cat > ask.js <<'JS'
import { Agent, interceptors, request } from 'undici';

const dispatcher = new Agent().compose(interceptors.cache());
for (let time = 0; time < 3; time += 1) {
  await (await request(process.argv[2], { dispatcher })).body.text();
  await new Promise((resolve) => setTimeout(resolve, 50));
}
JS
cat > show.py <<'PY'
import collections, http.server, subprocess, threading

import cachecontrol
import hishel
import hishel.httpx
import requests
import requests_cache

asked = collections.Counter()


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked[self.path] += 1
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=60")
        self.send_header("Age", self.path.split("/")[-1])
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b"a picture")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=server.serve_forever, daemon=True).start()
sessions = {
    "CacheControl": cachecontrol.CacheControl(requests.Session()),
    "requests-cache": requests_cache.CachedSession(backend="memory", cache_control=True),
    "hishel": hishel.httpx.CacheClient(storage=hishel.SqliteStorage(database_path="hishel.db"), rfc=True),
}
for age in (30, 3600):
    for name in [*sessions, "undici"]:
        path = f"/{name}/{age}"
        address = f"http://127.0.0.1:{server.server_port}{path}"
        if name == "undici":
            subprocess.run(["node", "ask.js", address], check=True)
        else:
            for _ in range(3):
                sessions[name].get(address)
        print(f"Age {age}, {name}: {asked[path]}")
PY
seen=$(venv/bin/python show.py)
expected='Age 30, CacheControl: 1
Age 30, requests-cache: 1
Age 30, hishel: 1
Age 30, undici: 1
Age 3600, CacheControl: 1
Age 3600, requests-cache: 1
Age 3600, hishel: 1
Age 3600, undici: 3'
echo "$seen"
[ "$seen" = "$expected" ]
