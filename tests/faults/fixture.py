"""What the tests of faults share: a local platform, a worker that runs the program against it, results as TAP."""
import json, os, re, shutil, signal, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request
from verbs import AGAIN, VERBS

BUILD = os.path.abspath(os.environ.get("LAKEFERRY_BUILD", "build"))
os.environ.update(no_proxy="*", NO_PROXY="*")           # everything is on this machine
SECRETS = ("sandbox-pat", "dapi-sandbox-token")
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
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as e:
            return json.loads(e.read() or b"{}")

    def control(self, method, what, body=None):
        return self.ask(method, "/_control/" + what, body)

    def await_idle(self):
        """What a killed program had sent is carried out all the same: until no request is under way."""
        end = time.monotonic() + 60
        while any(self.control("GET", "counters")["in_flight"].values()):
            if time.monotonic() > end:
                raise RuntimeError("requests of a killed program never end")
            time.sleep(0.01)

    def requests(self, pattern=""):
        """How many the program sent since the counters were reset, those that were made to fail among them."""
        return sum(n for what, n in self.control("GET", "counters")["requests"].items() if "/_control/" not in what and re.search(pattern, what))

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
            done = subprocess.run([f"{BUILD}/lakeferry", *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=400)
        except subprocess.TimeoutExpired as e:
            return "no end within 400 s", str(e.stdout or "")[-300:], str(e.stderr or "")[-300:]
        return 137 if done.returncode == -signal.SIGKILL else done.returncode, done.stdout, done.stderr

    def verb(self, word):
        if word not in self.verbs:
            v = self.verbs[word] = {**VERBS, **AGAIN}[word](self.p)
            home = os.path.join(self.folder, "quiet-" + word)
            quiet = self.environment(home, "60s")
            v.runner = lambda words: self.run(quiet, words)
            v.make("calm" + word)
            self.p.control("POST", "reset", {"counters": True})
            v.calm_status, _, said = self.run(quiet, v.command("calm" + word))
            v.calm_requests = self.p.requests()
            v.calm_differences = v.differences("calm" + word)
            if v.calm_status not in (0, 3) or v.calm_differences:
                raise RuntimeError(f"an undisturbed run of {word} ended with {v.calm_status}: {said[-500:]} {v.calm_differences[:3]}")
        return self.verbs[word]

    def begin(self, word, give_up="60s"):
        self.cases += 1
        v = self.verb(word)
        name = f"{word}{self.number}x{self.cases}"
        home = os.path.join(self.folder, name)
        self.p.control("POST", "reset", {"faults": True})
        v.make(name)
        self.p.control("POST", "reset", {"counters": True})
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
        return found + self.left_over(name) + self.secrets(home, said) + self.reports(home)

    def reports(self, home):
        """Each item that ended badly is in its run's report with a reason and a code, as many as the summary counts."""
        found, runs = [], os.path.join(home, "state/lakeferry/runs")
        for run in os.listdir(runs) if os.path.isdir(runs) else []:
            path = os.path.join(runs, run, "report.jsonl")
            if not os.path.exists(path):
                continue
            with open(path) as opened:
                lines = [json.loads(line) for line in opened]
            for state in ("skipped", "failed", "conflict", "unaccounted"):
                items = [i for i in lines if i["type"] == "item" and i["state"] == state]
                if len(items) != lines[-1].get(state, 0):
                    found.append(f"the report of {run} has {len(items)} items that are {state}, and its summary counts {lines[-1].get(state)}")
                found += [f"the report of {run} does not say why {i['key']} is {state}" for i in items if not (i.get("reason") and i.get("code"))][:3]
        return found

    def secrets(self, home, said):
        """None in what was said and written, and what was written is its owner's only."""
        found = ["a secret in the output" for s in SECRETS if any(s in t for t in said)]
        for folder, _, files in os.walk(home):
            for f in files:
                if not os.path.isfile(os.path.join(folder, f)):
                    continue                        # the socket of a run that was killed
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
