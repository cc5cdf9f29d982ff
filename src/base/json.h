#ifndef LAKEFERRY_BASE_JSON_H
#define LAKEFERRY_BASE_JSON_H
/*
 * json: checked access over cJSON, a splitter for long lists, and writing of integers and lines.
 * A JSON null counts as absent everywhere. Trees belong to whoever parsed them; strings returned belong to the tree.
 */
#include "base/buf.h"
#include <cjson/cJSON.h>

/* Parses exactly one value (trailing bytes other than white space are an error; depth <= 200; valid UTF-8 required).
 * An escaped NUL (\u0000) becomes U+FFFD, since C strings cannot hold it. The caller frees with cJSON_Delete. NULL with e (ERR_PROTOCOL, ERR_NO_MEMORY). */
cJSON *json_parse(const char *text, size_t n, struct err *e);

/* Members, NULL/false when absent, null or of another type. Numbers may arrive as strings and are accepted. */
const cJSON *json_obj(const cJSON *o, const char *key);
const cJSON *json_arr(const cJSON *o, const char *key);
const cJSON *json_get(const cJSON *o, const char *key);       /* any type but null */
const char *json_str(const cJSON *o, const char *key);        /* NULL when absent */
const char *json_str_or(const cJSON *o, const char *key, const char *otherwise);
bool json_i64(const cJSON *o, const char *key, int64_t *out); /* refuses fractions; numbers beyond 2^53-1 (as strings they are exact) */
bool json_f64(const cJSON *o, const char *key, double *out);
bool json_bool(const cJSON *o, const char *key, bool otherwise);
/* As json_str/json_obj, but absence is ERR_PROTOCOL naming the key. */
const char *json_need_str(const cJSON *o, const char *key, struct err *e);

/* Building; each returns false without memory (the tree is still valid to delete). NULL text adds nothing. */
bool json_put_str(cJSON *o, const char *key, const char *text);
bool json_put_i64(cJSON *o, const char *key, int64_t value);  /* exact, not through a double */
bool json_put_u64(cJSON *o, const char *key, uint64_t value);
bool json_put_bool(cJSON *o, const char *key, bool value);
bool json_put_item(cJSON *o, const char *key, cJSON *item);   /* takes item, deletes it on failure; NULL item: false */

/* Appends text as a JSON string with quotes; invalid UTF-8 bytes become U+FFFD. 0 or -1 (sticky). */
int json_quote(struct buf *out, const char *text, size_t n);
/* Appends the tree without blanks. 0 or -1. */
int json_print(struct buf *out, const cJSON *tree);

/*
 * Splitter: fed the bytes of one JSON object as they arrive, calls `element` with each parsed element of the
 * array under `key` at top level, and keeps everything else of the object (the array replaced by []) for the end.
 * Memory is one element plus the rest, both bounded by max_element.
 */
struct json_split;
typedef int (*json_split_element)(void *ctx, cJSON *element, struct err *e); /* element is deleted by the splitter after the call; -1 stops */
struct json_split *json_split_new(const char *key, size_t max_element, json_split_element element, void *ctx);
void json_split_free(struct json_split *s);
int json_split_feed(struct json_split *s, const char *bytes, size_t n, struct err *e);
/* After the last byte: the rest of the object (caller deletes) or NULL with e when it was not one whole object. */
cJSON *json_split_end(struct json_split *s, struct err *e);
#endif
