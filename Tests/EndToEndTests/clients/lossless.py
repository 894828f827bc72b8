"""What comes back offline is what the API said, to the last digit and escape. Standard library only.

    lossless.py BINARY FOLDER

Runs a daemon in front of an API made here. Prints one line a check; exits 1 at the first failure.
"""
import gzip
import http.server
import json
import signal
import subprocess
import sys
import threading

from program import Program, binary, check

folder = sys.argv[2]

ODD = ('1.0', '1e3', '-0.0', '1E+2', '1180591620717411303424', '0.1000000000000000055511151231257827',
       r'"\u2028\u2029"', '"\u2028"', r'"\u0000"', r'"\ud83d"', r'"\ude00\ud83d"', r'"\/\b\f"', '"\U0001F600"', '""',
       '[ ]', '{ }', '[1 , 2]', '{"a":1,"a":2}', 'null', r'"<script>alert(1)</script>"', '"' + "x" * (1 << 20) + '"')


def message(number, value):
    return ('{ "id" : "m%d", "role":"%s","content":"c%d","future":%s , "n":1.50}' % (
        number, "user" if number % 2 else "assistant", number, value))


MESSAGES = [message(number, value) for number, value in enumerate(ODD)]
BRANCHES = ['{"id":"b%d","conversationId":"c1","isMain":%s,"title":"t","odd":%s}' % (
    n, "true" if n == 0 else "false", value) for n, value in enumerate(ODD)]
CHECKPOINTS = ['{"id":"k%d","conversation_id":"c1","branch_id":"b0","summary":"s","odd":%s}' % (
    n, value) for n, value in enumerate(ODD)]
ITEM = '{"id":"c1","title":"t","createdAt":"2026-01-01T00:00:00Z","odd":[%s]}' % ",".join(ODD)
API = "/api/v1/conversations"
ANSWERS = {
    API: '{"success":true,"data":{"conversations":[%s],"total":1,"page":1,"limit":10,"hasNext":false},'
         '"conversations":[%s],"total":1,"page":1,"limit":10,"hasNext":false}' % (ITEM, ITEM),
    API + "/c1": '{"success":true,"data":{"conversation":%s,"messages":[%s],"branches":[%s]}}}' % (
        ITEM[:-1], ",".join(MESSAGES), ",".join(BRANCHES)),
    API + "/c1/messages": '{"success":true,"data":{"messages":[%s]}}' % ",".join(MESSAGES),
    API + "/c1/branches": '{"success":true,"data":{"branches":[%s]}}' % ",".join(BRANCHES),
    API + "/c1/branches/b0/messages": '{"success":true,"data":{"messages":[%s]}}' % ",".join(MESSAGES),
    API + "/c1/checkpoints": '{"success":true,"data":{"checkpoints":[%s]}}' % ",".join(CHECKPOINTS),
}
FIELDS = {"Content-Type": "application/json; odd=\"1\"", "X-Odd": "  a  b", "ETag": 'W/"1"', "Vary": "Accept"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = ANSWERS[self.path].encode()
        self.send_response(200)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        for name, value in FIELDS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self):
        body = b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def exact(text):
    """JSON with numbers as their texts, and members in order with duplicates."""
    return json.loads(text, parse_int=lambda n: ("number", n), parse_float=lambda n: ("number", n),
                      object_pairs_hook=lambda pairs: ("object", pairs))


def member(value, *names):
    for name in names:
        value = [found for key, found in value[1] if key == name][-1]
    return value


for coding in ("identity", "gzip"):
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    daemon = Program(
        "serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:%d" % upstream.server_port,
         "--database", folder + "/" + coding + "/mirror.sqlite")

    def call(method, path, accept="identity"):
        client = daemon.connect()
        client.request(method, path, headers={"Authorization": "ApiKey some-long-key", "Accept-Encoding": accept})
        answer = client.getresponse()
        return answer, answer.read()

    def settle():
        """Waits until everything that passed is recorded."""
        while json.loads(call("GET", "/status")[1])["writerQueue"]["waiting"]:
            pass

    for path, said in ANSWERS.items():
        answer, body = call("GET", path, coding)
        plain = gzip.decompress(body) if coding == "gzip" else body
        check(f"{coding}: {path} passes online", plain == said.encode() and answer.headers["X-Odd"] == "a  b",
              (answer.headers.items(), len(plain), len(said.encode())))

    settle()
    call("DELETE", API + "/c1/branches/b20")
    settle()
    subprocess.run([binary, "mode", "offline", "--database", folder + "/" + coding + "/mirror.sqlite"], check=True)
    upstream.shutdown()
    upstream.server_close()
    for path in (API + "/c1/checkpoints",):  # untouched by the write but stale in its conversation
        check(f"{coding}: {path} is there", call("GET", path)[0].status == 200)
    left = {API + "/c1/messages": ("messages", MESSAGES), API + "/c1/branches": ("branches", BRANCHES[:-1]),
            API + "/c1/branches/b0/messages": ("messages", MESSAGES), API + "/c1/checkpoints": ("checkpoints", CHECKPOINTS)}
    for path, (name, entries) in left.items():
        answer, body = call("GET", path)
        shown = member(exact(body), "data", name)
        check(f"{coding}: {path} is composed of what was said", shown == [exact(entry) for entry in entries],
              (len(shown), len(entries), [a for a, b in zip(shown, [exact(e) for e in entries]) if a != b][:1]))
    answer, body = call("GET", API + "/c1")
    shown = member(exact(body), "data", "conversation")
    check(f"{coding}: the conversation embeds the same", member(shown, "messages") == [exact(m) for m in MESSAGES])
    check(f"{coding}: with its own members", member(shown, "odd") == exact("[%s]" % ",".join(ODD)))
    answer, body = call("GET", API)
    check(f"{coding}: the list shows the same in both shapes",
          member(exact(body), "data", "conversations") == member(exact(body), "conversations") == [exact(ITEM)])
    check(f"{coding}: the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)

    # A second daemon on a mirror that nothing was written to: verbatim.
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    daemon = Program(
        "serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:%d" % upstream.server_port,
         "--database", folder + "/" + coding + "-verbatim/mirror.sqlite")
    for path in ANSWERS:
        call("GET", path, coding)
    settle()
    subprocess.run([binary, "mode", "offline", "--database", folder + "/" + coding + "-verbatim/mirror.sqlite"],
                   check=True)
    upstream.shutdown()
    upstream.server_close()
    for path, said in ANSWERS.items():
        answer, body = call("GET", path)
        fields = {name: answer.headers[name] for name in FIELDS}
        expected = {**FIELDS, "X-Odd": "a  b"}
        check(f"{coding}: {path} comes back byte for byte", body == said.encode(), body[:300])
        check(f"{coding}: with its fields", fields == expected, fields)
        check(f"{coding}: and its length", answer.headers["Content-Length"] == str(len(body)))
    check(f"{coding}: the daemon ends as it should", daemon.end(signal.SIGTERM) == 0)
