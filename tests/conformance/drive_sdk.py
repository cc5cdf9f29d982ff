"""
databricks-sdk drives a fresh local platform: what its users do first, through its own retries, waiters and paging. Beside the
values, every key of every JSON answer must come back from the as_dict of the SDK's class for it.
usage: drive_sdk.py BUILD WORK
"""
import collections
import glob
import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import traceback
import urllib.parse

import requests
import tap
import vendor_sdk
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service import catalog, compute, sql
from local import Sandbox

LIVE, STOPPED, WAREHOUSE = "0101-120000-live001", "0101-120000-lab0001", "wh-live-0001"
answers = []
# Routes that the SDK has no call for, or not in what this platform says.
NOT_DRIVEN = {
    ("DELETE", "/api/2.0/sql/statements/{id}"): "sent by the vendor's JDBC driver only",
    ("POST", "/api/2.0/sql/statements/"): "the SDK's slash at the end is no part of the route",
    ("POST", "/api/2.0/fs/create-resumable-upload-url"): "asked only where the platform chose a resumable upload; this one chooses parts",
    **{(m, "/api/2.0/clusters/" + name): "the SDK speaks version 2.1" for m, name in (
        ("GET", "get"), ("GET", "list"), ("POST", "delete"), ("POST", "events"), ("POST", "restart"), ("POST", "start"))},
}


def watch():
    """Keeps every JSON answer that any client of this process gets."""
    send = requests.Session.send

    def watched(self, request, **options):
        answer = send(self, request, **options)
        if "json" in answer.headers.get("content-type", "") and not options.get("stream"):
            answers.append((request.method, urllib.parse.urlsplit(request.url).path, answer.status_code, answer.content))
        return answer

    requests.Session.send = watched


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def raises(error, text, function):
    try:
        function()
    except error as e:
        expect(text in str(e), f"{type(e).__name__} says: {e}")
        return
    raise AssertionError(f"no {error.__name__}")


def identity(w, s):
    me = w.current_user.me()
    expect(me.user_name and me.active and me.emails[0].value == me.user_name, me)


def wrong_token(w, s):
    bad = WorkspaceClient(host=s.origin, token="dapi-wrong", auth_type="pat")
    raises(PermissionDenied, "Invalid access token", bad.current_user.me)


def oauth(w, s):
    m2m = WorkspaceClient(host=s.origin, client_id="sandbox-client", client_secret="sandbox-secret", auth_type="oauth-m2m")
    expect(m2m.current_user.me().user_name, "no user")
    wrong = WorkspaceClient(host=s.origin, client_id="sandbox-client", client_secret="nope", auth_type="oauth-m2m")
    raises(ValueError, "invalid_client", wrong.current_user.me)


def clusters(w, s):
    found = {c.cluster_id: c for c in w.clusters.list()}
    expect({LIVE, STOPPED} <= set(found), sorted(found))
    expect(w.clusters.get(LIVE).state == compute.State.RUNNING, "not running")
    raises(Exception, "does not exist", lambda: w.clusters.get("0000-000000-nothere"))
    w.clusters.ensure_cluster_is_running(STOPPED)
    expect(w.clusters.get(STOPPED).state == compute.State.RUNNING, "did not start")
    expect(next(iter(w.clusters.events(STOPPED))).cluster_id == STOPPED, "no event")
    expect(w.clusters.restart_and_wait(STOPPED).state == compute.State.RUNNING, "did not restart")
    expect(w.clusters.delete_and_wait(STOPPED).state == compute.State.TERMINATED, "did not stop")
    expect(list(w.libraries.cluster_status(LIVE)) is not None and w.clusters.get_permission_levels(LIVE).permission_levels, "libraries, permission levels")


def commands(w, s):
    api = w.command_execution
    context = api.create_and_wait(cluster_id=LIVE, language=compute.Language.SQL)
    run = lambda text: api.execute_and_wait(cluster_id=LIVE, context_id=context.id, language=compute.Language.SQL, command=text)
    table = run("SELECT 1 AS n, 'x' AS t, array(1, 2) AS a").results
    expect(table.result_type == compute.ResultType.TABLE and table.data == [[1, "x", [1, 2]]], table)
    expect(json.loads(table.schema[0]["type"]) == "integer", table.schema)
    wrong = run("SELECT FROM nothing WHERE").results
    expect(wrong.result_type == compute.ResultType.ERROR and wrong.summary, wrong)
    late = api.execute(cluster_id=LIVE, context_id=context.id, language=compute.Language.SQL, command="SELECT 2")
    api.cancel(cluster_id=LIVE, context_id=context.id, command_id=late.command_id)
    expect(api.command_status(LIVE, context.id, late.command_id).id == late.command_id, "status of what was cancelled")
    api.destroy(cluster_id=LIVE, context_id=context.id)


def statements(w, s):
    api = w.statement_execution
    one = api.execute_statement(warehouse_id=WAREHOUSE, statement="SELECT :a AS a, CAST(:n AS INT) AS n", wait_timeout="30s", parameters=[
        sql.StatementParameterListItem(name="a", value="it's"), sql.StatementParameterListItem(name="n", value="3", type="INT")])
    expect(one.result.data_array == [["it's", "3"]], one.result)
    expect([c.type_name for c in one.manifest.schema.columns] == [sql.ColumnInfoTypeName.STRING, sql.ColumnInfoTypeName.INT], one.manifest)
    bad = api.execute_statement(warehouse_id=WAREHOUSE, statement="SELECT * FROM main.vision.not_there", wait_timeout="30s")
    expect(bad.status.state == sql.StatementState.FAILED and "TABLE_OR_VIEW_NOT_FOUND" in bad.status.error.message, bad.status)
    raises((NotFound, BadRequest), "", lambda: api.execute_statement(warehouse_id="nope", statement="SELECT 1"))
    late = api.execute_statement(warehouse_id=WAREHOUSE, statement="SELECT 1", wait_timeout="0s")
    expect(late.status.state in (sql.StatementState.PENDING, sql.StatementState.RUNNING), late.status)
    done = s.wait("/api/2.0/sql/statements/" + late.statement_id, lambda a: a["status"]["state"], ("SUCCEEDED",))
    expect(api.get_statement(late.statement_id).result.data_array == done["result"]["data_array"], done)
    api.cancel_execution(late.statement_id)


def chunks(w, s):
    s.call("POST", "/_control/settings", {"statement.chunk_rows": 3})
    api = w.statement_execution
    many = " UNION ALL ".join(f"SELECT {i} AS n" for i in range(10)) + " ORDER BY n"
    for disposition in (sql.Disposition.INLINE, sql.Disposition.EXTERNAL_LINKS):
        got = api.execute_statement(warehouse_id=WAREHOUSE, statement=many, wait_timeout="30s",
                                    disposition=disposition, format=sql.Format.JSON_ARRAY)
        expect(got.status.state == sql.StatementState.SUCCEEDED, got.status)
        expect(got.manifest.total_chunk_count == 4 and got.manifest.total_row_count == 10, got.manifest)
        rows, part = [], got.result
        while True:
            if part.external_links:
                link = part.external_links[0]
                page = requests.get(link.external_link, headers=link.http_headers or {}, timeout=30)
                expect(page.status_code == 200, page.text)
                rows, following = rows + page.json(), link.next_chunk_index
            else:
                rows, following = rows + part.data_array, part.next_chunk_index
            if following is None:
                break
            part = api.get_statement_result_chunk_n(got.statement_id, following)
        expect(rows == [[str(i)] for i in range(10)], rows)


def warehouses(w, s):
    found = {x.id: x for x in w.warehouses.list()}
    expect(WAREHOUSE in found and found[WAREHOUSE].state == sql.State.RUNNING, found)
    asleep = next(i for i, x in found.items() if x.state == sql.State.STOPPED)
    expect(w.warehouses.get(asleep).name, "no name")
    expect(w.warehouses.start_and_wait(asleep).state == sql.State.RUNNING, "did not start")
    expect(w.warehouses.stop_and_wait(asleep).state == sql.State.STOPPED, "did not stop")


def unity_catalog(w, s):
    names = [c.name for c in w.catalogs.list()]
    expect("main" in names and w.catalogs.get("main").name == "main", names)
    schemas = [x.name for x in w.schemas.list("main")]
    expect("vision" in schemas and w.schemas.get("main.vision").full_name == "main.vision", schemas)
    tables = {t.name: t for t in w.tables.list("main", "vision")}
    expect("all_types" in tables, sorted(tables))
    full = w.tables.get("main.vision.all_types")
    expect(len(full.columns) > 10 and full.columns[0].type_json, full)
    expect(w.tables.exists("main.vision.all_types").table_exists, "exists")
    raises(NotFound, "does not exist", lambda: w.tables.get("main.vision.nope"))
    expect(len(list(w.tables.list("main", "many", max_results=50, omit_columns=True))) == 5000, "not all 5,000 tables")
    made = w.schemas.create("sdk_made", "main", comment="by the SDK")
    expect(made.full_name == "main.sdk_made" and made.comment == "by the SDK", made)
    w.statement_execution.execute_statement(warehouse_id=WAREHOUSE, statement="CREATE TABLE main.sdk_made.t AS SELECT 1 AS n", wait_timeout="50s")
    raises(BadRequest, "not empty", lambda: w.schemas.delete("main.sdk_made"))
    w.tables.delete("main.sdk_made.t")
    expect(not w.tables.exists("main.sdk_made.t").table_exists, "the table is still there")
    w.schemas.delete("main.sdk_made")
    raises(NotFound, "does not exist", lambda: w.schemas.get("main.sdk_made"))
    made = w.catalogs.create("sdk_catalog", comment="by the SDK")
    expect(made.name == "sdk_catalog" and made.comment == "by the SDK", made)
    w.schemas.create("inside", "sdk_catalog")
    raises(BadRequest, "not empty", lambda: w.catalogs.delete("sdk_catalog"))
    w.catalogs.delete("sdk_catalog", force=True)
    raises(NotFound, "does not exist", lambda: w.schemas.get("sdk_catalog.inside"))
    expect(w.metastores.current().metastore_id == w.metastores.summary().metastore_id, "metastore")
    for asked in (w.grants.get, w.grants.get_effective):
        expect(asked("TABLE", "main.vision.all_types").privilege_assignments is not None, "grants")
    expect(any(t.full_name == "main.vision.all_types" for t in w.tables.list_summaries("main", schema_name_pattern="vision")), "summaries")


def volumes(w, s):
    expect("pictures" in [v.name for v in w.volumes.list("main", "vision")], "no volume")
    expect(w.volumes.read("main.vision.pictures").full_name == "main.vision.pictures", "read")
    made = w.volumes.create("main", "vision", "sdk_made", catalog.VolumeType.MANAGED, comment="by the SDK")
    expect(made.volume_type == catalog.VolumeType.MANAGED and made.comment == "by the SDK", made)
    raises(Exception, "exist", lambda: w.volumes.create("main", "vision", "sdk_made", catalog.VolumeType.MANAGED))


def files(w, s):
    folder = "/Volumes/main/vision/sdk_made/a b"
    path = folder + "/naïve 100% #1.bin"
    content = bytes(range(256)) * 4096
    w.files.create_directory(folder)
    w.files.upload(path, io.BytesIO(content), overwrite=True)
    raises(Exception, "exists", lambda: w.files.upload(path, io.BytesIO(b"x"), overwrite=False))
    expect(w.files.download(path).contents.read() == content, "other bytes came back")
    expect(w.files.get_metadata(path).content_length == len(content), "length")
    listed = list(w.files.list_directory_contents(folder))
    expect([(e.path, e.file_size, e.is_directory) for e in listed] == [(path, len(content), False)], listed)
    raises(Exception, "not empty", lambda: w.files.delete_directory(folder))
    w.files.delete(path)
    raises(NotFound, "", lambda: w.files.download(path))
    w.files.delete_directory(folder)
    w.volumes.delete("main.vision.sdk_made")
    raises(NotFound, "does not exist", lambda: w.volumes.read("main.vision.sdk_made"))


def ranges(w, s):
    """A download that breaks off goes on from there by a range; parts and presigned addresses, which are not enabled, fall back."""
    path = "/Volumes/main/vision/out/sdk ranges.bin"
    content = os.urandom(3 << 20)
    config = Config(host=s.origin, token=s.token, auth_type="pat")
    config.files_ext_multipart_upload_min_stream_size = config.files_ext_parallel_download_min_file_size = 1024
    small = WorkspaceClient(config=config)
    small.files.upload(path, io.BytesIO(content), overwrite=True)
    before = s.requests()["GET /api/2.0/fs/files/{path*}"]
    s.call("POST", "/_control/faults", {"method": "GET", "path": "/api/2.0/fs/files/*", "nth": [1], "times": 1, "kind": "cut_body"})
    expect(w.files.download(path).contents.read() == content, "other bytes came back")
    expect(s.requests()["GET /api/2.0/fs/files/{path*}"] == before + 2, "it did not break off once")
    with tempfile.TemporaryDirectory() as folder:
        small.files.download_to(path, folder + "/copy", overwrite=True)
        with open(folder + "/copy", "rb") as f:
            expect(f.read() == content, "other bytes came back in parts")
    w.files.get_directory_metadata("/Volumes/main/vision/out")
    w.files.delete(path)


def secrets(w, s):
    w.secrets.create_scope("sdk-scope")
    w.secrets.put_secret("sdk-scope", "k", string_value="v")
    expect("sdk-scope" in [x.name for x in w.secrets.list_scopes()], "scope")
    expect([x.key for x in w.secrets.list_secrets("sdk-scope")] == ["k"], "keys")
    expect(w.secrets.get_secret("sdk-scope", "k").value == "dg==", "value in base64")
    w.secrets.delete_secret("sdk-scope", "k")
    raises(NotFound, "", lambda: w.secrets.get_secret("sdk-scope", "k"))


def understood():
    known = vendor_sdk.calls()
    bad = collections.defaultdict(list)
    read = 0
    for method, path, status, content in answers:
        call = vendor_sdk.find(known, method, path)
        if call and status < 300:
            read += 1
            for what in vendor_sdk.answer_complaints(call, json.loads(content)):
                bad[f"{call.name}: {what}"].append(path)
    tap.note(f"sdk: {read} answers read")
    tap.report(read > 0 and not bad, "sdk: every key it received comes back from as_dict", tap.places(bad))


def routes():
    """(method, pattern) of every Databricks row in the platform's tables of routes, as the preprocessor spells them out."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src")
    found = set()
    for path in sorted(glob.glob(source + "/sandbox/databricks_*.c")):
        text = subprocess.run(["cc", "-E", "-P", "-D_GNU_SOURCE", "-I", source, path], capture_output=True, text=True, check=True).stdout
        for method, pattern in re.findall(r'\{\s*"([A-Z]+)",\s*((?:"[^"]*"\s*)+),\s*ROUTE_(?:DATABRICKS|PUBLIC)\b', text):
            found.add((method, "".join(re.findall(r'"([^"]*)"', pattern))))
    return found


def driven(s):
    """Every route of the platform was asked by the SDK, but for those above; and those it does not ask."""
    asked = {tuple(key.split(" ", 1)) for key in s.requests()}
    rows = routes()
    missing = sorted(rows - asked - set(NOT_DRIVEN))
    tap.report(len(rows) > 50 and not missing, f"sdk: {len(rows) - len(NOT_DRIVEN)} of {len(rows)} routes are driven", [" ".join(r) for r in missing])
    wrong = sorted(set(NOT_DRIVEN) & asked | set(NOT_DRIVEN) - rows)
    tap.report(not wrong, "sdk: the others are those it has no call for", [" ".join(r) for r in wrong])


def main():
    logging.disable(logging.CRITICAL)
    watch()
    with Sandbox(sys.argv[1], sys.argv[2]) as s:
        w = WorkspaceClient(host=s.origin, token=s.token, auth_type="pat")
        for check in (identity, wrong_token, oauth, clusters, commands, statements, chunks, warehouses, unity_catalog, volumes, files, ranges, secrets):
            try:
                check(w, s)
                tap.report(True, "sdk: " + check.__name__.replace("_", " "))
            except Exception as e:
                tap.report(False, "sdk: " + check.__name__.replace("_", " "), [f"{type(e).__name__}: {e}", *traceback.format_exc(limit=-2).split("\n")])
        driven(s)
    understood()
    tap.finish()


main()
