/* operators_keyed: groups and joins, over spilled rows ordered or looked up by key. */
#include "sandbox/sql/relation.h"
#include "base/str.h"

static bool *flags(struct run *r, int n) {
    return mem_zero(&r->mem, sizeof(bool) * (size_t)(n + 1));
}

/* --- groups --- */
struct group {
    struct iter it;
    struct iter *in;
    struct expr **keys; int key_count;
    struct aggregate *aggregates; int aggregate_count;
    struct totals *totals;
    struct spill *rows;            /* NULL: no keys, one group */
    struct arena scratch, keep;
    bool started, done;
    struct value *ahead; const char *ahead_key; size_t ahead_n;
};

static void group_add(struct group *g, const struct value *row) {
    struct env e = { .r = g->it.r, .a = &g->scratch, .row = row };
    totals_add(g->totals, &e);
}

static void group_start(struct group *g) {
    struct run *r = g->it.r;
    run_hold_arena(r, &g->scratch);
    run_hold_arena(r, &g->keep);
    g->totals = totals_new(r, g->aggregates, g->aggregate_count);
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
    totals_result(g->totals, a, row + g->key_count);
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
    for (int i = 0; i < g->aggregate_count; i++) aggregate_columns(&g->aggregates[i], below);
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

/* Joins that only ask whether there is a partner. */
static bool half_join(enum join_kind k) {
    return k == JOIN_SEMI || k == JOIN_ANTI;
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
    struct value *row = mem_zero(a, sizeof *row * (size_t)(lw + rw + 1)); /* SEMI and ANTI show the left part only */
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
            if (half_join(j->kind)) break;
            j->matched[n / 8] |= (unsigned char)(1 << (n % 8));
            return row;
        }
        struct value *left = j->left_row;
        j->left_row = NULL;
        if (j->left_matched ? j->kind == JOIN_SEMI : j->kind == JOIN_LEFT || j->kind == JOIN_FULL || j->kind == JOIN_ANTI) return joined(j, a, left, NULL);
    }
    return unmatched_right(j, a);
}

static void join_prune(struct iter *it, const bool *used) {
    struct join *j = (struct join *)it;
    bool *all = flags(it->r, j->left->width + j->right->width);
    for (int i = 0; i < it->width; i++) all[i] = used[i];
    if (j->pairs.rest) expr_columns(j->pairs.rest, all);
    j->left->prune(j->left, all);
    j->right->prune(j->right, all + j->left->width);
}

struct iter *iter_join(struct run *r, struct iter *left, struct iter *right, enum join_kind kind, struct expr *on, int left_width) {
    struct join *j = mem_zero(&r->mem, sizeof *j);
    j->it = (struct iter){ .r = r, .width = half_join(kind) ? left->width : left->width + right->width, .next = join_next, .prune = join_prune };
    j->left = left;
    j->right = right;
    j->kind = kind;
    join_pairs(r, on, left_width, &j->pairs);
    return &j->it;
}
