/* operators_window: row numbers, ranks and totals of partitions. */
#include "sandbox/sql/relation.h"
#include "base/str.h"

struct windowed {
    struct iter it;
    struct iter *in;
    const struct window *w;
    struct spill *rows, *sums;      /* sums: of each partition, for totals */
    struct arena scratch, keep;
    struct text partition, peers;   /* keys of the row before */
    int64_t number, rank, dense;
    struct value total;
};

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

static bool same(const struct text *t, const char *p, size_t n) {
    return t->n == n && (!n || !memcmp(t->p, p, n));
}

static void set_text(struct text *t, struct arena *a, const char *p, size_t n) {
    text_init(t, a);
    text_add(t, p, n);
}

/* One pass over the sorted rows writes the total of each partition. */
static void sum_partitions(struct windowed *w) {
    struct run *r = w->it.r;
    struct totals *t = totals_new(r, &w->w->total, 1);
    struct env e = { .r = r, .a = &w->scratch };
    struct value sum;
    bool any = false;
    w->sums = spill_new(r, 1);
    for (;;) {
        struct value *row = spill_next(w->rows, &w->scratch, NULL, NULL, NULL);
        const struct value *last = row ? &row[w->it.width - 1] : NULL;
        if (any && (!row || !same(&w->partition, last->s.p, last->s.n))) {
            totals_result(t, &w->keep, &sum);
            spill_add(w->sums, w->partition.p ? w->partition.p : "", w->partition.n, &sum);
            any = false;
        }
        if (!row) break;
        if (!any) {
            arena_reset(&w->keep);
            set_text(&w->partition, &w->keep, last->s.p, last->s.n);
        }
        any = true;
        e.row = row;
        totals_add(t, &e);
        arena_reset(&w->scratch);
    }
    spill_index(w->sums);
    spill_sorted(w->rows);
}

static void start_partition(struct windowed *w, const struct value *last) {
    int64_t n;
    arena_reset(&w->keep);
    set_text(&w->partition, &w->keep, last->s.p, last->s.n);
    set_text(&w->peers, &w->keep, "", 0);
    w->number = w->rank = w->dense = 0;
    if (!w->sums) return;
    spill_find(w->sums, last->s.p, last->s.n);
    w->total = *spill_found(w->sums, &w->keep, &n);
}

static struct value *window_next(struct iter *it, struct arena *a) {
    struct windowed *w = (struct windowed *)it;
    const char *key = NULL;
    size_t n = 0;
    if (!w->rows) {
        window_fill(w);
        if (w->w->total.fn) sum_partitions(w);
        w->number = 0;
    }
    struct value *row = spill_next(w->rows, a, NULL, &key, &n);
    if (!row) return NULL;
    struct value *last = &row[it->width - 1];
    if (!w->number || !same(&w->partition, last->s.p, last->s.n)) start_partition(w, last);
    w->number++;
    if (w->number == 1 || !same(&w->peers, key, n)) {
        set_text(&w->peers, &w->keep, key, n);
        w->rank = w->number;
        w->dense++;
    }
    if (w->w->total.fn) *last = value_copy(a, &w->total);
    else *last = value_int(str_eq(w->w->call, "rank") ? w->rank : str_eq(w->w->call, "dense_rank") ? w->dense : w->number);
    return row;
}

static void window_prune(struct iter *it, const bool *used) {
    struct windowed *w = (struct windowed *)it;
    bool *below = mem_zero(&it->r->mem, sizeof(bool) * (size_t)(it->width + 1));
    for (int i = 0; i + 1 < it->width; i++) below[i] = used[i];
    for (int i = 0; i < w->w->count; i++) expr_columns(w->w->partition[i], below);
    for (int i = 0; i < w->w->how.count; i++) expr_columns(w->w->order[i], below);
    if (w->w->total.fn) aggregate_columns(&w->w->total, below);
    w->in->prune(w->in, below);
}

struct iter *iter_window(struct run *r, struct iter *in, const struct window *w) {
    struct windowed *x = mem_zero(&r->mem, sizeof *x);
    x->it = (struct iter){ .r = r, .width = in->width + 1, .next = window_next, .prune = window_prune };
    x->in = in;
    x->w = w;
    return &x->it;
}
