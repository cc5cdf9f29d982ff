"""
What every part of the benchmark stands on: the machine and its cores, a local platform pinned to one of them, programs pinned to
the other and measured from outside (time, processor time, resident memory, the platform's own counters).
"""
import glob
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
USER = "lab-user"


def knob(name, otherwise):
    return int(os.environ.get(name) or otherwise)


class Machine:
    """Which core each side has. On one core, or where pinning is refused, both float and it is said."""

    def __init__(self):
        cores = sorted(os.sched_getaffinity(0))
        self.cores, self.why = len(cores), ""
        self.ours, self.theirs = None, None
        if len(cores) < 2:
            self.why = "one core: both sides share it"
            return
        try:
            os.sched_setaffinity(0, {cores[0]})
            self.theirs, self.ours = {cores[0]}, {cores[1]}
        except OSError as e:
            self.why = "not pinned: %s" % e

    def pin(self, side):
        if side:
            os.sched_setaffinity(0, side)

    def says(self):
        model = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
        memory = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read())[1]) // 1024
        pinned = self.why or "platform and probes on core %d, the programs measured on core %d" % (*self.theirs, *self.ours)
        return "%s, %d cores, %d MB, Linux %s; %s; load %s" % (
            model[1] if model else os.uname().machine, self.cores, memory, os.uname().release, pinned, " ".join(open("/proc/loadavg").read().split()[:3]))


class Result:
    """What a program did: seconds, processor seconds, peak resident KB (VmHWM of it), status, and its output."""

    def __init__(self, **facts):
        self.__dict__.update(facts)

    def last(self, kind):
        """The last JSON line of that type, or {}."""
        for line in reversed(self.out.splitlines()):
            if line.startswith("{") and '"type":"%s"' % kind in line:
                return json.loads(line)
        return {}


def processor(pid):
    """Seconds of processor a process has used."""
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private_kb(pid):
    return sum(int(line.split()[1]) for line in open("/proc/%d/smaps_rollup" % pid) if line.startswith(("Private_Clean", "Private_Dirty")))


def resident_peak(pid):
    try:
        found = re.search(r"VmHWM:\s+(\d+)", open("/proc/%d/status" % pid).read())
        return int(found[1]) if found else 0
    except OSError:
        return 0


class Bench:
    """A fresh platform with its folder, and lakeferry set up for it as for any host."""

    def __init__(self, build, machine, work, in_memory=True):
        self.build, self.machine = os.path.abspath(build), machine
        self.program = os.path.join(self.build, "lakeferry")
        free = shutil.disk_usage("/dev/shm").free if in_memory and os.path.isdir("/dev/shm") else 0
        self.dir = tempfile.mkdtemp(prefix="lakeferry-bench-", dir="/dev/shm" if free > (2 << 30) else work)
        self.where = "memory" if self.dir.startswith("/dev/shm") else "disk"

    def __enter__(self):
        data = os.path.join(self.dir, "sandbox")
        os.makedirs(data)
        self.process = subprocess.Popen([os.path.join(self.build, "lakeferry-sandbox"), "--port", "0", "--data", data], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, preexec_fn=lambda: self.machine.pin(self.machine.theirs))
        if not self.process.stdout.readline():
            raise RuntimeError("the sandbox did not start")
        self.data, self.endpoint = data, json.load(open(os.path.join(data, "endpoint.json")))
        self.origin = self.endpoint["origin"]
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("DATABRICKS_", "CLARIFAI_", "LAKEFERRY_"))}
        self.env.update(LAKEFERRY_SANDBOX_DATA=data, DATABRICKS_CONFIG_FILE=os.path.join(self.dir, "databrickscfg"), DATABRICKS_HOST=self.origin,
                        DATABRICKS_TOKEN=self.endpoint["databricks_token"], DATABRICKS_WAREHOUSE_ID="wh-live-0001",
                        CLARIFAI_PAT=self.endpoint["clarifai_pat"], CLARIFAI_API_BASE=self.origin, CLARIFAI_USER_ID=USER)
        for name in ("STATE", "CONFIG", "CACHE", "RUNTIME"):
            folder = os.path.join(self.dir, name.lower())
            os.makedirs(folder, 0o700)
            self.env["XDG_%s_%s" % (name, "DIR" if name == "RUNTIME" else "HOME")] = folder
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- the platform ---

    def ask(self, method, path, body=None, key=None):
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = key
        request = urllib.request.Request(self.origin + path, data=json.dumps(body).encode() if body is not None else None, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=3600) as answer:
            return json.loads(answer.read() or b"null")

    def control(self, path, body=None):
        return self.ask("POST" if body is not None else "GET", "/_control/" + path, body)

    def clarifai(self, method, path, body=None):
        return self.ask(method, path, body, "Key " + self.endpoint["clarifai_pat"])

    def databricks(self, method, path, body=None):
        return self.ask(method, path, body, "Bearer " + self.endpoint["databricks_token"])

    def lift(self, files_in_flight=64, files=True, clarifai=True, **settings):
        """Lifts the platform's limits and the program's with them; every part that does so says it."""
        limits, own = {}, ["poll_first = 50ms", "retry_first = 100ms", "clarifai_image_host = " + self.endpoint["images"]]
        if files:
            limits.update({"files.rps": 100000, "files.in_flight": 10000})
            own += ["files_rate = 100000", "files_in_flight = %d" % files_in_flight]
        if clarifai:
            limits["clarifai.rps"] = 100000
            own.append("clarifai_rate = 100000")
        self.control("settings", limits) if limits else None
        folder = os.path.join(self.env["XDG_CONFIG_HOME"], "lakeferry")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "config.ini"), "w") as f:
            f.write("\n".join(own + ["%s = %s" % s for s in settings.items()]) + "\n")

    def latency(self, milliseconds, path="/api/2.0/fs/files/*"):
        self.control("reset", {"faults": True})
        if milliseconds:
            self.control("faults", {"kind": "latency", "path": path, "ms": milliseconds})

    def zero(self):
        self.control("reset", {"counters": True})

    def count(self, pattern):
        return sum(n for name, n in self.control("counters")["requests"].items() if re.search(pattern, name))

    def most_at_once(self, kind):
        return self.control("counters")["max_in_flight"].get(kind, 0)

    def volume(self, name):
        """A managed volume main.vision.NAME: its folder on disk."""
        self.databricks("POST", "/api/2.1/unity-catalog/volumes", {"catalog_name": "main", "schema_name": "vision", "name": name, "volume_type": "MANAGED"})
        folder = os.path.join(self.data, "volumes", "main", "vision", name)
        os.makedirs(folder, exist_ok=True)
        return folder

    def pictures(self, name, count, size, distinct=64):
        folder = self.volume(name)
        subprocess.run([sys.executable, os.path.join(TESTS, "e2e", "pictures.py"), folder, str(count), str(size), str(min(distinct, count))], check=True)
        return folder

    def app(self, name):
        self.clarifai("POST", "/v2/users/%s/apps" % USER, {"apps": [{"id": name, "default_workflow_id": "Universal"}]})

    def sql(self, text):
        return self.databricks("POST", "/api/2.0/sql/statements", {"warehouse_id": "wh-live-0001", "statement": text, "wait_timeout": "50s"})

    def rows(self, table):
        return int(self.sql("SELECT count(*) FROM main.vision." + table)["result"]["data_array"][0][0])

    def commits(self, table):
        return len(self.sql("DESCRIBE HISTORY main.vision." + table)["result"]["data_array"])

    # --- programs ---

    def measure(self, arguments, env=None, wanted=(0,), cwd=None, most=7200):
        """Runs it on the measured core; a status that was not wanted is an error with the end of its output."""
        peak, began, platform = 0, time.monotonic(), processor(self.process.pid)
        # Output goes to files: nobody has to read while it works.
        with tempfile.TemporaryFile(dir=self.dir) as out, tempfile.TemporaryFile(dir=self.dir) as err:
            child = subprocess.Popen(arguments, env=dict(self.env, **(env or {})), stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=cwd,
                                     preexec_fn=lambda: self.machine.pin(self.machine.ours))
            ended = threading.Event()
            usage = []

            def reap():
                _, status, used = os.wait4(child.pid, 0)
                usage.extend((time.monotonic(), os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime))
                ended.set()

            threading.Thread(target=reap, daemon=True).start()
            while not ended.wait(0.05):
                peak = max(peak, resident_peak(child.pid))
                if time.monotonic() - began > most:
                    os.kill(child.pid, signal.SIGKILL)
            child.returncode = usage[1]
            out.seek(0), err.seek(0)
            result = Result(seconds=usage[0] - began, status=usage[1], cpu=usage[2], peak=peak, platform_cpu=processor(self.process.pid) - platform,
                            out=out.read().decode("utf-8", "replace"), err=err.read().decode("utf-8", "replace"))
        if result.status not in wanted:
            raise RuntimeError("%s ended with %d: %s" % (" ".join(arguments[:4]), result.status, (result.err or result.out)[-400:].strip()))
        return result

    def lakeferry(self, *arguments, **options):
        result = self.measure([self.program, *arguments], **options)
        run = result.last("summary").get("run")
        result.run, result.stages = run, self.stages(run) if run else {}
        return result

    def stages(self, run):
        """Seconds of each stage of a run, from its journal."""
        found = {}
        for path in glob.glob(os.path.join(self.env["XDG_STATE_HOME"], "lakeferry", "runs", run, "*")):
            if open(path, "rb").read(15) != b"SQLite format 3":
                continue
            with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as journal:
                for key, value in journal.execute("SELECT key, value FROM facts WHERE key LIKE 'stage.%'"):
                    found[key[6:]] = int(value) / 1000
        return found


class Bars:
    """The table at the end: a bar of quality and what was measured."""

    def __init__(self):
        self.lines = []

    def add(self, bar, figure, holds, why=""):
        """holds: True, False, or None where the figure is no bar by itself."""
        self.lines.append((bar, figure, {True: "holds", False: "missed", None: "-"}[holds], why))

    def show(self):
        print("\n| bar | measured | | remark |\n| --- | --- | --- | --- |")
        for line in self.lines:
            print("| %s |" % " | ".join(line))


def table(head, rows):
    """Columns side by side, for people."""
    rows = [[str(c) for c in r] for r in rows]
    widths = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    for r in [head] + rows:
        print("  " + "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths))).rstrip())
    sys.stdout.flush()


def say(text):
    print(text, flush=True)


def share(part, whole):
    return "%.0f %%" % (100.0 * part / whole) if whole else "-"
