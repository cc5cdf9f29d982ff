#include "sandbox/sql/expression.h"
#include "base/str.h"
#include <strings.h>

struct node *parse_number(struct parser *p) {
    const struct token *t = &p->t[p->at];
    const char *s = t->text;
    size_t n = t->n;
    int64_t i;
    char last = (char)(s[n - 1] & ~32);
    struct node *x;
    if (last == 'L' || last == 'S' || last == 'Y') {
        enum type_kind k = last == 'L' ? T_BIGINT : last == 'S' ? T_SMALLINT : T_TINYINT;
        if (!int_parse(s, n - 1, &i)) parse_error(p);
        x = node_literal(p, type_plain(k), value_int(i));
    } else if (n > 2 && !strcasecmp(s + n - 2, "BD")) {
        x = node_literal(p, NULL, VALUE_NULL);
        n -= 2;
    } else if ((last == 'D' || last == 'F') || memchr(s, 'e', n) || memchr(s, 'E', n)) {
        double d;
        if (!double_parse(s, n - (last == 'D' || last == 'F'), &d)) parse_error(p);
        x = node_literal(p, type_plain(last == 'F' ? T_FLOAT : T_DOUBLE), value_double(last == 'F' ? (float)d : d));
    } else if (!memchr(s, '.', n) && int_parse(s, n, &i)) {
        x = node_literal(p, type_plain(i <= INT32_MAX ? T_INT : T_BIGINT), value_int(i));
    } else {
        x = node_literal(p, NULL, VALUE_NULL);
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

struct node *parse_text(struct parser *p) {
    struct node *x = node_new(p, N_LITERAL);
    struct text t;
    text_init(&t, &p->r->mem);
    for (; p->t[p->at].kind == TK_STRING; p->at++) text_add(&t, p->t[p->at].text, p->t[p->at].n);
    x->type = type_plain(T_STRING);
    x->value = value_bytes(text_end(&t), t.n);
    return x;
}

struct node *parse_typed_literal(struct parser *p, enum type_kind kind) {
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

struct node *parse_parameter(struct parser *p) {
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
    struct node *x = node_literal(p, type, cast_value(&p->r->mem, &v, type_plain(T_STRING), type, false));
    p->at++;
    return x;
}
