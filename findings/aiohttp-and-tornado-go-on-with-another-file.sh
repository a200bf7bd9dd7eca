#!/usr/bin/env bash
# Who goes on with a download sends Range, and in If-Range the ETag or the date of what there is already: if the file is
# another one by now, Range is to be ignored, and all of the new one sent (RFC 9110, 13.1.5 and 14.2). aiohttp 3.14.5
# takes If-Range by its date alone; of an ETag, which clients are to use where there is one, it takes no notice. Tornado
# 6.6.1 doesn't look at If-Range at all. Both answer 206 with a part of the new file, and the client joins it to its
# part of the old one: length and status are right, and the picture or archive is broken. In Tornado the new file even
# has the old file's ETag, for its static handler works out the tag of a path once (until it is restarted, or in debug
# mode), so that a browser which asks by If-None-Match is told 304 and never sees the new file, and no client can tell.
# Flask 3.1.3 (Werkzeug 3.1.9) and Starlette 1.10.0 send the new file. Seen: below, in `expected`. Needs Python 3.11 or
# newer with venv. Fails if that changes.
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
old, new = b"old" * 1000, b"new" * 1000


def put(content, date):
    with open("public/it.bin", "wb") as file:
        file.write(content)
    os.utime("public/it.bin", (date, date))


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


def gone_on(port, validator):
    status, _, body = get(port, Range="bytes=1500-", If_Range=validator)
    whole = body if status == 200 else old[:1500] + body
    return f"{status}, {'the new file' if whole == new else 'half old, half new'}"


servers = {
    "Flask": flask,
    "Starlette": starlette,
    "aiohttp": lambda port: asyncio.run(by_aiohttp(port)),
    "Tornado": lambda port: asyncio.run(by_tornado(port)),
}
ports = {}
put(old, 1_700_000_000)
for name, serve in servers.items():
    ports[name] = free_port()
    threading.Thread(target=serve, args=(ports[name],), daemon=True).start()
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", ports[name])).close()
            break
        except OSError:
            time.sleep(0.1)
before = {name: get(port)[1] for name, port in ports.items()}
put(new, 1_710_000_000)
for name, port in ports.items():
    tag, date = before[name]["ETag"], before[name]["Last-Modified"]
    asked = get(port, If_None_Match=tag)[0]
    by_tag, by_date = gone_on(port, tag), gone_on(port, date)
    print(f"{name}: If-None-Match: {asked}; If-Range by tag: {by_tag}; by date: {by_date}")
PY
seen=$(venv/bin/python show.py)
expected='Flask: If-None-Match: 200; If-Range by tag: 200, the new file; by date: 200, the new file
Starlette: If-None-Match: 200; If-Range by tag: 200, the new file; by date: 200, the new file
aiohttp: If-None-Match: 200; If-Range by tag: 206, half old, half new; by date: 200, the new file
Tornado: If-None-Match: 304; If-Range by tag: 206, half old, half new; by date: 206, half old, half new'
echo "$seen"
[ "$seen" = "$expected" ]
