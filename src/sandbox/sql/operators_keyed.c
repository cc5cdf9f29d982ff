/* operators_keyed: groups, windows and joins, over spilled rows ordered or looked up by key. */
#include "sandbox/sql/relation.h"
#include "base/str.h"

static bool *flags(struct run *r, int n) {
    return mem_zero(&r->mem, sizeof(bool) * (size_t)(n + 1));
}

/* --- groups --- */
struct total { int64_t n; int distinct_table; struct value v; double d; i128 dec; struct arena own; sqlite3_stmt *distinct; struct value *items; int item_count; };
struct group {
    struct iter it;
    struct iter *in;
    struct expr **keys; int key_count;
    struct aggregate *aggregates; int aggregate_count;
    struct total *totals;
    struct spill *rows;            /* NULL: no keys, one group */
    struct arena scratch, keep;
    bool started, done;
    struct value *ahead; const char *ahead_key; size_t ahead_n;
};

static void distinct_new(struct run *r, struct total *t) {
    struct spill *s = spill_new(r, 0); /* opens the scratch database and gives a table number */
    run_exec(r, r->scratch, mem_printf(&r->mem, "CREATE TABLE d%d(k BLOB PRIMARY KEY) WITHOUT ROWID", s->number));
    t->distinct = run_prepare(r, r->scratch, mem_printf(&r->mem, "INSERT OR IGNORE INTO d%d VALUES(?1)", s->number));
    t->distinct_table = s->number;
}

static bool distinct_new_value(struct group *g, struct total *t, const struct type *type, const struct value *v) {
    struct run *r = g->it.r;
    struct text key;
    text_init(&key, &g->scratch);
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

static void add_sum(struct group *g, const struct aggregate *a, struct total *t, const struct value *v) {
    if (v->kind == V_DOUBLE) t->d += v->d;
    else if (v->kind == V_DECIMAL) t->dec += v->dec;
    else if (a->type->kind == T_DOUBLE) t->d += (double)v->i;
    else t->dec += v->i;
    if (a->type->kind == T_BIGINT && (t->dec > INT64_MAX || t->dec < INT64_MIN))
        run_fail(g->it.r, "ARITHMETIC_OVERFLOW", "22003", a->arg->pos, "long overflow. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.");
}

static void add_item(struct total *t, const struct value *v) {
    if ((t->item_count & (t->item_count - 1)) == 0) {
        struct value *grown = mem_alloc(&t->own, sizeof *grown * (size_t)(t->item_count ? t->item_count * 2 : 1));
        if (t->item_count) memcpy(grown, t->items, sizeof *grown * (size_t)t->item_count);
        t->items = grown;
    }
    t->items[t->item_count++] = value_copy(&t->own, v);
}

/* One row into one aggregate. */
static void add_value(struct group *g, const struct aggregate *a, struct total *t, const struct value *v) {
    if (v->kind == V_NULL && !str_eq(a->fn, "first") ) return;
    if (a->distinct && !distinct_new_value(g, t, a->arg->type, v)) return;
    const char *fn = a->fn;
    bool first = !t->n++;
    if (str_eq(fn, "count")) return;
    if (str_eq(fn, "count_if")) {
        t->n -= !v->i;
    } else if (str_eq(fn, "sum") || str_eq(fn, "avg")) {
        add_sum(g, a, t, v);
    } else if (str_eq(fn, "collect_list")) {
        add_item(t, v);
    } else if (str_eq(fn, "first") || str_eq(fn, "any_value")) {
        if (first) keep_value(t, v);
    } else {
        int want = str_eq(fn, "min") || str_eq(fn, "bool_and") ? -1 : 1;
        int c = first ? want : value_compare(a->arg->type, v, &t->v);
        if (c == want) keep_value(t, v);
    }
}

static struct value total_value(const struct aggregate *a, struct total *t) {
    struct value v = t->v;
    if (str_starts(a->fn, "count")) return value_int(t->n);
    if (str_eq(a->fn, "collect_list")) {
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

static void totals_reset(struct group *g) {
    for (int i = 0; i < g->aggregate_count; i++) {
        struct total *t = &g->totals[i];
        sqlite3_stmt *distinct = t->distinct;
        if (distinct) run_exec(g->it.r, g->it.r->scratch, mem_printf(&g->scratch, "DELETE FROM d%d", t->distinct_table));
        arena_reset(&t->own);
        *t = (struct total){ .own = t->own, .distinct = distinct, .distinct_table = t->distinct_table, .v = VALUE_NULL };
    }
}

static void group_add(struct group *g, const struct value *row) {
    struct env e = { .r = g->it.r, .a = &g->scratch, .row = row };
    for (int i = 0; i < g->aggregate_count; i++) {
        struct value v = expr_eval(&e, g->aggregates[i].arg);
        add_value(g, &g->aggregates[i], &g->totals[i], &v);
    }
}

static void group_start(struct group *g) {
    struct run *r = g->it.r;
    run_hold_arena(r, &g->scratch);
    run_hold_arena(r, &g->keep);
    g->totals = mem_zero(&r->mem, sizeof *g->totals * (size_t)(g->aggregate_count + 1));
    for (int i = 0; i < g->aggregate_count; i++) {
        run_hold_arena(r, &g->totals[i].own);
        if (g->aggregates[i].distinct) distinct_new(r, &g->totals[i]);
    }
    g->started = true;
    if (!g->key_count) return;
    g->rows = spill_new(r, g->in->width);
    struct env e = { .r = r, .a = &g->scratch };
    while ((e.row = g->in->next(g->in, &g->scratch))) {
        struct text key;
        text_init(&key, &g->scratch);
        for (int i = 0; i < g->key_count; i++) {
            struct value v = expr_eval(&e, g->keys[i]);
            value_key(&key, g->keys[i]->type, &v, false, false);
        }
        spill_add(g->rows, key.p, key.n, e.row);
        arena_reset(&g->scratch);
    }
    spill_sorted(g->rows);
    g->ahead = spill_next(g->rows, &g->keep, NULL, &g->ahead_key, &g->ahead_n);
}

static struct value *group_result(struct group *g, struct arena *a, const struct value *keys) {
    struct value *row = mem_alloc(a, sizeof *row * (size_t)(g->it.width + 1));
    for (int i = 0; i < g->key_count; i++) row[i] = keys[i];
    for (int i = 0; i < g->aggregate_count; i++) {
        struct value v = total_value(&g->aggregates[i], &g->totals[i]);
        row[g->key_count + i] = value_copy(a, &v);
    }
    totals_reset(g);
    arena_reset(&g->scratch);
    return row;
}

static struct value *group_next(struct iter *it, struct arena *a) {
    struct group *g = (struct group *)it;
    if (!g->started) group_start(g);
    if (g->done) return NULL;
    if (!g->key_count) {
        const struct value *row;
        while ((row = g->in->next(g->in, &g->scratch))) {
            group_add(g, row);
            arena_reset(&g->scratch);
        }
        g->done = true;
        return group_result(g, a, NULL);
    }
    if (!g->ahead) return NULL;
    struct env e = { .r = it->r, .a = a, .row = g->ahead };
    struct value *keys = mem_alloc(a, sizeof *keys * (size_t)(g->key_count + 1));
    for (int i = 0; i < g->key_count; i++) {
        struct value v = expr_eval(&e, g->keys[i]);
        keys[i] = value_copy(a, &v);
    }
    const char *key = mem_text(a, g->ahead_key, g->ahead_n);
    size_t n = g->ahead_n;
    while (g->ahead && g->ahead_n == n && !memcmp(key, g->ahead_key, n)) {
        group_add(g, g->ahead);
        arena_reset(&g->scratch);
        arena_reset(&g->keep);
        g->ahead = spill_next(g->rows, &g->keep, NULL, &g->ahead_key, &g->ahead_n);
    }
    return group_result(g, a, keys);
}

static void group_prune(struct iter *it, const bool *used) {
    struct group *g = (struct group *)it;
    bool *below = flags(it->r, g->in->width);
    (void)used;
    for (int i = 0; i < g->key_count; i++) expr_columns(g->keys[i], below);
    for (int i = 0; i < g->aggregate_count; i++) expr_columns(g->aggregates[i].arg, below);
    g->in->prune(g->in, below);
}

struct iter *iter_group(struct run *r, struct iter *in, struct expr **keys, int key_count, struct aggregate *aggregates, int aggregate_count) {
    struct group *g = mem_zero(&r->mem, sizeof *g);
    g->it = (struct iter){ .r = r, .width = key_count + aggregate_count, .next = group_next, .prune = group_prune };
    g->in = in;
    g->keys = keys;
    g->key_count = key_count;
    g->aggregates = aggregates;
    g->aggregate_count = aggregate_count;
    return &g->it;
}

/* --- row_number() --- */
struct windowed { struct iter it; struct iter *in; const struct window *w; struct spill *rows; struct arena scratch, keep; struct text partition; int64_t number; };

static void window_fill(struct windowed *w) {
    struct run *r = w->it.r;
    w->rows = spill_new(r, w->it.width);
    run_hold_arena(r, &w->scratch);
    run_hold_arena(r, &w->keep);
    struct env e = { .r = r, .a = &w->scratch };
    while ((e.row = w->in->next(w->in, &w->scratch))) {
        struct text key;
        text_init(&key, &w->scratch);
        for (int i = 0; i < w->w->count; i++) {
            struct value v = expr_eval(&e, w->w->partition[i]);
            value_key(&key, w->w->partition[i]->type, &v, false, false);
        }
        struct value *row = mem_alloc(&w->scratch, sizeof *row * (size_t)(w->it.width + 1));
        memcpy(row, e.row, sizeof *row * (size_t)(w->it.width - 1));
        row[w->it.width - 1] = value_bytes(mem_text(&w->scratch, key.n ? key.p : "", key.n), key.n); /* the partition; the number takes its place */
        for (int i = 0; i < w->w->how.count; i++) {
            struct value v = expr_eval(&e, w->w->order[i]);
            value_key(&key, w->w->order[i]->type, &v, w->w->how.at[i].descending, w->w->how.at[i].nulls_last);
        }
        spill_add(w->rows, key.p, key.n, row);
        arena_reset(&w->scratch);
    }
    spill_sorted(w->rows);
}

static struct value *window_next(struct iter *it, struct arena *a) {
    struct windowed *w = (struct windowed *)it;
    if (!w->rows) window_fill(w);
    struct value *row = spill_next(w->rows, a, NULL, NULL, NULL);
    if (!row) return NULL;
    struct value *last = &row[it->width - 1];
    if (!w->number || w->partition.n != last->s.n || memcmp(w->partition.p ? w->partition.p : "", last->s.p, last->s.n)) {
        arena_reset(&w->keep);
        text_init(&w->partition, &w->keep);
        text_add(&w->partition, last->s.p, last->s.n);
        w->number = 0;
    }
    *last = value_int(++w->number);
    return row;
}

static void window_prune(struct iter *it, const bool *used) {
    struct windowed *w = (struct windowed *)it;
    bool *below = flags(it->r, it->width);
    for (int i = 0; i + 1 < it->width; i++) below[i] = used[i];
    for (int i = 0; i < w->w->count; i++) expr_columns(w->w->partition[i], below);
    for (int i = 0; i < w->w->how.count; i++) expr_columns(w->w->order[i], below);
    w->in->prune(w->in, below);
}

struct iter *iter_window(struct run *r, struct iter *in, const struct window *w) {
    struct windowed *x = mem_zero(&r->mem, sizeof *x);
    x->it = (struct iter){ .r = r, .width = in->width + 1, .next = window_next, .prune = window_prune };
    x->in = in;
    x->w = w;
    return &x->it;
}

/* --- joins --- */
/* Which side an expression reads: 1 left, 2 right, 3 both. */
static int sides(const struct expr *x, int left_width) {
    int s = x->kind == X_COLUMN ? (x->index < left_width ? 1 : 2) : 0;
    for (int i = 0; i < x->count; i++) s |= sides(x->args[i], left_width);
    return s;
}

static void shift_columns(struct run *r, struct expr **x, int by) {
    struct expr *copy = mem_alloc(&r->mem, sizeof *copy);
    *copy = **x;
    *x = copy;
    if (copy->kind == X_COLUMN) copy->index -= by;
    struct expr **args = mem_alloc(&r->mem, sizeof *args * (size_t)(copy->count + 1));
    for (int i = 0; i < copy->count; i++) {
        args[i] = copy->args[i];
        shift_columns(r, &args[i], by);
    }
    copy->args = args;
}

static bool take_pair(struct run *r, struct expr *x, int left_width, struct equal_pairs *out) {
    if (x->kind != X_CALL || (!str_eq(x->fn->name, "=") && !str_eq(x->fn->name, "<=>"))) return false;
    int a = sides(x->args[0], left_width), b = sides(x->args[1], left_width);
    if (!((a == 1 && b == 2) || (a == 2 && b == 1))) return false;
    struct expr *right = x->args[a == 1 ? 1 : 0];
    shift_columns(r, &right, left_width);
    int n = out->count, m = out->count, k = out->count;
    *(struct expr **)list_add(r, &out->left, &n, sizeof right) = x->args[a == 1 ? 0 : 1];
    *(struct expr **)list_add(r, &out->right, &m, sizeof right) = right;
    *(bool *)list_add(r, &out->null_safe, &k, sizeof(bool)) = str_eq(x->fn->name, "<=>");
    out->count = n;
    return true;
}

static void take_pairs(struct run *r, struct expr *x, int left_width, struct equal_pairs *out) {
    if (x->kind == X_CALL && str_eq(x->fn->name, "and")) {
        take_pairs(r, x->args[0], left_width, out);
        take_pairs(r, x->args[1], left_width, out);
    } else {
        take_pair(r, x, left_width, out);
    }
}

/* The whole condition is asked again of every candidate: pairs only find them. */
void join_pairs(struct run *r, struct expr *on, int left_width, struct equal_pairs *out) {
    *out = (struct equal_pairs){ .rest = on };
    if (on) take_pairs(r, on, left_width, out);
}

bool pairs_key(struct env *e, const struct equal_pairs *p, struct expr **side, struct text *key) {
    for (int i = 0; i < p->count; i++) {
        struct value v = expr_eval(e, side[i]);
        if (v.kind == V_NULL && !p->null_safe[i]) return false;
        value_key(key, side[i]->type, &v, false, false);
    }
    return true;
}

struct join {
    struct iter it;
    struct iter *left, *right;
    enum join_kind kind;
    struct equal_pairs pairs;
    struct spill *rows;
    unsigned char *matched;        /* a bit for each right row, for RIGHT and FULL */
    struct arena scratch, keep;    /* building; the left row */
    struct value *left_row;
    bool left_matched, left_done;
};

static void join_fill(struct join *j) {
    struct run *r = j->it.r;
    run_hold_arena(r, &j->scratch);
    run_hold_arena(r, &j->keep);
    j->rows = spill_new(r, j->right->width);
    struct env e = { .r = r, .a = &j->scratch };
    while ((e.row = j->right->next(j->right, &j->scratch))) {
        struct text key;
        text_init(&key, &j->scratch);
        if (!pairs_key(&e, &j->pairs, j->pairs.right, &key)) {
            key.n = 0;
            text_puts(&key, "\xff no match");
        }
        spill_add(j->rows, key.p, key.n, e.row);
        arena_reset(&j->scratch);
    }
    spill_index(j->rows);
    j->matched = mem_zero(&r->mem, (size_t)j->rows->rows / 8 + 2);
}

static struct value *joined(struct join *j, struct arena *a, const struct value *left, const struct value *right) {
    int lw = j->left->width, rw = j->right->width;
    struct value *row = mem_zero(a, sizeof *row * (size_t)(lw + rw + 1));
    for (int i = 0; left && i < lw; i++) row[i] = value_copy(a, &left[i]);
    if (right && rw) memcpy(row + lw, right, sizeof *row * (size_t)rw);
    return row;
}

/* The next left row and the search for its partners; false at the end. */
static bool next_left(struct join *j) {
    arena_reset(&j->keep);
    j->left_row = j->left->next(j->left, &j->keep);
    j->left_matched = false;
    if (!j->left_row) return false;
    struct env e = { .r = j->it.r, .a = &j->keep, .row = j->left_row };
    struct text key;
    text_init(&key, &j->keep);
    bool possible = pairs_key(&e, &j->pairs, j->pairs.left, &key);
    spill_find(j->rows, possible ? key.p : "\xff nothing", possible ? key.n : 9);
    return true;
}

static struct value *unmatched_right(struct join *j, struct arena *a) {
    int64_t n;
    struct value *right;
    if (j->kind != JOIN_RIGHT && j->kind != JOIN_FULL) return NULL;
    while ((right = spill_next(j->rows, a, &n, NULL, NULL)))
        if (!(j->matched[n / 8] >> (n % 8) & 1)) return joined(j, a, NULL, right);
    return NULL;
}

static struct value *join_next(struct iter *it, struct arena *a) {
    struct join *j = (struct join *)it;
    if (!j->rows) join_fill(j);
    while (!j->left_done) {
        if (!j->left_row && !next_left(j)) {
            j->left_done = true;
            spill_unsorted(j->rows);
            break;
        }
        int64_t n;
        struct value *right;
        while ((right = spill_found(j->rows, a, &n))) {
            struct value *row = joined(j, a, j->left_row, right);
            struct env e = { .r = it->r, .a = a, .row = row };
            if (j->pairs.rest && !expr_true(&e, j->pairs.rest)) {
                arena_reset(a);
                continue;
            }
            j->left_matched = true;
            j->matched[n / 8] |= (unsigned char)(1 << (n % 8));
            return row;
        }
        struct value *left = j->left_row;
        j->left_row = NULL;
        if (!j->left_matched && (j->kind == JOIN_LEFT || j->kind == JOIN_FULL)) return joined(j, a, left, NULL);
    }
    return unmatched_right(j, a);
}

static void join_prune(struct iter *it, const bool *used) {
    struct join *j = (struct join *)it;
    bool *all = flags(it->r, it->width);
    for (int i = 0; i < it->width; i++) all[i] = used[i];
    if (j->pairs.rest) expr_columns(j->pairs.rest, all);
    j->left->prune(j->left, all);
    j->right->prune(j->right, all + j->left->width);
}

struct iter *iter_join(struct run *r, struct iter *left, struct iter *right, enum join_kind kind, struct expr *on, int left_width) {
    struct join *j = mem_zero(&r->mem, sizeof *j);
    j->it = (struct iter){ .r = r, .width = left->width + right->width, .next = join_next, .prune = join_prune };
    j->left = left;
    j->right = right;
    j->kind = kind;
    join_pairs(r, on, left_width, &j->pairs);
    return &j->it;
}
