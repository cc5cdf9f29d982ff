"""R25, R1: HTTP/2 streams that are reset when the whole request is sent and nothing is answered yet. Between two nghttpx, one with TLS before and one behind, the
frames are passed on as they are, but for those of the streams that are reset."""
import json, os, random, shutil, socket, subprocess, tempfile, threading, time
from fronts import changed, status_of
from verbs import FILES

DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4
END_STREAM, ACK = 1, 1
INTERNAL_ERROR, REFUSED_STREAM, CANCEL = 2, 7, 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
INPUTS, PICTURE = (b'{"inputs":',), (b"\xff\xd8\xff", b"\x89PNG")      # how the body begins


def frame(kind, flags, stream, body):
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + body


class Link:
    """One connection's frames, both ways. A request that the plan picks is reset at its end: carried out before (its answer is kept back), after, or never."""

    def __init__(self, plan, client, behind):
        self.plan, self.client, self.behind = plan, client, behind
        self.lock, self.bodies, self.waiting, self.dead = threading.Lock(), {}, set(), set()
        threading.Thread(target=self.run, args=(self.back,), daemon=True).start()
        threading.Thread(target=self.run, args=(self.forth,), daemon=True).start()

    def run(self, way):
        try:
            way()
        except Exception as e:          # whatever it is, the connection ends, so that nobody waits for it
            if not isinstance(e, OSError):
                print(f"# a connection's frames: {type(e).__name__}: {e}", flush=True)
        for s in (self.client, self.behind):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def read(self, s, size):
        got = b""
        while len(got) < size:
            part = s.recv(size - len(got))
            if not part:
                raise OSError("closed")
            got += part
        return got

    def next(self, s):
        head = self.read(s, 9)
        return head[3], head[4], int.from_bytes(head[5:], "big") & 0x7fffffff, self.read(s, int.from_bytes(head[:3], "big"))

    def forth(self):
        self.behind.sendall(self.read(self.client, len(PREFACE)))
        while True:
            kind, flags, stream, body = self.next(self.client)
            if kind == SETTINGS and not flags & ACK:
                body += b"\x00\x01\x00\x00\x00\x00"      # no table of headers: a dropped frame of them is not missed by the next
            if stream in self.dead:
                continue
            if kind != DATA:
                self.behind.sendall(frame(kind, flags, stream, body))
                continue
            self.bodies[stream] = self.bodies.get(stream, b"") + body
            ends = bool(flags & END_STREAM)
            if not (ends and self.plan.ended(self.bodies.pop(stream))):
                self.behind.sendall(frame(kind, flags, stream, body))
                continue
            (self.waiting if self.plan.carried_out == "before" else self.dead).add(stream)
            if self.plan.carried_out == "never":            # the bytes, since they count in the connection's window, but no end
                self.behind.sendall(frame(kind, flags & ~END_STREAM, stream, body) + frame(RST_STREAM, 0, stream, CANCEL.to_bytes(4, "big")))
            else:
                self.behind.sendall(frame(kind, flags, stream, body))
            if self.plan.carried_out != "before":
                self.reset(stream)

    def reset(self, stream):
        self.dead.add(stream)
        with self.lock:
            self.client.sendall(frame(RST_STREAM, 0, stream, self.plan.code.to_bytes(4, "big")))

    def back(self):
        while True:
            kind, flags, stream, body = self.next(self.behind)
            if stream in self.waiting and kind == HEADERS:      # its answer: it is carried out
                self.waiting.discard(stream)
                self.reset(stream)
            if stream not in self.dead:
                with self.lock:
                    self.client.sendall(frame(kind, flags, stream, body))


class Plan:
    def __init__(self, begins, resets, carried_out, code):
        self.begins, self.resets, self.carried_out, self.code = begins, resets, carried_out, code
        self.lock, self.bodies, self.done = threading.Lock(), [], 0

    def ended(self, body):
        if not body.startswith(self.begins):
            return False
        with self.lock:
            self.bodies.append(body)
            now = len(self.bodies) in self.resets
            self.done += now
        return now


def free_port():
    """Below those that are given out by chance."""
    while True:
        port = random.randrange(12000, 30000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue


class Path:
    """TLS and HTTP/2 before a platform: nghttpx, the frames, nghttpx."""

    def __init__(self, folder, origin, plan):
        self.folder, self.processes = tempfile.mkdtemp(dir=folder), []
        key, self.pem = os.path.join(self.folder, "key.pem"), os.path.join(self.folder, "ca.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.pem, "-days", "30", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        last = self.nghttpx(";no-tls", origin.rsplit(":", 1)[1], [])
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self.accept, args=(last, plan), daemon=True).start()
        self.port = self.nghttpx("", f"{self.listener.getsockname()[1]};;proto=h2", [key, self.pem])

    def nghttpx(self, front, behind, certificate):
        for _ in range(20):
            port = free_port()
            process = subprocess.Popen(["nghttpx", "--single-process", "--workers=1", "--no-ocsp", f"--frontend=127.0.0.1,{port}{front}", f"--backend=127.0.0.1,{behind}", "--log-level=FATAL",
                                        "--errorlog-file=/dev/null", "--accesslog-file=/dev/null", "--conf=/dev/null", *certificate], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < end:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    self.processes.append(process)
                    return port
                except OSError:
                    time.sleep(0.02)
            process.kill()
            process.wait()
        raise RuntimeError("nghttpx does not start")

    def accept(self, port, plan):
        while True:
            try:
                client = self.listener.accept()[0]
                Link(plan, client, socket.create_connection(("127.0.0.1", port)))
            except OSError:
                return

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Silent:
    """Before TLS: the first connection that was answered so many bytes says nothing from then on, though it takes what it is sent; others pass."""

    def __init__(self, path, most):
        self.path, self.most, self.lock, self.silent, self.connections = path, most, threading.Lock(), [], 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            behind = socket.create_connection(("127.0.0.1", self.path.port))
            for a, b, answers in ((client, behind, False), (behind, client, True)):
                threading.Thread(target=self.pump, args=(a, b, client, answers), daemon=True).start()

    def pump(self, a, b, client, answers):
        answered = 0
        try:
            while data := a.recv(65536):
                answered += len(data) * answers
                with self.lock:
                    if answered >= self.most and not self.silent:
                        self.silent.append(client)
                    if client in self.silent:
                        continue
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.path.close()


def ids_of(bodies):
    return [i["id"] for body in bodies for i in json.loads(body)["inputs"]]


def reset(worker, word, how):
    begins, carried_out, code = how
    v, name, home, env = worker.begin(word)
    plan = Plan(begins, (1,) if begins == INPUTS else (2, 5, 9), carried_out, code)
    path = Path(worker.folder, worker.p.origin, plan)
    changed(home, ca_file=path.pem)
    env["CLARIFAI_API_BASE" if begins == INPUTS else "DATABRICKS_HOST"] = f"https://127.0.0.1:{path.port}"
    got, out, err = worker.run(env, v.command(name))
    problems = []
    status_of(problems, got, v.calm_status, err)
    if plan.done != len(plan.resets):
        problems.append(f"{plan.done} streams were reset, wanted {len(plan.resets)}")
    if begins == INPUTS:
        sent, wanted = len(ids_of(plan.bodies)), {"before": (FILES,), "never": (2 * FILES,), "after": range(FILES, 2 * FILES + 1)}[carried_out]
        read = worker.p.requests(r"^GET /v2/users/\{u\}/apps/\{a\}/inputs$")
        if sent not in wanted or (not read and code != REFUSED_STREAM):
            problems.append(f"{sent} inputs were sent, wanted {wanted}; {read} readings of what became of them")
    else:
        stored = len(os.listdir(worker.p.volume_dir("v" + name)))
        if len(plan.bodies) != stored + (len(plan.resets) if carried_out == "never" else 0):
            problems.append(f"{stored} pictures are stored, {len(plan.bodies)} were written, {plan.done} of them reset")
    return v, name, home, [out, err], problems, path


def silent(worker, word, most):
    """All streams of one connection stand still at once. Those that are asked for again go over another."""
    v, name, home, env = worker.begin(word)
    path = Path(worker.folder, worker.p.origin, Plan((), (), "never", 0))
    front = Silent(path, most)
    changed(home, ca_file=path.pem)
    env["DATABRICKS_HOST"] = f"https://127.0.0.1:{front.port}"
    got, out, err = worker.run(env, v.command(name))
    problems = []
    status_of(problems, got, v.calm_status, err)
    if not front.silent or front.connections < 2:
        problems.append(f"{len(front.silent)} connections went silent, {front.connections} were made")
    return v, name, home, [out, err], problems, front


def cases():
    if not shutil.which("nghttpx"):
        print("# HTTP/2: nghttpx (package nghttp2-proxy) is not here; its cases are left out")
        return []
    ends = (("carried out", "before", INTERNAL_ERROR), ("carried out later", "after", INTERNAL_ERROR), ("never carried out", "never", INTERNAL_ERROR), ("refused", "never", REFUSED_STREAM))
    return [(f"R25 {word}: the stream of {what} is reset when it is sent whole, and it is {end}", reset, word, (begins, done, code))
            for word, what, begins in (("volume", "a batch", INPUTS), ("s3", "a batch", INPUTS), ("export", "a picture", PICTURE)) for end, done, code in ends if (word, done) != ("export", "after")] + [
        (f"R9 {word}: a connection of HTTP/2 says nothing any more", silent, word, most) for word, most in (("volume", 30000), ("export", 4000))]
