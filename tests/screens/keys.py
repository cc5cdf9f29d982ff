#!/usr/bin/env python3
"""Keys are answered whatever goes on: while a run works at full speed, while the platform hangs.
usage: keys.py PROGRAM SANDBOX-PID. How long each took is printed; asserted is only that each was answered."""
import os, re, signal, subprocess, sys, time
from pty_screen import Screen, Tap

program, platform = sys.argv[1], int(sys.argv[2])
tap = Tap()
# What stands on the screen after a key.
SHOWS = {b"1": "Clarifai", b"2": r"volumes\+tables", b"\x1b2": r"volumes\+tables", b"6": "many_files", b"?": "Keys of", b"q": r"volumes\+tables|sending"}


def cursors(screen):
    """The items cursors are on: what a move changes, and nothing else does."""
    return re.findall("›[^│\n]+", screen.text())


def answered(screen, keys, most=10.0):
    """Sends each key and waits for its frame: the times in ms, None where none came.
    A frame may also come by itself, with a figure that changed: an answer is what SHOWS names, or a cursor that moved."""
    times = []
    for key in keys:
        while screen.read_once(0):
            pass
        before, end = cursors(screen), time.monotonic() + most
        began = time.monotonic()

        def come():
            return re.search(SHOWS[key], screen.text()) if key in SHOWS else cursors(screen) != before

        screen.send(key)
        while not come() and time.monotonic() < end:
            screen.read_once(0.5)
        times.append((time.monotonic() - began) * 1000 if come() else None)
    return times


def tell(name, times):
    good = sorted(t for t in times if t is not None)
    if good:
        print("# %s: %d of %d keys answered, p50 %.1f ms, p99 %.1f ms, most %.1f ms" %
              (name, len(good), len(times), good[len(good) // 2], good[min(len(good) - 1, len(good) * 99 // 100)], good[-1]))
    tap.report(len(good) == len(times) > 0, "%s: every key is answered" % name, times)


def alive():
    got = subprocess.run([program, "runs", "--json"], capture_output=True, text=True).stdout
    return '"alive":true' in got.replace(" ", "")


s = Screen([program, "main.many", "--sandbox"])
tap.report(s.wait(r"volumes\+tables +5,000") is not None, "5,000 tables are listed", s.text())
s.wait("DELTA, 3 columns")
tell("nothing else goes on", answered(s, [b"j"] * 40 + [b"k"] * 40))

started = subprocess.run([program, "import", "volume", "main.vision.many_files", "--app", "traffic", "--dataset", "keys", "--create-dataset", "--yes", "--detach",
                          "--sandbox"], capture_output=True, text=True)
tap.report(started.returncode == 0, "a run is started", started.stderr)
tap.report(s.wait("1 run") is not None, "its number stands above every screen", s.text())
tell("a run works, Browse", answered(s, [b"j"] * 60 + [b"k"] * 60))
tell("a run works, from tab to tab", answered(s, [b"6", b"2", b"?", b"q"] * 5))
s.send(b"6")
s.wait("many_files")
s.send(b"\r")
tap.report(s.wait("sending +[0-9,]+ / ") is not None, "the run is watched", s.text())
tell("a run works, its own screen", answered(s, [b"?", b"q"] * 10))
tap.report(alive(), "the run was still at work")
s.send(b"x")
s.wait("Cancel it")
s.send(b"\x1b[C\r")
tap.report(s.wait("cancelled", 60) is not None, "it is cancelled by keys", s.text())
s.send(b"2")
s.wait(r"volumes\+tables")

os.kill(platform, signal.SIGSTOP)
try:
    s.send(b"r")
    tell("the platform hangs, Browse", answered(s, [b"j"] * 30 + [b"k"] * 30))
    tell("the platform hangs, from tab to tab", answered(s, [b"1", b"\x1b2", b"6", b"2", b"?", b"q"] * 3))
    tap.report(s.wait("has not answered yet", 20) is not None, "that it hangs is said", s.text())
finally:
    os.kill(platform, signal.SIGCONT)
s.send(b"q")
end = time.monotonic() + 20
status = (0, 0)
while status[0] == 0 and time.monotonic() < end:
    s.read_once(0.1)
    status = os.waitpid(s.pid, os.WNOHANG)
tap.report(status[0] == s.pid and os.waitstatus_to_exitcode(status[1]) == 0, "q leaves with 0", status)
sys.exit(tap.end())
