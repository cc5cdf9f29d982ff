/* functions_other: times, the session, and numbering. */
#include "sandbox/sql/expr.h"
#include "sandbox/sql/session.h"
#include "base/str.h"

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)
#define UNUSED (void)e, (void)x, (void)v

EVAL(f_current_timestamp) {
    UNUSED;
    return value_int(e->r->now_us);
}

EVAL(f_current_date) {
    UNUSED;
    return value_int(e->r->now_us / 86400000000);
}

EVAL(f_current_user) {
    UNUSED;
    return value_text(e->r->session->user);
}

EVAL(f_current_catalog) {
    UNUSED;
    return value_text(e->r->session->catalog);
}

EVAL(f_current_schema) {
    UNUSED;
    return value_text(e->r->session->schema);
}

EVAL(f_date_format) {
    struct text t;
    text_init(&t, e->a);
    const char *pattern = mem_text(e->a, v[1].s.p, v[1].s.n);
    if (!timestamp_format(&t, v->i, pattern))
        run_fail(e->r, "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER", "22007", x->pos, "Unrecognized datetime pattern: %s.", pattern);
    return value_bytes(text_end(&t), t.n);
}

EVAL(f_to_timestamp) {
    struct value out = cast_value(e->a, v, type_plain(T_STRING), x->type, str_starts(x->fn->name, "try_"));
    return out;
}

static void bind_to_time(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    x->type = type_plain(str_ends(x->fn->name, "date") ? T_DATE : T_TIMESTAMP);
    x->args[0] = expr_coerce(b->r, x->args[0], type_plain(T_STRING));
}

/* A number that grows with the rows of this expression: they come from one task here. */
EVAL(f_increasing) {
    (void)e, (void)v;
    int64_t *next = x->state;
    return value_int((*next)++);
}

static void bind_increasing(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    x->state = mem_zero(&b->r->mem, sizeof(int64_t));
}

EVAL(f_typeof) {
    UNUSED;
    return value_text(type_shown(e->a, x->args[0]->type));
}

const struct function functions_other[] = {
    {"current_timestamp", 0, 0, "?", 't', f_current_timestamp, NULL, true, false}, {"now", 0, 0, "?", 't', f_current_timestamp, NULL, true, false},
    {"current_date", 0, 0, "?", 'D', f_current_date, NULL, true, false}, {"current_user", 0, 0, "?", 's', f_current_user, NULL, true, false},
    {"session_user", 0, 0, "?", 's', f_current_user, NULL, true, false}, {"user", 0, 0, "?", 's', f_current_user, NULL, true, false},
    {"current_catalog", 0, 0, "?", 's', f_current_catalog, NULL, true, false}, {"current_schema", 0, 0, "?", 's', f_current_schema, NULL, true, false},
    {"current_database", 0, 0, "?", 's', f_current_schema, NULL, true, false},
    {"date_format", 2, 2, "ts", 's', f_date_format, NULL, false, false},
    {"to_timestamp", 1, 1, "?", 't', f_to_timestamp, bind_to_time, false, false}, {"try_to_timestamp", 1, 1, "?", 't', f_to_timestamp, bind_to_time, false, false},
    {"to_date", 1, 1, "?", 'D', f_to_timestamp, bind_to_time, false, false},
    {"monotonically_increasing_id", 0, 0, "?", 'l', f_increasing, bind_increasing, true, false},
    {"typeof", 1, 1, "?", 's', f_typeof, NULL, true, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
