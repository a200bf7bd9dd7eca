"""The servers under test: started, killed, started again, and what the kernel says they hold."""
import http.client
import os
import signal
import subprocess
import time


class Instance:
    def __init__(self, program, folder, port, settings):
        self.program, self.folder, self.port, self.settings = program, folder, port, settings
        # When it was last down: answers that break off near it are nobody's fault.
        self.down_until = 0.0
        self.went_down = 0.0
        self.process = None
        os.makedirs(folder, exist_ok=True)
        self.start()

    def start(self):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        environment = {**os.environ, **{"WEBP_" + key: value for key, value in self.settings.items()}}
        self.process = subprocess.Popen(
            [self.program, "serve", "--listen", "127.0.0.1:%d" % self.port, "--cache", os.path.join(self.folder, "cache"),
             "--resize"], env=environment, stdout=self.log, stderr=self.log)
        end = time.time() + 30
        while time.time() < end:
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        self.down_until = time.time() + 0.5

    def ask(self, method, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def kill(self):
        """As the kernel's out-of-memory killer would; then started again on the same port and cache."""
        self.went_down = time.time()
        self.down_until = float("inf")
        self.process.kill()
        self.process.wait()
        self.start()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def was_down(self, since):
        return self.down_until >= since and self.went_down <= time.time()

    def held(self):
        """Resident bytes, open files, threads, and temporary files in the cache."""
        base = "/proc/%d" % self.process.pid
        with open(base + "/status") as file:
            status = dict(line.split(":", 1) for line in file if ":" in line)
        cache = os.path.join(self.folder, "cache")
        unfinished = sum(name.endswith(".tmp") or ".tmp" in name for _, _, names in os.walk(cache) for name in names)
        return {"rss": int(status["VmRSS"].split()[0]) << 10, "files": len(os.listdir(base + "/fd")),
                "threads": int(status["Threads"]), "unfinished": unfinished}

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)
