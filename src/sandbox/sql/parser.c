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

/* The loosest of the binary operators that are no comparison. */
#define LEVEL_TOP 4
static struct node *parse_level(struct parser *p, int level);

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

bool parse_is_query(const struct parser *p) {
    return parse_is(p, "SELECT") || parse_is(p, "WITH") || parse_is(p, "VALUES");
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

struct order_list parse_order(struct parser *p) {
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
    x->inner = function;
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

bool parse_reserved(const char *w) {
    static const char *const words[] = {"FROM", "WHERE", "SELECT", "GROUP", "ORDER", "HAVING", "WHEN", "THEN", "ELSE", "END", "ON", "AND", "OR",
                                        "AS", "JOIN", "UNION", "USING", "IN", "BETWEEN", "LIKE", "IS", "LIMIT"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ieq(w, words[i])) return true;
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
    x->call = lower(p, parse_identifier(p));
    parse_need(p, "(");
    bool trim = str_eq(x->call, "trim");
    x->words = trim ? parse_trim_words(p) : NULL;
    if (!x->words || !parse_is(p, "FROM")) first = parse_level(p, LEVEL_TOP);
    if (parse_take(p, str_eq(x->call, "position") ? "IN" : "FROM")) {
        struct node *second = parse_expression(p);
        if (trim && first && !x->words) x->words = "BOTH";
        if (!trim) add_arg(p, x, first);
        add_arg(p, x, second);
        if (trim && first) add_arg(p, x, first);
        if (!trim && parse_take(p, "FOR")) add_arg(p, x, parse_expression(p));
        if (x->words && !str_eq(x->words, "BOTH")) x->call = str_eq(x->words, "LEADING") ? "ltrim" : "rtrim";
    } else {
        if (x->words) parse_error(p);
        add_arg(p, x, first);
        while (parse_take(p, ",")) add_arg(p, x, parse_expression(p));
    }
    parse_need(p, ")");
    return x;
}

static struct node *parse_extract(struct parser *p) {
    struct node *x = node_new(p, N_CALL);
    p->at += 2;
    x->call = lower(p, parse_identifier(p));
    parse_need(p, "FROM");
    add_arg(p, x, parse_expression(p));
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
        add_arg(p, row, x);
        while (parse_take(p, ",")) add_arg(p, row, parse_expression(p));
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
    add_arg(p, x, parse_expression(p));
    return x;
}

static struct node *parse_primary(struct parser *p) {
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
    if (parse_take(p, "~")) return call(p, "~", pos, parse_unary(p), NULL);
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
    if (parse_is_query(p)) {
        in->query = parse_query(p);
        parse_need(p, ")");
        return in;
    }
    do add_arg(p, in, parse_expression(p));
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
            struct node *one = call(p, op, pos, x, parse_level(p, LEVEL_TOP));
            out = out ? call(p, any ? "or" : "and", pos, out, one) : one;
        } while (parse_take(p, ","));
        parse_need(p, ")");
        return out;
    }
    struct node *like = call(p, op, pos, x, parse_level(p, LEVEL_TOP));
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
        return negate(p, !not, call(p, "<=>", pos, x, parse_level(p, LEVEL_TOP)));
    }
    bool yes = parse_is(p, "TRUE");
    if (!yes && !parse_is(p, "FALSE")) parse_error(p);
    p->at++;
    return negate(p, not, call(p, "<=>", pos, x, literal(p, type_plain(T_BOOLEAN), value_int(yes))));
}

static bool predicate_follows(const struct parser *p, int ahead) {
    static const char *const words[] = {"IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parse_is_at(p, ahead, words[i])) return true;
    return false;
}

static struct node *parse_predicate(struct parser *p) {
    static const char *const comparisons[] = {"<=>", "<>", "!=", "<=", ">=", "==", "=", "<", ">"};
    struct node *x = parse_level(p, LEVEL_TOP);
    for (;;) {
        int pos = p->t[p->at].pos;
        const char *op = NULL;
        for (size_t i = 0; i < 9 && !op; i++)
            if (parse_take(p, comparisons[i])) op = comparisons[i];
        if (op) {
            bool not = str_eq(op, "<>") || str_eq(op, "!=");
            x = negate(p, not, call(p, not || str_eq(op, "==") ? "=" : op, pos, x, parse_level(p, LEVEL_TOP)));
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
        else if (parse_take(p, "RLIKE") || parse_take(p, "REGEXP")) x = negate(p, not, call(p, "rlike", pos, x, parse_level(p, LEVEL_TOP)));
        else if (parse_take(p, "BETWEEN")) {
            struct node *low = parse_level(p, LEVEL_TOP);
            parse_need(p, "AND");
            x = negate(p, not, call(p, "and", pos, call(p, ">=", pos, x, low), call(p, "<=", pos, x, parse_level(p, LEVEL_TOP))));
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
