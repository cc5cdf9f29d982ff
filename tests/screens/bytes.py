#!/usr/bin/env python3
"""What the interface sends over a slow line, and what it holds in memory (quality §4), on a pseudo terminal of 80x24.
usage: bytes.py PROGRAM SANDBOX-PID. Counts bytes and cells, never times: where a slow machine draws one thing in two frames, it is counted again."""
import os, re, signal, sys, time
from pty_screen import Screen, Tap

MOVE, CHANGE, MANY, WAITING = 160, 1.3, 1024, 512
program, platform = sys.argv[1], int(sys.argv[2])
tap = Tap()


def fits(sent, cells):
    return sent <= CHANGE * cells + 300


def least(screen, there, back, times=8):
    """The bytes of a move's own frame; what follows the resting cursor comes later, and on a busy machine sometimes with it: the least counts."""
    sent = []
    for i in range(times):
        screen.send(there if i % 2 == 0 else back)
        sent.append(len(screen.read_once(5)))
        screen.read(0.3)
    return max(min(sent[0::2]), min(sent[1::2])), sent


# --- a schema of 5,000 tables ---
s = Screen([program, "main.many", "--sandbox"])
s.read_once(5)
print("# first bytes after %.0f ms" % ((time.monotonic() - s.began) * 1000))
tap.report(s.wait(r"volumes\+tables +5,000") is not None, "a schema of 5,000 tables is shown with its count", s.text())
s.wait("DELTA, 3 columns")
s.read(1)
unseen = []
for _ in range(8):
    before = s.copy()
    sent = s.press(b"j", 0.7)
    unseen.append((len(sent), s.changed(before), b"loading" in sent))
print("# moves to items not seen before, with their details: %s" % [n for n, _, _ in unseen])
tap.report(min(n for n, _, _ in unseen) <= MOVE, "a cursor move with the details of an item not seen before takes at most 160 bytes", unseen)
tap.report(max(n for n, _, _ in unseen) <= MOVE + 600, "where a slow answer lets waiting be shown first, at most 600 more", unseen)
seen = [len(s.press(b"k", 0.5)) for _ in range(4)]
print("# moves to items seen before, with their details: %s" % seen)
tap.report(min(seen) > 0 and max(seen) <= MOVE, "a cursor move takes at most 160 bytes", seen)
s.press(b"g", 1)
turns = []
for _ in range(3):
    before = s.copy()
    sent = s.press(b"\x1b[6~", 0.9)
    turns.append((len(sent), s.changed(before), b"loading" in sent))
print("# page turns (bytes, cells): %s" % [t[:2] for t in turns])
tap.report(all(n > 0 and (fits(n, cells) or slow) for n, cells, slow in turns), "a page turn takes at most 1.3 times the cells that changed + 300", turns)
many = [len(s.press(keys, 0.9)) for keys in (b"j" * 200, b"j" * 100 + b"k" * 100)]
print("# 200 keys at once: %s bytes" % many)
tap.report(many[0] > 0 and max(many) <= MANY, "200 keys at once take at most 1 KB", many)
for name, key in (("Runs", b"6"), ("Browse", b"2"), ("the help", b"?"), ("Browse again", b"\x1b"), ("Authenticate", b"1"), ("Browse once more", b"\x1b2")):
    before = s.copy()
    sent = len(s.press(key, 0.7))
    cells = s.changed(before)
    print("# %s: %d bytes for %d cells" % (name, sent, cells))
    tap.report(0 < sent and fits(sent, cells), "%s: at most 1.3 times the cells that changed + 300" % name, "%d bytes, %d cells" % (sent, cells))
s.read(1)
for _ in range(3):                       # an age in minutes may have changed meanwhile
    idle = s.read(5, 5)
    if b"min" not in idle:
        break
tap.report(len(idle) == 0, "nothing is sent while nothing changes", idle)
uss = sum(int(line.split()[1]) for line in open("/proc/%d/smaps_rollup" % s.pid) if line.startswith(("Private_Clean", "Private_Dirty")))
print("# private memory with 5,000 tables: %d KB" % uss)
if "san" in open("/proc/%d/maps" % s.pid).read():
    tap.report(True, "private memory # SKIP a sanitizer holds more")
else:
    tap.report(uss <= (12 + 10) * 1024, "5,000 tables: at most 10 MB above the idle 12", "%d KB" % uss)
children = [p for p in os.listdir("/proc") if p.isdigit() and os.path.exists("/proc/%s/stat" % p)
            and re.search(r"\) \w %d " % s.pid, open("/proc/%s/stat" % p).read())]
tap.report(not children, "no child process", children)

# --- waiting for a platform that hangs ---
os.kill(platform, signal.SIGSTOP)
try:
    s.press(b"r", 0.2)
    waiting = s.read(10, 10)
finally:
    os.kill(platform, signal.SIGCONT)
print("# waiting: %d bytes" % len(waiting))
tap.report(len(waiting) <= WAITING, "waiting takes at most 0.5 KB", waiting)
os.kill(s.pid, signal.SIGTERM)
tail = s.read(1)
status = os.waitpid(s.pid, 0)[1]
tap.report(b"\x1b[?1049l" in tail and os.waitstatus_to_exitcode(status) == 143, "TERM gives the terminal back and ends with 143", "%r %r" % (tail, status))

# --- moves between items of different kinds: hints change with them ---
s = Screen([program, "main.vision", "--sandbox"])
s.wait("T train_2026")
for _ in range(12):
    if re.search("[›>]T all_types", s.text()):
        break
    s.press(b"j", 0.6)
s.press(b"k", 0.8)
s.press(b"j", 0.8)
most, sent = least(s, b"k", b"j")
print("# moves between a volume and a table: %s" % sent)
tap.report(0 < most <= MOVE, "a move that changes the hints takes at most 160 bytes", sent)

# --- rows of a table ---
s.press(b":", 0.2)
s.press(b"main.vision.inputs_2025\r", 0.5)
s.wait("[›>]T inputs_2025")
s.send(b"p")
tap.report(s.wait("rows, all shown") is not None, "rows are shown", s.text())
s.read(0.5)
rows = [len(s.press(b"j", 0.2)) for _ in range(5)] + [len(s.press(b"l", 0.2)), len(s.press(b"h", 0.2))]
print("# moves in rows: %s" % rows)
tap.report(min(rows) > 0 and max(rows) <= MOVE, "a move in a table of rows takes at most 160 bytes", rows)
s.press(b"\r", 0.4)
lines = [len(s.press(b"j", 0.2)) for _ in range(4)]
print("# moves in a record: %s" % lines)
tap.report(min(lines) > 0 and max(lines) <= MOVE, "a move in a record takes at most 160 bytes", lines)
s.send(b"\x1b")
s.read(0.5)
s.send(b"q")
s.read(0.5)
s.send(b"q")
s.read(1)
tap.report(os.waitstatus_to_exitcode(os.waitpid(s.pid, 0)[1]) == 0, "q leaves with 0")
sys.exit(tap.end())
