"""Hostile and unusual requests, and what chatroutesd must answer to each. Standard library only.

    hostile_requests.py UPSTREAM_PORT DAEMON_PORT

Listens as upstream on UPSTREAM_PORT and sends every row of the table to the daemon on DAEMON_PORT, which must forward
to it. Compares the statuses, whether the connection persists, and which requests reached upstream: a smuggled one would
be one too many. Exits 1 naming the rows that fail. scripts/compare-with-nginx sends the same table to nginx.
"""
import concurrent.futures
import dataclasses
import json
import re
import socket
import sys
import threading
import time

WAIT, END = object(), object()  # among a row's pieces: read an answer first; close the sending side

# What a row's connection came to.
OPEN, CLOSED, RESET, READING = "open", "closed", "reset", "reading"

ID = "ROW0"  # stands for the row's own number in every target that may reach upstream
COLLECTED = f"/api/v1/conversations/{ID}/messages"  # chatroutesd reads the whole body before it forwards it
STREAMED = f"/api/v1/{ID}"  # chatroutesd forwards the body as it comes
HOST = "Host: 127.0.0.1\r\n"
KIB = 1024

# Why chatroutesd does otherwise than nginx; a row that differs names one of these.
REASONS = {
    "methods": "a method is any token and its letter case counts (RFC 9110 §9.1): what is unknown here is for "
               "upstream to judge.",
    "own pages": "the daemon's own paths are only read: 405 (RFC 9110 §15.5.6). nginx's `return` takes every method.",
    "CONNECT, TRACE": "neither is implemented for any resource: 501 (RFC 9110 §15.6.2).",
    "asterisk": "the form is valid with this method (RFC 9112 §3.2.4); what it asks is not offered: 405.",
    "spaces": "exactly one space stands between the parts of a request line; splitting it at any whitespace is a MAY "
              "(RFC 9112 §3).",
    "HTTP/0.9": "a request line has a version (RFC 9112 §3); nginx takes a line without one for an HTTP/0.9 request.",
    "version": "a version is one digit, a dot and one digit (RFC 9112 §2.3); a major version that is not spoken here "
               "is 505, not 400 (RFC 9110 §15.6.6).",
    "limits": "each server has its own limits; chatroutesd's are in `HTTPLimits.swift`, its statuses those of RFC 9112 "
              "§3 (414, 501) and RFC 6585 §5 (431).",
    "431": "a field or head that is too large is answered 431 (RFC 6585 §5), not 400.",
    "bare LF": "a line ends with CR LF; taking LF alone is a MAY (RFC 9112 §2.2), and whoever does sees other lines "
               "than whoever does not.",
    "bare CR": "a CR without its LF is invalid (RFC 9112 §2.2); nginx skips it in these places.",
    "target bytes": "a target is ASCII (RFC 9112 §3.2, RFC 3986 §2).",
    "verbatim": "a proxy leaves path and query as they are (RFC 9110 §7.7); what they mean is upstream's to judge.",
    "scheme": "an absolute target is an http or https URI (RFC 9110 §4.2).",
    "local hosts": "only requests for this machine are answered, others get 421 (RFC 9110 §15.5.20): so web pages "
                   "cannot reach the daemon through a name of theirs. An empty Host names no machine.",
    "Host": "a Host that is not a host with an optional port must be refused with 400 (RFC 9112 §3.2).",
    "field names": "a field line begins with a token and a colon (RFC 9112 §5, RFC 9110 §5.1); nginx drops others.",
    "controls": "control characters in a field value are invalid (RFC 9110 §5.5).",
    "whitespace": "tabs around a field value are no more part of it than spaces (RFC 9110 §5.5, §5.6.3).",
    "large numbers": "Content-Length has no greatest value (RFC 9110 §8.6): such a body is too large (413), not "
                     "malformed.",
    "refused body": "the rest of a refused body is not waited for: the connection is closed (RFC 9110 §15.5.14).",
    "transfer codings": "where chunked is not the last coding the end of the request is unknown: 400 (RFC 9112 §6.3); "
                        "501 is for a coding below it (§6.1).",
    "empty members": "a list's empty members are to be ignored (RFC 9110 §5.6.1.2), but not everybody does: what ends a "
                     "body is taken in its plain form only.",
    "chunk lines": "a chunk's size line is digits and extensions (RFC 9112 §7.1); the whitespace that may stand before an "
                   "extension (§7.1.1) has been used for smuggling, and nothing sends it.",
    "trailers": "trailers have the syntax of header fields (RFC 9112 §7.1.2); nginx does not look at them.",
    "Expect": "several Expect lines are one list (RFC 9110 §5.3); 100 is sent only while a body is waited for and "
              "wanted, and an unknown expectation is answered 417 (§10.1.1).",
    "connection options": "options of Connection are compared as whole tokens (RFC 9110 §7.6.1); nginx looks for "
                          "`close` anywhere in the value.",
    "half-closed": "a client that has ended its sending side still reads: it gets the answer, and 400 for a body that "
                   "is incomplete (RFC 9112 §8). nginx drops the request, at times after it has passed it on.",
}


@dataclasses.dataclass
class Row:
    """One connection: what is sent on it and what must come of it."""
    name: str
    pieces: list
    statuses: list
    fate: str
    upstream: list  # (method, target, bytes of body) of each complete request that reaches upstream
    reason: str  # why nginx does otherwise; "": it does not
    heads: tuple  # which answers are to HEAD

    def pieces_as(self, number):
        own = b"r%03d" % number
        return [piece if piece in (WAIT, END) else piece.replace(ID.encode(), own) for piece in self.pieces]


ROWS = []


def row(name, *sent, expect="200 open", seen=(), reason="", heads=()):
    """Adds a row. `expect`: the statuses in order and the fate; `seen`: what reaches upstream, in order."""
    *statuses, fate = expect.split()
    pieces = [piece if piece in (WAIT, END) else piece.encode("latin-1") for piece in sent]
    ROWS.append(Row(name, pieces, statuses, fate, list(seen), reason, heads))


def request(line="GET /healthz HTTP/1.1", *fields, host=HOST, body=""):
    return line + "\r\n" + host + "".join(field + "\r\n" for field in fields) + "\r\n" + body


def field(*lines):
    return request("GET /healthz HTTP/1.1", *lines)


def post(*fields, body="", to=COLLECTED, version="1.1"):
    return request(f"POST {to} HTTP/{version}", *fields, body=body)


def chunked(body, *fields, to=COLLECTED):
    return post("Transfer-Encoding: chunked", *fields, body=body, to=to)


def posted(length, target=COLLECTED):
    return [("POST", target, length)]


def got(target=STREAMED, method="GET"):
    return [(method, target, 0)]


PLAIN = request()
SMUGGLED = f"GET /api/v1/smuggled/{ID} HTTP/1.1\r\n{HOST}\r\n"
LAST = "0\r\n\r\n"

# The request line (RFC 9112 §3).
row("a plain GET", PLAIN)
row("a method in lower case", request("get /healthz HTTP/1.1"), expect="405 open", reason="methods")
row("an unknown method", request(f"BREW {STREAMED} HTTP/1.1"), seen=got(method="BREW"))
row("a method of all kinds of token characters", request(f"!#$%&'*+-.^_`|~0Az {STREAMED} HTTP/1.1"),
    seen=got(method="!#$%&'*+-.^_`|~0Az"), reason="methods")
row("a method with a parenthesis", request("GE(T /healthz HTTP/1.1"), expect="400 closed")
row("a method with NUL", request("GE\0T /healthz HTTP/1.1"), expect="400 closed")
row("a method with a byte above ASCII", request("GE\x80T /healthz HTTP/1.1"), expect="400 closed")
row("a method of 64 bytes", request("M" * 64 + f" {STREAMED} HTTP/1.1"), seen=got(method="M" * 64))
row("a method of 65 bytes", request("M" * 65 + f" {STREAMED} HTTP/1.1"), expect="501 closed", reason="limits")
row("a space before the method", request(" GET /healthz HTTP/1.1"), expect="400 closed")
row("two spaces before the target", request("GET  /healthz HTTP/1.1"), expect="400 closed", reason="spaces")
row("two spaces before the version", request("GET /healthz  HTTP/1.1"), expect="400 closed", reason="spaces")
row("a space behind the version", request("GET /healthz HTTP/1.1 "), expect="400 closed", reason="spaces")
row("tabs instead of spaces", request("GET\t/healthz\tHTTP/1.1"), expect="400 closed")
row("a tab behind the target", request("GET /healthz\tHTTP/1.1"), expect="400 closed")
row("a space in the target", request("GET /healthz?a b HTTP/1.1"), expect="400 closed")
row("no target", request("GET HTTP/1.1"), expect="400 closed")
row("an HTTP/0.9 request", "GET /healthz\r\n", expect="400 closed", reason="HTTP/0.9")
row("a version of HTTP/0.9", request("GET /healthz HTTP/0.9"), expect="505 closed", reason="version")
row("a version of HTTP/1.2", request("GET /healthz HTTP/1.2"))
row("a version of HTTP/2.0", request("GET /healthz HTTP/2.0"), expect="505 closed")
row("a leading zero in the major version", request("GET /healthz HTTP/01.1"), expect="400 closed")
row("a leading zero in the minor version", request("GET /healthz HTTP/1.01"), expect="400 closed", reason="version")
row("two digits of minor version", request("GET /healthz HTTP/1.10"), expect="400 closed", reason="version")
row("no minor version", request("GET /healthz HTTP/1"), expect="400 closed")
row("a version in lower case", request("GET /healthz http/1.1"), expect="400 closed")
row("NUL in the version", request("GET /healthz HTTP/1.1\0"), expect="400 closed")
row("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", expect="505 closed", reason="version")
row("an upgrade to h2c", field("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"))
row("an upgrade to WebSocket", field("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"))
row("a target of 8000 bytes", request("GET /healthz?" + "x" * 7991 + " HTTP/1.1"))
row("a target of 16 KiB", request("GET /healthz?" + "x" * (16 * KIB - 9) + " HTTP/1.1"), reason="limits")
row("a target of 16 KiB and a byte", request("GET /healthz?" + "x" * (16 * KIB - 8) + " HTTP/1.1"),
    expect="414 closed")
row("a bare LF behind the request line", f"GET /healthz HTTP/1.1\n{HOST}\r\n", expect="400 closed", reason="bare LF")
row("a bare CR behind the request line", f"GET /healthz HTTP/1.1\r{HOST}\r\n", expect="400 closed")
row("a bare CR in the target", request("GET /healthz?\rx HTTP/1.1"), expect="400 closed")
row("a bare LF in the target", request("GET /healthz?\nx HTTP/1.1"), expect="400 closed", reason="HTTP/0.9")
row("NUL in the target", request("GET /healthz?\0 HTTP/1.1"), expect="400 closed")
row("DEL in the target", request("GET /healthz?\x7f HTTP/1.1"), expect="400 closed")
row("a byte above ASCII in the target", request("GET /healthz?\x80 HTTP/1.1"), expect="400 closed",
    reason="target bytes")
row("an empty line before the request", "\r\n" + PLAIN)
row("four empty lines before the request", "\r\n" * 4 + PLAIN)
row("five empty lines before the request", "\r\n" * 5 + PLAIN, expect="400 closed", reason="limits")
row("a bare LF before the request", "\n" + PLAIN, expect="400 closed", reason="bare LF")
row("a bare CR before the request", "\r" + PLAIN, expect="400 closed", reason="bare CR")

# The target's forms (RFC 9112 §3.2).
row("a target with a fragment", request(f"GET {STREAMED}?a#b HTTP/1.1"), seen=got(STREAMED + "?a#b"))
row("a relative target", request("GET healthz HTTP/1.1"), expect="400 closed")
row("an absolute target that agrees with Host", request("GET http://127.0.0.1/healthz HTTP/1.1"))
row("an absolute target beside another Host", request("GET http://127.0.0.1/healthz HTTP/1.1",
                                                      host="Host: example.com\r\n"))
row("an absolute target for another host", request("GET http://example.com/healthz HTTP/1.1"), expect="421 closed",
    reason="local hosts")
row("an absolute target with a user", request("GET http://me:pw@127.0.0.1/healthz HTTP/1.1"), expect="400 closed")
row("an absolute target without a host", request("GET http:///healthz HTTP/1.1"), expect="400 closed")
row("an absolute target of a call", request(f"GET HTTP://127.0.0.1:80{STREAMED}?a HTTP/1.1"), seen=got(STREAMED + "?a"))
row("an absolute target of another scheme", request("GET ftp://127.0.0.1/healthz HTTP/1.1"), expect="400 closed",
    reason="scheme")
row("an absolute target without a Host field", request("GET http://127.0.0.1/healthz HTTP/1.1", host=""),
    expect="400 closed")
row("OPTIONS *", request("OPTIONS * HTTP/1.1"), expect="405 open", reason="asterisk")
row("GET *", request("GET * HTTP/1.1"), expect="400 closed")
row("OPTIONS on a call", request(f"OPTIONS {STREAMED} HTTP/1.1"), seen=got(method="OPTIONS"))
row("CONNECT", request("CONNECT 127.0.0.1:80 HTTP/1.1"), expect="501 closed", reason="CONNECT, TRACE")
row("TRACE", request("TRACE /healthz HTTP/1.1"), expect="501 closed", reason="CONNECT, TRACE")
for name, target in {"%zz in the target": "/%zz", "a lone % at the end": "/a%"}.items():
    row(name, request(f"GET {STREAMED}{target} HTTP/1.1"), seen=got(STREAMED + target), reason="verbatim")
for name, target in {
        "%00 in the target": "?a=%00", "%2f and dots in the target": "/a%2f..%2fb",
        "backslashes in the target": "/a\\..\\b",
        "dot segments in the target": "/a/./b/../c", "slashes in a row": "//a///b",
        "characters that no URI has": "/<a>|{b}\"^`?[c]"}.items():
    row(name, request(f"GET {STREAMED}{target} HTTP/1.1"), seen=got(STREAMED + target))
row("dot segments above the root", request(f"GET /api/v1/../../../{ID} HTTP/1.1"), seen=got(f"/api/v1/../../../{ID}"),
    reason="verbatim")

# Fields (RFC 9112 §5, RFC 9110 §5).
row("a space before a colon", field("X-A : b"), expect="400 closed")
row("a tab before a colon", field("X-A\t: b"), expect="400 closed")
row("a folded field", field("X-A: b", " c"), expect="400 closed")
row("a field folded with a tab", field("X-A: b", "\tc"), expect="400 closed")
row("whitespace before the first field", f"GET /healthz HTTP/1.1\r\n X-A: b\r\n{HOST}\r\n", expect="400 closed")
row("an empty field name", field(": b"), expect="400 closed")
row("a field line without a colon", field("X-A"), expect="400 closed", reason="field names")
row("a space in a field name", field("X A: b"), expect="400 closed")
row("a parenthesis in a field name", field("X(A: b"), expect="400 closed", reason="field names")
row("NUL in a field name", field("X\0A: b"), expect="400 closed")
row("a byte above ASCII in a field name", field("X\xe9A: b"), expect="400 closed", reason="field names")
row("an underscore in a field name", field("X_A: b"))
row("an empty field value", field("X-A:"))
row("whitespace around a field value", field("X-A: \t b \t "))
row("NUL in a field value", field("X-A: b\0c"), expect="400 closed")
row("a control character in a field value", field("X-A: b\x01c"), expect="400 closed", reason="controls")
row("DEL in a field value", field("X-A: b\x7fc"), expect="400 closed", reason="controls")
row("bytes above ASCII in a field value", field("X-A: \xc3\xa9\x80\xff"))
row("a bare CR in a field value", field("X-A: b\rX-C: d"), expect="400 closed")
row("a bare LF behind a field", field("X-A: b\nX-C: d"), expect="400 closed", reason="bare LF")
row("two CRs and LF behind a field", field("X-A: b\r"), expect="400 closed", reason="bare CR")
row("a bare LF for the empty line", f"GET /healthz HTTP/1.1\r\n{HOST}\n", expect="400 closed", reason="bare LF")
row("bare LFs only", PLAIN.replace("\r", ""), expect="400 closed", reason="bare LF")
row("two different Hosts", field("Host: example.com"), expect="400 closed")
row("the same Host twice", field(HOST.strip()), expect="400 closed")
row("no Host", request(host=""), expect="400 closed")
row("no Host in HTTP/1.0", request("GET /healthz HTTP/1.0", host=""), expect="200 closed")
row("an empty Host", request(host="Host:\r\n"), expect="421 closed", reason="local hosts")
row("the Host localhost", request(host="Host: LocalHost.:80\r\n"))
row("a Host that is an IPv6 address", request(host="Host: [::1]:8484\r\n"))
row("a foreign Host", request(host="Host: example.com\r\n"), expect="421 closed", reason="local hosts")
row("a foreign Host in HTTP/1.0", request("GET /healthz HTTP/1.0", host="Host: example.com\r\n"), expect="421 closed",
    reason="local hosts")
for name, host in {"a space": "127.0.0.1 x", "a path": "127.0.0.1/x", "a comma": "127.0.0.1, example.com"}.items():
    row("a Host with " + name, request(host=f"Host: {host}\r\n"), expect="400 closed")
for name, host in {"a user": "me@127.0.0.1", "letters as port": "a:b", "two ports": "127.0.0.1:80:80",
                   "an open bracket": "[::1", "a byte above ASCII": "127.0.0.1\xe9"}.items():
    row("a Host with " + name, request(host=f"Host: {host}\r\n"), expect="400 closed", reason="Host")
row("128 fields", field(*["X-A: b"] * 127))
row("129 fields", field(*["X-A: b"] * 128), expect="431 closed", reason="limits")
row("a field of 16 KiB", field("X-A: " + "b" * (16 * KIB - 5)), reason="limits")
row("a field of 16 KiB and a byte", field("X-A: " + "b" * (16 * KIB - 4)), expect="431 closed", reason="431")
row("a field name of 16 KiB and a byte", field("X" * (16 * KIB + 1) + ": b"), expect="431 closed", reason="431")
row("fields of 28 KiB together", field(*["X-A: " + "b" * 7 * KIB] * 4))
row("fields of 70 KiB together", field(*["X-A: " + "b" * 7 * KIB] * 10), expect="431 closed", reason="431")
row("field lines without an end", f"GET /healthz HTTP/1.1\r\n{HOST}" + "X-A: b\r\n" * 10000, expect="431 closed",
    reason="431")

# The length of the body (RFC 9112 §6).
row("a body with Content-Length", post("Content-Length: 5", body="hello"), seen=posted(5))
row("a streamed body", post("Content-Length: 5", body="hello", to=STREAMED), seen=posted(5, STREAMED))
row("a body of GET", request(f"GET {STREAMED} HTTP/1.1", "Content-Length: 5", body="hello"),
    seen=[("GET", STREAMED, 5)])
row("POST without a body", post(), seen=posted(0))
row("Content-Length of zero", post("Content-Length: 0"), seen=posted(0))
row("leading zeros in Content-Length", post("Content-Length: 00005", body="hello"), seen=posted(5))
row("whitespace behind Content-Length", post("Content-Length: 5 \t", body="hello"), seen=posted(5), reason="whitespace")
row("an unasked body on an own page", field("Content-Length: 5") + "hello" + PLAIN, expect="200 200 open")
for name, value in {"a plus sign": "+5", "a minus sign": "-5", "a hexadecimal number": "0x5", "an inner space": "5 5",
                    "a fraction": "5.0", "a number beyond 64 bits": "18446744073709551621", "nothing": "",
                    "the same number twice in a list": "5, 5", "two numbers in a list": "5, 6", "an empty member": ",5",
                    "a vertical tab": "\v5", "letters": "five"}.items():
    row("Content-Length with " + name, post("Content-Length: " + value, body="hello"), expect="400 closed")
row("Content-Length twice, equal", post("Content-Length: 5", "Content-Length: 5", body="hello"), expect="400 closed")
row("Content-Length twice, different", post("Content-Length: 5", "Content-Length: 6", body="hello!"),
    expect="400 closed")
row("Content-Length far over the limit", post("Content-Length: 1099511627776"), expect="413 closed",
    reason="refused body")
row("Content-Length of 2^64 - 1", post("Content-Length: 18446744073709551615"), expect="413 closed",
    reason="large numbers")
row("a chunked body", chunked("5\r\nhello\r\n" + LAST), seen=posted(5))
row("a chunked body, streamed", chunked("2\r\nhe\r\n3\r\nllo\r\n" + LAST, to=STREAMED), seen=posted(5, STREAMED))
row("CHUNKED", post("Transfer-Encoding: CHUNKED", body=LAST), seen=posted(0))
row("a tab before chunked", post("Transfer-Encoding:\tchunked", body=LAST), seen=posted(0), reason="whitespace")
row("an empty member before chunked", post("Transfer-Encoding: , chunked", body=LAST), expect="501 closed")
row("an empty member behind chunked", post("Transfer-Encoding: chunked,", body=LAST), expect="400 closed",
    reason="empty members")
for name, value in {"chunked, identity": "chunked, identity", "identity": "identity", "gzip": "gzip", "nothing": "",
                    "chunked, chunked": "chunked, chunked", "xchunked": "xchunked", "chunked;q=1": "chunked;q=1",
                    "chunked in quotes": '"chunked"', "chunked and a vertical tab": "chunked\v",
                    "chunked and identity without a comma": "chunked identity"}.items():
    row("Transfer-Encoding with " + name, post("Transfer-Encoding: " + value, body=LAST), expect="400 closed",
        reason="transfer codings")
row("Transfer-Encoding with gzip, chunked", post("Transfer-Encoding: gzip, chunked", body=LAST), expect="501 closed")
row("chunked in two lines", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=LAST),
    expect="400 closed")
row("chunked and identity in two lines", post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=LAST),
    expect="400 closed")
row("a transfer coding in HTTP/1.0", post("Transfer-Encoding: chunked", body=LAST, version="1.0"), expect="400 closed")
row("Content-Length before a transfer coding", post("Content-Length: 5", "Transfer-Encoding: chunked", body=LAST),
    expect="400 closed")
row("Content-Length behind a transfer coding", post("Transfer-Encoding: chunked", "Content-Length: 5", body=LAST),
    expect="400 closed")

# Chunks and trailers (RFC 9112 §7.1).
row("chunk sizes in both letter cases", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n" + LAST), seen=posted(20))
row("leading zeros in a chunk size", chunked("0000000000000000005\r\nhello\r\n000\r\n\r\n"), seen=posted(5))
row("a chunk extension", chunked("5;a=b\r\nhello\r\n0;c\r\n\r\n"), seen=posted(5))
row("a quoted chunk extension", chunked('5;a="b;c \\" d"\r\nhello\r\n' + LAST), seen=posted(5))
row("whitespace before a chunk extension", chunked("5 ;a\r\nhello\r\n" + LAST), expect="400 closed",
    reason="chunk lines")
row("a chunk extension of 2 KiB", chunked("5;" + "a" * 2 * KIB + "\r\nhello\r\n" + LAST), expect="400 closed",
    reason="limits")
row("600 chunks of a byte with long extensions", chunked(("1;" + "a" * 116 + "\r\nx\r\n") * 600 + LAST),
    expect="400 closed", reason="limits")
for name, coded in {
        "no chunk size": "\r\nhello\r\n", "a plus sign before a chunk size": "+5\r\nhello\r\n",
        "a minus sign before a chunk size": "-5\r\nhello\r\n", "0x before a chunk size": "0x5\r\nhello\r\n",
        "a space before a chunk size": " 5\r\nhello\r\n", "a letter as chunk size": "g\r\nhello\r\n",
        "a chunk size beyond 64 bits": "10000000000000005\r\nhello\r\n", "a chunk of one byte more": "5\r\nhello!\r\n",
        "no line end behind a chunk": "5\r\nhello0\r\n\r\n", "a bare CR behind a chunk size": "5\rhello\r\n"}.items():
    row(name, chunked(coded + LAST), expect="400 closed")
row("NUL in a chunk extension", chunked("5;\0\r\nhello\r\n" + LAST), expect="400 closed", reason="chunk lines")
row("a space behind a chunk size", chunked("5 \r\nhello\r\n" + LAST), expect="400 closed", reason="chunk lines")
row("a bare LF behind a chunk size", chunked("5\nhello\r\n" + LAST), expect="400 closed", reason="bare LF")
row("a bare LF in a chunk extension", chunked("5;a\nhello\r\n" + LAST), expect="400 closed", reason="bare LF")
row("a bare CR in a chunk extension", chunked("5;a\rb\r\nhello\r\n" + LAST), expect="400 closed")
row("a bare LF behind a chunk", chunked("5\r\nhello\n" + LAST), expect="400 closed", reason="bare LF")
row("a bare LF behind the last chunk", chunked("5\r\nhello\r\n0\n\r\n"), expect="400 closed", reason="bare LF")
row("a bare LF at the end of the body", chunked("5\r\nhello\r\n0\r\n\n"), expect="400 closed", reason="bare LF")
row("a bad chunk in a streamed body", chunked("5\r\nhello\r\nx\r\n" + LAST, to=STREAMED), expect="400 closed")
row("a chunk over the limit", chunked("ffffffff\r\nhello"), expect="413 closed")
row("a trailer", chunked("5\r\nhello\r\n0\r\nX-A: b\r\n\r\n"), seen=posted(5))
row("trailers that frame a body",
    chunked("5\r\nhello\r\n0\r\nContent-Length: 3\r\nTransfer-Encoding: x\r\n\r\n") + PLAIN,
    expect="200 200 open", seen=posted(5))
row("a trailer that names a Host", chunked("5\r\nhello\r\n0\r\nHost: example.com\r\n\r\n"), seen=posted(5))
row("trailers of 9 KiB", chunked("0\r\nX-A: " + "b" * 9 * KIB + "\r\n\r\n"), expect="431 closed", reason="limits")
row("a trailer without a colon", chunked("0\r\nX-A\r\n\r\n"), expect="400 closed", reason="trailers")
row("a folded trailer", chunked("0\r\nX-A: b\r\n c\r\n\r\n"), expect="400 closed", reason="trailers")
row("NUL in a trailer", chunked("0\r\nX-A: \0\r\n\r\n"), expect="400 closed", reason="trailers")
row("a bare LF behind a trailer", chunked("0\r\nX-A: b\n\r\n"), expect="400 closed", reason="bare LF")

# Expect (RFC 9110 §10.1.1).
row("100-continue", post("Content-Length: 5", "Expect: 100-continue"), WAIT, "hello", expect="100 200 open",
    seen=posted(5))
row("100-Continue before a chunked body", chunked("", "Expect: 100-Continue"), WAIT, "5\r\nhello\r\n" + LAST,
    expect="100 200 open", seen=posted(5))
row("100-continue, streamed", post("Content-Length: 5", "Expect: 100-continue", to=STREAMED), WAIT, "hello",
    expect="100 200 open", seen=posted(5, STREAMED))
row("100-continue twice", post("Content-Length: 5", "Expect: 100-continue", "Expect: 100-continue"), WAIT, "hello",
    expect="100 200 open", seen=posted(5), reason="Expect")
row("100-continue beside its body", post("Content-Length: 5", "Expect: 100-continue", body="hello"), seen=posted(5),
    reason="Expect")
row("100-continue without a body", field("Expect: 100-continue"), reason="Expect")
row("100-continue in HTTP/1.0", post("Content-Length: 5", "Expect: 100-continue", body="hello", version="1.0"),
    expect="200 closed", seen=posted(5))
row("100-continue for what is refused", request("POST /healthz HTTP/1.1", "Content-Length: 5", "Expect: 100-continue"),
    expect="405 closed", reason="Expect")
row("another expectation", post("Content-Length: 5", "Expect: x", body="hello"), expect="417 open", reason="Expect")
row("another expectation in HTTP/1.0", post("Content-Length: 5", "Expect: x", body="hello", version="1.0"),
    expect="200 closed", seen=posted(5))

# Persistence (RFC 9112 §9).
row("Connection: close", field("Connection: close"), expect="200 closed")
row("Connection: Close beside others", field("Connection: keep-alive, X , Close"), expect="200 closed")
row("close in the second line", field("Connection: x", "Connection: close"), expect="200 closed")
row("close as part of a token", field("Connection: close-x"), reason="connection options")
row("close with a parameter", field("Connection: close;x"), reason="connection options")
row("Proxy-Connection: close", field("Proxy-Connection: close"))
row("HTTP/1.0", request("GET /healthz HTTP/1.0"), expect="200 closed")
row("HTTP/1.0 with keep-alive", request("GET /healthz HTTP/1.0", "Connection: Keep-Alive"))
row("HTTP/1.0 with keep-alive and close", request("GET /healthz HTTP/1.0", "Connection: keep-alive, close"),
    expect="200 closed")
row("Content-Length named by Connection", post("Content-Length: 5", "Connection: Content-Length", body="hello"),
    seen=posted(5))
row("Transfer-Encoding named by Connection", chunked("5\r\nhello\r\n" + LAST, "Connection: Transfer-Encoding"),
    seen=posted(5))
row("three requests at once", PLAIN * 3, expect="200 200 200 open")
row("a body and a request at once", post("Content-Length: 5", body="hello") + PLAIN, expect="200 200 open",
    seen=posted(5))
row("a chunked body and a request at once", chunked("5\r\nhello\r\n" + LAST) + PLAIN, expect="200 200 open",
    seen=posted(5))
row("an empty line between two requests", PLAIN + "\r\n" + PLAIN, expect="200 200 open")
row("a broken request behind a good one", PLAIN + field("X-A : b") + PLAIN, expect="200 400 closed")
row("a request behind close", field("Connection: close") + request(f"GET {STREAMED} HTTP/1.1"), expect="200 closed")
row("a body longer than Content-Length", post("Content-Length: 3", body="hello\r\n\r\n"), expect="200 400 closed",
    seen=posted(3))
row("a request byte by byte", *re.findall(ID + "|.", chunked("5\r\nhello\r\n" + LAST), re.DOTALL), seen=posted(5))

# Methods and statuses without a body (RFC 9110 §9.3.2, §15).
row("HEAD", request("HEAD /healthz HTTP/1.1") + PLAIN, expect="200 200 open", heads=(0,))
row("HEAD on a call", request(f"HEAD {STREAMED} HTTP/1.1") + PLAIN, expect="200 200 open", heads=(0,),
    seen=got(method="HEAD"))
row("an answer of 204", request(f"GET {STREAMED}/204 HTTP/1.1") + PLAIN, expect="204 200 open",
    seen=got(STREAMED + "/204"))
row("an answer of 304", request(f"GET {STREAMED}/304 HTTP/1.1") + PLAIN, expect="304 200 open",
    seen=got(STREAMED + "/304"))
row("Range on an own page", field("Range: bytes=0-0"))
row("POST to an own page", request("POST /healthz HTTP/1.1", "Content-Length: 5", body="hello") + PLAIN,
    expect="405 200 open", reason="own pages")

# Ends (RFC 9112 §8, §9.6).
row("the end behind a request", PLAIN, END, expect="200 closed")
row("the end behind three requests", PLAIN * 3, END, expect="200 200 200 closed")
row("the end behind a body", post("Content-Length: 5", body="hello"), END, expect="200 closed", seen=posted(5),
    reason="half-closed")
row("the end at once", END, expect="closed")
row("the end in the request line", "GET /hea", END, expect="closed")
row("the end in a field", "GET /healthz HTTP/1.1\r\nHost: 12", END, expect="closed")
row("the end before the last LF", PLAIN[:-1], END, expect="closed")
row("the end in a body", post("Content-Length: 5", body="hel"), END, expect="400 closed", reason="half-closed")
row("the end in a chunk", chunked("5\r\nhel"), END, expect="400 closed", reason="half-closed")
row("the end behind the last chunk", chunked("5\r\nhello\r\n0\r\n"), END, expect="400 closed", reason="half-closed")
row("the end in a streamed body", post("Content-Length: 5", body="hel", to=STREAMED), END, expect="400 closed",
    reason="half-closed")

# Other protocols on this port.
row("the start of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 32, expect="400 closed")
row("SSH", "SSH-2.0-OpenSSH_9.2\r\n", expect="400 closed")
row("SMTP", "EHLO localhost\r\n", expect="400 closed")
row("the PROXY protocol", "PROXY TCP4 127.0.0.1 127.0.0.1 1234 80\r\n" + PLAIN, expect="400 closed")
row("a hundred NULs", "\0" * 100, expect="400 closed")

# Request smuggling (RFC 9112 §11.2): whoever reads the length otherwise sees a request of its own in the body.
row("CL.TE", post(f"Content-Length: {len(LAST + SMUGGLED)}", "Transfer-Encoding: chunked", body=LAST + SMUGGLED),
    expect="400 closed")
row("TE.CL", chunked(f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n{LAST}", "Content-Length: 4"), expect="400 closed")
for name, line in {
        "a space before the colon": "Transfer-Encoding : chunked",
        "a folded chunked": "Transfer-Encoding:\r\n chunked",
        "a line that begins with a space": " Transfer-Encoding: chunked",
        "NUL behind chunked": "Transfer-Encoding: chunked\0",
        "a bare LF before Transfer-Encoding": "X-A: b\nTransfer-Encoding: chunked",
        "a bare CR before Transfer-Encoding": "X-A: b\rTransfer-Encoding: chunked",
        "a bare LF behind Transfer-Encoding": "Transfer-Encoding\n: chunked",
        "a second, unknown coding": "Transfer-Encoding: chunked\r\nTransfer-encoding: x"}.items():
    row("TE.TE with " + name, post(f"Content-Length: {len(LAST + SMUGGLED)}", line, body=LAST + SMUGGLED),
        expect="400 closed")
for name, value in {"xchunked": "xchunked", "a vertical tab before chunked": "\vchunked"}.items():
    row("TE.TE with " + name,
        post(f"Content-Length: {len(LAST + SMUGGLED)}", "Transfer-Encoding: " + value, body=LAST + SMUGGLED),
        expect="400 closed", reason="transfer codings")
row("TE.TE with an underscore",
    post(f"Content-Length: {len(LAST + SMUGGLED)}", "Transfer_Encoding: chunked", body=LAST + SMUGGLED),
    seen=posted(len(LAST + SMUGGLED)))
row("CL.0", request("POST /healthz HTTP/1.1", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED) + PLAIN,
    expect="405 200 open", reason="own pages")
row("GET.CL", field(f"Content-Length: {len(SMUGGLED)}") + SMUGGLED + PLAIN, expect="200 200 open")
row("two Content-Lengths around a request",
    post("Content-Length: 0", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED), expect="400 closed")
row("a request in a chunk extension", chunked(f"5;\n{SMUGGLED}\r\nhello\r\n" + LAST), expect="400 closed")
row("a request in a trailer", chunked(f"0\r\n{SMUGGLED}"), expect="400 closed", reason="trailers")
row("a request in a folded field", field("X-A: b", " " + SMUGGLED), expect="400 closed")
row("a request behind an absolute target", request(f"GET http://127.0.0.1/healthz?\r\n{SMUGGLED} HTTP/1.1"),
    expect="400 closed", reason="HTTP/0.9")


class Upstream:
    """Answers 200 with its request's target as JSON, 204 and 304 where the path ends so, and remembers each complete
    request but the probes."""

    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.requests = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=[peer], daemon=True).start()

    def serve(self, peer):
        with peer:
            stream = Stream(peer)
            try:
                while head := read_head(stream):
                    self.answer(peer, stream, head)
            except (OSError, EOFError):
                pass  # a request that broke off is none

    def answer(self, peer, stream, head):
        method, target, version = head[0].split(" ")
        length = len(read_body(stream, head))
        if sum(line.lower().startswith(("content-length:", "transfer-encoding:")) for line in head) > 1:
            length = "ambiguous"
        if "/api/v1/probe/" not in target:
            with self.lock:
                self.requests.append((method, target, length))
        body = json.dumps({"target": target}).encode()
        if target.endswith("/204"):
            peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        elif target.endswith("/304"):
            peer.sendall(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1000\r\n\r\n')
        else:
            fields = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            peer.sendall(b"HTTP/1.1 200 OK\r\n" + fields + (b"" if method == "HEAD" else body))
        if version == "HTTP/1.0":
            raise EOFError

    def requests_of(self, number):
        """What row `number` sent here, its number replaced as in the table."""
        own = f"r{number:03}"
        with self.lock:
            return [(m, target.replace(own, ID), length) for m, target, length in self.requests if own in target]


class Stream:
    """Reads a connection. Unlike a socket's own file, it can be read on after a timeout."""

    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def more(self):
        data = self.connection.recv(65536)
        self.buffer += data
        return bool(data)

    def take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def first_byte(self):
        """The next byte, which stays; none at the end."""
        if not self.buffer:
            self.more()
        return self.buffer[:1]

    def line(self):
        """Up to and including the next LF, or what is there at the end."""
        while b"\n" not in self.buffer and self.more():
            pass
        return self.take(self.buffer.find(b"\n") + 1 or len(self.buffer))

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise EOFError
        return self.take(count)

    def rest(self):
        while self.more():
            pass
        return self.take(len(self.buffer))


def read_head(stream):
    """The lines of a head as text; none at the end."""
    lines = []
    while line := stream.line():
        if line == b"\r\n":
            return lines
        if not line.endswith(b"\r\n"):
            raise EOFError
        lines.append(line[:-2].decode("latin-1"))
    return []


def value(head, name):
    return next((line.partition(":")[2].strip() for line in head[1:] if line.lower().startswith(name + ":")), None)


def read_body(stream, head, until_end=False):
    if (value(head, "transfer-encoding") or "").lower() == "chunked":
        body = b""
        while size := chunk_size(stream):
            body += stream.exactly(size)
            stream.exactly(2)
        stream.exactly(2)
        return body
    length = value(head, "content-length")
    if length is None and until_end:
        return stream.rest()
    return stream.exactly(int(length or 0))


def chunk_size(stream):
    line = stream.line()
    if not line.endswith(b"\r\n"):
        raise EOFError
    return int(line, 16)


@dataclasses.dataclass
class Outcome:
    """What a row came to at one server."""
    statuses: list
    fate: str
    upstream: list
    problems: list  # what the statuses do not show

    def __str__(self):
        reached = ", ".join(f"{m} {target} {length}" for m, target, length in self.upstream)
        return " ".join(self.statuses + [self.fate]) + (f"; upstream: {reached}" if reached else "")


class Observer:
    """Sends one row over a connection of its own and sees what comes of it.

    Whether a connection persists is seen by a further request on it, the probe, not by waiting.
    """

    def __init__(self, port, row, number, patience, answers_known):
        self.row, self.number, self.answers_known = row, number, answers_known
        self.statuses, self.problems, self.closes = [], [], False
        self.connection = socket.create_connection(("127.0.0.1", port), patience)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = Stream(self.connection)

    def outcome(self):
        """The statuses, the fate and the problems."""
        with self.connection:
            try:
                fate = self.exchange()
            except ConnectionResetError:
                fate = RESET
            except EOFError:
                fate = CLOSED
                self.problems.append("an answer broke off")
            return self.statuses, fate, self.problems

    def exchange(self):
        ended = False
        try:
            for piece in self.row.pieces_as(self.number):
                if piece is WAIT:
                    self.read_answer()
                elif piece is END:
                    self.connection.shutdown(socket.SHUT_WR)
                    ended = True
                else:
                    self.send(piece)
            # Where the table says how many answers come, the probe can follow the last of them at once.
            is_enough = self.answers_known and self.row.fate == OPEN
            while not is_enough or len(self.statuses) < len(self.row.statuses):
                if self.read_answer() is None:
                    return CLOSED
        except TimeoutError:
            if ended:
                return READING
        return self.probe()

    def send(self, data):
        try:
            self.connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed before it read everything; its answer may be there all the same

    def probe(self):
        target = f"/api/v1/probe/{self.number}"
        self.send(request(f"GET {target} HTTP/1.1").encode())
        try:
            head = read_head(self.stream)
        except TimeoutError:
            return READING
        if not head:
            return CLOSED
        body = read_body(self.stream, head, until_end=True)
        if json.dumps({"target": target}).encode() != body:
            self.problems.append(f"the next request was answered {head[0]} {body[:200]}")
            return READING
        return OPEN

    def read_answer(self):
        """Notes the next answer's status. None: the connection ended before one."""
        start = self.stream.first_byte()
        if not start:
            return None
        if start != b"H":
            self.stream.rest()
            self.statuses.append("0.9")
            return "0.9"
        head = read_head(self.stream)
        if not head:
            raise EOFError
        status = head[0].split(" ")[1]
        finals = sum(not s.startswith("1") for s in self.statuses)
        self.statuses.append(status)
        if not status.startswith("1"):
            self.closes = "close" in (value(head, "connection") or "")
            if status not in ("204", "304") and finals not in self.row.heads:
                read_body(self.stream, head, until_end=True)
        return status


def observe_all(port, upstream, patience=20, answers_known=True, workers=24):
    """Sends all rows to the server on `port`, which forwards to `upstream`. Returns their outcomes in order.

    - patience: seconds to wait for an answer before it counts as missing.
    - answers_known: the table is about this server; another one is given `patience` after its last answer.
    """
    def one(number):
        observer = Observer(port, ROWS[number], number, patience, answers_known)
        statuses, fate, problems = observer.outcome()
        # A server that closes says so (RFC 9112 §9.6), but it cannot know that the client will end first.
        ends_first = END in ROWS[number].pieces
        if answers_known and statuses and not ends_first and observer.closes != (fate == CLOSED):
            problems.append(f"Connection: close is {'' if observer.closes else 'not '}in the last answer")
        return Outcome(statuses, fate, [], problems)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(one, range(len(ROWS))))
    for number, outcome in enumerate(outcomes):
        outcome.upstream = upstream.requests_of(number)
    return outcomes


def failures(outcomes, upstream):
    """What is not as the table says, one text each."""
    found = []
    for row, seen in zip(ROWS, outcomes):
        wanted = Outcome(row.statuses, row.fate, row.upstream, [])
        if str(seen) != str(wanted) or seen.problems:
            found.append(f"{row.name}: must be {wanted}; was {seen} {' '.join(seen.problems)}")
    known = sum(len(outcome.upstream) for outcome in outcomes)
    if known != len(upstream.requests):
        found.append(f"upstream got {len(upstream.requests)} requests, of which rows sent {known}")
    return found


def main():
    upstream = Upstream(int(sys.argv[1]))
    port = int(sys.argv[2])
    started = time.monotonic()
    found = failures(observe_all(port, upstream), upstream)
    for text in found:
        print("FAIL " + text)
    again = Observer(port, ROWS[0], 0, 20, True).outcome()
    if again != (["200"], OPEN, []):
        found.append("after all rows")
        print(f"FAIL after all rows /healthz gave {again}")
    print(f"{len(ROWS)} rows, {len(found)} failures, {time.monotonic() - started:.1f} s")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
