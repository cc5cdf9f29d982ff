#!/usr/bin/env python3
"""
Figures of quality beside the bars, from one run on one machine. Prints; asserts nothing: a figure that misses its bar is said in
the table, a part that cannot work is named with its reason. usage: bench.py BUILD. Knobs: tests/bench/README.md
"""
import os
import shutil
import subprocess
import sys
import time
import traceback

import limits
import scale
import terminal
import transfers
import vendors
from platform_local import Bars, Bench, Machine, say

PARTS = (("transfers", transfers, True), ("vendors", vendors, True), ("limits", limits, True), ("scale", scale, False), ("terminal", terminal, True))


def first_line(arguments):
    try:
        return subprocess.run(arguments, capture_output=True, text=True, timeout=30).stdout.splitlines()[0].strip()
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return ""


def find_tools(work):
    """The peers there are: {name: path}; those that are not are said with what would bring them."""
    tools = {}
    for name in ("curl", "rclone", "aria2c"):
        path = shutil.which(name)
        version = first_line([path, "version" if name == "rclone" else "--version"]) if path else ""
        say("  %s: %s" % (name, version or "left out, not installed (`make bench-peers` installs it)"))
        if version:
            tools[name] = path
    python = os.path.join(work, "venv", "bin", "python")
    asked = "import importlib.metadata as m; print(', '.join('%s %s' % (p, m.version(p)) for p in ('requests', 'databricks-sdk', 'clarifai')))"
    versions = first_line([python, "-c", asked]) if os.path.exists(python) else ""
    say("  Python clients: %s" % (versions or "left out, no environment in %s (`make bench-peers` makes it)" % os.path.join(work, "venv")))
    if versions:
        tools["python"] = python
    return tools


def main():
    build = os.path.abspath(sys.argv[1])
    work = os.path.join(build, "bench")
    os.makedirs(work, exist_ok=True)
    chosen = [n for n in (os.environ.get("BENCH_ONLY") or "").split(",") if n]
    unknown = set(chosen) - {name for name, _, _ in PARTS}
    if unknown:
        sys.exit("bench: there is no part %s; parts are %s" % (", ".join(sorted(unknown)), ", ".join(name for name, _, _ in PARTS)))
    machine, bars = Machine(), Bars()
    say("%s, %s\n%s\nPeers:" % (first_line([os.path.join(build, "lakeferry"), "--version"]), time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), machine.says()))
    tools = find_tools(work)
    if "curl" not in tools:
        sys.exit("bench: curl is needed to measure the platform's own ceiling")
    for name, part, in_memory in PARTS:
        if chosen and name not in chosen:
            continue
        began = time.monotonic()
        try:
            with Bench(build, machine, work, in_memory) as bench:
                part.run(bench, tools, bars)
        except Exception as e:          # one part must not take the others' figures with it
            say("  %s ended early: %s: %s" % (name, type(e).__name__, e))
            bars.add("part %s" % name, "ended early", None, "%s: %s" % (type(e).__name__, str(e)[:200]))
            if os.environ.get("BENCH_TRACE"):
                traceback.print_exc()
        say("(%s took %.0f s; load now %s)" % (name, time.monotonic() - began, open("/proc/loadavg").read().split()[0]))
    bars.show()


main()
