"""Mixed traffic through three servers before an origin that behaves badly; counts what was answered, and what was wrong.

A wrong answer is one that a visitor or an operator would call a fault: another status than the origin's behaviour allows,
a body that is not what its head says, one address and tag with two bodies, a picture wider than was asked for, a 5xx for
what only the client did. The last lines are the figures; the exit status is 1 where any answer was wrong or memory grew.
"""
import argparse
import collections
import hashlib
import http.client
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import time

import origin as bad_origin
import pictures
from instances import Instance

ACCEPTS = ["image/avif,image/webp,image/apng,*/*;q=0.8", "image/webp,*/*", "*/*", "image/png,image/*;q=0.8"]
# What each kind of origin path may be answered with.
ALLOWED = {"ok": {200, 206, 304}, "slow": {200, 206, 304}, "drip": {200, 206, 304}, "lies": {502}, "cuts": {502},
           "fails": {502}, "metadata": {502, 403}, "page": {502, 403, 404}, "none": {404, 502}}
GARBAGE = [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
           b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /ok/a.jpg?w=-1 HTTP/1.1\r\nHost: a\r\n\r\n",
           b"GET /ok/a.jpg?blur=1e999 HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /ok/a.jpg HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
           b"GET /ok/" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /ok/a.jpg HTTP/1.1\r\nHost: a\r\nRange: bytes=9-1\r\n\r\n"]


class Figures:
    def __init__(self):
        self.lock = threading.Lock()
        self.answers = collections.Counter()
        self.wrong = []
        self.excused = 0
        self.seconds = []
        self.bodies = {}

    def count(self, kind, status, seconds):
        with self.lock:
            self.answers[kind, status] += 1
            self.seconds.append(seconds)

    def fault(self, what):
        with self.lock:
            self.wrong.append(what)
            print("WRONG:", what, flush=True)

    def same(self, key, body):
        """True unless this address and tag had another body before."""
        digest = hashlib.sha256(body).digest()
        with self.lock:
            return self.bodies.setdefault(key, digest) == digest


def judge(figures, kind, url, accept, wanted, status, head, body):
    where = "%s (%s)" % (url, accept)
    if status == 503 and kind in ("ok", "slow", "drip") and head.get("Retry-After"):
        return
    if status not in ALLOWED[kind]:
        return figures.fault("%s: %d" % (where, status))
    if status != 200:
        return
    told, what = head.get("Content-Type", "").split(";")[0], pictures.kind(body)
    if what and told != what:
        figures.fault("%s: is %s and says %s" % (where, what, told))
    if what and not pictures.is_whole(body):
        figures.fault("%s: ends before its end" % where)
    if told in ("image/avif", "image/webp") and told not in accept and "format=" not in url and not url.split("?")[0].endswith(told[6:]):
        figures.fault("%s: %s was not asked for" % (where, told))
    if "accept" not in head.get("Vary", "").lower() and "format=" not in url:
        figures.fault("%s: no Vary" % where)
    wide = pictures.width(body)
    if wanted and wide and wide > wanted and told in ("image/avif", "image/webp"):
        figures.fault("%s: %d pixels wide" % (where, wide))
    if head.get("ETag") and not figures.same((url, told, head["ETag"]), body):
        figures.fault("%s: one tag, two bodies" % where)


def choose(names):
    """A kind of request, its address, and the width asked for."""
    kind = random.choices(list(ALLOWED), [60, 4, 4, 3, 3, 2, 2, 2, 2])[0]
    name = "nothing.jpg" if kind == "none" else random.choice(names)
    url = "/%s/%s" % ("ok" if kind == "none" else kind, name)
    draw = random.random()
    if draw < 0.5:
        return kind, url, None
    if draw < 0.8:
        wide = random.choice([160, 320, 640, 1280])
        return kind, "%s?width=%d" % (url, wide), wide
    wide = random.randint(1, 2000)
    extra = random.choice(["", "&quality=%d" % random.randint(1, 100), "&blur=2", "&rotate=90", "&format=webp", "&fit=pad&height=300"])
    # Widths go up to the next of the list.
    return kind, "%s?width=%d%s" % (url, wide, extra), None


def visit(instances, names, figures, end):
    tags = {}
    while time.time() < end:
        instance = random.choice(instances)
        begun = time.time()
        connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=60)
        try:
            for _ in range(random.randint(1, 20)):
                begun = time.time()
                one(connection, names, figures, tags)
                if time.time() > end:
                    break
        except (OSError, http.client.HTTPException) as error:
            if instance.was_down(begun):
                figures.excused += 1
            else:
                figures.fault("no answer: %r" % error)
        finally:
            connection.close()


def one(connection, names, figures, tags):
    kind, url, wide = choose(names)
    accept = random.choice(ACCEPTS)
    head = {"Accept": accept, "Host": "pictures.example"}
    draw = random.random()
    if draw < 0.1 and (url, accept) in tags:
        head["If-None-Match"] = tags[url, accept]
    elif draw < 0.15:
        head["Range"] = "bytes=%d-%d" % (random.randint(0, 99), random.randint(100, 5000))
    begun = time.time()
    connection.request("HEAD" if draw > 0.97 else "GET", url, headers=head)
    answer = connection.getresponse()
    if 0.94 < draw < 0.97:
        # A visitor who leaves in the middle.
        answer.read(1000)
        connection.close()
        return
    body = answer.read()
    figures.count(kind, answer.status, time.time() - begun)
    if answer.status == 200 and answer.headers.get("ETag"):
        tags[url, accept] = answer.headers["ETag"]
    if draw <= 0.97:
        judge(figures, kind, url, accept, wide, answer.status, answer.headers, body)


def annoy(instances, figures, end):
    """Heads that nobody should send: anything below 500 or a closed connection is an answer."""
    while time.time() < end:
        instance = random.choice(instances)
        begun = time.time()
        try:
            with socket.create_connection(("127.0.0.1", instance.port), timeout=20) as stream:
                stream.sendall(random.choice(GARBAGE))
                stream.shutdown(socket.SHUT_WR)
                answer = stream.recv(4096)
            if answer.startswith(b"HTTP/1."):
                status = int(answer[9:12])
                figures.count("garbage", status, time.time() - begun)
                if status >= 500 and status != 505:
                    figures.fault("garbage: %r" % answer[:40])
        except OSError as error:
            if not instance.was_down(begun) and not isinstance(error, ConnectionResetError):
                figures.fault("garbage: %r" % error)
        time.sleep(0.2)


def operate(instances, names, figures, token, every, end):
    """Purges, reloads and kills, one after the other."""
    done = collections.Counter()
    turn = 0
    while time.time() + every < end:
        time.sleep(every)
        turn += 1
        instance = random.choice(instances)
        if turn % 4 == 0:
            instance.kill()
            done["kills"] += 1
        elif turn % 4 == 2:
            instance.reload()
            done["reloads"] += 1
        else:
            query = random.choice(["source=/ok/" + random.choice(names), "prefix=/ok/", "all"])
            status, text = instance.ask("POST", "/_admin/purge?" + query, {"Authorization": "Bearer " + token})
            done["purges"] += 1
            if status != 200:
                figures.fault("purge %s: %d %r" % (query, status, text[:80]))
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the slimpix to try")
    parser.add_argument("folder", help="pictures of any kind")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--visitors", type=int, default=8)
    parser.add_argument("--every", type=float, default=10, help="seconds between two acts of the operator")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    work = tempfile.mkdtemp()
    names = sorted(name for name in os.listdir(arguments.folder) if os.path.isfile(os.path.join(arguments.folder, name)))
    address = bad_origin.start(arguments.folder)
    token = "a-token-of-traffic-0123"
    settings = {"IMG_PATH": address, "CONVERT_TYPES": "avif,webp", "MEMORY": "64M", "CACHE_TTL": "1", "ADMIN_TOKEN": token,
                "MAX_CACHE_SIZE": "64"}
    instances = [Instance(arguments.program, os.path.join(work, str(i)), free_port(), settings) for i in range(3)]
    figures, end = Figures(), time.time() + 60 * arguments.minutes
    threads = [threading.Thread(target=visit, args=(instances, names, figures, end)) for _ in range(arguments.visitors)]
    threads.append(threading.Thread(target=annoy, args=(instances, figures, end)))
    acts = []
    threads.append(threading.Thread(
        target=lambda: acts.append(operate(instances, names, figures, token, arguments.every, end))))
    for thread in threads:
        thread.start()
    halves = [collections.Counter(), collections.Counter()]
    begun = time.time()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        half = halves[time.time() - begun > 30 * arguments.minutes]
        for instance in instances:
            try:
                held = instance.held()
            except (OSError, KeyError, ValueError):
                continue
            for what, value in held.items():
                half[what] = max(half[what], value)
    report(figures, instances, acts, halves)
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(bool(figures.wrong))


def report(figures, instances, acts, halves):
    time.sleep(5)
    rest = [instance.held() for instance in instances]
    codes = [instance.stop() for instance in instances]
    if any(codes):
        figures.fault("stopped with %s" % codes)
    if bad_origin.Forbidden.asked:
        figures.fault("the forbidden address was asked %d times" % bad_origin.Forbidden.asked)
    kinds = collections.defaultdict(dict)
    for (kind, status), count in sorted(figures.answers.items()):
        kinds[kind][status] = count
    for kind, counts in kinds.items():
        print("%-9s %s" % (kind, ", ".join("%d: %d" % item for item in counts.items())))
    seconds = sorted(figures.seconds)
    print("answers %d; half within %.1f ms, 99 of 100 within %.0f ms" % (
        len(seconds), 1e3 * seconds[len(seconds) // 2], 1e3 * seconds[len(seconds) * 99 // 100]))
    print("operator:", dict(acts[0]), "; answers lost to kills:", figures.excused)
    print("origin was asked:", bad_origin.counts)
    for name, held in (("first half, most", halves[0]), ("second half, most", halves[1])):
        print("%-18s RSS %.1f MiB, %d files, %d threads" % (name, held["rss"] / 2**20, held["files"], held["threads"]))
    for held in rest:
        print("%-18s RSS %.1f MiB, %d files, %d threads, %d unfinished" % (
            "at rest", held["rss"] / 2**20, held["files"], held["threads"], held["unfinished"]))
        if held["unfinished"]:
            figures.fault("unfinished files are left in the cache")
    print("wrong answers:", len(figures.wrong))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


if __name__ == "__main__":
    main()
