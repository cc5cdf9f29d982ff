"""TAP lines of one check, and the recordings it reads."""
import glob
import json
import os
import sys
import urllib.parse

failures = 0


def report(good, name, details=()):
    """One result; details of a failure are shown as comment lines, the first forty of them."""
    global failures
    print(f"{'ok' if good else 'not ok'} - {name}", flush=True)
    if good:
        return
    failures += 1
    for line in list(details)[:40]:
        print("#   " + str(line).replace("\n", "\n#   ")[:1500], flush=True)


def skip(name, reason):
    print(f"ok - {name} # SKIP {reason}", flush=True)


def absent(name, reason):
    """A judge that is not on this machine: a failure where everything must be proved, a skip on a person's."""
    if os.environ.get("CI") == "true":
        report(False, name, [reason])
    else:
        skip(name, reason)


def note(text):
    print("# " + text, flush=True)


def finish():
    sys.exit(1 if failures else 0)


def scripts(record):
    """(name, folder) of every recorded script, in order."""
    return [(os.path.basename(d), d) for d in sorted(glob.glob(os.path.join(record, "*"))) if os.path.isdir(d)]


def lines(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8", errors="surrogatepass") as f:
        for number, line in enumerate(f, 1):
            # A platform that was killed leaves its last line unfinished.
            if line.endswith("\n"):
                yield number, json.loads(line)


def segments(path):
    return [urllib.parse.unquote(s) for s in path.strip("/").split("/")]


def query_pairs(text):
    return urllib.parse.parse_qsl((text or "").lstrip("?"), keep_blank_values=True)


def places(found, limit=3):
    """{complaint: [where …]} as lines: how often, what, and the first places."""
    return [f"{len(where)}x {what} (e.g. {'; '.join(where[:limit])})" for what, where in sorted(found.items(), key=lambda i: -len(i[1]))]
