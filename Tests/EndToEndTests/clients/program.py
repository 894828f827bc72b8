"""What the clients here share: how the binary under test is started and ended, and how a claim is checked. Standard library
only.

Takes BINARY from the command line.
"""
import atexit
import http.client
import re
import subprocess
import sys
import threading

binary = sys.argv[1]
WAIT = 30  # seconds; a call that needs them has failed


def check(what, holds, found=None):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        print(f"     found: {found!r}"[:2000], flush=True)
        sys.exit(1)


class Program:
    """`chatroutesd` with these arguments, once it has said that it is ready."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([binary, *arguments], stderr=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # of one that has ended it does nothing
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(r"ready: http://([\d.]+):(\d+)", line):
                self.address = found[1], int(found[2])
                # What else it says must not fill the pipe.
                threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True).start()
                return
        sys.exit(f"FAIL {arguments[0]} did not start")

    def connect(self):
        return http.client.HTTPConnection(*self.address, timeout=WAIT)

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait(WAIT)
