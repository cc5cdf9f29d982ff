#include "sandbox/sql/expression.h"
#include "base/str.h"

/* Operators by binding strength, from what stands behind a primary to OR. */

static struct node *parse_postfix(struct parser *p) {
    struct node *x = parse_primary(p);
    for (;;) {
        int pos = p->t[p->at].pos;
        if (parse_take(p, "[")) {
            x = node_call(p, "[]", pos, x, parse_expression(p));
            parse_need(p, "]");
        } else if (x->kind != N_STAR && x->kind != N_LITERAL && parse_is(p, ".")) {
            p->at++;
            struct node *f = node_new(p, N_FIELD);
            node_add(p, f, x);
            f->call = parse_identifier(p);
            x = f;
        } else {
            return x;
        }
    }
}

static struct node *parse_unary(struct parser *p) {
    int pos = p->t[p->at].pos;
    if (parse_take(p, "-")) {
        const struct token *t = &p->t[p->at];
        if (t->kind == TK_NUMBER && str_eq(t->text, "9223372036854775808")) {
            p->at++;
            return node_literal(p, type_plain(T_BIGINT), value_int(INT64_MIN));
        }
        struct node *x = parse_unary(p);
        if (t->kind == TK_NUMBER && x->kind == N_LITERAL) { /* -5 is one literal */
            if (x->value.kind == V_INT) x->value.i = -x->value.i;
            else if (x->value.kind == V_DOUBLE) x->value.d = -x->value.d;
            else x->value.dec = -x->value.dec;
            return x;
        }
        return node_call(p, "negative", pos, x, NULL);
    }
    if (parse_take(p, "+")) return parse_unary(p);
    if (parse_take(p, "~")) return node_call(p, "~", pos, parse_unary(p), NULL);
    return parse_postfix(p);
}

/* Binary operators by binding strength, tightest first. */
static const char *const levels[][6] = { {"*", "/", "%", "DIV", NULL}, {"+", "-", "||", NULL}, {"&", NULL}, {"^", NULL}, {"|", NULL} };

static struct node *parse_level(struct parser *p, int level) {
    if (level < 0) return parse_unary(p);
    struct node *x = parse_level(p, level - 1);
    for (;;) {
        const char *op = NULL;
        int pos = p->t[p->at].pos;
        for (int i = 0; levels[level][i] && !op; i++)
            if (parse_take(p, levels[level][i])) op = levels[level][i];
        if (!op) return x;
        x = node_call(p, parse_lower(p, op), pos, x, parse_level(p, level - 1));
    }
}

struct node *parse_operand(struct parser *p) {
    return parse_level(p, (int)(sizeof levels / sizeof *levels) - 1);
}

static struct node *negate(struct parser *p, bool not, struct node *x) {
    return not ? node_call(p, "not", x->pos, x, NULL) : x;
}

static struct node *parse_in(struct parser *p, struct node *x, int pos) {
    struct node *in = node_new(p, N_CALL);
    in->call = "in";
    in->operator_form = true;
    in->pos = pos;
    node_add(p, in, x);
    parse_need(p, "(");
    if (parse_is_query(p)) {
        in->query = parse_query(p);
        parse_need(p, ")");
        return in;
    }
    do node_add(p, in, parse_expression(p));
    while (parse_take(p, ","));
    parse_need(p, ")");
    return in;
}

static struct node *parse_like(struct parser *p, struct node *x, int pos, const char *op) {
    bool any = parse_take(p, "ANY") || parse_take(p, "SOME"), all = !any && parse_take(p, "ALL");
    if (any || all) {
        struct node *out = NULL;
        parse_need(p, "(");
        do {
            struct node *one = node_call(p, op, pos, x, parse_operand(p));
            out = out ? node_call(p, any ? "or" : "and", pos, out, one) : one;
        } while (parse_take(p, ","));
        parse_need(p, ")");
        return out;
    }
    struct node *like = node_call(p, op, pos, x, parse_operand(p));
    if (parse_take(p, "ESCAPE")) {
        like->args[2] = node_literal(p, type_plain(T_STRING), value_text(parse_string(p)));
        like->count = 3;
    }
    return like;
}

static struct node *parse_is_test(struct parser *p, struct node *x, int pos) {
    bool not = parse_take(p, "NOT");
    if (parse_take(p, "NULL")) return node_call(p, not ? "isnotnull" : "isnull", pos, x, NULL);
    if (parse_take(p, "DISTINCT")) {
        parse_need(p, "FROM");
        return negate(p, !not, node_call(p, "<=>", pos, x, parse_operand(p)));
    }
    bool yes = parse_is(p, "TRUE");
    if (!yes && !parse_is(p, "FALSE")) parse_error(p);
    p->at++;
    return negate(p, not, node_call(p, "<=>", pos, x, node_literal(p, type_plain(T_BOOLEAN), value_int(yes))));
}

static bool predicate_follows(const struct parser *p, int ahead) {
    static const char *const words[] = {"IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parse_is_at(p, ahead, words[i])) return true;
    return false;
}

static struct node *parse_predicate(struct parser *p) {
    static const char *const comparisons[] = {"<=>", "<>", "!=", "<=", ">=", "==", "=", "<", ">"};
    struct node *x = parse_operand(p);
    for (;;) {
        int pos = p->t[p->at].pos;
        const char *op = NULL;
        for (size_t i = 0; i < 9 && !op; i++)
            if (parse_take(p, comparisons[i])) op = comparisons[i];
        if (op) {
            bool not = str_eq(op, "<>") || str_eq(op, "!=");
            x = negate(p, not, node_call(p, not || str_eq(op, "==") ? "=" : op, pos, x, parse_operand(p)));
            continue;
        }
        if (parse_take(p, "IS")) {
            x = parse_is_test(p, x, pos);
            continue;
        }
        bool not = parse_is(p, "NOT") && predicate_follows(p, 1);
        if (not) p->at++;
        if (parse_take(p, "IN")) x = negate(p, not, parse_in(p, x, pos));
        else if (parse_take(p, "LIKE")) x = negate(p, not, parse_like(p, x, pos, "like"));
        else if (parse_take(p, "ILIKE")) x = negate(p, not, parse_like(p, x, pos, "ilike"));
        else if (parse_take(p, "RLIKE") || parse_take(p, "REGEXP")) x = negate(p, not, node_call(p, "rlike", pos, x, parse_operand(p)));
        else if (parse_take(p, "BETWEEN")) {
            struct node *low = parse_operand(p);
            parse_need(p, "AND");
            x = negate(p, not, node_call(p, "and", pos, node_call(p, ">=", pos, x, low), node_call(p, "<=", pos, x, parse_operand(p))));
        } else return x;
    }
}

static struct node *parse_not(struct parser *p) {
    int pos = p->t[p->at].pos;
    if (!parse_take(p, "NOT") && !parse_take(p, "!")) return parse_predicate(p);
    run_enter(p->r, pos);
    struct node *x = node_call(p, "not", pos, parse_not(p), NULL);
    run_leave(p->r);
    return x;
}

static struct node *parse_and(struct parser *p) {
    struct node *x = parse_not(p);
    for (int pos = p->t[p->at].pos; parse_take(p, "AND"); pos = p->t[p->at].pos) x = node_call(p, "and", pos, x, parse_not(p));
    return x;
}

struct node *parse_expression(struct parser *p) {
    run_enter(p->r, p->t[p->at].pos);
    struct node *x = parse_and(p);
    for (int pos = p->t[p->at].pos; parse_take(p, "OR"); pos = p->t[p->at].pos) x = node_call(p, "or", pos, x, parse_and(p));
    run_leave(p->r);
    return x;
}
