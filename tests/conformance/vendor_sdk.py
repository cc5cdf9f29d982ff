"""
What databricks-sdk knows of the REST calls: read from the source of its own service classes, so that no list of ours decides
which keys are known. A call is method and path template; it has query keys, body keys (with the class of nested ones) and
the class its answer is made of.
"""
import ast
import dataclasses
import importlib
import inspect
import re
import textwrap
import typing

MODULES = ("catalog", "compute", "files", "iam", "sql", "workspace")


@dataclasses.dataclass
class Call:
    name: str
    verb: str
    template: str
    query: set
    body: dict          # key → dataclass of its value, or None
    answer: object      # dataclass, or the Envelope of a list, or None
    pattern: re.Pattern = None
    literals: int = 0


class Envelope:
    """A page of a list: the class of each list in it, and every member that the SDK's classes for such a page have."""

    def __init__(self, elements, module):
        self.elements = elements
        self.members = set(elements) | {"next_page_token"}
        for _, cls in inspect.getmembers(module, dataclasses.is_dataclass):
            names = {f.name for f in dataclasses.fields(cls)}
            if set(elements) <= names and "next_page_token" in names:
                self.members |= names


def _template(node):
    """The path of self._api.do(...): captures as {x}, those of several segments as {x*}."""
    if isinstance(node, ast.Constant):
        return node.value
    parts = []
    for v in node.values:
        if isinstance(v, ast.Constant):
            parts.append(v.value)
        else:
            parts.append("{x*}" if "multi_segment" in ast.unparse(v) else "{x}")
    return "".join(parts)


def _keys(tree, name):
    """Keys assigned as name["key"] = value, with the source of the value."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0]
            if isinstance(target.value, ast.Name) and target.value.id == name and isinstance(target.slice, ast.Constant):
                found[target.slice.value] = ast.unparse(node.value)
    return found


def _element_class(hint):
    """The dataclass inside Optional[List[X]] and the like."""
    if dataclasses.is_dataclass(hint):
        return hint
    for inner in typing.get_args(hint):
        found = _element_class(inner)
        if found:
            return found
    return None


def _answer(tree, module):
    """Class.from_dict(res) → the class; lists → {key: class} of what is taken from `json`."""
    source = ast.unparse(tree)
    lists = re.findall(r"for \w+ in json\['(\w+)'\]:\s+yield (\w+)\.from_dict", source)
    if lists:
        return Envelope({key: getattr(module, cls) for key, cls in lists}, module)
    made = re.findall(r"(?:return |response=)(\w+)\.from_dict\(", source)
    if made:
        return getattr(module, made[0], None)
    listed = re.findall(r"(?:return \[|parsed = )(\w+)\.from_dict", source)
    return getattr(module, listed[0], None) if listed else None


def _calls_of(cls, module):
    for name, function in inspect.getmembers(cls, inspect.isfunction):
        if name.startswith("_") or function.__qualname__.split(".")[0] != cls.__name__:
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "self._api.do" and len(node.args) >= 2):
                continue
            hints = {k: _element_class(v) for k, v in typing.get_type_hints(function, vars(module)).items()}
            body = {}
            for key, value in _keys(tree, "body").items():
                owner = re.match(r"(?:\[v\.as_dict\(\) for v in (\w+)\]|(\w+)\.as_dict\(\))", value)
                body[key] = hints.get(owner.group(1) or owner.group(2)) if owner else None
            query = set(_keys(tree, "query"))
            yield Call(f"{cls.__name__}.{name}", node.args[0].value, _template(node.args[1]), query, body, _answer(tree, module))


def calls():
    found = []
    for m in MODULES:
        module = importlib.import_module("databricks.sdk.service." + m)
        for name, cls in inspect.getmembers(module, inspect.isclass):
            if name.endswith("API") and cls.__module__ == module.__name__:
                found.extend(_calls_of(cls, module))
    for c in found:
        text = re.escape(c.template).replace(re.escape("{x*}"), "(?:/.*)?").replace(re.escape("{x}"), "[^/]+")
        c.pattern = re.compile("^" + text + "/?$")
        c.literals = c.template.count("/") - 2 * c.template.count("{x")
    return sorted(found, key=lambda c: -c.literals)


def find(known, verb, path):
    for c in known:
        if c.verb == verb and c.pattern.match(path):
            return c
    return None


def _scalar_same(a, b):
    return a == b or str(a).lower() == str(b).lower()


def missing_keys(raw, known, path=""):
    """Keys (or changed values) of the JSON that did not come back from as_dict. A null is the same as absent."""
    if isinstance(raw, dict):
        if not isinstance(known, dict):
            return [path + ": an object" if raw else ""] if raw else []
        found = []
        for key, value in raw.items():
            if value is None or value == [] or value == {}:
                continue
            if key not in known:
                found.append(f"{path}.{key}")
            else:
                found += missing_keys(value, known[key], f"{path}.{key}")
        return found
    if isinstance(raw, list):
        if not isinstance(known, list) or len(raw) != len(known):
            return [path + ": a list"]
        found = []
        for a, b in zip(raw, known):
            found += missing_keys(a, b, path + "[]")
        return found
    return [] if _scalar_same(raw, known) else [f"{path}: {raw!r} became {known!r}"]


def _understood(cls, raw):
    try:
        return missing_keys(raw, cls.from_dict(raw).as_dict())
    except Exception as e:
        return [f": {cls.__name__} refuses it: {type(e).__name__} {e}"]


def answer_complaints(call, raw):
    """What of a successful answer the SDK does not understand, as paths."""
    if call.answer is None:
        return []       # the SDK does not look at this answer
    if isinstance(call.answer, Envelope):
        found = [f".{k}" for k in raw if k not in call.answer.members and raw[k] is not None]
        for key, cls in call.answer.elements.items():
            for item in raw.get(key) or []:
                found += [f".{key}[]{p}" for p in _understood(cls, item)]
        return found
    return _understood(call.answer, raw)


def request_complaints(call, query, body):
    found = [f"query parameter {name}" for name, _ in query if name.split(".")[0] not in call.query]
    for key, value in (body or {}).items():
        if key not in call.body:
            found.append(f"body member {key}")
        elif call.body[key]:
            for item in value if isinstance(value, list) else [value]:
                found += [f"body member {key}{p}" for p in _understood(call.body[key], item)]
    return found
