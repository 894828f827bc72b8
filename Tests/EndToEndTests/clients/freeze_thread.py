"""Stops one thread of a process as if it hung, and lets it go on at the end. Standard library only.

    freeze_thread.py PID THREAD-NAME [SECONDS]

Says `frozen` once the thread stands. It is stopped by ptrace(2), which a process may do to its children and root to all;
the others run on, which is the point: a daemon whose every thread stands proves nothing.
"""
import ctypes
import os
import sys
import time

SEIZE, INTERRUPT = 0x4206, 0x4207
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def trace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(f"cannot stop thread {thread}: {os.strerror(ctypes.get_errno())}")


def main():
    process, name = sys.argv[1], sys.argv[2]
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 600
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/comm") as file:
            if file.read().strip() == name:
                break
    else:
        sys.exit(f"process {process} has no thread {name}")
    trace(SEIZE, int(thread))
    trace(INTERRUPT, int(thread))
    os.waitpid(int(thread), 0x40000000)  # __WALL: threads too
    print("frozen", flush=True)
    # What traces ends, what was traced goes on.
    time.sleep(seconds)


if __name__ == "__main__":
    main()
