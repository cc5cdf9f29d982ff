"""
Part 2, against the vendors' own way: 2,000 pictures from a volume into a dataset, and out of it into a volume, by lakeferry and by
databricks-sdk with clarifai's Python client; requests per item by the platform's counters, seconds, memory. 50 ms latency on every call.
"""
import os

from platform_local import USER, knob, say, table

LATENCY, SIZE, LANES = 50, 20000, 8


def late(bench):
    bench.latency(0)
    for path in ("/api/*", "/v2/*"):
        bench.control("faults", {"kind": "latency", "path": path, "ms": LATENCY})


class Count:
    def __init__(self, bench, files, name, result):
        self.posts = bench.count("^POST /v2/.*/inputs$")
        self.others = bench.count(" /v2/") - self.posts
        self.read, self.written = bench.count("^GET .*fs/files"), bench.count("^PUT .*fs/files")
        self.name, self.files, self.result = name, files, result

    def cells(self):
        r = self.result
        return [self.name, "%.1f" % r.seconds, "%.0f" % (self.files / r.seconds), self.posts, self.others, "%.3f" % (self.read / self.files),
                "%.3f" % (self.written / self.files), "%.1f" % (r.peak / 1024), "%.1f" % r.cpu]


HEAD = ["", "s", "pictures/s", "POST inputs", "other Clarifai calls", "files read/picture", "files written/picture", "MB peak", "CPU s"]


def vendor(bench, tools, *arguments):
    return bench.measure([tools["python"], os.path.join(os.path.dirname(os.path.abspath(__file__)), "vendor.py"), *arguments], most=1800)


def arrived(bench, app):
    return bench.clarifai("GET", "/v2/users/%s/apps/%s/inputs/status" % (USER, app))["counts"].get("processed", 0)


def run(bench, tools, bars):
    files = knob("BENCH_PICTURES", 2000)
    bench.lift(files_in_flight=LANES)
    names = sorted(os.listdir(bench.pictures("vendors", files, SIZE, files)))
    rows = []
    bench.app("ours")
    bench.app("theirs")
    bench.clarifai("POST", "/v2/users/%s/apps/theirs/datasets" % USER, {"datasets": [{"id": "all"}]})
    late(bench)
    bench.zero()
    mine = Count(bench, files, "lakeferry import volume", bench.lakeferry("import", "volume", "main.vision.vendors", "--app", "ours", "--dataset", "all", "--create-dataset", "--yes", "--json"))
    rows.append(mine)
    theirs = peer(bench, tools, "databricks-sdk (%d threads) + clarifai, batches of 128" % LANES, files, "theirs", "import", "vendors", listed(bench, names), folder(bench), str(LANES), "theirs", "all")
    rows += [theirs] if theirs else []
    bench.volume("pictures-ours")
    bench.volume("pictures-theirs")
    late(bench)
    bench.zero()
    out = Count(bench, files, "lakeferry export --images", bench.lakeferry(
        "export", "--app", "ours", "--dataset", "all", "--to", "main.vision", "--inputs-table", "v_in", "--annotations-table", "v_ann",
        "--images", "main.vision.pictures-ours", "--yes", "--json"))
    rows.append(out)
    back = peer(bench, tools, "clarifai + databricks-sdk (%d threads), pictures only" % LANES, files, None, "export-images", "pictures-theirs", "ours", "all", str(LANES))
    rows += [back] if back else []
    say("\n%d pictures of %d KB, %d ms latency on every call of both platforms, %d files in flight, limits lifted" % (files, SIZE // 1000, LATENCY, LANES))
    table(HEAD, [r.cells() for r in rows])
    judge(bars, files, mine, theirs, out, back)


def listed(bench, names):
    path = os.path.join(bench.dir, "vendors.txt")
    with open(path, "w") as f:
        f.write("\n".join(names) + "\n")
    return path


def folder(bench):
    path = os.path.join(bench.dir, "downloads")
    os.makedirs(path, exist_ok=True)
    return path


def peer(bench, tools, name, files, app, *arguments):
    if "python" not in tools:
        return None
    late(bench)
    bench.zero()
    try:
        count = Count(bench, files, name, vendor(bench, tools, *arguments))
        if app and arrived(bench, app) != files:
            say("  %s: %d of %d arrived" % (name, arrived(bench, app), files))
    except RuntimeError as e:
        say("  %s: %s" % (name, e))
        return None
    return count


def judge(bars, files, mine, theirs, out, back):
    batches = -(-files // 128)
    bars.add("import: POSTs <= 1.02 per 128 inputs", "%d for %d" % (mine.posts, batches), mine.posts <= 1.02 * files / 128 + 1)
    bars.add("import: other Clarifai calls <= 5 per 1,000 + 30", "%d, at most %d" % (mine.others, files // 200 + 30), mine.others <= files / 200 + 30)
    bars.add("Files API calls per imported picture", "%.3f" % (mine.read / files), None)
    bars.add("Files API calls per exported image: 1.0 (+ one per folder)", "%.3f" % ((out.written - 2) / files), out.written - 2 <= files + 2)
    if theirs:
        bars.add("the vendors' own import of the same", "%.1f x the time, %d calls against %d, %.0f MB against %.0f" % (
            theirs.result.seconds / mine.result.seconds, theirs.posts + theirs.others, mine.posts + mine.others, theirs.result.peak / 1024, mine.result.peak / 1024), None)
    if back:
        bars.add("the vendors' own export of the pictures", "%.1f x the time, %.0f MB against %.0f" % (
            back.result.seconds / out.result.seconds, back.result.peak / 1024, out.result.peak / 1024), None, "theirs writes no tables")
