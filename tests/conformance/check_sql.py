"""
Every recorded SQL statement, in order, on a fresh local platform and on open Spark 3.5 with Delta 3.2 (zone UTC, ANSI on): the same
rows, columns, error class and SQLSTATE, and after every statement that writes the same rows, properties and number of
commits in the table it wrote. corpus.py holds further statements, of the forms that lakeferry may send, with files of their own.
usage: check_sql.py BUILD RECORD WORK JARS [NAME]    NAME: only that recording or "corpus GROUP"
"""
import collections
import json
import os
import re
import shutil
import struct
import sys
import time
import urllib.parse
from decimal import Decimal

import corpus
import mapping
import tap
from local import Sandbox

CLUSTER, WAREHOUSE = "0101-120000-live001", "wh-live-0001"
# What open Spark does not have, or answers with its own paths, ids and clock: named here, with the reason, and counted.
NOT_COMPARED = [
    (re.compile(r"\bread_files\s*\(", re.I), "read_files is Databricks' own"),
    (re.compile(r"^\s*(CREATE|DROP|SHOW|LIST)\s+(VOLUMES?|CATALOGS?)\b|^\s*LIST\b|information_schema", re.I), "volumes, catalogs and information_schema are Unity Catalog's"),
    (re.compile(r"^\s*SHOW\s+(SCHEMAS|DATABASES|VIEWS)\b", re.I), "lists of schemas and views show the mapped names"),
    (re.compile(r"^\s*DESC(RIBE)?\s+(DETAIL|TABLE\s+EXTENDED|EXTENDED|FORMATTED)\b", re.I), "ids, paths and sizes are each side's own"),
    (re.compile(r"\bcurrent_(user|timestamp|date|catalog|schema)\b|\bnow\s*\(|\buuid\s*\(|\brand\s*\(", re.I), "asks for the clock, the user or chance"),
]
TABLES = re.compile(r"^\s*SHOW\s+TABLES\s+IN\s+`?(\w+)`?\.`?(\w+)`?\s*;?\s*$", re.I)
HISTORY = re.compile(r"^\s*DESC(RIBE)?\s+HISTORY\b", re.I)
NO_RESULT_IN_OPEN_SPARK = re.compile(r"^\s*(INSERT|CREATE|REPLACE|DROP|ALTER|COMMENT|SET|USE|TRUNCATE)\b", re.I)
OWN_HOST = re.compile(r"http://127\.0\.0\.1:\d+")
NOT_OFFERED = ("UNRESOLVED_ROUTINE", "PARSE_SYNTAX_ERROR")
KEEPS_STATE = re.compile(r"^\s*(SET|USE|RESET)\b|\bTEMP(ORARY)?\s+VIEW\b", re.I)


def spark_start(work, jars):
    from pyspark.sql import SparkSession
    settings = {
        "spark.jars": ",".join(os.path.join(jars, j) for j in sorted(os.listdir(jars))),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.warehouse.dir": os.path.join(work, "warehouse"),
        "spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true", "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2", "spark.databricks.delta.snapshotPartitions": "1", "spark.driver.memory": "2g",
        # Delta's statistics stay on: which commits a MERGE makes and what a LIMIT takes depend on them.
        "spark.databricks.delta.writeChecksumFile.enabled": "false",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+UseSerialGC", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        # Dates before 1582 as they are; and no code generation: these queries are short and many.
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED", "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED", "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
        "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.sql.adaptive.enabled": "false",
        "spark.ui.showConsoleProgress": "false", "spark.rpc.message.maxSize": "512",
    }
    builder = SparkSession.builder.master("local[2]").appName("lakeferry-conformance")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


# --- one result, in one form for both sides ---

def cell(value, type_text):
    """A cell for comparing: decimals by value, numbers as they are, structs and maps as JSON."""
    if value is None:
        return None
    if type_text.startswith("decimal"):
        return ("decimal", str(Decimal(str(value)).normalize()))
    if type_text in ("double", "float") and not isinstance(value, bool):
        number = float(str(value).replace("Infinity", "inf"))
        return ("double", repr(struct.unpack("f", struct.pack("f", number))[0] if type_text == "float" else number))
    if isinstance(value, (dict, list)):
        return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


class Result:
    def __init__(self, columns, rows, error_class=None, state="", message=""):
        self.columns = [(n, t.lower()) for n, t in columns]
        self.rows = [[cell(v, t) for v, (_, t) in zip(row, self.columns)] for row in rows]
        self.classes = ["" if not error_class or error_class.startswith("_LEGACY") else error_class] if not isinstance(error_class, list) else error_class
        self.failed = error_class is not None
        self.state, self.message = state or "", message

    def rename(self, mapped, name):
        """Sentences of Spark that name a table say its name before the mapping."""
        self.rows = [[v.replace(mapped, name) if isinstance(v, str) else v for v in row] for row in self.rows]

    def place(self, folders):
        """Where a row is from (`_metadata`): the path before the mapping in front of what is below it. folders: {path: folder of the copies}."""
        for path, folder in folders.items():
            start = re.compile("file:/+" + re.escape(urllib.parse.quote(folder).lstrip("/")) + r"(?=/|$)")
            self.rows = [[start.sub(lambda _, p=path: p, v) if isinstance(v, str) else v for v in row] for row in self.rows]

    def bag(self, portless=False):
        """The rows without their order; portless: sample data name the platform's own host, on another port at each start."""
        texts = (json.dumps(r, ensure_ascii=False, default=str) for r in self.rows)
        return collections.Counter(OWN_HOST.sub("http://127.0.0.1", t) if portless else t for t in texts)


# --- the two sides ---

class Spark:
    def __init__(self, spark, work):
        self.root, self.work, self.sessions = spark, work, {}
        self.stateless = spark.newSession()
        self.databases = set()

    def database(self, name):
        if name not in self.databases:
            self.root.sql(f"CREATE DATABASE IF NOT EXISTS `{name}`")
            self.databases.add(name)

    def clear(self):
        """Every database that the last script used goes: the next one starts from the samples."""
        for name in self.databases:
            self.root.sql(f"DROP DATABASE IF EXISTS `{name}` CASCADE")
        self.databases, self.sessions = set(), {}
        self.root.catalog.clearCache()
        shutil.rmtree(os.path.join(self.work, "warehouse"), ignore_errors=True)

    def session(self, name, text):
        one_shot = "-" in name
        if one_shot and not KEEPS_STATE.search(text):
            return self.stateless
        if name not in self.sessions:
            self.sessions[name] = self.root.newSession()
        return self.sessions[name]

    def log(self, table):
        """What Delta's log of a table says: its history and the properties that are ours. DESCRIBE HISTORY reads the same files, in a second or two."""
        folder = os.path.join(self.work, "warehouse", mapping.name(*table[:2]) + ".db", mapping.name(table[2]), "_delta_log")
        rows, properties = [], {}
        for name in sorted(os.listdir(folder)):
            if not re.fullmatch(r"\d{20}\.json", name):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                for action in map(json.loads, f):
                    if "commitInfo" in action:
                        rows.append([int(name[:20]), action["commitInfo"]["operation"]])
                    if "metaData" in action:
                        properties = action["metaData"].get("configuration") or {}
        return Result([("version", "bigint"), ("operation", "string")], rows), {k: v for k, v in properties.items() if k.startswith("lakeferry.")}

    def run(self, session, text, parameters=()):
        args = {p["name"]: self.argument(p) for p in parameters} or None
        try:
            frame = session.sql(text, args=args) if args else session.sql(text)
            return self.rows(frame)
        except Exception as e:
            return self.error(e)

    @staticmethod
    def argument(p):
        value, kind = p["value"], (p["type"] or "STRING").upper()
        if value is None or kind == "STRING":
            return value
        if kind in ("INT", "BIGINT", "SMALLINT", "TINYINT", "LONG"):
            return int(value)
        if kind in ("DOUBLE", "FLOAT"):
            return float(value)
        if kind == "BOOLEAN":
            return value.lower() == "true"
        return Decimal(value) if kind.startswith("DECIMAL") else value

    @staticmethod
    def rows(frame):
        """Collects through Spark's own JSON, so that no Python type stands between."""
        from pyspark.sql import functions as F
        columns = [(f.name, f.dataType.simpleString()) for f in frame.schema.fields]
        if not columns:
            frame.collect()
            return Result([], [])
        numbered = frame.toDF(*[f"c{i}" for i in range(len(columns))])
        shown = [(F.col(f"c{i}").cast("string") if t == "void" or "interval" in t else F.col(f"c{i}")).alias(f"c{i}") for i, (_, t) in enumerate(columns)]
        options = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'",
                   "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"}
        found = numbered.select(F.to_json(F.struct(*shown), options).alias("j")).collect()
        rows = []
        for r in found:
            tree = json.loads(r.j, parse_float=Decimal)
            rows.append([tree.get(f"c{i}") for i in range(len(columns))])
        return Result(columns, rows)

    @staticmethod
    def error(e):
        classes, states, at = [], [], getattr(e, "_origin", None) or getattr(e, "java_exception", None)
        for _ in range(8):
            if at is None:
                break
            for getter, into in (("getErrorClass", classes), ("getSqlState", states)):
                try:
                    value = getattr(at, getter)()
                    into.append("" if value is None or value.startswith("_LEGACY") else value)
                except Exception:
                    into.append("")
            at = at.getCause()
        if not classes:
            classes, states = [e.getErrorClass() if hasattr(e, "getErrorClass") else ""], [""]
        known = [(c, s) for c, s in zip(classes, states) if c]
        return Result([], [], [c for c, _ in known] or [""], " ".join(s for _, s in known if s), str(e))


class Platform:
    """The fresh local platform; its own recording says what each statement gave, in native types."""

    def __init__(self, build, work):
        self.record = os.path.join(work, "replay")
        shutil.rmtree(self.record, ignore_errors=True)
        self.sandbox = Sandbox(build, work, ["--record", self.record])
        self.contexts, self.read = {}, 0

    def __enter__(self):
        self.sandbox.__enter__()
        return self

    def __exit__(self, *a):
        return self.sandbox.__exit__(*a)

    def context(self, name):
        if name not in self.contexts:
            _, made = self.sandbox.call("POST", "/api/1.2/contexts/create", {"clusterId": CLUSTER, "language": "sql"})
            self.contexts[name] = made["id"]
            self.sandbox.wait(f"/api/1.2/contexts/status?clusterId={CLUSTER}&contextId={made['id']}", lambda a: a["status"], ("Running", "Error"))
        return self.contexts[name]

    def run(self, session, text, parameters=()):
        if "-" in session:
            body = {"warehouse_id": WAREHOUSE, "statement": text, "wait_timeout": "50s"}
            if parameters:
                body["parameters"] = [{k: v for k, v in p.items() if v is not None} for p in parameters]
            _, answer = self.sandbox.call("POST", "/api/2.0/sql/statements", body)
            if "status" not in answer:
                raise RuntimeError(f"refused: {answer}")
            if answer["status"]["state"] in ("PENDING", "RUNNING"):
                self.sandbox.wait("/api/2.0/sql/statements/" + answer["statement_id"], lambda a: a["status"]["state"], ("SUCCEEDED", "FAILED"))
            message = (answer["status"].get("error") or {}).get("message", "")
        else:
            context = self.context(session)
            _, made = self.sandbox.call("POST", "/api/1.2/commands/execute", {"clusterId": CLUSTER, "contextId": context, "language": "sql", "command": text})
            done = self.sandbox.wait(f"/api/1.2/commands/status?clusterId={CLUSTER}&contextId={context}&commandId={made['id']}", lambda a: a["status"], ("Finished", "Error"))
            message = done["results"].get("cause", "")
        return self.last(message)

    def last(self, message):
        with open(os.path.join(self.record, "sql.jsonl"), encoding="utf-8", errors="surrogatepass") as f:
            f.seek(self.read)
            line = f.readlines()[-1]
            self.read = f.tell()
        self.line = json.loads(line)
        return as_result(self.line, message)

    def place(self, path, source):
        """Puts the recorded copy of a path where this platform has it; nothing recorded: nothing there."""
        volume = re.match(r"/[Vv]olumes/([^/]+)/([^/]+)/([^/]+)", path)
        if volume:
            catalog, schema, name = volume.groups()
            self.sandbox.call("POST", "/api/2.1/unity-catalog/schemas", {"catalog_name": catalog, "name": schema})
            self.sandbox.call("POST", "/api/2.1/unity-catalog/volumes", {"catalog_name": catalog, "schema_name": schema, "name": name, "volume_type": "MANAGED"})
        parts = path.strip("/").split("/") if volume else re.sub(r"^s3a?://", "s3/", path).strip("/").split("/")
        if volume:
            parts = ["volumes", *[p.lower() for p in parts[1:4]], *parts[4:]]
        target = os.path.join(self.sandbox.dir, *parts)
        if volume and len(parts) == 4:
            return
        shutil.rmtree(target, ignore_errors=True)
        if os.path.isfile(source):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
        elif os.path.isdir(source):
            os.makedirs(target)
            for entry in os.listdir(source):
                if os.path.isfile(os.path.join(source, entry)):
                    shutil.copyfile(os.path.join(source, entry), os.path.join(target, entry))


def as_result(line, message=""):
    if len(line["rows"]) != line.get("row_count", len(line["rows"])):
        raise RuntimeError(f"the recording keeps {len(line['rows'])} of {line['row_count']} rows")
    columns = [(c["name"], c["type"]) for c in line["columns"]]
    return Result(columns, line["rows"], line["error_class"] if line["failed"] else None, line["sqlstate"], message)


# --- comparing ---

def compare(ours, theirs, text):
    """What differs between the platform's result and Spark's, as sentences."""
    if ours.failed != theirs.failed:
        return [f"platform: {ours.message or ours.classes if ours.failed else 'succeeded'}", f"Spark: {theirs.message if theirs.failed else 'succeeded'}"]
    if ours.failed:
        found = []
        if ours.classes[0] not in theirs.classes and not (ours.classes[0] == "" and theirs.classes == [""]):
            found.append(f"error class {ours.classes[0]!r}, Spark {theirs.classes}: {theirs.message.splitlines()[:1]}")
        if theirs.state and ours.state not in theirs.state.split():
            found.append(f"SQLSTATE {ours.state!r}, Spark {theirs.state!r}")
        return found
    if NO_RESULT_IN_OPEN_SPARK.match(text):
        return []
    if HISTORY.match(text):
        return history_differences(ours, theirs)
    found = []
    if ours.columns != theirs.columns:
        found.append(f"columns {ours.columns}, Spark {theirs.columns}")
    a, b = ours.bag(), theirs.bag()
    if a != b:
        found.append(f"{sum(a.values())} rows, Spark {sum(b.values())}")
        found += row_differences(sorted((a - b).elements()), sorted((b - a).elements()), [n for n, _ in ours.columns])
    return found


def row_differences(ours, theirs, names):
    """The first rows that only one side has, cell by cell where both have as many."""
    if len(ours) != len(theirs):
        return [f"only platform: {r[:400]}" for r in ours[:3]] + [f"only Spark: {r[:400]}" for r in theirs[:3]]
    found = []
    for a, b in list(zip(map(json.loads, ours), map(json.loads, theirs)))[:5]:
        found += [f"{name}: {x!r}, Spark {y!r}"[:500] for name, x, y in zip(names, a, b) if x != y]
    return found


def history_differences(ours, theirs):
    def seen(r):
        names = [n for n, _ in r.columns]
        return [(row[names.index("version")], row[names.index("operation")]) for row in r.rows]
    a, b = sorted(seen(ours)), sorted(seen(theirs))
    return [] if a == b else [f"history {a}, Spark {b}"]


class Script:
    """One recording replayed on both sides."""

    def __init__(self, spark, platform, work, label):
        self.spark, self.platform, self.work, self.label = spark, platform, work, label
        self.catalogs = {c["name"].lower() for c in platform.sandbox.listed("/api/2.1/unity-catalog/catalogs", "catalogs")}
        self.sampled, self.written, self.directories, self.shared_files = set(), {}, {}, False
        self.deltas = {}
        self.counts, self.bad, self.skipped = collections.Counter(), [], collections.Counter()

    def sample(self, table):
        """The sample table of that name, made in Spark with the rows that the platform has."""
        if table in self.sampled:
            return
        self.sampled.add(table)
        database = mapping.name(*table[:2])
        status, _ = self.platform.sandbox.call("GET", "/api/2.1/unity-catalog/schemas/" + urllib.parse.quote(".".join(table[:2])))
        if status == 200:
            self.spark.database(database)
        status, made = self.platform.sandbox.call("GET", "/api/2.1/unity-catalog/tables/" + urllib.parse.quote(".".join(table)))
        if status != 200 or made.get("table_type") == "VIEW":
            return
        quoted = ".".join(f"`{p.replace('`', '``')}`" for p in table)
        self.platform.run("sample-", f"SELECT * FROM {quoted}")
        names = [c["name"] for c in self.platform.line["columns"]]
        lines = [json.dumps(dict(zip(names, row))) for row in self.platform.line["rows"]]
        target = f"spark_catalog.`{database}`.`{mapping.name(table[2])}`"
        columns = ", ".join(f"`{c['name']}` {c['type_text']}" for c in made["columns"])
        self.spark.root.sql(f"CREATE TABLE {target} ({columns}) USING DELTA")
        if lines:
            frame = self.spark.root.createDataFrame([(x,) for x in lines], "j STRING")
            frame.selectExpr(f"from_json(j, '{columns.replace(chr(39), chr(92) + chr(39))}') AS r").selectExpr("r.*").write.insertInto(f"`{database}`.`{mapping.name(table[2])}`")

    def delta_of(self, path):
        """The Delta folder that stands for a path in all statements; what the platform has there at first is in it."""
        path = path.rstrip("/")
        if path in self.deltas:
            return self.deltas[path]
        target = self.deltas[path] = os.path.join(self.work, "paths", mapping.name(self.label), "delta", mapping.name(path))
        shutil.rmtree(target, ignore_errors=True)
        if not self.platform.run("sample-", f"SELECT * FROM delta.`{path}`").failed:
            columns = ", ".join(f"`{c['name']}` {c['type']}" for c in self.platform.line["columns"])
            names = [c["name"] for c in self.platform.line["columns"]]
            lines = [(json.dumps(dict(zip(names, row))),) for row in self.platform.line["rows"]]
            frame = self.spark.root.createDataFrame(lines, "j STRING").selectExpr(f"from_json(j, '{columns}') AS r").selectExpr("r.*")
            frame.write.format("delta").save(target)
        return target

    def paths(self, folder, n):
        """Path of a statement → a plain folder of its own with the recorded files."""
        given = {}

        def path_of(path):
            if path in self.directories:
                return self.directories[path]
            if path not in given:
                local = re.sub(r"^s3a?:/", "", path) if path.startswith("s3") else path
                recorded = os.path.join(folder, "files", "" if self.shared_files else str(n)).rstrip("/") + local.rstrip("/")
                plain_name = os.path.join(self.work, "paths", mapping.name(self.label), str(n), str(len(given)))
                shutil.rmtree(plain_name, ignore_errors=True)
                target = plain_name
                if os.path.isfile(recorded):
                    target = os.path.join(plain_name, "f" + os.path.splitext(recorded)[1])
                    os.makedirs(plain_name)
                    shutil.copyfile(recorded, target)
                elif os.path.isdir(recorded):
                    shutil.copytree(recorded, plain_name)
                given[path] = (target, recorded)
            return given[path][0]

        return path_of, given

    def step(self, line, folder):
        text = line["text"]
        self.counts["statements"] += 1
        path_of, given = self.paths(folder, line["n"])
        mapped = mapping.Mapped(text, self.catalogs, path_of, self.delta_of)
        for table in mapped.tables:
            self.sample(table)
        for path, (_, recorded) in given.items():
            self.platform.place(path, recorded)
        where = f"{self.label} statement {line['n']}: {' '.join(text.split())[:300]}"
        ours = self.platform.run(line["session"], text, line["parameters"])
        bare = mapping.without_literals(mapped.text if mapped.views else text)
        reason = next((r for pattern, r in NOT_COMPARED if pattern.search(bare)), None)
        if reason and reason.startswith("read_files"):
            self.skipped[reason] += 1
            return
        if "failed" in line:
            self.replayed(where, as_result(line), ours, reason or HISTORY.match(text) or TABLES.match(text))
        session = self.spark.session(line["session"], mapped.text)
        theirs = next((r for r in (self.spark.run(session, view) for view in mapped.views) if r.failed), None) or self.spark.run(session, mapped.text, line["parameters"])
        listed = TABLES.match(text)
        if reason:
            self.skipped[reason] += 1
        elif listed:
            self.counts["lists of tables compared"] += 1
            found = self.lists_differ(listed.groups(), ours, theirs)
            if found:
                self.bad.append((where, found))
        else:
            self.counts["results compared"] += 1
            if self.shared_files and ours.failed and not theirs.failed and ours.classes[0] in NOT_OFFERED:
                # What no statement of lakeferry needs, the platform may refuse; it may not pretend.
                self.skipped["the platform does not offer it and says so"] += 1
                tap.note("not offered: " + " ".join(text.split())[:120])
                return
            for table in mapped.tables:
                theirs.rename(f"spark_catalog.{mapping.name(*table[:2])}.{mapping.name(table[2])}", ".".join(table))
            theirs.place({path: target for path, (target, _) in given.items()})
            found = compare(ours, theirs, text)
            if found:
                self.bad.append((where, found))
        if mapping.writes_directory(text):
            self.directories.update({path: target for path, (target, _) in given.items()})
        target = self.target(text, mapped)
        if target and not ours.failed:
            found = self.table_differences(target, reason)
            if found:
                self.bad.append((where, ["afterwards: " + f for f in found]))

    def lists_differ(self, schema, ours, theirs):
        """Spark has the tables that a statement named so far, under mapped names: of those, both list the same."""
        if mapping.name(*schema) not in self.spark.databases:
            return []
        named = {mapping.name(t[2]) for t in self.sampled if t[:2] == schema}
        sides = []
        for side in (ours, theirs):
            if side.failed:
                return [f"refused: {side.message}"]
            at = [c[0].lower() for c in side.columns].index("tablename")
            sides.append({mapping.name(row[at]) for row in side.rows} & named)
        return [] if sides[0] == sides[1] else [f"tables {sorted(sides[0])}, Spark {sorted(sides[1])}"]

    def replayed(self, where, recorded, ours, moving):
        """The replay must have given what was recorded, or it stands for nothing; moving: its rows are of the moment."""
        if recorded.failed != ours.failed or recorded.failed and recorded.classes != ours.classes:
            self.bad.append((where, [f"recorded {recorded.classes if recorded.failed else 'success'}, replayed {ours.message if ours.failed else 'success'}"]))
        elif not moving and recorded.bag(portless=True) != ours.bag(portless=True):
            self.bad.append((where, [f"recorded {len(recorded.rows)} rows, replayed {len(ours.rows)} or others"]))

    def target(self, text, mapped):
        """The table that a statement writes: the first it names."""
        head = mapping.verb(text)
        writes = head.startswith(("CREATE TABLE", "CREATE OR REPLACE TABLE", "INSERT INTO", "INSERT OVERWRITE", "MERGE", "UPDATE", "DELETE", "ALTER TABLE", "COMMENT ON"))
        if not writes or not mapped.tables or mapping.writes_directory(text):
            return None
        if head.startswith(("CREATE TABLE", "CREATE OR REPLACE TABLE")):
            self.written[mapped.tables[0]] = True
        return mapped.tables[0]

    def table_differences(self, table, reason):
        quoted = ".".join(f"`{p.replace('`', '``')}`" for p in table)
        theirs_name = f"spark_catalog.`{mapping.name(*table[:2])}`.`{mapping.name(table[2])}`"
        found = []
        if not reason:
            self.counts["tables compared"] += 1
            found += compare(self.platform.run("after-", f"SELECT * FROM {quoted}"), self.spark.run(self.spark.stateless, f"SELECT * FROM {theirs_name}"), "SELECT")
        _, made = self.platform.sandbox.call("GET", "/api/2.1/unity-catalog/tables/" + urllib.parse.quote(".".join(table)))
        ours = {k: v for k, v in (made.get("properties") or {}).items() if k.startswith("lakeferry.")}
        history, theirs = self.spark.log(table)
        if ours != theirs:
            found.append(f"properties {ours}, Spark {theirs}")
        if self.written.get(table):
            found += compare(self.platform.run("after-", f"DESCRIBE HISTORY {quoted}"), history, "DESCRIBE HISTORY")
        return found


def replay(spark, build, work, label, statements, folder, shared_files=False):
    began = time.monotonic()
    with Platform(build, work) as platform:
        script = Script(spark, platform, work, label)
        script.shared_files = shared_files
        for line in statements:
            try:
                script.step(line, folder)
            except Exception as e:
                script.bad.append((f"{label} statement {line['n']}: {line['text'][:300]}", [f"{type(e).__name__}: {str(e)[:600]}"]))
    spark.clear()
    for what, n in sorted(script.counts.items()):
        tap.note(f"sql: {label}: {n} {what}")
    for reason, n in sorted(script.skipped.items()):
        tap.skip(f"sql: {label}: {n} results", reason)
    details = []
    for where, found in script.bad:
        details += [where, *["    " + f for f in found]]
    tap.note(f"sql: {label}: {time.monotonic() - began:.1f} s")
    tap.report(not script.bad, f"sql: {label}: Spark gives what the platform gives", details)
    return script.counts["statements"]


def corpus_write(work):
    """The statements of corpus.py as a recording: (group, statements), and the folder with its files."""
    folder = os.path.join(work, "corpus")
    shutil.rmtree(folder, ignore_errors=True)
    for path, value in corpus.FILES.items():
        target = os.path.join(folder, "files") + path
        os.makedirs(target if value is None else os.path.dirname(target), exist_ok=True)
        if value is not None:
            with open(target, "wb") as f:
                f.write(value if isinstance(value, bytes) else value.encode())
    groups = []
    for group, texts in corpus.GROUPS.items():
        session = corpus.SESSIONS.get(group, group + "-")
        groups.append((group, [{"n": i + 1, "session": session, "text": text, "parameters": []} for i, text in enumerate(texts)]))
    return groups, folder


def main():
    build, record, work, jars = sys.argv[1:5]
    shutil.rmtree(os.path.join(work, "warehouse"), ignore_errors=True)
    spark = Spark(spark_start(work, jars), work)
    total = 0
    only = sys.argv[5] if len(sys.argv) > 5 else None
    for name, folder in tap.scripts(record):
        if only not in (None, name):
            continue
        statements = [line for _, line in tap.lines(folder, "sql.jsonl")]
        if statements:
            total += replay(spark, build, work, name, statements, folder)
    tap.report(total > 0 or only, "sql: the recordings hold statements")
    groups, folder = corpus_write(work)
    for group, statements in groups:
        if only in (None, "corpus " + group):
            replay(spark, build, work, "corpus " + group, statements, folder, shared_files=True)
    tap.finish()


main()
