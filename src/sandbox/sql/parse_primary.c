#include "sandbox/sql/expression.h"
#include "base/str.h"

struct node *node_new(struct parser *p, enum node_kind kind) {
    struct node *n = mem_zero(&p->r->mem, sizeof *n);
    n->kind = kind;
    n->pos = p->t[p->at].pos;
    return n;
}

struct node *node_call(struct parser *p, const char *name, int pos, struct node *a, struct node *b) {
    struct node *n = node_new(p, N_CALL);
    n->call = name;
    n->pos = pos;
    n->operator_form = true;
    n->args = mem_alloc(&p->r->mem, sizeof *n->args * 3);
    n->args[n->count++] = a;
    if (b) n->args[n->count++] = b;
    return n;
}

void node_add(struct parser *p, struct node *n, struct node *arg) {
    *(struct node **)list_add(p->r, &n->args, &n->count, sizeof arg) = arg;
}

struct node *node_literal(struct parser *p, const struct type *type, struct value v) {
    struct node *n = node_new(p, N_LITERAL);
    n->type = type;
    n->value = v;
    return n;
}

const char *parse_lower(struct parser *p, const char *s) {
    char *t = mem_text(&p->r->mem, s, strlen(s));
    for (char *c = t; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    return t;
}

/* (query) as a part of an expression; the opening parenthesis is taken. */
static struct node *parse_subquery(struct parser *p, const char *call, int pos) {
    struct node *x = node_new(p, call ? N_CALL : N_SUBQUERY);
    x->call = call;
    x->pos = pos;
    x->query = parse_query(p);
    parse_need(p, ")");
    return x;
}

/* --- primary expressions --- */
static struct node *parse_case(struct parser *p) {
    struct node *x = node_new(p, N_CALL), *operand = NULL;
    x->call = "case";
    p->at++;
    if (!parse_is(p, "WHEN")) operand = parse_expression(p);
    if (!parse_is(p, "WHEN")) parse_error(p);
    while (parse_take(p, "WHEN")) {
        struct node *when = parse_expression(p);
        if (operand) when = node_call(p, "=", when->pos, operand, when);
        node_add(p, x, when);
        parse_need(p, "THEN");
        node_add(p, x, parse_expression(p));
    }
    if (parse_take(p, "ELSE")) node_add(p, x, parse_expression(p));
    parse_need(p, "END");
    return x;
}

static struct node *parse_cast(struct parser *p) {
    struct node *x = node_new(p, N_CAST);
    x->try_it = parse_is(p, "try_cast");
    p->at += 2;
    node_add(p, x, parse_expression(p));
    parse_need(p, "AS");
    x->type = parse_type(p);
    parse_need(p, ")");
    return x;
}

static struct node *parse_over(struct parser *p, struct node *function) {
    struct node *x = node_new(p, N_WINDOW);
    x->call = function->call;
    x->pos = function->pos;
    x->inner = function;
    parse_need(p, "(");
    if (parse_take(p, "PARTITION")) {
        parse_need(p, "BY");
        do node_add(p, x, parse_expression(p));
        while (parse_take(p, ","));
    }
    if (parse_take(p, "ORDER")) {
        parse_need(p, "BY");
        x->order = parse_order(p);
    }
    parse_need(p, ")");
    return x;
}

static struct node *parse_call(struct parser *p) {
    struct node *x = node_new(p, N_CALL);
    x->call = parse_lower(p, parse_identifier(p));
    parse_need(p, "(");
    if (parse_take(p, "DISTINCT")) x->distinct = true;
    if (parse_is(p, "*") && parse_is_at(p, 1, ")") && str_eq(x->call, "count")) {
        p->at++;
        node_add(p, x, node_literal(p, type_plain(T_INT), value_int(1)));
    } else if (!parse_is(p, ")")) {
        do {
            struct node *arg = parse_expression(p);
            if (parse_take(p, "AS")) arg->alias = parse_identifier(p);
            node_add(p, x, arg);
        } while (parse_take(p, ","));
    }
    parse_need(p, ")");
    if (parse_is(p, "FILTER") && parse_is_at(p, 1, "(")) {
        p->at += 2;
        parse_need(p, "WHERE");
        x->filter = parse_expression(p);
        parse_need(p, ")");
    }
    return parse_take(p, "OVER") ? parse_over(p, x) : x;
}

static struct node *parse_star(struct parser *p, struct name qualifier) {
    struct node *x = node_new(p, N_STAR);
    x->name = qualifier;
    p->at++;
    return x;
}

static struct node *parse_reference(struct parser *p) {
    struct node *x = node_new(p, N_NAME);
    struct name n = { .pos = x->pos };
    for (;;) {
        *(const char **)list_add(p->r, &n.part, &n.count, sizeof *n.part) = parse_identifier(p);
        if (!parse_is(p, ".")) break;
        p->at++;
        if (parse_is(p, "*")) return parse_star(p, n);
    }
    x->name = n;
    return x;
}

/* Functions that may stand without parentheses. */
static bool bare_function(const char *w) {
    static const char *const bare[] = {"current_timestamp", "current_user", "current_date", "current_catalog", "current_schema",
                                       "current_database", "session_user", "user", "localtimestamp"};
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++)
        if (str_ieq(w, bare[i])) return true;
    return false;
}

/* What stands before the FROM of trim(BOTH 'x' FROM s); NULL: nothing. */
static const char *parse_trim_words(struct parser *p) {
    static const char *const words[] = {"BOTH", "LEADING", "TRAILING"};
    for (int i = 0; i < 3; i++)
        if (parse_take(p, words[i])) return words[i];
    return NULL;
}

/* trim(BOTH 'x' FROM s), substring(s FROM 1 FOR 2), position('x' IN s), or the plain call. */
static struct node *parse_spelled(struct parser *p) {
    struct node *x = node_new(p, N_CALL), *first = NULL;
    x->call = parse_lower(p, parse_identifier(p));
    parse_need(p, "(");
    bool trim = str_eq(x->call, "trim");
    x->words = trim ? parse_trim_words(p) : NULL;
    if (!x->words || !parse_is(p, "FROM")) first = parse_operand(p);
    if (parse_take(p, str_eq(x->call, "position") ? "IN" : "FROM")) {
        struct node *second = parse_expression(p);
        if (trim && first && !x->words) x->words = "BOTH";
        if (!trim) node_add(p, x, first);
        node_add(p, x, second);
        if (trim && first) node_add(p, x, first);
        if (!trim && parse_take(p, "FOR")) node_add(p, x, parse_expression(p));
        if (x->words && !str_eq(x->words, "BOTH")) x->call = str_eq(x->words, "LEADING") ? "ltrim" : "rtrim";
    } else {
        if (x->words) parse_error(p);
        node_add(p, x, first);
        while (parse_take(p, ",")) node_add(p, x, parse_expression(p));
    }
    parse_need(p, ")");
    return x;
}

static struct node *parse_extract(struct parser *p) {
    struct node *x = node_new(p, N_CALL);
    p->at += 2;
    x->call = parse_lower(p, parse_identifier(p));
    parse_need(p, "FROM");
    node_add(p, x, parse_expression(p));
    parse_need(p, ")");
    return x;
}

static bool is_spelled(const char *word) {
    static const char *const names[] = {"trim", "substring", "substr", "position"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_ieq(word, names[i])) return true;
    return false;
}

static struct node *parse_word(struct parser *p) {
    const struct token *t = &p->t[p->at], *next = &p->t[p->at + 1];
    static const struct { const char *word; enum type_kind kind; } typed[] = {
        {"timestamp", T_TIMESTAMP}, {"date", T_DATE}, {"timestamp_ntz", T_TIMESTAMP_NTZ}, {"timestamp_ltz", T_TIMESTAMP}};
    for (size_t i = 0; i < 4; i++)
        if (next->kind == TK_STRING && str_ieq(t->text, typed[i].word)) return parse_typed_literal(p, typed[i].kind);
    if (str_ieq(t->text, "case")) return parse_case(p);
    if (parse_is_at(p, 1, "(")) {
        if (str_ieq(t->text, "cast") || str_ieq(t->text, "try_cast")) return parse_cast(p);
        if (str_ieq(t->text, "exists") && (parse_is_at(p, 2, "SELECT") || parse_is_at(p, 2, "WITH") || parse_is_at(p, 2, "VALUES"))) {
            p->at += 2;
            return parse_subquery(p, "exists", t->pos);
        }
        if (is_spelled(t->text) && !parse_is_at(p, 2, ")")) return parse_spelled(p);
        if (str_ieq(t->text, "extract") && parse_is_at(p, 3, "FROM")) return parse_extract(p);
        if (!parse_reserved(t->text)) return parse_call(p);
        parse_error(p);
    }
    if (str_ieq(t->text, "null") || str_ieq(t->text, "true") || str_ieq(t->text, "false")) {
        struct node *x = str_ieq(t->text, "null") ? node_literal(p, type_plain(T_VOID), VALUE_NULL)
                                                  : node_literal(p, type_plain(T_BOOLEAN), value_int(str_ieq(t->text, "true")));
        p->at++;
        return x;
    }
    if (bare_function(t->text) && !parse_is_at(p, 1, ".")) {
        struct node *x = node_new(p, N_CALL);
        x->call = parse_lower(p, t->text);
        p->at++;
        return x;
    }
    if (parse_reserved(t->text)) parse_error(p);
    return parse_reference(p);
}

static struct node *parse_parens(struct parser *p) {
    int pos = p->t[p->at++].pos;
    if (parse_is_query(p)) return parse_subquery(p, NULL, pos);
    struct node *x = parse_expression(p);
    if (parse_is(p, ",")) {
        struct node *row = node_new(p, N_CALL);
        row->call = "struct";
        row->pos = pos;
        node_add(p, row, x);
        while (parse_take(p, ",")) node_add(p, row, parse_expression(p));
        x = row;
    }
    parse_need(p, ")");
    return x;
}

/* x -> …, or (x, y) -> …; NULL when none begins here. */
static struct node *parse_lambda(struct parser *p) {
    int start = p->at;
    bool parens = parse_take(p, "(");
    struct node *x = node_new(p, N_LAMBDA);
    do {
        if (p->t[p->at].kind != TK_WORD && p->t[p->at].kind != TK_QUOTED) break;
        *(const char **)list_add(p->r, &x->name.part, &x->name.count, sizeof *x->name.part) = parse_identifier(p);
    } while (parens && parse_take(p, ","));
    if (!x->name.count || (parens && !parse_take(p, ")")) || !parse_take(p, "->")) {
        p->at = start;
        return NULL;
    }
    node_add(p, x, parse_expression(p));
    return x;
}

struct node *parse_primary(struct parser *p) {
    const struct token *t = &p->t[p->at];
    struct node *lambda = t->kind == TK_WORD || t->kind == TK_QUOTED || parse_is(p, "(") ? parse_lambda(p) : NULL;
    if (lambda) return lambda;
    switch (t->kind) {
    case TK_NUMBER: return parse_number(p);
    case TK_STRING: return parse_text(p);
    case TK_PARAMETER: return parse_parameter(p);
    case TK_WORD: return parse_word(p);
    case TK_QUOTED: return parse_is_at(p, 1, "(") ? parse_call(p) : parse_reference(p);
    case TK_BINARY: {
        struct node *x = node_literal(p, type_plain(T_BINARY), value_bytes(t->text, t->n));
        p->at++;
        return x;
    }
    default: break;
    }
    if (parse_is(p, "*")) return parse_star(p, (struct name){0});
    if (!parse_is(p, "(")) parse_error(p);
    return parse_parens(p);
}
