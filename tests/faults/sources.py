"""R21, R22, R23 for what a run reads: it changes between plan and reading, somebody else's is in its place, its names are hostile. One function a case."""
import base64, csv, hashlib, json, os, re, shutil, subprocess, sys
from signals import until
from verbs import HERE

ODD = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe \u0085\u200b\u2028'`\";--${x}\n../../x"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
LABELLED = "lab-user/labelled"


def run(c, words, wanted, kill_at=None):
    got, out, err = c.worker.run(c.env, words, kill_at)
    c.said += [out, err]
    if got != wanted:
        c.problems.append(f"{words[0]}: exit status {got}, wanted {wanted}: {err[-400:].strip()}")
    return out, err


def same(c, got, wanted, what):
    if got != wanted:
        c.problems.append(f"{what}: {got}, wanted {wanted}"[:500])


def pictures(folder, count, prefix):
    subprocess.run([sys.executable, os.path.join(HERE, "../e2e/pictures.py"), folder, str(count), "900", str(count), prefix], check=True)


def size_of(path):
    return os.path.getsize(path)


def processed(c):
    """Clarifai has downloaded everything of the case's app."""
    if not until(lambda: all(i["status"]["code"] == 30000 for i in c.p.pages(f"/{c.name}/inputs", "inputs"))):
        c.problems.append("the app's own inputs are not processed")


# --- an import from a volume ---

def volume_changes(c):
    folder = c.p.volume_make("v" + c.name)
    c.p.app_make(c.name)
    pictures(folder, 8, "f")
    path = lambda n: os.path.join(folder, f"f-{n:05d}.png")
    words = ["import", "volume", "main.vision.v" + c.name, "--app", f"lab-user/{c.name}", "--dataset", "ds", "--table", f"t_{c.name}", "--yes", "--json"]
    run(c, words, 137, "stage.plan:1")
    open(path(1), "w").close()
    os.unlink(path(2))
    with open(path(3), "wb") as f:
        f.write(os.urandom(16) + bytes(20 * 1024 * 1024))
    with open(path(4), "w") as f:
        f.write("words, and no picture\n" * 40)
    pictures(folder + "-other", 1, "g")
    shutil.copy(folder + "-other/g-00000.png", path(5))         # another picture of the same length
    with open(path(6), "ab") as f:
        f.write(b"longer")                                      # the same picture, and more behind it
    run(c, ["resume", "--yes", "--json"], 3)
    rows = {r[0].rsplit("/", 1)[1][2:7]: (r[1], r[2] or "") for r in c.p.sql(f"SELECT source_path, upload_status, upload_error FROM main.vision.t_{c.name}")}
    same(c, {k: s for k, (s, _) in sorted(rows.items())}, {"00000": "verified", "00001": "failed", "00002": "failed", "00003": "failed", "00004": "skipped", "00005": "verified", "00006": "verified", "00007": "verified"},
         f"a verdict for each file ({rows})")
    for n, word in (("00001", "empty"), ("00002", "no longer there"), ("00003", "20 MB|large"), ("00004", "picture")):
        if not re.search(word, rows.get(n, ("", ""))[1]):
            c.problems.append(f"the reason of {n} is {rows.get(n)}, wanted {word}")
    inputs = {i["id"]: i["data"]["metadata"]["lakeferry"] for i in c.p.pages(f"/{c.name}/inputs", "inputs")}
    for n in (0, 5, 6, 7):
        with open(path(n), "rb") as f:
            same(c, inputs.get(f"f-{n:05d}", {}).get("sha256"), hashlib.sha256(f.read()).hexdigest(), f"fingerprint of file {n}")
    same(c, len(inputs), 4, "inputs in all")


# --- an import from S3 ---

def s3_write(c, rows):
    folder = os.path.join(c.p.data, "s3/lab-bucket/imports")
    text = open(os.path.join(folder, "harbour.csv")).read().splitlines()
    where = re.search(r"(http[^,]*/pictures)/", text[1]).group(1)
    with open(os.path.join(folder, c.name + ".csv"), "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["inputid", "input", "concepts", "metadata", "geopoints"])
        out.writerows((key, f"{where}/cat-{n % 3 + 1}.jpg", concepts, metadata, "") for n, (key, concepts, metadata) in enumerate(rows))


def s3_words(c):
    return ["import", "s3", f"s3://lab-bucket/imports/{c.name}.csv", "--format", "csv", "--app", f"lab-user/{c.name}", "--dataset", "ds", "--table", f"main.vision.t_{c.name}", "--yes", "--json"]


def s3_rows(c):
    return {r[0].rsplit("#", 1)[1]: (r[1], r[2], r[3] or "") for r in c.p.sql(f"SELECT source_path, input_id, upload_status, upload_error FROM main.vision.t_{c.name}")}


def s3_changes(c):
    """The file has other rows by the time it is read: refused before anything is sent when their number shows it, else imported as it is then, whole."""
    c.p.app_make(c.name)
    s3_write(c, [(f"row-{n}", "cat", "") for n in range(6)])
    run(c, s3_words(c), 137, "stage.plan:1")
    s3_write(c, [(f"row-{n}", "dog", "") for n in (0, 1, 2, 7, 8)])
    _, err = run(c, ["resume", "--yes", "--json"], 1)
    if not re.search("had 6 rows .* has 5 now. nothing was sent", err) or c.p.pages(f"/{c.name}/inputs", "inputs"):
        c.problems.append(f"fewer rows: {err[-300:]}")
    run(c, s3_words(c), 137, "stage.plan:1")
    s3_write(c, [(f"row-{n}", "cow", "") for n in (0, 1, 2, 4, 9)])
    newest = json.loads(c.worker.run(c.env, ["runs", "--json"])[1].splitlines()[0])["run"]
    run(c, ["resume", newest, "--yes", "--json"], 0)
    inputs = {i["id"]: sorted(x["name"] for x in i["data"]["concepts"]) for i in c.p.pages(f"/{c.name}/inputs", "inputs")}
    if inputs not in ({f"row-{n}": ["dog"] for n in (0, 1, 2, 7, 8)}, {f"row-{n}": ["cow"] for n in (0, 1, 2, 4, 9)}):
        c.problems.append(f"what arrived is neither the file before nor the one after: {inputs}")
    rows = s3_rows(c)
    same(c, sorted(r[0] or "" for r in rows.values()), sorted(inputs), f"rows and inputs ({rows})")
    same(c, {r[1] for r in rows.values()}, {"verified"}, "statuses")


def s3_gone(c):
    """The file is gone when it is to be read: said, nothing half done, and gone on with when it is back."""
    c.p.app_make(c.name)
    rows = [(f"row-{n}", "cat", "") for n in range(6)]
    s3_write(c, rows)
    run(c, s3_words(c), 137, "stage.look:1")
    os.unlink(os.path.join(c.p.data, "s3/lab-bucket/imports", c.name + ".csv"))
    _, err = run(c, ["resume", "--yes", "--json"], 1)
    if c.name + ".csv" not in err:
        c.problems.append(f"the file is not named: {err[-300:]}")
    same(c, len(c.p.pages(f"/{c.name}/inputs", "inputs")), 0, "inputs before the file is back")
    s3_write(c, rows)
    run(c, s3_words(c), 0)
    same(c, sorted(i["id"] for i in c.p.pages(f"/{c.name}/inputs", "inputs")), [r[0] for r in rows], "inputs")


def s3_theirs(c):
    """R22: an id of the file is somebody else's input."""
    c.p.app_make(c.name)
    pictures(os.path.join(c.home, "pics"), 1, "t")
    with open(os.path.join(c.home, "pics/t-00000.png"), "rb") as f:
        c.p.clarifai("POST", f"/{c.name}/inputs", {"inputs": [{"id": "row-3", "data": {"image": {"base64": base64.b64encode(f.read()).decode()}}}]})
    processed(c)
    before = c.p.clarifai("GET", f"/{c.name}/inputs/row-3")["input"]["data"]
    s3_write(c, [(f"row-{n}", "cat", "") for n in range(6)])
    run(c, s3_words(c), 3)
    rows = s3_rows(c)
    same(c, sorted(r[1] for r in rows.values()), ["conflict"] + ["verified"] * 5, f"statuses ({rows})")
    same(c, c.p.clarifai("GET", f"/{c.name}/inputs/row-3")["input"]["data"], before, "the other's input")
    same(c, sorted(d["input"]["id"] for d in c.p.pages(f"/{c.name}/datasets/ds/inputs", "dataset_inputs")), [f"row-{n}" for n in (0, 1, 2, 4, 5)], "the dataset")


def s3_names(c):
    """R23: ids that are none fail alone, with their row; words of every kind arrive as they are."""
    c.p.app_make(c.name)
    bad = ["../../x", "x" * 300, "a\nb", "\x1b[2J", "\u202ex", "e\u0301", "a`b", "a'b", "a#?%&+"]
    s3_write(c, [(key, "cat", "") for key in bad] + [("Twin", "cat", ""), ("twin", "cat", ""), ("good", json.dumps([ODD[:60]]), json.dumps({"t": ODD, ODD[:30]: 1}))])
    run(c, s3_words(c), 3)
    rows = s3_rows(c)
    same(c, [rows.get(str(n + 1), ("", "", ""))[1] for n in range(len(bad) + 3)], ["failed"] * len(bad) + ["verified"] * 3, f"statuses ({rows})")
    inputs = {i["id"]: i for i in c.p.pages(f"/{c.name}/inputs", "inputs")}
    same(c, sorted(inputs), ["Twin", "good", "twin"], "inputs")
    metadata = dict(inputs.get("good", {}).get("data", {}).get("metadata", {}))
    metadata.pop("lakeferry", None)
    same(c, metadata, {"t": ODD, ODD[:30]: 1}, "metadata, to the byte")
    same(c, [x["name"] for x in inputs.get("good", {}).get("data", {}).get("concepts", [])], [ODD[:60]], "the concept's name")


# --- export and update ---

def odd_app(c, count=5):
    """An app whose words are hostile. The ids that Clarifai takes are all an id may be."""
    c.p.app_make(c.name)
    folder = os.path.join(c.home, "odd")
    pictures(folder, count, "o")
    ids = ["Twin", "twin", "-", "_x-", "x" * 48][:count]
    inputs = []
    for n, key in enumerate(ids):
        with open(os.path.join(folder, f"o-{n:05d}.png"), "rb") as f:
            inputs.append({"id": key, "dataset_ids": ["ds"], "data": {"image": {"base64": base64.b64encode(f.read()).decode()}, "metadata": {"t": ODD, ODD[:30]: n}, "concepts": [{"id": f"c{n}", "name": ODD[:40] + str(n), "value": 1}]}})
    c.p.clarifai("POST", f"/{c.name}/inputs", {"inputs": inputs})
    for n, key in enumerate(ids):
        c.p.clarifai("POST", f"/{c.name}/annotations", {"annotations": [{"input_id": key, "data": {"regions": [{"region_info": {"bounding_box": {"top_row": .1, "left_col": .1, "bottom_row": .5, "right_col": .5}}, "data": {"text": {"raw": ODD + str(n)}}}]}}]})
    processed(c)
    return ids


def export_words(c, app, dataset):
    return ["export", "--app", app, "--dataset", dataset, "--to", "main.vision", "--inputs-table", f"{c.name}_in", "--annotations-table", f"{c.name}_ann", "--images", f"main.vision.v{c.name}", "--yes", "--json"]


def update_words(c, app, dataset):
    return ["update", "--app", app, "--dataset", dataset, "--inputs-table", f"main.vision.{c.name}_in", "--annotations-table", f"main.vision.{c.name}_ann", "--yes", "--json"]


def compare(c, app, dataset, *options):
    done = subprocess.run([sys.executable, os.path.join(HERE, "../e2e/tables.py"), c.p.origin, app, dataset, f"main.vision.{c.name}_in", f"main.vision.{c.name}_ann", *options], capture_output=True, text=True)
    c.problems += [line for line in (done.stdout + done.stderr[-400:]).splitlines() if line and not line.startswith("#")]


def export_names(c):
    odd_app(c)
    c.p.volume_make("v" + c.name)
    run(c, export_words(c, f"lab-user/{c.name}", "ds"), 0)
    compare(c, f"lab-user/{c.name}", "ds", "--images", f"/Volumes/main/vision/v{c.name}")
    same(c, len(os.listdir(c.p.volume_dir("v" + c.name))), 5, "files")


def update_names(c):
    ids = odd_app(c)
    c.p.volume_make("v" + c.name)
    run(c, export_words(c, f"lab-user/{c.name}", "ds")[:-4] + ["--yes", "--json"], 0)
    c.p.clarifai("PATCH", f"/{c.name}/inputs", {"action": "overwrite", "inputs": [{"id": ids[0], "data": {"metadata": {"now": ODD[::-1]}}}]})
    c.p.sql(f"DELETE FROM main.vision.{c.name}_ann WHERE input_id = '{ids[1]}'")
    run(c, update_words(c, f"lab-user/{c.name}", "ds"), 0)
    compare(c, f"lab-user/{c.name}", "ds")


def fault(c, **rule):
    c.p.control("POST", "faults", rule)


def export_vanished(c):
    """Pictures whose address knows them no more, gives nothing, words, or a picture that ends early for good: they alone fail, the others are stored."""
    c.p.volume_make("v" + c.name)
    for number, rule in ((2, {"kind": "status", "status": 404}), (4, {"kind": "body", "text": ""}), (6, {"kind": "body", "text": "gone", "content_type": "text/plain"})):
        fault(c, path="/orig/*", nth=[number], **rule)
    out, _ = run(c, export_words(c, LABELLED, "val"), 3)
    c.fired = c.p.control("GET", "faults")["faults"]
    failed = [json.loads(line) for line in out.splitlines() if '"type":"item"' in line]
    if not failed or not all(i.get("reason") and i["state"] == "failed" for i in failed):
        c.problems.append(f"items that failed, with their reason: {failed}")
    stored = os.listdir(c.p.volume_dir("v" + c.name))
    total = len(c.p.pages("/labelled/datasets/val/inputs", "dataset_inputs"))
    rows = c.p.sql(f"SELECT count(*), count(image_path) FROM main.vision.{c.name}_in")
    same(c, [int(n) for n in rows[0]] if rows else rows, [total, len(stored)], "rows, and those with a picture")
    for name in stored:
        if size_of(os.path.join(c.p.volume_dir("v" + c.name), name)) < 100:
            c.problems.append(f"{name} was stored with {size_of(os.path.join(c.p.volume_dir('v' + c.name), name))} bytes")


def export_theirs(c):
    """R22: a file of that name is somebody else's; of the same length or not, it stays as it is."""
    c.p.volume_make("v" + c.name)
    run(c, export_words(c, LABELLED, "val"), 0)
    written = c.p.volume_dir("v" + c.name)
    names = sorted(os.listdir(written))[:2]
    for table in ("in", "ann"):
        c.p.sql(f"DROP TABLE main.vision.{c.name}_{table}")
    folder = c.p.volume_make(f"v{c.name}b")
    theirs = {names[0]: b"somebody's", names[1]: bytes(size_of(os.path.join(written, names[1])))}
    for name, content in theirs.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(content)
    out, _ = run(c, [w.replace(f"main.vision.v{c.name}", f"main.vision.v{c.name}b") for w in export_words(c, LABELLED, "val")], 3)
    same(c, {n: open(os.path.join(folder, n), "rb").read() for n in theirs}, theirs, "their files")
    same(c, [json.loads(line)["state"] for line in out.splitlines() if '"type":"item"' in line], ["conflict", "conflict"], "what is said of them")


def update_changes(c):
    """Rows are changed, lost and added by somebody between the difference and the merge: said, and an update more holds what Clarifai holds, and the foreign row."""
    run(c, export_words(c, LABELLED, "val")[:-4] + ["--yes", "--json"], 0)
    c.p.sql(f"UPDATE main.vision.{c.name}_in SET image_url = 'stale' WHERE input_id > 'labelled-050'")
    run(c, update_words(c, LABELLED, "val"), 137, "stage.difference:1")
    c.p.sql(f"DELETE FROM main.vision.{c.name}_in WHERE input_id < 'labelled-010'")
    c.p.sql(f"UPDATE main.vision.{c.name}_in SET input_status = 'theirs' WHERE input_id < 'labelled-030'")
    c.p.sql(f"DELETE FROM main.vision.{c.name}_ann WHERE annotation_id < 'm'")
    c.p.sql(f"INSERT INTO main.vision.{c.name}_in (input_id, image_url) VALUES ('foreign-1', 'https://elsewhere.example/x')")
    out, _ = run(c, ["resume", "--yes", "--json"], 3)
    same(c, out.count("CHANGED_MEANWHILE"), 2, "tables of which it says that they changed meanwhile")
    run(c, update_words(c, LABELLED, "val"), 0)
    compare(c, LABELLED, "val", "--partial")
    same(c, c.p.sql(f"SELECT image_url FROM main.vision.{c.name}_in WHERE input_id = 'foreign-1'"), [["https://elsewhere.example/x"]], "the foreign row")


def update_theirs(c):
    """R22: rows of somebody else, keys that are there twice, are left as they are and reported."""
    run(c, export_words(c, LABELLED, "val")[:-4] + ["--yes", "--json"], 0)
    c.p.sql(f"INSERT INTO main.vision.{c.name}_in (input_id, image_url) VALUES ('foreign-1', 'x'), ('labelled-000', 'twice')")
    before = sorted(map(str, c.p.sql(f"SELECT input_id, image_url FROM main.vision.{c.name}_in WHERE input_id IN ('foreign-1', 'labelled-000')")))
    run(c, update_words(c, LABELLED, "val"), 3)
    same(c, sorted(map(str, c.p.sql(f"SELECT input_id, image_url FROM main.vision.{c.name}_in WHERE input_id IN ('foreign-1', 'labelled-000')"))), before, "rows that are not ours")


CASES = (
    ("R21 volume: files emptied, gone, too large, no picture, another, longer between plan and reading", volume_changes),
    ("R21 s3: the file is another between plan and reading", s3_changes),
    ("R21 s3: the file is gone between plan and reading, and comes back", s3_gone),
    ("R21 export: pictures that vanish", export_vanished),
    ("R21 update: rows changed by somebody between difference and merge", update_changes),
    ("R22 s3: an id that is somebody's", s3_theirs),
    ("R22 export: files that are somebody's", export_theirs),
    ("R22 update: rows that are somebody's, a key twice", update_theirs),
    ("R23 s3: hostile ids, concepts, metadata", s3_names),
    ("R23 export: hostile concepts, metadata, texts", export_names),
    ("R23 update: hostile concepts, metadata, texts", update_names),
)


class Case:
    def __init__(self, worker):
        worker.cases += 1
        self.worker, self.p, self.name = worker, worker.p, f"src{worker.number}x{worker.cases}"
        self.home = os.path.join(worker.folder, self.name)
        self.env = worker.environment(self.home, "2s")
        self.said, self.problems, self.fired = [], [], []
        self.p.control("POST", "reset", {"counters": True, "faults": True})

    def everything(self):
        self.problems += [f"the fault never fired: {json.dumps(f)}" for f in self.fired if not f["fired"]]
        self.p.control("DELETE", "faults")
        self.problems += self.worker.left_over(self.name) + self.worker.secrets(self.home, self.said)
        self.problems += [f"a byte that a terminal acts on was said: {found.group()!r} in {text[max(0, found.start() - 60):found.end() + 20]!r}" for text in self.said if (found := UNSAFE.search(text))]
        shutil.rmtree(self.home, ignore_errors=True)


def one(results, worker, case):
    title, test = case
    c = Case(worker)
    test(c)
    c.everything()
    results.note("faults")
    results.add(title, c.problems)
