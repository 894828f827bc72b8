"""A daemon whose mirror cannot be written at its start forwards, reads what it can, says so, and records as soon as it may.
Standard library only.

    unshare --mount read_only.py BINARY FOLDER

Needs root (see disk.py). Prints one line a check; exits 1 at the first failure.
"""
import os
import signal
import subprocess
import time

from disk import Program, binary, check, contents, fill, folder, metric, path, sandbox, send, serve

WRITABLE_AGAIN = 30  # seconds; it is tried after 5


def remount(how):
    subprocess.run(["mount", "-o", "remount," + how, folder], check=True)


def becomes_writable(daemon):
    until = time.monotonic() + WRITABLE_AGAIN
    while daemon.status()["mirrorAccess"] != "writable" and time.monotonic() < until:
        time.sleep(0.1)
    return daemon.status()["mirrorAccess"] == "writable"


def forwards_and_reads(daemon, access, known, text):
    status = daemon.status()
    check("/status says so, and why", status["mirrorAccess"] == access and status["mirrorShortcoming"], status)
    check("/metrics says so", metric(daemon, "mirror_writable") == 0)
    check("the log says so", any("nothing is recorded" in line for line in daemon.lines), daemon.lines)
    check("a message is sent", send(daemon, text)[0] in (200, 201))
    status, body = daemon.call("GET", path)
    check("a read is upstream's", status == 200 and text in body, (status, body[:300]))
    held = contents(daemon)
    check("without upstream, what is stored is read", known(held), held)


daemon = Program(*serve)
check("the whole list is known", daemon.call("GET", path)[0] == 200)
check("at first the mirror is written", send(daemon, "before")[0] in (200, 201) and "before" in contents(daemon))
check("the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)

remount("ro")
daemon = Program(*serve)
forwards_and_reads(daemon, "read-only", lambda held: "before" in held, "while read-only")
check("the commands read it too", "before" in subprocess.run(
    [binary, "search", "before", "--database", folder + "/state/mirror.sqlite"], capture_output=True, text=True).stdout)
remount("rw")
check("it is written again without a restart", becomes_writable(daemon), daemon.status())
check("a message is recorded", send(daemon, "written again")[0] in (200, 201) and "written again" in contents(daemon))
check("and /metrics says so", metric(daemon, "mirror_writable") == 1)
daemon.end(signal.SIGKILL)

remount("ro")
daemon = Program(*serve)
forwards_and_reads(daemon, "read-only", lambda held: "written again" in held, "after a crash")
check("the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)
remount("rw")

daemon = Program(*serve)
check("with a start in between", daemon.status()["mirrorAccess"] == "writable" and daemon.end(signal.SIGTERM) == 0)
fill()
daemon = Program(*serve)
forwards_and_reads(daemon, "read-only", lambda held: "written again" in held, "without room")
os.remove(folder + "/ballast")
check("with room it is written again", becomes_writable(daemon), daemon.status())
check("a message is recorded", send(daemon, "with room")[0] in (200, 201) and "with room" in contents(daemon))
check("the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)

# A log that cannot be read without its index, which cannot be made: what the file alone says may be out of date.
daemon = Program(*serve)
check("written once more", send(daemon, "in the log")[0] in (200, 201))
daemon.end(signal.SIGKILL)
os.remove(folder + "/state/mirror.sqlite-shm")
remount("ro")
daemon = Program(*serve)
forwards_and_reads(daemon, "none", lambda held: held == 504, "not even read")
remount("rw")
check("it is read and written again without a restart", becomes_writable(daemon), daemon.status())
check("nothing was lost", "in the log" in contents(daemon), contents(daemon))
check("the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)

# Damaged, and no room for a new one.
with open(folder + "/state/mirror.sqlite", "r+b") as file:
    file.write(b"no database at all" * 1000)
fill()
daemon = Program(*serve)
forwards_and_reads(daemon, "none", lambda held: held == 504, "damaged, without room")
os.remove(folder + "/ballast")
check("with room a new one is begun", becomes_writable(daemon), daemon.status())
check("a message is recorded", send(daemon, "in the new one")[0] in (200, 201) and "in the new one" in contents(daemon))
aside = [name for name in os.listdir(folder + "/state") if ".damaged-" in name and not name.endswith(("-wal", "-shm"))]
with open(f"{folder}/state/{aside[0]}", "rb") as file:
    check("the damaged one is kept, and is the only one", len(aside) == 1 and file.read(4) == b"no d", aside)
check("the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)

# A folder without the file that is locked, where none can be made.
os.remove(folder + "/state/mirror.sqlite.lock")
remount("ro")
daemon = Program(*serve)
forwards_and_reads(daemon, "read-only", lambda held: "in the new one" in held, "without a lock file")
other = subprocess.run([binary, *serve], capture_output=True, text=True, timeout=20)
check("and one daemon has it", other.returncode == 69 and "another chatroutesd has it" in other.stderr, other)
remount("rw")
check("it takes the lock that others look at, and writes", becomes_writable(daemon), daemon.status())
other = subprocess.run([binary, *serve], capture_output=True, text=True, timeout=20)
check("and still one daemon has it", other.returncode == 69 and "another chatroutesd has it" in other.stderr, other)
check("the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)
sandbox.end(signal.SIGTERM)
