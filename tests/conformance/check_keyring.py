"""
Stored tokens against a real Secret Service: gnome-keyring-daemon on a D-Bus session of its own, looked at from outside with
SecretStorage. Unlocked, locked, started anew, stopped, killed, absent; by command and on the screen. No window can be shown here,
so no password can be asked for.
usage: check_keyring.py BUILD WORK
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import secretstorage
import tap
from jeepney.io.blocking import open_dbus_connection
from local import Sandbox

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "screens"))
from pty_screen import Screen  # noqa: E402

SCHEMA = "org.lakeferry.Credential"
PATIENCE = 120          # a loaded machine; what hangs, hangs longer
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%(run)s/bus</listen>%(services)s
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


class Desk:
    """A person's machine: folders, a D-Bus session, a keyring daemon, and lakeferry run in them. services: {bus name: command} the bus may start."""

    def __init__(self, build, work, services=None):
        self.program = os.path.join(build, "lakeferry")
        self.home = tempfile.mkdtemp(prefix="keyring-", dir=work)
        self.run = tempfile.mkdtemp(prefix="lakeferry-bus-")        # a socket's path must be short
        self.services = services or {}
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "TMPDIR") or k.endswith("SAN_OPTIONS")}
        self.env = {**kept, "LC_ALL": "C.UTF-8", "HOME": self.home, "XDG_RUNTIME_DIR": self.run, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.run}/bus"}
        for name in ("state", "config", "cache", "data"):
            self.env[f"XDG_{name.upper()}_HOME"] = self.folder(name)
        self.env["DATABRICKS_CONFIG_FILE"] = os.path.join(self.home, "databrickscfg")
        self.bus = self.daemon = None

    def folder(self, name):
        path = os.path.join(self.home, name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def __enter__(self):
        services = ""
        for name, command in self.services.items():
            with open(os.path.join(self.folder("services"), name + ".service"), "w", encoding="utf-8") as f:
                f.write(f"[D-BUS Service]\nName={name}\nExec={command}\n")
            services = f"<servicedir>{self.folder('services')}</servicedir>"
        config = os.path.join(self.home, "bus.conf")
        with open(config, "w", encoding="utf-8") as f:
            f.write(BUS % {"run": self.run, "services": services})
        self.bus = subprocess.Popen(["dbus-daemon", "--config-file=" + config, "--nofork", "--nopidfile"], env=self.env, stderr=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.run + "/bus"), "the D-Bus session started")
        return self

    def __exit__(self, *_):
        self.keyring_end()
        self.bus.terminate()
        self.bus.wait(PATIENCE)
        try:
            until(lambda: not self.processes(), "every process of the session ended")
        finally:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.home, ignore_errors=True)
            shutil.rmtree(self.run, ignore_errors=True)

    def processes(self):
        """What runs with this session's folders: daemons that the bus started too."""
        found = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            with contextlib.suppress(OSError):
                with open(path, "rb") as f:
                    if self.home.encode() in f.read():
                        found.append(int(path.split("/")[2]))
        return found

    # --- the keyring daemon, and what is in it ---

    def keyring_start(self, password=None):
        """With a password the login keyring is made or opened, without one it stays locked."""
        arguments = ["gnome-keyring-daemon", "--foreground", "--components=secrets", "--control-directory=" + self.folder("control")]
        self.daemon = subprocess.Popen(arguments + (["--unlock"] if password else []), env=self.env, stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.daemon.stdin.write((password or "").encode())
        self.daemon.stdin.close()
        until(lambda: self.owned("org.freedesktop.secrets"), "the keyring daemon answers")

    def keyring_end(self, how=signal.SIGTERM):
        if self.daemon:
            self.daemon.send_signal(signal.SIGCONT)
            self.daemon.send_signal(how)
            self.daemon.wait(PATIENCE)
            self.daemon = None

    @contextlib.contextmanager
    def connection(self):
        c = open_dbus_connection(self.env["DBUS_SESSION_BUS_ADDRESS"])
        try:
            yield c
        finally:
            c.close()

    def owned(self, name):
        from jeepney import DBus
        from jeepney.io.blocking import Proxy
        with self.connection() as c:
            return Proxy(DBus(), c).NameHasOwner(name)[0]

    def items(self, **attributes):
        """(attributes, secret, label) of each item; the secret of a locked one is None."""
        with self.connection() as c:
            found = secretstorage.search_items(c, attributes)
            return [(i.get_attributes(), None if i.is_locked() else i.get_secret().decode(), i.get_label()) for i in found]

    def ours(self):
        return {i[0]["account"]: i[1] for i in self.items(**{"xdg:schema": SCHEMA})}

    def lock(self):
        with self.connection() as c:
            collection = secretstorage.get_default_collection(c)
            collection.lock()
            expect(collection.is_locked(), "the collection could not be locked")

    # --- lakeferry ---

    def lakeferry(self, *arguments, stdin="", status=0, **env):
        got = subprocess.run([self.program, *arguments], input=stdin, env={**self.env, **env}, capture_output=True, text=True, timeout=PATIENCE, check=False)
        expect(got.returncode == status, f"{' '.join(arguments)}: exit status {got.returncode}, not {status}: {got.stdout} {got.stderr}")
        return got

    def doctor(self):
        """Its line about the keyring. No platform is known, so its status is of no matter."""
        got = subprocess.run([self.program, "doctor", "--json"], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)
        return next(line for line in map(json.loads, got.stdout.splitlines()) if line.get("name") == "keyring")

    def login(self, status=0, **values):
        return self.lakeferry("auth", "login", "--stdin", stdin="".join(f"{k}={v}\n" for k, v in values.items()), status=status)

    def origins(self, status=0, **env):
        """What auth status says: {(side, name): where the value is from}, and all it wrote."""
        got = self.lakeferry("auth", "status", "--json", status=status, **env)
        lines = [json.loads(line) for line in got.stdout.splitlines()]
        return {(l["side"], l["name"]): l["from"] for l in lines if l["type"] == "value"}, got.stdout + got.stderr

    def in_files(self, secret):
        """Files of this machine that hold the secret in clear."""
        found = []
        for folder, _, names in os.walk(self.home):
            for name in names:
                with contextlib.suppress(OSError):
                    with open(os.path.join(folder, name), "rb") as f:
                        if secret.encode() in f.read():
                            found.append(os.path.join(folder, name))
        return found


def until(condition, text):
    end = time.monotonic() + PATIENCE
    while not condition():
        expect(time.monotonic() < end, "never: " + text)
        time.sleep(0.05)


def one_sentence(got, *words):
    """One line of error in plain words, and no library's."""
    said = [line for line in got.stderr.splitlines() if line.strip()]
    expect(said and all(w in " ".join(said) for w in words), f"wanted {words}: {got.stderr}")
    expect(len([line for line in said if line.startswith("lakeferry: ")]) == 1 and len(said) <= 2, f"more than one sentence: {got.stderr}")
    for foreign in ("GDBus", "libsecret", "CRITICAL", "WARNING", "(null)"):
        expect(foreign not in got.stderr, got.stderr)


class Checks:
    def __init__(self, build, work, platform):
        self.build, self.work, self.platform = build, work, platform
        self.tokens = {"DATABRICKS_HOST": platform.origin, "DATABRICKS_TOKEN": platform.token, "CLARIFAI_PAT": platform.pat}
        self.names = {"DATABRICKS_HOST": platform.origin, "CLARIFAI_API_BASE": platform.origin}
        self.compute = {**self.names, "CLARIFAI_USER_ID": "lab-user", "DATABRICKS_WAREHOUSE_ID": "wh-live-0001"}

    def desk(self, services=None):
        return Desk(self.build, self.work, services)

    def stored_and_read(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            said = d.login(**self.tokens)
            expect(self.platform.token not in said.stdout + said.stderr, "a token was shown")
            expect(d.ours() == {self.platform.origin: self.platform.token, "clarifai": self.platform.pat}, d.ours())
            kinds = {i[0]["account"]: (i[0]["service"], sorted(i[0]), i[2]) for i in d.items(**{"xdg:schema": SCHEMA})}
            wanted = ["account", "service", "xdg:schema"]
            expect(kinds == {self.platform.origin: ("databricks", wanted, f"Databricks token of {self.platform.origin} (lakeferry)"),
                             "clarifai": ("clarifai", wanted, "Clarifai access token of clarifai (lakeferry)")}, kinds)
            origins, said = d.origins(**self.names)
            expect(origins["databricks", "token"] == "keyring" and origins["clarifai", "access token"] == "keyring", origins)
            expect(self.platform.token not in said and self.platform.pat not in said, "a token was shown")
            got = d.lakeferry("import", "volume", "/Volumes/main/vision/pictures/2026/08", "--app", "traffic", "--dataset", "keyring", "--create-dataset", "--yes", **self.compute)
            expect(self.platform.token not in got.stdout + got.stderr, "a token was shown")
            for secret in (self.platform.token, self.platform.pat):
                expect(not d.in_files(secret), d.in_files(secret))
            expect(not os.path.exists(d.home + "/config/lakeferry/credentials.ini"), "a credentials file was written")

    def kept_apart_and_replaced(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            d.login(DATABRICKS_HOST="https://one.example.com/", DATABRICKS_TOKEN="dapi-first")
            d.login(DATABRICKS_HOST="two.example.com", DATABRICKS_TOKEN="dapi-two")
            d.login(DATABRICKS_HOST="One.Example.com", DATABRICKS_TOKEN="dapi-second")
            expect(d.ours() == {"https://one.example.com": "dapi-second", "https://two.example.com": "dapi-two"}, d.ours())
            expect(len(d.items(**{"xdg:schema": SCHEMA})) == 2, "an entry was doubled")
            d.login(**self.tokens)
            d.login(**self.tokens)
            expect(len(d.items(**{"xdg:schema": SCHEMA})) == 4, "an entry was doubled")

    def only_ours_are_removed(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            foreign = {"service": "clarifai", "account": "clarifai", "xdg:schema": "org.example.Other"}
            with d.connection() as c:
                secretstorage.get_default_collection(c).create_item("another program's", foreign, b"theirs")
            d.login(DATABRICKS_HOST="two.example.com", DATABRICKS_TOKEN="dapi-two")
            d.login(**self.tokens)
            d.lakeferry("auth", "logout", DATABRICKS_HOST=self.platform.origin)
            expect(d.ours() == {"https://two.example.com": "dapi-two"}, d.ours())
            expect([i[1] for i in d.items(**{"xdg:schema": "org.example.Other"})] == ["theirs"], "another program's entry")
            origins, _ = d.origins(status=4, **self.names)
            expect(origins["databricks", "token"] == "" and origins["clarifai", "access token"] == "", origins)
            d.lakeferry("auth", "logout", DATABRICKS_HOST=self.platform.origin)

    def locked(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            d.login(**self.tokens)
            expect(d.doctor()["verdict"] == "ok", d.doctor())
            d.lock()
            self.refused(d)
            expect(set(d.ours()) == {self.platform.origin, "clarifai"}, "entries of a locked keyring stay")
            d.keyring_end()
            d.keyring_start("open sesame")
            origins, _ = d.origins(**self.names)
            expect(origins["databricks", "token"] == "keyring", "unlocked again, it is read again")

    def unlocked_as_doctor_says(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            d.login(**self.tokens)
            d.lock()
            expect("gnome-keyring-daemon --replace --unlock" in d.doctor()["fix"], d.doctor())
            subprocess.run(["gnome-keyring-daemon", "--replace", "--unlock"], env={**d.env, "GNOME_KEYRING_CONTROL": d.folder("control")}, input=b"open sesame", capture_output=True, timeout=PATIENCE, check=False)
            expect(d.doctor()["verdict"] == "ok", d.doctor())
            expect(d.origins(**self.names)[0]["databricks", "token"] == "keyring", "unlocked, it is read")

    def started_without_its_password(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            d.login(**self.tokens)
            d.keyring_end()
            d.keyring_start()
            self.refused(d)

    def refused(self, d):
        """A keyring that is there and locked: looked into, written to, removed from."""
        one_sentence(d.lakeferry("ls", "main", status=4, **self.names), "keyring", "locked", "DATABRICKS_TOKEN")
        _, said = d.origins(status=4, **self.names)
        expect("the access token is in the keyring, which is locked" in said, said)
        one_sentence(d.login(status=2, **self.tokens), "locked", "STORE=file", "this session")
        one_sentence(d.lakeferry("auth", "logout", status=2, DATABRICKS_HOST=self.platform.origin), "locked", "unlock the keyring")
        line = d.doctor()
        expect(line["verdict"] == "warn" and "answers, and its keyring is locked" in line["text"] and "unlock it" in line["fix"], line)
        expect(not d.in_files(self.platform.token), "nothing is stored unasked")
        d.login(STORE="file", **self.tokens)
        path = d.home + "/config/lakeferry/credentials.ini"
        expect(os.stat(path).st_mode & 0o777 == 0o600, oct(os.stat(path).st_mode))
        origins, _ = d.origins(**self.names)
        expect(origins["databricks", "token"].startswith("file"), origins)
        os.unlink(path)
        origins, _ = d.origins(DATABRICKS_TOKEN=self.platform.token, CLARIFAI_PAT=self.platform.pat, **self.names)
        expect(origins["databricks", "token"].startswith("environment"), "the environment is enough for a session")

    def never_made(self):
        """A machine that never had a keyring: one would be made, with a password that cannot be asked for."""
        with self.desk() as d:
            d.keyring_start()
            one_sentence(d.login(status=2, **self.tokens), "keyring", "STORE=file")
            one_sentence(d.lakeferry("ls", "main", status=4, **self.names), "there is no token")

    def killed_and_stopped(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            d.login(**self.tokens)
            d.daemon.send_signal(signal.SIGSTOP)
            one_sentence(d.lakeferry("ls", "main", status=4, **self.names), "no token")
            one_sentence(d.login(status=2, **self.tokens), "no answer in time", "STORE=file")
            d.keyring_end(signal.SIGKILL)
            one_sentence(d.lakeferry("ls", "main", status=4, **self.names), "no token")
            one_sentence(d.login(status=2, **self.tokens), "no keyring answers", "STORE=file")
            d.keyring_start("open sesame")
            expect(d.origins(**self.names)[0]["databricks", "token"] == "keyring", "a daemon that is back is asked again")

    def killed_while_it_is_asked(self):
        """The daemon dies between taking the question and answering it."""
        with self.desk() as d:
            d.keyring_start("open sesame")
            d.login(**self.tokens)
            d.daemon.send_signal(signal.SIGSTOP)
            asking = subprocess.Popen([d.program, "ls", "main"], env={**d.env, **self.names}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            until(lambda: asking.poll() is not None or self.waits(asking.pid), "lakeferry waits for the keyring")
            d.daemon.kill()
            _, err = asking.communicate(timeout=PATIENCE)
            expect(asking.returncode == 4 and "there is no token" in err, f"{asking.returncode}: {err}")

    @staticmethod
    def waits(pid):
        """It has a connection to the bus and its threads sleep."""
        with contextlib.suppress(OSError):
            links = [os.readlink(p) for p in glob.glob(f"/proc/{pid}/fd/*")]
            return any(link.startswith("socket:") for link in links)
        return False

    def no_daemon(self):
        with self.desk() as d:
            one_sentence(d.login(status=2, **self.tokens), "no keyring answers", "STORE=file")
            one_sentence(d.lakeferry("ls", "main", status=4, **self.names), "there is no token")
            d.lakeferry("auth", "logout", DATABRICKS_HOST=self.platform.origin)

    def no_session(self):
        with self.desk() as d:
            for gone in ({"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": d.home}, {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={d.home}/nothing"}):
                d.env.update(gone)
                one_sentence(d.login(status=2, **self.tokens), "no keyring answers", "STORE=file")
                one_sentence(d.lakeferry("ls", "main", status=4, **self.names), "there is no token")

    def started_by_the_bus(self):
        """As on a desktop: the bus starts the daemon when it is asked for. Looking into a locked keyring must not ask for its password: who would ask leaves a mark."""
        with self.desk() as d:
            d.keyring_start("open sesame")
            d.login(**self.tokens)
            data = d.home + "/kept"
            shutil.copytree(d.home + "/data", data)
            mark = tempfile.mktemp(prefix="asked-", dir=self.work)
            services = {"org.freedesktop.secrets": "/usr/bin/gnome-keyring-daemon --foreground --components=secrets",
                        "org.gnome.keyring.SystemPrompter": f"/usr/bin/touch {mark}"}
            with self.desk(services) as other:
                shutil.copytree(data, other.home + "/data", dirs_exist_ok=True)
                one_sentence(other.lakeferry("ls", "main", status=4, **self.names), "keyring", "locked")
                expect(not os.path.exists(mark), "a lookup asked for the keyring's password")
                one_sentence(other.login(status=2, **self.tokens), "locked", "STORE=file")
                expect(os.path.exists(mark), "storing asks for the keyring's password")
                os.unlink(mark)

    def on_the_screen(self):
        with self.desk() as d:
            d.keyring_start("open sesame")
            screen = self.type_tokens(d)
            expect(screen.wait("stored the Databricks token in the keyring", PATIENCE) is not None, screen.text())
            self.leave(screen)
            expect(d.ours() == {self.platform.origin: self.platform.token}, d.ours())
            d.lock()
            screen = self.type_tokens(d)
            expect(screen.wait("No keyring answers here \\(it is", PATIENCE) is not None, screen.text())
            screen.press(b"\x1b[C\r")
            expect(screen.wait("stored the Databricks token in the credentials", PATIENCE) is not None, screen.text())
            self.leave(screen)
            expect(os.stat(d.home + "/config/lakeferry/credentials.ini").st_mode & 0o777 == 0o600, "mode")
            os.unlink(d.home + "/config/lakeferry/credentials.ini")
            d.daemon.send_signal(signal.SIGSTOP)
            screen = self.type_tokens(d)
            screen.press(b"\x1b[A")
            expect(screen.wait("No keyring answers here \\(the Secret", PATIENCE) is not None, screen.text())
            screen.press(b"\x1b")
            self.leave(screen)

    def type_tokens(self, d):
        os.environ.clear()
        os.environ.update(d.env)
        screen = Screen([d.program], environment={"CLARIFAI_API_BASE": self.platform.origin})
        expect(screen.wait("› Host", PATIENCE) is not None, screen.text())
        screen.press(self.platform.origin.encode())
        screen.press(b"\x1b[B")
        screen.press(self.platform.token.encode())
        screen.press(b"\x1b[B\x1b[B\x1b[B\x1b[B")
        screen.press(b"\r")
        expect(screen.wait("works: you are lab-user@example", PATIENCE) is not None, screen.text())
        screen.press(b"\x1b[C")
        screen.press(b"\r")
        expect(self.platform.token not in screen.text(), "a token is shown")
        return screen

    @staticmethod
    def leave(screen):
        screen.send(b"\x1b[21~")
        end = time.monotonic() + PATIENCE
        ended = (0, 0)
        while not ended[0]:
            expect(time.monotonic() < end, "F10 does not leave: " + screen.text())
            screen.read_once(0.1)
            ended = os.waitpid(screen.pid, os.WNOHANG)
        os.close(screen.tty)
        expect(os.waitstatus_to_exitcode(ended[1]) == 0, ended)


def main():
    build, work = sys.argv[1:3]
    environment = dict(os.environ)
    only = sys.argv[3:]
    missing = [tool for tool in ("dbus-daemon", "gnome-keyring-daemon") if not shutil.which(tool)]
    if missing:
        tap.absent("keyring", f"{' and '.join(missing)} not installed")
        tap.finish()
    with Sandbox(build, work) as platform:
        checks = Checks(build, work, platform)
        for check in ("stored_and_read", "kept_apart_and_replaced", "only_ours_are_removed", "locked", "unlocked_as_doctor_says", "started_without_its_password", "never_made",
                      "killed_and_stopped", "killed_while_it_is_asked", "no_daemon", "no_session", "started_by_the_bus", "on_the_screen"):
            if only and check not in only:
                continue
            name = "keyring: " + check.replace("_", " ")
            try:
                getattr(checks, check)()
                tap.report(True, name)
            except Exception as e:
                tap.report(False, name, [f"{type(e).__name__}: {e}", *traceback.format_exc(limit=-3).split("\n")])
            finally:
                os.environ.clear()
                os.environ.update(environment)
    tap.finish()


main()
