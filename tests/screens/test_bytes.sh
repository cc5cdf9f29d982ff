#!/bin/bash
# What the interface sends over a slow line, and what it holds in memory (quality §4): counted on a pseudo terminal of 80x24.
. "$(dirname "$0")/../e2e/lib.sh"
sandbox_start
python3 - "$BUILD/lakeferry" <<'PY'
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

program = sys.argv[1]
count = 0
failed = False


def report(good, name, detail=""):
    global count, failed
    count += 1
    failed |= not good
    print(("ok %d - %s" if good else "not ok %d - %s") % (count, name) + ("" if good else "\n# " + detail), flush=True)


pid, tty = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    os.execv(program, [program, "main.many", "--sandbox"])
fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = time.monotonic()


def read(quiet, limit=20.0):
    """Bytes until nothing came for `quiet` seconds."""
    got, end = b"", time.monotonic() + limit
    while time.monotonic() < end and select.select([tty], [], [], quiet)[0]:
        try:
            got += os.read(tty, 65536)
        except OSError:
            break
    return got


def keys(text, quiet=0.15):
    os.write(tty, text)
    return len(read(quiet))


select.select([tty], [], [], 5)
first = time.monotonic() - before
seen = b""
end = time.monotonic() + 20
while b"5,000" not in seen and time.monotonic() < end:
    seen += read(0.3, 1)
print("# first bytes after %.0f ms" % (first * 1000))
report(b"5,000" in seen, "a schema of 5,000 tables is shown with its count")
read(1.5)
moves = [keys(b"j") for _ in range(8)] + [keys(b"k") for _ in range(4)]
print("# bytes of each move: %s" % moves)
report(max(moves[8:]) <= 160 and min(moves) > 0, "a cursor move takes at most 160 bytes", str(moves))
report(max(moves[:8]) <= 160 + 600, "and where details of an item not seen before come in behind it, at most 600 more", str(moves))
many = keys(b"j" * 200, 0.5)
print("# 200 keys at once: %d bytes" % many)
report(many <= 1024, "200 keys at once take at most 1 KB", str(many))
change = keys(b"6", 0.4)
back = keys(b"2", 0.4)
print("# screen changes: %d and %d bytes" % (change, back))
report(max(change, back) <= 1.3 * 80 * 24 + 300, "a screen change takes at most 1.3 times the cells + 300", "%d %d" % (change, back))
read(1)
idle = len(read(5, 5))
report(idle == 0, "nothing is sent while nothing changes", "%d bytes in 5 s" % idle)
uss = 0
for line in open("/proc/%d/smaps_rollup" % pid):
    if line.startswith(("Private_Clean", "Private_Dirty")):
        uss += int(line.split()[1])
sanitized = "san" in open("/proc/%d/maps" % pid).read()
print("# private memory: %d KB" % uss)
if sanitized:
    report(True, "private memory # SKIP a sanitizer holds more")
else:
    report(uss <= 12 * 1024 + 10 * 1024, "5,000 tables: at most 10 MB above the idle 12", "%d KB" % uss)
children = [p for p in os.listdir("/proc") if p.isdigit() and re.search(r"\) \w %d " % pid, open("/proc/%s/stat" % p).read())]
report(not children, "no child process", str(children))
os.kill(pid, signal.SIGTERM)
tail = read(1)
status = os.waitpid(pid, 0)[1]
report(b"\x1b[?1049l" in tail and os.WEXITSTATUS(status) == 143, "TERM gives the terminal back and ends with 143", "%r %r" % (tail, status))
print("1..%d" % count)
sys.exit(failed)
PY
