#!/usr/bin/env python3
"""Faults against the local platform, and what is on both sides afterwards. Speaks TAP, ends with the counts.

faults.py cases [NAME...]                 the table of cases.txt (all, or those whose line holds a NAME)
faults.py kills [MOST]                    kill -9 at every point of the journal that a run passes, then resume; at least 200 in all, or MOST
faults.py property [SCHEDULES] [SEED]     random schedules of faults and kills from a seed that is printed; SEED replays one
faults.py disk [MOST]                     calls that change the disk fail one by one, at most MOST (16) a verb
faults.py signals                         signals, closed outputs and terminals, for each verb here and in a worker
faults.py network                         hosts that refuse connections, names that are not known, for each verb and host
faults.py fronts [WORD [SEED]]            what a gateway does: requests delivered twice, signed addresses that expire, files of others meanwhile, clocks that
                                          jump, a fifth of all calls that fails (by SEED), streams that are reset
faults.py runs                            two processes on one run, stale locks, journals that are newer or spoiled, for each verb
faults.py sources [WORD]                  what a run reads changes, is somebody else's, has hostile names, for each verb
faults.py soak [ITEMS] [memory|descriptors]   one import of ITEMS (1000000) with 5 % mixed faults; prints memory and descriptors, fails when they grow;
                                          with the second word they are made to (leak.c), and it fails when that is not noticed
Environment: LAKEFERRY_BUILD (build), JOBS (2), SECONDS_MOST (0: no limit) ends kills and property early, saying so; SERIES=FILE:
  soak appends its samples, as growth.txt has them.
"""
import json, os, random, re, signal, subprocess, sys, tempfile, time
sys.dont_write_bytecode = True
import disk, fronts, growth, network, runs, signals, sources
from fixture import *
from verbs import HERE, VERBS, Volume


# --- the table ---

SETTINGS = {"statement.inline_bytes": 25 << 20}      # what the platform's settings are without a case

def read_cases(names):
    cases = []
    for line in open(os.path.join(HERE, "cases.txt")):
        line = line.strip()
        if not line or line.startswith("#") or (names and not any(n in line for n in names)):
            continue
        number, verbs, status, then, words, title, rules = [c.strip() for c in line.split(" | ", 6)]
        cases += [(number, verb, status, then, words, title, json.loads(rules)) for verb in verbs.split()]
    return cases


def one_case(results, worker, case):
    number, word, status, then, words, title, rules = case
    word, _, compute = word.partition("@")
    v, name, home, env = worker.begin(word, "2s" if then == "resume" else "60s")
    status, _, ceiling = status.partition("*")
    wanted = v.calm_status if status == "calm" else int(status)
    settings = [rule["settings"] for rule in rules if "settings" in rule]
    for rule in rules:
        if "settings" not in rule:
            worker.p.control("POST", "faults", rule)
    for values in settings:
        worker.p.control("POST", "settings", values)
    got, out, err = worker.run(env, v.command(name) + (["--compute", CLUSTER] if compute else []))
    fired = worker.p.control("GET", "faults")["faults"]
    worker.p.control("DELETE", "faults")
    for values in settings:
        worker.p.control("POST", "settings", {key: SETTINGS[key] for key in values})
    said, problems, requests = [out, err], [], worker.p.requests()
    if ceiling and requests > float(ceiling) * v.calm_requests:
        problems.append(f"{requests} requests, at most {ceiling} times the {v.calm_requests} without faults are due")
    if got != wanted:
        problems.append(f"exit status {got}, wanted {wanted}: {err[-300:].strip()}")
    problems += [f"the fault never fired: {json.dumps(f)}" for f in fired if not f["fired"]]
    if words != "-" and not re.search(words, out + err):
        problems.append(f"nothing like \"{words}\" was said: {err[-300:].strip()}")
    if then != "-":
        got, out, err = worker.go_on(env, v, name) if then == "resume" else worker.run(env, v.command(name) + (["--if-exists", "replace"] if then == "replace" else []))
        said += [out, err]
        if got != v.calm_status:
            problems.append(f"gone on with: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, said)
    worker.end(v, name, home)
    results.note("faults", sum(f["fired"] for f in fired))
    results.add(f"{number} {word}: {title}", problems)


# --- kill -9 at every point ---

TIMES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 25, 32, 40, 60, 90]


def kill_points(most):
    """Points of the journal, and requests under way: before the platform did what was asked and behind it. Spread over the verbs, the n-th time rising."""
    points = [(verb, point, n) for n in range(1, 6) for verb, kind in VERBS.items() for point in kind.points.split() if n == 1 or not point.startswith(("stage.", "planned"))]
    points += [(verb, point, n) for n in TIMES for verb in VERBS for point in ("request", "applied")]
    return points[:most]


def run_until_request(worker, env, words, n, applied):
    """Kills it while its n-th request is under way. 137, or how it ended because there were not so many."""
    worker.p.control("POST", "faults", {"kind": "hang", "ms": 4000, "path": "/*", "nth": [n], "after_handler": applied})
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([f"{BUILD}/lakeferry", *words], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        while process.poll() is None and not worker.p.control("GET", "faults")["faults"][0]["fired"]:
            time.sleep(0.01)
        if applied and process.poll() is None:
            time.sleep(0.3)         # what was asked for is done by then, mostly; the outcome must be right either way
        process.kill()
        got = process.wait()
        out.seek(0)
        return 137 if got == -signal.SIGKILL else got, out.read().decode(errors="replace"), ""


def one_kill(results, worker, item):
    word, point, n = item
    v, name, home, env = worker.begin(word)
    if point in ("request", "applied"):
        got, out, err = run_until_request(worker, env, v.command(name), n, point == "applied")
    else:
        if point == "unknown":
            worker.p.control("POST", "faults", {"method": "POST", "path": "*/inputs", "nth": [n], "times": 1, "kind": "lost_reply"})
        got, out, err = worker.run(env, v.command(name), f"{point}:{n if point != 'unknown' else 1}")
    worker.p.control("DELETE", "faults")
    if got != 137:
        worker.end(v, name, home)
        results.note("points that are not passed so often")
        return
    said, problems = [out, err], []
    got, out, err = worker.go_on(env, v, name)
    if got != v.calm_status:
        problems.append(f"gone on with: exit status {got}, wanted {v.calm_status}: {err[-300:].strip()}")
    problems += worker.everything(v, name, home, said + [out, err])
    worker.end(v, name, home)
    results.note("kills")
    results.note(f"killed in {word}")
    results.add(f"R16 {word}: killed at {point}, time {n}", problems)


# --- random schedules ---

ANYWHERE = [
    {"kind": "reset", "at": 0}, {"kind": "reset", "at": 300}, {"kind": "lost_reply"}, {"kind": "cut_body"}, {"kind": "status", "status": 500}, {"kind": "status", "status": 502},
    {"kind": "status", "status": 503}, {"kind": "status", "status": 429, "retry_after": "1"}, {"kind": "status", "status": 429, "retry_after": "soon"}, {"kind": "close"},
    {"kind": "latency", "ms": 40}, {"kind": "malformed"}, {"kind": "html_login"}, {"kind": "status", "status": 408}, {"kind": "status", "status": 504},
]
CLARIFAI_ONLY = [{"kind": "clarifai_code", "code": 11005, "http": 200}, {"kind": "clarifai_code", "code": 39997, "http": 503}, {"kind": "clarifai_code", "code": 11009, "http": 401}]
PLACES = ["/*", "/v2/*", "/v2/*/inputs*", "/v2/*/annotations*", "/api/2.0/fs/files/*", "/api/2.0/fs/*", "/api/2.0/sql/*", "/api/2.1/*", "/orig/*"]


def schedule(seed):
    draw = random.Random(seed)
    word = draw.choice(list(VERBS))
    rounds = []
    for _ in range(draw.randint(1, 3)):
        rules = []
        for _ in range(draw.randint(1, 4)):
            place = draw.choice(PLACES)
            rule = dict(draw.choice(ANYWHERE + (CLARIFAI_ONLY * 2 if place.startswith("/v2") else [])), path=place)
            rule.update({"share": draw.choice([0.05, 0.2, 0.5]), "seed": draw.randrange(1 << 30)} if draw.random() < 0.7 else {"nth": sorted(draw.sample(range(1, 12), 3))})
            rule["times"] = draw.randint(1, 12)
            rules.append(rule)
        kill = f"{draw.choice(VERBS[word].points.split())}:{draw.choice([1, 1, 1, 2, 3])}" if draw.random() < 0.7 else None
        rounds.append((rules, kill))
    return word, rounds


def one_schedule(results, worker, seed):
    word, rounds = schedule(seed)
    v, name, home, env = worker.begin(word, "1s")
    said, problems, fired, kills, history = [], [], 0, 0, []
    for at, (rules, kill) in enumerate(rounds):
        worker.p.control("POST", "reset", {"faults": True})
        for rule in rules:
            worker.p.control("POST", "faults", rule)
        got, out, err = worker.run(env, v.command(name), kill) if at == 0 else worker.go_on(env, v, name, kill)
        said += [out, err]
        history.append(got)
        fired += sum(f["fired"] for f in worker.p.control("GET", "faults")["faults"])
        kills += got == 137
        if got not in (0, 1, 3, 4, 137):
            problems.append(f"exit status {got}: {err[-300:].strip()}")
        if got == v.calm_status:
            break
    worker.p.control("DELETE", "faults")
    for _ in range(3):
        if got == v.calm_status:
            break
        got, out, err = worker.go_on(env, v, name)
        said += [out, err]
        history.append(got)
    if got != v.calm_status:
        problems.append(f"not done after the faults were over: exit statuses {history}, wanted {v.calm_status}: {err[-400:].strip()}")
    problems += worker.everything(v, name, home, said)
    worker.end(v, name, home)
    results.note("schedules")
    results.note("faults", fired)
    results.note("kills", kills)
    results.add(f"seed {seed} {word}: {fired} faults, {kills} kills, exit statuses {history}", problems + ([f"schedule: {json.dumps(rounds)}"] if problems else []))


# --- memory and descriptors over hours ---

MIXED = [{"kind": "status", "status": 503, "share": 0.01, "path": "/*"}, {"kind": "reset", "at": 0, "share": 0.01, "path": "/*"}, {"kind": "cut_body", "share": 0.01, "path": "/*", "method": "GET"},
         {"kind": "status", "status": 429, "share": 0.01, "path": "/*"}, {"kind": "lost_reply", "share": 0.01, "path": "*/inputs", "method": "POST"}]


def figures_of(pid):
    status = dict(l.split(":", 1) for l in open(f"/proc/{pid}/status").read().splitlines())
    return int(status["VmRSS"].split()[0]), len(os.listdir(f"/proc/{pid}/fd"))


# What leak.c loses, and where that must be noticed.
PLANTS = {"memory": {"LEAK_BYTES": "100"}, "descriptors": {"LEAK_DESCRIPTORS": "200"}}
PLANTED_IN = {"memory": "KB resident", "descriptors": "descriptors"}


def soak(results, items, plant=None):
    worker = Worker(0)
    v = Volume(worker.p)
    folder = worker.p.volume_make("many")
    for part in range(0, items, 10000):
        subprocess.run([sys.executable, os.path.join(HERE, "../e2e/pictures.py"), f"{folder}/part{part}", str(min(10000, items - part)), "400", "50", f"s{part}"], check=True)
    worker.p.app_make("soak")
    env = worker.environment(os.path.join(worker.folder, "home"), "60s")
    for number, rule in enumerate(MIXED):
        worker.p.control("POST", "faults", dict(rule, seed=number))
    words = ["import", "volume", "main.vision.many", "--app", "lab-user/soak", "--dataset", "ds", "--table", "t_soak", "--yes", "--json"]
    if plant:
        env.update(LD_PRELOAD=disk.shim("leak"), **PLANTS[plant])
    samples, begun, every = [], time.monotonic(), min(1, max(0.02, items / 1000000))
    with open(os.path.join(worker.folder, "out"), "w") as out, open(os.path.join(worker.folder, "err"), "w") as err:
        process = subprocess.Popen([f"{BUILD}/lakeferry", *words], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        while process.poll() is None:
            time.sleep(every)
            try:
                samples.append(figures_of(process.pid))
            except (OSError, KeyError):
                break
            if len(samples) % 200 == 0:
                print(f"# {time.monotonic() - begun:6.0f} s: {samples[-1][0]} KB resident, {samples[-1][1]} descriptors", flush=True)
        status = process.wait()
    problems = [] if status == 0 else [f"exit status {status}: {open(os.path.join(worker.folder, 'err')).read()[-400:]}"]
    grown = growth.problems(samples)
    if plant:
        print("# " + "; ".join(grown or ["nothing grows"]))
        problems += [] if any(g.startswith(PLANTED_IN[plant]) for g in grown) else [f"the planted loss is not noticed: {PLANTS[plant]}"]
    else:
        problems += grown
    rows = worker.p.sql("SELECT count(*), count(DISTINCT source_path), count(DISTINCT input_id) FROM main.vision.t_soak WHERE upload_status = 'verified'")
    if not rows or {int(c) for c in rows[0]} != {items}:
        problems.append(f"rows in the table: {rows}, wanted {items}")
    results.note("faults", sum(f["fired"] for f in worker.p.control("GET", "faults")["faults"]))
    results.add(f"R26 an import of {items} pictures, {time.monotonic() - begun:.0f} s" + (f", that loses {plant}, is noticed" if plant else ""), problems)
    if os.environ.get("SERIES"):
        with open(os.environ["SERIES"], "a") as series:
            print(plant or "flat", "|", f"{items} pictures |", *[f"{kb}:{files}" for kb, files in samples], file=series)
    worker.close()


def with_a_first_look(cases_of, one):
    """Cases that are known only after a worker looked."""
    looks = Worker(0)
    try:
        found = list(cases_of(looks))
    finally:
        looks.close()
    return in_parallel(one, found, deadline_of())


def main():
    mode, args = (sys.argv[1:2] or ["cases"])[0], sys.argv[2:]
    results, left = Results(), 0
    if mode == "cases":
        left = in_parallel(lambda w, c: one_case(results, w, c), read_cases(args))
    elif mode == "kills":
        left = in_parallel(lambda w, k: one_kill(results, w, k), kill_points(int(args[0]) if args else 100000), deadline_of())
    elif mode == "disk":
        left = with_a_first_look(lambda w: disk.cases(w, int(args[0]) if args else 16, disk.shim()), lambda w, c: disk.one(results, w, c))
    elif mode == "signals":
        left = in_parallel(lambda w, c: signals.one(results, w, c), signals.cases())
    elif mode == "network":
        left = in_parallel(lambda w, c: network.one(results, w, c), network.cases())
    elif mode == "fronts":
        left = in_parallel(lambda w, c: fronts.one(results, w, c), [c for c in fronts.cases(int(args[1]) if len(args) > 1 else 1) if not args or args[0] in c[0]])
    elif mode == "runs":
        left = in_parallel(lambda w, c: runs.one(results, w, c), runs.cases())
    elif mode == "sources":
        left = in_parallel(lambda w, c: sources.one(results, w, c), [c for c in sources.CASES if not args or args[0] in c[0]])
    elif mode == "soak":
        soak(results, int(args[0]) if args else 1000000, args[1] if len(args) > 1 else None)
    elif mode == "property":
        seeds = [int(args[1])] if len(args) > 1 else None
        first = int.from_bytes(os.urandom(4), "big")
        left = in_parallel(lambda w, s: one_schedule(results, w, s), seeds or range(first, first + int(args[0] if args else 50)), deadline_of())
    else:
        raise SystemExit(__doc__)
    if left > 0:
        print(f"# {left} were not begun: the time was over")
    print(f"1..{results.count}")
    failed = results.failed + (left < 0)
    print(f"# injected by {mode}: " + ", ".join(f"{n} {key}" for key, n in sorted(results.notes.items())) + f"; {failed} of {results.count} failed")
    print(f"{results.count - results.failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed or not results.count else 0)


main()
