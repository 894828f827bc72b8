"""A headless Chromium driven over W3C WebDriver, and over CDP through it. Standard library only.

Needs Debian's packages `chromium` and `chromium-driver`. Every call has a time limit.
"""
import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

CALL_SECONDS = 60
END_SECONDS = 5
TAB = "\ue004"


class ChromiumError(Exception):
    """What WebDriver or a script in the page said when it failed."""


class Chromium:
    """One browser window with a profile of its own in `folder`; it reaches 127.0.0.1 only."""

    def __init__(self, folder):
        self.folder = folder
        self.session = self.browser = None
        self.log = open(os.path.join(folder, "chromedriver.log"), "w", encoding="utf-8")
        # Short: Chromium makes a socket in it, whose path has 107 bytes at the most.
        self.temporary = tempfile.mkdtemp(prefix="pages-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, "HOME": folder, "TMPDIR": self.temporary}, start_new_session=True)
        try:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self._port(), timeout=CALL_SECONDS)
            self._open()
        except BaseException:
            self.close()
            raise

    def _port(self):
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                return int(found[1])
        raise ChromiumError("chromedriver did not start")

    def _open(self):
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": self._wishes()}})
        self.session = "/session/" + made["sessionId"]
        self.browser = made["capabilities"].get("goog:processID")
        self.version = made["capabilities"]["browserVersion"]

    def _wishes(self):
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-dev-shm-usage", "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--user-data-dir=" + os.path.join(self.folder, "profile"),
        ]
        return {
            "browserName": "chrome",
            "unhandledPromptBehavior": "dismiss and notify",
            "timeouts": {"pageLoad": CALL_SECONDS * 1000, "script": CALL_SECONDS * 1000},
            "goog:chromeOptions": {
                "args": arguments, "perfLoggingPrefs": {"enableNetwork": True, "enablePage": False},
            },
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }

    def _call(self, method, path, body=None):
        headers = {"Content-Type": "application/json; charset=utf-8"}
        sent = None if body is None else json.dumps(body).encode()
        self.connection.request(method, path, sent, headers)
        answer = self.connection.getresponse()
        value = json.loads(answer.read())["value"]
        if answer.status != 200:
            raise ChromiumError(f"{value['error']}: {value['message'][:500]}")
        return value

    def cdp(self, command, **parameters):
        """One command of the Chrome DevTools Protocol."""
        body = {"cmd": command, "params": parameters}
        return self._call("POST", self.session + "/goog/cdp/execute", body)

    def evaluate(self, script):
        """What a script in the page comes to, as JSON; promises are waited for."""
        answer = self.cdp("Runtime.evaluate", expression=script, awaitPromise=True,
                          returnByValue=True)
        if "exceptionDetails" in answer:
            raise ChromiumError(json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def visit(self, address):
        self._call("POST", self.session + "/url", {"url": address})

    def show(self, scheme, width, height, mobile):
        """Makes the next pages see this colour scheme and this window."""
        self.cdp("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=mobile)

    def press_tab(self, times):
        """Presses the real key, so that `:focus-visible` holds."""
        keys = [{"type": kind, "value": TAB} for _ in range(times) for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": keys}]
        self._call("POST", self.session + "/actions", {"actions": actions})

    def entries(self, kind):
        """What the log `browser` or `performance` got since it was asked for last."""
        return self._call("POST", self.session + "/se/log", {"type": kind})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.cdp("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        """Ends the browser, then its driver; by force when it must be."""
        try:
            if self.session:
                self.connection.close()
                self.connection.timeout = END_SECONDS
                self._call("DELETE", self.session)
                self.browser = None
        except (OSError, http.client.HTTPException, ValueError, ChromiumError):
            pass
        finally:
            self._kill(os.kill, self.browser)
            self._kill(os.killpg, self.driver.pid)
            self.driver.wait(END_SECONDS)
            self.driver.stdout.close()
            self.log.close()
            shutil.rmtree(self.temporary, ignore_errors=True)

    @staticmethod
    def _kill(how, process):
        try:
            if process:
                how(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
