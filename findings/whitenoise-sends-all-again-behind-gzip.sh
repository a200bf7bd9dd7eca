#!/usr/bin/env bash
# nginx that compresses an answer makes its strong ETag a weak one, for the bytes are others now (RFC 9110, 8.8.1 and
# 8.8.3.3): "a" becomes W/"a". By that the browser asks the next time, and If-None-Match is compared weakly (13.1.2), so
# that 304 is due. WhiteNoise 6.12.0, and ServeStatic 4.4.0 that was made of it, compare the header as a string with
# their own tag: behind `gzip on` no visitor is ever told 304, and each look at whether a style sheet has changed brings
# all of it. The same holds for a list of tags and for `*`. Asked without nginx they say 304, so nothing shows in
# development. Starlette 1.10.0 and aiohttp 3.14.5 say 304 behind the same nginx. Way round: WhiteNoise's own compressed
# files, which nginx leaves as they are. Seen: below, in `expected`, with nginx 1.22.1. Needs Debian 12's apt (nothing
# is installed), and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
mkdir -p archives/partial root public logs
apt-get update -qq
apt-get install -qq --download-only --reinstall --no-install-recommends -o APT::Sandbox::User=root \
  -o Dir::Cache::archives="$folder/archives" nginx nginx-common > /dev/null
for package in archives/*.deb; do dpkg -x "$package" root; done
libraries=$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$folder/root/usr/lib/$libraries:$folder/root/lib/$libraries"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  aiohttp==3.14.5 servestatic==4.4.0 starlette==1.10.0 uvicorn==0.54.0 whitenoise==6.12.0
cat > show.py <<'PY'
import asyncio, http.client, os, socket, subprocess, threading, time
from wsgiref.simple_server import WSGIRequestHandler, make_server

import uvicorn
from aiohttp import web
from servestatic import ServeStatic
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from whitenoise import WhiteNoise

with open("public/it.css", "w") as css:
    css.write("".join(f".c{at} {{ width: {at}px }}\n" for at in range(1000)))


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def nothing(_, start):
    start("404 Not Found", [])
    return []


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wsgi(app):
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


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


def get(port, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", "/it.css", headers={"Accept-Encoding": "gzip"} | named)
    answer = connection.getresponse()
    return answer.status, answer.headers, len(answer.read())


origins = {
    "WhiteNoise": wsgi(WhiteNoise(nothing, root="public")),
    "ServeStatic": wsgi(ServeStatic(nothing, root="public")),
    "Starlette": asgi(Starlette(routes=[Mount("/", StaticFiles(directory="public"))])),
    "aiohttp": aiohttp(),
}
fronts = {name: free_port() for name in origins}
servers = "".join(
    f"server {{ listen 127.0.0.1:{fronts[name]}; location / {{ proxy_pass http://127.0.0.1:{port}; }} }}\n"
    for name, port in origins.items()
)
kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
paths = "".join(f"{kind}_temp_path {os.getcwd()}/logs;\n" for kind in kinds)
with open("nginx.conf", "w") as conf:
    conf.write(f"""
daemon off;
master_process off;
pid {os.getcwd()}/logs/pid;
events {{}}
http {{
types {{ text/css css; }}
access_log off;
{paths}
proxy_http_version 1.1;
gzip on;
gzip_types text/css;
gzip_proxied any;
{servers}}}
""")
log = f"{os.getcwd()}/logs/error"
nginx = subprocess.Popen(["root/usr/sbin/nginx", "-e", log, "-p", os.getcwd(), "-c", f"{os.getcwd()}/nginx.conf"])
try:
    for port in [*origins.values(), *fronts.values()]:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
    for name, front in fronts.items():
        status, headers, _ = get(front)
        tag, date = headers["ETag"], headers["Last-Modified"]
        weak = tag.startswith('W/"') and headers["Content-Encoding"] == "gzip"
        again, _, sent = get(front, If_None_Match=tag, If_Modified_Since=date)
        listed, _, _ = get(front, If_None_Match=f'"other", {tag}')
        any_tag, _, _ = get(front, If_None_Match="*")
        straight = get(origins[name], If_None_Match=tag.removeprefix("W/"), If_Modified_Since=date)[0]
        kind = "weak" if weak else "strong"
        others = f"list {listed}, * {any_tag}, without nginx {straight}"
        print(f"{name}: {status} with a {kind} tag, then {again} with {sent} bytes; {others}")
finally:
    nginx.terminate()
    nginx.wait()
PY
seen=$(venv/bin/python show.py)
expected='WhiteNoise: 200 with a weak tag, then 200 with 4255 bytes; list 200, * 200, without nginx 304
ServeStatic: 200 with a weak tag, then 200 with 4255 bytes; list 200, * 200, without nginx 304
Starlette: 200 with a weak tag, then 304 with 0 bytes; list 304, * 304, without nginx 304
aiohttp: 200 with a weak tag, then 304 with 0 bytes; list 304, * 304, without nginx 304'
echo "$seen"
[ "$seen" = "$expected" ]
