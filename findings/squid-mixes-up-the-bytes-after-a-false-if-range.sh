#!/usr/bin/env bash
# Squid 5.7 (Debian 12) with a picture fresh in its cache: a request with Range and an If-Range of another tag gets
# status 200 and the whole length, without an error, yet other bytes. The body begins in the middle, at the range's
# first byte, and goes on near the picture's beginning: of 20,000 bytes and `Range: bytes=4000-`, bytes 4000 to 4095
# come first and then 96 to 19999. RFC 9110 (13.1.5, 14.2) has Range ignored where If-Range is false, so that the
# whole picture comes: who went on with a download whose picture has changed keeps a broken one that looks whole. The
# entry's own tag gets a right 206, a plain request the right 200, also afterwards; the origin is asked once. Way
# round: `acl ranged req_header Range .` with `cache deny ranged`. Seen: below, in `expected`. Needs Debian 12's apt
# (nothing is installed) and Python 3. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
mkdir -p archives/partial root
apt-get update -qq
apt-get install -qq --download-only --reinstall --no-install-recommends -o APT::Sandbox::User=root \
  -o Dir::Cache::archives="$folder/archives" squid squid-common squid-langpack > /dev/null
for package in archives/*.deb; do dpkg -x "$package" root; done
libraries=$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$folder/root/usr/lib/$libraries:$folder/root/lib/$libraries"
root/usr/sbin/squid -v | head -n 1
cat > show.py <<'PY'
import http.client, http.server, os, socket, subprocess, threading, time

# Every two bytes say their own place, so a body tells which parts of the picture it is made of.
WHOLE = b"".join(at.to_bytes(2, "big") for at in range(10_000))
asked = 0


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global asked
        asked += 1
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(WHOLE)))
        self.send_header("ETag", '"new"')
        self.send_header("Cache-Control", "public, max-age=3600")
        self.end_headers()
        self.wfile.write(WHOLE)

    def log_message(self, *_):
        pass


def parts(body):
    runs = []
    for at in range(0, len(body), 2):
        place = 2 * int.from_bytes(body[at:at + 2], "big")
        if runs and runs[-1][1] == place:
            runs[-1][1] = place + 2
        else:
            runs.append([place, place + 2])
    return ", ".join(f"{start} to {end - 1}" for start, end in runs)


def get(port, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/picture", headers=headers)
    answer = connection.getresponse()
    return f"{answer.status} of {answer.headers['Content-Length']} bytes: {parts(answer.read())}"


origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=origin.serve_forever, daemon=True).start()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
here = os.getcwd()
with open("squid.conf", "w") as conf:
    conf.write(f"""
http_port 127.0.0.1:{port} accel defaultsite=localhost
cache_peer 127.0.0.1 parent {origin.server_port} 0 no-query no-digest originserver
http_access allow all
cache_mem 8 MB
shutdown_lifetime 0 seconds
pid_filename none
access_log none
cache_log /dev/null
coredump_dir {here}
mime_table {here}/root/usr/share/squid/mime.conf
icon_directory {here}/root/usr/share/squid/icons
error_directory {here}/root/usr/share/squid-langpack/en
pinger_enable off
""")
squid = subprocess.Popen([f"{here}/root/usr/sbin/squid", "-N", "-f", "squid.conf"], stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    for name, headers in {
        "plain": {},
        "another tag": {"Range": "bytes=4000-", "If-Range": '"old"'},
        "its own tag": {"Range": "bytes=4000-", "If-Range": '"new"'},
        "plain again": {},
    }.items():
        print(f"{name}: {get(port, headers)}")
    print(f"requests to the origin: {asked}")
finally:
    squid.terminate()
    squid.wait()
PY
seen=$(python3 show.py)
expected='plain: 200 of 20000 bytes: 0 to 19999
another tag: 200 of 20000 bytes: 4000 to 4095, 96 to 19999
its own tag: 206 of 16000 bytes: 4000 to 19999
plain again: 200 of 20000 bytes: 0 to 19999
requests to the origin: 1'
echo "$seen"
[ "$seen" = "$expected" ]
