/* operators: filter, project, limit, sort, union, values. Joins, groups and windows: operators_keyed.c. */
#include "sandbox/sql/relation.h"

static bool *flags(struct run *r, int n) {
    return mem_zero(&r->mem, sizeof(bool) * (size_t)(n + 1));
}

static void *iter_new(struct run *r, size_t size, int width, struct value *(*next)(struct iter *, struct arena *), void (*prune)(struct iter *, const bool *)) {
    struct iter *it = mem_zero(&r->mem, size);
    it->r = r;
    it->width = width;
    it->next = next;
    it->prune = prune;
    return it;
}

static void prune_nothing(struct iter *it, const bool *used) {
    (void)it, (void)used;
}

/* --- values --- */
struct values { struct iter it; struct expr ***cells; int count, at; };

static struct value *values_next(struct iter *it, struct arena *a) {
    struct values *v = (struct values *)it;
    if (v->at >= v->count) return NULL;
    run_tick(it->r);
    struct env e = { .r = it->r, .a = a };
    struct value *row = mem_alloc(a, sizeof *row * (size_t)(it->width + 1));
    for (int i = 0; i < it->width; i++) row[i] = expr_eval(&e, v->cells[v->at][i]);
    v->at++;
    return row;
}

struct iter *iter_values(struct run *r, struct expr ***cells, int count, int width) {
    struct values *v = iter_new(r, sizeof *v, width, values_next, prune_nothing);
    v->cells = cells;
    v->count = count;
    return &v->it;
}

struct iter *iter_one(struct run *r) {
    struct expr ***cells = mem_zero(&r->mem, sizeof *cells);
    return iter_values(r, cells, 1, 0);
}

/* --- filter --- */
struct filter { struct iter it; struct iter *in; struct expr *condition; };

static struct value *filter_next(struct iter *it, struct arena *a) {
    struct filter *f = (struct filter *)it;
    struct env e = { .r = it->r, .a = a };
    while ((e.row = f->in->next(f->in, a))) {
        if (expr_true(&e, f->condition)) {
            struct value *row = mem_alloc(a, sizeof *row * (size_t)(it->width + 1));
            if (it->width) memcpy(row, e.row, sizeof *row * (size_t)it->width);
            return row;
        }
        arena_reset(a); /* nothing of a refused row is kept by anyone */
    }
    return NULL;
}

static void filter_prune(struct iter *it, const bool *used) {
    struct filter *f = (struct filter *)it;
    bool *all = flags(it->r, it->width);
    for (int i = 0; i < it->width; i++) all[i] = used[i];
    expr_columns(f->condition, all);
    f->in->prune(f->in, all);
}

struct iter *iter_filter(struct run *r, struct iter *in, struct expr *condition) {
    struct filter *f = iter_new(r, sizeof *f, in->width, filter_next, filter_prune);
    f->in = in;
    f->condition = condition;
    return &f->it;
}

/* --- project --- */
struct project { struct iter it; struct iter *in; struct expr **cells; bool *used; };

static struct value *project_next(struct iter *it, struct arena *a) {
    struct project *p = (struct project *)it;
    struct env e = { .r = it->r, .a = a };
    e.row = p->in->next(p->in, a);
    if (!e.row) return NULL;
    struct value *row = mem_alloc(a, sizeof *row * (size_t)(it->width + 1));
    for (int i = 0; i < it->width; i++) row[i] = p->used && !p->used[i] ? VALUE_NULL : expr_eval(&e, p->cells[i]);
    return row;
}

static void project_prune(struct iter *it, const bool *used) {
    struct project *p = (struct project *)it;
    bool *below = flags(it->r, p->in->width);
    p->used = flags(it->r, it->width);
    for (int i = 0; i < it->width; i++) {
        p->used[i] = used[i];
        if (used[i]) expr_columns(p->cells[i], below);
    }
    p->in->prune(p->in, below);
}

struct iter *iter_project(struct run *r, struct iter *in, struct expr **cells, int count) {
    struct project *p = iter_new(r, sizeof *p, count, project_next, project_prune);
    p->in = in;
    p->cells = cells;
    return &p->it;
}

/* --- limit --- */
struct limit { struct iter it; struct iter *in; int64_t left, skip; };

static struct value *limit_next(struct iter *it, struct arena *a) {
    struct limit *l = (struct limit *)it;
    for (; l->skip > 0 && l->left; l->skip--) {
        if (!l->in->next(l->in, a)) return NULL;
        arena_reset(a);
    }
    if (!l->left) return NULL;
    if (l->left > 0) l->left--;
    return l->in->next(l->in, a);
}

static void limit_prune(struct iter *it, const bool *used) {
    struct limit *l = (struct limit *)it;
    l->in->prune(l->in, used);
}

struct iter *iter_limit(struct run *r, struct iter *in, int64_t limit, int64_t offset) {
    struct limit *l = iter_new(r, sizeof *l, in->width, limit_next, limit_prune);
    l->in = in;
    l->left = limit;
    l->skip = offset;
    return &l->it;
}

/* --- sort --- */
struct sort { struct iter it; struct iter *in; struct expr **keys; const struct order *how; int count; struct spill *rows; struct arena scratch; };

static void sort_fill(struct sort *s) {
    struct run *r = s->it.r;
    s->rows = spill_new(r, s->it.width);
    run_hold_arena(r, &s->scratch);
    struct env e = { .r = r, .a = &s->scratch };
    while ((e.row = s->in->next(s->in, &s->scratch))) {
        struct text key;
        text_init(&key, &s->scratch);
        for (int i = 0; i < s->count; i++) {
            struct value v = expr_eval(&e, s->keys[i]);
            value_key(&key, s->keys[i]->type, &v, s->how[i].descending, s->how[i].nulls_last);
        }
        spill_add(s->rows, key.p, key.n, e.row);
        arena_reset(&s->scratch);
    }
    spill_sorted(s->rows);
}

static struct value *sort_next(struct iter *it, struct arena *a) {
    struct sort *s = (struct sort *)it;
    if (!s->rows) sort_fill(s);
    return spill_next(s->rows, a, NULL, NULL, NULL);
}

static void sort_prune(struct iter *it, const bool *used) {
    struct sort *s = (struct sort *)it;
    bool *all = flags(it->r, it->width);
    for (int i = 0; i < it->width; i++) all[i] = used[i];
    for (int i = 0; i < s->count; i++) expr_columns(s->keys[i], all);
    s->in->prune(s->in, all);
}

struct iter *iter_sort(struct run *r, struct iter *in, struct expr **keys, const struct order *how, int count) {
    struct sort *s = iter_new(r, sizeof *s, in->width, sort_next, sort_prune);
    s->in = in;
    s->keys = keys;
    s->how = how;
    s->count = count;
    return &s->it;
}

/* --- union --- */
struct union_all { struct iter it; struct iter **parts; int count, at; };

static struct value *union_next(struct iter *it, struct arena *a) {
    struct union_all *u = (struct union_all *)it;
    for (; u->at < u->count; u->at++) {
        struct value *row = u->parts[u->at]->next(u->parts[u->at], a);
        if (row) return row;
    }
    return NULL;
}

static void union_prune(struct iter *it, const bool *used) {
    struct union_all *u = (struct union_all *)it;
    for (int i = 0; i < u->count; i++) u->parts[i]->prune(u->parts[i], used);
}

struct iter *iter_union(struct run *r, struct iter **parts, int count) {
    struct union_all *u = iter_new(r, sizeof *u, parts[0]->width, union_next, union_prune);
    u->parts = parts;
    u->count = count;
    return &u->it;
}
