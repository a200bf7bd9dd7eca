#!/usr/bin/env bash
# A cache that answers from its store must say by `Age` how many seconds old the answer is (RFC 9111, 5.1), and what a
# cache before it said by `Age` counts against `max-age` (4.2.3), so that an answer's life is the same however many
# caches it goes through. `proxy_cache` of nginx 1.22.1 does neither: from its store it answers without Age, and an Age
# that came with the answer it hands out unchanged as long as it keeps it, and for a lifetime of its own it looks at
# `max-age` alone. Each cache behind it, browsers among them, thus begins to count anew: through two nginx in a row with
# `max-age=4`, what the origin no longer has is there after 6 seconds, in general after as many lifetimes as there are
# caches; and an answer that is stale as it comes, with `Age: 3600` and `max-age=60`, is kept for another minute. Its
# documentation of proxy_cache doesn't speak of Age. Apache 2.4 (mod_cache_disk) does all of it right. Way round:
# `X-Accel-Expires: 1`, by which nginx alone keeps an answer for a shorter time. Seen: below, in `expected`. Needs
# Debian 12's apt (nothing is installed) and Python 3. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
mkdir -p archives/partial root logs cache/1 cache/2 cache/3
chmod -R 777 cache
apt-get update -qq
apt-get install -qq --download-only --reinstall --no-install-recommends -o APT::Sandbox::User=root \
  -o Dir::Cache::archives="$folder/archives" apache2-bin nginx nginx-common > /dev/null
for package in archives/*.deb; do dpkg -x "$package" root; done
libraries=$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$folder/root/usr/lib/$libraries:$folder/root/lib/$libraries"
cat > show.py <<'PY'
import collections, http.client, http.server, os, socket, subprocess, threading, time

folder = os.getcwd()
asked = collections.Counter()
started = {}


class Origin(http.server.BaseHTTPRequestHandler):
    """A picture that is another one a second after it was first asked for; `/old` comes out of some cache."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked[self.path] += 1
        now = time.monotonic()
        picture = b"the first" if now - started.setdefault(self.path, now) < 1 else b"the second"
        is_old = self.path.endswith("old")
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=60" if is_old else "max-age=4")
        if is_old:
            self.send_header("Age", "3600")
        self.send_header("Content-Length", str(len(picture)))
        self.end_headers()
        self.wfile.write(picture)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.read().decode(), answer.headers["Age"]


origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=origin.serve_forever, daemon=True).start()
ports = {"nginx": [free_port(), free_port()], "Apache": [free_port(), free_port()]}
near, far = ports["nginx"]
paths = " ".join(f"{name}_temp_path {folder}/logs;" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
with open("nginx.conf", "w") as file:
    file.write(f"""
daemon off; pid {folder}/nginx.pid; error_log {folder}/logs/nginx; events {{}}
{"user root;" if os.getuid() == 0 else ""}
http {{
  access_log off; {paths}
  proxy_cache_path {folder}/cache/1 keys_zone=near:1m; proxy_cache_path {folder}/cache/2 keys_zone=far:1m;
  server {{ listen 127.0.0.1:{near}; proxy_cache near; location / {{ proxy_pass http://127.0.0.1:{far}; }} }}
  server {{
    listen 127.0.0.1:{far}; proxy_cache far; location / {{ proxy_pass http://127.0.0.1:{origin.server_port}; }}
  }}
}}""")
near, far = ports["Apache"]
modules = "mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk"
load = "\n".join(f"LoadModule {name}_module {folder}/root/usr/lib/apache2/modules/mod_{name}.so" for name in modules)
user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
with open("apache.conf", "w") as file:
    file.write(f"""
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/logs/apache
Listen 127.0.0.1:{near}
Listen 127.0.0.1:{far}
{load}
{user}
CacheRoot {folder}/cache/3
CacheEnable disk /
<VirtualHost 127.0.0.1:{near}>
  ProxyPass / http://127.0.0.1:{far}/
</VirtualHost>
<VirtualHost 127.0.0.1:{far}>
  ProxyPass / http://127.0.0.1:{origin.server_port}/
</VirtualHost>
""")
commands = {
    "nginx": ["root/usr/sbin/nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/logs/nginx"],
    "Apache": ["root/usr/sbin/apache2", "-f", f"{folder}/apache.conf", "-DFOREGROUND"],
}
for name, command in commands.items():
    near, far = ports[name]
    with open(f"logs/{name}.out", "w") as out, subprocess.Popen(command, stdout=out, stderr=out) as server:
        try:
            for port in near, far:
                for _ in range(100):
                    try:
                        socket.create_connection(("127.0.0.1", port)).close()
                        break
                    except OSError:
                        time.sleep(0.1)
            get(far, f"/{name}")
            for _ in range(2):
                get(far, f"/{name}-old")
            time.sleep(3)
            picture, age = get(far, f"/{name}")
            print(f"{name}, after 3 seconds: {picture}, Age {'of 2 to 4' if age in ('2', '3', '4') else age}")
            _, age = get(far, f"/{name}-old")
            print(f"{name}, Age 3600 with max-age=60: asked {asked[f'/{name}-old']} times for 3, Age then {age}")
            get(near, f"/{name}")
            time.sleep(3)
            picture, _ = get(near, f"/{name}")
            print(f"{name}, after 6 seconds, through two: {picture}")
        finally:
            server.terminate()
PY
seen=$(python3 show.py)
expected='nginx, after 3 seconds: the first, Age None
nginx, Age 3600 with max-age=60: asked 1 times for 3, Age then 3600
nginx, after 6 seconds, through two: the first
Apache, after 3 seconds: the first, Age of 2 to 4
Apache, Age 3600 with max-age=60: asked 3 times for 3, Age then 3600
Apache, after 6 seconds, through two: the second'
echo "$seen"
[ "$seen" = "$expected" ]
