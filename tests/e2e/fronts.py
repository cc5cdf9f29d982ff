"""Hosts for the tests of credentials and TLS. Prints one JSON line with the ports, then serves until killed; what arrives goes to FOLDER/seen.

fronts.py FOLDER ORIGIN     FOLDER gets the certificates: ca.pem trusts those of "good", "wrong-host" and "expired"
TLS in front of ORIGIN: good, wrong-host, expired, self-signed.  redirect: answers /KIND/... with a redirect of that kind.  trap: notes every request.
"""
import http.server, json, os, socket, ssl, subprocess, sys, threading

folder, origin = sys.argv[1:3]
target = ("127.0.0.1", int(origin.rsplit(":", 1)[1]))
seen_lock = threading.Lock()


def seen(text):
    with seen_lock, open(os.path.join(folder, "seen"), "a") as f:
        f.write(text + "\n")


def openssl(*words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificates():
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=lakeferry test authority")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "self-signed.key", "-out", "self-signed.pem", "-days", "30", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    os.makedirs(os.path.join(folder, "new"))
    open(os.path.join(folder, "index"), "w").close()
    with open(os.path.join(folder, "serial"), "w") as f:
        f.write("1000")
    with open(os.path.join(folder, "ca.cnf"), "w") as f:
        f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=new\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")
    for name, address, begin, end in (("good", "IP:127.0.0.1", "20240101000000Z", "20991231000000Z"), ("wrong-host", "DNS:elsewhere.example", "20240101000000Z", "20991231000000Z"),
                                      ("expired", "IP:127.0.0.1", "20200101000000Z", "20210101000000Z")):
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name, "-addext", "subjectAltName=" + address)
        openssl("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr", "-out", name + ".pem", "-startdate", begin, "-enddate", end, "-notext")


def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def tls_front(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key"))
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def carry(plain):
        try:
            client = context.wrap_socket(plain, server_side=True)
            first = client.recv(65536)
            if not first:
                return
            seen(f"{name}: {first[:40]!r}")
            behind = socket.create_connection(target)
            behind.sendall(first)
        except (OSError, ssl.SSLError):
            plain.close()
            return
        threading.Thread(target=pump, args=(client, behind), daemon=True).start()
        pump(behind, client)

    def accept():
        while True:
            threading.Thread(target=carry, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


class Trap(http.server.BaseHTTPRequestHandler):
    def answer(self):
        seen(f"trap: {self.path} {self.headers.get('Authorization')}")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer
    log_message = lambda self, *a: None


class Redirect(Trap):
    def answer(self):
        kind, status = open(os.path.join(folder, "kind")).read().split()
        port = self.server.server_address[1]
        where = {"port": f"http://127.0.0.1:{trap_port}/x", "host": f"http://127.0.0.2:{trap_port}/x", "scheme": f"https://127.0.0.1:{trap_port}/x", "file": "file:///etc/passwd",
                 "loop": f"http://127.0.0.1:{port}{self.path}", "user": f"http://127.0.0.1:{port}@127.0.0.1:{trap_port}/x", "relative": f"//127.0.0.1:{trap_port}/x",
                 "gopher": f"gopher://127.0.0.1:{trap_port}/x"}[kind]
        seen(f"redirect {kind}: {'with' if self.headers.get('Authorization') else 'without'} a credential")
        self.send_response(int(status))
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer


def serve(kind, address):
    server = http.server.ThreadingHTTPServer((address, 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


certificates()
trap_port = serve(Trap, "0.0.0.0")
ports = {name: tls_front(name) for name in ("good", "wrong-host", "expired", "self-signed")}
ports.update(trap=trap_port, redirect=serve(Redirect, "127.0.0.1"))
print(json.dumps(ports), flush=True)
threading.Event().wait()
