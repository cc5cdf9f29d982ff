/* parse_query: SELECT and its clauses, tables and joins, set operations. */
#include "sandbox/sql/tree.h"
#include "base/str.h"

/* Words that end a clause, so that they are no alias without AS. */
static bool stops_alias(const char *w) {
    static const char *const stops[] = {
        "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT", "MINUS", "JOIN", "LEFT", "RIGHT", "FULL",
        "INNER", "CROSS", "ANTI", "SEMI", "NATURAL", "LATERAL", "ON", "USING", "WHEN", "FROM", "SET", "VALUES", "SELECT", "WITH",
        "TABLESAMPLE", "SORT", "CLUSTER", "DISTRIBUTE", "WINDOW", "VERSION", "TIMESTAMP", "FOR", "PIVOT", "UNPIVOT", "QUALIFY",
    };
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (str_ieq(w, stops[i])) return true;
    return false;
}

static const char *parse_alias(struct parser *p) {
    if (parse_take(p, "AS")) return parse_identifier(p);
    const struct token *t = &p->t[p->at];
    if (t->kind == TK_QUOTED || (t->kind == TK_WORD && !stops_alias(t->text))) return parse_identifier(p);
    return NULL;
}

static void parse_table_alias(struct parser *p, struct from *f) {
    f->alias = parse_alias(p);
    if (!f->alias || !parse_take(p, "(")) return;
    do *(const char **)list_add(p->r, &f->columns, &f->column_count, sizeof *f->columns) = parse_identifier(p);
    while (parse_take(p, ","));
    parse_need(p, ")");
}

static void parse_rows(struct parser *p, struct from *f) {
    f->kind = FROM_VALUES;
    do {
        struct node_list *row = list_add(p->r, &f->rows, &f->row_count, sizeof *row);
        bool parens = parse_take(p, "(");
        do *(struct node **)list_add(p->r, &row->at, &row->count, sizeof(struct node *)) = parse_expression(p);
        while (parens && parse_take(p, ","));
        if (parens) parse_need(p, ")");
    } while (parse_take(p, ","));
}

static void parse_function(struct parser *p, struct from *f) {
    f->kind = FROM_FUNCTION;
    parse_need(p, "(");
    int values = 0;
    while (!parse_is(p, ")")) {
        struct option *o = list_add(p->r, &f->options.at, &f->options.count, sizeof *o);
        if (p->t[p->at].kind == TK_WORD && parse_is_at(p, 1, "=>")) {
            o->key = parse_identifier(p);
            p->at++;
        }
        *(struct node **)list_add(p->r, &f->option_values, &values, sizeof(struct node *)) = parse_expression(p);
        if (!parse_take(p, ",")) break;
    }
    parse_need(p, ")");
}

/* VERSION AS OF n, TIMESTAMP AS OF '…'. */
static void parse_travel(struct parser *p, struct from *f) {
    int start = p->at;
    bool named = parse_take(p, "FOR"), version = parse_take_words(p, "VERSION AS OF") || parse_take_words(p, "SYSTEM_VERSION AS OF");
    if (version) f->version = parse_expression(p);
    else if (parse_take_words(p, "TIMESTAMP AS OF") || parse_take_words(p, "SYSTEM_TIME AS OF")) f->timestamp = parse_expression(p);
    else if (named) p->at = start;
}

struct from *parse_table(struct parser *p) {
    struct from *f = mem_zero(&p->r->mem, sizeof *f);
    f->pos = p->t[p->at].pos;
    if (parse_take(p, "(")) {
        f->kind = FROM_QUERY;
        f->query = parse_query(p);
        parse_need(p, ")");
    } else if (parse_take(p, "VALUES")) {
        parse_rows(p, f);
    } else {
        if (p->t[p->at].kind == TK_WORD && (stops_alias(p->t[p->at].text) || parse_reserved(p->t[p->at].text))) parse_error(p);
        f->name = parse_name(p);
        if (parse_is(p, "(") && f->name.count == 1) parse_function(p, f);
        else parse_travel(p, f);
    }
    parse_table_alias(p, f);
    return f;
}

static bool parse_join_kind(struct parser *p, enum join_kind *k) {
    static const struct { const char *words; enum join_kind kind; } joins[] = {
        {"JOIN", JOIN_INNER}, {"INNER JOIN", JOIN_INNER}, {"LEFT JOIN", JOIN_LEFT}, {"LEFT OUTER JOIN", JOIN_LEFT},
        {"RIGHT JOIN", JOIN_RIGHT}, {"RIGHT OUTER JOIN", JOIN_RIGHT}, {"FULL JOIN", JOIN_FULL}, {"FULL OUTER JOIN", JOIN_FULL},
        {"CROSS JOIN", JOIN_CROSS}, {",", JOIN_CROSS}, {"SEMI JOIN", JOIN_SEMI}, {"LEFT SEMI JOIN", JOIN_SEMI},
        {"ANTI JOIN", JOIN_ANTI}, {"LEFT ANTI JOIN", JOIN_ANTI},
    };
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        if (parse_take_words(p, joins[i].words)) {
            *k = joins[i].kind;
            return true;
        }
    }
    return false;
}

/* LATERAL VIEW [OUTER] explode(…) alias [AS a, b], behind everything that is joined. */
static struct from *parse_lateral(struct parser *p, struct from *left) {
    while (parse_take_words(p, "LATERAL VIEW")) {
        struct from *f = mem_zero(&p->r->mem, sizeof *f);
        f->kind = FROM_LATERAL;
        f->pos = p->t[p->at].pos;
        f->left = left;
        f->outer = parse_take(p, "OUTER");
        f->on = parse_expression(p);
        if (!parse_is(p, "AS")) f->alias = parse_alias(p);
        if (parse_take(p, "AS")) {
            do *(const char **)list_add(p->r, &f->columns, &f->column_count, sizeof *f->columns) = parse_identifier(p);
            while (parse_take(p, ","));
        }
        left = f;
    }
    return left;
}

static struct from *parse_from(struct parser *p) {
    struct from *left = parse_table(p);
    enum join_kind kind;
    while (parse_join_kind(p, &kind)) {
        struct from *j = mem_zero(&p->r->mem, sizeof *j);
        j->kind = FROM_JOIN;
        j->pos = left->pos;
        j->join = kind;
        j->left = left;
        j->right = parse_table(p);
        if (kind != JOIN_CROSS && parse_take(p, "USING")) {
            parse_need(p, "(");
            do *(const char **)list_add(p->r, &j->columns, &j->column_count, sizeof *j->columns) = parse_identifier(p);
            while (parse_take(p, ","));
            parse_need(p, ")");
        } else if (kind != JOIN_CROSS) {
            parse_need(p, "ON");
            j->on = parse_expression(p);
        }
        left = j;
    }
    return parse_lateral(p, left);
}

static struct select *parse_select(struct parser *p) {
    struct select *s = mem_zero(&p->r->mem, sizeof *s);
    parse_need(p, "SELECT");
    s->distinct = parse_take(p, "DISTINCT");
    if (!s->distinct) parse_take(p, "ALL");
    do {
        struct item *i = list_add(p->r, &s->items, &s->item_count, sizeof *i);
        i->expr = parse_expression(p);
        i->alias = i->expr->kind == N_STAR ? NULL : parse_alias(p);
    } while (parse_take(p, ","));
    if (parse_take(p, "FROM")) s->from = parse_from(p);
    if (parse_take(p, "WHERE")) s->where = parse_expression(p);
    if (parse_take_words(p, "GROUP BY")) {
        s->grouped = true;
        if (parse_is(p, "ALL") && !parse_is_at(p, 1, "(") && !parse_is_at(p, 1, ".") && !parse_is_at(p, 1, ",")) {
            p->at++;
            s->group_all = true;
        } else do *(struct node **)list_add(p->r, &s->group.at, &s->group.count, sizeof(struct node *)) = parse_expression(p);
        while (parse_take(p, ","));
    }
    if (parse_take(p, "HAVING")) s->having = parse_expression(p);
    return s;
}

static void parse_with(struct parser *p, struct query *q) {
    if (!parse_take(p, "WITH")) return;
    do {
        struct cte *c = mem_zero(&p->r->mem, sizeof *c);
        c->name = parse_identifier(p);
        parse_take(p, "AS");
        parse_need(p, "(");
        c->query = parse_query(p);
        parse_need(p, ")");
        c->next = q->with;
        q->with = c;
    } while (parse_take(p, ","));
}

static void add_part(struct parser *p, struct query *q, struct select *part, struct query *nested) {
    int n = q->part_count;
    *(struct select **)list_add(p->r, &q->parts, &q->part_count, sizeof part) = part;
    *(struct query **)list_add(p->r, &q->nested, &n, sizeof nested) = nested;
}

static void parse_part(struct parser *p, struct query *q) {
    if (parse_take(p, "(")) {
        struct query *nested = parse_query(p);
        parse_need(p, ")");
        add_part(p, q, NULL, nested);
    } else {
        add_part(p, q, parse_select(p), NULL);
    }
}

/* An EXCEPT or INTERSECT whose word has been read, still without its two sides. */
static struct query *set_operation(struct parser *p, enum set_kind kind) {
    struct query *both = mem_zero(&p->r->mem, sizeof *both);
    both->pos = p->t[p->at].pos;
    both->set = kind;
    if (parse_is(p, "ALL"))
        run_fail(p->r, "UNSUPPORTED_FEATURE.SET_OPERATION_ALL", "0A000", both->pos, "%s ALL is not supported.", kind == SET_EXCEPT ? "EXCEPT" : "INTERSECT");
    parse_take(p, "DISTINCT");
    return both;
}

/* What has been read of q becomes one part of it. */
static void fold(struct parser *p, struct query *q, struct query *into) {
    struct query *left = mem_zero(&p->r->mem, sizeof *left);
    *left = *q;
    left->with = NULL;
    *q = (struct query){ .with = q->with, .pos = q->pos };
    add_part(p, into, NULL, left);
}

/* INTERSECT binds tighter than the others. */
static void parse_term(struct parser *p, struct query *q) {
    parse_part(p, q);
    while (parse_take(p, "INTERSECT")) {
        int last = q->part_count - 1;
        struct query *both = set_operation(p, SET_INTERSECT);
        add_part(p, both, q->parts[last], q->nested[last]);
        parse_part(p, both);
        q->parts[last] = NULL;
        q->nested[last] = both;
    }
}

static void parse_set_operations(struct parser *p, struct query *q) {
    parse_term(p, q);
    for (;;) {
        if (parse_take(p, "EXCEPT") || parse_take(p, "MINUS")) {
            struct query *both = set_operation(p, SET_EXCEPT);
            fold(p, q, both);
            parse_term(p, both);
            add_part(p, q, NULL, both);
        } else if (parse_take(p, "UNION")) {
            bool all = parse_take(p, "ALL");
            if (!all) parse_take(p, "DISTINCT");
            if (q->distinct_union && all) fold(p, q, q);
            q->distinct_union |= !all;
            parse_term(p, q);
        } else {
            return;
        }
    }
}

struct query *parse_query(struct parser *p) {
    struct query *q = mem_zero(&p->r->mem, sizeof *q);
    q->pos = p->t[p->at].pos;
    run_enter(p->r, q->pos);
    parse_with(p, q);
    if (parse_take(p, "VALUES")) {
        q->values = mem_zero(&p->r->mem, sizeof *q->values);
        q->values->pos = q->pos;
        parse_rows(p, q->values);
        parse_table_alias(p, q->values);
    } else {
        parse_set_operations(p, q);
    }
    if (parse_take_words(p, "ORDER BY")) q->order = parse_order(p);
    if (parse_take(p, "LIMIT") && !parse_take(p, "ALL")) q->limit = parse_expression(p);
    if (parse_take(p, "OFFSET")) q->offset = parse_expression(p);
    run_leave(p->r);
    return q;
}
