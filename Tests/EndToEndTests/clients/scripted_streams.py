"""Streams through the daemon from an upstream that sends exactly what a test scripts. Standard library only.

    scripted_streams.py UPSTREAM_PORT DAEMON_PORT

Listens as upstream on UPSTREAM_PORT; each case posts through the daemon and compares raw bytes. Exits 1 at a failure.
"""
import hashlib
import queue
import random
import socket
import sys
import threading
import time

upstream_port, daemon_port = int(sys.argv[1]), int(sys.argv[2])
WAIT = 10  # seconds; a case that needs them has failed

listener = socket.create_server(("127.0.0.1", upstream_port))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def check(what, holds, found=None):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        print(f"     found: {found!r}"[:2000], flush=True)
        sys.exit(1)


def read_request(peer):
    data = b""
    while b"\r\n\r\n" not in data:
        data += peer.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += peer.recv(65536)
    return head, body


def upstream(script):
    """Runs `script(peer)` for the next connection, in a thread."""
    def serve():
        listener.settimeout(WAIT)
        peer, _ = listener.accept()
        peer.settimeout(WAIT)
        with peer:
            read_request(peer)
            script(peer)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def post(receive_buffer=None):
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(WAIT)
    client.connect(("127.0.0.1", daemon_port))
    client.sendall(
        b"POST /api/v1/conversations/c1/messages/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ApiKey k\r\n"
        b"Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" b'{"content":"hi"}')
    return client


class Answer:
    """Reads an answer's head and then its chunks, one network read after the other."""

    def __init__(self, client):
        self.client, self.buffer = client, b""
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        self.head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.length = next((int(l.split(b":")[1]) for l in self.head.split(b"\r\n")
                            if l.lower().startswith(b"content-length:")), None)

    def more(self):
        data = self.client.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def chunk(self):
        """One chunk; b"" at the proper end. EOFError: the body is broken."""
        size = int(self.line(), 16)
        data = self.take(size)
        assert self.take(2) == b"\r\n"
        return data

    def body(self):
        if self.length is not None:
            return self.take(self.length)
        whole = b""
        while data := self.chunk():
            whole += data
        return whole


def chunked(data, size):
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (data[i:i + size] for i in range(0, len(data), size)))


COMPLETE = (b'data: {"type":"complete","message":{"id":"m2","role":"assistant","content":"H\xc3\xbc\xe2\x80\xa8",'
            b'"tokenCount":1.0},"usage":{"totalTokens":1e3}}')
BODIES = {
    "LF": b'data: {"type":"content","content":"H"}\n\n' + COMPLETE + b"\n\ndata: [DONE]\n\n",
    "CRLF": b'data: {"type":"content"}\r\n\r\n' + COMPLETE + b"\r\n\r\ndata: [DONE]\r\n\r\n",
    "CR": b'data: {"type":"content"}\r\r' + COMPLETE + b"\r\rdata: [DONE]\r\r",
    "mixed": b"\xef\xbb\xbf: hello\r\n\ndata\ndata:x\r\rretry: 10\n\nid: 7\nevent: e\ndata: a\ndata: b\r\n\r\n",
    "NUL and invalid UTF-8": b"data: \x00\xff\xfe\n\nid: \x00\n\n",
    "1 MB event": b"data: " + b"x" * 1_000_000 + b"\n\ndata: [DONE]\n\n",
    "no end of the last event": b"data: 1\n\ndata: 2",
    "empty": b"",
}


def bytes_stay_the_same():
    for name, body in BODIES.items():
        for framing in ("chunked", "one byte a chunk", "content-length", "close"):
            if framing == "one byte a chunk" and len(body) > 2000:
                continue

            def script(peer, body=body, framing=framing):
                if framing in ("chunked", "one byte a chunk"):
                    size = 1 if framing == "one byte a chunk" else 7000
                    peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size) + b"0\r\n\r\n")
                elif framing == "content-length":
                    peer.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                else:
                    peer.sendall(HEAD + b"Connection: close\r\n\r\n" + body)
            thread = upstream(script)
            with post() as client:
                found = Answer(client).body()
            thread.join(WAIT)
            same = hashlib.sha256(found).digest() == hashlib.sha256(body).digest()
            check(f"{name}, {framing}: the same SHA-256", same, (found[:200], body[:200]))


def events_come_at_once():
    """Upstream sends event k+1 only when the client holds event k: a relay that buffers would wait for ever."""
    seen = queue.Queue()

    def script(peer):
        peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        assert seen.get(timeout=WAIT) == "head"
        for number in range(20):
            event = b'data: {"type":"content","content":"%d"}\n\n' % number
            peer.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            assert seen.get(timeout=WAIT) == number
        peer.sendall(b"0\r\n\r\n")

    thread = upstream(script)
    with post() as client:
        answer = Answer(client)
        seen.put("head")
        for number in range(20):
            event = answer.chunk()
            check(f"event {number} came whole, before the next was sent",
                  event == b'data: {"type":"content","content":"%d"}\n\n' % number, event)
            seen.put(number)
        check("the stream ends properly", answer.chunk() == b"")
    thread.join(WAIT)


def writes_end_with_events():
    """Events cut anywhere by upstream leave in one piece."""
    event = b'data: {"type":"content","content":"split over three reads"}\n\n'
    pieces = [event[:10], event[10:30], event[30:]]
    arrived = threading.Event()

    def script(peer):
        peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        arrived.wait(WAIT)
        for piece in pieces:
            peer.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        peer.sendall(b"0\r\n\r\n")

    thread = upstream(script)
    with post() as client:
        answer = Answer(client)
        arrived.set()
        check("a split event leaves whole", answer.chunk() == event)
        check("and then the end", answer.chunk() == b"")
    thread.join(WAIT)


def a_broken_stream_stays_broken():
    partial = b'data: {"type":"content","content":"half an ans"}\n\n'
    frame = b"%x\r\n%s\r\n" % (len(partial), partial)
    ends = {
        "cut between chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + frame,
        "cut in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + frame + b"ff\r\nabc",
        "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + frame + b"zz\r\n",
        "short content-length": HEAD + b"Content-Length: 1000\r\n\r\n" + partial,
    }
    for name, raw in ends.items():
        whole = partial + (b"abc" if name == "cut in a chunk" else b"")
        thread = upstream(lambda peer, raw=raw: peer.sendall(raw))
        with post() as client:
            answer, found, broken = Answer(client), b"", False
            try:
                if answer.length is not None:
                    answer.take(answer.length)
                else:
                    while data := answer.chunk():
                        found += data
            except (EOFError, ConnectionResetError):
                broken = True
                found += answer.buffer if answer.length is not None else b""
        thread.join(WAIT)
        check(f"{name}: the client sees a broken body", broken, found)
        # A bad chunk may take the bytes with it that arrived in the same read.
        before = [whole, b""] if name == "bad chunk" else [whole]
        check(f"{name}: what came before is there, nothing is added", found in before, found)


def random_pieces_and_pauses():
    """Whole events, parts and several at once, small and large, to clients that keep up and clients that do not: the daemon
    changes its way of relaying many times in each stream, and no byte is lost, doubled or overtaken."""
    seed = random.randrange(1 << 30)
    sizes = random.Random(seed)
    events = [b"data: %d %s\n\n" % (number, b"x" * sizes.choice([0, 5, 60, 60, 300, 3000, 40_000]))
              for number in range(400)]
    body = b"".join(events)

    def script(peer):
        dice = random.Random(f"{seed} upstream {peer.getpeername()}")
        peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        rest, todo = b"", list(events)
        while rest or todo:
            while todo and (not rest or dice.random() < 0.2):
                rest += todo.pop(0)
            count = len(rest) if dice.random() < 0.7 else dice.randrange(1, len(rest) + 1)
            peer.sendall(b"%x\r\n%s\r\n" % (count, rest[:count]))
            rest = rest[count:]
            if dice.random() < 0.3:
                time.sleep(dice.choice([0, 0.001, 0.003]))
        peer.sendall(b"0\r\n\r\n")

    def read(number, found):
        dice = random.Random(f"{seed} client {number}")
        is_slow = number % 2
        with post(receive_buffer=8192 if is_slow else None) as client:
            answer, whole = Answer(client), b""
            while data := answer.chunk():
                whole += data
                if is_slow and dice.random() < 0.2:
                    time.sleep(dice.choice([0, 0.002, 0.02]))
            found[number] = whole

    found, count = {}, 8
    peers = [upstream(script) for _ in range(count)]
    clients = [threading.Thread(target=read, args=(number, found), daemon=True) for number in range(count)]
    for client in clients:
        client.start()
    for thread in clients + peers:
        thread.join(4 * WAIT)
    for number in range(count):
        check(f"random pieces, seed {seed}, stream {number}: the same bytes", found.get(number) == body,
              len(found.get(number, b"")))


bytes_stay_the_same()
random_pieces_and_pauses()
events_come_at_once()
writes_end_with_events()
a_broken_stream_stays_broken()
