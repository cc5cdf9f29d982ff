/* query: from the tree of a query to a chain of iterators. */
#include "sandbox/sql/table.h"
#include "sandbox/sql/statements.h"
#include "base/str.h"

void scope_add(struct run *r, struct scope *s, const char *alias, const struct name *table, const char *name, const struct type *type) {
    struct scope_column *c = list_add(r, &s->at, &s->count, sizeof *c);
    *c = (struct scope_column){ .alias = alias, .name = name, .type = type };
    if (table) c->table = *table;
}

struct relation *relation_new(struct run *r, struct iter *it) {
    struct relation *rel = mem_zero(&r->mem, sizeof *rel);
    rel->it = it;
    return rel;
}

void relation_use_all(struct run *r, struct relation *rel) {
    bool *all = mem_zero(&r->mem, sizeof(bool) * (size_t)(rel->it->width + 1));
    for (int i = 0; i < rel->it->width; i++) all[i] = true;
    rel->it->prune(rel->it, all);
}

/* --- SELECT --- */
struct planner { struct iter *generated; struct run *r; struct binder b; struct relation *in; struct expr **cells; const char **names; int count, name_count; };

static void add_cell(void *ctx, struct expr *x, const char *name) {
    struct planner *p = ctx;
    *(struct expr **)list_add(p->r, &p->cells, &p->count, sizeof x) = x;
    *(const char **)list_add(p->r, &p->names, &p->name_count, sizeof name) = name;
}

/* GROUP BY keys: numbers and aliases of the select list stand for its expressions. */
static const struct node *group_node(struct planner *p, const struct select *s, const struct node *n) {
    if (n->kind == N_LITERAL && n->type->kind == T_INT) {
        if (n->value.i < 1 || n->value.i > s->item_count)
            run_fail(p->r, "GROUP_BY_POS_OUT_OF_RANGE", "42805", n->pos, "GROUP BY position %lld is not in select list (valid range is [1, %d]).", (long long)n->value.i, s->item_count);
        return s->items[n->value.i - 1].expr;
    }
    if (n->kind != N_NAME || n->name.count != 1) return n;
    for (int i = 0; i < p->in->scope.count; i++)
        if (str_ieq(p->in->scope.at[i].name, n->name.part[0])) return n;
    for (int i = 0; i < s->item_count; i++)
        if (s->items[i].alias && str_ieq(s->items[i].alias, n->name.part[0])) return s->items[i].expr;
    return n;
}

/* GROUP BY ALL: every item of the list without an aggregate. */
static void group_all(struct run *r, const struct select *s, struct node_list *out) {
    for (int i = 0; i < s->item_count; i++)
        if (s->items[i].expr->kind != N_STAR && !node_has_aggregate(s->items[i].expr)) *(struct node **)list_add(r, &out->at, &out->count, sizeof(struct node *)) = s->items[i].expr;
}

static void plan_groups(struct planner *p, const struct select *s) {
    struct node_list group = s->group;
    if (s->group_all) group_all(p->r, s, &group);
    struct binder plain = { .r = p->r, .scope = &p->in->scope, .clause = "GROUP BY", .ctes = p->b.ctes };
    p->b.groups = mem_alloc(&p->r->mem, sizeof *p->b.groups * (size_t)(group.count + 1));
    for (int i = 0; i < group.count; i++) {
        const struct node *n = group_node(p, s, group.at[i]);
        if (node_has_aggregate(n)) run_fail(p->r, "GROUP_BY_AGGREGATE", "42903", n->pos, "Aggregate functions are not allowed in GROUP BY, but found %s.", node_name(p->r, n));
        p->b.groups[i] = expr_bind(&plain, n);
        if (type_has_map(p->b.groups[i]->type))
            run_fail(p->r, "GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE", "42822", n->pos, "The expression \"%s\" cannot be used as a grouping expression because its data type \"%s\" is not an orderable data type.",
                     node_name(p->r, n), type_sql(&p->r->mem, p->b.groups[i]->type));
    }
    p->b.group_count = group.count;
    p->b.grouped = true;
}

/* explode(…) as an item: its columns stand behind those of the input. */
static void plan_generator(struct planner *p, const struct node *n, const char *alias) {
    struct columns made;
    if (p->b.grouped) bind_no_routine(&p->b, n);
    struct iter *in = p->generated ? p->generated : p->in->it; /* a second generator works on the rows of the first */
    p->generated = iter_generate(&p->b, in, n, false, &made);
    if (alias && made.count > 1)
        run_fail(p->r, "MULTI_ALIAS_WITHOUT_GENERATOR", "0A000", n->pos, "Multi part aliasing (%s) is not supported with %s as it is not a generator function.", alias, node_name(p->r, n));
    for (int i = 0; i < made.count; i++) add_cell(p, expr_column(p->r, in->width + i, made.at[i].type, made.at[i].name), alias ? alias : made.at[i].name);
}

static void plan_items(struct planner *p, const struct select *s) {
    p->b.allow_aggregates = p->b.allow_windows = true;
    for (int i = 0; i < s->item_count; i++) {
        const struct node *n = s->items[i].expr;
        if (n->kind == N_STAR) {
            if (p->b.grouped) {
                if (!p->b.group_count) run_fail(p->r, "MISSING_GROUP_BY", "42803", n->pos, "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window functions using OVER clauses.");
                run_fail(p->r, "INVALID_USAGE_OF_STAR_OR_REGEX", "42000", n->pos, "Invalid usage of '*' in expression of a GROUP BY query.");
            }
            bind_star(&p->b, n, add_cell, p);
            continue;
        }
        if (node_is_generator(n)) {
            plan_generator(p, n, s->items[i].alias);
            continue;
        }
        add_cell(p, expr_bind(&p->b, n), s->items[i].alias ? s->items[i].alias : node_name(p->r, n));
    }
}

static bool select_is_grouped(const struct select *s, const struct query *q) {
    if (s->grouped || s->having) return true;
    for (int i = 0; i < s->item_count; i++)
        if (node_has_aggregate(s->items[i].expr)) return true;
    for (int i = 0; q && i < q->order.count; i++)
        if (node_has_aggregate(q->order.at[i].by)) return true;
    return false;
}

/* An ORDER BY item that names or numbers an output column; -1 when it does not. */
static int output_column(struct run *r, const struct node *n, const char **names, int count) {
    if (n->kind == N_LITERAL && n->type->kind == T_INT) {
        if (n->value.i < 1 || n->value.i > count)
            run_fail(r, "ORDER_BY_POS_OUT_OF_RANGE", "42805", n->pos, "ORDER BY position %lld is not in select list (valid range is [1, %d]).", (long long)n->value.i, count);
        return (int)n->value.i - 1;
    }
    if (n->kind != N_NAME || n->name.count != 1) return -1;
    for (int i = 0; i < count; i++)
        if (str_ieq(names[i], n->name.part[0])) return i;
    return -1;
}

static void check_orderable(struct run *r, const struct expr *x, const struct node *n) {
    if (type_has_map(x->type))
        run_fail(r, "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", "42K09", n->pos, "Cannot resolve \"%s\" due to data type mismatch: The `sortorder` does not support ordering on type \"%s\".",
                 node_name(r, n), type_sql(&r->mem, x->type));
}

/* Keys of ORDER BY as columns of the projected row; what is no output column is appended to it. */
static struct expr **plan_order_keys(struct planner *p, const struct order_list *o, int visible) {
    struct expr **keys = mem_alloc(&p->r->mem, sizeof *keys * (size_t)(o->count + 1));
    for (int i = 0; i < o->count; i++) {
        const struct node *n = o->at[i].by;
        int at = output_column(p->r, n, p->names, visible);
        if (at < 0) {
            struct expr *x = expr_bind(&p->b, n);
            for (int k = 0; k < visible && at < 0; k++)
                if (expr_equal(x, p->cells[k])) at = k;
            if (at < 0) {
                at = p->count;
                add_cell(p, x, "");
            }
        }
        keys[i] = expr_column(p->r, at, p->cells[at]->type, NULL);
        check_orderable(p->r, keys[i], n);
    }
    return keys;
}

static struct iter *cut_to(struct run *r, struct iter *in, struct expr **cells, int visible) {
    if (in->width == visible) return in;
    struct expr **columns = mem_alloc(&r->mem, sizeof *columns * (size_t)(visible + 1));
    for (int i = 0; i < visible; i++) columns[i] = expr_column(r, i, cells[i]->type, NULL);
    return iter_project(r, in, columns, visible);
}

static struct iter *distinct(struct run *r, struct iter *in, struct expr **cells) {
    struct expr **columns = mem_alloc(&r->mem, sizeof *columns * (size_t)(in->width + 1));
    for (int i = 0; i < in->width; i++) columns[i] = expr_column(r, i, cells[i]->type, NULL);
    return iter_group(r, in, columns, in->width, NULL, 0);
}

/* order belongs to the SELECT when it is the query's only part. */
static struct relation *plan_select(struct run *r, const struct select *s, const struct query *q, struct cte *ctes) {
    struct planner p = { .r = r };
    p.in = s->from ? plan_from(r, s->from, ctes) : relation_new(r, iter_one(r));
    p.b = (struct binder){ .r = r, .scope = &p.in->scope, .clause = "WHERE" };
    p.b.ctes = ctes;
    if (s->where) p.in = plan_where(r, &p.b, p.in, s->where);
    struct iter *it = p.in->it;
    p.b.clause = "SELECT";
    if (select_is_grouped(s, q)) plan_groups(&p, s);
    plan_items(&p, s);
    int visible = p.count;
    struct expr *having = s->having ? bind_condition(&p.b, s->having) : NULL;
    p.b.allow_windows = false;
    struct expr **keys = q && q->order.count && !s->distinct ? plan_order_keys(&p, &q->order, visible) : NULL;
    if (p.generated) it = p.generated;
    if (p.b.grouped) it = iter_group(r, it, p.b.groups, p.b.group_count, p.b.aggregates, p.b.aggregate_count);
    if (having) it = iter_filter(r, it, having);
    for (int i = 0; i < p.b.window_count; i++) {
        p.b.windows[i].use->index = it->width;
        it = iter_window(r, it, &p.b.windows[i]);
    }
    it = iter_project(r, it, p.cells, p.count);
    if (s->distinct) {
        it = distinct(r, it, p.cells);
        keys = q && q->order.count ? plan_order_keys(&p, &q->order, visible) : NULL;
        if (p.count > visible) run_fail(r, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "42703", q->order.at[0].by->pos, "ORDER BY of a SELECT DISTINCT must name columns of its list.");
    }
    if (keys) it = cut_to(r, iter_sort(r, it, keys, q->order.at, q->order.count), p.cells, visible);
    struct relation *rel = relation_new(r, it);
    for (int i = 0; i < visible; i++) scope_add(r, &rel->scope, NULL, NULL, p.names[i], p.cells[i]->type);
    return rel;
}

/* EXCEPT and INTERSECT keep the left rows that have no equal, or an equal, on the right; NULL equals NULL. */
static struct iter *set_join(struct run *r, const struct query *q, struct iter **its, const struct scope *all) {
    struct binder b = { .r = r, .scope = all };
    struct expr *on = NULL;
    for (int i = 0; i < all->count; i++) {
        struct expr *sides[2] = { expr_column(r, i, all->at[i].type, NULL), expr_column(r, all->count + i, all->at[i].type, NULL) };
        struct expr *equal = expr_call(&b, "<=>", sides, 2, q->pos), *pair[2] = { on, equal };
        on = on ? expr_call(&b, "and", pair, 2, q->pos) : equal;
    }
    return iter_join(r, its[0], its[1], q->set == SET_EXCEPT ? JOIN_ANTI : JOIN_SEMI, on, all->count);
}

static const char *set_name(const struct query *q) {
    return q->set == SET_EXCEPT ? "EXCEPT" : q->set == SET_INTERSECT ? "INTERSECT" : "UNION";
}

static struct relation *plan_union(struct run *r, const struct query *q, struct cte *ctes) {
    struct relation **parts = mem_alloc(&r->mem, sizeof *parts * (size_t)q->part_count);
    struct iter **its = mem_alloc(&r->mem, sizeof *its * (size_t)q->part_count);
    for (int i = 0; i < q->part_count; i++) {
        parts[i] = q->parts[i] ? plan_select(r, q->parts[i], NULL, ctes) : plan_query(r, q->nested[i], ctes);
        if (parts[i]->scope.count != parts[0]->scope.count)
            run_fail(r, "NUM_COLUMNS_MISMATCH", "42826", q->pos, "%s can only be performed on inputs with the same number of columns, but the first input has %d columns and the %d. input has %d columns.",
                     set_name(q), parts[0]->scope.count, i + 1, parts[i]->scope.count);
    }
    struct scope all = {0};
    int width = parts[0]->scope.count;
    struct expr **cells = mem_alloc(&r->mem, sizeof *cells * (size_t)(width + 1));
    for (int c = 0; c < width; c++) {
        const struct type *t = parts[0]->scope.at[c].type;
        for (int i = 1; i < q->part_count && t; i++) t = type_common(&r->mem, t, parts[i]->scope.at[c].type);
        if (!t) run_fail(r, "INCOMPATIBLE_COLUMN_TYPE", "42825", q->pos, "%s can only be performed on tables with compatible column types. Column %d is not compatible.", set_name(q), c + 1);
        scope_add(r, &all, NULL, NULL, parts[0]->scope.at[c].name, t);
        cells[c] = expr_column(r, c, t, NULL);
    }
    for (int i = 0; i < q->part_count; i++) {
        struct expr **cast = mem_alloc(&r->mem, sizeof *cast * (size_t)(width + 1));
        for (int c = 0; c < width; c++) cast[c] = expr_coerce(r, expr_column(r, c, parts[i]->scope.at[c].type, NULL), all.at[c].type);
        its[i] = iter_project(r, parts[i]->it, cast, width);
    }
    struct relation *rel = relation_new(r, q->set == SET_UNION ? iter_union(r, its, q->part_count) : set_join(r, q, its, &all));
    if (q->distinct_union || q->set != SET_UNION) rel->it = distinct(r, rel->it, cells);
    rel->scope = all;
    return rel;
}

static void plan_order(struct run *r, struct relation *rel, const struct order_list *o) {
    struct binder b = { .r = r, .scope = &rel->scope, .clause = "ORDER BY" };
    struct expr **keys = mem_alloc(&r->mem, sizeof *keys * (size_t)(o->count + 1));
    const char **names = mem_alloc(&r->mem, sizeof *names * (size_t)(rel->scope.count + 1));
    for (int i = 0; i < rel->scope.count; i++) names[i] = rel->scope.at[i].name;
    for (int i = 0; i < o->count; i++) {
        int at = output_column(r, o->at[i].by, names, rel->scope.count);
        keys[i] = at >= 0 ? expr_column(r, at, rel->scope.at[at].type, NULL) : expr_bind(&b, o->at[i].by);
        check_orderable(r, keys[i], o->at[i].by);
    }
    rel->it = iter_sort(r, rel->it, keys, o->at, o->count);
}

static int64_t limit_value(struct run *r, const struct node *n) {
    struct scope none = {0};
    struct binder b = { .r = r, .scope = &none };
    struct expr *x = expr_bind(&b, n);
    struct env e = { .r = r, .a = &r->mem };
    struct value v = type_integral(x->type) ? expr_eval(&e, x) : VALUE_NULL;
    if (v.kind != V_INT)
        run_fail(r, "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE", "42K0E", n->pos, "The limit like expression \"%s\" is invalid. The limit expression must be integer type, but got \"%s\".", node_name(r, n), type_sql(&r->mem, x->type));
    if (v.i < 0) run_fail(r, "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE", "42K0E", n->pos, "The limit like expression \"%s\" is invalid. The limit expression must be equal to or greater than 0, but got %lld.", node_name(r, n), (long long)v.i);
    return v.i;
}

struct relation *plan_query(struct run *r, const struct query *q, struct cte *outer) {
    struct relation *rel;
    struct cte *ctes = outer;
    run_enter(r, q->pos);
    if (q->with) { /* later ones see earlier ones: the list is kept newest first */
        struct cte *last = q->with;
        while (last->next && last->next != outer) last = last->next;
        last->next = outer;
        ctes = q->with;
    }
    if (q->values) {
        rel = plan_from(r, q->values, ctes);
    } else if (q->part_count == 1 && q->parts[0]) {
        rel = plan_select(r, q->parts[0], q, ctes);
    } else {
        rel = q->part_count == 1 ? plan_query(r, q->nested[0], ctes) : plan_union(r, q, ctes);
    }
    if (q->order.count && !(q->part_count == 1 && q->parts[0])) plan_order(r, rel, &q->order);
    if (q->limit || q->offset) rel->it = iter_limit(r, rel->it, q->limit ? limit_value(r, q->limit) : -1, q->offset ? limit_value(r, q->offset) : 0);
    run_leave(r);
    return rel;
}

void statement_query(struct run *r, const struct statement *s) {
    struct relation *rel = plan_query(r, s->query, NULL);
    relation_use_all(r, rel);
    for (int i = 0; i < rel->scope.count; i++) result_column(r, rel->scope.at[i].name, type_text(&r->mem, rel->scope.at[i].type));
    struct arena *a = run_arena(r);
    const struct value *row;
    while ((row = rel->it->next(rel->it, a))) {
        cJSON *cells = cJSON_CreateArray();
        for (int i = 0; cells && i < rel->scope.count; i++) {
            cJSON *cell = json_native(r, rel->scope.at[i].type, &row[i]);
            if (!cell || !cJSON_AddItemToArray(cells, cell)) {
                cJSON_Delete(cell);
                cJSON_Delete(cells);
                cells = NULL;
            }
        }
        result_row(r, cells);
        arena_reset(a);
    }
}
