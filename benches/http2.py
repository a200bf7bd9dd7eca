#!/usr/bin/env python3
"""Cached hits over HTTP/2 beside nginx that is set up well, serving the very same bytes, turn by turn.

benches/http2.py [SLIMPIX]    needs nginx and h2load (Debian: nginx-light, nghttp2-client), and a machine with nothing else to do.

One line a size of body: requests a second, their ratio to nginx's, the 95th percentile as h2load tells it, and processor time a
request. HTTP/2 without TLS, as behind a proxy: 32 connections, 10 requests at a time on each, one thread of h2load's, six
pictures in turn. The medians of five rounds.
"""

import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from pathlib import Path
from random import Random

# Widths whose WebPs come near 3.4, 49 and 468 KB.
WIDTHS = {"small": 132, "middle": 520, "large": 1650}
NOISE = 48
PICTURES = 6
ROUNDS = 5
SECONDS = 2
LOAD = ["-t1", "-c32", "-m10"]
TICKS = os.sysconf("SC_CLK_TCK")


def png(width, height, seed):
    """Noise over a gradient: of a size that follows from the pixels."""
    random = Random(seed)
    rows = []
    for y in range(height):
        base = 40 + 150 * y // height
        grey = bytes(base + byte * NOISE // 256 for byte in range(256))
        rows.append(b"\0" + random.randbytes(3 * width).translate(grey))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows), 1)) + chunk(b"IEND", b"")


class Served:
    """A server under way, and the processor time of it with its children."""

    def __init__(self, command, **how):
        self.process = subprocess.Popen(command, **how)

    def seconds(self):
        pids = [self.process.pid]
        children = Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split()
        total = 0
        for pid in [*pids, *children]:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def start_slimpix(program, folder):
    log = open(folder / "log", "w+")
    command = [program, "serve", "pics", "--cache", "cache", "--listen", "127.0.0.1:0", "--formats", "webp"]
    served = Served(command, cwd=folder, stderr=log)
    while True:
        found = re.search(r"listening on (http://[0-9.:]+)/", (folder / "log").read_text())
        if found:
            return served, found[1]
        if served.process.poll() is not None:
            sys.exit((folder / "log").read_text())
        time.sleep(0.05)


def start_nginx(folder, port):
    (folder / "nginx.conf").write_text(f"""
        daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log;
        events {{ worker_connections 1024; }}
        http {{
          access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;
          open_file_cache max=1000 inactive=60s; open_file_cache_valid 30s;
          types {{ image/webp webp; }}
          client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3; uwsgi_temp_path {folder}/4;
          scgi_temp_path {folder}/5;
          server {{ listen 127.0.0.1:{port} http2; root {folder}/made; add_header Vary Accept; add_header Cache-Control "public, max-age=86400"; }}
        }}""")
    served = Served(["nginx", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
    time.sleep(0.5)
    return served, f"http://127.0.0.1:{port}"


def load(served, urls, list_file):
    list_file.write_text("".join(f"{url}\n" for url in urls))
    before = served.seconds()
    command = ["h2load", *LOAD, f"-D{SECONDS}", "-H", "accept: image/webp,*/*", "-i", str(list_file)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = served.seconds() - before
    done, good = (int(number) for number in re.search(r"(\d+) done, (\d+) succeeded", told).groups())
    if good == 0 or good < done:
        sys.exit(told)
    latest = re.search(r"time for request: +\S+ +(\S+) +(\S+)", told)
    return done / SECONDS, spent / done * 1e6, latest[1] if latest else "-"


def main():
    root = Path(__file__).resolve().parent.parent
    program = sys.argv[1] if len(sys.argv) > 1 else str(root / "target/release/slimpix")
    for needed in (program, "nginx", "h2load"):
        if not shutil.which(needed):
            sys.exit(f"{needed} is missing")
    program = os.path.abspath(shutil.which(program))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        for name, width in WIDTHS.items():
            for seed in range(PICTURES):
                path = folder / "pics" / name / f"{seed}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(png(width, width * 3 // 4, seed))
        ours, our_url = start_slimpix(program, folder)
        nginx = None
        try:
            paths = {name: [f"/{name}/{seed}.png" for seed in range(PICTURES)] for name in WIDTHS}
            sizes = {}
            for name, asked in paths.items():
                for path in asked:
                    request = urllib.request.Request(our_url + path, headers={"accept": "image/webp"})
                    # The first answer may be made, and the next one be checked for the first time.
                    body = [urllib.request.urlopen(request).read() for _ in range(2)][1]
                    made = folder / "made" / path[1:].replace(".png", ".webp")
                    made.parent.mkdir(parents=True, exist_ok=True)
                    made.write_bytes(body)
                    sizes.setdefault(name, []).append(len(body))
            nginx, nginx_url = start_nginx(folder, 20000 + os.getpid() % 20000)
            for name, asked in paths.items():
                sides = {
                    "slimpix": (ours, [our_url + path for path in asked]),
                    "nginx": (nginx, [nginx_url + path.replace(".png", ".webp") for path in asked]),
                }
                rounds = {side: [] for side in sides}
                for turn in range(ROUNDS):
                    order = list(sides)[:: 1 if turn % 2 else -1]
                    for side in order:
                        rounds[side].append(load(*sides[side], folder / "urls"))
                rate, cost = ({side: statistics.median(one[at] for one in rounds[side]) for side in sides} for at in (0, 1))
                print(
                    f"{statistics.mean(sizes[name]) / 1000:6.1f} kB: slimpix {rate['slimpix']:8.0f}/s, nginx {rate['nginx']:8.0f}/s, "
                    f"ratio {rate['slimpix'] / rate['nginx']:.2f}; processor {cost['slimpix']:.1f} and {cost['nginx']:.1f} µs a request, "
                    f"ratio {cost['slimpix'] / cost['nginx']:.2f}; slowest {rounds['slimpix'][0][2]} and {rounds['nginx'][0][2]}"
                )
        finally:
            ours.stop()
            if nginx:
                nginx.stop()


main()
