"""
Part 5, the terminal: start to first frame, key to frame at rest and while an import works at full speed, a schema of 5,000 tables,
memory, bytes a key. The program draws on a pseudo terminal of 80x24 and is timed from outside: from the key written to the bytes of
its frame read.
"""
import os
import re
import signal
import subprocess
import sys
import time

from limits import Dead
from platform_local import TESTS, knob, private_kb, say

sys.path.insert(0, os.path.join(TESTS, "screens"))
from pty_screen import Screen  # noqa: E402


SENTENCE = r"cut the connection|cannot be reached|not answer|refused|no answer"


def quantile(times, part):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def spread(times):
    return "p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, most %.1f ms (%d)" % (*(quantile(times, p) for p in (0.5, 0.95, 0.99)), max(times), len(times))


def start(bench, *arguments):
    """The program on the measured core; the probe stays where it is."""
    here = os.sched_getaffinity(0)
    bench.machine.pin(bench.machine.ours)
    screen = Timed([bench.program, *arguments], environment={k: v for k, v in bench.env.items() if k not in ("TERM", "LC_ALL", "LINES", "COLUMNS")})
    os.sched_setaffinity(0, here)
    return screen


def frame(screen, pattern=r"\S", most=20.0):
    """Milliseconds from the start until the screen shows it: when the bytes came, not when they were drawn here."""
    while time.monotonic() - screen.began < most:
        if re.search(pattern, screen.text()):
            return (screen.came - screen.began) * 1000
        screen.read_once(0.5)
    return None


class Timed(Screen):
    """Remembers when bytes came, before drawing them."""
    came = 0.0

    def draw(self, new):
        self.came = time.monotonic()
        super().draw(new)


def leave(screen):
    os.kill(screen.pid, signal.SIGKILL)
    os.waitpid(screen.pid, 0)
    os.close(screen.tty)


def marked(screen):
    """Where the cursor of the list is: row and text of each marked line."""
    return [(i, "".join(c for c, _ in row).rstrip()) for i, row in enumerate(screen.cells) if any(c in "\u203a>" and c for c, _ in row)]


def answered(screen, keys, most=5.0):
    """For each key the milliseconds until the frame with the moved cursor came; None where none came."""
    times = []
    for key in keys:
        while screen.read_once(0):
            pass
        before, began = marked(screen), time.monotonic()
        os.write(screen.tty, key)
        took = None
        while time.monotonic() - began < most:
            if screen.read_once(0.2) and marked(screen) != before:
                took = (screen.came - began) * 1000
                break
        times.append(took)
        screen.read(0.02)                     # what follows the resting cursor is not the next key's answer
    return times


def first_frame(bench, bars):
    starts = knob("BENCH_STARTS", 30)
    warm = start(bench, "main.vision")
    frame(warm, "train_2026")
    time.sleep(0.5)
    leave(warm)
    frames, lists, bare = [], [], []
    for _ in range(starts):                       # what a start costs any program here
        here = os.sched_getaffinity(0)
        bench.machine.pin(bench.machine.ours)
        echo = Timed(["/bin/echo", "x"])
        os.sched_setaffinity(0, here)
        bare.append(frame(echo))
        os.waitpid(echo.pid, 0)
        os.close(echo.tty)
    for _ in range(starts):
        screen = start(bench, "main.vision")
        frames.append(frame(screen))
        lists.append(frame(screen, "train_2026"))
        leave(screen)
    say("\nStart to first frame: %s; to the list, from cache: %s" % (spread(frames), spread([t for t in lists if t is not None])))
    say("The same for /bin/echo: %s" % spread(bare))
    bench.process.send_signal(signal.SIGSTOP)
    try:
        silent = []
        for _ in range(starts // 3):
            screen = start(bench, "main.vision")
            frame(screen)
            silent.append(frame(screen, "train_2026"))
            leave(screen)
    finally:
        bench.process.send_signal(signal.SIGCONT)
    seen = [t for t in silent if t is not None]
    say("The same with a platform that answers nothing: %s" % (spread(seen) if seen else "no list"))
    bars.add("first frame after start: <= 20 ms", "p50 %.1f ms, p95 %.1f ms" % (quantile(frames, 0.5), quantile(frames, 0.95)), quantile(frames, 0.5) <= 20, "/bin/echo on the same terminal: p50 %.1f ms" % quantile(bare, 0.5))
    bars.add("the list from cache, before any answer", "%d of %d starts, p50 %.1f ms" % (len(seen), len(silent), quantile(seen, 0.5)) if seen else "not shown", len(seen) == len(silent))


def many_tables(bench, bars):
    """5,000 tables, not in the cache, their answer stretched: how long after it began the first rows stand there."""
    bench.control("reset", {"faults": True})
    bench.control("faults", {"kind": "slow", "bytes_per_second": 1000000, "path": "/api/2.1/unity-catalog/tables*"})
    screen = start(bench, "main.many")
    first = frame(screen, r"[\u203a>] ?[TVF] ")
    whole = frame(screen, r"volumes\+tables +5,000")
    bench.control("reset", {"faults": True})
    leave(screen)
    screen = start(bench, "main.many")
    frame(screen, r"volumes\+tables +5,000")
    screen.read(1)
    held = private_kb(screen.pid)
    leave(screen)
    if first is None or whole is None:
        say("5,000 tables: never listed (first row %s, whole %s)" % (first, whole))
        return
    say("5,000 tables at 1 MB/s: first rows %.0f ms after the start, all %.0f ms; private memory %d KB" % (first, whole, held))
    bars.add("5,000 tables: first rows <= 0.3 s after the answer starts, before its last byte", "%.0f ms after the program's start, of %.0f" % (first, whole), first <= 300 and first < whole / 2,
             "" if first <= 300 else "counted from the program's start, connection and sign-in included")
    return held


def memory(bench, bars, held):
    screen = start(bench, "main.vision")
    frame(screen, "train_2026")
    screen.read(1)
    idle = private_kb(screen.pid)
    children = subprocess.run(["ps", "--ppid", str(screen.pid), "-o", "pid="], capture_output=True, text=True).stdout.split()
    quiet = screen.read(10, 10)
    leave(screen)
    bars.add("idle interface: <= 12 MB private", "%.1f MB" % (idle / 1024), idle <= 12 * 1024)
    bars.add("no child process", str(len(children)), not children)
    bars.add("bytes while nothing changes, 10 s", str(len(quiet)), len(quiet) == 0, "" if not quiet else "an age in minutes turned")
    if held:
        bars.add("5,000 tables: <= 10 MB above idle", "%.1f MB above" % ((held - idle) / 1024), held - idle <= 10 * 1024)


def alive(bench):
    got = subprocess.run([bench.program, "runs", "--json"], capture_output=True, text=True, env=bench.env).stdout
    return '"alive":true' in got


def keys(bench, bars):
    pictures = knob("BENCH_KEY_PICTURES", 20000)
    bench.lift(files_in_flight=64)
    bench.pictures("busy", pictures, 100000)
    bench.app("busy")
    screen = start(bench, "main.many")
    frame(screen, r"volumes\+tables +5,000")
    screen.read(1)
    rest = [t for t in answered(screen, [b"j"] * 100 + [b"k"] * 100)]
    here = os.sched_getaffinity(0)
    bench.machine.pin(bench.machine.ours)          # the run's process belongs to the measured side
    subprocess.run([bench.program, "import", "volume", "main.vision.busy", "--app", "busy", "--dataset", "all", "--create-dataset", "--yes", "--detach"],
                   env=bench.env, check=True, capture_output=True)
    os.sched_setaffinity(0, here)
    end = time.monotonic() + 60
    while bench.count("^POST /v2/.*/inputs$") < 3 and time.monotonic() < end:
        screen.read_once(0.1)
    busy, before, began = [], bench.count("^GET .*fs/files"), time.monotonic()
    while len(busy) < knob("BENCH_KEYS", 600) and alive(bench):
        busy += answered(screen, [b"j"] * 30 + [b"k"] * 30)
    rate = (bench.count("^GET .*fs/files") - before) / (time.monotonic() - began)
    subprocess.run([bench.program, "cancel", latest(bench)], env=bench.env, capture_output=True)
    leave(screen)
    lost = sum(t is None for t in rest + busy)
    rest, busy = [t for t in rest if t is not None], [t for t in busy if t is not None]
    say("Key to frame at rest: %s" % spread(rest))
    if not busy:
        say("Key to frame while transferring: the run ended before a key could be tried; raise BENCH_KEY_PICTURES")
        return
    say("Key to frame while an import reads %.0f pictures/s on the same core: %s; %d keys without an answer" % (rate, spread(busy), lost))
    p99 = quantile(busy, 0.99)
    bars.add("key to frame while transferring: p99 <= 16 ms", "p50 %.1f, p95 %.1f, p99 %.1f ms (at rest p99 %.1f)" % (
        quantile(busy, 0.5), quantile(busy, 0.95), p99, quantile(rest, 0.99)), p99 <= 16, "" if p99 <= 16 else "load %s" % open("/proc/loadavg").read().split()[0])


def latest(bench):
    folder = os.path.join(bench.env["XDG_STATE_HOME"], "lakeferry", "runs")
    return max(os.listdir(folder), key=lambda n: os.path.getmtime(os.path.join(folder, n)))


def dead_server(bench, bars):
    """The interface against a server that drops every connection: when its sentence stands there, how often it knocks in 20 s."""
    with Dead() as dead:
        host = bench.env["DATABRICKS_HOST"]
        bench.env["DATABRICKS_HOST"] = "http://127.0.0.1:%d" % dead.port
        screen = start(bench, "main.vision")
        bench.env["DATABRICKS_HOST"] = host
        sentence = frame(screen, SENTENCE)
        while time.monotonic() - screen.began < 20:
            screen.read_once(0.2)
        seconds, knocks = time.monotonic() - screen.began, list(dead.times)
        line = next((x.strip() for x in screen.text().splitlines() if re.search(SENTENCE, x)), "")
        leave(screen)
    say("The interface and a dead server: %s; %d connections in %.0f s: %s" % ("told after %.0f ms" % sentence if sentence else "not told", len(knocks), seconds, line))
    bars.add("a dead server, the interface: one sentence within 3 s", "%.2f s" % (sentence / 1000) if sentence else "not told", bool(sentence) and sentence <= 3000)
    bars.add("a dead server, the interface: <= 1 request/s", "%d connections in %.0f s" % (len(knocks), seconds), len(knocks) <= seconds)


def sent(bench, bars):
    """What tests/screens/bytes.py counts, on a platform of its own kind."""
    env = dict(bench.env)
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_WAREHOUSE_ID", "CLARIFAI_PAT", "CLARIFAI_API_BASE", "CLARIFAI_USER_ID"):
        env.pop(name, None)
    got = subprocess.run([sys.executable, os.path.join(TESTS, "screens", "bytes.py"), bench.program, str(bench.process.pid)], env=env, capture_output=True, text=True)
    lines = got.stdout.splitlines()
    say("Bytes to the terminal at 80x24:")
    for line in lines:
        if line.startswith("#"):
            say(" " + line[1:])
    missed = [line for line in lines if line.startswith("not ok")]
    bars.add("bytes sent to the terminal: moves <= 160, screens <= 1.3 x cells + 300, 200 keys <= 1 KB, waiting <= 0.5 KB, idle 0",
             "%d of %d counts hold" % (len([x for x in lines if x.startswith("ok")]), len(lines and [x for x in lines if re.match("(not )?ok", x)])), not missed, "; ".join(missed))


def run(bench, tools, bars):
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))      # the probe must not wait behind the platform
        prompt = True
    except OSError:
        prompt = False
    say("\nThe terminal, 80x24%s" % ("" if prompt else "; the probe has no priority over the platform here, so its own waiting is in the times"))
    bench.lift(files_in_flight=64)
    try:
        first_frame(bench, bars)
        memory(bench, bars, many_tables(bench, bars))
        keys(bench, bars)
        dead_server(bench, bars)
    finally:
        if prompt:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    sent(bench, bars)
