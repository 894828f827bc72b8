"""What tests of bad disks share: a small disk of its own, a sandbox with a conversation in it, and how to start a daemon
whose mirror is on that disk. Standard library only.

Takes BINARY FOLDER from the command line and mounts a tmpfs on FOLDER: run it as root under `unshare --mount`, so that
nothing stays behind.
"""
import json
import re
import subprocess
import sys

import program
from program import binary, check  # for those that import this

folder = sys.argv[2]
KEY = "cr_prod_sk_" + "be7c4a11" * 8


class Program(program.Program):
    def call(self, method, path, body=None, fields={}):
        client = self.connect()
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


def metric(daemon, name):
    return float(re.search(rf"^chatroutesd_{name} (\S+)", daemon.call("GET", "/metrics")[1], re.M)[1])


def send(daemon, text):
    return daemon.call("POST", path, {"content": text})


def contents(daemon):
    """What the mirror alone shows of the conversation."""
    status, text = daemon.call("GET", path, fields={"Cache-Control": "only-if-cached"})
    return [message["content"] for message in json.loads(text)["data"]["messages"]] if status == 200 else status


subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], check=True)
sandbox = Program("sandbox", "--listen", "127.0.0.1:0", "--api-key", KEY, "--token-delay", "0")
serve = ["serve", "--listen", "127.0.0.1:0", "--upstream", "http://%s:%d" % sandbox.address,
         "--database", folder + "/state/mirror.sqlite"]
made = json.loads(sandbox.call("POST", "/api/v1/conversations", {"title": "disk"})[1])
path = "/api/v1/conversations/" + made["data"]["conversation"]["id"] + "/messages"
