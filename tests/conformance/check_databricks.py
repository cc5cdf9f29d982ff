"""
Every Databricks call of the recordings must be one that databricks-sdk knows: path, query keys, body members; and every key
of a successful answer must come back from the as_dict of the SDK's class for it.
usage: check_databricks.py RECORD
"""
import collections
import sys

import tap
import vendor_sdk

# Calls that the vendor serves and its SDK does not make: no judge for them here.
NOT_IN_SDK = {
    ("GET", "/.well-known/databricks-config"): "read by the SDK's configuration, outside its services",
    ("GET", "/oidc/.well-known/oauth-authorization-server"): "read by the SDK's configuration, outside its services",
    ("POST", "/oidc/v1/token"): "made by the SDK's configuration, outside its services",
    ("DELETE", "/api/2.0/sql/statements/{id}"): "sent by the vendor's JDBC driver only",
}
# Values that the platform has and this SDK's enums do not.
LAGGING = ("type_name",)


def main():
    known = vendor_sdk.calls()
    counts = collections.Counter()
    no_call, bad_requests, bad_answers = (collections.defaultdict(list) for _ in range(3))
    for name, folder in tap.scripts(sys.argv[1]):
        for number, call in tap.lines(folder, "http.jsonl"):
            if not call["path"].startswith("/api/") or (call["method"], call["route"]) in NOT_IN_SDK:
                continue
            where = f"{name} line {number}: {call['method']} {call['path']}"
            found = vendor_sdk.find(known, call["method"], call["path"])
            if found is None:
                if call["status"] != 404:
                    no_call[f"{call['method']} {call['route']}"].append(where)
                continue
            counts["requests"] += 1
            body = call["request"] if isinstance(call["request"], dict) else None
            counts["request bodies"] += body is not None
            for what in vendor_sdk.request_complaints(found, tap.query_pairs(call["query"]), body):
                bad_requests[f"{found.name}: {what}"].append(f"{where} answered {call['status']}")
            if call["status"] >= 300 or not isinstance(call["answer"], dict):
                continue
            counts["answers"] += 1
            for what in vendor_sdk.answer_complaints(found, call["answer"]):
                if what.rsplit(".", 1)[-1] not in LAGGING:
                    bad_answers[f"{found.name}: {what}"].append(where)
    for what, n in sorted(counts.items()):
        tap.note(f"databricks: {n} {what}")
    tap.report(counts["answers"] > 0 and counts["request bodies"] > 0, "databricks: the recordings hold requests and answers")
    tap.report(not no_call, "databricks: every call is one of the SDK's", tap.places(no_call))
    tap.report(not bad_requests, "databricks: requests have only keys that the SDK sends", tap.places(bad_requests))
    tap.report(not bad_answers, "databricks: every key of an answer comes back from as_dict", tap.places(bad_answers))
    tap.finish()


main()
