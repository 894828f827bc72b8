"""Kills a working daemon again and again, and looks whether everything that it had answered is still there.

    kill_rounds.py BINARY FOLDER ROUNDS

In each round two clients send messages, one in the plain way and one as streams, and read; after a random time the
daemon gets SIGKILL. The next one, on the same mirror, must hold every message whose answer had been read to its end.
Prints one line a failed check, and the counts; exits 1 at a failure. Standard library only.
"""
import http.client
import json
import random
import re
import signal
import sqlite3
import sys
import threading
import time

from program import Program, WAIT

folder, rounds = sys.argv[2], int(sys.argv[3])
KEY = "cr_prod_sk_" + "be7c4a11" * 8
SHORTEST, LONGEST = 0.02, 0.15  # seconds that a daemon lives
plan = random.Random(3)


def call(client, method, path, body=None, fields={}):
    """The answer's body, read to its end.

    - Throws: OSError, HTTPException when the daemon dies first.
    """
    headers = {"Authorization": "ApiKey " + KEY, "Content-Type": "application/json", **fields}
    client.request(method, "/api/v1" + path, None if body is None else json.dumps(body), headers)
    answer = client.getresponse()
    data = answer.read()
    if not 200 <= answer.status < 300:
        raise AssertionError(f"{method} {re.sub('_[0-9a-f]+', '_…', path)}: {answer.status} {data[:300]!r}")
    return data.decode()


class Client(threading.Thread):
    """Sends messages into a conversation of its own until the daemon is gone."""

    def __init__(self, address, streams):
        super().__init__()
        self.address, self.streams = address, streams
        self.conversation = None
        self.known = {}  # id: content, of what was answered
        self.trouble = None

    def run(self):
        try:
            self.work(http.client.HTTPConnection(*self.address, timeout=WAIT))
        except (OSError, http.client.HTTPException):
            pass  # killed: that is what this is about
        except Exception as error:
            self.trouble = repr(error)

    def work(self, client):
        made = json.loads(call(client, "POST", "/conversations", {"title": "kill"}))
        self.conversation = made["data"]["conversation"]["id"]
        path = f"/conversations/{self.conversation}/messages"
        for number in range(1000):
            body = {"content": f"message {number}"}
            if self.streams:
                events = call(client, "POST", path + "/stream", body, {"Accept": "text/event-stream"})
                message = json.loads(re.search(r'data: (\{"type":"complete".*\})', events)[1])["message"]
            else:
                message = json.loads(call(client, "POST", path, body))["data"]["message"]
            self.known[message["id"]] = message["content"]
            if number % 5 == 4:
                call(client, "GET", path)


def missing(daemon, client):
    """Ids that were answered and are not in the mirror as they were."""
    if client.conversation is None:
        return []
    reader = http.client.HTTPConnection(*daemon.address, timeout=WAIT)
    # only-if-cached: nothing but the mirror may answer.
    try:
        path = f"/conversations/{client.conversation}/messages"
        text = call(reader, "GET", path, fields={"Cache-Control": "only-if-cached"})
    except AssertionError as error:
        return [str(error)] if client.known else []
    held = {message["id"]: message["content"] for message in json.loads(text)["data"]["messages"]}
    return [id for id, content in client.known.items() if held.get(id) != content]


def main():
    sandbox = Program("sandbox", "--listen", "127.0.0.1:0", "--api-key", KEY, "--token-delay", "0")
    database = folder + "/mirror.sqlite"
    serve = ["serve", "--listen", "127.0.0.1:0", "--upstream", "http://%s:%d" % sandbox.address, "--database", database]
    failures, answered, before = [], 0, []
    for number in range(rounds + 1):
        daemon = Program(*serve)
        for client in before:
            lost = missing(daemon, client)
            answered += len(client.known)
            if lost or client.trouble:
                failures.append(f"round {number}: {'streams' if client.streams else 'sends'}: lost {lost[:3]}, "
                                f"{len(lost)} of {len(client.known)}; {client.trouble}")
        if number == rounds:
            break
        before = [Client(daemon.address, streams) for streams in (False, True)]
        for client in before:
            client.start()
        time.sleep(plan.uniform(SHORTEST, LONGEST))
        daemon.end(signal.SIGKILL)
        for client in before:
            client.join(WAIT)
    ended = daemon.end(signal.SIGTERM)
    sandbox.end(signal.SIGTERM)
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as mirror:
        integrity = mirror.execute("PRAGMA integrity_check").fetchall()
        orphans = mirror.execute("PRAGMA foreign_key_check").fetchall()
    if integrity != [("ok",)] or orphans:
        failures.append(f"the database is damaged: {integrity[:3]} {orphans[:3]}")
    if ended != 0:
        failures.append(f"the last daemon ended with {ended}")
    if answered < rounds:
        failures.append(f"only {answered} messages were answered in {rounds} rounds: this shows nothing")
    for failure in failures:
        print("FAIL " + failure)
    print(f"{rounds} kills, {answered} answered messages, {len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
