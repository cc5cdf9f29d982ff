"""
Part 3, limits and trouble: how much of each quota is used where the quota is what limits, what faults cost in requests, and how
soon a dead server is told.
"""
import os
import re
import select
import socket
import subprocess
import threading
import time

from platform_local import knob, say, share


def files_quota(bench, bars):
    """A volume import under the Files API's own 90 requests a second, 8 in flight; the platform enforces it, 40 ms a file."""
    files = knob("BENCH_QUOTA_FILES", 3000)
    bench.pictures("quota", files, 20000)
    bench.lift(files=False)
    bench.latency(40)
    bench.control("settings", {"files.rps": 90, "files.in_flight": 8})
    bench.app("quota")
    bench.zero()
    result = bench.lakeferry("import", "volume", "main.vision.quota", "--app", "quota", "--dataset", "all", "--create-dataset", "--yes", "--json")
    rate = files / result.stages["send"]
    refused = bench.count("fs/files") - files
    say("\nVolume import under the Files API's 90 requests/s and 8 in flight (40 ms a file): %d pictures, sending %.1f s: %.1f/s; %d requests more than files" %
        (files, result.stages["send"], rate, refused))
    bars.add("import from a volume: >= 95 % of what the Files API limit allows", "%s of 90/s" % share(rate, 90), rate >= 0.95 * 90)


def clarifai_quota(bench, bars):
    rows = knob("BENCH_QUOTA_ROWS", 60000)
    bench.latency(0)
    bench.lift(clarifai=False)
    bench.control("settings", {"clarifai.rps": 15})
    bench.control("s3", {"path": "s3://lab-bucket/bench/quota.csv", "rows": rows})
    bench.app("quota-s3")
    bench.volume("quota-staging")
    bench.zero()
    result = bench.lakeferry("import", "s3", "s3://lab-bucket/bench/quota.csv", "--format", "csv", "--app", "quota-s3", "--dataset", "all", "--create-dataset",
                             "--staging", "main.vision.quota-staging", "--yes", "--json")
    rate = rows / result.stages["send"]
    say("S3 import of %d URLs under Clarifai's 15 requests/s: sending %.1f s, %.0f inputs/s; the platform's core %s busy" %
        (rows, result.stages["send"], rate, share(result.platform_cpu, result.seconds)))
    bars.add("inputs/s under Clarifai's 15 requests/s (URLs): >= 1,500", "%.0f" % rate, rate >= 1500,
             "" if rate >= 1500 else "the platform's core was %s busy drawing and storing inputs; 15/s allow 1,920" % share(result.platform_cpu, result.seconds))


def retry_overhead(bench, bars):
    files = knob("BENCH_PICTURES", 2000)
    bench.lift(files_in_flight=8)
    bench.pictures("faults", files, 20000)
    counts = []
    for app in ("fine", "faulty"):
        bench.latency(0)
        bench.app(app)
        if app == "faulty":
            for seed, path in enumerate(("/api/2.0/fs/*", "/v2/*")):
                bench.control("faults", {"kind": "status", "status": 503, "share": 0.05, "seed": seed + 3, "path": path})
        bench.zero()
        result = bench.lakeferry("import", "volume", "main.vision.faults", "--app", app, "--dataset", "all", "--create-dataset", "--yes", "--json")
        counts.append(bench.count("^GET .*fs/| /v2/"))
        if result.last("summary")["verified"] != files:
            say("  %s: %d of %d verified" % (app, result.last("summary")["verified"], files))
    bench.latency(0)
    say("Import of %d pictures with 5 %% of all calls answered 503: %d requests, %d without faults" % (files, counts[1], counts[0]))
    bars.add("retry overhead at 5 % faults: <= 1.10 x requests", "%.3f x" % (counts[1] / counts[0]), counts[1] <= 1.10 * counts[0])


class Dead:
    """A server that takes connections and drops them, and counts."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.times = self.listener.getsockname()[1], []
        threading.Thread(target=self.drop, daemon=True).start()

    def drop(self):
        while True:
            try:
                taken, _ = self.listener.accept()
            except OSError:
                return
            self.times.append(time.monotonic())
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            taken.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def dead_server(bench, bars):
    """A command against a server that drops every connection: when its first sentence comes, how often it knocks."""
    folder = bench.env["XDG_CONFIG_HOME"] + "/lakeferry/config.ini"
    if os.path.exists(folder):
        os.unlink(folder)
    with Dead() as dead:
        env = dict(bench.env, DATABRICKS_HOST="http://127.0.0.1:%d" % dead.port)
        began = time.monotonic()
        child = subprocess.Popen([bench.program, "ls", "main"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        text, told, told_after = b"", None, None
        while time.monotonic() - began < 15:
            if not select.select([child.stderr], [], [], 0.1)[0]:
                continue
            part = os.read(child.stderr.fileno(), 4096)
            if not part:
                break
            text += part
            if told is None and b"127.0.0.1" in text:
                told, told_after = text.decode("utf-8", "replace").strip().splitlines()[-1], time.monotonic() - began
        if child.poll() is None:
            child.terminate()
        child.wait()
        seconds = max(time.monotonic() - began, 1)
    say("A command against a dead server: %s; %d connections in %.1f s\n  %s" %
        ("told after %.2f s" % told_after if told else "not told in 15 s", len(dead.times), seconds, re.sub(r":\d{4,5}", ":PORT", told or "")))
    bars.add("a dead server, a command: one sentence with host and cause within 3 s", "%.2f s" % told_after if told else "not told", bool(told) and told_after <= 3)
    bars.add("a dead server, a command: <= 1 request/s", "%d connections in %.1f s" % (len(dead.times), seconds), len(dead.times) <= seconds + 1,
             "its attempts, one after the other, before it gives up")


def run(bench, tools, bars):
    files_quota(bench, bars)
    clarifai_quota(bench, bars)
    retry_overhead(bench, bars)
    dead_server(bench, bars)
