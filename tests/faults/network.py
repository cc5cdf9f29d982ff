"""R10: hosts that refuse connections in the middle of a run, and names that are not known when one is gone on with; both come back. R13: a wrong clock."""
import datetime, email.utils, json, os, re, signal, socket, ssl, subprocess, tempfile, threading, time
import disk
from fixture import BUILD
from signals import PATIENCE, until
from verbs import FILES, VERBS

# Where each verb meets each host: the n-th request that looks so finds the door shut. Behind the gate, but for two of an update's: it has looked at both
# sides by then, so it waits there, too.
DOORS = {
    ("volume", "Databricks"): (rb"GET /api/2\.0/fs/files/", 9), ("volume", "Clarifai"): (rb"POST /v2/\S+/inputs ", 1),
    ("s3", "Databricks"): (rb"PUT /api/2\.0/fs/files/", 1), ("s3", "Clarifai"): (rb"POST /v2/\S+/inputs ", 1),
    ("export", "Databricks"): (rb"PUT /api/2\.0/fs/files/", 5), ("export", "Clarifai"): (rb"GET /v2/\S+/annotations\?", 1), ("export", "the image host"): (rb"GET /\S+ ", 5),
    ("update", "Databricks"): (rb"POST /api/2\.0/sql/statements ", 7), ("update", "Clarifai"): (rb"GET /v2/\S+/annotations\?", 1),
    ("update", "Databricks, before its gate,"): (rb"PUT /api/2\.0/fs/files/", 1),
}
# Where a run is killed that is gone on with while no name is known. Before its gate an update that has not yet spoken to the host says so at once: the name may be wrong.
KILLED = {"volume": "stage.send:1", "s3": "stage.send:1", "export": "stage.verify:1", "update": "stage.merge:1"}
AT_ONCE = {("update", "Clarifai"): "stage.inputs:1"}


class Front:
    """A port before a host: shut by the n-th request that matches, opened by hand. TLS with a context; rewrites addresses of the same length."""

    def __init__(self, origin, door=None, context=None, rewrite=None):
        self.target = ("127.0.0.1", int(origin.rsplit(":", 1)[1]))
        self.door, self.context, self.rewrite = door, context, rewrite
        self.lock, self.seen, self.was_shut, self.connections = threading.Lock(), 0, False, set()
        self.listen(0)

    def listen(self, port):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def open(self):
        self.door = None
        self.listen(self.port)

    def shut(self):
        with self.lock:
            if self.was_shut:
                return
            self.was_shut = True
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in list(self.connections):
            self.drop(s)

    def drop(self, s):
        self.connections.discard(s)
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        s.close()

    def close(self):
        self.was_shut = False
        self.shut()

    def accept(self, listener):
        while True:
            try:
                plain = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.carry, args=(plain,), daemon=True).start()

    def carry(self, plain):
        try:
            client = self.context.wrap_socket(plain, server_side=True) if self.context else plain
            behind = socket.create_connection(self.target)
        except (OSError, ssl.SSLError):
            plain.close()
            return
        self.connections |= {client, behind}
        threading.Thread(target=self.pump, args=(behind, client, self.back), daemon=True).start()
        self.pump(client, behind, self.forth)

    def pump(self, a, b, look):
        try:
            while data := a.recv(65536):
                data = look(data, a)
                if data is None:
                    break
                b.sendall(data)
        except (OSError, ValueError):
            pass
        self.drop(a)
        self.drop(b)

    def forth(self, data, _):
        if self.door:
            with self.lock:
                self.seen += len(re.findall(self.door[0], data))
                over = self.seen >= self.door[1]
            if over:
                self.shut()
                return None
        return data

    def back(self, data, source):
        if not self.rewrite:
            return data
        old, new = self.rewrite
        while any(data.endswith(old[:n]) for n in range(1, len(old))):      # the rest of an address may be still to come
            more = source.recv(65536)
            if not more:
                break
            data += more
        return data.replace(old, new)


def started(env, words):
    """A program that writes to a file which may be read meanwhile."""
    said = tempfile.NamedTemporaryFile()
    process = subprocess.Popen([f"{BUILD}/lakeferry", *words], env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    return process, lambda: open(said.name, "rb").read().decode(errors="replace"), said


def ended(process):
    try:
        got = process.wait(timeout=PATIENCE)
        return 137 if got == -signal.SIGKILL else got
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return "no end"


def with_front(env, side, port):
    env = dict(env)
    if side.startswith("Databricks"):
        env["DATABRICKS_HOST"] = f"http://127.0.0.1:{port}"
    else:
        env["CLARIFAI_API_BASE"] = f"http://127.0.0.1:{port}"
    return env


def refused(results, worker, word, side):
    v, name, home, env = worker.begin(word)
    door, images, helper = DOORS[word, side], worker.p.endpoint["images"], None
    if side == "the image host":
        front = Front(images, door)
        old, new = (f"127.0.0.1:{port}".encode() for port in (images.rsplit(":", 1)[1], front.port))
        if len(old) != len(new):
            raise RuntimeError("the ports of the image host and its front differ in length")
        helper = Front(worker.p.origin, rewrite=(old, new))
        env = with_front(env, "Clarifai", helper.port)
        config = os.path.join(home, "config/lakeferry/config.ini")
        text = open(config).read().replace(images, images.rsplit(":", 1)[0] + f":{front.port}")
        with open(config, "w") as f:
            f.write(text)
    else:
        front = Front(worker.p.origin, door)
        env = with_front(env, side, front.port)
    process, words, said = started(env, v.command(name))
    alive = lambda: process.poll() is None
    problems = [] if until(lambda: front.was_shut, alive) else ["the door was never shut"]
    if not until(lambda: re.search(r"127\.0\.0\.1:%d\D[^\n]*(refused|reset by peer|cut the connection)" % front.port, words()), alive):
        problems.append(f"nothing was said of the host: {words()[-300:]}")
    if front.was_shut:
        front.open()
    got = ended(process)
    text = words()
    if got != v.calm_status:
        problems.append(f"exit status {got}, wanted {v.calm_status}: {text[-400:].strip()}")
    # The pictures of a batch that could not be sent are read again, and not more than that.
    ceiling = 1.3 * v.calm_requests + 10 + (FILES if (word, side) == ("volume", "Clarifai") else 0)
    if worker.p.requests() > ceiling:
        problems.append(f"{worker.p.requests()} requests, at most {ceiling:.0f} are due")
    origin, worker.p.origin = worker.p.origin, f"http://127.0.0.1:{helper.port}" if helper else worker.p.origin
    problems += worker.everything(v, name, home, [text])
    worker.p.origin = origin
    for opened in (front, helper):
        if opened:
            opened.close()
    worker.end(v, name, home)
    results.note("faults")
    results.add(f"R10 {word}: {side} refuses connections in the middle, then takes them again", problems)


def certificate(folder):
    """Of platform.test, with the authority that signs it: itself."""
    key, pem = os.path.join(folder, "test.key"), os.path.join(folder, "test.pem")
    if not os.path.exists(pem):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem, "-days", "30", "-subj", "/CN=platform.test", "-addext", "subjectAltName=DNS:platform.test"],
                       check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context, pem


def nameless(results, worker, word, side, preload):
    v, name, home, env = worker.begin(word)
    context, pem = certificate(worker.folder)
    front = Front(worker.p.origin, context=context)
    none, log = os.path.join(home, "no-names"), os.path.join(home, "names.log")
    env = dict(env, LD_PRELOAD=preload, DISK_NO_NAMES=none, DISK_LOG=log)
    env["DATABRICKS_HOST" if side == "Databricks" else "CLARIFAI_API_BASE"] = f"https://platform.test:{front.port}"
    with open(os.path.join(home, "config/lakeferry/config.ini"), "a") as f:
        f.write(f"ca_file = {pem}\n")
    at_once = (word, side) in AT_ONCE
    got, out, err = worker.run(env, v.command(name), AT_ONCE.get((word, side), KILLED[word]))
    problems = [] if got == 137 else [f"it was not killed: exit status {got}: {err[-300:]}"]
    open(none, "w").close()
    process, words, said = started(env, ["resume", "--yes", "--json"])
    alive = lambda: process.poll() is None
    if not until(lambda: os.path.exists(log), alive):
        problems.append("no name was asked for")
    if not until(lambda: re.search(r"platform\.test[^\n]*(resol|name)|(resol|name)[^\n]*platform\.test", words()), alive):
        problems.append(f"nothing was said of the name: {words()[-300:]}")
    if at_once and ended(process) != 1:
        problems.append(f"exit status {process.returncode}, wanted 1: {words()[-300:]}")
    os.unlink(none)
    if at_once:
        process, words, said = started(env, ["resume", "--yes", "--json"])
    got = ended(process)
    text = words()
    front.close()
    if got != v.calm_status:
        problems.append(f"exit status {got}, wanted {v.calm_status}: {text[-400:].strip()}")
    problems += worker.everything(v, name, home, [out, err, text])
    worker.end(v, name, home)
    results.note("faults")
    results.add(f"R10 {word}: {side}'s name is not known, then it is", problems)


def wrong_clock(results, worker, word, off, preload):
    """Two hours off: a Retry-After that is a date is taken by the platform's clock, and no deadline goes by the time of day."""
    v, name, home, env = worker.begin(word)
    worker.p.control("POST", "faults", {"kind": "status", "status": 429, "retry_after": email.utils.formatdate(time.time() + 1, usegmt=True), "path": "/*", "nth": [3, 6]})
    got, out, err = worker.run(dict(env, LD_PRELOAD=preload, DISK_CLOCK=str(off)), v.command(name))
    fired = worker.p.control("GET", "faults")["faults"]
    worker.p.control("DELETE", "faults")
    problems = [] if all(f["fired"] for f in fired) else ["the fault never fired"]
    said = [json.loads(line)["time"] for line in out.splitlines() if line.startswith("{")]
    here = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=off)
    if not said or abs((datetime.datetime.fromisoformat(said[-1].replace("Z", "+00:00")) - here).total_seconds()) > 600:
        problems.append(f"the program's clock is not off: it is {said[-1:]}")
    if got != v.calm_status:
        problems.append(f"exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, [out, err])
    worker.end(v, name, home)
    results.note("faults")
    results.add(f"R13 {word}: the clock is {off} s off", problems)


def cases():
    preload = disk.shim()
    return [("refused", word, side, None) for word, side in DOORS] + [("nameless", word, side, preload) for word in VERBS for side in ("Databricks", "Clarifai")] \
        + [("clock", word, off, preload) for word in VERBS for off in (7200, -7200)]


def one(results, worker, case):
    kind, word, side, preload = case
    if kind == "refused":
        refused(results, worker, word, side)
    elif kind == "clock":
        wrong_clock(results, worker, word, side, preload)
    else:
        nameless(results, worker, word, side, preload)
