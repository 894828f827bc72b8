"""An upstream behind TLS of a company's own authority, and behind a proxy. Standard library and openssl only.

    tls_and_proxy.py BINARY FOLDER

Prints one line a check; exits 1 at the first failure.
"""
import base64
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings

from program import WAIT, binary, check, Program

folder = sys.argv[2]
KEY = "cr_prod_sk_" + "5ec7e7a1" * 8
USER, PASSWORD = "corp\\name", "pass@canary:word"
# A name that only the proxy knows; the certificate is made out to it.
NAME = "upstream.invalid"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


def make_certificates():
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Company")
    openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=" + NAME)
    with open(folder + "/names", "w") as file:
        file.write(f"subjectAltName=DNS:{NAME},IP:127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")


class API(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"conversations": [], "total": 0, "page": 1, "limit": 10, "hasNext": False}).encode()
        self.server.seen.append((self.path, self.headers["Authorization"], self.headers["Proxy-Authorization"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class TLSServer(http.server.ThreadingHTTPServer):
    """`newest`: the newest version of TLS that it speaks."""

    def __init__(self, newest=None):
        super().__init__(("127.0.0.1", 0), API)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if newest:
            warnings.simplefilter("ignore", DeprecationWarning)  # that is the point
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
        context.load_cert_chain(folder + "/server.pem", folder + "/server.key")
        self.context, self.seen, self.handshakes = context, [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self):
        plain, address = self.socket.accept()
        plain.settimeout(WAIT)
        connection = self.context.wrap_socket(plain, server_side=True)
        self.handshakes += 1
        return connection, address

    def handle_error(self, request, address):
        pass


class Proxy:
    """CONNECT for whoever knows the password; `refusing`: for nobody."""

    def __init__(self, port):
        self.target, self.asked, self.refusing = port, [], False
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        lines = head.decode().split("\r\n")
        self.asked.append(lines[0])
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        if fields.get("proxy-authorization") != wanted:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif self.refusing:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        else:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.copy, args=[server, client], daemon=True).start()
            self.copy(client, server)
            return
        client.close()

    @staticmethod
    def copy(one, other):
        try:
            while piece := one.recv(65536):
                other.sendall(piece)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Daemon(Program):
    count = 0

    def __init__(self, upstream, environment=None, **settings):
        Daemon.count += 1
        self.state = f"{folder}/state-{Daemon.count}"
        with open(self.state + ".yaml", "w") as file:
            file.writelines(f"{name.replace('_', '-')}: {value}\n" for name, value in settings.items())
        for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
            os.environ.pop(name, None)
        os.environ.update(environment or {})
        super().__init__("serve", "--listen", "127.0.0.1:0", "--upstream", upstream, "--database",
                         self.state + "/mirror.sqlite", "--config", self.state + ".yaml", "--log-level", "debug")

    def get(self, target="/api/v1/conversations", key=KEY):
        connection = self.connect()
        connection.request("GET", target, headers={"Authorization": "ApiKey " + key} if key else {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()

    def status(self):
        return json.loads(self.get("/status", key=None)[2])

    def finish(self):
        check("it ends as it should", self.end(signal.SIGTERM) == 0)
        return "".join(self.lines)


make_certificates()
api = TLSServer()
local = f"https://127.0.0.1:{api.server_port}"
ca = folder + "/ca.pem"

daemon = Daemon(local)
status, fields, body = daemon.get()
check("an authority that nobody knows is not trusted", status == 504 and "(tls)" in body, (status, body))
check("and is an outage", fields["Proxy-Status"] == "chatroutesd; error=tls_protocol_error", fields)
daemon.finish()
check("nothing was asked", api.seen == [], api.seen)

daemon = Daemon(local, ca_file=ca)
check("with ca-file it is", daemon.get()[0] == 200 and len(api.seen) == 1, api.seen)
daemon.finish()

old = TLSServer(ssl.TLSVersion.TLSv1_1)
daemon = Daemon(f"https://127.0.0.1:{old.server_port}", ca_file=ca)
status, _, body = daemon.get()
check("TLS 1.1 is not spoken", status == 504 and "(tls)" in body and old.handshakes == 0, (status, body))
daemon.finish()
newer = TLSServer(ssl.TLSVersion.TLSv1_2)
daemon = Daemon(f"https://127.0.0.1:{newer.server_port}", ca_file=ca)
check("TLS 1.2 is", daemon.get()[0] == 200, daemon.lines)
daemon.finish()

proxy = Proxy(api.server_port)
userinfo = "corp%5Cname:pass%40canary%3Aword"
through = {"HTTPS_PROXY": f"http://{userinfo}@127.0.0.1:{proxy.port}"}
del api.seen[:]
daemon = Daemon(f"https://{NAME}:8443", through, ca_file=ca)
status, fields, body = daemon.get()
check("a name that only the proxy knows is reached", status == 200, (status, body, daemon.lines))
check("by CONNECT", proxy.asked == [f"CONNECT {NAME}:8443 HTTP/1.1"], proxy.asked)
check("the proxy's password stays with it, the key with the API",
      api.seen == [("/api/v1/conversations", "ApiKey " + KEY, None)], api.seen)
check("its connection is used again", daemon.get()[0] == 200 and len(proxy.asked) == 1, proxy.asked)

said = daemon.finish()
proxy.refusing = True
proxy.asked.clear()
daemon = Daemon(f"https://{NAME}:8443", through, ca_file=ca)
status, fields, body = daemon.get()
check("a proxy that does not connect is an outage", status == 504 and "(proxy)" in body, (status, body))
check("of which the status tells", daemon.status()["upstream"]["state"] == "offline"
      and daemon.status()["upstream"]["cause"] == "proxy", daemon.status())
shaken, asked = api.handshakes, len(api.seen)
proxy.refusing = False
until = time.monotonic() + WAIT
while daemon.status()["upstream"]["state"] != "online" and time.monotonic() < until:
    time.sleep(0.05)
check("a probe through the proxy finds it again", daemon.status()["upstream"]["state"] == "online", daemon.status())
check("with a handshake and no call", api.handshakes == shaken + 1 and len(api.seen) == asked, (shaken, api.handshakes))
check("and a read is answered", daemon.get()[0] == 200)
said += daemon.finish()

daemon = Daemon(f"https://{NAME}:8443", {"HTTPS_PROXY": f"http://wrong:canary-wrong@127.0.0.1:{proxy.port}"}, ca_file=ca)
status, fields, body = daemon.get()
check("a wrong password is an outage", status == 504 and "(proxy)" in body, (status, body))
metrics, report = daemon.get("/metrics", key=None)[2], daemon.get("/status", key=None)[2]
said += daemon.finish() + metrics + report + body

config = subprocess.run([binary, "config"], capture_output=True, text=True, env={**os.environ, **through})
check("config shows the proxy without them", f"proxy: http://127.0.0.1:{proxy.port}" in config.stdout, config)
said += config.stdout + config.stderr

proxy.asked.clear()
daemon = Daemon(local, {**through, "NO_PROXY": "elsewhere.test"}, ca_file=ca)
check("this machine needs no proxy", daemon.get()[0] == 200 and proxy.asked == [], proxy.asked)
daemon.finish()
daemon = Daemon(f"https://{NAME}:8443", {**through, "NO_PROXY": ".invalid"}, ca_file=ca)
status, _, body = daemon.get()
check("nor what NO_PROXY names", status == 504 and "(dns)" in body and proxy.asked == [], (status, body))
daemon.finish()

held = said
for root, _, files in os.walk(folder):
    for name in files:
        with open(os.path.join(root, name), "rb") as file:
            held += file.read().decode("latin-1")
secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
for word in (PASSWORD, "canary", secret, KEY):
    check("a secret is nowhere", word not in held, held[max(0, held.find(word) - 200):][:400])
