"""
Every Clarifai request and answer of the recordings must parse strictly into the vendor's protobuf messages. Which message
a call carries is read from the vendor's own service description: google.api.http names method, path and body.
usage: check_clarifai.py RECORD
"""
import collections
import re
import sys

import tap
from clarifai_grpc.grpc.api import service_pb2
from clarifai_grpc.grpc.api.utils import extensions_pb2
from google.api import annotations_pb2
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor

VARIABLE = re.compile(r"^\{([^}=]+)(=[^}]*)?\}$")
HIDDEN_BODY = "larger than the recorder keeps"
# Its requests are the vendor's own: its JSON channel writes a body with every DELETE.
VENDORS_OWN = "vendor_client"


class Method:
    def __init__(self, rpc, verb, template, body):
        self.rpc, self.verb, self.template, self.body = rpc, verb, template.strip("/").split("/"), body
        self.literals = sum(1 for s in self.template if not VARIABLE.match(s))

    def captures(self, segments):
        """Field path → text when the path is this method's, else None."""
        if len(segments) != len(self.template):
            return None
        found = {}
        for want, got in zip(self.template, segments):
            variable = VARIABLE.match(want)
            if variable:
                found[variable.group(1)] = got
            elif want != got:
                return None
        return found


def vendor_methods():
    methods = []
    for rpc in service_pb2.DESCRIPTOR.services_by_name["V2"].methods:
        rule = rpc.GetOptions().Extensions[annotations_pb2.http]
        for r in [rule, *rule.additional_bindings]:
            kind = r.WhichOneof("pattern")
            if kind:
                verb, path = (r.custom.kind, r.custom.path) if kind == "custom" else (kind.upper(), getattr(r, kind))
                methods.append(Method(rpc, verb.upper(), path, r.body))
    return sorted(methods, key=lambda m: -m.literals)


def find(methods, verb, path):
    segments = tap.segments(path)
    for m in methods:
        if m.verb == verb:
            captures = m.captures(segments)
            if captures is not None:
                return m, captures
    return None, None


def parse(descriptor, body, what):
    message = message_factory.GetMessageClass(descriptor)()
    json_format.ParseDict(body, message, ignore_unknown_fields=False)
    unknown_enums(message, what)
    return message


def unknown_enums(message, what):
    """Numbers that the vendor's enums do not have parse without complaint in proto3: they are looked for here."""
    for field, value in message.ListFields():
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == FieldDescriptor.LABEL_REPEATED
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        for item in value if repeated else [value]:
            if field.type == FieldDescriptor.TYPE_ENUM and item not in field.enum_type.values_by_number:
                raise json_format.ParseError(f"{field.full_name}: the vendor's {field.enum_type.name} has no number {item}")
            if field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.full_name.startswith("google.protobuf."):
                unknown_enums(item, what)


def query_add(tree, name, value, descriptor):
    """Puts a query parameter where its dotted name says; only names of the request's message pass."""
    parts = name.split(".")
    for part in parts[:-1]:
        field = descriptor.fields_by_name.get(part)
        if field is None or field.message_type is None:
            raise json_format.ParseError(f"query parameter {name} is not in {descriptor.name}")
        descriptor, tree = field.message_type, tree.setdefault(part, {})
    field = descriptor.fields_by_name.get(parts[-1])
    if field is None:
        raise json_format.ParseError(f"query parameter {name} is not in {descriptor.name}")
    if field.type == FieldDescriptor.TYPE_BOOL:
        value = {"true": True, "false": False}[value]
    repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == FieldDescriptor.LABEL_REPEATED
    if repeated:
        tree.setdefault(parts[-1], []).append(value)
    else:
        tree[parts[-1]] = value


def check_request(method, captures, call):
    descriptor = method.rpc.input_type
    body = call["request"]
    tree = dict(body) if isinstance(body, dict) and method.body == "*" else {}
    if isinstance(body, dict) and method.body != "*":
        raise json_format.ParseError("the vendor's call takes no body")
    for path, text in captures.items():
        query_add(tree, path, text, descriptor)
    for name, value in tap.query_pairs(call["query"]):
        query_add(tree, name, value, descriptor)
    parse(descriptor, tree, "request")


def shown_if_empty(descriptor, tree, path, missing):
    """Fields that the vendor's service writes even when empty (its cl_show_if_empty) must be in an answer."""
    for field in descriptor.fields:
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == FieldDescriptor.LABEL_REPEATED
        value = tree.get(field.name)
        if field.GetOptions().Extensions[extensions_pb2.cl_show_if_empty] and value is None:
            missing.append(f"{descriptor.name}.{field.name}")
        if field.message_type is None or field.message_type.full_name.startswith("google.") or value is None:
            continue
        if field.message_type.GetOptions().map_entry:
            continue
        for item in value if repeated else [value]:
            if isinstance(item, dict):
                shown_if_empty(field.message_type, item, f"{path}.{field.name}", missing)


def main():
    methods = vendor_methods()
    counts = collections.Counter()
    bad_requests, bad_answers, no_method, hidden_fields = (collections.defaultdict(list) for _ in range(4))
    for name, folder in tap.scripts(sys.argv[1]):
        for number, call in tap.lines(folder, "http.jsonl"):
            if not call["path"].startswith("/v2/"):
                continue
            where = f"{name} line {number}: {call['method']} {call['path']}"
            method, captures = find(methods, call["method"], call["path"])
            if method is None:
                # Only an address that the platform refuses too may be unknown to the vendor.
                if call["status"] != 404:
                    no_method[f"{call['method']} {call['route']}"].append(where)
                continue
            if isinstance(call["request"], int) and call["request"] > 0:
                counts["request bodies " + HIDDEN_BODY] += 1
            else:
                counts["requests"] += 1
                counts["request bodies"] += isinstance(call["request"], dict)
                try:
                    check_request(method, captures, call)
                except Exception as e:
                    if name != VENDORS_OWN or "takes no body" not in str(e):
                        bad_requests[f"{method.rpc.name}: {e}"].append(f"{where} answered {call['status']}")
            if not isinstance(call["answer"], dict):
                counts["answers without JSON (injected faults, " + HIDDEN_BODY + ")"] += 1
                continue
            counts["answers"] += 1
            try:
                parse(method.rpc.output_type, call["answer"], "answer")
                missing = []
                if call["status"] < 300:
                    shown_if_empty(method.rpc.output_type, call["answer"], "", missing)
                for field in missing:
                    hidden_fields[f"{method.rpc.name}: {field} is absent"].append(where)
            except Exception as e:
                bad_answers[f"{method.rpc.name}: {e}"].append(where)
    for what, n in sorted(counts.items()):
        tap.note(f"clarifai: {n} {what}")
    tap.report(counts["answers"] > 0 and counts["request bodies"] > 0, "clarifai: the recordings hold requests and answers")
    tap.report(not no_method, "clarifai: every call is one of the vendor's", tap.places(no_method))
    tap.report(not bad_requests, "clarifai: every request parses into the vendor's message", tap.places(bad_requests))
    tap.report(not bad_answers, "clarifai: every answer parses into the vendor's message", tap.places(bad_answers))
    tap.report(not hidden_fields, "clarifai: answers show the fields that the vendor shows when empty", tap.places(hidden_fields))
    tap.finish()


main()
