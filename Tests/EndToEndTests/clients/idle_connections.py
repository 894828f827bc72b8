"""Holds many idle connections to a daemon and looks what they cost it. Standard library only.

    idle_connections.py PORT PID COUNT BYTES_MAX

Each of COUNT connections makes one request and stays; BYTES_MAX: what the daemon's memory may grow by for each. Prints
one line a check; exits 1 at the first failure.
"""
import os
import resource
import select
import socket
import sys
import time

port, pid, count, bytes_max = (int(argument) for argument in sys.argv[1:5])
WAIT = 30  # seconds; a wait that needs them has failed
BATCH = 200  # below the daemon's backlog of connections that wait to be accepted
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def check(what, holds, found=None):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        print(f"     found: {found!r}"[:2000], flush=True)
        sys.exit(1)


def resident_bytes():
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))


def descriptors():
    return len(os.listdir(f"/proc/{pid}/fd"))


def connect():
    return socket.create_connection(("127.0.0.1", port), WAIT)


def answer(client):
    """One answer to the last byte; what the connection gave instead: the bytes so far."""
    data = b""
    while not data.endswith(b"\r\n\r\nok\n"):
        more = client.recv(4096)
        if not more:
            break
        data += more
    return data


def is_served(data):
    return data.startswith(b"HTTP/1.1 200") and b"connection: close" not in data.lower()


def ask(clients):
    """Lets each client make a request; gives the answers that are not as they should be."""
    for client in clients:
        client.sendall(REQUEST)
    return [data for data in map(answer, clients) if not is_served(data)]


def with_news(clients):
    """How many connections were closed, or were sent something."""
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLIN | select.POLLRDHUP)
    return len(poll.poll(0))


hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
with connect() as first:
    check("a first request is answered", not ask([first]))
    memory_before, descriptors_before = resident_bytes(), descriptors()

clients = []
while len(clients) < count:
    batch = [connect() for _ in range(min(BATCH, count - len(clients)))]
    refused = ask(batch)
    if refused:
        check("every connection is served", False, refused[:3])
    clients += batch
growth = (resident_bytes() - memory_before) / count
check(f"{count} connections are held", descriptors() >= count and not with_news(clients), descriptors())
check(f"each costs {growth:.0f} bytes of memory, at most {bytes_max}", growth <= bytes_max)
with connect() as other:
    check("another client is served meanwhile", not ask([other]))
check("all are as good as new", not ask(clients[::100]) and not with_news(clients))

for client in clients:
    client.close()
deadline = time.monotonic() + WAIT
while descriptors() > descriptors_before + 8 and time.monotonic() < deadline:
    time.sleep(0.02)
check("no descriptor stays behind them", descriptors() <= descriptors_before + 8, (descriptors_before, descriptors()))
