#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"
#include <ctype.h>
#include <math.h>
#include <strings.h>

/* The type text of the SQL engine ("array<struct<a:int>>") as a tree, and cells by it. */
enum cell_kind { CELL_SCALAR, CELL_ARRAY, CELL_MAP, CELL_STRUCT };
struct cell_type {
    enum cell_kind kind;
    char *name;                    /* scalar: "decimal(10,2)" */
    struct cell_type **children;
    char **names;                  /* struct: field names */
    int count;
};

void cell_type_free(struct cell_type *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->count; i++) {
        cell_type_free(t->children[i]);
        if (t->names)
            free(t->names[i]);
    }
    free(t->children);
    free(t->names);
    free(t->name);
    free(t);
}

static bool child_add(struct cell_type *t, char *name, struct cell_type *child)
{
    struct cell_type **children = reallocarray(t->children, (size_t)t->count + 1, sizeof *children);
    if (children)
        t->children = children;
    char **names = children ? reallocarray(t->names, (size_t)t->count + 1, sizeof *names) : NULL;
    if (names)
        t->names = names;
    if (!child || !names) {
        cell_type_free(child);
        free(name);
        return false;
    }
    t->children[t->count] = child;
    t->names[t->count++] = name;
    return true;
}

static char *field_name(const char **at)
{
    struct buf name = BUF_INIT;
    *at += strspn(*at, " ");
    if (**at == '`') {
        for (++*at; **at && (**at != '`' || (*at)[1] == '`'); ++*at) {
            *at += **at == '`';
            buf_putc(&name, **at);
        }
        *at += **at == '`';
    } else {
        size_t n = strcspn(*at, ":> ");
        buf_add(&name, *at, n);
        *at += n;
    }
    *at += strspn(*at, ": ");
    char *out = buf_take(&name);
    buf_release(&name);
    return out;
}

static struct cell_type *parse(const char **at, int depth)
{
    static const struct { const char *word; enum cell_kind kind; } heads[] = {
        { "array<", CELL_ARRAY }, { "map<", CELL_MAP }, { "struct<", CELL_STRUCT } };
    struct cell_type *t = calloc(1, sizeof *t);
    if (!t || depth > 60)
        goto failed;
    *at += strspn(*at, " ");
    for (size_t i = 0; i < 3 && t->kind == CELL_SCALAR; i++)
        if (strncasecmp(*at, heads[i].word, strlen(heads[i].word)) == 0) {
            t->kind = heads[i].kind;
            *at += strlen(heads[i].word);
        }
    if (t->kind == CELL_SCALAR) {
        size_t n = 0;
        for (int open = 0; (*at)[n] && (open || !strchr(",>", (*at)[n])); n++)
            open += (*at)[n] == '(' ? 1 : (*at)[n] == ')' ? -1 : 0;
        t->name = str_dup_n(*at, n);
        *at += n;
        if (!t->name)
            goto failed;
        return t;
    }
    while (**at && **at != '>') {
        char *name = t->kind == CELL_STRUCT ? field_name(at) : NULL;
        if (!child_add(t, name, parse(at, depth + 1)))
            goto failed;
        *at += strspn(*at, ", ");
    }
    *at += **at == '>';
    return t;
failed:
    cell_type_free(t);
    return NULL;
}

struct cell_type *cell_type_parse(const char *type_text)
{
    return parse(&type_text, 0);
}

static void print_type(const struct cell_type *t, struct buf *out)
{
    static const char *const heads[] = { [CELL_ARRAY] = "ARRAY<", [CELL_MAP] = "MAP<", [CELL_STRUCT] = "STRUCT<" };
    if (t->kind == CELL_SCALAR) {
        for (const char *p = t->name; *p; p++)
            buf_putc(out, (char)toupper((unsigned char)*p));
        return;
    }
    buf_puts(out, heads[t->kind]);
    for (int i = 0; i < t->count; i++) {
        buf_puts(out, i ? ", " : "");
        if (t->kind == CELL_STRUCT)
            buf_printf(out, "%s: ", t->names[i]);
        print_type(t->children[i], out);
    }
    buf_putc(out, '>');
}

int cell_type_print(const struct cell_type *t, struct buf *out)
{
    print_type(t, out);
    return buf_error(out, NULL);
}

static bool is_type(const struct cell_type *t, const char *name)
{
    return t && t->kind == CELL_SCALAR && str_ieq(t->name, name);
}

static bool is_timestamp(const struct cell_type *t)
{
    return is_type(t, "timestamp") || is_type(t, "timestamp_ntz");
}

/* "2026-01-01T10:00:00.123456Z" to milliseconds, as both interfaces show timestamps. */
static void add_timestamp(struct buf *out, const char *text)
{
    const char *dot = strchr(text, '.');
    size_t whole = dot ? (size_t)(dot - text) : strcspn(text, "Z");
    char digits[4] = "000";
    for (int i = 0; dot && i < 3 && isdigit((unsigned char)dot[i + 1]); i++)
        digits[i] = dot[i + 1];
    buf_add(out, text, whole);
    buf_printf(out, ".%s%s", digits, strchr(text, 'Z') ? "Z" : "");
}

/* A double as Java prints it: shortest digits, always a fraction, exponent outside 1e-3..1e7. */
static void add_double(struct buf *out, double v)
{
    char digits[40];
    int precision = 1;
    if (isnan(v) || isinf(v)) {
        buf_puts(out, isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
        return;
    }
    do
        snprintf(digits, sizeof digits, "%.*e", precision - 1, v);
    while (strtod(digits, NULL) != v && ++precision <= 17);
    char *e = strchr(digits, 'e');
    long exponent = strtol(e + 1, NULL, 10);
    double size = fabs(v);
    if (size != 0 && (size < 1e-3 || size >= 1e7)) {
        *e = 0;
        buf_printf(out, "%s%sE%ld", digits, strchr(digits, '.') ? "" : ".0", exponent);
        return;
    }
    int fraction = precision - 1 - (int)exponent;
    buf_printf(out, "%.*f", fraction < 1 ? 1 : fraction, v);
}

static void add_scalar(const struct cell_type *t, const cJSON *v, struct buf *out)
{
    if (cJSON_IsString(v) && is_timestamp(t))
        add_timestamp(out, v->valuestring);
    else if (cJSON_IsString(v) || cJSON_IsRaw(v))
        buf_puts(out, v->valuestring);
    else if (cJSON_IsBool(v))
        buf_puts(out, cJSON_IsTrue(v) ? "true" : "false");
    else if (cJSON_IsNumber(v) && (is_type(t, "double") || is_type(t, "float")))
        add_double(out, v->valuedouble);
    else
        json_print(out, v);
}

static const struct cell_type *child_type(const struct cell_type *t, const char *name)
{
    if (!t || t->kind == CELL_SCALAR || t->count == 0)
        return NULL;
    if (t->kind == CELL_ARRAY || t->kind == CELL_MAP)
        return t->children[t->count - 1];
    for (int i = 0; i < t->count; i++)
        if (str_eq(t->names[i], name))
            return t->children[i];
    return NULL;
}

/* JSON text of a nested value in which every scalar is a string. */
static void add_nested(const struct cell_type *t, const cJSON *v, struct buf *out)
{
    const cJSON *child;
    bool first = true, object = cJSON_IsObject(v);
    if (cJSON_IsNull(v)) {
        buf_puts(out, "null");
        return;
    }
    if (!object && !cJSON_IsArray(v)) {
        struct buf text = BUF_INIT;
        add_scalar(t, v, &text);
        json_quote(out, text.data, text.len);
        buf_release(&text);
        return;
    }
    buf_putc(out, object ? '{' : '[');
    cJSON_ArrayForEach(child, v) {
        if (!first)
            buf_putc(out, ',');
        first = false;
        if (object) {
            json_quote(out, child->string, strlen(child->string));
            buf_putc(out, ':');
        }
        add_nested(child_type(t, child->string), child, out);
    }
    buf_putc(out, object ? '}' : ']');
}

bool cell_text(const struct cell_type *t, const cJSON *value, struct buf *out)
{
    if (!value || cJSON_IsNull(value))
        return false;
    if (cJSON_IsObject(value) || cJSON_IsArray(value))
        add_nested(t, value, out);
    else
        add_scalar(t, value, out);
    return true;
}

cJSON *cell_native(const struct cell_type *t, const cJSON *value)
{
    const cJSON *child;
    if (!value || cJSON_IsNull(value))
        return cJSON_CreateNull();
    if (cJSON_IsString(value) && is_timestamp(t)) {
        struct buf text = BUF_INIT;
        add_timestamp(&text, value->valuestring);
        cJSON *out = cJSON_CreateString(text.data);
        buf_release(&text);
        return out;
    }
    if (cJSON_IsObject(value) && t && t->kind == CELL_STRUCT) {
        cJSON *out = cJSON_CreateArray();
        for (int i = 0; i < t->count; i++)
            cJSON_AddItemToArray(out, cell_native(t->children[i], cJSON_GetObjectItemCaseSensitive(value, t->names[i])));
        return out;
    }
    if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
        return cJSON_Duplicate(value, true);
    cJSON *out = cJSON_IsObject(value) ? cJSON_CreateObject() : cJSON_CreateArray();
    cJSON_ArrayForEach(child, value) {
        cJSON *copy = cell_native(child_type(t, child->string), child);
        if (cJSON_IsObject(value))
            cJSON_AddItemToObject(out, child->string, copy);
        else
            cJSON_AddItemToArray(out, copy);
    }
    return out;
}
