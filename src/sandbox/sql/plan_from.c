/* plan_from: tables, files, functions and joins as relations. */
#include "sandbox/sql/table.h"
#include "sandbox/sql/session.h"
#include "base/str.h"

/* In VALUES text and other types have nothing in common. */
static const struct type *inline_common(struct run *r, const struct type *x, const struct type *y) {
    bool mixed = (x->kind == T_STRING) != (y->kind == T_STRING) && x->kind != T_VOID && y->kind != T_VOID;
    return mixed ? NULL : type_common(&r->mem, x, y);
}

static struct relation *plan_values(struct run *r, const struct from *f) {
    int width = f->rows[0].count;
    struct expr ***cells = mem_alloc(&r->mem, sizeof *cells * (size_t)(f->row_count + 1));
    const struct type **types = mem_alloc(&r->mem, sizeof *types * (size_t)(width + 1));
    struct scope none = {0};
    struct binder b = { .r = r, .scope = &none };
    for (int i = 0; i < width; i++) types[i] = type_plain(T_VOID);
    for (int row = 0; row < f->row_count; row++) {
        if (f->rows[row].count != width)
            run_fail(r, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", "42000", f->pos, "Invalid inline table. Inline table expected %d columns but found %d columns in row %d.",
                     width, f->rows[row].count, row);
        cells[row] = mem_alloc(&r->mem, sizeof **cells * (size_t)(width + 1));
        for (int i = 0; i < width; i++) {
            cells[row][i] = expr_bind(&b, f->rows[row].at[i]);
            types[i] = inline_common(r, types[i], cells[row][i]->type);
            if (!types[i])
                run_fail(r, "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", "42000", f->pos, "Invalid inline table. Found incompatible types in the column `col%d` for inline table.", i + 1);
        }
    }
    for (int row = 0; row < f->row_count; row++)
        for (int i = 0; i < width; i++) cells[row][i] = expr_coerce(r, cells[row][i], types[i]);
    struct relation *rel = relation_new(r, iter_values(r, cells, f->row_count, width));
    for (int i = 0; i < width; i++) scope_add(r, &rel->scope, NULL, NULL, mem_printf(&r->mem, "col%d", i + 1), types[i]);
    return rel;
}

static struct statement *parse_view(struct run *r, const char *sql) {
    const char *outer = r->sql;
    r->sql = sql;
    struct statement *s = parse_statement(r, sql);
    r->sql = outer;
    return s;
}

static struct relation *plan_temp_view(struct run *r, const struct name *n) {
    if (n->count != 1) return NULL;
    for (struct temp_view *v = r->session->views; v; v = v->next) {
        if (!str_ieq(v->name, n->part[0])) continue;
        run_enter(r, n->pos);
        struct statement *s = parse_view(r, v->sql);
        const char *path = option_get(&s->options, "path");
        struct relation *rel = s->query ? plan_query(r, s->query, NULL) : source_files(r, s->format, path ? path : "", s->columns.count ? &s->columns : NULL, &s->options, n->pos);
        run_leave(r);
        return rel;
    }
    return NULL;
}

static struct relation *plan_table(struct run *r, struct table *t, const struct from *f) {
    if (t->view) {
        struct statement *s = parse_view(r, t->definition);
        if (!s->query) run_fail(r, "INTERNAL_ERROR", "XX000", -1, "The definition of the view %s is not a query.", table_full_name(r, t));
        return plan_query(r, s->query, NULL);
    }
    table_travel(r, t, f);
    struct relation *rel = relation_new(r, table_scan(r, t, false));
    for (int i = 0; i < t->columns.count; i++) scope_add(r, &rel->scope, NULL, NULL, t->columns.at[i].name, t->columns.at[i].type);
    return rel;
}

static bool is_file_format(const char *s) {
    return str_ieq(s, "text") || str_ieq(s, "json") || str_ieq(s, "csv");
}

/* delta.`path` that is no table of ours: a folder that is missing, or one without a Delta log. */
static _Noreturn void delta_path_fails(struct run *r, const struct name *n) {
    struct options none = {0};
    source_files(r, "text", n->part[1], NULL, &none, n->pos);
    run_fail(r, "DELTA_TABLE_NOT_FOUND", "42P01", n->pos, "Delta table %s doesn't exist.", name_text(r, n));
}

static struct relation *plan_name(struct run *r, const struct from *f, struct cte *ctes) {
    const struct name *n = &f->name;
    for (struct cte *c = ctes; c && n->count == 1; c = c->next)
        if (str_ieq(c->name, n->part[0])) return plan_query(r, c->query, c->next);
    struct relation *rel = plan_temp_view(r, n);
    if (rel) return rel;
    if (n->count == 2 && is_file_format(n->part[0])) {
        struct options none = {0};
        return source_files(r, n->part[0], n->part[1], NULL, &none, n->pos);
    }
    struct table *t = table_find(r, n);
    if (!t && n->count == 2 && str_ieq(n->part[0], "delta")) delta_path_fails(r, n);
    if (!t) table_not_found(r, n, f->pos);
    return plan_table(r, t, f);
}

/* read_files('path', format => 'csv', …). */
static struct relation *plan_function(struct run *r, const struct from *f) {
    struct options o = {0};
    const char *path = NULL, *format = NULL, *schema = NULL;
    struct scope none = {0};
    struct binder b = { .r = r, .scope = &none };
    struct env e = { .r = r, .a = &r->mem };
    if (!str_ieq(f->name.part[0], "read_files"))
        run_fail(r, "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "42883", f->pos, "Could not resolve %s to a table-valued function.\nPlease make sure that %s is defined as a "
                 "table-valued function and that all required parameters are provided correctly.", name_text(r, &f->name), name_text(r, &f->name));
    for (int i = 0; i < f->options.count; i++) {
        struct expr *x = expr_coerce(r, expr_bind(&b, f->option_values[i]), type_plain(T_STRING));
        struct value v = expr_eval(&e, x);
        const char *value = v.kind == V_BYTES ? mem_text(&r->mem, v.s.p, v.s.n) : "", *key = f->options.at[i].key;
        if (!key || str_ieq(key, "path")) path = value;
        else if (str_ieq(key, "format")) format = value;
        else if (str_ieq(key, "schema")) schema = value;
        else property_set(r, &o, key, value);
    }
    if (!path) run_fail(r, "REQUIRED_PARAMETER_NOT_FOUND", "4274K", f->pos, "Cannot invoke function `read_files` because the parameter named `path` is required, but the routine call did not supply a value.");
    if (!format || !is_file_format(format))
        run_fail(r, "CF_UNKNOWN_FILE_FORMAT", "22000", f->pos, "Cannot infer the format of '%s': please set 'format' to csv, json or text.", path);
    const struct type *t = schema ? parse_ddl(r, schema) : NULL;
    struct columns columns = {0};
    for (int i = 0; t && i < t->count; i++) {
        struct column *c = list_add(r, &columns.at, &columns.count, sizeof *c);
        *c = (struct column){ .name = t->fields[i].name, .type = t->fields[i].type };
    }
    property_set(r, &o, "recursiveFileLookup", "true");
    return source_files(r, format, path, t ? &columns : NULL, &o, f->pos);
}

static void scope_copy(struct run *r, struct scope *to, const struct scope *from) {
    for (int i = 0; i < from->count; i++) *(struct scope_column *)list_add(r, &to->at, &to->count, sizeof *to->at) = from->at[i];
}

struct relation *relation_join(struct run *r, struct relation *left, struct relation *right, enum join_kind kind, struct expr *on) {
    struct relation *rel = relation_new(r, iter_join(r, left->it, right->it, kind, on, left->scope.count));
    scope_copy(r, &rel->scope, &left->scope);
    if (kind != JOIN_SEMI && kind != JOIN_ANTI) scope_copy(r, &rel->scope, &right->scope);
    return rel;
}

/* The column of one side that USING names. */
static int using_column(struct run *r, const struct from *f, const struct scope *side, const char *name, const char *which) {
    for (int i = 0; i < side->count; i++)
        if (!side->at[i].quiet && str_ieq(side->at[i].name, name)) return i;
    run_fail(r, "UNRESOLVED_USING_COLUMN_FOR_JOIN", "42703", f->pos, "USING column `%s` cannot be resolved on the %s side of the join.", name, which);
}

/* The USING columns once and first; both sides' own stay reachable by their table's name. */
static struct relation *merge_using(struct run *r, const struct from *f, struct relation *joined, const int *left, const int *right, int left_width) {
    struct binder b = { .r = r, .scope = &joined->scope };
    struct relation *rel = relation_new(r, NULL);
    struct expr **cells = NULL;
    int count = 0;
    for (int i = 0; i < f->column_count; i++) {
        const struct scope_column *c = &joined->scope.at[left[i]], *d = f->join == JOIN_SEMI || f->join == JOIN_ANTI ? c : &joined->scope.at[left_width + right[i]];
        struct expr *sides[2] = { expr_column(r, left[i], c->type, c->name), expr_column(r, left_width + right[i], d->type, d->name) };
        struct expr *x = f->join == JOIN_FULL ? expr_call(&b, "coalesce", sides, 2, f->pos) : sides[f->join == JOIN_RIGHT];
        *(struct expr **)list_add(r, &cells, &count, sizeof x) = x;
        scope_add(r, &rel->scope, NULL, NULL, c->name, x->type);
    }
    for (int i = 0; i < joined->scope.count; i++) {
        struct scope_column c = joined->scope.at[i];
        for (int k = 0; k < f->column_count; k++) c.quiet |= i == left[k] || i == left_width + right[k];
        *(struct expr **)list_add(r, &cells, &count, sizeof(struct expr *)) = expr_column(r, i, c.type, c.name);
        *(struct scope_column *)list_add(r, &rel->scope.at, &rel->scope.count, sizeof c) = c;
    }
    rel->it = iter_project(r, joined->it, cells, count);
    return rel;
}

static struct relation *plan_using(struct run *r, const struct from *f, struct relation *left, struct relation *right, struct scope *both) {
    int *l = mem_alloc(&r->mem, sizeof *l * (size_t)f->column_count), *m = mem_alloc(&r->mem, sizeof *m * (size_t)f->column_count);
    struct binder b = { .r = r, .scope = both, .clause = "JOIN" };
    struct expr *on = NULL;
    for (int i = 0; i < f->column_count; i++) {
        l[i] = using_column(r, f, &left->scope, f->columns[i], "left");
        m[i] = using_column(r, f, &right->scope, f->columns[i], "right");
        struct expr *sides[2] = { expr_column(r, l[i], left->scope.at[l[i]].type, f->columns[i]), expr_column(r, left->scope.count + m[i], right->scope.at[m[i]].type, f->columns[i]) };
        struct expr *equal = expr_call(&b, "=", sides, 2, f->pos), *pair[2] = { on, equal };
        on = on ? expr_call(&b, "and", pair, 2, f->pos) : equal;
    }
    int left_width = left->scope.count;
    return merge_using(r, f, relation_join(r, left, right, f->join, on), l, m, left_width);
}

static struct relation *plan_join(struct run *r, const struct from *f, struct cte *ctes) {
    struct relation *left = plan_from(r, f->left, ctes), *right = plan_from(r, f->right, ctes);
    struct scope both = {0};
    scope_copy(r, &both, &left->scope);
    scope_copy(r, &both, &right->scope);
    if (f->column_count) return plan_using(r, f, left, right, &both);
    struct binder b = { .r = r, .scope = &both, .clause = "JOIN", .ctes = ctes };
    return relation_join(r, left, right, f->join, f->on ? bind_condition(&b, f->on) : NULL);
}

struct relation *plan_from(struct run *r, const struct from *f, struct cte *ctes) {
    if (f->kind == FROM_JOIN) return plan_join(r, f, ctes);
    if (f->kind == FROM_LATERAL) return plan_lateral(r, f, ctes);
    struct relation *rel = f->kind == FROM_NAME ? plan_name(r, f, ctes) : f->kind == FROM_QUERY ? plan_query(r, f->query, ctes) :
                           f->kind == FROM_VALUES ? plan_values(r, f) : plan_function(r, f);
    int plain = rel->scope.count;
    while (plain > 0 && rel->scope.at[plain - 1].meta) plain--;
    if (f->column_count && f->column_count != plain)
        run_fail(r, "ASSIGNMENT_ARITY_MISMATCH", "42802", f->pos, "The number of columns or variables assigned or aliased: %d does not match the number of source expressions: %d.",
                 f->column_count, plain);
    struct scope named = {0};
    for (int i = 0; i < rel->scope.count; i++) {
        const char *name = f->column_count && i < plain ? f->columns[i] : rel->scope.at[i].name;
        scope_add(r, &named, f->alias, f->alias || f->kind != FROM_NAME ? NULL : &f->name, name, rel->scope.at[i].type);
        named.at[i].meta = i >= plain;
    }
    struct relation *out = relation_new(r, rel->it);
    out->scope = named;
    return out;
}

