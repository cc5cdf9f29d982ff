#include "sandbox/sql/source.h"
#include "sandbox/sql/table.h"
#include "base/str.h"

static int one_character(const struct options *o, const char *key, int otherwise) {
    const char *v = option_get(o, key);
    if (!v) return otherwise;
    if (str_eq(v, "\\t")) return '\t';
    return *v ? (unsigned char)*v : -1;
}

static bool flag(const struct options *o, const char *key) {
    const char *v = option_get(o, key);
    return v && str_ieq(v, "true");
}

void csv_init(struct run *r, struct csv *c, const struct options *o) {
    (void)r;
    *c = (struct csv){ .options = o };
    c->quote = one_character(o, "quote", '"');
    c->escape = one_character(o, "escape", '\\');
    c->separator = one_character(o, option_get(o, "sep") ? "sep" : "delimiter", ',');
    c->comment = one_character(o, "comment", -1);
    c->header = flag(o, "header");
    c->multi_line = flag(o, "multiLine");
}

struct reading { struct files *f; const struct csv *c; struct csv_record *out; struct text cell; bool line_done; };

static int take(struct reading *r) {
    int c = files_byte(r->f);
    if (c >= 0 && c != '\n' && c != '\r') text_putc(&r->out->raw, (char)c);
    return c;
}

static void end_line(struct reading *r, int c) {
    if (c == '\r' && files_peek(r->f) == '\n') files_byte(r->f);
    r->line_done = true;
}

static bool ends_cell(const struct reading *r, int c) {
    return c < 0 || c == r->c->separator || c == '\n' || c == '\r';
}

/* Up to the separator or the end of the line, as it stands. */
static void plain_cell(struct reading *r) {
    for (;;) {
        int c = take(r);
        if (ends_cell(r, c)) {
            if (c != r->c->separator) end_line(r, c);
            return;
        }
        text_putc(&r->cell, (char)c);
    }
}

/* Behind an opening quote. A quote that closes nothing makes the cell raw text up to the separator. */
static bool quoted_cell(struct reading *r) {
    struct text raw;
    text_init(&raw, r->cell.a);
    text_putc(&raw, (char)r->c->quote);
    for (;;) {
        int c = take(r);
        if (c < 0 || ((c == '\n' || c == '\r') && !r->c->multi_line)) {
            r->cell = raw;
            end_line(r, c);
            return false;
        }
        if (c == '\r' && files_peek(r->f) == '\n') c = files_byte(r->f); /* line ends inside a cell become LF, as univocity does */
        if (c == '\n' || c == '\r') text_putc(&r->out->raw, (char)c);
        text_putc(&raw, (char)c);
        int next = files_peek(r->f);
        if (c == r->c->escape && next == r->c->quote && (r->c->escape != r->c->quote || next == c)) {
            text_putc(&raw, (char)take(r));
            text_putc(&r->cell, (char)r->c->quote);
        } else if (c == r->c->quote) {
            if (!ends_cell(r, next)) {
                r->cell = raw;
                plain_cell(r);
                return false;
            }
            c = take(r);
            if (c != r->c->separator) end_line(r, c);
            return true;
        } else {
            text_putc(&r->cell, (char)c);
        }
    }
}

static void read_cell(struct reading *r, struct arena *a) {
    bool quoted = false;
    text_init(&r->cell, a);
    if (r->c->quote >= 0 && files_peek(r->f) == r->c->quote) {
        take(r);
        quoted = quoted_cell(r);
    } else {
        plain_cell(r);
    }
    if (!(r->out->count & (r->out->count - 1))) { /* room doubles at powers of two */
        struct csv_cell *grown = mem_alloc(a, sizeof *grown * (size_t)(r->out->count ? r->out->count * 2 : 1));
        if (r->out->count) memcpy(grown, r->out->cells, sizeof *grown * (size_t)r->out->count);
        r->out->cells = grown;
    }
    r->out->cells[r->out->count++] = (struct csv_cell){ .p = text_end(&r->cell), .n = r->cell.n, .quoted = quoted };
}

bool csv_read(struct files *f, const struct csv *c, struct arena *a, struct csv_record *out) {
    struct reading r = { .f = f, .c = c, .out = out };
    for (;;) {
        int next = files_peek(f);
        if (next < 0) return false;
        if (next == '\n' || next == '\r') {
            files_byte(f);
            continue;
        }
        out->count = 0;
        text_init(&out->raw, a);
        r.line_done = false;
        bool comment = next == c->comment;
        while (!r.line_done) read_cell(&r, a);
        if (!comment) return true;
    }
}

/* --- the source --- */
struct csv_source {
    struct iter it;
    struct files *f;
    struct csv csv;
    const struct type **types;
    const char **names;
    int corrupt;               /* column of the raw record, -1: none */
    bool open, failfast, drop_broken, check_header;
    const char *null_value;
    struct csv_record record;
};

static void check_header(struct csv_source *s) {
    for (int i = 0, at = 0; i < s->it.width; i++) {
        if (i == s->corrupt) continue;
        if (at < s->record.count && str_ieq(s->record.cells[at++].p, s->names[i])) continue;
        run_fail(s->it.r, "", "", -1, "java.lang.IllegalArgumentException: CSV header does not conform to the schema.\n Header: %s\n Schema column: %s", text_end(&s->record.raw), s->names[i]);
    }
}

static bool next_record(struct csv_source *s, struct arena *a) {
    for (;;) {
        if (!s->open) {
            if (!files_next(s->f)) return false;
            s->open = true;
            if (s->csv.header && csv_read(s->f, &s->csv, a, &s->record) && s->check_header) check_header(s);
        }
        if (csv_read(s->f, &s->csv, a, &s->record)) return true;
        s->open = false;
    }
}

/* False when the text is no such value. */
static bool cell_value(struct csv_source *s, struct arena *a, const struct csv_cell *c, const struct type *t, struct value *out) {
    *out = VALUE_NULL;
    if (!c->n || (s->null_value && !c->quoted && str_eq(c->p, s->null_value))) return true;
    struct value text = value_bytes(c->p, c->n);
    if (t->kind == T_STRING || t->kind == T_BINARY) {
        *out = text;
        return true;
    }
    if (t->kind >= T_ARRAY)
        run_fail(a->r, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "0A000", -1, "The CSV datasource doesn't support the column of the type \"%s\".", type_sql(a, t));
    *out = cast_value(a, &text, type_plain(T_STRING), t, true);
    return out->kind != V_NULL;
}

static bool convert(struct csv_source *s, struct arena *a, struct value *row) {
    int at = 0;
    bool ok = true;
    for (int i = 0; i < s->it.width; i++) {
        row[i] = VALUE_NULL;
        if (i == s->corrupt) continue;
        if (at < s->record.count) ok &= cell_value(s, a, &s->record.cells[at], s->types[i], &row[i]);
        at++;
    }
    return ok && at == s->record.count;
}

static struct value *csv_next(struct iter *it, struct arena *a) {
    struct csv_source *s = (struct csv_source *)it;
    while (next_record(s, a)) {
        run_tick(it->r);
        struct value *row = mem_alloc(a, sizeof *row * (size_t)(it->width + 1));
        bool ok = convert(s, a, row);
        if (!ok && s->failfast)
            run_fail_task(it->r, "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023", "Malformed records are detected in record parsing: [%.200s]. Parse Mode: FAILFAST. "
                          "To process malformed records as null result, try setting the option 'mode' as 'PERMISSIVE'.", text_end(&s->record.raw));
        if (!ok && s->drop_broken) continue;
        if (!ok && s->corrupt >= 0) row[s->corrupt] = value_bytes(text_end(&s->record.raw), s->record.raw.n);
        return row;
    }
    return NULL;
}

static void csv_prune(struct iter *it, const bool *used) {
    (void)it, (void)used;
}

static const struct type *infer_cell(struct arena *a, const struct type *known, const struct csv_cell *c) {
    static const enum type_kind order[] = {T_INT, T_BIGINT, T_DOUBLE, T_TIMESTAMP, T_BOOLEAN};
    struct value text = value_bytes(c->p, c->n);
    if (!c->n || (known && known->kind == T_STRING)) return known;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct type *t = type_plain(order[i]);
        if (order[i] == T_BOOLEAN && !str_ieq(c->p, "true") && !str_ieq(c->p, "false")) continue;
        if (cast_value(a, &text, type_plain(T_STRING), t, true).kind == V_NULL) continue;
        const struct type *both = known ? type_common(a, known, t) : t;
        return both ? both : type_plain(T_STRING);
    }
    return type_plain(T_STRING);
}

/* Columns from the first record and, when asked, types from all cells. */
static struct columns infer_columns(struct run *r, const char *path, const struct csv *c, const struct options *o) {
    const char *deep = option_get(o, "recursiveFileLookup");
    struct csv_source s = { .f = files_open(r, path, deep && str_ieq(deep, "true"), -1), .csv = *c };
    struct columns out = {0};
    bool types = flag(o, "inferSchema") || (deep && !option_get(o, "inferSchema"));
    s.csv.header = false;
    s.it.r = r;
    struct arena *a = run_arena(r);
    if (!next_record(&s, a)) return out;
    int n = s.record.count;
    for (int i = 0; i < n; i++) {
        struct column *col = list_add(r, &out.at, &out.count, sizeof *col);
        const char *name = c->header && s.record.cells[i].n ? mem_text(&r->mem, s.record.cells[i].p, s.record.cells[i].n) : mem_printf(&r->mem, "_c%d", i);
        *col = (struct column){ .name = name };
        if (!c->header && types) col->type = infer_cell(&r->mem, NULL, &s.record.cells[i]);
    }
    s.csv.header = c->header;
    for (; types && (arena_reset(a), next_record(&s, a));)
        for (int i = 0; i < n && i < s.record.count; i++) out.at[i].type = infer_cell(&r->mem, out.at[i].type, &s.record.cells[i]);
    for (int i = 0; i < n; i++)
        if (!out.at[i].type) out.at[i].type = type_plain(T_STRING);
    return out;
}

struct relation *source_csv(struct run *r, struct files *f, const char *path, const struct columns *columns, const struct options *options) {
    struct csv_source *s = mem_zero(&r->mem, sizeof *s);
    const char *corrupt = option_get(options, "columnNameOfCorruptRecord"), *mode = option_get(options, "mode"), *enforce = option_get(options, "enforceSchema");
    struct columns inferred;
    csv_init(r, &s->csv, options);
    if (!columns) {
        inferred = infer_columns(r, path, &s->csv, options);
        columns = &inferred;
    }
    s->it = (struct iter){ .r = r, .width = columns->count, .next = csv_next, .prune = csv_prune };
    s->f = f;
    s->corrupt = -1;
    s->null_value = option_get(options, "nullValue");
    s->failfast = mode && str_ieq(mode, "FAILFAST");
    s->drop_broken = mode && str_ieq(mode, "DROPMALFORMED");
    s->check_header = s->csv.header && enforce && str_ieq(enforce, "false");
    s->types = mem_alloc(&r->mem, sizeof *s->types * (size_t)(columns->count + 1));
    s->names = mem_alloc(&r->mem, sizeof *s->names * (size_t)(columns->count + 1));
    struct relation *rel = relation_new(r, &s->it);
    for (int i = 0; i < columns->count; i++) {
        s->types[i] = columns->at[i].type;
        s->names[i] = columns->at[i].name;
        if (str_eq(s->names[i], corrupt ? corrupt : "_corrupt_record")) s->corrupt = i;
        scope_add(r, &rel->scope, NULL, NULL, s->names[i], s->types[i]);
    }
    return rel;
}
