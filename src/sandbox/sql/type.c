#include "sandbox/sql/value.h"
#include "base/str.h"

static const struct { const char *word; enum type_kind kind; } words[] = {
    {"void", T_VOID}, {"boolean", T_BOOLEAN}, {"tinyint", T_TINYINT}, {"byte", T_TINYINT},
    {"smallint", T_SMALLINT}, {"short", T_SMALLINT}, {"int", T_INT}, {"integer", T_INT}, {"bigint", T_BIGINT},
    {"long", T_BIGINT}, {"float", T_FLOAT}, {"real", T_FLOAT}, {"double", T_DOUBLE}, {"decimal", T_DECIMAL},
    {"dec", T_DECIMAL}, {"numeric", T_DECIMAL}, {"string", T_STRING}, {"varchar", T_STRING}, {"char", T_STRING},
    {"character", T_STRING}, {"binary", T_BINARY}, {"date", T_DATE}, {"timestamp", T_TIMESTAMP},
    {"timestamp_ltz", T_TIMESTAMP}, {"timestamp_ntz", T_TIMESTAMP_NTZ}, {"array", T_ARRAY}, {"map", T_MAP},
    {"struct", T_STRUCT},
};
/* Names by kind: SQL, Delta's JSON, Unity Catalog's type_name. */
static const struct { const char *sql, *json, *catalog; } names[T_KINDS] = {
    [T_VOID] = {"void", "void", "NULL"}, [T_BOOLEAN] = {"boolean", "boolean", "BOOLEAN"},
    [T_TINYINT] = {"tinyint", "byte", "BYTE"}, [T_SMALLINT] = {"smallint", "short", "SHORT"},
    [T_INT] = {"int", "integer", "INT"}, [T_BIGINT] = {"bigint", "long", "LONG"},
    [T_FLOAT] = {"float", "float", "FLOAT"}, [T_DOUBLE] = {"double", "double", "DOUBLE"},
    [T_DECIMAL] = {"decimal", "decimal", "DECIMAL"}, [T_STRING] = {"string", "string", "STRING"},
    [T_BINARY] = {"binary", "binary", "BINARY"}, [T_DATE] = {"date", "date", "DATE"},
    [T_TIMESTAMP] = {"timestamp", "timestamp", "TIMESTAMP"},
    [T_TIMESTAMP_NTZ] = {"timestamp_ntz", "timestamp_ntz", "TIMESTAMP_NTZ"},
    [T_ARRAY] = {"array", "array", "ARRAY"}, [T_MAP] = {"map", "map", "MAP"}, [T_STRUCT] = {"struct", "struct", "STRUCT"},
};
static const struct type plain[T_KINDS] = {
    {.kind = T_VOID}, {.kind = T_BOOLEAN}, {.kind = T_TINYINT}, {.kind = T_SMALLINT}, {.kind = T_INT}, {.kind = T_BIGINT},
    {.kind = T_FLOAT}, {.kind = T_DOUBLE}, {.kind = T_DECIMAL, .precision = 10}, {.kind = T_STRING}, {.kind = T_BINARY},
    {.kind = T_DATE}, {.kind = T_TIMESTAMP}, {.kind = T_TIMESTAMP_NTZ}, {.kind = T_ARRAY}, {.kind = T_MAP}, {.kind = T_STRUCT},
};

enum type_kind type_by_word(const char *word) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ieq(word, words[i].word)) return words[i].kind;
    return T_KINDS;
}

const struct type *type_plain(enum type_kind k) {
    return &plain[k];
}

const struct type *type_decimal(struct arena *a, int precision, int scale) {
    struct type *t = mem_zero(a, sizeof *t);
    t->kind = T_DECIMAL;
    t->precision = precision;
    t->scale = scale;
    return t;
}

const struct type *type_array(struct arena *a, const struct type *element) {
    struct type *t = mem_zero(a, sizeof *t);
    t->kind = T_ARRAY;
    t->element = element;
    return t;
}

const struct type *type_map(struct arena *a, const struct type *key, const struct type *value) {
    struct type *t = mem_zero(a, sizeof *t);
    t->kind = T_MAP;
    t->key = key;
    t->element = value;
    return t;
}

const struct type *type_struct(struct arena *a, struct field *fields, int count) {
    struct type *t = mem_zero(a, sizeof *t);
    t->kind = T_STRUCT;
    t->fields = fields;
    t->count = count;
    return t;
}

const struct type *type_copy(struct arena *a, const struct type *t) {
    if (t->kind < T_ARRAY && t->kind != T_DECIMAL) return type_plain(t->kind);
    struct type *copy = mem_alloc(a, sizeof *copy);
    *copy = *t;
    if (t->key) copy->key = type_copy(a, t->key);
    if (t->element) copy->element = type_copy(a, t->element);
    copy->fields = mem_zero(a, sizeof *copy->fields * (size_t)(t->count + 1));
    for (int i = 0; i < t->count; i++) {
        copy->fields[i] = t->fields[i];
        copy->fields[i].name = mem_text(a, t->fields[i].name, strlen(t->fields[i].name));
        copy->fields[i].type = type_copy(a, t->fields[i].type);
    }
    return copy;
}

bool type_equal(const struct type *a, const struct type *b) {
    if (a == b) return true;
    if (a->kind != b->kind || a->count != b->count) return false;
    if (a->kind == T_DECIMAL) return a->precision == b->precision && a->scale == b->scale;
    if (a->kind == T_MAP && !type_equal(a->key, b->key)) return false;
    if ((a->kind == T_MAP || a->kind == T_ARRAY) && !type_equal(a->element, b->element)) return false;
    for (int i = 0; i < a->count; i++)
        if (!str_ieq(a->fields[i].name, b->fields[i].name) || !type_equal(a->fields[i].type, b->fields[i].type)) return false;
    return true;
}

bool type_integral(const struct type *t) {
    return t->kind >= T_TINYINT && t->kind <= T_BIGINT;
}

bool type_numeric(const struct type *t) {
    return t->kind >= T_TINYINT && t->kind <= T_DECIMAL;
}

bool type_has_map(const struct type *t) {
    if (t->kind == T_MAP) return true;
    if (t->kind == T_ARRAY) return type_has_map(t->element);
    for (int i = 0; i < t->count; i++)
        if (type_has_map(t->fields[i].type)) return true;
    return false;
}

static bool plain_name(const char *s) {
    if (!*s) return false;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || *s == '_')) return false;
    return true;
}

static void add_name(struct text *out, const char *name) {
    if (plain_name(name)) {
        text_puts(out, name);
        return;
    }
    text_putc(out, '`');
    for (; *name; name++) {
        if (*name == '`') text_putc(out, '`');
        text_putc(out, *name);
    }
    text_putc(out, '`');
}

static void add_type(struct text *out, const struct type *t, bool upper, bool plain_names) {
    for (const char *p = names[t->kind].sql; *p; p++) text_putc(out, upper && *p >= 'a' ? (*p == '_' ? '_' : (char)(*p - 32)) : *p);
    if (t->kind == T_DECIMAL) text_printf(out, "(%d,%d)", t->precision, t->scale);
    if (t->kind < T_ARRAY) return;
    text_putc(out, '<');
    if (t->kind == T_MAP) {
        add_type(out, t->key, upper, plain_names);
        text_puts(out, upper ? ", " : ",");
    }
    if (t->kind != T_STRUCT) add_type(out, t->element, upper, plain_names);
    for (int i = 0; i < t->count; i++) {
        if (i) text_puts(out, upper ? ", " : ",");
        if (plain_names) text_puts(out, t->fields[i].name);
        else add_name(out, t->fields[i].name);
        text_puts(out, upper ? ": " : ":");
        add_type(out, t->fields[i].type, upper, plain_names);
    }
    text_putc(out, '>');
}

const char *type_text(struct arena *a, const struct type *t) {
    struct text out;
    text_init(&out, a);
    add_type(&out, t, false, false);
    return text_end(&out);
}

const char *type_shown(struct arena *a, const struct type *t) {
    struct text out;
    text_init(&out, a);
    add_type(&out, t, false, true);
    return text_end(&out);
}

const char *type_sql(struct arena *a, const struct type *t) {
    struct text out;
    text_init(&out, a);
    add_type(&out, t, true, false);
    return text_end(&out);
}

void type_json(struct text *out, const struct type *t) {
    if (t->kind == T_DECIMAL) {
        text_printf(out, "\"decimal(%d,%d)\"", t->precision, t->scale);
    } else if (t->kind == T_ARRAY) {
        text_puts(out, "{\"type\":\"array\",\"elementType\":");
        type_json(out, t->element);
        text_puts(out, ",\"containsNull\":true}");
    } else if (t->kind == T_MAP) {
        text_puts(out, "{\"type\":\"map\",\"keyType\":");
        type_json(out, t->key);
        text_puts(out, ",\"valueType\":");
        type_json(out, t->element);
        text_puts(out, ",\"valueContainsNull\":true}");
    } else if (t->kind == T_STRUCT) {
        text_puts(out, "{\"type\":\"struct\",\"fields\":[");
        for (int i = 0; i < t->count; i++) {
            text_puts(out, i ? ",{\"name\":" : "{\"name\":");
            json_string(out, t->fields[i].name, strlen(t->fields[i].name));
            text_puts(out, ",\"type\":");
            type_json(out, t->fields[i].type);
            text_printf(out, ",\"nullable\":%s,\"metadata\":{}}", t->fields[i].not_null ? "false" : "true");
        }
        text_puts(out, "]}");
    } else {
        text_printf(out, "\"%s\"", names[t->kind].json);
    }
}

static const struct type *common_struct(struct arena *a, const struct type *x, const struct type *y) {
    if (x->count != y->count) return NULL;
    struct field *f = mem_zero(a, sizeof *f * (size_t)(x->count + 1));
    for (int i = 0; i < x->count; i++) {
        if (!str_ieq(x->fields[i].name, y->fields[i].name)) return NULL;
        f[i].name = x->fields[i].name;
        f[i].type = type_common(a, x->fields[i].type, y->fields[i].type);
        if (!f[i].type) return NULL;
    }
    return type_struct(a, f, x->count);
}

static const struct type *as_decimal(struct arena *a, const struct type *t) {
    static const int digits[] = { [T_TINYINT] = 3, [T_SMALLINT] = 5, [T_INT] = 10, [T_BIGINT] = 20 };
    return t->kind == T_DECIMAL ? t : type_decimal(a, digits[t->kind], 0);
}

static const struct type *common_decimal(struct arena *a, const struct type *x, const struct type *y) {
    x = as_decimal(a, x);
    y = as_decimal(a, y);
    int scale = x->scale > y->scale ? x->scale : y->scale;
    int left = x->precision - x->scale > y->precision - y->scale ? x->precision - x->scale : y->precision - y->scale;
    if (left + scale > 38) scale = left > 38 ? 0 : 38 - left;
    return type_decimal(a, left + scale > 38 ? 38 : left + scale, scale);
}

/* Text gives way to the other side under ANSI: integers become bigint, other numbers double. */
static const struct type *common_with_text(const struct type *other) {
    if (type_integral(other)) return type_plain(T_BIGINT);
    if (type_numeric(other)) return type_plain(T_DOUBLE);
    return other->kind < T_ARRAY ? other : NULL;
}

const struct type *type_common(struct arena *a, const struct type *x, const struct type *y) {
    if (type_equal(x, y)) return x;
    if (x->kind == T_VOID) return y;
    if (y->kind == T_VOID) return x;
    if (x->kind == T_STRING) return common_with_text(y);
    if (y->kind == T_STRING) return common_with_text(x);
    if (type_numeric(x) && type_numeric(y)) {
        if (type_integral(x) && type_integral(y)) return x->kind > y->kind ? x : y;
        if (x->kind == T_FLOAT && y->kind == T_FLOAT) return x;
        if (x->kind == T_DOUBLE || y->kind == T_DOUBLE || x->kind == T_FLOAT || y->kind == T_FLOAT) return type_plain(T_DOUBLE);
        return common_decimal(a, x, y);
    }
    if (x->kind >= T_DATE && x->kind <= T_TIMESTAMP_NTZ && y->kind >= T_DATE && y->kind <= T_TIMESTAMP_NTZ)
        return x->kind == T_TIMESTAMP || y->kind == T_TIMESTAMP ? type_plain(T_TIMESTAMP) : type_plain(T_TIMESTAMP_NTZ);
    if (x->kind != y->kind) return NULL;
    if (x->kind == T_ARRAY) {
        const struct type *e = type_common(a, x->element, y->element);
        return e ? type_array(a, e) : NULL;
    }
    if (x->kind == T_MAP) {
        const struct type *k = type_common(a, x->key, y->key), *e = type_common(a, x->element, y->element);
        return k && e ? type_map(a, k, e) : NULL;
    }
    return x->kind == T_STRUCT ? common_struct(a, x, y) : NULL;
}

char *sql_type_name(const char *type_text) {
    char word[32];
    size_t n = strcspn(type_text, "(< ");
    if (n >= sizeof word) n = sizeof word - 1;
    memcpy(word, type_text, n);
    word[n] = 0;
    enum type_kind k = type_by_word(word);
    return str_dup(k == T_KINDS ? "USER_DEFINED_TYPE" : names[k].catalog);
}
