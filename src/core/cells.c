#include "core/cells.h"
#include "base/hash.h"
#include "base/url.h"
#include "core/cells_literal.h"
#include "net/clarifai.h"
#include <math.h>
#include <stdarg.h>

#define CONCEPTS_MAX 1000      /* of one row: far above what a picture carries, and names are compared with each other */

const char *const cells_names[CELLS_COLUMNS] = {"inputid", "input", "concepts", "metadata", "geopoints"};

enum cells_column cells_by_name(const char *name)
{
    static const char blanks[] = " \t\n\v\f\r";
    char word[16] = "";
    const char *from = name + strspn(name, blanks);
    size_t n = strlen(from);
    while (n > 0 && strchr(blanks, from[n - 1]))
        n--;
    if (n < sizeof word)                         /* without memory of its own, so that no column is ever taken for none */
        memcpy(word, from, n);
    for (int i = 0; i < CELLS_COLUMNS; i++)
        if (str_ieq(word, cells_names[i]))
            return (enum cells_column)i;
    return CELLS_COLUMNS;
}

static int wrong(char reason[CELLS_REASON], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int wrong(char reason[CELLS_REASON], const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, CELLS_REASON, fmt, ap);
    va_end(ap);
    return 1;
}

/* --- id and URL --- */

int cells_id(const char *cell, char reason[CELLS_REASON])
{
    if (!cell || !*cell)
        return wrong(reason, "it is empty");
    if (clarifai_id_valid(cell))
        return 0;
    char shown[64];
    bool whole = str_copy(shown, sizeof shown, cell);
    if (strspn(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(cell))
        return wrong(reason, "it has %zu characters, and Clarifai takes 1 to 48", strlen(cell));
    return wrong(reason, "\"%s%s\" holds other characters than letters, digits, - and _", shown, whole ? "" : "...");
}

int cells_url(const char *cell, char **url, char reason[CELLS_REASON])
{
    struct url_parts parts;
    char *copy = str_dup(cell ? cell : "");
    *url = NULL;
    if (!copy)
        return -1;
    const char *text = str_trim(copy);
    int result = 0;
    if (!*text)
        result = wrong(reason, "it is empty");
    else if (!str_starts(text, "http://") && !str_starts(text, "https://") && !str_starts(text, "HTTP://") && !str_starts(text, "HTTPS://"))
        result = wrong(reason, "it is no http or https URL");
    else if (!url_parse(text, &parts))
        result = wrong(reason, "it is no URL with a host (and without a user name)");
    for (const char *p = text; *p && result == 0; p++)
        if ((unsigned char)*p <= ' ' || *p == '\x7f')
            result = wrong(reason, "the URL holds a blank or control character");
    if (result == 0 && !(*url = str_dup(text)))
        result = -1;
    free(copy);
    return result;
}

/* --- metadata --- */

/* JSON, else what Python writes; NULL with why, empty without memory. */
static cJSON *parse(const char *text, char *why, size_t why_size)
{
    struct err e = {0};
    cJSON *tree = json_parse(text, strlen(text), &e);
    *why = '\0';
    return tree || e.code == ERR_NO_MEMORY ? tree : cells_literal_parse(text, why, why_size);
}

struct member { cJSON *item; size_t at; };

static int by_name(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = strcmp(x->item->string, y->item->string);
    return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

static int drop_doubled(cJSON *tree);

static int drop_doubled_members(cJSON *object)
{
    size_t n = 0, count = (size_t)cJSON_GetArraySize(object);
    struct member *members = count > 1 ? malloc(count * sizeof *members) : NULL;
    cJSON *item;
    if (count > 1 && !members)
        return -1;
    cJSON_ArrayForEach(item, object)
        if (members)
            members[n] = (struct member){item, n}, n++;
    if (n)
        qsort(members, n, sizeof *members, by_name);
    for (size_t i = 0; i + 1 < n; i++)
        if (str_eq(members[i].item->string, members[i + 1].item->string))
            cJSON_Delete(cJSON_DetachItemViaPointer(object, members[i].item));
    free(members);
    return 0;
}

/* Depth is bounded by the parsers. */
static int drop_doubled(cJSON *tree)
{
    cJSON *item;
    if (cJSON_IsObject(tree) && drop_doubled_members(tree) != 0)
        return -1;
    cJSON_ArrayForEach(item, tree)
        if (drop_doubled(item) != 0)
            return -1;
    return 0;
}

int cells_metadata(const char *cell, char **json, char reason[CELLS_REASON])
{
    char why[CELLS_REASON - 40];
    struct buf text = BUF_INIT;
    *json = NULL;
    if (str_blank(cell))
        return 0;
    cJSON *tree = parse(cell, why, sizeof why);
    int result = tree ? drop_doubled(tree) : *why ? wrong(reason, "it is neither JSON nor a Python dict: %s", why) : -1;
    if (result == 0 && !cJSON_IsObject(tree))
        result = wrong(reason, "it is no object with names and values");
    if (result == 0) {
        cJSON_DeleteItemFromObjectCaseSensitive(tree, "lakeferry");
        result = json_print(&text, tree) == 0 && (*json = buf_take(&text)) ? 0 : -1;
    }
    buf_release(&text);
    cJSON_Delete(tree);
    return result;
}

/* --- concepts --- */

/* 0, 1 with a reason, -1. */
static int add_name(struct str_list *names, const char *text, size_t n, char reason[CELLS_REASON])
{
    if (names->count >= CONCEPTS_MAX)
        return wrong(reason, "it names more than %d concepts", CONCEPTS_MAX);
    char *copy = str_dup_n(text, n);
    int result = copy ? 0 : -1;
    const char *name = copy ? str_trim(copy) : "";
    bool known = *name == '\0';
    for (size_t i = 0; i < names->count && !known; i++)
        known = str_eq(names->items[i], name);
    if (result == 0 && !known)
        result = str_list_add(names, name);
    free(copy);
    return result;
}

static int split_names(const char *text, size_t n, struct str_list *names, char reason[CELLS_REASON])
{
    int result = 0;
    for (size_t at = 0, part; at <= n; at += part + 1) {
        const char *comma = memchr(text + at, ',', n - at);
        part = comma ? (size_t)(comma - text) - at : n - at;
        if ((result = add_name(names, text + at, part, reason)) != 0)
            break;
    }
    return result;
}

static int take_names(const cJSON *list, struct str_list *names, char reason[CELLS_REASON])
{
    const cJSON *item;
    struct buf number = BUF_INIT;
    int result = 0;
    cJSON_ArrayForEach(item, list) {
        if (result != 0 || cJSON_IsNull(item))
            continue;
        buf_clear(&number);
        if (cJSON_IsString(item))
            result = add_name(names, item->valuestring, strlen(item->valuestring), reason);
        else if (cJSON_IsNumber(item))
            result = json_print(&number, item) != 0 ? -1 : add_name(names, number.data, number.len, reason);
        else
            result = wrong(reason, "the list holds something else than names");
    }
    buf_release(&number);
    return result;
}

int cells_concepts(const char *cell, struct str_list *names, char reason[CELLS_REASON])
{
    char why[CELLS_REASON - 40];
    char *copy = str_dup(cell ? cell : "");
    if (!copy)
        return -1;
    const char *text = str_trim(copy);
    size_t n = strlen(text);
    int result = 0;
    cJSON *list = NULL;
    if (*text != '[') {
        result = split_names(text, n, names, reason);
    } else if ((list = parse(text, why, sizeof why)) != NULL) {
        result = take_names(list, names, reason);
    } else if (!*why) {
        result = -1;
    } else if (text[n - 1] == ']' && !strpbrk(text, "'\"{}()") && !strpbrk(text + 1, "[")) {
        result = split_names(text + 1, n - 2, names, reason);     /* [a, b], as a list reads that was made into text */
    } else {
        result = wrong(reason, "the list cannot be read: %s", why);
    }
    cJSON_Delete(list);
    free(copy);
    return result;
}

/* --- geopoints --- */

/* A decimal number whatever the locale, blanks around it allowed. 1, 0 for another text, -1 without memory; as take_object. */
static int take_degrees(const char *text, size_t n, double *out)
{
    char *copy = str_dup_n(text, n);
    char why[CELLS_REASON] = "no number";
    const char *trimmed = copy ? str_trim(copy) : "";
    cJSON *number = *trimmed && strspn(trimmed, "+-.0123456789eE") == strlen(trimmed) ? cells_literal_parse(trimmed, why, sizeof why) : NULL;
    int result = cJSON_IsNumber(number) ? 1 : copy && *why ? 0 : -1;
    if (result == 1)
        *out = number->valuedouble;
    cJSON_Delete(number);
    free(copy);
    return result;
}

static bool degrees_of(const cJSON *object, const char *const *keys, double *out)
{
    for (; *keys; keys++)
        if (json_f64(object, *keys, out))
            return true;
    return false;
}

/* {"longitude":…,"latitude":…}, as a struct comes out of the compute. */
static int take_object(const char *text, struct cells_geo *out)
{
    static const char *const longitudes[] = {"longitude", "lon", "lng", "long", NULL}, *const latitudes[] = {"latitude", "lat", NULL};
    char why[CELLS_REASON];
    cJSON *object = parse(text, why, sizeof why);
    int result = degrees_of(object, longitudes, &out->longitude) && degrees_of(object, latitudes, &out->latitude) ? 1 : object || *why ? 0 : -1;
    cJSON_Delete(object);
    return result;
}

int cells_geo(const char *cell, struct cells_geo *out, char reason[CELLS_REASON])
{
    char *copy = str_dup(cell ? cell : "");
    *out = (struct cells_geo){0};
    if (!copy)
        return -1;
    char *text = str_trim(copy);
    size_t n = strlen(text);
    int result = 0;
    if (n >= 2 && ((text[0] == '[' && text[n - 1] == ']') || (text[0] == '(' && text[n - 1] == ')'))) {
        text[n - 1] = '\0';
        text++;
    }
    const char *comma = strchr(text, ',');
    int read = *text == '{' ? take_object(text, out) : comma ? take_degrees(text, (size_t)(comma - text), &out->longitude) : 0;
    if (read == 1 && *text != '{')
        read = take_degrees(comma + 1, strlen(comma + 1), &out->latitude);
    if (read < 0)
        result = -1;
    else if (n && !read)
        result = wrong(reason, "it is not \"longitude,latitude\" in degrees");
    else if (n && fabs(out->longitude) > 180)
        result = wrong(reason, "the longitude %g is not between -180 and 180", out->longitude);
    else if (n && fabs(out->latitude) > 90)
        result = wrong(reason, "the latitude %g is not between -90 and 90", out->latitude);
    out->has = n && result == 0;
    free(copy);
    return result;
}

/* --- the row --- */

void cells_row_release(struct cells_row *r)
{
    free(r->url);
    free(r->metadata);
    str_list_release(&r->concepts);
    *r = (struct cells_row){0};
}

int cells_row_read(const char *const cells[CELLS_COLUMNS], struct cells_row *out, char reason[CELLS_REASON])
{
    char why[CELLS_REASON] = "";
    enum cells_column at = CELLS_INPUTID;
    *out = (struct cells_row){0};
    int result = cells_id(cells[CELLS_INPUTID], why);
    if (result == 0)
        result = cells_url(cells[at = CELLS_INPUT], &out->url, why);
    if (result == 0)
        result = cells_concepts(cells[at = CELLS_CONCEPTS], &out->concepts, why);
    if (result == 0)
        result = cells_metadata(cells[at = CELLS_METADATA], &out->metadata, why);
    if (result == 0)
        result = cells_geo(cells[at = CELLS_GEOPOINTS], &out->geo, why);
    if (result == 1)
        snprintf(reason, CELLS_REASON, "%s: %.*s", cells_names[at], CELLS_REASON - 16, why);
    if (result != 0)
        cells_row_release(out);
    return result;
}

int cells_row_put(struct buf *out, const struct cells_row *r)
{
    buf_puts(out, "{\"url\":");
    json_quote(out, r->url, strlen(r->url));
    for (size_t i = 0; i < r->concepts.count; i++) {
        buf_puts(out, i ? "," : ",\"concepts\":[");
        json_quote(out, r->concepts.items[i], strlen(r->concepts.items[i]));
    }
    if (r->concepts.count)
        buf_putc(out, ']');
    if (r->metadata)
        buf_printf(out, ",\"metadata\":%s", r->metadata);
    if (r->geo.has) {
        cJSON *pair = cJSON_CreateDoubleArray((double[]){r->geo.longitude, r->geo.latitude}, 2);
        buf_puts(out, ",\"geo\":");
        if (!pair || json_print(out, pair) != 0)
            out->failed = out->failed ? out->failed : ERR_NO_MEMORY;
        cJSON_Delete(pair);
    }
    buf_putc(out, '}');
    return out->failed ? -1 : 0;
}

int cells_row_parse(const char *text, struct cells_row *out)
{
    cJSON *tree = json_parse(text, strlen(text), NULL);
    const cJSON *metadata = json_obj(tree, "metadata"), *geo = json_arr(tree, "geo"), *name;
    struct buf printed = BUF_INIT;
    *out = (struct cells_row){.url = str_dup(json_str(tree, "url"))};
    int result = out->url ? 0 : -1;
    cJSON_ArrayForEach(name, json_arr(tree, "concepts"))
        if (result == 0)
            result = cJSON_IsString(name) ? str_list_add(&out->concepts, name->valuestring) : -1;
    if (result == 0 && metadata)
        result = json_print(&printed, metadata) == 0 && (out->metadata = buf_take(&printed)) ? 0 : -1;
    if (result == 0 && cJSON_GetArraySize(geo) == 2)
        out->geo = (struct cells_geo){true, geo->child->valuedouble, geo->child->next->valuedouble};
    buf_release(&printed);
    cJSON_Delete(tree);
    if (result != 0)
        cells_row_release(out);
    return result;
}

void cells_hash(const char *const cells[CELLS_COLUMNS], char hex[65])
{
    struct hash *h = hash_new_sha256();
    hex[0] = '\0';
    for (int i = 0; h && i < CELLS_COLUMNS; i++) {
        char head[32];
        str_copy(head, sizeof head, "-");
        if (cells[i])
            snprintf(head, sizeof head, "%zu:", strlen(cells[i]));
        hash_add(h, head, strlen(head));
        if (cells[i])
            hash_add(h, cells[i], strlen(cells[i]));
    }
    if (h)
        hash_end(h, hex, HASH_SHA256_HEX);
    hash_free(h);
}
