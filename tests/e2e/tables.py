"""Compares tables with what Clarifai holds, both asked directly, past the program. Prints one line a difference; silence and 0 mean none.

tables.py ORIGIN USER/APP DATASET INPUTS_TABLE ANNOTATIONS_TABLE [--all] [--images /Volumes/C/S/V/PATH] [--partial]
--all: annotations of models are in the table, too.  --images: the volume holds each picture, byte by byte.
--partial: the tables may hold more (other datasets).
"""
import datetime, hashlib, json, re, sys, urllib.error, urllib.parse, urllib.request

args = [a for a in sys.argv[1:] if not a.startswith("--")]
images = None
if "--images" in sys.argv:
    images = sys.argv[sys.argv.index("--images") + 1]
    args.remove(images)
origin, app, dataset, inputs_table, annotations_table = args
everybody, partial = "--all" in sys.argv, "--partial" in sys.argv
user, app = app.split("/")
base = f"{origin}/v2/users/{user}/apps/{app}"
faults = 0


def fault(text):
    global faults
    faults += 1
    if faults <= 20:
        print(text)


def fetch(url, key="Key sandbox-pat", body=None):
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key:
        headers["Authorization"] = key
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def pages(path, member):
    page = 1
    while True:
        got = json.loads(fetch(f"{base}/{path}page={page}&per_page=1000")).get(member) or []
        if not got:
            return
        yield from got
        page += 1


def rows(statement):
    key = "Bearer dapi-sandbox-token"
    answer = json.loads(fetch(f"{origin}/api/2.0/sql/statements", key, {"warehouse_id": "wh-live-0001", "statement": statement, "wait_timeout": "50s"}))
    while answer["status"]["state"] in ("PENDING", "RUNNING"):
        answer = json.loads(fetch(f"{origin}/api/2.0/sql/statements/{answer['statement_id']}", key))
    if answer["status"]["state"] != "SUCCEEDED":
        sys.exit(f"{statement}: {answer['status']}")
    names = [c["name"] for c in answer["manifest"]["schema"]["columns"]]
    part = answer.get("result") or {}
    while True:
        for row in part.get("data_array") or []:
            yield dict(zip(names, row))
        link = part.get("next_chunk_internal_link")
        if not link:
            return
        part = json.loads(fetch(origin + link, key))


def us(text):
    """Microseconds of a time, cut as Spark cuts nanoseconds."""
    if not text:
        return None
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    m = re.fullmatch(r"(\d+-\d+-\d+)[T ](\d+:\d+:\d+)(?:\.(\d+))?(?:Z|\+00:?00)?", text)
    if not m:
        return f"no time: {text}"
    at = datetime.datetime.fromisoformat(f"{m[1]}T{m[2]}+00:00")
    return int(at.timestamp()) * 1000000 + int(((m[3] or "") + "000000")[:6])


def words(status):
    return f"{status['description']} ({status['code']})" if status and status.get("code") else None


def parts(data):
    """The annotation_type of the contract."""
    found = set()
    if data.get("concepts"):
        found.add("concept")
    kinds = {"bounding_box": "bounding_box", "polygon": "polygon", "mask": "mask", "point": "point", "keypoint_locations": "keypoints", "span": "span", "token": "token"}

    def regions(holder):
        for region in holder.get("regions") or []:
            for key, name in kinds.items():
                if (region.get("region_info") or {}).get(key):
                    found.add(name)
    regions(data)
    for key, name in (("frames", "frame"), ("time_segments", "segment"), ("tracks", "track"), ("metadata", "metadata")):
        if data.get(key):
            found.add(name)
    return found


def same_json(text, value):
    return value in (None, [], {}) if text is None else json.loads(text) == value


def compare(name, key, row, column, wanted):
    got = row.get(column)
    if column.endswith("_at"):
        good = us(got) == us(wanted)
    elif column in ("image_info", "input_metadata", "input_concepts", "input_geo", "annotation", "annotation_concepts"):
        good = same_json(got, wanted)
    else:
        good = got == wanted
    if not good:
        fault(f"{name} {key}: {column} is {got!r} instead of {wanted!r}")


def columns(table):
    """Every column; times as microseconds, for an answer shows them cut to milliseconds."""
    described = [r for r in rows(f"DESCRIBE TABLE {table}") if r["col_name"] and not r["col_name"].startswith("#")]
    return ", ".join(f"unix_micros(`{r['col_name']}`) AS `{r['col_name']}`" if r["data_type"] == "timestamp" else f"`{r['col_name']}`" for r in described)


def keyed(table, keys):
    out = {}
    for row in rows(f"SELECT {columns(table)} FROM {table}"):
        key = tuple(row[k] for k in keys)
        if key in out:
            fault(f"{table} {key}: twice")
        out[key] = row
    return out


truth = {}
for entry in pages(f"datasets/{urllib.parse.quote(dataset)}/inputs?", "dataset_inputs"):
    truth[(entry["input"]["id"],)] = entry["input"]
table = keyed(inputs_table, ["input_id"])
for key in truth.keys() - table.keys():
    fault(f"{inputs_table}: {key} is missing")
if not partial:
    for key in table.keys() - truth.keys():
        fault(f"{inputs_table}: {key} is not in the dataset")
for key in truth.keys() & table.keys():
    one, data = truth[key], truth[key].get("data") or {}
    image, row = data.get("image") or {}, table[key]
    for column, wanted in (("image_url", image.get("url")), ("image_info", image.get("image_info")), ("input_metadata", data.get("metadata")),
                           ("input_concepts", data.get("concepts")), ("input_geo", data.get("geo")), ("input_status", words(one.get("status"))),
                           ("input_created_at", one.get("created_at")), ("input_modified_at", one.get("modified_at"))):
        if column in row:
            compare(inputs_table, key, row, column, wanted)

order = ["concept", "bounding_box", "polygon", "mask", "point", "keypoints", "span", "token", "frame", "segment", "track", "metadata"]
notes, seen_types = {}, set()
for one in pages(f"annotations?list_all_annotations={'true' if everybody else 'false'}&", "annotations"):
    if (one["input_id"],) in truth:
        notes[(one["annotation_id"] if "annotation_id" in one else one["id"], one["input_id"])] = one
table = keyed(annotations_table, ["annotation_id", "input_id"])
for key in notes.keys() - table.keys():
    fault(f"{annotations_table}: {key} is missing")
if not partial:
    for key in table.keys() - notes.keys():
        fault(f"{annotations_table}: {key} is not at Clarifai")
for key in notes.keys() & table.keys():
    one, data, row = notes[key], notes[key].get("data") or {}, table[key]
    kinds = parts(data)
    if "annotation_type" in row:
        named = (row["annotation_type"] or "").split("+")
        seen_types.update(named)
        if named == ["empty"]:
            named = []
        named = [n for n in named if n != "geo"]
        if not kinds <= set(named) or [n for n in order if n in named] != named:
            fault(f"{annotations_table} {key}: annotation_type is {row['annotation_type']!r}, the data has {sorted(kinds)}")
    for column, wanted in (("annotation", data), ("annotation_user_id", one.get("user_id") or (one.get("worker", {}).get("user") or {}).get("id")),
                           ("annotation_status", words(one.get("status"))), ("annotation_created_at", one.get("created_at")),
                           ("annotation_modified_at", one.get("modified_at"))):
        if column in row:
            compare(annotations_table, key, row, column, wanted)

if images:
    listed, token = {}, ""
    while True:
        query = f"?page_size=1000{'&page_token=' + urllib.parse.quote(token) if token else ''}"
        got = json.loads(fetch(f"{origin}/api/2.0/fs/directories{urllib.parse.quote(images)}{query}", "Bearer dapi-sandbox-token"))
        for f in got.get("contents") or []:
            listed[f["path"]] = f["file_size"]
        token = got.get("next_page_token")
        if not token:
            break
    for row in rows(f"SELECT input_id, image_url, image_path, image_bytes FROM {inputs_table}"):
        if row["image_path"] is None:
            continue
        if listed.pop(row["image_path"], None) != int(row["image_bytes"]):
            fault(f"{row['image_path']}: not in the volume with {row['image_bytes']} bytes")
            continue
        stored = fetch(f"{origin}/api/2.0/fs/files{urllib.parse.quote(row['image_path'])}", "Bearer dapi-sandbox-token")
        try:
            original = fetch(row["image_url"])
        except urllib.error.HTTPError:
            original = fetch(row["image_url"], None)          # the public hosts refuse a key
        if hashlib.sha256(stored).digest() != hashlib.sha256(original).digest():
            fault(f"{row['image_path']}: other bytes than {row['image_url']}")
    for path in listed:
        fault(f"{path}: in the volume, but in no row")
print(f"# {len(truth)} inputs, {len(notes)} annotations, types {' '.join(sorted(seen_types))}", file=sys.stderr)
if faults:
    print(f"{faults} differences")
sys.exit(faults > 0)
