"""R17: signals, a closed standard output and a closed terminal, for each verb, in the foreground and in a worker; then resumed to the same end."""
import fcntl, json, os, pty, random, select, signal, struct, subprocess, tempfile, termios, time
from fixture import BUILD
from verbs import VERBS

FOREGROUND = {"HUP": 129, "INT": 130, "INT INT": 130, "TERM": 143, "TSTP CONT": "calm", "closed stdout": 1, "closed terminal": 129}
WORKER = {"TERM": "resumed", "INT": "resumed", "HUP": "calm", "STOP CONT": "calm"}
PATIENCE = 90       # seconds for anything that is waited for


def until(what, alive=lambda: True):
    """Waits for a condition; False when it did not come."""
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end or not alive():
            return False
        time.sleep(0.01)
    return True


def fired(worker):
    return all(f["fired"] for f in worker.p.control("GET", "faults")["faults"])


def hold(worker, v, part=0.5):
    """The request at that part of an undisturbed run's gets no answer for a while: there the signal comes."""
    worker.p.control("POST", "faults", {"kind": "hang", "ms": 1500, "path": "/*", "nth": [max(2, int(v.calm_requests * part))]})


def state_of(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "X"


def send(process, signals):
    """In turn; each is taken before the next is sent."""
    for name in signals.split():
        os.kill(process.pid, getattr(signal, "SIG" + name))
        if name in ("TSTP", "STOP") and not until(lambda: state_of(process.pid) in "TX"):
            return f"SIG{name} did not stop it"
        time.sleep(0.05)
    return None


def foreground(worker, v, name, env, how):
    """How a run in the foreground ended, what it said, and what went wrong in sending."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pipe = how == "closed stdout"
        process = subprocess.Popen([f"{BUILD}/lakeferry", *v.command(name)], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if pipe else out, stderr=err, process_group=0)   # not an orphaned group, which TSTP would not stop
        there = until(lambda: fired(worker), lambda: process.poll() is None)
        problem = None if there else "it ended before the signal"
        if there and pipe:
            process.stdout.close()
        elif there:
            problem = send(process, how)
        try:
            got = process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            got, problem = process.wait(), "it did not end"
        out.seek(0), err.seek(0)
        return got, out.read().decode(errors="replace") + err.read().decode(errors="replace"), problem


def read_all(tty, most=PATIENCE):
    """What a pseudo terminal's program says until it closes it."""
    got, end = b"", time.monotonic() + most
    while time.monotonic() < end:
        if not select.select([tty], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(tty, 65536)
        except OSError:
            break
        if not part:
            break
        got += part
    return got.decode(errors="replace")


def status_of(pid):
    """Of a child, waited for; None when it does not end."""
    ended = []

    def over():
        found, status = os.waitpid(pid, os.WNOHANG)
        ended.extend([os.waitstatus_to_exitcode(status)] if found else [])
        return bool(found)
    if not until(over):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return ended[0] if ended else None


def on_terminal(env, words):
    """(pid, descriptor) of the program on a pseudo terminal of its own."""
    pid, tty = pty.fork()
    if pid == 0:
        os.execve(f"{BUILD}/lakeferry", ["lakeferry", *words], dict(env, TERM="xterm-256color"))
    fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return pid, tty


def closed_terminal(worker, v, name, env):
    pid, tty = on_terminal(env, [w for w in v.command(name) if w != "--json"])
    there = until(lambda: fired(worker), lambda: state_of(pid) not in "XZ")
    os.close(tty)
    return status_of(pid), "", None if there else "it ended before the terminal was closed"


def one_foreground(results, worker, word, how):
    v, name, home, env = worker.begin(word)
    hold(worker, v)
    got, said, problem = closed_terminal(worker, v, name, env) if how == "closed terminal" else foreground(worker, v, name, env, how)
    worker.p.control("DELETE", "faults")
    wanted = v.calm_status if FOREGROUND[how] == "calm" else FOREGROUND[how]
    problems = [problem] if problem else []
    if got != wanted:
        problems.append(f"exit status {got}, wanted {wanted}: {said[-300:].strip()}")
    if FOREGROUND[how] != "calm":
        if not how.startswith("closed") and "lakeferry resume" not in said:
            problems.append(f"it does not say how to go on: {said[-300:].strip()}")
        got, out, err = worker.go_on(env, v, name)
        said += out + err
        if got != v.calm_status:
            problems.append(f"gone on with: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, [said])
    worker.end(v, name, home)
    results.note("faults")
    results.add(f"R17 {word}, in the foreground: {how}", problems)


def runs_of(worker, env):
    return [json.loads(line) for line in worker.run(env, ["runs", "--json"])[1].splitlines()]


def one_worker(results, worker, word, how):
    v, name, home, env = worker.begin(word)
    hold(worker, v, 0.8)
    got, out, err = worker.run(env, v.command(name) + ["--detach"])
    said, problems = [out, err], [] if got == 0 else [f"the worker did not begin: {err[-300:].strip()}"]
    if not until(lambda: fired(worker)):
        problems.append("it ended before the signal")
    run = next(iter(runs_of(worker, env)), {"run": "none"})["run"]
    try:
        pid = int(open(os.path.join(home, "state/lakeferry/runs", run, "lock")).read())
        problem = send(type("Worker", (), {"pid": pid}), how)
    except (OSError, ValueError) as e:
        problem = f"no worker is there: {e}"
    problems += [problem] if problem else []
    if not until(lambda: not any(r.get("alive") for r in runs_of(worker, env))):
        problems.append("the worker did not end")
    worker.p.control("DELETE", "faults")
    got, out, err = worker.run(env, ["resume", "--yes", "--json"])
    said += [out, err]
    if WORKER[how] == "calm" and "nothing to resume" not in err:
        problems.append(f"there was something to resume: {(out + err)[-300:].strip()}")
    if WORKER[how] == "resumed" and got != v.calm_status:
        problems.append(f"resumed: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, said)
    worker.end(v, name, home)
    results.note("faults")
    results.add(f"R17 {word}, a worker: {how}", problems)


def resize_storm(results, worker):
    """Any size at any moment; the screen still answers, ends well and gives the terminal back; the run of a worker goes on meanwhile."""
    v, name, home, env = worker.begin("volume")
    worker.p.control("POST", "faults", {"kind": "latency", "ms": 40, "path": "/api/2.0/fs/files/*"})
    got, _, err = worker.run(env, v.command(name) + ["--detach"])
    problems = [] if got == 0 else [f"the worker did not begin: {err[-300:]}"]
    pid, tty = on_terminal(env, [])
    first = b""
    while len(first) < 500 and select.select([tty], [], [], 30)[0]:
        first += os.read(tty, 65536)
    draw, sizes = random.Random(17), 0
    for turn in range(400):
        rows, columns = (24, 80) if turn == 399 else (draw.choice([1, 2, 5, 24, 50, 200]), draw.choice([1, 2, 10, 40, 80, 132, 500]))
        fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.write(tty, random.Random(turn).choice([b"\t", b"\x1b[A", b"\x1b[B", b"?", b"\x1b"]) if turn % 7 == 0 else b"")
        sizes += 1
        while select.select([tty], [], [], 0.002)[0]:
            first += os.read(tty, 65536)
        if state_of(pid) in "XZ":
            break
    os.kill(pid, signal.SIGTERM)
    rest = read_all(tty)
    got = status_of(pid)
    os.close(tty)
    if sizes != 400 or got != 143:
        problems.append(f"after {sizes} sizes exit status {got}, wanted 143: {rest[-200:]!r}")
    if "\x1b[?1049l" not in rest:
        problems.append(f"the terminal was not given back: {rest[-200:]!r}")
    worker.p.control("DELETE", "faults")
    if not until(lambda: not any(r.get("alive") for r in runs_of(worker, env))):
        problems.append("the worker did not end")
    problems += worker.everything(v, name, home, [])
    worker.end(v, name, home)
    results.note("faults")
    results.note("sizes of a screen", sizes)
    results.add("R17 the screen: 400 sizes in a row, then TERM; the worker's run goes on", problems)


def cases():
    found = [("screen", None, None)]
    found += [("foreground", word, how) for how in FOREGROUND for word in VERBS]
    return found + [("worker", word, how) for how in WORKER for word in VERBS]


def one(results, worker, case):
    kind, word, how = case
    if kind == "screen":
        resize_storm(results, worker)
    else:
        (one_foreground if kind == "foreground" else one_worker)(results, worker, word, how)
