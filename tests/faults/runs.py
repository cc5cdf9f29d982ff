"""R20: two processes on one run, a stale lock, and journals that are newer, cut, emptied or random bytes, for each verb."""
import glob, hashlib, json, os, random, re, sqlite3, subprocess
from network import ended, started
from signals import fired, hold, until
from verbs import VERBS

KILLED = {"volume": "accepted:1", "s3": "accepted:1", "export": "verified:2", "update": "stage.merge:1"}


def journal_of(home):
    return glob.glob(os.path.join(home, "state/lakeferry/runs/*/journal.db"))[0]


def run_of(home):
    return os.path.basename(os.path.dirname(journal_of(home)))


def spoil(journal, new):
    """Other bytes in the journal's place; what SQLite keeps beside it goes."""
    with open(journal, "rb") as f:
        old = f.read()
    for beside in glob.glob(journal + "-*"):
        os.unlink(beside)
    with open(journal, "wb") as f:
        f.write(new(old))


def random_tail(old):
    """The head is SQLite's still, the rest is noise."""
    return old[:4096] + random.Random(20).randbytes(len(old) - 4096)


SPOILED = {
    "random bytes": lambda old: random.Random(20).randbytes(len(old)),
    "random bytes behind its first page": random_tail,
    "cut in half": lambda old: old[:len(old) // 2],
    "emptied": lambda old: b"",
}


def killed(worker, word):
    v, name, home, env = worker.begin(word)
    got, out, err = worker.run(env, v.command(name), KILLED[word])
    return v, name, home, env, [out, err], [] if got == 137 else [f"it was not killed: exit status {got}: {err[-300:]}"]


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def gone_on(worker, v, env, home, said, problems, wanted=None):
    wanted = v.calm_status if wanted is None else wanted
    got, out, err = worker.run(env, ["resume", run_of(home), "--yes", "--json"])
    said += [out, err]
    if got != wanted:
        problems.append(f"gone on with: exit status {got}, wanted {wanted}: {err[-300:].strip()}")


def second_process(worker, word):
    v, name, home, env = worker.begin(word)
    hold(worker, v)
    process, words, said = started(env, v.command(name))
    problems = [] if until(lambda: fired(worker), lambda: process.poll() is None) else ["it ended before the other came"]
    got, out, err = worker.run(env, ["resume", run_of(home), "--yes", "--json"])
    if got != 1 or "another process runs it" not in err:
        problems.append(f"the other process: exit status {got}, wanted 1: {err[-300:].strip()}")
    got = ended(process)
    if got != v.calm_status:
        problems.append(f"exit status {got}, wanted {v.calm_status}: {words()[-300:]}")
    return v, name, home, [out, err, words()], problems


def stale_lock(worker, word):
    """The lock names a process that lives, and is none of ours."""
    v, name, home, env, said, problems = killed(worker, word)
    with open(os.path.join(os.path.dirname(journal_of(home)), "lock"), "w") as f:
        f.write(f"{os.getpid()}\n")
    gone_on(worker, v, env, home, said, problems)
    return v, name, home, said, problems


def newer(worker, word):
    v, name, home, env, said, problems = killed(worker, word)
    versions = []
    for version in (99, None):
        with sqlite3.connect(journal_of(home)) as db:
            versions.append(db.execute("PRAGMA user_version").fetchone()[0])
            db.execute(f"PRAGMA user_version = {version or versions[0]}")
        db.close()
        if version:
            got, out, err = worker.run(env, ["resume", run_of(home), "--yes", "--json"])
            said += [out, err]
            if got != 2 or "newer" not in err:
                problems.append(f"a newer journal: exit status {got}, wanted 2: {err[-300:].strip()}")
    if versions[1] != 99:
        problems.append(f"the newer journal was touched: its version is {versions[1]}")
    gone_on(worker, v, env, home, said, problems)
    return v, name, home, said, problems


def spoiled(worker, word, how):
    """
    Made again by reading both sides. An export can read everything but who wrote a picture before its table was there: those are left alone as conflicts,
    which the exit status says, and a new folder or their removal settles it.
    """
    v, name, home, env, said, problems = killed(worker, word)
    worker.p.await_idle()
    before = {f: digest(os.path.join(worker.p.volume_dir("v" + name), f)) for f in os.listdir(worker.p.volume_dir("v" + name))} if word == "export" else {}
    spoil(journal_of(home), SPOILED[how])
    gone_on(worker, v, env, home, said, problems, 3 if before else None)
    if word == "export":
        conflicts = [json.loads(line) for line in said[-2].splitlines() if '"FILE_EXISTS"' in line]
        if len(conflicts) != len(before) or not before:
            problems.append(f"{len(before)} pictures were there, {len(conflicts)} are said to be conflicts")
        for f, content in before.items():
            if digest(os.path.join(worker.p.volume_dir("v" + name), f)) != content:
                problems.append(f"{f} was changed")
            os.unlink(os.path.join(worker.p.volume_dir("v" + name), f))
        got, out, err = worker.run(env, v.command(name) + ["--if-exists", "replace"])
        said += [out, err]
        if got != v.calm_status:
            problems.append(f"exported again: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    return v, name, home, said, problems


KINDS = {"a second process is refused, the first goes on": second_process, "a lock that names a living stranger": stale_lock, "a newer journal is refused and left alone": newer}
KINDS.update({f"a journal of {how}" if how.startswith("random") else f"a journal {how}": lambda w, word, how=how: spoiled(w, word, how) for how in SPOILED})


def cases():
    return [(word, title) for title in KINDS for word in VERBS]


def one(results, worker, case):
    word, title = case
    v, name, home, said, problems = KINDS[title](worker, word)
    worker.p.control("DELETE", "faults")
    problems += worker.everything(v, name, home, said)
    worker.end(v, name, home)
    results.note("faults")
    results.add(f"R20 {word}: {title}", problems)
