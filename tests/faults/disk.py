"""R18: each call by which a run changes the disk (journal, report, lock, what it was asked) fails once or for good. See disk.c."""
import errno, os, re, subprocess
from fixture import BUILD
from verbs import HERE, VERBS

ERRORS = ("ENOSPC", "EIO", "EROFS")


def shim(name="disk"):
    """A library to be loaded before the program, built anew for each run of the tests."""
    made = os.path.join(BUILD, f"tests/faults/{name}.so")
    os.makedirs(os.path.dirname(made), exist_ok=True)
    unfinished = f"{made}.{os.getpid()}"
    subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "-O1", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", unfinished, os.path.join(HERE, f"{name}.c"), "-ldl"], check=True)
    os.rename(unfinished, made)
    return made


def on_disk(worker, env, home, words, nth, error, stays, preload):
    """The program on such a disk. How it ended, and what the library noted."""
    log = os.path.join(home, "disk.log")
    if os.path.exists(log):
        os.unlink(log)
    env = dict(env, LD_PRELOAD=preload, DISK_BELOW=os.path.join(home, "state"), DISK_LOG=log, DISK_NTH=str(nth), DISK_ERRNO=str(getattr(errno, error)), DISK_STAYS=str(int(stays)))
    ended = worker.run(env, words)
    return ended, open(log).read().splitlines() if os.path.exists(log) else []


def calls_of(worker, word, preload):
    """What an undisturbed run does to the disk, in its order."""
    v, name, home, env = worker.begin(word)
    ended, calls = on_disk(worker, env, home, v.command(name), 0, "EIO", False, preload)
    worker.end(v, name, home)
    if ended[0] != v.calm_status or len(calls) < 20:
        raise RuntimeError(f"{word} with the counting library: {ended[0]}, {len(calls)} calls: {ended[2][-300:]}")
    return calls


def places(calls, most):
    """Numbers of calls: the first and the last of each kind on each file, the rest spread evenly."""
    kinds = {}
    for n, call in enumerate(calls, 1):
        kinds.setdefault(re.sub(r"/runs/[^/]+", "/runs/R", call), []).append(n)
    chosen = {n for of_kind in kinds.values() for n in (of_kind[0], of_kind[-1])}
    step = max(1, len(calls) // max(1, most - len(chosen)))
    if len(chosen) < most:
        chosen |= set(range(1, len(calls) + 1, step))
    return sorted(chosen)[:most] if len(chosen) <= most else sorted(chosen)[::max(1, len(chosen) // most)]


def cases(worker, most, preload):
    for word in VERBS:
        for turn, nth in enumerate(places(calls_of(worker, word, preload), most)):
            yield word, nth, ERRORS[turn % 3], turn % 4 != 3, preload


def one(results, worker, case):
    word, nth, error, stays, preload = case
    v, name, home, env = worker.begin(word, "2s")
    (got, out, err), noted = on_disk(worker, env, home, v.command(name), nth, error, stays, preload)
    title = f"R18 {word}: {error} at call {nth}{' and all after it' if stays else ''}: {noted[0].replace(home + '/state/lakeferry/', '') if noted else 'none'}"
    if not noted:
        worker.end(v, name, home)
        results.note("disk faults that a shorter run did not reach")
        return
    said, problems = [out, err], []
    if got not in (1, v.calm_status):
        problems.append(f"exit status {got}, wanted 1 (or {v.calm_status} where it does without): {err[-300:].strip()}")
    if got == 1 and os.path.join(home, "state") not in err:
        problems.append(f"the sentence names no path: {err[-400:].strip()}")
    if got == v.calm_status:
        problems += [f"it said that all was well: {p}" for p in v.differences(name)]
        results.note("disk faults done without")
    done = got == v.calm_status
    got, out, err = worker.run(env, ["resume", "--yes", "--json"]) if done else worker.go_on(env, v, name)
    # A run whose last word alone could not be kept is gone on with, and finds nothing to do.
    if not (done and "nothing to resume" in err) and got != v.calm_status:
        problems.append(f"gone on with: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, said + [out, err])
    worker.end(v, name, home)
    results.note("disk faults")
    results.add(title, problems)
