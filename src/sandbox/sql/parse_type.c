#include "sandbox/sql/tree.h"
#include "base/str.h"

/* `>` closing a nested type; ">>" comes as two tokens, ">=" does not occur in types. */
static void need_close(struct parser *p) {
    parse_need(p, ">");
}

static int parse_size(struct parser *p) {
    const struct token *t = &p->t[p->at];
    int64_t v;
    if (t->kind != TK_NUMBER || !int_parse(t->text, t->n, &v) || v < 0 || v > 1000000) parse_error(p);
    p->at++;
    return (int)v;
}

static const struct type *parse_decimal(struct parser *p, int pos) {
    int precision = 10, scale = 0;
    if (parse_take(p, "(")) {
        precision = parse_size(p);
        if (parse_take(p, ",")) scale = parse_size(p);
        parse_need(p, ")");
    }
    if (precision > 38 || !precision)
        run_fail(p->r, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "22003", pos, "Decimal precision %d exceeds max precision 38.", precision);
    if (scale > precision)
        run_fail(p->r, "_LEGACY_ERROR_TEMP_1228", "", pos, "Decimal scale (%d) cannot be greater than precision (%d).", scale, precision);
    return type_decimal(&p->r->mem, precision, scale);
}

static struct columns parse_column_list(struct parser *p, bool colon);

static const struct type *parse_nested(struct parser *p, enum type_kind k) {
    parse_need(p, "<");
    const struct type *t;
    if (k == T_ARRAY) {
        t = type_array(&p->r->mem, parse_type(p));
    } else if (k == T_MAP) {
        const struct type *key = parse_type(p);
        parse_need(p, ",");
        t = type_map(&p->r->mem, key, parse_type(p));
    } else {
        struct columns c = parse_column_list(p, true);
        struct field *f = mem_zero(&p->r->mem, sizeof *f * (size_t)(c.count + 1));
        for (int i = 0; i < c.count; i++) f[i] = (struct field){ c.at[i].name, c.at[i].type, c.at[i].not_null, c.at[i].comment };
        t = type_struct(&p->r->mem, f, c.count);
    }
    need_close(p);
    return t;
}

const struct type *parse_type(struct parser *p) {
    const struct token *t = &p->t[p->at];
    if (t->kind != TK_WORD) parse_error(p);
    enum type_kind k = type_by_word(t->text);
    if (k == T_KINDS)
        run_fail(p->r, "UNSUPPORTED_DATATYPE", "0A000", t->pos, "Unsupported data type \"%s\".", t->text);
    p->at++;
    run_enter(p->r, t->pos);
    const struct type *type;
    if (k == T_DECIMAL) type = parse_decimal(p, t->pos);
    else if (k >= T_ARRAY && parse_is(p, "<>") && k == T_STRUCT) {
        p->at++;
        type = type_struct(&p->r->mem, NULL, 0);
    } else if (k >= T_ARRAY) type = parse_nested(p, k);
    else {
        type = type_plain(k);
        if (k == T_STRING && !str_ieq(t->text, "string") && parse_take(p, "(")) {
            parse_size(p);
            parse_need(p, ")");
        }
    }
    run_leave(p->r);
    return type;
}

/* Inside struct<…> a colon may stand between name and type. */
static struct columns parse_column_list(struct parser *p, bool colon) {
    struct columns l = {0};
    if (p->t[p->at].kind == TK_END || parse_is(p, ")") || parse_is(p, ">")) return l;
    do {
        struct column *c = list_add(p->r, &l.at, &l.count, sizeof *c);
        c->name = parse_identifier(p);
        if (colon && p->t[p->at].kind == TK_PARAMETER) p->t[p->at].kind = TK_WORD; /* "a:INT" lexes like a parameter */
        else if (colon) parse_take(p, ":");
        c->type = parse_type(p);
        for (;;) {
            if (parse_take_words(p, "NOT NULL")) c->not_null = true;
            else if (parse_take(p, "COMMENT")) c->comment = parse_string(p);
            else break;
        }
    } while (parse_take(p, ","));
    return l;
}

struct columns parse_columns(struct parser *p) {
    return parse_column_list(p, false);
}

const struct type *parse_ddl(struct run *r, const char *ddl) {
    const char *statement = r->sql;
    r->sql = ddl; /* positions of an error are the DDL's own */
    struct token *t = lexer_run(r, ddl);
    struct parser p = { .r = r, .text = ddl, .t = t };
    enum type_kind k = t[0].kind == TK_WORD ? type_by_word(t[0].text) : T_KINDS;
    bool one = k != T_KINDS && (t[1].kind == TK_END || (t[1].kind == TK_SYMBOL && strchr("<(", t[1].text[0])));
    const struct type *type;
    if (one) {
        type = parse_type(&p);
    } else {
        struct columns c = parse_columns(&p);
        struct field *f = mem_zero(&r->mem, sizeof *f * (size_t)(c.count + 1));
        for (int i = 0; i < c.count; i++) f[i] = (struct field){ c.at[i].name, c.at[i].type, c.at[i].not_null, c.at[i].comment };
        type = type_struct(&r->mem, f, c.count);
    }
    if (p.t[p.at].kind != TK_END) parse_error(&p);
    r->sql = statement;
    return type;
}

/* --- a run without a statement, for types given as text --- */
static const struct type *type_of(struct run *r, struct sql_result *out, const char *text) {
    *r = (struct run){ .out = out, .sql = text };
    arena_init(&r->mem, r);
    return setjmp(r->escape) ? NULL : parse_ddl(r, text);
}

char *sql_type_json(const char *type_text) {
    struct run r;
    struct sql_result out = {0};
    const struct type *t = type_of(&r, &out, type_text);
    char *s = NULL;
    if (t && !setjmp(r.escape)) {
        struct text json;
        text_init(&json, &r.mem);
        type_json(&json, t);
        s = str_dup(text_end(&json));
    } else {
        s = str_dup("\"string\"");
    }
    arena_release(&r.mem);
    sql_result_release(&out);
    return s;
}

/* --- names of expressions --- */
void name_print(struct text *out, const struct name *n) {
    for (int i = 0; i < n->count; i++) {
        text_puts(out, i ? ".`" : "`");
        for (const char *c = n->part[i]; *c; c++) {
            if (*c == '`') text_putc(out, '`');
            text_putc(out, *c);
        }
        text_putc(out, '`');
    }
}

const char *name_text(struct run *r, const struct name *n) {
    struct text t;
    text_init(&t, &r->mem);
    name_print(&t, n);
    return text_end(&t);
}

static void print_node(struct text *out, const struct node *n);

static void print_literal(struct text *out, const struct node *n) {
    if (n->value.kind == V_NULL) {
        text_puts(out, "NULL");
        return;
    }
    if (n->type->kind == T_BINARY) {
        text_puts(out, "X'");
        for (size_t i = 0; i < n->value.s.n; i++) text_printf(out, "%02X", (unsigned)(unsigned char)n->value.s.p[i]);
        text_putc(out, '\'');
        return;
    }
    bool time = n->type->kind >= T_DATE && n->type->kind <= T_TIMESTAMP_NTZ;
    if (time) text_printf(out, "%s '", type_sql(out->a, n->type));
    value_print(out, n->type, &n->value);
    if (time) text_putc(out, '\'');
}

static void print_args(struct text *out, const struct node *n, int from, const char *between) {
    for (int i = from; i < n->count; i++) {
        if (i > from) text_puts(out, between);
        print_node(out, n->args[i]);
        if (n->args[i]->alias) text_printf(out, " AS %s", n->args[i]->alias);
    }
}

static void print_case(struct text *out, const struct node *n) {
    text_puts(out, "CASE");
    for (int i = 0; i < n->count; i += 2) {
        if (i + 1 < n->count) {
            text_puts(out, " WHEN ");
            print_node(out, n->args[i]);
            text_puts(out, " THEN ");
            print_node(out, n->args[i + 1]);
        } else {
            text_puts(out, " ELSE ");
            print_node(out, n->args[i]);
        }
    }
    text_puts(out, " END");
}

static void print_operator(struct text *out, const struct node *n) {
    bool after = str_eq(n->call, "isnull") || str_eq(n->call, "isnotnull");
    if (str_eq(n->call, "not")) text_puts(out, "(NOT ");
    else if (str_eq(n->call, "negative")) text_puts(out, "(- ");
    else if (str_eq(n->call, "||")) text_puts(out, "concat(");
    else if (str_eq(n->call, "rlike")) text_puts(out, "RLIKE(");
    else if (str_eq(n->call, "ilike")) text_puts(out, "ilike(");
    else if (str_eq(n->call, "~")) text_putc(out, '~');
    else if (!str_eq(n->call, "[]") && !str_eq(n->call, "like")) text_putc(out, '(');
    print_node(out, n->args[0]);
    if (after) text_puts(out, str_eq(n->call, "isnull") ? " IS NULL)" : " IS NOT NULL)");
    else if (str_eq(n->call, "in")) {
        text_puts(out, n->query ? " IN (listquery()" : " IN (");
        print_args(out, n, 1, ", ");
        text_puts(out, "))");
    } else if (str_eq(n->call, "[]")) {
        text_putc(out, '[');
        print_node(out, n->args[1]);
        text_putc(out, ']');
    } else if (n->count > 1) {
        bool call = str_eq(n->call, "||") || str_eq(n->call, "rlike") || str_eq(n->call, "ilike");
        text_puts(out, call ? ", " : " ");
        if (!call)
            for (const char *c = n->call; *c; c++) text_putc(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c);
        if (!call) text_putc(out, ' ');
        print_node(out, n->args[1]);
        if (!str_eq(n->call, "like")) text_putc(out, ')');
    } else if (!str_eq(n->call, "~")) {
        text_putc(out, ')');
    }
}

/* trim(BOTH 'x' FROM s) keeps its words. */
static void print_trim(struct text *out, const struct node *n) {
    text_printf(out, "TRIM(%s ", n->words);
    if (n->count > 1) print_node(out, n->args[1]);
    text_puts(out, " FROM ");
    print_node(out, n->args[0]);
    text_putc(out, ')');
}

static void print_lambda(struct text *out, const struct node *n) {
    text_puts(out, "lambdafunction(");
    print_node(out, n->args[0]);
    for (int i = 0; i < n->name.count; i++) text_printf(out, ", namedlambdavariable()");
    text_putc(out, ')');
}

static void print_node(struct text *out, const struct node *n) {
    switch (n->kind) {
    case N_LITERAL:
        print_literal(out, n);
        break;
    case N_NAME:
        for (int i = 0; i < n->name.count; i++) text_printf(out, "%s%s", i ? "." : "", n->name.part[i]);
        break;
    case N_STAR: text_putc(out, '*'); break;
    case N_CAST:
        text_printf(out, "%s(", n->try_it ? "TRY_CAST" : "CAST");
        print_node(out, n->args[0]);
        text_printf(out, " AS %s)", type_sql(out->a, n->type));
        break;
    case N_FIELD:
        print_node(out, n->args[0]);
        text_printf(out, ".%s", n->call);
        break;
    case N_SUBQUERY: text_puts(out, "scalarsubquery()"); break;
    case N_LAMBDA: print_lambda(out, n); break;
    case N_WINDOW:
        print_node(out, n->inner);
        text_puts(out, n->count ? " OVER (PARTITION BY " : " OVER (");
        print_args(out, n, 0, ", ");
        text_puts(out, ")");
        break;
    case N_CALL:
        if (str_eq(n->call, "case")) print_case(out, n);
        else if (n->words) print_trim(out, n);
        else if (str_eq(n->call, "from_json") && n->count) { /* the schema is no child of it */
            text_puts(out, "from_json(");
            print_node(out, n->args[0]);
            text_putc(out, ')');
        } else if (n->operator_form) print_operator(out, n);
        else {
            bool choice = str_eq(n->call, "if");
            text_printf(out, "%s(%s", choice ? "(IF" : n->call, n->distinct ? "DISTINCT " : "");
            bool ends = str_eq(n->call, "first") || str_eq(n->call, "last") || str_eq(n->call, "any_value") || str_eq(n->call, "first_value") || str_eq(n->call, "last_value");
            struct node shown = *n;
            if (ends && shown.count > 1) shown.count = 1; /* whether NULLs count is no part of the name */
            print_args(out, &shown, 0, ", ");
            text_puts(out, choice ? "))" : ")");
            if (n->filter) {
                text_puts(out, " FILTER (WHERE ");
                print_node(out, n->filter);
                text_putc(out, ')');
            }
        }
    }
}

const char *node_name(struct run *r, const struct node *n) {
    struct text t;
    text_init(&t, &r->mem);
    if (n->kind == N_CAST && !n->try_it && (n->args[0]->kind == N_NAME || n->args[0]->kind == N_CAST)) return node_name(r, n->args[0]);
    if (n->kind == N_NAME) return n->name.part[n->name.count - 1];
    if (n->kind == N_FIELD) return n->call;
    print_node(&t, n);
    return text_end(&t);
}
