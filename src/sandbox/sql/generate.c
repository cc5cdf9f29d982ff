/* generate: explode and its kin: a row of the input for each element of a list, in a SELECT list or as LATERAL VIEW. */
#include "sandbox/sql/relation.h"
#include "base/str.h"

enum shape { ELEMENTS, FIELDS };
static const struct { const char *name; enum shape shape; bool position, outer; } generators[] = {
    {"explode", ELEMENTS, false, false}, {"explode_outer", ELEMENTS, false, true}, {"posexplode", ELEMENTS, true, false}, {"posexplode_outer", ELEMENTS, true, true},
    {"inline", FIELDS, false, false}, {"inline_outer", FIELDS, false, true},
};
enum { GENERATORS = sizeof generators / sizeof *generators };

struct generate {
    struct iter it;
    struct iter *in;
    struct expr *list;
    int which, made;          /* generator; columns it adds */
    bool outer, started;
    const struct value *row;  /* of the input, in keep */
    struct value elements;
    size_t at;
    struct arena keep;
};

static int find(const struct node *n) {
    for (int i = 0; n->kind == N_CALL && i < GENERATORS; i++)
        if (str_eq(generators[i].name, n->call)) return i;
    return -1;
}

bool node_is_generator(const struct node *n) {
    return find(n) >= 0;
}

/* The generated columns of the element at g->at; none: NULLs of an outer row. */
static void fill(struct generate *g, struct value *out, bool none) {
    const struct type *t = g->list->type;
    int n = 0;
    for (int i = 0; i < g->made; i++) out[i] = VALUE_NULL;
    if (none) return;
    if (generators[g->which].position) out[n++] = value_int((int64_t)g->at);
    const struct value *v = &g->elements.l.at[t->kind == T_MAP ? g->at * 2 : g->at];
    if (generators[g->which].shape == ELEMENTS) {
        out[n++] = v[0];
        if (t->kind == T_MAP) out[n] = v[1];
    } else {
        for (int i = 0; v->kind == V_LIST && i < g->made; i++) out[i] = v->l.at[i];
    }
}

static struct value *emit(struct generate *g, struct arena *a, bool none) {
    struct value *row = mem_alloc(a, sizeof *row * (size_t)(g->it.width + 1));
    int n = g->in->width;
    for (int i = 0; i < n; i++) row[i] = value_copy(a, &g->row[i]);
    fill(g, row + n, none);
    for (int i = n; i < g->it.width; i++) row[i] = value_copy(a, &row[i]);
    return row;
}

static struct value *generate_next(struct iter *it, struct arena *a) {
    struct generate *g = (struct generate *)it;
    if (!g->started) run_hold_arena(it->r, &g->keep);
    g->started = true;
    for (;;) {
        size_t n = g->row && g->elements.kind == V_LIST ? g->elements.l.n / (g->list->type->kind == T_MAP ? 2 : 1) : 0;
        if (g->row && g->at < n) {
            struct value *row = emit(g, a, false);
            g->at++;
            return row;
        }
        arena_reset(&g->keep);
        g->row = g->in->next(g->in, &g->keep);
        if (!g->row) return NULL;
        struct env e = { .r = it->r, .a = &g->keep, .row = g->row };
        g->elements = expr_eval(&e, g->list);
        g->at = 0;
        if (g->outer && (g->elements.kind == V_NULL || !g->elements.l.n)) return emit(g, a, true);
    }
}

static void generate_prune(struct iter *it, const bool *used) {
    struct generate *g = (struct generate *)it;
    bool *below = mem_zero(&it->r->mem, sizeof(bool) * (size_t)(it->width + 1));
    for (int i = 0; i < g->in->width; i++) below[i] = used[i];
    expr_columns(g->list, below);
    g->in->prune(g->in, below);
}

static void add_column(struct run *r, struct columns *c, const char *name, const struct type *type) {
    struct column *x = list_add(r, &c->at, &c->count, sizeof *x);
    *x = (struct column){ .name = name, .type = type };
}

struct iter *iter_generate(struct binder *b, struct iter *in, const struct node *n, bool outer, struct columns *made) {
    struct run *r = b->r;
    struct generate *g = mem_zero(&r->mem, sizeof *g);
    g->which = find(n);
    if (n->count != 1) bind_wrong_count(b, n, 1, 1);
    g->list = expr_bind(b, n->args[0]);
    const struct type *t = g->list->type;
    bool fields = generators[g->which].shape == FIELDS, fits = fields ? t->kind == T_ARRAY && t->element->kind == T_STRUCT : t->kind == T_ARRAY || t->kind == T_MAP;
    if (!fits)
        bind_mismatch(b, g->list, "UNEXPECTED_INPUT_TYPE", "The parameter 1 of `%s` requires the %s type, however it has the type \"%s\".", n->call, fields ? "\"ARRAY<STRUCT>\"" : "(\"ARRAY\" or \"MAP\")", type_sql(&r->mem, t));
    *made = (struct columns){0};
    if (generators[g->which].position) add_column(r, made, "pos", type_plain(T_INT));
    for (int i = 0; fields && i < t->element->count; i++) add_column(r, made, t->element->fields[i].name, t->element->fields[i].type);
    if (!fields && t->kind == T_ARRAY) add_column(r, made, "col", t->element);
    if (!fields && t->kind == T_MAP) {
        add_column(r, made, "key", t->key);
        add_column(r, made, "value", t->element);
    }
    g->made = made->count;
    g->in = in;
    g->outer = outer || generators[g->which].outer;
    g->it = (struct iter){ .r = r, .width = in->width + made->count, .next = generate_next, .prune = generate_prune };
    return &g->it;
}

struct relation *plan_lateral(struct run *r, const struct from *f, struct cte *ctes) {
    struct relation *left = plan_from(r, f->left, ctes);
    struct binder b = { .r = r, .scope = &left->scope, .clause = "LATERAL VIEW", .ctes = ctes };
    struct columns made;
    if (!node_is_generator(f->on))
        run_fail(r, "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "42883", f->pos, "Could not resolve `%s` to a table-valued function.", f->on->kind == N_CALL ? f->on->call : "");
    struct relation *rel = relation_new(r, iter_generate(&b, left->it, f->on, f->outer, &made));
    for (int i = 0; i < left->scope.count; i++) *(struct scope_column *)list_add(r, &rel->scope.at, &rel->scope.count, sizeof *rel->scope.at) = left->scope.at[i];
    if (f->column_count && f->column_count != made.count)
        run_fail(r, "UDTF_ALIAS_NUMBER_MISMATCH", "42802", f->pos, "The number of aliases supplied in the AS clause does not match the number of columns output by the UDTF. Expected %d aliases, but got %d.", made.count, f->column_count);
    for (int i = 0; i < made.count; i++) scope_add(r, &rel->scope, f->alias, NULL, f->column_count ? f->columns[i] : made.at[i].name, made.at[i].type);
    return rel;
}
