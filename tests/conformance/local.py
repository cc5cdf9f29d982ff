"""A local platform of one's own: started on free ports over a fresh folder, ended with the block."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


class Sandbox:
    def __init__(self, build, work, options=()):
        self.program, self.work, self.options = os.path.join(build, "lakeferry-sandbox"), work, list(options)

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="sandbox-", dir=self.work)
        self.process = subprocess.Popen([self.program, "--port", "0", "--data", self.dir, *self.options], stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            raise RuntimeError("the sandbox did not start")
        endpoint = json.load(open(os.path.join(self.dir, "endpoint.json")))
        self.origin, self.token, self.pat = endpoint["origin"], endpoint["databricks_token"], endpoint["clarifai_pat"]
        self.images = endpoint["images"]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)

    def call(self, method, path, body=None):
        """(status, JSON) of a Databricks call."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.origin + path, data=data, method=method,
                                         headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"null")

    def requests(self):
        """How often each route was asked."""
        return self.call("GET", "/_control/counters")[1]["requests"]

    def listed(self, path, key):
        """All pages of a list."""
        token, found = "", []
        while True:
            status, page = self.call("GET", path + ("&" if "?" in path else "?") + "page_token=" + token if token else path)
            if status != 200:
                raise RuntimeError(f"{path}: {status} {page}")
            found += page.get(key) or []
            token = page.get("next_page_token")
            if not token:
                return found

    def wait(self, path, state, wanted):
        for _ in range(600):
            _, answer = self.call("GET", path)
            if state(answer) in wanted:
                return answer
            time.sleep(0.1)
        raise RuntimeError(f"{path} never became {wanted}: {answer}")
