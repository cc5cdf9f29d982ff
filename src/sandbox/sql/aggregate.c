/* aggregate: what aggregates keep of the rows of one group. */
#include "sandbox/sql/relation.h"
#include "base/str.h"

struct total {
    int64_t n;
    int distinct_table;
    struct value v, by;
    double d;
    i128 dec;
    struct arena own;
    sqlite3_stmt *distinct;
    struct value *items;
    int item_count;
};
struct totals { struct run *r; const struct aggregate *aggregates; int count; struct total *at; };

static void distinct_new(struct run *r, struct total *t) {
    struct spill *s = spill_new(r, 0); /* opens the scratch database and gives a table number */
    run_exec(r, r->scratch, mem_printf(&r->mem, "CREATE TABLE d%d(k BLOB PRIMARY KEY) WITHOUT ROWID", s->number));
    t->distinct = run_prepare(r, r->scratch, mem_printf(&r->mem, "INSERT OR IGNORE INTO d%d VALUES(?1)", s->number));
    t->distinct_table = s->number;
}

struct totals *totals_new(struct run *r, const struct aggregate *aggregates, int count) {
    struct totals *t = mem_zero(&r->mem, sizeof *t);
    *t = (struct totals){ .r = r, .aggregates = aggregates, .count = count };
    t->at = mem_zero(&r->mem, sizeof *t->at * (size_t)(count + 1));
    for (int i = 0; i < count; i++) {
        run_hold_arena(r, &t->at[i].own);
        if (aggregates[i].distinct) distinct_new(r, &t->at[i]);
    }
    return t;
}

void aggregate_columns(const struct aggregate *a, bool *used) {
    expr_columns(a->arg, used);
    if (a->by) expr_columns(a->by, used);
    if (a->filter) expr_columns(a->filter, used);
}

static bool distinct_new_value(struct run *r, struct arena *a, struct total *t, const struct type *type, const struct value *v) {
    struct text key;
    text_init(&key, a);
    value_key(&key, type, v, false, false);
    sqlite3_bind_blob64(t->distinct, 1, key.p, key.n, SQLITE_STATIC);
    run_check(r, r->scratch, sqlite3_step(t->distinct));
    sqlite3_reset(t->distinct);
    return sqlite3_changes(r->scratch) > 0;
}

static void keep_value(struct total *t, const struct value *v) {
    arena_reset(&t->own);
    t->v = value_copy(&t->own, v);
}

static void add_sum(struct run *r, const struct aggregate *a, struct total *t, const struct value *v) {
    if (v->kind == V_DOUBLE) t->d += v->d;
    else if (v->kind == V_DECIMAL) t->dec += v->dec;
    else if (a->type->kind == T_DOUBLE) t->d += (double)v->i;
    else t->dec += v->i;
    if (a->type->kind == T_BIGINT && (t->dec > INT64_MAX || t->dec < INT64_MIN))
        run_fail(r, "ARITHMETIC_OVERFLOW", "22003", a->arg->pos, "long overflow. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.");
}

static void add_item(struct total *t, const struct value *v) {
    if ((t->item_count & (t->item_count - 1)) == 0) {
        struct value *grown = mem_alloc(&t->own, sizeof *grown * (size_t)(t->item_count ? t->item_count * 2 : 1));
        if (t->item_count) memcpy(grown, t->items, sizeof *grown * (size_t)t->item_count);
        t->items = grown;
    }
    t->items[t->item_count++] = value_copy(&t->own, v);
}

/* The value beside the greatest (smallest) `by`; rows without one do not count. */
static void add_beside(const struct aggregate *a, struct env *e, struct total *t, const struct value *v) {
    struct value by = expr_eval(e, a->by);
    int want = str_eq(a->fn, "min_by") ? -1 : 1;
    if (by.kind == V_NULL || (t->n && value_compare(a->by->type, &by, &t->by) != want)) return;
    t->n++;
    arena_reset(&t->own);
    t->v = value_copy(&t->own, v);
    t->by = value_copy(&t->own, &by);
}

static void add_value(struct totals *all, const struct aggregate *a, struct env *e, struct total *t) {
    struct value v = expr_eval(e, a->arg);
    const char *fn = a->fn;
    bool ends = str_eq(fn, "first") || str_eq(fn, "last");
    if (a->by) {
        add_beside(a, e, t, &v);
        return;
    }
    if (v.kind == V_NULL && (!ends || a->ignore_nulls)) return;
    if (a->distinct && !distinct_new_value(all->r, e->a, t, a->arg->type, &v)) return;
    bool first = !t->n++;
    if (str_eq(fn, "count")) return;
    if (str_eq(fn, "count_if")) {
        t->n -= !v.i;
    } else if (str_eq(fn, "sum") || str_eq(fn, "avg")) {
        add_sum(all->r, a, t, &v);
    } else if (str_starts(fn, "collect_")) {
        add_item(t, &v);
    } else if (ends) {
        if (first || *fn == 'l') keep_value(t, &v);
    } else {
        int want = str_eq(fn, "min") || str_eq(fn, "bool_and") ? -1 : 1;
        int c = first ? want : value_compare(a->arg->type, &v, &t->v);
        if (c == want) keep_value(t, &v);
    }
}

void totals_add(struct totals *t, struct env *e) {
    for (int i = 0; i < t->count; i++)
        if (!t->aggregates[i].filter || expr_true(e, t->aggregates[i].filter)) add_value(t, &t->aggregates[i], e, &t->at[i]);
}

static struct value total_value(const struct aggregate *a, struct total *t) {
    struct value v = t->v;
    if (str_starts(a->fn, "count")) return value_int(t->n);
    if (str_starts(a->fn, "collect_")) {
        v = (struct value){ .kind = V_LIST };
        v.l.n = (size_t)t->item_count;
        v.l.at = t->items;
        return v;
    }
    if (!t->n) return VALUE_NULL;
    if (str_eq(a->fn, "avg")) return value_double(t->d / (double)t->n);
    if (!str_eq(a->fn, "sum")) return v;
    if (a->type->kind == T_DOUBLE) return value_double(t->d);
    if (a->type->kind == T_BIGINT) return value_int((int64_t)t->dec);
    v = (struct value){ .kind = V_DECIMAL };
    v.dec = t->dec;
    return v;
}

void totals_result(struct totals *all, struct arena *a, struct value *out) {
    for (int i = 0; i < all->count; i++) {
        struct total *t = &all->at[i];
        struct value v = total_value(&all->aggregates[i], t);
        out[i] = value_copy(a, &v);
        sqlite3_stmt *distinct = t->distinct;
        if (distinct) run_exec(all->r, all->r->scratch, mem_printf(a, "DELETE FROM d%d", t->distinct_table));
        arena_reset(&t->own);
        *t = (struct total){ .own = t->own, .distinct = distinct, .distinct_table = t->distinct_table, .v = VALUE_NULL };
    }
}
