/* dml: INSERT, UPDATE, DELETE. */
#include "sandbox/sql/change.h"
#include "sandbox/sql/statements.h"
#include "base/str.h"

/* --- changes of rows: collected while the table is read, made afterwards --- */
void changes_init(struct changes *c, struct run *r, const struct table *t) {
    c->r = r;
    c->t = t;
    c->rows = spill_new(r, 2);
    c->scratch = run_arena(r);
}

static void check_not_null(struct changes *c, const struct value *row) {
    for (int i = 0; i < c->t->columns.count; i++)
        if (c->t->columns.at[i].not_null && row[i].kind == V_NULL)
            run_fail(c->r, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "23502", -1, "NOT NULL constraint violated for column: %s.", c->t->columns.at[i].name);
}

void changes_add(struct changes *c, int64_t id, const struct value *row) {
    struct value change[2] = { value_int(id), VALUE_NULL };
    if (row) {
        struct text b;
        check_not_null(c, row);
        text_init(&b, c->scratch);
        row_write(&b, row, c->t->columns.count);
        change[1] = value_bytes(b.p, b.n);
    }
    spill_add(c->rows, "", 0, change);
    arena_reset(c->scratch);
}

void changes_apply(struct changes *c) {
    struct run *r = c->r;
    sqlite3_stmt *update = run_prepare(r, r->db, mem_printf(&r->mem, "UPDATE rows_%lld SET b=?2 WHERE id=?1", (long long)c->t->store));
    sqlite3_stmt *delete = run_prepare(r, r->db, mem_printf(&r->mem, "DELETE FROM rows_%lld WHERE id=?1", (long long)c->t->store));
    sqlite3_stmt *keep = run_prepare(r, r->db, mem_printf(&r->mem, "INSERT INTO undo SELECT %lld, id, %lld, b FROM rows_%lld WHERE id=?1", (long long)c->t->store,
                                                          (long long)table_version(r, c->t) + 1, (long long)c->t->store));
    const struct value *row;
    spill_unsorted(c->rows);
    while ((row = spill_next(c->rows, c->scratch, NULL, NULL, NULL))) {
        sqlite3_stmt *s = row[1].kind == V_NULL ? delete : update;
        sqlite3_bind_int64(keep, 1, row[0].i);
        run_check(r, r->db, sqlite3_step(keep));
        sqlite3_reset(keep);
        sqlite3_bind_int64(s, 1, row[0].i);
        if (s == update) sqlite3_bind_blob64(s, 2, row[1].s.p, row[1].s.n, SQLITE_STATIC);
        run_check(r, r->db, sqlite3_step(s));
        sqlite3_reset(s);
        arena_reset(c->scratch);
    }
}

/* --- INSERT --- */
static int find_target(struct run *r, const struct table *t, const struct name *n) {
    for (int i = 0; i < t->columns.count; i++)
        if (n->count == 1 && str_ieq(t->columns.at[i].name, n->part[0])) return i;
    run_fail(r, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", n->pos, "A column, variable, or function parameter with name %s cannot be resolved. Did you mean one of the following? [`%s`].",
             name_text(r, n), t->columns.count ? t->columns.at[0].name : "");
}

/* For each column of the table the number of the query's column, -1 for none. */
static int *map_columns(struct run *r, const struct statement *s, const struct table *t, int given) {
    int *from = mem_alloc(&r->mem, sizeof *from * (size_t)(t->columns.count + 1));
    int wanted = s->has_column_names ? s->column_name_count : t->columns.count;
    for (int i = 0; i < t->columns.count; i++) from[i] = s->has_column_names ? -1 : i;
    for (int i = 0; i < s->column_name_count; i++) {
        int at = find_target(r, t, &s->column_names[i]);
        if (from[at] >= 0) run_fail(r, "COLUMN_ALREADY_EXISTS", "42711", s->column_names[i].pos, "The column `%s` already exists. Choose another name or rename the existing column.", t->columns.at[at].name);
        from[at] = i;
    }
    if (given != wanted)
        run_fail(r, "DELTA_INSERT_COLUMN_ARITY_MISMATCH", "42802", s->name.pos, "Cannot write to '%s', %s data columns; target table has %d column(s) but the inserted data has %d column(s).",
                 table_full_name(r, t), given < wanted ? "not enough" : "too many", wanted, given);
    return from;
}

struct expr *assigned(struct run *r, struct expr *x, const struct column *c) {
    if (!cast_allowed(x->type, c->type))
        run_fail(r, "DELTA_FAILED_TO_MERGE_FIELDS", "22005", -1, "Failed to merge fields '%s' and '%s': \"%s\" cannot be cast to \"%s\".", c->name, c->name, type_sql(&r->mem, x->type), type_sql(&r->mem, c->type));
    return expr_coerce(r, x, c->type);
}

void statement_insert(struct run *r, const struct statement *s) {
    static const char *const names[] = {"num_affected_rows", "num_inserted_rows"};
    struct table *t = table_need(r, &s->name, true);
    struct relation *rel = plan_query(r, s->query, NULL);
    int *from = map_columns(r, s, t, rel->scope.count);
    struct expr **cells = mem_alloc(&r->mem, sizeof *cells * (size_t)(t->columns.count + 1));
    for (int i = 0; i < t->columns.count; i++) {
        struct expr *x;
        if (from[i] >= 0) {
            x = expr_column(r, from[i], rel->scope.at[from[i]].type, NULL);
        } else {
            x = mem_zero(&r->mem, sizeof *x);
            x->type = type_plain(T_VOID);
        }
        cells[i] = assigned(r, x, &t->columns.at[i]);
    }
    struct relation *out = relation_new(r, iter_project(r, rel->it, cells, t->columns.count));
    relation_use_all(r, out);
    if (s->overwrite || !t->store) t->store = table_new_store(r);
    struct table_writer *w = mem_zero(&r->mem, sizeof *w);
    struct arena *a = run_arena(r);
    table_writer_init(w, r, t, t->store);
    const struct value *row;
    while ((row = out->it->next(out->it, a))) {
        table_write(w, row);
        arena_reset(a);
    }
    int64_t counts[2] = {w->rows, w->rows};
    table_commit(r, t, "WRITE", mem_printf(&r->mem, "{\"mode\":\"%s\",\"partitionBy\":\"[]\"}", s->overwrite ? "Overwrite" : "Append"),
                 mem_printf(&r->mem, "{\"numFiles\":\"1\",\"numOutputRows\":\"%lld\"}", (long long)w->rows), !s->overwrite);
    result_counts(r, names, counts, 2);
}

/* --- UPDATE, DELETE --- */
static struct table *target(struct run *r, const struct from *f, struct scope *scope) {
    if (f->kind != FROM_NAME) run_fail(r, "PARSE_SYNTAX_ERROR", "42601", f->pos, "Syntax error at or near '('.");
    struct table *t = table_need(r, &f->name, true);
    for (int i = 0; i < t->columns.count; i++) scope_add(r, scope, f->alias, f->alias ? NULL : &f->name, t->columns.at[i].name, t->columns.at[i].type);
    return t;
}

static struct expr **bind_assignments(struct run *r, const struct statement *s, const struct table *t, const struct scope *scope) {
    struct binder b = { .r = r, .scope = scope, .clause = "UPDATE" };
    struct expr **set = mem_zero(&r->mem, sizeof *set * (size_t)(t->columns.count + 1));
    for (int i = 0; i < s->set_count; i++) {
        struct name last = { s->set[i].column.part + s->set[i].column.count - 1, 1, s->set[i].column.pos };
        int at = find_target(r, t, &last);
        if (set[at]) run_fail(r, "DELTA_CONFLICT_SET_COLUMN", "42701", s->set[i].column.pos, "There is a conflict from these SET columns: [`%s`].", t->columns.at[at].name);
        set[at] = assigned(r, expr_bind(&b, s->set[i].value), &t->columns.at[at]);
    }
    return set;
}

static int64_t change_rows(struct run *r, const struct statement *s, struct table *t, const struct scope *scope, struct expr **set, int64_t *kept) {
    struct binder b = { .r = r, .scope = scope, .clause = set ? "UPDATE" : "DELETE" };
    struct expr *where = s->condition ? bind_condition(&b, s->condition) : NULL;
    struct changes c;
    struct iter *it = table_scan(r, t, true);
    struct arena *a = run_arena(r);
    int64_t n = 0;
    changes_init(&c, r, t);
    struct value *row;
    while ((row = it->next(it, a))) {
        struct env e = { .r = r, .a = a, .row = row };
        if (!where || expr_true(&e, where)) {
            struct value *changed = set ? mem_alloc(a, sizeof *row * (size_t)(t->columns.count + 1)) : NULL;
            for (int i = 0; changed && i < t->columns.count; i++) changed[i] = set[i] ? expr_eval(&e, set[i]) : row[i];
            changes_add(&c, row[t->columns.count].i, changed);
            n++;
        } else {
            ++*kept;
        }
        arena_reset(a);
    }
    changes_apply(&c);
    return n;
}

static const char *predicate(struct run *r, const struct statement *s) {
    struct text t, q;
    text_init(&t, &r->mem);
    text_init(&q, &r->mem);
    if (s->condition) json_string(&q, node_name(r, s->condition), strlen(node_name(r, s->condition)));
    text_puts(&t, "{\"predicate\":");
    text_putc(&q, ' ');
    struct text list;
    text_init(&list, &r->mem);
    text_printf(&list, "[%.*s]", (int)(q.n - 1), q.p);
    json_string(&t, list.p, list.n);
    text_putc(&t, '}');
    return text_end(&t);
}

void statement_update(struct run *r, const struct statement *s) {
    static const char *const names[] = {"num_affected_rows"};
    struct scope scope = {0};
    struct table *t = target(r, s->target, &scope);
    struct expr **set = bind_assignments(r, s, t, &scope);
    int64_t kept = 0, n = change_rows(r, s, t, &scope, set, &kept);
    if (n) table_commit(r, t, "UPDATE", predicate(r, s), mem_printf(&r->mem, "{\"numUpdatedRows\":\"%lld\",\"numCopiedRows\":\"%lld\"}", (long long)n, (long long)kept), false);
    result_counts(r, names, &n, 1);
}

void statement_delete(struct run *r, const struct statement *s) {
    static const char *const names[] = {"num_affected_rows"};
    struct scope scope = {0};
    struct table *t = target(r, s->target, &scope);
    int64_t kept = 0, n = change_rows(r, s, t, &scope, NULL, &kept);
    if (n) table_commit(r, t, "DELETE", predicate(r, s), mem_printf(&r->mem, "{\"numDeletedRows\":\"%lld\",\"numCopiedRows\":\"%lld\"}", (long long)n, (long long)kept), false);
    result_counts(r, names, &n, 1);
}
