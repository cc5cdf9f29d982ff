"""What a gateway before the platform does, spoken in HTTP: requests that are delivered twice, addresses that are signed and expire, files of others between two
requests (R2, R13, R22), a Retry-After while the time of day jumps (R6, R13), and what a fifth of failing calls costs (R7)."""
import email.utils, http.client, http.server, json, os, re, socket, threading, time, urllib.parse
import disk
from verbs import FILES, VERBS


class Gateway:
    """Passes requests on. `handle(ask, method, path)` answers (status, headers, bytes); `ask(path)` asks the host behind."""

    def __init__(self, origin, handle):
        behind = urllib.parse.urlparse(origin).netloc

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            log_message = lambda self, *words: None

            def body(self):
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return parts

            def answer(self):
                sent, method = self.body(), self.command
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "expect", "transfer-encoding", "connection", "accept-encoding", "content-length")}

                def ask(path=self.path):
                    connection = http.client.HTTPConnection(behind)
                    try:
                        connection.request(method, path, sent if sent or method in ("POST", "PUT", "PATCH") else None, headers)
                        got = connection.getresponse()
                        return got.status, got.getheaders(), got.read()
                    finally:
                        connection.close()

                try:
                    status, lines, data = handle(ask, method, self.path)
                except (OSError, http.client.HTTPException):
                    self.close_connection = True        # what is behind cut its answer: so does this
                    return
                self.send_response_only(status)
                for name, value in lines:
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                size = dict((k.lower(), v) for k, v in lines).get("content-length", "0") if method == "HEAD" else str(len(data))
                self.send_header("Content-Length", size)
                self.end_headers()
                if method != "HEAD":
                    self.wfile.write(data)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 128
            handle_error = lambda self, *words: None    # a program that was told to end drops its connections

        self.server = Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def changed(home, **settings):
    """Other values in a case's configuration."""
    path = os.path.join(home, "config/lakeferry/config.ini")
    with open(path) as f:
        lines = [line for line in f if line.split(" = ")[0] not in settings]
    with open(path, "w") as f:
        f.writelines(lines + [f"{name} = {value}\n" for name, value in settings.items()])


def status_of(problems, got, wanted, err):
    if got != wanted:
        problems.append(f"exit status {got}, wanted {wanted}: {err[-300:].strip()}")


# --- R2: each of these is carried out twice, and the second answer is what the program gets ---

TWICE = {
    "what is sent to Clarifai": lambda method, path: method != "GET" and path.startswith("/v2/"),
    "each statement": lambda method, path: method == "POST" and path == "/api/2.0/sql/statements",
    "each file": lambda method, path: method == "PUT" and path.startswith("/api/2.0/fs/files/"),
}
SENT_BY = {"what is sent to Clarifai": ("volume", "s3"), "each statement": VERBS, "each file": VERBS}


def delivered_twice(worker, word, what):
    v, name, home, env = worker.begin(word)
    lock, twice, read_back = threading.Lock(), [], []

    def handle(ask, method, path):
        if method == "GET" and re.search(f"/v{name}/.*[.](jpg|png|gif|webp|bmp|tiff)$", path):
            with lock:
                read_back.append(path)
        first = ask()
        if not TWICE[what](method, path):
            return first
        second = ask()
        with lock:
            twice.append((path.split("?")[0], first[0], second[0]))
        return second

    gateway = Gateway(worker.p.origin, handle)
    if (word, what) == ("export", "each file"):
        worker.p.control("POST", "faults", {"kind": "cut_body", "method": "GET", "path": f"/api/2.0/fs/files/*/v{name}/*", "nth": [1]})     # of what is read back
    env.update(DATABRICKS_HOST=gateway.origin, CLARIFAI_API_BASE=gateway.origin)
    got, out, err = worker.run(env, v.command(name))
    problems = [f"the fault never fired: {json.dumps(f)}" for f in worker.p.control("GET", "faults")["faults"] if not f["fired"]]
    worker.p.control("DELETE", "faults")
    status_of(problems, got, v.calm_status, err)
    if not twice:
        problems.append("nothing was delivered twice")
    if (word, what) == ("export", "each file"):
        ours = [path for path, first, second in twice if f"/v{name}/" in path and first < 300 and second == 409]
        stored = len(os.listdir(worker.p.volume_dir("v" + name)))
        if len(ours) != stored or not stored:
            problems.append(f"{stored} pictures are stored, {len(ours)} were answered with a conflict")
        if len(read_back) != len(set(read_back)) + 1 or len(set(read_back)) != stored:
            problems.append(f"{len(read_back)} times {len(set(read_back))} pictures were read back, wanted each of {stored} once, and one once more")
    return v, name, home, [out, err], problems, gateway


# --- R22: files of others come between the listing of the folder and the writing ---

def theirs_meanwhile(worker, word, _):
    v, name, home, env = worker.begin(word)
    lock, folder, theirs, same = threading.Lock(), worker.p.volume_dir("v" + name), {}, []

    def handle(ask, method, path):
        if method == "PUT" and f"/v{name}/" in path:
            file = urllib.parse.unquote(path.split("?")[0].rsplit("/", 1)[1])
            at = os.path.join(folder, file)
            with lock:
                turn = len(theirs) + len(same)
                if turn == 0:
                    theirs[file] = b"somebody's"
                elif turn == 1 and ask()[0] < 300:
                    theirs[file] = bytes(os.path.getsize(at))            # as long as the picture
                elif turn == 2 and ask()[0] < 300:
                    same.append(file)                                    # and one to the byte
                if len(theirs) + len(same) > turn and file in theirs:
                    with open(at, "wb") as f:
                        f.write(theirs[file])
        return ask()

    gateway = Gateway(worker.p.origin, handle)
    env.update(DATABRICKS_HOST=gateway.origin)
    got, out, err = worker.run(env, v.command(name))
    problems = []
    status_of(problems, got, 3, err)
    for file, content in theirs.items():
        with open(os.path.join(folder, file), "rb") as f:
            if f.read() != content:
                problems.append(f"somebody's file {file} was changed")
    items = [json.loads(line) for line in out.splitlines() if '"type":"item"' in line]
    if [(i["state"], i["code"]) for i in items] != [("conflict", "FILE_EXISTS")] * 2 or len(theirs) != 2 or len(same) != 1:
        problems.append(f"conflicts: {items}, of the files {sorted(theirs)}; the same bytes: {same}")
    rows = {r[0].rsplit("/", 1)[1] for r in worker.p.sql(f"SELECT image_path FROM main.vision.{name}_in WHERE image_path IS NOT NULL")}
    if rows != set(os.listdir(folder)) - set(theirs):
        problems.append(f"rows with a picture: {len(rows)}, files: {len(os.listdir(folder))}, of them somebody's: {len(theirs)}")
    v.differences = lambda name: []         # of that run's tables; the rows above stand for them
    problems += worker.everything(v, name, home, [out, err])
    del v.differences
    for file in theirs:
        os.unlink(os.path.join(folder, file))
    got, out, err = worker.run(env, v.command(name) + ["--if-exists", "replace"])
    status_of(problems, got, v.calm_status, err)
    return v, name, home, [out, err], problems, gateway


# --- R13: addresses of pictures ---

def signed_addresses(worker, word, _):
    """Each address has a signature. That of the listing is over for every third picture; the one that is asked for again is good."""
    v, name, home, env = worker.begin(word)
    lock, asked, gets, over, expire = threading.Lock(), [], [], set(), [True]

    def picture(ask, method, path):
        bare, _, signature = path.partition("?signature=")
        with lock:
            gets.append(path)
            pictures = {p.split("?")[0] for p in gets}
            if expire[0] and signature == "listed" and (bare in over or (len(pictures) % 3 == 1 and gets.count(path) == 1)):
                over.add(bare)
                return (403, 410)[len(over) % 2], [("Content-Type", "text/xml")], b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        return ask(bare)

    images = Gateway(worker.p.endpoint["images"], picture)

    def handle(ask, method, path):
        status, lines, data = ask()
        if path.startswith("/v2/"):
            again = "ids=" in path and "/annotations" not in path
            with lock:
                asked.extend([path] * again)
            data = data.replace(worker.p.endpoint["images"].encode(), images.origin.encode())
            data = re.sub(rb'("suffix":\s*"[^"?]+)"', rb"\1?signature=" + (b"fresh" if again else b"listed") + b'"', data)
        return status, lines, data

    gateway = Gateway(worker.p.origin, handle)
    env.update(CLARIFAI_API_BASE=gateway.origin)
    changed(home, clarifai_image_host=images.origin)
    got, out, err = worker.run(env, v.command(name))
    expire[0] = False
    problems, read = [], list(gets)
    status_of(problems, got, v.calm_status, err)
    fresh = [path for path in read if path.endswith("=fresh")]
    if not over or sorted(path.split("?")[0] for path in fresh) != sorted(over) or len(asked) != len(over):
        problems.append(f"{len(over)} addresses were over, {len(asked)} inputs were asked for again, {len(fresh)} new addresses were read")
    if len(read) != len(set(read)):
        problems.append("an address was read twice")
    origin, worker.p.origin = worker.p.origin, gateway.origin            # the oracle sees the same addresses
    problems += v.differences(name)
    worker.p.origin = origin
    v.differences = lambda name: []
    problems += worker.everything(v, name, home, [out, err])
    del v.differences
    images.close()
    return v, name, home, None, problems, gateway


def refused_addresses(worker, word, _):
    """Refused, and the address asked for again is the same: each picture is read once, and fails with the reason."""
    v, name, home, env = worker.begin(word)
    lock, asked = threading.Lock(), []

    def handle(ask, method, path):
        with lock:
            asked.extend([path] * ("ids=" in path and "/annotations" not in path))
        return ask()

    gateway = Gateway(worker.p.origin, handle)
    env.update(CLARIFAI_API_BASE=gateway.origin)
    worker.p.control("POST", "faults", {"kind": "status", "status": 403, "path": "/orig/*"})
    got, out, err = worker.run(env, v.command(name))
    worker.p.control("DELETE", "faults")
    gets = worker.p.requests(r"^GET /\{size\}/users/")
    failed = [json.loads(line) for line in out.splitlines() if '"type":"item"' in line]
    problems = []
    status_of(problems, got, 3, err)
    if not failed or not all(i["state"] == "failed" and "does not permit" in i.get("reason", "") for i in failed):
        problems.append(f"items: {failed[:3]}")
    if gets != len(failed) or len(asked) != len(failed):
        problems.append(f"{len(failed)} pictures failed: {gets} readings, {len(asked)} inputs asked for again, wanted one of each")
    got, out, err = worker.run(env, v.command(name) + ["--if-exists", "replace"])
    status_of(problems, got, v.calm_status, err)
    return v, name, home, [out, err], problems, gateway


# --- R6, R13: the time of day jumps while a Retry-After is waited for ---

TOLD = 2        # seconds
FORMS = ("in seconds", "as a date", "as a date by the program's clock")


def jumping_clock(worker, word, how):
    """The wait is neither cut short nor drawn out. That a request does not come too early is no matter of speed: a slow machine only comes later."""
    off, form, preload = how
    v, name, home, env = worker.begin(word)
    lock, told, back, clock = threading.Lock(), {}, {}, os.path.join(home, "clock")
    count = [0]

    def jump():
        with open(clock + ".new", "w") as f:
            f.write(str(off))
        os.rename(clock + ".new", clock)

    def handle(ask, method, path):
        with lock:
            key, now = (method, path), time.monotonic()
            back.setdefault(key, now) if key in told else None
            count[0] += 1
            refused = count[0] == 4
            if refused:
                told[key] = now
        if not refused:
            return ask()
        threading.Timer(0.3, jump).start()
        date, lines = time.time(), [("Content-Type", "application/json")]
        lines.append(("Retry-After", str(TOLD) if form == FORMS[0] else email.utils.formatdate(int(date) + TOLD, usegmt=True)))
        if form != FORMS[2]:
            lines.append(("Date", email.utils.formatdate(int(date), usegmt=True)))
        return 429, lines, b'{"status":{"code":11005,"description":"Too many requests"}}'

    gateway = Gateway(worker.p.origin, handle)
    changed(home, retry_cap=f"{2 * TOLD}s")
    env.update(CLARIFAI_API_BASE=gateway.origin, LD_PRELOAD=preload, DISK_CLOCK_BY=clock)
    got, out, err = worker.run(env, v.command(name))
    problems = []
    status_of(problems, got, v.calm_status, err)
    if not told or set(back) != set(told) or not os.path.exists(clock):
        problems.append(f"asked to wait: {list(told)}, came back: {list(back)}, the clock {'jumped' if os.path.exists(clock) else 'did not jump'}")
    early = [back[key] - told[key] for key in back if back[key] - told[key] < TOLD]
    if early and form != FORMS[2]:
        problems.append(f"it waited for {early} s, and was asked to wait for {TOLD}")
    said = [json.loads(line)["time"] for line in out.splitlines() if line.startswith("{")]
    here = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() + off))
    before = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() + off - 600))
    if not said or not said[-1].startswith((here, before)):
        problems.append(f"the program's clock did not jump: it is {said[-1:]}")
    if worker.p.requests("/v2/") > 1.3 * v.calm_requests + 10:
        problems.append(f"{worker.p.requests('/v2/')} requests to Clarifai, {v.calm_requests} in all are due")
    return v, name, home, [out, err], problems, gateway


# --- R7: a fifth of all calls fails ---

SHARE, BAR = 0.07, 1.3 * 0.8      # of each of three statuses; what succeeds may be so many times the calls of a run without faults
# What a write adds whose answer (500, 502) leaves open whether it was carried out, before it is sent again: readings of a batch's inputs, 64 at a time (and
# of its pictures, which were let go); what a statement that is made anew stages, looks at and clears away.
OPEN = {("POST", "inputs"): 2, ("POST", "statements"): 12}
POLLS = re.compile("/inputs/status$|/sql/statements/[^/]+$")


def a_fifth_fails(worker, word, seed):
    """How many calls are made to fail is chance. What is measured is not: each failure costs one call more, and nothing else is asked twice."""
    v, name, home, env = worker.begin(word)
    lock, opened, polls = threading.Lock(), [], []

    def handle(ask, method, path):
        got, path = ask(), path.split("?")[0]
        with lock:
            opened.extend([OPEN.get((method, path.rsplit("/", 1)[1]), 0)] * (got[0] in (500, 502)))
            if word == "volume" and got[0] in (500, 502) and method == "POST" and path.endswith("/inputs"):
                opened.append(FILES)
            polls.extend([path] * (got[0] < 500 and method == "GET" and POLLS.search(path) is not None))
        return got

    gateway = Gateway(worker.p.origin, handle)
    env.update(DATABRICKS_HOST=gateway.origin, CLARIFAI_API_BASE=gateway.origin)
    for number, status in enumerate((500, 502, 503)):
        worker.p.control("POST", "faults", {"kind": "status", "status": status, "path": "/*", "share": SHARE, "seed": 3 * seed + number})
    got, out, err = worker.run(env, v.command(name))
    fired = sum(f["fired"] for f in worker.p.control("GET", "faults")["faults"])
    worker.p.control("DELETE", "faults")
    problems, requests, most = [], worker.p.requests(), BAR * v.calm_requests + sum(opened)
    status_of(problems, got, v.calm_status, err)
    if not fired or requests - fired - len(polls) > most:
        problems.append(f"{requests} requests, {fired} of them made to fail, {len(polls)} that only wait: beside these at most {most:.0f} are due, {v.calm_requests} are without faults")
    results_of[word] = f"{requests / v.calm_requests:.2f} times the {v.calm_requests} requests, {fired} made to fail"
    return v, name, home, [out, err], problems, gateway


results_of = {}


def cases(seed=1):
    import streams
    preload = disk.shim()
    found = [(f"R2 {word}: {what} is delivered twice", delivered_twice, word, what) for what in TWICE for word in SENT_BY[what] if (word, what) != ("volume", "each file")]
    found += [("R22 export: files of others come while it writes", theirs_meanwhile, "export", None),
              ("R13 export: signed addresses of pictures have expired, and those asked for again are read", signed_addresses, "export", None),
              ("R13 export: an address that is refused and stays as it is is read once", refused_addresses, "export", None)]
    for n, (word, off) in enumerate((word, off) for word in VERBS for off in (7200, -7200)):
        form = FORMS[n % len(FORMS)]
        found.append((f"R6 {word}: the time of day jumps by {off} s while a Retry-After {form} is waited for", jumping_clock, word, (off, form, preload)))
    found += [(f"R7 {word}: a fifth of all calls fails with 500, 502, 503, seed {seed}", a_fifth_fails, word, seed) for word in VERBS]
    return found + streams.cases()


def one(results, worker, case):
    title, test, word, how = case
    v, name, home, said, problems, gateway = test(worker, word, how)
    if said is not None:
        problems += worker.everything(v, name, home, said)
    gateway.close()
    worker.end(v, name, home)
    results.note("faults")
    results.add(title + (f" ({results_of[word]})" if test is a_fifth_fails else ""), problems)
