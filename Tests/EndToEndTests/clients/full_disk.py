"""A daemon whose disk is full goes on forwarding, says so, and records again once there is room. Standard library only.

    unshare --mount full_disk.py BINARY FOLDER

Mounts a small tmpfs on FOLDER, in a mount namespace of its own so that nothing stays behind: needs root. Prints one
line a check; exits 1 at the first failure.
"""
import atexit
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading

binary, folder = sys.argv[1], sys.argv[2]
KEY = "cr_prod_sk_" + "be7c4a11" * 8
WAIT = 20  # seconds; a call that needs them has failed
DISK = "6m"


def check(what, holds, found=None):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        print(f"     found: {found!r}"[:2000], flush=True)
        sys.exit(1)


class Program:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([binary, *arguments], stderr=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # of one that has ended it does nothing
        self.lines = []
        for line in self.process.stderr:
            if found := re.search(r"ready: http://([\d.]+):(\d+)", line):
                self.address = found[1], int(found[2])
                threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True).start()
                return
        sys.exit(f"FAIL {arguments[0]} did not start")

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait(WAIT)

    def call(self, method, path, body=None, fields={}):
        client = http.client.HTTPConnection(*self.address, timeout=WAIT)
        headers = {"Authorization": "ApiKey " + KEY, "Content-Type": "application/json", **fields}
        client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, answer.read().decode()

    def status(self):
        return json.loads(self.call("GET", "/status")[1])


def fill():
    """Takes all room: large pieces first, then what is left to the byte."""
    with open(folder + "/ballast", "ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def send(daemon, text):
    return daemon.call("POST", path, {"content": text})


def contents(daemon):
    """What the mirror alone shows of the conversation."""
    status, text = daemon.call("GET", path, fields={"Cache-Control": "only-if-cached"})
    return [message["content"] for message in json.loads(text)["data"]["messages"]] if status == 200 else status


subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + DISK, "tmpfs", folder], check=True)
sandbox = Program("sandbox", "--listen", "127.0.0.1:0", "--api-key", KEY, "--token-delay", "0")
serve = ["serve", "--listen", "127.0.0.1:0", "--upstream", "http://%s:%d" % sandbox.address,
         "--database", folder + "/state/mirror.sqlite"]
daemon = Program(*serve)
made = json.loads(daemon.call("POST", "/api/v1/conversations", {"title": "full"})[1])
path = "/api/v1/conversations/" + made["data"]["conversation"]["id"] + "/messages"
check("with room, messages are sent", send(daemon, "before")[0] in (200, 201))
check("and recorded", "before" in contents(daemon), contents(daemon))
check("nothing failed yet", daemon.status().get("lastRecordingFailure") is None)

fill()
for number in range(20):
    status, text = send(daemon, f"full {number} " + "y" * 20_000)
    check(f"without room, message {number} is sent", status in (200, 201), (status, text[:300]))
long = {"content": "full stream " + "y" * 20_000}
stream = daemon.call("POST", path + "/stream", long, {"Accept": "text/event-stream"})
check("a stream is whole", stream[0] == 200 and stream[1].rstrip().endswith("data: [DONE]"), stream)
status, text = daemon.call("GET", path)
check("a read is upstream's", status == 200 and "full 19" in text, (status, text[:300]))
failure = daemon.status().get("lastRecordingFailure")
check("/status says what is wrong", failure is not None and "full" in failure["cause"], failure)
metrics = daemon.call("GET", "/metrics")[1]
check("/metrics counts it", re.search(r"^chatroutesd_recording_failures_total [1-9]", metrics, re.M), metrics[:500])
said = [line for line in daemon.lines if "cannot record" in line]
check("the log says it, not once for each request", 0 < len(said) <= 4, said)

os.remove(folder + "/ballast")
check("with room again, a message is sent", send(daemon, "after")[0] in (200, 201))
check("and recorded without a restart", "after" in contents(daemon), contents(daemon))
check("a read is answered", daemon.call("GET", path)[0] == 200)
while daemon.status()["writerQueue"]["waiting"]:
    pass  # the test's time limit ends it
check("and brings back what was missed", any(text.startswith("full 19") for text in contents(daemon)), contents(daemon))
check("/status is content again", daemon.status().get("lastRecordingFailure") is None, daemon.status())

daemon.end(signal.SIGKILL)
daemon = Program(*serve, "--mode", "offline")
held = contents(daemon)
check("after a crash all of it is there", {"before", "after"} <= set(held) and len(held) >= 44, held)
check("the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)
sandbox.end(signal.SIGTERM)
