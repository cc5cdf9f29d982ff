#ifndef LAKEFERRY_SANDBOX_SQL_VALUE_H
#define LAKEFERRY_SANDBOX_SQL_VALUE_H
/*
 * value: SQL types and values: comparison, order-preserving keys, rows as bytes, casts, text. A value says only how
 * it is kept; its type is known from the expression it comes from. Values point into the arena they were made in.
 */
#include "sandbox/sql/run.h"

enum type_kind {
    T_VOID, T_BOOLEAN, T_TINYINT, T_SMALLINT, T_INT, T_BIGINT, T_FLOAT, T_DOUBLE, T_DECIMAL, T_STRING, T_BINARY,
    T_DATE, T_TIMESTAMP, T_TIMESTAMP_NTZ, T_ARRAY, T_MAP, T_STRUCT, T_KINDS
};
struct type;
struct field { const char *name; const struct type *type; bool not_null; const char *comment; /* or NULL */ };
struct type {
    enum type_kind kind;
    int precision, scale;              /* decimal */
    const struct type *key, *element;  /* map key; map value and array element */
    struct field *fields;              /* struct */
    int count;
};

__extension__ typedef __int128 i128;
enum value_kind { V_NULL, V_INT, V_DOUBLE, V_DECIMAL, V_BYTES, V_LIST };
/* V_INT: boolean, integers, date (days), timestamp (microseconds). V_DECIMAL: unscaled. V_BYTES: string, binary.
 * V_LIST: array elements, struct fields, map keys and values alternating. */
struct value {
    enum value_kind kind;
    union {
        int64_t i;
        double d;
        i128 dec;
        struct { const char *p; size_t n; } s;
        struct { struct value *at; size_t n; } l;
    };
};

/* Types without parameters, by kind. */
const struct type *type_plain(enum type_kind k);
const struct type *type_decimal(struct arena *a, int precision, int scale);
const struct type *type_array(struct arena *a, const struct type *element);
const struct type *type_map(struct arena *a, const struct type *key, const struct type *value);
const struct type *type_struct(struct arena *a, struct field *fields, int count);
/* The plain kind of a type word ("bigint", "LONG"), or T_KINDS. */
enum type_kind type_by_word(const char *word);
const struct type *type_copy(struct arena *a, const struct type *t);
bool type_equal(const struct type *a, const struct type *b);
bool type_integral(const struct type *t);
bool type_numeric(const struct type *t);
bool type_has_map(const struct type *t);
/* "array<struct<a:int,`b c`:int>>", which parses again; type_shown: names as they are, as DESCRIBE and typeof show them;
 * type_sql: "ARRAY<STRUCT<a: INT>>" as messages do. */
const char *type_text(struct arena *a, const struct type *t);
const char *type_shown(struct arena *a, const struct type *t);
const char *type_sql(struct arena *a, const struct type *t);
/* Delta's JSON of a type. */
void type_json(struct text *out, const struct type *t);
/* The type both can become, NULL when there is none. */
const struct type *type_common(struct arena *a, const struct type *x, const struct type *y);

#define VALUE_NULL ((struct value){ .kind = V_NULL })
struct value value_int(int64_t i);
struct value value_double(double d);
struct value value_bytes(const char *p, size_t n);
struct value value_text(const char *s);
struct value value_copy(struct arena *a, const struct value *v);
/* NULL sorts first; NaN is the greatest and equals itself. */
int value_compare(const struct type *t, const struct value *a, const struct value *b);
/* Appends bytes whose memcmp order is the value's. descending inverts; nulls_last puts NULL behind. */
void value_key(struct text *out, const struct type *t, const struct value *v, bool descending, bool nulls_last);
void row_write(struct text *out, const struct value *row, int count);
/* Reads count values; those the bytes do not hold are NULL. The values point into bytes. */
struct value *row_read(struct arena *a, const char *bytes, size_t n, int count);

/* Casts as Spark with ANSI on; a bad value fails the run, or is NULL with `try_it`. */
struct value cast_value(struct arena *a, const struct value *v, const struct type *from, const struct type *to, bool try_it);
bool cast_allowed(const struct type *from, const struct type *to);
/* The value as CAST(… AS STRING) gives it. */
void value_print(struct text *out, const struct type *t, const struct value *v);
bool decimal_parse(const char *s, size_t n, const struct type *t, i128 *out);
void decimal_print(struct text *out, i128 v, int scale);
bool decimal_rescale(i128 *v, int from, int to);    /* half up; false on overflow */
bool decimal_fits(i128 v, int precision);
void double_print(struct text *out, double d, bool is_float); /* as Java's toString */
/* Takes blanks and control characters off both ends, as casts of text do. */
void value_trim(const char **s, size_t *n);
static inline bool digit(char c) { return c >= '0' && c <= '9'; }
/* Rounded down, b > 0: days and seconds before 1970, too. */
static inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
/* Days since 1970-01-01 (proleptic Gregorian), and back. */
int64_t date_days(int64_t year, int month, int day);
void date_civil(int64_t days, int64_t *year, int *month, int *day);
bool timestamp_parse(const char *s, size_t n, int64_t *us);   /* Spark's cast of text, zone UTC */
bool date_parse(const char *s, size_t n, int64_t *days);
bool int_parse(const char *s, size_t n, int64_t *out);
bool double_parse(const char *s, size_t n, double *out);
/* Java pattern letters y M d H m s S X and quoted text; false for others. */
bool timestamp_format(struct text *out, int64_t us, const char *pattern);

/* JSON ↔ values (json_read.c, json_write.c, json_infer.c). */
struct json_options {
    bool failfast, keep_nulls;
    const char *corrupt_column;     /* NULL: none */
    const char *timestamp_format;   /* NULL: milliseconds */
};
enum { JSON_OK, JSON_BROKEN };
/* One JSON text into t (struct, array or map). JSON_BROKEN when the text or a field is not what t says; the value is
 * then as far as it could be read (fields that are wrong NULL). *empty: blank text. */
int json_read(struct arena *a, const char *s, size_t n, const struct type *t, const struct json_options *o,
              struct value *out, bool *empty);
void json_write(struct text *out, const struct type *t, const struct value *v, const struct json_options *o);
void json_string(struct text *out, const char *s, size_t n);
/* The type a JSON text suggests, merged with known (NULL: nothing known); NULL when it is no JSON object. */
const struct type *json_infer(struct arena *a, const char *s, size_t n, const struct type *known);
/* get_json_object. */
struct value json_path(struct arena *a, const char *s, size_t n, const char *path);
/* A native cell for results; NULL without memory. */
cJSON *json_native(struct run *r, const struct type *t, const struct value *v);
#endif
