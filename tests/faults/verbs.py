"""The verbs on a local platform: what a case needs, the command, and what must be true on both sides at the end."""
import os, re, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = 120


class Verb:
    """A verb on a platform: prepares what a case needs, says the command, and knows what must be true at the end."""

    def __init__(self, platform):
        self.p = platform
        self.prepare_once()
        self.calm_status = None

    def prepare_once(self):
        pass


class Volume(Verb):
    points = "listed planned sent unknown accepted verified stage.list stage.look stage.plan stage.send stage.settle stage.verify stage.table stage.finish " \
             "point.answered point.staged point.statement point.ran"

    def prepare_once(self):
        folder = self.p.volume_make("sea")
        for part in range(2):
            subprocess.run([sys.executable, os.path.join(HERE, "../e2e/pictures.py"), f"{folder}/part{part}", str(FILES // 2), "900", str(FILES // 2), f"p{part}"], check=True)

    def make(self, name):
        self.p.app_make(name)

    def command(self, name):
        return ["import", "volume", "main.vision.sea", "--app", f"lab-user/{name}", "--dataset", "ds", "--table", f"t_{name}", "--yes", "--json"]

    def differences(self, name):
        inputs = self.p.pages(f"/{name}/inputs", "inputs")
        inside = [d["input"] for d in self.p.pages(f"/{name}/datasets/ds/inputs", "dataset_inputs")]
        sources = {i["data"]["metadata"]["lakeferry"]["source"] for i in inside if i["status"]["code"] == 30000}
        rows = self.p.sql(f"SELECT count(*), count(DISTINCT source_path), count(DISTINCT input_id) FROM main.vision.t_{name} WHERE upload_status IN ('verified', 'present')") or [[0, 0, 0]]
        all_rows = self.p.sql(f"SELECT count(*) FROM main.vision.t_{name}") or [[0]]
        facts = [len(inputs), len({i["id"] for i in inside}), len(sources)] + [int(c) for c in rows[0]] + [int(all_rows[0][0])]
        return [] if facts == [FILES] * 7 else [f"inputs, in the dataset, sources, rows, sources, ids, rows in all: {facts}, wanted {FILES} of each"]

    def forget(self, name):
        self.p.clarifai("DELETE", f"/{name}")
        self.p.sql(f"DROP TABLE IF EXISTS main.vision.t_{name}")


class S3(Verb):
    points = "listed planned sent unknown accepted verified stage.look stage.plan stage.send stage.settle stage.verify stage.table stage.finish point.answered point.staged point.statement point.ran"

    def prepare_once(self):
        folder = os.path.join(self.p.data, "s3/lab-bucket/imports")
        text = open(os.path.join(folder, "harbour.csv")).read().splitlines()
        pictures = re.search(r"(http[^,]*/pictures)/", text[1]).group(1)
        with open(os.path.join(folder, "faults.csv"), "w") as f:
            f.write("inputid,input,concepts,metadata,geopoints\n")
            for i in range(FILES):
                f.write(f"row-{i:03d},{pictures}/cat-{i % 3 + 1}.jpg,cat,\"{{'n': {i}}}\",\n")

    def make(self, name):
        self.p.app_make(name)

    def command(self, name):
        return ["import", "s3", "s3://lab-bucket/imports/faults.csv", "--format", "csv", "--app", f"lab-user/{name}", "--dataset", "ds", "--table", f"main.vision.t_{name}", "--yes", "--json"]

    def differences(self, name):
        wanted = {f"row-{i:03d}" for i in range(FILES)}
        inputs = self.p.pages(f"/{name}/inputs", "inputs")
        inside = [d["input"]["id"] for d in self.p.pages(f"/{name}/datasets/ds/inputs", "dataset_inputs")]
        rows = self.p.sql(f"SELECT input_id, upload_status FROM main.vision.t_{name}")
        found = []
        if sorted(i["id"] for i in inputs) != sorted(wanted) or sorted(inside) != sorted(wanted):
            found.append(f"{len(inputs)} inputs, {len(inside)} in the dataset, wanted {FILES}")
        if sorted(r[0] or "" for r in rows) != sorted(wanted) or {r[1] for r in rows} - {"verified", "present"}:
            found.append(f"{len(rows)} rows of {sorted({r[1] for r in rows})}, wanted {FILES} verified")
        return found

    forget = Volume.forget


def compare_tables(p, name, *options):
    done = subprocess.run([sys.executable, os.path.join(HERE, "../e2e/tables.py"), p.origin, "lab-user/labelled", "val", f"main.vision.{name}_in", f"main.vision.{name}_ann", *options],
                          capture_output=True, text=True)
    return [l for l in (done.stdout + done.stderr[-400:]).splitlines() if l and not l.startswith("#")]


class Export(Verb):
    points = "listed verified stage.look stage.inputs stage.plan stage.verify stage.annotations stage.images stage.tables stage.finish point.staged point.statement point.ran"

    def make(self, name):
        self.p.volume_make("v" + name)

    def command(self, name):
        return ["export", "--app", "lab-user/labelled", "--dataset", "val", "--to", "main.vision", "--inputs-table", f"{name}_in", "--annotations-table", f"{name}_ann",
                "--images", f"main.vision.v{name}", "--yes", "--json"]

    def differences(self, name):
        return compare_tables(self.p, name, "--images", f"/Volumes/main/vision/v{name}")

    def forget(self, name):
        for table in ("in", "ann"):
            self.p.sql(f"DROP TABLE IF EXISTS main.vision.{name}_{table}")
        self.p.databricks("DELETE", f"/api/2.1/unity-catalog/volumes/main.vision.v{name}")


class Update(Verb):
    points = "stage.look stage.inputs stage.annotations stage.stage stage.difference stage.merge stage.verify stage.finish point.staged point.statement point.ran"

    def make(self, name):
        """The tables of an undisturbed export, then some rows lost and some changed."""
        self.runner(["export", "--app", "lab-user/labelled", "--dataset", "val", "--to", "main.vision", "--inputs-table", f"{name}_in", "--annotations-table", f"{name}_ann", "--yes", "--json"])
        for table, column in (("in", "image_url"), ("ann", "annotation")):
            key = "input_id" if table == "in" else "annotation_id"
            self.p.sql(f"DELETE FROM main.vision.{name}_{table} WHERE {key} IN (SELECT {key} FROM main.vision.{name}_{table} ORDER BY {key} LIMIT 3)")
            self.p.sql(f"UPDATE main.vision.{name}_{table} SET {column} = 'stale' WHERE {key} > 'm'")

    def command(self, name):
        return ["update", "--app", "lab-user/labelled", "--dataset", "val", "--inputs-table", f"main.vision.{name}_in", "--annotations-table", f"main.vision.{name}_ann", "--yes", "--json"]

    def differences(self, name):
        return compare_tables(self.p, name)

    def forget(self, name):
        for table in ("in", "ann"):
            self.p.sql(f"DROP TABLE IF EXISTS main.vision.{name}_{table}")


class VolumeAgain(Volume):
    """Into a table that is there and lost some rows: what is staged is compared with it by queries."""

    def make(self, name):
        super().make(name)
        self.runner(super().command(name))
        self.p.sql(f"DELETE FROM main.vision.t_{name} WHERE source_path IN (SELECT source_path FROM main.vision.t_{name} ORDER BY source_path LIMIT 3)")

    def command(self, name):
        return super().command(name) + ["--if-exists", "append"]


class ExportAgain(Export):
    """Once more: which pictures are written already is read from the table."""

    def make(self, name):
        super().make(name)
        self.runner(super().command(name))

    def command(self, name):
        return super().command(name) + ["--if-exists", "replace"]


VERBS = {"volume": Volume, "s3": S3, "export": Export, "update": Update}
# What a case of the table may name, too.
AGAIN = {"volume_again": VolumeAgain, "export_again": ExportAgain}
