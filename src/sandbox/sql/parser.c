#include "sandbox/sql/tree.h"
#include "base/str.h"

void *list_add(struct run *r, void *list_at, int *count, size_t size) {
    void *at; /* the list's pointer, whatever its type */
    memcpy(&at, list_at, sizeof at);
    if (*count < 4 ? *count == 0 : !(*count & (*count - 1))) {
        void *grown = mem_alloc(&r->mem, size * (size_t)(*count ? *count * 2 : 4));
        if (*count) memcpy(grown, at, size * (size_t)*count);
        memcpy(list_at, &grown, sizeof grown);
        at = grown;
    }
    char *slot = (char *)at + size * (size_t)(*count)++;
    return memset(slot, 0, size);
}

_Noreturn void parse_error(const struct parser *p) {
    lexer_syntax_error(p->r, p->text, &p->t[p->at]);
}

bool parse_is_at(const struct parser *p, int ahead, const char *word) {
    for (int i = 0; i < ahead; i++)
        if (p->t[p->at + i].kind == TK_END) return false;
    const struct token *t = &p->t[p->at + ahead];
    return (t->kind == TK_WORD || t->kind == TK_SYMBOL) && str_ieq(t->text, word);
}

bool parse_is(const struct parser *p, const char *word) {
    return parse_is_at(p, 0, word);
}

bool parse_take(struct parser *p, const char *word) {
    if (!parse_is(p, word)) return false;
    p->at++;
    return true;
}

void parse_need(struct parser *p, const char *word) {
    if (!parse_take(p, word)) parse_error(p);
}

bool parse_take_words(struct parser *p, const char *words) {
    int start = p->at;
    char word[32];
    for (const char *w = words; *w;) {
        size_t n = strcspn(w, " ");
        memcpy(word, w, n);
        word[n] = 0;
        if (!parse_take(p, word)) {
            p->at = start;
            return false;
        }
        w += n + (w[n] == ' ');
    }
    return true;
}

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

const char *parse_identifier(struct parser *p) {
    const struct token *t = &p->t[p->at];
    if (t->kind != TK_WORD && t->kind != TK_QUOTED) parse_error(p);
    p->at++;
    return t->text;
}

struct name parse_name(struct parser *p) {
    struct name n = { .pos = p->t[p->at].pos };
    do *(const char **)list_add(p->r, &n.part, &n.count, sizeof *n.part) = parse_identifier(p);
    while (parse_take(p, "."));
    return n;
}

const char *parse_string(struct parser *p) {
    const struct token *t = &p->t[p->at];
    if (t->kind != TK_STRING) parse_error(p);
    p->at++;
    return t->text;
}

struct options parse_options(struct parser *p) {
    struct options o = {0};
    parse_need(p, "(");
    do {
        struct option *x = list_add(p->r, &o.at, &o.count, sizeof *x);
        if (p->t[p->at].kind == TK_STRING) {
            x->key = parse_string(p);
        } else {
            struct text key;
            text_init(&key, &p->r->mem);
            text_puts(&key, parse_identifier(p));
            while (parse_take(p, ".")) text_printf(&key, ".%s", parse_identifier(p));
            x->key = text_end(&key);
        }
        parse_take(p, "=");
        const struct token *t = &p->t[p->at];
        if (t->kind != TK_STRING && t->kind != TK_NUMBER && !parse_is(p, "true") && !parse_is(p, "false")) parse_error(p);
        x->value = t->text;
        p->at++;
    } while (parse_take(p, ","));
    parse_need(p, ")");
    return o;
}

static struct node *node_new(struct parser *p, enum node_kind kind) {
    struct node *n = mem_zero(&p->r->mem, sizeof *n);
    n->kind = kind;
    n->pos = p->t[p->at].pos;
    return n;
}

static struct node *call(struct parser *p, const char *name, int pos, struct node *a, struct node *b) {
    struct node *n = node_new(p, N_CALL);
    n->call = name;
    n->pos = pos;
    n->operator_form = true;
    n->args = mem_alloc(&p->r->mem, sizeof *n->args * 3);
    n->args[n->count++] = a;
    if (b) n->args[n->count++] = b;
    return n;
}

static void add_arg(struct parser *p, struct node *n, struct node *arg) {
    *(struct node **)list_add(p->r, &n->args, &n->count, sizeof arg) = arg;
}

static struct node *literal(struct parser *p, const struct type *type, struct value v) {
    struct node *n = node_new(p, N_LITERAL);
    n->type = type;
    n->value = v;
    return n;
}

/* --- primary expressions --- */
static struct node *parse_number(struct parser *p) {
    const struct token *t = &p->t[p->at];
    const char *s = t->text;
    size_t n = t->n;
    int64_t i;
    char last = (char)(s[n - 1] & ~32);
    struct node *x;
    if (last == 'L' || last == 'S' || last == 'Y') {
        enum type_kind k = last == 'L' ? T_BIGINT : last == 'S' ? T_SMALLINT : T_TINYINT;
        if (!int_parse(s, n - 1, &i)) parse_error(p);
        x = literal(p, type_plain(k), value_int(i));
    } else if (n > 2 && !strcasecmp(s + n - 2, "BD")) {
        x = literal(p, NULL, VALUE_NULL);
        n -= 2;
    } else if ((last == 'D' || last == 'F') || memchr(s, 'e', n) || memchr(s, 'E', n)) {
        double d;
        if (!double_parse(s, n - (last == 'D' || last == 'F'), &d)) parse_error(p);
        x = literal(p, type_plain(last == 'F' ? T_FLOAT : T_DOUBLE), value_double(last == 'F' ? (float)d : d));
    } else if (!memchr(s, '.', n) && int_parse(s, n, &i)) {
        x = literal(p, type_plain(i <= INT32_MAX ? T_INT : T_BIGINT), value_int(i));
    } else {
        x = literal(p, NULL, VALUE_NULL);
    }
    if (!x->type) {
        const char *point = memchr(s, '.', n);
        int scale = point ? (int)(s + n - point) - 1 : 0, digits = (int)n - (point != NULL);
        x->type = type_decimal(&p->r->mem, digits > 38 ? 38 : digits < scale ? scale : digits ? digits : 1, scale);
        x->value.kind = V_DECIMAL;
        if (!decimal_parse(s, n, x->type, &x->value.dec)) parse_error(p);
    }
    p->at++;
    return x;
}

/* Adjacent literals are one: 'it''s' is its. */
static struct node *parse_text(struct parser *p) {
    struct node *x = node_new(p, N_LITERAL);
    struct text t;
    text_init(&t, &p->r->mem);
    for (; p->t[p->at].kind == TK_STRING; p->at++) text_add(&t, p->t[p->at].text, p->t[p->at].n);
    x->type = type_plain(T_STRING);
    x->value = value_bytes(text_end(&t), t.n);
    return x;
}

static struct node *parse_typed_literal(struct parser *p, enum type_kind kind) {
    struct node *x = node_new(p, N_LITERAL);
    p->at++;
    const char *s = parse_string(p);
    int64_t v;
    bool ok = kind == T_DATE ? date_parse(s, strlen(s), &v) : timestamp_parse(s, strlen(s), &v);
    if (!ok)
        run_fail(p->r, "INVALID_TYPED_LITERAL", "42604", x->pos, "The value of the typed literal \"%s\" is invalid: '%s'.",
                 type_sql(&p->r->mem, type_plain(kind)), s);
    x->type = type_plain(kind);
    x->value = value_int(v);
    return x;
}

static struct node *parse_parameter(struct parser *p) {
    const struct token *t = &p->t[p->at];
    const struct sql_parameter *found = NULL;
    for (int i = 0; i < p->r->parameter_count; i++)
        if (str_eq(p->r->parameters[i].name, t->text)) found = &p->r->parameters[i];
    if (!found)
        run_fail(p->r, "UNBOUND_SQL_PARAMETER", "42P02", t->pos, "Found the unbound parameter: %s. Please, fix `args` and provide a mapping "
                 "of the parameter to either a SQL literal or collection constructor functions such as `map()`, `array()`, `struct()`.", t->text);
    const struct type *type = found->type && *found->type ? parse_ddl(p->r, found->type) : type_plain(T_STRING);
    if (!type || type->kind >= T_ARRAY)
        run_fail(p->r, "INVALID_PARAMETER_MARKER_VALUE.INVALID_VALUE_DATA_TYPE", "22023", t->pos, "An invalid parameter mapping was provided: the "
                 "type \"%s\" of the parameter `%s` is not supported.", found->type, t->text);
    struct value v = found->value ? value_text(mem_text(&p->r->mem, found->value, strlen(found->value))) : VALUE_NULL;
    struct node *x = literal(p, type, cast_value(&p->r->mem, &v, type_plain(T_STRING), type, false));
    p->at++;
    return x;
}

static struct node *parse_case(struct parser *p) {
    struct node *x = node_new(p, N_CALL), *operand = NULL;
    x->call = "case";
    p->at++;
    if (!parse_is(p, "WHEN")) operand = parse_expression(p);
    if (!parse_is(p, "WHEN")) parse_error(p);
    while (parse_take(p, "WHEN")) {
        struct node *when = parse_expression(p);
        if (operand) when = call(p, "=", when->pos, operand, when);
        add_arg(p, x, when);
        parse_need(p, "THEN");
        add_arg(p, x, parse_expression(p));
    }
    if (parse_take(p, "ELSE")) add_arg(p, x, parse_expression(p));
    parse_need(p, "END");
    return x;
}

static struct node *parse_cast(struct parser *p) {
    struct node *x = node_new(p, N_CAST);
    x->try_it = parse_is(p, "try_cast");
    p->at += 2;
    add_arg(p, x, parse_expression(p));
    parse_need(p, "AS");
    x->type = parse_type(p);
    parse_need(p, ")");
    return x;
}

static struct order_list parse_order(struct parser *p) {
    struct order_list l = {0};
    do {
        struct order *o = list_add(p->r, &l.at, &l.count, sizeof *o);
        o->by = parse_expression(p);
        o->descending = parse_take(p, "DESC");
        if (!o->descending) parse_take(p, "ASC");
        o->nulls_last = o->descending;
        if (parse_take(p, "NULLS")) {
            o->nulls_last = parse_take(p, "LAST");
            if (!o->nulls_last) parse_need(p, "FIRST");
        }
    } while (parse_take(p, ","));
    return l;
}

static struct node *parse_over(struct parser *p, struct node *function) {
    struct node *x = node_new(p, N_WINDOW);
    x->call = function->call;
    x->pos = function->pos;
    if (function->count) parse_error(p);
    parse_need(p, "(");
    if (parse_take(p, "PARTITION")) {
        parse_need(p, "BY");
        do add_arg(p, x, parse_expression(p));
        while (parse_take(p, ","));
    }
    if (parse_take(p, "ORDER")) {
        parse_need(p, "BY");
        x->order = parse_order(p);
    }
    parse_need(p, ")");
    return x;
}

static const char *lower(struct parser *p, const char *s) {
    char *t = mem_text(&p->r->mem, s, strlen(s));
    for (char *c = t; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    return t;
}

static struct node *parse_call(struct parser *p) {
    struct node *x = node_new(p, N_CALL);
    x->call = lower(p, parse_identifier(p));
    parse_need(p, "(");
    if (parse_take(p, "DISTINCT")) x->distinct = true;
    if (parse_is(p, "*") && parse_is_at(p, 1, ")") && str_eq(x->call, "count")) {
        p->at++;
        add_arg(p, x, literal(p, type_plain(T_INT), value_int(1)));
    } else if (!parse_is(p, ")")) {
        do {
            struct node *arg = parse_expression(p);
            if (parse_take(p, "AS")) arg->alias = parse_identifier(p);
            add_arg(p, x, arg);
        } while (parse_take(p, ","));
    }
    parse_need(p, ")");
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

static bool reserved_start(const char *w) {
    static const char *const words[] = {"FROM", "WHERE", "SELECT", "GROUP", "ORDER", "HAVING", "WHEN", "THEN", "ELSE", "END", "ON", "AND", "OR",
                                        "AS", "JOIN", "UNION", "USING", "IN", "BETWEEN", "LIKE", "IS", "LIMIT"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ieq(w, words[i])) return true;
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
        if (!reserved_start(t->text)) return parse_call(p);
        parse_error(p);
    }
    if (str_ieq(t->text, "null") || str_ieq(t->text, "true") || str_ieq(t->text, "false")) {
        struct node *x = str_ieq(t->text, "null") ? literal(p, type_plain(T_VOID), VALUE_NULL)
                                                  : literal(p, type_plain(T_BOOLEAN), value_int(str_ieq(t->text, "true")));
        p->at++;
        return x;
    }
    if (bare_function(t->text) && !parse_is_at(p, 1, ".")) {
        struct node *x = node_new(p, N_CALL);
        x->call = lower(p, t->text);
        p->at++;
        return x;
    }
    if (reserved_start(t->text)) parse_error(p);
    return parse_reference(p);
}

static struct node *parse_parens(struct parser *p) {
    int pos = p->t[p->at++].pos;
    struct node *x = parse_expression(p);
    if (parse_is(p, ",")) {
        struct node *row = node_new(p, N_CALL);
        row->call = "struct";
        row->pos = pos;
        add_arg(p, row, x);
        while (parse_take(p, ",")) add_arg(p, row, parse_expression(p));
        x = row;
    }
    parse_need(p, ")");
    return x;
}

static struct node *parse_primary(struct parser *p) {
    const struct token *t = &p->t[p->at];
    switch (t->kind) {
    case TK_NUMBER: return parse_number(p);
    case TK_STRING: return parse_text(p);
    case TK_PARAMETER: return parse_parameter(p);
    case TK_WORD: return parse_word(p);
    case TK_QUOTED: return parse_is_at(p, 1, "(") ? parse_call(p) : parse_reference(p);
    case TK_BINARY: {
        struct node *x = literal(p, type_plain(T_BINARY), value_bytes(t->text, t->n));
        p->at++;
        return x;
    }
    default: break;
    }
    if (parse_is(p, "*")) return parse_star(p, (struct name){0});
    if (!parse_is(p, "(")) parse_error(p);
    return parse_parens(p);
}

static struct node *parse_postfix(struct parser *p) {
    struct node *x = parse_primary(p);
    for (;;) {
        int pos = p->t[p->at].pos;
        if (parse_take(p, "[")) {
            x = call(p, "[]", pos, x, parse_expression(p));
            parse_need(p, "]");
        } else if (x->kind != N_STAR && x->kind != N_LITERAL && parse_is(p, ".")) {
            p->at++;
            struct node *f = node_new(p, N_FIELD);
            add_arg(p, f, x);
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
            return literal(p, type_plain(T_BIGINT), value_int(INT64_MIN));
        }
        struct node *x = parse_unary(p);
        if (t->kind == TK_NUMBER && x->kind == N_LITERAL) { /* -5 is one literal */
            if (x->value.kind == V_INT) x->value.i = -x->value.i;
            else if (x->value.kind == V_DOUBLE) x->value.d = -x->value.d;
            else x->value.dec = -x->value.dec;
            return x;
        }
        return call(p, "negative", pos, x, NULL);
    }
    if (parse_take(p, "+")) return parse_unary(p);
    return parse_postfix(p);
}

/* Binary operators by binding strength, tightest first. */
static const char *const levels[][6] = { {"*", "/", "%", "DIV", NULL}, {"+", "-", "||", NULL} };

static struct node *parse_level(struct parser *p, int level) {
    if (level < 0) return parse_unary(p);
    struct node *x = parse_level(p, level - 1);
    for (;;) {
        const char *op = NULL;
        int pos = p->t[p->at].pos;
        for (int i = 0; levels[level][i] && !op; i++)
            if (parse_take(p, levels[level][i])) op = levels[level][i];
        if (!op) return x;
        x = call(p, lower(p, op), pos, x, parse_level(p, level - 1));
    }
}

static struct node *negate(struct parser *p, bool not, struct node *x) {
    return not ? call(p, "not", x->pos, x, NULL) : x;
}

static struct node *parse_in(struct parser *p, struct node *x, int pos) {
    struct node *in = node_new(p, N_CALL);
    in->call = "in";
    in->operator_form = true;
    in->pos = pos;
    add_arg(p, in, x);
    parse_need(p, "(");
    do add_arg(p, in, parse_expression(p));
    while (parse_take(p, ","));
    parse_need(p, ")");
    return in;
}

static struct node *parse_like(struct parser *p, struct node *x, int pos) {
    struct node *like = call(p, "like", pos, x, parse_level(p, 1));
    if (parse_take(p, "ESCAPE")) {
        like->args[2] = literal(p, type_plain(T_STRING), value_text(parse_string(p)));
        like->count = 3;
    }
    return like;
}

static struct node *parse_is_test(struct parser *p, struct node *x, int pos) {
    bool not = parse_take(p, "NOT");
    if (parse_take(p, "NULL")) return call(p, not ? "isnotnull" : "isnull", pos, x, NULL);
    if (parse_take(p, "DISTINCT")) {
        parse_need(p, "FROM");
        return negate(p, !not, call(p, "<=>", pos, x, parse_level(p, 1)));
    }
    bool yes = parse_is(p, "TRUE");
    if (!yes && !parse_is(p, "FALSE")) parse_error(p);
    p->at++;
    return negate(p, not, call(p, "<=>", pos, x, literal(p, type_plain(T_BOOLEAN), value_int(yes))));
}

static struct node *parse_predicate(struct parser *p) {
    static const char *const comparisons[] = {"<=>", "<>", "!=", "<=", ">=", "==", "=", "<", ">"};
    struct node *x = parse_level(p, 1);
    for (;;) {
        int pos = p->t[p->at].pos;
        const char *op = NULL;
        for (size_t i = 0; i < 9 && !op; i++)
            if (parse_take(p, comparisons[i])) op = comparisons[i];
        if (op) {
            bool not = str_eq(op, "<>") || str_eq(op, "!=");
            x = negate(p, not, call(p, not || str_eq(op, "==") ? "=" : op, pos, x, parse_level(p, 1)));
            continue;
        }
        if (parse_take(p, "IS")) {
            x = parse_is_test(p, x, pos);
            continue;
        }
        bool not = parse_is(p, "NOT") && (parse_is_at(p, 1, "IN") || parse_is_at(p, 1, "LIKE") || parse_is_at(p, 1, "ILIKE") || parse_is_at(p, 1, "BETWEEN"));
        if (not) p->at++;
        if (parse_take(p, "IN")) x = negate(p, not, parse_in(p, x, pos));
        else if (parse_take(p, "LIKE")) x = negate(p, not, parse_like(p, x, pos));
        else if (parse_take(p, "BETWEEN")) {
            struct node *low = parse_level(p, 1);
            parse_need(p, "AND");
            x = negate(p, not, call(p, "and", pos, call(p, ">=", pos, x, low), call(p, "<=", pos, x, parse_level(p, 1))));
        } else return x;
    }
}

static struct node *parse_not(struct parser *p) {
    int pos = p->t[p->at].pos;
    if (!parse_take(p, "NOT") && !parse_take(p, "!")) return parse_predicate(p);
    run_enter(p->r, pos);
    struct node *x = call(p, "not", pos, parse_not(p), NULL);
    run_leave(p->r);
    return x;
}

static struct node *parse_and(struct parser *p) {
    struct node *x = parse_not(p);
    for (int pos = p->t[p->at].pos; parse_take(p, "AND"); pos = p->t[p->at].pos) x = call(p, "and", pos, x, parse_not(p));
    return x;
}

struct node *parse_expression(struct parser *p) {
    run_enter(p->r, p->t[p->at].pos);
    struct node *x = parse_and(p);
    for (int pos = p->t[p->at].pos; parse_take(p, "OR"); pos = p->t[p->at].pos) x = call(p, "or", pos, x, parse_and(p));
    run_leave(p->r);
    return x;
}

/* --- queries --- */
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
        if (p->t[p->at].kind == TK_WORD && (stops_alias(p->t[p->at].text) || reserved_start(p->t[p->at].text))) parse_error(p);
        f->name = parse_name(p);
        if (parse_is(p, "(") && f->name.count == 1) parse_function(p, f);
    }
    parse_table_alias(p, f);
    return f;
}

static bool parse_join_kind(struct parser *p, enum join_kind *k) {
    static const struct { const char *words; enum join_kind kind; } joins[] = {
        {"JOIN", JOIN_INNER}, {"INNER JOIN", JOIN_INNER}, {"LEFT JOIN", JOIN_LEFT}, {"LEFT OUTER JOIN", JOIN_LEFT},
        {"RIGHT JOIN", JOIN_RIGHT}, {"RIGHT OUTER JOIN", JOIN_RIGHT}, {"FULL JOIN", JOIN_FULL}, {"FULL OUTER JOIN", JOIN_FULL},
        {"CROSS JOIN", JOIN_CROSS}, {",", JOIN_CROSS},
    };
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        if (parse_take_words(p, joins[i].words)) {
            *k = joins[i].kind;
            return true;
        }
    }
    return false;
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
        if (kind != JOIN_CROSS) {
            parse_need(p, "ON");
            j->on = parse_expression(p);
        }
        left = j;
    }
    return left;
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
        do *(struct node **)list_add(p->r, &s->group.at, &s->group.count, sizeof(struct node *)) = parse_expression(p);
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

static void parse_part(struct parser *p, struct query *q, int *nested) {
    struct select **part = list_add(p->r, &q->parts, &q->part_count, sizeof *part);
    struct query **inner = list_add(p->r, &q->nested, nested, sizeof *inner);
    if (parse_take(p, "(")) {
        *inner = parse_query(p);
        parse_need(p, ")");
    } else {
        *part = parse_select(p);
    }
}

struct query *parse_query(struct parser *p) {
    struct query *q = mem_zero(&p->r->mem, sizeof *q);
    int nested = 0;
    q->pos = p->t[p->at].pos;
    run_enter(p->r, q->pos);
    parse_with(p, q);
    if (parse_take(p, "VALUES")) {
        q->values = mem_zero(&p->r->mem, sizeof *q->values);
        q->values->pos = q->pos;
        parse_rows(p, q->values);
        parse_table_alias(p, q->values);
    } else {
        parse_part(p, q, &nested);
        while (parse_take(p, "UNION")) {
            if (!parse_take(p, "ALL")) {
                parse_take(p, "DISTINCT");
                q->distinct_union = true;
            }
            parse_part(p, q, &nested);
        }
    }
    if (parse_take_words(p, "ORDER BY")) q->order = parse_order(p);
    if (parse_take(p, "LIMIT") && !parse_take(p, "ALL")) q->limit = parse_expression(p);
    if (parse_take(p, "OFFSET")) q->offset = parse_expression(p);
    run_leave(p->r);
    return q;
}
