"""An origin that behaves badly: slow, lying about lengths, breaking off, failing, redirecting to where nobody may go.

`/KIND/NAME` is the picture NAME of a folder, treated as KIND says; `/stats` are the counts by kind.
"""
import hashlib
import http.server
import json
import os
import random
import socket
import threading
import time

counts = {}
lock = threading.Lock()


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = ""
    # Where a redirect to "the metadata service" leads: a listener that must never be asked.
    forbidden = ""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        kind, _, name = self.path.lstrip("/").partition("?")[0].partition("/")
        with lock:
            counts[kind] = counts.get(kind, 0) + 1
        if kind == "stats":
            return self.send(200, json.dumps(counts).encode(), {})
        try:
            with open(os.path.join(self.folder, os.path.basename(name)), "rb") as file:
                body = file.read()
        except OSError:
            return self.send(404, b"no such picture", {})
        tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        head = {"ETag": tag, "Cache-Control": "max-age=5"}
        if kind == "ok":
            if self.headers.get("If-None-Match") == tag:
                return self.send(304, b"", head)
            return self.send(200, body, head)
        if kind == "slow":
            time.sleep(random.uniform(0.2, 3))
            return self.send(200, body, head)
        if kind == "drip":
            self.begin(200, len(body), head)
            for at in range(0, len(body), len(body) // 5 + 1):
                self.wfile.write(body[at:at + len(body) // 5 + 1])
                time.sleep(0.2)
            return None
        if kind == "lies":
            # More is promised than comes.
            self.begin(200, len(body) + 1000, head)
            self.wfile.write(body)
            return self.hang_up()
        if kind == "cuts":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            half = body[:len(body) // 2]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
            return self.hang_up()
        if kind == "fails":
            return self.send(500, b"<h1>no</h1>", {"Content-Type": "text/html"})
        if kind == "metadata":
            return self.send(302, b"", {"Location": random.choice([
                "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", self.forbidden])})
        if kind == "page":
            return self.send(200, b"<!doctype html><title>not a picture</title>", {"Content-Type": "text/html"})
        return self.send(404, b"no such kind", {})

    def begin(self, status, length, head):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, status, body, head):
        self.begin(status, len(body), head)
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class Forbidden(http.server.BaseHTTPRequestHandler):
    asked = 0

    def log_message(self, *_):
        pass

    def do_GET(self):
        Forbidden.asked += 1
        self.send_response(200)
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        # Clients go away; that's part of it.
        pass


def start(folder):
    """Starts both listeners on free ports; gives the origin's address."""
    forbidden = Server(("127.0.0.1", 0), Forbidden)
    Origin.folder = folder
    Origin.forbidden = "http://127.0.0.1:%d/secret" % forbidden.server_port
    origin = Server(("127.0.0.1", 0), Origin)
    for server in (forbidden, origin):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % origin.server_port
