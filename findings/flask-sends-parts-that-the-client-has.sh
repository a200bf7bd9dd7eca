#!/usr/bin/env bash
# Range counts only where the answer would be 200 without it, after all conditions (RFC 9110, 13.2.2 and 14.2). Flask
# 3.1.3 (Werkzeug 3.1.9) looks at it first: by `If-None-Match` or `If-Modified-Since` a client that has the file is told
# 304, but with a Range beside it gets 206 and the bytes again. `If-Match: *` holds for every file that is there
# (13.1.1); Flask answers it by 412. A suffix that is longer than the file asks for all of it (14.1.2), and 416 is for
# ranges of which none can be had (15.5.17); Flask answers 416, so that who reads the last 64 KiB of archives fails on
# small ones, and so it does where two ranges are asked for, or a unit that isn't known, which a server MUST ignore
# (14.2). Whatever conditional=True is given for has this, static files among it. Starlette 1.10.0, aiohttp 3.14.5 and
# Tornado 6.6.1 spare the bytes, and say 200 to `*`; each of the ranges is right in one of them at least. Seen: below,
# in `expected`, of a file of 1000 bytes. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  aiohttp==3.14.5 flask==3.1.3 starlette==1.10.0 tornado==6.6.1 uvicorn==0.54.0 werkzeug==3.1.9
mkdir public
cat > show.py <<'PY'
import asyncio, http.client, logging, os, socket, threading, time

import tornado.web
import uvicorn
from aiohttp import web
from flask import Flask
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
public = os.path.abspath("public")
with open("public/it.bin", "wb") as file:
    file.write(bytes(1000))


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def flask(port):
    app = Flask("show", static_folder=public, static_url_path="")
    make_server("127.0.0.1", port, app).serve_forever()


def starlette(port):
    app = Starlette(routes=[Mount("/", StaticFiles(directory=public))])
    uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical")).run()


async def by_aiohttp(port):
    app = web.Application()
    app.router.add_static("/", public)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


async def by_tornado(port):
    handler = (r"/(.*)", tornado.web.StaticFileHandler, {"path": public})
    tornado.web.Application([handler], log_function=lambda _: None).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


def get(port, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/it.bin", headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


CASES = {
    "If-None-Match": lambda tag, date: {"If_None_Match": tag},
    "If-None-Match and Range": lambda tag, date: {"If_None_Match": tag, "Range": "bytes=0-99"},
    "If-Modified-Since and Range": lambda tag, date: {"If_Modified_Since": date, "Range": "bytes=0-99"},
    "If-Match: *": lambda tag, date: {"If_Match": "*"},
    "Range: bytes=-100": lambda tag, date: {"Range": "bytes=-100"},
    "Range: bytes=-5000": lambda tag, date: {"Range": "bytes=-5000"},
    "Range: bytes=0-9,500-509": lambda tag, date: {"Range": "bytes=0-9,500-509"},
    "Range: seconds=0-9": lambda tag, date: {"Range": "seconds=0-9"},
}
servers = {
    "Flask": flask,
    "Starlette": starlette,
    "aiohttp": lambda port: asyncio.run(by_aiohttp(port)),
    "Tornado": lambda port: asyncio.run(by_tornado(port)),
}
ports = {}
for name, serve in servers.items():
    ports[name] = free_port()
    threading.Thread(target=serve, args=(ports[name],), daemon=True).start()
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", ports[name])).close()
            break
        except OSError:
            time.sleep(0.1)
for case, headers in CASES.items():
    answers = []
    for name, port in ports.items():
        _, had, _ = get(port)
        status, _, sent = get(port, **headers(had["ETag"], had["Last-Modified"]))
        answers.append(f"{name} {status}" + (f" with {len(sent)} bytes" if status in (200, 206) else ""))
    print(f"{case}: {', '.join(answers)}")
PY
seen=$(venv/bin/python show.py)
expected='If-None-Match: Flask 304, Starlette 304, aiohttp 304, Tornado 304
If-None-Match and Range: Flask 206 with 100 bytes, Starlette 304, aiohttp 304, Tornado 304
If-Modified-Since and Range: Flask 206 with 100 bytes, Starlette 304, aiohttp 304, Tornado 304
If-Match: *: Flask 412, Starlette 200 with 1000 bytes, aiohttp 200 with 1000 bytes, Tornado 200 with 1000 bytes
Range: bytes=-100: Flask 206 with 100 bytes, Starlette 206 with 100 bytes, aiohttp 206 with 100 bytes, Tornado 206 with 100 bytes
Range: bytes=-5000: Flask 416, Starlette 206 with 1000 bytes, aiohttp 206 with 1000 bytes, Tornado 200 with 1000 bytes
Range: bytes=0-9,500-509: Flask 416, Starlette 206 with 264 bytes, aiohttp 416, Tornado 200 with 1000 bytes
Range: seconds=0-9: Flask 416, Starlette 400, aiohttp 416, Tornado 200 with 1000 bytes'
echo "$seen"
[ "$seen" = "$expected" ]
