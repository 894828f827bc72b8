"""A daemon whose disk is full goes on forwarding, says so, and records again once there is room. Standard library only.

    unshare --mount full_disk.py BINARY FOLDER

Needs root (see disk.py). Prints one line a check; exits 1 at the first failure.
"""
import os
import signal

from disk import Program, check, contents, fill, folder, metric, path, sandbox, send, serve

daemon = Program(*serve)
check("the whole list is known", daemon.call("GET", path)[0] == 200)
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
check("/metrics counts it", metric(daemon, "recording_failures_total") >= 1)
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
