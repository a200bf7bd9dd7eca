#!/usr/bin/env bash
# A weight of 0 in Accept-Encoding means "not acceptable" (RFC 9110, 12.4.2): a coding that is listed may be sent
# "unless it is accompanied by a qvalue of 0", and where none may, the answer has no coding (12.5.3). Starlette 1.10.0
# and with it FastAPI (GZipMiddleware), Django 5.2.19 (GZipMiddleware), WhiteNoise 6.12.0, sirv 3.0.2 and the static
# files of aiohttp 3.14.5 look for the word gzip in the field and nothing else: to `gzip;q=0`, and to `identity,
# gzip;q=0`, they send gzip. So what can't unpack, or wants the file's own bytes to hash them or to go on with a
# download, gets others than it asked for, with no way to name gzip and refuse it; saved to a file, a style sheet or a
# script is no text. `*;q=0` is understood, for there the word isn't. Hono 4.13.19 (compress) and Express 5.3.0
# (compression 1.8.2) send the file as it is. Seen: below, in `expected`. Needs Node.js 20 or newer, and Python 3.11 or
# newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "type": "module",
  "dependencies": {
    "@hono/node-server": "2.1.9", "compression": "1.8.2", "express": "5.3.0", "hono": "4.13.19", "sirv": "3.0.2"
  }
}
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  aiohttp==3.14.5 django==5.2.19 starlette==1.10.0 uvicorn==0.54.0 whitenoise==6.12.0
mkdir public
cat > servers.js <<'JS'
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import compression from 'compression';
import express from 'express';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import sirv from 'sirv';

const css = readFileSync('public/it.css', 'utf8');
const type = { 'content-type': 'text/css' };
const hono = new Hono().use(compress()).get('/it.css', (context) => context.body(css, 200, type));
const byExpress = express()
  .use(compression())
  .get('/it.css', (_, response) => response.type('css').send(css));
const handlers = { sirv: sirv('public', { gzip: true }), Hono: getRequestListener(hono.fetch), Express: byExpress };
const ports = {};
for (const [name, handler] of Object.entries(handlers)) {
  const server = createServer((request, response) => handler(request, response, () => response.end()));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  ports[name] = server.address().port;
}
console.log(JSON.stringify(ports));
JS
cat > show.py <<'PY'
import asyncio, gzip, http.client, json, socket, subprocess, threading, time
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
import uvicorn
from aiohttp import web
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from whitenoise import WhiteNoise

css = "".join(f".c{at} {{ width: {at}px }}\n" for at in range(1000))
with open("public/it.css", "w") as file:
    file.write(css)
with gzip.open("public/it.css.gz", "wt") as file:
    file.write(css)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def wsgi(app):
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def asgi(app):
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    threading.Thread(target=server.run, daemon=True).start()
    return port


def aiohttp():
    port = free_port()
    app = web.Application()
    app.router.add_static("/", "public")

    async def serve():
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()

    threading.Thread(target=asyncio.run, args=(serve(),), daemon=True).start()
    return port


def nothing(_, start):
    start("404 Not Found", [])
    return []


def coding(port, accepted):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/it.css", headers={"Accept-Encoding": accepted})
    answer = connection.getresponse()
    body = answer.read()
    said = answer.headers["Content-Encoding"] or "identity"
    assert answer.status == 200 and (body[:2] == b"\x1f\x8b") == (said == "gzip")
    return said


urlpatterns = [path("it.css", lambda _: HttpResponse(css, content_type="text/css"))]
settings.configure(
    ALLOWED_HOSTS=["*"], MIDDLEWARE=["django.middleware.gzip.GZipMiddleware"], ROOT_URLCONF=__name__, SECRET_KEY="any"
)
django.setup()
route = Route("/it.css", lambda _: PlainTextResponse(css))
node = subprocess.Popen(["node", "servers.js"], stdout=subprocess.PIPE, text=True)
try:
    ports = {
        "Starlette": asgi(Starlette(routes=[route], middleware=[Middleware(GZipMiddleware)])),
        "Django": wsgi(get_wsgi_application()),
        "WhiteNoise": wsgi(WhiteNoise(nothing, root="public")),
        "aiohttp": aiohttp(),
    } | json.loads(node.stdout.readline())
    for port in ports.values():
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
    for accepted in "gzip", "gzip;q=0", "identity, gzip;q=0", "identity;q=1, *;q=0":
        seen = {}
        for name, port in ports.items():
            seen.setdefault(coding(port, accepted), []).append(name)
        answers = [f"{said} from {', '.join(names)}" for said, names in seen.items()]
        print(f"{accepted}: {'; '.join(answers)}")
finally:
    node.terminate()
    node.wait()
PY
seen=$(venv/bin/python show.py)
expected='gzip: gzip from Starlette, Django, WhiteNoise, aiohttp, sirv, Hono, Express
gzip;q=0: gzip from Starlette, Django, WhiteNoise, aiohttp, sirv; identity from Hono, Express
identity, gzip;q=0: gzip from Starlette, Django, WhiteNoise, aiohttp, sirv; identity from Hono, Express
identity;q=1, *;q=0: identity from Starlette, Django, WhiteNoise, aiohttp, sirv, Hono, Express'
echo "$seen"
[ "$seen" = "$expected" ]
