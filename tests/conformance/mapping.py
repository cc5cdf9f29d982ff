"""
The one mapping from lakeferry's SQL to open Spark's: open Spark has no Unity Catalog and no volumes.
- `c`.`s`.`t` becomes spark_catalog.`c__s`.`t`, and `c`.`s` after IN, FROM, SCHEMA, DATABASE or USE becomes `c__s`; a name that open
  Spark refuses (anything but letters, digits, _) becomes h_ and sixteen digits of its SHA-256.
- read_files('path', format => 'csv', schema => '…', …) becomes a temporary view of that schema, format and options.
- delta.`path` becomes a real Delta folder, made with the rows that the platform has there.
- any other path below /Volumes/ or s3:// becomes the folder with the recorded copies: in format.`path`, and in a literal after
  DIRECTORY, LOCATION or the option path. Literals anywhere else are data and stay as they are.
"""
import hashlib
import re

TOKEN = re.compile(r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<raw>[rR](?:'[^']*'|"[^"]*"))
  | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
  | (?P<quoted>`(?:``|[^`])*`)
  | (?P<number>\d[\w.]*)
  | (?P<word>[^\W\d]\w*)
  | (?P<other>.)
""", re.X | re.S)
FORMATS = {"text", "json", "csv", "parquet", "delta"}
SCHEMA_WORDS = {"in", "from", "schema", "database", "use", "exists"}
PATH_WORDS = {"directory", "location", "path"}


def tokens(sql):
    return [(m.lastgroup, m.group()) for m in TOKEN.finditer(sql)]


def name(*parts):
    whole = "__".join(parts).lower()
    return whole if re.fullmatch(r"[a-z0-9_]+", whole) else "h_" + hashlib.sha256(whole.encode()).hexdigest()[:16]


def is_path(text):
    return re.match(r"(/Volumes/|/volumes/|s3a?://)", text) is not None


def _bare(token):
    return token[1:-1].replace("``", "`") if token.startswith("`") else token


def _unescaped(literal):
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


class Mapped:
    """A statement for Spark: its text, the tables it names as (catalog, schema, table), and its paths."""

    def __init__(self, sql, catalogs, path_of, delta_of=None):
        self.tables, self.paths, self.views = [], [], []
        self.catalogs, self.path_of, self.delta_of = catalogs, path_of, delta_of or path_of
        self.text = "".join(self._rewrite(tokens(sql)))

    def _path(self, path):
        if path not in self.paths:
            self.paths.append(path)
        return self.path_of(path)

    def _chain(self, all_tokens, i):
        """Parts of the dotted name that begins at i, and where it ends."""
        parts = [all_tokens[i][1]]
        i += 1
        while i + 1 < len(all_tokens) and all_tokens[i][1] == "." and all_tokens[i + 1][0] in ("word", "quoted"):
            parts.append(all_tokens[i + 1][1])
            i += 2
        return parts, i

    def _name(self, parts, before):
        bare = [_bare(p) for p in parts]
        if len(bare) == 2 and bare[0].lower() == "delta" and is_path(bare[1]):
            return f"delta.`{self.delta_of(bare[1])}`"
        if len(bare) == 2 and bare[0].lower() in FORMATS and is_path(bare[1]):
            return f"{parts[0]}.`{self._path(bare[1])}`"
        if bare[0].lower() not in self.catalogs:
            return ".".join(parts)
        if len(bare) >= 3:
            self.tables.append(tuple(b.lower() for b in bare[:3]))
            return ".".join([f"spark_catalog.`{name(*bare[:2])}`.`{name(bare[2])}`", *parts[3:]])
        if len(bare) == 2 and before in SCHEMA_WORDS:
            return f"`{name(*bare)}`"
        return ".".join(parts)

    def _read_files(self, all_tokens, i):
        """(name of the view, index behind the call) for a call of read_files with a schema; else None."""
        inside, depth, arguments, i = [], 0, [], i + 1
        while i < len(all_tokens):
            kind, token = all_tokens[i]
            i += 1
            depth += (token == "(") - (token == ")")
            if token == "(" and depth == 1 or kind == "space":
                continue
            if depth == 0 or token == "," and depth == 1:
                arguments.append(inside)
                inside = []
                if depth == 0:
                    break
            else:
                inside.append((kind, token))
        named = {}
        for argument in arguments:
            key = argument[0][1].lower() if argument[0][0] == "word" and len(argument) > 2 else "path"
            kind, token = argument[-1]
            named[key] = _unescaped(token) if kind == "text" else token
        schema, form, path = named.pop("schema", None), named.pop("format", ""), named.pop("path", "")
        if schema is None or form.lower() not in FORMATS:
            return None
        options = {**named, "path": self._path(path), "recursiveFileLookup": "true"}
        view = f"lf_read_files_{len(self.views)}"
        given = ", ".join("%s '%s'" % (k, v.replace("\\", "\\\\").replace("'", "\\'")) for k, v in options.items())
        self.views.append(f"CREATE OR REPLACE TEMPORARY VIEW {view} ({schema}) USING {form} OPTIONS ({given})")
        return view, i

    def _rewrite(self, all_tokens):
        i, before = 0, ""
        while i < len(all_tokens):
            kind, token = all_tokens[i]
            if token.lower() == "read_files":
                made = self._read_files(all_tokens, i)
                if made:
                    yield made[0]
                    before, i = "", made[1]
                    continue
            if kind in ("word", "quoted"):
                parts, i = self._chain(all_tokens, i)
                yield self._name(parts, before)
                before = parts[-1].lower()
                continue
            if kind == "text" and before in PATH_WORDS and is_path(_unescaped(token)):
                yield "'" + self._path(_unescaped(token)) + "'"
            else:
                yield token
            if kind != "space":
                before = token.lower()
            i += 1


def without_literals(sql):
    return "".join("''" if kind in ("text", "raw") else token for kind, token in tokens(sql))


def verb(sql):
    """The leading words that say what a statement does: SELECT, MERGE, CREATE TABLE, INSERT …"""
    words = [t.upper() for k, t in tokens(sql) if k in ("word", "number")][:4]
    head = " ".join(words)
    for known in ("CREATE OR REPLACE TABLE", "CREATE OR REPLACE TEMPORARY VIEW", "CREATE OR REPLACE TEMP VIEW"):
        if head.startswith(known) or " ".join([t.upper() for k, t in tokens(sql) if k == "word"][:5]).startswith(known):
            return known
    two = " ".join(words[:2])
    return two if words[:1] and words[0] in ("CREATE", "DROP", "ALTER", "DESCRIBE", "DESC", "SHOW", "INSERT", "COMMENT") else (words or [""])[0]


def writes_directory(sql):
    return re.match(r"\s*INSERT\s+OVERWRITE\s+(LOCAL\s+)?DIRECTORY\b", sql, re.I) is not None
