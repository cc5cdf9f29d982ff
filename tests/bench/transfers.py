"""
Part 1, transfers: files of 100 KB at 50 ms latency with 1, 8 and 64 requests in flight, read and written, against the bound
files x latency / in flight, beside the peers that are installed.
"""
import os
import shutil

from platform_local import knob, say, share, table

SIZE, LATENCY = 100000, 50
LANES = (1, 8, 64)


def files_of(lanes):
    """Enough that the ramp at both ends does not matter, few enough that one lane ends in seconds."""
    return max(lanes * knob("BENCH_FILES_PER_LANE", 50), 100)


class Row:
    def __init__(self, name, lanes, files, seconds, result, requests, bound, note=""):
        self.name, self.lanes, self.files, self.seconds, self.result, self.requests, self.bound, self.note = name, lanes, files, seconds, result, requests, bound, note
        self.reached = bound / seconds

    def cells(self):
        return [self.name, self.lanes, self.files, "%.2f" % self.seconds, "%.0f" % (self.files / self.seconds), share(self.bound, self.seconds),
                "%.3f" % (self.requests / self.files), "%.0f" % (1e6 * self.result.cpu / self.files), "%.1f" % (self.result.peak / 1024),
                share(self.result.platform_cpu, self.result.seconds), self.note]


HEAD = ["", "in flight", "files", "s", "files/s", "of bound", "requests/file", "CPU us/file", "MB peak", "platform's core", ""]


# --- the peers: each reads (or writes) `names` with `lanes` in flight; None: it cannot ---

def header(bench):
    return "Authorization: Bearer " + bench.endpoint["databricks_token"]


def address(bench, volume, name):
    return "%s/api/2.0/fs/files/Volumes/main/vision/%s/%s" % (bench.origin, volume, name)


def curl_read(bench, tools, volume, names, lanes, target):
    config = os.path.join(bench.dir, "curl.conf")
    with open(config, "w") as f:
        f.write('header = "%s"\n' % header(bench))
        for name in names:
            f.write('url = "%s"\noutput = "%s"\n' % (address(bench, volume, name), os.path.join(target, name)))
    return [tools["curl"], "-sS", "--parallel", "--parallel-immediate", "--parallel-max", str(lanes), "-K", config], {}


def curl_write(bench, tools, volume, names, lanes, source):
    config = os.path.join(bench.dir, "curl.conf")
    with open(config, "w") as f:
        f.write('header = "%s"\n' % header(bench))
        for name in names:
            f.write('upload-file = "%s"\nurl = "%s"\n' % (os.path.join(source, name), address(bench, volume, "curl-%d-" % lanes + name)))
    return [tools["curl"], "-sS", "--parallel", "--parallel-immediate", "--parallel-max", str(lanes), "-K", config], {}


def rclone_read(bench, tools, volume, names, lanes, target):
    chosen = os.path.join(bench.dir, "rclone.txt")
    with open(chosen, "w") as f:
        f.write("\n".join(names) + "\n")
    return [tools["rclone"], "copy", "--config", "", "--files-from-raw", chosen, "--no-traverse", "--transfers", str(lanes), "--checkers", str(lanes),
            ":http:", target], {"RCLONE_HTTP_URL": "%s/api/2.0/fs/files/Volumes/main/vision/%s/" % (bench.origin, volume),
                                "RCLONE_HTTP_HEADERS": header(bench).replace(": ", ",")}


def aria2_read(bench, tools, volume, names, lanes, target):
    config, inputs = os.path.join(bench.dir, "aria2.conf"), os.path.join(bench.dir, "aria2.txt")
    with open(config, "w") as f:
        f.write("header=%s\n" % header(bench))
    with open(inputs, "w") as f:
        for name in names:
            f.write("%s\n  out=%s\n" % (address(bench, volume, name), name))
    return [tools["aria2c"], "--conf-path", config, "-i", inputs, "-d", target, "-j", str(lanes), "-x", "1", "--file-allocation=none", "-q"], {}


def python_peer(which):
    def command(bench, tools, volume, names, lanes, folder):
        chosen = os.path.join(bench.dir, "python.txt")
        with open(chosen, "w") as f:
            f.write("\n".join(names) + "\n")
        return [tools["python"], os.path.join(os.path.dirname(os.path.abspath(__file__)), "vendor.py"), which, volume, chosen, folder, str(lanes)], {}
    return command


READERS = (("curl --parallel", "curl", curl_read), ("rclone", "rclone", rclone_read), ("aria2", "aria2c", aria2_read),
           ("Python requests", "python", python_peer("requests-read")), ("databricks-sdk", "python", python_peer("sdk-read")))
WRITERS = (("curl --parallel", "curl", curl_write), ("Python requests", "python", python_peer("requests-write")),
           ("databricks-sdk", "python", python_peer("sdk-write")))


# --- the measuring ---

def peer(bench, tools, row, volume, names, lanes, bound, source=None):
    name, tool, command = row
    if tool not in tools:
        return None
    folder = source or os.path.join(bench.dir, "target")
    if not source:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    bench.zero()
    arguments, env = command(bench, tools, volume, names, lanes, folder)
    try:
        result = bench.measure(arguments, env)
    except RuntimeError as e:
        say("  %s: %s" % (name, e))
        return None
    requests = bench.count("fs/files")
    if not source:
        arrived = sum(os.path.getsize(os.path.join(folder, n)) > 0 for n in names if os.path.exists(os.path.join(folder, n)))
        if arrived != len(names):
            say("  %s: only %d of %d files arrived" % (name, arrived, len(names)))
        shutil.rmtree(folder, ignore_errors=True)
    return Row(name, lanes, len(names), result.seconds, result, requests, bound)


def ours_only_read(bench, lanes, files, bound):
    """Files that turn out to be no pictures are read to their end like any other, and then there is nothing to post."""
    folder = bench.volume("no-pictures-%d" % lanes)
    for i in range(files):
        with open(os.path.join(folder, "text-%05d.png" % i), "wb") as f:
            f.write(b"no picture " * (SIZE // 11) + b"." * (SIZE % 11))
    bench.lift(files_in_flight=lanes)
    bench.app("none-%d" % lanes)
    bench.zero()
    result = bench.lakeferry("import", "volume", "main.vision.no-pictures-%d" % lanes, "--app", "none-%d" % lanes, "--dataset", "all", "--create-dataset", "--yes", "--json")
    whole = bench.control("counters")["counters"]["files.bytes_out"] == files * SIZE
    return Row("lakeferry import, nothing to post", lanes, files, result.stages["send"], result, bench.count("^GET .*fs/files"), bound,
               "%d in flight at most%s" % (bench.most_at_once("files"), "" if whole else ", not read to the end"))


def app_of(lanes, bound):
    return "read-%d-%s" % (lanes, "late" if bound else "plain")


def ours_read(bench, lanes, files, bound):
    bench.lift(files_in_flight=lanes)
    app = app_of(lanes, bound)
    bench.app(app)
    bench.zero()
    result = bench.lakeferry("import", "volume", "main.vision.read-%d" % lanes, "--app", app, "--dataset", "all", "--create-dataset", "--yes", "--json")
    done = result.last("summary")["verified"] + result.last("summary")["present"]
    note = "" if done == files else "%d of %d verified" % (done, files)
    return Row("lakeferry import, its sending", lanes, files, result.stages["send"], result, bench.count("^GET .*fs/files"), bound or 0.0,
               note or "%d in flight at most" % bench.most_at_once("files"))


def ours_write(bench, lanes, files, bound):
    bench.lift(files_in_flight=lanes)
    bench.volume("written-%d" % lanes)
    bench.zero()
    result = export(bench, lanes)
    return Row("lakeferry export, its pictures", lanes, files, result.stages["images"], result, pictures_put(bench), bound,
               "%d in flight at most" % bench.most_at_once("files"))


def export(bench, lanes):
    return bench.lakeferry("export", "--app", app_of(lanes, 1), "--dataset", "all", "--to", "main.vision", "--inputs-table", "w%d_in" % lanes,
                           "--annotations-table", "w%d_ann" % lanes, "--images", "main.vision.written-%d" % lanes, "--if-exists", "replace",
                           "--yes", "--json")


def pictures_put(bench):
    """PUTs but for the two of staged rows, one a table."""
    return bench.count("^PUT .*fs/files") - 2


def ceiling(bench, tools, bars):
    """What the sandbox gives at all: curl with 64 in flight and no latency."""
    names = sorted(os.listdir(bench.pictures("ceiling", files_of(64), SIZE)))
    bench.latency(0)
    bench.lift()
    bench.zero()
    row = peer(bench, tools, READERS[0], "ceiling", names, 64, 0.0)
    say("\nThe platform's own ceiling, no latency (curl --parallel, 64 in flight): %.0f files/s of 100 KB, its core %s busy, in %s"
        % (row.files / row.seconds, share(row.result.platform_cpu, row.result.seconds), bench.where))
    return row.files / row.seconds


def run(bench, tools, bars):
    most = ceiling(bench, tools, bars)
    best = {}
    reads, writes = [], []
    for lanes in LANES:
        files = files_of(lanes)
        folder = bench.pictures("read-%d" % lanes, files, SIZE)
        names = sorted(os.listdir(folder))
        bound = files * LATENCY / 1000 / lanes
        bench.latency(LATENCY)
        mine = ours_read(bench, lanes, files, bound)
        alone = ours_only_read(bench, lanes, files, bound)
        reads += [mine, alone]
        for row in READERS:
            got = peer(bench, tools, row, "read-%d" % lanes, names, lanes, bound)
            if got:
                reads.append(got)
        wrote = ours_write(bench, lanes, files, bound)
        writes.append(wrote)
        bench.volume("peers-%d" % lanes)
        for row in WRITERS:
            got = peer(bench, tools, row, "peers-%d" % lanes, names, lanes, bound, source=folder)
            if got:
                writes.append(got)
        best[lanes] = (mine, alone, wrote)
    say("\nReading %d KB files, %d ms latency (the Files API limit lifted on both sides; lakeferry also posts each picture to Clarifai)" % (SIZE // 1000, LATENCY))
    table(HEAD, [r.cells() for r in reads])
    say("\nWriting %d KB files, %d ms latency (the same; lakeferry also fetches each picture first)" % (SIZE // 1000, LATENCY))
    table(HEAD, [r.cells() for r in writes])
    judge(bench, tools, bars, best, reads, writes, most)


def vendor(bars, what, mine, single, threads):
    """Against the vendor's client as it documents it, one call after the other; what 64 threads of it reach is told beside it."""
    ratio = (mine.files / mine.seconds) / (single.files / single.seconds)
    bars.add(">= 10 x the vendor's Python, %s at 64" % what, "%.0f x" % ratio, ratio >= 10,
             "its client as documented, one call after the other; a program that calls it in 64 threads is %.1f times slower, so against that the bar is %s"
             % (threads.seconds / mine.seconds, "met" if threads.seconds >= 10 * mine.seconds else "missed"))


def judge(bench, tools, bars, best, reads, writes, most):
    mine, alone, wrote = best[64]
    bench.latency(0)
    plain = ours_read(bench, 64, mine.files, 0.0)
    say("\nThe same import of %d files without latency: %.0f files/s (platform's core %s busy, taking and decoding every picture); with latency %.0f files/s"
        % (plain.files, plain.files / plain.seconds, share(plain.result.platform_cpu, plain.result.seconds), mine.files / mine.seconds))
    room = "%s; with posts to the same platform %s, which then takes %.0f pictures/s even without latency" % (
        alone.note, share(mine.bound, mine.seconds), plain.files / plain.seconds)
    bars.add("reading 100 KB, 64 in flight, 50 ms: >= 90 % of the bound", share(alone.bound, alone.seconds), alone.reached >= 0.9, room)
    of = {(r.name, r.lanes): r for r in reads}
    theirs = of.get(("curl --parallel", 64))
    if theirs:
        bars.add("more than `curl --parallel` reaches, reading at 64", "%s against %s" % (share(alone.bound, alone.seconds), share(theirs.bound, theirs.seconds)), alone.reached > theirs.reached)
    theirs, single = of.get(("databricks-sdk", 64)), of.get(("databricks-sdk", 1))
    if theirs and single:
        vendor(bars, "reading", alone, single, theirs)
    bars.add("writing pictures: >= 90 % of the bound at 64", share(wrote.bound, wrote.seconds), wrote.reached >= 0.9,
             "" if wrote.reached >= 0.9 else wrote.note)
    of = {(r.name, r.lanes): r for r in writes}
    theirs, single = of.get(("databricks-sdk", 64)), of.get(("databricks-sdk", 1))
    if theirs and single:
        vendor(bars, "writing", wrote, single, theirs)
    bars.add("writing pictures: <= 1.01 requests a file", "%.3f" % (wrote.requests / wrote.files), wrote.requests <= 1.01 * wrote.files)
    for lanes in (1, 8):
        _, one, two = best[lanes]
        bars.add("reading and writing, %d in flight" % lanes, "%s and %s of the bound" % (share(one.bound, one.seconds), share(two.bound, two.seconds)), None)
    bench.latency(LATENCY)
    bench.zero()
    export(bench, 64)
    bars.add("a rerun of the export with all pictures present sends 0 of them", "%d sent" % pictures_put(bench), pictures_put(bench) <= 0)
