#!/usr/bin/env python3
"""Faults against the local platform, and what is on both sides afterwards. Speaks TAP, ends with the counts.

faults.py cases [NAME...]                 the table of cases.txt (all, or those whose line holds a NAME)
faults.py kills [MOST]                    kill -9 at every point of the journal that a run passes, then resume; at least 200 in all, or MOST
faults.py property [SCHEDULES] [SEED]     random schedules of faults and kills from a seed that is printed; SEED replays one
faults.py soak [ITEMS]                    one import of ITEMS (1000000) with 5 % mixed faults; prints memory and descriptors, fails when they grow
Environment: LAKEFERRY_BUILD (build), JOBS (2), SECONDS_MOST (0: no limit) ends kills and property early, saying so.
"""
import hashlib, json, os, random, re, shutil, signal, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("LAKEFERRY_BUILD", "build"))
SECRETS = ("sandbox-pat", "dapi-sandbox-token")
FILES = 120
CLUSTER = "cluster:0101-120000-live001"
CONFIG = """files_rate = 100000
files_in_flight = 8
clarifai_rate = 1000
poll_first = 20ms
retry_first = 20ms
retry_cap = 300ms
give_up = {give_up}
clarifai_image_host = {images}
"""


class Platform:
    """One sandbox of its own, used by one worker."""

    def __init__(self, folder):
        self.data = os.path.join(folder, "sandbox")
        os.makedirs(self.data)
        self.process = subprocess.Popen([f"{BUILD}/lakeferry-sandbox", "--port", "0", "--data", self.data], stdout=subprocess.PIPE, stderr=open(os.path.join(folder, "sandbox.err"), "w"))
        self.process.stdout.readline()
        self.endpoint = json.load(open(os.path.join(self.data, "endpoint.json")))
        self.origin = self.endpoint["origin"]
        self.control("POST", "settings", {"files.rps": 100000, "files.in_flight": 64, "clarifai.rps": 1000})

    def close(self):
        self.process.terminate()
        self.process.wait()

    def ask(self, method, path, body=None, key=None):
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = key
        request = urllib.request.Request(self.origin + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as e:
            return json.loads(e.read() or b"{}")

    def control(self, method, what, body=None):
        return self.ask(method, "/_control/" + what, body)

    def databricks(self, method, path, body=None):
        return self.ask(method, path, body, "Bearer " + self.endpoint["databricks_token"])

    def clarifai(self, method, path, body=None):
        return self.ask(method, "/v2/users/lab-user/apps" + path, body, "Key " + self.endpoint["clarifai_pat"])

    def sql(self, text):
        answer = self.databricks("POST", "/api/2.0/sql/statements", {"warehouse_id": "wh-live-0001", "statement": text, "wait_timeout": "50s"})
        return (answer.get("result") or {}).get("data_array") or []

    def volume_make(self, name):
        self.databricks("POST", "/api/2.1/unity-catalog/volumes", {"catalog_name": "main", "schema_name": "vision", "name": name, "volume_type": "MANAGED"})
        os.makedirs(self.volume_dir(name), exist_ok=True)
        return self.volume_dir(name)

    def volume_dir(self, name):
        return os.path.join(self.data, "volumes/main/vision", name)

    def app_make(self, name):
        self.clarifai("POST", "", {"apps": [{"id": name}]})
        self.clarifai("POST", f"/{name}/datasets", {"datasets": [{"id": "ds"}]})

    def pages(self, path, member):
        page, all_of = 1, []
        while True:
            got = self.clarifai("GET", f"{path}?page={page}&per_page=1000").get(member) or []
            if not got:
                return all_of
            all_of += got
            page += 1


class Verb:
    """A verb on a platform: prepares what a case needs, says the command, and knows what must be true at the end."""

    def __init__(self, platform):
        self.p = platform
        self.prepare_once()
        self.calm_status = None

    def prepare_once(self):
        pass


class Volume(Verb):
    points = "listed planned sent unknown accepted verified stage.list stage.look stage.plan stage.send stage.settle stage.verify stage.table stage.finish " \
             "point.answered point.staged point.statement point.ran"

    def prepare_once(self):
        folder = self.p.volume_make("sea")
        for part in range(2):
            subprocess.run([sys.executable, os.path.join(HERE, "../e2e/pictures.py"), f"{folder}/part{part}", str(FILES // 2), "900", str(FILES // 2), f"p{part}"], check=True)

    def make(self, name):
        self.p.app_make(name)

    def command(self, name):
        return ["import", "volume", "main.vision.sea", "--app", f"lab-user/{name}", "--dataset", "ds", "--table", f"t_{name}", "--yes", "--json"]

    def differences(self, name):
        inputs = self.p.pages(f"/{name}/inputs", "inputs")
        inside = [d["input"] for d in self.p.pages(f"/{name}/datasets/ds/inputs", "dataset_inputs")]
        sources = {i["data"]["metadata"]["lakeferry"]["source"] for i in inside if i["status"]["code"] == 30000}
        rows = self.p.sql(f"SELECT count(*), count(DISTINCT source_path), count(DISTINCT input_id) FROM main.vision.t_{name} WHERE upload_status IN ('verified', 'present')") or [[0, 0, 0]]
        all_rows = self.p.sql(f"SELECT count(*) FROM main.vision.t_{name}") or [[0]]
        facts = [len(inputs), len({i["id"] for i in inside}), len(sources)] + [int(c) for c in rows[0]] + [int(all_rows[0][0])]
        return [] if facts == [FILES] * 7 else [f"inputs, in the dataset, sources, rows, sources, ids, rows in all: {facts}, wanted {FILES} of each"]

    def forget(self, name):
        self.p.clarifai("DELETE", f"/{name}")
        self.p.sql(f"DROP TABLE IF EXISTS main.vision.t_{name}")


class S3(Verb):
    points = "listed planned sent unknown accepted verified stage.look stage.plan stage.send stage.settle stage.verify stage.table stage.finish point.answered point.staged point.statement point.ran"

    def prepare_once(self):
        folder = os.path.join(self.p.data, "s3/lab-bucket/imports")
        text = open(os.path.join(folder, "harbour.csv")).read().splitlines()
        pictures = re.search(r"(http[^,]*/pictures)/", text[1]).group(1)
        with open(os.path.join(folder, "faults.csv"), "w") as f:
            f.write("inputid,input,concepts,metadata,geopoints\n")
            for i in range(FILES):
                f.write(f"row-{i:03d},{pictures}/cat-{i % 3 + 1}.jpg,cat,\"{{'n': {i}}}\",\n")

    def make(self, name):
        self.p.app_make(name)

    def command(self, name):
        return ["import", "s3", "s3://lab-bucket/imports/faults.csv", "--format", "csv", "--app", f"lab-user/{name}", "--dataset", "ds", "--table", f"main.vision.t_{name}", "--yes", "--json"]

    def differences(self, name):
        wanted = {f"row-{i:03d}" for i in range(FILES)}
        inputs = self.p.pages(f"/{name}/inputs", "inputs")
        inside = [d["input"]["id"] for d in self.p.pages(f"/{name}/datasets/ds/inputs", "dataset_inputs")]
        rows = self.p.sql(f"SELECT input_id, upload_status FROM main.vision.t_{name}")
        found = []
        if sorted(i["id"] for i in inputs) != sorted(wanted) or sorted(inside) != sorted(wanted):
            found.append(f"{len(inputs)} inputs, {len(inside)} in the dataset, wanted {FILES}")
        if sorted(r[0] or "" for r in rows) != sorted(wanted) or {r[1] for r in rows} - {"verified", "present"}:
            found.append(f"{len(rows)} rows of {sorted({r[1] for r in rows})}, wanted {FILES} verified")
        return found

    forget = Volume.forget


def compare_tables(p, name, *options):
    done = subprocess.run([sys.executable, os.path.join(HERE, "../e2e/tables.py"), p.origin, "lab-user/labelled", "val", f"main.vision.{name}_in", f"main.vision.{name}_ann", *options],
                          capture_output=True, text=True)
    return [l for l in (done.stdout + done.stderr[-400:]).splitlines() if l and not l.startswith("#")]


class Export(Verb):
    points = "listed verified stage.look stage.inputs stage.plan stage.verify stage.annotations stage.images stage.tables stage.finish point.staged point.statement point.ran"

    def make(self, name):
        self.p.volume_make("v" + name)

    def command(self, name):
        return ["export", "--app", "lab-user/labelled", "--dataset", "val", "--to", "main.vision", "--inputs-table", f"{name}_in", "--annotations-table", f"{name}_ann",
                "--images", f"main.vision.v{name}", "--yes", "--json"]

    def differences(self, name):
        return compare_tables(self.p, name, "--images", f"/Volumes/main/vision/v{name}")

    def forget(self, name):
        for table in ("in", "ann"):
            self.p.sql(f"DROP TABLE IF EXISTS main.vision.{name}_{table}")
        self.p.databricks("DELETE", f"/api/2.1/unity-catalog/volumes/main.vision.v{name}")


class Update(Verb):
    points = "stage.look stage.inputs stage.annotations stage.stage stage.difference stage.merge stage.verify stage.finish point.staged point.statement point.ran"

    def make(self, name):
        """The tables of an undisturbed export, then some rows lost and some changed."""
        self.runner(["export", "--app", "lab-user/labelled", "--dataset", "val", "--to", "main.vision", "--inputs-table", f"{name}_in", "--annotations-table", f"{name}_ann", "--yes", "--json"])
        for table, column in (("in", "image_url"), ("ann", "annotation")):
            key = "input_id" if table == "in" else "annotation_id"
            self.p.sql(f"DELETE FROM main.vision.{name}_{table} WHERE {key} IN (SELECT {key} FROM main.vision.{name}_{table} ORDER BY {key} LIMIT 3)")
            self.p.sql(f"UPDATE main.vision.{name}_{table} SET {column} = 'stale' WHERE {key} > 'm'")

    def command(self, name):
        return ["update", "--app", "lab-user/labelled", "--dataset", "val", "--inputs-table", f"main.vision.{name}_in", "--annotations-table", f"main.vision.{name}_ann", "--yes", "--json"]

    def differences(self, name):
        return compare_tables(self.p, name)

    def forget(self, name):
        for table in ("in", "ann"):
            self.p.sql(f"DROP TABLE IF EXISTS main.vision.{name}_{table}")


VERBS = {"volume": Volume, "s3": S3, "export": Export, "update": Update}


class Worker:
    def __init__(self, number):
        self.folder = tempfile.mkdtemp(prefix="lakeferry-faults.")
        self.p = Platform(self.folder)
        self.verbs, self.number, self.cases = {}, number, 0

    def close(self):
        self.p.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, home, give_up):
        for part in ("state", "config/lakeferry", "cache", "run"):
            os.makedirs(os.path.join(home, part), exist_ok=True)
        os.chmod(os.path.join(home, "run"), 0o700)
        with open(os.path.join(home, "config/lakeferry/config.ini"), "w") as f:
            f.write(CONFIG.format(give_up=give_up, images=self.p.endpoint["images"]))
        env = {k: v for k, v in os.environ.items() if not k.startswith(("DATABRICKS_", "CLARIFAI_", "LAKEFERRY_KILL", "DBUS_"))}
        env.update(HOME=home, XDG_STATE_HOME=home + "/state", XDG_CONFIG_HOME=home + "/config", XDG_CACHE_HOME=home + "/cache", XDG_RUNTIME_DIR=home + "/run",
                   DATABRICKS_CONFIG_FILE=home + "/none", DATABRICKS_HOST=self.p.origin, DATABRICKS_TOKEN=self.p.endpoint["databricks_token"], DATABRICKS_WAREHOUSE_ID="wh-live-0001",
                   CLARIFAI_PAT=self.p.endpoint["clarifai_pat"], CLARIFAI_API_BASE=self.p.origin, CLARIFAI_USER_ID="lab-user", LC_ALL="C.UTF-8")
        return env

    def run(self, env, words, kill_at=None):
        if kill_at:
            env = dict(env, LAKEFERRY_KILL_AT=kill_at)
        try:
            done = subprocess.run([f"{BUILD}/lakeferry", *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=120)
        except subprocess.TimeoutExpired as e:
            return "no end within 120 s", str(e.stdout or "")[-300:], str(e.stderr or "")[-300:]
        return 137 if done.returncode == -signal.SIGKILL else done.returncode, done.stdout, done.stderr

    def verb(self, word):
        if word not in self.verbs:
            v = self.verbs[word] = VERBS[word](self.p)
            home = os.path.join(self.folder, "quiet-" + word)
            quiet = self.environment(home, "60s")
            v.runner = lambda words: self.run(quiet, words)
            v.make("calm" + word)
            v.calm_status, _, said = self.run(quiet, v.command("calm" + word))
            v.calm_differences = v.differences("calm" + word)
            if v.calm_status not in (0, 3) or v.calm_differences:
                raise RuntimeError(f"an undisturbed run of {word} ended with {v.calm_status}: {said[-500:]} {v.calm_differences[:3]}")
        return self.verbs[word]

    def begin(self, word, give_up="60s"):
        self.cases += 1
        v = self.verb(word)
        name = f"{word}{self.number}x{self.cases}"
        home = os.path.join(self.folder, name)
        self.p.control("POST", "reset", {"counters": True, "faults": True})
        v.make(name)
        return v, name, home, self.environment(home, give_up)

    def end(self, v, name, home):
        self.p.control("DELETE", "faults")
        v.forget(name)
        shutil.rmtree(home, ignore_errors=True)

    def go_on(self, env, v, name, kill_at=None):
        """What a person does: resume, and where nothing is to be resumed (it ended before its gate) give the command again."""
        got = self.run(env, ["resume", "--yes", "--json"], kill_at)
        return self.run(env, v.command(name), kill_at) if "nothing to resume" in got[2] else got

    def everything(self, v, name, home, said):
        """What must be true at the end of every case."""
        found = v.differences(name)
        found += self.left_over(name)
        found += [f"a secret in the output" for s in SECRETS if any(s in t for t in said)]
        for folder, _, files in os.walk(home):
            for f in files:
                with open(os.path.join(folder, f), "rb") as opened:
                    text = opened.read()
                found += [f"a secret in {f}" for s in SECRETS if s.encode() in text]
                if os.stat(os.path.join(folder, f)).st_mode & 0o077 and "/state/" in folder + "/":
                    found.append(f"{f} can be read by others")
        return found

    def left_over(self, name):
        volumes = self.p.databricks("GET", "/api/2.1/unity-catalog/volumes?catalog_name=main&schema_name=vision").get("volumes") or []
        found = [f"volume {v['name']} was left" for v in volumes if "lakeferry" in v["name"]]
        for base, folders, _ in os.walk(os.path.join(self.p.data, "volumes")):
            found += [f"{f} was left" for f in folders if f.startswith((".lakeferry", "lakeferry_", "lakeferry-"))]
        return found


class Results:
    def __init__(self):
        self.lock, self.count, self.failed, self.notes = threading.Lock(), 0, 0, {}

    def add(self, name, problems):
        with self.lock:
            self.count += 1
            self.failed += bool(problems)
            print(f"{'not ok' if problems else 'ok'} {self.count} - {name}", *[f"#   {x}"[:600] for x in problems[:8]], sep="\n", flush=True)

    def note(self, key, n=1):
        with self.lock:
            self.notes[key] = self.notes.get(key, 0) + n


def in_parallel(work, items, deadline=None):
    """work(worker, item) for each item, on JOBS workers with a platform each. Returns how many were left out."""
    queue, lock, broken = list(items), threading.Lock(), []

    def loop(number):
        worker = Worker(number)
        try:
            while True:
                with lock:
                    if not queue or (deadline and time.monotonic() > deadline):
                        return
                    item = queue.pop(0)
                work(worker, item)
        except Exception as e:
            broken.append(f"{type(e).__name__}: {e}")
        finally:
            worker.close()

    threads = [threading.Thread(target=loop, args=(n,)) for n in range(int(os.environ.get("JOBS", "2")))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for problem in broken:
        print(f"Bail out! {problem}")
    return -1 if broken else len(queue)


def deadline_of():
    most = int(os.environ.get("SECONDS_MOST", "0"))
    return time.monotonic() + most if most else None


# --- the table ---

def read_cases(names):
    cases = []
    for line in open(os.path.join(HERE, "cases.txt")):
        line = line.strip()
        if not line or line.startswith("#") or (names and not any(n in line for n in names)):
            continue
        number, verbs, status, then, words, title, rules = [c.strip() for c in line.split(" | ", 6)]
        cases += [(number, verb, status, then, words, title, json.loads(rules)) for verb in verbs.split()]
    return cases


def one_case(results, worker, case):
    number, word, status, then, words, title, rules = case
    word, _, compute = word.partition("@")
    v, name, home, env = worker.begin(word, "2s" if then == "resume" else "60s")
    wanted = v.calm_status if status == "calm" else int(status)
    for rule in rules:
        worker.p.control("POST", "faults", rule)
    got, out, err = worker.run(env, v.command(name) + (["--compute", CLUSTER] if compute else []))
    fired = worker.p.control("GET", "faults")["faults"]
    worker.p.control("DELETE", "faults")
    said, problems = [out, err], []
    if got != wanted:
        problems.append(f"exit status {got}, wanted {wanted}: {err[-300:].strip()}")
    problems += [f"the fault never fired: {json.dumps(f)}" for f in fired if not f["fired"]]
    if words != "-" and not re.search(words, out + err):
        problems.append(f"nothing like \"{words}\" was said: {err[-300:].strip()}")
    if then != "-":
        got, out, err = worker.go_on(env, v, name) if then == "resume" else worker.run(env, v.command(name))
        said += [out, err]
        if got != v.calm_status:
            problems.append(f"gone on with: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, said)
    worker.end(v, name, home)
    results.note("faults", sum(f["fired"] for f in fired))
    results.add(f"{number} {word}: {title}", problems)


# --- kill -9 at every point ---

TIMES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 25, 32, 40, 60, 90]


def kill_points(most):
    """Points of the journal, and requests under way: before the platform did what was asked and behind it. Spread over the verbs, the n-th time rising."""
    points = [(verb, point, n) for n in range(1, 6) for verb, kind in VERBS.items() for point in kind.points.split() if n == 1 or not point.startswith(("stage.", "planned"))]
    points += [(verb, point, n) for n in TIMES for verb in VERBS for point in ("request", "applied")]
    return points[:most]


def run_until_request(worker, env, words, n, applied):
    """Kills it while its n-th request is under way. 137, or how it ended because there were not so many."""
    worker.p.control("POST", "faults", {"kind": "hang", "ms": 4000, "path": "/*", "nth": [n], "after_handler": applied})
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([f"{BUILD}/lakeferry", *words], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        while process.poll() is None and not worker.p.control("GET", "faults")["faults"][0]["fired"]:
            time.sleep(0.01)
        if applied and process.poll() is None:
            time.sleep(0.3)         # what was asked for is done by then, mostly; the outcome must be right either way
        process.kill()
        got = process.wait()
        out.seek(0)
        return 137 if got == -signal.SIGKILL else got, out.read().decode(errors="replace"), ""


def one_kill(results, worker, item):
    word, point, n = item
    v, name, home, env = worker.begin(word)
    if point in ("request", "applied"):
        got, out, err = run_until_request(worker, env, v.command(name), n, point == "applied")
    else:
        if point == "unknown":
            worker.p.control("POST", "faults", {"method": "POST", "path": "*/inputs", "nth": [n], "times": 1, "kind": "lost_reply"})
        got, out, err = worker.run(env, v.command(name), f"{point}:{n if point != 'unknown' else 1}")
    worker.p.control("DELETE", "faults")
    if got != 137:
        worker.end(v, name, home)
        results.note("points that are not passed so often")
        return
    said, problems = [out, err], []
    got, out, err = worker.go_on(env, v, name)
    if got != v.calm_status:
        problems.append(f"gone on with: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, said + [out, err])
    worker.end(v, name, home)
    results.note("kills")
    results.note(f"killed in {word}")
    results.add(f"R16 {word}: killed at {point}, time {n}", problems)


# --- random schedules ---

ANYWHERE = [
    {"kind": "reset", "at": 0}, {"kind": "reset", "at": 300}, {"kind": "lost_reply"}, {"kind": "cut_body"}, {"kind": "status", "status": 500}, {"kind": "status", "status": 502},
    {"kind": "status", "status": 503}, {"kind": "status", "status": 429, "retry_after": "1"}, {"kind": "status", "status": 429, "retry_after": "soon"}, {"kind": "close"},
    {"kind": "latency", "ms": 40}, {"kind": "malformed"}, {"kind": "html_login"}, {"kind": "status", "status": 408}, {"kind": "status", "status": 504},
]
CLARIFAI_ONLY = [{"kind": "clarifai_code", "code": 11005, "http": 200}, {"kind": "clarifai_code", "code": 39997, "http": 503}, {"kind": "clarifai_code", "code": 11009, "http": 401}]
PLACES = ["/*", "/v2/*", "/v2/*/inputs*", "/v2/*/annotations*", "/api/2.0/fs/files/*", "/api/2.0/fs/*", "/api/2.0/sql/*", "/api/2.1/*", "/orig/*"]


def schedule(seed):
    draw = random.Random(seed)
    word = draw.choice(list(VERBS))
    rounds = []
    for _ in range(draw.randint(1, 3)):
        rules = []
        for _ in range(draw.randint(1, 4)):
            place = draw.choice(PLACES)
            rule = dict(draw.choice(ANYWHERE + (CLARIFAI_ONLY * 2 if place.startswith("/v2") else [])), path=place)
            rule.update({"share": draw.choice([0.05, 0.2, 0.5]), "seed": draw.randrange(1 << 30)} if draw.random() < 0.7 else {"nth": sorted(draw.sample(range(1, 12), 3))})
            rule["times"] = draw.randint(1, 12)
            rules.append(rule)
        kill = f"{draw.choice(VERBS[word].points.split())}:{draw.choice([1, 1, 1, 2, 3])}" if draw.random() < 0.7 else None
        rounds.append((rules, kill))
    return word, rounds


def one_schedule(results, worker, seed):
    word, rounds = schedule(seed)
    v, name, home, env = worker.begin(word, "1s")
    said, problems, fired, kills, history = [], [], 0, 0, []
    for at, (rules, kill) in enumerate(rounds):
        worker.p.control("POST", "reset", {"faults": True})
        for rule in rules:
            worker.p.control("POST", "faults", rule)
        got, out, err = worker.run(env, v.command(name), kill) if at == 0 else worker.go_on(env, v, name, kill)
        said += [out, err]
        history.append(got)
        fired += sum(f["fired"] for f in worker.p.control("GET", "faults")["faults"])
        kills += got == 137
        if got not in (0, 1, 3, 4, 137):
            problems.append(f"exit status {got}: {err[-300:].strip()}")
        if got == v.calm_status:
            break
    worker.p.control("DELETE", "faults")
    for _ in range(3):
        if got == v.calm_status:
            break
        got, out, err = worker.go_on(env, v, name)
        said += [out, err]
        history.append(got)
    if got != v.calm_status:
        problems.append(f"not done after the faults were over: exit statuses {history}, wanted {v.calm_status}: {err[-400:].strip()}")
    problems += worker.everything(v, name, home, said)
    worker.end(v, name, home)
    results.note("schedules")
    results.note("faults", fired)
    results.note("kills", kills)
    results.add(f"seed {seed} {word}: {fired} faults, {kills} kills, exit statuses {history}", problems + ([f"schedule: {json.dumps(rounds)}"] if problems else []))


# --- memory and descriptors over hours ---

MIXED = [{"kind": "status", "status": 503, "share": 0.01, "path": "/*"}, {"kind": "reset", "at": 0, "share": 0.01, "path": "/*"}, {"kind": "cut_body", "share": 0.01, "path": "/*", "method": "GET"},
         {"kind": "status", "status": 429, "share": 0.01, "path": "/*"}, {"kind": "lost_reply", "share": 0.01, "path": "*/inputs", "method": "POST"}]


def figures_of(pid):
    status = dict(l.split(":", 1) for l in open(f"/proc/{pid}/status").read().splitlines())
    return int(status["VmRSS"].split()[0]), len(os.listdir(f"/proc/{pid}/fd"))


def soak(results, items):
    worker = Worker(0)
    v = Volume(worker.p)
    folder = worker.p.volume_make("many")
    for part in range(0, items, 10000):
        subprocess.run([sys.executable, os.path.join(HERE, "../e2e/pictures.py"), f"{folder}/part{part}", str(min(10000, items - part)), "400", "50", f"s{part}"], check=True)
    worker.p.app_make("soak")
    env = worker.environment(os.path.join(worker.folder, "home"), "60s")
    for number, rule in enumerate(MIXED):
        worker.p.control("POST", "faults", dict(rule, seed=number))
    words = ["import", "volume", "main.vision.many", "--app", "lab-user/soak", "--dataset", "ds", "--table", "t_soak", "--yes", "--json"]
    samples, begun = [], time.monotonic()
    with open(os.path.join(worker.folder, "out"), "w") as out, open(os.path.join(worker.folder, "err"), "w") as err:
        process = subprocess.Popen([f"{BUILD}/lakeferry", *words], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        while process.poll() is None:
            time.sleep(1)
            try:
                samples.append(figures_of(process.pid))
            except (OSError, KeyError):
                break
            if len(samples) % max(1, items // 20000) == 0:
                print(f"# {time.monotonic() - begun:6.0f} s: {samples[-1][0]} KB resident, {samples[-1][1]} descriptors", flush=True)
        status = process.wait()
    problems = [] if status == 0 else [f"exit status {status}: {open(os.path.join(worker.folder, 'err')).read()[-400:]}"]
    if len(samples) < 8:
        problems.append(f"only {len(samples)} samples: take more items")
    else:
        early, late = samples[len(samples) // 4:len(samples) // 2], samples[3 * len(samples) // 4:]
        for at, name, ceiling, slack in ((0, "KB resident", 64 * 1024, 8 * 1024), (1, "descriptors", 200, 16)):
            before, after = max(s[at] for s in early), max(s[at] for s in late)
            if max(s[at] for s in samples) > ceiling or after > before + slack:
                problems.append(f"{name}: at most {before} in the second quarter, {after} in the last, {max(s[at] for s in samples)} in all")
    rows = worker.p.sql("SELECT count(*), count(DISTINCT source_path), count(DISTINCT input_id) FROM main.vision.t_soak WHERE upload_status = 'verified'")
    if not rows or {int(c) for c in rows[0]} != {items}:
        problems.append(f"rows in the table: {rows}, wanted {items}")
    results.note("faults", sum(f["fired"] for f in worker.p.control("GET", "faults")["faults"]))
    results.add(f"R26 an import of {items} pictures, {len(samples)} s", problems)
    worker.close()


def main():
    mode, args = (sys.argv[1:2] or ["cases"])[0], sys.argv[2:]
    results, left = Results(), 0
    if mode == "cases":
        left = in_parallel(lambda w, c: one_case(results, w, c), read_cases(args))
    elif mode == "kills":
        left = in_parallel(lambda w, k: one_kill(results, w, k), kill_points(int(args[0]) if args else 100000), deadline_of())
    elif mode == "soak":
        soak(results, int(args[0]) if args else 1000000)
    elif mode == "property":
        seeds = [int(args[1])] if len(args) > 1 else None
        first = int.from_bytes(os.urandom(4), "big")
        left = in_parallel(lambda w, s: one_schedule(results, w, s), seeds or range(first, first + int(args[0] if args else 50)), deadline_of())
    else:
        raise SystemExit(__doc__)
    if left > 0:
        print(f"# {left} were not begun: the time was over")
    print(f"1..{results.count}")
    print("# " + ", ".join(f"{n} {key}" for key, n in sorted(results.notes.items())))
    failed = results.failed + (left < 0)
    print(f"{results.count - results.failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed or not results.count else 0)


main()
