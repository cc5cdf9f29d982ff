#include "sandbox/sql/source.h"
#include "sandbox/sql/table.h"
#include "base/str.h"

static struct iter *iter_init(struct iter *it, struct run *r, int width, struct value *(*next)(struct iter *, struct arena *), void (*prune)(struct iter *, const bool *)) {
    *it = (struct iter){ .r = r, .width = width, .next = next, .prune = prune };
    return it;
}

/* --- text: a row a line, and beside it the place of its file --- */
struct text_source { struct iter it; struct files *f; bool open, place; };

/* The next line of any file. */
static bool next_line(struct text_source *s, struct text *t) {
    for (;;) {
        if (!s->open && !files_next(s->f)) return false;
        s->open = true;
        if (files_line(s->f, t)) return true;
        s->open = false;
    }
}

static struct value *text_next(struct iter *it, struct arena *a) {
    struct text_source *s = (struct text_source *)it;
    struct text t;
    text_init(&t, a);
    if (!next_line(s, &t)) return NULL;
    run_tick(it->r);
    struct value *row = mem_alloc(a, 3 * sizeof *row);
    row[0] = value_bytes(text_end(&t), t.n);
    row[1] = VALUE_NULL;
    if (s->place) {
        const char *place = files_place(s->f, a);
        row[2] = value_bytes(place, strlen(place));
        row[1] = (struct value){ .kind = V_LIST, .l = { row + 2, 1 } };
    }
    return row;
}

static void prune_text(struct iter *it, const bool *used) {
    ((struct text_source *)it)->place = used[1];
}

static void prune_nothing(struct iter *it, const bool *used) {
    (void)it, (void)used;
}

static struct relation *source_text(struct run *r, struct files *f) {
    struct text_source *s = mem_zero(&r->mem, sizeof *s);
    s->f = f;
    struct relation *rel = relation_new(r, iter_init(&s->it, r, 2, text_next, prune_text));
    struct field *place = mem_zero(&r->mem, sizeof *place);
    *place = (struct field){ .name = "file_path", .type = type_plain(T_STRING) };
    scope_add(r, &rel->scope, NULL, NULL, "value", type_plain(T_STRING));
    scope_add(r, &rel->scope, NULL, NULL, "_metadata", type_struct(&r->mem, place, 1));
    rel->scope.at[1].meta = true;
    return rel;
}

/* --- json: a struct a line --- */
struct json_source { struct text_source lines; const struct type *type; struct json_options options; bool drop_broken; };

static struct value *json_next(struct iter *it, struct arena *a) {
    struct json_source *s = (struct json_source *)it;
    for (;;) {
        struct text t;
        struct value v;
        bool empty;
        text_init(&t, a);
        if (!next_line(&s->lines, &t)) return NULL;
        run_tick(it->r);
        int rc = json_read(a, text_end(&t), t.n, s->type, &s->options, &v, &empty);
        if (empty || (rc == JSON_BROKEN && s->drop_broken)) continue;
        if (rc == JSON_BROKEN && s->options.failfast)
            run_fail_task(it->r, "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023", "Malformed records are detected in record parsing: [%.200s]. Parse Mode: FAILFAST. "
                          "To process malformed records as null result, try setting the option 'mode' as 'PERMISSIVE'.", t.p);
        if (v.kind != V_LIST) {
            struct value *row = mem_zero(a, sizeof *row * (size_t)(it->width + 1));
            return row;
        }
        return v.l.at;
    }
}

/* The columns that all lines together suggest; what is null everywhere becomes text. */
static struct columns infer_json(struct run *r, const char *path, bool recursive, const char *corrupt, int pos) {
    struct text_source lines = { .f = files_open(r, path, recursive, pos) };
    const struct type *known = type_struct(&r->mem, NULL, 0);
    bool broken = false;
    struct arena *a = run_arena(r);
    for (struct text t; arena_reset(a), text_init(&t, a), next_line(&lines, &t);) {
        run_tick(r);
        if (!t.n) continue;
        const struct type *next = json_infer(a, text_end(&t), t.n, known);
        if (!next) broken = true;
        else if (!type_equal(next, known)) known = type_copy(&r->mem, next);
    }
    struct columns c = {0};
    for (int i = 0; i < known->count; i++) {
        struct column *out = list_add(r, &c.at, &c.count, sizeof *out);
        const struct type *t = known->fields[i].type;
        *out = (struct column){ .name = known->fields[i].name, .type = t->kind == T_VOID ? type_plain(T_STRING) : t };
        if (t->kind == T_ARRAY && t->element->kind == T_VOID) out->type = type_array(&r->mem, type_plain(T_STRING));
    }
    if (broken) {
        struct column *out = list_add(r, &c.at, &c.count, sizeof *out);
        *out = (struct column){ .name = corrupt, .type = type_plain(T_STRING) };
    }
    return c;
}

static struct relation *source_json(struct run *r, struct files *f, const struct columns *columns, const struct options *o, const char *corrupt) {
    struct json_source *s = mem_zero(&r->mem, sizeof *s);
    struct field *fields = mem_zero(&r->mem, sizeof *fields * (size_t)(columns->count + 1));
    const char *mode = option_get(o, "mode");
    for (int i = 0; i < columns->count; i++) fields[i] = (struct field){ .name = columns->at[i].name, .type = columns->at[i].type };
    s->lines.f = f;
    s->type = type_struct(&r->mem, fields, columns->count);
    s->options.failfast = mode && str_ieq(mode, "FAILFAST");
    s->drop_broken = mode && str_ieq(mode, "DROPMALFORMED");
    s->options.corrupt_column = corrupt;
    struct relation *rel = relation_new(r, iter_init(&s->lines.it, r, columns->count, json_next, prune_nothing));
    for (int i = 0; i < columns->count; i++) scope_add(r, &rel->scope, NULL, NULL, fields[i].name, fields[i].type);
    return rel;
}

struct relation *source_files(struct run *r, const char *format, const char *path, const struct columns *columns, const struct options *options, int pos) {
    const char *deep = option_get(options, "recursiveFileLookup"), *corrupt = option_get(options, "columnNameOfCorruptRecord");
    bool recursive = deep && str_ieq(deep, "true");
    if (!corrupt) corrupt = "_corrupt_record";
    if (!*path) run_fail(r, "UNABLE_TO_INFER_SCHEMA", "42KD9", pos, "Unable to infer schema for %s. It must be specified manually.", format);
    struct files *f = files_open(r, path, recursive, pos);
    if (str_ieq(format, "text")) return source_text(r, f);
    if (str_ieq(format, "csv")) return source_csv(r, f, path, columns, options);
    if (!str_ieq(format, "json"))
        run_fail(r, "DATA_SOURCE_NOT_FOUND", "42K02", pos, "Failed to find the data source: %s. Make sure the provider name is correct and the package is properly registered and compatible with your Spark version.", format);
    struct columns inferred;
    if (!columns) {
        inferred = infer_json(r, path, recursive, corrupt, pos);
        columns = &inferred;
    }
    return source_json(r, f, columns, options, corrupt);
}
