"""
Part 4, scale: a dataset of N inputs and 2 N annotations exported and updated with nothing to do, an S3 import of N rows and that
finished run resumed; calls, seconds, resident memory.
"""
from platform_local import USER, knob, say, share, table

MOST_KB = 64 * 1024
DATASET_LIST = "^GET .*/datasets/[^/]*/inputs$"
HEAD = ["", "s", "items/s", "MB peak", "CPU us/item", "platform's core", "Clarifai calls", "Files calls", "statements"]


def fill(bench, items):
    bench.app("scale")
    bench.clarifai("POST", "/v2/users/%s/apps/scale/datasets" % USER, {"datasets": [{"id": "all"}]})
    bench.control("inputs", {"user": USER, "app": "scale", "dataset": "all", "count": items})
    bench.control("annotations", {"user": USER, "app": "scale", "dataset": "all", "per_input": 1})   # beside the one that each has


class Job:
    def __init__(self, bench, items, name, bars, *arguments):
        bench.zero()
        self.name, self.items, self.result = name, items, bench.lakeferry(*arguments)
        self.listed, self.noted = bench.count(DATASET_LIST), bench.count("^GET .*/annotations$")
        self.clarifai, self.files, self.posts = bench.count(" /v2/"), bench.count("fs/files"), bench.count("^POST .*/inputs$")
        self.put, self.statements = bench.count("^PUT .*fs/files"), bench.count("^POST .*/sql/statements$")
        self.kinds = ", ".join("%d %s" % (n, k) for k, n in sorted(bench.control("counters")["requests"].items()) if "fs/" in k or "/sql/" in k)
        self.bytes_put = bench.control("counters")["counters"].get("files.bytes_in", 0)
        bars.add("%s, %d items: <= 64 MB resident" % (name, items), "%.1f MB" % (self.result.peak / 1024), self.result.peak <= MOST_KB)
        say("  %s: %.1f s, %s; stages %s" % (name, self.result.seconds, self.summary(), ", ".join("%s %.1f" % s for s in self.result.stages.items())))

    def summary(self):
        found = self.result.last("summary")
        return ", ".join("%s %s" % (k, found[k]) for k in ("planned", "verified", "present", "inserted", "changed", "rows", "failed", "unaccounted") if found.get(k) is not None)

    def cells(self):
        r = self.result
        return [self.name, "%.1f" % r.seconds, "%.0f" % (self.items / r.seconds), "%.1f" % (r.peak / 1024), "%.1f" % (1e6 * r.cpu / self.items),
                share(r.platform_cpu, r.seconds), self.clarifai, self.files, self.statements]


TABLES = ("--inputs-table", "main.vision.scale_in", "--annotations-table", "main.vision.scale_ann", "--yes", "--json")


def export(bench, items, bars):
    job = Job(bench, items, "export", bars, "export", "--app", "scale", "--dataset", "all", "--to", "main.vision", *TABLES)
    pages = -(-items // 1000)
    passes = max(round(job.listed / (pages + 1)), 1)
    bars.add("listing %d inputs: <= 1.05 x the %d calls it takes, each pass" % (items, pages), "%.3f x (%d calls, %d passes)" % (job.listed / passes / pages, job.listed, passes),
             job.listed / passes <= 1.05 * pages + 1)
    least = min(-(-2 * items // 1000), -(-items // 100))
    bars.add("annotation listing: <= 1.05 x the smaller way", "%.3f x (%d calls for %d)" % (job.noted / least, job.noted, least), job.noted <= 1.05 * least + 2)
    commits = bench.commits("scale_in"), bench.commits("scale_ann")
    bars.add("statements per exported table: 1", "%d and %d commits, %d staged files of %.1f MB on average" % (*commits, job.put, job.bytes_put / max(job.put, 1) / 1e6),
             commits == (1, 1), "rows: %d and %d" % (bench.rows("scale_in"), bench.rows("scale_ann")))
    say("  under the quota of 15/s its %d Clarifai calls take %.0f s" % (job.clarifai, job.clarifai / 15))
    return job


def update(bench, items, bars):
    before = bench.commits("scale_in") + bench.commits("scale_ann")
    job = Job(bench, items, "update, nothing to do", bars, "update", "--app", "scale", "--dataset", "all", *TABLES)
    more = bench.commits("scale_in") + bench.commits("scale_ann") - before
    bars.add("an update with nothing to do makes no commit", "%d commits" % more, more == 0)
    return job


def s3(bench, items, bars):
    bench.control("s3", {"path": "s3://lab-bucket/bench/rows.csv", "rows": items})
    bench.app("rows")
    job = Job(bench, items, "import s3", bars, "import", "s3", "s3://lab-bucket/bench/rows.csv", "--format", "csv", "--app", "rows", "--dataset", "all",
              "--create-dataset", "--table", "main.vision.rows", "--yes", "--json")
    bars.add("import s3: POSTs <= 1.02 per 128 inputs", "%d for %d rows" % (job.posts, items), job.posts <= 1.02 * items / 128 + 1)
    others = job.clarifai - job.posts
    bars.add("import s3: other Clarifai calls <= 5 per 1,000 + 30", "%d, at most %d" % (others, items // 200 + 30), others <= items / 200 + 30)
    pages = -(-items // 1000)
    again = Job(bench, items, "resume of the finished import", bars, "resume", job.result.run, "--json")
    bars.add("a finished run resumed: no transfer, the passes of one verification", "%d POSTs, %d Files calls, %d listing calls (%d pages)" % (again.posts, again.files, again.listed, pages),
             again.posts == 0 and again.files == 0 and again.clarifai <= 2 * 1.05 * pages + 4, "" if again.files == 0 else "its table's turn: " + again.kinds)
    return [job, again]


def run(bench, tools, bars):
    items = knob("BENCH_ITEMS", 1000000)
    bench.lift(files_in_flight=8)
    bench.latency(0)
    say("\nScale: %d inputs, %d annotations, %d rows; Clarifai's and the Files API's limits lifted" % (items, 2 * items, items))
    fill(bench, items)
    jobs = [export(bench, items, bars), update(bench, items, bars)]
    jobs += s3(bench, items, bars)
    table(HEAD, [j.cells() for j in jobs])
